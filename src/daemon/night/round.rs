//! One round with the city, part by part.

use crate::city::client::{Client, SendError};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::city_key::{self, FollowError};
use crate::daemon::desk::DeskError;
use crate::daemon::hold::Stamps;
use crate::daemon::keys::KeysError;
use crate::daemon::sync::time::{self, Compared, TimeError};
use crate::daemon::sync::verdicts::{self, Judged, VerdictsError};
use crate::daemon::sync::{self, Faces, SyncError, Synced};
use crate::daemon::upload::{self, UploadError, Uploaded};
use crate::domain::health::Trouble;
use crate::error::{Exit, Sysexit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a round is not done.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The box knows no city.
    #[error("the box is not enrolled; run `canteend provision --city URL --code CODE`")]
    NotEnrolled,
    /// Keys, certificates or the pinned city.
    #[error(transparent)]
    Keys(KeysError),
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] crate::store::LedgerError),
    /// The city's own key.
    #[error(transparent)]
    CityKey(#[from] FollowError),
    /// The clocks.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// Sending.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The gallery.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The verdicts.
    #[error(transparent)]
    Verdicts(#[from] VerdictsError),
}

impl From<KeysError> for RoundError {
    fn from(error: KeysError) -> Self {
        if error.not_enrolled() { Self::NotEnrolled } else { Self::Keys(error) }
    }
}

impl RoundError {
    /// Whether another attempt, soon, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::NotEnrolled | Self::Ledger(_) => false,
            Self::Desk(_) => true,
            Self::Keys(e) => e.passing(),
            Self::CityKey(e) => e.passing(),
            Self::Time(e) => e.passing(),
            Self::Upload(e) => e.passing(),
            Self::Sync(e) => e.passing(),
            Self::Verdicts(e) => e.passing(),
        }
    }
}

impl Sysexit for RoundError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotEnrolled => Exit::Config,
            Self::Keys(e) => e.exit(),
            Self::Desk(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::CityKey(e) => e.exit(),
            Self::Time(e) => e.exit(),
            Self::Upload(e) => e.exit(),
            Self::Sync(e) => e.exit(),
            Self::Verdicts(e) => e.exit(),
        }
    }
}

/// What a whole round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Batches that were acknowledged.
    pub batches: u64,
    /// The last entry that the city has acknowledged.
    pub acknowledged: u64,
    /// Elders who were added, changed or taken out.
    pub elders: u32,
    /// Verdicts that were taken in.
    pub verdicts: u32,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { batches, acknowledged, elders, verdicts } = self;
        write!(
            f,
            "{batches} batches; the city has entries up to {acknowledged}; {elders} elders changed; \
             {verdicts} verdicts"
        )
    }
}

/// A round that is to be made.
pub struct Round<'a> {
    /// Models and limits for photographs.
    pub config: &'a Config,
    /// The line to the city.
    pub client: Client,
    /// The clock.
    pub clock: &'a dyn Clock,
}

/// What each part came to; `None` where it was not tried, because the city was out of reach.
#[derive(Debug, Default)]
pub struct Report {
    city_key: Option<Result<usize, FollowError>>,
    time: Option<Result<Compared, TimeError>>,
    upload: Option<Result<Uploaded, UploadError>>,
    sync: Option<Result<Synced, SyncError>>,
    verdicts: Option<Result<Judged, VerdictsError>>,
    remembered: Option<Result<(), RoundError>>,
}

impl Round<'_> {
    /// Makes the round. `progress` is told after each page of the gallery.
    pub async fn run<H: Stamps>(self, hold: &mut H, progress: &mut dyn FnMut(&Synced)) -> Report {
        let Round { config, mut client, clock } = self;
        let mut report = Report::default();
        let followed = city_key::follow(hold, &config.state, &mut client).await;
        let followed = report.city_key.insert(followed);
        if matches!(followed, Err(FollowError::Send(SendError::Unreachable(_)))) {
            return report;
        }
        let client = &client;
        let time = report.time.insert(time::run_once(hold, client, clock).await);
        if matches!(time, Err(TimeError::Send(SendError::Unreachable(_)))) {
            return report;
        }
        report.upload = Some(upload::run_once(hold, client, clock).await);
        report.sync = Some(match Faces::new(&config.models, config.quality) {
            Ok(mut faces) => sync::run_once(hold, client, &mut faces, clock, progress).await,
            Err(problem) => Err(problem.into()),
        });
        report.verdicts = Some(verdicts::run_once(hold, client, clock).await);
        if report.in_order() {
            let now = clock.now();
            let remembered = hold.ask(move |store| store.set_night_done(now)).await;
            report.remembered =
                Some(remembered.map_err(RoundError::from).and_then(|done| Ok(done?)));
        }
        report
    }
}

impl Report {
    fn in_order(&self) -> bool {
        matches!(self.city_key, Some(Ok(_)))
            && matches!(self.time, Some(Ok(_)))
            && matches!(self.upload, Some(Ok(_)))
            && matches!(self.sync, Some(Ok(_)))
            && matches!(self.verdicts, Some(Ok(_)))
    }

    /// Whether another gallery is in the store than before.
    pub fn gallery_changed(&self) -> bool {
        matches!(&self.sync, Some(Ok(synced)) if synced.change.is_some())
    }

    /// The states of which the round has found out whether they hold, with more about those that
    /// do.
    pub fn troubles(&self) -> Vec<(Trouble, Option<String>)> {
        let mut found = Vec::new();
        match &self.time {
            Some(Ok(Compared::Differs(ahead_s))) => {
                found.push((Trouble::ClockDiffers, Some(format!("{ahead_s} s ahead"))));
            }
            Some(Ok(_)) => found.push((Trouble::ClockDiffers, None)),
            _ => {}
        }
        match &self.upload {
            Some(Ok(_)) => found.push((Trouble::CityAlarm, None)),
            Some(Err(error)) if error.apart() => {
                found.push((Trouble::CityAlarm, Some(error.to_string())));
            }
            Some(Err(error @ UploadError::Send { .. })) if !error.passing() => {
                found.push((Trouble::CityAlarm, Some(error.to_string())));
            }
            _ => {}
        }
        if let Some(Err(error @ FollowError::Statement(_))) = &self.city_key {
            found.push((Trouble::CityAlarm, Some(error.to_string())));
        }
        match &self.sync {
            Some(Ok(_)) => found.push((Trouble::GalleryRefused, None)),
            Some(Err(error)) if error.refused() => {
                found.push((Trouble::GalleryRefused, Some(error.to_string())));
            }
            _ => {}
        }
        found
    }

    /// What the whole round did.
    ///
    /// # Errors
    /// The first part that failed; one that somebody has to look at before one that passes.
    pub fn into_done(self) -> Result<Done, RoundError> {
        let Report { city_key, time, upload, sync, verdicts, remembered } = self;
        let (mut errors, mut done) = (Vec::new(), Done::default());
        errors.extend(city_key.and_then(Result::err).map(RoundError::from));
        errors.extend(time.and_then(Result::err).map(RoundError::from));
        match upload {
            Some(Ok(uploaded)) => {
                (done.batches, done.acknowledged) = (uploaded.batches, uploaded.acknowledged);
            }
            Some(Err(error)) => errors.push(error.into()),
            None => {}
        }
        match sync {
            Some(Ok(synced)) => done.elders = synced.arrivals + synced.leavers,
            Some(Err(error)) => errors.push(error.into()),
            None => {}
        }
        match verdicts {
            Some(Ok(judged)) => done.verdicts = judged.written,
            Some(Err(error)) => errors.push(error.into()),
            None => {}
        }
        errors.extend(remembered.and_then(Result::err));
        // A stable sort: the first of those that last.
        errors.sort_by_key(RoundError::passing);
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }
}

//! Takes the city's gallery over, with its verdicts and its time ([`verdicts`], [`time`]).
//!
//! 1. Pages are verified before anything in them is looked at, made into rows one elder at a time,
//!    and gathered in the store. Memory holds one page.
//! 2. They come into force together, or not at all. An attempt that breaks off goes on, next time,
//!    after the last page that was gathered.
//! 3. A row with consent and without a face leaves the face that the box has: a roster by hand may
//!    have brought it.
//! 4. A page that the city did not sign, that is beyond a bound or of an older generation is refused
//!    and is an alarm. A single row that does not hold leaves its elder as they were, and is
//!    remembered until one comes that holds; without a readable face an elder is left to staff and
//!    card.
//! 5. With nothing new it is one request.
//!
//! It does not bring the new gallery into service; that is [`super::swap`]'s.

mod faces;
pub mod time;
pub mod verdicts;

pub use faces::Faces;

use super::desk::DeskError;
use super::hold::Stamps;
use crate::city::client::{Client, SendError};
use crate::city::elders::{self, Arrival, Face};
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::page::{Page, TombstoneWhy};
use crate::clock::Clock;
use crate::domain::elder::NoticeWhy;
use crate::domain::entry::GalleryChange;
use crate::error::{Exit, Sysexit};
use crate::store::{
    Enrolled, GalleryError, Leaver, LeaverWhy, LedgerError, PageRows, Staged, Store,
};
use crate::vision::EnrolError;
use tracing::{info, warn};

/// Most pages of one sync: a city that never comes to an end must not keep the box busy for ever.
pub const PAGES_MAX: u32 = 10_000;

/// Why the gallery was not taken over; the one before serves on.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The store refused it.
    #[error("the city's gallery: {0}")]
    Gallery(#[from] GalleryError),
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The request, or a page that does not hold.
    #[error("the city's gallery: {0}")]
    Send(#[from] SendError),
    /// The models cannot be read or opened, or fail.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// The pages do not come to an end.
    #[error("the city's gallery does not come to an end; it stays as it was")]
    Endless,
}

impl SyncError {
    /// Whether another attempt, later, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::Desk(_) => true,
            Self::Send(error) => error.passing() && !self.refused(),
            _ => false,
        }
    }

    /// Whether what the city sent was refused, so that somebody there has to look.
    pub fn refused(&self) -> bool {
        match self {
            Self::Send(error) => matches!(error, SendError::Answer(_) | SendError::TooLong(_)),
            Self::Gallery(error) => matches!(
                error,
                GalleryError::Older { .. }
                    | GalleryError::TooMany(_)
                    | GalleryError::Twice(_)
                    | GalleryError::Bounds(_)
                    | GalleryError::CardKey
            ),
            Self::Endless => true,
            Self::Desk(_) | Self::Ledger(_) | Self::Enrol(_) => false,
        }
    }
}

impl Sysexit for SyncError {
    fn exit(&self) -> Exit {
        match self {
            Self::Desk(e) => e.exit(),
            Self::Gallery(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Send(e) => e.exit(),
            Self::Enrol(e) => e.exit(),
            Self::Endless => Exit::Data,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Gallery(e) => e.whom(),
            Self::Ledger(e) => e.whom(),
            _ => None,
        }
    }
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Pages that were read.
    pub pages: u32,
    /// Elders who were added or changed.
    pub arrivals: u32,
    /// Elders whose face or entitlement ends.
    pub leavers: u32,
    /// Elders with consent of whom no usable face was sent.
    pub faceless: u32,
    /// Rows that were not taken.
    pub bad: u32,
    /// The new gallery; none where nothing has changed.
    pub change: Option<GalleryChange>,
}

/// Takes over whatever the city has changed. `progress` is told after each page.
///
/// # Errors
/// [`SyncError`]; the gallery is then what it was.
pub async fn run_once<H: Stamps>(
    hold: &mut H,
    client: &Client,
    faces: &mut Faces,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(&Synced),
) -> Result<Synced, SyncError> {
    let model = faces.embedding().model;
    let mut after = hold.ask(move |store| start(store, model.0)).await??;
    let mut done = Synced::default();
    let mut begun_anew = false;
    loop {
        let page = match client.changes(clock.now(), &after).await {
            Err(error) if is_lost(&error) && !begun_anew && !after.is_empty() => {
                warn!("the city does not know how far this box has got; starting from nothing");
                (begun_anew, after) = (true, String::new());
                continue;
            }
            other => other?,
        };
        done.pages += 1;
        let (is_final, asked) = (page.is_final, after.clone());
        if !is_final && (page.next == asked || page.next.is_empty() || done.pages >= PAGES_MAX) {
            return Err(SyncError::Endless);
        }
        let rows = rows(page, faces, &mut done).await?;
        let staged = match hold.ask(move |store| store.stage(model, &asked, &rows)).await? {
            Err(GalleryError::CardKey) if !begun_anew && !after.is_empty() => {
                warn!("the city reads cards by another key; starting from nothing");
                (begun_anew, after) = (true, String::new());
                done = Synced { pages: done.pages, ..Synced::default() };
                continue;
            }
            other => other?,
        };
        progress(&done);
        if is_final {
            break;
        }
        let Staged { cursor, .. } = staged;
        after = cursor;
    }
    let adopted = hold.ask_stamped(move |at| {
        let stamp = at.stamp()?;
        Ok::<_, SyncError>(at.store().adopt_staged(stamp, model)?)
    });
    done.change = adopted.await??.map(|replaced| replaced.change);
    let Synced { pages, arrivals, leavers, faceless, bad, .. } = done;
    info!(pages, arrivals, leavers, faceless, bad, "the city's gallery is up to date");
    Ok(done)
}

/// Where to go on: after the pages that were gathered, else after the gallery in force. Templates
/// of another model are of no use, so such a gallery is asked for from nothing.
fn start(store: &mut Store, model: [u8; 32]) -> Result<String, SyncError> {
    use crate::domain::template::ModelId;
    if let Some(staged) = store.staged(ModelId(model))? {
        return Ok(staged.cursor);
    }
    let same_model = store.gallery_change()?.is_some_and(|change| change.model == model);
    let known = store.city_gallery()?.filter(|_| same_model);
    Ok(known.map_or(String::new(), |gallery| gallery.cursor))
}

fn is_lost(error: &SendError) -> bool {
    matches!(error.refusal(), Some((RefusalCode::Cursor, _)))
}

/// The rows of a page, with a template for each photograph. Other tasks have their turn between
/// two elders.
async fn rows(page: Page, faces: &mut Faces, done: &mut Synced) -> Result<PageRows, SyncError> {
    let card_key = page.card_key();
    let Page { generation, next, upsert, tombstone, .. } = page;
    let mut arrivals = Vec::with_capacity(upsert.len());
    let (mut silent, mut held, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for row in upsert {
        let id = row.elder.clone();
        let Arrival { elder, face, cards } = match elders::arrival(row, faces.embedding()) {
            Ok(arrival) => arrival,
            Err(problem) => {
                warn!(%problem, "a row of the city's gallery is left out");
                bad.push(id);
                continue;
            }
        };
        let shown = face != Face::None;
        if !shown && elder.consent.store_face {
            silent.push(elder.id.clone());
        }
        let templates = faces.templates(face)?;
        if shown && templates.is_empty() {
            done.faceless += 1;
        }
        done.arrivals += 1;
        held.extend(cards.map(|cards| (elder.id.clone(), cards)));
        arrivals.push(Enrolled { elder, templates });
        tokio::task::yield_now().await;
    }
    let mut leavers = Vec::with_capacity(tombstone.len());
    for row in &tombstone {
        let why = match row.why {
            TombstoneWhy::Withdrawn => LeaverWhy::Withdrawn,
            TombstoneWhy::Deceased => LeaverWhy::Notice(NoticeWhy::Deceased),
            TombstoneWhy::Moved => LeaverWhy::Notice(NoticeWhy::Moved),
        };
        match elders::leaver(row) {
            Ok((elder, since)) => leavers.push(Leaver { elder, why, since }),
            Err(problem) => {
                warn!(%problem, "a tombstone of the city's gallery is left out");
                bad.push(row.elder.clone());
            }
        }
    }
    done.leavers += leavers.len() as u32;
    done.bad += bad.len() as u32;
    Ok(PageRows { generation, next, arrivals, silent, leavers, cards: held, card_key, bad })
}

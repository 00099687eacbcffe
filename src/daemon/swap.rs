//! A new gallery while elders are being served: load, calibrate, swap.
//!
//! 1. The old gallery serves until the new one is ready; then roster and templates change between
//!    two visits. Nobody is recognised by half a gallery.
//! 2. The roster changes first. Whom the old templates still recognise in the moment between is
//!    judged by the new roster, and who is no longer in it goes to staff.
//! 3. Two changes follow each other: whoever comes second loads after the first is in service, so that
//!    an older gallery, with a face that was just forgotten, never takes a newer one's place.
//! 4. Loading happens on the ledger's thread, because it alone has the key; everything that takes
//!    long happens on the caller's.

use super::calibrate::calibrated;
use super::checkup;
use super::desk::{Desk, DeskError};
use super::load::{self, LoadError};
use super::reload::Sight;
use crate::domain::gallery::Gallery;
use crate::store::{CalibrationSettings, GalleryError, LedgerError};
use std::sync::{Arc, Mutex};
use tracing::{info, warn};

/// Why the gallery was not swapped; the one before serves on.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The box is stopping, or too busy.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// It could not be read, or is of another model.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its thresholds could not be kept.
    #[error(transparent)]
    Kept(#[from] GalleryError),
    /// Its day could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What waits for vision to take it up: a calibrated gallery, changed settings.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<(Option<Gallery>, Option<Sight>)>>);

impl Handover {
    /// The newest gallery and the newest settings that were put here since the last call.
    pub fn take(&self) -> (Option<Gallery>, Option<Sight>) {
        std::mem::take(&mut *self.0.lock().expect("no holder panics"))
    }

    /// Has vision take up other settings.
    pub(super) fn adjust(&self, sight: Sight) {
        self.0.lock().expect("no holder panics").1 = Some(sight);
    }

    fn put(&self, gallery: Gallery) {
        self.0.lock().expect("no holder panics").0 = Some(gallery);
    }
}

/// Brings the stored gallery into service.
#[derive(Clone)]
pub struct Swap {
    desk: Desk,
    handover: Handover,
    settings: CalibrationSettings,
    turn: Arc<Mutex<()>>,
}

impl Swap {
    /// For a box whose vision makes templates of the settings' model and takes galleries from
    /// `handover`.
    pub fn new(desk: Desk, handover: Handover, settings: CalibrationSettings) -> Self {
        Swap { desk, handover, settings, turn: Arc::default() }
    }

    /// Takes up what the store holds now, and says how many elders that are. It blocks for as long
    /// as calibration takes (two seconds for 20,000 elders).
    ///
    /// # Errors
    /// [`SwapError`]; the gallery before serves on.
    pub fn reload(&self) -> Result<usize, SwapError> {
        let _turn = self.turn.lock().expect("no holder panics");
        let settings = self.settings;
        let loaded = self.desk.ask_blocking(move |at| {
            let change = at.store().gallery_change()?;
            Ok::<_, SwapError>((load::gallery(at.store(), settings.model)?, change))
        })?;
        let ((gallery, elders), change) = loaded?;
        let gallery = calibrated(gallery, settings.target, settings.configured, &mut |_, _| {});
        let (count, templates) = (elders.len(), gallery.templates());
        let handover = self.handover.clone();
        self.desk.ask_blocking(move |at| {
            if let (Some(change), Some(taken)) = (&change, gallery.calibration()) {
                at.store().keep_calibration(&settings, change.generation, taken)?;
            }
            at.writer().replace_roster(elders, change.map(|change| change.as_of));
            handover.put(gallery);
            checkup::settle(at);
            Ok::<_, SwapError>(())
        })??;
        info!(elders = count, templates, "gallery swapped");
        Ok(count)
    }

    /// The same for whoever must not block. Where it does not succeed that is logged, and answered with
    /// for whoever shows it.
    pub async fn bring(&self) -> Result<(), SwapError> {
        let swap = self.clone();
        let swapped = tokio::task::spawn_blocking(move || swap.reload()).await;
        let swapped = swapped.unwrap_or(Err(DeskError::Closed.into()));
        swapped.map(drop).inspect_err(|problem| {
            warn!(%problem, "the stored gallery is not in service; the one before serves on");
        })
    }
}

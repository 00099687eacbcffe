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
use super::gallery_job;
use super::reload::Sight;
use crate::domain::gallery::{Gallery, GalleryError};
use crate::store::{CalibrationSettings, GalleryError as StoredGalleryError, LedgerError};
use std::sync::{Arc, Mutex};
use tracing::info;

/// Why the gallery was not swapped; the one before serves on.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The box is stopping, or too busy.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// It could not be read.
    #[error(transparent)]
    Stored(#[from] StoredGalleryError),
    /// Its day could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is of another model.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

/// What waits for vision to take it up: a calibrated gallery, changed settings.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<(Option<Gallery>, Option<Sight>)>>);

impl Waiting {
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
    waiting: Waiting,
    settings: CalibrationSettings,
    turn: Arc<Mutex<()>>,
}

impl Swap {
    /// For a box whose vision makes templates of the settings' model and takes galleries from
    /// `waiting`.
    pub fn new(desk: Desk, waiting: Waiting, settings: CalibrationSettings) -> Self {
        Swap { desk, waiting, settings, turn: Arc::default() }
    }

    /// Takes up what the store holds now, and says how many elders that are. It blocks for as long
    /// as calibration takes (two seconds for 20,000 elders).
    ///
    /// # Errors
    /// [`SwapError`]; the gallery before serves on.
    pub fn reload(&self) -> Result<usize, SwapError> {
        let _turn = self.turn.lock().expect("no holder panics");
        let loaded = self.desk.ask_blocking(|at| {
            let change = at.store().gallery_change()?;
            Ok::<_, SwapError>((at.store().load_gallery()?, change))
        })?;
        let (enrolled, change) = loaded?;
        let settings = self.settings;
        let (gallery, elders) = gallery_job::assemble(enrolled, settings.model)?;
        let gallery = calibrated(gallery, settings.target, settings.configured, &mut |_, _| {});
        let (count, templates) = (elders.len(), gallery.templates());
        let waiting = self.waiting.clone();
        self.desk.ask_blocking(move |at| {
            if let (Some(change), Some(taken)) = (&change, gallery.calibration()) {
                at.store().keep_calibration(&settings, change.generation, taken)?;
            }
            at.writer().replace_roster(elders, change.map(|change| change.as_of));
            waiting.put(gallery);
            checkup::settle(at);
            Ok::<_, SwapError>(())
        })??;
        info!(elders = count, templates, "gallery swapped");
        Ok(count)
    }
}

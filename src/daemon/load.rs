//! What the store holds, as the camera searches it.

use crate::domain::elder::Elder;
use crate::domain::gallery::{Filling, Gallery, GalleryError};
use crate::domain::template::ModelId;
use crate::error::{Exit, Sysexit};
use crate::store::{Enrolled, GalleryError as StoredGalleryError, LedgerError, Store};

/// Why what the store holds is no gallery for the camera.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It could not be read.
    #[error(transparent)]
    Stored(#[from] StoredGalleryError),
    /// How large it is could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A template was made by another model.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl Sysexit for LoadError {
    fn exit(&self) -> Exit {
        match self {
            Self::Stored(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Gallery(_) => Exit::Config,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Stored(e) => e.whom(),
            Self::Ledger(e) => e.whom(),
            Self::Gallery(_) => None,
        }
    }
}

/// The searchable gallery, not yet calibrated, and the roster of what the store holds. No template is
/// in memory twice.
///
/// # Errors
/// [`LoadError`].
pub fn gallery(store: &Store, model: ModelId) -> Result<(Gallery, Vec<Elder>), LoadError> {
    let room = store.gallery_change()?.map_or(0, |stands| stands.templates as usize);
    let (mut filling, mut elders) = (Filling::new(model, room), vec![]);
    store.load_each(|Enrolled { elder, templates }| {
        filling.add(&elder.id, &templates)?;
        elders.push(elder);
        Ok::<_, LoadError>(())
    })?;
    Ok((filling.done()?, elders))
}

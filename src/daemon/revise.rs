//! What has to be said of earlier meals after a gallery was replaced or the clock confirmed.
//!
//! Everybody who does either calls [`revise`] next, under the same stamp or a later one.

mod confirm;
mod rejudge;

use self::confirm::confirm;
use self::rejudge::rejudge;
use crate::domain::entry::{ClockTrust, Stamp};
use crate::domain::rules::RuleBook;
use crate::store::{GalleryError, Store};
use std::fmt;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revised {
    /// Meals and visits that had waited (待核).
    pub confirmed: usize,
    /// Past meals of which more or less is taken off than before (核减).
    pub adjusted: usize,
}

impl fmt::Display for Revised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Revised { confirmed, adjusted } = self;
        write!(f, "{confirmed} meals that waited are settled, {adjusted} adjusted")
    }
}

/// Confirms what waits, then judges past meals again, by the gallery in force. Under a clock that is
/// not believed, or without a gallery, it does nothing; to do it again does nothing more.
///
/// # Errors
/// [`GalleryError`] where gallery or ledger cannot be read or written; what was written stands.
pub fn revise(store: &mut Store, stamp: Stamp, book: &RuleBook) -> Result<Revised, GalleryError> {
    if stamp.clock == ClockTrust::Untrusted {
        return Ok(Revised::default());
    }
    let Some(gallery) = store.gallery_change()? else { return Ok(Revised::default()) };
    let elders = store.elders()?;
    let by_id = elders.iter().map(|elder| (&elder.id, elder)).collect();
    let confirmed = confirm(store, stamp, book, &by_id, gallery.as_of)?;
    let adjusted = rejudge(store, stamp, book, &elders)?;
    Ok(Revised { confirmed, adjusted })
}

#[cfg(test)]
mod tests;

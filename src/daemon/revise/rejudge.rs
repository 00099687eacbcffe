//! Judges past meals again by the gallery in force: see [`crate::domain::rejudge`].
//!
//! 1. It runs whenever a gallery has taken another's place, and looks at every meal of everybody in
//!    it: what changed since the last time need not be known, and a run that was cut off is simply
//!    made again.
//! 2. Who is in the gallery no more is not judged: absence says nothing about entitlement.

use crate::domain::elder::Elder;
use crate::domain::entry::{Event, Stamp};
use crate::domain::rules::RuleBook;
use crate::store::{LedgerError, Store};

/// Most adjustments of one transaction.
const ADJUSTMENTS_MAX: usize = 100;

/// Writes the adjustments that are needed, and answers with how many there were.
///
/// # Errors
/// [`LedgerError`]; what was written before stands.
pub(super) fn rejudge<'a>(
    store: &mut Store,
    stamp: Stamp,
    book: &RuleBook,
    elders: impl IntoIterator<Item = &'a Elder>,
) -> Result<usize, LedgerError> {
    let open = store.closed()?.map(|closed| closed.next());
    let mut events = Vec::new();
    for elder in elders {
        for past in store.past_meals(&elder.id)? {
            let now = book.entitlement(elder, past.date);
            if past.agrees(&now) {
                continue;
            }
            let written = store.award_of(&past)?;
            events.extend(past.adjustment(&now, written.as_ref(), open).map(Event::Adjustment));
        }
    }
    for some in events.chunks(ADJUSTMENTS_MAX) {
        store.append_all(stamp, some)?;
    }
    Ok(events.len())
}

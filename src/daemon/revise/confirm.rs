//! Settles what waits (待核), once the clock is believed again or fresh eligibility data has come.
//!
//! 1. It runs whenever either happens, and finds what waits in the ledger: nothing is remembered
//!    elsewhere, and a run that was cut off is simply made again.
//! 2. Confirmations are written in the order of the entries, so that of two meals that turn out to be
//!    of one day the earlier has the slot.
//! 3. What cannot be settled yet (an elder who is in the gallery no more, data that is still stale)
//!    waits on.

use crate::domain::calendar::Date;
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::{ClockTrust, Event, Stamp};
use crate::domain::pending::Waiting;
use crate::domain::rules::RuleBook;
use crate::store::{LedgerError, Store};
use std::collections::{HashMap, HashSet};

/// Most confirmations of one transaction.
const CONFIRMATIONS_MAX: usize = 100;

/// Confirms what can be confirmed, and answers with how many there were. `elders` and `as_of` are the
/// gallery in force.
///
/// # Errors
/// [`LedgerError`]; what was written before stands.
pub(super) fn confirm(
    store: &mut Store,
    stamp: Stamp,
    book: &RuleBook,
    elders: &HashMap<&ElderId, &Elder>,
    as_of: Date,
) -> Result<usize, LedgerError> {
    let (mut after, mut confirmed) = (0, 0);
    loop {
        let page = store.waiting(after, CONFIRMATIONS_MAX)?;
        let Some(last) = page.last() else { return Ok(confirmed) };
        after = last.entry;
        let events = confirmations(store, book, elders, as_of, &page)?;
        if !events.is_empty() {
            store.append_all(stamp, &events)?;
            confirmed += events.len();
        }
    }
}

fn confirmations(
    store: &Store,
    book: &RuleBook,
    elders: &HashMap<&ElderId, &Elder>,
    as_of: Date,
    page: &[Waiting],
) -> Result<Vec<Event>, LedgerError> {
    // Slots that this very page takes; they are not in the tables yet.
    let mut given: HashSet<(&ElderId, Date)> = HashSet::new();
    let mut events = Vec::new();
    for waiting in page {
        let Some(elder) = elders.get(&waiting.elder) else { continue };
        let Some(date) = true_date(store, waiting)? else { continue };
        let slot = (&waiting.elder, date);
        let holder = store.slot(slot.0, date)?.filter(|holder| *holder != waiting.entry);
        let taken = holder.is_some() || given.contains(&slot);
        if let Some(said) = book.confirm(elder, waiting, date, as_of, taken) {
            if said.reason.is_none() {
                given.insert(slot);
            }
            events.push(Event::Confirmation(said));
        }
    }
    Ok(events)
}

/// The true service date; `None` while the time is not known.
fn true_date(store: &Store, waiting: &Waiting) -> Result<Option<Date>, LedgerError> {
    match waiting.clock {
        ClockTrust::Trusted => Ok(Some(waiting.date)),
        ClockTrust::Untrusted => Ok(store.stretch(waiting.entry)?.map(|s| waiting.true_date(&s))),
    }
}

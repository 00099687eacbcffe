//! An enrolment is taken into the ledger: the epoch that the city gave, and the keys in use.
//!
//! 1. Each step can be repeated, and is, where the command was cut off after the city's answer: the
//!    city gives the same answer again under the same code.
//! 2. The pinned city's former keys count for what the ledger had of the city's time before, and
//!    for nothing that takes the place of what a copy lacks.
//! 3. A key that was to follow is dropped with the epoch that it was offered in; the city has
//!    forgotten it.

use super::bench::Bench;
use super::keys::{self, KeysError};
use crate::city::identity;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{Epoch, Held};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What an enrolment means for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The epoch that the ledger is in.
    pub epoch: Epoch,
    /// Whether it began just now.
    pub began: bool,
    /// The entries that are with the city only, as far as is known here: first, last, and of which
    /// epoch.
    pub lacking: Option<(EntryNumber, EntryNumber, Epoch)>,
    /// Whether the ledger was made from a copy, and no epoch has begun since.
    pub copied: bool,
}

/// Takes an enrolment in: `epoch`, before which the city had acknowledged what is `held`.
///
/// # Errors
/// [`KeysError`]; what was written stays.
pub fn take(
    bench: &mut Bench<'_>,
    state: &Path,
    credentials: Option<&Path>,
    (epoch, held): (Epoch, Option<Held>),
) -> Result<Taken, KeysError> {
    let mut change = None;
    if epoch != bench.store().epoch()? {
        identity::drop_next(state)?;
        let known = match bench.store().copied()? {
            Some(copied) => copied,
            None => bench.store().last_entry()?,
        };
        identity::repin(state, identity::pinned(state)?.keys.cut(known + 1))?;
        let stamp = bench.stamp()?;
        change = bench.store().begin_epoch(stamp, epoch, held)?;
    }
    keys::record(bench, state, credentials)?;
    Ok(Taken {
        epoch: bench.store().epoch()?,
        began: change.is_some(),
        lacking: change.and_then(|change| change.lacking()),
        copied: bench.store().copied()?.is_some(),
    })
}

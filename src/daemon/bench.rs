//! What it takes to write entries: the store, the clock, and the keeper who judges it.
//!
//! It is lent by whoever owns the three: the ledger's thread, or a command that holds the lock.

use super::timekeeper::Timekeeper;
use crate::clock::Clock;
use crate::domain::entry::{Event, Stamp};
use crate::store::{Appended, LedgerError, Store};

/// The three in one hand.
pub struct Bench<'a> {
    store: &'a mut Store,
    keeper: &'a mut Timekeeper,
    clock: &'a dyn Clock,
}

impl<'a> Bench<'a> {
    /// Tools that lie somewhere else for the rest of the time.
    pub fn new(store: &'a mut Store, keeper: &'a mut Timekeeper, clock: &'a dyn Clock) -> Self {
        Bench { store, keeper, clock }
    }

    /// The store.
    pub fn store(&mut self) -> &mut Store {
        self.store
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.clock
    }

    /// The stamp of an entry written now; a change of trust is recorded first.
    ///
    /// # Errors
    /// [`LedgerError`] where that change could not be recorded.
    pub fn stamp(&mut self) -> Result<Stamp, LedgerError> {
        self.keeper.stamp(self.store, self.clock)
    }

    /// Writes an entry of now, durably.
    ///
    /// # Errors
    /// As [`Bench::stamp`] and [`Store::append`]; a change of trust that was recorded stays.
    pub fn append(&mut self, event: &Event) -> Result<Appended, LedgerError> {
        let stamp = self.stamp()?;
        self.store.append(stamp, event)
    }

    /// Believes the clock as it is now; `None` where that cannot be (see [`Timekeeper::confirm`]).
    ///
    /// # Errors
    /// As [`Bench::stamp`].
    pub fn confirm_clock(&mut self) -> Result<Option<Stamp>, LedgerError> {
        self.keeper.confirm(self.store, self.clock)
    }
}

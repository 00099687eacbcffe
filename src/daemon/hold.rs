//! Work on the ledger by whoever does not own it all the time: the city's errands.
//!
//! An errand waits for the network between two steps, and nobody may wait meanwhile for the ledger.
//! So each step is a job that is handed over. Who carries it out is the one difference between the
//! daemon, where the ledger's thread does ([`Desk`]), and a command that holds the lock itself
//! ([`Store`], or [`Under`] where entries are stamped).

use super::desk::{Desk, DeskError};
use super::timekeeper::Timekeeper;
use crate::clock::Clock;
use crate::domain::entry::Stamp;
use crate::store::{LedgerError, Store};
use std::future::{Future, ready};

/// Has a job done on the store.
pub trait Hold {
    /// Has `job` carried out and gives its answer.
    ///
    /// # Errors
    /// [`DeskError`]: it was not carried out.
    fn ask<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>>;
}

/// Has a job done that writes entries, with the clock as it is judged.
pub trait Stamps: Hold {
    /// Has `job` carried out and gives its answer.
    ///
    /// # Errors
    /// [`DeskError`]: it was not carried out.
    fn ask_stamped<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Bench<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>>;
}

/// What such a job may use.
pub struct Bench<'a> {
    store: &'a mut Store,
    keeper: &'a mut Timekeeper,
    clock: &'a dyn Clock,
}

impl<'a> Bench<'a> {
    /// The three in one hand.
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

    /// Believes the clock as it is now; `None` where that cannot be (see [`Timekeeper::confirm`]).
    ///
    /// # Errors
    /// As [`Bench::stamp`].
    pub fn confirm_clock(&mut self) -> Result<Option<Stamp>, LedgerError> {
        self.keeper.confirm(self.store, self.clock)
    }
}

impl Hold for Desk {
    fn ask<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        Desk::ask(self, |at| job(at.store()))
    }
}

impl Stamps for Desk {
    fn ask_stamped<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Bench<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        Desk::ask(self, |at| {
            let (store, keeper, clock) = at.parts();
            job(&mut Bench { store, keeper, clock })
        })
    }
}

impl Hold for Store {
    fn ask<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        ready(Ok(job(self)))
    }
}

/// Store and timekeeper of a command that holds the lock.
pub struct Under<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// Its timekeeper.
    pub keeper: &'a mut Timekeeper,
    /// The clock.
    pub clock: &'a dyn Clock,
}

impl Hold for Under<'_> {
    fn ask<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        ready(Ok(job(self.store)))
    }
}

impl Stamps for Under<'_> {
    fn ask_stamped<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Bench<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        let Under { store, keeper, clock } = self;
        ready(Ok(job(&mut Bench { store, keeper, clock: *clock })))
    }
}

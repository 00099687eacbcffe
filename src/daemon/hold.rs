//! Work on the ledger by whoever does not own it all the time: the city's errands.
//!
//! An errand waits for the network between two steps, and nobody may wait meanwhile for the ledger.
//! So each step is a job that is handed over. Who carries it out is the one difference between the
//! daemon, where the ledger's thread does ([`Desk`]), and a command that holds the lock itself
//! ([`Store`], or [`Bench`] where entries are stamped).

use super::bench::Bench;
use super::desk::{Desk, DeskError};
use crate::store::Store;
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
        Desk::ask(self, |at| job(&mut at.bench()))
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

impl Hold for Bench<'_> {
    fn ask<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        ready(Ok(job(self.store())))
    }
}

impl Stamps for Bench<'_> {
    fn ask_stamped<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Bench<'_>) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, DeskError>> {
        ready(Ok(job(self)))
    }
}

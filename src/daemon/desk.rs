//! The way to the ledger's thread for whoever is not the camera: page, city, control socket.
//!
//! 1. One thread owns store, writer and timekeeper. A job runs there, between two visits, and its
//!    answer comes back when all that it wrote has been committed.
//! 2. The queue is bounded ([`ORDERS_MAX`]); whoever finds it full is told so and nothing waits
//!    unseen.
//! 3. When the box stops, what was accepted is still carried out; what comes later is refused.
//!
//! It does not know what the jobs do.

use super::bench::Bench;
use super::checkin::Outcome;
use super::revise::{Revised, revise};
use super::timekeeper::{Moment, Timekeeper};
use super::writer::{Shown, Writer};
use crate::clock::Clock;
use crate::domain::entry::Stamp;
use crate::error::{Exit, Sysexit};
use crate::store::{GalleryError, LedgerError, Store};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// Most visits and jobs that wait for the ledger. A job takes a few milliseconds.
pub const ORDERS_MAX: usize = 64;

/// Why a job was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// Too many wait already.
    #[error("the ledger is busy; try again in a moment")]
    Busy,
    /// The box is stopping.
    #[error("the box is stopping")]
    Closed,
}

impl Sysexit for DeskError {
    fn exit(&self) -> Exit {
        Exit::Unavailable
    }
}

/// What a job may use while it runs.
pub struct At<'a> {
    writer: &'a mut Writer,
    keeper: &'a mut Timekeeper,
    clock: &'a dyn Clock,
}

impl<'a> At<'a> {
    /// The desk's tools in one hand.
    pub fn new(writer: &'a mut Writer, keeper: &'a mut Timekeeper, clock: &'a dyn Clock) -> Self {
        At { writer, keeper, clock }
    }

    /// The store.
    pub fn store(&mut self) -> &mut Store {
        self.writer.store()
    }

    /// The writer, with roster and rules.
    pub fn writer(&mut self) -> &mut Writer {
        self.writer
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
        self.bench().stamp()
    }

    /// Settles what waited for the clock or the gallery, and judges past meals again; see
    /// [`revise`].
    ///
    /// # Errors
    /// As [`revise`].
    pub fn revise(&mut self) -> Result<Revised, GalleryError> {
        let stamp = self.stamp()?;
        let rules = self.writer.rules().clone();
        revise(self.writer.store(), stamp, &rules)
    }

    /// Whether the clock was believed when it was last read.
    pub fn clock_trusted(&self) -> bool {
        self.keeper.trusted()
    }

    /// Store, timekeeper and clock, for what commands do under the lock as well.
    pub fn bench(&mut self) -> Bench<'_> {
        Bench::new(self.writer.store(), self.keeper, self.clock)
    }

    /// Records a visit that the camera settled at `moment`.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was recorded.
    pub fn settle(&mut self, moment: Moment, outcome: &Outcome) -> Result<Shown, LedgerError> {
        let stamp = self.keeper.stamp_at(self.writer.store(), moment)?;
        self.writer.settle(stamp, outcome)
    }
}

type Job = Box<dyn FnOnce(&mut At<'_>) + Send>;

enum Order {
    Job(Job),
    Stop,
}

/// Hands jobs to the ledger's thread.
#[derive(Clone)]
pub struct Desk(SyncSender<Order>);

/// The ledger's end of the queue.
pub struct Orders(Receiver<Order>);

/// A desk, and the end at which its jobs are carried out.
pub fn open() -> (Desk, Orders) {
    let (send, receive) = sync_channel(ORDERS_MAX);
    (Desk(send), Orders(receive))
}

impl Desk {
    /// Has `job` carried out and gives its answer.
    ///
    /// # Errors
    /// [`DeskError`]: it was not carried out.
    pub async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        self.put(job)?.await.map_err(|_| DeskError::Closed)
    }

    /// The same for a thread that may wait.
    ///
    /// # Errors
    /// [`DeskError`]: it was not carried out.
    pub fn ask_blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        self.put(job)?.blocking_recv().map_err(|_| DeskError::Closed)
    }

    /// The same for the camera's visits, which are never turned away: it waits for its place in the
    /// queue as well.
    ///
    /// # Errors
    /// [`DeskError::Closed`]: it was not carried out.
    pub fn wait<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let (job, answered) = boxed(job);
        self.0.send(Order::Job(job)).map_err(|_| DeskError::Closed)?;
        answered.blocking_recv().map_err(|_| DeskError::Closed)
    }

    /// Ends the ledger's thread after what was accepted so far.
    pub(super) fn stop(&self) {
        // Where the thread has gone already there is nothing to end.
        let _ = self.0.send(Order::Stop);
    }

    fn put<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, DeskError> {
        let (job, answered) = boxed(job);
        match self.0.try_send(Order::Job(job)) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(DeskError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(DeskError::Closed),
        }
    }
}

/// The job, and where its answer arrives.
fn boxed<T: Send + 'static>(
    job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
) -> (Job, oneshot::Receiver<T>) {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |at| {
        // Whoever asked may have gone; the work is done all the same.
        let _ = answer.send(job(at));
    });
    (job, answered)
}

impl Orders {
    /// Carries out jobs until the box stops. `after` is called after each of them.
    pub fn serve(
        self,
        writer: &mut Writer,
        keeper: &mut Timekeeper,
        clock: &Arc<dyn Clock>,
        mut after: impl FnMut(&mut At<'_>),
    ) {
        while let Ok(Order::Job(job)) = self.0.recv() {
            let mut at = At::new(writer, keeper, clock.as_ref());
            job(&mut at);
            after(&mut at);
        }
    }
}

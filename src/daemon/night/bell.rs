//! Asking for a round at once: by the page, by `canteend upload`.

use super::round::{Done, RoundError};
use crate::error::{Exit, Failure, Sysexit};
use std::future::pending;
use tokio::sync::{mpsc, oneshot};

/// Most who wait for a round; one round answers one of them.
const ASKED_MAX: usize = 4;

/// Why a round was not done.
#[derive(Debug, thiserror::Error)]
pub enum BellError {
    /// Others wait already, or the box is stopping.
    #[error("the box is talking to the city already; try again in a minute")]
    Busy,
}

impl Sysexit for BellError {
    fn exit(&self) -> Exit {
        Exit::Unavailable
    }
}

/// Asks the nightly talk for a round.
#[derive(Clone)]
pub struct Bell(mpsc::Sender<Asked>);

/// The other end of a [`Bell`].
pub struct Ringing(mpsc::Receiver<Asked>);

/// Somebody who waits for the outcome of a round.
pub struct Asked(oneshot::Sender<Result<Done, Failure>>);

/// A bell, and where it is heard.
pub fn bell() -> (Bell, Ringing) {
    let (ring, heard) = mpsc::channel(ASKED_MAX);
    (Bell(ring), Ringing(heard))
}

impl Bell {
    /// Asks for a round and waits for its outcome.
    ///
    /// # Errors
    /// [`BellError`], or why the round failed, with its exit code.
    pub async fn ring(&self) -> Result<Done, Failure> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Asked(answer)).map_err(|_| BellError::Busy)?;
        answered.await.unwrap_or_else(|_| Err(BellError::Busy.into()))
    }
}

impl Ringing {
    /// The next who asks. Where nobody can ask any more it waits for ever.
    pub(super) async fn next(&mut self) -> Asked {
        match self.0.recv().await {
            Some(asked) => asked,
            None => pending().await,
        }
    }
}

impl Asked {
    /// Tells the outcome. Whoever asked may have gone.
    pub(super) fn answer(self, done: Result<Done, RoundError>) {
        let _ = self.0.send(done.map_err(Failure::from));
    }
}

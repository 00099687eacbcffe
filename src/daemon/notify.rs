//! What the service manager is told (sd_notify): ready, alive, stopping.
//!
//! 1. The watchdog is fed only while the camera's thread comes round, vision finishes frames that
//!    came, and the ledger's thread carries out a job. A camera that is known to be lost is
//!    progress: its thread comes round without a frame.
//! 2. After a look that found somebody stuck the next one comes soon, so that the box is not ended
//!    for a stall that is over.
//! 3. Without a watchdog the same is looked at once a minute, and said in the log.

use super::board::Board;
use super::desk::{Desk, DeskError};
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tracing::{error, warn};

/// How often progress is looked at where there is no watchdog.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// When progress is looked at again after somebody was stuck.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Tells the service manager.
pub(super) struct Notifier {
    desk: Desk,
    board: Arc<Board>,
    every: Duration,
}

/// How far the threads have come.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reached {
    turns: u64,
    frames: u64,
    looked: u64,
}

impl Reached {
    fn of(board: &Board) -> Self {
        let counts = board.counts();
        Reached {
            turns: counts.camera_turns.get(),
            frames: counts.frames.get(),
            looked: counts.looked.get(),
        }
    }

    /// Who has not come on since `before`.
    fn stuck(self, before: Self) -> Option<&'static str> {
        if self.turns == before.turns {
            Some("camera")
        } else if self.frames > before.frames && self.looked == before.looked {
            Some("vision")
        } else {
            None
        }
    }
}

impl Notifier {
    /// Looks twice in the watchdog's time, where there is one.
    pub(super) fn new(desk: Desk, board: Arc<Board>) -> Self {
        let every = sd_notify::watchdog_enabled().map_or(LOOK_EVERY, |limit| limit / 2);
        Notifier { desk, board, every }
    }

    /// The box serves.
    pub(super) fn ready(&self) {
        say(&[NotifyState::Ready]);
    }

    /// The box stops.
    pub(super) fn stopping(&self) {
        say(&[NotifyState::Stopping]);
    }

    /// Feeds the watchdog, until the box stops.
    pub(super) async fn watch(&self) {
        let (mut before, mut named) = (Reached::of(&self.board), None);
        loop {
            tokio::time::sleep(pause(self.every, named)).await;
            let now = Reached::of(&self.board);
            let ledger = timeout(patience(self.every), self.desk.ask(|_| ())).await;
            let stuck = match ledger {
                // A full queue is being worked on.
                Ok(Ok(()) | Err(DeskError::Busy)) => now.stuck(before),
                Ok(Err(DeskError::Closed)) => None,
                Err(_) => Some("ledger"),
            };
            match stuck {
                None => {
                    say(&[NotifyState::Watchdog]);
                    before = now;
                }
                Some(thread) if stuck != named => {
                    error!(thread, "no progress; the watchdog is not fed");
                }
                Some(_) => {}
            }
            named = stuck;
        }
    }
}

/// How long to wait before the next look, where the last one found this thread `stuck`.
fn pause(every: Duration, stuck: Option<&str>) -> Duration {
    stuck.map_or(every, |_| LOOK_AGAIN.min(every))
}

/// How long the ledger's thread may take for what was asked before.
fn patience(every: Duration) -> Duration {
    every / 2
}

fn say(state: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(state) {
        warn!(%problem, "the service manager cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_that_is_over_before_the_watchdogs_time_is_forgiven() {
        let every = Duration::from_secs(15);
        // The look that failed took all its patience; the next one succeeds at once.
        let fed = every + patience(every) + pause(every, Some("ledger"));
        assert!(fed < 2 * every, "{fed:?}");
        assert_eq!(pause(every, None), every);
        let short = Duration::from_millis(500);
        assert_eq!(pause(short, Some("camera")), short);
    }

    #[test]
    fn a_thread_that_does_not_come_on_is_named() {
        let at = |turns, frames, looked| Reached { turns, frames, looked };
        let cases = [
            (at(1, 1, 1), at(2, 2, 2), None),
            // A lost camera: turns without frames.
            (at(1, 1, 1), at(9, 1, 1), None),
            // The last frame is still being looked at.
            (at(1, 1, 0), at(2, 1, 0), None),
            (at(1, 1, 1), at(1, 1, 1), Some("camera")),
            (at(1, 1, 1), at(9, 9, 1), Some("vision")),
        ];
        for (before, now, stuck) in cases {
            assert_eq!(now.stuck(before), stuck);
        }
    }
}

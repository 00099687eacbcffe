//! The one place where the wall clock is read.

use crate::domain::calendar::Timestamp;
use std::time::{Duration, Instant};

/// Where the time comes from: the machine in service, a script in replay and tests.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, never jumping.
    fn monotonic(&self) -> Duration;
    /// A frame of a replay says how far its time has come; the machine's clock does not listen.
    fn reached(&self, _taken: Duration) {}
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that starts at a stated time and moves with the frames of a replay.
#[derive(Debug)]
pub struct ScriptedClock {
    start: Timestamp,
    elapsed: std::sync::Mutex<Duration>,
}

impl ScriptedClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        ScriptedClock { start, elapsed: Default::default() }
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Timestamp {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.lock().expect("no holder panics")
    }

    /// Moves on to `taken` after the start; it never goes back.
    fn reached(&self, taken: Duration) {
        let mut elapsed = self.elapsed.lock().expect("no holder panics");
        *elapsed = taken.max(*elapsed);
    }
}

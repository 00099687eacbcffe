//! The one place where the wall clock is read.

use crate::domain::calendar::Timestamp;
use std::time::{Duration, Instant};

/// Where the time comes from: the machine in service, a script in replay and tests.
pub trait Clock: Send {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, never jumping.
    fn monotonic(&self) -> Duration;
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

/// A clock that starts at a stated time and is moved by whoever holds it (replay, tests).
#[derive(Clone, Debug)]
pub struct ScriptedClock {
    start: Timestamp,
    elapsed: std::sync::Arc<std::sync::Mutex<Duration>>,
}

impl ScriptedClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        ScriptedClock { start, elapsed: Default::default() }
    }

    /// Moves the clock to `elapsed` after its start; it never goes back.
    pub fn advance_to(&self, elapsed: Duration) {
        let mut now = self.elapsed.lock().expect("no holder panics");
        *now = elapsed.max(*now);
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Timestamp {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.lock().expect("no holder panics")
    }
}

//! The one place where the wall clock is read.

use crate::domain::calendar::Timestamp;
use crate::domain::entry::operation::BootId;
use std::time::{Duration, Instant};

/// Where the time comes from: the machine in service, a script in replay and tests.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, never jumping.
    fn monotonic(&self) -> Duration;
    /// What the kernel calls this start of the machine; zeros where there is no such name.
    fn boot(&self) -> BootId {
        BootId::default()
    }
    /// A frame of a replay says how far its time has come; the machine's clock does not listen.
    fn reached(&self, _taken: Duration) {}
}

/// Where Linux says which start of the machine this is, as a UUID.
const BOOT_FILE: &str = "/proc/sys/kernel/random/boot_id";

/// The bytes of a UUID.
fn boot_id(text: &str) -> Option<BootId> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    (digits.len() == 32).then(|| number.to_be_bytes())
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

    fn boot(&self) -> BootId {
        std::fs::read_to_string(BOOT_FILE).ok().and_then(|text| boot_id(&text)).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_of_the_machine_has_one_name() {
        let clock = SystemClock::default();
        assert_eq!(clock.boot(), clock.boot());
        let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n";
        assert_eq!(boot_id(uuid).unwrap()[..3], [0x0f, 0x1e, 0x2d]);
        assert_eq!(boot_id("0f1e2d3c"), None);
        assert_eq!(boot_id("not a name"), None);
    }
}

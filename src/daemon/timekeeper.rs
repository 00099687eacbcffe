//! Stamps entries: reads the clock, judges it, and records a change of trust before it is used.

use crate::clock::Clock;
use crate::domain::calendar::Timestamp;
use crate::domain::clock_trust::{ClockRecord, Reading, Watch};
use crate::domain::entry::{Event, Stamp};
use crate::store::{LedgerError, Store};
use std::time::Duration;
use tracing::warn;

/// What both clocks said at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Wall-clock time.
    pub wall: Timestamp,
    /// Time on the clock that never jumps.
    pub monotonic: Duration,
}

impl Moment {
    /// Now.
    pub fn now(clock: &dyn Clock) -> Self {
        Moment { wall: clock.now(), monotonic: clock.monotonic() }
    }
}

/// Watches the clock over one ledger.
pub struct Timekeeper {
    watch: Watch,
    /// The last moment that was stamped.
    last: Option<Moment>,
}

impl Timekeeper {
    /// A keeper that starts from what `store` says of the clock.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn new(store: &Store, clock: &dyn Clock) -> Result<Self, LedgerError> {
        Ok(Timekeeper { watch: Watch::new(clock.boot(), store.clock()?), last: None })
    }

    /// The stamp of an entry written now.
    ///
    /// # Errors
    /// [`LedgerError`] where a change of trust could not be recorded.
    pub fn stamp(&mut self, store: &mut Store, clock: &dyn Clock) -> Result<Stamp, LedgerError> {
        self.stamp_at(store, Moment::now(clock))
    }

    /// Whether the last reading was believed.
    pub fn trusted(&self) -> bool {
        self.watch.trusted()
    }

    /// Believes the clock as it is now, because somebody who knows the time has confirmed it.
    /// `None` where that cannot be: it is before the last trusted entry or this program's making.
    ///
    /// # Errors
    /// As [`Timekeeper::stamp`].
    pub fn confirm(
        &mut self,
        store: &mut Store,
        clock: &dyn Clock,
    ) -> Result<Option<Stamp>, LedgerError> {
        let moment = Moment::now(clock);
        let mut next = self.watch.clone();
        let Some(reading) = next.confirm(moment.wall, moment.monotonic) else { return Ok(None) };
        record(store, reading)?;
        (self.watch, self.last) = (next, Some(moment));
        Ok(Some(reading.stamp))
    }

    /// The stamp of an entry about `moment`. Where something later was stamped before it, as a visit
    /// is that waited for its place in the queue, it has that later time: entries stand in order, and a
    /// clock is not to be doubted because of it.
    ///
    /// # Errors
    /// As [`Timekeeper::stamp`]; the change is then told again at the next one.
    pub fn stamp_at(&mut self, store: &mut Store, moment: Moment) -> Result<Stamp, LedgerError> {
        let overtaken = self.last.filter(|last| last.monotonic > moment.monotonic);
        let moment = overtaken.unwrap_or(moment);
        let mut next = self.watch.clone();
        let reading = next.read(moment.wall, moment.monotonic);
        record(store, reading)?;
        (self.watch, self.last) = (next, Some(moment));
        Ok(reading.stamp)
    }
}

fn record(store: &mut Store, Reading { stamp, change }: Reading) -> Result<(), LedgerError> {
    let Some(change) = change else { return Ok(()) };
    warn!(trusted = change.trusted, why = change.why.code(), change.offset_ms, "clock");
    store.append(stamp, &Event::Clock(change)).map(drop)
}

/// The stamp of a ledger's first entry.
pub fn first_stamp(clock: &dyn Clock) -> Stamp {
    let standing = ClockRecord { change: None, trusted: true, high: None };
    Watch::new(clock.boot(), standing).read(clock.now(), clock.monotonic()).stamp
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ScriptedClock;
    use crate::domain::entry::ClockTrust;
    use crate::store::{Listing, Reader};

    #[test]
    fn a_visit_that_something_overtakes_makes_no_clock_doubtful() {
        let dir = tempfile::tempdir().unwrap();
        let wall: Timestamp = "2026-03-02T11:00:00.9+08:00".parse().unwrap();
        let clock = ScriptedClock::new(wall);
        let mut store = Store::init(&dir.path().join("state"), "box", first_stamp(&clock)).unwrap();
        let mut keeper = Timekeeper::new(&store, &clock).unwrap();
        let seen = Moment::now(&clock);
        clock.reached(Duration::from_millis(200));
        let later = keeper.stamp(&mut store, &clock).unwrap();
        let stamp = keeper.stamp_at(&mut store, seen).unwrap();
        assert_eq!((stamp.at, stamp.clock), (later.at, ClockTrust::Trusted));
        let reader = Reader::open(store.folder()).unwrap();
        assert_eq!(reader.list(Listing::default(), 10).unwrap().len(), 1, "no word of the clock");
    }
}

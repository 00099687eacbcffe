//! Whether the wall clock can be believed: readings in, trust and changes of trust out.
//!
//! 1. A clock is not believed before the last trusted time, before this program was made, or after
//!    a jump of more than [`JUMP_MAX`] against the clock that never jumps. Where the program was not
//!    there to see a jump, it is not believed more than [`AWAY_MAX`] after the last trusted time: one
//!    entry from a year that has not come would hold up every later one. Before there is any trusted
//!    time, the first one is not believed more than [`NEW_MAX`] after this program was made.
//! 2. The last trusted time only rises, and readings that are not believed never raise it.
//! 3. Meals go on meanwhile (待核). Trust comes back when the readings agree again; after a jump,
//!    when they agree with the time before it, or when somebody who knows the time confirms them.
//! 4. A change tells how far the clock is off by what this run of the program has seen, so that the
//!    time of what was written meanwhile can be set right ([`super::pending`]).
//! 5. Every change is told once, as what the ledger has to say before the next entry.
//!
//! It does not set the clock and does not know the network's time.

use super::calendar::{Date, SHANGHAI, Timestamp};
use super::entry::operation::{BootId, ClockChange, ClockWhy};
use super::entry::{ClockTrust, Stamp};
use jiff::SignedDuration;
use jiff::civil::Time;
use std::time::Duration;

/// No clock that is right shows a day before this one: this version was made later.
pub const NOT_BEFORE: Date = Date::constant(2026, 1, 1);
/// Largest step of the wall clock against the monotonic one that is a correction and no jump.
pub const JUMP_MAX: Duration = Duration::from_secs(120);
/// Longest time that a box is off in ordinary use: the canteens close for the Spring Festival.
pub const AWAY_MAX: SignedDuration = SignedDuration::from_hours(15 * 24);

/// Longest time from the making of a program to its first use that is not asked about.
pub const NEW_MAX: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

/// What the ledger says of the clock when the program starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRecord {
    /// The change of trust that holds; none where it is as at the first entry.
    pub change: Option<ClockChange>,
    /// Whether the clock is trusted.
    pub trusted: bool,
    /// The last trusted time, if there ever was one.
    pub high: Option<Timestamp>,
}

/// One reading: how to stamp an entry, and what the ledger has to say before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Time and trust.
    pub stamp: Stamp,
    /// The change of trust to record first, under the same stamp.
    pub change: Option<ClockChange>,
}

/// Watches one clock through one run of the program.
#[derive(Clone, Debug)]
pub struct Watch {
    boot: BootId,
    /// The change by which the clock is not trusted; `None` while it is.
    doubt: Option<ClockChange>,
    high: Option<Timestamp>,
    /// Wall clock and monotonic clock at the last trusted reading of this run.
    anchor: Option<(Timestamp, Duration)>,
    /// Where no reading of this run was trusted yet: the same of its first one, less the offset
    /// that is known. It is good for telling how far the clock was set, and never for trust.
    supposed: Option<(Timestamp, Duration)>,
}

impl Watch {
    /// A watch on the machine start `boot`, over a ledger in which the clock stands so.
    pub fn new(boot: BootId, standing: ClockRecord) -> Self {
        // A first entry that was not trusted had no change before it that says why.
        let unsaid =
            ClockChange { trusted: false, why: ClockWhy::Restart, boot: [0; 16], offset_ms: 0 };
        let doubt = (!standing.trusted).then(|| standing.change.unwrap_or(unsaid));
        Watch { boot, doubt, high: standing.high, anchor: None, supposed: None }
    }

    /// Whether the clock was believed at the last reading.
    pub fn trusted(&self) -> bool {
        self.doubt.is_none()
    }

    /// Takes a reading of both clocks. Fractions of a second count for nothing, as in the ledger.
    pub fn read(&mut self, wall: Timestamp, monotonic: Duration) -> Reading {
        let wall = whole(wall);
        let offset_ms = self.offset_ms(wall, monotonic);
        let fault = self.fault(wall, offset_ms);
        let told = |trusted, why| ClockChange { trusted, why, boot: self.boot, offset_ms };
        let change = match (fault, self.doubt) {
            (Some(why), None) => Some(told(false, why)),
            // A jump that was seen before the program started again is not forgotten.
            (Some(_), Some(doubt)) if doubt.boot != self.boot => {
                let jumped = doubt.why == ClockWhy::Jump;
                Some(told(false, if jumped { doubt.why } else { ClockWhy::Restart }))
            }
            (Some(_), Some(_)) | (None, None) => None,
            (None, Some(_)) => Some(told(true, ClockWhy::Agrees)),
        };
        self.take(wall, monotonic, change)
    }

    /// Believes a reading, because somebody who knows the time has confirmed it. Not before the
    /// last trusted time or the making of this program: such a confirmation is a mistake.
    pub fn confirm(&mut self, wall: Timestamp, monotonic: Duration) -> Option<Reading> {
        let wall = whole(wall);
        if self.impossible(wall).is_some() {
            return None;
        }
        let offset_ms = self.offset_ms(wall, monotonic);
        let why = ClockWhy::Confirmed;
        let told = ClockChange { trusted: true, why, boot: self.boot, offset_ms };
        let change = self.doubt.map(|_| told);
        Some(self.take(wall, monotonic, change))
    }

    fn take(
        &mut self,
        wall: Timestamp,
        monotonic: Duration,
        change: Option<ClockChange>,
    ) -> Reading {
        if let Some(change) = change {
            self.doubt = (!change.trusted).then_some(change);
        }
        let clock = if self.doubt.is_none() { ClockTrust::Trusted } else { ClockTrust::Untrusted };
        if clock == ClockTrust::Trusted {
            self.high = self.high.max(Some(wall));
            (self.anchor, self.supposed) = (Some((wall, monotonic)), None);
        } else if self.anchor.is_none() && self.supposed.is_none() {
            let known_ms = self.doubt.map_or(0, |doubt| doubt.offset_ms);
            let right = wall.checked_sub(SignedDuration::from_millis(known_ms));
            self.supposed = right.ok().map(|right| (right, monotonic));
        }
        Reading { stamp: Stamp { at: wall, clock }, change }
    }

    /// How far the wall clock is from where the monotonic one says it should be.
    fn offset_ms(&self, wall: Timestamp, monotonic: Duration) -> i64 {
        self.anchor.or(self.supposed).map_or(0, |(then, at)| {
            let elapsed = monotonic.saturating_sub(at).as_millis();
            let expected = i128::from(then.as_millisecond()) + elapsed as i128;
            i64::try_from(i128::from(wall.as_millisecond()) - expected)
                .expect("times of four-digit years are within 64 bits of milliseconds")
        })
    }

    fn fault(&self, wall: Timestamp, offset_ms: i64) -> Option<ClockWhy> {
        let jump_ms_max = JUMP_MAX.as_millis();
        let jumped = self.anchor.is_some() && u128::from(offset_ms.unsigned_abs()) > jump_ms_max;
        // Without a reading before the jump there is nothing to agree with.
        let lost =
            self.anchor.is_none() && self.doubt.is_some_and(|doubt| doubt.why == ClockWhy::Jump);
        let new = || wall.duration_since(made()) > NEW_MAX;
        let late = |high| wall.duration_since(high) > AWAY_MAX;
        let away = self.anchor.is_none() && self.high.map_or_else(new, late);
        self.impossible(wall)
            .or((jumped || lost).then_some(ClockWhy::Jump))
            .or(away.then_some(ClockWhy::LongAfter))
    }

    fn impossible(&self, wall: Timestamp) -> Option<ClockWhy> {
        if SHANGHAI.to_datetime(wall).date() < NOT_BEFORE {
            Some(ClockWhy::BeforeBuild)
        } else if Some(wall) < self.high {
            Some(ClockWhy::BeforeLastEntry)
        } else {
            None
        }
    }
}

/// The first moment of [`NOT_BEFORE`].
fn made() -> Timestamp {
    SHANGHAI
        .to_timestamp(NOT_BEFORE.to_datetime(Time::midnight()))
        .expect("a day of this century is a time")
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("no further than the time itself")
}

#[cfg(test)]
mod tests;

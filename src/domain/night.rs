//! When a box talks to its city: once a night, at a time of its own, and until it has succeeded.
//!
//! 1. Each device has its own place in the window, so that a city of boxes does not arrive at once.
//! 2. A night that was missed is made up for at once, whatever the hour: the network may be there
//!    only by day.
//! 3. What may pass is tried again with growing waits, for ever. What will not pass before somebody
//!    has looked waits for the next night, and does not hammer.
//! 4. A wrong clock moves the night and does nothing worse: the answer is always a time to come or
//!    "now", for any two times.
//!
//! It knows no network; how long to wait between failures is told to it.

use super::calendar::{DAY_S, Date, SHANGHAI, Time, Timestamp, local, second_of_day};
use std::time::Duration;

/// A last success further ahead than this was dated by a clock that was wrong.
const AHEAD_MAX: Duration = Duration::from_secs(DAY_S as u64);

/// The part of the day in which boxes talk to their city. It may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightWindow {
    from: Time,
    length: Duration,
}

impl NightWindow {
    /// From `from` until `to`; where `to` is not later, until `to` of the next day. `None` for a
    /// window of no length.
    pub fn new(from: Time, to: Time) -> Option<Self> {
        let length = (second_of_day(to) + DAY_S - second_of_day(from)) % DAY_S;
        let length = Duration::from_secs(length.into());
        (!length.is_zero()).then_some(NightWindow { from, length })
    }

    /// When the night of `date` starts for the device whose place is `share`.
    fn start(&self, date: Date, share: u64) -> Timestamp {
        let from = SHANGHAI.to_timestamp(date.to_datetime(self.from));
        let from = from.expect("dates of a clock are far from the ends of time");
        from + self.length.mul_f64(share as f64 / u64::MAX as f64)
    }
}

/// What became of the last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It may succeed after this wait.
    Passing {
        /// When it failed.
        at: Timestamp,
        /// How long to wait.
        wait: Duration,
    },
    /// Somebody has to look first.
    Lasting {
        /// When it failed.
        at: Timestamp,
    },
}

/// How far the box has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// When everything was done last.
    pub done: Option<Timestamp>,
    /// The failure since then, if the last attempt was one.
    pub failed: Option<Attempt>,
}

/// How long to wait at `now` until the next attempt; nothing where it is due. `share` is the
/// device's place in the window, from 0 for its start to `u64::MAX` for its end.
pub fn wait(now: Timestamp, window: NightWindow, share: u64, progress: Progress) -> Duration {
    let today = local(now).0;
    let start = |date| window.start(date, share);
    let (last, next) = match start(today) <= now {
        true => (start(today), start(today.saturating_add(jiff::Span::new().days(1)))),
        false => (start(today.saturating_sub(jiff::Span::new().days(1))), start(today)),
    };
    let until = |then: Timestamp| Duration::try_from(then.duration_since(now)).unwrap_or_default();
    // A time that lies ahead of the clock was told by one that was wrong.
    let done = progress.done.filter(|done| *done <= now + AHEAD_MAX);
    if done.is_some_and(|done| done >= last) {
        return until(next);
    }
    match progress.failed {
        Some(Attempt::Lasting { at }) if at >= last && at <= now + AHEAD_MAX => until(next),
        // However the clock was set meanwhile, no wait is longer than the one that was drawn.
        Some(Attempt::Passing { at, wait }) => until(at + wait).min(wait),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-03-{text}:00+08:00").parse().unwrap()
    }

    fn window(from: &str, to: &str) -> NightWindow {
        NightWindow::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_next_attempt_is_where_the_night_and_the_last_attempt_put_it() {
        let done = |text| Progress { done: Some(at(text)), failed: None };
        let passing = |text, minutes: u32| Progress {
            done: Some(at("01T22:30")),
            failed: Some(Attempt::Passing { at: at(text), wait: MINUTE * minutes }),
        };
        let lasting = |text| Progress {
            done: Some(at("01T22:30")),
            failed: Some(Attempt::Lasting { at: at(text) }),
        };
        // The window is 22:00 to 02:00; the device's place is its middle, midnight.
        let cases = [
            ("never done: at once, whatever the hour", "02T12:00", Progress::default(), 0),
            ("done last night: at midnight", "02T12:00", done("02T00:05"), 12 * 60),
            (
                "done late, in the morning: at midnight all the same",
                "02T12:00",
                done("02T11:00"),
                720,
            ),
            ("the hour has come", "03T00:00", done("02T00:05"), 0),
            ("a minute before", "02T23:59", done("02T00:05"), 1),
            ("a night was missed: at once", "04T15:00", done("02T00:05"), 0),
            ("a failure waits for its time", "02T00:10", passing("02T00:07", 4), 1),
            ("and no longer", "02T00:12", passing("02T00:07", 4), 0),
            (
                "a failure that lasts waits for the next night",
                "02T00:10",
                lasting("02T00:07"),
                23 * 60 + 50,
            ),
            ("and is tried once then", "03T00:00", lasting("02T00:07"), 0),
            ("a clock set back waits as long as was drawn", "02T00:01", passing("02T00:07", 4), 4),
            ("done far in the future, by a clock that was wrong", "02T12:00", done("30T00:00"), 0),
            ("failed far in the future", "02T12:00", lasting("30T00:00"), 0),
        ];
        for (why, now, progress, minutes) in cases {
            let waited = wait(at(now), window("22:00", "02:00"), u64::MAX / 2, progress);
            let waited = (waited.as_secs_f64() / 60.0).round();
            assert_eq!(waited, f64::from(minutes), "{why}");
        }
    }

    #[test]
    fn devices_are_spread_over_the_window_and_none_lies_outside() {
        let window = window("22:00", "02:00");
        let day = Date::constant(2026, 3, 2);
        let starts: Vec<_> = (0..=8).map(|i| window.start(day, u64::MAX / 8 * i)).collect();
        assert_eq!(starts[0], at("02T22:00"));
        for pair in starts.windows(2) {
            assert_eq!(pair[1].duration_since(pair[0]).as_secs(), 30 * 60);
        }
        assert!(window.start(day, u64::MAX) <= at("03T02:00"));
    }

    #[test]
    fn a_window_has_a_length() {
        let time = |text: &str| text.parse::<Time>().unwrap();
        assert_eq!(NightWindow::new(time("22:00"), time("22:00")), None);
        assert_eq!(window("01:00", "02:30").length, MINUTE * 90);
        assert_eq!(window("23:30", "00:30").length, MINUTE * 60);
    }

    #[test]
    fn a_box_that_always_succeeds_asks_once_a_night() {
        let (mut now, mut progress, mut attempts) = (at("02T12:00"), Progress::default(), 0);
        let end = now + MINUTE * 60 * 24 * 30;
        while now < end {
            let pause = wait(now, window("22:00", "02:00"), u64::MAX / 3, progress);
            if pause.is_zero() {
                attempts += 1;
                progress = Progress { done: Some(now), failed: None };
                now += MINUTE;
            } else {
                now += pause;
            }
        }
        assert_eq!(attempts, 31, "the first at once, then one for each night");
    }
}

//! Service dates, meal windows, intervals and ages (RULES.md, "Where the plan is silent").
//!
//! The service date is the date at UTC+8, whatever the machine's time zone says: China has had
//! no daylight saving since 1991, and a box with a wrong `TZ` must not move a meal to another day.
//!
//! 1. [`MealHours`] holds at least one window, in the order of the day, and no moment lies in two.
//! 2. Age never falls as the date advances, under any rule.
//!
//! It does not know on which days a canteen is closed; that is the site's calendar.

use super::codes::closed_list;
pub use jiff::Timestamp;
pub use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use std::fmt;
use thiserror::Error;

/// Offset of the ledger's time from UTC: that of Asia/Shanghai, eight hours, all year.
pub const SHANGHAI: Offset = Offset::constant(8);

/// The service date and the local time at `at`.
pub fn local(at: Timestamp) -> (Date, Time) {
    let civil = SHANGHAI.to_datetime(at);
    (civil.date(), civil.time())
}

/// The service date at `at`: midnight to midnight at UTC+8.
pub fn service_date(at: Timestamp) -> Date {
    local(at).0
}

/// Days from `from` to `to`, both included; `to` of `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    from: Date,
    to: Option<Date>,
}

impl Interval {
    /// An interval, or `None` where it ends before it begins.
    pub fn new(from: Date, to: Option<Date>) -> Option<Self> {
        match to {
            Some(to) if to < from => None,
            _ => Some(Interval { from, to }),
        }
    }

    /// First day.
    pub fn from(&self) -> Date {
        self.from
    }

    /// Last day, or `None` where it is open.
    pub fn to(&self) -> Option<Date> {
        self.to
    }

    /// Whether `date` lies in it.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && self.to.is_none_or(|to| date <= to)
    }
}

closed_list! {
    /// Which meal of the day.
    MealWindow {
        /// 早餐
        Breakfast = "breakfast",
        /// 午餐
        Lunch = "lunch",
        /// 晚餐
        Supper = "supper",
    }
}

impl fmt::Display for MealWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// From when on the years of an age count; the plan names ages and is silent about the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeRule {
    /// From the birthday itself.
    Birthday,
    /// From the day after the birthday, as criminal law counts (周岁).
    DayAfter,
    /// All year: what counts is the age on 31 December.
    EndOfYear,
}

/// The birthday of those born on 29 February, in a year without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeapDay {
    /// 28 February.
    Feb28,
    /// 1 March.
    Mar1,
}

/// Whole years of age on `date` of somebody born on `birth`; 0 before the birth.
pub fn age(birth: Date, date: Date, rule: AgeRule, leap: LeapDay) -> u16 {
    let birthday = match (birth.month(), birth.day(), leap) {
        (2, 29, _) if date.in_leap_year() => (2, 29),
        (2, 29, LeapDay::Feb28) => (2, 28),
        (2, 29, LeapDay::Mar1) => (3, 1),
        (month, day, _) => (month, day),
    };
    let today = (date.month(), date.day());
    let complete = match rule {
        AgeRule::Birthday => today >= birthday,
        AgeRule::DayAfter => today > birthday,
        AgeRule::EndOfYear => true,
    };
    let years = date.year() - birth.year() - i16::from(!complete);
    u16::try_from(years).unwrap_or(0)
}

/// When one meal is served, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServingTime {
    /// Which meal.
    pub window: MealWindow,
    /// First second of serving.
    pub from: Time,
    /// Last second of serving: `13:30` counts up to and including 13:30:00.
    pub to: Time,
}

/// Why serving times are not a day's meal hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MealHoursError {
    /// No meal at all.
    #[error("no meal is served; state at least one of breakfast, lunch and supper")]
    Empty,
    /// It ends before it begins, or lasts no longer than a moment.
    #[error("{0} ends no later than it begins; windows do not reach over midnight")]
    Backwards(MealWindow),
    /// A moment would lie in two windows, or the windows are not in the order of the day.
    #[error(
        "{later} begins no later than {earlier} ends; keep them apart by at least a second, \
         in the order breakfast, lunch, supper"
    )]
    Overlap {
        /// The window that should be over.
        earlier: MealWindow,
        /// The window that begins too soon.
        later: MealWindow,
    },
}

/// The hours in which one canteen serves. Both ends of a window are included, to the second:
/// whoever stands at the counter at 13:30:00 is in time for a lunch that is announced until
/// 13:30, and fractions of a second, which the ledger does not show, decide nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MealHours(Vec<ServingTime>);

/// The meal that comes next while the canteen is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextMeal {
    /// Which meal.
    pub window: MealWindow,
    /// When it begins.
    pub from: Time,
    /// Whether that is on the following day.
    pub tomorrow: bool,
}

impl MealHours {
    /// Checks the serving times of a day.
    ///
    /// # Errors
    /// [`MealHoursError`] names the window that is empty, or the two that overlap, repeat, or
    /// stand in the wrong order.
    pub fn new(times: Vec<ServingTime>) -> Result<Self, MealHoursError> {
        if times.is_empty() {
            return Err(MealHoursError::Empty);
        }
        let seconds = |t: ServingTime| ServingTime {
            from: whole_second(t.from),
            to: whole_second(t.to),
            ..t
        };
        let times: Vec<ServingTime> = times.into_iter().map(seconds).collect();
        if let Some(bad) = times.iter().find(|t| t.to <= t.from) {
            return Err(MealHoursError::Backwards(bad.window));
        }
        for pair in times.windows(2) {
            let (earlier, later) = (pair[0], pair[1]);
            if later.window <= earlier.window || later.from <= earlier.to {
                let (earlier, later) = (earlier.window, later.window);
                return Err(MealHoursError::Overlap { earlier, later });
            }
        }
        Ok(MealHours(times))
    }

    /// The serving times, in the order of the day.
    pub fn times(&self) -> &[ServingTime] {
        &self.0
    }

    /// The meal that is being served at `time`, or `None` where the canteen is closed.
    pub fn window_at(&self, time: Time) -> Option<MealWindow> {
        let time = whole_second(time);
        self.0.iter().find(|t| t.from <= time && time <= t.to).map(|t| t.window)
    }

    /// The meal that is served at `time` by a clock that is `believed` or not. By one that is not, the
    /// canteen is never closed: whoever stands at the counter is at the meal that is nearest.
    ///
    /// # Errors
    /// The next meal, where the canteen is closed.
    pub fn serving(&self, time: Time, believed: bool) -> Result<MealWindow, NextMeal> {
        match self.window_at(time) {
            Some(window) => Ok(window),
            None if believed => Err(self.next_after(time)),
            None => Ok(self.nearest(time)),
        }
    }

    /// The meal whose beginning or end is nearest to `time`, before or after midnight.
    fn nearest(&self, time: Time) -> MealWindow {
        let distance = |other: Time| {
            let apart = second_of_day(time).abs_diff(second_of_day(other));
            apart.min(DAY_S - apart)
        };
        let near = |t: &&ServingTime| distance(t.from).min(distance(t.to));
        self.0.iter().min_by_key(near).expect("there is at least one serving time").window
    }

    /// The next meal to begin after `time`, today or else tomorrow.
    pub fn next_after(&self, time: Time) -> NextMeal {
        let today = self.0.iter().find(|t| t.from > time);
        let next = today.unwrap_or(&self.0[0]);
        NextMeal { window: next.window, from: next.from, tomorrow: today.is_none() }
    }
}

/// Seconds of a day; there is no daylight saving at UTC+8.
pub(super) const DAY_S: u32 = 86_400;

/// Whole seconds since midnight.
pub(super) fn second_of_day(time: Time) -> u32 {
    let [hours, minutes, seconds] =
        [time.hour(), time.minute(), time.second()].map(|part| u32::from(part.unsigned_abs()));
    (hours * 60 + minutes) * 60 + seconds
}

fn whole_second(time: Time) -> Time {
    Time::constant(time.hour(), time.minute(), time.second(), 0)
}

//! Service dates, meal windows, intervals and ages (RULES.md, "Where the plan is silent").
//!
//! The service date is the date at UTC+8, whatever the machine's time zone says: China has had
//! no daylight saving since 1991, and a box with a wrong `TZ` must not move a meal to another day.

pub use jiff::Timestamp;
pub use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use std::fmt;

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

/// Which meal of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MealWindow {
    /// 早餐
    Breakfast,
    /// 午餐
    Lunch,
    /// 晚餐
    Supper,
}

impl MealWindow {
    /// All of them, in the order of the day.
    pub const ALL: [MealWindow; 3] = [Self::Breakfast, Self::Lunch, Self::Supper];

    /// The code used in the ledger and in configuration.
    pub fn code(self) -> &'static str {
        match self {
            Self::Breakfast => "breakfast",
            Self::Lunch => "lunch",
            Self::Supper => "supper",
        }
    }

    /// The window of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.code() == code)
    }
}

impl fmt::Display for MealWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

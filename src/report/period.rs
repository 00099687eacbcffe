//! The days that a report is about.

use crate::domain::calendar::Date;
use crate::domain::month::Month;
use std::fmt;

/// Most days of one report: a leap year.
pub const PERIOD_DAYS_MAX: usize = 366;

/// Why days are not a period that can be reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not a month.
    #[error("{0:?} is not a month; write YYYY-MM, such as 2026-03")]
    Month(String),
    /// Not a year.
    #[error("{0:?} is not a year; write YYYY, such as 2026")]
    Year(String),
    /// It ends before it begins.
    #[error("the period from {from} to {to} ends before it begins")]
    Backwards {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// More than [`PERIOD_DAYS_MAX`] days.
    #[error("the period from {from} to {to} is longer than {PERIOD_DAYS_MAX} days; ask for a year")]
    Long {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// It has not begun.
    #[error("{period} has not begun: today is {today}; ask for an earlier period")]
    Future {
        /// What was asked for.
        period: Period,
        /// The service date now.
        today: Date,
    },
}

/// Service dates from one to another, both included; a whole month and a whole year are shown as
/// such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// The days from `from` to `to`.
    ///
    /// # Errors
    /// [`PeriodError::Backwards`], [`PeriodError::Long`].
    pub fn days(from: Date, to: Date) -> Result<Self, PeriodError> {
        if to < from {
            return Err(PeriodError::Backwards { from, to });
        }
        let period = Period { from, to };
        match period.dates().nth(PERIOD_DAYS_MAX) {
            Some(_) => Err(PeriodError::Long { from, to }),
            None => Ok(period),
        }
    }

    /// The month `text` (`2026-03`).
    ///
    /// # Errors
    /// [`PeriodError::Month`].
    pub fn month(text: &str) -> Result<Self, PeriodError> {
        let month = Month::parse(text).ok_or_else(|| PeriodError::Month(text.to_owned()))?;
        let from = month.first_day();
        Ok(Period { from, to: from.last_of_month() })
    }

    /// The year `text` (`2026`).
    ///
    /// # Errors
    /// [`PeriodError::Year`].
    pub fn year(text: &str) -> Result<Self, PeriodError> {
        let first = || (text.len() == 4).then(|| format!("{text}-01-01").parse::<Date>().ok())?;
        let from = first().ok_or_else(|| PeriodError::Year(text.to_owned()))?;
        Ok(Period { from, to: from.last_of_year() })
    }

    /// The period, given that it has begun by `today`.
    ///
    /// # Errors
    /// [`PeriodError::Future`].
    pub fn begun_by(self, today: Date) -> Result<Self, PeriodError> {
        match self.from > today {
            true => Err(PeriodError::Future { period: self, today }),
            false => Ok(self),
        }
    }

    /// First day.
    pub fn from(self) -> Date {
        self.from
    }

    /// Last day.
    pub fn to(self) -> Date {
        self.to
    }

    /// Whether `date` lies in it.
    pub fn contains(self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }

    /// Its days in order.
    pub fn dates(self) -> impl Iterator<Item = Date> {
        let next = |date: &Date| date.tomorrow().ok();
        std::iter::successors(Some(self.from), next).take_while(move |date| *date <= self.to)
    }

    /// Its parts that lie in one calendar month each, in order.
    pub fn months(self) -> impl Iterator<Item = Period> {
        let part = move |from: Date| Period { from, to: from.last_of_month().min(self.to) };
        let next = move |p: &Period| p.to.tomorrow().ok().filter(|d| *d <= self.to).map(part);
        std::iter::successors(Some(part(self.from)), next)
    }

    /// Whether it is one calendar year.
    pub fn is_year(self) -> bool {
        self.from == self.from.first_of_year() && self.to == self.from.last_of_year()
    }

    /// Whether it is one calendar month.
    pub fn is_month(self) -> bool {
        self.from == self.from.first_of_month() && self.to == self.from.last_of_month()
    }
}

/// `2026-03`, `2026` or `2026-03-02_2026-03-08`; fit for a file name.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.from.year(), self.from.month());
        match (self.is_month(), self.is_year()) {
            (true, _) => write!(f, "{year:04}-{month:02}"),
            (_, true) => write!(f, "{year:04}"),
            _ => write!(f, "{}_{}", self.from, self.to),
        }
    }
}

impl Period {
    /// As offices write it: `2026年3月`, `2026年`, `2026年3月2日至3月8日`.
    pub fn chinese(self) -> String {
        let (from, to) = (self.from, self.to);
        let (year, month) = (from.year(), from.month());
        match (self.is_month(), self.is_year()) {
            (true, _) => format!("{year}年{month}月"),
            (_, true) => format!("{year}年"),
            _ if from == to => day(from),
            _ if from.year() == to.year() => {
                format!("{}至{}月{}日", day(from), to.month(), to.day())
            }
            _ => format!("{}至{}", day(from), day(to)),
        }
    }
}

/// `2026年3月2日`.
pub(super) fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Result<Period, PeriodError> {
        Period::days(from.parse().unwrap(), to.parse().unwrap())
    }

    #[test]
    fn a_period_is_shown_in_the_shortest_way() {
        let week = days("2026-03-02", "2026-03-08").unwrap();
        let winter = days("2025-12-30", "2026-01-02").unwrap();
        let cases = [
            (Period::month("2026-03").unwrap(), "2026-03", "2026年3月"),
            (Period::month("2028-02").unwrap(), "2028-02", "2028年2月"),
            (Period::year("2026").unwrap(), "2026", "2026年"),
            (days("2026-02-01", "2026-02-28").unwrap(), "2026-02", "2026年2月"),
            (week, "2026-03-02_2026-03-08", "2026年3月2日至3月8日"),
            (winter, "2025-12-30_2026-01-02", "2025年12月30日至2026年1月2日"),
            (days("2026-03-02", "2026-03-02").unwrap(), "2026-03-02_2026-03-02", "2026年3月2日"),
        ];
        for (period, short, chinese) in cases {
            assert_eq!((period.to_string().as_str(), period.chinese().as_str()), (short, chinese));
        }
    }

    #[test]
    fn what_is_no_period_is_refused_with_the_remedy() {
        for bad in ["2026-13", "2026-00", "2026-3", "2026", "202603", "2026-03-01", "三月"] {
            assert_eq!(Period::month(bad), Err(PeriodError::Month(bad.to_owned())));
        }
        for bad in ["26", "2026-03", "year", ""] {
            assert_eq!(Period::year(bad), Err(PeriodError::Year(bad.to_owned())));
        }
        assert!(days("2026-03-02", "2026-03-01").unwrap_err().to_string().contains("before"));
        assert!(days("2028-01-01", "2028-12-31").is_ok(), "a leap year");
        assert!(days("2026-01-01", "2027-01-02").unwrap_err().to_string().contains("longer"));
        let march = Period::month("2026-03").unwrap();
        assert!(march.begun_by("2026-03-01".parse().unwrap()).is_ok());
        let text = march.begun_by("2026-02-28".parse().unwrap()).unwrap_err().to_string();
        assert_eq!(text, "2026-03 has not begun: today is 2026-02-28; ask for an earlier period");
    }

    #[test]
    fn a_period_falls_into_its_months() {
        let parts: Vec<_> =
            days("2025-12-30", "2026-02-28").unwrap().months().map(|p| p.to_string()).collect();
        assert_eq!(parts, ["2025-12-30_2025-12-31", "2026-01", "2026-02"]);
        assert_eq!(Period::year("2028").unwrap().dates().count(), 366);
    }
}

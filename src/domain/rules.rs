//! Dated rule tables, as a district's office decides them: what a meal is worth at which age.
//!
//! 1. The bands of a table leave no age out above the lowest, and overlap nowhere.
//! 2. The tables of a book follow one another without overlap, and without a gap that is not
//!    stated as one: a day on which nobody decided anything must not pass for a day without
//!    subsidy.
//! 3. A band's code is made of its ages, so that it cannot say something else.
//!
//! Rates are data. This module knows no amount of any district, and never reads a file.

use super::calendar::{AgeRule, Date, Interval, LeapDay};
use super::money::Fen;
use super::operating_award::OperatingAwards;
use thiserror::Error;

/// Largest share of the city or the district in one meal: 100 yuan, many times any known rate.
pub const SHARE_FEN_MAX: u32 = 10_000;
/// Highest age at which a band may begin or end, in years.
pub const BAND_AGE_YEARS_MAX: u16 = 130;
/// Most bands of one table.
pub const BANDS_MAX: usize = 16;
/// Longest id of a rule table, in bytes.
pub const RULES_ID_BYTES_MAX: usize = 64;
/// Most tables and gaps of one book.
pub const PERIODS_MAX: usize = 64;
/// Most days for which eligibility data may be called fresh.
pub const ELIGIBILITY_DAYS_MAX_MAX: u16 = 92;

/// Why values are not a rule table or a rule book. Indices count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// An id that cannot stand in the ledger.
    #[error(
        "the id must be 1 to {RULES_ID_BYTES_MAX} lower-case letters, digits and -, such as \
         lcetdz-2022"
    )]
    Id,
    /// A share above [`SHARE_FEN_MAX`].
    #[error(
        "{0} fen a meal is more than {SHARE_FEN_MAX} fen (100 yuan); amounts are in fen, \
         1 yuan = 100 fen"
    )]
    ShareTooLarge(u32),
    /// A band without money.
    #[error("a band must be worth something; leave out the ages that get nothing")]
    Worthless,
    /// An age above [`BAND_AGE_YEARS_MAX`], or a band that ends before it begins.
    #[error("a band goes from an age to the same or a higher one, at most {BAND_AGE_YEARS_MAX}")]
    Ages,
    /// No bands, or more than [`BANDS_MAX`].
    #[error("a table has 1 to {BANDS_MAX} bands")]
    BandCount,
    /// Band `band` does not begin one year after the one before it ends.
    #[error(
        "this band must begin at {expected}, right after the band before it: bands stand in \
         rising order, overlap nowhere and leave no age out"
    )]
    BandStart {
        /// The band.
        band: usize,
        /// Age at which it should begin.
        expected: u16,
    },
    /// Band `band` is open but not the last, or last but not open.
    #[error("the last band, and only that, has no highest age: nobody grows out of the subsidy")]
    BandEnd {
        /// The band.
        band: usize,
    },
    /// Two tables with one id.
    #[error("another table has the same id; an entry of the ledger names its table by it")]
    DuplicateId {
        /// The later one.
        period: usize,
    },
    /// Periods overlap, or do not stand in order.
    #[error(
        "this period begins on {from}, but the one before it {}; end that one the day before",
        .until.map_or("is open".to_owned(), |to| format!("lasts until {to}"))
    )]
    Overlap {
        /// The later one.
        period: usize,
        /// Its first day.
        from: Date,
        /// Last day of the one before.
        until: Option<Date>,
    },
    /// Days between two periods that belong to neither.
    #[error(
        "no rules from {from} to {to}, the days before this period; join the periods, or state \
         the days as a gap"
    )]
    Hole {
        /// The period after the hole.
        period: usize,
        /// First day of the hole.
        from: Date,
        /// Last day of the hole.
        to: Date,
    },
    /// A gap that lies between nothing.
    #[error("a gap stands between two tables; before the first and after the last there are none")]
    GapAtEdge {
        /// The gap.
        period: usize,
    },
    /// No table at all, or more periods than [`PERIODS_MAX`].
    #[error("a rule book has at least one table, and at most {PERIODS_MAX} tables and gaps")]
    PeriodCount,
    /// Freshness that makes no sense.
    #[error("eligibility data stays fresh for 1 to {ELIGIBILITY_DAYS_MAX_MAX} days")]
    EligibilityDays,
}

/// What becomes of a second meal on the day of a subsidised one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondMeal {
    /// It is recorded as a visit without subsidy, and counts as 人次.
    #[default]
    Visit,
    /// It is not recorded.
    NotRecorded,
}

/// What a meal is worth from one age to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    from_age: u16,
    to_age: Option<u16>,
    city: Fen,
    district: Fen,
}

impl Band {
    /// A band; `to_age` of `None` is open.
    ///
    /// # Errors
    /// [`RuleError`] where the ages or the amounts are absurd.
    pub fn new(
        from_age: u16,
        to_age: Option<u16>,
        city: Fen,
        district: Fen,
    ) -> Result<Self, RuleError> {
        let top = to_age.unwrap_or(from_age);
        if top < from_age || top > BAND_AGE_YEARS_MAX {
            return Err(RuleError::Ages);
        }
        for share in [city, district] {
            if share.get() > SHARE_FEN_MAX {
                return Err(RuleError::ShareTooLarge(share.get()));
            }
        }
        if city == Fen::ZERO && district == Fen::ZERO {
            return Err(RuleError::Worthless);
        }
        Ok(Band { from_age, to_age, city, district })
    }

    /// The code used in the ledger: `70-79`, or `80+` for an open band.
    pub fn code(&self) -> String {
        match self.to_age {
            Some(to) => format!("{}-{to}", self.from_age),
            None => format!("{}+", self.from_age),
        }
    }

    /// The city's share of a meal.
    pub fn city(&self) -> Fen {
        self.city
    }

    /// The district's share of a meal.
    pub fn district(&self) -> Fen {
        self.district
    }

    fn holds(&self, years: u16) -> bool {
        self.from_age <= years && self.to_age.is_none_or(|to| years <= to)
    }
}

/// The rules of one district for one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTable {
    id: String,
    period: Interval,
    age_rule: AgeRule,
    leap_day: LeapDay,
    bands: Vec<Band>,
    operating: OperatingAwards,
    second_meal: SecondMeal,
}

impl RuleTable {
    /// A table in force during `period`; its bands stand in rising order of age.
    ///
    /// # Errors
    /// [`RuleError`] where the id, or the order of the bands, breaks a rule.
    pub fn new(
        id: &str,
        period: Interval,
        (age_rule, leap_day): (AgeRule, LeapDay),
        bands: Vec<Band>,
        operating: OperatingAwards,
    ) -> Result<Self, RuleError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if id.is_empty() || id.len() > RULES_ID_BYTES_MAX || !id.bytes().all(plain) {
            return Err(RuleError::Id);
        }
        if bands.is_empty() || bands.len() > BANDS_MAX {
            return Err(RuleError::BandCount);
        }
        for (band, pair) in (1..).zip(bands.windows(2)) {
            let Some(to) = pair[0].to_age else {
                return Err(RuleError::BandEnd { band: band - 1 });
            };
            let expected = to + 1;
            if pair[1].from_age != expected {
                return Err(RuleError::BandStart { band, expected });
            }
        }
        let last = bands.len() - 1;
        if bands[last].to_age.is_some() {
            return Err(RuleError::BandEnd { band: last });
        }
        let (id, second_meal) = (id.to_owned(), SecondMeal::default());
        Ok(RuleTable { id, period, age_rule, leap_day, bands, operating, second_meal })
    }

    /// The table, with another answer to a second meal of the day than the default.
    pub fn with_second_meal(self, second_meal: SecondMeal) -> Self {
        RuleTable { second_meal, ..self }
    }

    /// The id that entries of the ledger name it by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From when on the years of an age count.
    pub fn age_rule(&self) -> AgeRule {
        self.age_rule
    }

    /// The birthday of those born on 29 February.
    pub fn leap_day(&self) -> LeapDay {
        self.leap_day
    }

    /// The yearly award for running the canteen.
    pub fn operating_awards(&self) -> &OperatingAwards {
        &self.operating
    }

    /// The band of an age, or `None` below the lowest.
    pub fn band(&self, years: u16) -> Option<&Band> {
        self.bands.iter().find(|band| band.holds(years))
    }
}

/// A stretch of time in a rule book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// A table is in force.
    Rules(RuleTable),
    /// The office has decided that there are no rules on these days.
    Gap(Interval),
}

impl Period {
    /// Its days.
    pub fn days(&self) -> Interval {
        match self {
            Period::Rules(table) => table.period,
            Period::Gap(days) => *days,
        }
    }
}

/// All rule tables of one site, for all time that it has records of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBook {
    eligibility_days_max: u16,
    tables: Vec<RuleTable>,
}

impl RuleBook {
    /// A book of periods in rising order; `eligibility_days_max` is for how many days after its
    /// date eligibility data still makes an award firm.
    ///
    /// # Errors
    /// [`RuleError`] names the period that overlaps the one before it, leaves a hole, or repeats
    /// an id.
    pub fn new(eligibility_days_max: u16, periods: Vec<Period>) -> Result<Self, RuleError> {
        if !(1..=ELIGIBILITY_DAYS_MAX_MAX).contains(&eligibility_days_max) {
            return Err(RuleError::EligibilityDays);
        }
        if periods.is_empty() || periods.len() > PERIODS_MAX {
            return Err(RuleError::PeriodCount);
        }
        for edge in [0, periods.len() - 1] {
            if matches!(periods[edge], Period::Gap(_)) {
                return Err(RuleError::GapAtEdge { period: edge });
            }
        }
        for (period, pair) in (1..).zip(periods.windows(2)) {
            let (until, from) = (pair[0].days().to(), pair[1].days().from());
            match until {
                Some(to) if to < from => {
                    let next = to.tomorrow().expect("a later day exists");
                    if next < from {
                        let to = from.yesterday().expect("an earlier day exists");
                        return Err(RuleError::Hole { period, from: next, to });
                    }
                }
                _ => return Err(RuleError::Overlap { period, from, until }),
            }
        }
        let mut tables: Vec<RuleTable> = Vec::with_capacity(periods.len());
        for (period, entry) in periods.into_iter().enumerate() {
            if let Period::Rules(table) = entry {
                if tables.iter().any(|t| t.id == table.id) {
                    return Err(RuleError::DuplicateId { period });
                }
                tables.push(table);
            }
        }
        Ok(RuleBook { eligibility_days_max, tables })
    }

    /// The table in force on a day; `None` before the first, after the last and in a stated gap.
    pub fn in_force(&self, date: Date) -> Option<&RuleTable> {
        self.tables.iter().find(|table| table.period.contains(date))
    }

    /// What becomes of a second meal on `date`; the default where no table is in force.
    pub fn second_meal_on(&self, date: Date) -> SecondMeal {
        self.in_force(date).map_or(SecondMeal::default(), |table| table.second_meal)
    }

    /// For how many days after its date eligibility data still makes an award firm.
    pub fn eligibility_days_max(&self) -> u16 {
        self.eligibility_days_max
    }
}

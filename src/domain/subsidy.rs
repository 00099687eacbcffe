//! What a meal is worth: elder + occasion + history + rule book → [`Ruling`].
//!
//! 1. One subsidised meal per elder and service date: a standing one makes every other an
//!    unsubsidised visit, and a void reopens the slot.
//! 2. Every ruling without money has exactly one reason. Where several hold, the one stated is the
//!    first of this order, because it is what a clerk has to settle first and what stays true
//!    whatever becomes of the later ones:
//!    a notice (death before moving away), eligibility, home care, rules in force, age, the slot.
//! 3. A ruling is total: it has an answer for any dates.
//!
//! Consent is not looked at: its withdrawal ends the face check, not the subsidy. Nor is a past
//! meal judged again here when a notice arrives late; that is [`super::rejudge`]'s business.

use super::calendar::{Date, Interval, MealWindow, age};
use super::codes::closed_list;
use super::elder::{Elder, NoticeWhy};
use super::money::Fen;
use super::rules::{RuleBook, SecondMeal};
use jiff::ToSpan as _;

/// A subsidy granted for one meal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// Id of the rule table, such as `lcetdz-2022`.
    pub rules: String,
    /// Code of the age band, such as `70-79` or `80+`.
    pub band: String,
    /// The city's share (市级).
    pub city: Fen,
    /// The district's share (区级).
    pub district: Fen,
}

impl Award {
    /// Both shares together.
    pub fn total(&self) -> Fen {
        Fen::of_shares(self.city, self.district)
    }
}

closed_list! {
    /// Why a meal earns no subsidy.
    NoAward {
        /// Younger than the lowest band.
        UnderAge = "under-age",
        /// Receives government-purchased home care (购买居家养老服务).
        HomeCare = "home-care",
        /// Not on the streets' list on that day.
        NotEligible = "not-eligible",
        /// Already had the day's subsidised meal.
        AlreadyToday = "already-today",
        /// No rule table is in force on that day.
        NoRules = "no-rules",
        /// A notice of death holds on that day.
        Deceased = "deceased",
        /// A notice of moving away holds on that day.
        Moved = "moved",
    }
}

/// What the ledger already says about an elder on a service date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// A subsidised meal stands (it was not voided).
    pub subsidised: bool,
    /// Meal windows in which a meal or visit stands.
    pub windows: Vec<MealWindow>,
}

/// The meal that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// Service date.
    pub date: Date,
    /// Which meal of the day.
    pub window: MealWindow,
    /// Day of the eligibility data that the answer rests on.
    pub eligibility_as_of: Date,
}

closed_list! {
    /// Whether an award may be settled as it stands.
    ///
    /// An untrusted clock makes an amount pending as well; the entry's stamp says that.
    Standing {
        /// It may.
        Firm = "firm",
        /// The eligibility data was stale; the amount waits for confirmation (待核).
        Pending = "pending",
    }
}

/// What to write about a recognised elder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// A subsidised meal.
    Meal {
        /// What it is worth.
        award: Award,
        /// Whether it may be settled as it stands.
        standing: Standing,
    },
    /// A meal without subsidy, which counts as 人次.
    Visit(NoAward),
    /// Nothing: a meal or visit of this elder already stands in this window, because loitering at
    /// the counter must not inflate 人次; or the day's subsidised meal stands, and the rules do not
    /// record another one.
    SameVisit,
}

/// Why no rules, whatever their rates, give `elder` a subsidy on `date`, if that is so.
pub fn excluded(elder: &Elder, date: Date) -> Option<NoAward> {
    let noticed = |why| elder.notices.iter().any(|n| n.why == why && n.from <= date);
    let covers = |days: &[Interval]| days.iter().any(|days| days.contains(date));
    if noticed(NoticeWhy::Deceased) {
        Some(NoAward::Deceased)
    } else if noticed(NoticeWhy::Moved) {
        Some(NoAward::Moved)
    } else if !covers(&elder.eligible) {
        Some(NoAward::NotEligible)
    } else if covers(&elder.home_care) {
        Some(NoAward::HomeCare)
    } else {
        None
    }
}

impl RuleBook {
    /// What the meal of `elder` is worth, given what already stands on that day.
    pub fn ruling(&self, elder: &Elder, occasion: Occasion, history: &History) -> Ruling {
        if history.windows.contains(&occasion.window) {
            return Ruling::SameVisit;
        }
        match self.entitlement(elder, occasion.date) {
            Err(reason) => Ruling::Visit(reason),
            Ok(_) if history.subsidised => match self.second_meal_on(occasion.date) {
                SecondMeal::Visit => Ruling::Visit(NoAward::AlreadyToday),
                SecondMeal::NotRecorded => Ruling::SameVisit,
            },
            Ok(award) => Ruling::Meal { award, standing: self.standing(occasion) },
        }
    }

    /// What a first meal on `date` is worth to `elder`, whatever they have had.
    ///
    /// # Errors
    /// The reason why it is worth nothing; never [`NoAward::AlreadyToday`].
    pub fn entitlement(&self, elder: &Elder, date: Date) -> Result<Award, NoAward> {
        if let Some(reason) = excluded(elder, date) {
            return Err(reason);
        }
        let table = self.in_force(date).ok_or(NoAward::NoRules)?;
        let years = age(elder.birth, date, table.age_rule(), table.leap_day());
        let band = table.band(years).ok_or(NoAward::UnderAge)?;
        Ok(Award {
            rules: table.id().to_owned(),
            band: band.code(),
            city: band.city(),
            district: band.district(),
        })
    }

    /// Whether eligibility data of the day `as_of` is too old on `date` to be relied on.
    pub fn stale(&self, as_of: Date, date: Date) -> bool {
        let age_days_max = i64::from(self.eligibility_days_max());
        as_of.saturating_add(age_days_max.days()) < date
    }

    fn standing(&self, occasion: Occasion) -> Standing {
        match self.stale(occasion.eligibility_as_of, occasion.date) {
            true => Standing::Pending,
            false => Standing::Firm,
        }
    }
}

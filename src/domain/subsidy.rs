//! What a meal is worth: elder + date + history + rule table → [`Award`] or [`NoAward`].

use super::money::Fen;

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

/// Why a meal earns no subsidy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoAward {
    /// Younger than the lowest band.
    UnderAge,
    /// Receives government-purchased home care (购买居家养老服务).
    HomeCare,
    /// Not on the streets' list on that day.
    NotEligible,
    /// Already had the day's subsidised meal.
    AlreadyToday,
    /// No rule table is in force on that day.
    NoRules,
}

impl NoAward {
    /// All reasons.
    pub const ALL: [NoAward; 5] =
        [Self::UnderAge, Self::HomeCare, Self::NotEligible, Self::AlreadyToday, Self::NoRules];

    /// The code used in the ledger.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnderAge => "under-age",
            Self::HomeCare => "home-care",
            Self::NotEligible => "not-eligible",
            Self::AlreadyToday => "already-today",
            Self::NoRules => "no-rules",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }
}

/// What the ledger already says about an elder on a service date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// A subsidised meal stands (it was not voided).
    pub subsidised: bool,
    /// Meal windows in which a meal or visit stands.
    pub windows: Vec<super::calendar::MealWindow>,
}

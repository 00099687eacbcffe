//! The yearly operating award (运营奖补): what a canteen earns by the number of diners it served.
//!
//! 1. Steps rise strictly, in the town, in the country and in money, so that serving more diners
//!    never earns less.
//!
//! It does not judge whether the canteen has run a full year and passed its assessment, which the
//! award also requires: the office decides both.

use super::money::Fen;
use thiserror::Error;

/// Largest share of the city or the district in one yearly award: one million yuan.
pub const AWARD_SHARE_FEN_MAX: u32 = 100_000_000;
/// Most steps of a scale.
pub const AWARD_STEPS_MAX: usize = 16;

/// Where a canteen stands (城区/农村); fewer diners are asked of one in the country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteKind {
    /// 城区
    Urban,
    /// 农村
    Rural,
}

/// One line of the award's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwardStep {
    /// Diners of a year (人次) that an urban canteen needs.
    pub urban_diners: u32,
    /// Diners of a year that a rural canteen needs.
    pub rural_diners: u32,
    /// The city's share of the award.
    pub city: Fen,
    /// The district's share of the award.
    pub district: Fen,
}

impl AwardStep {
    /// Diners of a year that a canteen of `kind` needs.
    pub fn diners(&self, kind: SiteKind) -> u32 {
        match kind {
            SiteKind::Urban => self.urban_diners,
            SiteKind::Rural => self.rural_diners,
        }
    }
}

/// Why steps are not a scale of awards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AwardError {
    /// More than [`AWARD_STEPS_MAX`] steps.
    #[error("at most {AWARD_STEPS_MAX} steps")]
    TooMany,
    /// A share above [`AWARD_SHARE_FEN_MAX`].
    #[error(
        "a share is more than {AWARD_SHARE_FEN_MAX} fen (1,000,000 yuan); amounts are in fen, \
         1 yuan = 100 fen"
    )]
    ShareTooLarge {
        /// The step, from 0.
        step: usize,
    },
    /// A step that asks for no more diners, or pays no more, than the one before it.
    #[error("each step asks for more diners than the one before it, and pays more")]
    NotRising {
        /// The step, from 0.
        step: usize,
    },
}

/// A district's scale of yearly awards; it may have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatingAwards(Vec<AwardStep>);

/// How far a canteen has come in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The highest step that is reached, counted from 1 (档), and what it pays.
    pub reached: Option<(usize, AwardStep)>,
    /// The step after it, and how many diners are missing; `None` at the top.
    pub next: Option<(AwardStep, u32)>,
}

impl OperatingAwards {
    /// A scale of steps in rising order.
    ///
    /// # Errors
    /// [`AwardError`] names the step that does not rise or pays an absurd amount.
    pub fn new(steps: Vec<AwardStep>) -> Result<Self, AwardError> {
        if steps.len() > AWARD_STEPS_MAX {
            return Err(AwardError::TooMany);
        }
        let mut below = (0, 0, 0);
        for (step, s) in steps.iter().enumerate() {
            if s.city.get().max(s.district.get()) > AWARD_SHARE_FEN_MAX {
                return Err(AwardError::ShareTooLarge { step });
            }
            let pays = s.city.get() + s.district.get();
            if s.urban_diners <= below.0 || s.rural_diners <= below.1 || pays <= below.2 {
                return Err(AwardError::NotRising { step });
            }
            below = (s.urban_diners, s.rural_diners, pays);
        }
        Ok(OperatingAwards(steps))
    }

    /// How far a canteen has come with `diners` served in a year.
    pub fn progress(&self, kind: SiteKind, diners: u32) -> Progress {
        let reached = self.0.iter().take_while(|s| s.diners(kind) <= diners).count();
        Progress {
            reached: reached.checked_sub(1).map(|i| (reached, self.0[i])),
            next: self.0.get(reached).map(|s| (*s, s.diners(kind) - diners)),
        }
    }
}

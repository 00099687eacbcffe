//! Past meals, judged again by what is known of their elder now (核减).
//!
//! A notice of death, a spell of home care or a corrected birth date often arrives after meals that
//! it takes the subsidy from; a notice given in error is withdrawn after meals were taken back.
//!
//! 1. Only the elder is judged again, never the price: a meal keeps the rules that it was written
//!    under. Where another table has that day by now, or none, the elder's age cannot be held against
//!    the price any more, and what was taken off stays off.
//! 2. An adjustment says what is taken off in all, and names the one that it replaces; where the
//!    answer is what the last one said already, there is none.
//! 3. It counts in the meal's own month, or where that is closed in the first open one.
//!
//! It never pays more than was written: a visit that should have been a meal, or a meal that should
//! have been dearer, is entered late by staff (补录) or left to the office.

use super::calendar::Date;
use super::entry::EntryNumber;
use super::entry::correction::Adjustment;
use super::money::Fen;
use super::month::Month;
use super::subsidy::{Award, NoAward};

/// What is known now of a meal: what it is worth, or why nothing.
pub type Judgement = Result<Award, NoAward>;

/// What an adjustment that counts takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The adjustment.
    pub by: EntryNumber,
    /// What it takes off the city's share.
    pub city: Fen,
    /// What it takes off the district's share.
    pub district: Fen,
}

/// A subsidised meal that stands and does not wait, as the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its entry.
    pub entry: EntryNumber,
    /// Its service date, confirmed where that was in doubt.
    pub date: Date,
    /// The city's share.
    pub city: Fen,
    /// The district's share.
    pub district: Fen,
    /// What is taken off it by now.
    pub taken: Option<Taken>,
}

impl Past {
    /// Whether the meal is plainly worth what it says, so that its entry need not be read.
    pub fn agrees(&self, now: &Judgement) -> bool {
        let same = |award: &Award| (award.city, award.district) == (self.city, self.district);
        self.taken.is_none() && now.as_ref().is_ok_and(same)
    }

    /// The adjustment that `now` asks for. `written` is what the meal's own entry says it is worth;
    /// `None` where a confirmation gave it another price. `open` is the first open month;
    /// `None` while every month is.
    pub fn adjustment(
        &self,
        now: &Judgement,
        written: Option<&Award>,
        open: Option<Month>,
    ) -> Option<Adjustment> {
        let (city, district, reason) = match (now, written) {
            (Err(NoAward::NoRules), _) => return None,
            (Err(reason), _) => (self.city, self.district, Some(*reason)),
            (Ok(award), Some(written)) if award.rules != written.rules => return None,
            (Ok(award), Some(written)) if award.band == written.band => {
                (Fen::ZERO, Fen::ZERO, None)
            }
            // Younger than was thought: what is left is the lower band's.
            (Ok(award), _) => {
                let city = less(self.city, award.city);
                let district = less(self.district, award.district);
                (city, district, Some(NoAward::UnderAge))
            }
        };
        let stands =
            self.taken.map_or((Fen::ZERO, Fen::ZERO), |taken| (taken.city, taken.district));
        if stands == (city, district) {
            return None;
        }
        let own = Month::of(self.date);
        Some(Adjustment {
            entry: self.entry,
            city,
            district,
            reason: reason.filter(|_| city > Fen::ZERO || district > Fen::ZERO),
            month: open.map_or(own, |open| open.max(own)),
            supersedes: self.taken.map(|taken| taken.by),
        })
    }
}

/// What of `written` is more than `worth`.
fn less(written: Fen, worth: Fen) -> Fen {
    Fen::new(written.get().saturating_sub(worth.get()))
}

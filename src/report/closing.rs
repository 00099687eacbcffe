//! What the settlements of closed months have counted, and what later ones make up for.
//!
//! 1. The settlement of a closed month is that of the entries up to its close, for ever.
//! 2. What later entries change about it is counted once, as a [`Correction`], in the first month
//!    that was open then; what an adjustment takes off, in the month that it names.
//! 3. So all settlements together pay what the ledger says now: nothing twice, and nothing never.
//! 4. A serving that a closed settlement has counted as 人次 is not counted as 人次 again, even where
//!    its true date turns out to be another month's; only money moves.

use super::book::{BandIndex, Dish, Serving, Unnamed};
use crate::domain::calendar::Date;
use crate::domain::entry::{EntryNumber, Method};
use crate::domain::month::Month;
use std::collections::{BTreeMap, HashSet};

/// Both shares of an amount, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// The city's.
    pub city: u64,
    /// The district's.
    pub district: u64,
}

impl Shares {
    /// Both together.
    pub fn sum(self) -> u64 {
        self.city + self.district
    }

    /// What of each share is more than in `other`.
    fn above(self, other: Shares) -> Shares {
        Shares {
            city: self.city.saturating_sub(other.city),
            district: self.district.saturating_sub(other.district),
        }
    }
}

/// What a verdict or an adjustment takes off a serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The entry that says so.
    pub by: EntryNumber,
    /// How much.
    pub shares: Shares,
    /// In which month's settlement.
    pub month: Month,
}

/// What a later settlement makes up for of a month that was settled without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The meal, visit or expiry.
    pub n: EntryNumber,
    /// The month in whose settlement it counts.
    pub month: Month,
    /// It counts as 人次 now and did not then.
    pub diner: bool,
    /// How the diner was recognised; none for a person unnamed.
    pub method: Option<Method>,
    /// The diner was entered late (补录).
    pub late: bool,
    /// It counts as 补贴人次 now and did not then: its band.
    pub subsidised: Option<BandIndex>,
    /// What is to be paid more than then.
    pub gained: Shares,
    /// What was paid too much then.
    pub lost: Shares,
}

/// What was counted of one serving.
#[derive(Clone, Copy, Default)]
struct Counted {
    /// The closed month that counts it as 人次 or 撤销; none while no settlement knows it.
    month: Option<Month>,
    subsidised: bool,
    worth: Shares,
    taken: Shares,
}

/// The settlements of all months, as far as they are fixed.
#[derive(Default)]
pub(super) struct Settled {
    closed: Option<Month>,
    /// One for each serving, in their order.
    counted: Vec<Counted>,
    unnamed: HashSet<EntryNumber>,
    corrections: Vec<Correction>,
    balance: BTreeMap<Month, i64>,
}

impl Settled {
    /// The first open month; none while every month is.
    pub fn open(&self) -> Option<Month> {
        self.closed.map(Month::next)
    }

    /// Takes note of a close, where nothing is to be counted.
    pub fn close(&mut self, month: Month) {
        self.closed = Some(month);
    }

    /// The month in which something of `date` counts that is learnt now, where that is not its own.
    pub fn lands(&self, date: Date) -> Option<Month> {
        self.open().filter(|open| Month::of(date) < *open)
    }

    /// Counts everything up to the close of `until` and gives the servings and people unnamed that
    /// are in a settlement of their own month by it; without `until`, everything else that there is.
    pub fn settle(
        &mut self,
        until: Option<Month>,
        rows: &[Serving],
        unnamed: &[Unnamed],
        taken: impl Fn(&Serving) -> Option<Taken>,
    ) -> (Vec<usize>, Vec<Unnamed>) {
        self.counted.resize(rows.len(), Counted::default());
        let reached = |month: Month| until.is_none_or(|until| month <= until);
        let mut own = Vec::new();
        for (place, serving) in rows.iter().enumerate() {
            let month = self.counted[place].month.unwrap_or(Month::of(serving.date));
            if !reached(month) {
                continue;
            }
            let taken = taken(serving).filter(|taken| reached(taken.month));
            if self.closed.is_none_or(|closed| closed < month) {
                own.push(place);
                self.count_own(place, month, serving, taken);
            } else {
                self.count_later(place, serving, taken);
            }
        }
        let of_own = unnamed.iter().filter(|u| reached(Month::of(u.date)));
        let of_own = of_own.filter(|u| self.count_unnamed(u)).copied().collect();
        self.closed = until.or(self.closed);
        (own, of_own)
    }

    /// Counts a serving in the settlement of its own month.
    fn count_own(&mut self, place: usize, month: Month, serving: &Serving, taken: Option<Taken>) {
        let worth = worth(serving);
        let here = taken.filter(|taken| taken.month <= month);
        let off = here.map_or_else(Shares::default, |taken| taken.shares);
        *self.balance.entry(month).or_default() += signed(worth.sum()) - signed(off.sum());
        let subsidised = serving.subsidised();
        self.counted[place] = Counted { month: Some(month), subsidised, worth, taken: off };
        if let Some(taken) = taken.filter(|taken| month < taken.month) {
            self.take_off(place, serving, taken.shares, taken.month);
        }
    }

    /// Counts what changed since the settlement of its month was closed.
    fn count_later(&mut self, place: usize, serving: &Serving, taken: Option<Taken>) {
        let Some(open) = self.open() else { return };
        let before = self.counted[place];
        let worth = worth(serving);
        let diner = before.month.is_none() && serving.stands();
        let band = match serving.dish {
            Dish::Meal { band, .. } if serving.subsidised() && !before.subsidised => Some(band),
            _ => None,
        };
        self.correct(Correction {
            n: serving.n,
            month: open,
            diner,
            method: Some(serving.method),
            late: serving.late,
            subsidised: band,
            gained: worth.above(before.worth),
            lost: before.worth.above(worth),
        });
        let counted = &mut self.counted[place];
        (counted.subsidised, counted.worth) = (serving.subsidised(), worth);
        counted.month = counted.month.or(Some(Month::of(serving.date)));
        let (off, month) =
            taken.map_or((Shares::default(), open), |t| (t.shares, t.month.max(open)));
        self.take_off(place, serving, off, month);
    }

    /// Counts in `month` that now `off` is taken off in all.
    fn take_off(&mut self, place: usize, serving: &Serving, off: Shares, month: Month) {
        let before = std::mem::replace(&mut self.counted[place].taken, off);
        self.correct(Correction {
            n: serving.n,
            month,
            diner: false,
            method: None,
            late: false,
            subsidised: None,
            gained: before.above(off),
            lost: off.above(before),
        });
    }

    /// True where the person counts in the settlement of their own month.
    fn count_unnamed(&mut self, unnamed: &Unnamed) -> bool {
        let new = self.unnamed.insert(unnamed.n);
        let Some(open) = self.open().filter(|open| Month::of(unnamed.date) < *open) else {
            return new;
        };
        if new {
            self.correct(Correction {
                n: unnamed.n,
                month: open,
                diner: true,
                method: None,
                late: false,
                subsidised: None,
                gained: Shares::default(),
                lost: Shares::default(),
            });
        }
        false
    }

    /// Keeps a correction that says anything.
    fn correct(&mut self, correction: Correction) {
        let Correction { month, diner, subsidised, gained, lost, .. } = correction;
        let (more, less) = (gained.sum(), lost.sum());
        if diner || subsidised.is_some() || more > 0 || less > 0 {
            *self.balance.entry(month).or_default() += signed(more) - signed(less);
            self.corrections.push(correction);
        }
    }

    /// All corrections, and what the settlement of each month comes to, in fen: below 0 where it
    /// takes back more than it pays.
    pub fn finish(self) -> (Vec<Correction>, BTreeMap<Month, i64>) {
        (self.corrections, self.balance)
    }
}

fn worth(serving: &Serving) -> Shares {
    let (city, district) = serving.shares();
    Shares { city, district }
}

/// A sum of money with a sign; whole ledgers stay far below 2^63 fen.
pub(super) fn signed(fen: u64) -> i64 {
    i64::try_from(fen).expect("no canteen is paid 92 million million yuan")
}

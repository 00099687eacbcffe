//! The pass over the entries that makes a [`Book`].
//!
//! A meal's row is settled only when the last entry has been read: confirmations may move a meal
//! of an untrusted clock into the period or out of it, and of verdicts and adjustments the last
//! one counts.

use super::book::{Book, Carried, Dish, ElderIndex, Elsewhere, Serving, State, Unnamed};
use super::period::Period;
use crate::domain::calendar::{Date, Time, local};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{Adjustment, Confirmation, Finding, Kept, Verdict};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method, Visit};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::Standing;
use crate::record::Hash;
use std::collections::HashMap;

/// Who vouched for the serving that the next entry records.
struct Voucher {
    n: EntryNumber,
    operator: OperatorId,
    late: bool,
}

/// A meal or visit as far as it has been read.
struct Row {
    serving: Serving,
    /// The dates of earlier rows do not matter; whether the amount waits does.
    pending: bool,
}

/// The pass at work.
pub(super) struct Pass {
    pub book: Book,
    rows: Vec<Row>,
    elder_index: HashMap<ElderId, ElderIndex>,
    voucher: Option<Voucher>,
    /// Service dates of reviews.
    reviews: HashMap<EntryNumber, Date>,
    /// The verdict that counts, by meal: its entry, and the other canteen's meal that is kept.
    rejected: HashMap<EntryNumber, (EntryNumber, Option<Kept>)>,
    /// The adjustment that counts, by meal: its entry.
    adjusted: HashMap<EntryNumber, (EntryNumber, Adjustment)>,
    /// Date and time of the last entry with a trusted clock.
    last: Option<(Date, Time)>,
}

impl Pass {
    pub fn new(device: String, period: Period) -> Self {
        let book = Book {
            period,
            servings: vec![],
            elders: vec![],
            bands: vec![],
            operators: vec![],
            carried: vec![],
            unnamed: vec![],
            elsewhere: vec![],
            served: None,
            began: period.from(),
            backwards: vec![],
            entries: 0,
            head: Hash::before_genesis(&device),
            device,
        };
        Pass {
            book,
            rows: vec![],
            elder_index: HashMap::new(),
            voucher: None,
            reviews: HashMap::new(),
            rejected: HashMap::new(),
            adjusted: HashMap::new(),
            last: None,
        }
    }

    pub fn take(&mut self, entry: &Entry) {
        let n = entry.n;
        let now = local(entry.stamp.at);
        if entry.stamp.clock == ClockTrust::Trusted {
            if self.last.is_some_and(|last| now < last) && self.book.period.contains(now.0) {
                self.book.backwards.push((now.0, n));
            }
            self.last = Some(now);
        }
        let mut vouch = |operator: &OperatorId, late| {
            self.voucher = Some(Voucher { n, operator: operator.clone(), late });
        };
        match &entry.event {
            Event::Genesis { .. } => self.book.began = now.0,
            Event::Choice(said) => vouch(&said.operator, false),
            Event::ByHand(said) => vouch(&said.operator, false),
            Event::Late(said) => vouch(&said.operator, true),
            Event::Meal(meal) => self.meal(entry, meal),
            Event::Visit(visit) => self.visit(entry, visit),
            Event::Review(review) => drop(self.reviews.insert(n, review.date)),
            Event::Expiry(said) => self.expire(n, said.review),
            Event::Void(said) => self.void(said.entry, n),
            Event::Confirmation(said) => self.confirm(said),
            Event::Verdict(said) => self.judge(n, said),
            Event::Adjustment(said) => drop(self.adjusted.insert(said.entry, (n, *said))),
            // None of these feeds anybody or changes what a meal was worth.
            Event::Sign(_)
            | Event::Clock(_)
            | Event::Key(_)
            | Event::Config(_)
            | Event::Satisfaction(_)
            | Event::Export(_)
            | Event::Gallery(_) => {}
        }
    }

    /// What the entries amount to, for the period.
    pub fn finish(mut self) -> Book {
        for Row { mut serving, pending } in std::mem::take(&mut self.rows) {
            let month = Month::of(serving.date);
            let adjusted = self.adjusted.remove(&serving.n).filter(|(_, a)| taken(a).get() > 0);
            let rejected = self.rejected.remove(&serving.n);
            let inside = self.book.period.contains(serving.date);
            if serving.stands() {
                let here = adjusted.filter(|(_, a)| a.month == month);
                serving.state = match (rejected, here) {
                    (Some((by, kept)), _) => {
                        let elsewhere = kept.map(|kept| Elsewhere { n: serving.n, kept });
                        self.book.elsewhere.extend(elsewhere.filter(|_| inside));
                        State::Reduced { by, fen: worth(&serving.dish) }
                    }
                    (None, Some((by, a))) => State::Reduced { by, fen: taken(&a) },
                    (None, None) if pending => State::Pending,
                    (None, None) => State::Valid,
                };
                let later = adjusted.filter(|(_, a)| a.month != month);
                let carried = later.map(|(by, a)| Carried { month: a.month, by, fen: taken(&a) });
                let of_period = |c: &Carried| {
                    self.book.period.months().any(|part| Month::of(part.from()) == c.month)
                };
                let carried = carried.filter(of_period);
                self.book.carried.extend(carried);
            }
            if inside {
                self.book.servings.push(serving);
            }
        }
        let period = self.book.period;
        self.book.unnamed.retain(|u| period.contains(u.date));
        self.book
    }

    fn meal(&mut self, entry: &Entry, meal: &Meal) {
        let bands = &mut self.book.bands;
        let band = bands.iter().position(|b| *b == meal.award.band).unwrap_or_else(|| {
            bands.push(meal.award.band.clone());
            bands.len() - 1
        });
        let band = u16::try_from(band).expect("a book of rules has few bands");
        let dish = Dish::Meal { band, city: meal.award.city, district: meal.award.district };
        let firm = meal.standing == Standing::Firm && entry.stamp.clock == ClockTrust::Trusted;
        self.serve(entry, &meal.elder, meal.date, meal.method, dish, !firm, meal.basis);
    }

    fn visit(&mut self, entry: &Entry, visit: &Visit) {
        // No amount waits for confirmation.
        let dish = Dish::Visit(visit.reason);
        self.serve(entry, &visit.elder, visit.date, visit.method, dish, false, visit.basis);
    }

    #[expect(clippy::too_many_arguments, reason = "what meals and visits have in common")]
    fn serve(
        &mut self,
        entry: &Entry,
        elder: &ElderId,
        date: Date,
        method: Method,
        dish: Dish,
        pending: bool,
        basis: Option<EntryNumber>,
    ) {
        let (first, last) = self.book.served.unwrap_or((date, date));
        self.book.served = Some((first.min(date), last.max(date)));
        let clock = entry.stamp.clock;
        let voucher = self.voucher.take().filter(|v| Some(v.n) == basis);
        // A later month may take back what an earlier one paid, so meals of other months are kept
        // while they are read; memory holds a row of a few bytes for each.
        let elder = self.place(elder);
        let late = voucher.as_ref().is_some_and(|v| v.late);
        let operator = voucher.map(|v| self.operator(v.operator));
        let time = local(entry.stamp.at).1;
        let (n, state) = (entry.n, State::Valid);
        let serving = Serving { n, elder, date, time, method, dish, state, clock, late, operator };
        self.rows.push(Row { serving, pending });
    }

    fn place(&mut self, elder: &ElderId) -> ElderIndex {
        let elders = &mut self.book.elders;
        *self.elder_index.entry(elder.clone()).or_insert_with(|| {
            elders.push(elder.clone());
            ElderIndex::try_from(elders.len() - 1).expect("a gallery is far smaller")
        })
    }

    fn operator(&mut self, operator: OperatorId) -> u16 {
        let operators = &mut self.book.operators;
        let at = operators.iter().position(|o| *o == operator).unwrap_or_else(|| {
            operators.push(operator);
            operators.len() - 1
        });
        u16::try_from(at).expect("a canteen has few operators")
    }

    fn expire(&mut self, n: EntryNumber, review: EntryNumber) {
        if let Some(date) = self.reviews.remove(&review) {
            self.book.unnamed.push(Unnamed { n, date });
        }
    }

    fn void(&mut self, undone: EntryNumber, by: EntryNumber) {
        self.book.unnamed.retain(|u| u.n != undone);
        if let Some(row) = self.row(undone) {
            row.serving.state = State::Voided(by);
        }
    }

    fn confirm(&mut self, said: &Confirmation) {
        let Some(Row { serving, pending }) = self.row(said.entry) else { return };
        (serving.date, *pending) = (said.date, false);
        serving.dish = match (said.reason, serving.dish) {
            (Some(reason), _) => Dish::Visit(reason),
            (None, Dish::Meal { band, .. }) => {
                Dish::Meal { band, city: said.city, district: said.district }
            }
            (None, visit @ Dish::Visit(_)) => visit,
        };
    }

    fn judge(&mut self, n: EntryNumber, said: &Verdict) {
        match &said.finding {
            Finding::Accepted => drop(self.rejected.remove(&said.entry)),
            Finding::Rejected { kept, .. } => {
                self.rejected.insert(said.entry, (n, kept.clone()));
            }
        }
    }

    fn row(&mut self, n: EntryNumber) -> Option<&mut Row> {
        let place = self.rows.binary_search_by_key(&n, |row| row.serving.n).ok()?;
        Some(&mut self.rows[place])
    }
}

/// What an adjustment takes back, of both shares together.
fn taken(adjustment: &Adjustment) -> Fen {
    adjustment.city.checked_add(adjustment.district).expect("shares of a meal fit")
}

/// Both shares of a meal; nothing for a visit.
fn worth(dish: &Dish) -> Fen {
    match dish {
        Dish::Meal { city, district, .. } => city.checked_add(*district).expect("shares fit"),
        Dish::Visit(_) => Fen::ZERO,
    }
}

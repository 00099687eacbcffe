//! The pass over the entries that makes a [`Book`].
//!
//! A meal's row is settled only when the last entry has been read: confirmations may move a meal
//! of an untrusted clock into the period or out of it, and of verdicts and adjustments the last
//! one counts. In this order:
//!
//! 1. What was undone counts nowhere.
//! 2. What waits (待核) is worth nothing yet, and nothing can be taken off it.
//! 3. A meal that the city rejected is worth nothing, in its own month; adjustments of it say no
//!    more.
//! 4. Of any other meal the last adjustment takes off what it says, in the month that it names.
//!
//! It believes the ledger: whether an entry may follow the ones before it is the store's business.

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

/// What meals and visits have in common.
struct Served<'a> {
    elder: &'a ElderId,
    date: Date,
    method: Method,
    dish: Dish,
    pending: bool,
    basis: Option<EntryNumber>,
}

/// The pass at work.
pub(super) struct Pass {
    pub book: Book,
    /// Servings of all months, in order of entry: a later entry may name any of them.
    rows: Vec<Serving>,
    elder_index: HashMap<ElderId, ElderIndex>,
    voucher: Option<Voucher>,
    /// Service dates of open reviews.
    reviews: HashMap<EntryNumber, Date>,
    /// The verdict that counts, by meal: its entry, and the other canteen's meal that is kept.
    rejected: HashMap<EntryNumber, (EntryNumber, Option<Kept>)>,
    /// The adjustment that counts, by meal, and its entry.
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
            Event::Choice(said) => {
                vouch(&said.operator, false);
                self.reviews.remove(&said.review);
            }
            Event::ByHand(said) => vouch(&said.operator, false),
            Event::Late(said) => vouch(&said.operator, true),
            Event::Meal(meal) => self.meal(entry, meal),
            Event::Visit(visit) => self.visit(entry, visit),
            Event::Review(review) => drop(self.reviews.insert(n, review.date)),
            Event::Expiry(said) => self.expire(n, said.review),
            Event::Void(said) => self.void(said.entry, n),
            Event::Confirmation(said) => self.confirm(n, said),
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
        let period = self.book.period;
        for mut serving in std::mem::take(&mut self.rows) {
            let date = serving.date;
            let (first, last) = self.book.served.unwrap_or((date, date));
            self.book.served = Some((first.min(date), last.max(date)));
            if serving.stands() {
                self.settle(&mut serving);
            }
            if period.contains(date) {
                self.book.servings.push(serving);
            }
        }
        self.book.unnamed.retain(|unnamed| period.contains(unnamed.date));
        self.book
    }

    /// Takes off a serving that stands what verdict or adjustment say.
    fn settle(&mut self, serving: &mut Serving) {
        let period = self.book.period;
        let rejected = self.rejected.remove(&serving.n);
        if let Some((_, Some(kept))) = &rejected
            && period.contains(serving.date)
        {
            self.book.elsewhere.push(Elsewhere { n: serving.n, kept: kept.clone() });
        }
        if !serving.subsidised() {
            return;
        }
        let own = Month::of(serving.date);
        let adjusted = self.adjusted.remove(&serving.n).filter(|(_, a)| taken(a) > Fen::ZERO);
        let (by, fen, month) = match (rejected, adjusted) {
            (Some((by, _)), _) => (by, serving.dish.worth(), own),
            (None, Some((by, adjustment))) => (by, taken(&adjustment), adjustment.month),
            (None, None) => return,
        };
        serving.state = State::Reduced { by, fen, month };
        if month != own && period.contains(month.first_day()) {
            self.book.carried.push(Carried { month, fen });
        }
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
        let Meal { elder, date, method, basis, .. } = meal;
        let (date, method, basis) = (*date, *method, *basis);
        self.serve(entry, Served { elder, date, method, dish, pending: !firm, basis });
    }

    fn visit(&mut self, entry: &Entry, visit: &Visit) {
        let Visit { elder, date, method, basis, .. } = visit;
        let (date, method, basis) = (*date, *method, *basis);
        // It has no amount that could wait.
        let (dish, pending) = (Dish::Visit(visit.reason), false);
        self.serve(entry, Served { elder, date, method, dish, pending, basis });
    }

    fn serve(&mut self, entry: &Entry, served: Served<'_>) {
        let voucher = self.voucher.take().filter(|v| Some(v.n) == served.basis);
        let serving = Serving {
            n: entry.n,
            elder: self.place(served.elder),
            date: served.date,
            time: local(entry.stamp.at).1,
            method: served.method,
            dish: served.dish,
            state: if served.pending { State::Pending } else { State::Valid },
            clock: entry.stamp.clock,
            late: voucher.as_ref().is_some_and(|v| v.late),
            confirmed: None,
            operator: voucher.map(|v| self.operator(v.operator)),
        };
        self.rows.push(serving);
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
        self.book.unnamed.retain(|unnamed| unnamed.n != undone);
        if let Some(serving) = self.row(undone) {
            serving.state = State::Voided(by);
        }
    }

    fn confirm(&mut self, n: EntryNumber, said: &Confirmation) {
        let Some(serving) = self.row(said.entry) else { return };
        serving.date = said.date;
        serving.state = State::Valid;
        serving.confirmed = Some(n);
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

    fn row(&mut self, n: EntryNumber) -> Option<&mut Serving> {
        let place = self.rows.binary_search_by_key(&n, |serving| serving.n).ok()?;
        Some(&mut self.rows[place])
    }
}

/// What an adjustment takes back, of both shares together.
fn taken(adjustment: &Adjustment) -> Fen {
    let Adjustment { city, district, .. } = adjustment;
    city.checked_add(*district).expect("the ledger's format bounds their sum")
}

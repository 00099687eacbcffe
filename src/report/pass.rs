//! The pass over the entries that makes a [`Book`].
//!
//! A meal's row is settled only when the last entry has been read: confirmations may move a meal
//! of an untrusted clock into the period or out of it, and of verdicts and adjustments the last
//! one counts. In this order:
//!
//! 1. What was undone counts nowhere.
//! 2. What waits (待核) is worth nothing yet, and nothing can be taken off it.
//! 3. A meal that the city rejected is worth nothing, in its own month, or where that was closed
//!    then in the first open one; adjustments of it say no more.
//! 4. Of any other meal the last adjustment takes off what it says, in the month that it names.
//!
//! What a month's close leaves behind is [`super::closing`]'s business.
//!
//! It believes the ledger: whether an entry may follow the ones before it is the store's business.

use super::book::{Book, Dish, ElderIndex, Elsewhere, Serving, State, Unnamed, View};
use super::closing::{Settled, Shares, Taken};
use super::period::Period;
use crate::domain::calendar::{Date, Time, local};
use crate::domain::choosing;
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{Adjustment, Confirmation, Finding, Kept, Verdict};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method, Visit};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::Standing;
use crate::record::Hash;
use std::collections::{BTreeMap, HashMap};

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

/// A verdict by which a meal is not paid.
struct Rejected {
    by: EntryNumber,
    /// The other meal that is.
    kept: Option<Kept>,
    /// The first month that was open then.
    open: Option<Month>,
}

/// The pass at work.
pub(super) struct Pass {
    pub book: Book,
    view: View,
    settled: Settled,
    /// Servings of all months, in order of entry: a later entry may name any of them.
    rows: Vec<Serving>,
    /// Reviews that expired, of all months.
    unnamed: Vec<Unnamed>,
    elder_index: HashMap<ElderId, ElderIndex>,
    voucher: Option<Voucher>,
    reviews: choosing::Open,
    /// The verdict that counts, by meal.
    rejected: HashMap<EntryNumber, Rejected>,
    /// The adjustment that counts, by meal, and its entry.
    adjusted: HashMap<EntryNumber, (EntryNumber, Adjustment)>,
    /// Date and time of the last entry with a trusted clock.
    last: Option<(Date, Time)>,
}

impl Pass {
    pub fn new(device: String, period: Period, view: View) -> Self {
        let book = Book {
            period,
            servings: vec![],
            elders: vec![],
            bands: vec![],
            operators: vec![],
            corrections: vec![],
            balance: BTreeMap::new(),
            closed: vec![],
            unnamed: vec![],
            chosen: vec![],
            epochs: vec![],
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
            view,
            settled: Settled::default(),
            rows: vec![],
            unnamed: vec![],
            elder_index: HashMap::new(),
            voucher: None,
            reviews: choosing::Open::default(),
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
                let chosen = self.reviews.take(entry);
                let period = self.book.period;
                self.book.chosen.extend(chosen.filter(|c| period.contains(c.review.date)));
            }
            Event::ByHand(said) => vouch(&said.operator, false),
            Event::Card(said) => vouch(&said.operator, false),
            Event::Late(said) => vouch(&said.operator, true),
            Event::Meal(meal) => self.meal(entry, meal),
            Event::Visit(visit) => self.visit(entry, visit),
            Event::Review(_) => drop(self.reviews.take(entry)),
            Event::Expiry(said) => self.expire(n, said.review),
            Event::Void(said) => self.void(said.entry, n),
            Event::Confirmation(said) => self.confirm(n, said),
            Event::Verdict(said) => self.judge(n, said),
            Event::Adjustment(said) => drop(self.adjusted.insert(said.entry, (n, *said))),
            Event::Close(said) => self.close(said.month),
            Event::Epoch(said) => {
                if self.book.period.contains(now.0) {
                    self.book.epochs.push((now.0, n, *said));
                }
            }
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
        let rows = std::mem::take(&mut self.rows);
        for row in &rows {
            let (first, last) = self.book.served.unwrap_or((row.date, row.date));
            self.book.served = Some((first.min(row.date), last.max(row.date)));
            self.tell_elsewhere(row);
        }
        let unnamed = std::mem::take(&mut self.unnamed);
        match self.view {
            View::Now => {
                rows.iter().for_each(|row| self.tell(row));
                self.book.unnamed = unnamed;
            }
            View::Settled => self.settle(None, &rows, &unnamed),
        }
        let period = self.book.period;
        self.book.unnamed.retain(|unnamed| period.contains(unnamed.date));
        let (mut corrections, balance) = self.settled.finish();
        corrections.retain(|correction| period.contains(correction.month.first_day()));
        Book { corrections, balance, ..self.book }
    }

    fn close(&mut self, month: Month) {
        match self.view {
            View::Now => self.settled.close(month),
            View::Settled => {
                let rows = std::mem::take(&mut self.rows);
                let unnamed = std::mem::take(&mut self.unnamed);
                self.settle(Some(month), &rows, &unnamed);
                (self.rows, self.unnamed) = (rows, unnamed);
            }
        }
    }

    /// Counts settlements up to a close, and tells what they hold.
    fn settle(&mut self, until: Option<Month>, rows: &[Serving], unnamed: &[Unnamed]) {
        let mut settled = std::mem::take(&mut self.settled);
        let (own, people) = settled.settle(until, rows, unnamed, |serving| self.taken(serving));
        self.settled = settled;
        own.into_iter().for_each(|place| self.tell(&rows[place]));
        self.book.unnamed.extend(people);
    }

    /// Puts a serving of the period into the book, as it stands.
    fn tell(&mut self, serving: &Serving) {
        if self.book.period.contains(serving.date) {
            let state = self.taken(serving).map(|taken| State::Reduced {
                by: taken.by,
                fen: Fen::new(u32::try_from(taken.shares.sum()).expect("a part of one meal")),
                month: taken.month,
            });
            let state = state.unwrap_or(serving.state);
            self.book.servings.push(Serving { state, ..*serving });
        }
    }

    fn tell_elsewhere(&mut self, serving: &Serving) {
        let kept = self.rejected.get(&serving.n).and_then(|rejected| rejected.kept.as_ref());
        let counts = serving.stands() && self.book.period.contains(serving.date);
        if let Some(kept) = kept.filter(|_| counts) {
            self.book.elsewhere.push(Elsewhere { n: serving.n, kept: kept.clone() });
        }
    }

    /// What verdict or adjustment take off a serving.
    fn taken(&self, serving: &Serving) -> Option<Taken> {
        if !serving.subsidised() {
            return None;
        }
        let own = Month::of(serving.date);
        let (city, district) = serving.shares();
        if let Some(rejected) = self.rejected.get(&serving.n) {
            let month = rejected.open.map_or(own, |open| open.max(own));
            return Some(Taken { by: rejected.by, shares: Shares { city, district }, month });
        }
        let (by, said) = self.adjusted.get(&serving.n)?;
        let shares = Shares { city: said.city.get().into(), district: said.district.get().into() };
        (shares.sum() > 0).then_some(Taken { by: *by, shares, month: said.month })
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
            lands: self.settled.lands(served.date),
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
        if let Some(review) = self.reviews.expire(review) {
            self.unnamed.push(Unnamed { n, date: review.date });
        }
    }

    fn void(&mut self, undone: EntryNumber, by: EntryNumber) {
        self.unnamed.retain(|unnamed| unnamed.n != undone);
        if let Some(serving) = self.row(undone) {
            serving.state = State::Voided(by);
        }
    }

    fn confirm(&mut self, n: EntryNumber, said: &Confirmation) {
        let (lands, open) = (self.settled.lands(said.date), self.settled.open());
        let Some(serving) = self.row(said.entry) else { return };
        let counted = open.filter(|open| Month::of(serving.date) < *open);
        serving.lands = lands.or(counted);
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

    fn judge(&mut self, by: EntryNumber, said: &Verdict) {
        let open = self.settled.open();
        match &said.finding {
            Finding::Accepted => drop(self.rejected.remove(&said.entry)),
            Finding::Rejected { kept, .. } => {
                let kept = kept.clone();
                self.rejected.insert(said.entry, Rejected { by, kept, open });
            }
        }
    }

    fn row(&mut self, n: EntryNumber) -> Option<&mut Serving> {
        let place = self.rows.binary_search_by_key(&n, |serving| serving.n).ok()?;
        Some(&mut self.rows[place])
    }
}

//! Today, as the ledger tells it: meals, taps, who did what how often, who waits.
//!
//! It reads every entry once, whoever wrote it, and holds nothing that the ledger does not say.
//! At midnight, or when the clock is set to another day, it begins anew.
//!
//! Its rows are what was written today. Its numbers count what is of today: a meal entered late
//! (补录), or one that a confirmation puts on another day, is in the list and not in them. What was
//! written under a clock that showed another day is in neither, whatever day it turns out to be of.

use crate::domain::calendar::{Date, MealWindow, Timestamp, local};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{
    ByHand, CardRead, Choice, Confirmation, Expiry, Late, Void,
};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Method, Review};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{NoAward, Standing};
use crate::kiosk::canteen::Numbers;
use crate::kiosk::say::RowState;
use crate::store::{LIST_ROWS_MAX, LedgerError, Listing, Reader};
use std::collections::{BTreeMap, HashMap};

/// A meal or visit that was written today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) entry: EntryNumber,
    pub(super) at: Timestamp,
    /// Its service date, as far as is known.
    date: Date,
    /// None for a review that nobody settled in time.
    pub(super) elder: Option<ElderId>,
    pub(super) window: MealWindow,
    pub(super) method: Option<Method>,
    pub(super) amount: Fen,
    /// Age band of a subsidised meal.
    band: Option<String>,
    pub(super) reason: Option<NoAward>,
    pub(super) operator: Option<OperatorId>,
    pub(super) state: RowState,
}

/// How often an operator did what is capped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) by_hand: u32,
    pub(super) void: u32,
    pub(super) late: u32,
}

/// A review that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) number: EntryNumber,
    pub(super) at: Timestamp,
    pub(super) said: Review,
}

/// Today.
#[derive(Debug)]
pub(super) struct Day {
    date: Date,
    /// The last entry that was read.
    read: EntryNumber,
    rows: Vec<Row>,
    satisfaction: [u32; 3],
    /// When the taps came; as many as [`crate::domain::satisfaction`] lets be noted.
    taps: Vec<Timestamp>,
    spent: HashMap<OperatorId, Spent>,
    /// Cards that were read, by whomever.
    cards: u32,
    /// Today's reviews, settled or not.
    reviews: HashMap<EntryNumber, Review>,
    /// Who vouched in the entry just before.
    vouched: Option<OperatorId>,
    waiting: Vec<Waiting>,
}

impl Day {
    /// A day of which nothing was read yet.
    pub(super) fn new(date: Date) -> Self {
        Day {
            date,
            read: 0,
            rows: vec![],
            satisfaction: [0; 3],
            taps: vec![],
            spent: HashMap::new(),
            cards: 0,
            reviews: HashMap::new(),
            vouched: None,
            waiting: vec![],
        }
    }

    /// Reads what was written since the last time; `today` is the service date now.
    ///
    /// # Errors
    /// [`LedgerError`] where an entry cannot be read; the next call goes on from there.
    pub(super) fn catch_up(&mut self, reader: &Reader, today: Date) -> Result<(), LedgerError> {
        if self.date != today {
            // From the first entry on: a clock that was wrong may have shown this day before.
            *self = Day::new(today);
        }
        let (end, _) = reader.progress()?;
        loop {
            let listing = Listing { after: self.read, from: Some(today), to: None };
            let entries = reader.list(listing, LIST_ROWS_MAX)?;
            let last = entries.len() < LIST_ROWS_MAX;
            for recorded in entries {
                self.take(recorded.entry);
            }
            if last {
                break;
            }
        }
        // Years of earlier days are looked through once, and not again at every write.
        self.read = self.read.max(end);
        let waiting = |entry: Entry| match entry.event {
            Event::Review(said) => Some(Waiting { number: entry.n, at: entry.stamp.at, said }),
            _ => None,
        };
        self.waiting = reader.open_reviews()?.into_iter().filter_map(waiting).collect();
        Ok(())
    }

    /// The service date.
    pub(super) fn date(&self) -> Date {
        self.date
    }

    /// Reviews that wait, oldest first.
    pub(super) fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Meals and visits, oldest first.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How often `operator` did what is capped.
    pub(super) fn spent(&self, operator: &OperatorId) -> Spent {
        self.spent.get(operator).copied().unwrap_or_default()
    }

    /// How many cards were read.
    pub(super) fn cards(&self) -> u32 {
        self.cards
    }

    /// How many taps came at times that are `wanted`, and how many diners.
    pub(super) fn taps_and_diners(&self, wanted: impl Fn(Timestamp) -> bool) -> (usize, usize) {
        let taps = self.taps.iter().filter(|at| wanted(**at)).count();
        let standing = self.rows.iter().filter(|row| row.state != RowState::Void);
        (taps, standing.filter(|row| wanted(row.at)).count())
    }

    /// Today in numbers, as the settlement counts: a meal that waits (待核) is no subsidised one yet.
    pub(super) fn numbers(&self) -> Numbers {
        let of_today = |row: &&Row| row.date == self.date && row.state != RowState::Void;
        let standing = || self.rows.iter().filter(of_today);
        let mut bands = BTreeMap::new();
        let settled = standing().filter(|row| row.state == RowState::Stands);
        for band in settled.filter_map(|row| row.band.as_ref()) {
            *bands.entry(band.clone()).or_insert(0) += 1;
        }
        Numbers {
            diners: u32::try_from(standing().count()).unwrap_or(u32::MAX),
            bands: bands.into_iter().collect(),
            satisfaction: self.satisfaction,
        }
    }

    fn take(&mut self, entry: Entry) {
        self.read = entry.n;
        if local(entry.stamp.at).0 != self.date {
            return;
        }
        let vouched = self.vouched.take();
        match &entry.event {
            Event::Review(said) => {
                self.reviews.insert(entry.n, said.clone());
            }
            Event::Choice(said) => {
                if self.beside_the_candidates(said) {
                    self.of(&said.operator).by_hand += 1;
                }
                self.vouched = Some(said.operator.clone());
            }
            Event::ByHand(ByHand { operator, .. }) => {
                self.of(operator).by_hand += 1;
                self.vouched = Some(operator.clone());
            }
            Event::Card(CardRead { operator }) => {
                self.cards += 1;
                self.vouched = Some(operator.clone());
            }
            Event::Late(Late { operator, .. }) => {
                self.of(operator).late += 1;
                self.vouched = Some(operator.clone());
            }
            Event::Void(Void { entry, operator, .. }) => {
                self.of(operator).void += 1;
                if let Some(row) = self.row(*entry) {
                    row.state = RowState::Void;
                }
            }
            Event::Confirmation(said) => self.confirm(said),
            Event::Satisfaction(value) => {
                let place = Satisfaction::ALL.iter().position(|known| known == value);
                self.satisfaction[place.expect("the list is of all values")] += 1;
                self.taps.push(entry.stamp.at);
            }
            _ => self.rows.extend(row(&entry, vouched, &self.reviews)),
        }
    }

    /// Whether somebody was chosen whom the camera did not name.
    fn beside_the_candidates(&self, said: &Choice) -> bool {
        let candidates = self.reviews.get(&said.review).map_or(&[][..], |r| &r.candidates);
        said.elder.as_ref().is_some_and(|elder| !candidates.contains(elder))
    }

    fn of(&mut self, operator: &OperatorId) -> &mut Spent {
        self.spent.entry(operator.clone()).or_default()
    }

    fn confirm(&mut self, said: &Confirmation) {
        let Some(row) = self.row(said.entry) else { return };
        row.state = RowState::Stands;
        row.date = said.date;
        row.amount = said.total();
        row.reason = said.reason.or(row.reason);
        if said.reason.is_some() {
            row.band = None;
        }
    }

    fn row(&mut self, entry: EntryNumber) -> Option<&mut Row> {
        self.rows.iter_mut().rev().find(|row| row.entry == entry)
    }
}

/// The row that an entry makes, if it is a meal, a visit or an expiry.
fn row(
    entry: &Entry,
    operator: Option<OperatorId>,
    reviews: &HashMap<EntryNumber, Review>,
) -> Option<Row> {
    let pending = entry.stamp.clock == ClockTrust::Untrusted;
    let blank = |date, window| Row {
        entry: entry.n,
        at: entry.stamp.at,
        date,
        elder: None,
        window,
        method: None,
        amount: Fen::ZERO,
        band: None,
        reason: None,
        operator: None,
        state: if pending { RowState::Pending } else { RowState::Stands },
    };
    match &entry.event {
        Event::Meal(meal) => Some(Row {
            elder: Some(meal.elder.clone()),
            method: Some(meal.method),
            amount: meal.award.total(),
            band: Some(meal.award.band.clone()),
            operator: operator.filter(|_| meal.basis.is_some()),
            state: match meal.standing {
                Standing::Pending => RowState::Pending,
                Standing::Firm => blank(meal.date, meal.window).state,
            },
            ..blank(meal.date, meal.window)
        }),
        Event::Visit(visit) => Some(Row {
            elder: Some(visit.elder.clone()),
            method: Some(visit.method),
            reason: Some(visit.reason),
            operator: operator.filter(|_| visit.basis.is_some()),
            ..blank(visit.date, visit.window)
        }),
        // The meal of a review of another day is not known here; it is shown as the day's first.
        Event::Expiry(Expiry { review }) => {
            let unknown = (local(entry.stamp.at).0, MealWindow::Breakfast);
            let (date, window) = reviews.get(review).map_or(unknown, |r| (r.date, r.window));
            Some(blank(date, window))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;

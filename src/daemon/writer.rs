//! Settled visits in, ledger entries out; then, and only then, something to show.

use super::checkin::Outcome;
use crate::domain::calendar::{Date, MealHours, MealWindow, NextMeal, local};
use crate::domain::decision::Doubt;
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::{ClockTrust, EntryNumber, Event, Meal, Method, Review, Stamp, Visit};
use crate::domain::rules::RuleBook;
use crate::domain::subsidy::{Award, NoAward, Occasion, Ruling};
use crate::store::{LedgerError, Store};
use std::collections::HashMap;

/// What the page shows about a settled visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A subsidised meal is in the ledger.
    Served {
        /// Its entry.
        entry: EntryNumber,
        /// Form of address.
        address: String,
        /// What it is worth.
        award: Award,
    },
    /// A meal without subsidy is in the ledger.
    Welcome {
        /// Its entry.
        entry: EntryNumber,
        /// Form of address.
        address: String,
        /// Why there is no subsidy.
        reason: NoAward,
    },
    /// Nothing was recorded: this visit is in the ledger already.
    Again {
        /// Form of address, where the camera knows who it is.
        address: Option<String>,
    },
    /// A person waits for staff; that is in the ledger.
    AskStaff {
        /// The review's entry.
        entry: EntryNumber,
        /// Why the camera did not decide.
        doubts: Vec<Doubt>,
        /// How many elders may be meant.
        candidates: usize,
    },
    /// No meal is served now.
    Closed(NextMeal),
}

impl Shown {
    /// What an elder with this form of address sees when `entry` stands.
    pub(super) fn registered(entry: EntryNumber, address: String, ruling: Ruling) -> Self {
        match ruling {
            Ruling::Meal { award, .. } => Shown::Served { entry, address, award },
            Ruling::Visit(reason) => Shown::Welcome { entry, address, reason },
            Ruling::SameVisit => Shown::Again { address: Some(address) },
        }
    }
}

/// An elder, and what their meal is worth.
pub(super) struct Judged<'a> {
    /// Who.
    pub(super) elder: &'a Elder,
    /// Which meal.
    pub(super) occasion: Occasion,
    /// What it is worth.
    pub(super) ruling: Ruling,
}

impl Judged<'_> {
    /// The entry that comes of it; none where the elder's meal or visit stands already. `basis` is
    /// the entry in which staff vouch for it.
    pub(super) fn event(&self, method: Method, basis: Option<EntryNumber>) -> Option<Event> {
        let Occasion { date, window, eligibility_as_of } = self.occasion;
        let elder = self.elder.id.clone();
        match &self.ruling {
            Ruling::Meal { award, standing } => Some(Event::Meal(Meal {
                elder,
                date,
                window,
                method,
                award: award.clone(),
                standing: *standing,
                eligibility_as_of,
                basis,
            })),
            Ruling::Visit(reason) => {
                let reason = *reason;
                Some(Event::Visit(Visit { elder, date, window, method, reason, basis }))
            }
            Ruling::SameVisit => None,
        }
    }
}

/// The one who judges visits and records them.
pub struct Writer {
    store: Store,
    elders: HashMap<ElderId, Elder>,
    as_of: Date,
    rules: RuleBook,
    hours: MealHours,
}

impl Writer {
    /// A writer over `store`, with the elders of its gallery and their eligibility `as_of` a date.
    pub fn new(
        store: Store,
        elders: impl IntoIterator<Item = Elder>,
        as_of: Date,
        rules: RuleBook,
        hours: MealHours,
    ) -> Self {
        let elders = elders.into_iter().map(|e| (e.id.clone(), e)).collect();
        Writer { store, elders, as_of, rules, hours }
    }

    /// The meal that is being served, or the next one.
    ///
    /// # Errors
    /// The next meal, where the canteen is closed.
    pub fn serving(&self, stamp: Stamp) -> Result<MealWindow, NextMeal> {
        self.hours.serving(local(stamp.at).1, stamp.clock == ClockTrust::Trusted)
    }

    /// Records a settled visit and says what to show. What is shown has been committed.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was recorded.
    pub fn settle(&mut self, stamp: Stamp, outcome: &Outcome) -> Result<Shown, LedgerError> {
        let date = local(stamp.at).0;
        let window = match self.serving(stamp) {
            Ok(window) => window,
            Err(next) => return Ok(Shown::Closed(next)),
        };
        match outcome {
            Outcome::Accepted(id) => self.elder(stamp, date, window, id),
            Outcome::Staff { candidates, doubts } => {
                self.review(stamp, date, window, candidates.clone(), doubts.clone())
            }
            Outcome::Again(id) => Ok(Shown::Again {
                address: id.as_ref().and_then(|id| self.elders.get(id)).map(Elder::address),
            }),
        }
    }

    /// The store, for what is no visit.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// The rules that meals are judged by.
    pub fn rules(&self) -> &RuleBook {
        &self.rules
    }

    /// How many elders are on the roster.
    pub fn elders(&self) -> usize {
        self.elders.len()
    }

    /// Serves the elders of a new gallery from now on, whose eligibility is of the day `as_of`;
    /// without one, that day stays.
    pub fn replace_roster(&mut self, elders: Vec<Elder>, as_of: Option<Date>) {
        self.elders = elders.into_iter().map(|e| (e.id.clone(), e)).collect();
        self.as_of = as_of.unwrap_or(self.as_of);
    }

    /// Accepts the face of `id` no more.
    pub fn withdraw(&mut self, id: &str) {
        if let Some(elder) = ElderId::new(id).ok().and_then(|id| self.elders.get_mut(&id)) {
            elder.consent.store_face = false;
        }
    }

    /// Rules by another book from now on.
    pub fn replace_rules(&mut self, rules: RuleBook) {
        self.rules = rules;
    }

    /// Whether nobody is enrolled, and whether the eligibility data is older on `date` than the
    /// rules allow.
    pub fn roster_state(&self, date: Date) -> (bool, bool) {
        (self.elders.is_empty(), self.rules.stale(self.as_of, date))
    }

    /// Whether any elder has agreed that their face is kept.
    pub fn faces_agreed(&self) -> bool {
        self.elders.values().any(|elder| elder.consent.store_face)
    }

    /// The name of `id`; none of nobody on the roster.
    pub(super) fn name(&self, id: &ElderId) -> Option<&str> {
        self.elders.get(id).map(|elder| elder.name.as_str())
    }

    /// What a meal of `id` is worth, given what stands; `None` for nobody on the roster.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub(super) fn judge(
        &self,
        id: &ElderId,
        date: Date,
        window: MealWindow,
    ) -> Result<Option<Judged<'_>>, LedgerError> {
        let Some(elder) = self.elders.get(id) else { return Ok(None) };
        let history = self.store.history(id, date)?;
        let occasion = Occasion { date, window, eligibility_as_of: self.as_of };
        let ruling = self.rules.ruling(elder, occasion, &history);
        Ok(Some(Judged { elder, occasion, ruling }))
    }

    fn review(
        &mut self,
        stamp: Stamp,
        date: Date,
        window: MealWindow,
        candidates: Vec<ElderId>,
        doubts: Vec<Doubt>,
    ) -> Result<Shown, LedgerError> {
        let known = candidates.len();
        let review = Review { date, window, reasons: doubts.clone(), candidates };
        let entry = self.store.append(stamp, &Event::Review(review))?.n;
        Ok(Shown::AskStaff { entry, doubts, candidates: known })
    }

    fn elder(
        &mut self,
        stamp: Stamp,
        date: Date,
        window: MealWindow,
        id: &ElderId,
    ) -> Result<Shown, LedgerError> {
        let judged = self.judge(id, date, window)?.filter(|j| j.elder.consent.store_face);
        // Left the roster, or took consent back, since this face was loaded.
        let Some(judged) = judged else {
            return self.review(stamp, date, window, vec![], vec![Doubt::NoMatch]);
        };
        let (event, address, ruling) =
            (judged.event(Method::Face, None), judged.elder.address(), judged.ruling);
        match event {
            Some(event) => {
                let entry = self.store.append(stamp, &event)?.n;
                Ok(Shown::registered(entry, address, ruling))
            }
            None => Ok(Shown::Again { address: Some(address) }),
        }
    }
}

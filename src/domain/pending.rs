//! What waits (待核), and how it is settled once the time is known and the eligibility data fresh.
//!
//! 1. The true day of an entry under an untrusted clock lies between the last time that was
//!    believed before it and the one at which belief came back. Within these bounds the clock's
//!    own error, where the ledger tells it, says which day.
//! 2. A meal is worth what the elder was entitled to on its true day. Where that day's slot is taken
//!    it is a visit, because the elder has had a meal already.
//! 3. A meal whose eligibility data is still stale on its true day goes on waiting.
//! 4. A visit stays a visit; nothing is ever paid by a confirmation that was not written as a meal.

use super::calendar::{Date, Timestamp, service_date};
use super::elder::{Elder, ElderId};
use super::entry::correction::Confirmation;
use super::entry::{ClockTrust, EntryNumber};
use super::money::Fen;
use super::rules::RuleBook;
use super::subsidy::NoAward;
use jiff::SignedDuration;

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its entry.
    pub entry: EntryNumber,
    /// What the clock said.
    pub at: Timestamp,
    /// Whether that was believed; then the eligibility data was stale.
    pub clock: ClockTrust,
    /// Who.
    pub elder: ElderId,
    /// The service date that it was written for.
    pub date: Date,
    /// What was written.
    pub what: Written,
}

/// A meal or a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A meal.
    Meal {
        /// The city's share.
        city: Fen,
        /// The district's share.
        district: Fen,
        /// The rule table.
        rules: String,
    },
    /// A visit without subsidy.
    Visit(NoAward),
}

/// What the ledger knows of the time of a stretch of entries whose clock was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The last time believed before it; none where no time ever was.
    pub after: Option<Timestamp>,
    /// The first time believed after it.
    pub before: Timestamp,
    /// What must be added to the clock of these entries to have the true time, in milliseconds;
    /// none where the machine was off in between, so that nothing ties the two clocks together.
    pub correction_ms: Option<i64>,
}

impl Waiting {
    /// The day that it was written for, once the time of its stretch is known: as far from the true
    /// day as it was from the day that the clock showed. A meal of an earlier day (补录) stays one.
    pub fn true_date(&self, stretch: &Stretch) -> Date {
        let shown = service_date(self.at);
        let day = stretch.true_date(self.at);
        day.checked_add(self.date - shown).unwrap_or(day)
    }
}

impl Stretch {
    /// The day on which the clock said `at`.
    pub fn true_date(&self, at: Timestamp) -> Date {
        let correction = SignedDuration::from_millis(self.correction_ms.unwrap_or(0));
        let likely = at.checked_add(correction).unwrap_or(at);
        let earliest = self.after.unwrap_or(Timestamp::MIN).min(self.before);
        service_date(likely.clamp(earliest, self.before))
    }
}

impl RuleBook {
    /// Settles what waits, whose true day is `date`. `as_of` is the day of the eligibility data;
    /// `taken` says that another meal has the slot of that day. `None` where it must wait on.
    pub fn confirm(
        &self,
        elder: &Elder,
        waiting: &Waiting,
        date: Date,
        as_of: Date,
        taken: bool,
    ) -> Option<Confirmation> {
        let now = self.entitlement(elder, date);
        let (city, district, reason) = match &waiting.what {
            Written::Visit(own) => (Fen::ZERO, Fen::ZERO, Some(now.err().unwrap_or(*own))),
            Written::Meal { .. } if self.stale(as_of, date) => return None,
            Written::Meal { city, district, rules } => {
                let kept = (*city, *district, None);
                match now {
                    Ok(_) | Err(NoAward::NoRules) if taken => {
                        (Fen::ZERO, Fen::ZERO, Some(NoAward::AlreadyToday))
                    }
                    // On its own day a meal keeps the price it was written with.
                    Err(NoAward::NoRules) if date == waiting.date => kept,
                    Err(reason) => (Fen::ZERO, Fen::ZERO, Some(reason)),
                    Ok(award) if date == waiting.date && award.rules != *rules => kept,
                    Ok(award) => (award.city, award.district, None),
                }
            }
        };
        Some(Confirmation { entry: waiting.entry, date, city, district, reason })
    }
}

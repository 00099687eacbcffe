//! What staff have recorded: entry by which they vouch and meal in one transaction.
//!
//! 1. A tap whose key wrote entries before writes none, and is told what it wrote then.
//! 2. The amount is never staff's to say: the same rules judge the meal as the camera's.

use super::super::desk::At;
use super::super::writer::Shown;
use crate::domain::calendar::{Date, MealWindow, local};
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::correction::{ByHand, CardRead, Choice, HandReason, Late};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Method};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{NoAward, Ruling};
use crate::kiosk::act::{Done, Refusal};
use crate::kiosk::canteen::{Outcome, Refused};
use crate::store::{Contradiction, LedgerError, Unvoidable};
use std::iter;
use tracing::error;

/// How staff came to know the elder.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// They settled a review of today, for this meal.
    Choice(EntryNumber, Date, MealWindow),
    /// They know the elder.
    ByHand(HandReason),
    /// By a card.
    Card,
    /// The meal is of an earlier day.
    Late(Late, MealWindow),
}

/// A meal that staff register, by the tap `key` of `operator`.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) key: String,
    pub(super) operator: OperatorId,
    pub(super) elder: ElderId,
    pub(super) how: How,
}

/// What was recorded, and what the elder sees of it.
pub(super) struct Registered {
    pub(super) outcome: Outcome,
    pub(super) shown: Shown,
}

/// What the tap with `key` did, where it has been there before.
///
/// # Errors
/// [`Refused`] where the ledger cannot be read.
pub(super) fn before(at: &mut At<'_>, key: &str) -> Result<Option<Outcome>, Refused> {
    let Some(Entry { n, event, .. }) = at.store().tapped(key).map_err(refused)? else {
        return Ok(None);
    };
    let mut outcome = Outcome::from(match event {
        Event::Meal(_) => Done::Served,
        Event::Visit(_) => Done::Visit,
        Event::Choice(Choice { elder: None, .. }) => Done::Nobody,
        Event::Void(_) => Done::Voided,
        Event::Satisfaction(_) => Done::Thanks,
        _ => Done::SameVisit,
    });
    outcome.entry = Some(n);
    let elder = match event {
        Event::Meal(meal) => {
            outcome.amount = meal.award.total();
            Some(meal.elder)
        }
        Event::Visit(visit) => {
            outcome.reason = Some(visit.reason);
            Some(visit.elder)
        }
        _ => None,
    };
    let name = elder.as_ref().and_then(|elder| at.writer().name(elder));
    outcome.name = name.unwrap_or_default().to_owned();
    Ok(Some(outcome))
}

/// Records `event` once for the tap `key`.
///
/// # Errors
/// [`Refused`]: nothing was recorded.
pub(super) fn record(
    at: &mut At<'_>,
    key: &str,
    event: &Event,
    done: Done,
) -> Result<Outcome, Refused> {
    let stamp = at.stamp().map_err(refused)?;
    let tapped =
        at.store().append_once(stamp, key, std::slice::from_ref(event)).map_err(refused)?;
    Ok(Outcome { entry: Some(tapped.entry()), ..done.into() })
}

/// Registers a meal.
///
/// # Errors
/// [`Refused`]: nothing was recorded.
pub(super) fn register(at: &mut At<'_>, order: &Order) -> Result<Registered, Refused> {
    let stamp = at.stamp().map_err(refused)?;
    let today = local(stamp.at).0;
    let now = |at: &mut At<'_>| at.writer().serving(stamp).map_err(|_| Refusal::Closed);
    let (date, window, vouched, method) = match &order.how {
        How::Choice(review, date, window) => {
            let (elder, operator) = (Some(order.elder.clone()), order.operator.clone());
            let choice = Choice { review: *review, elder, operator };
            (*date, *window, Event::Choice(choice), Method::Staff)
        }
        How::ByHand(reason) => {
            let by_hand = ByHand { reason: *reason, operator: order.operator.clone() };
            (today, now(at)?, Event::ByHand(by_hand), Method::Staff)
        }
        How::Card => {
            let read = CardRead { operator: order.operator.clone() };
            (today, now(at)?, Event::Card(read), Method::Card)
        }
        // Which day is three days ago is not known while the clock is in doubt.
        How::Late(..) if stamp.clock == ClockTrust::Untrusted => {
            return Err(Refusal::LateClock.into());
        }
        How::Late(late, window) => (late.date, *window, Event::Late(late.clone()), Method::Staff),
    };
    let basis = Some(at.store().last_entry().map_err(refused)? + 1);
    let judged = at.writer().judge(&order.elder, date, window).map_err(refused)?;
    let judged = judged.ok_or(Refusal::UnknownElder)?;
    let mut outcome = told(judged.elder, &judged.ruling);
    let event = judged.event(method, basis);
    // The review is settled by the meal that stands already; nothing else may be vouched for.
    if event.is_none() && !matches!(order.how, How::Choice(..)) {
        return Err(Refusal::AlreadyThere.into());
    }
    let (address, ruling) = (judged.elder.address(), judged.ruling);
    let events: Vec<Event> = iter::once(vouched).chain(event).collect();
    let tapped = at.store().append_once(stamp, &order.key, &events).map_err(refused)?;
    let entry = tapped.entry();
    outcome.entry = Some(entry);
    Ok(Registered { outcome, shown: Shown::registered(entry, address, ruling) })
}

fn told(elder: &Elder, ruling: &Ruling) -> Outcome {
    let (done, amount, reason): (Done, Fen, Option<NoAward>) = match ruling {
        Ruling::Meal { award, .. } => (Done::Served, award.total(), None),
        Ruling::Visit(reason) => (Done::Visit, Fen::ZERO, Some(*reason)),
        Ruling::SameVisit => (Done::SameVisit, Fen::ZERO, None),
    };
    Outcome { name: elder.name.clone(), amount, reason, ..done.into() }
}

/// What staff are told of a ledger that refuses or fails.
pub(super) fn refused(problem: LedgerError) -> Refused {
    let refusal = match &problem {
        LedgerError::SlotTaken { .. } => Refusal::AlreadyThere,
        LedgerError::Unvoidable { why, .. } => match why {
            Unvoidable::Missing | Unvoidable::Kind => Refusal::NoMeal,
            Unvoidable::OtherDay => Refusal::OtherDay,
            Unvoidable::Already => Refusal::AlreadyVoid,
        },
        LedgerError::Contradiction(Contradiction::NotOpen(_) | Contradiction::OtherDay) => {
            Refusal::ReviewGone
        }
        LedgerError::Contradiction(Contradiction::TooLate) => Refusal::LateDate,
        _ => {
            error!(%problem, "what staff asked for is not in the ledger");
            Refusal::LedgerFailed
        }
    };
    refusal.into()
}

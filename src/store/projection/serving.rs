//! Meals, visits and reviews, and their undoing.

use super::super::ledger::{self, LedgerError, Unvoidable, signed};
use super::{Contradiction, holds};
use crate::domain::calendar::{Date, MealWindow, service_date};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{LATE_DAYS_MAX, Late};
use crate::domain::entry::{Entry, EntryNumber, Event, Meal, Method, Review, Visit};
use crate::domain::subsidy::Standing;
use rusqlite::{Connection, OptionalExtension};

/// Takes the slot. The primary key decides: with a meal in the slot, no row is added. `boot` is
/// empty where the clock is trusted.
pub(super) fn meal(
    conn: &Connection,
    entry: &Entry,
    meal: &Meal,
    boot: &str,
) -> Result<(), LedgerError> {
    check_day(conn, entry, (&meal.elder, meal.date, meal.window, meal.method), meal.basis)?;
    let pending = meal.standing == Standing::Pending || !boot.is_empty();
    let added = conn
        .prepare_cached(
            "INSERT INTO meal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        )?
        .execute((
            meal.elder.as_str(),
            meal.date.to_string(),
            boot,
            signed(entry.n),
            meal.window.code(),
            meal.method.code(),
            meal.award.city.get(),
            meal.award.district.get(),
            pending,
        ))?;
    if added == 1 { Ok(()) } else { Err(slot_taken(conn, &meal.elder, meal.date, boot)?) }
}

/// Who holds the slot.
pub(super) fn slot_taken(
    conn: &Connection,
    elder: &ElderId,
    date: Date,
    boot: &str,
) -> Result<LedgerError, LedgerError> {
    let holder: i64 = conn
        .prepare_cached("SELECT seq FROM meal WHERE elder = ?1 AND date = ?2 AND boot = ?3")?
        .query_row((elder.as_str(), date.to_string(), boot), |row| row.get(0))?;
    Ok(LedgerError::SlotTaken { elder: elder.clone(), date, entry: ledger::number(holder) })
}

pub(super) fn visit(
    conn: &Connection,
    entry: &Entry,
    visit: &Visit,
    boot: &str,
) -> Result<(), LedgerError> {
    check_day(conn, entry, (&visit.elder, visit.date, visit.window, visit.method), visit.basis)?;
    conn.prepare_cached("INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute((
        visit.elder.as_str(),
        visit.date.to_string(),
        signed(entry.n),
        boot,
        visit.window.code(),
        visit.method.code(),
        visit.reason.code(),
    ))?;
    Ok(())
}

/// The day is the one of writing, unless a late entry directly before says otherwise; and where
/// staff vouch, they vouch for this elder and meal, by card where one was read.
fn check_day(
    conn: &Connection,
    entry: &Entry,
    (elder, date, window, method): (&ElderId, Date, MealWindow, Method),
    basis: Option<EntryNumber>,
) -> Result<(), LedgerError> {
    let today = service_date(entry.stamp.at);
    let Some(basis) = basis else { return holds(date == today, Contradiction::OtherDay) };
    let vouched = ledger::entry(conn, basis)?.map(|entry| entry.event);
    let card_read = matches!(vouched, Some(Event::Card(_)));
    holds(card_read == (method == Method::Card), Contradiction::Basis)?;
    match vouched {
        Some(Event::Late(late)) => holds(date == late.date, Contradiction::Basis),
        Some(Event::ByHand(_) | Event::Card(_)) => holds(date == today, Contradiction::OtherDay),
        Some(Event::Choice(choice)) => {
            let asked: Option<(String, String)> = conn
                .prepare_cached("SELECT date, window FROM review WHERE seq = ?1")?
                .query_row([signed(choice.review)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let same = asked == Some((date.to_string(), window.code().to_owned()));
            holds(same && choice.elder.as_ref() == Some(elder), Contradiction::Basis)?;
            holds(date == today, Contradiction::OtherDay)
        }
        _ => holds(false, Contradiction::Basis),
    }
}

pub(super) fn late(entry: &Entry, late: &Late) -> Result<(), LedgerError> {
    let days = service_date(entry.stamp.at).since(late.date).map_or(i32::MAX, |s| s.get_days());
    holds((1..=LATE_DAYS_MAX).contains(&days), Contradiction::TooLate)
}

pub(super) fn review(conn: &Connection, n: EntryNumber, said: &Review) -> Result<(), LedgerError> {
    conn.prepare_cached("INSERT INTO review VALUES (?1, ?2, ?3, 'open')")?.execute((
        signed(n),
        said.date.to_string(),
        said.window.code(),
    ))?;
    Ok(())
}

/// Takes an open review to its end.
pub(super) fn settle(
    conn: &Connection,
    review: EntryNumber,
    state: &str,
) -> Result<(), LedgerError> {
    let settled = conn
        .prepare_cached("UPDATE review SET state = ?2 WHERE seq = ?1 AND state = 'open'")?
        .execute((signed(review), state))?;
    holds(settled == 1, Contradiction::NotOpen(review))
}

/// Takes what the entry `undone` added away; `entry` is the void itself.
pub(super) fn void(
    conn: &Connection,
    entry: &Entry,
    undone: EntryNumber,
) -> Result<(), LedgerError> {
    let refused = |why| LedgerError::Unvoidable { entry: undone, why };
    let target = ledger::entry(conn, undone)?.ok_or_else(|| refused(Unvoidable::Missing))?;
    let elder = match &target.event {
        Event::Meal(meal) => Some(&meal.elder),
        Event::Visit(visit) => Some(&visit.elder),
        Event::Expiry(_) => None,
        _ => return Err(refused(Unvoidable::Kind)),
    };
    if service_date(target.stamp.at) != service_date(entry.stamp.at) {
        return Err(refused(Unvoidable::OtherDay));
    }
    let gone = match (elder, &target.event) {
        (Some(elder), _) => take_away(conn, elder, undone)?,
        (None, Event::Expiry(expiry)) => conn
            .prepare_cached(
                "UPDATE review SET state = 'void' WHERE seq = ?1 AND state = 'expired'",
            )?
            .execute([signed(expiry.review)])?,
        (None, _) => 0,
    };
    if gone == 1 { Ok(()) } else { Err(refused(Unvoidable::Already)) }
}

/// Removes the row of entry `n`, whether it stands as a meal or as a visit. Its date may have been
/// confirmed to be another than the entry's own.
pub(super) fn take_away(
    conn: &Connection,
    elder: &ElderId,
    n: EntryNumber,
) -> rusqlite::Result<usize> {
    let mut gone = 0;
    for sql in [
        "DELETE FROM meal WHERE elder = ?1 AND seq = ?2",
        "DELETE FROM visit WHERE elder = ?1 AND seq = ?2",
    ] {
        gone += conn.prepare_cached(sql)?.execute((elder.as_str(), signed(n)))?;
    }
    Ok(gone)
}

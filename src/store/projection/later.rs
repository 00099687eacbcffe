//! What becomes of meals later: confirmations, verdicts, adjustments, closes of months.

use super::super::ledger::{self, LedgerError, signed};
use super::serving::{slot_taken, take_away};
use super::{Contradiction, holds};
use crate::domain::calendar::{Date, MealWindow, service_date};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{Adjustment, Close, Confirmation, Finding, Verdict};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method};
use crate::domain::month::Month;
use rusqlite::{Connection, OptionalExtension};

/// Settles what is pending: a meal keeps its slot on its true day, or becomes a visit.
pub(super) fn confirm(
    conn: &Connection,
    entry: &Entry,
    said: &Confirmation,
) -> Result<(), LedgerError> {
    let refused = || LedgerError::Contradiction(Contradiction::NotPending(said.entry));
    let target = ledger::entry(conn, said.entry)?.ok_or_else(refused)?;
    let own_time = target.stamp.clock == ClockTrust::Trusted;
    let (elder, date, window, method, worth) = match &target.event {
        Event::Meal(m) => (&m.elder, m.date, m.window, m.method, true),
        Event::Visit(v) => (&v.elder, v.date, v.window, v.method, false),
        _ => return Err(refused()),
    };
    let fits = entry.stamp.clock == ClockTrust::Trusted
        && (worth || said.reason.is_some())
        && (!own_time || said.date == date);
    let pending = "SELECT EXISTS (SELECT 1 FROM meal WHERE elder = ?1 AND seq = ?2 AND pending)
         OR EXISTS (SELECT 1 FROM visit WHERE elder = ?1 AND seq = ?2 AND boot <> '')";
    let pending: bool = conn
        .prepare_cached(pending)?
        .query_row((elder.as_str(), signed(said.entry)), |row| row.get(0))?;
    if !fits || !pending {
        return Err(refused());
    }
    take_away(conn, elder, said.entry)?;
    stand(conn, said, elder, window, method)
}

/// Puts the confirmed meal or visit in its place.
fn stand(
    conn: &Connection,
    said: &Confirmation,
    elder: &ElderId,
    window: MealWindow,
    method: Method,
) -> Result<(), LedgerError> {
    let (date, n) = (said.date.to_string(), signed(said.entry));
    if let Some(reason) = said.reason {
        conn.prepare_cached("INSERT INTO visit VALUES (?1, ?2, ?3, '', ?4, ?5, ?6)")?.execute((
            elder.as_str(),
            date,
            n,
            window.code(),
            method.code(),
            reason.code(),
        ))?;
        return Ok(());
    }
    let added = conn
        .prepare_cached(
            "INSERT INTO meal VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT DO NOTHING",
        )?
        .execute((
            elder.as_str(),
            date,
            n,
            window.code(),
            method.code(),
            said.city.get(),
            said.district.get(),
        ))?;
    if added == 1 { Ok(()) } else { Err(slot_taken(conn, elder, said.date, "")?) }
}

/// A meal's row: its date and amounts, and whether it is pending.
struct Standing {
    date: String,
    city: u32,
    district: u32,
    pending: bool,
}

/// The row of the meal that entry `n` wrote.
fn standing(conn: &Connection, n: EntryNumber) -> Result<Standing, LedgerError> {
    let refused = || LedgerError::Contradiction(Contradiction::NoMeal(n));
    let Some(Event::Meal(Meal { elder, .. })) = ledger::entry(conn, n)?.map(|e| e.event) else {
        return Err(refused());
    };
    let row = conn
        .prepare_cached(
            "SELECT date, city_fen, district_fen, pending FROM meal WHERE elder = ?1 AND seq = ?2",
        )?
        .query_row((elder.as_str(), signed(n)), |row| {
            Ok(Standing {
                date: row.get(0)?,
                city: row.get(1)?,
                district: row.get(2)?,
                pending: row.get(3)?,
            })
        })
        .optional()?;
    row.ok_or_else(refused)
}

/// The one that counts for `entry` must be named, or none where there is none.
fn check_supersedes(
    conn: &Connection,
    table: &str,
    entry: EntryNumber,
    supersedes: Option<EntryNumber>,
) -> Result<(), LedgerError> {
    holds(counts(conn, table, entry)? == supersedes, Contradiction::Supersedes(entry))
}

/// The entry of the verdict or adjustment that counts for `entry`.
fn counts(
    conn: &Connection,
    table: &str,
    entry: EntryNumber,
) -> rusqlite::Result<Option<EntryNumber>> {
    let counts: Option<i64> = conn
        .prepare_cached(&format!("SELECT seq FROM {table} WHERE entry = ?1"))?
        .query_row([signed(entry)], |row| row.get(0))
        .optional()?;
    Ok(counts.map(ledger::number))
}

/// The entry of the verdict that counts for the standing meal in `entry`.
///
/// # Errors
/// [`Contradiction::NoMeal`] where no such meal stands.
pub(in crate::store) fn verdict_on(
    conn: &Connection,
    entry: EntryNumber,
) -> Result<Option<EntryNumber>, LedgerError> {
    standing(conn, entry)?;
    Ok(counts(conn, "verdict", entry)?)
}

pub(super) fn verdict(
    conn: &Connection,
    n: EntryNumber,
    said: &Verdict,
) -> Result<(), LedgerError> {
    standing(conn, said.entry)?;
    check_supersedes(conn, "verdict", said.entry, said.supersedes)?;
    let accepted = said.finding == Finding::Accepted;
    conn.prepare_cached("INSERT OR REPLACE INTO verdict VALUES (?1, ?2, ?3)")?.execute((
        signed(said.entry),
        signed(n),
        accepted,
    ))?;
    Ok(())
}

pub(super) fn adjust(
    conn: &Connection,
    n: EntryNumber,
    said: &Adjustment,
) -> Result<(), LedgerError> {
    let meal = standing(conn, said.entry)?;
    holds(!meal.pending, Contradiction::NoMeal(said.entry))?;
    check_supersedes(conn, "adjustment", said.entry, said.supersedes)?;
    let own_month = meal.date.parse::<Date>().map(Month::of);
    let fits = said.city.get() <= meal.city
        && said.district.get() <= meal.district
        && own_month.is_ok_and(|own| own <= said.month);
    holds(fits, Contradiction::Excess(said.entry))?;
    let open = closed(conn)?.is_none_or(|closed| closed < said.month);
    holds(open, Contradiction::Closed(said.month))?;
    conn.prepare_cached("INSERT OR REPLACE INTO adjustment VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
        (
            signed(said.entry),
            signed(n),
            said.city.get(),
            said.district.get(),
            said.month.to_string(),
        ),
    )?;
    Ok(())
}

/// The last month that is closed; all before it are.
pub(in crate::store) fn closed(conn: &Connection) -> Result<Option<Month>, LedgerError> {
    let month: Option<String> = conn
        .prepare_cached("SELECT month FROM closed")?
        .query_row([], |row| row.get(0))
        .optional()?;
    month.map(|text| Month::parse(&text).ok_or(LedgerError::Window)).transpose()
}

pub(super) fn close(conn: &Connection, entry: &Entry, said: &Close) -> Result<(), LedgerError> {
    let over = said.month < Month::of(service_date(entry.stamp.at));
    let follows = closed(conn)?.is_none_or(|closed| closed < said.month);
    let trusted = entry.stamp.clock == ClockTrust::Trusted;
    holds(over && follows && trusted, Contradiction::Unclosable(said.month))?;
    conn.prepare_cached("INSERT OR REPLACE INTO closed VALUES (1, ?1, ?2)")?
        .execute((said.month.to_string(), signed(entry.n)))?;
    Ok(())
}

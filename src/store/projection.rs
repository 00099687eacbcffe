//! What an entry does to the tables that follow from the entries.
//!
//! The same statements serve appending and verification: tables are named without their schema, so
//! that a replay works on temporary tables of the same names, which SQLite looks up first.

use super::db::PROJECTIONS;
use super::ledger::{self, LedgerError, Unvoidable};
use crate::domain::calendar::service_date;
use crate::domain::entry::{Entry, EntryNumber, Event, GalleryChange, Meal};
use rusqlite::{Connection, OptionalExtension};

/// Each table, and the column that tells its rows apart in a message.
pub(super) const TABLES: [(&str, &str); 4] =
    [("meal", "seq"), ("visit", "seq"), ("review", "seq"), ("gallery", "generation")];

/// Makes empty temporary tables, in which [`apply`] then works instead.
pub(super) fn shadow(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&PROJECTIONS.replace("CREATE TABLE", "CREATE TEMP TABLE"))
}

/// Carries out `entry`.
pub(super) fn apply(conn: &Connection, entry: &Entry) -> Result<(), LedgerError> {
    let seq = entry.n as i64;
    match &entry.event {
        Event::Genesis { .. } => Ok(()),
        Event::Meal(meal) => take_slot(conn, seq, meal),
        Event::Visit(visit) => {
            conn.prepare_cached("INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
                visit.elder.as_str(),
                visit.date.to_string(),
                seq,
                visit.window.code(),
                visit.method.code(),
                visit.reason.code(),
            ))?;
            Ok(())
        }
        Event::Review(review) => {
            conn.prepare_cached("INSERT INTO review VALUES (?1, ?2, ?3)")?.execute((
                seq,
                review.date.to_string(),
                review.window.code(),
            ))?;
            Ok(())
        }
        Event::Void { entry: undone } => void(conn, entry, *undone),
        Event::Gallery(change) => replace_gallery(conn, change),
    }
}

/// The primary key decides: with a meal in the slot, no row is added.
fn take_slot(conn: &Connection, seq: i64, meal: &Meal) -> Result<(), LedgerError> {
    let date = meal.date.to_string();
    let added = conn
        .prepare_cached(
            "INSERT INTO meal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute((
            meal.elder.as_str(),
            &date,
            seq,
            meal.window.code(),
            meal.method.code(),
            meal.award.city.get(),
            meal.award.district.get(),
        ))?;
    if added == 1 {
        return Ok(());
    }
    let holder: i64 = conn
        .prepare_cached("SELECT seq FROM meal WHERE elder = ?1 AND date = ?2")?
        .query_row((meal.elder.as_str(), &date), |row| row.get(0))?;
    let (elder, date) = (meal.elder.clone(), meal.date);
    Err(LedgerError::SlotTaken { elder, date, entry: ledger::number(holder) })
}

/// Takes the row of the entry `undone` away; `entry` is the void itself.
fn void(conn: &Connection, entry: &Entry, undone: EntryNumber) -> Result<(), LedgerError> {
    let refused = |why| LedgerError::Unvoidable { entry: undone, why };
    let (sql, elder, date) = match ledger::entry(conn, undone)?.map(|target| target.event) {
        None => return Err(refused(Unvoidable::Missing)),
        Some(Event::Meal(meal)) => {
            ("DELETE FROM meal WHERE elder = ?1 AND date = ?2 AND seq = ?3", meal.elder, meal.date)
        }
        Some(Event::Visit(v)) => {
            ("DELETE FROM visit WHERE elder = ?1 AND date = ?2 AND seq = ?3", v.elder, v.date)
        }
        Some(_) => return Err(refused(Unvoidable::Kind)),
    };
    if date != service_date(entry.stamp.at) {
        return Err(refused(Unvoidable::OtherDay));
    }
    let row = (elder.as_str(), date.to_string(), undone as i64);
    match conn.prepare_cached(sql)?.execute(row)? {
        0 => Err(refused(Unvoidable::Already)),
        _ => Ok(()),
    }
}

fn replace_gallery(conn: &Connection, change: &GalleryChange) -> Result<(), LedgerError> {
    let before: Option<i64> =
        conn.query_row("SELECT generation FROM gallery", [], |row| row.get(0)).optional()?;
    let generation = before.unwrap_or(0) + 1;
    if i64::try_from(change.generation) != Ok(generation) {
        return Err(LedgerError::Generation(change.generation));
    }
    conn.execute("DELETE FROM gallery", [])?;
    conn.execute(
        "INSERT INTO gallery VALUES (1, ?1, ?2, ?3, ?4)",
        (generation, change.elders, change.templates, change.model),
    )?;
    Ok(())
}

//! The state of the box: clock, shifts, keys, configuration, gallery.

use super::super::ledger::{self, LedgerError, signed};
use super::{Contradiction, holds};
use crate::domain::entry::operation::{
    ClockChange, ConfigChange, Epoch, EpochChange, KeyChange, Sign, SignChange,
};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, GalleryChange};
use crate::record;
use rusqlite::{Connection, OptionalExtension};

/// Where the clock stands in the ledger.
pub(in crate::store) struct Clock {
    /// The entry that says so.
    pub(in crate::store) since: i64,
    /// Whether it is believed.
    pub(in crate::store) trusted: bool,
    /// On which start of the machine it is not; empty where unknown.
    pub(in crate::store) boot: String,
    /// The last trusted time; empty where there is none.
    pub(in crate::store) high: String,
}

/// Where the clock stands after entry `last`.
pub(in crate::store) fn clock(conn: &Connection, last: i64) -> rusqlite::Result<Option<Clock>> {
    conn.prepare_cached(
        "SELECT since, trusted, boot, CASE WHEN trusted THEN (SELECT at FROM entry WHERE seq = ?1)
         ELSE high END FROM clock",
    )?
    .query_row([last], |row| {
        let (since, trusted) = (row.get(0)?, row.get(1)?);
        Ok(Clock { since, trusted, boot: row.get(2)?, high: row.get(3)? })
    })
    .optional()
}

/// Compares the entry's time with the clock's standing, takes a change of it in, and answers whose
/// slots a meal takes: none by name where the clock is trusted, else those of this start.
pub(super) fn admit(conn: &Connection, entry: &Entry) -> Result<String, LedgerError> {
    let trusted = entry.stamp.clock == ClockTrust::Trusted;
    let Some(clock) = clock(conn, signed(entry.n) - 1)? else {
        stand(conn, entry.n, trusted, "", "")?;
        return Ok(String::new());
    };
    check_followed(conn, entry)?;
    match &entry.event {
        Event::Clock(change) => turn(conn, entry, &clock, change)?,
        _ => holds(trusted == clock.trusted, Contradiction::Trust)?,
    }
    holds(!trusted || record::at_text(entry.stamp.at) >= clock.high, Contradiction::Backwards)?;
    Ok(if trusted { String::new() } else { clock.boot })
}

fn turn(
    conn: &Connection,
    entry: &Entry,
    before: &Clock,
    change: &ClockChange,
) -> Result<(), LedgerError> {
    let boot = record::hex(&change.boot);
    let news = before.trusted != change.trusted || (!change.trusted && before.boot != boot);
    let said = change.trusted == (entry.stamp.clock == ClockTrust::Trusted);
    holds(news && said, Contradiction::Trust)?;
    Ok(stand(conn, entry.n, change.trusted, &boot, &before.high)?)
}

fn stand(
    conn: &Connection,
    since: EntryNumber,
    trusted: bool,
    boot: &str,
    high: &str,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR REPLACE INTO clock VALUES (1, ?1, ?2, ?3, ?4)",
        (signed(since), trusted, boot, high),
    )?;
    Ok(())
}

/// After an entry in which staff vouch for a meal comes that meal.
fn check_followed(conn: &Connection, entry: &Entry) -> Result<(), LedgerError> {
    let basis = match &entry.event {
        Event::Meal(meal) => meal.basis,
        Event::Visit(visit) => visit.basis,
        _ => None,
    };
    if basis.is_some() {
        return Ok(());
    }
    let kind: String = conn
        .prepare_cached("SELECT kind FROM entry WHERE seq = ?1")?
        .query_row([signed(entry.n) - 1], |row| row.get(0))?;
    holds(!["by-hand", "card", "late"].contains(&kind.as_str()), Contradiction::NothingFollows)
}

pub(super) fn sign(conn: &Connection, n: EntryNumber, said: &Sign) -> Result<(), LedgerError> {
    let operator = said.operator.as_str();
    let changed = match said.change {
        SignChange::In => {
            conn.execute("INSERT OR REPLACE INTO shift VALUES (?1, ?2)", (operator, signed(n)))?
        }
        SignChange::Out | SignChange::Idle => {
            conn.execute("DELETE FROM shift WHERE operator = ?1", [operator])?
        }
    };
    holds(changed == 1, Contradiction::NotSignedIn)
}

pub(super) fn change_key(conn: &Connection, said: &KeyChange) -> Result<(), LedgerError> {
    let purpose = said.purpose.code();
    let before: Option<[u8; 32]> = conn
        .query_row("SELECT fingerprint FROM key_in_use WHERE purpose = ?1", [purpose], |row| {
            row.get(0)
        })
        .optional()?;
    holds(before == said.before, Contradiction::NoChange)?;
    conn.execute("INSERT OR REPLACE INTO key_in_use VALUES (?1, ?2)", (purpose, said.now))?;
    Ok(())
}

/// The epoch that the ledger is in before entry `n`: what the last entry says of it, or the first.
pub(in crate::store) fn epoch(conn: &Connection, n: EntryNumber) -> Result<Epoch, LedgerError> {
    match ledger::of_kind_before(conn, "epoch", n).next().transpose()? {
        None => Ok(1),
        Some(Entry { event: Event::Epoch(said), .. }) => Ok(said.epoch),
        Some(other) => Err(LedgerError::NoEntry(other.n)),
    }
}

pub(super) fn change_epoch(
    conn: &Connection,
    n: EntryNumber,
    said: &EpochChange,
) -> Result<(), LedgerError> {
    let (before, now) = (epoch(conn, n)?, said.epoch);
    holds(before < now, Contradiction::Epoch { before, now })
}

/// The configuration in force, as the ledger's tables have it.
pub(in crate::store) fn config(conn: &Connection) -> rusqlite::Result<Option<ConfigChange>> {
    conn.query_row("SELECT config, rules FROM config", [], |row| {
        Ok(ConfigChange { config: row.get(0)?, rules: row.get(1)? })
    })
    .optional()
}

pub(super) fn change_config(conn: &Connection, said: &ConfigChange) -> Result<(), LedgerError> {
    holds(config(conn)? != Some(*said), Contradiction::NoChange)?;
    conn.execute("INSERT OR REPLACE INTO config VALUES (1, ?1, ?2)", (said.config, said.rules))?;
    Ok(())
}

pub(super) fn replace_gallery(
    conn: &Connection,
    change: &GalleryChange,
) -> Result<(), LedgerError> {
    let before: Option<i64> =
        conn.query_row("SELECT generation FROM gallery", [], |row| row.get(0)).optional()?;
    let generation = before.unwrap_or(0) + 1;
    if i64::try_from(change.generation) != Ok(generation) {
        return Err(LedgerError::Generation(change.generation));
    }
    conn.execute("DELETE FROM gallery", [])?;
    conn.execute(
        "INSERT INTO gallery VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        (generation, change.elders, change.templates, change.model, change.as_of.to_string()),
    )?;
    Ok(())
}

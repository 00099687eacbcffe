//! Keys of taps that wrote entries, so that one which comes twice is recorded once.

use super::ledger::{self, Appended};
use crate::domain::entry::EntryNumber;
use rusqlite::{Connection, OptionalExtension, Transaction};

/// Most keys that are remembered; a page repeats a tap within seconds, a canteen makes hundreds of
/// them a day.
pub const TAPS_MAX: u32 = 4096;

/// What came of a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tapped {
    /// Its entries were written, and this is the last of them.
    Now(Appended),
    /// It was there before; this is the last entry that it wrote then.
    Before(EntryNumber),
}

impl Tapped {
    /// The last entry that the tap wrote.
    pub fn entry(self) -> EntryNumber {
        match self {
            Self::Now(appended) => appended.n,
            Self::Before(n) => n,
        }
    }
}

/// The last entry that the tap with `key` wrote.
pub(super) fn find(conn: &Connection, key: &str) -> rusqlite::Result<Option<EntryNumber>> {
    conn.prepare_cached("SELECT last FROM tap WHERE key = ?1")?
        .query_row([key], |row| row.get(0).map(ledger::number))
        .optional()
}

/// Remembers `key` together with the entries that it wrote.
pub(super) fn remember(tx: &Transaction<'_>, key: &str, last: EntryNumber) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO tap (last, key) VALUES (?1, ?2)")?
        .execute((ledger::signed(last), key))?;
    tx.prepare_cached(
        "DELETE FROM tap WHERE last <= (SELECT last FROM tap ORDER BY last DESC LIMIT 1 OFFSET ?1)",
    )?
    .execute([TAPS_MAX])?;
    Ok(())
}

//! What of the city's gallery could not be taken, so that somebody hears of it until it is mended.
//!
//! The id in a row that does not hold may be anything, an identity number among it. So the table has
//! keyed digests of the ids, which are enough to know them again when a row comes that holds.

use super::gallery::PageRows;
use super::ledger::LedgerError;
use super::vault::Vault;
use super::{Reader, Store};
use rusqlite::{Connection, Transaction};

/// How much of the city's gallery counts for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows that do not hold.
    pub rows: u32,
    /// Cards that more than one elder is said to hold.
    pub cards: u32,
}

impl Store {
    /// What of the city's gallery is left out.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn left_out(&self) -> Result<LeftOut, LedgerError> {
        Ok(count(&self.conn)?)
    }
}

impl Reader {
    /// As [`Store::left_out`].
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn left_out(&self) -> Result<LeftOut, LedgerError> {
        Ok(count(&self.conn)?)
    }
}

fn count(conn: &Connection) -> rusqlite::Result<LeftOut> {
    let sql = "SELECT (SELECT count(*) FROM left_out),
        (SELECT count(*) FROM (SELECT mac FROM card GROUP BY mac HAVING count(*) > 1))";
    conn.prepare_cached(sql)?
        .query_row([], |row| Ok(LeftOut { rows: row.get(0)?, cards: row.get(1)? }))
}

/// Notes what of a page does not hold. What holds is no longer left out.
pub(super) fn note(tx: &Transaction<'_>, vault: &Vault, page: &PageRows) -> rusqlite::Result<()> {
    let arrivals = page.arrivals.iter().map(|enrolled| enrolled.elder.id.as_str());
    let leavers = page.leavers.iter().map(|leaver| leaver.elder.as_str());
    for id in arrivals.chain(leavers) {
        tx.prepare_cached("DELETE FROM left_out WHERE mark = ?1")?.execute([mark(vault, id)])?;
    }
    for id in &page.bad {
        tx.prepare_cached("INSERT OR IGNORE INTO left_out VALUES (?1)")?
            .execute([mark(vault, id)])?;
    }
    Ok(())
}

/// The city's gallery is read from nothing, or is in force no more.
pub(super) fn forget(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM left_out", [])?;
    Ok(())
}

/// Set apart from all digests of cards by a byte that those do not begin with.
fn mark(vault: &Vault, id: &str) -> [u8; 32] {
    vault.digest(&[b"\t", id.as_bytes()].concat())
}

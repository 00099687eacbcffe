//! What the screen at the counter asks of the ledger: who waits, who is signed in, how far the city
//! has it.

use super::ledger::{self, LedgerError};
use super::{Reader, Store, outbox, tap};
use crate::domain::entry::{Entry, EntryNumber};
use crate::domain::operator::OperatorId;

/// Most open reviews that are listed; a canteen with more has other worries.
pub const OPEN_REVIEWS_MAX: usize = 1000;

impl Reader {
    /// Reviews that nobody has settled, oldest first, at most [`OPEN_REVIEWS_MAX`].
    ///
    /// # Errors
    /// [`LedgerError`] where one cannot be read.
    pub fn open_reviews(&self) -> Result<Vec<Entry>, LedgerError> {
        let mut stmt = self
            .conn
            .prepare_cached("SELECT seq FROM review WHERE state = 'open' ORDER BY seq LIMIT ?1")?;
        let numbers: Vec<i64> = stmt
            .query_map([OPEN_REVIEWS_MAX as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let entries = numbers
            .into_iter()
            .filter_map(|seq| ledger::entry(&self.conn, ledger::number(seq)).transpose());
        entries.collect()
    }

    /// Operators whose shift has begun and not ended.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn on_shift(&self) -> Result<Vec<OperatorId>, LedgerError> {
        let mut stmt = self.conn.prepare_cached("SELECT operator FROM shift ORDER BY operator")?;
        let ids: Vec<String> = stmt.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids.iter().filter_map(|id| OperatorId::new(id).ok()).collect())
    }

    /// Entry `n`, or `None` where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Entry`] where it cannot be read.
    pub fn entry(&self, n: EntryNumber) -> Result<Option<Entry>, LedgerError> {
        ledger::entry(&self.conn, n)
    }

    /// The last entry, and the last one that the city has acknowledged (0 for none).
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn progress(&self) -> Result<(EntryNumber, EntryNumber), LedgerError> {
        // First, so that it is never beyond the last entry.
        let acknowledged = outbox::acknowledged(&self.conn)?;
        let sql = "SELECT coalesce(max(seq), 0) FROM entry";
        let last = self.conn.query_row(sql, [], |row| row.get(0))?;
        Ok((ledger::number(last), acknowledged))
    }
}

impl Store {
    /// The last entry that a tap with `key` wrote; `None` for one that has not been there.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn tapped(&self, key: &str) -> Result<Option<Entry>, LedgerError> {
        match tap::find(&self.conn, key)? {
            Some(n) => ledger::entry(&self.conn, n),
            None => Ok(None),
        }
    }
}

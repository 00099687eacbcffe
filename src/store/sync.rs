//! What came from the city and how far the box has got with it: verdicts, the night's work.
//!
//! 1. Verdicts and the number up to which they were taken in are one transaction: none is lost
//!    and none is written twice, wherever the power fails.
//! 2. A verdict on what is no standing meal is passed over; the city hears of it by the entries.
//! 3. A verdict names its meal by number and hash. One on an entry that this ledger has not, or has
//!    as another one, is about another epoch, and touches nothing here.

use super::ledger::{self, LedgerError, number, signed};
use super::vault::Vault;
use super::{Store, projection};
use crate::domain::calendar::Timestamp;
use crate::domain::entry::correction::{Finding, Verdict};
use crate::domain::entry::{EntryNumber, Event, Stamp};
use crate::record::Hash;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// A verdict as the city gives it; which earlier one it takes the place of, the ledger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityVerdict {
    /// The meal.
    pub entry: EntryNumber,
    /// The entry's hash.
    pub hash: Hash,
    /// What was found.
    pub finding: Finding,
}

/// What became of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictTaken {
    /// It is in the ledger.
    Written(EntryNumber),
    /// The ledger says so already.
    Known,
    /// There is no such meal, or it was undone.
    NoMeal,
    /// It is about an entry of another epoch, which is not in this ledger.
    Elsewhere,
}

impl Store {
    /// The city's number of the last verdict that was taken in, or 0.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn verdicts_after(&self) -> Result<u64, LedgerError> {
        Ok(mark(&self.conn, "verdicts")?.map_or(0, number))
    }

    /// Writes verdicts into the ledger, in their order, and remembers that all up to the city's
    /// number `next` were taken in.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was written.
    pub fn add_verdicts(
        &mut self,
        stamp: Stamp,
        said: &[CityVerdict],
        next: u64,
    ) -> Result<Vec<VerdictTaken>, LedgerError> {
        self.commit_entries(|tx, vault| {
            let taken = said.iter().map(|said| take(tx, vault, stamp, said));
            let taken = taken.collect::<Result<_, _>>()?;
            set_mark(tx, "verdicts", signed(next))?;
            Ok(taken)
        })
    }

    /// When all of a night's work with the city was done last.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn night_done(&self) -> Result<Option<Timestamp>, LedgerError> {
        let seconds = mark(&self.conn, "night")?;
        Ok(seconds.and_then(|s| Timestamp::from_second(s).ok()))
    }

    /// Remembers that all of the night's work was done at `at`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn set_night_done(&mut self, at: Timestamp) -> Result<(), LedgerError> {
        self.commit(|tx, _| Ok(set_mark(tx, "night", at.as_second())?))
    }
}

/// Writes a verdict, where it is news about a standing meal of this ledger.
fn take(
    tx: &Transaction<'_>,
    vault: &Vault,
    stamp: Stamp,
    CityVerdict { entry, hash, finding }: &CityVerdict,
) -> Result<VerdictTaken, LedgerError> {
    if !holds(tx, *entry, hash)? {
        return Ok(VerdictTaken::Elsewhere);
    }
    let counts = match projection::verdict_on(tx, *entry) {
        Err(LedgerError::Contradiction(_)) => return Ok(VerdictTaken::NoMeal),
        counts => counts?,
    };
    if says(tx, counts, finding)? {
        return Ok(VerdictTaken::Known);
    }
    let verdict = Verdict { entry: *entry, finding: finding.clone(), supersedes: counts };
    let appended = ledger::append(tx, &vault.salt()?, stamp, &Event::Verdict(verdict))?;
    Ok(VerdictTaken::Written(appended.n))
}

/// Whether entry `n` is here, and has this hash.
fn holds(conn: &Connection, n: EntryNumber, hash: &Hash) -> Result<bool, LedgerError> {
    let holds = conn
        .prepare_cached("SELECT count(*) FROM entry WHERE seq = ?1 AND hash = ?2")?
        .query_row((signed(n), hash.0), |row| row.get(0))?;
    Ok(holds)
}

/// Whether the verdict that counts, in entry `counts`, says what is found now. A meal without a
/// verdict is paid.
fn says(
    conn: &Connection,
    counts: Option<EntryNumber>,
    finding: &Finding,
) -> Result<bool, LedgerError> {
    let Some(counts) = counts else { return Ok(*finding == Finding::Accepted) };
    let said = ledger::entry(conn, counts)?.map(|entry| entry.event);
    Ok(matches!(said, Some(Event::Verdict(verdict)) if verdict.finding == *finding))
}

fn mark(conn: &Connection, what: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT value FROM city_mark WHERE what = ?1")?
        .query_row([what], |row| row.get(0))
        .optional()
}

fn set_mark(tx: &Transaction<'_>, what: &str, value: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO city_mark VALUES (?1, ?2)")?
        .execute((what, value))?;
    Ok(())
}

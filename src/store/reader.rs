//! The reading end: lists entries, and verifies them ([`super::verify`]), without lock or change.

use super::db::{self, DbError};
use super::epoch;
use super::folder::LEDGER_FILE;
use super::gallery::{self, GalleryError};
use super::ledger::{self, LedgerError};
use super::outbox::{self, SealedBatch};
use super::proof::{self, Day};
use super::vault::Vault;
use super::verify::{self, Depth, Verified, VerifyError};
use crate::domain::calendar::Date;
use crate::domain::clock_trust::ClockRecord;
use crate::domain::elder::Elder;
use crate::domain::entry::operation::Epoch;
use crate::domain::entry::{Entry, EntryNumber, GalleryChange};
use crate::record::Hash;
use crate::record::proof::Proof;
use rusqlite::Connection;
use std::path::Path;

/// Most entries that one call lists.
pub const LIST_ROWS_MAX: usize = 10_000;

/// Which entries to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Only entries after this number; 0 for all. The last number listed leads to the next page.
    pub after: EntryNumber,
    /// Only entries written from this day on (the date of their time at UTC+8).
    pub from: Option<Date>,
    /// Only entries written up to the end of this day.
    pub to: Option<Date>,
}

/// An entry as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What it says.
    pub entry: Entry,
    /// The stored bytes, which are the ones that are hashed and signed.
    pub body: Vec<u8>,
    /// Hash of the entry before.
    pub prev: Hash,
    /// Its hash.
    pub hash: Hash,
}

/// A connection that reads a ledger, also while a [`super::Store`] writes it, and also one on a
/// medium that cannot be written.
pub struct Reader {
    pub(super) conn: Connection,
}

impl Reader {
    /// Opens a ledger file, or the one in a state folder.
    ///
    /// # Errors
    /// [`DbError`] for a missing, foreign, newer, older or altered file.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let inside = path.join(LEDGER_FILE);
        let path = if path.is_dir() { &inside } else { path };
        Ok(Reader { conn: db::open_read_only(path)? })
    }

    /// The device that the ledger belongs to.
    ///
    /// # Errors
    /// [`LedgerError`] where the first entry cannot be read.
    pub fn device(&self) -> Result<String, LedgerError> {
        ledger::device(&self.conn)
    }

    /// What the ledger says of the gallery in force; none before the first.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn gallery_change(&self) -> Result<Option<GalleryChange>, LedgerError> {
        Ok(gallery::current(&self.conn)?)
    }

    /// Where the clock stands in the ledger.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn clock(&self) -> Result<ClockRecord, LedgerError> {
        ledger::clock(&self.conn)
    }

    /// The epoch that the ledger is in, and the last entry of the copy that it was made from, where
    /// no epoch has begun since.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn enrolment(&self) -> Result<(Epoch, Option<EntryNumber>), LedgerError> {
        Ok((epoch::current(&self.conn)?, epoch::copied(&self.conn)?))
    }

    /// Entries in order, at most `rows` and never more than [`LIST_ROWS_MAX`].
    ///
    /// # Errors
    /// [`LedgerError::Entry`] for an entry that cannot be read.
    pub fn list(&self, listing: Listing, rows: usize) -> Result<Vec<Recorded>, LedgerError> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT seq, body, prev, hash FROM entry
             WHERE seq > ?1 AND at >= ?2 AND at < ?3 ORDER BY seq LIMIT ?4",
        )?;
        let from = listing.from.map_or(String::new(), |date| date.to_string());
        // Times are text that sorts as they do; `U` follows the `T` of every time of the day.
        let to = listing.to.map_or("U".into(), |date| format!("{date}U"));
        let rows = rows.min(LIST_ROWS_MAX) as i64;
        let mut found = stmt.query((ledger::signed(listing.after), from, to, rows))?;
        let mut list = Vec::new();
        while let Some(row) = found.next()? {
            let (n, body): (_, Vec<u8>) = (ledger::number(row.get(0)?), row.get(1)?);
            let entry = ledger::decoded(n, &body)?;
            list.push(Recorded { entry, body, prev: Hash(row.get(2)?), hash: Hash(row.get(3)?) });
        }
        Ok(list)
    }

    /// The day `date`: its entries' numbers and hashes, and whether it is over.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn day(&mut self, date: Date) -> Result<Option<Day>, LedgerError> {
        let tx = self.conn.transaction()?;
        proof::day(&tx, date)
    }

    /// A proof of entry `n`; `None` where there is no such entry.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn prove(&mut self, n: EntryNumber) -> Result<Option<Proof>, LedgerError> {
        let tx = self.conn.transaction()?;
        proof::prove(&tx, n)
    }

    /// The last batch that the city has acknowledged, with its receipt as it came; `None` before the
    /// first. Whether the receipt is the city's is for those to say who know its key.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn last_receipt(&self) -> Result<Option<(SealedBatch, Vec<u8>)>, LedgerError> {
        outbox::last_receipt(&self.conn)
    }

    /// Everybody in the gallery, in order of id, without their faces; `box_key` is the file that
    /// opens them. It needs no lock: names can be read while the daemon serves.
    ///
    /// # Errors
    /// [`GalleryError::Vault`] for a box key that is missing, open to others, or another box's;
    /// [`GalleryError::Damaged`] names the row.
    pub fn elders(&self, box_key: &Path) -> Result<Vec<Elder>, GalleryError> {
        gallery::elders(&self.conn, &Vault::open(box_key)?)
    }

    /// Checks the whole ledger, as of one moment. `progress` is told the number of entries done,
    /// now and then.
    ///
    /// # Errors
    /// [`VerifyError`] names the first entry that is not right, or the table.
    pub fn verify(
        &mut self,
        depth: Depth,
        progress: impl FnMut(EntryNumber),
    ) -> Result<Verified, VerifyError> {
        verify::verify(&mut self.conn, depth, progress)
    }
}

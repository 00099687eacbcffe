//! The epoch that the ledger is in, and how the next one begins.
//!
//! 1. The entry that begins an epoch and the loss of what was sealed in the one before, and is not
//!    with the city, are one transaction: those entries are sealed anew, and none is in two batches.
//!    Not with the city is what it never acknowledged, and what it acknowledged and has lost since.
//! 2. Beginning an epoch in which the ledger is already does nothing, so that it can be repeated.
//! 3. A ledger that was made from a copy remembers where the copy ended until its next epoch begins.

use super::ledger::{self, LedgerError, number, signed};
use super::projection;
use super::{Contradiction, Store, outbox};
use crate::domain::entry::operation::{Epoch, EpochChange, Held, KeyPurpose};
use crate::domain::entry::{EntryNumber, Event, Stamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

impl Store {
    /// The epoch that the ledger is in.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn epoch(&self) -> Result<Epoch, LedgerError> {
        current(&self.conn)
    }

    /// The last entry of the copy that the ledger was made from, where no epoch has begun since.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn copied(&self) -> Result<Option<EntryNumber>, LedgerError> {
        copied(&self.conn)
    }

    /// Begins `epoch`, before which the city held what is `held`: an entry says so, and what was
    /// sealed and not acknowledged, or lies beyond that, is dropped from the outbox. `None` where
    /// the ledger is in this epoch already.
    ///
    /// # Errors
    /// [`Contradiction::Epoch`] where the ledger is in a later one; nothing was written.
    pub fn begin_epoch(
        &mut self,
        stamp: Stamp,
        epoch: Epoch,
        held: Option<Held>,
    ) -> Result<Option<EpochChange>, LedgerError> {
        let before = self.epoch()?;
        if epoch == before {
            return Ok(None);
        }
        if epoch < before {
            return Err(LedgerError::Contradiction(Contradiction::Epoch { before, now: epoch }));
        }
        self.commit_entries(|tx, vault| {
            let common = held.map_or(Ok(0), |held| common(tx, &held))?;
            let change = EpochChange { epoch, held, common };
            ledger::append(tx, &vault.salt()?, stamp, &Event::Epoch(change))?;
            let held_last = held.map_or(0, |held| held.last);
            tx.execute(
                "DELETE FROM batch WHERE receipt IS NULL OR last > ?1",
                [signed(held_last)],
            )?;
            tx.execute("DELETE FROM copied", [])?;
            Ok(Some(change))
        })
    }
}

/// The epoch that the ledger is in.
pub(super) fn current(conn: &Connection) -> Result<Epoch, LedgerError> {
    projection::epoch(conn, EntryNumber::MAX)
}

/// Remembers where the copy ended that the ledger is made from, where it was ever enrolled. A copy of
/// a ledger that was itself restored, and not enrolled since, ends where that one did.
pub(super) fn remember_copy(tx: &Transaction<'_>) -> Result<(), LedgerError> {
    let named = ledger::key_in_use(tx, KeyPurpose::City)?.is_some();
    if !named && outbox::acknowledged(tx)? == 0 {
        return Ok(());
    }
    tx.execute("INSERT OR IGNORE INTO copied SELECT 1, max(seq) FROM entry", [])?;
    Ok(())
}

/// The last entry of the copy that the ledger was made from, where no epoch has begun since.
pub(super) fn copied(conn: &Connection) -> Result<Option<EntryNumber>, LedgerError> {
    let last: Option<i64> =
        conn.query_row("SELECT last FROM copied", [], |row| row.get(0)).optional()?;
    Ok(last.map(number))
}

/// The last entry up to which the ledger and what the city holds are the same, as far as is known
/// here: all of it where the entry is here too; else what the copy had, or the receipts say.
fn common(conn: &Connection, held: &Held) -> Result<EntryNumber, LedgerError> {
    let own: Option<[u8; 32]> = conn
        .query_row("SELECT hash FROM entry WHERE seq = ?1", [signed(held.last)], |row| row.get(0))
        .optional()?;
    if own == Some(held.head) {
        return Ok(held.last);
    }
    let known = match copied(conn)? {
        Some(copied) => copied,
        None => outbox::acknowledged(conn)?,
    };
    Ok(known.min(held.last - 1))
}

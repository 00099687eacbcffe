//! The one way in which a [`Store`] changes its file.
//!
//! 1. A change is one transaction: durable when it returns, and nothing where it fails.
//! 2. After it the mark stands, so that a log that is lost later is missed, whatever was in it.
//! 3. What must be written on a full disk too takes the reserve, and is then done again from its
//!    beginning; it therefore changes nothing but the transaction.

use super::Store;
use super::vault::Vault;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Transaction, TransactionBehavior};

/// An error that may say that there was no room on the disk.
pub(super) trait DiskFull {
    /// Whether it does.
    fn disk_full(&self) -> bool;
}

impl DiskFull for rusqlite::Error {
    fn disk_full(&self) -> bool {
        // For a page, or for the index of the log.
        let no_index = self.sqlite_error().is_some_and(|e| e.extended_code == SQLITE_IOERR_SHMSIZE);
        no_index || self.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
    }
}

impl Store {
    /// Makes a change.
    ///
    /// # Errors
    /// That of `change`, or SQLite's; nothing was written.
    pub(super) fn commit<T, E: From<rusqlite::Error>>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, &Vault) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = change(&tx, &self.vault)?;
        tx.commit()?;
        self.mark.set();
        Ok(done)
    }

    /// Makes a change that a full disk must not stop while there is a reserve: entries, and what
    /// goes with them.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub(super) fn commit_entries<T, E: From<rusqlite::Error> + DiskFull>(
        &mut self,
        change: impl Fn(&Transaction<'_>, &Vault) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = match self.commit(&change) {
            Err(error) if error.disk_full() && self.reserve.release() => self.commit(&change),
            done => done,
        };
        self.reserve.note(done.as_ref().is_err_and(DiskFull::disk_full));
        done
    }
}

//! Copies of a ledger, and what is made of one on a new disk.
//!
//! 1. A copy is taken while the box serves, as of one moment, and verified before it has its name.
//! 2. It carries no templates and no face keys: a face that is forgotten later must not come back
//!    from a copy. The city's cursor is not in it either, so that a restored box asks the city for
//!    everybody, faces included. Identities are in it, sealed with keys that open with the box key
//!    alone, which is not in it. PINs are not: whoever found a copy could try a million of them out,
//!    so operators of a restored box are given new ones.
//! 3. A box that was restored says in its ledger that its gallery has no faces any more; card, staff
//!    and subsidy go on, and faces are enrolled anew.
//! 4. Consents of the copy count for nothing: one that was withdrawn after it was taken is not in it.
//!    So nobody's face is kept again before the city or a roster says anew who has agreed.
//! 5. A restored box remembers where the copy ended until it is enrolled anew ([`super::epoch`]).

use super::db::{self, DbError};
use super::folder::{self, KEY_FILE, LEDGER_FILE, Staged};
use super::gallery::{current, forget_all};
use super::reader::Reader;
use super::vault::Vault;
use super::verify::{Depth, Verified, VerifyError};
use super::{LedgerError, Store, StoreError, epoch, ledger};
use crate::domain::calendar::Timestamp;
use crate::domain::entry::{Event, GalleryChange, Stamp};
use crate::error::{Exit, Sysexit};
use crate::record;
use rusqlite::{Connection, OptionalExtension as _};
use std::path::Path;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder or a database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The copy is not in order, as then neither is the ledger.
    #[error("the copy is not in order: {0}")]
    Verify(#[from] VerifyError),
}

impl Sysexit for BackupError {
    fn exit(&self) -> Exit {
        match self {
            Self::Db(e) => e.exit(),
            Self::Verify(e) => e.exit(),
        }
    }
}

impl Reader {
    /// Copies the ledger to the new file `out`, without faces, and verifies the copy.
    ///
    /// # Errors
    /// [`BackupError`]; there is no file `out` then.
    pub fn back_up(&self, out: &Path) -> Result<Verified, BackupError> {
        if out.exists() {
            return Err(DbError::Exists(out.to_owned()).into());
        }
        let staged = Staged::new(out)?;
        strip(&self.conn, staged.file())
            .map_err(|source| DbError::Sqlite { path: out.to_owned(), source })?;
        let verified = Reader::open(staged.file())?.verify(Depth::Full, |_| {})?;
        staged.publish()?;
        Ok(verified)
    }
}

/// Copies everything, then takes the faces out and every trace of them from the pages.
fn strip(from: &Connection, to: &Path) -> rusqlite::Result<()> {
    from.backup(rusqlite::MAIN_DB, to, rusqlite::backup::NO_PROGRESS)?;
    let copy = Connection::open(to)?;
    copy.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON;
         DELETE FROM template; DELETE FROM elder_key WHERE purpose = 'face';
         DELETE FROM staged_template; DELETE FROM staged_elder_key; DELETE FROM staged_elder;
         DELETE FROM staged_leaver; DELETE FROM staged_pages;
         DELETE FROM city_gallery; DELETE FROM calibration;
         UPDATE operator SET pin = ''; VACUUM;",
    )
}

impl Store {
    /// Puts the copy `from` into `dir`, which holds the box key and no ledger. `now` is what the
    /// clock says, believed or not; the entry that tells of the restoring is stamped as the copied
    /// ledger's clock stands.
    ///
    /// # Errors
    /// [`DbError::Exists`]; [`super::VaultError::Missing`] without the box key; otherwise as
    /// [`Store::open`].
    pub fn restore(dir: &Path, from: &Path, now: Timestamp) -> Result<Self, StoreError> {
        folder::make_dir(dir)?;
        let lock = folder::lock(dir)?;
        let path = dir.join(LEDGER_FILE);
        if path.exists() {
            return Err(DbError::Exists(path).into());
        }
        let vault = Vault::open(&dir.join(KEY_FILE))?;
        drop(Reader::open(from)?);
        let staged = Staged::new(&path)?;
        std::fs::copy(from, staged.file()).map_err(db::file(from))?;
        staged.publish()?;
        let mut store = Self::with(dir, vault, lock)?;
        store.without_faces(now)?;
        Ok(store)
    }

    /// Says in the ledger that no face is left of the gallery that it tells of.
    fn without_faces(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let salt = self.vault.salt()?;
        let tx = self.conn.transaction().map_err(LedgerError::from)?;
        epoch::remember_copy(&tx)?;
        forget_all(&tx, &self.vault).map_err(StoreError::from)?;
        if let Some(old) = current(&tx).map_err(LedgerError::from)? {
            let stamp = last_stamp(&tx, now)?;
            let change = GalleryChange { generation: old.generation + 1, templates: 0, ..old };
            ledger::append(&tx, &salt, stamp, &Event::Gallery(change))?;
        }
        Ok(tx.commit().map_err(LedgerError::from)?)
    }
}

/// A stamp that the ledger takes: its last one, or `now` where that is later.
fn last_stamp(conn: &Connection, now: Timestamp) -> Result<Stamp, LedgerError> {
    let last: Option<i64> =
        conn.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0)).optional()?.flatten();
    let last = last.map(ledger::number).ok_or(LedgerError::NoGenesis)?;
    let stamp = ledger::entry(conn, last)?.ok_or(LedgerError::NoGenesis)?.stamp;
    let at = record::parse_at(&record::at_text(now)).unwrap_or(now);
    Ok(Stamp { at: at.max(stamp.at), ..stamp })
}

//! Copies of a ledger, and what is made of one on a new disk.
//!
//! 1. A copy is taken while the box serves, as of one moment, and verified before it has its name.
//! 2. It carries no templates and no face keys, and never did while it was made: a face that is
//!    forgotten later must not come back from a copy. The city's cursor is not in it either, so that a
//!    restored box asks the city for everybody, faces included. Identities are in it, sealed with
//!    keys that open with the box key alone, which is not in it. PINs are not: whoever found a copy
//!    could try a million of them out, so operators of a restored box are given new ones.
//! 3. A box that was restored says in its ledger that its gallery has no faces any more; card, staff
//!    and subsidy go on, and faces are enrolled anew.
//! 4. Consents of the copy count for nothing: one that was withdrawn after it was taken is not in it.
//!    So nobody's face is kept again before the city or a roster says anew who has agreed.
//! 5. A restored box remembers where the copy ended until it is enrolled anew ([`super::epoch`]).

use super::db::{self, DbError};
use super::folder::{self, KEY_FILE, LEDGER_FILE, Staged};
use super::gallery::{GalleryError, current, forget_all};
use super::reader::Reader;
use super::vault::{Vault, VaultError};
use super::verify::{Depth, Verified, VerifyError};
use super::{LedgerError, Store, StoreError, epoch, ledger};
use crate::domain::entry::{Event, GalleryChange, Stamp};
use crate::error::{Exit, Sysexit};
use rusqlite::types::ToSqlOutput;
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
            return Err(DbError::Taken(out.to_owned()).into());
        }
        let staged = Staged::new(out)?;
        copy(&self.conn, staged.file())
            .map_err(|source| DbError::Sqlite { path: out.to_owned(), source })?;
        let verified = Reader::open(staged.file())?.verify(Depth::Full, |_| {})?;
        staged.publish()?;
        Ok(verified)
    }
}

/// Whether nothing of a table is copied: faces, what is on its way to becoming one, what only the city's
/// gallery in force needs.
fn left_out(table: &str) -> bool {
    let own = ["template", "city_gallery", "left_out", "calibration"];
    table.starts_with("staged_") || own.contains(&table)
}

/// Copies what a copy may hold, row by row, as of one moment. What it may not hold is never written:
/// the file may be on a stick, where deleting leaves traces.
fn copy(from: &Connection, to: &Path) -> rusqlite::Result<()> {
    let moment = from.unchecked_transaction()?;
    let mut copy = Connection::open(to)?;
    copy.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL")?;
    for pragma in ["application_id", "user_version"] {
        let value: i32 = moment.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))?;
        copy.execute_batch(&format!("PRAGMA {pragma} = {value}"))?;
    }
    let tx = copy.transaction()?;
    for (name, sql) in objects(&moment, "type = 'table'")? {
        tx.execute_batch(&sql)?;
        match name.as_str() {
            name if left_out(name) => {}
            "elder_key" => rows(&moment, &tx, "elder_key", "WHERE purpose <> 'face'")?,
            name => rows(&moment, &tx, name, "")?,
        }
    }
    tx.execute("UPDATE operator SET pin = ''", [])?;
    // Triggers come last: they abort what a copy need not check again.
    for (_, sql) in objects(&moment, "type <> 'table' AND sql IS NOT NULL")? {
        tx.execute_batch(&sql)?;
    }
    tx.commit()?;
    copy.close().map_err(|(_, error)| error)
}

/// Names and statements of the schema, in the order in which they were made.
fn objects(from: &Connection, which: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut stmt = from.prepare(&format!(
        "SELECT name, sql FROM sqlite_schema
         WHERE {which} AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    ))?;
    stmt.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Copies the rows of one table.
fn rows(from: &Connection, to: &Connection, table: &str, which: &str) -> rusqlite::Result<()> {
    let mut select = from.prepare(&format!("SELECT * FROM {table} {which}"))?;
    let columns = select.column_count();
    let values = vec!["?"; columns].join(", ");
    let mut insert = to.prepare(&format!("INSERT INTO {table} VALUES ({values})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

/// What becomes of the names in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The box key that sealed them is here.
    Kept,
    /// It is lost: they are dropped, and everybody is enrolled anew. A box key is made where there is
    /// none.
    Dropped,
}

impl Store {
    /// Puts the copy `from` into `dir`, which holds no ledger. The entry that tells of the restoring
    /// has the time of the last one: what the clock says now has still to be judged.
    ///
    /// # Errors
    /// [`DbError::Exists`]; [`StoreError::OtherKey`] or [`VaultError::Missing`] where names are to be
    /// kept and the box key in `dir` is not theirs; otherwise as [`Store::open`]. Nothing is in place
    /// then.
    pub fn restore(dir: &Path, from: &Path, names: Names) -> Result<Self, StoreError> {
        folder::make_dir(dir)?;
        let lock = folder::lock(dir)?;
        let (path, key) = (dir.join(LEDGER_FILE), dir.join(KEY_FILE));
        if path.exists() {
            return Err(DbError::Exists(path).into());
        }
        drop(Reader::open(from)?);
        let vault = match names {
            Names::Dropped if !key.exists() => Vault::create(&key)?,
            _ => Vault::open(&key)?,
        };
        let staged = Staged::new(&path)?;
        staged.fill(from)?;
        let mut conn = db::open(staged.file())?;
        without_faces(&mut conn, &vault, names)?;
        db::close(conn)?;
        staged.publish()?;
        Self::with(dir, vault, lock)
    }
}

/// Says in the ledger that no face is left of the gallery that it tells of.
fn without_faces(conn: &mut Connection, vault: &Vault, names: Names) -> Result<(), StoreError> {
    let salt = vault.salt()?;
    let tx = conn.transaction().map_err(LedgerError::from)?;
    epoch::remember_copy(&tx)?;
    match names {
        Names::Kept => forget_all(&tx, vault).map_err(|error| match error {
            GalleryError::Vault(VaultError::Sealed { .. }) => StoreError::OtherKey,
            other => other.into(),
        })?,
        Names::Dropped => {
            let dropped =
                tx.execute_batch("DELETE FROM elder; DELETE FROM card; DELETE FROM city_card_key;");
            dropped.map_err(LedgerError::from)?;
        }
    }
    if let Some(old) = current(&tx).map_err(LedgerError::from)? {
        let elders = if names == Names::Kept { old.elders } else { 0 };
        let generation = old.generation + 1;
        let change = GalleryChange { generation, elders, templates: 0, ..old };
        ledger::append(&tx, &salt, last_stamp(&tx)?, &Event::Gallery(change))?;
    }
    Ok(tx.commit().map_err(LedgerError::from)?)
}

/// The last entry's stamp.
fn last_stamp(conn: &Connection) -> Result<Stamp, LedgerError> {
    let last: Option<i64> =
        conn.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0)).optional()?.flatten();
    let last = last.map(ledger::number).ok_or(LedgerError::NoGenesis)?;
    Ok(ledger::entry(conn, last)?.ok_or(LedgerError::NoGenesis)?.stamp)
}

//! The city's own key, and how it is followed by another.
//!
//! 1. The next key is in its file before anybody hears of it, and in force with the row that holds
//!    the statement about it; files are put in their places after that. Cut off anywhere, a
//!    rotation has happened or it has not.
//! 2. A process that serves takes up a key that another one has put in force.

use super::db::{self, CityError};
use super::http::Refused;
use super::{City, Memory};
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::succession::{CityKey, STATEMENTS_MAX, Succession};
use crate::city::wire::suite::{PublicKey, SigningKey};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

impl City {
    /// Puts a new key in the place of the city's own, on the word of the one in use. Enrolment
    /// codes that were printed before name the old one and are void.
    ///
    /// # Errors
    /// [`CityError`]; done once more, it goes on.
    pub fn rotate_key(&self) -> Result<PublicKey, CityError> {
        let mut memory = self.memory();
        let next = db::key_in(&self.dir, db::NEXT_KEY_FILE)?;
        let said = CityKey {
            before: memory.key.public().id(),
            key: next.public().to_string(),
            since: self.clock.now(),
        };
        let statement = said.seal(&memory.key);
        let tx = memory.conn.transaction()?;
        tx.execute(
            "INSERT INTO own_key (before, key_id, statement) VALUES (?1, ?2, ?3)",
            (said.before, next.public().id(), statement),
        )?;
        tx.execute("DELETE FROM code", [])?;
        tx.commit()?;
        memory.key = Arc::new(next);
        settle(&self.dir, &memory.conn)?;
        Ok(memory.key.public().clone())
    }

    /// What has followed the city's key with this id.
    pub(super) fn succession(&self, key_id: &str) -> Result<Succession, Refused> {
        let memory = self.memory();
        let begin: Option<i64> = memory
            .conn
            .prepare_cached("SELECT step FROM own_key WHERE before = ?1")?
            .query_row([key_id], |row| row.get(0))
            .optional()?;
        match begin {
            Some(step) => Ok(statements(&memory.conn, step)?),
            None if memory.key.public().id() == key_id => Ok(Succession::default()),
            None => Err(RefusalCode::Missing.into()),
        }
    }

    /// The last statements about the city's own key, for a stick.
    ///
    /// # Errors
    /// [`CityError`].
    pub fn last_statements(&self) -> Result<Succession, CityError> {
        let memory = self.memory();
        let sql = "SELECT coalesce(max(step), 0) + 1 - ?1 FROM own_key";
        let step = memory.conn.query_row(sql, [STATEMENTS_MAX as i64], |row| row.get(0))?;
        statements(&memory.conn, step)
    }
}

fn statements(conn: &Connection, from: i64) -> Result<Succession, CityError> {
    let mut stmt = conn
        .prepare_cached("SELECT statement FROM own_key WHERE step >= ?1 ORDER BY step LIMIT ?2")?;
    let rows = stmt.query_map((from, STATEMENTS_MAX as i64), |row| row.get::<_, Vec<u8>>(0))?;
    let statement = |bytes: Vec<u8>| {
        serde_json::from_slice::<Value>(&bytes).map_err(|_| CityError::Altered("a statement"))
    };
    let statements = rows.map(|bytes| statement(bytes?)).collect::<Result<_, _>>()?;
    Ok(Succession { statements })
}

/// The id of the key in force; none where the first one still is.
fn in_force(conn: &Connection) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT key_id FROM own_key ORDER BY step DESC LIMIT 1", [], |row| row.get(0))
        .optional()
}

/// The key in force, wherever its file is.
fn find(dir: &Path, conn: &Connection) -> Result<SigningKey, CityError> {
    let Some(id) = in_force(conn)? else { return db::key_in(dir, db::KEY_FILE) };
    for name in [db::KEY_FILE, db::NEXT_KEY_FILE, db::KEY_FILE] {
        if dir.join(name).exists() {
            let key = db::key_in(dir, name)?;
            if key.public().id() == id {
                return Ok(key);
            }
        }
    }
    Err(CityError::KeyGone(dir.join(db::KEY_FILE)))
}

/// Puts the file of the key in force in its place.
fn settle(dir: &Path, conn: &Connection) -> Result<(), CityError> {
    let next = dir.join(db::NEXT_KEY_FILE);
    if next.exists() && in_force(conn)? == Some(db::key_in(dir, db::NEXT_KEY_FILE)?.public().id()) {
        db::rename(&next, &dir.join(db::KEY_FILE))?;
    }
    Ok(())
}

/// The key of a city that is opened, after a rotation that was cut off has come to its end.
pub(super) fn open(dir: &Path, conn: &Connection) -> Result<Arc<SigningKey>, CityError> {
    settle(dir, conn)?;
    Ok(Arc::new(find(dir, conn)?))
}

/// What counts the changes that other processes have made to the database.
pub(super) fn changes(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

/// Takes up the key that another process has put in force.
pub(super) fn take_up(dir: &Path, memory: &mut Memory) -> Result<(), CityError> {
    let changes = changes(&memory.conn)?;
    if changes != memory.changes {
        memory.key = Arc::new(find(dir, &memory.conn)?);
        memory.changes = changes;
    }
    Ok(())
}

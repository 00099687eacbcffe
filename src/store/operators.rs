//! Operators who may sign in at the screen.
//!
//! 1. An attempt counts as failed before the PIN is looked at, and as a success only afterwards, so
//!    that attempts side by side do not get around the count.
//! 2. How long an operator waits after wrong PINs is [`Tries`]' to say; it is kept here, so that it
//!    holds after a restart too, and beside it by a clock that never jumps, for as long as the
//!    process lives.
//! 3. An operator is never deleted, because entries name them for ever; they are disabled.

use super::db::sqlite_exit;
use super::pin::{Pin, PinHash};
use super::vault::VaultError;
use super::{Reader, Store};
use crate::domain::calendar::Timestamp;
use crate::domain::operator::{OperatorId, Throttle, Tries};
use crate::error::{Exit, Sysexit};
use crate::record;
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// Most operators of one box.
pub const OPERATORS_MAX: u32 = 64;
/// Longest name, in characters.
pub const OPERATOR_NAME_CHARS_MAX: usize = 16;
/// Why an operator could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is one of this id.
    #[error("operator {0} is there already; `canteend operator reset-pin` gives a new PIN")]
    Exists(OperatorId),
    /// There is none of this id.
    #[error("there is no operator {0}; `canteend operator list` shows who there is")]
    Unknown(OperatorId),
    /// Too many.
    #[error("there are {OPERATORS_MAX} operators already; use the id of one who has left")]
    TooMany,
    /// A name that cannot be shown.
    #[error("a name has 1 to {OPERATOR_NAME_CHARS_MAX} characters and none that controls a screen")]
    Name,
    /// No random bytes for a salt.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// SQLite failed; nothing was changed.
    #[error("the table of operators: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl Sysexit for OperatorError {
    fn exit(&self) -> Exit {
        match self {
            Self::Vault(e) => e.exit(),
            Self::Sqlite(e) => sqlite_exit(e),
            _ => Exit::Data,
        }
    }
}

/// An operator as the box knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Pseudonymous id; entries name it.
    pub id: OperatorId,
    /// What colleagues call them.
    pub name: String,
    /// Whether they may no longer sign in.
    pub disabled: bool,
}

/// What an attempt to sign in meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Compare the PIN with this. It counts as failed until [`Store::signed_in`] says otherwise.
    Check(PinHash),
    /// Nobody of this id may sign in. Say what a wrong PIN says, after the same time.
    Nobody,
    /// Too soon: the PIN is not looked at.
    Held(Throttle),
}

impl Store {
    /// Adds an operator.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub fn add_operator(
        &mut self,
        id: &OperatorId,
        name: &str,
        pin: &Pin,
    ) -> Result<(), OperatorError> {
        let shown = (1..=OPERATOR_NAME_CHARS_MAX).contains(&name.chars().count());
        if !shown || name.chars().any(char::is_control) || name.trim().is_empty() {
            return Err(OperatorError::Name);
        }
        let hash = pin.hash(&self.vault.salt()?);
        self.commit(|tx, _| {
            let count: u32 = tx.query_row("SELECT count(*) FROM operator", [], |row| row.get(0))?;
            if count >= OPERATORS_MAX {
                return Err(OperatorError::TooMany);
            }
            let added = tx.execute(
                "INSERT INTO operator VALUES (?1, ?2, ?3, 0, 0, '') ON CONFLICT DO NOTHING",
                (id.as_str(), name.trim(), hash.as_str()),
            )?;
            if added == 0 { Err(OperatorError::Exists(id.clone())) } else { Ok(()) }
        })
    }

    /// Keeps an operator from signing in again.
    ///
    /// # Errors
    /// [`OperatorError::Unknown`].
    pub fn disable_operator(&mut self, id: &OperatorId) -> Result<(), OperatorError> {
        let sql = "UPDATE operator SET disabled = 1 WHERE id = ?1";
        self.commit(|tx, _| changed(id, tx.execute(sql, [id.as_str()])?))
    }

    /// Gives an operator a new PIN, and lets one in again who was locked or disabled.
    ///
    /// # Errors
    /// [`OperatorError::Unknown`].
    pub fn reset_pin(&mut self, id: &OperatorId, pin: &Pin) -> Result<(), OperatorError> {
        let hash = pin.hash(&self.vault.salt()?);
        let sql = "UPDATE operator SET pin = ?2, disabled = 0, failures = 0, not_before = ''
                   WHERE id = ?1";
        self.commit(|tx, _| changed(id, tx.execute(sql, (id.as_str(), hash.as_str()))?))?;
        self.held_until.remove(id);
        Ok(())
    }

    /// Begins an attempt to sign in at `now`, which is `steady` by a clock that never jumps.
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn attempt(
        &mut self,
        id: &OperatorId,
        now: Timestamp,
        steady: Duration,
    ) -> Result<Attempt, OperatorError> {
        let row: Option<(String, u32, String)> = self
            .conn
            .prepare_cached(
                "SELECT pin, failures, not_before FROM operator WHERE id = ?1 AND NOT disabled",
            )?
            .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((pin, failures, not_before)) = row else { return Ok(Attempt::Nobody) };
        let before = Tries { failures, not_before: record::parse_at(&not_before) };
        let left = self.held_until.get(id).map_or(Duration::ZERO, |t| t.saturating_sub(steady));
        let (tries, held) = before.begin(now, left);
        if tries != before {
            let until = tries.not_before.map_or_else(String::new, record::at_text);
            let sql = "UPDATE operator SET failures = ?2, not_before = ?3 WHERE id = ?1";
            self.commit(|tx, _| {
                changed(id, tx.execute(sql, (id.as_str(), tries.failures, until))?)
            })?;
        }
        if let Some(held) = held {
            return Ok(Attempt::Held(held));
        }
        self.held_until.insert(id.clone(), steady + tries.pause());
        Ok(Attempt::Check(PinHash::from_stored(pin)))
    }

    /// Says that the PIN of an attempt was right.
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn signed_in(&mut self, id: &OperatorId) -> Result<Known, OperatorError> {
        let sql = "UPDATE operator SET failures = 0, not_before = '' WHERE id = ?1";
        self.commit(|tx, _| changed(id, tx.execute(sql, [id.as_str()])?))?;
        self.held_until.remove(id);
        let known = operators(&self.conn)?.into_iter().find(|known| known.id == *id);
        known.ok_or_else(|| OperatorError::Unknown(id.clone()))
    }

    /// Whether an operator who signed in by `pin` may go on: they are not disabled, and their PIN is
    /// still that one.
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn may_go_on(&self, id: &OperatorId, pin: &PinHash) -> Result<bool, OperatorError> {
        Ok(may_go_on(&self.conn, id, pin)?)
    }

    /// All operators, in order of id.
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn operators(&self) -> Result<Vec<Known>, OperatorError> {
        Ok(operators(&self.conn)?)
    }
}

impl Reader {
    /// As [`Store::may_go_on`].
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn may_go_on(&self, id: &OperatorId, pin: &PinHash) -> Result<bool, OperatorError> {
        Ok(may_go_on(&self.conn, id, pin)?)
    }

    /// As [`Store::operators`].
    ///
    /// # Errors
    /// [`OperatorError::Sqlite`].
    pub fn operators(&self) -> Result<Vec<Known>, OperatorError> {
        Ok(operators(&self.conn)?)
    }
}

fn changed(id: &OperatorId, rows: usize) -> Result<(), OperatorError> {
    if rows == 1 { Ok(()) } else { Err(OperatorError::Unknown(id.clone())) }
}

fn may_go_on(conn: &Connection, id: &OperatorId, pin: &PinHash) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM operator WHERE id = ?1 AND pin = ?2 AND NOT disabled")?
        .exists((id.as_str(), pin.as_str()))
}

fn operators(conn: &Connection) -> rusqlite::Result<Vec<Known>> {
    let mut stmt = conn.prepare_cached("SELECT id, name, disabled FROM operator ORDER BY id")?;
    let rows: Vec<(String, String, bool)> = stmt
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let known = |(id, name, disabled): (String, String, bool)| {
        Some(Known { id: OperatorId::new(&id).ok()?, name, disabled })
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

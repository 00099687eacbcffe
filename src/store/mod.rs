//! The only SQL: the ledger, what follows from it, and the gallery, in one SQLite file.
//!
//! 1. There is one writer. A [`Store`] holds the state folder's lock for its whole life; a second
//!    process is told so. A [`Reader`] needs no lock and changes nothing.
//! 2. An entry and all that follows from it are one durable transaction: when
//!    [`Store::append`] returns, the meal is safe, and before that it is not there at all.
//! 3. Entries are only ever added, and the schema itself refuses anything else.
//! 4. A second subsidised meal in one daily slot is refused by a primary key.
//! 5. A full disk takes the reserve first, and the entry with it stands; only then is it refused.
//!    Everything else stops before that ([`Space`]).
//! 6. Names and templates are sealed before they reach SQLite (`vault`).
//!
//! It decides nothing: what a meal is worth, and whether a clock is believed, is told to it.

mod backup;
mod calibration;
mod cards;
mod commit;
mod counter;
mod db;
mod epoch;
mod folder;
mod gallery;
mod identity;
mod later;
mod ledger;
mod left_out;
mod operators;
mod outbox;
mod pin;
mod projection;
mod proof;
mod reader;
mod reserve;
mod sync;
mod tap;
mod vault;
mod verify;

pub use backup::{BackupError, Names};
pub use calibration::Settings as CalibrationSettings;
pub use cards::CARDS_PER_ELDER_MAX;
pub use counter::OPEN_REVIEWS_MAX;
pub use db::DbError;
pub use folder::{KEY_FILE, LEDGER_FILE, LOCK_FILE, RESERVE_FILE};
pub use gallery::{
    CityGallery, ELDERS_MAX, Enrolled, GalleryError, Leaver, LeaverWhy, PageRows, Replaced, Staged,
};
pub use ledger::{Appended, LedgerError, Unvoidable};
pub use left_out::LeftOut;
pub use operators::{Attempt, Known, OPERATOR_NAME_CHARS_MAX, OPERATORS_MAX, OperatorError};
pub use outbox::{BatchLimits, SealedBatch, Unsealed};
pub use pin::{PIN_DIGITS, Pin, PinError, PinHash};
pub use projection::Contradiction;
pub use proof::Day;
pub use reader::{LIST_ROWS_MAX, Listing, Reader, Recorded};
pub use reserve::{LOW_BYTES, RESERVE_BYTES, Space};
pub use sync::{CityVerdict, VerdictTaken};
pub use tap::{TAPS_MAX, Tapped};
pub use vault::VaultError;
pub use verify::{Depth, Fault, Sums, Verified, VerifyError};

use crate::domain::calendar::Date;
use crate::domain::clock_trust::ClockRecord;
use crate::domain::elder::ElderId;
use crate::domain::entry::operation::{ConfigChange, Digest, KeyPurpose};
use crate::domain::entry::{Entry, EntryNumber, Event, GalleryChange, Stamp};
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::History;
use crate::error::{Exit, Sysexit};
use folder::Mark;
use reserve::Reserve;
use rusqlite::Connection;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vault::Vault;

/// Why a state folder could not be set up or opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder, its lock or the database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The box key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The first entry.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The gallery of a copy.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The names in a copy were sealed with another box key.
    #[error(
        "the names in the copy do not open with the box key that is here; put the right box.key in \
         its place, or where that is lost go on without names: `canteend restore --drop-names FILE`"
    )]
    OtherKey,
}

impl Sysexit for StoreError {
    fn exit(&self) -> Exit {
        match self {
            Self::Db(e) => e.exit(),
            Self::Vault(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Gallery(e) => e.exit(),
            Self::OtherKey => Exit::Config,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Db(_) | Self::OtherKey => None,
            Self::Vault(e) => e.whom(),
            Self::Ledger(e) => e.whom(),
            Self::Gallery(e) => e.whom(),
        }
    }
}

/// The writing end: the one connection that changes the ledger and the gallery.
pub struct Store {
    /// Before the connection, because fields are dropped in their order.
    mark: Mark,
    conn: Connection,
    folder: PathBuf,
    vault: Vault,
    device: String,
    reserve: Reserve,
    /// Until when operators wait after wrong PINs, by a clock that never jumps.
    held_until: HashMap<OperatorId, Duration>,
    /// Released by the operating system when the process ends, however it ends.
    _lock: File,
}

impl Store {
    /// Sets up `dir` (made where it is missing, for the owner alone): lock, box key, and a ledger
    /// whose first entry names `device`. A set-up that was cut off can simply be run again.
    ///
    /// # Errors
    /// [`DbError::Exists`] where there is a ledger already; otherwise what [`Store::open`] gives,
    /// or a device id that the ledger format does not allow.
    pub fn init(dir: &Path, device: &str, stamp: Stamp) -> Result<Self, StoreError> {
        folder::make_dir(dir)?;
        let lock = folder::lock(dir)?;
        let path = dir.join(LEDGER_FILE);
        if path.exists() {
            return Err(DbError::Exists(path).into());
        }
        let vault = Vault::create(&dir.join(KEY_FILE))?;
        // The ledger is built under another name: either it stands with its first entry or not.
        let staged = folder::Staged::new(&path)?;
        let mut conn = db::create(staged.file())?;
        let event = Event::Genesis { device: device.to_owned() };
        let tx = conn.transaction().map_err(LedgerError::from)?;
        ledger::append(&tx, &vault.salt()?, stamp, &event)?;
        tx.commit().map_err(LedgerError::from)?;
        db::close(conn)?;
        staged.publish()?;
        Self::with(dir, vault, lock)
    }

    /// Opens the store in `dir` for writing.
    ///
    /// # Errors
    /// [`DbError::Busy`] where another process holds it; [`DbError`] for a missing, foreign, newer
    /// or altered file; [`VaultError`] for a box key that is missing or open to others.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(LEDGER_FILE);
        if !path.exists() {
            return Err(DbError::Missing(path).into());
        }
        let lock = folder::lock(dir)?;
        Self::with(dir, Vault::open(&dir.join(KEY_FILE))?, lock)
    }

    fn with(dir: &Path, vault: Vault, lock: File) -> Result<Self, StoreError> {
        let (path, reserve) = (dir.join(LEDGER_FILE), Reserve::at(&dir.join(RESERVE_FILE)));
        let conn = match db::open(&path) {
            // A box that is switched on when its disk is full serves on.
            Err(DbError::Full(_)) if reserve.release() => db::open(&path)?,
            opened => {
                let conn = opened?;
                reserve.fill()?;
                conn
            }
        };
        let device = ledger::device(&conn)?;
        let mark = Mark::of(&path);
        db::fold_at_end(&conn, &path)?;
        Ok(Store {
            mark,
            conn,
            folder: dir.to_owned(),
            vault,
            device,
            reserve,
            held_until: HashMap::new(),
            _lock: lock,
        })
    }

    /// The state folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The device that the ledger belongs to.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Adds an entry and all that follows from it, durably. Fractions of a second are dropped from
    /// the stamp.
    ///
    /// # Errors
    /// [`LedgerError::SlotTaken`] for a second subsidised meal in one slot;
    /// [`LedgerError::Unvoidable`]; [`LedgerError::Reserved`] for kinds that only the store itself
    /// writes (genesis, gallery, epoch). Nothing has been written then.
    pub fn append(&mut self, stamp: Stamp, event: &Event) -> Result<Appended, LedgerError> {
        self.append_all(stamp, std::slice::from_ref(event))
    }

    /// Adds entries that belong together, all or none, and answers with the last one: a meal that
    /// staff vouch for follows the entry that says so.
    ///
    /// # Errors
    /// As [`Store::append`].
    ///
    /// # Panics
    /// Where there is no event.
    pub fn append_all(&mut self, stamp: Stamp, events: &[Event]) -> Result<Appended, LedgerError> {
        self.append_keyed(stamp, events, None)
    }

    fn append_keyed(
        &mut self,
        stamp: Stamp,
        events: &[Event],
        key: Option<&str>,
    ) -> Result<Appended, LedgerError> {
        let last = events.last().expect("at least one event is appended");
        if matches!(last, Event::ByHand(_) | Event::Card(_) | Event::Late(_)) {
            return Err(LedgerError::Contradiction(Contradiction::NothingFollows));
        }
        let own = events
            .iter()
            .find(|e| matches!(e, Event::Genesis { .. } | Event::Gallery(_) | Event::Epoch(_)));
        if let Some(event) = own {
            return Err(LedgerError::Reserved(event.kind()));
        }
        self.commit_entries(|tx, vault| {
            let mut appended = Err(LedgerError::NoGenesis);
            for event in events {
                appended = Ok(ledger::append(tx, &vault.salt()?, stamp, event)?);
            }
            if let (Some(key), Ok(Appended { n, .. })) = (key, &appended) {
                tap::remember(tx, key, *n)?;
            }
            appended
        })
    }

    /// As [`Store::append_all`], at most once for each `key`: with one that has been there before,
    /// nothing is written, and the answer is the last entry of that time.
    ///
    /// # Errors
    /// As [`Store::append_all`].
    ///
    /// # Panics
    /// Where there is no event.
    pub fn append_once(
        &mut self,
        stamp: Stamp,
        key: &str,
        events: &[Event],
    ) -> Result<Tapped, LedgerError> {
        match tap::find(&self.conn, key)? {
            Some(last) => Ok(Tapped::Before(last)),
            None => Ok(Tapped::Now(self.append_keyed(stamp, events, Some(key))?)),
        }
    }

    /// How much room there is for the ledger and for everything else. A reserve that was used is put
    /// by again where there is plenty.
    ///
    /// # Errors
    /// [`DbError::File`] where the disk does not say.
    pub fn space(&self) -> Result<Space, DbError> {
        self.reserve.space()
    }

    /// Whether there is room for what is not the ledger; whoever would fill the disk asks first.
    ///
    /// # Errors
    /// [`LedgerError::NoRoom`] where there is none.
    pub(in crate::store) fn room(&self) -> Result<(), LedgerError> {
        match self.space() {
            Ok(Space::Plenty) | Err(_) => Ok(()),
            Ok(_) => Err(LedgerError::NoRoom),
        }
    }

    /// Number of the last entry.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn last_entry(&self) -> Result<EntryNumber, LedgerError> {
        let last = self.conn.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0))?;
        Ok(ledger::number(last))
    }

    /// Entry `n`, or `None` where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Entry`] where it cannot be read.
    pub fn entry(&self, n: EntryNumber) -> Result<Option<Entry>, LedgerError> {
        ledger::entry(&self.conn, n)
    }

    /// What tells the box key from others, for the ledger.
    pub fn box_key_fingerprint(&self) -> Digest {
        self.vault.fingerprint().0
    }

    /// The key of this purpose that the ledger says is in use, and the entry that says so.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn key_in_use(
        &self,
        purpose: KeyPurpose,
    ) -> Result<Option<(EntryNumber, Digest)>, LedgerError> {
        ledger::key_in_use(&self.conn, purpose)
    }

    /// Where the clock stands in the ledger.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn clock(&self) -> Result<ClockRecord, LedgerError> {
        ledger::clock(&self.conn)
    }

    /// What the ledger says of the gallery in force; none before the first.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn gallery_change(&self) -> Result<Option<GalleryChange>, LedgerError> {
        Ok(gallery::current(&self.conn)?)
    }

    /// The configuration that the ledger says is in force; none before the first is recorded.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn config(&self) -> Result<Option<ConfigChange>, LedgerError> {
        Ok(projection::config(&self.conn)?)
    }

    /// What stands for `elder` on the service date `date`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`] where the file cannot be read.
    pub fn history(&self, elder: &ElderId, date: Date) -> Result<History, LedgerError> {
        ledger::history(&self.conn, elder, date)
    }
}

#[cfg(test)]
mod tests;

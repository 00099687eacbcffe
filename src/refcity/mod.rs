//! The reference city: the other side of the interface, for the demo, tests and city engineers.
//!
//! 1. A receipt is given for entries that are durably stored, whose chain goes on from the head
//!    that the city holds, and whose Merkle root it computed itself; never otherwise.
//! 2. One meal of an elder and service date stands over all boxes: the earliest by a trusted
//!    clock. Which one that is does not depend on the order in which batches arrive.
//! 3. Whatever a box sends is hostile until its signature, digest, time and nonce have held.
//! 4. A gap, a conflict, a replay and what comes of an epoch that is over are alarms: refused,
//!    counted, and shown until somebody looks.
//! 5. An entry counts once, in however many epochs of its device it comes; what only an epoch that
//!    is over had goes on counting.
//!
//! It is a reference and not a product: one SQLite connection, no operators, no TLS of its own (a
//! proxy does that). It can misbehave on request ([`mischief`]).

mod alarm;
mod batches;
mod claims;
mod db;
mod devices;
mod epochs;
mod forks;
mod gallery;
mod http;
mod judge;
mod keys;
pub mod mischief;
mod own_key;
mod page;
mod report;
mod server;

pub use db::CityError;
pub use gallery::Change;
pub use report::{DeviceRow, EpochRow, Report};
pub use server::{Running, serve, start};

use crate::city::wire::suite::{PublicKey, SigningKey};
use crate::city::wire::text::DeviceId;
use crate::clock::Clock;
use crate::domain::entry::operation::Epoch;
use crate::record::merkle::Tree;
use mischief::Mischief;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// A reference city.
pub struct City {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    /// What it does wrong, when asked to.
    pub mischief: Mischief,
    memory: Mutex<Memory>,
}

/// What changes.
struct Memory {
    conn: Connection,
    /// What the city signs with.
    key: Arc<SigningKey>,
    /// Counts what other processes have changed, as far as it was taken up.
    changes: i64,
    /// Merkle trees of the devices that have sent something since the start, each of an epoch.
    trees: HashMap<DeviceId, (Epoch, Tree)>,
}

impl City {
    /// Opens the city in `dir`, or founds one there: its key (0600) and its database.
    ///
    /// # Errors
    /// [`CityError`] where the folder cannot be used, or its key is open to others.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, CityError> {
        db::make(dir)?;
        let conn = db::open(dir)?;
        let (key, changes) = (own_key::open(dir, &conn)?, own_key::changes(&conn)?);
        let memory = Mutex::new(Memory { conn, key, changes, trees: HashMap::new() });
        Ok(City { dir: dir.to_owned(), clock, mischief: Mischief::default(), memory })
    }

    /// The key that the city signs with.
    pub fn public_key(&self) -> PublicKey {
        self.memory().key.public().clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().expect("no holder panics");
        if let Err(error) = own_key::take_up(&self.dir, &mut memory) {
            tracing::error!(%error, "the city goes on with the key that it had");
        }
        memory
    }
}

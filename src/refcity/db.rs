//! The city's folder: key and database.

use crate::city::wire::suite::{self, KeyError, SigningKey};
use crate::city::wire::text;
use crate::error::{Exit, Sysexit};
use crate::files;
use crate::record::card::CARD_KEY_BYTES;
use rusqlite::Connection;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The city's private key in its folder.
pub(super) const KEY_FILE: &str = "city.key";
/// The key that is to follow it.
pub(super) const NEXT_KEY_FILE: &str = "city.next.key";
/// The database in its folder.
const DATABASE_FILE: &str = "city.db";
/// Most bytes of a key file that are read.
const KEY_BYTES_MAX: u64 = 1024;
/// How long a statement waits for another process's lock.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Why the reference city cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// A file or folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read the key.
    #[error("{}: the city's key is open to others; run `chmod 600` on it", .0.display())]
    Open(PathBuf),
    /// No key.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The key in force is not there.
    #[error("{}: the key that the city signs with is missing; put it back from its copy", .0.display())]
    KeyGone(PathBuf),
    /// The database.
    #[error("the city's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What stands in the database was not written by this program.
    #[error("the city's database holds {0} that this program did not write")]
    Altered(&'static str),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] KeyError),
}

impl Sysexit for CityError {
    fn exit(&self) -> Exit {
        match self {
            Self::File { .. } | Self::Sqlite(_) => Exit::Io,
            Self::Open(_) | Self::Key { .. } | Self::KeyGone(_) => Exit::Config,
            Self::Altered(_) => Exit::Data,
            Self::Random(_) => Exit::Unavailable,
        }
    }
}

fn file(path: &Path) -> impl Fn(io::Error) -> CityError {
    |source| CityError::File { path: path.to_owned(), source }
}

/// Makes the folder where it is missing.
pub(super) fn make(dir: &Path) -> Result<(), CityError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file(dir))
}

/// The key in the file `name` of `dir`, made where there is none yet.
pub(super) fn key_in(dir: &Path, name: &str) -> Result<SigningKey, CityError> {
    let path = dir.join(name);
    if !path.exists() {
        let document = SigningKey::generate()?;
        files::write_whole(&path, &document, files::OWNER_ONLY).map_err(file(&path))?;
    }
    let opened = fs::File::open(&path).map_err(file(&path))?;
    if files::open_to_others(&opened).map_err(file(&path))?.is_some() {
        return Err(CityError::Open(path));
    }
    let mut document = Vec::new();
    opened.take(KEY_BYTES_MAX).read_to_end(&mut document).map_err(file(&path))?;
    SigningKey::from_pkcs8(&document).map_err(|source| CityError::Key { path, source })
}

/// A random name: eight letters and digits.
pub(super) fn token() -> Result<String, CityError> {
    Ok(text::to_base64(&suite::random::<6>()?).replace(['+', '/'], "x"))
}

/// Renames a file, durably.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), CityError> {
    files::rename_durably(from, to).map_err(file(from))
}

/// The database in `dir`, made where there is none.
pub(super) fn open(dir: &Path) -> Result<Connection, CityError> {
    let mut conn = Connection::open(dir.join(DATABASE_FILE))?;
    conn.busy_timeout(BUSY_WAIT)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    let tx = conn.transaction()?;
    let known: bool =
        tx.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'city'", [], |r| r.get(0))?;
    if !known {
        tx.execute_batch(include_str!("schema.sql"))?;
        tx.execute(
            "INSERT INTO city (one, cursor, card_key) VALUES (1, ?1, ?2)",
            (token()?, suite::random::<CARD_KEY_BYTES>()?),
        )?;
    }
    tx.commit()?;
    Ok(conn)
}

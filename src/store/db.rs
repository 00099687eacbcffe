//! The database file: opening, pragmas, migrations.
//!
//! 1. A file is changed only after it is known to be ours (application id, schema, version).
//! 2. Each migration is one file and one transaction, together with its version row.

use super::commit::DiskFull as _;
use super::folder;
use crate::error::{Exit, Sysexit};
use crate::files::beside;
use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `CANT`: tells our files from other SQLite files.
const APPLICATION_ID: i32 = 0x4341_4E54;
/// Oldest SQLite that is used; its predecessors can corrupt a WAL database in a rare race.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// How long a statement waits for another connection's lock.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Longest value that a row may hold; a damaged row must not ask for a gigabyte.
const VALUE_BYTES_MAX: i32 = 1 << 20;

/// The schema, step by step; a step's number is its place in the list, from 1.
const MIGRATIONS: [(&str, &str); 16] = [
    ("ledger", include_str!("migrations/0001_ledger.sql")),
    ("projections", PROJECTIONS[0]),
    ("gallery", include_str!("migrations/0003_gallery.sql")),
    ("outbox", include_str!("migrations/0010_outbox.sql")),
    ("calibration", include_str!("migrations/0011_calibration.sql")),
    ("sync", include_str!("migrations/0012_sync.sql")),
    ("close", PROJECTIONS[1]),
    ("clock entries", include_str!("migrations/0014_clock_entries.sql")),
    ("outbox indexes", include_str!("migrations/0015_outbox_indexes.sql")),
    ("forgotten", include_str!("migrations/0016_forgotten.sql")),
    ("counter", include_str!("migrations/0017_counter.sql")),
    ("cards", include_str!("migrations/0018_cards.sql")),
    ("left out", include_str!("migrations/0019_left_out.sql")),
    ("staged", include_str!("migrations/0020_staged.sql")),
    ("epoch", include_str!("migrations/0021_epoch.sql")),
    ("lost by the city", include_str!("migrations/0022_lost_by_the_city.sql")),
];
/// The tables that follow from the entries.
pub(super) const PROJECTIONS: [&str; 2] =
    [include_str!("migrations/0002_projections.sql"), include_str!("migrations/0013_close.sql")];

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No file.
    #[error("{}: there is no ledger here; set the box up first, or name another folder", .0.display())]
    Missing(PathBuf),
    /// A file where a new one should be made.
    #[error("{}: there is a ledger already, which is never overwritten; name another \
             folder, or move this one away whole", .0.display())]
    Exists(PathBuf),
    /// Not a database of this program.
    #[error("{}: this is not a ledger of canteend; name another file", .0.display())]
    Foreign(PathBuf),
    /// Not a SQLite file, or one whose beginning was altered.
    #[error("{}: this is not a database, or its beginning was altered; name the ledger file, or \
             restore a backup", .0.display())]
    NoDatabase(PathBuf),
    /// A file stands where a copy is to be made.
    #[error("{}: there is a file of this name already; give each copy a name of its own, such as one \
             with the date", .0.display())]
    Taken(PathBuf),
    /// Written by a newer program.
    #[error(
        "{}: schema version {found} is newer than {} that this program knows; install the newer \
         program again", path.display(), MIGRATIONS.len()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// Written by an older program, and opened for reading only.
    #[error("{}: schema version {found} is older than this program's; start canteend once to bring it up to date", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// A log on a medium that cannot be written.
    #[error("{}: entries still stand in the log beside it (-wal), which can only be read where \
             files can be written; copy both files to such a folder", .0.display())]
    Log(PathBuf),
    /// A log that must be there and is not.
    #[error("{}: the log beside it (-wal) is gone, and the newest entries with it; put it back. \
             Where it is lost, remove the file .open beside it to go on with what is left, and ask \
             the city what it has", .0.display())]
    LogGone(PathBuf),
    /// Part of the last page is missing.
    #[error("{}: the file was cut off; keep it as evidence and restore a backup", .0.display())]
    Cut(PathBuf),
    /// Tables or triggers are not as this program made them.
    #[error("{}: the schema was altered at \"{object}\"; restore the file from a backup", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// The first table, index or trigger that differs.
        object: String,
    },
    /// Another process writes here.
    #[error("{}: another canteend is at work here; stop it first, or let it do the work", .0.display())]
    Busy(PathBuf),
    /// Too old a SQLite was linked in.
    #[error("SQLite {0} is too old to be trusted with a ledger; build with the bundled one")]
    OldSqlite(&'static str),
    /// No room on the disk, not even to open the file.
    #[error("{}: the disk is full; remove what does not belong on the box, then start canteend \
             again", .0.display())]
    Full(PathBuf),
    /// A file or folder could not be made, locked or moved.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite could not open or read the file.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl Sysexit for DbError {
    fn exit(&self) -> Exit {
        match self {
            Self::Missing(_) | Self::Exists(_) | Self::Taken(_) | Self::OldSqlite(_) => {
                Exit::Config
            }
            Self::LogGone(_)
            | Self::Foreign(_)
            | Self::NoDatabase(_)
            | Self::Cut(_)
            | Self::Altered { .. } => Exit::Data,
            Self::Newer { .. } | Self::Older { .. } => Exit::Config,
            Self::Busy(_) => Exit::Unavailable,
            Self::Log(_) | Self::Full(_) | Self::File { .. } => Exit::Io,
            Self::Sqlite { source, .. } => sqlite_exit(source),
        }
    }
}

/// The exit code of a failure inside SQLite.
pub(super) fn sqlite_exit(error: &rusqlite::Error) -> Exit {
    match error {
        rusqlite::Error::SqliteFailure(e, _) => match e.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Exit::Unavailable,
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied => Exit::Io,
            ErrorCode::OutOfMemory => Exit::Unavailable,
            ErrorCode::ApiMisuse | ErrorCode::ParameterOutOfRange => Exit::Software,
            // Corrupt, not a database, broken constraints, an unreadable header or schema: our own
            // statements are fixed, so what they meet is bad data.
            _ => Exit::Data,
        },
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::SqlInputError { .. } => Exit::Data,
        _ => Exit::Software,
    }
}

/// Says which file or folder a failure is about.
pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> DbError {
    |source| DbError::File { path: path.to_owned(), source }
}

fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> DbError {
    |source| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => DbError::NoDatabase(path.to_owned()),
        _ if source.disk_full() => DbError::Full(path.to_owned()),
        _ => DbError::Sqlite { path: path.to_owned(), source },
    }
}

/// Makes the schema in the empty file at `path`.
pub(super) fn create(path: &Path) -> Result<Connection, DbError> {
    check_sqlite()?;
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sqlite(path))?;
    configure(&conn).and_then(|()| migrate(&mut conn, 0)).map_err(sqlite(path))?;
    Ok(conn)
}

/// Opens our file at `path` for writing and brings its schema up to date. The log stays where it is
/// when the connection ends, until [`fold_at_end`] is called.
pub(super) fn open(path: &Path) -> Result<Connection, DbError> {
    check_sqlite()?;
    folder::check_log(path)?;
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sqlite(path))?;
    // A file that this program turns away keeps its log: whoever can read it finds both.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sqlite(path))?;
    let version = version(&conn, path)?;
    configure(&conn).map_err(sqlite(path))?;
    migrate(&mut conn, version).map_err(sqlite(path))?;
    check_schema(&conn, path)?;
    Ok(conn)
}

/// Opens our file at `path` for reading; on a medium that cannot be written, as the immutable file
/// that it then is.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, DbError> {
    check_sqlite()?;
    if !path.is_file() {
        return Err(DbError::Missing(path.to_owned()));
    }
    folder::check_log(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let opened = connect(path, flags).and_then(|conn| {
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(conn)
    });
    let conn = match opened {
        // SQLite reads a WAL database through a shared-memory file beside it, which cannot be made
        // on such a medium. Without a log there is nothing but the file itself to be read.
        Err(rusqlite::Error::SqliteFailure(e, _))
            if matches!(e.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly) =>
        {
            if has_log(path) {
                return Err(DbError::Log(path.to_owned()));
            }
            open_immutable(path)
        }
        other => other,
    };
    let conn = conn.map_err(sqlite(path))?;
    let found = version(&conn, path)?;
    if found < MIGRATIONS.len() as i64 {
        return Err(DbError::Older { path: path.to_owned(), found });
    }
    check_schema(&conn, path)?;
    Ok(conn)
}

fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Opens a file that nothing can change while it is read, and makes none beside it.
fn open_immutable(path: &Path) -> rusqlite::Result<Connection> {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    connect(Path::new(&uri), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// Has the log folded into the file when the connection ends.
pub(super) fn fold_at_end(conn: &Connection, path: &Path) -> Result<(), DbError> {
    let set = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
    set.map(drop).map_err(sqlite(path))
}

/// Closes the connection, so that its log is folded into the file.
pub(super) fn close(conn: Connection) -> Result<(), DbError> {
    let path = PathBuf::from(conn.path().unwrap_or_default());
    fold_at_end(&conn, &path)?;
    conn.close().map_err(|(_, source)| DbError::Sqlite { path, source })
}

fn check_sqlite() -> Result<(), DbError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(DbError::OldSqlite(rusqlite::version()));
    }
    Ok(())
}

/// A connection with everything set that does not touch the file.
fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY_WAIT)?;
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;
         PRAGMA recursive_triggers = ON; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(conn)
}

/// The settings of the writing connection. A commit returns after the log has reached the disk;
/// deleted content is overwritten.
fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
    )
}

/// The schema version of a file that is ours and not newer than this program.
fn version(conn: &Connection, path: &Path) -> Result<i64, DbError> {
    let id: i32 =
        conn.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(sqlite(path))?;
    if id != APPLICATION_ID {
        return Err(DbError::Foreign(path.to_owned()));
    }
    let page_bytes: u64 = conn
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .map(i64::unsigned_abs)
        .map_err(sqlite(path))?;
    // SQLite reads what is missing of the last page as zeros.
    if !fs::metadata(path).map_err(file(path))?.len().is_multiple_of(page_bytes.max(1)) {
        return Err(DbError::Cut(path.to_owned()));
    }
    let found = conn
        .query_row("SELECT coalesce(max(version), 0) FROM migration", [], |row| row.get(0))
        .map_err(sqlite(path))?;
    if found > MIGRATIONS.len() as i64 {
        return Err(DbError::Newer { path: path.to_owned(), found });
    }
    Ok(found)
}

/// Applies the steps after `version`.
fn migrate(conn: &mut Connection, version: i64) -> rusqlite::Result<()> {
    for (number, (name, sql)) in (1i64..).zip(MIGRATIONS).skip_while(|(n, _)| *n <= version) {
        let tx = conn.transaction()?;
        if number == 1 {
            tx.execute_batch(
                "CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;",
            )?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        tx.execute_batch(sql)?;
        tx.execute("INSERT INTO migration (version, name) VALUES (?1, ?2)", (number, name))?;
        tx.commit()?;
    }
    Ok(())
}

/// Compares the schema with one freshly made: a missing trigger or a table turned into a view would
/// make every other check worthless.
fn check_schema(conn: &Connection, path: &Path) -> Result<(), DbError> {
    type Object = (String, Option<String>);
    fn objects(conn: &Connection) -> rusqlite::Result<Vec<Object>> {
        let mut stmt = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name, sql")?;
        stmt.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }
    let ours = || {
        let mut fresh = Connection::open_in_memory()?;
        migrate(&mut fresh, 0)?;
        objects(&fresh)
    };
    let ours = ours().map_err(sqlite(path))?;
    let theirs = objects(conn).map_err(sqlite(path))?;
    let differs = ours.iter().find(|o| !theirs.contains(o));
    match differs.or_else(|| theirs.iter().find(|o| !ours.contains(o))) {
        Some((name, _)) => Err(DbError::Altered { path: path.to_owned(), object: name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_immutable_file_of_any_name_is_read_without_a_file_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("账 本?mode=rw#%41&.db");
        close(create(&staged(&path)).unwrap()).unwrap();
        let conn = open_immutable(&path).unwrap();
        assert_eq!(version(&conn, &path).unwrap(), MIGRATIONS.len() as i64);
        check_schema(&conn, &path).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        conn.execute("CREATE TABLE more (x)", []).unwrap_err();
    }

    /// `create` fills an empty file.
    fn staged(path: &Path) -> PathBuf {
        fs::write(path, []).unwrap();
        path.to_owned()
    }
}

//! The state folder: its lock, and files that appear whole or not at all.

use super::db::{DbError, file};
use crate::files::{self, beside};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The database in the state folder.
pub const LEDGER_FILE: &str = "ledger.db";
/// The lock in the state folder.
pub const LOCK_FILE: &str = "lock";
/// The space put by in the state folder, see [`super::RESERVE_BYTES`].
pub const RESERVE_FILE: &str = "reserve";
/// The box key in the state folder.
pub const KEY_FILE: &str = "box.key";

/// What the name of a [`Mark`] adds to that of the database.
const MARK_SUFFIX: &str = ".open";

/// Makes the state folder, open to its owner alone, where it is missing.
pub(super) fn make_dir(dir: &Path) -> Result<(), DbError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file(dir))
}

/// Takes the folder's lock, which lasts as long as the file stays open.
pub(super) fn lock(dir: &Path) -> Result<File, DbError> {
    let path = dir.join(LOCK_FILE);
    let lock = OpenOptions::new().create(true).append(true).mode(files::OWNER_ONLY).open(&path);
    let lock = lock.map_err(file(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DbError::Busy(dir.to_owned())),
        Err(TryLockError::Error(e)) => Err(file(&path)(e)),
    }
}

/// Says that the newest entries of the database at `path` may stand in its log alone, which therefore
/// must not be missing. It is made after a commit has made the log durable, and taken away before
/// the log is folded into the database: where it stands, the log does.
pub(super) struct Mark {
    path: PathBuf,
    stands: bool,
}

impl Mark {
    /// The mark of the database at `path`, as an earlier run left it.
    pub(super) fn of(path: &Path) -> Self {
        let path = beside(path, MARK_SUFFIX);
        Mark { stands: path.exists(), path }
    }

    /// Sets it, where it does not stand. On a full disk it is tried again at the next commit.
    pub(super) fn set(&mut self) {
        self.stands = self.stands || File::create(&self.path).is_ok();
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if self.stands {
            // Where it cannot be removed, the log cannot either.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses a database whose log is missing. The log is looked for first, because whoever closes the
/// database takes the mark away first.
pub(super) fn check_log(path: &Path) -> Result<(), DbError> {
    let gone = !beside(path, "-wal").exists() && beside(path, MARK_SUFFIX).exists();
    if gone { Err(DbError::LogGone(path.to_owned())) } else { Ok(()) }
}

/// A file that is being made under another name, next to where it will stand.
pub(super) struct Staged {
    staged: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// Clears away what an earlier attempt left and makes an empty file for the owner alone.
    pub(super) fn new(path: &Path) -> Result<Self, DbError> {
        let staged = beside(path, ".new");
        for old in [staged.clone(), beside(&staged, "-wal"), beside(&staged, "-shm")] {
            files::remove(&old).map_err(file(&old))?;
        }
        let made =
            OpenOptions::new().create_new(true).write(true).mode(files::OWNER_ONLY).open(&staged);
        made.map_err(file(&staged))?;
        Ok(Staged { staged, path: path.to_owned() })
    }

    /// Fills it with what is in `from`. Whoever may read that, this file is for its owner alone.
    pub(super) fn fill(&self, from: &Path) -> Result<(), DbError> {
        let mut source = File::open(from).map_err(file(from))?;
        let copied = OpenOptions::new()
            .write(true)
            .open(&self.staged)
            .and_then(|mut made| io::copy(&mut source, &mut made));
        copied.map(drop).map_err(file(&self.staged))
    }

    /// Where it is being made.
    pub(super) fn file(&self) -> &Path {
        &self.staged
    }

    /// Gives the finished file its name, durably.
    pub(super) fn publish(self) -> Result<(), DbError> {
        let whole = File::open(&self.staged).and_then(|made| made.sync_all());
        whole.map_err(file(&self.staged))?;
        files::rename_durably(&self.staged, &self.path).map_err(file(&self.path))
    }
}

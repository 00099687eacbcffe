//! Space that is put by, so that the ledger still writes when the disk is full.
//!
//! A file of [`RESERVE_BYTES`] lies beside the ledger. When the disk is full it is removed, once, and
//! the entry is written again into the space that it leaves. A store without its reserve is short
//! of space, which is a state to be shown; the reserve is put by again at the next start that finds
//! room.

use super::db::{DbError, file};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Size of the reserve: some two thousand meals, a week of a large canteen.
pub const RESERVE_BYTES: u64 = 2 << 20;

/// The reserve of one state folder.
pub(super) struct Reserve(PathBuf);

impl Reserve {
    /// Puts the reserve by at `path`, where it is missing and there is room.
    pub(super) fn put_by(path: &Path) -> Result<Self, DbError> {
        let reserve = Reserve(path.to_owned());
        if reserve.held() {
            return Ok(reserve);
        }
        let zeros = vec![0; RESERVE_BYTES as usize];
        let mut new = OpenOptions::new();
        new.write(true).create(true).truncate(true).mode(0o600);
        let made = new.open(path).and_then(|mut made| made.write_all(&zeros));
        match made {
            Ok(()) => Ok(reserve),
            // The box serves on with what room there is.
            Err(e) if e.kind() == io::ErrorKind::StorageFull => {
                reserve.release();
                Ok(reserve)
            }
            Err(e) => Err(file(path)(e)),
        }
    }

    /// Whether it is there, whole.
    pub(super) fn held(&self) -> bool {
        fs::metadata(&self.0).is_ok_and(|found| found.len() == RESERVE_BYTES)
    }

    /// Gives the space back; false where there is none left to give.
    pub(super) fn release(&self) -> bool {
        fs::remove_file(&self.0).is_ok()
    }
}

//! Space that is put by, so that the ledger still writes when the disk is full.
//!
//! 1. A file of [`RESERVE_BYTES`] lies beside the ledger. When the disk is full it is removed, once,
//!    and the entry is written again into the space that it leaves.
//! 2. Everything else stops long before: below [`LOW_BYTES`] no gallery is replaced and no batch
//!    sealed. Backups, reports and logs lie elsewhere; where that is the same disk, they meet its
//!    end while the reserve is still there, and the system's journal keeps a bound of its own.
//! 3. The reserve is put by again as soon as there is room for it.

use super::db::{DbError, file};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Size of the reserve: some two thousand meals, a week of a large canteen.
pub const RESERVE_BYTES: u64 = 2 << 20;
/// Free space below which everything but the ledger stops: a gallery of 20,000 elders, which stands
/// twice on the disk while it is replaced.
pub const LOW_BYTES: u64 = 256 << 20;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// Enough for everything.
    Plenty,
    /// Only the ledger goes on writing.
    Low,
    /// The ledger writes into what was put by.
    InReserve,
    /// The last entry found no room, and there is no reserve left.
    Full,
}

impl Space {
    /// The state of a disk with `free` bytes, whether the reserve is `held`, and whether the last
    /// entry was `refused` for want of room.
    fn of(free: u64, held: bool, refused: bool) -> Self {
        match (refused, held) {
            (true, _) => Space::Full,
            (false, false) => Space::InReserve,
            (false, true) if free < LOW_BYTES => Space::Low,
            (false, true) => Space::Plenty,
        }
    }
}

/// The reserve of one state folder.
pub(super) struct Reserve {
    path: PathBuf,
    /// The last entry found no room.
    refused: bool,
}

impl Reserve {
    /// The reserve at `path`, as an earlier run left it.
    pub(super) fn at(path: &Path) -> Self {
        Reserve { path: path.to_owned(), refused: false }
    }

    /// Puts it by, where it is missing and there is room.
    pub(super) fn fill(&self) -> Result<(), DbError> {
        if self.held() {
            return Ok(());
        }
        let zeros = vec![0; RESERVE_BYTES as usize];
        let mut new = OpenOptions::new();
        new.write(true).create(true).truncate(true).mode(0o600);
        let made = new.open(&self.path).and_then(|mut made| made.write_all(&zeros));
        match made {
            Ok(()) => Ok(()),
            // The box serves on with what room there is.
            Err(e) if e.kind() == io::ErrorKind::StorageFull => {
                self.release();
                Ok(())
            }
            Err(e) => Err(file(&self.path)(e)),
        }
    }

    /// How much room there is. Where the reserve is gone and there is plenty again, it is put by.
    pub(super) fn space(&self) -> Result<Space, DbError> {
        let free = self.free()?;
        if free >= LOW_BYTES {
            self.fill()?;
        }
        Ok(Space::of(free, self.held(), self.refused))
    }

    /// Free bytes of the disk, for whoever is not root.
    fn free(&self) -> Result<u64, DbError> {
        let folder = self.path.parent().expect("a file in a state folder");
        let disk = rustix::fs::statvfs(folder).map_err(|e| file(folder)(e.into()))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether it is there, whole.
    pub(super) fn held(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| found.len() == RESERVE_BYTES)
    }

    /// Gives the space back; false where there is none left to give.
    pub(super) fn release(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }

    /// Notes whether an entry found room.
    pub(super) fn note(&mut self, refused: bool) {
        self.refused = refused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_of_a_disk_has_its_name() {
        for (free, held, refused, space) in [
            (LOW_BYTES, true, false, Space::Plenty),
            (LOW_BYTES - 1, true, false, Space::Low),
            (0, true, false, Space::Low),
            (0, false, false, Space::InReserve),
            (LOW_BYTES, false, false, Space::InReserve),
            (0, false, true, Space::Full),
        ] {
            assert_eq!(Space::of(free, held, refused), space, "{free} {held} {refused}");
        }
    }

    #[test]
    fn a_reserve_that_was_used_is_put_by_again_when_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::at(&dir.path().join("reserve"));
        reserve.fill().unwrap();
        let roomy = reserve.free().unwrap() >= LOW_BYTES;
        assert!(reserve.held() && reserve.release() && !reserve.release() && !reserve.held());
        reserve.note(true);
        assert_eq!(reserve.space().unwrap(), Space::Full);
        reserve.note(false);
        assert_eq!(reserve.space().unwrap() == Space::Plenty, roomy);
        assert_eq!(reserve.held(), roomy);
    }
}

//! Files that are their owner's alone, and files that appear whole or not at all.
//!
//! It words no error: whoever asks knows what the file was for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Mode of a file that its owner alone may read.
pub const OWNER_ONLY: u32 = 0o600;
/// Mode of a file that may leave the machine; the process's mask takes off what it does not grant.
pub const FOR_OTHERS: u32 = 0o666;
/// Permission bits that nobody but the owner may have on what is secret.
pub const OTHERS: u32 = 0o077;

/// The permission bits of an open file, where it is not its owner's alone.
///
/// # Errors
/// Where the system does not tell them.
pub fn open_to_others(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & OTHERS != 0).then_some(mode))
}

/// Puts a file of these bytes and this mode at `path`, whole or not at all: it is durable under that
/// name when this returns. It is made new and then named, so that a link at `path` leads nowhere.
///
/// # Errors
/// What making, writing or naming it met; what stands at `path` is whole all the same.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let staged = beside(path, ".new");
    remove(&staged)?;
    let mut made = OpenOptions::new().write(true).create_new(true).mode(mode).open(&staged)?;
    made.write_all(bytes)?;
    made.sync_all()?;
    rename_durably(&staged, path)
}

/// Renames a file within its folder; it has the new name even after the power fails.
///
/// # Errors
/// Where it cannot be renamed, or the folder not be made durable.
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Removes a file where there is one.
///
/// # Errors
/// Where there is one and it stays.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// `path` with something after its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_the_one_before_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(beside(&path, ".new"), "what an earlier attempt left").unwrap();
        for text in ["a longer text", "a text"] {
            write_whole(&path, text.as_bytes(), OWNER_ONLY).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(open_to_others(&File::open(&path).unwrap()).unwrap(), None);
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        for mode in [0o640, 0o604, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_to_others(&File::open(&path).unwrap()).unwrap(), Some(mode));
        }
        assert!(write_whole(&dir.path().join("none/key"), b"", OWNER_ONLY).is_err());
    }

    #[test]
    fn a_link_where_a_file_is_to_stand_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("batch"), dir.path().join("other"));
        fs::write(&other, "another file").unwrap();
        for link in [path.clone(), beside(&path, ".new")] {
            std::os::unix::fs::symlink(&other, link).unwrap();
        }
        write_whole(&path, b"a batch", FOR_OTHERS).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a batch");
        assert_eq!(fs::read_to_string(&other).unwrap(), "another file");
    }
}

//! Who this box is to the city, and who the city is: the device key and the pinned city key.
//!
//! 1. The device's private key is made on the box and never leaves it. It is in a file that only its
//!    owner can read; any other is refused. Where there is no such file it comes from systemd
//!    (`LoadCredentialEncrypted`): a key that was sealed and its file removed.
//! 2. A key that is to take its place goes through three names: offered, next, and then the device
//!    key's own. Each step is one rename, so that a rotation goes on wherever it was cut off.
//! 3. What is pinned once is not replaced by another city's key without somebody removing it; the
//!    city's own next key, which the one before has signed for, takes its place ([`repin`]).
//! 4. A key that is sealed is given to the service alone. The service leaves a mark, by which other
//!    commands do not take the box for one that has no key, and make none beside it.

mod city;

pub use city::{CITY_FILE, Pinned, may_pin, pin, pinned, repin};

use super::wire::suite::{KeyError, SigningKey};
use crate::error::{Exit, Sysexit};
use crate::files;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The device's private key, in the state folder or among systemd's credentials.
pub const DEVICE_KEY_FILE: &str = "device.key";
/// A key that is being offered to the city, to take the device key's place.
pub const OFFERED_KEY_FILE: &str = "device.offered.key";
/// A key that the city has taken, and that takes the device key's place after the entry that says
/// so is acknowledged.
pub const NEXT_KEY_FILE: &str = "device.next.key";
/// Says that the service has its device key from systemd.
pub const SEALED_MARK: &str = "device.key.sealed";
/// Where systemd says that a service's credentials are.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";
/// Most bytes of either file that are read.
const FILE_BYTES_MAX: u64 = 4096;

/// Why the box does not know who it or the city is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No key or no city.
    #[error("{}: the box is not enrolled; run `canteend provision --city URL --code CODE`", .0.display())]
    NotEnrolled(PathBuf),
    /// The key is among the credentials of the service, which this process does not have.
    #[error("{}: the device key is sealed, and given by systemd to the service alone; run this command \
             with it, as root: systemd-run --pipe --wait --same-dir --uid=canteend \
             --property=LoadCredentialEncrypted=device.key canteend ...; for a new key in its \
             place see docs/recovery.md", .0.display())]
    Sealed(PathBuf),
    /// Others may read the key.
    #[error("{}: the device key is open to others (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The pinned city cannot be read.
    #[error("{}: {problem}; move this file away and provision the box again", path.display())]
    City {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Another city is pinned.
    #[error("{}: the box is enrolled with another city (key {known}); if the city has changed its \
             key, run `canteend upload` first, which takes the new one up; remove this file only if \
             another city is meant", path.display())]
    OtherCity {
        /// The file.
        path: PathBuf,
        /// Fingerprint of the pinned key.
        known: String,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Sysexit for IdentityError {
    fn exit(&self) -> Exit {
        match self {
            Self::File { .. } => Exit::Io,
            _ => Exit::Config,
        }
    }
}

fn file(path: &Path) -> impl Fn(io::Error) -> IdentityError {
    |source| IdentityError::File { path: path.to_owned(), source }
}

/// Where the device key is: in `state`, else among `credentials`, where systemd put it there.
enum Place {
    /// In a file of the state folder, which is there or not yet.
    File(PathBuf),
    /// Guarded by its folder, and by an access list that shows in its mode as if it were open to a
    /// group.
    Credential(PathBuf),
}

fn place(state: &Path, credentials: Option<&Path>) -> Result<Place, IdentityError> {
    let own = state.join(DEVICE_KEY_FILE);
    let credential = credentials.map(|dir| dir.join(DEVICE_KEY_FILE)).filter(|path| path.exists());
    let mark = state.join(SEALED_MARK);
    match credential {
        _ if own.exists() => Ok(Place::File(own)),
        Some(path) => Ok(Place::Credential(path)),
        None if mark.exists() => Err(IdentityError::Sealed(mark)),
        None => Ok(Place::File(own)),
    }
}

/// Marks in the state folder whether the service, which calls this, has its key from systemd.
///
/// # Errors
/// [`IdentityError::File`].
pub fn mark_sealed(state: &Path, credentials: Option<&Path>) -> Result<(), IdentityError> {
    let mark = state.join(SEALED_MARK);
    // Its own mark says nothing to the service: it has the key, or there is none.
    let sealed = matches!(place(state, credentials), Ok(Place::Credential(_)));
    match (sealed, mark.exists()) {
        (true, false) => write(&mark, b"see docs/install.md, Keys in the machine's TPM\n"),
        (false, true) => fs::remove_file(&mark).map_err(file(&mark)),
        _ => Ok(()),
    }
}

/// The folder into which systemd puts this service's credentials.
pub fn credentials() -> Option<PathBuf> {
    std::env::var_os(CREDENTIALS_VARIABLE).map(PathBuf::from)
}

/// The key that the city has taken to come next, where there is one.
///
/// # Errors
/// As [`device_key`], but for a missing one.
pub fn next_key(state: &Path) -> Result<Option<SigningKey>, IdentityError> {
    let path = state.join(NEXT_KEY_FILE);
    if path.exists() { secret_key(path).map(Some) } else { Ok(None) }
}

/// A key to offer to the city, made where none is being offered yet.
///
/// # Errors
/// As [`device_key`], but for a missing one.
pub fn offered_key(state: &Path) -> Result<SigningKey, IdentityError> {
    let path = state.join(OFFERED_KEY_FILE);
    if !path.exists() {
        make_key(&path)?;
    }
    secret_key(path)
}

/// The city has taken the key that was offered.
///
/// # Errors
/// [`IdentityError::File`].
pub fn offer_taken(state: &Path) -> Result<(), IdentityError> {
    rename(&state.join(OFFERED_KEY_FILE), &state.join(NEXT_KEY_FILE))
}

/// The next key takes the device key's place, also of one that was sealed.
///
/// # Errors
/// [`IdentityError::File`].
pub fn promote_next(state: &Path) -> Result<(), IdentityError> {
    rename(&state.join(NEXT_KEY_FILE), &state.join(DEVICE_KEY_FILE))
}

/// Drops a key that was to follow. The city forgets it too when it enrols the device anew.
///
/// # Errors
/// [`IdentityError::File`].
pub fn drop_next(state: &Path) -> Result<(), IdentityError> {
    for path in [state.join(OFFERED_KEY_FILE), state.join(NEXT_KEY_FILE)] {
        files::remove(&path).map_err(file(&path))?;
    }
    Ok(())
}

/// The device key of an enrolled box. `credentials` is systemd's folder of them.
///
/// # Errors
/// [`IdentityError`] where it is missing, sealed, open to others, or no key.
pub fn device_key(state: &Path, credentials: Option<&Path>) -> Result<SigningKey, IdentityError> {
    match place(state, credentials)? {
        Place::File(path) => secret_key(path),
        Place::Credential(path) => key_in(path, false),
    }
}

fn secret_key(path: PathBuf) -> Result<SigningKey, IdentityError> {
    key_in(path, true)
}

/// The key in a file, whose mode is looked at where it is `secret` by that alone.
fn key_in(path: PathBuf, secret: bool) -> Result<SigningKey, IdentityError> {
    let document = read(&path, secret)?;
    SigningKey::from_pkcs8(&document).map_err(|source| IdentityError::Key { path, source })
}

fn make_key(path: &Path) -> Result<(), IdentityError> {
    let document = SigningKey::generate()
        .map_err(|source| IdentityError::Key { path: path.to_owned(), source })?;
    write(path, &document)
}

/// The device key, made in `state` where there is none yet.
///
/// # Errors
/// As [`device_key`].
pub fn device_key_or_new(
    state: &Path,
    credentials: Option<&Path>,
) -> Result<SigningKey, IdentityError> {
    if let Place::File(path) = place(state, credentials)?
        && !path.exists()
    {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(file(state))?;
        make_key(&path)?;
    }
    device_key(state, credentials)
}

fn read(path: &Path, secret: bool) -> Result<Vec<u8>, IdentityError> {
    let opened = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(IdentityError::NotEnrolled(path.to_owned()));
        }
        other => other.map_err(file(path))?,
    };
    if secret && let Some(mode) = files::open_to_others(&opened).map_err(file(path))? {
        return Err(IdentityError::Open { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    opened.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(file(path))?;
    Ok(bytes)
}

/// Writes a file of the owner's alone that appears whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), IdentityError> {
    files::write_whole(path, bytes, files::OWNER_ONLY).map_err(file(path))
}

fn rename(from: &Path, to: &Path) -> Result<(), IdentityError> {
    files::rename_durably(from, to).map_err(file(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_device_key_is_made_once_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        assert!(matches!(device_key(&state, None), Err(IdentityError::NotEnrolled(_))));
        let made = device_key_or_new(&state, None).unwrap();
        let again = device_key_or_new(&state, None).unwrap();
        assert_eq!(made.public(), again.public());
        let path = state.join(DEVICE_KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = device_key(&state, None).unwrap_err();
            assert!(matches!(told, IdentityError::Open { mode: m, .. } if m == mode), "{told}");
        }
    }

    #[test]
    fn a_key_in_the_folder_goes_before_a_credential_which_is_taken_without_it() {
        let (state, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let own = device_key_or_new(state.path(), None).unwrap();
        let given = device_key_or_new(credentials.path(), None).unwrap();
        // As an access list shows it.
        let listed = fs::Permissions::from_mode(0o440);
        fs::set_permissions(credentials.path().join(DEVICE_KEY_FILE), listed).unwrap();
        let found = || device_key(state.path(), Some(credentials.path())).unwrap();
        assert_eq!(found().public(), own.public());
        fs::remove_file(state.path().join(DEVICE_KEY_FILE)).unwrap();
        assert_eq!(found().public(), given.public());
        let same = device_key_or_new(state.path(), Some(credentials.path())).unwrap();
        assert_eq!(same.public(), given.public());
    }

    #[test]
    fn a_sealed_key_is_not_a_missing_one_until_the_service_has_none_either() {
        let (state, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (state, credentials) = (state.path(), Some(credentials.path()));
        let sealed = |told| matches!(told, Err(IdentityError::Sealed(_)));
        let given = device_key_or_new(credentials.unwrap(), None).unwrap();
        mark_sealed(state, None).unwrap();
        assert!(matches!(device_key(state, None), Err(IdentityError::NotEnrolled(_))));
        for _ in 0..2 {
            mark_sealed(state, credentials).unwrap();
            assert!(sealed(device_key(state, None)) && sealed(device_key_or_new(state, None)));
        }
        assert_eq!(device_key(state, credentials).unwrap().public(), given.public());

        // A key that follows lies in the folder, as that of a box that was never sealed.
        make_key(&state.join(NEXT_KEY_FILE)).unwrap();
        promote_next(state).unwrap();
        assert_ne!(device_key(state, credentials).unwrap().public(), given.public());
        assert!(device_key(state, None).is_ok());
        mark_sealed(state, credentials).unwrap();
        assert!(!state.join(SEALED_MARK).exists());

        fs::remove_file(state.join(DEVICE_KEY_FILE)).unwrap();
        mark_sealed(state, credentials).unwrap();
        mark_sealed(state, None).unwrap();
        assert!(device_key_or_new(state, None).is_ok());
    }
}

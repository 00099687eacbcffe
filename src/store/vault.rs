//! Sealing what is personal: AES-256-GCM under one key for each elder and purpose.
//!
//! 1. Every elder has two keys of their own, for the face and for the identity, wrapped by the box
//!    key. Destroying the wrapped key destroys all that it sealed, wherever copies of the
//!    ciphertext without it lie; withdrawn consent does so to the face key alone. A copy of the whole
//!    file has the wrapped key too; `canteend backup` therefore leaves face keys out.
//! 2. A sealed value opens only where it was sealed: table, row, column and key version are its
//!    associated data.
//! 3. Keys and plain text have no `Debug` that shows them.
//!
//! A sealed value is a random nonce (12 bytes), the ciphertext, and the tag (16 bytes). It does
//! not guard against someone who reads the running process or has both the box key and the file.

use crate::error::{Exit, Sysexit};
use crate::files;
use crate::record::card::CardDigest;
use crate::record::{Hash, Salt};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Length of every key, in bytes.
const KEY_BYTES: usize = 32;
/// Sets the key of cards apart from the box key that it is derived from.
const CARDS: &[u8] = b"canteend cards v1";

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No box key.
    #[error("{}: the box key is missing; put it back from its safe copy, or enrol everybody anew", .0.display())]
    Missing(PathBuf),
    /// Others may read the box key.
    #[error("{}: the box key is open to others (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 32 bytes.
    #[error("{}: a box key has 32 bytes; put it back from its safe copy", .0.display())]
    Length(PathBuf),
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// Altered, moved, or sealed with another key.
    #[error(
        "a row of table \"{table}\" does not open: it was altered or moved, or the box key is \
         another one"
    )]
    Sealed {
        /// Which table.
        table: &'static str,
        /// Which row; it bears an elder's id.
        row: String,
    },
}

impl Sysexit for VaultError {
    fn exit(&self) -> Exit {
        match self {
            Self::Missing(_) | Self::Open { .. } | Self::Length(_) => Exit::Config,
            Self::File { .. } => Exit::Io,
            Self::Random => Exit::Unavailable,
            Self::Sealed { .. } => Exit::Data,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Sealed { row, .. } => Some(row),
            _ => None,
        }
    }
}

/// What an elder's key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Templates of the face.
    Face,
    /// Name, birth date, entitlements, consent.
    Identity,
}

impl Purpose {
    /// The code in table `elder_key`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Identity => "identity",
        }
    }
}

/// Where a sealed value stands; its associated data.
#[derive(Clone, Copy)]
struct Place<'a> {
    table: &'static str,
    /// Key of the row.
    row: &'a str,
    column: &'a str,
    /// Version of the key that seals.
    key_version: i64,
}

impl Place<'_> {
    fn refused(&self) -> VaultError {
        VaultError::Sealed { table: self.table, row: self.row.to_owned() }
    }

    /// Parts set apart by a byte that none of them holds.
    fn aad(&self) -> Aad<Vec<u8>> {
        let Place { table, row, column, key_version } = self;
        Aad::from(format!("{table}\0{row}\0{column}\0{key_version}").into_bytes())
    }
}

/// One elder's key for one purpose.
pub struct ElderKey {
    key: LessSafeKey,
    version: i64,
}

impl fmt::Debug for ElderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElderKey({KEY_BYTES} bytes, version {})", self.version)
    }
}

/// Holds the box key.
pub struct Vault {
    box_key: LessSafeKey,
    cards: hmac::Key,
    fingerprint: Hash,
    random: SystemRandom,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({KEY_BYTES} bytes)")
    }
}

impl Vault {
    /// Makes a box key at `path`, or takes the whole one that an earlier attempt left there.
    ///
    /// # Errors
    /// [`VaultError`] where it cannot be made, or the one there cannot be used.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        if path.exists() {
            return Self::open(path);
        }
        let mut key = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).map_err(|_| VaultError::Random)?;
        // Whole or not at all: a key that was cut off would lock everybody out.
        files::write_whole(path, &key, files::OWNER_ONLY)
            .map_err(|source| VaultError::File { path: path.to_owned(), source })?;
        Self::open(path)
    }

    /// Reads the box key at `path`.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::Open`], [`VaultError::Length`].
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let wrong = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => VaultError::Missing(path.to_owned()),
            _ => VaultError::File { path: path.to_owned(), source },
        };
        let file = File::open(path).map_err(wrong)?;
        if let Some(mode) = files::open_to_others(&file).map_err(wrong)? {
            return Err(VaultError::Open { path: path.to_owned(), mode });
        }
        let mut key = Vec::with_capacity(KEY_BYTES + 1);
        file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key).map_err(wrong)?;
        let cards = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), CARDS);
        let cards = hmac::Key::new(hmac::HMAC_SHA256, cards.as_ref());
        // Of 32 random bytes a digest gives nothing away.
        let fingerprint = Hash::of(&[b"canteend box key\n", &key]);
        let key = UnboundKey::new(&AES_256_GCM, &key);
        let key = key.map_err(|_| VaultError::Length(path.to_owned()))?;
        let box_key = LessSafeKey::new(key);
        Ok(Vault { box_key, cards, fingerprint, random: SystemRandom::new() })
    }

    /// A keyed digest, by which something is known again that is not kept; without the box key
    /// nobody can try numbers out.
    pub fn digest(&self, said: &[u8]) -> CardDigest {
        let tag = hmac::sign(&self.cards, said);
        tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
    }

    /// What tells the box key from others.
    pub fn fingerprint(&self) -> Hash {
        self.fingerprint
    }

    /// A fresh salt for a ledger entry.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn salt(&self) -> Result<Salt, VaultError> {
        self.fill()
    }

    /// A new key for `elder`, and its wrapped form to be stored.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn new_key(
        &self,
        elder: &str,
        purpose: Purpose,
        version: i64,
    ) -> Result<(ElderKey, Vec<u8>), VaultError> {
        let key: [u8; KEY_BYTES] = self.fill()?;
        let wrapped = self.seal_with(&self.box_key, wrap_place(elder, purpose, version), &key)?;
        Ok((elder_key(&key, version), wrapped))
    }

    /// The key in a wrapped form.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] where it is of another box, elder, purpose or version, or altered.
    pub fn unwrap_key(
        &self,
        elder: &str,
        purpose: Purpose,
        version: i64,
        wrapped: &[u8],
    ) -> Result<ElderKey, VaultError> {
        let place = wrap_place(elder, purpose, version);
        let key = open_with(&self.box_key, place, wrapped)?;
        let key = key.try_into().map_err(|_| place.refused())?;
        Ok(elder_key(&key, version))
    }

    /// Seals `plain` for column `column` of row `row` in `table`.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn seal(
        &self,
        key: &ElderKey,
        (table, row, column): (&'static str, &str, &str),
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let place = Place { table, row, column, key_version: key.version };
        self.seal_with(&key.key, place, plain)
    }

    /// Seals what belongs to the box and to no elder, with the box key itself.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn seal_own(
        &self,
        (table, row, column): (&'static str, &str, &str),
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let place = Place { table, row, column, key_version: 0 };
        self.seal_with(&self.box_key, place, plain)
    }

    /// Opens what [`Vault::seal_own`] sealed in the same place.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] names the place.
    pub fn open_own(
        &self,
        (table, row, column): (&'static str, &str, &str),
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        open_with(&self.box_key, Place { table, row, column, key_version: 0 }, sealed)
    }

    fn seal_with(
        &self,
        key: &LessSafeKey,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_LEN] = self.fill()?;
        let mut sealed = plain.to_vec();
        // A key seals a few thousand values in its life; random nonces do not meet.
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, place.aad(), &mut sealed)
            .expect("values are far shorter than the 64 GiB that GCM allows");
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    fn fill<const N: usize>(&self) -> Result<[u8; N], VaultError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(|_| VaultError::Random)?;
        Ok(bytes)
    }
}

/// Opens what [`Vault::seal`] sealed in the same place.
///
/// # Errors
/// [`VaultError::Sealed`] names the place.
pub fn open(
    key: &ElderKey,
    (table, row, column): (&'static str, &str, &str),
    sealed: &[u8],
) -> Result<Vec<u8>, VaultError> {
    open_with(&key.key, Place { table, row, column, key_version: key.version }, sealed)
}

fn open_with(key: &LessSafeKey, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let refused = || place.refused();
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(refused)?;
    let mut plain = rest.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = key.open_in_place(nonce, place.aad(), &mut plain).map_err(|_| refused())?.len();
    plain.truncate(length);
    Ok(plain)
}

fn wrap_place(elder: &str, purpose: Purpose, key_version: i64) -> Place<'_> {
    Place { table: "elder_key", row: elder, column: purpose.code(), key_version }
}

fn elder_key(key: &[u8; KEY_BYTES], version: i64) -> ElderKey {
    let key = UnboundKey::new(&AES_256_GCM, key).expect("the array has the key's length");
    ElderKey { key: LessSafeKey::new(key), version }
}

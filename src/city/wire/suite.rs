//! Signature suites: keys, signatures, key ids.
//!
//! One suite exists: Ed25519 (RFC 8032) with SHA-256. Every key carries its suite, and every text
//! form of a key names it, so that SM2 with SM3 can be added here where a city demands it.

use super::text;
use crate::domain::codes::closed_list;
use crate::record::Hash;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;

/// Length of an Ed25519 public key, in bytes.
const ED25519_PUBLIC_BYTES: usize = 32;
/// Hexadecimal digits of a key id: 128 bits of a SHA-256 value.
const KEY_ID_DIGITS: usize = 32;
/// Random bytes of a nonce.
const NONCE_BYTES: usize = 16;

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a key of a known suite.
    #[error(
        "this is no public key of a known suite; expected \"ed25519:\" and 44 base64 characters"
    )]
    Public,
    /// The bytes are not a private key.
    #[error("this is no private key (PKCS#8, Ed25519)")]
    Private,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
}

closed_list! {
    /// An algorithm for signatures, together with its hash. Its code stands in keys and in the `alg`
    /// parameter of RFC 9421.
    Suite {
        /// Ed25519 and SHA-256.
        Ed25519 = "ed25519",
    }
}

/// A public key and its suite.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    suite: Suite,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// A key of `suite` from its bytes.
    ///
    /// # Errors
    /// [`KeyError::Public`] for bytes of another length than the suite's keys have.
    pub fn new(suite: Suite, bytes: &[u8]) -> Result<Self, KeyError> {
        let length = match suite {
            Suite::Ed25519 => ED25519_PUBLIC_BYTES,
        };
        if bytes.len() != length {
            return Err(KeyError::Public);
        }
        Ok(PublicKey { suite, bytes: bytes.to_owned() })
    }

    /// Reads `suite:base64`.
    ///
    /// # Errors
    /// [`KeyError::Public`].
    pub fn parse(key: &str) -> Result<Self, KeyError> {
        let (suite, bytes) = key.split_once(':').ok_or(KeyError::Public)?;
        let suite = Suite::from_code(suite).ok_or(KeyError::Public)?;
        Self::new(suite, &text::from_base64(bytes).ok_or(KeyError::Public)?)
    }

    /// Its suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// SHA-256 of its text form, as ledgers name the key.
    pub fn digest(&self) -> Hash {
        Hash::of(&[self.to_string().as_bytes()])
    }

    /// What stands for the key in signatures: the start of its digest.
    pub fn id(&self) -> String {
        let mut id = self.digest().to_string();
        id.truncate(KEY_ID_DIGITS);
        id
    }

    /// The key id in groups of four, for two people to compare aloud.
    pub fn fingerprint(&self) -> String {
        let id = self.id();
        let groups: Vec<&str> =
            (0..KEY_ID_DIGITS).step_by(4).map(|start| &id[start..start + 4]).collect();
        groups.join(" ")
    }

    /// Whether `signature` over `message` was made with this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.suite {
            Suite::Ed25519 => {
                UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature).is_ok()
            }
        }
    }
}

/// `suite:base64`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.suite.code(), text::to_base64(&self.bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A private key; it shows nothing of itself but the id of its public half.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// Makes the PKCS#8 document of a new key.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Vec<u8>, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        Ok(document.map_err(|_| KeyError::Random)?.as_ref().to_owned())
    }

    /// The key in a PKCS#8 document.
    ///
    /// # Errors
    /// [`KeyError::Private`].
    pub fn from_pkcs8(document: &[u8]) -> Result<Self, KeyError> {
        Self::of(Ed25519KeyPair::from_pkcs8(document).map_err(|_| KeyError::Private)?)
    }

    /// The key of an RFC 8032 seed.
    ///
    /// # Errors
    /// [`KeyError::Private`] for anything but 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        Self::of(Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Private)?)
    }

    fn of(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::new(Suite::Ed25519, pair.public_key().as_ref())?;
        Ok(SigningKey { pair, public })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_owned()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}

/// Bytes that nobody can guess.
///
/// # Errors
/// [`KeyError::Random`].
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// A value that is used once.
///
/// # Errors
/// [`KeyError::Random`].
pub fn nonce() -> Result<String, KeyError> {
    Ok(text::to_base64(&random::<NONCE_BYTES>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_what_its_public_half_verifies_and_nothing_else() {
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let other = SigningKey::from_seed(&[7; 32]).unwrap();
        let signature = key.sign(b"batch");
        assert!(key.public().verify(b"batch", &signature));
        assert!(!key.public().verify(b"batch2", &signature));
        assert!(!other.public().verify(b"batch", &signature));
        assert!(!key.public().verify(b"batch", &signature[..63]));
    }

    #[test]
    fn a_public_key_survives_its_text_and_refuses_every_other() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let text = key.public().to_string();
        assert_eq!(PublicKey::parse(&text).unwrap(), *key.public());
        let bare = text.strip_prefix("ed25519:").unwrap();
        let unknown_suite = format!("sm2:{bare}");
        let short = format!("ed25519:{}", text::to_base64(&[1; 31]));
        for bad in ["", "ed25519", "ed25519:", bare, unknown_suite.as_str(), short.as_str()] {
            assert_eq!(PublicKey::parse(bad), Err(KeyError::Public), "{bad}");
        }
    }

    #[test]
    fn a_debugged_private_key_shows_its_id_alone() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.public().id()));
        let spoken = key.public().fingerprint();
        assert_eq!(spoken.replace(' ', ""), key.public().id());
    }
}

//! SHA-256 values and the link of the chain.

use ring::digest::{Context, SHA256};
use std::fmt;
use std::io::{self, Read};

/// Length of a hash, in bytes.
pub const HASH_BYTES: usize = 32;
/// How much of a file is read at a time.
const PIECE_BYTES: usize = 64 << 10;
/// What precedes the device id when the chain's starting value is made.
const GENESIS_DOMAIN: &[u8] = b"canteend ledger v1\n";

/// A SHA-256 value; shown in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; HASH_BYTES]);

impl Hash {
    /// SHA-256 of the parts, one after another.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        let digest = context.finish();
        Hash(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// SHA-256 of everything that `from` gives, a piece at a time.
    ///
    /// # Errors
    /// That of reading.
    pub fn of_read(from: &mut impl Read) -> io::Result<Self> {
        let (mut context, mut piece) = (Context::new(&SHA256), vec![0; PIECE_BYTES]);
        loop {
            match from.read(&mut piece)? {
                0 => break,
                read => context.update(&piece[..read]),
            }
        }
        Ok(Hash(context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")))
    }

    /// What stands for "the hash before" in the first entry of `device`'s ledger, so that two
    /// devices' chains differ from their first link on.
    pub fn before_genesis(device: &str) -> Self {
        Hash::of(&[GENESIS_DOMAIN, device.as_bytes()])
    }

    /// The hash of an entry with these body bytes after an entry with the hash `self`.
    pub fn link(&self, body: &[u8]) -> Self {
        Hash::of(&[&self.0, body])
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_sha256_of_both_parts_joined() {
        // FIPS 180-4's one-block example, "abc", cut in two.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(&[b"a", b"bc"]).to_string(), abc);
        let before = Hash([7; HASH_BYTES]);
        assert_eq!(before.link(b"x"), Hash::of(&[&[7; HASH_BYTES], b"x"]));
    }

    #[test]
    fn two_devices_start_from_different_values() {
        assert_ne!(Hash::before_genesis("lc-kfq-017"), Hash::before_genesis("lc-kfq-018"));
    }
}

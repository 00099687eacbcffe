//! The ledger entry as bytes: body codec, hash chain, Merkle tree.
//!
//! 1. A body has one spelling: [`decode`] accepts exactly the bytes that [`encode`] makes.
//! 2. Each entry's hash covers the hash before it and the stored bytes themselves; the chain
//!    starts from the device's own name ([`Hash::before_genesis`]).
//! 3. A Merkle root over entry hashes shows one entry without the others ([`merkle`]).
//!
//! It does no I/O and takes no randomness: the salt of a body is handed in. `docs/ledger-format.md`
//! says the same for people who write their own verifier.

pub mod base32;
pub mod card;
mod codec;
mod day;
mod hash;
pub mod merkle;
pub mod proof;
mod v1;

pub use codec::{BODY_BYTES_MAX, CodecError, SALT_BYTES, Salt, decode, encode};
pub use day::DayCode;
pub use hash::{HASH_BYTES, Hash};
pub use v1::{at_text, hex, parse_at, unhex};

//! How one key of the city's is followed by another: statements, each signed by the key before.
//!
//! A box that was away for weeks may have missed several. It walks from the key that it has pinned
//! to the newest; whatever is not signed by the key just reached ends the walk, and nothing of it
//! counts then.

use super::dsse::{self, EnvelopeError};
use super::enrol::SMALL_BYTES_MAX;
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text::time_text;
use crate::domain::calendar::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Type of a statement's payload.
pub const CITY_KEY_TYPE: &str = "application/vnd.canteend.city-key.v1+json";
/// Most statements that are given at once; a box that missed more asks again.
pub const STATEMENTS_MAX: usize = 16;
/// Most bytes of an answer with statements.
pub const SUCCESSION_BYTES_MAX: usize = STATEMENTS_MAX * 2048;

/// Why statements do not lead from one key to another.
#[derive(Debug, thiserror::Error)]
pub enum SuccessionError {
    /// The answer cannot be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A statement is not signed by the key before.
    #[error("a statement about the city's next key: {0}")]
    Envelope(#[from] EnvelopeError),
    /// What is to follow is not a key.
    #[error("a statement about the city's next key holds no key of a known suite")]
    Key,
    /// More than [`STATEMENTS_MAX`].
    #[error("{0} statements about the city's keys; at most {STATEMENTS_MAX} are read")]
    TooMany(usize),
    /// A key that was the city's before would come again.
    #[error("the statements about the city's keys lead back to a former key")]
    Loop,
}

/// The city's key from now on is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CityKey {
    /// Id of the key before.
    pub before: String,
    /// The key from now on, `suite:base64`.
    pub key: String,
    /// When it was put in use.
    #[serde(with = "time_text")]
    pub since: Timestamp,
}

impl CityKey {
    /// Its envelope, signed by the key before.
    pub fn seal(&self, before: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(before, CITY_KEY_TYPE, &payload)
    }
}

/// `GET /v1/keys/{key}`: what followed a key, in order; empty for the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// Envelopes of [`CityKey`].
    pub statements: Vec<Value>,
}

impl Succession {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`SuccessionError::Json`], [`SuccessionError::TooMany`].
    pub fn read(bytes: &[u8]) -> Result<Self, SuccessionError> {
        let read: Succession = json::read(bytes, SUCCESSION_BYTES_MAX)?;
        match read.statements.len() {
            0..=STATEMENTS_MAX => Ok(read),
            count => Err(SuccessionError::TooMany(count)),
        }
    }

    /// The keys that follow `key`, in order. `known` says of a key whether it was the city's
    /// before. Statements that follow other keys are passed over, since a stick carries all of
    /// them.
    ///
    /// # Errors
    /// [`SuccessionError`]: none of the keys counts.
    pub fn after(
        &self,
        key: &PublicKey,
        known: impl Fn(&PublicKey) -> bool,
    ) -> Result<Vec<PublicKey>, SuccessionError> {
        let mut walked: Vec<PublicKey> = Vec::new();
        for statement in &self.statements {
            let reached = walked.last().unwrap_or(key);
            let envelope = serde_json::to_vec(statement).expect("JSON stays JSON");
            let claimed = dsse::peek(&envelope, SMALL_BYTES_MAX, CITY_KEY_TYPE)?;
            let said: CityKey = json::read(&claimed, SMALL_BYTES_MAX)?;
            if said.before != reached.id() {
                continue;
            }
            dsse::open(&envelope, SMALL_BYTES_MAX, CITY_KEY_TYPE, &[reached])?;
            let next = PublicKey::parse(&said.key).map_err(|_| SuccessionError::Key)?;
            if next == *key || walked.contains(&next) || known(&next) {
                return Err(SuccessionError::Loop);
            }
            walked.push(next);
        }
        Ok(walked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).unwrap()
    }

    /// A statement that `next` follows `before`, signed by `signer`.
    fn said(before: u8, next: u8, signer: u8) -> Value {
        let statement = CityKey {
            before: key(before).public().id(),
            key: key(next).public().to_string(),
            since: "2026-03-02T09:00:00+08:00".parse().unwrap(),
        };
        serde_json::from_slice(&statement.seal(&key(signer))).unwrap()
    }

    fn walk(statements: &[Value], from: u8) -> Result<Vec<PublicKey>, SuccessionError> {
        let bytes = serde_json::to_vec(&Succession { statements: statements.to_vec() }).unwrap();
        Succession::read(&bytes)?.after(key(from).public(), |known| known == key(9).public())
    }

    #[test]
    fn a_walk_ends_at_the_newest_key_from_wherever_it_begins() {
        let all = [said(1, 2, 1), said(2, 3, 2), said(3, 4, 3)];
        let public = |seed| key(seed).public().clone();
        assert_eq!(walk(&all, 1).unwrap(), [public(2), public(3), public(4)]);
        assert_eq!(walk(&all, 3).unwrap(), [public(4)]);
        assert_eq!(walk(&all, 4).unwrap(), []);
        assert_eq!(walk(&all, 7).unwrap(), [], "nobody spoke of this key");
    }

    #[test]
    fn a_statement_counts_by_the_key_before_alone() {
        for (what, statements) in [
            ("a stranger's", vec![said(1, 2, 7)]),
            ("one that names itself", vec![said(1, 2, 2)]),
            ("a former key's", vec![said(1, 2, 1), said(2, 3, 1)]),
        ] {
            let told = walk(&statements, 1).unwrap_err();
            let signature = matches!(told, SuccessionError::Envelope(EnvelopeError::Signature));
            assert!(signature, "{what}: {told}");
        }
    }

    #[test]
    fn a_loop_is_refused_and_so_is_a_flood() {
        for statements in [
            vec![said(1, 2, 1), said(2, 1, 2)],
            vec![said(1, 1, 1)],
            vec![said(1, 2, 1), said(2, 9, 2)],
        ] {
            assert!(matches!(walk(&statements, 1), Err(SuccessionError::Loop)));
        }
        let flood = vec![said(1, 2, 1); STATEMENTS_MAX + 1];
        let told = walk(&flood, 1).unwrap_err();
        assert!(matches!(told, SuccessionError::TooMany(_) | SuccessionError::Json(_)), "{told}");
    }
}

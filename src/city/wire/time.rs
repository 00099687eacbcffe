//! The city's time, signed: `GET /v1/time?nonce=N`.
//!
//! A box whose clock is in doubt must not take the word of whoever stands between: the answer is
//! an envelope by the city's key, and it repeats a number that was asked with and is used once.

use super::dsse::{self, EnvelopeError};
use super::enrol::SMALL_BYTES_MAX;
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text::time_text;
use crate::domain::calendar::Timestamp;
use serde::{Deserialize, Serialize};

/// Type of the payload.
pub const TIME_TYPE: &str = "application/vnd.canteend.time.v1+json";

/// Why bytes are not the city's time.
#[derive(Debug, thiserror::Error)]
pub enum TimeError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload is not a time.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It answers another question.
    #[error("the city's time answers another question than this one")]
    Nonce,
}

/// What the city's clock said when it was asked with this nonce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTime {
    /// The number that it was asked with.
    pub nonce: String,
    /// What its clock said.
    #[serde(with = "time_text")]
    pub server_time: Timestamp,
}

impl SignedTime {
    /// Its envelope, signed by the city.
    pub fn seal(&self, city: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(city, TIME_TYPE, &payload)
    }

    /// The time in an envelope that the city signed in answer to `nonce`.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn open(envelope: &[u8], city: &PublicKey, nonce: &str) -> Result<Timestamp, TimeError> {
        let payload = dsse::open(envelope, SMALL_BYTES_MAX, TIME_TYPE, &[city])?;
        let said: SignedTime = json::read(&payload, SMALL_BYTES_MAX)?;
        if said.nonce == nonce { Ok(said.server_time) } else { Err(TimeError::Nonce) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::wire::nonce;

    #[test]
    fn only_the_citys_answer_to_this_question_tells_the_time() {
        let (city, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let (city, other) = (city.unwrap(), other.unwrap());
        let nonce = nonce::fresh().unwrap();
        let server_time = "2026-03-02T22:00:00+08:00".parse().unwrap();
        let said = SignedTime { nonce: nonce.clone(), server_time };
        let open = |bytes: &[u8], nonce| SignedTime::open(bytes, city.public(), nonce);
        assert_eq!(open(&said.seal(&city), &nonce).unwrap(), server_time);
        assert!(matches!(open(&said.seal(&city), "old"), Err(TimeError::Nonce)));
        assert!(matches!(open(&said.seal(&other), &nonce), Err(TimeError::Envelope(_))));
    }
}

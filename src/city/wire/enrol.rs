//! Enrolment of a device, the city's time, and refusals.

use super::batch::first_epoch;
use super::code::EnrolmentCode;
use super::dsse::{self, EnvelopeError};
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text::{self, DeviceId, hash_text, time_text};
use crate::domain::calendar::Timestamp;
use crate::domain::codes::closed_list;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{self, Epoch};
use crate::record::Hash;
use serde::{Deserialize, Serialize};

/// Most bytes of an enrolment, its answer, a time or a refusal.
pub const SMALL_BYTES_MAX: usize = 4096;
/// Type of an enrolment's payload.
pub const ENROLMENT_TYPE: &str = "application/vnd.canteend.enrolment.v1+json";

/// Type of the payload that offers a device's next key.
pub const NEXT_KEY_TYPE: &str = "application/vnd.canteend.next-key.v1+json";

/// Why an enrolment is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The answer cannot be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The answer is not signed by the key that it names.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A key is not a key.
    #[error("the city's answer holds no key of a known suite")]
    Key,
    /// Somebody else answered.
    #[error(
        "the answer comes from another key than the enrolment code names: do not go on, \
         and tell the city's technicians"
    )]
    OtherCity,
    /// Another device or key was enrolled.
    #[error("the city enrolled another device or key than this one")]
    OtherDevice,
}

/// `POST /v1/devices/{device}/enrol`: a device's key and the proof that it may enrol.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The device's public key, `suite:base64`.
    pub key: String,
    /// Proof of the code, base64.
    pub proof: String,
}

impl EnrolRequest {
    /// The request of `device` with `key`, under `code`.
    pub fn new(device: &DeviceId, key: &PublicKey, code: &EnrolmentCode) -> Self {
        EnrolRequest { key: key.to_string(), proof: text::to_base64(&code.proof(device, key)) }
    }
}

/// What the city holds of a device's earlier epochs, last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// In which epoch.
    pub epoch: Epoch,
    /// The last entry.
    pub last: EntryNumber,
    /// Its hash.
    #[serde(with = "hash_text")]
    pub head: Hash,
}

impl From<Held> for operation::Held {
    fn from(held: Held) -> Self {
        operation::Held { epoch: held.epoch, last: held.last, head: held.head.0 }
    }
}

/// What a box takes from the city's answer, once it has been found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The city's public key, to be pinned.
    pub city: PublicKey,
    /// The device's epoch from here on.
    pub epoch: Epoch,
    /// What the city holds of the epochs before.
    pub held: Option<Held>,
}

/// The city's answer: who is enrolled, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The device.
    pub device: DeviceId,
    /// Its public key.
    pub key: String,
    /// The city's public key, to be pinned.
    pub city_key: String,
    /// How often the device was enrolled by a new code, this time included.
    #[serde(default = "first_epoch")]
    pub epoch: Epoch,
    /// What the city holds of the epochs before; none where nothing ever came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// When.
    #[serde(with = "time_text")]
    pub enrolled_at: Timestamp,
}

impl Enrolment {
    /// Its envelope, signed by the city.
    pub fn seal(&self, city: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(city, ENROLMENT_TYPE, &payload)
    }

    /// The city's key and the epoch out of its answer, once the code's checksum, the signature, the
    /// device and its key have been found right.
    ///
    /// # Errors
    /// [`EnrolError`]: nothing may be pinned.
    pub fn open(
        envelope: &[u8],
        code: &EnrolmentCode,
        device: &DeviceId,
        key: &PublicKey,
    ) -> Result<Enrolled, EnrolError> {
        let said: Enrolment =
            json::read(&dsse::peek(envelope, SMALL_BYTES_MAX, ENROLMENT_TYPE)?, SMALL_BYTES_MAX)?;
        let city = PublicKey::parse(&said.city_key).map_err(|_| EnrolError::Key)?;
        if !code.names(&city) {
            return Err(EnrolError::OtherCity);
        }
        Self::confirms(envelope, &city, device, key)?;
        Ok(Enrolled { city, epoch: said.epoch, held: said.held })
    }

    /// Whether the envelope says, signed by `city`, that `device` is known with `key`.
    ///
    /// # Errors
    /// [`EnrolError`].
    pub fn confirms(
        envelope: &[u8],
        city: &PublicKey,
        device: &DeviceId,
        key: &PublicKey,
    ) -> Result<(), EnrolError> {
        let payload = dsse::open(envelope, SMALL_BYTES_MAX, ENROLMENT_TYPE, &[city])?;
        let said: Enrolment = json::read(&payload, SMALL_BYTES_MAX)?;
        match said.device == *device && said.key == key.to_string() {
            true => Ok(()),
            false => Err(EnrolError::OtherDevice),
        }
    }
}

/// `PUT /v1/devices/{device}/next-key`: a key that will take the place of the one that signs the
/// request. The envelope is signed by the new key, which shows that the device has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextKey {
    /// The device.
    pub device: DeviceId,
    /// The new public key, `suite:base64`.
    pub key: String,
    /// Id of the key in use.
    pub before: String,
}

impl NextKey {
    /// Its envelope, signed by the new key itself.
    pub fn seal(&self, next: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(next, NEXT_KEY_TYPE, &payload)
    }

    /// The new key that an envelope offers for `device` in the place of `before`, once it has shown
    /// that it is at hand.
    ///
    /// # Errors
    /// [`EnrolError`].
    pub fn open(
        envelope: &[u8],
        device: &DeviceId,
        before: &PublicKey,
    ) -> Result<PublicKey, EnrolError> {
        let payload = dsse::peek(envelope, SMALL_BYTES_MAX, NEXT_KEY_TYPE)?;
        let said: NextKey = json::read(&payload, SMALL_BYTES_MAX)?;
        let next = PublicKey::parse(&said.key).map_err(|_| EnrolError::Key)?;
        dsse::open(envelope, SMALL_BYTES_MAX, NEXT_KEY_TYPE, &[&next])?;
        match said.device == *device && said.before == before.id() {
            true => Ok(next),
            false => Err(EnrolError::OtherDevice),
        }
    }
}

/// `GET /v1/time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CityTime {
    /// What the city's clock says.
    #[serde(with = "time_text")]
    pub server_time: Timestamp,
}

/// The body of every refusal (4xx, 5xx).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong, in a code of [`RefusalCode`]'s list.
    pub error: String,
    /// For a gap: the batch that the city waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// For a clock that is wrong: the city's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<String>,
}

closed_list! {
    /// What a refusal can be about.
    RefusalCode {
        /// The request's signature is missing, wrong, or by an unknown key.
        Signature = "signature",
        /// The request's time is too far from the city's.
        Clock = "clock",
        /// The nonce was used before.
        Replay = "replay",
        /// The enrolment code is unknown, used or made for another device.
        Code = "code",
        /// The batch is not the next one.
        Gap = "gap",
        /// Another batch with this number is there, or its chain does not go on from the city's head.
        Conflict = "conflict",
        /// The device was enrolled anew since: what its key or batch belongs to is over.
        Epoch = "epoch",
        /// The body is not what it should be.
        Content = "content",
        /// The cursor is not known (any more): start from nothing.
        Cursor = "cursor",
        /// There is no such thing.
        Missing = "missing",
        /// The body is too large.
        Size = "size",
        /// The city cannot now; come again later.
        Busy = "busy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).unwrap()
    }

    #[test]
    fn only_the_city_that_the_code_names_is_pinned() {
        let (city, device_key, impostor) = (key(1), key(2), key(3));
        let device = DeviceId::new("lc-kfq-017").unwrap();
        let code = EnrolmentCode::generate(city.public()).unwrap();
        let right = Enrolment {
            device: device.clone(),
            key: device_key.public().to_string(),
            city_key: city.public().to_string(),
            epoch: 2,
            held: Some(Held { epoch: 1, last: 90, head: Hash([7; 32]) }),
            enrolled_at: "2026-03-01T09:00:00+08:00".parse().unwrap(),
        };
        let open = |envelope: &[u8]| Enrolment::open(envelope, &code, &device, device_key.public());
        let enrolled = open(&right.seal(&city)).unwrap();
        assert_eq!((&enrolled.city, enrolled.epoch), (city.public(), 2));
        assert_eq!(enrolled.held, right.held);
        // Another key that names itself, and one that names the city's.
        let own_name = Enrolment { city_key: impostor.public().to_string(), ..right.clone() };
        assert!(matches!(open(&own_name.seal(&impostor)), Err(EnrolError::OtherCity)));
        assert!(matches!(open(&right.seal(&impostor)), Err(EnrolError::Envelope(_))));
        let other = Enrolment { key: impostor.public().to_string(), ..right.clone() };
        assert!(matches!(open(&other.seal(&city)), Err(EnrolError::OtherDevice)));
        let other = Enrolment { device: DeviceId::new("lc-kfq-018").unwrap(), ..right };
        assert!(matches!(open(&other.seal(&city)), Err(EnrolError::OtherDevice)));
    }

    #[test]
    fn a_next_key_shows_that_it_is_at_hand_and_whose_place_it_takes() {
        let (old, next, other) = (key(1), key(2), key(3));
        let device = DeviceId::new("lc-kfq-017").unwrap();
        let offer = |to: &str| NextKey {
            device: DeviceId::new(to).unwrap(),
            key: next.public().to_string(),
            before: old.public().id(),
        };
        let open = |bytes: &[u8], before| NextKey::open(bytes, &device, before);
        let sealed = offer("lc-kfq-017").seal(&next);
        assert_eq!(open(&sealed, old.public()).unwrap(), *next.public());
        assert!(matches!(open(&sealed, other.public()), Err(EnrolError::OtherDevice)));
        let sealed = offer("lc-kfq-018").seal(&next);
        assert!(matches!(open(&sealed, old.public()), Err(EnrolError::OtherDevice)));
        let sealed = offer("lc-kfq-017").seal(&old);
        assert!(matches!(open(&sealed, old.public()), Err(EnrolError::Envelope(_))));
    }

    #[test]
    fn every_refusal_has_its_own_code() {
        for code in RefusalCode::ALL {
            assert_eq!(RefusalCode::from_code(code.code()), Some(*code));
        }
        assert_eq!(RefusalCode::from_code("tired"), None);
    }
}

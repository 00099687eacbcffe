//! What the city decides about a meal that a box recorded.

use super::dsse::{self, EnvelopeError};
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text::{DeviceId, hash_text};
use crate::domain::entry::EntryNumber;
use crate::record::Hash;
use serde::{Deserialize, Serialize};

/// Most bytes of an envelope of verdicts.
pub const VERDICTS_BYTES_MAX: usize = 512 * 1024;
/// Most verdicts of one answer.
pub const VERDICTS_MAX: usize = 500;
/// Type of the payload.
pub const VERDICTS_TYPE: &str = "application/vnd.canteend.verdicts.v1+json";

/// Why bytes are no verdicts.
#[derive(Debug, thiserror::Error)]
pub enum VerdictError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload is not a list of verdicts.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Too many, about another device, out of order, or the answer to another question.
    #[error(
        "the city's verdicts are too many, out of order, about another device, or not those asked for"
    )]
    Order,
}

/// What becomes of the meal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// It is not paid.
    Rejected,
    /// It is paid after all: an earlier rejection no longer holds.
    Restored,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictReason {
    /// The elder had the day's meal at another canteen earlier.
    DuplicateOtherCanteen,
    /// What the device recorded in an earlier epoch holds: the elder had the day's meal then, or
    /// this meal was undone then.
    DuplicateOtherEpoch,
    /// The other canteen's meal was voided.
    OtherVoided,
    /// The elder had died.
    Deceased,
    /// The elder had moved away.
    Moved,
    /// The elder was not on the streets' list.
    NotEligible,
    /// The elder received home care.
    HomeCare,
    /// The amount is not what the rules give.
    Amount,
    /// Its time cannot be right.
    Time,
    /// Inspection found that it was not eaten.
    Inspection,
}

/// One verdict. A later one names the one it takes the place of, so that at most one stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Its number at the city, rising.
    pub id: u64,
    /// Whose meal.
    pub device: DeviceId,
    /// Entry of the meal.
    pub n: EntryNumber,
    /// Its hash: the same number may be another meal in another epoch.
    #[serde(with = "hash_text")]
    pub hash: Hash,
    /// What becomes of it.
    pub verdict: Ruling,
    /// Why.
    pub reason: VerdictReason,
    /// The meal that stands: `device#entry`, with `@epoch` behind it where that is not 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// The verdict that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<u64>,
}

/// `GET /v1/verdicts?after=N&nonce=R`: verdicts on the asking device's meals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The number that they were asked for with ([`super::nonce`]).
    pub nonce: String,
    /// The number that was asked after.
    pub after: u64,
    /// What to ask after next time.
    pub next: u64,
    /// In the order of their numbers.
    pub items: Vec<Verdict>,
}

impl Verdicts {
    /// Its envelope, signed by the city.
    pub fn seal(&self, city: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(city, VERDICTS_TYPE, &payload)
    }

    /// The verdicts after number `after` on meals of `device`, asked for with `nonce`, in an envelope
    /// that the city signed.
    ///
    /// # Errors
    /// [`VerdictError`].
    pub fn open(
        envelope: &[u8],
        city: &PublicKey,
        device: &DeviceId,
        after: u64,
        nonce: &str,
    ) -> Result<Self, VerdictError> {
        let payload = dsse::open(envelope, VERDICTS_BYTES_MAX, VERDICTS_TYPE, &[city])?;
        let verdicts: Verdicts = json::read(&payload, VERDICTS_BYTES_MAX)?;
        let mut last = after;
        for item in &verdicts.items {
            if item.id <= last || item.device != *device {
                return Err(VerdictError::Order);
            }
            last = item.id;
        }
        let asked = verdicts.after == after && verdicts.nonce == nonce;
        let fits = asked && verdicts.next == last;
        if verdicts.items.len() > VERDICTS_MAX || !fits {
            return Err(VerdictError::Order);
        }
        Ok(verdicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_come_in_order_and_about_the_asking_device() {
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let device = DeviceId::new("lc-kfq-017").unwrap();
        let item = |id| Verdict {
            id,
            device: device.clone(),
            n: 9,
            hash: Hash([9; 32]),
            verdict: Ruling::Rejected,
            reason: VerdictReason::DuplicateOtherCanteen,
            kept: Some("lc-dcf-003#5521".into()),
            supersedes: None,
        };
        let open = |items: Vec<Verdict>, next, after| {
            let verdicts = Verdicts { nonce: "a1".into(), after, next, items };
            Verdicts::open(&verdicts.seal(&key), key.public(), &device, after, "a1")
        };
        assert_eq!(open(vec![item(3), item(7)], 7, 2).unwrap().items.len(), 2);
        assert_eq!(open(vec![], 7, 7).unwrap().next, 7);
        for (nonce, asked) in [("a1", 1), ("a2", 2)] {
            let stale =
                Verdicts { nonce: nonce.into(), after: asked, next: 3, items: vec![item(3)] };
            let told = Verdicts::open(&stale.seal(&key), key.public(), &device, 2, "a1");
            let told = told.unwrap_err();
            assert!(matches!(told, VerdictError::Order), "an answer to another question");
        }
        let other = Verdict { device: DeviceId::new("lc-dcf-003").unwrap(), ..item(4) };
        for (items, next, after) in [
            (vec![item(3), item(3)], 3, 2),
            (vec![item(7), item(3)], 7, 2),
            (vec![item(3)], 3, 3),
            (vec![item(3)], 9, 2),
            (vec![], 6, 7),
            (vec![other], 4, 2),
        ] {
            assert!(matches!(open(items, next, after), Err(VerdictError::Order)));
        }
    }
}

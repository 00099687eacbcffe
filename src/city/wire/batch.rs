//! A batch of ledger entries, and the city's receipt for it.

use super::dsse::{self, EnvelopeError};
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text::{DeviceId, hash_text, hash_text_or_null, time_text};
use crate::domain::calendar::Timestamp;
use crate::domain::entry::operation::Epoch;
use crate::domain::entry::{Entry, EntryNumber};
use crate::record::{self, CodecError, Hash};
use serde::{Deserialize, Serialize};

/// Most entries of a batch.
pub const BATCH_ENTRIES_MAX: usize = 500;
/// Most bytes of a batch's payload; whoever makes one stops before.
pub const BATCH_PAYLOAD_BYTES_MAX: usize = 600 * 1024;
/// Most bytes of a batch's envelope: base64 takes four bytes for three.
pub const BATCH_ENVELOPE_BYTES_MAX: usize = BATCH_PAYLOAD_BYTES_MAX / 3 * 4 + 2048;
/// Most bytes of a receipt's envelope.
pub const RECEIPT_BYTES_MAX: usize = 4096;
/// Type of a batch's payload.
pub const BATCH_TYPE: &str = "application/vnd.canteend.batch.v1+json";
/// Type of a receipt's payload.
pub const RECEIPT_TYPE: &str = "application/vnd.canteend.receipt.v1+json";

/// Why bytes are not a batch or a receipt.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload is not one.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// No entries, too many, or numbers that do not fit them.
    #[error(
        "the batch's numbers do not fit its entries; expected 1 to {BATCH_ENTRIES_MAX} without a gap"
    )]
    Numbers,
    /// An entry's bytes are not an entry, or it has another number than its place.
    #[error("entry {entry} of the batch: {source}")]
    Entry {
        /// Which.
        entry: EntryNumber,
        /// Why.
        source: CodecError,
    },
    /// An entry has another number than its place.
    #[error("entry {0} of the batch says that it is another one")]
    Place(EntryNumber),
    /// The entries do not lead from `prev_hash` to `head`.
    #[error("the batch's entries do not lead from its prev_hash to its head")]
    Chain,
    /// The receipt is for something else.
    #[error("the receipt's {0} is not that of the batch")]
    Receipt(&'static str),
}

/// Consecutive entries of one device's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Whose ledger.
    pub device: DeviceId,
    /// The device's epoch in which it is sealed; 1 where it is left out.
    #[serde(default = "first_epoch")]
    pub epoch: Epoch,
    /// Number of the batch: 1, 2, 3, … over all epochs.
    pub seq: u64,
    /// SHA-256 of the payload before; null for the first.
    #[serde(with = "hash_text_or_null")]
    pub prev_batch: Option<Hash>,
    /// Number of the first entry.
    pub first: EntryNumber,
    /// Number of the last entry.
    pub last: EntryNumber,
    /// Hash of the entry before the first.
    #[serde(with = "hash_text")]
    pub prev_hash: Hash,
    /// Hash of the last entry.
    #[serde(with = "hash_text")]
    pub head: Hash,
    /// Entries in the ledger up to and with the last.
    pub tree_size: u64,
    /// Merkle root over all of them.
    #[serde(with = "hash_text")]
    pub root: Hash,
    /// Generation of the gallery in force at the last entry; 0 for none.
    pub gallery: u64,
    /// The exact body bytes of each entry.
    pub entries: Vec<String>,
}

/// The epoch of whoever says none: boxes and cities of before there were any.
pub(super) fn first_epoch() -> Epoch {
    1
}

/// A sealed batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The bytes that are sent, as often as it takes.
    pub envelope: Vec<u8>,
    /// SHA-256 of the payload.
    pub payload_sha256: Hash,
}

impl Batch {
    /// Its envelope, signed by the device.
    pub fn seal(&self, key: &SigningKey) -> Sealed {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        let payload_sha256 = Hash::of(&[&payload]);
        Sealed { envelope: dsse::seal(key, BATCH_TYPE, &payload), payload_sha256 }
    }

    /// The batch in an envelope that `key` signed, with the SHA-256 of its payload and each entry
    /// with its hash. Numbers, bodies and chain have been checked; the root has not, since it
    /// takes the entries before.
    ///
    /// # Errors
    /// [`BatchError`].
    pub fn open(envelope: &[u8], key: &PublicKey) -> Result<Opened, BatchError> {
        let payload = dsse::open(envelope, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE, &[key])?;
        let batch: Batch = json::read(&payload, BATCH_PAYLOAD_BYTES_MAX)?;
        let entries = batch.check()?;
        Ok(Opened { batch, payload_sha256: Hash::of(&[&payload]), entries })
    }

    fn check(&self) -> Result<Vec<(Entry, Hash)>, BatchError> {
        let count = self.entries.len();
        let numbers = (1..=BATCH_ENTRIES_MAX).contains(&count)
            && self.first >= 1
            && self.seq >= 1
            && self.epoch >= 1
            && self.first.checked_add(count as u64 - 1) == Some(self.last)
            && self.tree_size == self.last;
        if !numbers {
            return Err(BatchError::Numbers);
        }
        let (mut head, mut entries) = (self.prev_hash, Vec::with_capacity(count));
        for (n, body) in (self.first..).zip(&self.entries) {
            let (entry, _) = record::decode(body.as_bytes())
                .map_err(|source| BatchError::Entry { entry: n, source })?;
            if entry.n != n {
                return Err(BatchError::Place(n));
            }
            head = head.link(body.as_bytes());
            entries.push((entry, head));
        }
        if head != self.head {
            return Err(BatchError::Chain);
        }
        Ok(entries)
    }
}

/// A batch that was read and checked.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The batch.
    pub batch: Batch,
    /// SHA-256 of its payload.
    pub payload_sha256: Hash,
    /// Its entries and the hash of each.
    pub entries: Vec<(Entry, Hash)>,
}

/// The city's receipt for a batch: from here on it answers for the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Whose batch.
    pub device: DeviceId,
    /// Which batch.
    pub seq: u64,
    /// SHA-256 of the batch's payload.
    #[serde(with = "hash_text")]
    pub payload_sha256: Hash,
    /// Entries of the batch's chain that the city holds: of its epoch, and of those before up to
    /// where it goes on from them.
    pub tree_size: u64,
    /// Merkle root over them, computed by the city itself.
    #[serde(with = "hash_text")]
    pub root: Hash,
    /// When the city took it.
    #[serde(with = "time_text")]
    pub received_at: Timestamp,
}

impl Receipt {
    /// Its envelope, signed by the city.
    pub fn seal(&self, key: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(key, RECEIPT_TYPE, &payload)
    }

    /// The receipt in an envelope that one of the city's keys signed.
    ///
    /// # Errors
    /// [`BatchError::Envelope`], [`BatchError::Json`].
    pub fn open(envelope: &[u8], city: &[&PublicKey]) -> Result<Self, BatchError> {
        let payload = dsse::open(envelope, RECEIPT_BYTES_MAX, RECEIPT_TYPE, city)?;
        Ok(json::read(&payload, RECEIPT_BYTES_MAX)?)
    }

    /// Whether it is the receipt for what was sent.
    ///
    /// # Errors
    /// [`BatchError::Receipt`] names the field that differs.
    pub fn fits(&self, sent: &Sent<'_>) -> Result<(), BatchError> {
        let fields = [
            ("device", self.device == *sent.device),
            ("seq", self.seq == sent.seq),
            ("payload_sha256", self.payload_sha256 == sent.payload_sha256),
            ("tree_size", self.tree_size == sent.tree_size),
            ("root", self.root == sent.root),
        ];
        match fields.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(BatchError::Receipt(field)),
            None => Ok(()),
        }
    }
}

/// What a receipt has to be about.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Whose batch.
    pub device: &'a DeviceId,
    /// Which batch.
    pub seq: u64,
    /// SHA-256 of its payload.
    pub payload_sha256: Hash,
    /// Number of its last entry.
    pub tree_size: u64,
    /// Merkle root over all entries up to that.
    pub root: Hash,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::merkle::{Tree, leaf};

    const BODIES: [&str; 2] = [
        r#"{"v":1,"n":1,"salt":"101112131415161718191a1b1c1d1e1f","kind":"genesis","at":"2026-03-02T11:42:01+08:00","clock":"trusted","device":"lc-kfq-017"}"#,
        r#"{"v":1,"n":2,"salt":"404142434445464748494a4b4c4d4e4f","kind":"visit","at":"2026-03-02T11:42:04+08:00","clock":"untrusted","elder":"p_7f3a","date":"2026-03-02","window":"supper","method":"card","reason":"already-today","basis":null}"#,
    ];

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).unwrap()
    }

    fn batch() -> Batch {
        let prev_hash = Hash::before_genesis("lc-kfq-017");
        let first = prev_hash.link(BODIES[0].as_bytes());
        let head = first.link(BODIES[1].as_bytes());
        Batch {
            device: DeviceId::new("lc-kfq-017").unwrap(),
            epoch: 1,
            seq: 1,
            prev_batch: None,
            first: 1,
            last: 2,
            prev_hash,
            head,
            tree_size: 2,
            root: Tree::of(&[leaf(&first.0), leaf(&head.0)]).root(),
            gallery: 0,
            entries: BODIES.map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn a_batch_carries_the_exact_bytes_of_its_entries() {
        let sealed = batch().seal(&key(1));
        let opened = Batch::open(&sealed.envelope, key(1).public()).unwrap();
        assert_eq!(opened.batch, batch());
        assert_eq!(opened.payload_sha256, sealed.payload_sha256);
        assert_eq!(opened.entries.last().unwrap().1, batch().head);
    }

    #[test]
    fn a_batch_that_contradicts_itself_is_refused() {
        type Change = fn(&mut Batch);
        let changes: [(Change, &str); 10] = [
            (|b| b.epoch = 0, "numbers"),
            (|b| b.entries.clear(), "numbers"),
            (|b| b.last = 3, "numbers"),
            (|b| b.first = 0, "numbers"),
            (|b| b.first = u64::MAX, "numbers"),
            (|b| b.tree_size = 3, "numbers"),
            (|b| b.entries = vec![BODIES[0].to_owned(); 501], "numbers"),
            (|b| b.entries.swap(0, 1), "another one"),
            (|b| b.entries[1] = b.entries[1].replace("card", "face"), "do not lead"),
            (|b| b.entries[1].push(' '), "entry 2"),
        ];
        for (change, told) in changes {
            let mut batch = batch();
            change(&mut batch);
            let sealed = batch.seal(&key(1));
            let said = Batch::open(&sealed.envelope, key(1).public()).unwrap_err().to_string();
            assert!(said.contains(told), "{told}: {said}");
        }
    }

    #[test]
    fn an_unknown_field_does_not_reach_the_city() {
        let payload = serde_json::to_string(&batch()).unwrap().replacen('{', "{\"note\":1,", 1);
        let envelope = dsse::seal(&key(1), BATCH_TYPE, payload.as_bytes());
        let told = Batch::open(&envelope, key(1).public()).unwrap_err();
        assert!(matches!(told, BatchError::Json(_)), "{told}");
    }

    #[test]
    fn a_batch_that_names_no_epoch_is_of_the_first() {
        let payload = serde_json::to_string(&batch()).unwrap().replacen("\"epoch\":1,", "", 1);
        assert!(!payload.contains("epoch"));
        let envelope = dsse::seal(&key(1), BATCH_TYPE, payload.as_bytes());
        assert_eq!(Batch::open(&envelope, key(1).public()).unwrap().batch, batch());
    }

    #[test]
    fn the_largest_batch_fits_its_bounds() {
        // Every byte of a body may be a quotation mark that JSON escapes with one more.
        let entry_bytes_max = 2 * record::BODY_BYTES_MAX + 3;
        assert!(BATCH_PAYLOAD_BYTES_MAX > entry_bytes_max + 1024);
    }

    #[test]
    fn a_receipt_for_another_batch_names_the_difference() {
        let (batch, payload_sha256) = (batch(), Hash::of(&[b"payload"]));
        let right = Receipt {
            device: batch.device.clone(),
            seq: 1,
            payload_sha256,
            tree_size: 2,
            root: batch.root,
            received_at: "2026-03-02T23:00:00+08:00".parse().unwrap(),
        };
        let read = Receipt::open(&right.seal(&key(2)), &[key(2).public()]).unwrap();
        assert_eq!(read, right);
        let sent =
            Sent { device: &batch.device, seq: 1, payload_sha256, tree_size: 2, root: batch.root };
        right.fits(&sent).unwrap();
        Receipt::open(&right.seal(&key(1)), &[key(2).public()]).unwrap_err();
        let wrong = [
            (Receipt { device: DeviceId::new("lc-kfq-018").unwrap(), ..right.clone() }, "device"),
            (Receipt { seq: 2, ..right.clone() }, "seq"),
            (Receipt { payload_sha256: batch.head, ..right.clone() }, "payload_sha256"),
            (Receipt { tree_size: 3, ..right.clone() }, "tree_size"),
            (Receipt { root: batch.head, ..right.clone() }, "root"),
        ];
        for (receipt, field) in wrong {
            let told = receipt.fits(&sent).unwrap_err();
            assert!(matches!(told, BatchError::Receipt(f) if f == field), "{told}");
        }
    }
}

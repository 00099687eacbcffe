//! A city of a test: it takes batches as the real one does, and signs receipts for them.

use canteend::city::signer::Signer;
use canteend::city::wire::batch::{Batch, Receipt};
use canteend::city::wire::suite::{PublicKey, SigningKey};
use canteend::city::wire::text::DeviceId;
use canteend::daemon::upload::{self, UploadError};
use canteend::domain::calendar::Timestamp;
use canteend::record::merkle::{Tree, leaf};
use canteend::record::{self, Hash};
use canteend::store::{BatchLimits, Store};
use std::sync::Arc;

/// The box's device.
pub const DEVICE: &str = "test-box";
/// Small batches, so that a month has many and a night more than one.
const LIMITS: BatchLimits = BatchLimits { entries_max: 20, bytes_max: 100_000 };

/// Seals what stands in no batch yet, as the box does.
pub fn seal(store: &mut Store, key: &Arc<SigningKey>) -> Result<(), UploadError> {
    let (signer, mut tree) = (Signer::new(key.clone()), Tree::default());
    while let Some(next) = upload::seal_next(store, &signer, LIMITS, tree)? {
        tree = next;
    }
    Ok(())
}

/// What the city holds of one box.
pub struct City {
    device: DeviceId,
    box_key: PublicKey,
    key: SigningKey,
    /// Each batch's payload digest, with the receipt that was given for it.
    batches: Vec<(Hash, Vec<u8>)>,
    /// Head of the chain that it has checked.
    head: Hash,
    tree: Tree,
    bodies: Vec<String>,
}

impl City {
    pub fn new(device: &str, box_key: PublicKey) -> Self {
        City {
            device: DeviceId::new(device).unwrap(),
            box_key,
            key: SigningKey::from_seed(&[9; 32]).unwrap(),
            batches: vec![],
            head: Hash::before_genesis(device),
            tree: Tree::default(),
            bodies: vec![],
        }
    }

    pub fn key(&self) -> PublicKey {
        self.key.public().clone()
    }

    /// Everything that it holds.
    pub fn bodies(&self) -> &[String] {
        &self.bodies
    }

    /// Takes a batch: the next one whole, one that it holds already for the same receipt again.
    pub fn take(&mut self, envelope: &[u8], at: Timestamp) -> Vec<u8> {
        let opened = Batch::open(envelope, &self.box_key).unwrap();
        let (batch, digest) = (opened.batch, opened.payload_sha256);
        let place = batch.seq as usize - 1;
        if let Some((held, receipt)) = self.batches.get(place) {
            assert_eq!(*held, digest, "batch {} came again with other bytes", batch.seq);
            return receipt.clone();
        }
        assert_eq!(place, self.batches.len(), "no batch is left out");
        assert_eq!(batch.first, self.bodies.len() as u64 + 1, "no entry is left out or repeated");
        assert_eq!(batch.prev_hash, self.head);
        assert_eq!(batch.prev_batch, self.batches.last().map(|(digest, _)| *digest));
        for body in &batch.entries {
            record::decode(body.as_bytes()).unwrap();
            self.head = self.head.link(body.as_bytes());
            self.tree.push(leaf(&self.head.0));
            self.bodies.push(body.clone());
        }
        assert_eq!((batch.head, batch.root), (self.head, self.tree.root()));
        let receipt = Receipt {
            device: self.device.clone(),
            seq: batch.seq,
            payload_sha256: digest,
            tree_size: batch.last,
            root: batch.root,
            received_at: at,
        };
        self.batches.push((digest, receipt.seal(&self.key)));
        self.batches[place].1.clone()
    }
}

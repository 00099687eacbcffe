//! Which of a device's keys signs what, while one takes the place of another.
//!
//! A batch is signed by the key that was in force at its first entry. The entry that puts a new key
//! in force is the last that the old one answers for, so both sides know from the ledger alone
//! whose signature a batch must carry, whenever it is sent.

use super::wire::suite::SigningKey;
use crate::domain::entry::EntryNumber;
use std::sync::Arc;

/// A device's keys. `Debug` shows ids alone.
#[derive(Clone, Debug)]
pub struct Signer {
    key: Arc<SigningKey>,
    next: Option<(EntryNumber, Arc<SigningKey>)>,
}

impl Signer {
    /// A device with one key.
    pub fn new(key: Arc<SigningKey>) -> Self {
        Signer { key, next: None }
    }

    /// The same device, whose ledger says in entry `after` that `next` takes the key's place.
    pub fn followed_by(self, after: EntryNumber, next: Arc<SigningKey>) -> Self {
        Signer { next: Some((after, next)), ..self }
    }

    /// The key that signs requests: the new one takes over when the city has acknowledged the
    /// entry.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The key that signs a batch whose first entry is `first`.
    pub fn key_at(&self, first: EntryNumber) -> &SigningKey {
        match &self.next {
            Some((after, next)) if first > *after => next,
            _ => &self.key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_key_answers_for_the_entry_that_ends_it() {
        let key = |seed| Arc::new(SigningKey::from_seed(&[seed; 32]).unwrap());
        let signer = Signer::new(key(1));
        assert_eq!(signer.key_at(u64::MAX).public(), key(1).public());
        let signer = signer.followed_by(7, key(2));
        assert_eq!(signer.key_at(7).public(), key(1).public());
        assert_eq!(signer.key_at(8).public(), key(2).public());
        assert_eq!(signer.key().public(), key(1).public());
    }
}

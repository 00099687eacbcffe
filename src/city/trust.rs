//! Which of the city's keys counts for what, while one takes the place of another.
//!
//! 1. Whatever the city answers now is signed by its newest key.
//! 2. A receipt may be older than that key. It counts by a former key as well if its batch ends
//!    before the entry with which the newer one was put in use; so a former key that was stolen
//!    signs nothing new.
//! 3. Where the ledger was restored from a copy that lacks that entry, the former key answers for
//!    what the copy has, and for nothing that is written anew under those numbers.

use super::wire::suite::PublicKey;
use crate::domain::entry::EntryNumber;

/// Most former keys that are remembered; beyond that the oldest is forgotten with its receipts.
pub const FORMER_KEYS_MAX: usize = 24;

/// A key that the city does not sign with any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerKey {
    /// The key.
    pub key: PublicKey,
    /// The entry that put the next one in use, or the first that a restored ledger may have anew.
    pub until: EntryNumber,
}

/// The city's keys as a box knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityKeys {
    newest: PublicKey,
    /// Oldest first.
    former: Vec<FormerKey>,
}

impl CityKeys {
    /// The keys of a city, `former` from the oldest on. `None` where they are no succession: too
    /// many, a key twice, or entries out of order.
    pub fn new(newest: PublicKey, former: Vec<FormerKey>) -> Option<Self> {
        let rises = former.is_sorted_by_key(|former| former.until);
        let mut keys: Vec<_> = former.iter().map(|f| f.key.to_string()).collect();
        keys.push(newest.to_string());
        keys.sort_unstable();
        let single = keys.windows(2).all(|pair| pair[0] != pair[1]);
        let good = rises && single && former.len() <= FORMER_KEYS_MAX;
        good.then_some(CityKeys { newest, former })
    }

    /// The key that counts now.
    pub fn newest(&self) -> &PublicKey {
        &self.newest
    }

    /// The keys before it, oldest first.
    pub fn former(&self) -> &[FormerKey] {
        &self.former
    }

    /// Whether `key` is or was the city's.
    pub fn knows(&self, key: &PublicKey) -> bool {
        self.newest == *key || self.former.iter().any(|former| former.key == *key)
    }

    /// The keys that a receipt may be signed by, if its batch ends with entry `last`.
    pub fn for_receipt(&self, last: EntryNumber) -> Vec<&PublicKey> {
        let former = self.former.iter().filter(|former| last < former.until);
        std::iter::once(&self.newest).chain(former.map(|former| &former.key)).collect()
    }

    /// The same keys to a ledger that has no entry from `from` on: what stood there is lost, and
    /// others may take its place.
    pub fn cut(mut self, from: EntryNumber) -> Self {
        self.former.iter_mut().for_each(|former| former.until = former.until.min(from));
        self
    }

    /// The same city, whose key `next` was put in use by entry `from`.
    pub fn followed_by(&self, from: EntryNumber, next: PublicKey) -> Self {
        let mut former = self.clone().cut(from).former;
        former.push(FormerKey { key: self.newest.clone(), until: from });
        former.drain(..former.len().saturating_sub(FORMER_KEYS_MAX));
        CityKeys { newest: next, former }
    }
}

impl From<PublicKey> for CityKeys {
    fn from(newest: PublicKey) -> Self {
        CityKeys { newest, former: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::wire::suite::SigningKey;

    fn key(seed: u8) -> PublicKey {
        SigningKey::from_seed(&[seed; 32]).unwrap().public().clone()
    }

    #[test]
    fn a_former_key_answers_for_batches_before_the_entry_that_ends_it() {
        let keys = CityKeys::from(key(1)).followed_by(10, key(2)).followed_by(20, key(3));
        assert_eq!(keys.for_receipt(9), [&key(3), &key(1), &key(2)]);
        assert_eq!(keys.for_receipt(10), [&key(3), &key(2)]);
        assert_eq!(keys.for_receipt(19), [&key(3), &key(2)]);
        assert_eq!(keys.for_receipt(20), [&key(3)]);
        assert!(keys.knows(&key(1)) && keys.knows(&key(3)) && !keys.knows(&key(4)));
    }

    #[test]
    fn a_ledger_that_begins_again_earlier_keeps_the_keys_in_order() {
        let keys = CityKeys::from(key(1)).followed_by(11, key(2)).followed_by(15, key(3));
        let cut = keys.clone().cut(5);
        assert_eq!(cut.for_receipt(4), [&key(3), &key(1), &key(2)]);
        assert_eq!(cut.for_receipt(5), [&key(3)]);
        assert_eq!(keys.clone().cut(16), keys);
        // Also where nobody cut them before the next key came.
        let followed = keys.followed_by(7, key(4));
        assert_eq!(followed.for_receipt(7), [&key(4)]);
        for keys in [cut, followed] {
            let former = keys.former().to_vec();
            assert_eq!(CityKeys::new(keys.newest().clone(), former), Some(keys));
        }
    }

    #[test]
    fn keys_that_are_no_succession_are_refused() {
        let former = |seed, until| FormerKey { key: key(seed), until };
        assert!(CityKeys::new(key(3), vec![former(1, 10), former(2, 20)]).is_some());
        assert!(CityKeys::new(key(3), vec![former(1, 20), former(2, 10)]).is_none());
        assert!(CityKeys::new(key(3), vec![former(3, 10)]).is_none());
        assert!(CityKeys::new(key(3), vec![former(1, 10), former(1, 20)]).is_none());
    }

    #[test]
    fn the_oldest_key_is_forgotten_when_there_are_too_many() {
        let last = 2 + FORMER_KEYS_MAX as u8;
        let keys = (2..=last).fold(CityKeys::from(key(1)), |keys, seed| {
            keys.followed_by(u64::from(seed), key(seed))
        });
        assert_eq!(keys.former().len(), FORMER_KEYS_MAX);
        assert!(!keys.knows(&key(1)) && keys.knows(&key(2)));
    }
}

//! Which entry is the n-th of an epoch's chain. Pure.
//!
//! A device that is enrolled anew goes on from a copy of its ledger: the chain of the new epoch
//! leaves that of an earlier one somewhere, and the entries up to there belong to both. An entry is
//! kept once, with the epoch that brought it.

use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::Epoch;
use std::collections::BTreeMap;

/// How an epoch's chain begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fork {
    /// The earlier epoch whose chain it goes on from; 0 where it begins by itself.
    pub trunk: Epoch,
    /// The last entry that it shares with that.
    pub shared: EntryNumber,
}

/// Consecutive entries of a chain that one epoch brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The epoch.
    pub epoch: Epoch,
    /// First entry.
    pub first: EntryNumber,
    /// Last entry.
    pub last: EntryNumber,
}

/// The epochs of one device.
#[derive(Clone, Debug, Default)]
pub(super) struct Forks(BTreeMap<Epoch, Fork>);

impl Forks {
    /// Takes an epoch in, or what is known of it by now.
    ///
    /// # Panics
    /// Where it is said to go on from itself or a later one.
    pub(super) fn set(&mut self, epoch: Epoch, fork: Fork) {
        assert!(fork.trunk < epoch, "an epoch goes on from an earlier one");
        self.0.insert(epoch, fork);
    }

    /// How an epoch's chain begins.
    pub(super) fn of(&self, epoch: Epoch) -> Fork {
        self.0.get(&epoch).copied().unwrap_or_default()
    }

    /// The epoch that brought entry `n` of the chain of `epoch`.
    pub(super) fn owner(&self, mut epoch: Epoch, n: EntryNumber) -> Epoch {
        while n <= self.of(epoch).shared {
            epoch = self.of(epoch).trunk;
        }
        epoch
    }

    /// The chain of `epoch` up to entry `last`, in its order.
    pub(super) fn parts(&self, mut epoch: Epoch, mut last: EntryNumber) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            let Fork { trunk, shared } = self.of(epoch);
            if last > shared {
                parts.push(Part { epoch, first: shared + 1, last });
            }
            if shared == 0 {
                parts.reverse();
                return parts;
            }
            (epoch, last) = (trunk, last.min(shared));
        }
    }
}

impl FromIterator<(Epoch, Fork)> for Forks {
    fn from_iter<I: IntoIterator<Item = (Epoch, Fork)>>(epochs: I) -> Self {
        let mut forks = Forks::default();
        epochs.into_iter().for_each(|(epoch, fork)| forks.set(epoch, fork));
        forks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Epoch 2 leaves 1 after entry 25, 3 leaves 2 after 30, 4 leaves 1 after 20 (an older copy), 5
    /// begins by itself, and 6 leaves 4 before 4 left 1.
    fn forks() -> Forks {
        let fork = |trunk, shared| Fork { trunk, shared };
        [(1, fork(0, 0)), (2, fork(1, 25)), (3, fork(2, 30)), (4, fork(1, 20)), (5, fork(0, 0))]
            .into_iter()
            .chain([(6, fork(4, 12))])
            .collect()
    }

    #[test]
    fn an_entry_belongs_to_the_epoch_that_brought_it() {
        let forks = forks();
        let cases = [
            ((1, 99), 1),
            ((2, 25), 1),
            ((2, 26), 2),
            ((3, 25), 1),
            ((3, 26), 2),
            ((3, 30), 2),
            ((3, 31), 3),
            ((4, 20), 1),
            ((4, 21), 4),
            ((5, 1), 5),
            ((6, 12), 1),
            ((6, 13), 6),
            ((9, 7), 9),
        ];
        for ((epoch, n), owner) in cases {
            assert_eq!(forks.owner(epoch, n), owner, "entry {n} of epoch {epoch}");
        }
    }

    #[test]
    fn a_chain_is_the_parts_of_its_epochs_in_order() {
        let forks = forks();
        let told = |epoch, last| {
            let parts = forks.parts(epoch, last);
            parts.iter().map(|p| (p.epoch, p.first, p.last)).collect::<Vec<_>>()
        };
        assert_eq!(told(1, 40), [(1, 1, 40)]);
        assert_eq!(told(3, 35), [(1, 1, 25), (2, 26, 30), (3, 31, 35)]);
        assert_eq!(told(3, 27), [(1, 1, 25), (2, 26, 27)]);
        assert_eq!(told(3, 10), [(1, 1, 10)]);
        assert_eq!(told(6, 14), [(1, 1, 12), (6, 13, 14)]);
        assert_eq!(told(5, 0), []);
        assert_eq!(told(2, 0), []);
    }

    #[test]
    fn parts_and_owners_agree_on_every_entry() {
        let forks = forks();
        for epoch in 1..=6 {
            for last in 0..40 {
                let parts = forks.parts(epoch, last);
                let listed = parts.iter().flat_map(|p| (p.first..=p.last).map(|n| (n, p.epoch)));
                let owned = (1..=last).map(|n| (n, forks.owner(epoch, n)));
                assert!(listed.eq(owned), "epoch {epoch} up to {last}");
            }
        }
    }
}

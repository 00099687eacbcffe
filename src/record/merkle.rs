//! Merkle tree of RFC 6962, section 2.1 (SHA-256; leaf prefix 0x00, node prefix 0x01).
//!
//! A leaf's data is an entry's hash (32 bytes). [`Tree`] grows in O(log n) memory; proofs are made
//! from the leaf hashes at hand and checked with nothing but themselves.
//!
//! There are no consistency proofs (section 2.1.2): whoever holds two roots, the city or an auditor,
//! holds the entries between them as well, and computes the older root from them.

use super::hash::Hash;

/// Most hashes in a proof: one a level of a tree with 2^53 leaves.
pub const PROOF_HASHES_MAX: usize = 53;

/// The hash of a leaf with this data.
pub fn leaf(data: &[u8]) -> Hash {
    Hash::of(&[&[0], data])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// A growing tree that keeps only the roots of its complete subtrees.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    /// One root for each bit set in `size`, largest subtree first.
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree over `leaves` (leaf hashes).
    pub fn of(leaves: &[Hash]) -> Self {
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut carry = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a set bit has its peak");
            carry = node(&left, &carry);
        }
        self.peaks.push(carry);
        self.size += 1;
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root; for no leaves, SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        joined.unwrap_or_else(|| Hash::of(&[]))
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

/// The audit path of leaf `index` (from 0), lowest sibling first, or `None` where there is no such
/// leaf. RFC 6962, section 2.1.1.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut leaves, mut index, mut proof) = (leaves, index, Vec::new());
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        let sibling = if index < left.len() {
            leaves = left;
            right
        } else {
            index -= left.len();
            leaves = right;
            left
        };
        proof.push(Tree::of(sibling).root());
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that the leaf hash `leaf` stands at `index` (from 0) of the tree with
/// `size` leaves and this `root`. RFC 9162, section 2.1.3.2.
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut joined) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            joined = node(sibling, &joined);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            joined = node(&joined, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && joined == root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight leaves and the roots of their first 0 to 8 in the test data of Certificate
    /// Transparency.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|i| leaf(&i.to_be_bytes())).collect()
    }

    #[test]
    fn the_published_roots_come_out() {
        let mut tree = Tree::default();
        assert_eq!(tree.root().to_string(), ROOTS[0]);
        for (data, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf(data));
            assert_eq!(tree.root().to_string(), *root, "{} leaves", tree.size());
        }
    }

    #[test]
    fn a_published_audit_path_comes_out() {
        let leaves: Vec<_> = LEAVES.iter().map(|data| leaf(data)).collect();
        let path = inclusion_proof(&leaves, 5).unwrap();
        let shown: Vec<_> = path.iter().map(Hash::to_string).collect();
        assert_eq!(
            shown,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_nothing_else_is() {
        for size in 1..=33 {
            let leaves = leaves(size);
            let root = Tree::of(&leaves).root();
            for index in 0..size {
                let proof = inclusion_proof(&leaves, index).unwrap();
                assert!(proof.len() <= PROOF_HASHES_MAX);
                let holds = |leaf, i: usize, n: usize, proof: &[Hash]| {
                    verify_inclusion(leaf, i as u64, n as u64, proof, root)
                };
                assert!(holds(leaves[index], index, size, &proof));
                assert!(!holds(leaf(b"other"), index, size, &proof));
                let elsewhere = (index + 1) % size;
                assert!(size == 1 || !holds(leaves[index], elsewhere, size, &proof));
                assert!(!holds(leaves[index], size, size, &proof));
                let longer = [proof.clone(), vec![root]].concat();
                assert!(!holds(leaves[index], index, size, &longer));
                assert!(proof.is_empty() || !holds(leaves[index], index, size, &proof[1..]));
            }
            assert_eq!(inclusion_proof(&leaves, size), None);
        }
    }
}

//! The order in which the two candidates of a review are shown.
//!
//! 1. It says nothing about who is the better match, and half the reviews show that one second.
//! 2. It follows from the review's number alone: it stays the same for as long as the review is
//!    open, on every page and after a restart, and an auditor can tell later who stood first.
//!
//! It is no secret. Staff who always tap the first one cannot gain by knowing it, because which
//! candidate the camera preferred is not shown to them.

use super::entry::EntryNumber;

/// Whether the candidates of review `number` are shown in the reverse of the ledger's order.
pub fn reversed(number: EntryNumber) -> bool {
    // The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
    // generators, 2014): every bit of the number decides.
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) >> 63 == 1
}

/// `candidates`, from the ledger's order to the one shown, and back.
pub fn shown<T>(number: EntryNumber, mut candidates: Vec<T>) -> Vec<T> {
    if reversed(number) {
        candidates.reverse();
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_reviews_are_reversed_without_a_pattern_of_runs() {
        let reversed: Vec<bool> = (1..=10_000).map(reversed).collect();
        let count = reversed.iter().filter(|r| **r).count();
        assert!((4_800..5_200).contains(&count), "{count}");
        let changes = reversed.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((4_800..5_200).contains(&changes), "{changes}");
    }

    #[test]
    fn the_order_is_frozen_because_auditors_derive_it_later() {
        let frozen: String = (1..=16).map(|n| if reversed(n) { 'R' } else { '-' }).collect();
        assert_eq!(frozen, "R--R---R-R-RRRRR");
        assert_eq!(shown(2, shown(2, vec![1, 2])), [1, 2]);
        assert_eq!(shown(2, vec![1]), [1]);
    }
}

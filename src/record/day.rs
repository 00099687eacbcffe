//! The day's code: short enough for a sheet on the canteen's wall, and it fixes the day.
//!
//! An entry belongs to the day of the last trusted entry up to and including it, so that a day is
//! closed for good once a trusted entry of a later day stands in the ledger, whatever a wrong
//! clock says meanwhile. The day's tree has its entries' hashes as leaves, in their order.

use super::base32;
use super::hash::Hash;
use crate::domain::calendar::Date;
use std::fmt;

/// What precedes the code's parts when they are hashed.
const DOMAIN: &[u8] = b"canteend day v1\n";
/// Bytes of the hash that the code shows: 80 bits, out of reach for trying out.
const CODE_BYTES: usize = 10;

/// A day's code, such as `7Q2M-0FKX-9RTA-HB3C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCode([u8; CODE_BYTES]);

impl DayCode {
    /// The code of the day `date` on `device`, whose `entries` entries have the Merkle root `root`.
    pub fn new(device: &str, date: Date, entries: u64, root: &Hash) -> Self {
        let said = format!("{device}\n{date}\n{entries}\n");
        let hash = Hash::of(&[DOMAIN, said.as_bytes(), &root.0]);
        let (code, _) = hash.0.split_first_chunk().expect("a hash is longer than a code");
        DayCode(*code)
    }
}

/// Four groups of four digits.
impl fmt::Display for DayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in base32::digits(&self.0, CODE_BYTES * 8 / 5).chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made once by another program.
    const CODES: &str = include_str!("../../fixtures/ledger/day-codes.tsv");

    #[test]
    fn the_codes_of_another_program_come_out() {
        let mut seen = 0;
        for line in CODES.lines().skip(1) {
            let [device, date, entries, root, code] =
                line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let root = Hash(crate::record::unhex(root).unwrap());
            let entries = entries.parse().unwrap();
            let made = DayCode::new(device, date.parse().unwrap(), entries, &root);
            assert_eq!(made.to_string(), code, "{line}");
            seen += 1;
        }
        assert_eq!(seen, 6);
    }
}

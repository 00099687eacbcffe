//! The day's code: short enough for a sheet on the canteen's wall, and it fixes the day.
//!
//! An entry belongs to the day of the last trusted entry up to and including it, so that a day is
//! closed for good once a trusted entry of a later day stands in the ledger, whatever a wrong
//! clock says meanwhile. The day's tree has its entries' hashes as leaves, in their order.

use super::hash::Hash;
use crate::domain::calendar::Date;
use std::fmt;

/// What precedes the code's parts when they are hashed.
const DOMAIN: &[u8] = b"canteend day v1\n";
/// Bytes of the hash that the code shows: 80 bits, out of reach for trying out.
const CODE_BYTES: usize = 10;
/// Crockford's base 32: no I, L, O and U, so that nothing is misread from a sheet of paper.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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
        // Five bytes make eight digits of five bits.
        for (i, half) in self.0.chunks_exact(5).enumerate() {
            let bits = half.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            for digit in 0..8 {
                if digit == 4 || (i == 1 && digit == 0) {
                    f.write_str("-")?;
                }
                let place = (bits >> (35 - 5 * digit)) as usize & 31;
                write!(f, "{}", char::from(DIGITS[place]))?;
            }
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

    #[test]
    fn every_digit_of_the_code_is_used() {
        let shown = DayCode([0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF]);
        assert_eq!(shown.to_string(), "0123-4567-89AB-CDEF");
        let shown = DayCode([0x84, 0x65, 0x3A, 0x56, 0xD7, 0xC6, 0x75, 0xBE, 0x77, 0xDF]);
        assert_eq!(shown.to_string(), "GHJK-MNPQ-RSTV-WXYZ");
    }
}

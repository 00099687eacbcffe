//! Crockford's base 32: no I, L, O and U, so that nothing is misread from paper or read out wrongly.

/// The digits, by rising value.
pub const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The first `count` groups of five bits as digits.
///
/// # Panics
/// Where `bytes` has fewer bits.
pub fn digits(bytes: &[u8], count: usize) -> String {
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let group = |start: usize| (start..start + 5).fold(0, |value, at| value << 1 | bit(at));
    (0..count).map(|place| char::from(DIGITS[group(place * 5)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_used() {
        let low = [0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF];
        assert_eq!(digits(&low, 16), "0123456789ABCDEF");
        let high = [0x84, 0x65, 0x3A, 0x56, 0xD7, 0xC6, 0x75, 0xBE, 0x77, 0xDF];
        assert_eq!(digits(&high, 16), "GHJKMNPQRSTVWXYZ");
        assert_eq!(digits(&high, 3), "GHJ");
    }
}

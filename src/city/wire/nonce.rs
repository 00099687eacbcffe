//! A number that a question is asked with and that is used once. The signed answer repeats it, so that an
//! answer to the same question that was recorded earlier is not taken for a new one.

use super::suite::{self, KeyError};
use crate::record;

/// Most characters of a nonce.
pub const NONCE_CHARS_MAX: usize = 64;
/// Random bytes of one of ours.
const NONCE_BYTES: usize = 16;

/// A number to ask with: hexadecimal digits.
///
/// # Errors
/// [`KeyError::Random`].
pub fn fresh() -> Result<String, KeyError> {
    Ok(record::hex(&suite::random::<NONCE_BYTES>()?))
}

/// Whether a nonce is one that is answered: 1 to [`NONCE_CHARS_MAX`] letters and digits.
pub fn asks(nonce: &str) -> bool {
    (1..=NONCE_CHARS_MAX).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_new_each_time_and_is_one_parameter() {
        let nonce = fresh().unwrap();
        assert!(asks(&nonce) && nonce != fresh().unwrap());
        for bad in ["", "a b", "a&b", &"a".repeat(65)] {
            assert!(!asks(bad), "{bad:?}");
        }
    }
}

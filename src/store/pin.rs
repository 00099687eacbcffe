//! PINs of operators: what one is, and how it is kept.
//!
//! A PIN has so few possibilities that no hash protects it for long from somebody who holds the
//! file; argon2id (RFC 9106) makes each guess cost memory and time there. At the screen it is
//! throttling and locking that count ([`super::operators`]).

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use std::fmt;
use std::ops::RangeInclusive;

/// How many digits a PIN has.
pub const PIN_DIGITS: RangeInclusive<usize> = 6..=12;
/// Memory that one guess takes, in KiB: the least that OWASP's cheat sheet recommends for
/// argon2id. The box has it to spare once, and it checks one PIN at a time.
const MEMORY_KIB: u32 = 19 << 10;
/// Passes over that memory; the same recommendation.
const PASSES: u32 = 2;
/// Lanes; more would only help a machine that computes them side by side.
const LANES: u32 = 1;

/// The text is no PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Too short, too long, or not digits.
    #[error("a PIN has {} to {} digits", PIN_DIGITS.start(), PIN_DIGITS.end())]
    Digits,
    /// The first that anybody would try.
    #[error("a PIN must not be one digit repeated, nor count up or down; choose another")]
    Weak,
}

/// A PIN. It has no `Debug` that shows it.
pub struct Pin(String);

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

impl Pin {
    /// Checks a PIN that an operator is to have.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn new(text: &str) -> Result<Self, PinError> {
        if !PIN_DIGITS.contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PinError::Digits);
        }
        let mut steps =
            text.as_bytes().windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0]));
        let first = steps.next();
        let even = steps.all(|step| Some(step) == first);
        match first {
            Some(-1..=1) if even => Err(PinError::Weak),
            _ => Ok(Pin(text.to_owned())),
        }
    }

    /// Its hash, with `salt`.
    pub fn hash(&self, salt: &[u8; 16]) -> PinHash {
        let hash = argon2().hash_password_with_salt(self.0.as_bytes(), salt);
        PinHash(hash.expect("salt and output have lengths that argon2 takes").to_string())
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.expect("the constants are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hashed PIN, as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash(String);

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash")
    }
}

impl PinHash {
    /// What stands in table `operator`; anything else than a PHC string fits no PIN.
    pub(super) fn from_stored(text: String) -> Self {
        PinHash(text)
    }

    /// The PHC string.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What [`PinHash::fits`] says where there is no operator: no, after the same time.
    pub fn fits_nobody(typed: &str) -> bool {
        let _ = Pin(typed.chars().take(*PIN_DIGITS.end()).collect()).hash(&[0; 16]);
        false
    }

    /// Whether `typed` is the PIN. It takes tens of milliseconds and about 19 MiB: one at a time,
    /// on a thread that may wait.
    pub fn fits(&self, typed: &str) -> bool {
        let known = PasswordHash::new(&self.0);
        let typed = if typed.len() <= *PIN_DIGITS.end() { typed } else { "" };
        known.is_ok_and(|known| argon2().verify_password(typed.as_bytes(), &known).is_ok())
            && !typed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_six_to_twelve_digits_and_is_not_the_first_guess() {
        for good in ["258036", "112233", "000001", "135792468012"] {
            assert!(Pin::new(good).is_ok(), "{good}");
        }
        for bad in ["", "12580", "1258036a", "１２５８０３", "1357924680135"] {
            assert_eq!(Pin::new(bad).unwrap_err(), PinError::Digits, "{bad}");
        }
        for weak in ["000000", "777777", "123456", "87654321"] {
            assert_eq!(Pin::new(weak).unwrap_err(), PinError::Weak, "{weak}");
        }
    }

    #[test]
    fn a_hash_fits_its_pin_alone_and_is_memory_hard() {
        let hash = Pin::new("258036").unwrap().hash(&[7; 16]);
        assert!(hash.fits("258036"));
        for wrong in ["258037", "", "25803", "2580360", &"2".repeat(10_000)] {
            assert!(!hash.fits(wrong), "{wrong}");
        }
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_ne!(hash, Pin::new("258036").unwrap().hash(&[8; 16]));
        assert!(!PinHash::from_stored("258036".to_owned()).fits("258036"));
        assert!(!PinHash::fits_nobody("258036"));
    }
}

//! The enrolment code: what the technician types once, in 26 characters.
//!
//! It carries a secret (50 bits), a checksum of the city's public key (70 bits), and a check
//! against mistyping (10 bits). The secret never crosses the wire: the box proves that it knows it
//! ([`EnrolmentCode::proof`]). Whoever answers in the city's place has another key and is noticed by
//! the checksum before anything is pinned. A code is good for one device and a short time; that is
//! the city's to see to.

use super::suite::{KeyError, PublicKey, random};
use super::text::DeviceId;
use crate::record::{Hash, base32};
use ring::hmac;
use std::fmt;

/// Characters of the secret.
const SECRET_CHARS: usize = 10;
/// Characters of the key's checksum.
const KEY_CHARS: usize = 14;
/// Characters that catch a mistyped code.
const CHECK_CHARS: usize = 2;
/// All characters.
const CODE_CHARS: usize = SECRET_CHARS + KEY_CHARS + CHECK_CHARS;
/// What the proof begins with, so that it can stand for nothing else.
const PROOF_DOMAIN: &str = "canteend enrol v1";

/// A text that is no enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no enrolment code: expected 26 letters and digits as the city printed them; type it again"
)]
pub struct CodeError;

/// An enrolment code. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode(String);

impl EnrolmentCode {
    /// A new code for a city with this key.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate(city: &PublicKey) -> Result<Self, KeyError> {
        let secret = base32::digits(&random::<8>()?, SECRET_CHARS);
        let body = secret + &key_checksum(city);
        let check = check(&body);
        Ok(EnrolmentCode(body + &check))
    }

    /// Reads a code as it was typed: case, blanks and hyphens do not matter, `O` is read as 0, `I`
    /// and `L` as 1.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let mut code = String::new();
        for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !c.is_ascii() || !base32::DIGITS.contains(&(c as u8)) || code.len() == CODE_CHARS {
                return Err(CodeError);
            }
            code.push(c);
        }
        let body = code.get(..SECRET_CHARS + KEY_CHARS).ok_or(CodeError)?;
        if code[body.len()..] == check(body) { Ok(EnrolmentCode(code)) } else { Err(CodeError) }
    }

    /// Whether the code was made for a city with this key.
    pub fn names(&self, city: &PublicKey) -> bool {
        self.0[SECRET_CHARS..SECRET_CHARS + KEY_CHARS] == key_checksum(city)
    }

    /// What shows the city that whoever owns `key` knows the code (HMAC-SHA256).
    pub fn proof(&self, device: &DeviceId, key: &PublicKey) -> Vec<u8> {
        hmac::sign(&self.secret(), proof_text(device, key).as_bytes()).as_ref().to_owned()
    }

    /// Whether `proof` is what [`EnrolmentCode::proof`] gives, compared in constant time.
    pub fn proves(&self, device: &DeviceId, key: &PublicKey, proof: &[u8]) -> bool {
        hmac::verify(&self.secret(), proof_text(device, key).as_bytes(), proof).is_ok()
    }

    fn secret(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0.as_bytes()[..SECRET_CHARS])
    }

    /// The code without groups, for the city to keep until it is used.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In groups that can be read aloud.
impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, c) in self.0.chars().enumerate() {
            if place > 0 && place % 5 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentCode({CODE_CHARS} characters)")
    }
}

fn proof_text(device: &DeviceId, key: &PublicKey) -> String {
    format!("{PROOF_DOMAIN}\n{device}\n{key}\n")
}

fn key_checksum(city: &PublicKey) -> String {
    base32::digits(&Hash::of(&[b"canteend city key\n", city.to_string().as_bytes()]).0, KEY_CHARS)
}

fn check(body: &str) -> String {
    base32::digits(&Hash::of(&[body.as_bytes()]).0, CHECK_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::wire::suite::SigningKey;

    fn public(seed: u8) -> PublicKey {
        SigningKey::from_seed(&[seed; 32]).unwrap().public().clone()
    }

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        let code = EnrolmentCode::generate(&public(1)).unwrap();
        let shown = code.to_string();
        assert_eq!(EnrolmentCode::parse(&shown).unwrap(), code);
        let sloppy = shown.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(EnrolmentCode::parse(&sloppy).unwrap(), code);
    }

    #[test]
    fn a_mistyped_code_is_noticed() {
        let code = EnrolmentCode::generate(&public(1)).unwrap().as_str().to_owned();
        let mut passed = 0;
        for at in 0..CODE_CHARS {
            for c in base32::DIGITS {
                let mut typed = code.clone().into_bytes();
                typed[at] = *c;
                let typed = String::from_utf8(typed).unwrap();
                passed += usize::from(typed != code && EnrolmentCode::parse(&typed).is_ok());
            }
        }
        // Ten bits let one in 1024 of some 800 pass.
        assert!(passed <= 8, "{passed}");
        for bad in ["", "K", "王", &code[1..], &format!("{code}0")] {
            assert_eq!(EnrolmentCode::parse(bad), Err(CodeError), "{bad}");
        }
    }

    #[test]
    fn a_code_names_its_city_and_proves_one_key_of_one_device() {
        let code = EnrolmentCode::generate(&public(1)).unwrap();
        assert!(code.names(&public(1)) && !code.names(&public(2)));
        let device = DeviceId::new("lc-kfq-017").unwrap();
        let proof = code.proof(&device, &public(3));
        assert!(code.proves(&device, &public(3), &proof));
        assert!(!code.proves(&device, &public(4), &proof));
        assert!(!code.proves(&DeviceId::new("lc-kfq-018").unwrap(), &public(3), &proof));
        assert!(!EnrolmentCode::generate(&public(1)).unwrap().proves(&device, &public(3), &proof));
    }
}

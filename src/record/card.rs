//! What stands for a card's number on the way from the city to a box.
//!
//! The city and its boxes share a card key. A page of the gallery carries the key and a keyed digest
//! of each card, so that neither the page nor what is kept of it holds a number. Numbers are short:
//! whoever has both key and digests can try them out, so the key travels inside TLS alone and is
//! sealed on the box.

use ring::hmac;
use std::fmt;

/// Bytes of a card key.
pub const CARD_KEY_BYTES: usize = 32;
/// Fewest and most characters of a card; readers type 8 to 20.
pub const CARD_CHARS: std::ops::RangeInclusive<usize> = 4..=32;
/// Sets these digests apart from all others.
const DOMAIN: &str = "canteend card v1\n";

/// A keyed digest (HMAC-SHA256) of what a card says.
pub type CardDigest = [u8; 32];

/// What a reader types, as it is compared: letters and digits alone, in upper case. `None` for what
/// is no card.
pub fn card_text(typed: &str) -> Option<String> {
    let text = typed.trim();
    let good = CARD_CHARS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    good.then(|| text.to_ascii_uppercase())
}

/// The key that a city shares with its boxes. `Debug` shows its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct CardKey([u8; CARD_KEY_BYTES]);

impl CardKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; CARD_KEY_BYTES]) -> Self {
        CardKey(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; CARD_KEY_BYTES] {
        &self.0
    }

    /// The digest of what a reader typed; `None` for what is no card.
    pub fn digest(&self, typed: &str) -> Option<CardDigest> {
        let text = format!("{DOMAIN}{}", card_text(typed)?);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), text.as_bytes());
        Some(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardKey({CARD_KEY_BYTES} bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::hex;

    #[test]
    fn a_card_has_one_digest_however_it_was_typed() {
        let key = CardKey::new([7; 32]);
        let digest = key.digest("77AA0012").unwrap();
        assert_eq!(key.digest(" 77aa0012\n"), Some(digest));
        assert_ne!(CardKey::new([8; 32]).digest("77AA0012"), Some(digest));
        // Computed by another program: HMAC-SHA256 of "canteend card v1\n77AA0012".
        let known = "2a133f7b2eb07a161dedc28aa4742622255a6b6196a8447d7ee4104250fd8c6a";
        assert_eq!(hex(&digest), known);
        for none in ["", "123", "12 34", "七七八八", &"7".repeat(33)] {
            assert_eq!(key.digest(none), None, "{none}");
        }
        assert!(!format!("{key:?}").contains('7'));
    }
}

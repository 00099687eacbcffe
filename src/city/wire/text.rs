//! How hashes, times, devices and bytes are spelt in messages: one spelling each.

use crate::domain::calendar::Timestamp;
use crate::record::{self, Hash};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest device id, in bytes.
pub const DEVICE_BYTES_MAX: usize = 32;
/// What precedes the digits of a hash.
const HASH_PREFIX: &str = "sha256:";
/// Length of a time with offset: `2026-03-02T11:42:07+08:00`.
const TIME_BYTES: usize = 25;

/// Padded base64 with the standard alphabet (RFC 4648, section 4).
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of padded base64 with the standard alphabet.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The bytes of padded base64 with either alphabet, as DSSE asks of a reader.
pub fn from_any_base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(['-', '_']) { URL_SAFE.decode(text).ok() } else { from_base64(text) }
}

/// `text` as the value of a parameter in a query (RFC 3986, section 2.1).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// `text` as it can be shown: without what is invisible or turns other text around, white space
/// run together. `None` where nothing is left, or more than `chars_max` characters.
pub fn displayable(text: &str, chars_max: usize) -> Option<String> {
    let seen = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let seen: String = seen.filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let shown = seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (1..=chars_max).contains(&shown.chars().count()).then_some(shown)
}

/// Characters without a picture of their own that change how others are drawn (Unicode's Cf and
/// the default-ignorable ones): joiners, marks and overrides of direction, tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `sha256:` and 64 lower-case hexadecimal digits.
pub fn hash_to_text(hash: &Hash) -> String {
    format!("{HASH_PREFIX}{hash}")
}

/// The hash of such a text.
pub fn hash_from_text(text: &str) -> Option<Hash> {
    record::unhex(text.strip_prefix(HASH_PREFIX)?).map(Hash)
}

/// `YYYY-MM-DDTHH:MM:SS+08:00`; fractions of a second are dropped.
pub fn time_to_text(at: Timestamp) -> String {
    let whole = Timestamp::from_second(at.as_second()).expect("no later than the time itself");
    record::at_text(whole)
}

/// The time of `YYYY-MM-DDTHH:MM:SS±HH:MM`.
pub fn time_from_text(text: &str) -> Option<Timestamp> {
    if text.len() == TIME_BYTES { text.parse().ok() } else { None }
}

/// Id of a device (食堂编码): ASCII letters, digits and `-`, 1 to [`DEVICE_BYTES_MAX`] of them. It
/// can stand in a path as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(String);

/// Why a text is no device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device id has 1 to 32 ASCII letters, digits and -")]
pub struct DeviceIdError;

impl DeviceId {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`DeviceIdError`].
    pub fn new(text: &str) -> Result<Self, DeviceIdError> {
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let fits = (1..=DEVICE_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(good) {
            Ok(DeviceId(text.to_owned()))
        } else {
            Err(DeviceIdError)
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DeviceId {
    type Error = DeviceIdError;

    fn try_from(text: String) -> Result<Self, DeviceIdError> {
        DeviceId::new(&text)
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> String {
        id.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A [`struct@Hash`] field.
pub(super) mod hash_text {
    use super::{Hash, hash_from_text, hash_to_text};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hash_to_text(hash))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(from)?;
        hash_from_text(&text).ok_or_else(|| D::Error::custom("expected sha256: and 64 hex digits"))
    }
}

/// A [`struct@Hash`] field that may be null.
pub(super) mod hash_text_or_null {
    use super::{Hash, hash_from_text, hash_to_text};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &Option<Hash>, to: S) -> Result<S::Ok, S::Error> {
        hash.as_ref().map(hash_to_text).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Hash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let hash = hash_from_text(&text);
        hash.map(Some).ok_or_else(|| D::Error::custom("expected sha256: and 64 hex digits"))
    }
}

/// A [`Timestamp`] field, at UTC+8.
pub(super) mod time_text {
    use super::{Timestamp, time_from_text, time_to_text};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&time_to_text(*at))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        time_from_text(&text).ok_or_else(|| D::Error::custom("expected a time with its offset"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = Hash::of(&[b"x"]);
        let text = hash_to_text(&hash);
        assert_eq!(hash_from_text(&text), Some(hash));
        for bad in [text.to_uppercase(), text[..70].to_owned(), text[7..].to_owned(), text + "0"] {
            assert_eq!(hash_from_text(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_cannot_become_another_parameter() {
        assert_eq!(percent_encoded("aB9-._~"), "aB9-._~");
        assert_eq!(percent_encoded("a&b=c d%\n王"), "a%26b%3Dc%20d%25%0A%E7%8E%8B");
    }

    #[test]
    fn text_is_shown_without_what_hides_or_turns_it() {
        for (text, shown) in [
            ("王秀英", Some("王秀英")),
            ("  王\t秀\u{3000}英 \n", Some("王 秀 英")),
            ("\u{202E}英秀王\u{202C}", Some("英秀王")),
            ("a\u{0}\u{1B}[31mb", Some("a[31mb")),
            ("\u{200B}\u{FEFF}", None),
            ("", None),
            ("一二三四五", None),
        ] {
            let chars_max = if text.starts_with('一') { 4 } else { 64 };
            assert_eq!(displayable(text, chars_max).as_deref(), shown, "{text:?}");
        }
    }

    #[test]
    fn a_device_id_can_stand_in_a_path() {
        DeviceId::new("lc-kfq-017").unwrap();
        for bad in ["", "a/b", "..", "a b", "a%2f", "站", &"a".repeat(33)] {
            assert_eq!(DeviceId::new(bad), Err(DeviceIdError), "{bad}");
        }
    }

    #[test]
    fn a_time_carries_its_offset_and_no_fraction() {
        let at = time_from_text("2026-03-02T11:42:07+08:00").unwrap();
        assert_eq!(time_to_text(at), "2026-03-02T11:42:07+08:00");
        let later = at + std::time::Duration::from_millis(999);
        assert_eq!(time_to_text(later), "2026-03-02T11:42:07+08:00");
        for bad in
            ["2026-03-02T11:42:07Z", "2026-03-02T11:42:07.5+08:00", "", "2026-02-30T11:42:07+08:00"]
        {
            assert_eq!(time_from_text(bad), None, "{bad}");
        }
    }
}

//! Entry ⇄ body bytes, whatever their version.

use super::v1;
use crate::domain::entry::Entry;
use crate::error::{Exit, Sysexit};
use serde::Deserialize;

/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 2048;
/// Length of a salt, in bytes.
pub const SALT_BYTES: usize = 16;

/// Random bytes in each body. Without them a hash that is shown in a proof would let anybody try
/// out the few hundred elders and find who ate.
pub type Salt = [u8; SALT_BYTES];

/// Why bytes are not a body, or an entry cannot become one.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Longer than [`BODY_BYTES_MAX`].
    #[error("the body has {0} bytes; at most {BODY_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// Not JSON, or without a field that its kind needs.
    #[error("the body cannot be read: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error("the body has format version {0}; this program knows version 1: update it")]
    Version(u64),
    /// A kind that version 1 does not have.
    #[error("the body's kind is unknown in format version 1")]
    Kind,
    /// A value outside its bounds or not in its closed list.
    #[error("the body's field \"{0}\" holds a value that the format does not allow")]
    Field(&'static str),
    /// The same meaning, spelt otherwise: white space, other order, unknown or repeated fields.
    #[error("the body is not spelt as format version 1 spells it")]
    Spelling,
}

impl Sysexit for CodecError {
    fn exit(&self) -> Exit {
        Exit::Data
    }
}

/// The body bytes of `entry`, in the newest format.
///
/// # Errors
/// [`CodecError::Field`] where a value does not fit the format: a time with fractions of a second,
/// a year outside 1900 to 9999, a code with characters other than ASCII letters, digits, `.`, `_`,
/// `+` and `-`, no reasons or too many candidates of a review.
pub fn encode(entry: &Entry, salt: &Salt) -> Result<Vec<u8>, CodecError> {
    let body = v1::encode(entry, salt)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(CodecError::TooLong(body.len()));
    }
    Ok(body)
}

/// The entry and salt of body bytes.
///
/// What comes back encodes to the very same bytes in the body's own version, so nothing can hide
/// in white space, order, unknown fields or unusual numbers.
///
/// # Errors
/// [`CodecError`] for anything that [`encode`] would not have written.
pub fn decode(body: &[u8]) -> Result<(Entry, Salt), CodecError> {
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(CodecError::TooLong(body.len()));
    }
    // Every version-1 body starts with these bytes; only an odd one is parsed for its version.
    if !body.starts_with(v1::PREFIX) {
        return Err(match serde_json::from_slice::<Version>(body)?.v {
            1 => CodecError::Spelling,
            other => CodecError::Version(other),
        });
    }
    let (entry, salt) = v1::decode(body)?;
    if v1::encode(&entry, &salt)? != body {
        return Err(CodecError::Spelling);
    }
    Ok((entry, salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOID: &str = r#"{"v":1,"n":9,"salt":"000102030405060708090a0b0c0d0e0f","kind":"void","at":"2026-03-02T11:42:07+08:00","clock":"trusted","entry":7,"reason":"not-eaten","operator":"op-1"}"#;

    fn error(body: &str) -> String {
        decode(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_body_has_one_spelling_only() {
        decode(VOID.as_bytes()).unwrap();
        for (from, to, told) in [
            ("{\"v\"", "{ \"v\"", "not spelt"),
            ("1\"}", "1\" }", "not spelt"),
            ("1\"}", "1\"}\n", "not spelt"),
            ("1\"}", "1\",\"note\":\"free text\"}", "not spelt"),
            ("not-eaten", "she was ill", "reason of a void"),
            ("\"op-1\"", "\"王\"", "not allowed as id of an operator"),
            ("\"op-1\"", "null", "cannot be read"),
            ("\"n\":9,", "\"n\":9.0,", "cannot be read"),
            ("\"n\":9,", "\"n\":09,", "cannot be read"),
            ("\"n\":9,", "\"n\":9e0,", "cannot be read"),
            ("\"n\":9,", "\"n\":-9,", "cannot be read"),
            ("\"n\":9,", "\"n\":\"9\",", "cannot be read"),
            ("\"n\":9,", "\"n\":9,\"n\":9,", "duplicate field"),
            ("\"entry\":7", "\"entry\":7,\"entry\":7", "duplicate field"),
            ("\"n\":9,", "", "missing field"),
            ("\"n\":9,", "\"n\":0,", "\"n\""),
            ("\"n\":9,", "\"n\":9007199254740992,", "\"n\""),
            ("\"entry\":7", "\"entry\":9", "\"entry\""),
            ("\"entry\":7", "\"entry\":0", "\"entry\""),
            ("0a0b", "0A0B", "\"salt\""),
            ("0e0f", "0e", "\"salt\""),
            ("trusted", "sure", "\"clock\""),
            ("trusted", "tr\\u0075sted", "cannot be read"),
            ("void", "gift", "kind is unknown"),
            ("07+08:00", "07.5+08:00", "\"at\""),
            ("+08:00", "+09:00", "\"at\""),
            ("+08:00", "Z", "\"at\""),
            ("T11", "t11", "not spelt"),
            ("2026-03-02T", "2026-02-29T", "\"at\""),
            ("\"v\":1,", "\"v\":2,", "version 2"),
            ("\"v\":1,\"n\":9", "\"n\":9,\"v\":1", "not spelt"),
        ] {
            let body = VOID.replacen(from, to, 1);
            assert_ne!(body, VOID, "{from}");
            let said = error(&body);
            assert!(said.contains(told), "{from} → {to}: {said}");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused_or_means_another_entry() {
        let (entry, salt) = decode(VOID.as_bytes()).unwrap();
        for at in 0..VOID.len() {
            for bit in 0..8 {
                let mut body = VOID.as_bytes().to_vec();
                body[at] ^= 1 << bit;
                if let Ok(other) = decode(&body) {
                    assert_ne!(other, (entry.clone(), salt), "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn a_body_of_any_length_is_cut_off_without_a_panic() {
        for length in 0..VOID.len() {
            decode(&VOID.as_bytes()[..length]).unwrap_err();
        }
        let long = [b' '; BODY_BYTES_MAX + 1];
        assert!(matches!(decode(&long), Err(CodecError::TooLong(_))));
    }
}

//! Single values of the manifest that cannot hold anything impossible.

use serde::Deserialize;
use std::fmt;
use std::path::Path;

/// A plain file name, without any folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FileName(String);

impl FileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let plain = Path::new(&name).file_name().is_some_and(|f| f == name.as_str());
        if plain { Ok(FileName(name)) } else { Err("a file name without any folder is expected") }
    }
}

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256(pub [u8; 32]);

impl TryFrom<String> for Sha256 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const EXPECTED: &str = "64 hexadecimal digits are expected";
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(EXPECTED);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| EXPECTED)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| EXPECTED)?;
        }
        Ok(Sha256(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_read_and_printed_alike() {
        let text = "0123456789abcdef".repeat(4);
        assert_eq!(Sha256::try_from(text.clone()).unwrap().to_string(), text);
        for wrong in ["", "12", &"g".repeat(64), &"é".repeat(32)] {
            assert!(Sha256::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn file_name_has_no_folder() {
        assert!(FileName::try_from("a.onnx".to_owned()).is_ok());
        for wrong in ["", "a/b", "../a", "/a", "..", "a/"] {
            assert!(FileName::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

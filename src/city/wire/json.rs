//! JSON from strangers: bounded in size and depth before a parser sees it.

use serde::de::DeserializeOwned;

/// Deepest nesting of objects and lists that any message has, with room for fields to come.
pub const DEPTH_MAX: usize = 12;

/// Why bytes are not the expected message.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Too many bytes.
    #[error("the message has {bytes} bytes; at most {bytes_max} are read")]
    TooLong {
        /// How many came.
        bytes: usize,
        /// How many are allowed.
        bytes_max: usize,
    },
    /// Nested too deep.
    #[error("the message is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// Not JSON, or a field is missing, unknown or of another type.
    #[error("the message cannot be read: {0}")]
    Syntax(#[from] serde_json::Error),
}

/// Reads a message of at most `bytes_max` bytes.
///
/// # Errors
/// [`JsonError`].
pub fn read<T: DeserializeOwned>(bytes: &[u8], bytes_max: usize) -> Result<T, JsonError> {
    if bytes.len() > bytes_max {
        return Err(JsonError::TooLong { bytes: bytes.len(), bytes_max });
    }
    if depth(bytes) > DEPTH_MAX {
        return Err(JsonError::TooDeep);
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// The greatest number of brackets that are open at once, outside strings.
fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn size_and_depth_are_refused_before_parsing() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        read::<Value>(nested(DEPTH_MAX).as_bytes(), 100).unwrap();
        let told = read::<Value>(nested(DEPTH_MAX + 1).as_bytes(), 100).unwrap_err();
        assert!(matches!(told, JsonError::TooDeep));
        let told = read::<Value>(b"[1,2]", 4).unwrap_err();
        assert!(matches!(told, JsonError::TooLong { bytes: 5, bytes_max: 4 }));
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(50), "{".repeat(50));
        assert_eq!(depth(text.as_bytes()), 1);
        read::<Value>(text.as_bytes(), 1000).unwrap();
    }
}

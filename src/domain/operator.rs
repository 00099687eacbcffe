//! Who acts at the counter: staff, by a pseudonymous id.

use super::elder::ElderId;
use std::fmt;

/// Longest operator id, in bytes.
pub const OPERATOR_ID_BYTES_MAX: usize = 32;

/// Pseudonymous id of an operator (操作员), such as `op-2`; never a name or an identity number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(String);

/// The text is no operator id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an operator id has 1 to {OPERATOR_ID_BYTES_MAX} ASCII letters, digits, _ and -, and is no \
     identity number"
)]
pub struct OperatorIdError;

impl OperatorId {
    /// Checks and wraps an id. What an elder's id may look like, an operator's may too.
    ///
    /// # Errors
    /// [`OperatorIdError`] says what an id looks like.
    pub fn new(text: &str) -> Result<Self, OperatorIdError> {
        match ElderId::new(text) {
            Ok(_) if text.len() <= OPERATOR_ID_BYTES_MAX => Ok(OperatorId(text.to_owned())),
            _ => Err(OperatorIdError),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for OperatorId {
    type Err = OperatorIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_short_pseudonyms() {
        for good in ["op-2", "7", &"o".repeat(32)] {
            assert_eq!(OperatorId::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "王", "op 2", "11010519491231002X", &"o".repeat(33)] {
            assert_eq!(OperatorId::new(bad), Err(OperatorIdError), "{bad}");
        }
    }
}

//! Who an elder is to the box: a pseudonymous id, a birth date, and dated entitlements.

use super::calendar::{Date, Interval};
use std::fmt;

/// Longest elder id, in bytes.
pub const ELDER_ID_BYTES_MAX: usize = 64;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 64;

/// Pseudonymous id of an elder, given by the city, such as `p_7f3a`.
///
/// ASCII letters, digits, `_` and `-`; at most [`ELDER_ID_BYTES_MAX`] bytes; never an identity
/// number, because the ledger keeps it for ever and uploads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElderId(String);

/// Why a text is not an elder id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElderIdError {
    /// Nothing there.
    Empty,
    /// More than [`ELDER_ID_BYTES_MAX`] bytes.
    TooLong,
    /// A character other than ASCII letters, digits, `_` and `-`.
    BadCharacter,
    /// It reads like an identity number (15 or 18 digits); ids must be pseudonyms.
    IdentityNumber,
}

impl fmt::Display for ElderIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the elder id is empty",
            Self::TooLong => "the elder id is longer than 64 bytes",
            Self::BadCharacter => "the elder id may hold only letters, digits, _ and -",
            Self::IdentityNumber => {
                "the elder id looks like an identity number; use the city's pseudonymous id"
            }
        })
    }
}

impl std::error::Error for ElderIdError {}

impl ElderId {
    /// Checks and wraps an id.
    ///
    /// # Errors
    /// [`ElderIdError`] says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, ElderIdError> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let body = text.strip_suffix(['X', 'x']).unwrap_or(text);
        if text.is_empty() {
            Err(ElderIdError::Empty)
        } else if text.len() > ELDER_ID_BYTES_MAX {
            Err(ElderIdError::TooLong)
        } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            Err(ElderIdError::BadCharacter)
        } else if matches!(text.len(), 15 | 18) && digits == body.len() {
            Err(ElderIdError::IdentityNumber)
        } else {
            Ok(ElderId(text.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ElderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sex as the roster states it; it chooses the form of address and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
}

/// What the elder has agreed to (个人信息保护法, article 29: separate consent for faces).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The box may keep a template of the face. Without it: staff and card only.
    pub store_face: bool,
    /// Meals may be transmitted with the pseudonymous id; needed for the subsidy itself.
    pub transmit: bool,
}

/// An elder as the box knows them. `Debug` shows the id alone: the rest is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Elder {
    /// Pseudonymous id.
    pub id: ElderId,
    /// Full name; at most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth: Date,
    /// Days on which the streets' office found the elder eligible; both ends included.
    pub eligible: Vec<Interval>,
    /// Days of government-purchased home care, which excludes the meal subsidy.
    pub home_care: Vec<Interval>,
    /// What was agreed to.
    pub consent: Consent,
}

impl Elder {
    /// The surname for greeting: two characters for the usual compound surnames, else one.
    pub fn surname(&self) -> String {
        const COMPOUND: [&str; 12] = [
            "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯",
            "司徒",
        ];
        let take = if COMPOUND.iter().any(|s| self.name.starts_with(s)) { 2 } else { 1 };
        self.name.chars().take(take).collect()
    }

    /// Form of address on the page: `王奶奶` or `王爷爷`.
    pub fn address(&self) -> String {
        let title = match self.sex {
            Sex::Female => "奶奶",
            Sex::Male => "爷爷",
        };
        self.surname() + title
    }
}

impl fmt::Debug for Elder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elder").field("id", &self.id).finish_non_exhaustive()
    }
}

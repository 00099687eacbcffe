//! Who an elder is to the box: a pseudonymous id, a birth date, and dated entitlements.
//!
//! 1. An [`ElderId`] never contains an identity number.
//! 2. Entitlements and notices carry dates, so that a past meal can be judged again by its own day.
//!
//! It does not hold faces, whole identity numbers or cards, and does not judge what a meal is worth.

use super::calendar::{Date, Interval};
use std::fmt;
use thiserror::Error;

/// Longest elder id, in bytes.
pub const ELDER_ID_BYTES_MAX: usize = 64;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// Longest name that is taken apart into surname and given name, in characters.
pub const HAN_NAME_CHARS_MAX: usize = 4;

/// The dots that rosters write between the parts of a name.
const MIDDLE_DOTS: [char; 4] = ['·', '•', '・', '‧'];

/// The two-character surnames that are met in practice.
const COMPOUND_SURNAMES: [&str; 24] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒",
    "司空", "长孙", "宇文", "闻人", "轩辕", "端木", "南宫", "独孤", "澹台", "呼延", "拓跋", "申屠",
];

/// Whether a character is a Chinese one: the unified ideographs and their extensions.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Pseudonymous id of an elder, given by the city, such as `p_7f3a`.
///
/// ASCII letters, digits, `_` and `-`; at most [`ELDER_ID_BYTES_MAX`] bytes; never an identity
/// number, because the ledger keeps it for ever and uploads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElderId(String);

/// Why a text is not an elder id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ElderIdError {
    /// Nothing there.
    #[error("the elder id is empty")]
    Empty,
    /// More than [`ELDER_ID_BYTES_MAX`] bytes.
    #[error("the elder id is longer than {ELDER_ID_BYTES_MAX} bytes")]
    TooLong,
    /// A character other than ASCII letters, digits, `_` and `-`.
    #[error("the elder id may hold only letters, digits, _ and -")]
    BadCharacter,
    /// It contains what reads like an identity number (15 or 18 digits); ids must be pseudonyms.
    #[error("the elder id looks like an identity number; use the city's pseudonymous id")]
    IdentityNumber,
}

impl ElderId {
    /// Checks and wraps an id.
    ///
    /// # Errors
    /// [`ElderIdError`] says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, ElderIdError> {
        if text.is_empty() {
            Err(ElderIdError::Empty)
        } else if text.len() > ELDER_ID_BYTES_MAX {
            Err(ElderIdError::TooLong)
        } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            Err(ElderIdError::BadCharacter)
        } else if text
            .split(|c: char| !c.is_ascii_digit() && c != 'X' && c != 'x')
            .any(is_identity_number)
        {
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

/// Whether a run of digits has the form of an identity number: 15 digits, or 17 and a check
/// character (GB 11643). The check is not computed: a mistyped number is personal as well.
fn is_identity_number(run: &str) -> bool {
    let body = if run.len() == 18 { run.strip_suffix(['X', 'x']).unwrap_or(run) } else { run };
    matches!(run.len(), 15 | 18) && body.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for ElderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last four characters of an identity number (证件后四位): enough for a clerk to tell two people
/// of one name apart. A whole number is never kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdLast4([u8; 4]);

impl IdLast4 {
    /// Four digits, of which the last may be the check character X; `None` for anything else.
    pub fn new(text: &str) -> Option<Self> {
        let mut four: [u8; 4] = text.as_bytes().try_into().ok()?;
        four.make_ascii_uppercase();
        let [.., check] = four;
        let digits = four[..3].iter().all(u8::is_ascii_digit);
        (digits && (check.is_ascii_digit() || check == b'X')).then_some(IdLast4(four))
    }

    /// The four characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII by construction")
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
    /// Their templates may be sent to the city (人脸识别技术应用安全管理办法, article 8). This program
    /// sends none, whatever stands here; the office's record of it is kept with the elder.
    pub transmit: bool,
}

/// What a notice says; it ends the entitlement whatever the eligibility list still says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeWhy {
    /// The elder has died.
    Deceased,
    /// The elder has moved out of the district.
    Moved,
}

/// A dated notice from outside. A withdrawn consent is none: it ends the face check only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub why: NoticeWhy,
    /// First day on which it holds.
    pub from: Date,
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
    /// The end of the identity number, where the roster states it.
    pub id_last4: Option<IdLast4>,
    /// Days on which the streets' office found the elder eligible; both ends included.
    pub eligible: Vec<Interval>,
    /// Days of government-purchased home care, which excludes the meal subsidy.
    pub home_care: Vec<Interval>,
    /// Notices of death and moving away; a notice given in error disappears with the next sync.
    pub notices: Vec<Notice>,
    /// What was agreed to.
    pub consent: Consent,
}

impl Elder {
    /// The part of the name to greet by.
    ///
    /// A name with a middle dot (`买买提·艾力`) has no surname: the part before the dot serves. So
    /// does the whole of a name that is not written in Chinese characters, or is longer than
    /// [`HAN_NAME_CHARS_MAX`]. Otherwise it is the surname: two characters for the usual compound
    /// surnames where a given name follows, else one.
    pub fn surname(&self) -> &str {
        let name = self.name.trim();
        if let Some((first, _)) = name.split_once(MIDDLE_DOTS) {
            return first.trim_end();
        }
        let chars = name.chars().count();
        if chars > HAN_NAME_CHARS_MAX || !name.chars().all(is_han) {
            return name;
        }
        let compound = chars > 2 && COMPOUND_SURNAMES.iter().any(|s| name.starts_with(s));
        let take = if compound { 2 } else { 1 };
        name.char_indices().nth(take).map_or(name, |(end, _)| &name[..end])
    }

    /// Form of address on the page: `王奶奶` or `王爷爷`.
    pub fn address(&self) -> String {
        let title = match self.sex {
            Sex::Female => "奶奶",
            Sex::Male => "爷爷",
        };
        format!("{}{title}", self.surname())
    }
}

impl fmt::Debug for Elder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elder").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_ascii_words() {
        for good in ["p_7f3a", "P-1", "0", "12345678901234", "1234567890123456", &"a".repeat(64)] {
            assert_eq!(ElderId::new(good).expect(good).as_str(), good);
        }
        assert_eq!(ElderId::new(""), Err(ElderIdError::Empty));
        assert_eq!(ElderId::new(&"a".repeat(65)), Err(ElderIdError::TooLong));
        for bad in ["王", "p 1", "p/1", "p\n", "p.1", "p\0"] {
            assert_eq!(ElderId::new(bad), Err(ElderIdError::BadCharacter), "{bad:?}");
        }
    }

    #[test]
    fn an_identity_number_is_no_id_even_inside_a_longer_one() {
        for bad in [
            "110105194912310021",
            "11010519491231002X",
            "11010519491231002x",
            "110105491231002",
            "p_11010519491231002X",
            "p-110105491231002-2",
        ] {
            assert_eq!(ElderId::new(bad), Err(ElderIdError::IdentityNumber), "{bad}");
        }
    }

    #[test]
    fn the_end_of_an_identity_number_is_four_characters_and_never_more() {
        for (text, kept) in [("0021", "0021"), ("002X", "002X"), ("002x", "002X")] {
            assert_eq!(IdLast4::new(text).unwrap().as_str(), kept);
        }
        for bad in ["", "021", "00210", "0X21", "00 1", "王1", "11010519491231002X"] {
            assert!(IdLast4::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_debugged_elder_shows_the_id_alone() {
        let elder = Elder {
            id: ElderId::new("p_1").unwrap(),
            name: "王秀英".to_owned(),
            sex: Sex::Female,
            birth: Date::constant(1943, 5, 2),
            id_last4: IdLast4::new("0021"),
            eligible: Vec::new(),
            home_care: Vec::new(),
            notices: Vec::new(),
            consent: Consent { store_face: true, transmit: true },
        };
        let shown = format!("{elder:?}");
        assert!(shown.contains("p_1"), "{shown}");
        assert!(!shown.contains('王') && !shown.contains("1943"), "{shown}");
    }
}

//! The roster of elders as the streets' office sends it: CSV, one elder a line.
//!
//! Columns, by English or Chinese heading, in any order: `elder` (编号), `name` (姓名), `sex`
//! (性别: F/M or 女/男), `birth` (出生日期), `eligible` (补贴资格), `home_care` (居家养老服务),
//! `consent` (同意书), `photos` (照片); `id_last4` (证件后四位) and `cards` (卡号) may be left out.
//! Dates are `YYYY-MM-DD`; periods are `FROM/TO`, an open end is `FROM/`; several periods, photographs
//! or cards are parted by `;`. Consent is `store;transmit`, either of them, or empty.
//!
//! 1. Every bad line is named with its number, what is wrong and what would be right.
//! 2. One bad line does not spoil the others.
//! 3. A roster without the consent column is refused: no face without consent
//!    (个人信息保护法, article 29).

use crate::domain::calendar::{Date, Interval};
use crate::domain::elder::{Consent, Elder, ElderId, IdLast4, NAME_CHARS_MAX, Sex};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// Most lines of a roster.
pub const ROSTER_LINES_MAX: usize = 100_000;
/// Largest roster file.
pub const ROSTER_BYTES_MAX: u64 = 64 << 20;
/// Most photographs of one elder.
pub const PHOTOS_MAX: usize = 8;

/// What not every office sends. The last four characters of the identity number tell namesakes
/// apart; without a column of cards everybody keeps theirs.
const OPTIONAL: [&str; 2] = ["id_last4", "cards"];

const COLUMNS: [(&str, &str); 10] = [
    ("elder", "编号"),
    ("name", "姓名"),
    ("sex", "性别"),
    ("birth", "出生日期"),
    ("eligible", "补贴资格"),
    ("home_care", "居家养老服务"),
    ("consent", "同意书"),
    ("photos", "照片"),
    ("id_last4", "证件后四位"),
    ("cards", "卡号"),
];

/// One good line.
#[derive(Debug)]
pub struct Line {
    /// Its number in the file, the heading being 1.
    pub number: u64,
    /// The elder it describes.
    pub elder: Elder,
    /// Names of photograph files.
    pub photos: Vec<String>,
    /// What their cards say, as a reader types it; none where the roster has no such column.
    pub cards: Option<Vec<String>>,
}

/// One bad line, or a good one with a bad photograph.
#[derive(Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, the heading being 1.
    pub number: u64,
    /// The elder, where the id could be read.
    pub elder: Option<ElderId>,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.number)?;
        if let Some(elder) = &self.elder {
            write!(f, " ({elder})")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Why a file is not a roster at all.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// It cannot be read.
    #[error("roster {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than [`ROSTER_BYTES_MAX`] or has more than [`ROSTER_LINES_MAX`] lines.
    #[error("roster {path}: too large; at most {ROSTER_LINES_MAX} lines and 64 MiB")]
    TooLarge {
        /// The file.
        path: String,
    },
    /// A column is missing, unknown or there twice.
    #[error("roster {path}: line 1: {problem}")]
    Heading {
        /// The file.
        path: String,
        /// Which column, and what the heading should be.
        problem: String,
    },
}

/// Reads a roster: the good lines, and the bad ones with their problems.
///
/// # Errors
/// [`RosterError`] where no line can be used.
pub fn read(path: &Path) -> Result<(Vec<Line>, Vec<BadLine>), RosterError> {
    let shown = path.display().to_string();
    let read_error = |source| RosterError::Read { path: shown.clone(), source };
    if std::fs::metadata(path).map_err(read_error)?.len() > ROSTER_BYTES_MAX {
        return Err(RosterError::TooLarge { path: shown });
    }
    let bytes = std::fs::read(path).map_err(read_error)?;
    parse(&bytes, &shown)
}

fn parse(bytes: &[u8], path: &str) -> Result<(Vec<Line>, Vec<BadLine>), RosterError> {
    // Excel writes a byte-order mark; it is not part of the first heading.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let heading = |problem| RosterError::Heading { path: path.to_owned(), problem };
    let headings = reader.byte_headers().map_err(|e| heading(e.to_string()))?;
    let columns = columns(headings).map_err(heading)?;
    let (mut good, mut bad) = (vec![], vec![]);
    let mut seen = HashMap::new();
    for record in reader.into_byte_records() {
        if good.len() + bad.len() == ROSTER_LINES_MAX {
            return Err(RosterError::TooLarge { path: path.to_owned() });
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let number = error.position().map_or(0, csv::Position::line);
                bad.push(BadLine { number, elder: None, problem: error.to_string() });
                continue;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        match line(number, &Fields { columns: &columns, record: &record }) {
            Ok(line) => match seen.insert(line.elder.id.clone(), number) {
                None => good.push(line),
                Some(first) => {
                    seen.insert(line.elder.id.clone(), first);
                    let problem = format!(
                        "this elder stands in line {first} already; that line is kept, remove one"
                    );
                    bad.push(BadLine { number, elder: Some(line.elder.id), problem });
                }
            },
            Err(problem) => bad.push(problem),
        }
    }
    Ok((good, bad))
}

/// Position of each column, in the order of [`COLUMNS`]; `None` for an optional one left out.
fn columns(headings: &csv::ByteRecord) -> Result<Vec<Option<usize>>, String> {
    let mut at = HashMap::new();
    for (position, heading) in headings.iter().enumerate() {
        let text = String::from_utf8_lossy(heading);
        let known = COLUMNS.iter().position(|(en, zh)| text == *en || text == *zh);
        let Some(column) = known else {
            let names: Vec<_> = COLUMNS.iter().map(|(en, zh)| format!("{en} ({zh})")).collect();
            return Err(format!("unknown column {text:?}; the columns are {}", names.join(", ")));
        };
        if at.insert(column, position).is_some() {
            return Err(format!("column {} is there twice", COLUMNS[column].0));
        }
    }
    (0..COLUMNS.len())
        .map(|column| {
            let (en, zh) = COLUMNS[column];
            match at.get(&column).copied() {
                None if !OPTIONAL.contains(&en) => Err(format!("column {en} ({zh}) is missing")),
                position => Ok(position),
            }
        })
        .collect()
}

struct Fields<'r> {
    columns: &'r [Option<usize>],
    record: &'r csv::ByteRecord,
}

impl Fields<'_> {
    /// Whether the roster has the column.
    fn stated(&self, name: &str) -> bool {
        COLUMNS.iter().zip(self.columns).any(|((en, _), place)| *en == name && place.is_some())
    }

    fn get(&self, name: &str) -> Result<&str, String> {
        let column = COLUMNS.iter().position(|(en, _)| *en == name).expect("a listed column");
        let Some(position) = self.columns[column] else { return Ok("") };
        let bytes = self.record.get(position).ok_or(format!("{name} is missing"))?;
        std::str::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8; save as CSV UTF-8"))
    }
}

fn line(number: u64, fields: &Fields<'_>) -> Result<Line, BadLine> {
    let bad = |elder: Option<&ElderId>, problem| BadLine { number, elder: elder.cloned(), problem };
    let id = fields
        .get("elder")
        .and_then(|text| ElderId::new(text).map_err(|e| e.to_string()))
        .map_err(|problem| bad(None, problem))?;
    let rest = || -> Result<Line, String> {
        let elder = Elder {
            id: id.clone(),
            name: name(fields.get("name")?)?,
            sex: sex(fields.get("sex")?)?,
            birth: date("birth", fields.get("birth")?)?,
            id_last4: id_last4(fields.get("id_last4")?)?,
            eligible: periods("eligible", fields.get("eligible")?)?,
            home_care: periods("home_care", fields.get("home_care")?)?,
            notices: vec![],
            consent: consent(fields.get("consent")?)?,
        };
        let photos = photos(fields.get("photos")?)?;
        let cards = fields.stated("cards").then(|| fields.get("cards").map(list)).transpose()?;
        Ok(Line { number, elder, photos, cards })
    };
    rest().map_err(|problem| bad(Some(&id), problem))
}

fn name(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("the name is empty".to_owned()),
        n if n > NAME_CHARS_MAX => {
            Err(format!("the name has more than {NAME_CHARS_MAX} characters"))
        }
        _ if text.chars().any(char::is_control) => {
            Err("the name has control characters".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

fn sex(text: &str) -> Result<Sex, String> {
    match text {
        "F" | "女" => Ok(Sex::Female),
        "M" | "男" => Ok(Sex::Male),
        // The field's text is not repeated: it may hold somebody's data in the wrong column.
        _ => Err("sex must be F, M, 女 or 男".to_owned()),
    }
}

fn id_last4(text: &str) -> Result<Option<IdLast4>, String> {
    match text {
        "" => Ok(None),
        // A whole number in this column is not repeated either.
        _ => match IdLast4::new(text) {
            None => Err("id_last4 must be the last four characters of the number alone".to_owned()),
            known => Ok(known),
        },
    }
}

fn date(column: &str, text: &str) -> Result<Date, String> {
    let canonical = |date: &Date| date.to_string() == text;
    text.parse().ok().filter(canonical).ok_or(format!("{column}: not a date; write YYYY-MM-DD"))
}

fn periods(column: &str, text: &str) -> Result<Vec<Interval>, String> {
    let one = |period: &str| {
        let (from, to) = period
            .split_once('/')
            .ok_or(format!("{column}: not a period; write FROM/TO or FROM/ for an open end"))?;
        let to = if to.is_empty() { None } else { Some(date(column, to)?) };
        Interval::new(date(column, from)?, to)
            .ok_or(format!("{column}: a period ends before it begins"))
    };
    text.split(';').map(str::trim).filter(|p| !p.is_empty()).map(one).collect()
}

fn consent(text: &str) -> Result<Consent, String> {
    let mut consent = Consent { store_face: false, transmit: false };
    for scope in text.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        match scope {
            "store" => consent.store_face = true,
            "transmit" => consent.transmit = true,
            _ => return Err("consent must be store;transmit, one of them, or empty".to_owned()),
        }
    }
    Ok(consent)
}

/// Texts parted by `;`.
fn list(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
}

fn photos(text: &str) -> Result<Vec<String>, String> {
    let names = list(text);
    if names.len() > PHOTOS_MAX {
        return Err(format!("more than {PHOTOS_MAX} photographs"));
    }
    if names.iter().collect::<HashSet<_>>().len() < names.len() {
        return Err("a photograph is named twice".to_owned());
    }
    // A name stays inside the folder of photographs.
    let inside = |name: &String| {
        Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)))
    };
    match names.iter().all(inside) {
        true => Ok(names),
        false => Err("a photograph's name must not leave the --photos folder".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "elder,name,sex,birth,eligible,home_care,consent,photos\n";
    const GOOD: &str = "p_1,王秀英,女,1943-05-02,2024-01-01/,,store;transmit,a.jpg;b.jpg\n";

    fn read_text(text: &str) -> (Vec<Line>, Vec<BadLine>) {
        parse(text.as_bytes(), "roster.csv").unwrap()
    }

    #[test]
    fn a_line_is_read_with_english_or_chinese_headings_and_a_byte_order_mark() {
        let chinese = "\u{FEFF}姓名,编号,性别,出生日期,补贴资格,居家养老服务,同意书,照片\n\
            王秀英,p_1,F,1943-05-02,2024-01-01/2025-12-31;2026-02-01/,2025-07-01/2025-12-31,store,a.jpg\n";
        let (lines, bad) = read_text(chinese);
        assert_eq!(bad, []);
        assert_eq!(lines[0].elder.name, "王秀英");
        assert_eq!(lines[0].elder.eligible.len(), 2);
        assert!(!lines[0].elder.consent.transmit);
        let (lines, bad) = read_text(&format!("{HEADING}{GOOD}"));
        assert_eq!((lines[0].number, lines[0].photos.len(), bad.len()), (2, 2, 0));
    }

    #[test]
    fn every_bad_line_is_named_and_the_good_ones_are_kept() {
        let cases = [
            ("p_2,李,F,1950-02-30,,,store,a.jpg", "birth: not a date; write YYYY-MM-DD"),
            ("p_2,李,F,1950-2-3,,,store,a.jpg", "birth: not a date; write YYYY-MM-DD"),
            ("p_2,李,X,1950-02-03,,,store,a.jpg", "sex must be"),
            ("p_2,,F,1950-02-03,,,store,a.jpg", "the name is empty"),
            ("p_2,李,F,1950-02-03,2026-01-01,,store,a.jpg", "eligible: not a period"),
            ("p_2,李,F,1950-02-03,2026-01-02/2026-01-01,,,", "ends before it begins"),
            ("p_2,李,F,1950-02-03,,,yes,a.jpg", "consent must be"),
            ("p_2,李,F,1950-02-03,,,store,../a.jpg", "must not leave"),
            ("p_2,李,F,1950-02-03,,,store,a.jpg;a.jpg", "named twice"),
            ("p_2,李,F", "is missing"),
            ("371502194305021234,李,F,1950-02-03,,,,", "looks like an identity number"),
            ("p_1,王,F,1950-02-03,,,,", "stands in line 2 already"),
        ];
        for (line, problem) in cases {
            let (lines, bad) =
                read_text(&format!("{HEADING}{GOOD}{line}\n{}", GOOD.replace("p_1", "p_9")));
            assert_eq!(lines.iter().map(|l| l.number).collect::<Vec<_>>(), [2, 4], "{line}");
            assert_eq!(bad.len(), 1, "{line}");
            assert_eq!(bad[0].number, 3);
            assert!(bad[0].problem.contains(problem), "{line}: {}", bad[0]);
            assert!(!bad[0].to_string().contains('李'), "no personal data in {}", bad[0]);
        }
    }

    #[test]
    fn the_end_of_the_identity_number_is_optional_and_a_whole_number_is_refused() {
        let heading = HEADING.replace("photos", "photos,证件后四位");
        let line = |four: &str| GOOD.replace("a.jpg;b.jpg", &format!("a.jpg,{four}"));
        let (lines, bad) = read_text(&format!("{heading}{}", line("002x")));
        assert_eq!((lines[0].elder.id_last4.unwrap().as_str(), bad.len()), ("002X", 0));
        let (lines, _) = read_text(&format!("{heading}{}", line("")));
        assert!(lines[0].elder.id_last4.is_none());
        let (_, bad) = read_text(&format!("{heading}{}", line("11010519491231002X")));
        assert!(bad[0].problem.contains("last four"), "{}", bad[0]);
        assert!(!bad[0].problem.contains("110105"), "{}", bad[0]);
    }

    #[test]
    fn cards_are_a_list_and_without_their_column_nothing_is_said_of_them() {
        let heading = HEADING.replace("photos", "photos,卡号");
        let line = GOOD.replace("a.jpg;b.jpg", "a.jpg,0012345678; 77AA");
        let (lines, _) = read_text(&format!("{heading}{line}"));
        assert_eq!(lines[0].cards.as_ref().unwrap(), &["0012345678", "77AA"]);
        let (lines, _) = read_text(&format!("{HEADING}{GOOD}"));
        assert_eq!(lines[0].cards, None);
    }

    #[test]
    fn a_roster_without_consent_or_with_an_unknown_column_is_refused() {
        let without = HEADING.replace(",consent", "");
        let error = parse(without.as_bytes(), "r.csv").unwrap_err().to_string();
        assert_eq!(error, "roster r.csv: line 1: column consent (同意书) is missing");
        let unknown = HEADING.replace("photos", "photo");
        let error = parse(unknown.as_bytes(), "r.csv").unwrap_err().to_string();
        assert!(error.contains("unknown column \"photo\""), "{error}");
    }
}

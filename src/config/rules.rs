//! Rule tables as they are written (TOML) → [`RuleBook`].
//!
//! 1. Nothing is assumed: every key must stand there, and an unknown one is refused. Only
//!    `second_meal` may be left out, as older books do.
//! 2. A file that was cut short is refused, so that `district_fen = 200` never becomes 2.
//! 3. An error names the file, the line and the key, and says what would be right.
//!
//! The rules of what makes a table or a book are those of `domain::rules`; here they only get
//! their line numbers.

use crate::domain::calendar::{AgeRule, Date, Interval, LeapDay};
use crate::domain::money::Fen;
use crate::domain::operating_award::{AwardError, AwardStep, OperatingAwards};
use crate::domain::rules::{Band, Period, RuleBook, RuleError, RuleTable, SecondMeal};
use crate::error::{Exit, Sysexit};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::{fs, io, ops::Range};
use thiserror::Error;
use toml::{Spanned, value::Datetime};

/// Largest file of rule tables.
pub const RULES_FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a file is not a rule book.
#[derive(Debug, Error)]
pub enum RulesError {
    /// The file could not be read.
    #[error("cannot read the rule tables {}: {source}; check the path and its permissions",
        file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is too large to be one of rule tables.
    #[error("{} is larger than {RULES_FILE_BYTES_MAX} bytes; this is no file of rule tables",
        file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// Something that is written there is wrong.
    #[error("{}:{line}: {key}: {fault}", file.display())]
    Fault {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key, or `toml` where the text is not what TOML or this file allows.
        key: &'static str,
        /// What is wrong, and what would be right.
        fault: Fault,
    },
}

impl Sysexit for RulesError {
    /// A restart does not help.
    fn exit(&self) -> Exit {
        Exit::Config
    }
}

/// What is wrong with a line of a file of rule tables.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Not TOML, or a key that is unknown, missing, or of another type.
    #[error("{0}; config/rules/ holds a complete example")]
    Syntax(String),
    /// The last line has no end.
    #[error("the last line has no line end, as if the file were cut short; compare and end it")]
    CutShort,
    /// A time of day beside the date.
    #[error("a plain date is needed, such as 2022-01-01")]
    NotADate,
    /// The period ends before it begins.
    #[error("the period ends before it begins; `to` is its last day")]
    Backwards,
    /// A gap without a reason.
    #[error("say why there are no rules on these days")]
    NoReason,
    /// The domain refuses the value.
    #[error(transparent)]
    Rule(RuleError),
    /// The domain refuses the scale of awards.
    #[error(transparent)]
    Award(AwardError),
}

/// Reads the rule book of a site.
///
/// # Errors
/// [`RulesError`] says what is wrong in which line.
pub fn load(path: &Path) -> Result<RuleBook, RulesError> {
    let unread = |source| RulesError::Read { file: path.to_owned(), source };
    if fs::metadata(path).map_err(unread)?.len() > RULES_FILE_BYTES_MAX {
        return Err(RulesError::TooLarge { file: path.to_owned() });
    }
    let text = fs::read_to_string(path).map_err(unread)?;
    parse(&text).map_err(|Found { at, key, fault }| {
        let before = &text.as_bytes()[..at.min(text.len())];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        RulesError::Fault { file: path.to_owned(), line, key, fault }
    })
}

/// A fault and where it was found, as an offset in bytes.
struct Found {
    at: usize,
    key: &'static str,
    fault: Fault,
}

impl Found {
    fn new(span: Range<usize>, key: &'static str, fault: impl Into<Fault>) -> Self {
        Found { at: span.start, key, fault: fault.into() }
    }
}

impl From<RuleError> for Fault {
    fn from(error: RuleError) -> Self {
        Fault::Rule(error)
    }
}

impl From<AwardError> for Fault {
    fn from(error: AwardError) -> Self {
        Fault::Award(error)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    eligibility_days_max: Spanned<u16>,
    table: Vec<Spanned<TableFile>>,
    #[serde(default)]
    gap: Vec<GapFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    id: Spanned<String>,
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    age_rule: AgeRuleFile,
    born_29_february: LeapDayFile,
    #[serde(default)]
    second_meal: SecondMealFile,
    band: Vec<Spanned<BandFile>>,
    #[serde(default)]
    operating_award: Vec<Spanned<StepFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GapFile {
    from: Spanned<Datetime>,
    to: Spanned<Datetime>,
    why: Spanned<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AgeRuleFile {
    Birthday,
    DayAfter,
    EndOfYear,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SecondMealFile {
    #[default]
    Visit,
    NotRecorded,
}

#[derive(Clone, Copy, Deserialize)]
enum LeapDayFile {
    #[serde(rename = "28-february")]
    Feb28,
    #[serde(rename = "1-march")]
    Mar1,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandFile {
    from_age: Spanned<u16>,
    to_age: Option<u16>,
    city_fen: Spanned<u32>,
    district_fen: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    urban_diners: u32,
    rural_diners: u32,
    city_fen: u32,
    district_fen: u32,
}

/// A period, and where its first day and its name are written.
struct Placed {
    period: Period,
    from: Range<usize>,
    name: Range<usize>,
}

fn parse(text: &str) -> Result<RuleBook, Found> {
    let file: BookFile = toml::from_str(text).map_err(|error| {
        let at = error.span().unwrap_or_default();
        Found::new(at, "toml", Fault::Syntax(error.message().replace('\n', ", ")))
    })?;
    if !text.ends_with('\n') {
        return Err(Found::new(text.len()..text.len(), "toml", Fault::CutShort));
    }
    let mut placed = Vec::new();
    for table in file.table {
        placed.push(read_table(table)?);
    }
    for gap in file.gap {
        if gap.why.get_ref().trim().is_empty() {
            return Err(Found::new(gap.why.span(), "gap.why", Fault::NoReason));
        }
        let period = Period::Gap(read_days(&gap.from, Some(&gap.to))?);
        placed.push(Placed { period, from: gap.from.span(), name: gap.why.span() });
    }
    placed.sort_by_key(|p| p.period.days().from());
    let (periods, places): (Vec<_>, Vec<_>) =
        placed.into_iter().map(|p| (p.period, (p.from, p.name))).unzip();
    let freshness = file.eligibility_days_max;
    RuleBook::new(*freshness.get_ref(), periods).map_err(|error| match error {
        RuleError::EligibilityDays => Found::new(freshness.span(), "eligibility_days_max", error),
        RuleError::DuplicateId { period } => {
            Found::new(places[period].1.clone(), "table.id", error)
        }
        RuleError::Overlap { period, .. }
        | RuleError::Hole { period, .. }
        | RuleError::GapAtEdge { period } => Found::new(places[period].0.clone(), "from", error),
        _ => Found::new(0..0, "table", error),
    })
}

fn read_table(table: Spanned<TableFile>) -> Result<Placed, Found> {
    let span = table.span();
    let table = table.into_inner();
    let days = read_days(&table.from, table.to.as_ref())?;
    let age_rule = match table.age_rule {
        AgeRuleFile::Birthday => AgeRule::Birthday,
        AgeRuleFile::DayAfter => AgeRule::DayAfter,
        AgeRuleFile::EndOfYear => AgeRule::EndOfYear,
    };
    let leap_day = match table.born_29_february {
        LeapDayFile::Feb28 => LeapDay::Feb28,
        LeapDayFile::Mar1 => LeapDay::Mar1,
    };
    let bands = table.band.iter().map(read_band).collect::<Result<Vec<_>, _>>()?;
    let operating = read_awards(&table.operating_award)?;
    let rules = RuleTable::new(table.id.get_ref(), days, (age_rule, leap_day), bands, operating)
        .map_err(|error| match error {
            RuleError::Id => Found::new(table.id.span(), "table.id", error),
            RuleError::BandStart { band, .. } => {
                let from_age = table.band[band].get_ref().from_age.span();
                Found::new(from_age, "band.from_age", error)
            }
            RuleError::BandEnd { band } => {
                let from_age = table.band[band].get_ref().from_age.span();
                Found::new(from_age, "band.to_age", error)
            }
            _ => Found::new(span, "table.band", error),
        })?;
    let rules = rules.with_second_meal(match table.second_meal {
        SecondMealFile::Visit => SecondMeal::Visit,
        SecondMealFile::NotRecorded => SecondMeal::NotRecorded,
    });
    let (from, name) = (table.from.span(), table.id.span());
    Ok(Placed { period: Period::Rules(rules), from, name })
}

fn read_band(band: &Spanned<BandFile>) -> Result<Band, Found> {
    let b = band.get_ref();
    let (city, district) = (*b.city_fen.get_ref(), *b.district_fen.get_ref());
    Band::new(*b.from_age.get_ref(), b.to_age, Fen::new(city), Fen::new(district)).map_err(
        |error| match error {
            RuleError::ShareTooLarge(fen) if fen == city => {
                Found::new(b.city_fen.span(), "band.city_fen", error)
            }
            RuleError::ShareTooLarge(_) => {
                Found::new(b.district_fen.span(), "band.district_fen", error)
            }
            RuleError::Worthless => Found::new(b.city_fen.span(), "band.city_fen", error),
            _ => Found::new(b.from_age.span(), "band.from_age", error),
        },
    )
}

fn read_awards(steps: &[Spanned<StepFile>]) -> Result<OperatingAwards, Found> {
    let read = |step: &Spanned<StepFile>| {
        let s = step.get_ref();
        AwardStep {
            urban_diners: s.urban_diners,
            rural_diners: s.rural_diners,
            city: Fen::new(s.city_fen),
            district: Fen::new(s.district_fen),
        }
    };
    OperatingAwards::new(steps.iter().map(read).collect()).map_err(|error| {
        let at = match error {
            AwardError::TooMany => 0,
            AwardError::ShareTooLarge { step } | AwardError::NotRising { step } => step,
        };
        Found::new(steps[at].span(), "operating_award", error)
    })
}

fn read_days(from: &Spanned<Datetime>, to: Option<&Spanned<Datetime>>) -> Result<Interval, Found> {
    let first = read_date(from, "from")?;
    let last = to.map(|to| read_date(to, "to")).transpose()?;
    let end = to.map_or(from.span(), Spanned::span);
    Interval::new(first, last).ok_or_else(|| Found::new(end, "to", Fault::Backwards))
}

fn read_date(written: &Spanned<Datetime>, key: &'static str) -> Result<Date, Found> {
    let date = match written.get_ref() {
        Datetime { date: Some(d), time: None, offset: None } => i16::try_from(d.year)
            .ok()
            .zip(i8::try_from(d.month).ok())
            .zip(i8::try_from(d.day).ok())
            .and_then(|((year, month), day)| Date::new(year, month, day).ok()),
        _ => None,
    };
    date.ok_or_else(|| Found::new(written.span(), key, Fault::NotADate))
}

//! What the offices get: settlement, roster, meals, exceptions and the year, made from the ledger.
//!
//! ```text
//! store::Reader ──entries──▶ book ──servings──▶ settlement roster meals exceptions year ──Table──▶ xlsx csv html json
//! ```
//!
//! 1. Amounts are those of the entries, added up in whole fen. Nothing is priced again.
//! 2. What a report says is the same in every format: a format only decides how it looks.
//! 3. Headings and their order stand in [`columns`] alone.
//! 4. A report names the ledger it was made from by its last entry and that entry's hash, and is
//!    not made at all from a broken chain.
//! 5. Text from outside never becomes markup or a formula.
//!
//! It writes nothing into the ledger, takes no lock, and decides nothing: an exception is a
//! pointer to entries that somebody should look at, not a judgement.

pub mod book;
mod cards;
mod chart;
mod choices;
pub mod closing;
pub mod columns;
mod exceptions;
mod findings;
mod html_page;
mod html_parts;
mod meals;
mod pass;
mod people;
pub mod period;
mod roster;
mod settlement;
pub mod table;
#[cfg(test)]
mod tests;
mod to_csv;
mod to_json;
mod to_xlsx;
mod year;

pub use period::{Period, PeriodError};

use crate::config::Site;
use crate::domain::calendar::Date;
use crate::domain::elder::Elder;
use crate::domain::entry::EntryNumber;
use crate::domain::month::Month;
use crate::domain::operating_award::SiteKind;
use crate::domain::rules::RuleBook;
use crate::error::{Exit, Sysexit};
use crate::record::Hash;
use crate::store::{LedgerError, Reader};
use book::{Book, View};
use chart::{Chart, Ladder};
use people::People;
use std::io::{self, Write};
use table::Table;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 月度助餐补贴结算表
    Settlement,
    /// 花名册
    Roster,
    /// 就餐明细
    Meals,
    /// 异常核查表
    Exceptions,
    /// 年度运营
    Year,
}

impl Kind {
    /// Its Chinese name, which heads it and begins its file's name.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Settlement => "月度助餐补贴结算表",
            Kind::Roster => "花名册",
            Kind::Meals => "就餐明细",
            Kind::Exceptions => "异常核查表",
            Kind::Year => "年度运营情况表",
        }
    }

    /// Its name in JSON and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Settlement => "settlement",
            Kind::Roster => "roster",
            Kind::Meals => "meals",
            Kind::Exceptions => "exceptions",
            Kind::Year => "year",
        }
    }
}

/// Most rows of a workbook: it is made in memory, about 3 kB a row, beside a daemon that serves.
pub const XLSX_ROWS_MAX: usize = 60_000;
/// Most rows of a page: what a browser still prints.
pub const HTML_ROWS_MAX: usize = 20_000;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A workbook for Excel and WPS.
    Xlsx,
    /// The bare table, for Excel, WPS and other programs.
    Csv,
    /// One page to read, to print and to file.
    Html,
    /// For programs; amounts in fen.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Self::Xlsx, Self::Csv, Self::Html, Self::Json];

    /// Its name, which is also its file's ending.
    pub fn code(self) -> &'static str {
        match self {
            Format::Xlsx => "xlsx",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Json => "json",
        }
    }

    /// The format of a name or file ending.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| code.eq_ignore_ascii_case(f.code()))
    }

    /// Most rows that it holds.
    fn rows_max(self) -> Option<usize> {
        match self {
            Format::Xlsx => Some(XLSX_ROWS_MAX),
            Format::Html => Some(HTML_ROWS_MAX),
            Format::Csv | Format::Json => None,
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The days asked for.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// The yearly report of something else than a year.
    #[error("{0} is not a year; the yearly report takes --year YYYY")]
    NotYear(Period),
    /// The ledger of another box.
    #[error(
        "the ledger belongs to {ledger}, but site.device is {site}; name the right ledger or \
         configuration"
    )]
    OtherBox {
        /// Device of the ledger.
        ledger: String,
        /// Device of the configuration.
        site: String,
    },
    /// An entry that does not follow the one before it.
    #[error(
        "entry {0} does not follow the entry before it, so no report is made of this ledger; \
         run `canteend ledger verify`"
    )]
    Chain(EntryNumber),
    /// Nobody was served in the period.
    #[error("nobody was served in {period}: {}", served_text(.served))]
    Nobody {
        /// The period.
        period: Period,
        /// First and last service date of the ledger.
        served: Option<(Date, Date)>,
    },
    /// More rows than the format holds.
    #[error("the table has {rows} rows, more than {} holds ({max}); use {}, or fewer days",
        .format.code(), if *.format == Format::Html { "xlsx or csv" } else { "csv" })]
    TooLong {
        /// Rows of the table.
        rows: usize,
        /// The format.
        format: Format,
        /// Most rows of it.
        max: usize,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The workbook cannot be made.
    #[error("the workbook: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// The report cannot be written.
    #[error("writing the report: {0}")]
    Write(#[from] io::Error),
}

fn served_text(served: &Option<(Date, Date)>) -> String {
    match served {
        None => "the ledger holds no meal at all yet".to_owned(),
        Some((first, last)) => format!("the ledger holds meals from {first} to {last}"),
    }
}

impl Sysexit for ReportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Period(_) | Self::NotYear(_) | Self::TooLong { .. } => Exit::Usage,
            Self::OtherBox { .. } => Exit::Config,
            Self::Chain(_) | Self::Nobody { .. } => Exit::Data,
            Self::Ledger(e) => e.exit(),
            Self::Xlsx(_) => Exit::Software,
            Self::Write(_) => Exit::Io,
        }
    }
}

/// What a report is made from, beside the ledger.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The canteen.
    pub site: &'a Site,
    /// Its rule tables.
    pub rules: &'a RuleBook,
    /// The elders of the gallery; `None` where the box key is not at hand. Then people appear by
    /// id, and checks that need the roster are left open.
    pub elders: Option<&'a [Elder]>,
    /// The service date now.
    pub today: Date,
}

/// A figure to be seen at a glance.
struct Figure {
    label: &'static str,
    value: String,
    unit: &'static str,
}

/// A finished report, in no format yet.
pub struct Report {
    kind: Kind,
    period: Period,
    site: Site,
    made: Date,
    table: Table,
    figures: Vec<Figure>,
    chart: Chart,
    ladder: Option<Ladder>,
    notes: Vec<String>,
    /// Last entry read, and its hash.
    basis: (EntryNumber, Hash),
}

impl Report {
    /// Makes a report of `period` from the ledger.
    ///
    /// # Errors
    /// [`ReportError`] for a period that has not begun or in which nobody was served, a ledger of
    /// another box, or one that cannot be read or does not hang together.
    pub fn make(
        kind: Kind,
        period: Period,
        reader: &Reader,
        sources: Sources<'_>,
    ) -> Result<Report, ReportError> {
        let period = period.begun_by(sources.today)?;
        if kind == Kind::Year && !period.is_year() {
            return Err(ReportError::NotYear(period));
        }
        let view = if kind == Kind::Settlement { View::Settled } else { View::Now };
        let book = Book::read(reader, period, view)?;
        if book.device != sources.site.device {
            let site = sources.site.device.clone();
            return Err(ReportError::OtherBox { ledger: book.device, site });
        }
        let people = People::new(sources.elders);
        let body = match kind {
            Kind::Settlement => settlement::make(&book, sources),
            Kind::Roster => roster::make(&book, &people, sources),
            Kind::Meals => meals::make(&book, &people, sources),
            Kind::Exceptions => exceptions::make(&book, &people, sources),
            Kind::Year => year::make(&book, sources),
        };
        let mut notes = body.notes;
        if sources.elders.is_none() && kind != Kind::Settlement && kind != Kind::Year {
            notes.push("未取得设备密钥，人员以编号列出，姓名等信息未列。".to_owned());
        }
        Ok(Report {
            kind,
            period,
            site: sources.site.clone(),
            made: sources.today,
            table: body.table,
            figures: body.figures,
            chart: chart::of(&book),
            ladder: body.ladder,
            notes,
            basis: basis(kind, period, &book),
        })
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The last entry that it rests on.
    pub fn entries(&self) -> EntryNumber {
        self.basis.0
    }

    /// A name for its file, such as `花名册-lc-kfq-017-2026-03.xlsx`.
    pub fn file_name(&self, format: Format) -> String {
        let title = self.kind.title();
        format!("{title}-{}-{}.{}", self.site.device, self.period, format.code())
    }

    /// Writes it in `format`.
    ///
    /// # Errors
    /// [`ReportError::TooLong`] for more rows than the format holds; [`ReportError::Write`].
    pub fn write(&self, format: Format, out: &mut impl Write) -> Result<(), ReportError> {
        let rows = self.table.rows().len();
        if let Some(max) = format.rows_max().filter(|max| rows > *max) {
            return Err(ReportError::TooLong { rows, format, max });
        }
        match format {
            Format::Xlsx => out.write_all(&to_xlsx::workbook(self)?)?,
            Format::Csv => to_csv::write(&self.table, out)?,
            Format::Html => out.write_all(html_page::page(self).as_bytes())?,
            Format::Json => to_json::write(self, out)?,
        }
        Ok(out.flush()?)
    }

    /// Its first words: the canteen, what is told of it, and when.
    fn heading(&self) -> String {
        format!("{}{}（{}）", self.site.name, self.kind.title(), self.period.chinese())
    }

    /// What it rests on, for whoever wants to check it.
    fn basis_text(&self) -> String {
        let (entries, head) = self.basis;
        format!(
            "依据台账第 1 至 {entries} 条记录（链头 {}…）生成，制表日期 {}。",
            &head.to_string()[..16],
            self.made
        )
    }
}

/// The last entry that a report rests on, and its hash: of a settlement that is closed, the close.
fn basis(kind: Kind, period: Period, book: &Book) -> (EntryNumber, Hash) {
    let closed = (kind == Kind::Settlement).then(|| book.closed_by(Month::of(period.to())));
    closed.flatten().unwrap_or((book.entries, book.head))
}

/// What a kind of report says, beside what all of them say.
struct Body {
    table: Table,
    figures: Vec<Figure>,
    notes: Vec<String>,
    ladder: Option<Ladder>,
}

/// 城区 or 农村.
fn area(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Urban => "城区",
        SiteKind::Rural => "农村",
    }
}

/// `part` of `whole` in per cent with one place, such as `12.5%`; `0.0%` of nothing.
fn percent(part: u64, whole: u64) -> String {
    let tenths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

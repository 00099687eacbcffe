//! `canteend report …`

use super::backup::digest;
use super::{ConfigFile, note_export, say};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, rules};
use crate::domain::calendar::{Date, service_date};
use crate::domain::elder::Elder;
use crate::domain::entry::operation::ExportWhat;
use crate::error::{Exit, Failure};
use crate::files;
use crate::report::{Format, Kind, Period, Report, ReportError, Sources};
use crate::store::{KEY_FILE, Reader};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 月度助餐补贴结算表: what the canteen is paid for, a line a month
    Settlement(Options),
    /// 花名册: every elder with age, rate, standing and the sum of the period
    Roster(Options),
    /// 就餐明细: every meal with its entry number (流水号), the voided ones too
    Meals(Options),
    /// 异常核查表: what an auditor asks about, with the entries behind each finding
    Exceptions(Options),
    /// 年度运营: diners of a year, and how far they reach for the operating award
    Year(Options),
}

const AFTER_HELP: &str = "\
Reports are read from the ledger; the daemon may go on serving meanwhile. Names come from the \
gallery and need the box key, so run this as the user that owns the state folder.

Examples:
  canteend report settlement --month 2026-03 --out 结算表.xlsx
  canteend report meals --from 2026-03-02 --to 2026-03-08 --format csv --out /media/usb
  canteend report year --year 2026 --format html > year.html

The formats:
  xlsx  to open, sign and print in Excel or WPS
  html  one page with a chart, to read in a browser and print on A4
  csv   the bare table, for Excel, WPS and other programs
  json  for programs; amounts in fen, field names in docs/reports.md";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[group(id = "days", required = true, multiple = true, args = ["month", "year", "from"])]
pub(super) struct Options {
    /// The month, such as 2026-03
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["year", "from"])]
    month: Option<String>,
    /// The calendar year, such as 2026
    #[arg(long, value_name = "YYYY", conflicts_with = "from")]
    year: Option<String>,
    /// First day, together with --to
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    from: Option<Date>,
    /// Last day, included
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    to: Option<Date>,
    /// How it is written; without it the ending of --out decides, else csv
    #[arg(long, value_parser = PossibleValuesParser::new(["xlsx", "csv", "html", "json"]))]
    format: Option<String>,
    /// File to write, or a folder in which the report gets its Chinese name; without it the report
    /// goes to standard output. The file is readable for you alone: it holds people's names
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ledger file or state folder, instead of the one in the configuration; it is only read
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    let (kind, options) = match command {
        Command::Settlement(options) => (Kind::Settlement, options),
        Command::Roster(options) => (Kind::Roster, options),
        Command::Meals(options) => (Kind::Meals, options),
        Command::Exceptions(options) => (Kind::Exceptions, options),
        Command::Year(options) => (Kind::Year, options),
    };
    let period = options.period().map_err(ReportError::from)?;
    let format = options.format();
    if options.out.is_none() && format == Format::Xlsx && io::stdout().is_terminal() {
        let text = "a workbook is not shown on a terminal; name a file or folder with --out";
        return Err(Failure::new(Exit::Usage, text));
    }
    let config = options.config.load()?;
    let rules = rules::load(&config.rules)?;
    let (reader, elders) = options.open(&config)?;
    let sources = Sources {
        site: &config.site,
        rules: &rules,
        elders: elders.as_deref(),
        today: service_date(SystemClock::default().now()),
    };
    let report = Report::make(kind, period, &reader, sources)?;
    match &options.out {
        None => Ok(report.write(format, &mut BufWriter::new(io::stdout().lock()))?),
        Some(out) => {
            let named = if out.is_dir() { out.join(report.file_name(format)) } else { out.clone() };
            save(&report, format, &named)?;
            // A report from a copy of the ledger is noted nowhere, nor is one that was only shown.
            if options.ledger.is_none() {
                let entries = (1, report.entries());
                note_export(&config, ExportWhat::Report, entries, digest(&named)?)?;
            }
            say(named.display())
        }
    }
}

impl Options {
    fn period(&self) -> Result<Period, crate::report::PeriodError> {
        match (&self.month, &self.year, self.from, self.to) {
            (Some(month), ..) => Period::month(month),
            (_, Some(year), ..) => Period::year(year),
            (.., from, to) => {
                let both = from.zip(to).expect("the command line asks for one of the three");
                Period::days(both.0, both.1)
            }
        }
    }

    fn format(&self) -> Format {
        let ending = self.out.as_deref().and_then(Path::extension).and_then(|e| e.to_str());
        let named = self.format.as_deref().or(ending).and_then(Format::from_code);
        named.unwrap_or(Format::Csv)
    }

    /// The ledger, and the elders where the box key lies beside it.
    fn open(&self, config: &Config) -> Result<(Reader, Option<Vec<Elder>>), Failure> {
        let path = self.ledger.as_ref().unwrap_or(&config.state);
        let reader = Reader::open(path)?;
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        let key = folder.map(|f| f.join(KEY_FILE)).filter(|key| key.exists());
        // A copied ledger comes without its key; then the report names people by id.
        let elders = key.map(|key| reader.elders(&key)).transpose()?;
        Ok((reader, elders))
    }
}

/// Writes the report beside its place and then moves it there: a cut-off report never looks whole.
fn save(report: &Report, format: Format, path: &Path) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::new(Exit::Io, format!("{}: {e}", path.display()));
    let staged = files::beside(path, ".new");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(files::OWNER_ONLY)
        .open(&staged);
    let mut out = BufWriter::new(file.map_err(failed)?);
    let written = report.write(format, &mut out).map_err(Failure::from).and_then(|()| {
        out.get_ref().sync_all().and_then(|()| files::rename_durably(&staged, path)).map_err(failed)
    });
    if written.is_err() {
        // Best effort; the failure itself is what counts.
        let _ = fs::remove_file(&staged);
    }
    written
}

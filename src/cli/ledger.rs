//! `canteend ledger …`

use super::{ConfigFile, ledger_choices, ledger_line, ledger_verify, proof, say};
use crate::config::Config;
use crate::daemon::control::{self, Request, work};
use crate::daemon::parts;
use crate::domain::calendar::Date;
use crate::domain::entry::correction::VoidReason;
use crate::domain::operator::OperatorId;
use crate::error::Failure;
use crate::store::{LIST_ROWS_MAX, Listing, Reader};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Recompute the chain and everything that follows from it, and compare
    Verify(ledger_verify::Verify),
    /// List entries
    List(List),
    /// Undo a meal or visit of today; a meal's slot reopens
    Void(VoidOptions),
    /// Hand in the settlement of a month: it stands then, and what is learnt later is the business
    /// of the first open month
    Close(CloseOptions),
    /// Write a proof of one entry that shows nobody else's
    Prove(proof::Prove),
    /// Check a proof with nothing but itself
    VerifyProof(proof::VerifyProof),
    /// Print the code that fixes a day, to be posted on the wall
    DayCode(proof::DayCode),
    /// Say of each operator how they choose between two candidates
    Choices(ledger_choices::Options),
}

/// Which ledger: a file, or the one of a configuration.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Ledger file or state folder, instead of the one in the configuration; it is only read
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Which {
    /// Opens the ledger for reading.
    pub(super) fn open(&self) -> Result<Reader, Failure> {
        let path = match &self.ledger {
            Some(path) => path.clone(),
            None => self.config.load()?.state,
        };
        Ok(Reader::open(&path)?)
    }

    /// The box's configuration, where the ledger is its own and not a copy.
    pub(super) fn own(&self) -> Result<Option<Config>, Failure> {
        if self.ledger.is_some() { Ok(None) } else { self.config.load().map(Some) }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
    /// Only entries of this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Only entries after this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,
    /// At most so many entries (at most 10000)
    #[arg(long, value_name = "N", default_value_t = 200)]
    rows: usize,
    /// Print the stored bodies, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct VoidOptions {
    /// Number of the meal or visit
    #[arg(long, value_name = "N")]
    entry: u64,
    /// Why it is undone
    #[arg(long, value_parser = reasons())]
    reason: String,
    /// Pseudonymous id of the operator who undoes it
    #[arg(long, value_name = "ID")]
    operator: OperatorId,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub(super) struct CloseOptions {
    /// The month, such as 2026-03; it is over, and open months before it are closed with it
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// Pseudonymous id of the operator who hands it in
    #[arg(long, value_name = "ID")]
    operator: OperatorId,
    #[command(flatten)]
    config: ConfigFile,
}

fn reasons() -> PossibleValuesParser {
    PossibleValuesParser::new(VoidReason::ALL.iter().map(|reason| reason.code()))
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Verify(options) => ledger_verify::run(&options),
        Command::List(options) => list(&options),
        Command::Void(options) => void(&options),
        Command::Close(options) => close(&options),
        Command::Prove(options) => proof::prove(&options),
        Command::VerifyProof(options) => proof::verify_proof(&options),
        Command::DayCode(options) => proof::day_code(&options),
        Command::Choices(options) => ledger_choices::run(&options),
    }
}

fn list(options: &List) -> Result<(), Failure> {
    let reader = options.which.open()?;
    let listing = Listing { after: options.after, from: options.date, to: options.date };
    let rows = reader.list(listing, options.rows.min(LIST_ROWS_MAX))?;
    for recorded in &rows {
        if options.json {
            say(String::from_utf8_lossy(&recorded.body))?;
        } else {
            say(ledger_line::line(recorded))?;
        }
    }
    match rows.last() {
        Some(last) if rows.len() == options.rows && !options.json => {
            say(format_args!("… more with --after {}", last.entry.n))
        }
        _ => Ok(()),
    }
}

fn void(options: &VoidOptions) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let request = Request::Void {
        entry: options.entry,
        reason: options.reason.clone(),
        operator: options.operator.to_string(),
    };
    match work::ask_or_do(&config, clock.as_ref(), request)? {
        control::Answer::Entry(Some(by)) => {
            say(format_args!("entry {} is void, by entry {by}", options.entry))
        }
        other => Err(super::unexpected(&other)),
    }
}

fn close(options: &CloseOptions) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let (month, operator) = (options.month.clone(), options.operator.to_string());
    let request = Request::Close { month, operator };
    match work::ask_or_do(&config, clock.as_ref(), request)? {
        control::Answer::Entry(Some(by)) => {
            say(format_args!("the settlement of {} is closed, by entry {by}", options.month))
        }
        other => Err(super::unexpected(&other)),
    }
}

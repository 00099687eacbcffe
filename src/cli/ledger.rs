//! `canteend ledger …`

use super::{ConfigFile, say, say_json};
use crate::domain::calendar::{Date, SHANGHAI};
use crate::domain::entry::{Event, total};
use crate::error::Failure;
use crate::store::{Depth, LIST_ROWS_MAX, Listing, Reader, Recorded};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Recompute the chain and everything that follows from it, and compare
    Verify(Verify),
    /// List entries
    List(List),
}

/// Which ledger: a file, or the one of a configuration.
#[derive(Debug, Args)]
struct Which {
    /// Ledger file or state folder, instead of the one in the configuration; it is only read
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Which {
    fn open(&self) -> Result<Reader, Failure> {
        let path = match &self.ledger {
            Some(path) => path.clone(),
            None => self.config.load()?.state,
        };
        Ok(Reader::open(&path)?)
    }
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    which: Which,
    /// Only numbers, hashes and the chain; not what follows from the entries
    #[arg(long)]
    chain_only: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
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

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Verify(options) => verify(&options),
        Command::List(options) => list(&options),
    }
}

#[derive(serde::Serialize)]
struct Answer {
    entries: u64,
    head: String,
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<Amounts>,
}

#[derive(serde::Serialize)]
struct Amounts {
    meals: u64,
    visits: u64,
    city_fen: u64,
    district_fen: u64,
}

fn verify(options: &Verify) -> Result<(), Failure> {
    let depth = if options.chain_only { Depth::Chain } else { Depth::Full };
    let verified = options.which.open()?.verify(depth, |_| {})?;
    let answer = Answer {
        entries: verified.entries,
        head: verified.head.to_string(),
        root: verified.root.to_string(),
        sums: verified.sums.map(|s| Amounts {
            meals: s.meals,
            visits: s.visits,
            city_fen: s.city_fen,
            district_fen: s.district_fen,
        }),
    };
    if options.json {
        return say_json(&answer);
    }
    say(format_args!("ledger verified: {} entries, head {}", answer.entries, answer.head))?;
    match answer.sums {
        None => Ok(()),
        Some(sums) => say(format_args!(
            "{} subsidised meals: {} fen from the city, {} fen from the district; {} visits \
             without subsidy",
            sums.meals, sums.city_fen, sums.district_fen, sums.visits
        )),
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
            say(line(recorded))?;
        }
    }
    match rows.last() {
        Some(last) if rows.len() == options.rows && !options.json => {
            say(format_args!("… more with --after {}", last.entry.n))
        }
        _ => Ok(()),
    }
}

fn line(recorded: &Recorded) -> String {
    let entry = &recorded.entry;
    let at = SHANGHAI.to_datetime(entry.stamp.at);
    let what = match &entry.event {
        Event::Genesis { device } => format!("for {device}"),
        Event::Meal(m) => format!(
            "{} {} {} {} {} yuan ({})",
            m.elder,
            m.window,
            m.method.code(),
            m.award.band,
            total(&m.award),
            m.award.rules
        ),
        Event::Visit(v) => {
            format!("{} {} {} {}", v.elder, v.window, v.method.code(), v.reason.code())
        }
        Event::Review(r) => {
            let doubts: Vec<_> = r.reasons.iter().map(|d| d.code()).collect();
            format!("{} {}, {} candidates", r.window, doubts.join(" "), r.candidates.len())
        }
        Event::Void { entry } => format!("of entry {entry}"),
        Event::Gallery(g) => {
            format!("{}: {} elders, {} templates", g.generation, g.elders, g.templates)
        }
    };
    let hash = recorded.hash.to_string();
    format!("{:>6}  {at}  {:8}  {what}  {}", entry.n, entry.event.kind(), &hash[..12])
}

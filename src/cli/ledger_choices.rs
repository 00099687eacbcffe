//! `canteend ledger choices`: how staff choose between two candidates (docs/adr/0007).

use super::ledger::Which;
use super::{say, say_json};
use crate::domain::calendar::Date;
use crate::domain::choosing::{self, Choices, Chosen};
use crate::error::Failure;
use crate::store::{LIST_ROWS_MAX, Listing, Reader};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    which: Which,
    /// Only from this day on (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Only up to the end of this day
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// One operator's measure in JSON.
#[derive(serde::Serialize)]
struct Line {
    operator: String,
    /// Choices of one of two candidates.
    choices: u32,
    /// Of these, the one that stood first on the screen.
    first: u32,
    /// The time from review to choice in the middle, in seconds.
    median_s: u64,
    /// Whether chance explains how often it was the first (95 %).
    by_chance: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let reader = options.which.open()?;
    let chosen = chosen(&reader, Listing { after: 0, from: options.from, to: options.to })?;
    let measured = choosing::measure(&chosen);
    let line = |(operator, choices): (_, &Choices)| Line {
        operator: ToString::to_string(operator),
        choices: choices.taken,
        first: choices.first,
        median_s: choices.median_s().unwrap_or(0),
        by_chance: choices.by_chance(),
    };
    let lines: Vec<Line> = measured.iter().map(line).collect();
    if options.json {
        return say_json(&lines);
    }
    for Line { operator, choices, first, median_s, by_chance } in lines {
        let chance = if by_chance { "as by chance" } else { "not by chance: look" };
        say(format_args!(
            "{operator}: the first of two in {first} of {choices} choices ({chance}), half of them \
             within {median_s} s"
        ))?;
    }
    Ok(())
}

/// Reviews with the choices that settled them.
fn chosen(reader: &Reader, mut listing: Listing) -> Result<Vec<Chosen>, Failure> {
    let (mut open, mut chosen) = (choosing::Open::default(), vec![]);
    loop {
        let page = reader.list(listing, LIST_ROWS_MAX)?;
        let Some(last) = page.last() else { return Ok(chosen) };
        listing.after = last.entry.n;
        chosen.extend(page.iter().filter_map(|recorded| open.take(&recorded.entry)));
    }
}

//! `canteend ledger choices`: how staff choose between two candidates (docs/adr/0007).

use super::ledger::Which;
use super::{say, say_json};
use crate::domain::calendar::Date;
use crate::domain::choosing::{self, Choices};
use crate::domain::entry::{Entry, EntryNumber, Event, Review, Stamp};
use crate::error::Failure;
use crate::store::{LIST_ROWS_MAX, Listing, Reader};
use clap::Args;
use std::collections::HashMap;

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
    let entries = settled(&reader, Listing { after: 0, from: options.from, to: options.to })?;
    let pairs = entries.iter().filter_map(|((number, asked, review), chosen)| {
        let Event::Choice(choice) = &chosen.event else { return None };
        Some((*number, *asked, review, chosen.stamp, choice))
    });
    let measured = choosing::measure(pairs);
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

/// A review: its number, when it was written, what it says.
type Asked = (EntryNumber, Stamp, Review);

/// Reviews with the choices that settled them.
fn settled(reader: &Reader, mut listing: Listing) -> Result<Vec<(Asked, Entry)>, Failure> {
    let (mut open, mut settled) = (HashMap::new(), vec![]);
    loop {
        let page = reader.list(listing, LIST_ROWS_MAX)?;
        let Some(last) = page.last() else { return Ok(settled) };
        listing.after = last.entry.n;
        for entry in page.into_iter().map(|recorded| recorded.entry) {
            match &entry.event {
                Event::Review(review) => {
                    open.insert(entry.n, (entry.n, entry.stamp, review.clone()));
                }
                Event::Choice(choice) => {
                    let asked = open.remove(&choice.review);
                    settled.extend(asked.map(|asked| (asked, entry)));
                }
                _ => {}
            }
        }
    }
}

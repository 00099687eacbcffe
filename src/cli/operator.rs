//! `canteend operator`: who may sign in at the screen.
//!
//! A PIN is read from standard input, never from the command line, where other programs of the
//! machine could see it.

use super::{ConfigFile, pin, say, say_json};
use crate::daemon::control::operators::OperatorChange;
use crate::daemon::control::{Answer, Request, work};
use crate::daemon::parts;
use crate::error::Failure;
use crate::store::Reader;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add an operator; the PIN is read from standard input
    Add(Add),
    /// Keep an operator from signing in again
    Disable(Change),
    /// Give an operator a new PIN, read from standard input, and end a lock
    ResetPin(Change),
    /// Show who there is
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    change: Change,
    /// What colleagues call them; it is shown on the screen
    #[arg(long, value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    #[command(flatten)]
    config: ConfigFile,
    /// Pseudonymous id, such as op-2; the ledger names it for ever
    operator: String,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// An operator in JSON.
#[derive(serde::Serialize)]
struct Line {
    operator: String,
    name: String,
    disabled: bool,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(Add { change: options, name }) => {
            let pin = pin::read()?;
            change(&options, OperatorChange::Add { name, pin })?;
            say(format_args!("{} may sign in", options.operator))
        }
        Command::Disable(options) => {
            change(&options, OperatorChange::Disable)?;
            say(format_args!("{} may not sign in any more", options.operator))
        }
        Command::ResetPin(options) => {
            let pin = pin::read()?;
            change(&options, OperatorChange::ResetPin(pin))?;
            say(format_args!("{} has a new PIN", options.operator))
        }
        Command::List(options) => list(&options),
    }
}

fn change(options: &Change, change: OperatorChange) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let request = Request::Operator { id: options.operator.clone(), change };
    match work::ask_or_do(&config, clock.as_ref(), request)? {
        Answer::Entry(_) => Ok(()),
        other => Err(super::unexpected(&other)),
    }
}

fn list(options: &List) -> Result<(), Failure> {
    let known = Reader::open(&options.config.load()?.state)?.operators()?;
    let line = |known: crate::store::Known| Line {
        operator: known.id.to_string(),
        name: known.name,
        disabled: known.disabled,
    };
    let lines: Vec<Line> = known.into_iter().map(line).collect();
    if options.json {
        return say_json(&lines);
    }
    for Line { operator, name, disabled } in lines {
        say(format_args!("{operator}\t{name}{}", if disabled { "\tdisabled" } else { "" }))?;
    }
    Ok(())
}

//! `canteend clock confirm`

use super::{ConfigFile, say};
use crate::daemon::control::{Answer, Request, work};
use crate::daemon::parts;
use crate::daemon::revise::Revised;
use crate::error::Failure;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say that the clock is right, after comparing it with one that is
    Confirm(Confirm),
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    let Command::Confirm(options) = command;
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    match work::ask_or_do(&config, clock.as_ref(), Request::ConfirmClock)? {
        Answer::Trusted { now, confirmed, adjusted } => {
            say(format_args!("trusted: {now}; {}", Revised { confirmed, adjusted }))
        }
        other => Err(super::unexpected(&other)),
    }
}

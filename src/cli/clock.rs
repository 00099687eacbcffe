//! `canteend clock confirm`

use super::{ConfigFile, say};
use crate::daemon::{service, timekeeper};
use crate::domain::calendar::SHANGHAI;
use crate::error::{Exit, Failure};
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
    let clock = service::clock(&config);
    let (mut store, mut keeper) = timekeeper::open(&config, clock.as_ref())?;
    match keeper.confirm(&mut store, clock.as_ref())? {
        Some(stamp) => say(format_args!("trusted: {}", SHANGHAI.to_datetime(stamp.at))),
        None => {
            let text = "the clock is before the last trusted entry, or before this program was \
                        made; set it right first";
            Err(Failure::new(Exit::Data, text))
        }
    }
}

//! `canteend reload`

use super::{ConfigFile, say};
use crate::daemon::control::{Answer, Request, client};
use crate::error::{Exit, Failure};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    match client::ask(&config.state, &Request::Reload)? {
        Some(Answer::Reloaded) => say("the configuration is in force"),
        Some(other) => Err(super::unexpected(&other)),
        None => {
            let text = "no daemon runs here; it reads its configuration when it starts";
            Err(Failure::new(Exit::Unavailable, text))
        }
    }
}

//! `canteend run`

use super::ConfigFile;
use crate::daemon::service;
use crate::error::Failure;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    service::run(&options.config.load()?, &options.config.config).map_err(Failure::unnamed)
}

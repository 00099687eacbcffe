//! `canteend check-config`

use super::{ConfigFile, say};
use crate::config::rules;
use crate::error::Failure;
use crate::vision::Analyser;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Do not look for the model pack and ONNX Runtime
    #[arg(long)]
    without_models: bool,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    rules::load(&config.rules)?;
    if !options.without_models {
        Analyser::open(&config.models, config.quality)?;
    }
    say(format_args!("{}: good, for {}", options.config.config.display(), config.site.device))
}

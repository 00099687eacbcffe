//! `canteend check-config`

use super::{ConfigFile, say};
use crate::config::rules;
use crate::error::Failure;
use crate::vision::manifest;
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
    for path in &config.rules {
        rules::load(path).map_err(|e| Failure::new(e.exit(), e))?;
    }
    if !options.without_models {
        manifest::Pack::verify(&config.models).map_err(|e| Failure::new(e.exit(), e))?;
    }
    say(format_args!("{}: good, for {}", options.config.config.display(), config.site.device))
}

//! `canteend evaluate …`

use super::{progress, say, say_json};
use crate::error::{Exit, Failure};
use crate::evaluate;
use crate::vision::{Analyser, QualityLimits};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Accuracy on pairs of photographs of the same or of two people
    Pairs(Pairs),
    /// Milliseconds of each stage on one photograph, one thread
    Time(Time),
}

#[derive(Debug, Args)]
struct Common {
    /// Folder of manifest, model pack and ONNX Runtime
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn analyser(&self) -> Result<Analyser, Failure> {
        Ok(Analyser::open(&self.models, QualityLimits::default())?)
    }
}

#[derive(Debug, Args)]
pub(super) struct Pairs {
    /// Folder that the names in the pairs file start at
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Lines of path, path, and 1 (same person) or 0, parted by tabs
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Time {
    /// A JPEG photograph that shows a face
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Rounds; the median is reported
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    rounds: usize,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Pairs(options) => pairs(&options),
        Command::Time(options) => time(&options),
    }
}

fn pairs(options: &Pairs) -> Result<(), Failure> {
    let mut analyser = options.common.analyser()?;
    let report = evaluate::pairs(&mut analyser, &options.root, &options.pairs, progress)?;
    if options.common.json {
        return say_json(&report);
    }
    say(format_args!(
        "{} pairs of {} photographs ({} without a face found)\n\
         accuracy {:.2} % ± {:.2}, true accepts at 1 false match in 100: {:.2} %",
        report.pairs,
        report.images,
        report.undetected,
        report.accuracy * 100.0,
        report.deviation * 100.0,
        report.tar_at_fmr_1e_2 * 100.0
    ))
}

fn time(options: &Time) -> Result<(), Failure> {
    let jpeg = std::fs::read(&options.image)
        .map_err(|e| Failure::new(Exit::Io, format!("{}: {e}", options.image.display())))?;
    let mut analyser = options.common.analyser()?;
    let report = evaluate::time(&mut analyser, &jpeg, options.rounds)?;
    if options.common.json {
        return say_json(&report);
    }
    let stages = [
        ("decode", report.decode),
        ("detect", report.detect),
        ("landmarks", report.landmarks),
        ("align", report.align),
        ("quality", report.quality),
        ("embed", report.embed),
        ("live", report.live),
        ("all", report.all),
        ("sessions", report.sessions),
    ];
    stages.iter().try_for_each(|(name, ms)| say(format_args!("{name:10} {ms:8.3} ms")))
}

//! `canteend gallery calibrate`

use super::{ConfigFile, say, say_json};
use crate::daemon::calibrate::calibrated;
use crate::daemon::{load, parts};
use crate::domain::calibration::{ELDERS_MIN, Pair, Target};
use crate::domain::gallery::Gallery;
use crate::error::Failure;
use crate::vision::Analyser;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Calibrate {
    /// Share of strangers whose score may pass, instead of recognition.strangers
    #[arg(long, value_name = "SHARE", value_parser = target)]
    target: Option<Target>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Most look-alike pairs that are named, the closest first.
const PAIRS_SHOWN_MAX: usize = 50;

#[derive(serde::Serialize)]
struct Calibrated {
    elders: usize,
    templates: usize,
    target: f64,
    accept: f32,
    from_gallery: bool,
    strangers: Option<Strangers>,
    additions: usize,
    look_alikes: usize,
    closest: Vec<LookAlikes>,
}

/// Expected share of strangers whose score passes, with its interval of 95 %.
#[derive(serde::Serialize)]
struct Strangers {
    share: f64,
    low: f64,
    high: f64,
}

#[derive(serde::Serialize)]
struct LookAlikes {
    first: String,
    second: String,
    score: f32,
}

fn target(text: &str) -> Result<Target, String> {
    text.parse().ok().and_then(Target::new).ok_or_else(|| {
        format!("the share of strangers is a number from {} to {}", Target::MIN, Target::MAX)
    })
}

pub(super) fn run(options: &Calibrate) -> Result<(), Failure> {
    let config = options.config.load()?;
    let (store, _) = parts::ledger(&config, parts::clock(&config).as_ref())?;
    let analyser = Analyser::open(&config.models, config.quality)?;
    let (gallery, _) = load::gallery(&store, analyser.model())?;
    let (target, configured) =
        (options.target.unwrap_or(config.strangers), config.visit.thresholds.accept);
    let gallery = calibrated(gallery, target, configured, &mut super::progress);
    let found = summary(&gallery, target);
    if options.json {
        return say_json(&found);
    }
    say(format_args!("{} elders, {} templates", found.elders, found.templates))?;
    match &found.strangers {
        Some(strangers) => say(format_args!(
            "accept from {:.3} on: {:.3} % of strangers are expected to score that (95 %: {:.3} to {:.3} %)",
            found.accept,
            strangers.share * 100.0,
            strangers.low * 100.0,
            strangers.high * 100.0
        ))?,
        None => say(format_args!(
            "accept from {:.3} on: fewer than {ELDERS_MIN} elders do not show what strangers score, \
             so recognition.accept of the configuration serves",
            found.accept
        ))?,
    }
    say(format_args!(
        "{} elders need more than that, because of {} look-alike pairs",
        found.additions, found.look_alikes
    ))?;
    found
        .closest
        .iter()
        .try_for_each(|p| say(format_args!("  {:.3} {} {}", p.score, p.first, p.second)))?;
    match found.look_alikes - found.closest.len() {
        0 => Ok(()),
        more => say(format_args!("  and {more} pairs less alike than these")),
    }
}

fn summary(gallery: &Gallery, target: Target) -> Calibrated {
    let calibration = gallery.calibration().expect("it was calibrated");
    let mut pairs = calibration.pairs().to_vec();
    pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
    let id = |elder| gallery.elder(elder).as_str().to_owned();
    let named = |p: &Pair| LookAlikes { first: id(p.first), second: id(p.second), score: p.score };
    Calibrated {
        elders: gallery.elders(),
        templates: gallery.templates(),
        target: target.share(),
        accept: calibration.accept(),
        from_gallery: calibration.strangers().is_some(),
        strangers: calibration.strangers().map(|s| Strangers {
            share: s.share,
            low: s.low,
            high: s.high,
        }),
        additions: calibration.additions(),
        look_alikes: pairs.len(),
        closest: pairs.iter().take(PAIRS_SHOWN_MAX).map(named).collect(),
    }
}

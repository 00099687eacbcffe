//! `canteend gallery …`

use super::{ConfigFile, say, say_json};
use crate::clock::{Clock as _, SystemClock};
use crate::daemon::calibrate::calibrated;
use crate::daemon::gallery_job::{self, ImportError};
use crate::daemon::roster::BadLine;
use crate::daemon::service::open_store;
use crate::domain::calibration::{ELDERS_MIN, Pair, Target};
use crate::domain::entry::{ClockTrust, Stamp};
use crate::domain::gallery::Gallery;
use crate::error::{Exit, Failure};
use crate::vision::Analyser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Replace the gallery by a roster (CSV) and photographs; bad lines are named, good ones kept
    Import(Import),
    /// Say how many elders and templates the gallery holds
    Show(Show),
    /// Take thresholds from the gallery, and name elders who resemble each other
    Calibrate(Calibrate),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Roster, with the columns elder, name, sex, birth, eligible, home_care, consent, photos
    file: PathBuf,
    /// Folder of the photographs that the roster names
    #[arg(long, value_name = "DIR")]
    photos: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub(super) struct Calibrate {
    /// Share of strangers whose score may pass; the daemon uses one in a thousand
    #[arg(long, value_name = "SHARE", default_value = "0.001", value_parser = target)]
    target: Target,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Most look-alike pairs that are named, the closest first.
const PAIRS_SHOWN_MAX: usize = 50;

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(options) => import(&options),
        Command::Show(options) => show(&options),
        Command::Calibrate(options) => calibrate(&options),
    }
}

fn now() -> Stamp {
    Stamp { at: SystemClock::default().now(), clock: ClockTrust::Trusted }
}

fn import(options: &Import) -> Result<(), Failure> {
    let config = options.config.load()?;
    let stamp = now();
    let mut store = open_store(&config, stamp)?;
    let mut analyser = Analyser::open(&config.models, config.quality)?;
    let done = gallery_job::import(
        &mut store,
        &mut analyser,
        stamp,
        &options.file,
        &options.photos,
        &mut super::progress,
    );
    let imported = match done {
        Err(ImportError::NothingGood(bad)) => {
            name(&bad)?;
            return Err(ImportError::NothingGood(bad).into());
        }
        other => other?,
    };
    name(&imported.bad)?;
    say(format_args!(
        "gallery {}: {} elders, {} templates",
        imported.change.generation, imported.change.elders, imported.change.templates
    ))?;
    match imported.bad.len() {
        0 => Ok(()),
        n => {
            let text = format!(
                "{n} problems in {} (named above); the other lines are in the gallery, {} elders \
                 of bad lines stay as they were; mend the lines and import again",
                options.file.display(),
                imported.kept
            );
            Err(Failure::new(Exit::Data, text))
        }
    }
}

fn name(bad: &[BadLine]) -> Result<(), Failure> {
    bad.iter().try_for_each(say)
}

#[derive(serde::Serialize)]
struct Held {
    elders: usize,
    with_face: usize,
    templates: usize,
}

fn show(options: &Show) -> Result<(), Failure> {
    let config = options.config.load()?;
    let store = open_store(&config, now())?;
    let enrolled = store.load_gallery()?;
    let held = Held {
        elders: enrolled.len(),
        with_face: enrolled.iter().filter(|e| !e.templates.is_empty()).count(),
        templates: enrolled.iter().map(|e| e.templates.len()).sum(),
    };
    if options.json {
        return say_json(&held);
    }
    say(format_args!(
        "{} elders, {} of them with a face, {} templates",
        held.elders, held.with_face, held.templates
    ))
}

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

fn calibrate(options: &Calibrate) -> Result<(), Failure> {
    let config = options.config.load()?;
    let store = open_store(&config, now())?;
    let analyser = Analyser::open(&config.models, config.quality)?;
    let (gallery, _) = gallery_job::assemble(store.load_gallery()?, &analyser)
        .map_err(|e| Failure::new(Exit::Config, e))?;
    let configured = config.visit.thresholds.accept;
    let gallery = calibrated(gallery, options.target, configured, &mut super::progress);
    let found = summary(&gallery, options.target);
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

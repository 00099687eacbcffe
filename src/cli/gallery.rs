//! `canteend gallery …`

use super::{ConfigFile, say, say_json};
use crate::clock::{Clock as _, SystemClock};
use crate::daemon::gallery_job::{self, ImportError};
use crate::daemon::roster::BadLine;
use crate::daemon::service::open_store;
use crate::domain::entry::{ClockTrust, Stamp};
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
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Roster, with the columns elder, name, sex, birth, eligible, home_care, consent, photos, and
    /// optionally id_last4
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

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(options) => import(&options),
        Command::Show(options) => show(&options),
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

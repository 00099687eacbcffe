//! `canteend gallery …`

use super::gallery_calibrate::{self, Calibrate};
use super::gallery_sync::{self, Sync};
use super::{ConfigFile, say, say_json};
use crate::city::identity;
use crate::config::rules;
use crate::daemon::control::{Answer, Request, work};
use crate::daemon::gallery_job::{self, ImportError, Imported};
use crate::daemon::parts;
use crate::daemon::revise::{Revised, revise};
use crate::daemon::roster::BadLine;
use crate::domain::entry::Stamp;
use crate::error::{Exit, Failure};
use crate::store::Store;
use crate::vision::Analyser;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Replace the gallery by a roster (CSV) and photographs; bad lines are named, good ones kept
    Import(Import),
    /// Make the templates anew after another model pack was installed; identities stay
    Rebuild(Import),
    /// Take over what the city has changed, with a report of progress
    Sync(Sync),
    /// Say how many elders and templates the gallery holds
    Show(Show),
    /// Take thresholds from the gallery, and name elders who resemble each other
    Calibrate(Calibrate),
    /// Forget an elder's face for good; card, staff and subsidy go on
    Forget(Forget),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Roster, with the columns elder, name, sex, birth, eligible, home_care, consent, photos, and
    /// optionally id_last4 and cards
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
pub(super) struct Forget {
    /// Pseudonymous id of the elder
    elder: String,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(options) => import(&options, gallery_job::import),
        Command::Rebuild(options) => import(&options, gallery_job::rebuild),
        Command::Sync(options) => gallery_sync::run(&options),
        Command::Show(options) => show(&options),
        Command::Calibrate(options) => gallery_calibrate::run(&options),
        Command::Forget(options) => forget(&options),
    }
}

/// [`gallery_job::import`] or [`gallery_job::rebuild`].
type Job = fn(
    &mut Store,
    &mut Analyser,
    Stamp,
    &Path,
    &Path,
    &mut dyn FnMut(usize, usize),
) -> Result<Imported, ImportError>;

fn import(options: &Import, job: Job) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let (mut store, mut keeper) = parts::ledger(&config, clock.as_ref())?;
    let rules = rules::load(&config.rules)?;
    let mut analyser = Analyser::open(&config.models, config.quality)?;
    let stamp = keeper.stamp(&mut store, clock.as_ref())?;
    let done =
        job(&mut store, &mut analyser, stamp, &options.file, &options.photos, &mut super::progress);
    let imported = match done {
        Err(ImportError::NothingGood(bad)) => {
            name(&bad)?;
            return Err(ImportError::NothingGood(bad).into());
        }
        other => other?,
    };
    let revised = revise(&mut store, stamp, &rules)?;
    name(&imported.bad)?;
    for (one, other) in &imported.twice {
        say(format_args!(
            "{one} and {other} have nearly the same face: one person registered twice?"
        ))?;
    }
    say(format_args!(
        "gallery {}: {} elders, {} templates",
        imported.change.generation, imported.change.elders, imported.change.templates
    ))?;
    if identity::pinned(&config.state).is_ok() {
        say(
            "this box has a city, whose next list takes this one's place; faces stay of those whom \
             it names with a consent",
        )?;
    }
    if revised != Revised::default() {
        say(revised)?;
    }
    match imported.bad.len() {
        0 => Ok(()),
        n => {
            let text = format!(
                "{n} problems in {} (named above); the other lines are in the gallery, {} elders \
                 without a good line stay as they were; mend the lines and do it again",
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
    let (store, _) = parts::ledger(&config, parts::clock(&config).as_ref())?;
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

fn forget(options: &Forget) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let request = Request::Forget { elder: options.elder.clone() };
    match work::ask_or_do(&config, clock.as_ref(), request)? {
        Answer::Entry(Some(n)) => say(format_args!(
            "the face is forgotten, by entry {n}. Tell the city as well: until it knows, it sends the \
             photograph to other boxes, and to this one after a restore"
        )),
        Answer::Entry(None) => {
            say("there was no face to forget; what is left of older ones was wiped")
        }
        other => Err(super::unexpected(&other)),
    }
}

//! `canteend accept`, and the writer that it kills

use super::{ConfigFile, say};
use crate::accept::{self, Outcome, PAYLOAD_TYPE, page};
use crate::city::identity::{self, IdentityError};
use crate::city::wire::dsse;
use crate::error::{Exit, Failure};
use clap::Args;
use std::fs;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Folder for the report: acceptance.html, acceptance.json and, signed, acceptance.dsse.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Skip the steps for which somebody stands at the mark; the report then does not pass
    #[arg(long)]
    without_people: bool,
}

#[derive(Debug, Args)]
pub(super) struct Writer {
    /// Folder of the scratch ledger
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    // What could keep the report from being written is found before anybody stands at the mark.
    let key = match identity::device_key(&config.state, identity::credentials().as_deref()) {
        Ok(key) => Some(key),
        Err(IdentityError::NotEnrolled(_)) => None,
        Err(problem) => return Err(problem.into()),
    };
    can_be_written(&options.out)?;
    let mut ask = ask;
    let ask: Option<&mut accept::Ask<'_>> = (!options.without_people).then_some(&mut ask);
    let report = accept::run(&config, &options.config.config, ask)?;
    for tried in &report.steps {
        let word = match tried.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        };
        say(format_args!("{word:<8} {:<20} {}", tried.step.title().1, tried.seen))?;
    }
    report.findings.iter().try_for_each(super::doctor::print)?;

    let json = serde_json::to_vec_pretty(&report).map_err(|e| Failure::new(Exit::Software, e))?;
    let fingerprint = key.as_ref().map(|key| key.public().fingerprint());
    put(&options.out, "acceptance.json", &json)?;
    put(&options.out, "acceptance.html", page::html(&report, fingerprint.as_deref()).as_bytes())?;
    if let Some(key) = &key {
        put(&options.out, "acceptance.dsse.json", &dsse::seal(key, PAYLOAD_TYPE, &json))?;
    }
    let signed = if key.is_some() { "signed" } else { "not signed: the box is not enrolled" };
    say(format_args!("the report is in {} ({signed})", options.out.display()))?;
    match report.passed {
        true => Ok(()),
        false => Err(Failure::new(Exit::Unavailable, "the site is not accepted yet; see above")),
    }
}

pub(super) fn write(options: &Writer) -> Result<(), Failure> {
    accept::plug::write(&options.folder)
}

/// Tells the technician what to do, and waits for Enter.
fn ask(chinese: &str, english: &str) -> Result<(), Failure> {
    say(format_args!("{chinese}\n  {english}"))?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err(Failure::new(Exit::Usage, "nobody answers; use --without-people")),
        Ok(_) => Ok(()),
        Err(problem) => Err(Failure::new(Exit::Io, problem)),
    }
}

/// Makes the folder, and a file in it that goes again.
fn can_be_written(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(written(folder))?;
    let probe = folder.join("acceptance.new");
    fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).map_err(written(&probe))
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(written(&path))
}

fn written(path: &Path) -> impl Fn(io::Error) -> Failure {
    |problem| {
        let text = format!("{}: {problem}; name a folder that can be written", path.display());
        Failure::new(Exit::Io, text)
    }
}

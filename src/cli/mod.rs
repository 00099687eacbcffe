//! One file per subcommand; each parses its own options and calls one thing.
//!
//! Standard output belongs to the command's answer, standard error to logs and failures.

mod accept;
mod backup;
mod camera;
mod camera_worker;
mod check_config;
mod clock;
mod demo;
mod demo_cast;
mod demo_city;
mod doctor;
mod evaluate;
mod gallery;
mod gallery_calibrate;
mod gallery_sync;
mod ledger;
mod ledger_choices;
mod ledger_line;
mod ledger_verify;
mod operator;
mod pin;
mod proof;
mod provision;
mod provision_site;
mod refcity;
mod reload;
mod report;
mod rotate;
mod run;
mod status;
mod upload;

use crate::config::Config;
use crate::daemon::control::{Answer, Request, work};
use crate::daemon::parts;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::ExportWhat;
use crate::error::{Exit, Failure};
use crate::record::Hash;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The camera box of an elders' canteen (幸福食堂): recognises an elder at mealtime, records one
/// subsidised meal a day in a ledger that cannot be quietly changed.
#[derive(Debug, Parser)]
#[command(name = "canteend", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done; 64 wrong command line; 65 bad data; 69 something is not there; 74 reading or \
writing failed; 78 configuration, models or permissions must be mended first.
Logs go to standard error; CANTEEND_LOG=debug shows more.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: watch the camera, recognise, record
    Run(run::Options),
    /// Have the running daemon read its configuration again
    Reload(reload::Options),
    /// Ask the running daemon how the box is
    Status(status::Options),
    /// Show the whole way of a meal on real photographs, in a scratch folder
    Demo(demo::Options),
    /// Read the configuration, rules and models, and say whether they fit
    CheckConfig(check_config::Options),
    /// Look over the box: ok, warning or fault of each part, with what to do
    Doctor(doctor::Options),
    /// Try the box out on its site, and write a report of it
    Accept(accept::Options),
    /// Write to a scratch ledger until it is killed, for `accept`
    #[command(hide = true)]
    AcceptWriter(accept::Writer),
    /// See which cameras there are and try one
    #[command(subcommand)]
    Camera(camera::Command),
    /// Speak to a camera for the service, which starts this itself
    #[command(hide = true)]
    CameraWorker(camera_worker::Options),
    /// Enrol elders and look at who is enrolled
    #[command(subcommand)]
    Gallery(gallery::Command),
    /// Read and verify the ledger
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Enrol this box with its city
    Provision(provision::Options),
    /// Talk to the city now: send what it has not acknowledged yet
    Upload(upload::Options),
    /// Write what the city has not acknowledged to a stick
    Export(upload::Carry),
    /// Read the city's receipts from a stick
    Import(upload::Carry),
    /// The reference city: the other side, for tests and for city engineers
    #[command(subcommand)]
    Refcity(refcity::Command),
    /// Copy the ledger while the box serves, without faces and keys of faces
    Backup(backup::Backup),
    /// Put a copy of the ledger in place of one that is lost
    Restore(backup::Restore),
    /// Say who may sign in at the screen
    #[command(subcommand)]
    Operator(operator::Command),
    /// What the box makes of its clock
    #[command(subcommand)]
    Clock(clock::Command),
    /// Make the reports that the offices expect, from the ledger
    #[command(subcommand)]
    Report(report::Command),
    /// Measure recognition and speed on photographs
    #[command(subcommand)]
    Evaluate(evaluate::Command),
}

/// Where the configuration is.
#[derive(Debug, Args)]
struct ConfigFile {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = "/etc/canteend/canteend.toml")]
    config: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.config)?)
    }
}

/// Runs the command.
///
/// # Errors
/// The failure, with the exit code that it ends the process with.
pub fn run(cli: Cli) -> Result<(), Failure> {
    crate::logging::start(match cli.command {
        Command::Run(_) => "info",
        _ => "warn",
    });
    match cli.command {
        Command::Run(options) => run::run(options),
        Command::Reload(options) => reload::run(&options),
        Command::Status(options) => status::run(&options),
        Command::Demo(options) => demo::run(options),
        Command::CheckConfig(options) => check_config::run(options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Accept(options) => accept::run(&options),
        Command::AcceptWriter(options) => accept::write(&options),
        Command::Camera(command) => camera::run(command),
        Command::CameraWorker(options) => camera_worker::run(options),
        Command::Gallery(command) => gallery::run(command),
        Command::Ledger(command) => ledger::run(command),
        Command::Provision(options) => provision::run(&options),
        Command::Upload(options) => upload::run(&options),
        Command::Export(options) => upload::export(&options),
        Command::Import(options) => upload::import(&options),
        Command::Refcity(command) => refcity::run(command),
        Command::Backup(options) => backup::backup(&options),
        Command::Restore(options) => backup::restore(&options),
        Command::Operator(command) => operator::run(command),
        Command::Clock(command) => clock::run(command),
        Command::Report(command) => report::run(command),
        Command::Evaluate(command) => evaluate::run(command),
    }
}

/// Says a failure on standard error, once, as the last thing.
#[expect(clippy::print_stderr, reason = "the one place where a failure is said")]
pub fn report(failure: &Failure) {
    eprintln!("canteend: {}", failure.in_full());
}

/// Writes `text` and a line end to standard output; a closed pipe is a failure and not a panic.
fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{text}").map_err(|e| Failure::new(Exit::Io, e))
}

/// Writes `value` as JSON to standard output.
fn say_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    say(serde_json::to_string(value).map_err(|e| Failure::new(Exit::Software, e))?)
}

/// A daemon of another version answered.
fn unexpected(answer: &Answer) -> Failure {
    let text = format!(
        "the daemon gave an answer that does not belong here: {answer:?}; is it of this version?"
    );
    Failure::new(Exit::Software, text)
}

/// Notes in the box's own ledger that a file with this digest left the box.
fn note_export(
    config: &Config,
    what: ExportWhat,
    (first, last): (EntryNumber, EntryNumber),
    digest: Hash,
) -> Result<(), Failure> {
    let (what, digest) = (what.code().to_owned(), digest.to_string());
    let request = Request::Export { what, first, last, digest };
    match work::ask_or_do(config, parts::clock(config).as_ref(), request)? {
        Answer::Entry(Some(_)) => Ok(()),
        other => Err(unexpected(&other)),
    }
}

/// Runs a future to its end on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|e| Failure::new(Exit::Io, e))?.block_on(future))
}

/// A line that counts, on a terminal only.
fn progress(done: usize, all: usize) {
    use std::io::{IsTerminal as _, Write as _};
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        // Progress that cannot be shown is no reason to stop.
        let _ = write!(out, "\r{done} of {all}{}", if done == all { "\n" } else { "" });
        let _ = out.flush();
    }
}

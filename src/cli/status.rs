//! `canteend status`

use super::{ConfigFile, say, say_json};
use crate::daemon::control::status::Status;
use crate::daemon::control::{Answer, Request, client};
use crate::daemon::metrics;
use crate::error::{Exit, Failure};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Print it for a monitoring system, in Prometheus' text format
    #[arg(long, conflicts_with = "json")]
    metrics: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    let status = match client::ask(&config.state, &Request::Status)? {
        Some(Answer::Status(status)) => status,
        Some(other) => return Err(super::unexpected(&other)),
        None => {
            let text = format!(
                "no daemon serves {}; start it: systemctl start canteend",
                config.state.display()
            );
            return Err(Failure::new(Exit::Unavailable, text));
        }
    };
    match (options.json, options.metrics) {
        (true, _) => say_json(&status),
        (_, true) => say(metrics::text(&status).trim_end()),
        (false, false) => print(&status),
    }
}

fn print(status: &Status) -> Result<(), Failure> {
    let (ledger, done) = (&status.ledger, &status.done);
    let believed = if ledger.clock_trusted { "believed" } else { "not believed" };
    say(format_args!("device      {}, canteend {}", ledger.device, status.version))?;
    say(format_args!("clock       {}, {believed}", ledger.now))?;
    say(format_args!(
        "ledger      {} entries, {} of them with the city",
        ledger.entries, ledger.acknowledged
    ))?;
    let as_of = ledger.eligibility_as_of.as_deref().unwrap_or("no day");
    say(format_args!(
        "gallery     {}: {} elders, {} templates, eligibility of {as_of}",
        ledger.gallery, ledger.elders, ledger.templates
    ))?;
    say(format_args!(
        "since start {} meals, {} visits without subsidy, {} for staff, {} not recorded",
        done.meals, done.visits, done.reviews, done.failed
    ))?;
    say(format_args!(
        "camera      {} frames, {} broken, lost {} times",
        done.frames, done.broken, done.camera_losses
    ))?;
    say(format_args!("page        {} open", status.pages))?;
    if status.troubles.is_empty() {
        return say("state       ok");
    }
    for trouble in &status.troubles {
        let weight = if trouble.fault { "fault" } else { "warning" };
        say(format_args!(
            "{weight:<11} {} since {} {}\n            {}: {}",
            trouble.code, trouble.since, trouble.detail, trouble.problem, trouble.remedy
        ))?;
    }
    Ok(())
}

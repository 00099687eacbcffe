//! `canteend gallery sync`: the city's gallery, now.

use super::{ConfigFile, block_on, say, upload};
use crate::config::rules;
use crate::daemon::bench::Bench;
use crate::daemon::control::{Answer, Request, client, work};
use crate::daemon::revise::{Revised, revise};
use crate::daemon::sync::{self, Faces, Synced};
use crate::daemon::{city_key, parts};
use crate::error::Failure;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Sync {
    #[command(flatten)]
    config: ConfigFile,
    /// Take whatever the city has now, even an older gallery: after the city was set back on purpose
    #[arg(long)]
    from_nothing: bool,
}

pub(super) fn run(options: &Sync) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    if options.from_nothing {
        let forgotten = work::ask_or_do(&config, clock.as_ref(), Request::ForgetCityGallery)?;
        if forgotten != Answer::Entry(None) {
            return Err(super::unexpected(&forgotten));
        }
    }
    match client::ask(&config.state, &Request::Upload)? {
        Some(Answer::City(done)) => return say(done),
        Some(Answer::Underway) => {
            return say("the box is still talking to the city; see `canteend status`");
        }
        Some(other) => return Err(super::unexpected(&other)),
        None => {}
    }
    let (mut store, mut keeper, mut line) = upload::open(&config, clock.as_ref())?;
    let mut faces = Faces::new(&config.models, config.quality)?;
    let mut hold = Bench::new(&mut store, &mut keeper, clock.as_ref());
    block_on(city_key::follow(&mut hold, &config.state, &mut line))??;
    let mut told = progress;
    let synced = sync::run_once(&mut hold, &line, &mut faces, clock.as_ref(), &mut told);
    let Synced { arrivals, leavers, faceless, bad, change, .. } = block_on(synced)??;
    let Some(change) = change else { return say("the city has changed nothing") };
    say(format_args!(
        "gallery {}: {} elders, {} templates; {arrivals} came or changed, {leavers} were taken out, \
         {faceless} sent without a usable face, {bad} rows left out",
        change.generation, change.elders, change.templates
    ))?;
    let stamp = keeper.stamp(&mut store, clock.as_ref())?;
    let revised = revise(&mut store, stamp, &rules::load(&config.rules)?)?;
    if revised == Revised::default() { Ok(()) } else { say(revised) }
}

/// A line that counts, on a terminal only. How many there will be is not known before the end.
fn progress(done: &Synced) {
    use std::io::{IsTerminal as _, Write as _};
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        // Progress that cannot be shown is no reason to stop.
        let _ = write!(out, "\r{} pages, {} elders", done.pages, done.arrivals + done.leavers);
        let _ = out.flush();
    }
}

//! `canteend provision rotate-key`: a new device key, on the old one's word.
//!
//! The steps and why each can be repeated are told in [`keys`]. This command goes through all of
//! them and takes up where an earlier one was cut off; what is left when the city is out of reach,
//! the nightly talk brings to its end.

use super::{ConfigFile, block_on, say, upload};
use crate::city::identity;
use crate::city::signer::Signer;
use crate::config::Config;
use crate::daemon::control::{Answer, Request, client, work};
use crate::daemon::{keys, parts};
use crate::error::Failure;
use crate::store::Store;
use clap::Args;
use std::sync::Arc;

/// How often sending is tried, where no daemon runs that would go on at night.
const FAILURES: u32 = 5;

#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(options: &Rotate) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let credentials = identity::credentials();
    if identity::next_key(&config.state)?.is_none() {
        let own = Arc::new(identity::device_key(&config.state, credentials.as_deref())?);
        let line = keys::client(&config, Signer::new(own))?;
        let offered = identity::offered_key(&config.state)?;
        block_on(line.offer_key(clock.now(), &offered))??;
        identity::offer_taken(&config.state)?;
    }
    match work::ask_or_do(&config, clock.as_ref(), Request::RecordKeys)? {
        Answer::Keys(_) => {}
        other => return Err(super::unexpected(&other)),
    }
    send(&config)?;
    match identity::next_key(&config.state)? {
        Some(_) => say("the new key takes over when the city has acknowledged its entry"),
        None => {
            let key = identity::device_key(&config.state, credentials.as_deref())?;
            say(format_args!("the new key is in use; compare it with the city's page:"))?;
            say(format_args!("this box  {}", key.public().fingerprint()))
        }
    }
}

/// Sends the entry that names the new key, and opens a line once more: whoever does so after the
/// receipt puts the key in its place.
fn send(config: &Config) -> Result<(), Failure> {
    for _ in 0..2 {
        if client::ask(&config.state, &Request::Upload)?.is_none() {
            upload::under_the_lock(config, FAILURES)?;
            let mut store = Store::open(&config.state)?;
            block_on(keys::line(config, &mut store))??;
            return Ok(());
        }
    }
    Ok(())
}

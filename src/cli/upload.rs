//! `canteend upload`, `export`, `import`: what the city has not acknowledged, over the network or
//! on a stick.

use super::{ConfigFile, block_on, note_export, say};
use crate::city::client::Client;
use crate::city::identity;
use crate::city::wire::batch::RECEIPT_BYTES_MAX;
use crate::city::wire::succession::{SUCCESSION_BYTES_MAX, Succession};
use crate::city::wire::text::DeviceId;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::bench::Bench;
use crate::daemon::control::{Answer, Request, client};
use crate::daemon::parts;
use crate::daemon::timekeeper::Timekeeper;
use crate::daemon::upload::{self, Patience};
use crate::daemon::{city_key, keys};
use crate::domain::entry::operation::ExportWhat;
use crate::error::{Exit, Failure};
use crate::files;
use crate::record::Hash;
use crate::store::Store;
use clap::Args;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use tracing::warn;

/// What the name of a batch's file ends with.
const BATCH_SUFFIX: &str = ".batch.json";
/// On the stick, what has followed the city's former keys.
pub(super) const CITY_KEYS_FILE: &str = "city-keys.json";
/// What the name of a receipt's file ends with.
pub(super) const RECEIPT_SUFFIX: &str = ".receipt.json";

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Give up after so many failures in a row
    #[arg(long, value_name = "N", default_value_t = 5)]
    failures: u32,
}

#[derive(Debug, Args)]
pub(super) struct Carry {
    #[command(flatten)]
    config: ConfigFile,
    /// Folder on the stick
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The store, the keeper of its stamps, and the line to the city of an enrolled box.
pub(super) fn open(
    config: &Config,
    clock: &dyn Clock,
) -> Result<(Store, Timekeeper, Client), Failure> {
    // That there is a city at all is said before the ledger is asked for.
    identity::pinned(&config.state)?;
    let (mut store, keeper) = parts::ledger(config, clock)?;
    let client = block_on(keys::line(config, &mut store))??;
    Ok((store, keeper, client))
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    match client::ask(&config.state, &Request::Upload)? {
        Some(Answer::City(done)) => say(done),
        Some(Answer::Underway) => {
            say("the box is still talking to the city; see `canteend status`")
        }
        Some(other) => Err(super::unexpected(&other)),
        None => under_the_lock(&config, options.failures),
    }
}

/// Sends, where no daemon runs that could.
pub(super) fn under_the_lock(config: &Config, failures: u32) -> Result<(), Failure> {
    let clock = parts::clock(config);
    let (mut store, mut keeper, mut client) = open(config, clock.as_ref())?;
    let mut hold = Bench::new(&mut store, &mut keeper, clock.as_ref());
    match block_on(city_key::follow(&mut hold, &config.state, &mut client))? {
        // A network that is down is waited for below.
        Err(problem) if problem.passing() => warn!(%problem, "the city's key was not asked for"),
        done => drop(done?),
    }
    let patience = Patience::Failures(failures);
    let pause = async |wait| tokio::time::sleep(wait).await;
    let done = block_on(upload::run(&mut hold, &client, clock.as_ref(), patience, pause))??;
    say(format_args!("{} batches; the city has entries up to {}", done.batches, done.acknowledged))
}

/// A batch or receipt of a device has the same name on every stick.
pub(super) fn file_name(device: &DeviceId, seq: u64, suffix: &str) -> String {
    format!("{device}.{seq:08}{suffix}")
}

pub(super) fn export(options: &Carry) -> Result<(), Failure> {
    let config = options.config.load()?;
    let (mut store, _, client) = open(&config, parts::clock(&config).as_ref())?;
    block_on(upload::seal_all(&mut store, client.signer()))??;
    let (mut seq, mut count) = (store.next_batch()?.map_or(0, |batch| batch.seq), 0);
    let (mut range, mut carried) = (None, Vec::new());
    while let Some(batch) = store.batch(seq)? {
        let path = options.folder.join(file_name(client.device(), seq, BATCH_SUFFIX));
        write_whole(&path, &batch.envelope)?;
        carried.extend(Hash::of(&[&batch.envelope]).0);
        range = Some((range.map_or(batch.first, |(first, _)| first), batch.last));
        (seq, count) = (seq + 1, count + 1);
    }
    drop(store);
    if let Some(range) = range {
        note_export(&config, ExportWhat::Batches, range, Hash::of(&[&carried]))?;
    }
    say(format_args!("{count} batches in {}", options.folder.display()))
}

pub(super) fn import(options: &Carry) -> Result<(), Failure> {
    let config = options.config.load()?;
    let clock = parts::clock(&config);
    let (mut store, mut keeper, mut client) = open(&config, clock.as_ref())?;
    let statements = options.folder.join(CITY_KEYS_FILE);
    if statements.exists() {
        let said = read_bounded(&statements, SUCCESSION_BYTES_MAX)?;
        let said = Succession::read(&said).map_err(|e| Failure::new(Exit::Data, e))?;
        let mut hold = Bench::new(&mut store, &mut keeper, clock.as_ref());
        block_on(city_key::take(&mut hold, &config.state, &mut client, &said))??;
    }
    let mut count = 0;
    while let Some(batch) = store.next_batch()? {
        let path = options.folder.join(file_name(client.device(), batch.seq, RECEIPT_SUFFIX));
        if !path.exists() {
            break;
        }
        let receipt = read_bounded(&path, RECEIPT_BYTES_MAX)?;
        upload::accept(&mut store, &client, &batch, &receipt)?;
        count += 1;
    }
    let acknowledged = store.acknowledged()?;
    say(format_args!("{count} receipts; the city has entries up to {acknowledged}"))
}

/// The batches on a stick, in the order of their numbers.
pub(super) fn batches_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fails = |e| file_failure(folder, e);
    let mut found = Vec::new();
    for file in fs::read_dir(folder).map_err(fails)? {
        let path = file.map_err(fails)?.path();
        if path.to_string_lossy().ends_with(BATCH_SUFFIX) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The bytes of a file of at most `bytes_max`.
pub(super) fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes))
        .map_err(|e| file_failure(path, e))?;
    if bytes.len() > bytes_max {
        let text = format!("{}: longer than {bytes_max} bytes", path.display());
        return Err(Failure::new(Exit::Data, text));
    }
    Ok(bytes)
}

/// Writes a file that has reached the stick when this returns.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    files::write_whole(path, bytes, files::FOR_OTHERS).map_err(|e| file_failure(path, e))
}

fn file_failure(path: &Path, error: io::Error) -> Failure {
    Failure::new(Exit::Io, format!("{}: {error}", path.display()))
}

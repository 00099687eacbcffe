//! `canteend backup` and `canteend restore`

use super::ledger::Which;
use super::{ConfigFile, say};
use crate::daemon::service;
use crate::error::Failure;
use crate::store::{Depth, Reader, Store};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    which: Which,
    /// New file for the copy
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// Copy that `canteend backup` made
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn backup(options: &Backup) -> Result<(), Failure> {
    let copied = options.which.open()?.back_up(&options.out)?;
    say(format_args!(
        "{}: {} entries, head {}, verified; without faces and without the box key",
        options.out.display(),
        copied.entries,
        copied.head
    ))
}

pub(super) fn restore(options: &Restore) -> Result<(), Failure> {
    let config = options.config.load()?;
    drop(Store::restore(&config.state, &options.file, service::clock(&config).now())?);
    let verified = Reader::open(&config.state)?.verify(Depth::Full, |_| {})?;
    say(format_args!(
        "restored and verified: {} entries; import the roster to enrol faces anew",
        verified.entries
    ))
}

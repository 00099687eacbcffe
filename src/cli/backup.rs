//! `canteend backup` and `canteend restore`

use super::ledger::Which;
use super::{ConfigFile, say};
use crate::domain::entry::operation::ExportWhat;
use crate::error::{Exit, Failure};
use crate::record::Hash;
use crate::store::{BackupError, DbError, Depth, Names, Reader, Store};
use clap::Args;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

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
    /// The box key is lost: go on without the names in the copy, and make a key where there is none
    #[arg(long)]
    drop_names: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Copies first and notes it then, so that the note is not in the copy; a copy of a copy is not
/// noted anywhere.
pub(super) fn backup(options: &Backup) -> Result<(), Failure> {
    let copied = options.which.open()?.back_up(&options.out).map_err(barred)?;
    if let Some(own) = options.which.own()? {
        super::note_export(&own, ExportWhat::Backup, (1, copied.entries), digest(&options.out)?)?;
    }
    say(format_args!(
        "{}: {} entries, head {}, verified; without faces and without the box key",
        options.out.display(),
        copied.entries,
        copied.head
    ))
}

/// A stick that was mounted by hand is root's.
fn barred(error: BackupError) -> Failure {
    match &error {
        BackupError::Db(DbError::File { source, .. })
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            let text = format!(
                "{error}: this user may not write there; mount the stick for it, as in \
                 `mount -o uid=canteend,umask=077 /dev/sdX1 /media/stick`"
            );
            Failure::new(Exit::Io, text)
        }
        _ => error.into(),
    }
}

/// SHA-256 of a file.
pub(super) fn digest(path: &Path) -> Result<Hash, Failure> {
    let read = File::open(path).and_then(|mut file| Hash::of_read(&mut file));
    read.map_err(|e| Failure::new(Exit::Io, format!("{}: {e}", path.display())))
}

pub(super) fn restore(options: &Restore) -> Result<(), Failure> {
    let config = options.config.load()?;
    let names = if options.drop_names { Names::Dropped } else { Names::Kept };
    drop(Store::restore(&config.state, &options.file, names)?);
    let verified = Reader::open(&config.state)?.verify(Depth::Full, |_| {})?;
    say(format_args!(
        "restored and verified: {} entries. Next: ask the city for a new code and run `canteend \
         provision --city URL --code CODE`, then import the roster to enrol faces anew",
        verified.entries
    ))
}

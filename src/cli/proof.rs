//! `canteend ledger prove`, `verify-proof` and `day-code`.

use super::ledger::Which;
use super::{ledger_line, say, say_json};
use crate::domain::calendar::Date;
use crate::domain::entry::operation::ExportWhat;
use crate::error::{Exit, Failure};
use crate::record::Hash;
use crate::record::proof::{PROOF_BYTES_MAX, Proof};
use clap::Args;
use std::io::Read as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Prove {
    #[command(flatten)]
    which: Which,
    /// Number of the entry
    #[arg(long, value_name = "N")]
    entry: u64,
    /// Write the proof to this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyProof {
    /// File that `canteend ledger prove` wrote
    file: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DayCode {
    #[command(flatten)]
    which: Which,
    /// The day
    #[arg(value_name = "YYYY-MM-DD")]
    date: Date,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Proves from a copy of the ledger without a trace; from the box's own ledger the export is an
/// entry, written before the proof is handed out.
pub(super) fn prove(options: &Prove) -> Result<(), Failure> {
    let n = options.entry;
    let missing = || Failure::new(Exit::Data, format!("there is no entry {n} in this ledger"));
    let proof = options.which.open()?.prove(n)?.ok_or_else(missing)?;
    let text = proof.write();
    if let Some(own) = options.which.own()? {
        super::note_export(&own, ExportWhat::Proof, (n, n), Hash::of(&[text.as_bytes()]))?;
    }
    match &options.out {
        None => say(text.trim_end()),
        Some(out) => write_new(out, text.as_bytes()),
    }
}

/// Writes a file that does not exist yet.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = made.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|e| Failure::new(Exit::Io, format!("{}: {e}", path.display())))
}

#[derive(serde::Serialize)]
struct Proved<'a> {
    device: &'a str,
    entry: serde_json::Value,
    entries: u64,
    root: String,
    date: String,
    day_code: String,
}

pub(super) fn verify_proof(options: &VerifyProof) -> Result<(), Failure> {
    let shown = options.file.display();
    let read = std::fs::File::open(&options.file).and_then(|file| {
        let mut text = Vec::new();
        file.take(PROOF_BYTES_MAX as u64 + 1).read_to_end(&mut text).map(|_| text)
    });
    let text = read.map_err(|e| Failure::new(Exit::Io, format!("{shown}: {e}")))?;
    let (proof, proved) =
        Proof::check(&text).map_err(|e| Failure::new(Exit::Data, format!("{shown}: {e}")))?;
    let answer = Proved {
        device: &proof.device,
        entry: serde_json::from_slice(&proof.body).map_err(|e| Failure::new(Exit::Software, e))?,
        entries: proof.ledger.size,
        root: proof.ledger.root.to_string(),
        date: proof.date.to_string(),
        day_code: proved.code.to_string(),
    };
    if options.json {
        return say_json(&answer);
    }
    say(ledger_line::short(&proved.entry))?;
    say(format_args!(
        "The proof holds if {}'s ledger has the root {} at {} entries (compare with the city's \
         receipt), or if the code of {} is {} at {} entries (compare with the sheet on the wall).",
        answer.device, answer.root, answer.entries, answer.date, answer.day_code, proof.day.size
    ))
}

#[derive(serde::Serialize)]
struct Coded {
    date: String,
    entries: usize,
    first: u64,
    code: String,
    over: bool,
}

pub(super) fn day_code(options: &DayCode) -> Result<(), Failure> {
    let mut reader = options.which.open()?;
    let device = reader.device()?;
    let none = || Failure::new(Exit::Data, format!("the ledger has no entry of {}", options.date));
    let day = reader.day(options.date)?.ok_or_else(none)?;
    let code = Coded {
        date: day.date.to_string(),
        entries: day.leaves.len(),
        first: day.first,
        code: day.code(&device).to_string(),
        over: day.over,
    };
    if options.json {
        return say_json(&code);
    }
    let so_far = if code.over { "" } else { " so far; post the code when the day is over" };
    say(format_args!("{}  {}  ({} entries{so_far})", code.date, code.code, code.entries))
}

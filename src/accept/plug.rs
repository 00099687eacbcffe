//! Pulling the plug: a process that writes meals to a scratch ledger is killed at many moments, and
//! each time the ledger must hold all that was acknowledged and verify.
//!
//! Killing a process loses nothing that the operating system has taken; a real power cut may. The
//! crash tests of the project take that away as well, under a simulated disk; on a site, cut the
//! power once and run `canteend ledger verify`.

use super::{Step, Tried};
use crate::clock::{Clock, SystemClock};
use crate::daemon::timekeeper;
use crate::domain::calendar::{MealWindow, service_date};
use crate::domain::decision::Doubt;
use crate::domain::entry::{Event, Review};
use crate::error::{Exit, Failure};
use crate::store::{Depth, LEDGER_FILE, Reader, Store};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Name of the hidden command that writes until it is killed.
pub const COMMAND: &str = "accept-writer";
/// The folder of the scratch ledger, in the state folder: the same disk.
const SCRATCH_FOLDER: &str = "acceptance.scratch";
/// Device of the scratch ledger.
const DEVICE: &str = "acceptance";
/// After how many acknowledged entries the writer is killed, in turn.
const KILLS: [usize; 12] = [1, 2, 3, 5, 8, 13, 21, 34, 1, 2, 3, 5];

/// Kills and looks, in a folder that is removed afterwards.
///
/// # Errors
/// Where the scratch folder cannot be made or the writer not be started.
pub(super) fn step(state: &Path) -> Result<Tried, Failure> {
    let folder = state.join(SCRATCH_FOLDER);
    remove(&folder)?;
    let tried = try_all(&folder);
    remove(&folder)?;
    tried
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
            let text = format!("{}: {problem}; remove it by hand", folder.display());
            Err(Failure::new(Exit::Io, text))
        }
        _ => Ok(()),
    }
}

fn try_all(folder: &Path) -> Result<Tried, Failure> {
    let mut commits = Vec::new();
    for (round, kill_after) in KILLS.into_iter().enumerate() {
        let acknowledged = write_and_kill(folder, kill_after, &mut commits)?;
        let kept = Reader::open(folder)?.verify(Depth::Full, |_| {});
        match kept {
            Ok(kept) if kept.entries >= acknowledged => {}
            Ok(kept) => {
                let seen = format!("{acknowledged} were acknowledged, {} are there", kept.entries);
                return Ok(Tried::new(Step::PullThePlug, false, seen));
            }
            Err(problem) => {
                let seen = format!("after {} kills: {problem}", round + 1);
                return Ok(Tried::new(Step::PullThePlug, false, seen));
            }
        }
    }
    commits.sort();
    let (half, most) = (commits[commits.len() / 2], commits[commits.len() * 19 / 20]);
    let seen = format!(
        "killed {} times, nothing lost; a commit takes {:.1} ms, 95 % at most {:.1} ms",
        KILLS.len(),
        half.as_secs_f64() * 1e3,
        most.as_secs_f64() * 1e3
    );
    Ok(Tried::new(Step::PullThePlug, true, seen))
}

/// Starts the writer, kills it once it has acknowledged `kill_after` entries, and gives the number
/// of the last one that it acknowledged.
fn write_and_kill(
    folder: &Path,
    kill_after: usize,
    commits: &mut Vec<Duration>,
) -> Result<u64, Failure> {
    let failed = |problem: io::Error| Failure::new(Exit::Io, format!("the writer: {problem}"));
    let mut writer = Command::new("/proc/self/exe")
        .arg(COMMAND)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let said = writer.stdout.take().expect("it was piped");
    let (mut last, mut lines) = (0, 0);
    for line in BufReader::new(said).lines() {
        // A line that was cut by the kill acknowledges nothing.
        let Some((entry, micros)) = line.ok().and_then(|line| acknowledged(&line)) else { break };
        (last, lines) = (entry, lines + 1);
        commits.push(Duration::from_micros(micros));
        if lines == kill_after {
            writer.kill().map_err(failed)?;
        }
    }
    writer.wait().map_err(failed)?;
    match lines {
        0 => {
            let text = "the writer acknowledged nothing; see whether the state folder's disk can be \
                        written";
            Err(Failure::new(Exit::Io, text))
        }
        _ => Ok(last),
    }
}

/// Entry and microseconds of a line `ENTRY MICROS.`; the dot shows that it is whole.
fn acknowledged(line: &str) -> Option<(u64, u64)> {
    let (entry, micros) = line.strip_suffix('.')?.split_once(' ')?;
    Some((entry.parse().ok()?, micros.parse().ok()?))
}

/// The writer: appends reviews to the scratch ledger in `folder` and says of each that it stands,
/// until it is killed or nobody listens.
///
/// # Errors
/// Where the ledger cannot be opened or written.
pub fn write(folder: &Path) -> Result<(), Failure> {
    let clock = SystemClock::default();
    let stamp = timekeeper::first_stamp(&clock);
    let mut store = match folder.join(LEDGER_FILE).exists() {
        true => Store::open(folder)?,
        false => Store::init(folder, DEVICE, stamp)?,
    };
    let review = Event::Review(Review {
        date: service_date(clock.now()),
        window: MealWindow::Lunch,
        reasons: vec![Doubt::NoMatch],
        candidates: vec![],
    });
    let mut out = io::stdout().lock();
    loop {
        let began = Instant::now();
        let entry = store.append(stamp, &review)?.n;
        let line = format!("{entry} {}.\n", began.elapsed().as_micros());
        if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_acknowledges_nothing() {
        assert_eq!(acknowledged("12 345."), Some((12, 345)));
        for cut in ["", "12", "12 ", "12 34", "12 345.x"] {
            assert_eq!(acknowledged(cut), None, "{cut:?}");
        }
    }
}

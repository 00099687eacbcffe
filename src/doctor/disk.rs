//! The disk under the state folder: space, the time of a durable write, and wear.

use super::{Check, Finding};
use crate::store::LOW_BYTES;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Free bytes below which somebody should clear up; below [`LOW_BYTES`] the service itself holds back.
const FREE_BYTES_LOW: u64 = 1 << 30;
/// Durable writes that are timed.
const SYNCS: usize = 16;
/// Bytes of each, a page of the ledger.
const SYNC_BYTES: usize = 4096;
/// A durable write that takes longer is felt at the counter.
const SYNC_SLOW: Duration = Duration::from_millis(100);
/// A durable write that takes longer holds the queue up.
const SYNC_MAX: Duration = Duration::from_millis(500);
/// The scratch file in the state folder.
const SCRATCH_FILE: &str = "doctor.scratch";
/// Wear in tenths of the planned life from which a disk should be replaced soon.
const WEAR_HIGH: u8 = 8;
/// Wear in tenths at which its planned life is over.
const WEAR_OVER: u8 = 10;

/// Space and speed, then wear.
pub(super) fn look(state: &Path) -> Vec<Finding> {
    vec![space_and_speed(state), wear_of(state)]
}

fn space_and_speed(state: &Path) -> Finding {
    let free = match rustix::fs::statvfs(state) {
        Ok(found) => found.f_bavail * found.f_frsize,
        Err(problem) => {
            let text = format!("{}: {problem}; mount or make the state folder", state.display());
            return Check::Disk.failed(text);
        }
    };
    match time_syncs(state) {
        Ok(sync) => judge(free, sync),
        Err(problem) => {
            let text = format!(
                "{}: no durable write: {problem}; run this as the service's user (sudo -u \
                 canteend canteend doctor), and see whether the disk is read-only",
                state.display()
            );
            Check::Disk.failed(text)
        }
    }
}

/// Median time of a write that has reached the disk when it returns.
fn time_syncs(state: &Path) -> io::Result<Duration> {
    let path = state.join(SCRATCH_FILE);
    let made = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path);
    let timed = made.and_then(|mut file| {
        let page = [0x5a; SYNC_BYTES];
        let mut times = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            let began = Instant::now();
            file.write_all(&page)?;
            file.sync_data()?;
            times.push(began.elapsed());
        }
        times.sort();
        Ok(times[SYNCS / 2])
    });
    match fs::remove_file(&path) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(problem),
        _ => timed,
    }
}

fn judge(free: u64, sync: Duration) -> Finding {
    let mib = free >> 20;
    let seen = format!("{mib} MiB free, a durable write takes {:.1} ms", sync.as_secs_f64() * 1e3);
    let clear = "remove what does not belong on the box: journalctl --vacuum-size=100M, apt clean";
    let replace = "a slow or dying disk; replace it with one that is made for steady writing";
    match () {
        () if free < LOW_BYTES => Check::Disk.fault(seen, clear),
        () if sync > SYNC_MAX => Check::Disk.fault(seen, replace),
        () if free < FREE_BYTES_LOW => Check::Disk.warning(seen, clear),
        () if sync > SYNC_SLOW => Check::Disk.warning(seen, replace),
        () => Check::Disk.ok(seen),
    }
}

fn wear_of(state: &Path) -> Finding {
    let worn = fs::metadata(state)
        .ok()
        .and_then(|found| disk_of(found.dev()))
        .and_then(|disk| fs::read_to_string(disk.join("device/life_time")).ok());
    match worn.as_deref().and_then(tenths) {
        Some(tenths) => judge_wear(tenths),
        None => Check::Wear.ok("this disk does not tell by a file; smartctl may know"),
    }
}

/// The whole disk of a device number, as `sysfs` describes it.
fn disk_of(device: u64) -> Option<PathBuf> {
    let numbers = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let block = fs::canonicalize(Path::new("/sys/dev/block").join(numbers)).ok()?;
    let partition = block.join("partition").exists();
    if partition { block.parent().map(Path::to_owned) } else { Some(block) }
}

/// The worse of the two life time estimates of an eMMC (JESD84-B51, EXT_CSD 268 and 269), each
/// `0x01` for up to a tenth used, to `0x0b` for more than all of it.
fn tenths(life_time: &str) -> Option<u8> {
    let worse = life_time
        .split_whitespace()
        .filter_map(|estimate| u8::from_str_radix(estimate.strip_prefix("0x")?, 16).ok());
    worse.max().filter(|estimate| (1..=11).contains(estimate))
}

fn judge_wear(tenths: u8) -> Finding {
    let seen = format!("{} % of the planned life is used", u32::from(tenths) * 10);
    let remedy = "replace the disk: canteend backup, then canteend restore on the new one";
    match tenths {
        WEAR_OVER.. => Check::Wear.fault(seen, remedy),
        WEAR_HIGH.. => Check::Wear.warning(seen, remedy),
        _ => Check::Wear.ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn little_space_and_slow_writes_are_told_apart() {
        let ms = Duration::from_millis;
        let cases = [
            (8 << 30, ms(5), Verdict::Ok, ""),
            (1 << 29, ms(5), Verdict::Warning, "remove"),
            (1 << 20, ms(5), Verdict::Fault, "remove"),
            (8 << 30, ms(200), Verdict::Warning, "replace"),
            (1 << 29, ms(900), Verdict::Fault, "replace"),
        ];
        for (free, sync, verdict, remedy) in cases {
            let found = judge(free, sync);
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.remedy.unwrap_or_default().contains(remedy));
        }
    }

    #[test]
    fn the_worse_estimate_of_wear_counts() {
        let cases = [
            ("0x01 0x03\n", Some(3), Verdict::Ok),
            ("0x09 0x02", Some(9), Verdict::Warning),
            ("0x0b 0x01", Some(11), Verdict::Fault),
        ];
        for (text, worse, verdict) in cases {
            assert_eq!(tenths(text), worse);
            assert_eq!(judge_wear(worse.unwrap()).verdict, verdict);
        }
        for text in ["", "0x00 0x00", "unknown", "0xff"] {
            assert_eq!(tenths(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_scratch_file_is_gone_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let found = look(dir.path());
        assert!(found[0].seen.contains("durable write takes"), "{found:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let missing = look(&dir.path().join("none"));
        assert_eq!(missing[0].verdict, Verdict::Fault);
    }
}

//! Killed, or without power, at every write of a day.

use crate::alone;
use crate::disk::{Disk, Plan};
use crate::script::{check, play, played, stamp};
use canteend::domain::entry::EntryNumber;
use canteend::store::{LEDGER_FILE, Store};
use fastrand::Rng;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the child where to work, and at which write to die.
const FOLDER: &str = "CANTEEND_TEST_FOLDER";
const KILL_AT: &str = "CANTEEND_TEST_KILL_AT";
/// More writes than the day has.
const WRITES_MAX: u64 = 2000;

/// Does nothing in the parent. In the child it plays the day and acknowledges on standard output.
#[test]
fn the_child_that_is_killed() {
    let (Ok(dir), Ok(at)) = (std::env::var(FOLDER), std::env::var(KILL_AT)) else { return };
    let dir = Path::new(&dir);
    let _disk = Disk::under(dir, Plan::Kill(at.parse().unwrap()));
    let mut store = Store::init(dir, "test-box", stamp(0)).unwrap();
    play(&mut store, 0, |done| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {} {}", done.n, done.hash).unwrap();
        out.flush().unwrap();
    })
    .unwrap();
}

/// Runs the child; what it acknowledged, and whether it lived to the end.
fn child(dir: &Path, at: u64) -> (Vec<(EntryNumber, String)>, bool) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_child_that_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, dir)
        .env(KILL_AT, at.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines.map(Result::unwrap) {
        // The harness may have begun the line with the test's name.
        if let Some((_, said)) = line.split_once("acknowledged ") {
            let (n, hash) = said.split_once(' ').unwrap();
            acknowledged.push((n.parse().unwrap(), hash.to_owned()));
        }
    }
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "write {at}: {status}");
    (acknowledged, status.success())
}

/// Opens what is left, checks it, and plays the rest of the day.
fn go_on(dir: &Path, acknowledged: &[(EntryNumber, String)], what: &str) {
    let mut store = if dir.join(LEDGER_FILE).exists() {
        Store::open(dir).unwrap_or_else(|e| panic!("{what}: {e}"))
    } else {
        assert!(acknowledged.is_empty(), "{what}: the ledger is gone");
        Store::init(dir, "test-box", stamp(0)).unwrap_or_else(|e| panic!("{what}: {e}"))
    };
    let entries = check(dir, acknowledged, what);
    let from = played(entries);
    play(&mut store, from, |_| {}).unwrap_or_else(|e| panic!("{what}: the rest of the day: {e}"));
    drop(store);
    assert_eq!(check(dir, acknowledged, what), 9, "{what}");
}

#[test]
fn killed_at_every_write_no_acknowledged_meal_is_lost_and_none_is_there_twice() {
    let _alone = alone();
    let next = AtomicU64::new(1);
    let all = AtomicU64::new(WRITES_MAX);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at > all.load(Ordering::Relaxed) {
                        break;
                    }
                    let dir = tempfile::tempdir().unwrap();
                    let (acknowledged, lived) = child(dir.path(), at);
                    if lived {
                        all.fetch_min(at - 1, Ordering::Relaxed);
                        assert_eq!(acknowledged.len(), 7);
                    }
                    go_on(dir.path(), &acknowledged, &format!("killed at write {at}"));
                }
            });
        }
    });
    let all = all.into_inner();
    assert!((50..WRITES_MAX).contains(&all), "{all} writes");
}

#[test]
fn without_power_at_every_write_what_was_acknowledged_is_there() {
    let _alone = alone();
    let whole = {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::init(dir.path(), "test-box", stamp(0)).unwrap();
        let disk = Disk::under(dir.path(), Plan::Sound);
        drop(store);
        store = Store::open(dir.path()).unwrap();
        play(&mut store, 0, |_| {}).unwrap();
        drop(store);
        disk.done()
    };
    assert!(whole > 30, "{whole} writes");
    for at in 1..=whole {
        // Nothing of what was not synced is there; or all of it; or any part, in any order.
        for seed in 0..4 {
            let dir = tempfile::tempdir().unwrap();
            drop(Store::init(dir.path(), "test-box", stamp(0)).unwrap());
            let disk = Disk::under(dir.path(), Plan::PowerLoss(at));
            let mut acknowledged = Vec::new();
            if let Ok(mut store) = Store::open(dir.path()) {
                let played = play(&mut store, 0, |done| {
                    acknowledged.push((done.n, done.hash.to_string()));
                });
                assert!(played.is_err() || acknowledged.len() == 7);
            }
            let mut random = Rng::with_seed(at << 8 | seed);
            disk.power_loss(|| match seed {
                0 => false,
                1 => true,
                _ => random.bool(),
            });
            disk.plan(Plan::Sound);
            go_on(dir.path(), &acknowledged, &format!("no power at write {at}, seed {seed}"));
        }
    }
}

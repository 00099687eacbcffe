//! The process as systemd and a technician see it: from start to ready with many elders, and the
//! peak memory of the demo.
//!
//! Figures are printed beside a bare limit taken in the same run: the time to start `canteend
//! --version`, and the size of the process that opens the models alone.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench reports and may stop")]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/place.rs"]
mod place;

use canteend::domain::calendar::Timestamp;
use canteend::domain::elder::{Consent, Elder, ElderId, Sex};
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::domain::template::Template;
use canteend::store::{Enrolled, Store};
use canteend::vision::{Analyser, QualityLimits};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Values of one template.
const DIMENSIONS: usize = 512;

fn main() {
    let small = std::env::args().any(|arg| arg == "--small");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rounds = if small { 1 } else { 9 };
    let bare = median(rounds, || {
        let started = Instant::now();
        assert!(canteend(root).arg("--version").stdout(Stdio::null()).status().unwrap().success());
        started.elapsed()
    });
    println!("bare start: {bare:?}");
    let sizes: &[(usize, &str)] = match small {
        true => &[(50, "1 s")],
        false => &[(1_000, "1 s"), (20_000, "2 s")],
    };
    for (elders, limit) in sizes {
        ready(root, *elders, rounds, limit);
    }

    let mut demo = canteend(root).arg("demo").stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while demo.try_wait().unwrap().is_none() {
        peak = peak.max(memory::status_kib(demo.id(), "VmHWM:").unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("peak memory of the demo: {} MB (limit 200 MB)", peak / 1024);
}

/// From start to ready with so many elders: the first time, when thresholds are taken, and later.
fn ready(root: &Path, elders: usize, rounds: usize, limit: &str) {
    let folder = tempfile::tempdir().unwrap();
    fill(&folder.path().join("state"), &root.join("models"), elders);
    let config = configure(root, folder.path());
    let mut peak = 0;
    let mut start = || {
        let started = Instant::now();
        let mut child = canteend(root)
            .arg("run")
            .arg("--config")
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(log.any(|line| line.unwrap().contains("\"ready\"")));
        let elapsed = started.elapsed();
        // The page's roster and the first frames come after that.
        let seen = Command::new(env!("CARGO_BIN_EXE_canteend"))
            .args(["status", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .status();
        assert!(seen.unwrap().success());
        peak = peak.max(memory::status_kib(child.id(), "VmHWM:").unwrap_or(0));
        child.kill().unwrap();
        child.wait().unwrap();
        elapsed
    };
    let first = start();
    let later = median(rounds, start);
    println!("start to ready with {elders} elders: {later:?}, at first {first:?} (limit {limit})");
    println!("peak memory while serving {elders} elders: {} MB", peak / 1024);
}

fn canteend(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.current_dir(root).env_remove("CANTEEND_LOG");
    command
}

/// A state folder with elders whose templates are noise of the pack's model.
fn fill(state: &Path, models: &Path, elders: usize) {
    let model = Analyser::open(models, QualityLimits::default()).unwrap().model();
    let at: Timestamp = "2026-03-02T11:30:00+08:00".parse().unwrap();
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    let mut noise = 1u32;
    let mut values = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let roster: Vec<_> = (0..elders)
        .map(|n| Enrolled {
            elder: Elder {
                id: ElderId::new(&format!("p_{n}")).unwrap(),
                name: "王秀英".to_owned(),
                sex: Sex::Female,
                birth: "1943-05-02".parse().unwrap(),
                id_last4: None,
                eligible: vec![],
                home_care: vec![],
                notices: vec![],
                consent: Consent { store_face: true, transmit: true },
            },
            templates: vec![
                Template::new(model, &(0..DIMENSIONS).map(|_| values()).collect::<Vec<_>>())
                    .unwrap(),
            ],
        })
        .collect();
    let mut store = Store::init(state, "bench-box", stamp).unwrap();
    store.replace_gallery(stamp, model, &roster).unwrap();
}

fn configure(root: &Path, folder: &Path) -> std::path::PathBuf {
    std::fs::copy(root.join("fixtures/photos/obama2.jpg"), folder.join("frame.jpg")).unwrap();
    place::configure(folder, "path = \".\"\nlooped = true")
}

fn median(rounds: usize, mut measure: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<_> = (0..rounds).map(|_| measure()).collect();
    taken.sort();
    taken[rounds / 2]
}

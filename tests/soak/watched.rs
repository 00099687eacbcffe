//! Visits through camera, models, state machine and ledger, by the program itself.

use crate::life::Held;
use crate::{alone, root, scale};
use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource as _, Rate};
use image::codecs::jpeg::JpegEncoder;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Visits after which everything has been allocated that is allocated once.
const WARM_UP_VISITS: usize = 8;
/// Visits between two lines that tell how far the life has come.
const REPORT_EVERY: usize = 50;
/// Growth that is an allocator's and no leak, in KiB.
const SLACK_KIB: u64 = 12 << 10;
/// Memory that the process may never take, in KiB.
const RSS_KIB_MAX: u64 = 180 << 10;
const ROSTER: &str = "elder,name,sex,birth,eligible,home_care,consent,photos\n\
    p_1001,周志远,男,1941-08-04,2024-01-01/,,store;transmit,obama.jpg\n";

#[test]
fn visits_through_the_models_leave_memory_handles_and_threads_as_they_were() {
    let _alone = alone();
    let visits = scale(24, 1_000);
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let mut child = canteend(dir.path(), &["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut settled = log.map(Result::unwrap).filter(|line| {
        ["meal", "visit", "review", "same visit"]
            .iter()
            .any(|message| line.contains(&format!("\"message\":\"{message}\"")))
    });

    assert_eq!(settled.by_ref().take(WARM_UP_VISITS).count(), WARM_UP_VISITS);
    let before = Held::of(child.id());
    for done in WARM_UP_VISITS + 1..=visits {
        assert!(settled.next().is_some(), "the box stopped early");
        if done % REPORT_EVERY == 0 {
            println!("{done} visits: {:?}", Held::of(child.id()));
        }
    }
    let after = Held::of(child.id());
    let stopped = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(stopped.success());
    settled.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    after.assert_flat_since(before, SLACK_KIB);
    assert!(after.rss_kib <= RSS_KIB_MAX, "{after:?}");
    assert!(canteend(dir.path(), &["ledger", "verify"]).status().unwrap().success());
}

/// `canteend ARGS` on the box in `dir`.
fn canteend(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(args).arg("--config").arg(dir.join("canteend.toml"));
    command.stdout(Stdio::null()).env_remove("CANTEEND_LOG");
    command
}

/// A box whose camera sees an elder and a stranger by turns, for ever, from one lunch to the next.
fn set_up(dir: &Path) {
    let (root, photos) = (root().display(), root().join("fixtures/photos"));
    let config = format!(
        "[site]\ndevice = \"soak-box\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
         street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
         test_box = true\n[paths]\nstate = \"state\"\nmodels = \"{root}/models\"\n\
         rules = \"{root}/config/rules/lcetdz-2022.toml\"\n[camera]\nsource = \"replay\"\n\
         path = \"frames.mjpeg\"\npaced = false\nlooped = true\n\
         starts_at = \"2026-03-02T10:30:00+08:00\"\n\
         [visit]\nsame_visit_s = 10\n"
    );
    fs::write(dir.join("canteend.toml"), config).unwrap();
    fs::write(dir.join("roster.csv"), ROSTER).unwrap();
    let roster = dir.join("roster.csv");
    let (roster, folder) = (roster.to_str().unwrap(), photos.to_str().unwrap());
    let import = ["gallery", "import", roster, "--photos", folder];
    assert!(canteend(dir, &import).status().unwrap().success());

    let walk_up = |photo: &str, face, starts| Scene {
        starts: Duration::from_secs(starts),
        photo: photos.join(photo),
        face,
        near: 170.0,
        seconds: (0.3, 1.8, 0.3),
        light: 0.95,
        turn: 2.0,
        still: false,
        seed: starts + 1,
    };
    let elder = walk_up("obama2.jpg", (342.0, 415.0, 264.0), 0);
    let stranger = walk_up("biden.jpg", (565.0, 375.0, 250.0), 40);
    let mut source = WalkUps::new(vec![elder, stranger], Rate::new(10).unwrap());
    let mut film = vec![];
    while let Some(frame) = source.next().unwrap() {
        JpegEncoder::new_with_quality(&mut film, 90)
            .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
            .unwrap();
    }
    fs::write(dir.join("frames.mjpeg"), film).unwrap();
}

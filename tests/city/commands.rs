//! The commands as a technician types them, against a city that serves.

use super::town::Town;
use canteend::city::identity;
use canteend::city::wire::page::TombstoneWhy;
use canteend::city::wire::text::DeviceId;
use canteend::domain::entry::{ClockTrust, Stamp};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Typed {
    pub code: i32,
    pub out: String,
    pub err: String,
}

fn canteend(args: &[&str]) -> Typed {
    canteend_with(args, &[])
}

/// Runs a command with these variables in its environment.
pub fn canteend_with(args: &[&str], environment: &[(&str, &str)]) -> Typed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    let ran = command.args(args).envs(environment.iter().copied()).output().unwrap();
    Typed {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

/// What the box's clock says: a week later than the city's.
const WEEK_AFTER: &str = "2026-03-09T22:00:00+08:00";

/// A box's folder with a configuration and a ledger of one entry.
pub fn box_folder(dir: &Path) -> PathBuf {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/rules/lcetdz-2022.toml");
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
    let config = format!(
        "[site]\ndevice = \"lc-kfq-017\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
         street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
         test_box = true\n\
         [paths]\nstate = \"state\"\nrules = \"{rules}\"\nmodels = \"{models}\"\n\
         [camera]\nsource = \"replay\"\npath = \"frames\"\nstarts_at = \"{WEEK_AFTER}\"\n"
    );
    let path = dir.join("canteend.toml");
    std::fs::write(&path, config).unwrap();
    let at = super::town::at(super::town::SET_UP);
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    canteend::store::Store::init(&dir.join("state"), "lc-kfq-017", stamp).unwrap();
    path
}

/// What a technician brings to a box in a folder of its own: its configuration, the city's address
/// and a new code.
pub fn to_be_enrolled(town: &Town) -> (tempfile::TempDir, String, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path()).to_str().unwrap().to_owned();
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    (dir, config, town.running.url(), code)
}

#[test]
fn a_technician_enrols_uploads_and_finds_it_acknowledged() {
    let town = Town::new();
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let config = config.to_str().unwrap();
    let url = town.running.url();
    let early = canteend(&["upload", "--config", config]);
    assert_eq!(early.code, 78, "{}", early.err);
    assert!(early.err.contains("canteend provision"), "{}", early.err);

    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let provision =
        |code: &str| canteend(&["provision", "--city", &url, "--code", code, "--config", config]);
    let mistyped = provision(&code[1..]);
    assert_eq!(mistyped.code, 64, "{}", mistyped.err);
    for _ in 0..2 {
        let enrolled = provision(&code);
        assert_eq!(enrolled.code, 0, "{}", enrolled.err);
        assert!(enrolled.out.contains(&town.city.public_key().fingerprint()), "{}", enrolled.out);
    }
    // The box's clock is a week away from this city's; requests are dated by the city's.
    let uploaded = canteend(&["upload", "--config", config, "--failures", "1"]);
    // The first entry, and one for each key; enrolling twice named none twice.
    let told = "1 batches; the city has entries up to 4";
    assert_eq!(uploaded.out.trim(), told, "{}", uploaded.err);
    assert_eq!(town.city.report().unwrap().entries, 4);
    let page_key = &town.city.report().unwrap().devices[0].key_id;
    assert!(provision(&code).out.replace(' ', "").contains(page_key));
}

#[test]
fn batches_and_receipts_travel_on_a_stick() {
    let town = Town::new();
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let config = config.to_str().unwrap();
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let url = town.running.url();
    canteend(&["provision", "--city", &url, "--code", &code, "--config", config]);
    let stick = tempfile::tempdir().unwrap();
    let stick = stick.path().to_str().unwrap();
    let exported = canteend(&["export", stick, "--config", config]);
    assert_eq!(
        (exported.code, exported.out.starts_with("1 batches")),
        (0, true),
        "{}",
        exported.err
    );
    let empty = canteend(&["import", stick, "--config", config]);
    assert!(empty.out.starts_with("0 receipts"), "{}", empty.out);
    let data = town.path().to_str().unwrap();
    for _ in 0..2 {
        let taken = canteend(&["refcity", "take", stick, "--data", data]);
        assert_eq!(taken.code, 0, "{}", taken.err);
    }
    let imported = canteend(&["import", stick, "--config", config]);
    assert_eq!(imported.out.trim(), "1 receipts; the city has entries up to 4", "{}", imported.err);
    assert_eq!(town.city.report().unwrap().entries, 4);

    // A receipt that was altered on the way is refused, and so is a batch of a stranger.
    let file = Path::new(stick).join("lc-kfq-017.00000001.batch.json");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.iter().rposition(|b| *b == b'=').unwrap() - 3;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    std::fs::write(&file, bytes).unwrap();
    let refused = canteend(&["refcity", "take", stick, "--data", data]);
    assert_eq!(refused.code, 65, "{}", refused.err);
}

#[test]
fn a_technician_takes_the_gallery_over_and_replaces_the_key() {
    let town = Town::new();
    town.city.change(&super::sync::upserts(0..120)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let config = config.to_str().unwrap();
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let url = town.running.url();
    let early = canteend(&["provision", "rotate-key", "--config", config]);
    assert_eq!(early.code, 78, "{}", early.err);
    canteend(&["provision", "--city", &url, "--code", &code, "--config", config]);

    let taken = canteend(&["gallery", "sync", "--config", config]);
    let told = "gallery 1: 120 elders, 120 templates; 120 came or changed, 0 were taken out, 0 \
                sent without a usable face, 0 rows left out";
    assert_eq!(taken.out.trim(), told, "{}", taken.err);
    let again = canteend(&["gallery", "sync", "--config", config]);
    assert_eq!(again.out.trim(), "the city has changed nothing", "{}", again.err);

    // An elder ate today, and the city learns later that they had died.
    let mut store = canteend::store::Store::open(&dir.path().join("state")).unwrap();
    let at = super::town::at(WEEK_AFTER);
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    store.append(stamp, &super::town::meal("p_007", &at.to_string())).unwrap();
    drop(store);
    town.city.change(&[super::sync::gone(7, TombstoneWhy::Deceased)]).unwrap();
    let late = canteend(&["gallery", "sync", "--config", config]);
    assert!(late.out.contains("settled, 1 adjusted"), "{} {}", late.out, late.err);

    let before = town.city.report().unwrap().devices[0].key_id.clone();
    let rotated = canteend(&["provision", "rotate-key", "--config", config]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(rotated.out.contains("the new key is in use"), "{}", rotated.out);
    // The city puts the key in the place of the old one when it is used first.
    canteend(&["gallery", "sync", "--config", config]);
    let after = town.city.report().unwrap().devices[0].key_id.clone();
    assert_ne!(after, before);
    assert!(rotated.out.replace(' ', "").contains(&after), "{}", rotated.out);
    let uploaded = canteend(&["upload", "--config", config]);
    assert_eq!(uploaded.code, 0, "{}", uploaded.err);
}

#[test]
fn a_technician_brings_a_box_with_a_dead_disk_back_to_the_city() {
    let town = Town::new();
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let config = config.to_str().unwrap();
    let (device, url) = (DeviceId::new("lc-kfq-017").unwrap(), town.running.url());
    let provision =
        |code: &str| canteend(&["provision", "--city", &url, "--code", code, "--config", config]);
    let upload = || canteend(&["upload", "--config", config, "--failures", "1"]);
    let state = dir.path().join("state");
    let eat = |elder: &str| {
        let mut store = canteend::store::Store::open(&state).unwrap();
        let at = canteend::clock::Clock::now(&canteend::clock::SystemClock::default());
        let stamp = Stamp { at, clock: ClockTrust::Trusted };
        store.append(stamp, &super::town::meal(elder, &at.to_string())).unwrap();
    };
    let first = town.city.make_code(&device).unwrap().to_string();
    assert_eq!(provision(&first).code, 0);
    assert_eq!(upload().code, 0);
    let copy = dir.path().join("copy.db");
    let copied = canteend(&["backup", "--out", copy.to_str().unwrap(), "--config", config]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    eat("p_1");
    assert_eq!(upload().code, 0);

    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.open"] {
        let _ = std::fs::remove_file(state.join(name));
    }
    let restored = canteend(&["restore", copy.to_str().unwrap(), "--config", config]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert!(restored.out.contains("canteend provision"), "{}", restored.out);
    eat("p_2");
    let told = upload();
    assert_eq!(told.code, 65, "{}", told.err);
    assert!(told.err.contains("ask the city for a new code"), "{}", told.err);
    let told = provision(&first);
    assert_eq!(told.code, 65, "{}", told.err);
    assert!(told.err.contains("ask the city for a new one"), "{}", told.err);
    let second = town.city.make_code(&device).unwrap().to_string();
    let enrolled = provision(&second);
    assert_eq!(enrolled.code, 0, "{}", enrolled.err);
    // The note of the backup and p_1's meal.
    let said = "epoch 2: entries 5 to 6 of epoch 1 are with the city only";
    assert!(enrolled.out.contains(said), "{}", enrolled.out);
    assert_eq!(provision(&second).code, 0, "it can be repeated");
    assert_eq!(upload().code, 0);
    assert_eq!(town.city.report().unwrap().meals, 2);
    let verified = canteend(&["ledger", "verify", "--config", config]);
    assert_eq!(verified.code, 0, "{}", verified.err);
}

#[test]
fn with_a_sealed_key_commands_say_how_to_be_given_it_and_no_second_key_is_made() {
    let town = Town::new();
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let (config, url) = (config.to_str().unwrap(), town.running.url());
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let provision = ["provision", "--city", &url, "--code", &code, "--config", config];
    assert_eq!(canteend(&provision).code, 0);

    // Sealed by a technician, and then the service was started.
    let (state, credentials) = (dir.path().join("state"), tempfile::tempdir().unwrap());
    let key = state.join(identity::DEVICE_KEY_FILE);
    std::fs::rename(&key, credentials.path().join(identity::DEVICE_KEY_FILE)).unwrap();
    identity::mark_sealed(&state, Some(credentials.path())).unwrap();
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let stick = stick.to_str().unwrap();
    let commands: [&[&str]; 5] = [
        &provision,
        &["upload", "--config", config],
        &["export", stick, "--config", config],
        &["provision", "rotate-key", "--config", config],
        &["accept", "--without-people", "--out", stick, "--config", config],
    ];
    for command in commands {
        let told = canteend(command);
        assert_eq!(told.code, 78, "{command:?}: {}", told.err);
        assert!(told.err.contains("systemd-run --pipe"), "{command:?}: {}", told.err);
    }
    assert!(!key.exists());

    // As the command line that they name runs them.
    let given = [("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap())];
    let with_key = |args: &[&str]| canteend_with(args, &given);
    for command in &commands[..4] {
        let done = with_key(command);
        assert_eq!(done.code, 0, "{command:?}: {}", done.err);
    }
    // The key that has followed lies in the folder, and the sealed one is of no use any more.
    assert!(key.exists());
    let sent = canteend(&["upload", "--config", config]);
    assert_eq!(sent.code, 0, "{}", sent.err);
    assert!(town.city.report().unwrap().alarms.is_empty());
}

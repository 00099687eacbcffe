//! The way to the city: a long backlog uploaded by the program itself, and a city of boxes at night.
//!
//! `cargo bench --bench city` measures; with `--small` it does the same with little input. The city
//! is the reference city on loopback, in this process; the box is a process of its own, so that its
//! memory is its own.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench reports and may stop")]

#[path = "support/meal.rs"]
mod meal;
#[path = "support/memory.rs"]
mod memory;

use canteend::city::client::{self, CityUrl, Client};
use canteend::city::identity;
use canteend::city::wire::batch::{BATCH_ENTRIES_MAX, Batch};
use canteend::city::wire::batch::{BATCH_ENVELOPE_BYTES_MAX, BATCH_PAYLOAD_BYTES_MAX, BATCH_TYPE};
use canteend::city::wire::signature::Request;
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::city::wire::{dsse, json};
use canteend::clock::{Clock, ScriptedClock, SystemClock};
use canteend::daemon::upload::{self, Patience};
use canteend::domain::calendar::{Date, Timestamp, service_date};
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::refcity::{City, Running, start};
use canteend::store::Store;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Meals of a canteen on one day.
const MEALS_A_DAY: usize = 400;
/// Entries that the ledger takes in one transaction while it is made.
const CHUNK: usize = 10_000;

fn main() {
    let small = std::env::args().any(|arg| arg == "--small");
    let (backlog, boxes, rows) =
        if small { (1_200, 4, 50) } else { (200_000, 50, BATCH_ENTRIES_MAX) };
    // On a real disk, unlike many machines' temporary folder.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    upload_backlog(&folder.path().join("backlog"), backlog);
    take_a_night(&folder.path().join("night"), boxes, rows);
}

/// When meal number `i` is eaten.
fn stamp(i: usize) -> Stamp {
    let (day, minute) = (i / MEALS_A_DAY, i % MEALS_A_DAY / 4);
    let date = Date::constant(2024, 1, 1).checked_add(jiff::Span::new().days(day as i64)).unwrap();
    let text = format!("{date}T{:02}:{:02}:07+08:00", 11 + minute / 60, minute % 60);
    Stamp { at: text.parse().unwrap(), clock: ClockTrust::Trusted }
}

/// A ledger of `entries` entries, the first of them its beginning.
fn ledger(state: &Path, device: &str, entries: usize, elder: impl Fn(usize) -> String) -> Store {
    let mut store = Store::init(state, device, stamp(0)).unwrap();
    let meals: Vec<_> = (1..entries).collect();
    // One stamp holds for a whole transaction.
    for day in meals.chunk_by(|a, b| a / MEALS_A_DAY == b / MEALS_A_DAY) {
        for part in day.chunks(CHUNK) {
            let events: Vec<_> =
                part.iter().map(|i| meal::meal(&elder(*i), service_date(stamp(*i).at))).collect();
            store.append_all(stamp(part[0]), &events).unwrap();
        }
    }
    store
}

fn city(dir: &Path) -> (Arc<City>, Running) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let city = Arc::new(City::open(dir, clock).unwrap());
    let running = start(city.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    (city, running)
}

fn upload_backlog(folder: &Path, entries: usize) {
    let (city, running) = city(&folder.join("city"));
    let state = folder.join("state");
    let device = DeviceId::new("lc-kfq-017").unwrap();
    drop(ledger(&state, device.as_str(), entries, |i| format!("p_{:08x}", i % MEALS_A_DAY)));
    let config = configure(folder, &device);
    let code = city.make_code(&device).unwrap();
    let enrol = ["provision", "--city", &running.url(), "--code", code.as_str()];
    let mut enrolled = canteend(&config, &enrol).stdout(Stdio::null()).spawn().unwrap();
    assert!(enrolled.wait().unwrap().success());

    let started = Instant::now();
    let mut child = canteend(&config, &["upload", "--failures", "1"]).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory::status_kib(child.id(), "VmHWM:").unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let taken = started.elapsed();
    assert!(status.success());
    let report = city.report().unwrap();
    assert!(report.entries >= entries as i64, "{}", report.entries);
    println!("upload of {entries} entries: {taken:.1?} (limit 60 s for 200000)");
    println!("peak memory of the box: {} MB (limit 150 MB)", peak / 1024);
    let sealing = sealing(&state, &running);
    let share = 100.0 * sealing.as_secs_f64() / taken.as_secs_f64();
    println!("signing and enveloping: {sealing:.2?}, {share:.1} % of it (limit 15 %)");
}

/// What it takes to write, hash, sign and envelop every batch of a ledger, and to sign its request.
fn sealing(state: &Path, running: &Running) -> Duration {
    let key = identity::device_key(state, None).unwrap();
    let store = Store::open(state).unwrap();
    let authority = running.address().to_string();
    let (mut seq, mut taken) = (1, Duration::ZERO);
    while let Some(sent) = store.batch(seq).unwrap() {
        let keys = [key.public()];
        let payload = dsse::open(&sent.envelope, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE, &keys);
        let batch: Batch = json::read(&payload.unwrap(), BATCH_PAYLOAD_BYTES_MAX).unwrap();
        let started = Instant::now();
        let sealed = batch.seal(&key);
        let path = format!("/v1/devices/{}/batches/{seq}", batch.device);
        let body = &sealed.envelope;
        let request =
            Request { method: "PUT", authority: &authority, path: &path, query: "", body };
        let fields = request.sign(&key, 1_772_424_127, "bm9uY2U=");
        taken += started.elapsed();
        assert!(sealed.envelope == sent.envelope && fields.signature.len() > 64);
        seq += 1;
    }
    taken
}

/// A city of boxes that all arrive at once, with one batch each.
fn take_a_night(folder: &Path, boxes: usize, rows: usize) {
    let (city, running) = city(&folder.join("city"));
    let mut ready: Vec<_> = (0..boxes)
        .map(|place| {
            let name = format!("lc-{place:03}");
            // One elder in fifty eats at the next canteen as well.
            let elder =
                |i: usize| format!("p_{}_{i}", if i.is_multiple_of(50) { 0 } else { place });
            let state = folder.join(&name);
            let mut store = ledger(&state, &name, rows, elder);
            let client = enrolled(&city, &running, &state, &name);
            wait(upload::seal_all(&mut store, client.signer())).unwrap();
            (store, client)
        })
        .collect();
    let clock = ScriptedClock::new(Timestamp::from_second(now()).unwrap());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for (store, client) in &mut ready {
            let clock = &clock;
            scope.spawn(move || {
                wait(upload::run(store, client, clock, Patience::Failures(1), async |_| {}))
                    .unwrap()
            });
        }
    });
    let taken = started.elapsed();
    let report = city.report().unwrap();
    assert_eq!(report.entries, (boxes * rows) as i64);
    println!(
        "a night of {boxes} boxes with {rows} rows each: {taken:.2?} (limit 10 s for 50 and 500); \
         {} meals stand",
        report.meals
    );
}

/// The time of the machine, which the city goes by.
fn now() -> i64 {
    SystemClock::default().now().as_second()
}

fn enrolled(city: &City, running: &Running, state: &Path, name: &str) -> Client {
    let device = DeviceId::new(name).unwrap();
    let key: Arc<SigningKey> = Arc::new(identity::device_key_or_new(state, None).unwrap());
    let code = city.make_code(&device).unwrap();
    let url = CityUrl::parse(&running.url()).unwrap();
    let pinned = wait(client::enrol(&url, &device, key.public(), &code)).unwrap().city;
    Client::new(url, device, key, pinned).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn canteend(config: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(args).arg("--config").arg(config).env_remove("CANTEEND_LOG");
    command
}

fn configure(folder: &Path, device: &DeviceId) -> std::path::PathBuf {
    let path = folder.join("canteend.toml");
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/rules/lcetdz-2022.toml");
    let text = format!(
        "[site]\ndevice = \"{device}\"\nname = \"bench\"\ncounty = \"c\"\nstreet = \"s\"\n\
         area = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\ntest_box = true\n\
         [paths]\nstate = \"state\"\nrules = \"{rules}\"\n\
         [camera]\nsource = \"replay\"\npath = \"frames\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

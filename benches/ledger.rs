//! What a durable entry costs against a bare insert, how long the box takes to start on a large
//! ledger, how fast that is verified, and how long a gallery takes to be replaced and loaded.
//!
//! `cargo bench --bench ledger` measures; with `--small` it does the same with a few entries.

#[path = "support/meal.rs"]
mod meal;
#[path = "support/place.rs"]
mod place;

use canteend::daemon::revise::revise;
use canteend::domain::calendar::{Date, Interval};
use canteend::domain::elder::{Consent, Elder, ElderId, Sex};
use canteend::domain::entry::{ClockTrust, Event, Stamp};
use canteend::domain::template::{ModelId, Template};
use canteend::store::{Depth, Enrolled, LEDGER_FILE, Reader, Store};
use rusqlite::Connection;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Elders who come every day.
const ELDERS: usize = 1000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let small = std::env::args().any(|arg| arg == "--small");
    let (appends, entries, elders) = if small { (20, 2_000, 50) } else { (2_000, 500_000, 20_000) };
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    append_against_bare_insert(dir.path(), appends)?;
    open_and_verify_large(dir.path(), entries)?;
    replace_and_load(dir.path(), elders)
}

/// The day on which meal number `i` is eaten.
fn day(i: usize) -> Outcome<Date> {
    Ok(Date::constant(2026, 1, 1).checked_add(jiff::Span::new().days((i / ELDERS) as i64))?)
}

/// Lunch on that day.
fn stamp(i: usize) -> Outcome<Stamp> {
    let at = format!("{}T11:42:07+08:00", day(i)?).parse()?;
    Ok(Stamp { at, clock: ClockTrust::Trusted })
}

/// Who eats it; spread over the key's range, as the city's pseudonyms are.
fn elder_id(i: usize) -> String {
    format!("p_{:08x}", (i % ELDERS).wrapping_mul(0x9E37_79B9) & 0xFFFF_FFFF)
}

/// Meal number `i`: everybody eats once a day.
fn meal(i: usize) -> Outcome<Event> {
    Ok(meal::meal(&elder_id(i), day(i)?))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Takes turns, so that what else the machine does falls on both.
fn append_against_bare_insert(dir: &Path, appends: usize) -> Outcome<()> {
    let mut store = Store::init(&dir.join("append"), "bench", stamp(0)?)?;
    let bare = Connection::open(dir.join("bare.db"))?;
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         CREATE TABLE plain (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;",
    )?;
    let body = vec![b'x'; 400];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for i in 0..appends {
        let (event, stamp) = (meal(i)?, stamp(i)?);
        let start = Instant::now();
        store.append(stamp, &event)?;
        ours.push(start.elapsed());
        let start = Instant::now();
        bare.prepare_cached("INSERT INTO plain (body) VALUES (?1)")?.execute([&body])?;
        theirs.push(start.elapsed());
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "append: {ours:?} a meal, bare insert {theirs:?} (medians), ratio {:.2}",
        ours.as_secs_f64() / theirs.as_secs_f64(),
    );
    Ok(())
}

fn open_and_verify_large(dir: &Path, entries: usize) -> Outcome<()> {
    let state = dir.join("state");
    let mut store = Store::init(&state, "bench-box", stamp(0)?)?;
    // A day's meals are one transaction here; what is measured afterwards is the same.
    for first in (0..entries).step_by(ELDERS) {
        let meals = first.max(1)..entries.min(first + ELDERS);
        store.append_all(stamp(first)?, &meals.map(meal).collect::<Outcome<Vec<_>>>()?)?;
    }
    drop(store);
    let start = Instant::now();
    let store = Store::open(&state)?;
    let (clock, last) = (store.clock()?, store.last_entry()?);
    println!(
        "open for writing: {last} entries in {:.1?}, clock known since {:?} (limit 1 s)",
        start.elapsed(),
        clock.high,
    );
    revise_large(store, stamp(entries - 1)?)?;
    start_large(dir, stamp(entries - 1)?)?;
    let file = std::fs::metadata(state.join(LEDGER_FILE))?.len();
    for depth in [Depth::Chain, Depth::Full] {
        let start = Instant::now();
        let verified = Reader::open(&state)?.verify(depth, |_| {})?;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "verify {depth:?}: {} entries ({} MB) in {seconds:.2} s, {:.0} a second",
            verified.entries,
            file >> 20,
            verified.entries as f64 / seconds,
        );
    }
    Ok(())
}

/// From start to ready on it, with models and page, the day after its last meal.
fn start_large(dir: &Path, last: Stamp) -> Outcome<()> {
    let tomorrow = last.at + jiff::SignedDuration::from_hours(24);
    std::fs::create_dir(dir.join("frames"))?;
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/photos/obama2.jpg");
    std::fs::copy(photo, dir.join("frames/frame.jpg"))?;
    let camera = format!("path = \"frames\"\nlooped = true\nstarts_at = \"{tomorrow}\"");
    let config = place::configure(dir, &camera);
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_canteend"))
        .args(["run", "--config"])
        .arg(&config)
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(child.stderr.take().ok_or("it was piped")?).lines();
    for said in ["\"ready\"", "\"page\""] {
        let line = log.by_ref().find(|line| line.as_ref().is_ok_and(|line| line.contains(said)));
        line.ok_or("the box did not start")??;
        println!("start on this ledger (ready: limit 1 s): {said} after {:.2?}", start.elapsed());
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// What a new gallery costs that changes nothing: every meal is judged again.
fn revise_large(mut store: Store, now: Stamp) -> Outcome<()> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules/lcetdz-2022.toml");
    let rules = canteend::config::rules::load(&rules)?;
    let enrolled = |i| -> Outcome<Enrolled> {
        Ok(Enrolled { elder: elder(&elder_id(i))?, templates: Vec::new() })
    };
    let roster = (0..ELDERS).map(enrolled).collect::<Outcome<Vec<_>>>()?;
    store.replace_gallery(now, ModelId([7; 32]), &roster)?;
    let start = Instant::now();
    let revised = revise(&mut store, now, &rules)?;
    println!("past meals judged again: {revised:?} in {:.2?}", start.elapsed());
    Ok(())
}

/// Somebody over 80 who was always eligible.
fn elder(id: &str) -> Outcome<Elder> {
    let birth = Date::constant(1943, 5, 2);
    Ok(Elder {
        id: ElderId::new(id)?,
        name: "王秀英".into(),
        sex: Sex::Female,
        birth,
        id_last4: None,
        eligible: Interval::new(birth, None).into_iter().collect(),
        home_care: Vec::new(),
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    })
}

fn replace_and_load(dir: &Path, elders: usize) -> Outcome<()> {
    const DIMENSIONS: usize = 512;
    let model = ModelId([7; 32]);
    let enrol = |i: usize| -> Outcome<Enrolled> {
        let vector: Vec<f32> =
            (0..DIMENSIONS).map(|d| ((i * DIMENSIONS + d) as f32).sin()).collect();
        let elder = elder(&format!("p_{i:08}"))?;
        Ok(Enrolled { elder, templates: vec![Template::new(model, &vector)?] })
    };
    let roster = (0..elders).map(enrol).collect::<Outcome<Vec<_>>>()?;
    let mut store = Store::init(&dir.join("gallery"), "bench", stamp(0)?)?;
    let start = Instant::now();
    store.replace_gallery(stamp(0)?, model, &roster)?;
    let replaced = start.elapsed();
    let start = Instant::now();
    let loaded = store.load_gallery()?.len();
    println!(
        "gallery: {loaded} elders replaced in {replaced:.2?}, loaded in {:.2?}",
        start.elapsed()
    );
    Ok(())
}

//! The city's gallery onto a box: everybody at first, then a night on which nothing has changed.
//!
//! `cargo bench --bench sync` measures with 20,000 elders, most of them with a template and some
//! with a photograph; `--photos` gives everybody one, and `--small` does the same with few. The city
//! is the reference city on loopback, in this process; the box is a process of its own.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench reports and may stop")]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/place.rs"]
mod place;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::client::{self, CityUrl};
use canteend::city::identity;
use canteend::city::wire::page::{ElderRow, Span, TemplateRow};
use canteend::city::wire::text::DeviceId;
use canteend::clock::{Clock as _, SystemClock};
use canteend::daemon::sync::Faces;
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::refcity::{Change, City, start};
use canteend::store::Store;
use canteend::vision::QualityLimits;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of so many elders one has a photograph and not a template.
const PHOTO_EVERY: usize = 100;

fn main() {
    let given = |flag| std::env::args().any(|arg| arg == flag);
    let elders = if given("--small") { 300 } else { 20_000 };
    let photo_every = if given("--photos") { 1 } else { PHOTO_EVERY };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // On a real disk, unlike many machines' temporary folder.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let city = Arc::new(
        City::open(&folder.path().join("city"), Arc::new(SystemClock::default())).unwrap(),
    );
    seed(&city, root, elders, photo_every);
    let running = start(city.clone(), ([127, 0, 0, 1], 0).into()).unwrap();
    let config = enrol(&city, &running.url(), folder.path());

    let photos = elders.div_ceil(photo_every);
    let (taken, peak, out) = sync(&config);
    println!(
        "{elders} elders, {photos} of them with a photograph: {taken:.1?}, peak {peak} MB; {out}"
    );
    let (taken, peak, out) = sync(&config);
    println!("nothing new: {taken:.2?}, peak {peak} MB; {out}");
}

fn seed(city: &City, root: &Path, elders: usize, photo_every: usize) {
    let embedding = Faces::new(&root.join("models"), QualityLimits::default()).unwrap().embedding();
    let digits: String = embedding.model.0.iter().map(|b| format!("{b:02x}")).collect();
    let photo = STANDARD.encode(std::fs::read(root.join("fixtures/photos/obama2.jpg")).unwrap());
    let row = |i: usize| {
        let shown = i.is_multiple_of(photo_every);
        let value = |d: usize| ((i * 37 + d * 11) as f32).sin();
        let bytes: Vec<u8> =
            (0..embedding.dimensions).flat_map(|d| value(d).to_le_bytes()).collect();
        let template =
            TemplateRow { model: format!("sha256:{digits}"), vector: STANDARD.encode(bytes) };
        ElderRow {
            elder: format!("p_{i:06}"),
            name: format!("测试{i}"),
            id_last4: None,
            birth: "1943-05-02".into(),
            sex: "F".into(),
            eligible: vec![Span { from: "2024-01-01".into(), to: None }],
            home_care: vec![],
            consent: Some(format!("c_{i}")),
            photos: if shown { vec![photo.clone()] } else { vec![] },
            templates: if shown { vec![] } else { vec![template] },
            cards: None,
        }
    };
    for first in (0..elders).step_by(1000) {
        let some: Vec<_> =
            (first..elders.min(first + 1000)).map(|i| Change::Upsert(row(i))).collect();
        city.change(&some).unwrap();
    }
}

/// A box that is enrolled; gives its configuration.
fn enrol(city: &City, url: &str, folder: &Path) -> PathBuf {
    let device = DeviceId::new("bench-box").unwrap();
    let state = folder.join("state");
    let stamp = Stamp { at: SystemClock::default().now(), clock: ClockTrust::Trusted };
    drop(Store::init(&state, device.as_str(), stamp).unwrap());
    let key = identity::device_key_or_new(&state, None).unwrap();
    let code = city.make_code(&device).unwrap();
    let url = CityUrl::parse(url).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pinned = runtime.block_on(client::enrol(&url, &device, key.public(), &code)).unwrap().city;
    identity::pin(&state, url, pinned).unwrap();
    place::configure(folder, "path = \".\"")
}

/// Runs `canteend gallery sync`: how long it took, its peak memory in MB, what it said.
fn sync(config: &Path) -> (Duration, u64, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(["gallery", "sync", "--config"]).arg(config).env_remove("CANTEEND_LOG");
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = memory::status_kib(child.id(), "VmHWM:").unwrap_or(peak).max(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    let taken = started.elapsed();
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success());
    (taken, peak / 1024, String::from_utf8(ran.stdout).unwrap().trim().to_owned())
}

//! Makes boxes for the browser tests and starts them: `make browser-test`.
//!
//! What the camera sees is made here, by the same walk-ups as in the demo, one folder of frames a
//! scene. The tests themselves are the `.mjs` files beside this one; they run the real daemon and
//! let a symbolic link choose which folder its replay camera looks into: `main.mjs` tests the page,
//! `kiosk.mjs` the touchscreen's unit, its own command line with Debian's cage and Chromium.
//!
//! A day of a busy canteen is played at a speed that no camera has: there the script says what the
//! camera sees and what time it is (`day.rs`). `make soak` plays a long one (`CANTEEND_SOAK=full`).

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

// What the page's server is tested with; less is needed here.
#[expect(dead_code, reason = "the kiosk's tests use the rest")]
#[path = "../kiosk/browser.rs"]
mod browser;
#[expect(dead_code, reason = "the kiosk's tests use the rest")]
#[path = "../kiosk/canteen.rs"]
mod canteen;
mod day;

use canteen::Premises;
use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource as _, Rate};
use canteend::domain::calendar::{MealWindow, NextMeal, Time};
use canteend::domain::evidence::Flaw;
use canteend::domain::health::Trouble;
use canteend::domain::money::Fen;
use canteend::domain::subsidy::NoAward;
use canteend::domain::visit::Prompt;
use canteend::kiosk::say::Lines;
use canteend::kiosk::state::Language;
use canteend::kiosk::words;
use image::codecs::jpeg::JpegEncoder;
use serde_json::{Value, json};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One test at a time: what the other one allocates would count as growth.
static ALONE: Mutex<()> = Mutex::new(());
/// Elders of the busy canteen.
const ELDERS: usize = 400;
/// Frames of a scene, which are played over and over.
const FRAMES: usize = 30;
/// Frames a second, as the boxes are configured.
const FPS: u32 = 10;

/// Whom the camera sees: folder, photograph, and the face in it.
const SCENES: [(&str, &str, (f32, f32, f32)); 4] = [
    // Enrolled by the photograph itself.
    ("elder", "biden.jpg", (565.0, 375.0, 250.0)),
    // Enrolled twice under two names by two other photographs: twins, to the camera.
    ("twin", "obama2.jpg", (342.0, 415.0, 264.0)),
    ("stranger", "sample6.jpg", (358.0, 618.0, 214.0)),
    ("another-stranger", "sample3.jpg", (1186.0, 349.0, 219.0)),
];

/// Elders whom the camera knows, and whom it does not; the last ones have names that a page must
/// not take for anything but names.
const ROSTER: &str = "elder,name,sex,birth,eligible,home_care,consent,photos,id_last4,cards\n\
    p_2001,欧阳国强,男,1942-11-20,2024-01-01/,,store;transmit,biden.jpg,0041,\n\
    p_2002,周志远,男,1941-08-04,2024-01-01/,,store;transmit,obama.jpg,1234,\n\
    p_2003,周志高,男,1944-03-09,2024-01-01/,,store;transmit,obama3.jpg,5521,\n\
    p_2004,王秀英,女,1943-05-06,2024-01-01/,,transmit,,7788,8800112233\n\
    p_2005,林秀兰,女,1953-11-20,2024-01-01/,,transmit,,9012,8800445566\n\
    p_2006,<img src=x onerror=alert(1)>,女,1950-01-01,2024-01-01/,,transmit,,6661,\n\
    p_2007,\u{202e}مرحبا😀,男,1950-01-02,2024-01-01/,,transmit,,6662,\n";

#[test]
fn the_page_does_in_chromium_what_elders_and_staff_need() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    for (name, photo, face) in SCENES {
        film(&root.join("fixtures/photos").join(photo), face, &scratch.path().join(name), true);
    }
    let (_, photo, face) = SCENES[0];
    film(&root.join("fixtures/photos").join(photo), face, &scratch.path().join("nobody"), false);
    fs::create_dir(scratch.path().join("unplugged")).unwrap();
    fs::write(scratch.path().join("roster.csv"), ROSTER).unwrap();
    for (language, name) in [(Language::Zh, "zh.json"), (Language::En, "en.json")] {
        fs::write(scratch.path().join(name), sentences(language).to_string()).unwrap();
    }
    let status = scripts(&["main.mjs", "kiosk.mjs"])
        .env("CANTEEND", env!("CARGO_BIN_EXE_canteend"))
        .env("CANTEEND_SCENES", scratch.path())
        .status()
        .expect("node is there; `make browser-test` installs it");
    assert!(status.success(), "what failed stands above; traces are in target/browser");
}

#[test]
fn a_day_of_a_busy_canteen_leaves_memory_handles_and_threads_as_they_were() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut premises = Premises::new((1..=ELDERS).map(elder).collect());
    premises.starts_at = "2026-03-02T05:00:00+08:00".to_owned();
    premises.settings = "idle_min = 30\nresult_s = 1\nvoid_max = 400\n".to_owned();
    let canteen = premises.open();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let orders = listener.local_addr().unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| day::obey(&canteen, &listener));
        let status = scripts(&["day.mjs"])
            .env("CANTEEND_PAGE", format!("http://{}/", canteen.address))
            .env("CANTEEND_ORDERS", orders.port().to_string())
            .env("CANTEEND_PID", std::process::id().to_string())
            .status()
            .expect("node is there; `make browser-test` installs it");
        // A script that never came is waited for no longer.
        drop(TcpStream::connect(orders));
        assert!(status.success(), "what failed stands above; traces are in target/browser");
    });
}

/// One of them; every name is another one.
fn elder(n: usize) -> canteend::domain::elder::Elder {
    const FAMILY: [&str; 10] = ["王", "李", "张", "刘", "陈", "杨", "赵", "欧阳", "周", "吴"];
    const GIVEN: [&str; 10] = ["英", "国", "兰", "明", "芳", "军", "华", "平", "珍", "强"];
    let name = [FAMILY[n % 10], GIVEN[n / 10 % 10], GIVEN[n / 100 % 10]].concat();
    canteen::elder(n, &name, 1930 + i16::try_from(n % 25).unwrap())
}

/// A script of this folder.
fn scripts(names: &[&str]) -> Command {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    node.args(names.iter().map(|name| format!("tests/browser/{name}")));
    node.current_dir(env!("CARGO_MANIFEST_DIR"));
    node
}

/// Writes the frames of one scene: somebody who stands there, or an empty counter.
fn film(photo: &Path, face: (f32, f32, f32), folder: &Path, there: bool) {
    fs::create_dir(folder).unwrap();
    let seconds = (0.0, if there { FRAMES as f32 / FPS as f32 + 1.0 } else { 0.0 }, 0.0);
    let scene = Scene {
        starts: Duration::ZERO,
        photo: photo.to_owned(),
        face,
        near: 170.0,
        seconds,
        light: 0.95,
        turn: 2.0,
        still: false,
        seed: 7,
    };
    // A scene begins and ends with an empty counter.
    let skipped = if there { FPS as usize } else { 0 };
    let mut camera = WalkUps::new(vec![scene], Rate::new(FPS).unwrap());
    let frames = std::iter::from_fn(|| camera.next().unwrap()).skip(skipped).take(FRAMES);
    let mut written = 0;
    for (at, frame) in frames.enumerate() {
        let mut file = fs::File::create(folder.join(format!("{at:02}.jpg"))).unwrap();
        JpegEncoder::new_with_quality(&mut file, 90)
            .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
            .unwrap();
        written = at + 1;
    }
    // Fewer frames of an empty counter are enough, and the names in all folders are the same.
    for at in written..FRAMES {
        let from = folder.join(format!("{:02}.jpg", at % written));
        fs::copy(from, folder.join(format!("{at:02}.jpg"))).unwrap();
    }
}

/// Everything that an elder can read, as the scenes of a state.
fn sentences(language: Language) -> Value {
    let say = words::of(language);
    let next = NextMeal {
        window: MealWindow::Supper,
        from: Time::constant(16, 30, 0, 0),
        tomorrow: false,
    };
    let scene = |name: &str, kind: &str, code: &str, lines: Lines| {
        let amount = (kind == "served").then_some("4");
        json!({ "name": name, "kind": kind, "code": code, "title": lines.title,
                "detail": lines.detail, "amount": amount, "tone": null, "speech": null })
    };
    let mut scenes = vec![
        scene("idle", "idle", "none", say.prompt(Prompt::Welcome)),
        scene("wait", "prompt", "wait", say.prompt(Prompt::Wait)),
        scene("one-at-a-time", "prompt", "one-at-a-time", say.prompt(Prompt::OneAtATime)),
        scene("served", "served", "none", say.served("欧阳爷爷", Fen::new(400))),
        scene("again", "again", "none", say.again(Some("欧阳爷爷"))),
        scene("again-unknown", "again", "none", say.again(None)),
        scene("ask-staff", "ask-staff", "none", say.ask_staff()),
        scene("closed", "closed", "supper", say.closed(next)),
        scene("out-of-order", "out-of-order", "camera-lost", say.out_of_order()),
    ];
    for (code, flaw) in [
        ("too-far", Flaw::TooFar),
        ("cut-off", Flaw::CutOff),
        ("too-dark", Flaw::TooDark),
        ("too-bright", Flaw::TooBright),
        ("backlit", Flaw::Backlit),
        ("blurred", Flaw::Blurred),
        ("turned-away", Flaw::TurnedAway),
        ("covered", Flaw::Covered),
    ] {
        scenes.push(scene(code, "prompt", code, say.prompt(Prompt::Mend(flaw))));
    }
    for reason in NoAward::ALL {
        scenes.push(scene(
            reason.code(),
            "welcome",
            reason.code(),
            say.welcome("欧阳爷爷", *reason),
        ));
    }
    Value::Array(scenes)
}

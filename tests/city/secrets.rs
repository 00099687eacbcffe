//! Nothing secret leaves, and nothing secret lies about: what is planted on a box is searched for in
//! every byte sent, logged and stored in clear.
//!
//! The box is the program itself with the real models: it enrols an elder from a photograph, serves
//! that elder, and uploads the meal, logging as much as it can.

use super::network::Network;
use super::town::Town;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource as _, Rate};
use canteend::city::wire::page::{ElderRow, Span};
use canteend::city::wire::text::DeviceId;
use canteend::refcity::Change;
use canteend::store::Store;
use image::codecs::jpeg::JpegEncoder;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const NAME: &str = "欧阳志远";
const BIRTH: &str = "1941-08-04";
const IDENTITY_NUMBER: &str = "371502194108042514";
const ROSTER: &str = "elder,name,sex,birth,eligible,home_care,consent,photos,id_last4\n\
    p_1001,欧阳志远,男,1941-08-04,2024-01-01/,,store;transmit,371502194108042514.jpg,2514\n\
    371502194108042514,欧阳志远,男,1941-08-04,2024-01-01/,,store;transmit,a.jpg,2514\n\
    p_1002,371502194108042514,男,1941-08-04,2024-01-01/,,store;transmit,b.jpg,371502194108042514\n";

/// A box in a folder, and all that it has said.
struct Canteen {
    folder: tempfile::TempDir,
    said: Vec<u8>,
}

impl Canteen {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[site]\ndevice = \"lc-kfq-017\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
             street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
             test_box = true\n[paths]\nstate = \"state\"\nmodels = \"{ROOT}/models\"\n\
             rules = \"{ROOT}/config/rules/lcetdz-2022.toml\"\n[camera]\nsource = \"replay\"\n\
             path = \"frames.mjpeg\"\npaced = false\nstarts_at = \"2026-03-02T11:30:00+08:00\"\n"
        );
        std::fs::write(folder.path().join("canteend.toml"), config).unwrap();
        std::fs::write(folder.path().join("roster.csv"), ROSTER).unwrap();
        Canteen { folder, said: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command that logs all it can, and keeps what it says.
    fn run(&mut self, args: &[&str]) {
        self.run_to(args, 0);
    }

    fn run_to(&mut self, args: &[&str], code: i32) {
        let ran = Command::new(env!("CARGO_BIN_EXE_canteend"))
            .args(args)
            .arg("--config")
            .arg(self.path("canteend.toml"))
            .current_dir(self.folder.path())
            .env("CANTEEND_LOG", "trace")
            .env("RUST_LOG", "trace")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {said}");
        self.said.extend(ran.stdout);
        self.said.extend(ran.stderr);
    }

    /// Lets the elder of `photo` walk up to the camera.
    fn film(&self, photo: &Path) {
        let scene = Scene {
            starts: Duration::ZERO,
            photo: photo.to_owned(),
            face: (342.0, 415.0, 264.0),
            near: 170.0,
            seconds: (0.5, 2.0, 0.3),
            light: 0.95,
            turn: 2.0,
            still: false,
            seed: 1,
        };
        let mut source = WalkUps::new(vec![scene], Rate::new(10).unwrap());
        let mut film = Vec::new();
        while let Some(frame) = source.next().unwrap() {
            JpegEncoder::new_with_quality(&mut film, 92)
                .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
                .unwrap();
        }
        std::fs::write(self.path("frames.mjpeg"), film).unwrap();
    }
}

/// What must not be found, and what it is.
struct Planted(Vec<(&'static str, Vec<u8>)>);

impl Planted {
    /// Adds bytes in pieces of `length`, some of which survive any cutting; also as base64.
    fn add(&mut self, what: &'static str, bytes: &[u8], length: usize, step: usize) {
        for piece in bytes.chunks_exact(length).step_by(step) {
            // Three ways in which base64 can meet it; their ends depend on what stands around.
            for skipped in 0..3 {
                let text = STANDARD.encode(&piece[skipped..]);
                self.0.push((what, text.as_bytes()[..text.len() - 4].to_vec()));
            }
            self.0.push((what, piece.to_vec()));
        }
    }

    fn found(&self, bytes: &[u8]) -> Option<&'static str> {
        let inside = |planted: &[u8]| {
            bytes.windows(planted.len()).any(|window| window[0] == planted[0] && window == planted)
        };
        self.0.iter().find(|(_, planted)| inside(planted)).map(|(what, _)| *what)
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// A request's body, opened: what its envelope holds.
fn payload(request: &[u8]) -> Option<Vec<u8>> {
    let body = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let envelope: serde_json::Value = serde_json::from_slice(&request[body..]).ok()?;
    STANDARD.decode(envelope["payload"].as_str()?).ok()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The elder as the city knows them.
fn elder(photo: &[u8]) -> Change {
    Change::Upsert(ElderRow {
        elder: "p_1001".into(),
        name: NAME.into(),
        id_last4: Some(IDENTITY_NUMBER[14..].into()),
        birth: BIRTH.into(),
        sex: "M".into(),
        eligible: vec![Span { from: "2024-01-01".into(), to: None }],
        home_care: vec![],
        consent: Some("c_1001".into()),
        photos: vec![STANDARD.encode(photo)],
        templates: vec![],
        cards: None,
    })
}

#[test]
fn nothing_planted_is_among_the_bytes_sent_logged_or_stored() {
    let town = Town::with_clock(super::town::clock("2026-03-02T22:00:00+08:00"));
    let network = Network::before(town.running.address(), 0, 0);
    let mut canteen = Canteen::new();
    let photos = Path::new(ROOT).join("fixtures/photos");
    let photo = std::fs::read(photos.join("obama.jpg")).unwrap();
    let given = canteen.path("photos");
    std::fs::create_dir(&given).unwrap();
    std::fs::write(given.join(format!("{IDENTITY_NUMBER}.jpg")), &photo).unwrap();
    canteen.film(&photos.join("obama2.jpg"));
    // Two lines are bad, and hold what must not be repeated when they are named.
    canteen.run_to(&["gallery", "import", "roster.csv", "--photos", "photos"], 65);
    let device = DeviceId::new("lc-kfq-017").unwrap();
    let code = town.city.make_code(&device).unwrap().to_string();
    canteen.run(&["provision", "--city", &network.url(), "--code", &code]);
    // The city's own gallery takes the place of the roster, photograph and all.
    town.city.change(&[elder(&photo)]).unwrap();
    canteen.run(&["gallery", "sync"]);
    canteen.run(&["run"]);
    canteen.run(&["upload", "--failures", "1"]);

    let state = canteen.path("state");
    let mut planted = Planted(vec![
        ("the identity number", IDENTITY_NUMBER.into()),
        ("the name", NAME.into()),
        ("the surname", "欧阳".into()),
        ("the birth date", BIRTH.into()),
        ("the birth date", BIRTH.replace('-', "").into_bytes()),
    ]);
    // Deep in the file, behind headers that all such photographs share.
    planted.add("the photograph", &photo[photo.len() / 2..], 24, 40);
    let gallery = Store::open(&state).unwrap().load_gallery().unwrap();
    let templates: Vec<_> = gallery.iter().flat_map(|enrolled| &enrolled.templates).collect();
    assert_eq!(templates.len(), 1, "the elder has a face on the box");
    let vector: Vec<u8> = templates[0].values().iter().flat_map(|v| v.to_le_bytes()).collect();
    planted.add("the template", &vector, 16, 4);
    let keys: Vec<_> = ["device.key", "box.key"]
        .map(|name| std::fs::read(state.join(name)).unwrap())
        .into_iter()
        .collect();

    let sent = network.past();
    let payloads: Vec<_> = sent.iter().filter_map(|request| payload(request)).collect();
    let meal = payloads.iter().any(|p| contains(p, "\\\"meal\\\"") && contains(p, "p_1001"));
    assert!(meal, "the meal itself was sent");
    // The seed of the device's key stands in bytes 16 to 48 of its document.
    let secret_keys = [&keys[0][16..48], &keys[1][..16]];
    for bytes in sent.iter().chain(&payloads).chain([&canteen.said]) {
        assert_eq!(planted.found(bytes), None, "{}", String::from_utf8_lossy(bytes));
        for key in secret_keys {
            assert!(!bytes.windows(key.len()).any(|window| window == key), "a key was sent");
        }
    }
    let stored = files(&state);
    assert!(stored.len() > 3, "{stored:?}");
    for file in stored {
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(planted.found(&bytes), None, "{}", file.display());
    }
    let city = Connection::open(town.path().join("city.db")).unwrap();
    let mut stmt =
        city.prepare("SELECT body FROM entry UNION ALL SELECT envelope FROM batch").unwrap();
    let kept = stmt.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let kept: Vec<u8> = kept.flat_map(|body| body.unwrap()).collect();
    assert!(contains(&kept, "p_1001"));
    assert_eq!(planted.found(&kept), None, "in the city's database");

    // The search itself finds what is there.
    assert_eq!(
        planted.found(&std::fs::read(canteen.path("roster.csv")).unwrap()),
        Some("the identity number")
    );
    assert_eq!(planted.found(&photo), Some("the photograph"));
    assert_eq!(planted.found(STANDARD.encode(&vector).as_bytes()), Some("the template"));
}

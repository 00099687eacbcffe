//! A box in a scratch folder: configuration, photographs, roster, and the program to run on it.

use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource as _, Rate};
use canteend::frame::Frame;
use image::codecs::jpeg::JpegEncoder;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

pub const HEADING: &str = "elder,name,sex,birth,eligible,home_care,consent,photos\n";
/// Marked by these names, so that a test can search for them where they must not be.
pub const OBAMA: &str = "p_1001,周志远,男,1941-08-04,2024-01-01/,,store;transmit,obama.jpg\n";
pub const BIDEN: &str = "p_1004,欧阳国强,男,1952-11-20,2024-01-01/,,store;transmit,biden.jpg\n";

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn photos() -> PathBuf {
    root().join("fixtures/photos")
}

/// What a command gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `canteend` with these arguments.
pub fn canteend(args: &[&str]) -> Ran {
    command(args).output().unwrap().into()
}

pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(args).current_dir(root()).env_remove("CANTEEND_LOG");
    command
}

/// A test box whose camera replays `frames.mjpeg`.
pub struct BoxFolder {
    folder: tempfile::TempDir,
}

impl BoxFolder {
    /// A box without elders and frames; `camera` is added to the camera's table.
    pub fn new(camera: &str) -> Self {
        let made = BoxFolder { folder: tempfile::tempdir().unwrap() };
        let root = root().display();
        // A page only where a test asks for one, on a port of its own.
        let page = if camera.contains("[kiosk]") { "" } else { "[kiosk]\nlisten = \"off\"\n" };
        made.write(
            "canteend.toml",
            format!(
                "[site]\ndevice = \"test-box\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
                 street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
                 test_box = true\n[paths]\nstate = \"state\"\nmodels = \"{root}/models\"\n\
                 rules = \"{root}/config/rules/lcetdz-2022.toml\"\n{page}[camera]\nsource = \"replay\"\n\
                 path = \"frames.mjpeg\"\n{camera}\n"
            ),
        );
        made
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// `canteend ARGS --config` this box's.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = command(args);
        command.arg("--config").arg(self.path("canteend.toml"));
        command
    }

    /// Imports a roster of these lines, with the photographs of the packages.
    pub fn import(&self, lines: &[&str]) -> Ran {
        self.write("roster.csv", HEADING.to_owned() + &lines.concat());
        let (roster, photos) = (self.path("roster.csv"), photos());
        self.run(&[
            "gallery",
            "import",
            roster.to_str().unwrap(),
            "--photos",
            photos.to_str().unwrap(),
        ])
    }

    /// Makes the camera see these scenes.
    pub fn film(&self, scenes: Vec<Scene>) -> Vec<Vec<u8>> {
        let mut source = WalkUps::new(scenes, Rate::new(10).unwrap());
        let frames: Vec<_> =
            std::iter::from_fn(|| source.next().unwrap()).map(|f| jpeg(&f)).collect();
        self.write("frames.mjpeg", frames.concat());
        frames
    }

    /// The ledger's entries, as `ledger list --json` gives them.
    pub fn ledger(&self) -> Vec<serde_json::Value> {
        let ran = self.run(&["ledger", "list", "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The kinds of the entries after the genesis entry, without those of gallery and
    /// configuration.
    pub fn kinds(&self) -> Vec<String> {
        let kind = |entry: &serde_json::Value| entry["kind"].as_str().unwrap().to_owned();
        let set_up = |kind: &String| ["genesis", "gallery", "config"].contains(&kind.as_str());
        self.ledger().iter().map(kind).filter(|kind| !set_up(kind)).collect()
    }

    /// Lets the replay start at another time of the day.
    pub fn at(&self, from: &str, to: &str) {
        let config = std::fs::read_to_string(self.path("canteend.toml")).unwrap();
        self.write("canteend.toml", config.replace(&format!("T{from}"), &format!("T{to}")));
    }
}

/// Somebody walking up for a few seconds: the face at a place in one of the photographs.
pub fn walk_up(file: &str, face: (f32, f32, f32), starts: u64) -> Scene {
    Scene {
        starts: Duration::from_secs(starts),
        photo: photos().join(file),
        face,
        near: 170.0,
        seconds: (0.5, 2.0, 0.3),
        light: 0.95,
        turn: 2.0,
        still: false,
        seed: starts + 1,
    }
}

pub fn obama(starts: u64) -> Scene {
    walk_up("obama2.jpg", (342.0, 415.0, 264.0), starts)
}

fn jpeg(frame: &Frame) -> Vec<u8> {
    let mut bytes = vec![];
    JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

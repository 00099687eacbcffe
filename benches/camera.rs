//! What the way through a camera adds: the same picture once through the camera process and once
//! from replay, both to their evidence; the difference must be 5 ms at most.
//!
//! ```text
//! cargo bench --bench camera             200 pictures of each kind
//! cargo bench --bench camera -- --small  a few, to see that it works (`make test`)
//! ```
//!
//! Only the device is replaced. The camera process is a real one (this program, started as the
//! service starts its own), which speaks the worker's protocol over its pipe; the supervisor judges
//! and decodes; a thread puts the frame into the slot, and another takes it out and looks. The
//! picture is there when this program rings a bell, a byte over a Unix socket, and from that moment
//! on the clock runs. A replay is rung for in the same way, within the process.
//!
//! Camera and replay take turns, so that whatever else this machine does falls on both; how much
//! replay alone varies from turn to turn is printed beside it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench reports and may stop")]

#[path = "support/picture.rs"]
mod picture;

use canteend::camera::fault::{Fault, Trouble};
use canteend::camera::replay::Replay;
use canteend::camera::supervise::{Supervised, Timing, WARM_FRAMES};
use canteend::camera::wire::{Format, Raw};
use canteend::camera::worker::{self, Pictures};
use canteend::camera::{CameraError, FrameSource, Rate};
use canteend::daemon::slot::Slot;
use canteend::domain::evidence::Sighting;
use canteend::frame::Frame;
use canteend::vision::{Analyser, Depth, QualityLimits};
use image::{Rgb, RgbImage};
use std::fmt;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PICTURES: usize = 200;
/// What the camera may add, in milliseconds.
const ADDED_MS_MAX: f64 = 5.0;
/// The first argument of this program as the camera process.
const CHILD: &str = "camera-child";
/// Where the child finds its bell and its two pictures.
const BELL: &str = "bell";
const PICTURE: [&str; 2] = ["picture-0", "picture-1"];

const KINDS: [(Format, u16, u16); 4] = [
    (Format::Mjpeg, 640, 480),
    (Format::Yuyv, 640, 480),
    (Format::Mjpeg, 1280, 720),
    (Format::Yuyv, 1280, 720),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == CHILD) {
        return child(&arguments[2..]);
    }
    // A camera that fails in its thread must not leave this one waiting for it.
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        std::process::abort();
    }));
    let pictures = if arguments.iter().any(|word| word == "--small") { 3 } else { PICTURES };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut analyser = Analyser::open(&models, QualityLimits::default()).unwrap();
    for (format, width, height) in KINDS {
        compare(&mut analyser, (format, width, height), pictures);
    }
}

/// The camera process.
fn child(arguments: &[String]) {
    let [folder, format, width, height] = arguments else { panic!("{arguments:?}") };
    let folder = Path::new(folder);
    worker::serve(|| {
        Ok(Camera {
            began: Instant::now(),
            bell: UnixStream::connect(folder.join(BELL)).unwrap(),
            pictures: PICTURE.map(|name| std::fs::read(folder.join(name)).unwrap()),
            format: [Format::Mjpeg, Format::Yuyv].into_iter().find(|f| f.name() == format).unwrap(),
            size: (width.parse().unwrap(), height.parse().unwrap()),
            taken: 0,
        })
    })
    .unwrap();
}

/// Stands for the device: two pictures in turn, each when the bell rings.
struct Camera {
    began: Instant,
    bell: UnixStream,
    pictures: [Vec<u8>; 2],
    format: Format,
    size: (u16, u16),
    taken: u32,
}

impl Pictures for Camera {
    fn read(&mut self) -> Result<(Raw, &[u8]), Trouble> {
        let mut byte = [0];
        self.bell.read_exact(&mut byte).map_err(|error| Trouble::new(Fault::NoCamera, error))?;
        self.taken += 1;
        let head = Raw {
            format: self.format,
            damaged: false,
            sequence: self.taken,
            taken: self.began.elapsed(),
            width: self.size.0,
            height: self.size.1,
            picture: vec![],
        };
        Ok((head, &self.pictures[self.taken as usize % 2]))
    }
}

/// One kind of picture, through both.
fn compare(analyser: &mut Analyser, (format, width, height): (Format, u16, u16), pictures: usize) {
    let folder = tempfile::tempdir().unwrap();
    let film = write_pictures(folder.path(), format, picture::photo(width.into(), height.into()));
    let mut replay = Way::replay(Replay::open(&film, Rate::new(10).unwrap(), true).unwrap());
    let mut camera = Way::camera(folder.path(), format, (width, height));
    let mut turns = vec![];
    for _ in 0..=pictures {
        let turn = [&mut camera, &mut replay].map(|way| way.look(analyser));
        // The same bytes give the same evidence.
        assert!(format == Format::Yuyv || turn[0].seen == turn[1].seen);
        turns.push(turn);
    }
    camera.end();
    replay.end();
    // The first turn warms caches.
    let turns = &turns[1..];
    let frame: When = |look| look.frame_ms;
    let evidence: When = |look| look.evidence_ms;
    for (what, when) in [("frame", frame), ("evidence", evidence)] {
        let added = Spread::of(turns.iter().map(|[camera, replay]| when(camera) - when(replay)));
        let usual = Spread::of(turns.iter().map(|[_, replay]| when(replay))).half;
        let noise = Spread::of(turns.iter().map(|[_, replay]| when(replay) - usual));
        println!(
            "{:<5} {width}×{height} to {what:<8}: the camera adds {added} ms (limit {ADDED_MS_MAX}); \
             replay takes {usual:.2} and varies by p95 {:.2}, at most {:.2}",
            format.name(),
            noise.most,
            noise.all
        );
    }
}

/// A time of a look, in milliseconds.
type When = fn(&Look) -> f64;

/// Median, 95th percentile and the most.
struct Spread {
    half: f64,
    most: f64,
    all: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let [half, most, all] = [50, 95, 100].map(|share| sorted[(sorted.len() - 1) * share / 100]);
        Spread { half, most, all }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}, p95 {:.2}, at most {:.2}", self.half, self.most, self.all)
    }
}

/// Two pictures for the child and the film for replay, which begins with the second of them, as the
/// camera does once it is warm. They differ: a picture that equals the one before it is a frozen one.
fn write_pictures(folder: &Path, format: Format, bright: RgbImage) -> PathBuf {
    let mut dim = bright.clone();
    dim.pixels_mut().for_each(|Rgb(colours)| *colours = colours.map(|c| c.saturating_sub(1)));
    for (name, picture) in PICTURE.iter().zip([&bright, &dim]) {
        let bytes = match format {
            Format::Mjpeg => picture::jpeg(picture),
            Format::Yuyv => yuyv(picture),
        };
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let film = folder.join("film.mjpeg");
    std::fs::write(&film, [picture::jpeg(&dim), picture::jpeg(&bright)].concat()).unwrap();
    film
}

/// As BT.601 has it; a pair of pixels has the chroma of its first.
fn yuyv(picture: &RgbImage) -> Vec<u8> {
    let level = |[r, g, b]: [f32; 3], [x, y, z]: [f32; 3], zero: f32| {
        (zero + (r * x + g * y + b * z) / 255.0).round() as u8
    };
    let pixels: Vec<_> = picture.pixels().map(|Rgb(p)| p.map(f32::from)).collect();
    let pairs = pixels.chunks_exact(2);
    pairs
        .flat_map(|pair| {
            let luma = |pixel| level(pixel, [65.481, 128.553, 24.966], 16.0);
            let blue = level(pair[0], [-37.797, -74.203, 112.0], 128.0);
            let red = level(pair[0], [112.0, -93.786, -18.214], 128.0);
            [luma(pair[0]), blue, luma(pair[1]), red]
        })
        .collect()
}

/// A source on a thread of its own, which puts a frame into the slot when it is rung for.
struct Way {
    ring: Box<dyn FnMut()>,
    slot: Arc<Slot>,
    put: Receiver<Instant>,
    thread: JoinHandle<()>,
}

/// When a picture that was rung for was a frame in the slot and when it was evidence, and which.
struct Look {
    frame_ms: f64,
    evidence_ms: f64,
    seen: Vec<Sighting>,
}

impl Way {
    fn replay(mut source: Replay) -> Self {
        let (bell, rung) = channel();
        Way::new(
            move || bell.send(()).unwrap(),
            move || {
                rung.recv().ok()?;
                source.next().unwrap()
            },
        )
    }

    fn camera(folder: &Path, format: Format, (width, height): (u16, u16)) -> Self {
        let listener = UnixListener::bind(folder.join(BELL)).unwrap();
        let place = folder.to_owned();
        // A slow machine is no stalled camera.
        let patient = Duration::from_secs(60);
        let timing = Timing { start: patient, stall: patient, ..Timing::default() };
        let mut source = Supervised::new(Path::new("bench"), timing, move || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg(CHILD).arg(&place).arg(format.name());
            command.args([width.to_string(), height.to_string()]);
            command
        });
        let (hear, heard) = channel();
        let way = Way::new(
            {
                let mut bell: Option<UnixStream> = None;
                move || bell.get_or_insert_with(|| heard.recv().unwrap()).write_all(b"!").unwrap()
            },
            move || match source.next() {
                Ok(frame) => frame,
                Err(CameraError::Quiet) => None,
                Err(error) => panic!("{error}"),
            },
        );
        let mut bell = listener.accept().unwrap().0;
        // Those that the supervisor keeps until the camera is warm.
        bell.write_all(&[b'!'; WARM_FRAMES as usize - 1]).unwrap();
        hear.send(bell).unwrap();
        way
    }

    fn new(
        ring: impl FnMut() + 'static,
        mut next: impl FnMut() -> Option<Frame> + Send + 'static,
    ) -> Self {
        let slot = Arc::new(Slot::default());
        let (say, put) = channel();
        let thread = std::thread::spawn({
            let slot = Arc::clone(&slot);
            move || {
                while !slot.closed() {
                    let Some(frame) = next() else { continue };
                    slot.put_newest(frame);
                    let _ = say.send(Instant::now());
                }
            }
        });
        Way { ring: Box::new(ring), slot, put, thread }
    }

    fn look(&mut self, analyser: &mut Analyser) -> Look {
        let rung = Instant::now();
        (self.ring)();
        let frame = self.slot.take().unwrap();
        let put = self.put.recv().unwrap();
        let seen = analyser.look(&frame, Depth::Evidence).unwrap();
        let (frame, evidence) = (put - rung, rung.elapsed());
        assert!(seen[0].template.is_some(), "one face that is worth it");
        let [frame_ms, evidence_ms] = [frame, evidence].map(|took| took.as_secs_f64() * 1e3);
        Look { frame_ms, evidence_ms, seen }
    }

    /// Rings once more, so that the thread comes round and finds the slot closed.
    fn end(mut self) {
        self.slot.close();
        (self.ring)();
        drop(self.ring);
        self.thread.join().unwrap();
    }
}

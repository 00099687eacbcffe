//! What an empty counter costs: `canteend run` at ten frames a second of a scene in which nothing
//! moves, as a share of one core, beside the same frames with detection on each of them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench reports and may stop")]

#[path = "support/place.rs"]
mod place;

use canteend::frame::decode;
use canteend::vision::{Analyser, Depth, QualityLimits};
use image::codecs::jpeg::JpegEncoder;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FPS: u32 = 10;

fn main() {
    let small = std::env::args().any(|arg| arg == "--small");
    let watched = Duration::from_secs(if small { 1 } else { 20 });
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<_> = (0..30).map(empty_scene).collect();
    std::fs::write(folder.path().join("frames.mjpeg"), frames.concat()).unwrap();
    let camera = format!(
        "path = \"frames.mjpeg\"\nlooped = true\nframes_per_second = {FPS}\n\
         starts_at = \"2026-03-02T11:30:00+08:00\""
    );
    let config = place::configure(folder.path(), &camera);

    let mut child = Command::new(env!("CARGO_BIN_EXE_canteend"))
        .args(["run", "--config"])
        .arg(&config)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("\"ready\"")));
    let (began, before) = (Instant::now(), cpu_ticks(child.id()));
    std::thread::sleep(watched);
    let (ticks, wall) = (cpu_ticks(child.id()) - before, began.elapsed());
    child.kill().unwrap();
    child.wait().unwrap();
    // The kernel counts processor time in hundredths of a second.
    let share = ticks as f64 / 100.0 / wall.as_secs_f64();
    println!("empty scene, {FPS} frames a second: {:.1} % of one core (limit 6 %)", share * 100.0);

    let mut analyser = Analyser::open(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("models"),
        QualityLimits::default(),
    )
    .unwrap();
    let mut look = || {
        for frame in &frames {
            let frame = decode::jpeg(frame, Duration::ZERO, vec![]).unwrap();
            assert!(analyser.look(&frame, Depth::Evidence).unwrap().is_empty());
        }
    };
    look();
    let began = Instant::now();
    look();
    let each = began.elapsed().as_secs_f64() / frames.len() as f64;
    println!("with detection on every frame: {:.1} %", each * f64::from(FPS) * 100.0);
}

/// A wall with a door and the noise of a sensor.
fn empty_scene(seed: u32) -> Vec<u8> {
    let mut noise = seed;
    let picture = image::RgbImage::from_fn(640, 480, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wall = if (400..520).contains(&x) && y > 100 { 70 } else { 150 - (y / 8) as u8 };
        image::Rgb([wall + (noise >> 29) as u8; 3])
    });
    let mut bytes = vec![];
    JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(&picture).unwrap();
    bytes
}

/// Processor time of a process, user and system, in clock ticks.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

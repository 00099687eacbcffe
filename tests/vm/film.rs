//! Writes the frames that the emulated webcam of the VM test shows: `film PHOTOS FOLDER`.
//!
//! An elder of the test's gallery walks up (another photograph than the enrolled one), stands at
//! the counter and leaves; then the counter is empty.

#![expect(clippy::unwrap_used, reason = "a tool of a test; a failure ends it and the test")]

use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource as _, Rate};
use image::codecs::jpeg::JpegEncoder;
use std::path::Path;
use std::time::Duration;

fn main() {
    let [photos, folder] =
        <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).unwrap();
    let scene = Scene {
        starts: Duration::ZERO,
        photo: Path::new(&photos).join("obama2.jpg"),
        face: (342.0, 415.0, 264.0),
        near: 170.0,
        seconds: (0.5, 8.0, 0.3),
        light: 0.95,
        turn: 2.0,
        still: false,
        seed: 1,
    };
    let mut source = WalkUps::new(vec![scene], Rate::new(10).unwrap());
    let mut number = 0;
    while let Some(frame) = source.next().unwrap() {
        let mut bytes = vec![];
        JpegEncoder::new_with_quality(&mut bytes, 90)
            .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
            .unwrap();
        std::fs::write(Path::new(&folder).join(format!("{number:04}.jpg")), bytes).unwrap();
        number += 1;
    }
}

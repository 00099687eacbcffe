//! How good one face looks in one frame, and what to say about it.
//!
//! 1. Every figure is taken from what the pipeline has at hand anyway: the five points, the
//!    aligned face, and a sparse grid over the frame around the box.
//! 2. One face gets at most one [`Flaw`]: the cause is named before its consequence. Distance
//!    comes first, since a face too small to see is blurred as well; then what is not in the
//!    picture; then light from behind, which also darkens; light; the turn of the head; what
//!    covers the face, since a mask has no edges; and sharpness last.

use super::align::{FivePoints, UPRIGHT};
use super::manifest::ALIGNED_SIDE;
use super::sample::luminance;
use crate::domain::evidence::{FaceBox, Flaw, Quality};
use crate::frame::Frame;

/// How far the box is enlarged on each side, as a share of itself, before its share inside the frame
/// is taken.
const INSIDE_MARGIN: f32 = 0.1;

/// Limits that a face must keep to be without flaw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityLimits {
    /// Smallest distance between the eyes, in pixels of the frame.
    pub eye_distance_px_min: f32,
    /// Smallest share of the box, enlarged by a tenth on each side, inside the frame; 0 to 1.
    pub inside_min: f32,
    /// By how much the surroundings may be brighter than the face, 0 to 255.
    pub backlight_max: f32,
    /// Smallest mean luminance of the face, 0 to 255.
    pub brightness_min: f32,
    /// Largest mean luminance of the face, 0 to 255.
    pub brightness_max: f32,
    /// Smallest standard deviation of the face's luminance. A face below it is washed out: too
    /// bright in the upper half of the range, too dark in the lower.
    pub contrast_min: f32,
    /// Largest turn to either side, 0 to 1.
    pub yaw_max: f32,
    /// Largest nod up or down, 0 to 1.
    pub pitch_max: f32,
    /// Smallest contrast of an eye or the mouth, as a share of the face's.
    pub features_min: f32,
    /// Smallest sharpness.
    pub sharpness_min: f32,
}

impl Default for QualityLimits {
    /// Wide enough for press photographs: of 963 in LFW, 85 % pass; 11 % are turned away, 2 % are
    /// blurred, 2 % count as covered and 1 % as too far. The eyes of a face one metre from a camera of 640 × 480 pixels and
    /// 70° are 29 pixels apart.
    fn default() -> Self {
        QualityLimits {
            eye_distance_px_min: 28.0,
            inside_min: 0.93,
            backlight_max: 90.0,
            brightness_min: 40.0,
            brightness_max: 210.0,
            contrast_min: 15.0,
            yaw_max: 0.6,
            pitch_max: 0.5,
            features_min: 0.2,
            sharpness_min: 0.015,
        }
    }
}

impl QualityLimits {
    /// The first flaw of a face of this quality, in the order of the module's second rule.
    pub fn flaw(&self, quality: &Quality) -> Option<Flaw> {
        let flat = quality.contrast < self.contrast_min;
        let bright = quality.brightness >= 128.0;
        let flaws = [
            (quality.eye_distance_px < self.eye_distance_px_min, Flaw::TooFar),
            (quality.inside < self.inside_min, Flaw::CutOff),
            (quality.backlight > self.backlight_max, Flaw::Backlit),
            (quality.brightness < self.brightness_min || flat && !bright, Flaw::TooDark),
            (quality.brightness > self.brightness_max || flat && bright, Flaw::TooBright),
            (
                quality.yaw.abs() > self.yaw_max || quality.pitch.abs() > self.pitch_max,
                Flaw::TurnedAway,
            ),
            (quality.features < self.features_min, Flaw::Covered),
            (quality.sharpness < self.sharpness_min, Flaw::Blurred),
        ];
        flaws.into_iter().find(|(found, _)| *found).map(|(_, flaw)| flaw)
    }
}

/// Measures a face of `frame`; `grey` is the luminance of the aligned face.
pub(super) fn measure(frame: &Frame, face: &FaceBox, points: &FivePoints, grey: &[f32]) -> Quality {
    let (brightness, contrast) = mean_and_deviation(grey);
    let (yaw, pitch) = pose(points);
    Quality {
        eye_distance_px: distance(points[0], points[1]),
        sharpness: sharpness(grey, contrast),
        brightness,
        contrast,
        backlight: backlight(frame, face),
        yaw,
        pitch,
        inside: inside(frame, face),
        features: features(grey, contrast),
    }
}

/// Where an upright face is never plain: the eyes with their lids, and the line between the lips.
/// Middle, and reach to each side and up and down; pixels of the aligned face.
const FEATURES: [[usize; 4]; 3] = [[38, 52, 8, 5], [74, 52, 8, 5], [56, 92, 14, 6]];

/// Standard deviation of the plainest of [`FEATURES`], over that of the whole face; 0 for a face of
/// one colour.
///
/// Cloth, skin and dark glass are plain where eyes and lips are not. How well this tells them apart
/// is measured in `docs/accuracy.md`.
fn features(grey: &[f32], contrast: f32) -> f32 {
    let deviation = |[x, y, across, down]: [usize; 4]| {
        let rows = (y - down..=y + down).map(|row| row * ALIGNED_SIDE);
        let pixels = rows.flat_map(|row| &grey[row + x - across..=row + x + across]);
        let (sum, squares, count) = pixels.fold((0.0, 0.0, 0.0), |(sum, squares, count), v| {
            (sum + v, squares + v * v, count + 1.0)
        });
        let mean: f32 = sum / count;
        (squares / count - mean * mean).max(0.0).sqrt()
    };
    let plainest = FEATURES.map(deviation).into_iter().fold(f32::INFINITY, f32::min);
    if contrast > 0.0 { plainest / contrast } else { 0.0 }
}

fn mean_and_deviation(grey: &[f32]) -> (f32, f32) {
    let count = grey.len() as f32;
    let mean = grey.iter().sum::<f32>() / count;
    let variance = grey.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count;
    (mean, variance.sqrt())
}

/// Mean squared Laplacian over the variance; 0 for a face of one colour.
fn sharpness(grey: &[f32], contrast: f32) -> f32 {
    let inner = 1..ALIGNED_SIDE - 1;
    let mut sum = 0.0;
    for y in inner.clone() {
        let row = |y: usize| &grey[y * ALIGNED_SIDE..(y + 1) * ALIGNED_SIDE];
        let (above, here, below) = (row(y - 1), row(y), row(y + 1));
        for x in inner.clone() {
            let laplacian = above[x] + below[x] + here[x - 1] + here[x + 1] - 4.0 * here[x];
            sum += laplacian * laplacian;
        }
    }
    let mean = sum / (inner.len() * inner.len()) as f32;
    if contrast > 0.0 { mean / (contrast * contrast) } else { 0.0 }
}

/// Turn to the side and nod, each −1 to 1, from where the nose lies between eyes and mouth.
///
/// The nose stands out of the plane of the eyes and the mouth, so it moves against them when the
/// head turns. 1 means that it lies on the line of an eye, or of the eyes.
fn pose(points: &FivePoints) -> (f32, f32) {
    let place = |points: &FivePoints| -> Option<(f32, f32)> {
        let eyes = middle(points[0], points[1]);
        let mouth = middle(points[3], points[4]);
        let down = [mouth[0] - eyes[0], mouth[1] - eyes[1]];
        let length = down[0].hypot(down[1]);
        let half = distance(points[0], points[1]) / 2.0;
        let nose = [points[2][0] - eyes[0], points[2][1] - eyes[1]];
        let along = (nose[0] * down[0] + nose[1] * down[1]) / (length * length);
        let aside = (nose[0] * down[1] - nose[1] * down[0]) / (length * half);
        (along.is_finite() && aside.is_finite()).then_some((along, aside))
    };
    let (Some((along, aside)), Some((along_upright, _))) = (place(points), place(&UPRIGHT)) else {
        return (1.0, 1.0);
    };
    let pitch = (along_upright - along) / along_upright;
    (aside.clamp(-1.0, 1.0), pitch.clamp(-1.0, 1.0))
}

/// Mean luminance around the face, in a box of twice its size, less that of the face itself.
fn backlight(frame: &Frame, face: &FaceBox) -> f32 {
    const GRID: usize = 32;
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let (left, top) = (face.x1 - face.width() / 2.0, face.y1 - face.height() / 2.0);
    let (mut face_sum, mut around_sum) = ((0.0, 0u32), (0.0, 0u32));
    for row in 0..GRID {
        let y = top + 2.0 * face.height() * (row as f32 + 0.5) / GRID as f32;
        for column in 0..GRID {
            let x = left + 2.0 * face.width() * (column as f32 + 0.5) / GRID as f32;
            if !(0.0..width).contains(&x) || !(0.0..height).contains(&y) {
                continue;
            }
            let at = (y as usize * frame.width() as usize + x as usize) * 3;
            let rgb = &frame.rgb()[at..at + 3];
            let on_face = (face.x1..face.x2).contains(&x) && (face.y1..face.y2).contains(&y);
            let sum = if on_face { &mut face_sum } else { &mut around_sum };
            sum.0 += luminance([rgb[0], rgb[1], rgb[2]].map(f32::from));
            sum.1 += 1;
        }
    }
    if face_sum.1 == 0 || around_sum.1 == 0 {
        return 0.0;
    }
    around_sum.0 / around_sum.1 as f32 - face_sum.0 / face_sum.1 as f32
}

/// Share of the box, with a margin, inside the frame.
///
/// Of a face that is cut, the detector often boxes the part that is seen, up to the edge: the
/// margin makes such a box count as cut.
fn inside(frame: &Frame, face: &FaceBox) -> f32 {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let (x, y) = (face.width() * INSIDE_MARGIN, face.height() * INSIDE_MARGIN);
    let whole = FaceBox { x1: face.x1 - x, y1: face.y1 - y, x2: face.x2 + x, y2: face.y2 + y };
    let seen = FaceBox {
        x1: whole.x1.max(0.0),
        y1: whole.y1.max(0.0),
        x2: whole.x2.min(width),
        y2: whole.y2.min(height),
    };
    if whole.area() > 0.0 { seen.area() / whole.area() } else { 0.0 }
}

fn middle(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const FLAWLESS: Quality = Quality {
        eye_distance_px: 80.0,
        sharpness: 0.1,
        brightness: 120.0,
        contrast: 50.0,
        backlight: 0.0,
        yaw: 0.0,
        pitch: 0.0,
        inside: 1.0,
        features: 0.8,
    };

    #[test]
    fn each_limit_names_its_flaw_and_the_cause_comes_before_its_consequence() {
        let cases = [
            (FLAWLESS, None),
            (Quality { eye_distance_px: 10.0, sharpness: 0.0, ..FLAWLESS }, Some(Flaw::TooFar)),
            (Quality { inside: 0.5, yaw: 1.0, ..FLAWLESS }, Some(Flaw::CutOff)),
            (Quality { backlight: 150.0, brightness: 20.0, ..FLAWLESS }, Some(Flaw::Backlit)),
            (Quality { brightness: 20.0, ..FLAWLESS }, Some(Flaw::TooDark)),
            (Quality { brightness: 100.0, contrast: 5.0, ..FLAWLESS }, Some(Flaw::TooDark)),
            (Quality { brightness: 240.0, ..FLAWLESS }, Some(Flaw::TooBright)),
            (Quality { brightness: 200.0, contrast: 5.0, ..FLAWLESS }, Some(Flaw::TooBright)),
            (Quality { yaw: -0.9, sharpness: 0.0, ..FLAWLESS }, Some(Flaw::TurnedAway)),
            (Quality { pitch: 0.9, ..FLAWLESS }, Some(Flaw::TurnedAway)),
            (Quality { yaw: 0.9, features: 0.0, ..FLAWLESS }, Some(Flaw::TurnedAway)),
            (Quality { features: 0.1, sharpness: 0.0, ..FLAWLESS }, Some(Flaw::Covered)),
            (Quality { sharpness: 0.0, ..FLAWLESS }, Some(Flaw::Blurred)),
        ];
        for (quality, flaw) in cases {
            assert_eq!(QualityLimits::default().flaw(&quality), flaw, "{quality:?}");
        }
    }

    #[test]
    fn nose_aside_is_a_turn_and_nose_up_is_a_nod() {
        let (yaw, pitch) = pose(&UPRIGHT);
        assert!(yaw.abs() < 0.02 && pitch.abs() < 0.02, "{yaw} {pitch}");
        let mut left = UPRIGHT;
        left[2][0] -= 17.0;
        assert!(pose(&left).0 < -0.9);
        let mut up = UPRIGHT;
        up[2][1] -= 10.0;
        assert!(pose(&up).1 > 0.4);
        assert_eq!(pose(&[[3.0, 3.0]; 5]), (1.0, 1.0));
    }

    #[test]
    fn bright_surroundings_are_backlight_and_a_box_over_the_edge_is_cut() {
        let dark = |x: u32, y: u32| (10..20).contains(&x) && (10..20).contains(&y);
        let rgb = (0..30 * 30)
            .flat_map(|i| [if dark(i % 30, i / 30) { 20 } else { 220 }; 3])
            .collect::<Vec<u8>>();
        let frame = Frame::new(30, 30, rgb, Duration::ZERO).unwrap();
        let face = FaceBox { x1: 10.0, y1: 10.0, x2: 20.0, y2: 20.0 };
        assert!((backlight(&frame, &face) - 200.0).abs() < 1.0);
        assert_eq!(inside(&frame, &face), 1.0);
        let cut = FaceBox { x1: -10.0, y1: 0.0, x2: 10.0, y2: 20.0 };
        assert!((inside(&frame, &cut) - 0.5 * 22.0 / 24.0).abs() < 1e-6);
        let touching = FaceBox { x1: 0.0, y1: 8.0, x2: 10.0, y2: 20.0 };
        assert!(inside(&frame, &touching) < QualityLimits::default().inside_min);
    }

    #[test]
    fn soft_edges_are_less_sharp_than_hard_ones_whatever_the_contrast() {
        let stripes = |value: fn(usize) -> f32| -> Vec<f32> {
            (0..ALIGNED_SIDE * ALIGNED_SIDE).map(|i| value(i % ALIGNED_SIDE % 16)).collect()
        };
        let of = |grey: &[f32]| sharpness(grey, mean_and_deviation(grey).1);
        let hard = of(&stripes(|x| if x < 8 { 200.0 } else { 50.0 }));
        let faint = of(&stripes(|x| if x < 8 { 100.0 } else { 90.0 }));
        let soft = of(&stripes(|x| 50.0 + 18.75 * x.min(16 - x) as f32));
        assert!(soft < hard / 4.0, "{soft} {hard}");
        assert!((hard - faint).abs() < 1e-3 * hard, "{hard} {faint}");
        assert_eq!(of(&[7.0; ALIGNED_SIDE * ALIGNED_SIDE]), 0.0);
    }

    #[test]
    fn one_plain_eye_or_mouth_is_enough_to_be_covered_whatever_the_light() {
        let striped = |light: f32| -> Vec<f32> {
            (0..ALIGNED_SIDE * ALIGNED_SIDE).map(|i| light * (i % 8) as f32).collect()
        };
        let of = |grey: &[f32]| features(grey, mean_and_deviation(grey).1);
        assert!((of(&striped(20.0)) - 1.0).abs() < 0.1);
        assert!((of(&striped(20.0)) - of(&striped(4.0))).abs() < 1e-3);
        for [x, y, across, down] in FEATURES {
            let mut grey = striped(20.0);
            for row in y - down..=y + down {
                grey[row * ALIGNED_SIDE + x - across..=row * ALIGNED_SIDE + x + across].fill(90.0);
            }
            assert!(of(&grey) < 0.01, "{x} {y}");
        }
        assert_eq!(of(&[7.0; ALIGNED_SIDE * ALIGNED_SIDE]), 0.0);
    }
}

//! How well the quality gate tells covered faces from open ones.
//!
//! ```text
//! cargo bench --bench covers -- --faces DIR   DIR holds a folder for each person
//! cargo bench --bench covers -- --small       on the test photographs, to see that it works
//! ```
//!
//! One photograph of each person is looked at as it is, and with a mask, a scarf, a hand or dark
//! glasses painted over it. Covers follow the five points of the face; their colour, cloth, folds
//! and place vary from person to person by a seed. They are paintings: real cloth wrinkles, real
//! glasses mirror the room, and real hands are not flat.

#[path = "support/people.rs"]
mod people;

use canteend::domain::evidence::{Flaw, Sighting};
use canteend::evaluate::Share;
use canteend::frame::{Frame, decode};
use canteend::vision::{Analyser, Depth, FivePoints, QualityLimits};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// What lies over a face.
struct Cover {
    name: &'static str,
    over: Over,
    /// Its colour; a hand has that of the cheeks.
    rgb: [f32; 3],
    /// Depth of its stripes and folds, or of the gaps between fingers, in grey levels.
    relief: f32,
}

#[derive(Clone, Copy)]
enum Over {
    /// Nose, mouth and chin.
    Mask,
    /// Mouth and chin.
    Scarf,
    /// Four fingers across the mouth, of the colour of the cheeks.
    Hand,
    /// One eye, by three fingers.
    HandOnEye,
    /// Both eyes.
    Glasses,
}

#[rustfmt::skip]
const COVERS: [Cover; 12] = [
    Cover { name: "blue mask", over: Over::Mask, rgb: [130.0, 170.0, 200.0], relief: 4.0 },
    Cover { name: "white mask", over: Over::Mask, rgb: [225.0, 225.0, 225.0], relief: 4.0 },
    Cover { name: "black mask", over: Over::Mask, rgb: [32.0, 32.0, 35.0], relief: 4.0 },
    Cover { name: "plain red scarf", over: Over::Scarf, rgb: [150.0, 40.0, 40.0], relief: 3.0 },
    Cover { name: "striped grey scarf", over: Over::Scarf, rgb: [95.0, 90.0, 90.0], relief: 14.0 },
    Cover { name: "hand on the mouth, soft light", over: Over::Hand, rgb: [0.0; 3], relief: 10.0 },
    Cover { name: "hand on the mouth, hard light", over: Over::Hand, rgb: [0.0; 3], relief: 35.0 },
    Cover { name: "hand on an eye, soft light", over: Over::HandOnEye, rgb: [0.0; 3], relief: 10.0 },
    Cover { name: "hand on an eye, hard light", over: Over::HandOnEye, rgb: [0.0; 3], relief: 35.0 },
    Cover { name: "black glasses", over: Over::Glasses, rgb: [30.0, 28.0, 28.0], relief: 0.0 },
    Cover { name: "brown glasses", over: Over::Glasses, rgb: [75.0, 55.0, 40.0], relief: 0.0 },
    Cover { name: "grey glasses", over: Over::Glasses, rgb: [70.0, 72.0, 75.0], relief: 0.0 },
];
/// Spread of the noise of a cover, in grey levels to either side.
const NOISE: f32 = 6.0;
/// By how much a cover darkens towards its sides, in grey levels.
const SHADE: f32 = 25.0;

fn main() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let limits = QualityLimits::default();
    let mut analyser = Analyser::open(&models, limits).expect("`make models`");
    let mut photographs = vec![];
    let mut open = vec![];
    let mut covered: Vec<Vec<Option<Sighting>>> = COVERS.iter().map(|_| vec![]).collect();
    let mut look = |frame: &Frame| {
        let found = analyser.look(frame, Depth::Places).expect("the models run");
        found.into_iter().next()
    };
    for person in people::from_arguments(1) {
        let Ok(frame) = decode::photo_file(&person.photos[0], Duration::ZERO) else { continue };
        let Some(face) = look(&frame) else { continue };
        photographs.push(face.flaw);
        // Whom the gate turns away for another reason is told that reason, covered or not.
        let other = face.flaw.is_some_and(|flaw| !matches!(flaw, Flaw::Covered | Flaw::Blurred));
        if other {
            continue;
        }
        for (cover, covered) in COVERS.iter().zip(&mut covered) {
            let mut numbers = Rng::with_seed(person.number as u64);
            covered.push(look(&painted(&frame, &face.points, cover, &mut numbers)));
        }
        open.push(face);
    }
    for flaw in photographs.iter().collect::<BTreeSet<_>>() {
        let name = flaw.map_or("no flaw".to_owned(), |flaw| format!("{flaw:?}"));
        println!("as they are: {name} {}", Share::where_true(&photographs, |f| f == flaw));
    }
    let flagged = Share::where_true(&open, |face| face.flaw == Some(Flaw::Covered));
    println!("limit {} of the contrast", limits.features_min);
    println!("open faces: told that they are covered {flagged}");
    for (cover, covered) in COVERS.iter().zip(&covered) {
        let told = |wanted: fn(Option<Flaw>) -> bool| {
            Share::where_true(covered, |face| face.as_ref().is_some_and(|f| wanted(f.flaw)))
        };
        let found: Vec<f32> = covered.iter().flatten().map(|f| f.quality.features).collect();
        let open: Vec<f32> = open.iter().map(|f| f.quality.features).collect();
        println!("{}: area under the curve {:.3}", cover.name, area(&open, &found));
        println!("  told that it is covered {}", told(|flaw| flaw == Some(Flaw::Covered)));
        println!("  kept out at all         {}", {
            Share::where_true(covered, |face| face.as_ref().is_none_or(|f| f.flaw.is_some()))
        });
    }
}

/// Between −1 and 1.
fn spread(numbers: &mut Rng) -> f32 {
    numbers.f32() * 2.0 - 1.0
}

/// The chance that an open face has more contrast than a covered one.
fn area(open: &[f32], covered: &[f32]) -> f64 {
    let above = |o: &f32| {
        covered
            .iter()
            .map(|c| if o > c { 1.0 } else { f64::from(u8::from(o == c)) / 2.0 })
            .sum::<f64>()
    };
    open.iter().map(above).sum::<f64>() / (open.len() * covered.len()) as f64
}

/// Places of a face: one unit is the distance between the eyes, the origin lies between them, x goes
/// from the left eye to the right one, y down to the mouth.
struct Plane {
    origin: [f32; 2],
    x: [f32; 2],
    y: [f32; 2],
}

impl Plane {
    fn of(points: &FivePoints) -> Self {
        let middle = |a: [f32; 2], b: [f32; 2]| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
        let (eyes, mouth) = (middle(points[0], points[1]), middle(points[3], points[4]));
        let x = [points[1][0] - points[0][0], points[1][1] - points[0][1]];
        // In an upright face the mouth lies 1.15 eye distances below the eyes.
        let y = [(mouth[0] - eyes[0]) / 1.15, (mouth[1] - eyes[1]) / 1.15];
        Plane { origin: eyes, x, y }
    }

    /// Where a pixel lies on the face.
    fn place(&self, px: f32, py: f32) -> [f32; 2] {
        let (dx, dy) = (px - self.origin[0], py - self.origin[1]);
        let determinant = self.x[0] * self.y[1] - self.x[1] * self.y[0];
        [
            (dx * self.y[1] - dy * self.y[0]) / determinant,
            (self.x[0] * dy - self.x[1] * dx) / determinant,
        ]
    }

    /// Colour of the picture at a place of the face; the nearest pixel inside.
    fn colour(&self, frame: &Frame, [u, v]: [f32; 2]) -> [f32; 3] {
        let [px, py] = [0, 1].map(|a| self.origin[a] + u * self.x[a] + v * self.y[a]);
        let x = px.clamp(0.0, frame.width() as f32 - 1.0) as usize;
        let y = py.clamp(0.0, frame.height() as f32 - 1.0) as usize;
        let at = (y * frame.width() as usize + x) * 3;
        [0, 1, 2].map(|c| f32::from(frame.rgb()[at + c]))
    }
}

fn painted(frame: &Frame, points: &FivePoints, cover: &Cover, numbers: &mut Rng) -> Frame {
    let plane = Plane::of(points);
    let skin = plane.colour(frame, [-0.45, 0.65]);
    let rgb = match cover.over {
        Over::Hand | Over::HandOnEye => skin,
        _ => cover.rgb,
    };
    let shade = 1.0 + 0.12 * spread(numbers);
    let (slant, side) = (0.3 * spread(numbers), spread(numbers).signum());
    let light = SHADE / 2.0 * spread(numbers);
    let mut out = frame.rgb().to_vec();
    for (pixel, rgb_out) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (px, py) = (pixel % frame.width() as usize, pixel / frame.width() as usize);
        let [u, v] = plane.place(px as f32, py as f32);
        let Some(height) = cover.over.height(u, v, slant, side) else { continue };
        let level = light * u - SHADE * u * u + height * cover.relief + NOISE * spread(numbers);
        *rgb_out = [0, 1, 2].map(|c| (rgb[c] * shade + level).clamp(0.0, 255.0) as u8);
    }
    Frame::new(frame.width(), frame.height(), out, frame.taken).expect("the same size")
}

impl Over {
    /// How high the cover's surface stands at a place of the face, −1 to 1; `None` beside it.
    fn height(self, u: f32, v: f32, slant: f32, side: f32) -> Option<f32> {
        // Towards the chin a face grows narrow.
        let half = 1.0 - 0.55 * ((v - 0.9).max(0.0) / 0.95).powi(2);
        let stripe = (std::f32::consts::TAU * (v + slant * u) / 0.22).sin();
        let finger = |across: f32| {
            let from_middle = (across.rem_euclid(0.27) / 0.27 - 0.5).abs();
            if from_middle > 0.42 { -1.0 } else { 0.0 }
        };
        match self {
            Over::Mask => {
                let top = 0.25 + 0.35 * u.abs();
                (v > top && v < 1.85 && u.abs() < half).then_some(stripe)
            }
            Over::Scarf => {
                let top = 0.8 + 0.2 * slant;
                (v > top && v < 2.0 && u.abs() < half + 0.1).then_some(stripe)
            }
            Over::Hand => {
                let across = v - 1.1 - slant * u;
                (across.abs() < 0.54 && u * side > -0.75).then(|| finger(across))
            }
            Over::HandOnEye => {
                let across = u - 0.5 * side - slant * v;
                (across.abs() < 0.4 && v > -0.6 && v < 0.9).then(|| finger(across))
            }
            Over::Glasses => {
                let (x, y) = ((u.abs() - 0.5) / 0.42, (v - 0.05) / 0.3);
                let bridge = u.abs() < 0.12 && (v + 0.02).abs() < 0.04;
                (x * x + y * y < 1.0 || bridge).then_some(0.0)
            }
        }
    }
}

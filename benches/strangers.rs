//! Whether as many strangers pass as the calibration says, on real faces.
//!
//! `cargo bench --bench strangers -- --faces DIR` takes a folder with a folder for each person. Again
//! and again some people, one photograph each, are enrolled; the others, all photographs, are
//! strangers. Who stands in the collection under a second name is left out, unless `--two-names` is
//! given. Without a folder it runs on made-up templates, of which there are as many as it takes to
//! see one in a thousand.

#[path = "support/faces.rs"]
mod faces;

use canteend::daemon::calibrate::calibrated;
use canteend::domain::calibration::Target;
use canteend::domain::template::Template;
use canteend::frame::decode;
use canteend::vision::{Analyser, Depth, QualityLimits};
use std::path::{Path, PathBuf};
use std::time::Duration;

const TARGETS: [f64; 2] = [0.01, 0.001];
const CONFIGURED: f32 = 0.66;
/// See `benches/calibration.rs`.
const DIRECTIONS: usize = 40;
/// Above it, two names in a public collection are one person: the next best pairs lie far below.
const TWO_NAMES_COSINE_MIN: f32 = 0.7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let small = arguments.iter().any(|a| a == "--small");
    let people = match arguments.iter().position(|a| a == "--faces") {
        Some(at) => {
            let two_names = arguments.iter().any(|a| a == "--two-names");
            photographed(Path::new(&arguments[at + 1]), two_names)
        }
        None => {
            let count = if small { 500 } else { 5000 };
            faces::random(count, DIRECTIONS, 4).into_iter().map(|t| vec![t]).collect()
        }
    };
    println!("people {}", people.len());
    println!("photographs {}", people.iter().map(Vec::len).sum::<usize>());
    let splits = if small { 2 } else { 20 };
    for enrolled in [100, people.len() / 4, people.len() / 2] {
        for target in TARGETS {
            measure(&people, enrolled, target, splits);
        }
    }
}

fn measure(people: &[Vec<Template>], enrolled: usize, target: f64, splits: u64) {
    let (mut passed, mut strangers) = (0, 0);
    let (mut accept, mut low, mut high, mut alike) = (0.0, 0.0, 0.0, 0);
    for split in 0..splits {
        let order = shuffled(people.len(), split);
        let (inside, outside) = order.split_at(enrolled);
        let ones: Vec<Template> = inside.iter().map(|p| people[*p][0].clone()).collect();
        let target = Target::new(target).expect("in range");
        let gallery = calibrated(faces::gallery(&ones), target, CONFIGURED, &mut |_, _| {});
        let calibration = gallery.calibration().expect("it was calibrated");
        let expected = calibration.strangers().expect("enough elders");
        accept += calibration.accept();
        low += expected.low;
        high += expected.high;
        alike += calibration.pairs().len();
        for stranger in outside.iter().flat_map(|p| &people[*p]) {
            let found = gallery.search(stranger).expect("somebody is enrolled");
            strangers += 1;
            passed += usize::from(found.best.score >= calibration.accept());
        }
    }
    let mean = |sum: f64| sum / splits as f64;
    println!(
        "enrolled {enrolled} target {target} accept {:.3} interval {:.5} {:.5} passed {:.5} \
         of {strangers} in {splits} splits, look-alike pairs {:.1}",
        mean(f64::from(accept)),
        mean(low),
        mean(high),
        passed as f64 / strangers as f64,
        mean(alike as f64),
    );
}

/// The numbers below `count` in an order that depends on `seed`.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    fastrand::Rng::with_seed(1000 + seed).shuffle(&mut order);
    order
}

/// Templates of all people in whose photographs a face is found; with `two_names`, also of those who
/// look like an earlier one.
fn photographed(folder: &Path, two_names: bool) -> Vec<Vec<Template>> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut analyser = Analyser::open(&models, QualityLimits::default()).expect("`make models`");
    let mut template = |photo: &PathBuf| {
        let frame = decode::photo_file(photo, Duration::ZERO).ok()?;
        let sightings = analyser.look(&frame, Depth::Evidence).expect("the models run");
        sightings.into_iter().next()?.template
    };
    let people: Vec<Vec<Template>> = entries(folder)
        .iter()
        .filter(|person| person.is_dir())
        .map(|person| entries(person).iter().filter_map(&mut template).collect())
        .collect();
    let mut kept: Vec<Vec<Template>> = vec![];
    for person in people.into_iter().filter(|templates| !templates.is_empty()) {
        let same = |t: &Template| {
            person.iter().filter_map(|own| own.cosine(t)).any(|c| c >= TWO_NAMES_COSINE_MIN)
        };
        match !two_names && kept.iter().flatten().any(same) {
            true => println!("left_out 1"),
            false => kept.push(person),
        }
    }
    kept
}

/// What a folder holds, in the order of names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = list.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

//! Made-up templates for benches, the same in each run.

use canteend::domain::elder::ElderId;
use canteend::domain::gallery::Gallery;
use canteend::domain::template::{ModelId, Template};
use fastrand::Rng;

/// Values of a template.
pub const DIMENSIONS: usize = 512;
const MODEL: ModelId = ModelId([1; 32]);

/// Nearly normal: the sum of eight even ones, which is enough for a direction in space.
fn normal(numbers: &mut Rng) -> f32 {
    numbers.u64(..).to_le_bytes().iter().map(|b| f32::from(*b) - 127.5).sum()
}

/// `count` templates that point in all directions of a space of `directions`: the fewer, the more
/// they resemble each other.
pub fn random(count: usize, directions: usize, seed: u64) -> Vec<Template> {
    let mut numbers = Rng::with_seed(seed);
    let mut one = || {
        let mut values = [0f32; DIMENSIONS];
        values[..directions].fill_with(|| normal(&mut numbers));
        Template::new(MODEL, &values).expect("not all zero")
    };
    (0..count).map(|_| one()).collect()
}

/// A gallery with one elder for each template.
pub fn gallery(people: &[Template]) -> Gallery {
    let ids: Vec<_> =
        (0..people.len()).map(|n| ElderId::new(&format!("p_{n}")).expect("a short word")).collect();
    let model = people.first().map_or(MODEL, Template::model);
    Gallery::new(model, ids.iter().zip(people.chunks(1))).expect("one model, no one twice")
}

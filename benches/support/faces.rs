//! Made-up templates for benches, the same in each run.

use canteend::domain::elder::ElderId;
use canteend::domain::gallery::Gallery;
use canteend::domain::template::{ModelId, Template};

/// Values of a template.
pub const DIMENSIONS: usize = 512;
const MODEL: ModelId = ModelId([1; 32]);

/// Numbers that look random (Steele, Lea, Flood 2014: SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    /// Other numbers for each seed.
    pub fn new(seed: u64) -> Self {
        Numbers(seed << 40)
    }

    /// The next number, even over all 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Nearly normal: the sum of eight even ones, which is enough for a direction in space.
    fn normal(&mut self) -> f32 {
        self.next().to_le_bytes().iter().map(|b| f32::from(*b) - 127.5).sum()
    }
}

/// `count` templates that point in all directions of a space of `directions`: the fewer, the more
/// they resemble each other.
pub fn random(count: usize, directions: usize, seed: u64) -> Vec<Template> {
    let mut numbers = Numbers::new(seed);
    let mut one = || {
        let mut values = [0f32; DIMENSIONS];
        values[..directions].fill_with(|| numbers.normal());
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

//! Thresholds that come from the gallery itself.
//!
//! How alike strangers look depends on who they are: a threshold from a public collection of faces
//! lets through one pair in ten of elderly people of one region. So the enrolled elders are held
//! against each other, and what they score is taken for what a stranger would score.
//!
//! # The threshold
//!
//! Elder i, held against the other N − 1, is one draw of a stranger at a gallery of N − 1: the
//! *nearest-other score* mᵢ is the best over those elders and over the templates of both. Of the N
//! scores the k largest ([`TAIL_SHARE`], at least [`TAIL_MIN`]) are the tail: with u the next
//! smaller score and β the mean of m − u over the tail, a stranger scores above x ≥ u with chance
//!
//! ```text
//! P(x) = k/N · N/(N − 1) · exp(−(x − u) / β)
//! ```
//!
//! where N/(N − 1) is for the one elder more that a real stranger meets. The threshold is the x at
//! which P(x) is the target: x = u + β · ln(k / ((N − 1) · target)).
//!
//! The tail is that of an exponential (a generalised Pareto tail of shape 0; Pickands 1975). One in
//! a thousand lies beyond what a few hundred scores show, so something must be assumed. Cosines
//! end at 1, so their true tail falls off faster than the exponential, which therefore errs
//! towards a higher threshold; a fitted shape would follow the accidents of a few dozen scores. The
//! other common way, 1 − (1 − f)ᴺ from the pooled false-match rate f of single pairs, was not
//! taken: it assumes that a stranger's N scores are independent, but some faces resemble many.
//!
//! The interval (95 %) treats the logarithm of P as normal, with variance (1 + ((x − u)/β)²) / (k/2):
//! the first term for how many scores exceed u, the second for β. It is k/2, because where two elders
//! are each other's nearest, one resemblance was counted twice.
//!
//! # Assumptions
//!
//! Strangers at the counter resemble the enrolled as these resemble each other, and are photographed
//! no more alike. Enrolment photographs are clean; a camera that makes all faces alike (dark, blurred)
//! is the business of the quality gate. P is the chance that the *score* passes; acceptance also
//! takes a margin, agreeing frames and liveness, so it is an upper estimate of what is accepted.
//!
//! # Numbered invariants
//!
//! 1. The threshold is never below [`ACCEPT_MIN`], never lower for a stricter target, and the same
//!    in any order of elders.
//! 2. Fewer than [`ELDERS_MIN`] usable scores show no tail: the configured value serves, and
//!    [`Calibration::strangers`] is `None`.
//! 3. An elder's own threshold is [`LOOK_ALIKE_MARGIN`] above that elder's nearest other, where this
//!    is above the common one; so exactly the elders of a look-alike pair have an addition.
//! 4. Pairs at [`SAME_FACE_COSINE_MIN`] or above (twins, one person enrolled twice) tell nothing about
//!    strangers and are left out of the tail; as look-alikes they go to staff.
//!
//! It runs no thread: [`nearest`] is pure over a range of elders, and the daemon gives out ranges.

use super::gallery::{Candidate, Gallery};
use std::ops::Range;

/// Other elders kept of each elder; look-alike pairs are found among them.
pub const NEAREST: usize = 4;
/// Fewest elders whose scores show a tail; a fifth of them is then [`TAIL_MIN`].
pub const ELDERS_MIN: usize = 100;
/// Share of the scores that is the tail.
pub const TAIL_SHARE: f64 = 0.1;
/// Fewest scores that are the tail.
pub const TAIL_MIN: usize = 20;
/// Lowest threshold: below it one pair in fifty of elderly people of one region passes, so a gallery
/// that asks for less is not like the strangers who will come.
pub const ACCEPT_MIN: f32 = 0.45;
/// Smallest β, so that a gallery of copies does not put the threshold on its own largest score.
const SCALE_MIN: f64 = 0.005;
/// From this cosine on, two elders have one face as far as the camera can know.
pub const SAME_FACE_COSINE_MIN: f32 = 0.85;
/// What an elder's score must have above that elder's nearest other: about as much as the same two
/// faces vary from picture to picture.
pub const LOOK_ALIKE_MARGIN: f32 = 0.05;
/// Normal deviate of a two-sided interval of 95 %.
const DEVIATE_95: f64 = 1.959_964;

/// Share of strangers whose score may pass for some elder.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Target(f64);

impl Target {
    /// Strictest target.
    pub const MIN: f64 = 1e-6;
    /// Loosest target; it lies within the tail of every gallery.
    pub const MAX: f64 = 0.1;

    /// A share from [`Target::MIN`] to [`Target::MAX`]; `None` outside.
    pub fn new(share: f64) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&share).then_some(Target(share))
    }

    /// The share.
    pub fn share(self) -> f64 {
        self.0
    }
}

impl Default for Target {
    /// One stranger in a thousand.
    fn default() -> Self {
        Target(0.001)
    }
}

/// The other elders most like one elder, best first, at most [`NEAREST`].
pub type Nearest = Vec<Candidate>;

/// The nearest others of a range of elders.
///
/// # Panics
/// If the range reaches beyond the gallery.
pub fn nearest(gallery: &Gallery, elders: Range<usize>) -> Vec<Nearest> {
    gallery.neighbours(elders, NEAREST)
}

/// Share of strangers whose score is expected to pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strangers {
    /// Most likely share.
    pub share: f64,
    /// Lower end of the interval of 95 %.
    pub low: f64,
    /// Upper end of the interval of 95 %.
    pub high: f64,
}

/// Two elders who resemble each other. Elders are indices into the gallery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The one with the smaller index.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Their cosine.
    pub score: f32,
}

/// Everything that a calibration consists of, to be kept and given back.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Elders of the gallery it was taken from.
    pub elders: usize,
    /// The common threshold.
    pub accept: f32,
    /// See [`Calibration::strangers`].
    pub strangers: Option<Strangers>,
    /// Elders with a threshold of their own, by rising index.
    pub own: Vec<(usize, f32)>,
    /// Look-alike pairs, rising, the smaller index first.
    pub pairs: Vec<Pair>,
}

/// What a gallery says about accepting at it: [`Parts`] that are in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration(Parts);

impl Calibration {
    /// The thresholds that follow from each elder's nearest others, in the order of the gallery.
    /// `configured` serves a gallery that is too small.
    pub fn new(nearest: &[Nearest], target: Target, configured: f32) -> Self {
        let tail = Tail::of(stranger_scores(nearest));
        let accept = match &tail {
            Some(tail) => (tail.threshold(target) as f32).max(ACCEPT_MIN),
            None => configured.max(ACCEPT_MIN),
        };
        let alike = |c: &Candidate| c.score + LOOK_ALIKE_MARGIN > accept;
        let own = nearest.iter().enumerate().filter_map(|(elder, near)| {
            let closest = near.first().filter(|c| alike(c))?;
            Some((elder, closest.score + LOOK_ALIKE_MARGIN))
        });
        let mut pairs: Vec<Pair> = (nearest.iter().enumerate())
            .flat_map(|(elder, near)| near.iter().filter(|c| alike(c)).map(move |c| (elder, c)))
            .map(|(a, Candidate { elder: b, score })| Pair {
                first: a.min(*b),
                second: a.max(*b),
                score: *score,
            })
            .collect();
        pairs.sort_unstable_by_key(|p| (p.first, p.second));
        pairs.dedup_by_key(|p| (p.first, p.second));
        Calibration(Parts {
            elders: nearest.len(),
            accept,
            strangers: tail.map(|tail| tail.strangers(f64::from(accept))),
            own: own.collect(),
            pairs,
        })
    }

    /// What it consists of.
    pub fn parts(&self) -> &Parts {
        &self.0
    }

    /// A calibration that was taken before; `None` where the parts are not in order: no
    /// calibration has such.
    pub fn from_parts(parts: Parts) -> Option<Self> {
        let Parts { elders, accept, own, pairs, .. } = &parts;
        let owns = own.is_sorted_by(|a, b| a.0 < b.0)
            && own.iter().all(|(elder, own)| elder < elders && own >= accept);
        let pairs_hold = pairs.is_sorted_by(|a, b| (a.first, a.second) < (b.first, b.second))
            && pairs.iter().all(|p| p.first < p.second && p.second < *elders);
        let holds = (ACCEPT_MIN..=2.0).contains(accept) && owns && pairs_hold;
        holds.then_some(Calibration(parts))
    }

    /// Elders of the gallery it was taken from.
    pub fn elders(&self) -> usize {
        self.0.elders
    }

    /// The common threshold.
    pub fn accept(&self) -> f32 {
        self.0.accept
    }

    /// Strangers expected to pass at the common threshold; `None` where the gallery is too small to
    /// tell and the configured threshold serves.
    pub fn strangers(&self) -> Option<Strangers> {
        self.0.strangers
    }

    /// The threshold for being accepted as this elder.
    pub fn accept_as(&self, elder: usize) -> f32 {
        match self.0.own.binary_search_by_key(&elder, |(elder, _)| *elder) {
            Ok(at) => self.0.own[at].1,
            Err(_) => self.0.accept,
        }
    }

    /// Elders with a threshold of their own.
    pub fn additions(&self) -> usize {
        self.0.own.len()
    }

    /// Whether the two resemble each other so much that a lead over the other has to be clear.
    pub fn alike(&self, one: usize, other: usize) -> bool {
        let key = (one.min(other), one.max(other));
        self.0.pairs.binary_search_by_key(&key, |p| (p.first, p.second)).is_ok()
    }

    /// Look-alike pairs, in the order of the gallery.
    pub fn pairs(&self) -> &[Pair] {
        &self.0.pairs
    }
}

/// Each elder's nearest-other score, without pairs that are one face.
fn stranger_scores(nearest: &[Nearest]) -> Vec<f32> {
    let two_faces = |c: &&Candidate| c.score < SAME_FACE_COSINE_MIN;
    nearest.iter().filter_map(|near| near.iter().find(two_faces)).map(|c| c.score).collect()
}

/// The upper tail of nearest-other scores; see the module.
#[derive(Debug)]
struct Tail {
    elders: f64,
    exceeding: f64,
    from: f64,
    scale: f64,
}

impl Tail {
    /// `None` where there are too few scores.
    fn of(mut scores: Vec<f32>) -> Option<Self> {
        if scores.len() < ELDERS_MIN {
            return None;
        }
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let exceeding = ((scores.len() as f64 * TAIL_SHARE) as usize).max(TAIL_MIN);
        let from = f64::from(scores[exceeding]);
        let excess: f64 = scores[..exceeding].iter().map(|s| f64::from(*s) - from).sum();
        Some(Tail {
            elders: scores.len() as f64,
            exceeding: exceeding as f64,
            from,
            scale: (excess / exceeding as f64).max(SCALE_MIN),
        })
    }

    fn threshold(&self, target: Target) -> f64 {
        self.from + self.scale * (self.exceeding / ((self.elders - 1.0) * target.0)).ln()
    }

    fn strangers(&self, accept: f64) -> Strangers {
        let beyond = (accept - self.from) / self.scale;
        let share = self.exceeding / (self.elders - 1.0) * (-beyond).exp();
        let deviation = ((1.0 + beyond * beyond) / (self.exceeding / 2.0)).sqrt();
        let factor = (DEVIATE_95 * deviation).exp();
        Strangers {
            share: share.min(1.0),
            low: (share / factor).min(1.0),
            high: (share * factor).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests;

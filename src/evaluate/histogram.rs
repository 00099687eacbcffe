//! Scores counted in bins of equal width.

use serde::Serialize;

/// Bins of a histogram.
pub const BINS: usize = 48;

/// Counts between two scores; what lies beyond them is counted in the first and the last bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// Lower end of the first bin.
    pub from: f32,
    /// Upper end of the last bin.
    pub to: f32,
    /// How many scores lie in each bin; a score on the border belongs to the upper one.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Of cosines: −0.2 to 1, since below there is nobody.
    pub(super) fn of_cosines(scores: impl Iterator<Item = f32>) -> Self {
        Histogram::between(-0.2, 1.0, scores)
    }

    /// Of probabilities: 0 to 1.
    pub(super) fn of_probabilities(scores: impl Iterator<Item = f32>) -> Self {
        Histogram::between(0.0, 1.0, scores)
    }

    fn between(from: f32, to: f32, scores: impl Iterator<Item = f32>) -> Self {
        let mut counts = vec![0; BINS];
        for score in scores {
            let bin = (score - from) / (to - from) * BINS as f32;
            counts[(bin.max(0.0) as usize).min(BINS - 1)] += 1;
        }
        Histogram { from, to, counts }
    }

    /// All scores.
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_is_counted_once_and_the_ends_hold_what_lies_beyond() {
        let scores = [-1.0, 0.0, 0.5, 0.999, 1.0, 7.0];
        let histogram = Histogram::of_probabilities(scores.into_iter());
        assert_eq!(histogram.total(), scores.len());
        assert_eq!((histogram.counts[0], histogram.counts[24], histogram.counts[47]), (2, 1, 3));
        assert_eq!(Histogram::of_cosines([-0.2, 1.0].into_iter()).counts[0], 1);
    }
}

//! Verification accuracy by ten folds, and true accepts at a false match rate.

/// Folds of the standard protocol.
const FOLDS: usize = 10;

/// One pair's score, and whether both pictures show one person.
pub(super) type Scored = (f32, bool);

/// Mean and standard deviation of the accuracy. Each fold is judged by the threshold that is best
/// on the other nine (the lowest of them where several are).
///
/// The pairs keep their order; fold `k` holds those whose index times ten over their number is `k`.
pub(super) fn accuracy(pairs: &[Scored]) -> (f64, f64) {
    let fold = |i: usize| i * FOLDS / pairs.len();
    let shares: Vec<f64> = (0..FOLDS)
        .filter_map(|k| {
            let (test, train): (Vec<_>, Vec<_>) =
                pairs.iter().enumerate().partition(|(i, _)| fold(*i) == k);
            if test.is_empty() || train.is_empty() {
                return None;
            }
            let cut = best_cut(train.iter().map(|(_, pair)| **pair).collect());
            let right = test.iter().filter(|(_, (score, same))| (*score >= cut) == *same).count();
            Some(right as f64 / test.len() as f64)
        })
        .collect();
    let count = shares.len().max(1) as f64;
    let mean = shares.iter().sum::<f64>() / count;
    let variance = shares.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// The lowest score that, as a threshold, judges most pairs rightly.
fn best_cut(mut pairs: Vec<Scored>) -> f32 {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Threshold at the lowest score: every pair is called the same.
    let mut right = pairs.iter().filter(|(_, same)| *same).count() as i64;
    let (mut best, mut best_right) = (pairs.first().map_or(0.0, |p| p.0), right);
    for (i, (score, same)) in pairs.iter().enumerate() {
        let new_score = i == 0 || pairs[i - 1].0 < *score;
        if new_score && right > best_right {
            (best, best_right) = (*score, right);
        }
        right += if *same { -1 } else { 1 };
    }
    best
}

/// Share of same pairs that score above the threshold at which `rate` of the different pairs do.
pub(super) fn true_accepts(pairs: &[Scored], rate: f64) -> f64 {
    let of = |wanted: bool| pairs.iter().filter(move |p| p.1 == wanted).map(|p| p.0);
    let mut different: Vec<f32> = of(false).collect();
    different.sort_by(|a, b| b.total_cmp(a));
    let at = (different.len() as f64 * rate) as usize;
    let Some(cut) = different.get(at).copied() else { return 0.0 };
    let same = of(true).count();
    if same == 0 { 0.0 } else { of(true).filter(|s| *s > cut).count() as f64 / same as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separable_scores_are_all_right_and_chance_is_one_half() {
        let clean: Vec<Scored> =
            (0..100).map(|i| (if i % 2 == 0 { 0.8 } else { 0.1 }, i % 2 == 0)).collect();
        assert_eq!(accuracy(&clean), (1.0, 0.0));
        assert_eq!(true_accepts(&clean, 0.01), 1.0);
        let equal: Vec<Scored> = (0..100).map(|i| (0.5, i % 2 == 0)).collect();
        assert_eq!(accuracy(&equal), (0.5, 0.0));
        assert_eq!(true_accepts(&equal, 0.01), 0.0);
    }

    #[test]
    fn best_cut_is_found_between_overlapping_scores() {
        let pairs = vec![(0.1, false), (0.2, false), (0.3, true), (0.4, false), (0.5, true)];
        assert_eq!(best_cut(pairs), 0.3);
        assert_eq!(best_cut(vec![(0.1, true), (0.2, false)]), 0.1);
    }

    #[test]
    fn no_pairs_give_zero() {
        assert_eq!(accuracy(&[]), (0.0, 0.0));
        assert_eq!(true_accepts(&[], 0.01), 0.0);
    }
}

//! A share of a sample, and how far off it may be.

use serde::Serialize;

/// Quantile of the normal distribution that leaves 2.5 % on either side.
const Z_95: f64 = 1.959_963_984_540_054;

/// `count` of `of`, with the bounds that hold the true share in 95 samples of 100.
///
/// The bounds are Wilson's score interval without continuity correction (E. B. Wilson, 1927;
/// compared with others in R. G. Newcombe, Statistics in Medicine 17, 1998). It is honest at both
/// ends: nobody accepted among 100 strangers does not mean that nobody ever will be. It takes the
/// trials for independent, which several photographs of one person are not quite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// `count / of`, 0 to 1; `None` of nothing.
    pub rate: Option<f64>,
    /// Lower bound, 0 to 1.
    pub low: f64,
    /// Upper bound, 0 to 1.
    pub high: f64,
}

impl Share {
    /// The share of `count` in `of`. Of nothing, nothing is known: the bounds are 0 and 1.
    ///
    /// # Panics
    /// If `count` exceeds `of`.
    pub fn new(count: usize, of: usize) -> Self {
        assert!(count <= of, "{count} of {of}");
        if of == 0 {
            return Share { count, of, rate: None, low: 0.0, high: 1.0 };
        }
        let (n, z2) = (of as f64, Z_95 * Z_95);
        let rate = count as f64 / n;
        let middle = rate + z2 / (2.0 * n);
        let reach = Z_95 * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        // At the ends the bound is exact; rounding must not move it inside.
        let low = if count == 0 { 0.0 } else { (middle - reach) / scale };
        let high = if count == of { 1.0 } else { (middle + reach) / scale };
        Share { count, of, rate: Some(rate), low, high }
    }

    /// The share of those that `keep` holds true for.
    pub fn where_true<T>(all: &[T], keep: impl Fn(&T) -> bool) -> Self {
        Share::new(all.iter().filter(|item| keep(item)).count(), all.len())
    }
}

/// `92.5 % [90.1–94.3], 334 of 361`.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Share { count, of, rate, low, high } = *self;
        match rate {
            None => f.write_str("none measured"),
            Some(rate) => {
                let [rate, low, high] = [rate, low, high].map(|share| share * 100.0);
                write!(f, "{rate:.1} % [{low:.1}–{high:.1}], {count} of {of}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_newcombes_table() {
        // Newcombe 1998, table I, method 3: four decimals.
        let cases = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (count, of, low, high) in cases {
            let share = Share::new(count, of);
            assert!((share.low - low).abs() < 5e-5, "{count} of {of}: {share:?}");
            assert!((share.high - high).abs() < 5e-5, "{count} of {of}: {share:?}");
        }
    }

    #[test]
    fn bounds_mirror_and_hold_the_rate() {
        for of in 1..60 {
            for count in 0..=of {
                let (share, rest) = (Share::new(count, of), Share::new(of - count, of));
                assert!((share.low - (1.0 - rest.high)).abs() < 1e-12, "{count} of {of}");
                let rate = share.rate.unwrap();
                assert!(share.low <= rate && rate <= share.high, "{count} of {of}");
            }
        }
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        let none = Share::new(0, 0);
        assert_eq!((none.rate, none.low, none.high), (None, 0.0, 1.0));
        assert_eq!(none.to_string(), "none measured");
        assert_eq!(Share::new(1, 2).to_string(), "50.0 % [9.5–90.5], 1 of 2");
    }
}

//! Money in whole fen (1/100 yuan). There are no fractions and no negative amounts.

use std::fmt;

/// An amount in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(u32);

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// The amount of `fen` hundredths of a yuan.
    pub const fn new(fen: u32) -> Self {
        Fen(fen)
    }

    /// The amount as a count of fen.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The city's share and the district's together.
    ///
    /// # Panics
    /// Where that does not fit, which neither a rule table nor the ledger's format allows.
    pub fn of_shares(city: Fen, district: Fen) -> Fen {
        city.checked_add(district).expect("shares are bounded, so that their sum fits")
    }

    /// The sum, or `None` where it does not fit.
    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }
}

/// Shown in yuan: `4`, or `2.50` where there is a fraction.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}", self.0 / 100),
            fen => write!(f, "{}.{fen:02}", self.0 / 100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_yuan_with_two_places_only_where_there_is_a_fraction() {
        let shown = [0, 1, 99, 100, 205, 250, 1_000_000].map(|fen| Fen::new(fen).to_string());
        assert_eq!(shown, ["0", "0.01", "0.99", "1", "2.05", "2.50", "10000"]);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_no_amount() {
        assert_eq!(Fen::new(150).checked_add(Fen::new(250)), Some(Fen::new(400)));
        assert_eq!(Fen::new(u32::MAX).checked_add(Fen::ZERO), Some(Fen::new(u32::MAX)));
        assert_eq!(Fen::new(u32::MAX).checked_add(Fen::new(1)), None);
    }
}

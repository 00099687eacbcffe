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

//! Pooled evidence and thresholds → Accept, Review or Unknown, with reasons.

/// Why the camera alone does not decide; in order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// Nobody in the gallery resembles the face.
    NoMatch,
    /// The best match is below the threshold, but near it.
    WeakMatch,
    /// The runner-up is too close behind the best.
    ThinMargin,
    /// Two elders known to resemble each other.
    LookAlike,
    /// The frames of the visit do not agree on one elder.
    Disagreement,
    /// The face may be a picture of a face.
    Liveness,
    /// The picture stayed too poor.
    Quality,
}

impl Doubt {
    /// All reasons.
    pub const ALL: [Doubt; 7] = [
        Self::NoMatch,
        Self::WeakMatch,
        Self::ThinMargin,
        Self::LookAlike,
        Self::Disagreement,
        Self::Liveness,
        Self::Quality,
    ];

    /// The code used in the ledger.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoMatch => "no-match",
            Self::WeakMatch => "weak-match",
            Self::ThinMargin => "thin-margin",
            Self::LookAlike => "look-alike",
            Self::Disagreement => "disagreement",
            Self::Liveness => "liveness",
            Self::Quality => "quality",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.code() == code)
    }
}

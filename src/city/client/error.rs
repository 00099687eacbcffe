//! Why a request did not lead to an answer that can be used.

use crate::city::wire::enrol::{Refusal, RefusalCode};
use crate::city::wire::suite::KeyError;
use crate::error::{Exit, Sysexit};

/// Why a request did not lead to an answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address is none that is allowed.
    #[error("\"{0}\" is no address of a city: expected https://HOST or https://HOST:PORT")]
    Address(String),
    /// The HTTP client could not be set up.
    #[error("TLS cannot be set up")]
    Setup(#[source] reqwest::Error),
    /// No connection, or it broke; or it took too long.
    #[error("the city cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The answer has more bytes than any that is right.
    #[error("the city's answer is longer than {0} bytes")]
    TooLong(usize),
    /// The city turned the request down.
    #[error("the city refused ({status}): {}", refusal.error.escape_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        refusal: Refusal,
    },
    /// The answer is not what was asked for, or not signed by the city.
    #[error("the city's answer does not hold")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] KeyError),
}

impl SendError {
    /// An answer that does not hold.
    pub(super) fn answer(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        SendError::Answer(Box::new(source))
    }

    /// What the refusal is about, where it is one of the interface's.
    pub fn refusal(&self) -> Option<(RefusalCode, &Refusal)> {
        match self {
            Self::Refused { refusal, .. } => {
                RefusalCode::from_code(&refusal.error).map(|code| (code, refusal))
            }
            _ => None,
        }
    }

    /// Whether another attempt, later, may help: the network, a busy city, an answer that was
    /// damaged on its way. A used nonce is drawn anew.
    pub fn passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TooLong(_) | Self::Answer(_) => true,
            Self::Refused { status, .. } => {
                let replay = self.refusal().is_some_and(|(code, _)| code == RefusalCode::Replay);
                replay || *status >= 500 || matches!(*status, 408 | 429)
            }
            Self::Address(_) | Self::Setup(_) | Self::Random(_) => false,
        }
    }
}

impl Sysexit for SendError {
    fn exit(&self) -> Exit {
        match self {
            Self::Address(_) => Exit::Usage,
            Self::Refused { .. } if !self.passing() => Exit::Data,
            _ => Exit::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let refused = |status, error: &str| SendError::Refused {
            status,
            refusal: Refusal { error: error.into(), ..Refusal::default() },
        };
        for (status, error, passing) in [
            (503, "busy", true),
            (500, "", true),
            (429, "", true),
            (401, "replay", true),
            (401, "signature", false),
            (401, "clock", false),
            (409, "conflict", false),
            (413, "size", false),
            (302, "", false),
        ] {
            assert_eq!(refused(status, error).passing(), passing, "{status} {error}");
        }
    }
}

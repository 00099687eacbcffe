//! The box's clock beside the city's.
//!
//! 1. Only a signed answer to this very question counts, and only one that came quickly: while it
//!    travels, time passes.
//! 2. A clock in doubt that agrees with the city is believed again; what waited for that (待核) can
//!    then be confirmed. One that does not agree stays in doubt.
//! 3. A clock that is believed and differs from the city's is a trouble for somebody to look at. The
//!    box sets no clock.

use crate::city::client::{Client, SendError};
use crate::clock::Clock;
use crate::daemon::desk::DeskError;
use crate::daemon::hold::Stamps;
use crate::domain::calendar::Timestamp;
use crate::domain::entry::ClockTrust;
use crate::error::{Exit, Sysexit};
use crate::store::LedgerError;
use std::time::Duration;
use tracing::{info, warn};

/// By how much the box's clock may differ from the city's and still agree.
pub const DIFFERENCE_MAX: Duration = Duration::from_secs(60);
/// Longest time from question to answer: an older answer says little.
pub const JOURNEY_MAX: Duration = Duration::from_secs(10);

/// Why the clocks were not compared.
#[derive(Debug, thiserror::Error)]
pub enum TimeError {
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The request, or its answer.
    #[error("the city's time: {0}")]
    Send(#[from] SendError),
    /// The answer was under way for too long.
    #[error("the city's time took {0:?} to come; at most {JOURNEY_MAX:?} are believed")]
    Late(Duration),
}

impl TimeError {
    /// Whether another attempt, later, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::Desk(_) | Self::Late(_) => true,
            Self::Ledger(_) => false,
            Self::Send(error) => error.passing(),
        }
    }
}

impl Sysexit for TimeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Desk(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Send(e) => e.exit(),
            Self::Late(_) => Exit::Unavailable,
        }
    }
}

/// What the comparison showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both agree.
    Agrees,
    /// Both agree, and the clock is believed again by that.
    Confirmed,
    /// The box's clock is so many seconds ahead of the city's; negative where it is behind.
    Differs(i64),
}

/// Compares the clocks.
///
/// # Errors
/// [`TimeError`].
pub async fn run_once<H: Stamps>(
    hold: &mut H,
    client: &Client,
    clock: &dyn Clock,
) -> Result<Compared, TimeError> {
    let (asked, began) = (clock.now(), clock.monotonic());
    let city = client.time().await?;
    let journey = clock.monotonic().saturating_sub(began);
    if journey > JOURNEY_MAX {
        return Err(TimeError::Late(journey));
    }
    let ahead_s = ahead_s(asked, journey, city);
    if ahead_s.unsigned_abs() > DIFFERENCE_MAX.as_secs() {
        warn!(ahead_s, "this box's clock differs from the city's");
        return Ok(Compared::Differs(ahead_s));
    }
    let confirmed = hold.ask_stamped(|at| match at.stamp()?.clock {
        ClockTrust::Trusted => Ok(None),
        ClockTrust::Untrusted => at.confirm_clock(),
    });
    match confirmed.await?? {
        None => Ok(Compared::Agrees),
        Some(_) => {
            info!("the city's time confirms the clock");
            Ok(Compared::Confirmed)
        }
    }
}

/// By how many seconds the box was ahead when the city looked at its clock, half-way.
fn ahead_s(asked: Timestamp, journey: Duration, city: Timestamp) -> i64 {
    let middle = asked.as_second().saturating_add((journey / 2).as_secs().cast_signed());
    middle - city.as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_city_looks_at_its_clock_half_way() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert_eq!(ahead_s(at(1000), Duration::from_secs(8), at(1004)), 0);
        assert_eq!(ahead_s(at(1000), Duration::ZERO, at(900)), 100);
        assert_eq!(ahead_s(at(1000), Duration::ZERO, at(1200)), -200);
    }
}

//! Who acts at the counter: staff, by a pseudonymous id, and how often they may try a PIN.

use super::calendar::Timestamp;
use super::elder::ElderId;
use std::fmt;
use std::time::Duration;

/// Longest operator id, in bytes.
pub const OPERATOR_ID_BYTES_MAX: usize = 32;
/// Wrong PINs in a row, after which an operator is locked.
pub const FAILURES_MAX: u32 = 5;
/// How long they are locked.
pub const LOCK: Duration = Duration::from_secs(15 * 60);
/// The wait after the first wrong PIN; it doubles with each further one.
const WAIT: Duration = Duration::from_secs(1);

/// Pseudonymous id of an operator (操作员), such as `op-2`; never a name or an identity number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(String);

/// The text is no operator id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an operator id has 1 to {OPERATOR_ID_BYTES_MAX} ASCII letters, digits, _ and -, and is no \
     identity number"
)]
pub struct OperatorIdError;

impl OperatorId {
    /// Checks and wraps an id. What an elder's id may look like, an operator's may too.
    ///
    /// # Errors
    /// [`OperatorIdError`] says what an id looks like.
    pub fn new(text: &str) -> Result<Self, OperatorIdError> {
        match ElderId::new(text) {
            Ok(_) if text.len() <= OPERATOR_ID_BYTES_MAX => Ok(OperatorId(text.to_owned())),
            _ => Err(OperatorIdError),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An operator's wrong PINs in a row, and when the next try is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many; the one that is being looked at counts.
    pub failures: u32,
    /// Not before this time; none where there is nothing to wait for.
    pub not_before: Option<Timestamp>,
}

/// Why a try is not looked at, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Too soon after a wrong PIN.
    Wait(Duration),
    /// Locked after too many.
    Locked(Duration),
}

impl Tries {
    /// Begins a try at `now`. It counts as failed from here on, so that tries side by side do not
    /// get around the count; a right PIN ends the count.
    ///
    /// # Errors
    /// [`Held`]: it is too soon. A clock that was set back holds nobody for longer than [`LOCK`].
    pub fn begin(self, now: Timestamp) -> Result<Tries, Held> {
        let locked = self.failures >= FAILURES_MAX;
        let left = self.not_before.map(|until| until.duration_since(now));
        let left = left.and_then(|left| Duration::try_from(left).ok());
        if let Some(left) = left.filter(|left| !left.is_zero() && *left <= LOCK) {
            return Err(if locked { Held::Locked(left) } else { Held::Wait(left) });
        }
        let failures = if locked { 1 } else { self.failures + 1 };
        let pause = match failures {
            FAILURES_MAX.. => LOCK,
            few => WAIT * 2u32.pow(few - 1),
        };
        Ok(Tries { failures, not_before: Some(now + pause) })
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for OperatorId {
    type Err = OperatorIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_short_pseudonyms() {
        for good in ["op-2", "7", &"o".repeat(32)] {
            assert_eq!(OperatorId::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "王", "op 2", "11010519491231002X", &"o".repeat(33)] {
            assert_eq!(OperatorId::new(bad), Err(OperatorIdError), "{bad}");
        }
    }

    #[test]
    fn each_wrong_pin_doubles_the_wait_and_the_fifth_locks_for_a_quarter_of_an_hour() {
        let mut now = Timestamp::from_second(1_000_000).unwrap();
        let mut tries = Tries::default();
        for seconds in [1, 2, 4, 8, 15 * 60] {
            tries = tries.begin(now).unwrap();
            let pause = Duration::from_secs(seconds);
            let held = if seconds < 60 { Held::Wait(pause) } else { Held::Locked(pause) };
            assert_eq!(tries.begin(now), Err(held), "{tries:?}");
            now += pause;
        }
        assert_eq!(tries.begin(now).unwrap().failures, 1, "after the lock the count begins anew");
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let tries = Tries { failures: 2, not_before: Some(now + LOCK + Duration::from_secs(1)) };
        assert_eq!(tries.begin(now).unwrap().failures, 3);
    }
}

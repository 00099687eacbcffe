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
pub enum Throttle {
    /// Too soon after a wrong PIN.
    Wait(Duration),
    /// Locked after too many.
    Locked(Duration),
}

impl Tries {
    /// Begins a try at `now`: the tries as they are to be kept, and why this one is not looked at.
    /// It counts as failed from here on, so that tries side by side do not get around the count; a
    /// right PIN ends the count. `steady` is what is left to wait by a clock that never jumps.
    ///
    /// The longer of the two waits holds, so that setting the clock frees nobody. A time further
    /// ahead than any wait was written before the clock was set back: it holds for as long as a new
    /// wait would, and that is kept in its place.
    pub fn begin(self, now: Timestamp, steady: Duration) -> (Tries, Option<Throttle>) {
        let locked = self.failures >= FAILURES_MAX;
        let wall = self.not_before.map(|until| until.duration_since(now));
        let wall = wall.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        let left = wall.max(steady).min(self.pause());
        if !left.is_zero() {
            let held = if locked { Throttle::Locked(left) } else { Throttle::Wait(left) };
            return (Tries { not_before: Some(now + left), ..self }, Some(held));
        }
        let failures = if locked { 1 } else { self.failures + 1 };
        let begun = Tries { failures, not_before: None };
        (Tries { not_before: Some(now + begun.pause()), ..begun }, None)
    }

    /// How long to wait after so many wrong PINs.
    pub fn pause(self) -> Duration {
        match self.failures {
            0 => Duration::ZERO,
            FAILURES_MAX.. => LOCK,
            few => WAIT * 2u32.pow(few - 1),
        }
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

    /// A try that is looked at.
    fn begun(tries: Tries, now: Timestamp) -> Tries {
        let (begun, held) = tries.begin(now, Duration::ZERO);
        assert_eq!(held, None, "{tries:?}");
        begun
    }

    #[test]
    fn each_wrong_pin_doubles_the_wait_and_the_fifth_locks_for_a_quarter_of_an_hour() {
        let mut now = Timestamp::from_second(1_000_000).unwrap();
        let mut tries = Tries::default();
        for seconds in [1, 2, 4, 8, 15 * 60] {
            tries = begun(tries, now);
            let pause = Duration::from_secs(seconds);
            let held = if seconds < 60 { Throttle::Wait(pause) } else { Throttle::Locked(pause) };
            assert_eq!(tries.begin(now, Duration::ZERO), (tries, Some(held)));
            now += pause;
        }
        assert_eq!(begun(tries, now).failures, 1, "after the lock the count begins anew");
    }

    #[test]
    fn a_clock_that_was_set_back_holds_for_one_more_wait_and_locks_nobody_out() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (failures, wait) in [(2, Duration::from_secs(2)), (FAILURES_MAX, LOCK)] {
            let ahead = Tries { failures, not_before: Some(now + LOCK * 100) };
            let (kept, held) = ahead.begin(now, Duration::ZERO);
            assert!(
                matches!(held, Some(Throttle::Wait(w) | Throttle::Locked(w)) if w == wait),
                "{held:?}"
            );
            assert_eq!(kept, Tries { failures, not_before: Some(now + wait) });
            begun(kept, now + wait);
        }
    }

    #[test]
    fn a_clock_that_was_set_forward_frees_nobody_while_the_other_one_runs() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let tries = Tries { failures: FAILURES_MAX, not_before: Some(now) };
        let left = Duration::from_secs(840);
        let (kept, held) = tries.begin(now + LOCK, left);
        assert_eq!(held, Some(Throttle::Locked(left)));
        assert_eq!(kept.not_before, Some(now + LOCK + left));
    }
}

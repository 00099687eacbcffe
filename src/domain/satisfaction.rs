//! Taps on 满意, 一般 and 不满意. Nobody signs in for one, so what is noted of them is bounded: more
//! taps than diners say nothing, and each is an entry for ever.

use std::time::Duration;

/// At most one tap within this time is noted.
pub const TAP_GAP: Duration = Duration::from_secs(2);
/// How many more taps than diners of the same meal are noted: staff, and elders who tap twice.
pub const TAPS_BEYOND_DINERS_MAX: usize = 5;

/// Whether a tap at `now` comes too soon after the `last` one, by a clock that never jumps.
pub fn too_soon(last: Option<Duration>, now: Duration) -> bool {
    last.is_some_and(|last| now.saturating_sub(last) < TAP_GAP)
}

/// Whether `taps` of a meal with so many `diners` are as many as are noted.
pub fn enough(taps: usize, diners: usize) -> bool {
    taps >= diners + TAPS_BEYOND_DINERS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tap_in_two_seconds_is_noted() {
        let s = Duration::from_secs;
        assert!(!too_soon(None, s(0)));
        assert!(too_soon(Some(s(10)), s(10)));
        assert!(too_soon(Some(s(10)), s(12) - Duration::from_millis(1)));
        assert!(!too_soon(Some(s(10)), s(12)));
    }

    #[test]
    fn a_few_more_taps_than_diners_are_noted() {
        assert!(!enough(0, 0));
        assert!(!enough(TAPS_BEYOND_DINERS_MAX - 1, 0));
        assert!(enough(TAPS_BEYOND_DINERS_MAX, 0));
        assert!(!enough(TAPS_BEYOND_DINERS_MAX, 1));
    }
}

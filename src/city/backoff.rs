//! How long to wait before the next attempt. Pure: the draw is handed in.

use std::time::Duration;

/// Longest wait after the first failure.
pub const FIRST_WAIT: Duration = Duration::from_secs(4);
/// Longest wait of all.
pub const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// The wait after `failures` failures in a row: it doubles from [`FIRST_WAIT`] up to [`WAIT_MAX`],
/// and the upper half of it is left to chance, so that boxes that failed together do not come back
/// together. `draw` is a random number.
pub fn wait(failures: u32, draw: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = FIRST_WAIT.saturating_mul(1 << doublings).min(WAIT_MAX);
    let half = longest / 2;
    half + half.mul_f64(draw as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_never_fall_below_half() {
        let mut longest = Vec::new();
        for failures in [0, 1, 2, 3, 8, 9, 100, u32::MAX] {
            let (least, most) = (wait(failures, 0), wait(failures, u64::MAX));
            assert_eq!(least * 2, most, "{failures}");
            let middle = wait(failures, u64::MAX / 2);
            assert!(least < middle && middle < most);
            longest.push(most.as_secs());
        }
        assert_eq!(longest, [4, 4, 8, 16, 512, 900, 900, 900]);
    }
}

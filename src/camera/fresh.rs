//! Tells fresh frames from old, repeated and frozen ones, and says when a camera has to be given up.
//!
//! 1. Times and sequence numbers of frames that pass only go up.
//! 2. A frame that equals the one before it to the last bit is a repetition: noise makes two
//!    pictures of one sensor differ, even of a still life. (A lens cap may not; that is no picture
//!    of an elder either.)
//! 3. A frame is stale where its way from the sensor took [`STALE_AFTER`] longer than that of the
//!    quickest frame since the start: then it waited somewhere.
//! 4. A camera without a fresh frame for the stated time is given up, and the fault says what came
//!    in its place.
//!
//! Pure: it is told when a frame was taken and when it arrived, on clocks that need not agree.

use super::fault::Fault;
use std::time::Duration;

/// By how much a frame may be late against the quickest one.
pub const STALE_AFTER: Duration = Duration::from_millis(1000);

/// Why a frame is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// Not whole: the driver or the decoder says so.
    Damaged,
    /// The same as the one before it, or its number or time is not after it.
    Repeated,
    /// It took too long.
    Stale,
}

/// Judges the frames of one opened camera.
#[derive(Debug)]
pub struct Judge {
    /// How long it may take from the start to the first fresh frame, and between two.
    start_limit: Duration,
    stall_limit: Duration,
    fresh_at: Option<Duration>,
    started_at: Duration,
    last: Option<(u32, Duration)>,
    /// Least arrival minus taken, in nanoseconds; the clocks may have any offset.
    quickest: Option<i128>,
    /// What came since the last fresh frame.
    since: Option<Reject>,
}

impl Judge {
    /// A judge of a camera that was started at `now`.
    pub fn new(now: Duration, start_limit: Duration, stall_limit: Duration) -> Self {
        Judge {
            start_limit,
            stall_limit,
            fresh_at: None,
            started_at: now,
            last: None,
            quickest: None,
            since: None,
        }
    }

    /// Judges a frame that arrived at `arrived`: number `sequence`, taken at `taken`; `same` where
    /// its bytes are those of the one before. Gives how late it is against the quickest.
    ///
    /// # Errors
    /// [`Reject`]; it is remembered as by [`Judge::reject`].
    pub fn frame(
        &mut self,
        arrived: Duration,
        sequence: u32,
        taken: Duration,
        same: bool,
    ) -> Result<Duration, Reject> {
        let way = arrived.as_nanos() as i128 - taken.as_nanos() as i128;
        let quickest = self.quickest.map_or(way, |least| least.min(way));
        self.quickest = Some(quickest);
        let late = Duration::from_nanos(u64::try_from(way - quickest).unwrap_or(u64::MAX));
        let forward = self.last.is_none_or(|(number, time)| sequence > number && taken > time);
        let verdict = match (same || !forward, late > STALE_AFTER) {
            (true, _) => Err(Reject::Repeated),
            (false, true) => Err(Reject::Stale),
            (false, false) => Ok(late),
        };
        if forward {
            self.last = Some((sequence, taken));
        }
        verdict.inspect_err(|reject| self.reject(*reject))
    }

    /// A frame was rejected, here or by its decoder.
    pub fn reject(&mut self, reject: Reject) {
        self.since = Some(reject);
    }

    /// A frame that was judged fresh at `arrived` turned out to be a whole picture.
    pub fn good(&mut self, arrived: Duration) {
        self.fresh_at = Some(arrived);
        self.since = None;
    }

    /// When the camera has to be given up if no fresh frame comes before.
    pub fn deadline(&self) -> Duration {
        match self.fresh_at {
            Some(fresh) => fresh + self.stall_limit,
            None => self.started_at + self.start_limit,
        }
    }

    /// Why the camera has to be given up, at or after the deadline.
    pub fn overdue(&self, now: Duration) -> Option<Fault> {
        let fault = match self.since {
            None | Some(Reject::Stale) => Fault::Stalled,
            Some(Reject::Repeated) => Fault::Frozen,
            Some(Reject::Damaged) => Fault::Damaged,
        };
        (now >= self.deadline()).then_some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    fn judge() -> Judge {
        Judge::new(Duration::ZERO, TENTH * 50, TENTH * 15)
    }

    /// The camera's clock is hours ahead of the service's.
    fn taken(tenths: u32) -> Duration {
        Duration::from_secs(7200) + TENTH * tenths
    }

    #[test]
    fn frames_at_their_pace_are_fresh_whatever_the_clocks_say() {
        let mut judge = judge();
        for n in 0..100 {
            let late = judge.frame(TENTH * n, n, taken(n), false).unwrap();
            assert_eq!(late, Duration::ZERO);
            judge.good(TENTH * n);
        }
        assert_eq!(judge.overdue(TENTH * 113), None);
    }

    #[test]
    fn equal_bytes_an_old_number_and_an_old_time_are_repetitions() {
        for (sequence, at, same, fresh) in [
            (5, taken(11), false, true),
            (5, taken(11), true, false),
            (4, taken(11), false, false),
            (5, taken(10), false, false),
            (3, taken(9), false, false),
        ] {
            let mut judge = judge();
            judge.frame(TENTH * 10, 4, taken(10), false).unwrap();
            let verdict = judge.frame(TENTH * 11, sequence, at, same);
            assert_eq!(verdict.is_ok(), fresh, "{sequence} {at:?} {same}");
        }
    }

    #[test]
    fn a_frame_that_waited_is_stale_and_the_next_quick_one_is_fresh() {
        let mut judge = judge();
        judge.frame(TENTH, 1, taken(1), false).unwrap();
        let late = judge.frame(TENTH * 12, 2, taken(2), false);
        assert_eq!(late, Ok(STALE_AFTER));
        assert_eq!(judge.frame(TENTH * 14, 3, taken(3), false), Err(Reject::Stale));
        assert_eq!(judge.frame(TENTH * 15, 4, taken(15), false), Ok(Duration::ZERO));
    }

    #[test]
    fn a_slow_start_does_not_excuse_later_frames() {
        let mut judge = judge();
        // The first frame was kept waiting; the second shows how quick the way is.
        judge.frame(TENTH * 30, 1, taken(1), false).unwrap();
        judge.frame(TENTH * 31, 2, taken(31), false).unwrap();
        assert_eq!(judge.frame(TENTH * 60, 3, taken(45), false), Err(Reject::Stale));
    }

    #[test]
    fn a_camera_is_given_up_for_what_came_instead_of_fresh_frames() {
        let rejects = [
            (None, Fault::Stalled),
            (Some(Reject::Stale), Fault::Stalled),
            (Some(Reject::Repeated), Fault::Frozen),
            (Some(Reject::Damaged), Fault::Damaged),
        ];
        for (reject, fault) in rejects {
            let mut judge = judge();
            judge.frame(TENTH, 1, taken(1), false).unwrap();
            judge.good(TENTH);
            reject.into_iter().for_each(|r| judge.reject(r));
            assert_eq!(judge.deadline(), TENTH * 16);
            assert_eq!(judge.overdue(TENTH * 16 - Duration::from_nanos(1)), None);
            assert_eq!(judge.overdue(TENTH * 16), Some(fault));
        }
    }

    #[test]
    fn the_first_frame_may_take_longer_than_the_next_ones() {
        let judge = judge();
        assert_eq!(judge.overdue(TENTH * 49), None);
        assert_eq!(judge.overdue(TENTH * 50), Some(Fault::Stalled));
    }

    #[test]
    fn one_good_frame_clears_what_came_before_it() {
        let mut judge = judge();
        judge.reject(Reject::Damaged);
        judge.frame(TENTH, 1, taken(1), false).unwrap();
        judge.good(TENTH);
        assert_eq!(judge.overdue(TENTH * 16), Some(Fault::Stalled));
    }
}

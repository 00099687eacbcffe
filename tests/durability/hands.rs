//! A clock whose hands a test may turn.

use canteend::clock::Clock;
use canteend::domain::calendar::Timestamp;
use canteend::domain::entry::operation::BootId;
use std::sync::Mutex;
use std::time::Duration;

/// Hands of a clock that a test may turn.
pub struct Hands {
    pub wall: i64,
    /// How far the wall clock is from the true time.
    pub skew: i64,
    pub monotonic: u64,
    pub boot: u8,
}

pub struct TestClock(pub Mutex<Hands>);

impl TestClock {
    pub fn turn(&self, hands: impl FnOnce(&mut Hands)) {
        hands(&mut self.0.lock().unwrap());
    }

    pub fn step(&self, seconds: i64) {
        self.turn(|hands| {
            hands.wall += seconds;
            hands.skew += seconds;
        });
    }

    /// Skew, and start of the machine.
    pub fn state(&self) -> (i64, u8) {
        let hands = self.0.lock().unwrap();
        (hands.skew, hands.boot)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.lock().unwrap().wall).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.lock().unwrap().monotonic)
    }

    fn boot(&self) -> BootId {
        [self.0.lock().unwrap().boot; 16]
    }
}

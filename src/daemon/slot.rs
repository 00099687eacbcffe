//! One frame between camera and vision.
//!
//! A live camera overwrites it: vision always gets the newest frame and a slow model never makes
//! a queue. A replay that runs as fast as it goes waits instead, so that no frame is skipped.

use crate::frame::Frame;
use std::sync::{Condvar, Mutex, MutexGuard};

#[derive(Default)]
struct State {
    frame: Option<Frame>,
    closed: bool,
    dropped: u64,
}

/// A slot of size one.
#[derive(Default)]
pub struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

impl Slot {
    /// Puts `frame` in, over an older one that nobody took. False where the slot is closed.
    pub fn put_newest(&self, frame: Frame) -> bool {
        let mut state = self.lock();
        state.dropped += u64::from(state.frame.replace(frame).is_some());
        self.changed.notify_all();
        !state.closed
    }

    /// Waits until the slot is empty, then puts `frame` in. False where the slot is closed.
    pub fn put_waiting(&self, frame: Frame) -> bool {
        let state = self.lock();
        let mut state = self
            .changed
            .wait_while(state, |s| s.frame.is_some() && !s.closed)
            .expect("no holder panics");
        state.frame = Some(frame);
        self.changed.notify_all();
        !state.closed
    }

    /// Waits for a frame; `None` once the slot is closed and empty.
    pub fn take(&self) -> Option<Frame> {
        let state = self.lock();
        let mut state = self
            .changed
            .wait_while(state, |s| s.frame.is_none() && !s.closed)
            .expect("no holder panics");
        let frame = state.frame.take();
        self.changed.notify_all();
        frame
    }

    /// Lets both sides go: puts answer false, and takes end after the last frame.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether it was closed.
    pub fn closed(&self) -> bool {
        self.lock().closed
    }

    /// Frames that were overwritten before anybody took them.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn frame(n: u64) -> Frame {
        Frame::new(1, 1, vec![0; 3], Duration::from_secs(n)).unwrap()
    }

    #[test]
    fn the_newest_frame_wins() {
        let slot = Slot::default();
        assert!(slot.put_newest(frame(1)) && slot.put_newest(frame(2)));
        assert_eq!(slot.take().unwrap().taken, Duration::from_secs(2));
        assert_eq!(slot.dropped(), 1);
    }

    #[test]
    fn a_waiting_source_skips_no_frame() {
        let slot = Slot::default();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                (0..100).for_each(|n| assert!(slot.put_waiting(frame(n))));
                slot.close();
            });
            let taken: Vec<u64> =
                std::iter::from_fn(|| slot.take()).map(|f| f.taken.as_secs()).collect();
            assert_eq!(taken, (0..100).collect::<Vec<_>>());
        });
    }

    #[test]
    fn a_closed_slot_gives_its_last_frame_and_then_ends() {
        let slot = Slot::default();
        slot.put_newest(frame(1));
        slot.close();
        assert!(!slot.put_newest(frame(2)));
        assert!(slot.take().is_some() && slot.take().is_none());
    }
}

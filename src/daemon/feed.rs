//! The camera's thread: frames into the slot, what is the matter with the camera onto the board.

use super::board::Board;
use super::slot::Slot;
use crate::camera::fault::Fault;
use crate::camera::{CameraError, FrameSource};
use crate::clock::Clock;
use crate::domain::health::Trouble;
use std::time::{Duration, Instant};
use tracing::{error, info, warn};

/// After so many broken frames in a row the camera counts as lost.
const BROKEN_FRAMES_MAX: u32 = 50;

/// How frames go into the slot.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// As they come; the newest wins.
    Live,
    /// When their time has come; the newest wins.
    AsTaken,
    /// As fast as vision takes them; none is left out.
    Unhurried,
}

/// Puts frames into `slot` until it is closed or the source ends.
pub(super) fn feed(
    source: &mut dyn FrameSource,
    slot: &Slot,
    pace: Pace,
    board: &Board,
    clock: &dyn Clock,
) {
    let started = Instant::now();
    let mut state = Watched { board, clock, broken: 0, away: None };
    while !slot.closed() {
        let came = source.next();
        board.counts().camera_turns.add();
        match came {
            Ok(Some(frame)) => {
                state.seen();
                if matches!(pace, Pace::AsTaken) {
                    pause_until(started, frame.taken, slot);
                }
                board.preview().offer(&frame);
                let open = match pace {
                    Pace::Live | Pace::AsTaken => slot.put_newest(frame),
                    Pace::Unhurried => slot.put_waiting(frame),
                };
                if !open {
                    break;
                }
            }
            Ok(None) => break,
            Err(problem) if state.survives(&problem) => {}
            Err(_) => break,
        }
    }
    slot.close();
}

/// What was said about the camera, so that each state is said once.
struct Watched<'a> {
    board: &'a Board,
    clock: &'a dyn Clock,
    broken: u32,
    away: Option<Fault>,
}

impl Watched<'_> {
    /// A good frame came.
    fn seen(&mut self) {
        self.broken = 0;
        self.board.counts().frames.add();
        if self.away.take().is_some() {
            self.board.clear(Trouble::CameraLost);
            info!("camera back");
        }
    }

    /// Says what is wrong; false where there is no point in asking for another frame.
    fn survives(&mut self, problem: &CameraError) -> bool {
        match problem {
            CameraError::Quiet => return true,
            CameraError::Away { trouble, .. } => {
                let before = self.away.replace(trouble.fault);
                if before != Some(trouble.fault) {
                    warn!(%problem, state = trouble.fault.code(), "camera lost, trying again");
                    self.lost(trouble.fault.code(), before.is_none());
                }
                return true;
            }
            _ => self.broken += 1,
        }
        self.board.counts().broken.add();
        if !problem.passing() || self.broken >= BROKEN_FRAMES_MAX {
            error!(%problem, broken = self.broken, "camera lost");
            self.lost(Fault::Damaged.code(), true);
            return false;
        }
        if self.broken == 1 {
            warn!(%problem, "frame skipped");
        }
        true
    }

    fn lost(&self, code: &str, newly: bool) {
        if newly {
            self.board.counts().camera_losses.add();
        }
        self.board.preview().blank();
        self.board.raise(Trouble::CameraLost, self.clock.now(), code);
    }
}

/// Waits until a frame is due, in steps that notice a closed slot.
fn pause_until(started: Instant, due: Duration, slot: &Slot) {
    const STEP: Duration = Duration::from_millis(50);
    while let Some(left) = due.checked_sub(started.elapsed()) {
        if slot.closed() || left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(STEP));
    }
}

//! A camera as a [`FrameSource`]: runs the camera process, reads from it, replaces it.
//!
//! 1. [`Supervised::next`] answers within [`POLL`] and a decoding, whatever camera and process do.
//! 2. Frames that are damaged, repeated or stale never come out. After a start, frames come out
//!    once [`WARM_FRAMES`] good ones came in a row: a frozen camera does not flicker in and out,
//!    and the first frames of a sensor are dark.
//! 3. A camera without a good frame for [`Timing::stall`] is lost: its process is killed and, after
//!    a wait that doubles from [`Timing::retry_first`] to [`Timing::retry_max`], replaced. It is
//!    tried for ever, so that a camera is found when it is plugged in.
//! 4. At most one process runs. Processes that were killed and are not dead yet (waiting in the
//!    kernel for a device) are at most [`DYING_MAX`]; no further one is started meanwhile.
//! 5. Stopping asks first and kills after [`STOP_MAX`].

use super::fault::{Fault, Trouble};
use super::fresh::{Judge, Reject};
use super::wire::{self, Format, Message, Raw, WireError};
use super::{CameraError, FrameSource, yuyv};
use crate::frame::{Frame, decode};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Longest wait for something to happen before `next` answers.
pub const POLL: Duration = Duration::from_millis(200);
/// Good frames in a row after a start before frames come out.
pub const WARM_FRAMES: u32 = 3;
/// Most killed processes that are not dead yet.
pub const DYING_MAX: usize = 4;
/// Longest wait for a process that was asked to stop.
pub const STOP_MAX: Duration = Duration::from_secs(1);
/// Messages read ahead; the pipe and the driver hold the rest back.
const READ_AHEAD_MAX: usize = 1;

/// How long the camera may take for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the start of the process to the first good frame.
    pub start: Duration,
    /// From one good frame to the next. Together with what it takes to notice, below two seconds.
    pub stall: Duration,
    /// Wait before the first new try.
    pub retry_first: Duration,
    /// Longest wait between two tries.
    pub retry_max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            start: Duration::from_secs(6),
            stall: Duration::from_millis(1500),
            retry_first: Duration::from_millis(250),
            retry_max: Duration::from_secs(2),
        }
    }
}

/// What came and what was done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Good frames, those of warming up included.
    pub good: u64,
    /// Frames that were not whole.
    pub damaged: u64,
    /// Frames that were the same as the one before or not after it.
    pub repeated: u64,
    /// Frames that were too old.
    pub stale: u64,
    /// Processes that were started.
    pub starts: u64,
}

type Launch = Box<dyn FnMut() -> Command + Send>;

/// A supervised camera.
pub struct Supervised {
    path: PathBuf,
    launch: Launch,
    timing: Timing,
    began: Instant,
    running: Option<Running>,
    dying: Vec<Child>,
    /// When the next process is due, where none runs.
    retry_at: Duration,
    wait: Duration,
    last_taken: Duration,
    format: Option<Format>,
    counts: Counts,
}

struct Running {
    child: Child,
    /// Closing it asks the process to stop.
    ask: ChildStdin,
    messages: Receiver<Result<Message, WireError>>,
    judge: Judge,
    warm: u32,
    /// The latest good picture, to know it again.
    last: Vec<u8>,
}

impl Supervised {
    /// A camera at `path` (for messages) whose processes `launch` describes. Nothing is started
    /// before the first [`FrameSource::next`].
    pub fn new(
        path: &Path,
        timing: Timing,
        launch: impl FnMut() -> Command + Send + 'static,
    ) -> Self {
        Supervised {
            path: path.to_owned(),
            launch: Box::new(launch),
            timing,
            began: Instant::now(),
            running: None,
            dying: vec![],
            retry_at: Duration::ZERO,
            wait: timing.retry_first,
            last_taken: Duration::ZERO,
            format: None,
            counts: Counts::default(),
        }
    }

    /// What came so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How the camera codes its pictures, once one has come.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Asks the process to stop, and kills it where it does not.
    pub fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        let Running { mut child, ask, messages, .. } = running;
        drop(ask);
        let until = Instant::now() + STOP_MAX;
        // Its output ends when it does; what it still says is of no use.
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if messages.recv_timeout(left).is_err() {
                break;
            }
        }
        // It may have ended already; the kill of an ended process is no error worth telling.
        let _ = child.kill();
        self.dying.push(child);
        self.reap();
    }

    fn start(&mut self) -> Result<(), Trouble> {
        self.reap();
        if self.dying.len() >= DYING_MAX {
            return Err(Trouble::new(Fault::Worker, "killed camera processes do not end"));
        }
        let mut child =
            (self.launch)().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(
                |error| Trouble::new(Fault::Worker, format!("it cannot be started: {error}")),
            )?;
        let ask = child.stdin.take().expect("asked for a pipe above");
        let output = child.stdout.take().expect("asked for a pipe above");
        let (sender, messages) = sync_channel(READ_AHEAD_MAX);
        std::thread::spawn(move || forward(output, &sender));
        let judge = Judge::new(self.began.elapsed(), self.timing.start, self.timing.stall);
        self.running = Some(Running { child, ask, messages, judge, warm: 0, last: vec![] });
        self.counts.starts += 1;
        Ok(())
    }

    /// Gives the camera up for now.
    fn lose(&mut self, trouble: Trouble) -> CameraError {
        if let Some(mut running) = self.running.take() {
            // It may have ended by itself.
            let _ = running.child.kill();
            self.dying.push(running.child);
        }
        self.retry_at = self.began.elapsed() + self.wait;
        self.wait = (self.wait * 2).min(self.timing.retry_max);
        CameraError::Away { path: self.path.clone(), trouble }
    }

    fn reap(&mut self) {
        // A process that cannot be waited for is not ours any more.
        self.dying.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    /// One step: a frame, or nothing for now.
    fn step(&mut self) -> Result<Option<Frame>, Trouble> {
        if self.running.is_none() {
            let left = self.retry_at.saturating_sub(self.began.elapsed());
            if !left.is_zero() {
                std::thread::sleep(left.min(POLL));
                return Ok(None);
            }
            self.start()?;
        }
        let running = self.running.as_mut().expect("started above");
        let left = running.judge.deadline().saturating_sub(self.began.elapsed());
        let frame = match running.messages.recv_timeout(left.min(POLL)) {
            Ok(Ok(Message::Frame(raw))) => self.frame(raw),
            Ok(Ok(Message::Fault(trouble))) => return Err(trouble),
            Ok(Err(error)) => return Err(Trouble::new(Fault::Worker, error)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Trouble::new(Fault::Worker, "it ended without a word"));
            }
        };
        let running = self.running.as_ref().expect("nothing ended it");
        match running.judge.overdue(self.began.elapsed()) {
            Some(fault) if frame.is_none() => Err(fault.into()),
            _ => Ok(frame),
        }
    }

    /// Judges and decodes a picture; `None` where it is rejected or the camera is not warm yet.
    fn frame(&mut self, raw: Raw) -> Option<Frame> {
        let arrived = self.began.elapsed();
        let format = raw.format;
        let running = self.running.as_mut().expect("it sent this frame");
        match running.accept(arrived, raw, self.last_taken) {
            Err(reject) => {
                *match reject {
                    Reject::Damaged => &mut self.counts.damaged,
                    Reject::Repeated => &mut self.counts.repeated,
                    Reject::Stale => &mut self.counts.stale,
                } += 1;
                None
            }
            Ok(frame) => {
                self.counts.good += 1;
                self.last_taken = frame.taken;
                self.format = Some(format);
                if running.warm < WARM_FRAMES {
                    return None;
                }
                self.wait = self.timing.retry_first;
                Some(frame)
            }
        }
    }
}

impl Running {
    /// The picture as a frame; its time is on the source's clock and not before `earliest`.
    fn accept(&mut self, arrived: Duration, raw: Raw, earliest: Duration) -> Result<Frame, Reject> {
        let same = raw.picture == self.last;
        let judged = self.judge.frame(arrived, raw.sequence, raw.taken, same);
        let late = judged.inspect_err(|_| self.cool())?;
        let taken = arrived.saturating_sub(late).max(earliest);
        let decoded = match raw.format {
            _ if raw.damaged => None,
            Format::Mjpeg => decode::jpeg(&raw.picture, taken, vec![]).ok(),
            Format::Yuyv => yuyv::frame(&raw.picture, raw.width, raw.height, taken),
        };
        let negotiated = (u32::from(raw.width), u32::from(raw.height));
        match decoded.filter(|frame| (frame.width(), frame.height()) == negotiated) {
            Some(frame) => {
                self.last = raw.picture;
                self.judge.good(arrived);
                self.warm = (self.warm + 1).min(WARM_FRAMES);
                Ok(frame)
            }
            None => {
                self.judge.reject(Reject::Damaged);
                self.cool();
                Err(Reject::Damaged)
            }
        }
    }

    /// A bad frame came: one that is not warm yet begins anew.
    fn cool(&mut self) {
        if self.warm < WARM_FRAMES {
            self.warm = 0;
        }
    }
}

impl FrameSource for Supervised {
    /// Never the end. [`CameraError::Away`] where the camera was lost just now,
    /// [`CameraError::Quiet`] where there is nothing new.
    fn next(&mut self) -> Result<Option<Frame>, CameraError> {
        match self.step() {
            Ok(Some(frame)) => Ok(Some(frame)),
            Ok(None) => Err(CameraError::Quiet),
            Err(trouble) => Err(self.lose(trouble)),
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Carries messages from the process until it ends, says nonsense, or nobody listens.
fn forward(mut output: ChildStdout, messages: &SyncSender<Result<Message, WireError>>) {
    while let Some(message) = wire::read(&mut output).transpose() {
        let last = message.is_err();
        if messages.send(message).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests;

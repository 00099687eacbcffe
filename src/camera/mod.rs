//! Where frames come from.
//!
//! 1. A source yields frames in the order of their `taken` times, which never go back.
//! 2. A broken picture of a replay is an error for that frame and names it; the source goes on
//!    after it. A camera's broken pictures are counted and left out.
//! 3. A camera runs in a process of its own (`worker`), because its driver can block for ever and
//!    the libraries that speak to it can panic; `supervise` watches and replaces that process.
//!
//! It does not look at what a frame shows.

pub mod device;
pub mod fault;
pub mod fresh;
pub mod mjpeg;
pub mod mode;
pub mod replay;
pub mod supervise;
pub mod walkup;
pub mod wire;
pub mod worker;
pub mod yuyv;

use crate::error::{Exit, Sysexit};
use crate::frame::Frame;
use crate::frame::decode::DecodeError;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// A file or folder to replay cannot be read.
    #[error("replay {}: {source}; check camera.path in the configuration", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why it could not be.
        source: std::io::Error,
    },
    /// There is nothing to replay.
    #[error("replay {}: no JPEG or PNG picture in it; give a folder of pictures or an MJPEG file", path.display())]
    Empty {
        /// The folder or file.
        path: PathBuf,
    },
    /// One picture is broken; the next frame may be good.
    #[error("frame {name}: {source}")]
    Picture {
        /// File name, or position in the MJPEG file.
        name: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The picture of a replay is too large for its bound.
    #[error("replay {}: {bytes} bytes are more than the bound of {max}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The bound.
        max: u64,
    },
    /// The camera was lost; it is being tried again.
    #[error("camera {}: {trouble}", path.display())]
    Away {
        /// Its path.
        path: PathBuf,
        /// What is the matter, and what to do.
        trouble: fault::Trouble,
    },
    /// Nothing new came within the time that a source may keep its caller waiting.
    #[error("no frame yet")]
    Quiet,
}

impl Sysexit for CameraError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } | Self::Empty { .. } => Exit::Unavailable,
            Self::Picture { .. } | Self::TooLarge { .. } => Exit::Data,
            Self::Away { trouble, .. } => trouble.fault.exit(),
            Self::Quiet => Exit::Unavailable,
        }
    }
}

impl CameraError {
    /// Whether the source can yield another frame after this.
    pub fn passing(&self) -> bool {
        matches!(self, Self::Picture { .. } | Self::Away { .. } | Self::Quiet)
    }
}

/// A camera, or something that stands for one.
pub trait FrameSource: Send {
    /// The next frame; `None` where the source has come to its end.
    ///
    /// # Errors
    /// [`CameraError`]; where it is [`CameraError::passing`], ask again.
    fn next(&mut self) -> Result<Option<Frame>, CameraError>;
}

/// Frames a second, as the time from one frame to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(Duration);

impl Rate {
    /// Lowest rate.
    pub const FPS_MIN: u32 = 1;
    /// Highest rate.
    pub const FPS_MAX: u32 = 60;

    /// A rate of `fps` frames a second, or `None` out of [`Rate::FPS_MIN`]..=[`Rate::FPS_MAX`].
    pub fn new(fps: u32) -> Option<Self> {
        (Self::FPS_MIN..=Self::FPS_MAX).contains(&fps).then(|| Rate(Duration::from_secs(1) / fps))
    }

    /// Frames a second.
    pub fn per_second(self) -> u32 {
        (Duration::from_secs(1).as_nanos() / self.0.as_nanos()) as u32
    }

    /// When frame number `n` (from 0) is taken.
    pub fn taken(self, n: u64) -> Duration {
        let nanos = self.0.as_nanos() * u128::from(n);
        Duration::from_nanos(u64::try_from(nanos).expect("a replay ends long before 584 years"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_gives_back_its_frames_a_second() {
        for fps in Rate::FPS_MIN..=Rate::FPS_MAX {
            assert_eq!(Rate::new(fps).unwrap().per_second(), fps);
        }
    }
}

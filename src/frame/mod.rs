//! A decoded picture and when it was taken: what `camera` gives and `vision` takes.

pub mod decode;
pub mod encode;

use std::fmt;
use std::time::Duration;

/// Most pixels of a frame on either side.
pub const FRAME_SIDE_MAX: u32 = 8192;
/// Most pixels of a frame (24 megapixels).
pub const FRAME_PIXELS_MAX: u64 = 24_000_000;

/// An RGB picture, 8 bits a channel, rows from the top, without padding.
///
/// `Debug` prints the size only: pixels never reach a log.
#[derive(Clone, PartialEq)]
pub struct Frame {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    /// Time since the source started, by a clock that never jumps.
    pub taken: Duration,
}

impl Frame {
    /// A frame of `width` × `height` pixels, or `None` where `rgb` does not hold exactly
    /// `width × height × 3` bytes or the size is zero or out of bounds.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>, taken: Duration) -> Option<Self> {
        let pixels = u64::from(width) * u64::from(height);
        let fits = (1..=FRAME_SIDE_MAX).contains(&width)
            && (1..=FRAME_SIDE_MAX).contains(&height)
            && pixels <= FRAME_PIXELS_MAX
            && rgb.len() as u64 == pixels * 3;
        fits.then_some(Frame { width, height, rgb, taken })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, R, G, B in turn.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixels, given back so that their memory can serve the next frame.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}×{} at {:?})", self.width, self.height, self.taken)
    }
}

//! What the camera process says to the service: frames and faults, framed, over its standard output.
//!
//! ```text
//! offset  bytes  field (numbers are little-endian)
//!      0      4  magic "CTF1"
//!      4      1  kind: 1 frame, 2 fault
//!      5      1  frame: format (1 MJPEG, 2 YUYV); fault: its number
//!      6      1  frame: 1 where the driver says that it is damaged, else 0; fault: 0
//!      7      1  0
//!      8      4  frame: sequence number of the driver; fault: 0
//!     12      8  frame: when it was taken, nanoseconds on the monotonic clock; fault: 0
//!     20      2  frame: width in pixels; fault: 0
//!     22      2  frame: height in pixels; fault: 0
//!     24      4  length of what follows: the picture, or the fault's detail in UTF-8
//! ```
//!
//! 1. Nothing is allocated before the whole head has been checked; lengths are bounded.
//! 2. Reading is strict: any byte that this version does not write is an error, and after an error
//!    the stream is worthless. There is no search for the next magic number: the process that
//!    wrote nonsense is replaced.
//! 3. The end between two messages is an end; the end inside one is an error.
//!
//! It does not look into pictures.

use super::fault::{Fault, Trouble};
use super::mjpeg::PICTURE_BYTES_MAX;
use crate::frame::FRAME_SIDE_MAX;
use std::io::{self, Read, Write};
use std::time::Duration;

/// Longest detail of a fault, in bytes.
pub const DETAIL_BYTES_MAX: usize = 1024;
/// Length of a head.
const HEAD_BYTES: usize = 28;
const MAGIC: [u8; 4] = *b"CTF1";
const FRAME: u8 = 1;
const FAULT: u8 = 2;

/// How a camera codes its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A JPEG a frame.
    Mjpeg,
    /// 4:2:2, two pixels in the four bytes Y U Y V.
    Yuyv,
}

impl Format {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Mjpeg => "MJPEG",
            Format::Yuyv => "YUYV",
        }
    }
}

/// A picture as the driver gave it.
#[derive(Clone, PartialEq)]
pub struct Raw {
    /// How it is coded.
    pub format: Format,
    /// The driver says that it is damaged.
    pub damaged: bool,
    /// The driver's count; frames that it dropped are counted.
    pub sequence: u32,
    /// When it was taken, on the machine's monotonic clock.
    pub taken: Duration,
    /// Width in pixels, as negotiated.
    pub width: u16,
    /// Height in pixels, as negotiated.
    pub height: u16,
    /// The bytes.
    pub picture: Vec<u8>,
}

/// Sizes only: pictures never reach a log.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (format, bytes) = (self.format, self.picture.len());
        write!(f, "Raw({format:?} {}×{} #{}, {bytes} B)", self.width, self.height, self.sequence)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A picture.
    Frame(Raw),
    /// Why there will be none; the process ends after it.
    Fault(Trouble),
}

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side ended inside a message.
    #[error("the camera process ended inside a message")]
    Truncated,
    /// A field has a value that is never written.
    #[error("the camera process wrote nonsense ({0})")]
    Nonsense(&'static str),
    /// Reading failed.
    #[error("reading from the camera process: {0}")]
    Read(#[source] io::Error),
}

/// Writes a picture that is not in one's own memory yet; the payload of `head` is not looked at.
///
/// # Errors
/// What writing gives; a picture longer than [`PICTURE_BYTES_MAX`] is invalid input.
pub fn write_frame(out: &mut impl Write, head: &Raw, picture: &[u8]) -> io::Result<()> {
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let format = match head.format {
        Format::Mjpeg => 1,
        Format::Yuyv => 2,
    };
    let mut bytes = head_of([FRAME, format, head.damaged.into()], picture.len());
    bytes[8..12].copy_from_slice(&head.sequence.to_le_bytes());
    // 584 years of nanoseconds fit.
    let nanos = u64::try_from(head.taken.as_nanos()).unwrap_or(u64::MAX);
    bytes[12..20].copy_from_slice(&nanos.to_le_bytes());
    bytes[20..22].copy_from_slice(&head.width.to_le_bytes());
    bytes[22..24].copy_from_slice(&head.height.to_le_bytes());
    out.write_all(&bytes)?;
    out.write_all(picture)?;
    out.flush()
}

/// Writes a fault; a detail that is too long is cut.
///
/// # Errors
/// What writing gives.
pub fn write_fault(out: &mut impl Write, trouble: &Trouble) -> io::Result<()> {
    let detail = &trouble.detail[..trouble.detail.floor_char_boundary(DETAIL_BYTES_MAX)];
    out.write_all(&head_of([FAULT, trouble.fault.number(), 0], detail.len()))?;
    out.write_all(detail.as_bytes())?;
    out.flush()
}

fn head_of(kind: [u8; 3], length: usize) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&MAGIC);
    head[4..7].copy_from_slice(&kind);
    let length = u32::try_from(length).expect("bounds are far below four gigabytes");
    head[24..28].copy_from_slice(&length.to_le_bytes());
    head
}

/// Reads one message; `None` at the end.
///
/// # Errors
/// [`WireError`]; nothing can be read after it.
pub fn read(input: &mut impl Read) -> Result<Option<Message>, WireError> {
    let mut head = [0; HEAD_BYTES];
    match input.read(&mut head[..1]).map_err(WireError::Read)? {
        0 => return Ok(None),
        _ => fill(input, &mut head[1..])?,
    }
    let number = |at: usize, n: usize| {
        head[at..at + n].iter().rev().fold(0u64, |sum, b| (sum << 8) | u64::from(*b))
    };
    if head[..4] != MAGIC || head[7] != 0 {
        return Err(WireError::Nonsense("magic"));
    }
    let length = number(24, 4) as usize;
    match head[4] {
        FRAME => {
            let raw = Raw {
                format: match head[5] {
                    1 => Format::Mjpeg,
                    2 => Format::Yuyv,
                    _ => return Err(WireError::Nonsense("format")),
                },
                damaged: match head[6] {
                    0 => false,
                    1 => true,
                    _ => return Err(WireError::Nonsense("flags")),
                },
                sequence: number(8, 4) as u32,
                taken: Duration::from_nanos(number(12, 8)),
                width: side(number(20, 2))?,
                height: side(number(22, 2))?,
                picture: body(input, length, PICTURE_BYTES_MAX)?,
            };
            Ok(Some(Message::Frame(raw)))
        }
        FAULT => {
            let fault = Fault::from_number(head[5]).ok_or(WireError::Nonsense("fault"))?;
            if head[6..24].iter().any(|b| *b != 0) {
                return Err(WireError::Nonsense("fault's head"));
            }
            let detail = String::from_utf8(body(input, length, DETAIL_BYTES_MAX)?)
                .map_err(|_| WireError::Nonsense("detail"))?;
            Ok(Some(Message::Fault(Trouble { fault, detail })))
        }
        _ => Err(WireError::Nonsense("kind")),
    }
}

fn side(pixels: u64) -> Result<u16, WireError> {
    match pixels {
        1.. if pixels <= u64::from(FRAME_SIDE_MAX) => Ok(pixels as u16),
        _ => Err(WireError::Nonsense("size")),
    }
}

fn body(input: &mut impl Read, length: usize, max: usize) -> Result<Vec<u8>, WireError> {
    if length > max {
        return Err(WireError::Nonsense("length"));
    }
    let mut bytes = vec![0; length];
    fill(input, &mut bytes)?;
    Ok(bytes)
}

fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<(), WireError> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => WireError::Truncated,
        _ => WireError::Read(error),
    })
}

#[cfg(test)]
mod tests;

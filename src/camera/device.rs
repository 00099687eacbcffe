//! Cameras of this machine: finding, describing, opening, reading. The only file that names nokhwa
//! and v4l.
//!
//! nokhwa finds cameras and says what they offer. Frames are read through v4l, on which nokhwa
//! stands, because nokhwa's stream has no time limit and loses length, error flag and number of a
//! frame (docs/adr/0005).
//!
//! 1. Whatever the device was left in by its last user does not matter: where describing fails,
//!    it is put into a plain mode first, and negotiating is tried again.
//! 2. What is read is what was negotiated: format and size are read back from the driver, whose
//!    nearest rate is taken.
//! 3. After any error the camera has to be opened anew, by a new process: both libraries panic
//!    when some devices are closed, and this one may.

use super::fault::{Fault, Trouble};
use super::mode::{Offer, Wanted, choose};
use super::wire::{Format, Raw};
use super::worker::Pictures;
use nokhwa::Camera;
use nokhwa::utils::{ApiBackend, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType};
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::time::Duration;
use v4l::Device;
use v4l::buffer::{Flags, Type};
use v4l::capability;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream as _;
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;

/// Where the system keeps names of cameras that stay the same over restarts and ports.
pub const STABLE_NAMES: &str = "/dev/v4l/by-id";
/// Most cameras that are listed.
pub const LISTED_MAX: usize = 32;
/// How often describing and setting a mode are tried.
const TRIES_MAX: u32 = 3;
/// Wait between two tries.
const TRY_PAUSE: Duration = Duration::from_millis(100);
/// Buffers that the driver fills in turn.
const BUFFERS: u32 = 4;
/// The driver's own limit for one frame. The service gives up sooner; this one ends a process that
/// nobody listens to.
const FRAME_WAIT_MAX: Duration = Duration::from_millis(2500);

/// A camera of this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The path for the configuration: the stable one where there is one.
    pub path: PathBuf,
    /// What the driver calls it.
    pub name: String,
    /// What it offers, or why that is not known.
    pub offers: Result<Vec<Offer>, Trouble>,
}

/// All video devices of this machine, by path; metadata nodes too, each with its trouble.
///
/// # Errors
/// [`Trouble`] where the system cannot be asked.
pub fn list() -> Result<Vec<Found>, Trouble> {
    let known =
        nokhwa::query(ApiBackend::Video4Linux).map_err(|e| Trouble::new(Fault::Worker, e))?;
    let stable = stable_names();
    let mut found: Vec<_> = known
        .iter()
        .filter_map(|info| Some((info, info.index().as_index().ok()?)))
        .take(LISTED_MAX)
        .map(|(info, index)| {
            let node = PathBuf::from(format!("/dev/video{index}"));
            let named = stable.iter().find(|(_, target)| *target == node);
            let path = named.map_or(node.clone(), |(name, _)| name.clone());
            Found { name: info.human_name(), offers: offers(&node), path }
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Stable names and the nodes that they stand for; none where the folder is missing.
fn stable_names() -> Vec<(PathBuf, PathBuf)> {
    let Ok(folder) = std::fs::read_dir(STABLE_NAMES) else { return vec![] };
    let target = |name: PathBuf| Some((name.clone(), name.canonicalize().ok()?));
    folder.filter_map(|entry| target(entry.ok()?.path())).take(LISTED_MAX).collect()
}

/// What the camera at `path` offers in formats that we read, sorted.
///
/// # Errors
/// [`Trouble`], named as exactly as the system names it.
pub fn offers(path: &Path) -> Result<Vec<Offer>, Trouble> {
    let (node, index) = node(path)?;
    let plain = examine(&node)?;
    let mut tries = 0;
    let mut camera = loop {
        tries += 1;
        let formats = [FrameFormat::MJPEG, FrameFormat::YUYV];
        let any = RequestedFormat::with_formats(RequestedFormatType::None, &formats);
        match Camera::with_backend(CameraIndex::Index(index), any, ApiBackend::Video4Linux) {
            Ok(camera) => break camera,
            Err(error) if tries == TRIES_MAX || !plain => {
                return Err(Trouble::new(Fault::WrongFormat, error));
            }
            Err(_) => {
                make_plain(&node);
                std::thread::sleep(TRY_PAUSE);
            }
        }
    };
    let modes =
        camera.compatible_camera_formats().map_err(|e| Trouble::new(Fault::WrongFormat, e))?;
    let mut offers: Vec<_> = modes
        .into_iter()
        .filter_map(|mode| {
            let format = match mode.format() {
                FrameFormat::MJPEG => Format::Mjpeg,
                FrameFormat::YUYV => Format::Yuyv,
                _ => return None,
            };
            let (width, height) = (mode.width(), mode.height());
            Some(Offer { format, width, height, fps: mode.frame_rate() })
        })
        .collect();
    offers.sort();
    offers.dedup();
    // One program may hold a camera once only.
    drop(camera);
    let device = Device::with_path(&node).map_err(|error| at(&node, &error))?;
    offers.retain(|offer| confirmed(&device, *offer));
    Ok(offers)
}

/// Whether the driver has this rate: of a frame every 2/25 of a second nokhwa makes 25 a second.
fn confirmed(device: &Device, offer: Offer) -> bool {
    let intervals = device.enum_frameintervals(four(offer.format), offer.width, offer.height);
    intervals.unwrap_or_default().iter().any(|every| match &every.interval {
        FrameIntervalEnum::Discrete(part) => part.denominator == offer.fps * part.numerator,
        FrameIntervalEnum::Stepwise(_) => true,
    })
}

/// The node behind a stable path, and its number.
fn node(path: &Path) -> Result<(PathBuf, u32), Trouble> {
    let node = path.canonicalize().map_err(|error| at(path, &error))?;
    let number = node.to_str().and_then(|n| n.strip_prefix("/dev/video")?.parse().ok());
    let wrong =
        || Trouble::new(Fault::MetadataNode, format!("{} is no video node", node.display()));
    Ok((node.clone(), number.ok_or_else(wrong)?))
}

/// Asks the driver what nokhwa does not tell apart: whether the node may be opened, takes pictures
/// and is free. Says whether it has a format that we read.
fn examine(node: &Path) -> Result<bool, Trouble> {
    let device = Device::with_path(node).map_err(|error| at(node, &error))?;
    let caps = device.query_caps().map_err(|error| at(node, &error))?.capabilities;
    if !caps.contains(capability::Flags::VIDEO_CAPTURE) {
        return Err(Trouble::new(Fault::MetadataNode, node.display()));
    }
    let current = device.format().map_err(|error| at(node, &error))?;
    // Setting what is set already changes nothing and is refused while another program streams.
    device.set_format(&current).map_err(|error| at(node, &error))?;
    let formats = device.enum_formats().map_err(|error| at(node, &error))?;
    Ok(formats.iter().any(|f| [four(Format::Mjpeg), four(Format::Yuyv)].contains(&f.fourcc)))
}

/// Puts a device that nokhwa cannot describe into a mode that it can: grey pictures and rates that
/// are not whole make it fail. The next try shows whether it helped.
fn make_plain(node: &Path) {
    let Ok(device) = Device::with_path(node) else { return };
    for format in [Format::Mjpeg, Format::Yuyv] {
        let Ok(mut mode) = device.format() else { return };
        mode.fourcc = four(format);
        let set = device.set_format(&mode).is_ok_and(|got| got.fourcc == mode.fourcc);
        if set && device.set_params(&Parameters::with_fps(30)).is_ok() {
            return;
        }
    }
}

fn four(format: Format) -> v4l::FourCC {
    v4l::FourCC::new(match format {
        Format::Mjpeg => b"MJPG",
        Format::Yuyv => b"YUYV",
    })
}

/// A camera that takes pictures.
pub struct Opened {
    mode: Offer,
    /// Never closed: the process that opened it ends with it (invariant 3).
    stream: ManuallyDrop<Stream<'static>>,
}

impl Opened {
    /// Opens the camera at `path` in the mode that is nearest to what is wanted.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn open(path: &Path, wanted: Wanted) -> Result<Self, Trouble> {
        let offers = offers(path)?;
        let mode = choose(&offers, wanted).ok_or_else(|| {
            let seen: Vec<_> = offers.iter().map(Offer::to_string).collect();
            let (width, height) = (wanted.width, wanted.height);
            let detail = format!("not {width}×{height}, but {}", seen.join(", "));
            Trouble::new(Fault::WrongFormat, detail)
        })?;
        let (node, _) = node(path)?;
        let device = Device::with_path(&node).map_err(|error| at(&node, &error))?;
        let mut tries = 0;
        while let Err(trouble) = set(&device, &node, mode) {
            tries += 1;
            if tries == TRIES_MAX || trouble.fault != Fault::WrongFormat {
                return Err(trouble);
            }
            std::thread::sleep(TRY_PAUSE);
        }
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS)
            .map_err(|error| at(&node, &error))?;
        stream.set_timeout(FRAME_WAIT_MAX);
        Ok(Opened { mode, stream: ManuallyDrop::new(stream) })
    }
}

impl Pictures for Opened {
    fn read(&mut self) -> Result<(Raw, &[u8]), Trouble> {
        let (bytes, meta) = self.stream.next().map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Fault::Stalled.into(),
            _ => named(&error),
        })?;
        // A driver that claims more than its buffer holds is not believed.
        let used = usize::try_from(meta.bytesused).unwrap_or(usize::MAX);
        let head = Raw {
            format: self.mode.format,
            damaged: meta.flags.contains(Flags::ERROR) || used > bytes.len(),
            sequence: meta.sequence,
            taken: meta.timestamp.into(),
            width: self.mode.width as u16,
            height: self.mode.height as u16,
            picture: vec![],
        };
        Ok((head, &bytes[..used.min(bytes.len())]))
    }
}

/// Sets a mode and reads back whether the driver took it.
fn set(device: &Device, node: &Path, mode: Offer) -> Result<(), Trouble> {
    let format = v4l::Format::new(mode.width, mode.height, four(mode.format));
    let got = device.set_format(&format).map_err(|error| at(node, &error))?;
    let rate = Parameters::with_fps(mode.fps);
    let params = device.set_params(&rate).map_err(|error| at(node, &error))?;
    let same = (got.width, got.height, got.fourcc) == (mode.width, mode.height, four(mode.format));
    match same {
        true => Ok(()),
        false => {
            let detail = format!(
                "asked for {mode}, got {} {}×{} every {} s",
                got.fourcc, got.width, got.height, params.interval
            );
            Err(Trouble::new(Fault::WrongFormat, detail))
        }
    }
}

fn at(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(named(error).fault, format!("{}: {error}", path.display()))
}

/// The fault behind an error of the system.
fn named(error: &io::Error) -> Trouble {
    /// `ENXIO` and `ENODEV`: the node outlived its device.
    const GONE: [i32; 2] = [6, 19];
    let fault = match error.kind() {
        io::ErrorKind::NotFound => Fault::NoCamera,
        io::ErrorKind::PermissionDenied => Fault::NotPermitted,
        io::ErrorKind::ResourceBusy => Fault::Busy,
        _ if error.raw_os_error().is_some_and(|code| GONE.contains(&code)) => Fault::NoCamera,
        _ => Fault::Worker,
    };
    Trouble::new(fault, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Rate;

    #[test]
    fn errors_of_the_system_have_their_names() {
        let cases = [
            (2, Fault::NoCamera),
            (6, Fault::NoCamera),
            (19, Fault::NoCamera),
            (1, Fault::NotPermitted),
            (13, Fault::NotPermitted),
            (16, Fault::Busy),
            (5, Fault::Worker),
        ];
        for (code, fault) in cases {
            assert_eq!(named(&io::Error::from_raw_os_error(code)).fault, fault, "errno {code}");
        }
    }

    #[test]
    fn what_is_not_there_or_no_video_node_is_named_without_opening_it() {
        let open = |path: &str| {
            let wanted = Wanted { width: 640, height: 480, rate: Rate::new(10).unwrap() };
            Opened::open(Path::new(path), wanted).err().unwrap()
        };
        assert_eq!(open("/dev/v4l/by-id/no-such-camera-video-index0").fault, Fault::NoCamera);
        let null = open("/dev/null");
        assert_eq!(null.fault, Fault::MetadataNode);
        assert!(null.to_string().contains("/dev/null is no video node"), "{null}");
    }
}

//! `canteend camera …`

use super::camera_worker::rate;
use super::{ConfigFile, say, say_json};
use crate::camera::device::{self, Found};
use crate::camera::mode::{Offer, Wanted};
use crate::camera::supervise::{Counts, Supervised, Timing};
use crate::camera::{CameraError, FrameSource as _, Rate, worker};
use crate::config::Camera;
use crate::error::{Exit, Failure};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the cameras of this machine, with the path for the configuration and what they offer
    List(List),
    /// Take pictures for a few seconds and say size, rate and how many were rejected
    Test(Test),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Path of a camera, instead of the one in the configuration
    #[arg(long, value_name = "PATH")]
    device: Option<PathBuf>,
    /// Width of its pictures, with --device
    #[arg(long, value_name = "PIXELS", requires = "device", default_value_t = 640)]
    width: u16,
    /// Height of its pictures, with --device
    #[arg(long, value_name = "PIXELS", requires = "device", default_value_t = 480)]
    height: u16,
    /// Frames a second, with --device
    #[arg(long, value_name = "N", requires = "device", default_value = "10", value_parser = rate)]
    fps: Rate,
    /// How long, from the first picture on
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::List(options) => list(&options),
        Command::Test(options) => test(&options),
    }
}

#[derive(serde::Serialize)]
struct Listed {
    path: String,
    name: String,
    modes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

impl From<&Found> for Listed {
    fn from(found: &Found) -> Self {
        let (modes, problem) = match &found.offers {
            Ok(offers) => (offers.iter().map(Offer::to_string).collect(), None),
            Err(trouble) => (vec![], Some(trouble.fault.code())),
        };
        Listed { path: found.path.display().to_string(), name: found.name.clone(), modes, problem }
    }
}

fn list(options: &List) -> Result<(), Failure> {
    let found = device::list().map_err(|t| Failure::new(t.fault.exit(), t.to_string()))?;
    if options.json {
        say_json(&found.iter().map(Listed::from).collect::<Vec<_>>())?;
    } else {
        for camera in &found {
            say(format_args!("{}  {}", camera.path.display(), camera.name))?;
            match &camera.offers {
                Ok(offers) => offers.iter().try_for_each(|o| say(format_args!("    {o}")))?,
                Err(trouble) => say(format_args!("    not usable: {trouble}"))?,
            }
        }
    }
    let usable = |f: &&Found| f.offers.as_ref().is_ok_and(|offers| !offers.is_empty());
    let problem = found.iter().find_map(|f| f.offers.as_ref().err());
    match (found.iter().find(usable), problem) {
        (Some(_), _) => Ok(()),
        (None, Some(trouble)) => Err(Failure::new(trouble.fault.exit(), trouble.to_string())),
        (None, None) => {
            let text =
                "no camera is there; plug one in, and see that its driver (uvcvideo) is loaded";
            Err(Failure::new(Exit::Unavailable, text))
        }
    }
}

/// What was seen of a camera.
#[derive(serde::Serialize)]
struct Seen {
    format: &'static str,
    width: u32,
    height: u32,
    frames: u32,
    frames_per_second: f64,
    damaged: u64,
    repeated: u64,
    stale: u64,
}

fn test(options: &Test) -> Result<(), Failure> {
    let (path, wanted) = match &options.device {
        Some(path) => {
            let (width, height) = (options.width.into(), options.height.into());
            (path.clone(), Wanted { width, height, rate: options.fps })
        }
        None => match options.config.load()?.camera {
            Camera::Device { path, wanted } => (path, wanted),
            Camera::Replay { .. } => {
                let text = "the configuration has a replay and no camera; name one with --device";
                return Err(Failure::new(Exit::Usage, text));
            }
        },
    };
    let launched = path.clone();
    let mut camera =
        Supervised::new(&path, Timing::default(), move || worker::command(&launched, wanted));
    let seen = watch(&mut camera, Duration::from_secs(options.seconds))?;
    if options.json {
        return say_json(&seen);
    }
    say(format_args!(
        "{}: {} {}×{}, {} frames at {:.1} a second; rejected: {} damaged, {} repeated, {} stale",
        path.display(),
        seen.format,
        seen.width,
        seen.height,
        seen.frames,
        seen.frames_per_second,
        seen.damaged,
        seen.repeated,
        seen.stale
    ))
}

/// Takes frames for some time from the first one on. Any trouble ends it: a technician who tries a
/// camera wants to hear of it, not to wait for it to pass.
fn watch(camera: &mut Supervised, span: Duration) -> Result<Seen, CameraError> {
    let mut first = None;
    let mut frames = 0u32;
    loop {
        let frame = match camera.next() {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(CameraError::Quiet) => continue,
            Err(problem) => return Err(problem),
        };
        let (began, first_taken) = *first.get_or_insert((Instant::now(), frame.taken));
        frames += 1;
        if began.elapsed() < span {
            continue;
        }
        let Counts { damaged, repeated, stale, .. } = camera.counts();
        let seconds = (frame.taken - first_taken).as_secs_f64();
        return Ok(Seen {
            format: camera.format().map_or("", |format| format.name()),
            width: frame.width(),
            height: frame.height(),
            frames,
            frames_per_second: f64::from(frames - 1) / seconds,
            damaged,
            repeated,
            stale,
        });
    }
}

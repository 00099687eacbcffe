//! `canteend camera-worker`: the camera process, which the service starts.

use crate::camera::mode::Wanted;
use crate::camera::{Rate, worker};
use crate::error::{Exit, Failure};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Path of the camera
    #[arg(long, value_name = "PATH")]
    device: PathBuf,
    /// Width of its pictures, in pixels
    #[arg(long, value_name = "PIXELS")]
    width: u16,
    /// Height of its pictures, in pixels
    #[arg(long, value_name = "PIXELS")]
    height: u16,
    /// Frames a second
    #[arg(long, value_name = "N", value_parser = rate)]
    fps: Rate,
}

/// A rate as it is written on the command line.
pub(super) fn rate(text: &str) -> Result<Rate, String> {
    let range = || format!("use {} to {}", Rate::FPS_MIN, Rate::FPS_MAX);
    text.parse().ok().and_then(Rate::new).ok_or_else(range)
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let Options { device, width, height, fps } = options;
    let wanted = Wanted { width: width.into(), height: height.into(), rate: fps };
    worker::run(&device, wanted).map_err(|e| Failure::new(Exit::Io, e))
}

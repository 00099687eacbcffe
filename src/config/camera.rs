//! `[camera]`: where frames come from.

use super::file::At;
use super::{ConfigError, Site};
use crate::camera::Rate;
use crate::camera::mode::Wanted;
use crate::domain::calendar::Timestamp;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where frames come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Camera {
    /// Pictures from a folder or MJPEG file; only on a test box.
    Replay {
        /// Folder or file.
        path: PathBuf,
        /// Frames a second.
        rate: Rate,
        /// Wait between frames as a camera would; otherwise as fast as it goes.
        paced: bool,
        /// Start over at the end.
        looped: bool,
        /// What the clock says at the first frame; the machine's time where it is not stated.
        starts_at: Option<Timestamp>,
    },
    /// A camera of this machine.
    Device {
        /// Its stable path.
        path: PathBuf,
        /// Size and rate of its pictures.
        wanted: Wanted,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CameraTable {
    source: SourceName,
    path: PathBuf,
    #[serde(default = "width_default")]
    width: u32,
    #[serde(default = "height_default")]
    height: u32,
    #[serde(default = "fps_default")]
    frames_per_second: u32,
    #[serde(default = "yes")]
    paced: bool,
    #[serde(default)]
    looped: bool,
    starts_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SourceName {
    Camera,
    Replay,
}

fn width_default() -> u32 {
    640
}

fn height_default() -> u32 {
    480
}

fn fps_default() -> u32 {
    10
}

fn yes() -> bool {
    true
}

impl At<'_> {
    pub(super) fn camera(
        &self,
        camera: CameraTable,
        site: &Site,
        base: &Path,
    ) -> Result<Camera, ConfigError> {
        let Some(rate) = Rate::new(camera.frames_per_second) else {
            let problem = format!(
                "{} is out of range; use {} to {}",
                camera.frames_per_second,
                Rate::FPS_MIN,
                Rate::FPS_MAX
            );
            return self.refuse("camera.frames_per_second", problem);
        };
        let starts_at = match camera.starts_at.map(|text| text.parse::<Timestamp>()) {
            None => None,
            Some(Ok(at)) => Some(at),
            Some(Err(_)) => {
                let problem = "not a time; write it like 2026-03-02T11:30:00+08:00";
                return self.refuse("camera.starts_at", problem.to_owned());
            }
        };
        match camera.source {
            SourceName::Replay if !site.test_box => {
                let problem = "replayed pictures are refused in real service, because they would \
                    record meals that nobody ate; set site.test_box = true on a test box";
                self.refuse("camera.source", problem.to_owned())
            }
            SourceName::Camera if starts_at.is_some() => {
                let problem = "a camera shows the present; leave it out with camera.source = \
                    \"camera\"";
                self.refuse("camera.starts_at", problem.to_owned())
            }
            SourceName::Camera if !camera.path.is_absolute() => {
                let problem = format!(
                    "{} is not an absolute path; use what `canteend camera list` shows",
                    camera.path.display()
                );
                self.refuse("camera.path", problem)
            }
            SourceName::Camera => {
                let (width, height) = (camera.width, camera.height);
                let wanted = Wanted {
                    width: self.side("camera.width", width)?,
                    height: self.side("camera.height", height)?,
                    rate,
                };
                Ok(Camera::Device { path: camera.path, wanted })
            }
            SourceName::Replay => Ok(Camera::Replay {
                path: base.join(camera.path),
                rate,
                paced: camera.paced,
                looped: camera.looped,
                starts_at,
            }),
        }
    }

    /// Below 160 pixels no face is large enough; above 4096 no frame is done in time.
    fn side(&self, key: &'static str, pixels: u32) -> Result<u32, ConfigError> {
        match pixels {
            160..=4096 => Ok(pixels),
            _ => self.refuse(key, format!("{pixels} is out of range; use 160 to 4096")),
        }
    }
}

//! The configuration file as it is written, and the checks that turn it into a [`Config`].

use super::site::{AreaName, Built, WeekdayName};
use super::{Camera, Config, ConfigError, Site};
use crate::camera::Rate;
use crate::camera::mode::Wanted;
use crate::domain::calendar::{MealHours, MealWindow, ServingTime, Time, Timestamp};
use crate::domain::calibration::Target;
use crate::domain::decision::Thresholds;
use crate::domain::visit::Limits;
use crate::record::Hash;
use crate::vision::QualityLimits;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    site: SiteTable,
    #[serde(default)]
    paths: PathsTable,
    camera: CameraTable,
    #[serde(default)]
    meals: MealsTable,
    #[serde(default)]
    visit: VisitTable,
    #[serde(default)]
    recognition: RecognitionTable,
    #[serde(default)]
    quality: QualityTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub(super) device: String,
    pub(super) name: String,
    pub(super) county: String,
    pub(super) street: String,
    pub(super) area: AreaName,
    pub(super) built: Built,
    pub(super) opened: String,
    #[serde(default)]
    pub(super) closed: Vec<String>,
    #[serde(default)]
    pub(super) closed_weekdays: Vec<WeekdayName>,
    #[serde(default)]
    pub(super) test_box: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PathsTable {
    state: PathBuf,
    models: PathBuf,
    rules: PathBuf,
}

impl Default for PathsTable {
    fn default() -> Self {
        PathsTable {
            state: "/var/lib/canteend".into(),
            models: "/usr/share/canteend/models".into(),
            rules: "rules/lcetdz-2022.toml".into(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraTable {
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MealsTable {
    breakfast: Option<[String; 2]>,
    lunch: Option<[String; 2]>,
    supper: Option<[String; 2]>,
}

impl Default for MealsTable {
    fn default() -> Self {
        let window = |from: &str, to: &str| Some([from.to_owned(), to.to_owned()]);
        MealsTable {
            breakfast: window("06:00", "09:00"),
            lunch: window("10:30", "13:30"),
            supper: window("16:30", "19:00"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VisitTable {
    dwell_ms: u64,
    patience_ms: u64,
    gone_after_ms: u64,
    same_visit_s: u64,
}

impl Default for VisitTable {
    fn default() -> Self {
        VisitTable { dwell_ms: 1000, patience_ms: 4000, gone_after_ms: 1500, same_visit_s: 600 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RecognitionTable {
    strangers: f64,
    accept: f32,
    candidate: f32,
    margin: f32,
    liveness: f32,
    frames: u32,
}

impl Default for RecognitionTable {
    fn default() -> Self {
        RecognitionTable {
            strangers: 0.001,
            accept: 0.66,
            candidate: 0.4,
            margin: 0.1,
            liveness: 0.3,
            frames: 4,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QualityTable {
    eye_distance_px: f32,
    brightness: [f32; 2],
    backlight: f32,
    yaw: f32,
    pitch: f32,
    features: f32,
    sharpness: f32,
}

impl Default for QualityTable {
    fn default() -> Self {
        let limits = QualityLimits::default();
        QualityTable {
            eye_distance_px: limits.eye_distance_px_min,
            brightness: [limits.brightness_min, limits.brightness_max],
            backlight: limits.backlight_max,
            yaw: limits.yaw_max,
            pitch: limits.pitch_max,
            features: limits.features_min,
            sharpness: limits.sharpness_min,
        }
    }
}

/// Checks values and resolves paths against the folder of `path`; `digest` is that of the file.
///
/// # Errors
/// [`ConfigError::Value`] names the key and the remedy.
pub fn check(file: File, path: &Path, digest: Hash) -> Result<Config, ConfigError> {
    let at = At { path };
    let base = path.parent().unwrap_or(Path::new(""));
    let site = at.site(file.site)?;
    let camera = at.camera(file.camera, &site, base)?;
    Ok(Config {
        digest,
        site,
        state: base.join(file.paths.state),
        models: base.join(file.paths.models),
        rules: base.join(file.paths.rules),
        camera,
        hours: at.hours(file.meals)?,
        strangers: at.strangers(file.recognition.strangers)?,
        visit: at.visit(&file.visit, &file.recognition)?,
        quality: at.quality(&file.quality)?,
    })
}

/// The file that is being checked, for its errors.
pub(super) struct At<'p> {
    path: &'p Path,
}

impl At<'_> {
    pub(super) fn refuse<T>(&self, key: &'static str, problem: String) -> Result<T, ConfigError> {
        Err(ConfigError::Value { path: self.path.to_owned(), key, problem })
    }

    fn camera(&self, camera: CameraTable, site: &Site, base: &Path) -> Result<Camera, ConfigError> {
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

    fn hours(&self, meals: MealsTable) -> Result<MealHours, ConfigError> {
        let mut windows = vec![];
        let written = [
            ("meals.breakfast", MealWindow::Breakfast, meals.breakfast),
            ("meals.lunch", MealWindow::Lunch, meals.lunch),
            ("meals.supper", MealWindow::Supper, meals.supper),
        ];
        for (key, window, times) in written {
            let Some([from, to]) = times else { continue };
            let (from, to) = (self.time(key, &from)?, self.time(key, &to)?);
            windows.push(ServingTime { window, from, to });
        }
        match MealHours::new(windows) {
            Ok(hours) => Ok(hours),
            Err(problem) => self.refuse("meals", problem.to_string()),
        }
    }

    fn time(&self, key: &'static str, text: &str) -> Result<Time, ConfigError> {
        match text.split_once(':').map(|(h, m)| (h.parse(), m.parse())) {
            Some((Ok(hour), Ok(minute))) if text.len() == 5 => {
                match Time::new(hour, minute, 0, 0) {
                    Ok(time) => Ok(time),
                    Err(_) => {
                        self.refuse(key, format!("there is no time {text}; use 00:00 to 23:59"))
                    }
                }
            }
            _ => self.refuse(key, format!("{text:?} is not a time; write HH:MM")),
        }
    }

    fn within(&self, key: &'static str, v: f32, from: f32, to: f32) -> Result<f32, ConfigError> {
        match v >= from && v <= to {
            true => Ok(v),
            false => self.refuse(key, format!("{v} is out of range; use {from} to {to}")),
        }
    }

    fn strangers(&self, share: f64) -> Result<Target, ConfigError> {
        let (min, max) = (Target::MIN, Target::MAX);
        Target::new(share).ok_or(()).or_else(|()| {
            let problem = format!("{share} is out of range; use {min} to {max}");
            self.refuse("recognition.strangers", problem)
        })
    }

    fn quality(&self, q: &QualityTable) -> Result<QualityLimits, ConfigError> {
        let [dark, bright] = q.brightness;
        Ok(QualityLimits {
            // The aligned face is 112 pixels wide with 35 between the eyes; far below, it is invented.
            eye_distance_px_min: self.within(
                "quality.eye_distance_px",
                q.eye_distance_px,
                15.0,
                400.0,
            )?,
            brightness_min: self.within("quality.brightness", dark, 0.0, 127.0)?,
            brightness_max: self.within("quality.brightness", bright, 128.0, 255.0)?,
            backlight_max: self.within("quality.backlight", q.backlight, 0.0, 255.0)?,
            yaw_max: self.within("quality.yaw", q.yaw, 0.1, 1.0)?,
            pitch_max: self.within("quality.pitch", q.pitch, 0.1, 1.0)?,
            // Above a half every second open face would count as covered.
            features_min: self.within("quality.features", q.features, 0.0, 0.5)?,
            sharpness_min: self.within("quality.sharpness", q.sharpness, 0.0, 1.0)?,
            ..QualityLimits::default()
        })
    }

    fn visit(&self, visit: &VisitTable, r: &RecognitionTable) -> Result<Limits, ConfigError> {
        let within = |key, value, from, to| self.within(key, value, from, to);
        let millis = |key, value: u64, from: u64, to: u64| match value {
            v if (from..=to).contains(&v) => Ok(Duration::from_millis(v)),
            v => self.refuse(key, format!("{v} is out of range; use {from} to {to}")),
        };
        // Below 0.3 more than one stranger in ten would pass as somebody; above 0.95 nobody passes.
        let accept = within("recognition.accept", r.accept, 0.3, 0.95)?;
        let candidate = within("recognition.candidate", r.candidate, 0.1, 0.95)?;
        if candidate > accept {
            let problem = format!("{candidate} must not be above recognition.accept ({accept})");
            return self.refuse("recognition.candidate", problem);
        }
        let frames = within("recognition.frames", r.frames as f32, 1.0, 20.0)? as u32;
        let dwell = millis("visit.dwell_ms", visit.dwell_ms, 200, 10_000)?;
        let patience = millis("visit.patience_ms", visit.patience_ms, 1000, 60_000)?;
        if patience < dwell {
            return self.refuse("visit.patience_ms", "must not be below visit.dwell_ms".to_owned());
        }
        Ok(Limits {
            thresholds: Thresholds {
                accept,
                candidate,
                margin: within("recognition.margin", r.margin, 0.0, 0.5)?,
                liveness: within("recognition.liveness", r.liveness, 0.0, 1.0)?,
                frames,
            },
            dwell,
            patience,
            gone_after: millis("visit.gone_after_ms", visit.gone_after_ms, 200, 10_000)?,
            same_visit: millis("visit.same_visit_s", visit.same_visit_s, 10, 7200)? * 1000,
        })
    }
}

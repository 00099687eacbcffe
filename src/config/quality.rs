//! `[quality]`: what a picture must reach before a template is made of it.

use super::ConfigError;
use super::file::At;
use crate::vision::QualityLimits;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct QualityTable {
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

impl At<'_> {
    pub(super) fn quality(&self, q: &QualityTable) -> Result<QualityLimits, ConfigError> {
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
}

//! `models/manifest.toml`: which model files are used, whose they are, and how a picture is
//! prepared for each of them.
//!
//! 1. Whatever differs between packs of one family is read from here; nothing about a pack is
//!    written into the code.
//! 2. An unknown key, an impossible size or a malformed hash is refused, with its line.
//! 3. A file name is a plain name: a manifest cannot reach out of its folder.
//!
//! It does not open the models; `session` does, and checks them against what is said here.

use super::error::VisionError;
pub use super::fields::{FileName, Sha256};
use crate::domain::template::DIMENSIONS_MAX;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Name of the manifest in the models folder.
pub const MANIFEST_FILE: &str = "manifest.toml";
/// Most pixels on a side of a model's input.
pub const INPUT_SIDE_MAX: usize = 2048;
/// Size in pixels of the aligned face, as the ArcFace family of embedders takes it.
pub const ALIGNED_SIDE: usize = 112;
/// Most bytes of a manifest.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// Most classes of a liveness model.
const CLASSES_MAX: usize = 16;
/// Largest factor by which the liveness model's box is enlarged.
const BOX_SCALE_MAX: f32 = 8.0;

/// A model pack, as its manifest describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name and version of the pack.
    pub name: String,
    /// Licence under which its files were published.
    pub licence: String,
    /// Where its files come from.
    pub source: String,
    /// ONNX Runtime.
    pub runtime: Runtime,
    /// Finds faces.
    pub detector: Detector,
    /// Finds points in a face; not needed where the detector gives five.
    pub landmarks: Option<Landmarks>,
    /// Makes templates.
    pub embedder: Embedder,
    /// Tells a live face from a picture.
    pub liveness: Liveness,
    /// How fast the pack ran where it was measured; without it a box is compared with nothing.
    pub reference: Option<Reference>,
}

/// How fast a pack ran on one known machine, for comparison.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Which machine.
    pub machine: String,
    /// All models once, in milliseconds.
    pub sessions_ms: f64,
}

/// The ONNX Runtime library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Its file name in `models/runtime`; a version may follow it there.
    pub library: FileName,
}

/// How a detector's answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DetectorFamily {
    /// Scores and corners already decoded, 0 to 1; no points.
    UltraFace,
    /// OpenCV's YuNet of 2023: three strides, five points.
    YuNet,
    /// InsightFace's SCRFD with key points: three strides, two anchors a cell, five points.
    Scrfd,
}

impl DetectorFamily {
    /// Whether its faces come with five points, so that no landmark model is needed.
    pub fn gives_points(self) -> bool {
        self != Self::UltraFace
    }
}

/// How a picture is brought to the detector's input size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Stretched to the whole input, whatever its proportions.
    Stretch,
    /// Scaled with its proportions into the upper left corner; the rest stays empty.
    Letterbox,
}

/// The model that finds faces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// How its answer is read.
    pub family: DetectorFamily,
    /// Its file.
    pub file: FileName,
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// How the picture is fitted into the input.
    pub fit: Fit,
    /// Lowest score of a face, 0 to 1.
    pub score_min: f32,
    /// Intersection over union from which two boxes are taken for one face, 0 to 1.
    pub overlap_max: f32,
    /// The input.
    pub input: Input,
}

/// How a landmark model's answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LandmarkFamily {
    /// The 68 points of the iBUG 300-W scheme, x and y in turn, 0 to 1 of the box.
    Points68,
}

/// The model that finds points in a face's box.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmarks {
    /// How its answer is read.
    pub family: LandmarkFamily,
    /// Its file.
    pub file: FileName,
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// The input.
    pub input: Input,
}

/// How a face is prepared for an embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmbedderFamily {
    /// Aligned to ArcFace's five points in 112 × 112 pixels.
    ArcFace112,
}

/// The model that turns an aligned face into a vector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedder {
    /// How the face is aligned.
    pub family: EmbedderFamily,
    /// Its file.
    pub file: FileName,
    /// SHA-256 of the file; it is also the templates' model tag.
    pub sha256: Sha256,
    /// Values in its answer.
    pub dimensions: usize,
    /// The input.
    pub input: Input,
}

/// How a liveness model's answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LivenessFamily {
    /// One logit a class; the softmax of the live class is the score.
    Softmax,
}

/// The model that tells a live face from a picture of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liveness {
    /// How its answer is read.
    pub family: LivenessFamily,
    /// Its file.
    pub file: FileName,
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// Values in its answer.
    pub classes: usize,
    /// Which of them means a live face.
    pub live_class: usize,
    /// By how much the face's box is enlarged around its middle.
    pub box_scale: f32,
    /// The input.
    pub input: Input,
}

/// Which channels a model takes, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Luminance after ITU-R BT.601.
    Grey,
}

impl Channels {
    /// How many there are.
    pub fn count(self) -> usize {
        if self == Self::Grey { 1 } else { 3 }
    }
}

/// A model's input, 1 × channels × height × width values of `(pixel − mean) × scale`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Channel order.
    pub channels: Channels,
    /// Taken off each pixel value (0 to 255).
    pub mean: f32,
    /// Multiplied on after that.
    pub scale: f32,
}

impl Input {
    /// Dimensions of the tensor.
    pub fn shape(&self) -> [i64; 4] {
        [1, self.channels.count() as i64, self.height as i64, self.width as i64]
    }
}

impl Manifest {
    /// Reads `manifest.toml` in `models_dir`.
    ///
    /// # Errors
    /// [`VisionError::Missing`] where it cannot be read, [`VisionError::Manifest`] where it is wrong.
    pub fn read(models_dir: &Path) -> Result<Self, VisionError> {
        let path = models_dir.join(MANIFEST_FILE);
        let wrong = |reason: String| VisionError::Manifest { path: path.clone(), reason };
        let size = std::fs::metadata(&path).map_err(|e| wrong(e.to_string()))?.len();
        if size > MANIFEST_BYTES_MAX {
            return Err(wrong(format!("{size} bytes; at most {MANIFEST_BYTES_MAX} are expected")));
        }
        let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Parses the text of a manifest; on failure says what is wrong and, for syntax, where.
    fn parse(text: &str) -> Result<Self, String> {
        let manifest: Manifest = toml::from_str(text).map_err(|e| e.to_string())?;
        match manifest.fault() {
            Some(fault) => Err(fault),
            None => Ok(manifest),
        }
    }

    /// Where the file of a model lies.
    pub fn path(models_dir: &Path, file: &FileName) -> PathBuf {
        models_dir.join("pack").join(file.as_str())
    }

    /// The first thing said that cannot be.
    fn fault(&self) -> Option<String> {
        let share = |v: f32| (0.0..=1.0).contains(&v);
        let inputs = [
            ("detector", Some(&self.detector.input)),
            ("landmarks", self.landmarks.as_ref().map(|m| &m.input)),
            ("embedder", Some(&self.embedder.input)),
            ("liveness", Some(&self.liveness.input)),
        ];
        for (role, input) in inputs.into_iter().filter_map(|(role, input)| Some((role, input?))) {
            if ![input.width, input.height].iter().all(|s| (1..=INPUT_SIDE_MAX).contains(s)) {
                return Some(format!("{role}.input: a side of 1 to {INPUT_SIDE_MAX} is expected"));
            }
            if !input.mean.is_finite() || !input.scale.is_finite() || input.scale == 0.0 {
                return Some(format!("{role}.input: mean and scale must be numbers, scale not 0"));
            }
        }
        let (detector, embedder, liveness) = (&self.detector, &self.embedder, &self.liveness);
        let checks = [
            (
                self.reference.as_ref().is_none_or(|r| r.sessions_ms > 0.0),
                "reference.sessions_ms: more than 0 is expected",
            ),
            (share(detector.score_min), "detector.score_min: 0 to 1 is expected"),
            (share(detector.overlap_max), "detector.overlap_max: 0 to 1 is expected"),
            (
                detector.family.gives_points() || self.landmarks.is_some(),
                "[landmarks] is missing; a detector of the family ultraface gives no points",
            ),
            (
                embedder.input.width == ALIGNED_SIDE && embedder.input.height == ALIGNED_SIDE,
                "embedder.input: the family arcface112 takes 112 × 112 pixels",
            ),
            (
                (1..=DIMENSIONS_MAX).contains(&embedder.dimensions),
                "embedder.dimensions: 1 to 4096 is expected",
            ),
            (
                (2..=CLASSES_MAX).contains(&liveness.classes)
                    && liveness.live_class < liveness.classes,
                "liveness: 2 to 16 classes are expected, and live_class must be one of them",
            ),
            (
                (1.0..=BOX_SCALE_MAX).contains(&liveness.box_scale),
                "liveness.box_scale: 1 to 8 is expected",
            ),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map(|(_, fault)| fault.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../models/manifest.toml");

    #[test]
    fn shipped_manifest_is_read() {
        let manifest = Manifest::parse(SHIPPED).unwrap();
        assert_eq!(manifest.detector.input.shape(), [1, 3, 240, 320]);
        assert_eq!(manifest.embedder.input.channels, Channels::Bgr);
        assert!(manifest.embedder.sha256.to_string().starts_with("87aacdfe"));
    }

    #[test]
    fn wrong_manifests_are_refused_with_the_reason() {
        let cases = [
            ("name =", "nmae =", "nmae"),
            ("\"ultraface\"", "\"ultra\"", "ultra"),
            ("width = 320", "width = 0", "detector.input"),
            ("height = 64", "height = 9000", "landmarks.input"),
            ("score_min = 0.5", "score_min = nan", "score_min"),
            ("overlap_max = 0.4", "overlap_max = 1.5", "overlap_max"),
            ("file = \"fr_detect.onnx\"", "file = \"../x.onnx\"", "without any folder"),
            ("afa783b7", "afa783bx", "hexadecimal"),
            ("live_class = 0", "live_class = 3", "live_class"),
            ("dimensions = 512", "dimensions = 0", "dimensions"),
            ("width = 112", "width = 160", "112 × 112"),
            ("scale = 1.0", "scale = 0.0", "liveness.input"),
            ("box_scale = 1.5", "box_scale = 0.5", "box_scale"),
            ("sessions_ms = 20.0", "sessions_ms = 0.0", "sessions_ms"),
        ];
        for (from, to, reason) in cases {
            assert!(SHIPPED.contains(from), "{from} is not in the manifest");
            let error = Manifest::parse(&SHIPPED.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(reason), "{to}: {error}");
        }
    }

    #[test]
    fn pointless_detector_needs_a_landmark_model() {
        let (head, tail) = SHIPPED.split_once("[landmarks]").unwrap();
        let (_, tail) = tail.split_once("[embedder]").unwrap();
        let text = format!("{head}[embedder]{tail}");
        assert!(Manifest::parse(&text).unwrap_err().contains("[landmarks]"));
        let five = text.replace("\"ultraface\"", "\"yunet\"");
        assert!(Manifest::parse(&five).is_ok());
    }
}

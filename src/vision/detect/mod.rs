//! Where the faces are.
//!
//! 1. A family's own file turns model outputs into candidates, in pixels of the model's input;
//!    everything else (fitting, suppression, order, bounds) is the same for all of them.
//! 2. Faces come out largest first, at most [`FACES_MAX`], finite and not empty.

mod scrfd;
mod ultraface;
mod yunet;

use super::align::FivePoints;
use super::error::VisionError;
use super::manifest::{self, DetectorFamily, Fit};
use super::sample::{Crop, Sampler};
use super::session::{Model, values};
use crate::domain::evidence::FaceBox;
use crate::frame::Frame;
use ort::environment::Environment;
use std::path::Path;

/// Most faces taken from one frame.
pub const FACES_MAX: usize = 16;
/// Most candidates that go into suppression; the best by score.
const CANDIDATES_MAX: usize = 512;
/// Smallest side of a face in pixels of the frame.
const FACE_SIDE_PX_MIN: f32 = 2.0;

/// A face as the detector sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) face: FaceBox,
    pub(crate) score: f32,
    /// Left to right as seen in the picture, where the family gives points.
    pub(crate) points: Option<FivePoints>,
}

/// A face that is known by its box alone.
impl From<FaceBox> for Candidate {
    fn from(face: FaceBox) -> Self {
        Candidate { face, score: 0.0, points: None }
    }
}

/// The detector of the pack.
pub(super) struct Detector {
    pub(super) model: Model,
    spec: manifest::Detector,
    outputs: Vec<usize>,
    /// Size of the picture in the input, to know when the rest must be emptied.
    fitted: [usize; 2],
    raw: Vec<Candidate>,
    found: Vec<Candidate>,
}

impl Detector {
    /// Loads the model and checks its outputs against its family.
    ///
    /// # Errors
    /// Those of [`Model::load`], and [`VisionError::Model`] where the outputs do not fit.
    pub(super) fn load(
        environment: &Environment,
        models_dir: &Path,
        spec: manifest::Detector,
    ) -> Result<Self, VisionError> {
        let model = Model::load(environment, models_dir, &spec.file, spec.sha256, &spec.input)?;
        let outputs = match spec.family {
            DetectorFamily::UltraFace => ultraface::outputs(&model, &spec.input)?,
            DetectorFamily::YuNet => yunet::outputs(&model, &spec.input)?,
            DetectorFamily::Scrfd => scrfd::outputs(&model, &spec.input)?,
        };
        let (raw, found) = (Vec::new(), Vec::new());
        Ok(Detector { model, spec, outputs, fitted: [0, 0], raw, found })
    }

    /// The faces of `frame`, largest first.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub(super) fn find(
        &mut self,
        frame: &Frame,
        sampler: &mut Sampler,
    ) -> Result<&[Candidate], VisionError> {
        let input = &self.spec.input;
        let (size, ratio) = fit(frame, input, self.spec.fit);
        if size != self.fitted {
            self.model.input().fill(-input.mean * input.scale);
            self.fitted = size;
        }
        sampler.fill(frame, Crop::whole(frame), size, input, self.model.input());
        self.raw.clear();
        let outputs = self.model.run()?;
        let output = |n: usize| values(&outputs, self.outputs[n]);
        let score_min = self.spec.score_min;
        match self.spec.family {
            DetectorFamily::UltraFace => {
                let side = [input.width as f32, input.height as f32];
                ultraface::decode(output(0), output(1), side, score_min, &mut self.raw);
            }
            DetectorFamily::YuNet => yunet::decode(output, input.width, score_min, &mut self.raw),
            DetectorFamily::Scrfd => scrfd::decode(output, input.width, score_min, &mut self.raw),
        }
        self.raw.iter_mut().for_each(|c| *c = scaled(c, ratio));
        select(&mut self.raw, &mut self.found, self.spec.overlap_max);
        Ok(&self.found)
    }
}

/// Size of the picture in the model's input, and how many frame pixels one input pixel is wide
/// and high.
fn fit(frame: &Frame, input: &manifest::Input, fit: Fit) -> ([usize; 2], [f32; 2]) {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let size = match fit {
        Fit::Stretch => [input.width, input.height],
        Fit::Letterbox => {
            let scale = (input.width as f32 / width).min(input.height as f32 / height);
            let side = |of: f32, max: usize| ((of * scale).round() as usize).clamp(1, max);
            [side(width, input.width), side(height, input.height)]
        }
    };
    (size, [width / size[0] as f32, height / size[1] as f32])
}

/// Makes sure that the input is made of whole cells of the largest `stride`.
///
/// # Errors
/// [`VisionError::Model`] where it is not.
fn whole_cells(model: &Model, input: &manifest::Input, stride: usize) -> Result<(), VisionError> {
    if input.width.is_multiple_of(stride) && input.height.is_multiple_of(stride) {
        return Ok(());
    }
    let (width, height) = (input.width, input.height);
    Err(model.misfit(format!("its family takes multiples of {stride}, not {width} × {height}")))
}

fn scaled(candidate: &Candidate, [x, y]: [f32; 2]) -> Candidate {
    let FaceBox { x1, y1, x2, y2 } = candidate.face;
    Candidate {
        face: FaceBox { x1: x1 * x, y1: y1 * y, x2: x2 * x, y2: y2 * y },
        score: candidate.score,
        points: candidate.points.map(|points| points.map(|[px, py]| [px * x, py * y])),
    }
}

/// Keeps the best of each group of overlapping candidates, then orders them by size.
fn select(raw: &mut Vec<Candidate>, found: &mut Vec<Candidate>, overlap_max: f32) {
    raw.retain(|c| {
        let FaceBox { x1, y1, x2, y2 } = c.face;
        let finite = [x1, y1, x2, y2, c.score].iter().all(|v| v.is_finite())
            && c.points.is_none_or(|points| points.iter().flatten().all(|v| v.is_finite()));
        finite && c.face.width().min(c.face.height()) >= FACE_SIDE_PX_MIN
    });
    raw.sort_by(|a, b| b.score.total_cmp(&a.score));
    raw.truncate(CANDIDATES_MAX);
    found.clear();
    for candidate in raw.iter() {
        if found.iter().all(|kept| kept.face.iou(&candidate.face) < overlap_max) {
            found.push(*candidate);
        }
    }
    found.sort_by(|a, b| b.face.area().total_cmp(&a.face.area()));
    found.truncate(FACES_MAX);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::manifest::{Channels, Input};
    use std::time::Duration;

    fn candidate(x: f32, y: f32, side: f32, score: f32) -> Candidate {
        let face = FaceBox { x1: x, y1: y, x2: x + side, y2: y + side };
        Candidate { face, score, points: None }
    }

    #[test]
    fn overlapping_boxes_leave_the_best_and_the_largest_comes_first() {
        let mut raw = vec![
            candidate(0.0, 0.0, 10.0, 0.7),
            candidate(1.0, 1.0, 10.0, 0.9),
            candidate(100.0, 0.0, 40.0, 0.6),
            candidate(0.0, 0.0, f32::NAN, 0.99),
            candidate(50.0, 50.0, 0.5, 0.99),
        ];
        let mut found = Vec::new();
        select(&mut raw, &mut found, 0.4);
        assert_eq!(found, [candidate(100.0, 0.0, 40.0, 0.6), candidate(1.0, 1.0, 10.0, 0.9)]);
    }

    #[test]
    fn number_of_faces_is_bounded() {
        let mut raw = (0..600).map(|i| candidate(i as f32 * 20.0, 0.0, 10.0, 0.9)).collect();
        let mut found = Vec::new();
        select(&mut raw, &mut found, 0.4);
        assert_eq!(found.len(), FACES_MAX);
    }

    #[test]
    fn letterbox_keeps_proportions_and_stretching_does_not() {
        let frame = Frame::new(200, 100, vec![0; 200 * 100 * 3], Duration::ZERO).unwrap();
        let input = Input { width: 50, height: 50, channels: Channels::Rgb, mean: 0.0, scale: 1.0 };
        assert_eq!(fit(&frame, &input, Fit::Letterbox), ([50, 25], [4.0, 4.0]));
        assert_eq!(fit(&frame, &input, Fit::Stretch), ([50, 50], [4.0, 2.0]));
    }
}

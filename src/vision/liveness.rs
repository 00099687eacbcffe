//! How likely it is that a face is live and not a picture of one, from a single frame.
//!
//! One colour picture cannot tell for certain: a good photograph of a face scored 0.0004 and a
//! true face 0.02 in the test set. The score asks for a second look; it never refuses.

use super::error::VisionError;
use super::manifest;
use super::sample::{Crop, Sampler};
use super::session::{Model, values};
use crate::domain::evidence::FaceBox;
use crate::frame::Frame;
use ort::environment::Environment;
use std::path::Path;

/// The liveness model of the pack.
pub(super) struct Liveness {
    pub(super) model: Model,
    spec: manifest::Liveness,
}

impl Liveness {
    /// Loads the model.
    ///
    /// # Errors
    /// Those of [`Model::load`], and [`VisionError::Model`] where it has other classes.
    pub(super) fn load(
        environment: &Environment,
        models_dir: &Path,
        spec: manifest::Liveness,
    ) -> Result<Self, VisionError> {
        let model = Model::load(environment, models_dir, &spec.file, spec.sha256, &spec.input)?;
        model.check_output(0, &[1, spec.classes as i64])?;
        Ok(Liveness { model, spec })
    }

    /// Probability, 0 to 1, that the face in `face` is live; 0 where the model gives no number.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub(super) fn score(
        &mut self,
        frame: &Frame,
        face: &FaceBox,
        sampler: &mut Sampler,
    ) -> Result<f32, VisionError> {
        let crop = enlarged(frame, face, self.spec.box_scale);
        let input = &self.spec.input;
        sampler.fill(frame, crop, [input.width, input.height], input, self.model.input());
        let outputs = self.model.run_for(self.spec.classes)?;
        Ok(softmax(values(&outputs, 0), self.spec.live_class))
    }
}

/// The box enlarged about its middle, as far as the frame allows, and moved to lie inside it.
fn enlarged(frame: &Frame, face: &FaceBox, scale: f32) -> Crop {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let scale = scale.min((width - 1.0) / face.width()).min((height - 1.0) / face.height());
    let side = |low: f32, high: f32, length: f32| -> (i32, i32) {
        let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0 * scale);
        let (low, high) = (middle - half, middle + half);
        let shift = -low.min(0.0) - (high - (length - 1.0)).max(0.0);
        let end = ((high + shift) as i32).saturating_add(1).clamp(1, length as i32);
        let start = ((low + shift) as i32).clamp(0, end - 1);
        (start, end - start)
    };
    let (x, width) = side(face.x1, face.x2, width);
    let (y, height) = side(face.y1, face.y2, height);
    Crop { x, y, width, height }
}

fn softmax(logits: &[f32], class: usize) -> f32 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum = logits.iter().map(|v| (v - largest).exp()).sum::<f32>();
    let share = (logits[class] - largest).exp() / sum;
    if share.is_finite() { share } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn crop(size: [u32; 2], [x1, y1, x2, y2]: [f32; 4]) -> Crop {
        let rgb = vec![0; size[0] as usize * size[1] as usize * 3];
        let frame = Frame::new(size[0], size[1], rgb, Duration::ZERO).unwrap();
        enlarged(&frame, &FaceBox { x1, y1, x2, y2 }, 1.5)
    }

    #[test]
    fn enlarged_box_stays_inside_the_frame() {
        let cases = [
            ([200, 200], [80.0, 80.0, 120.0, 120.0], [70, 70, 61, 61]),
            ([200, 200], [-10.0, 80.0, 30.0, 120.0], [0, 70, 61, 61]),
            ([200, 200], [170.0, 180.0, 210.0, 220.0], [139, 139, 61, 61]),
            ([100, 50], [0.0, 0.0, 40.0, 49.0], [0, 0, 41, 50]),
            ([1, 1], [0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1]),
        ];
        for (size, face, [x, y, width, height]) in cases {
            assert_eq!(crop(size, face), Crop { x, y, width, height }, "{size:?} {face:?}");
        }
    }

    #[test]
    fn softmax_is_a_share_and_survives_what_is_no_number() {
        assert!((softmax(&[1.0, 1.0, 1.0], 0) - 1.0 / 3.0).abs() < 1e-6);
        assert!(softmax(&[1000.0, -1000.0, 0.0], 0) > 0.999);
        assert_eq!(softmax(&[f32::NAN, 0.0, 0.0], 0), 0.0);
        assert_eq!(softmax(&[f32::NEG_INFINITY; 3], 0), 0.0);
    }
}

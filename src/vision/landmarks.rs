//! Five points of a face from a 68-point model.
//!
//! The scheme is iBUG 300-W: 36–41 left eye, 42–47 right eye, 30 tip of the nose, 48–67 mouth
//! (left as seen in the picture). The eyes' corners (36, 39, 42, 45) move with the lids and the
//! light; the middle of the four other points is steadier.

use super::align::FivePoints;
use super::error::VisionError;
use super::manifest;
use super::sample::{Crop, Sampler};
use super::session::{Model, values};
use crate::domain::evidence::FaceBox;
use crate::frame::Frame;
use ort::environment::Environment;
use std::path::Path;

/// Points in the model's answer.
const POINTS: usize = 68;
/// Largest coordinate in pixels that a box's corner is cut to; far outside any frame.
const CORNER_PX_MAX: f32 = 1e6;
/// Which of the 68 make each of the five, by their mean.
const FIVE: [&[usize]; 5] = [&[37, 38, 40, 41], &[43, 44, 46, 47], &[30], &[48, 60], &[54, 64]];

/// The landmark model of the pack.
pub(super) struct Landmarks {
    pub(super) model: Model,
    spec: manifest::Landmarks,
}

impl Landmarks {
    /// Loads the model.
    ///
    /// # Errors
    /// Those of [`Model::load`], and [`VisionError::Model`] where it does not give 68 points.
    pub(super) fn load(
        environment: &Environment,
        models_dir: &Path,
        spec: manifest::Landmarks,
    ) -> Result<Self, VisionError> {
        let model = Model::load(environment, models_dir, &spec.file, spec.sha256, &spec.input)?;
        model.check_output(0, &[1, 2 * POINTS as i64])?;
        Ok(Landmarks { model, spec })
    }

    /// The five points of the face in `face`, in pixels of `frame`. Where the box reaches over
    /// the edge, the edge is repeated.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub(super) fn five(
        &mut self,
        frame: &Frame,
        face: &FaceBox,
        sampler: &mut Sampler,
    ) -> Result<FivePoints, VisionError> {
        // Whole pixels towards zero, as the reference cuts its crop.
        let [x1, y1, x2, y2] = [face.x1, face.y1, face.x2, face.y2]
            .map(|v| v.clamp(-CORNER_PX_MAX, CORNER_PX_MAX) as i32);
        let crop = Crop { x: x1, y: y1, width: (x2 - x1).max(1), height: (y2 - y1).max(1) };
        let input = &self.spec.input;
        sampler.fill(frame, crop, [input.width, input.height], input, self.model.input());
        let outputs = self.model.run_for(2 * POINTS)?;
        Ok(five_of(values(&outputs, 0), crop))
    }
}

/// Means of the model's points (0 to 1 of the crop), in pixels of the frame.
fn five_of(values: &[f32], crop: Crop) -> FivePoints {
    let (points, _) = values.as_chunks::<2>();
    FIVE.map(|of| {
        let mean = |axis: usize| of.iter().map(|n| points[*n][axis]).sum::<f32>() / of.len() as f32;
        [mean(0) * crop.width as f32 + crop.x as f32, mean(1) * crop.height as f32 + crop.y as f32]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_points_are_means_in_frame_pixels() {
        let mut values = vec![0.0; 2 * POINTS];
        for (n, x, y) in [(37, 0.1, 0.2), (38, 0.3, 0.2), (40, 0.3, 0.4), (41, 0.1, 0.4)] {
            (values[2 * n], values[2 * n + 1]) = (x, y);
        }
        (values[60], values[61]) = (0.5, 1.0);
        let crop = Crop { x: -10, y: 20, width: 100, height: 200 };
        let five = five_of(&values, crop);
        assert!((five[0][0] - 10.0).abs() < 1e-4 && (five[0][1] - 80.0).abs() < 1e-4);
        assert_eq!(five[2], [40.0, 220.0]);
    }
}

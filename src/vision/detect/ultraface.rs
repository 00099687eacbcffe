//! UltraFace ("Ultra-Light-Fast-Generic-Face-Detector"): the model decodes its own anchors.
//!
//! Outputs: `scores`, 1 × N × 2 (background, face), and `boxes`, 1 × N × 4 (corners, 0 to 1).

use super::Candidate;
use crate::domain::evidence::FaceBox;
use crate::vision::error::VisionError;
use crate::vision::manifest::Input;
use crate::vision::session::Model;

/// Sides in pixels of the feature maps' cells, and anchors in each cell.
const ANCHORS: [(usize, usize); 4] = [(8, 3), (16, 2), (32, 2), (64, 3)];

/// Positions of the outputs in the model.
///
/// # Errors
/// [`VisionError::Model`] where they are not this family's.
pub(super) fn outputs(model: &Model, input: &Input) -> Result<Vec<usize>, VisionError> {
    let cells = |stride: usize| input.width.div_ceil(stride) * input.height.div_ceil(stride);
    let count = ANCHORS.iter().map(|(stride, each)| cells(*stride) * each).sum::<usize>() as i64;
    model.outputs(&[("scores", &[1, count, 2]), ("boxes", &[1, count, 4])])
}

/// Appends every box with a score above `score_min`, in pixels of an input of `side`.
pub(super) fn decode(
    scores: &[f32],
    boxes: &[f32],
    [width, height]: [f32; 2],
    score_min: f32,
    out: &mut Vec<Candidate>,
) {
    let (scores, _) = scores.as_chunks::<2>();
    let (boxes, _) = boxes.as_chunks::<4>();
    for ([_, score], [x1, y1, x2, y2]) in scores.iter().zip(boxes) {
        if *score > score_min {
            let face = FaceBox { x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height };
            out.push(Candidate { face, score: *score, points: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_above_the_score_come_out_in_input_pixels() {
        let scores = [0.9, 0.1, 0.2, 0.8, 0.5, 0.5];
        let boxes = [0.0, 0.0, 1.0, 1.0, 0.25, 0.5, 0.5, 1.0, 0.1, 0.1, 0.2, 0.2];
        let mut out = Vec::new();
        decode(&scores, &boxes, [320.0, 240.0], 0.5, &mut out);
        let face = FaceBox { x1: 80.0, y1: 120.0, x2: 160.0, y2: 240.0 };
        assert_eq!(out, [Candidate { face, score: 0.8, points: None }]);
    }
}

//! SCRFD with key points (Guo et al., "Sample and Computation Redistribution for Efficient Face
//! Detection", 2021).
//!
//! Two anchors a cell, at strides 8, 16 and 32. Its exports name their nine outputs by number, so
//! they are told apart by their order: scores, then distances from the cell's corner to the
//! four sides, then five points as offsets; each by stride, distances and offsets in cells.

use super::Candidate;
use crate::domain::evidence::FaceBox;
use crate::vision::error::VisionError;
use crate::vision::manifest::Input;
use crate::vision::session::Model;

/// Sides of the cells in pixels.
const STRIDES: [usize; 3] = [8, 16, 32];
/// Anchors in a cell.
const ANCHORS: usize = 2;
/// Values an anchor of each kind of output.
const KINDS: [usize; 3] = [1, 4, 10];

/// Positions of the nine outputs in the model, kind by kind.
///
/// # Errors
/// [`VisionError::Model`] where they are not this family's, or where the input is not made of
/// whole cells.
pub(super) fn outputs(model: &Model, input: &Input) -> Result<Vec<usize>, VisionError> {
    super::whole_cells(model, input, STRIDES[2])?;
    for (kind, each) in KINDS.into_iter().enumerate() {
        for (at, stride) in STRIDES.into_iter().enumerate() {
            let anchors = (input.width / stride) * (input.height / stride) * ANCHORS;
            model.check_output(kind * STRIDES.len() + at, &[anchors as i64, each as i64])?;
        }
    }
    Ok((0..KINDS.len() * STRIDES.len()).collect())
}

/// Appends every face with a score above `score_min`, in pixels of the input. `output` gives the
/// values of one of the nine outputs, numbered as [`outputs`] lists them.
pub(super) fn decode<'o>(
    output: impl Fn(usize) -> &'o [f32],
    width: usize,
    score_min: f32,
    out: &mut Vec<Candidate>,
) {
    for (at, stride) in STRIDES.into_iter().enumerate() {
        let scores = output(at);
        let (sides, _) = output(STRIDES.len() + at).as_chunks::<4>();
        let (points, _) = output(2 * STRIDES.len() + at).as_chunks::<10>();
        let columns = width / stride;
        let stride = stride as f32;
        for (anchor, ((score, sides), points)) in scores.iter().zip(sides).zip(points).enumerate() {
            if score.is_nan() || *score <= score_min {
                continue;
            }
            let cell = anchor / ANCHORS;
            let (x, y) = ((cell % columns) as f32 * stride, (cell / columns) as f32 * stride);
            out.push(Candidate {
                face: FaceBox {
                    x1: x - sides[0] * stride,
                    y1: y - sides[1] * stride,
                    x2: x + sides[2] * stride,
                    y2: y + sides[3] * stride,
                },
                score: *score,
                points: Some(std::array::from_fn(|n| {
                    [x + points[2 * n] * stride, y + points[2 * n + 1] * stride]
                })),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64 × 64 input: 128, 32 and 8 anchors, all empty but for one.
    #[test]
    fn one_anchor_is_decoded_with_its_points() {
        let mut outputs =
            KINDS.map(|each| [128usize, 32, 8].map(|n| vec![0f32; n * each])).concat();
        let anchor = 2 * 5 + 1; // second row, second column of the four at stride 16
        outputs[1][anchor] = 0.7;
        outputs[4][anchor * 4..anchor * 4 + 4].copy_from_slice(&[0.5, 1.0, 1.5, 2.0]);
        outputs[7][anchor * 10..anchor * 10 + 10]
            .copy_from_slice(&[-0.25, 0.0, 0.25, 0.0, 0.0, 0.5, -0.25, 1.0, 0.25, 1.0]);
        let mut out = Vec::new();
        decode(|n| &outputs[n], 64, 0.5, &mut out);
        let points = [[12.0, 16.0], [20.0, 16.0], [16.0, 24.0], [12.0, 32.0], [20.0, 32.0]];
        let face = FaceBox { x1: 8.0, y1: 0.0, x2: 40.0, y2: 48.0 };
        assert_eq!(out, [Candidate { face, score: 0.7, points: Some(points) }]);
    }

    #[test]
    fn short_or_nan_outputs_give_no_face() {
        let nan = vec![f32::NAN; 64];
        let mut out = Vec::new();
        decode(|_| &nan, 64, 0.5, &mut out);
        decode(|_| &[], 64, 0.5, &mut out);
        assert_eq!(out, []);
    }
}

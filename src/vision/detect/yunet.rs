//! YuNet of 2023 (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023).
//!
//! One anchor a cell, at strides 8, 16 and 32. Outputs for each stride: `cls` and `obj`, whose
//! geometric mean is the score; `bbox`, the middle's offset and the logarithm of the size, in
//! cells; `kps`, five points as offsets, in cells.

use super::Candidate;
use crate::domain::evidence::FaceBox;
use crate::vision::error::VisionError;
use crate::vision::manifest::Input;
use crate::vision::session::Model;

/// Sides of the cells in pixels.
const STRIDES: [usize; 3] = [8, 16, 32];
/// Outputs of one stride and their values a cell, in the order in which [`decode`] takes them.
const KINDS: [(&str, i64); 4] = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)];

/// Positions of the twelve outputs in the model, stride by stride.
///
/// # Errors
/// [`VisionError::Model`] where they are not this family's, or where the input is not made of
/// whole cells.
pub(super) fn outputs(model: &Model, input: &Input) -> Result<Vec<usize>, VisionError> {
    super::whole_cells(model, input, STRIDES[2])?;
    let mut positions = Vec::new();
    for stride in STRIDES {
        let cells = ((input.width / stride) * (input.height / stride)) as i64;
        for (kind, each) in KINDS {
            let name = format!("{kind}_{stride}");
            positions.extend(model.outputs(&[(&name, &[1, cells, each])])?);
        }
    }
    Ok(positions)
}

/// Appends every face with a score above `score_min`, in pixels of the input. `output` gives the
/// values of one of the twelve outputs, numbered as [`outputs`] lists them.
pub(super) fn decode<'o>(
    output: impl Fn(usize) -> &'o [f32],
    width: usize,
    score_min: f32,
    out: &mut Vec<Candidate>,
) {
    for (at, stride) in STRIDES.into_iter().enumerate() {
        let [cls, obj] = [0, 1].map(|kind| output(at * KINDS.len() + kind));
        let (boxes, _) = output(at * KINDS.len() + 2).as_chunks::<4>();
        let (points, _) = output(at * KINDS.len() + 3).as_chunks::<10>();
        let columns = width / stride;
        let stride = stride as f32;
        for (cell, (cls, obj)) in cls.iter().zip(obj).enumerate() {
            let score = (cls.clamp(0.0, 1.0) * obj.clamp(0.0, 1.0)).sqrt();
            let (Some(values), Some(points)) = (boxes.get(cell), points.get(cell)) else { break };
            if score.is_nan() || score <= score_min {
                continue;
            }
            let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
            let (x, y) = ((column + values[0]) * stride, (row + values[1]) * stride);
            let (half_x, half_y) = (values[2].exp() * stride / 2.0, values[3].exp() * stride / 2.0);
            out.push(Candidate {
                face: FaceBox { x1: x - half_x, y1: y - half_y, x2: x + half_x, y2: y + half_y },
                score,
                points: Some(std::array::from_fn(|n| {
                    [(points[2 * n] + column) * stride, (points[2 * n + 1] + row) * stride]
                })),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64 × 64 input: 64, 16 and 4 cells, all empty but for one.
    #[test]
    fn one_cell_is_decoded_with_its_points() {
        let mut outputs = [64usize, 16, 4]
            .map(|cells| KINDS.map(|(_, each)| vec![0f32; cells * each as usize]))
            .concat();
        let cell = 6; // second row, third column of the four at stride 16
        outputs[4][cell] = 0.81;
        outputs[5][cell] = 1.3;
        outputs[6][cell * 4..cell * 4 + 4].copy_from_slice(&[0.5, 0.25, 2f32.ln(), 0.0]);
        outputs[7][cell * 10..cell * 10 + 10]
            .copy_from_slice(&[0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.0]);
        let mut out = Vec::new();
        decode(|n| &outputs[n], 64, 0.5, &mut out);
        let expected = Candidate {
            face: FaceBox { x1: 24.0, y1: 12.0, x2: 56.0, y2: 28.0 },
            score: 0.9,
            points: Some([[32.0, 16.0], [48.0, 16.0], [40.0, 24.0], [32.0, 32.0], [48.0, 32.0]]),
        };
        assert_eq!(out.len(), 1);
        assert!((out[0].score - expected.score).abs() < 1e-6);
        assert!(out[0].face.iou(&expected.face) > 0.9999);
        assert_eq!(out[0].points, expected.points);
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

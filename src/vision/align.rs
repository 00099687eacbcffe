//! A face brought upright and to size, so that every template sees it alike.
//!
//! The transform is the least-squares similarity (turn, scale, shift; no mirroring) from the five
//! points to those of an average face. With points as complex numbers it has a closed form,
//! `Σ p̄·q / Σ |p|²` over centred points, which equals Umeyama's solution
//! (IEEE PAMI 13(4), 1991) in two dimensions.

use super::manifest::{ALIGNED_SIDE, Channels, Input};
use super::sample::luminance;
use crate::frame::Frame;

/// Left eye, right eye, nose, left and right mouth corner, as seen in the picture; pixels.
pub type FivePoints = [[f32; 2]; 5];

/// Pixels of an aligned face.
pub(super) const ALIGNED_PIXELS: usize = ALIGNED_SIDE * ALIGNED_SIDE;

/// Where the five points lie in an aligned face (ArcFace's 112 × 112 template).
pub(super) const UPRIGHT: FivePoints = [
    [38.2946, 51.6963],
    [73.5318, 51.5014],
    [56.0252, 71.7366],
    [41.5493, 92.3655],
    [70.7299, 92.2041],
];

/// Smallest mean squared distance of points from their middle that is taken for a face.
const SPREAD_PX2_MIN: f64 = 1e-3;

/// Turn, scale and shift of the plane: (x, y) → (ax − by + tx, bx + ay + ty).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Similarity {
    a: f64,
    b: f64,
    tx: f64,
    ty: f64,
}

impl Similarity {
    /// The one that brings `from` nearest to `to`; `None` where the points are not finite or all
    /// in one place, or where it would shrink everything to nothing.
    pub(super) fn between(from: &FivePoints, to: &FivePoints) -> Option<Self> {
        let ([mx, my], [nx, ny]) = (mean(from), mean(to));
        let (mut a, mut b, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (f64::from(p[0]) - mx, f64::from(p[1]) - my);
            let (qx, qy) = (f64::from(q[0]) - nx, f64::from(q[1]) - ny);
            a += px * qx + py * qy;
            b += px * qy - py * qx;
            spread += px * px + py * py;
        }
        if !(a.is_finite() && b.is_finite()) || spread < SPREAD_PX2_MIN || a.hypot(b) <= 0.0 {
            return None;
        }
        let (a, b) = (a / spread, b / spread);
        Some(Similarity { a, b, tx: nx - a * mx + b * my, ty: ny - b * mx - a * my })
    }

    /// The way back.
    fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Similarity { a, b, tx: b * self.ty - a * self.tx, ty: -b * self.tx - a * self.ty }
    }
}

/// The mean of five points.
fn mean(points: &FivePoints) -> [f64; 2] {
    [0, 1].map(|axis| points.iter().map(|p| f64::from(p[axis])).sum::<f64>() / 5.0)
}

/// A face of 112 × 112 pixels: planes of red, green, blue, 0 to 255. What lies outside the frame
/// is black.
pub(super) struct Aligned {
    planes: [Vec<f32>; 3],
    grey: Vec<f32>,
}

impl Aligned {
    /// A black one, to be drawn into.
    pub(super) fn new() -> Self {
        let plane = || vec![0.0; ALIGNED_PIXELS];
        Aligned { planes: [plane(), plane(), plane()], grey: plane() }
    }

    /// Draws the face whose points lie at `points` of `frame`; false, and unchanged, where they
    /// have no shape.
    pub(super) fn draw(&mut self, frame: &Frame, points: &FivePoints) -> bool {
        let Some(forth) = Similarity::between(points, &UPRIGHT) else { return false };
        let back = forth.inverse();
        let [red, green, blue] = &mut self.planes;
        for y in 0..ALIGNED_SIDE {
            let (row_x, row_y) = (back.tx - back.b * y as f64, back.ty + back.a * y as f64);
            for x in 0..ALIGNED_SIDE {
                let at = y * ALIGNED_SIDE + x;
                let source = [row_x + back.a * x as f64, row_y + back.b * x as f64];
                let rgb = bilinear(frame, source.map(|v| v as f32));
                [red[at], green[at], blue[at]] = rgb;
                self.grey[at] = luminance(rgb);
            }
        }
        true
    }

    /// Luminance, row by row.
    pub(super) fn grey(&self) -> &[f32] {
        &self.grey
    }

    /// Writes the face into a model's `input`, each value `(pixel − mean) × scale`.
    pub(super) fn write(&self, input: &Input, out: &mut [f32]) {
        let [red, green, blue] = &self.planes;
        let planes: &[&Vec<f32>] = match input.channels {
            Channels::Rgb => &[red, green, blue],
            Channels::Bgr => &[blue, green, red],
            Channels::Grey => &[&self.grey],
        };
        let bias = -input.mean * input.scale;
        for (out, plane) in out.chunks_exact_mut(ALIGNED_PIXELS).zip(planes) {
            for (value, pixel) in out.iter_mut().zip(plane.iter()) {
                *value = pixel * input.scale + bias;
            }
        }
    }
}

/// The pixel at a place between pixels; black outside the frame.
fn bilinear(frame: &Frame, [x, y]: [f32; 2]) -> [f32; 3] {
    let (width, height) = (frame.width() as i32, frame.height() as i32);
    let (left, top) = (x.floor() as i32, y.floor() as i32);
    let (right_share, lower_share) = (x - left as f32, y - top as f32);
    let rgb = frame.rgb();
    let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
    if left >= 0 && top >= 0 && left < width - 1 && top < height - 1 {
        let stride = width as usize * 3;
        let at = top as usize * stride + left as usize * 3;
        let (above, below) = (&rgb[at..at + 6], &rgb[at + stride..at + stride + 6]);
        return std::array::from_fn(|c| {
            let upper = mix(f32::from(above[c]), f32::from(above[c + 3]), right_share);
            let lower = mix(f32::from(below[c]), f32::from(below[c + 3]), right_share);
            mix(upper, lower, lower_share)
        });
    }
    let pixel = |x: i32, y: i32, c: usize| -> f32 {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        if inside {
            f32::from(rgb[(y as usize * width as usize + x as usize) * 3 + c])
        } else {
            0.0
        }
    };
    let (right, below) = (left.saturating_add(1), top.saturating_add(1));
    std::array::from_fn(|c| {
        let upper = mix(pixel(left, top, c), pixel(right, top, c), right_share);
        let lower = mix(pixel(left, below, c), pixel(right, below, c), right_share);
        mix(upper, lower, lower_share)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn moved(by: &Similarity) -> FivePoints {
        UPRIGHT.map(|[x, y]| {
            let (x, y) = (f64::from(x), f64::from(y));
            [(by.a * x - by.b * y + by.tx) as f32, (by.b * x + by.a * y + by.ty) as f32]
        })
    }

    proptest! {
        #[test]
        fn similarity_is_found_again(
            a in -3.0..3.0f64, b in 0.1..3.0f64, tx in -500.0..500.0f64, ty in -500.0..500.0f64,
        ) {
            let by = Similarity { a, b, tx, ty };
            let back = Similarity::between(&moved(&by), &UPRIGHT).unwrap();
            let expected = by.inverse();
            for (found, expected) in [
                (back.a, expected.a), (back.b, expected.b),
                (back.tx, expected.tx), (back.ty, expected.ty),
            ] {
                prop_assert!((found - expected).abs() < 1e-2 * (1.0 + expected.abs()));
            }
        }
    }

    #[test]
    fn points_without_shape_have_no_similarity() {
        for points in [[[5.0, 5.0]; 5], [[f32::NAN, 0.0]; 5], [[f32::INFINITY, 1.0]; 5]] {
            assert_eq!(Similarity::between(&points, &UPRIGHT), None);
        }
    }

    #[test]
    fn upright_face_is_drawn_unchanged_and_black_outside_the_frame() {
        let rgb = (0..100 * 80 * 3).map(|i| (i % 251) as u8).collect::<Vec<_>>();
        let frame = Frame::new(100, 80, rgb.clone(), Duration::ZERO).unwrap();
        let mut aligned = Aligned::new();
        assert!(aligned.draw(&frame, &UPRIGHT));
        let green = &aligned.planes[1];
        assert!((green[3 * ALIGNED_SIDE + 7] - f32::from(rgb[(3 * 100 + 7) * 3 + 1])).abs() < 0.01);
        assert_eq!(green[90 * ALIGNED_SIDE + 7], 0.0);
        assert_eq!(green[3 * ALIGNED_SIDE + 110], 0.0);
    }

    #[test]
    fn points_far_outside_draw_black() {
        let frame = Frame::new(1, 1, vec![255; 3], Duration::ZERO).unwrap();
        let mut aligned = Aligned::new();
        let far = UPRIGHT.map(|[x, y]| [x * 1e7 + 1e9, y * 1e7]);
        assert!(aligned.draw(&frame, &far));
        assert!(aligned.grey().iter().all(|v| *v == 0.0));
    }
}

//! A face brought upright and to size, so that every template sees it alike.
//!
//! The transform is the least-squares similarity (turn, scale, shift; no mirroring) from the five
//! points to those of an average face. With points as complex numbers it has a closed form,
//! `Σ p̄·q / Σ |p|²` over centred points, which equals Umeyama's solution
//! (IEEE PAMI 13(4), 1991) in two dimensions.

use super::manifest::{ALIGNED_SIDE, Channels, Input};
use super::sample::{luminance, rounded};
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

/// A face of 112 × 112 pixels: planes of red, green, blue, whole levels of 0 to 255. What lies outside the frame
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
        let planes = red.iter_mut().zip(green).zip(blue).zip(&mut self.grey);
        let places = (0..ALIGNED_SIDE).flat_map(|y| (0..ALIGNED_SIDE).map(move |x| (x, y)));
        for ((((red, green), blue), grey), (x, y)) in planes.zip(places) {
            let (x, y) = (x as f64, y as f64);
            let source = [back.tx + back.a * x - back.b * y, back.ty + back.b * x + back.a * y];
            let rgb = bilinear(frame, source.map(|v| v as f32)).map(rounded);
            [*red, *green, *blue] = rgb;
            *grey = luminance(rgb);
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
    // Conversion cuts towards zero, which is down for what is not negative, and far cheaper.
    let (left, top) = (x as usize, y as usize);
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let inside = x >= 0.0 && y >= 0.0 && left < width - 1 && top < height - 1;
    if !inside {
        return bilinear_at_edge(frame, [x, y]);
    }
    let at = top * width + left;
    let (pixels, _) = frame.rgb().as_chunks::<3>();
    let (above, below) = (&pixels[at..at + 2], &pixels[at + width..at + width + 2]);
    mixed([above[0], above[1], below[0], below[1]], x - left as f32, y - top as f32)
}

/// The same where some of the four pixels are outside.
#[cold]
fn bilinear_at_edge(frame: &Frame, [x, y]: [f32; 2]) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (pixels, _) = frame.rgb().as_chunks::<3>();
    let pixel = |x: f32, y: f32| -> [u8; 3] {
        let inside =
            (0.0..frame.width() as f32).contains(&x) && (0.0..frame.height() as f32).contains(&y);
        if inside { pixels[y as usize * frame.width() as usize + x as usize] } else { [0; 3] }
    };
    let (right, bottom) = (left + 1.0, top + 1.0);
    let corners = [pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)];
    mixed(corners, x - left, y - top)
}

/// Four neighbours (upper left, upper right, lower left, lower right) mixed by the share of the
/// right and of the lower ones.
#[inline(always)]
fn mixed(corners: [[u8; 3]; 4], right: f32, lower: f32) -> [f32; 3] {
    let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
    std::array::from_fn(|c| {
        let [a, b, below_a, below_b] = corners.map(|corner| f32::from(corner[c]));
        mix(mix(a, b, right), mix(below_a, below_b, right), lower)
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

//! Pixels out of a frame and into a model's input.
//!
//! 1. Bilinear with pixel centres at one half, no smoothing when shrinking, edges repeated: what
//!    OpenCV's `resize` and `copyMakeBorder` do, because the models were trained on that. The
//!    fixed-point arithmetic of its 8-bit path is followed level by level: landmark and liveness
//!    models answer visibly differently to a difference of one level.
//! 2. Cropping, resizing, channel order and scaling happen in one pass over the rows needed; no
//!    copy of the frame is made.
//! 3. Buffers are kept from call to call; nothing is allocated once they have their size.

use super::manifest::{Channels, Input};
use crate::frame::Frame;

/// Weights of red, green and blue in luminance (ITU-R BT.601).
pub(super) const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];

/// A rectangle in whole pixels; it may reach over the frame's edge, which is then repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    pub(super) x: i32,
    pub(super) y: i32,
    /// At least 1.
    pub(super) width: i32,
    /// At least 1.
    pub(super) height: i32,
}

impl Crop {
    /// The whole frame.
    pub(super) fn whole(frame: &Frame) -> Self {
        Crop { x: 0, y: 0, width: frame.width() as i32, height: frame.height() as i32 }
    }
}

/// One, in the fixed-point numbers of weights.
const ONE: f32 = 2048.0;

/// The two source positions of one output position, and their weights (they add up to 2048).
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    weights: [i16; 2],
}

/// A source row resized along its length: planes of red, green, blue, each value 128 × its level.
#[derive(Default)]
struct Line {
    /// Which source row it is.
    row: Option<usize>,
    planes: [Vec<i16>; 3],
}

/// Resizes parts of frames into model inputs.
#[derive(Default)]
pub(super) struct Sampler {
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    upper: Line,
    lower: Line,
}

impl Sampler {
    /// Resizes `crop` of `frame` to `width` × `height` pixels in the upper left corner of `out`,
    /// which holds the planes of `input`, each value `(pixel − mean) × scale`.
    ///
    /// # Panics
    /// Where the size is larger than the input, or `out` smaller.
    pub(super) fn fill(
        &mut self,
        frame: &Frame,
        crop: Crop,
        [width, height]: [usize; 2],
        input: &Input,
        out: &mut [f32],
    ) {
        assert!(width <= input.width && height <= input.height, "the part fits into the input");
        taps(&mut self.columns, crop.x, crop.width, frame.width(), width);
        taps(&mut self.rows, crop.y, crop.height, frame.height(), height);
        (self.upper.row, self.lower.row) = (None, None);
        for (y, row) in self.rows.iter().enumerate() {
            // Enlarging meets each source row several times: what was below is now above.
            if self.lower.row == Some(row.first) {
                std::mem::swap(&mut self.upper, &mut self.lower);
            }
            self.upper.draw(frame, row.first, &self.columns);
            self.lower.draw(frame, row.second, &self.columns);
            write_row(&self.upper, &self.lower, row.weights, input, y * input.width, out);
        }
    }
}

/// Source positions along one axis: `count` of them, spread over `length` pixels from `start` on,
/// held inside both the crop and the frame's `side`.
fn taps(out: &mut Vec<Tap>, start: i32, length: i32, side: u32, count: usize) {
    let step = f64::from(length) / count as f64;
    let last = side as i32 - 1;
    let place = |at: i32| (start + at.clamp(0, length - 1)).clamp(0, last) as usize;
    out.clear();
    out.extend((0..count).map(|i| {
        let at = ((i as f64 + 0.5) * step - 0.5) as f32;
        let first = at.floor();
        let share = at - first;
        let weights = [1.0 - share, share].map(|w| (w * ONE).round_ties_even() as i16);
        Tap { first: place(first as i32), second: place(first as i32 + 1), weights }
    }));
}

impl Line {
    /// Resizes source row `row`, unless it is what the line holds already.
    fn draw(&mut self, frame: &Frame, row: usize, columns: &[Tap]) {
        if self.row == Some(row) {
            return;
        }
        self.row = Some(row);
        let stride = frame.width() as usize * 3;
        let (pixels, _) = frame.rgb()[row * stride..][..stride].as_chunks::<3>();
        let [red, green, blue] = &mut self.planes;
        for plane in [&mut *red, &mut *green, &mut *blue] {
            plane.resize(columns.len(), 0);
        }
        let planes = red.iter_mut().zip(green).zip(blue);
        for (((r, g), b), tap) in planes.zip(columns) {
            let (first, second) = (&pixels[tap.first], &pixels[tap.second]);
            let [w0, w1] = tap.weights.map(i32::from);
            // At most 255 × 2048: nothing wraps. Checked sums would keep the loop from vectorising.
            let part = |pixel: u8, weight: i32| i32::from(pixel).wrapping_mul(weight);
            let mix = |c: usize| part(first[c], w0).wrapping_add(part(second[c], w1)) >> 4;
            [*r, *g, *b] = [mix(0) as i16, mix(1) as i16, mix(2) as i16];
        }
    }
}

/// Two lines mixed to a level. Each product is cut to quarters of a level before they are added;
/// the sum is at most 1020, so that nothing wraps.
#[inline(always)]
fn level(upper: i16, lower: i16, [w0, w1]: [i16; 2]) -> i16 {
    let quarters =
        |value: i16, weight: i16| (i32::from(value).wrapping_mul(i32::from(weight)) >> 16) as i16;
    quarters(upper, w0).wrapping_add(quarters(lower, w1)).wrapping_add(2) >> 2
}

/// One output row of every plane, from `at` on.
fn write_row(
    upper: &Line,
    lower: &Line,
    weights: [i16; 2],
    input: &Input,
    at: usize,
    out: &mut [f32],
) {
    let (scale, bias) = (input.scale, -input.mean * input.scale);
    let plane = input.width * input.height;
    let order: [usize; 3] = match input.channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
        Channels::Grey => {
            let levels = |c: usize| upper.planes[c].iter().zip(&lower.planes[c]);
            let rgb = levels(0).zip(levels(1)).zip(levels(2));
            for (value, ((r, g), b)) in out[at..].iter_mut().zip(rgb) {
                let rgb = [r, g, b].map(|(u, l)| f32::from(level(*u, *l, weights)));
                *value = rounded(luminance(rgb)) * scale + bias;
            }
            return;
        }
    };
    for (out, c) in out.chunks_exact_mut(plane).zip(order) {
        let lines = upper.planes[c].iter().zip(&lower.planes[c]);
        for (value, (u, l)) in out[at..].iter_mut().zip(lines) {
            *value = f32::from(level(*u, *l, weights)) * scale + bias;
        }
    }
}

/// The nearest whole number (halves upwards) of a value between 0 and 255.
///
/// Adding 1.5 × 2²³ leaves no room for fractions in a 32-bit float; unlike `f32::round` this is two
/// additions on every machine.
pub(super) fn rounded(value: f32) -> f32 {
    const NO_FRACTIONS: f32 = 12_582_912.0;
    const HALVES_UP: f32 = 1.0 / 4096.0;
    (value + HALVES_UP + NO_FRACTIONS) - NO_FRACTIONS
}

/// Luminance of a pixel.
pub(super) fn luminance(rgb: [f32; 3]) -> f32 {
    rgb[0] * LUMINANCE[0] + rgb[1] * LUMINANCE[1] + rgb[2] * LUMINANCE[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn frame(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Frame {
        let rgb = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| [pixel(x, y), 0, 255 - pixel(x, y)])
            .collect();
        Frame::new(width, height, rgb, Duration::ZERO).unwrap()
    }

    fn input(width: usize, height: usize, channels: Channels) -> Input {
        Input { width, height, channels, mean: 0.0, scale: 1.0 }
    }

    fn red(frame: &Frame, crop: Crop, width: usize, height: usize) -> Vec<f32> {
        let input = input(width, height, Channels::Rgb);
        let mut out = vec![f32::NAN; width * height * 3];
        Sampler::default().fill(frame, crop, [width, height], &input, &mut out);
        out.truncate(width * height);
        out
    }

    #[test]
    fn halving_takes_the_mean_of_two_by_two() {
        let frame = frame(4, 2, |x, y| (x * 10 + y * 100) as u8);
        assert_eq!(red(&frame, Crop::whole(&frame), 2, 1), [55.0, 75.0]);
    }

    #[test]
    fn shrinking_by_four_skips_pixels_as_opencv_does() {
        let frame = frame(8, 1, |x, _| [0, 10, 20, 200, 40, 50, 60, 70][x as usize]);
        assert_eq!(red(&frame, Crop::whole(&frame), 2, 1), [15.0, 55.0]);
    }

    #[test]
    fn enlarging_repeats_the_edge() {
        let frame = frame(2, 1, |x, _| (x * 100) as u8);
        assert_eq!(red(&frame, Crop::whole(&frame), 4, 1), [0.0, 25.0, 75.0, 100.0]);
    }

    #[test]
    fn crop_over_the_edge_repeats_it() {
        let frame = frame(3, 3, |x, _| (x * 10) as u8);
        let crop = Crop { x: -2, y: -5, width: 4, height: 4 };
        assert_eq!(red(&frame, crop, 4, 4)[..4], [0.0, 0.0, 0.0, 10.0]);
        let outside = Crop { x: 50, y: 50, width: 2, height: 2 };
        assert_eq!(red(&frame, outside, 2, 2), [20.0; 4]);
    }

    #[test]
    fn rounding_goes_to_the_nearest_level_and_halves_go_up() {
        for (value, level) in [(0.0, 0.0), (0.49, 0.0), (0.5, 1.0), (1.5, 2.0), (254.6, 255.0)] {
            assert_eq!(rounded(value), level, "{value}");
        }
    }

    #[test]
    fn channels_come_in_the_order_of_the_input() {
        let frame = frame(1, 1, |_, _| 200);
        let cases =
            [(Channels::Rgb, vec![200.0, 0.0, 55.0]), (Channels::Bgr, vec![55.0, 0.0, 200.0])];
        for (channels, expected) in cases {
            let mut out = vec![0.0; 3];
            let input = input(1, 1, channels);
            Sampler::default().fill(&frame, Crop::whole(&frame), [1, 1], &input, &mut out);
            assert_eq!(out, expected);
        }
        let mut grey = [0.0];
        let scaled = Input { mean: 100.0, scale: 0.5, ..input(1, 1, Channels::Grey) };
        Sampler::default().fill(&frame, Crop::whole(&frame), [1, 1], &scaled, &mut grey);
        assert!((grey[0] - (66.0 - 100.0) / 2.0).abs() < 1e-3);
    }
}

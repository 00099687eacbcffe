//! Pixels out of a frame and into a model's input.
//!
//! 1. Bilinear with pixel centres at one half, no smoothing when shrinking, edges repeated: what
//!    OpenCV's `resize` and `copyMakeBorder` do, because the models were trained on that.
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

/// The two source positions of one output position, and the share of the second.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    share: f32,
}

/// Resizes parts of frames into model inputs.
#[derive(Default)]
pub(super) struct Sampler {
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    line: Vec<f32>,
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
        let low = self.columns.iter().map(|t| t.first).min().unwrap_or(0);
        let high = self.columns.iter().map(|t| t.second).max().unwrap_or(0);
        for tap in &mut self.columns {
            (tap.first, tap.second) = ((tap.first - low) * 3, (tap.second - low) * 3);
        }
        let stride = frame.width() as usize * 3;
        let bytes = low * 3..(high + 1) * 3;
        self.line.resize(bytes.len(), 0.0);
        for (y, row) in self.rows.iter().enumerate() {
            let above = &frame.rgb()[row.first * stride..][bytes.clone()];
            let below = &frame.rgb()[row.second * stride..][bytes.clone()];
            blend(&mut self.line, above, below, row.share);
            write_row(&self.line, &self.columns, input, y, out);
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
        let at = ((i as f64 + 0.5) * step - 0.5).max(0.0);
        let first = at.floor() as i32;
        Tap { first: place(first), second: place(first + 1), share: (at - at.floor()) as f32 }
    }));
}

/// `share` of `below` mixed into `above`.
fn blend(line: &mut [f32], above: &[u8], below: &[u8], share: f32) {
    for ((mixed, a), b) in line.iter_mut().zip(above).zip(below) {
        *mixed = f32::from(*a) + f32::from(i16::from(*b) - i16::from(*a)) * share;
    }
}

/// One output row of every plane.
fn write_row(line: &[f32], columns: &[Tap], input: &Input, y: usize, out: &mut [f32]) {
    let (plane, at) = (input.width * input.height, y * input.width);
    let (scale, bias) = (input.scale, -input.mean * input.scale);
    let pixel = |tap: &Tap| -> [f32; 3] {
        let (a, b) = (&line[tap.first..tap.first + 3], &line[tap.second..tap.second + 3]);
        std::array::from_fn(|c| (a[c] + (b[c] - a[c]) * tap.share) * scale + bias)
    };
    if input.channels == Channels::Grey {
        for (value, tap) in out[at..].iter_mut().zip(columns) {
            *value = luminance(pixel(tap));
        }
        return;
    }
    let (first, rest) = out.split_at_mut(plane);
    let (second, third) = rest.split_at_mut(plane);
    let (red, blue) = match input.channels {
        Channels::Bgr => (third, first),
        _ => (first, third),
    };
    let planes = red[at..].iter_mut().zip(&mut second[at..]).zip(&mut blue[at..]);
    for (((r, g), b), tap) in planes.zip(columns) {
        [*r, *g, *b] = pixel(tap);
    }
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
        assert!((grey[0] - (0.299 * 200.0 + 0.114 * 55.0 - 100.0) / 2.0).abs() < 1e-3);
    }
}

//! Encoding of a frame for the page's live picture. Nothing else encodes pictures.

use super::Frame;
use image::ExtendedColorType::Rgb8;
use image::codecs::jpeg::JpegEncoder;

/// JPEG quality of the live picture, 1 to 100: skin tones look natural, a picture is about 20 kB.
const QUALITY: u8 = 70;

/// The frame as a baseline JPEG, every `step`th pixel of every `step`th row; 1 for all of them.
///
/// # Panics
/// Where `step` is 0.
pub fn jpeg(frame: &Frame, step: usize) -> Vec<u8> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let thinned: Vec<u8>;
    let rgb = match step {
        1 => frame.rgb(),
        _ => {
            let rows = frame.rgb().chunks_exact(width * 3).step_by(step);
            thinned =
                rows.flat_map(|row| row.chunks_exact(3).step_by(step)).flatten().copied().collect();
            &thinned
        }
    };
    let (width, height) = (width.div_ceil(step), height.div_ceil(step));
    let mut bytes = Vec::with_capacity(32 * 1024);
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(rgb, width as u32, height as u32, Rgb8)
        .expect("a frame's sides fit into 16 bits and its pixels are whole");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::decode;
    use std::time::Duration;

    #[test]
    fn what_is_encoded_can_be_decoded_to_nearly_the_same_picture() {
        let grey = |x: usize, y: usize| ((x + y) / 2 % 256) as u8;
        let rgb = (0..48 * 37).flat_map(|i| [grey(i % 48, i / 48); 3]).collect();
        let frame = Frame::new(48, 37, rgb, Duration::ZERO).unwrap();
        for (step, size) in [(1, (48, 37)), (2, (24, 19)), (3, (16, 13))] {
            let back = decode::jpeg(&jpeg(&frame, step), Duration::ZERO, vec![]).unwrap();
            assert_eq!((back.width(), back.height()), size);
            for (i, pixel) in back.rgb().chunks_exact(3).enumerate() {
                let (x, y) = (i % size.0 as usize * step, i / size.0 as usize * step);
                assert!(pixel[1].abs_diff(grey(x, y)) < 12, "step {step} at {x},{y}: {pixel:?}");
            }
        }
    }
}

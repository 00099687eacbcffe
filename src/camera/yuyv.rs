//! YUYV pictures to frames.
//!
//! Luma is 16 to 235 and chroma 16 to 240 around 128, as ITU-R BT.601 has it and as UVC cameras
//! send it unless they say otherwise. A pair of pixels shares its chroma.

use crate::frame::Frame;
use std::time::Duration;

/// A YUYV picture of `width` × `height` pixels as a frame; `None` where `bytes` is not exactly one
/// whole picture, the width is odd or the size out of a frame's bounds.
pub fn frame(bytes: &[u8], width: u16, height: u16, taken: Duration) -> Option<Frame> {
    let pixels = usize::from(width) * usize::from(height);
    if !width.is_multiple_of(2) || bytes.len() != pixels * 2 {
        return None;
    }
    let mut rgb = Vec::with_capacity(pixels * 3);
    for pair in bytes.chunks_exact(4) {
        let [y0, u, y1, v] = [pair[0], pair[1], pair[2], pair[3]];
        rgb.extend_from_slice(&pixel(y0, u, v));
        rgb.extend_from_slice(&pixel(y1, u, v));
    }
    Frame::new(width.into(), height.into(), rgb, taken)
}

/// BT.601 in fixed point with 16 bits after the point; off by at most one level.
fn pixel(y: u8, u: u8, v: u8) -> [u8; 3] {
    let y = (i32::from(y) - 16) * 76_309;
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let level = |sum: i32| ((sum + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [level(y + 104_597 * v), level(y - 25_675 * u - 53_279 * v), level(y + 132_201 * u)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_standard() {
        // Y, U, V and R, G, B of the 100 % colour bars of BT.601.
        let bars: [([u8; 3], [u8; 3]); 8] = [
            ([235, 128, 128], [255, 255, 255]),
            ([16, 128, 128], [0, 0, 0]),
            ([126, 128, 128], [128, 128, 128]),
            ([81, 90, 240], [255, 0, 0]),
            ([145, 54, 34], [0, 255, 0]),
            ([41, 240, 110], [0, 0, 255]),
            ([210, 16, 146], [255, 255, 0]),
            ([106, 202, 222], [255, 0, 255]),
        ];
        for ([y, u, v], rgb) in bars {
            let got = pixel(y, u, v);
            let off = got.iter().zip(rgb).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(off <= 2, "{:?} became {got:?}, not {rgb:?}", [y, u, v]);
        }
        assert_eq!(pixel(255, 255, 255), [255, 125, 255]);
        assert_eq!(pixel(0, 0, 0), [0, 136, 0]);
    }

    #[test]
    fn fixed_point_is_within_one_level_of_floating_point() {
        for y in (0..=255).step_by(5) {
            for u in (0..=255).step_by(5) {
                for v in (0..=255).step_by(5) {
                    let luma = 1.164_383_6 * (f64::from(y) - 16.0);
                    let (b, r) = (f64::from(u) - 128.0, f64::from(v) - 128.0);
                    let exact = [
                        luma + 1.596_026_8 * r,
                        luma - 0.391_762_3 * b - 0.812_967_6 * r,
                        luma + 2.017_232_1 * b,
                    ];
                    for (got, want) in pixel(y, u, v).into_iter().zip(exact) {
                        assert!((f64::from(got) - want.clamp(0.0, 255.0)).abs() <= 1.0);
                    }
                }
            }
        }
    }

    #[test]
    fn pixels_of_a_pair_keep_their_places() {
        let frame = frame(&[16, 128, 235, 128], 2, 1, Duration::from_secs(3)).unwrap();
        assert_eq!(frame.rgb(), [0, 0, 0, 255, 255, 255]);
        assert_eq!(frame.taken, Duration::from_secs(3));
    }

    #[test]
    fn what_is_not_one_whole_picture_is_refused() {
        for (bytes, width, height) in
            [(16, 4, 2), (7, 2, 2), (9, 2, 2), (0, 2, 2), (6, 3, 1), (0, 0, 0)]
        {
            let whole = frame(&vec![0; bytes], width, height, Duration::ZERO).is_some();
            assert_eq!(whole, (bytes, width, height) == (16, 4, 2), "{bytes} {width} {height}");
        }
    }
}

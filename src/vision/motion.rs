//! Whether anything in view has changed since the picture that was last looked at.
//!
//! The frame is divided into cells; a cell has changed when its mean luminance has. Sensor noise
//! averages out over a cell, and a face that is near enough to matter covers several. A face before
//! a wall of its own brightness could hide; so whoever relies on this looks at times all the same
//! (see `daemon::checkin`).

use crate::frame::Frame;

/// Cells across and down.
const CELLS: (usize, usize) = (20, 15);
/// Points sampled in a cell, in each direction.
const POINTS: usize = 8;
/// By how many grey levels a cell's mean must differ to have changed.
const LEVELS_MIN: u16 = 6;
/// How many cells must have changed.
const CELLS_MIN: usize = 2;

/// Mean luminance of each cell of the remembered frame.
#[derive(Default)]
pub struct Motion {
    remembered: Vec<u16>,
    latest: Vec<u16>,
}

impl Motion {
    /// Whether `frame` differs from the remembered one; true where none is remembered.
    pub fn changed(&mut self, frame: &Frame) -> bool {
        measure(frame, &mut self.latest);
        let differs = |(a, b): (&u16, &u16)| a.abs_diff(*b) >= LEVELS_MIN;
        self.remembered.is_empty()
            || self.latest.iter().zip(&self.remembered).filter(|pair| differs(*pair)).count()
                >= CELLS_MIN
    }

    /// Remembers `frame`.
    pub fn remember(&mut self, frame: &Frame) {
        measure(frame, &mut self.remembered);
    }
}

fn measure(frame: &Frame, means: &mut Vec<u16>) {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (across, down) = (CELLS.0 * POINTS, CELLS.1 * POINTS);
    let mut sums = [0u32; CELLS.0 * CELLS.1];
    for py in 0..down {
        let row = py * height / down * width;
        for px in 0..across {
            let at = (row + px * width / across) * 3;
            // Green carries most of the luminance, and one channel is enough to see a change.
            sums[py / POINTS * CELLS.0 + px / POINTS] += u32::from(frame.rgb()[at + 1]);
        }
    }
    means.clear();
    means.extend(sums.iter().map(|sum| (sum / (POINTS * POINTS) as u32) as u16));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A grey room with noise of a seed, and a patch somewhere in it.
    fn room(seed: u32, patch: Option<(u32, u32, u32)>) -> Frame {
        let mut noise = seed;
        let (width, height) = (640, 480);
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            for x in 0..width {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let inside = patch.is_some_and(|(px, py, side)| {
                    (px..px + side).contains(&x) && (py..py + side).contains(&y)
                });
                let level = if inside { 130 } else { 100 } + (noise >> 28) as u8;
                rgb.extend([level; 3]);
            }
        }
        Frame::new(width, height, rgb, Duration::ZERO).unwrap()
    }

    #[test]
    fn the_first_frame_has_changed_and_noise_has_not() {
        let mut motion = Motion::default();
        assert!(motion.changed(&room(1, None)));
        motion.remember(&room(1, None));
        for seed in 2..20 {
            assert!(!motion.changed(&room(seed, None)));
        }
    }

    #[test]
    fn a_far_face_anywhere_in_view_is_a_change() {
        let mut motion = Motion::default();
        motion.remember(&room(1, None));
        for (x, y) in [(0, 0), (13, 17), (300, 200), (569, 409)] {
            assert!(motion.changed(&room(2, Some((x, y, 70)))), "{x}, {y}");
        }
    }

    #[test]
    fn frames_smaller_than_the_grid_are_compared_too() {
        let frame = |level| Frame::new(4, 3, vec![level; 36], Duration::ZERO).unwrap();
        let mut motion = Motion::default();
        motion.remember(&frame(50));
        assert!(!motion.changed(&frame(52)));
        assert!(motion.changed(&frame(90)));
    }
}

//! Modes of a camera: what it offers, what is wanted, and which to use. Pure.

use super::Rate;
use super::wire::Format;
use std::fmt;

/// One mode that a camera offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// Coding.
    pub format: Format,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Offer { format, width, height, fps } = self;
        write!(f, "{} {width}×{height} at {fps}/s", format.name())
    }
}

/// What the configuration asks of a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second, at least, where the camera can.
    pub rate: Rate,
}

/// The mode to use: the wanted size; the lowest rate that is enough, or else the highest; and of
/// two, MJPEG, which tells by itself when it is cut short.
pub fn choose(offers: &[Offer], wanted: Wanted) -> Option<Offer> {
    let rate = wanted.rate.per_second();
    let sized = offers.iter().filter(|o| (o.width, o.height) == (wanted.width, wanted.height));
    let distance = |offer: &Offer| match offer.fps >= rate {
        true => (0, offer.fps),
        false => (1, u32::MAX - offer.fps),
    };
    sized.min_by_key(|offer| (distance(offer), offer.format)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(format: Format, width: u32, fps: u32) -> Offer {
        Offer { format, width, height: width * 3 / 4, fps }
    }

    #[test]
    fn the_mode_has_the_wanted_size_the_least_rate_that_is_enough_and_rather_mjpeg() {
        use Format::{Mjpeg, Yuyv};
        let offers = [
            offer(Yuyv, 640, 10),
            offer(Mjpeg, 640, 15),
            offer(Yuyv, 640, 15),
            offer(Mjpeg, 640, 30),
            offer(Mjpeg, 1280, 10),
            offer(Yuyv, 320, 5),
            offer(Yuyv, 320, 8),
        ];
        let cases = [
            (640, 10, Some(offers[0])),
            (640, 11, Some(offers[1])),
            (640, 30, Some(offers[3])),
            (640, 60, Some(offers[3])),
            (1280, 10, Some(offers[4])),
            (320, 10, Some(offers[6])),
            (800, 10, None),
        ];
        for (width, fps, chosen) in cases {
            let rate = Rate::new(fps).unwrap();
            let wanted = Wanted { width, height: width * 3 / 4, rate };
            assert_eq!(choose(&offers, wanted), chosen, "{width} at {fps}");
        }
    }
}

//! What one frame shows of one face: where it is, how good it looks, whether it seems alive.

use super::template::Template;

/// A rectangle in pixels of the frame; it may reach over the frame's edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceBox {
    /// Left edge.
    pub x1: f32,
    /// Upper edge.
    pub y1: f32,
    /// Right edge.
    pub x2: f32,
    /// Lower edge.
    pub y2: f32,
}

impl FaceBox {
    /// Width in pixels.
    pub fn width(&self) -> f32 {
        self.x2 - self.x1
    }

    /// Height in pixels.
    pub fn height(&self) -> f32 {
        self.y2 - self.y1
    }

    /// Area in square pixels; 0 for an empty box.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Intersection over union with another box, 0 to 1.
    pub fn iou(&self, other: &FaceBox) -> f32 {
        let w = self.x2.min(other.x2) - self.x1.max(other.x1);
        let h = self.y2.min(other.y2) - self.y1.max(other.y1);
        let inter = w.max(0.0) * h.max(0.0);
        let union = self.area() + other.area() - inter;
        if union > 0.0 { inter / union } else { 0.0 }
    }
}

/// Measured picture quality of one face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Distance between the eyes, in pixels of the frame.
    pub eye_distance_px: f32,
    /// Sharpness of the aligned face: mean squared Laplacian of its luminance over its variance.
    pub sharpness: f32,
    /// Mean luminance of the aligned face, 0 to 255.
    pub brightness: f32,
    /// Standard deviation of the luminance of the aligned face.
    pub contrast: f32,
    /// Mean luminance of the frame around the face minus that of the face: high when backlit.
    pub backlight: f32,
    /// Turn of the head to the side, from -1 (left) over 0 (frontal) to 1 (right), from the five points.
    pub yaw: f32,
    /// Nod of the head, from -1 (down) over 0 to 1 (up), from the five points.
    pub pitch: f32,
    /// Share of the face box, enlarged by a tenth on each side, inside the frame, 0 to 1.
    pub inside: f32,
    /// Contrast of the plainest of left eye, right eye and mouth, as a share of the face's: low
    /// where something covers it.
    pub features: f32,
}

/// What stands between a face and a good template; one code, one short instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// Too far from the camera.
    TooFar,
    /// Cut by the edge of the picture.
    CutOff,
    /// Too dark.
    TooDark,
    /// Too bright.
    TooBright,
    /// Light from behind.
    Backlit,
    /// Out of focus or moving.
    Blurred,
    /// Turned to the side, up or down.
    TurnedAway,
    /// An eye or the mouth is behind a mask, a hand, a scarf or dark glasses.
    Covered,
}

/// One face in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Where it is.
    pub face: FaceBox,
    /// The detector's score, 0 to 1.
    pub score: f32,
    /// Left eye, right eye, nose, left and right mouth corner, as seen in the picture; pixels.
    pub points: [[f32; 2]; 5],
    /// Picture quality.
    pub quality: Quality,
    /// What is wrong with the picture, if anything, against the limits in force.
    pub flaw: Option<Flaw>,
    /// Probability that the face is live; only measured on a face worth it.
    pub liveness: Option<f32>,
    /// Template; only made of a face worth it.
    pub template: Option<Template>,
}

/// Number of a track: one face followed from frame to frame by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// A sighting on its track.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// The track it continues or begins.
    pub track: TrackId,
    /// What the frame shows.
    pub sighting: Sighting,
}

//! Still photographs as people who walk up to the counter.
//!
//! A virtual camera frames a photograph around one face: far at first, then near, then it stays,
//! and leaves. Every frame is shifted, scaled, lit and made noisy a little differently, from a
//! seed, as a hand-held or breathing face would be. The same seed gives the same frames. A scene
//! with `still` set skips all of that: it is the presentation attack of an unchanged picture.
//!
//! What it does not show: a real change of expression or pose, motion blur, lens or exposure.

use super::{CameraError, FrameSource, Rate};
use crate::frame::{Frame, decode};
use fastrand::Rng;
use std::path::PathBuf;
use std::time::Duration;

/// Size of the frames, as the box's camera gives them.
pub const VIEW: (u32, u32) = (640, 480);
/// Grey level of an empty counter.
const EMPTY_GREY: f32 = 96.0;
/// Frames of an empty counter before and after each scene, in seconds.
const EMPTY_LEAD: f32 = 0.5;
const EMPTY_TAIL: f32 = 2.0;
/// Spread of the pixel noise, in grey levels to either side.
const NOISE: f32 = 4.0;
/// Largest wobble of position, in face widths; of scale and light, as a share.
const WOBBLE: f32 = 0.02;

/// One person walking up, standing and leaving.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// When it starts, on the source's clock; scenes are given in this order.
    pub starts: Duration,
    /// The photograph.
    pub photo: PathBuf,
    /// Centre of the face in the photograph, and its width there; pixels.
    pub face: (f32, f32, f32),
    /// Width of the face in the frame when it is nearest; pixels.
    pub near: f32,
    /// Seconds of walking up, standing, and leaving.
    pub seconds: (f32, f32, f32),
    /// Factor on the light; 1 leaves it.
    pub light: f32,
    /// Turn in the picture plane; degrees.
    pub turn: f32,
    /// Show the unchanged picture in every frame.
    pub still: bool,
    /// Seed of the wobble and the noise.
    pub seed: u64,
}

/// Scenes one after the other, with an empty counter between them.
pub struct WalkUps {
    scenes: std::vec::IntoIter<Scene>,
    rate: Rate,
    playing: Option<Playing>,
}

struct Playing {
    scene: Scene,
    photo: Pyramid,
    frame: u64,
}

impl WalkUps {
    /// A source of these scenes at `rate`.
    pub fn new(scenes: Vec<Scene>, rate: Rate) -> Self {
        WalkUps { scenes: scenes.into_iter(), rate, playing: None }
    }
}

impl FrameSource for WalkUps {
    fn next(&mut self) -> Result<Option<Frame>, CameraError> {
        loop {
            let Some(playing) = &mut self.playing else {
                let Some(scene) = self.scenes.next() else { return Ok(None) };
                self.playing = Some(Playing::start(scene)?);
                continue;
            };
            let since = self.rate.taken(playing.frame);
            playing.frame += 1;
            match playing.render(since) {
                Some(frame) => return Ok(Some(frame)),
                None => self.playing = None,
            }
        }
    }
}

impl Playing {
    fn start(scene: Scene) -> Result<Self, CameraError> {
        let name = scene.photo.display().to_string();
        let photo = decode::photo_file(&scene.photo, Duration::ZERO)
            .map_err(|source| CameraError::Picture { name, source })?;
        Ok(Playing { photo: Pyramid::new(&photo), scene, frame: 0 })
    }

    /// The frame `since` the scene's start, or `None` after its end.
    fn render(&self, since: Duration) -> Option<Frame> {
        let taken = self.scene.starts + since;
        let (walk, stay, leave) = self.scene.seconds;
        let t = since.as_secs_f32() - EMPTY_LEAD;
        if t >= walk + stay + leave + EMPTY_TAIL {
            return None;
        }
        let mut random = Rng::with_seed(self.scene.seed ^ (self.frame << 20));
        if t < 0.0 || t >= walk + stay + leave {
            return Some(empty(&mut random, taken));
        }
        // Nearness: 0.25 at the door, 1 at the counter.
        let near = if t < walk {
            0.25 + 0.75 * t / walk
        } else if t < walk + stay {
            1.0
        } else {
            1.0 - 0.75 * (t - walk - stay) / leave
        };
        Some(self.view(near, &mut random, taken))
    }

    fn view(&self, near: f32, random: &mut Rng, taken: Duration) -> Frame {
        let scene = &self.scene;
        let mut wobble = |share: f32| if scene.still { 0.0 } else { spread(random) * share };
        let zoom = scene.face.2 / (scene.near * near) * (1.0 + wobble(WOBBLE));
        let centre_x = scene.face.0 + wobble(WOBBLE) * scene.face.2;
        let centre_y = scene.face.1 + wobble(WOBBLE) * scene.face.2;
        let light = scene.light * (1.0 + wobble(WOBBLE));
        let turn = (scene.turn + wobble(1.0)).to_radians();
        let (sin, cos) = (turn.sin() * zoom, turn.cos() * zoom);
        let (width, height) = VIEW;
        let mut rgb = Vec::with_capacity((width * height * 3) as usize);
        let level = self.photo.level(zoom);
        for y in 0..height {
            for x in 0..width {
                let dx = x as f32 - width as f32 / 2.0;
                let dy = y as f32 - height as f32 / 2.0;
                let px = centre_x + cos * dx - sin * dy;
                let py = centre_y + sin * dx + cos * dy;
                let noise = if scene.still { 0.0 } else { spread(random) * NOISE };
                rgb.extend(
                    level.sample(px, py).map(|v| (v * light + noise).clamp(0.0, 255.0) as u8),
                );
            }
        }
        Frame::new(width, height, rgb, taken).expect("the view's size is a frame's")
    }
}

/// One frame of the scene at its nearest, for a picture of the person alone (enrolment).
///
/// # Errors
/// [`CameraError`] where the photograph cannot be read.
pub fn portrait(scene: &Scene) -> Result<Frame, CameraError> {
    let playing = Playing::start(Scene { still: true, ..scene.clone() })?;
    Ok(playing.view(1.0, &mut Rng::with_seed(scene.seed), Duration::ZERO))
}

fn empty(random: &mut Rng, taken: Duration) -> Frame {
    let (width, height) = VIEW;
    let rgb =
        (0..width * height * 3).map(|_| (EMPTY_GREY + spread(random) * NOISE) as u8).collect();
    Frame::new(width, height, rgb, taken).expect("the view's size is a frame's")
}

/// The photograph at full, half, quarter … size, so that a far view does not alias.
struct Pyramid(Vec<Level>);

struct Level {
    width: usize,
    height: usize,
    /// How many pixels of the photograph one pixel spans, in each direction.
    span: f32,
    rgb: Vec<u8>,
}

impl Pyramid {
    const LEVELS_MAX: usize = 6;

    fn new(photo: &Frame) -> Self {
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        let mut levels = vec![Level { width, height, span: 1.0, rgb: photo.rgb().to_vec() }];
        while levels.len() < Self::LEVELS_MAX {
            match levels.last().and_then(Level::halved) {
                Some(half) => levels.push(half),
                None => break,
            }
        }
        Pyramid(levels)
    }

    /// The level whose pixels are the largest that still do not exceed `zoom` photograph pixels.
    fn level(&self, zoom: f32) -> &Level {
        self.0.iter().rev().find(|l| l.span <= zoom).unwrap_or(&self.0[0])
    }
}

impl Level {
    fn halved(&self) -> Option<Level> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width < 2 || height < 2 {
            return None;
        }
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                for c in 0..3 {
                    let at = |dx, dy| u16::from(self.pixel(2 * x + dx, 2 * y + dy)[c]);
                    rgb.push(((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4) as u8);
                }
            }
        }
        Some(Level { width, height, span: self.span * 2.0, rgb })
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Bilinear sample at a point of the photograph; over the edge the edge goes on.
    fn sample(&self, px: f32, py: f32) -> [f32; 3] {
        let (x, y) = (px / self.span, py / self.span);
        let (x, y) =
            (x.clamp(0.0, self.width as f32 - 1.001), y.clamp(0.0, self.height as f32 - 1.001));
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (a, b) = (self.pixel(x0, y0), self.pixel(x0 + 1, y0));
        let (c, d) = (self.pixel(x0, y0 + 1), self.pixel(x0 + 1, y0 + 1));
        std::array::from_fn(|i| {
            let top = f32::from(a[i]) * (1.0 - fx) + f32::from(b[i]) * fx;
            let bottom = f32::from(c[i]) * (1.0 - fx) + f32::from(d[i]) * fx;
            top * (1.0 - fy) + bottom * fy
        })
    }
}

/// Between -1 and 1.
fn spread(random: &mut Rng) -> f32 {
    random.f32() * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(folder: &std::path::Path) -> PathBuf {
        let path = folder.join("photo.png");
        image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 90]))
            .save(&path)
            .unwrap();
        path
    }

    fn scene(photo: PathBuf, starts: u64) -> Scene {
        Scene {
            starts: Duration::from_secs(starts),
            photo,
            face: (32.0, 24.0, 20.0),
            near: 200.0,
            seconds: (0.5, 0.5, 0.5),
            light: 1.0,
            turn: 0.0,
            still: false,
            seed: 7,
        }
    }

    fn frames(scenes: Vec<Scene>) -> Vec<Frame> {
        let mut source = WalkUps::new(scenes, Rate::new(10).unwrap());
        std::iter::from_fn(|| source.next().unwrap()).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_frames_and_another_seed_others() {
        let folder = tempfile::tempdir().unwrap();
        let one = scene(photo(folder.path()), 0);
        let again = frames(vec![one.clone()]);
        assert_eq!(frames(vec![one.clone()]), again);
        assert_ne!(frames(vec![Scene { seed: 8, ..one }]), again);
    }

    #[test]
    fn frames_come_in_the_order_of_their_times_at_the_stated_rate() {
        let folder = tempfile::tempdir().unwrap();
        let path = photo(folder.path());
        let taken: Vec<_> = frames(vec![scene(path.clone(), 10), scene(path, 60)])
            .iter()
            .map(|f| f.taken)
            .collect();
        assert_eq!(taken[0], Duration::from_secs(10));
        assert_eq!(taken[1], Duration::from_millis(10_100));
        assert!(taken.is_sorted());
        assert_eq!(taken.len(), 2 * 40);
    }

    #[test]
    fn no_two_frames_of_a_person_are_alike_unless_the_scene_is_still() {
        let folder = tempfile::tempdir().unwrap();
        let one = scene(photo(folder.path()), 0);
        let standing = |frames: Vec<Frame>| (frames[11].rgb().to_vec(), frames[13].rgb().to_vec());
        let (a, b) = standing(frames(vec![one.clone()]));
        assert_ne!(a, b);
        let (a, b) = standing(frames(vec![Scene { still: true, ..one }]));
        assert_eq!(a, b);
    }

    #[test]
    fn a_missing_photograph_is_named() {
        let missing = scene(PathBuf::from("nobody.jpg"), 0);
        let error = WalkUps::new(vec![missing], Rate::new(10).unwrap()).next().unwrap_err();
        assert!(error.to_string().contains("nobody.jpg"), "{error}");
    }
}

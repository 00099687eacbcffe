//! The camera: whether pictures come, how light they are, and how the face at the marked spot
//! looks. While the daemon runs it has the camera, and its counters speak.

use super::{Check, Finding};
use crate::camera::supervise::{Supervised, Timing};
use crate::camera::{CameraError, FrameSource, worker};
use crate::config::{Camera, Config};
use crate::daemon::control::status::Status;
use crate::domain::evidence::{Flaw, Quality, Sighting};
use crate::domain::health::Trouble;
use crate::frame::Frame;
use crate::vision::{Analyser, Depth, QualityLimits, VisionError};
use std::time::{Duration, Instant};

/// Pictures that are looked at.
const FRAMES: u32 = 20;
/// Longest time for all of them: a camera that takes longer does not keep pace.
const WATCH_MAX: Duration = Duration::from_secs(15);
/// Share of the configured rate below which a camera is slow, usually for want of light.
const RATE_SHARE_MIN: f64 = 0.7;
/// Mean luminance of a whole picture, 0 to 255, outside of which faces will not come out well.
const LIGHT: std::ops::RangeInclusive<f64> = 50.0..=200.0;
/// Every so many pixels are counted: a picture has plenty.
const PIXEL_STEP: usize = 17;

/// What the running daemon says of its camera.
pub(super) fn served(status: &Status) -> Finding {
    let done = &status.done;
    let seen = format!(
        "the service has it: {} frames, {} broken, lost {} times; stop the service to measure \
         light and face",
        done.frames, done.broken, done.camera_losses
    );
    let lost = status.troubles.iter().find(|t| t.code == Trouble::CameraLost.code());
    match lost {
        Some(trouble) => Check::Camera.fault(format!("lost ({})", trouble.detail), &trouble.remedy),
        None => Check::Camera.ok(seen),
    }
}

/// Takes pictures with the configured camera, and looks at them where the models can be used.
pub(super) fn tried(config: &Config, mut analyser: Option<&mut Analyser>) -> Vec<Finding> {
    let Camera::Device { path, wanted } = &config.camera else {
        let seen = "pictures are replayed; this is a test box";
        return vec![Check::Camera.warning(seen, "set camera.source = \"camera\" for service")];
    };
    let (launched, wanted) = (path.clone(), *wanted);
    let mut camera =
        Supervised::new(path, Timing::default(), move || worker::command(&launched, wanted));
    let seen = match watch(&mut camera, analyser.as_deref_mut()) {
        Ok(seen) => seen,
        Err(problem) => return vec![Check::Camera.failed(problem)],
    };
    let format = camera.format().map_or("", |format| format.name());
    let rate = f64::from(wanted.rate.per_second());
    let mut found = vec![rate_of(&seen, format, rate), light(seen.light)];
    if analyser.is_some() {
        found.push(face(seen.best.as_ref(), &config.quality));
    }
    found
}

/// What was seen of a camera.
struct Seen {
    frames: u32,
    span: Duration,
    width: u32,
    height: u32,
    light: f64,
    best: Option<Sighting>,
}

/// Why a camera could not be judged.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error(transparent)]
    Camera(#[from] CameraError),
    #[error(transparent)]
    Vision(#[from] VisionError),
    #[error("{frames} pictures in {} s; it gives too few: another cable, another socket, more \
             light", WATCH_MAX.as_secs())]
    Slow { frames: u32 },
}

fn watch(
    camera: &mut dyn FrameSource,
    mut analyser: Option<&mut Analyser>,
) -> Result<Seen, WatchError> {
    let began = Instant::now();
    let mut first = None;
    let mut frames = 0;
    let mut best: Option<Sighting> = None;
    while began.elapsed() < WATCH_MAX {
        let frame = match camera.next() {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(CameraError::Quiet) => continue,
            Err(problem) => return Err(problem.into()),
        };
        let first_taken = *first.get_or_insert(frame.taken);
        frames += 1;
        if let Some(analyser) = &mut analyser {
            let nearest = analyser.look(&frame, Depth::Places)?.into_iter().next();
            let nearer = nearest.filter(|face| {
                best.as_ref().is_none_or(|known| {
                    face.quality.eye_distance_px > known.quality.eye_distance_px
                })
            });
            best = nearer.or(best);
        }
        if frames == FRAMES {
            let (width, height) = (frame.width(), frame.height());
            let span = frame.taken - first_taken;
            return Ok(Seen { frames, span, width, height, light: luminance(&frame), best });
        }
    }
    Err(WatchError::Slow { frames })
}

/// Mean luminance of a picture (ITU-R BT.601), 0 to 255.
fn luminance(frame: &Frame) -> f64 {
    let pixels = frame.rgb().chunks_exact(3).step_by(PIXEL_STEP);
    let count = pixels.len() as f64;
    let grey =
        |p: &[u8]| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]);
    pixels.map(grey).sum::<f64>() / count
}

fn rate_of(seen: &Seen, format: &str, wanted: f64) -> Finding {
    let rate = f64::from(seen.frames - 1) / seen.span.as_secs_f64().max(f64::EPSILON);
    let text = format!("{format} {}×{}, {rate:.1} a second", seen.width, seen.height);
    match rate >= wanted * RATE_SHARE_MIN {
        true => Check::Camera.ok(text),
        false => Check::Camera.warning(
            format!("{text}, of {wanted} wanted"),
            "more light (a dark picture is exposed longer), or a lower camera.frames_per_second",
        ),
    }
}

fn light(mean: f64) -> Finding {
    let seen = format!("mean luminance {mean:.0} of 255");
    if LIGHT.contains(&mean) {
        Check::Light.ok(seen)
    } else if mean < *LIGHT.start() {
        Check::Light.warning(seen, "light the place of the elder from the front")
    } else {
        Check::Light.warning(seen, "turn the camera away from the window, or shade it")
    }
}

fn face(best: Option<&Sighting>, limits: &QualityLimits) -> Finding {
    let Some(sighting) = best else {
        return Check::Face.warning(
            "nobody stands at the marked spot",
            "have somebody stand on the mark, face the camera, and run this again",
        );
    };
    let Quality { eye_distance_px, brightness, backlight, sharpness, .. } = sighting.quality;
    let seen = format!(
        "eyes {eye_distance_px:.0} pixels apart (at least {:.0}), brightness {brightness:.0}, \
         backlight {backlight:.0}, sharpness {sharpness:.3}",
        limits.eye_distance_px_min
    );
    match sighting.flaw {
        None => Check::Face.ok(seen),
        Some(flaw) => Check::Face.warning(seen, remedy(flaw)),
    }
}

fn remedy(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::TooFar => "move the mark nearer to the camera, or the camera nearer to the mark",
        Flaw::CutOff => "tilt or raise the camera until the whole face is in the picture",
        Flaw::TooDark => "light the face from the front",
        Flaw::TooBright => "shade the lamp or window that shines onto the face",
        Flaw::Backlit => "turn the camera so that no window is behind the elder",
        Flaw::Blurred => {
            "clean the lens, set its focus to the mark, and have the elder stand still"
        }
        Flaw::TurnedAway => "hang the camera at eye height, straight in front of the mark",
        Flaw::Covered => "take mask, scarf or dark glasses off for this test",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn light_is_judged_from_both_sides() {
        let cases = [(20.0, "front"), (120.0, ""), (230.0, "window")];
        for (mean, remedy) in cases {
            let found = light(mean);
            assert_eq!(found.verdict == Verdict::Ok, remedy.is_empty(), "{found:?}");
            assert!(found.remedy.unwrap_or_default().contains(remedy));
        }
        let frame = Frame::new(34, 2, [255, 255, 255, 0, 0, 0].repeat(34), Duration::ZERO).unwrap();
        assert!((luminance(&frame) - 127.5).abs() < 1.0);
    }

    #[test]
    fn a_camera_slower_than_it_was_asked_to_be_is_a_warning() {
        let seen = |ms| Seen {
            frames: 20,
            span: Duration::from_millis(ms),
            width: 640,
            height: 480,
            light: 0.0,
            best: None,
        };
        assert_eq!(rate_of(&seen(1900), "MJPEG", 10.0).verdict, Verdict::Ok);
        let slow = rate_of(&seen(3800), "MJPEG", 10.0);
        assert_eq!((slow.verdict, slow.seen.contains("5.0 a second")), (Verdict::Warning, true));
    }

    #[test]
    fn an_empty_spot_asks_for_somebody_to_stand_there() {
        let found = face(None, &QualityLimits::default());
        assert_eq!(found.verdict, Verdict::Warning);
        assert!(found.remedy.unwrap().contains("stand on the mark"));
    }
}

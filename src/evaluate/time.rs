//! Time of each stage on one picture, beside the bare model runs.

use crate::error::{Exit, Sysexit};
use crate::frame::decode::{self, DecodeError};
use crate::vision::{Analyser, Role, VisionError};
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds before counting starts: the runtime allocates, caches fill.
const WARM_UP_ROUNDS: usize = 5;
/// Most rounds of one measurement.
pub const ROUNDS_MAX: usize = 100_000;

/// Medians over all rounds, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeReport {
    /// JPEG to pixels.
    pub decode: f64,
    /// Pixels to boxes.
    pub detect: f64,
    /// Box to five points.
    pub landmarks: f64,
    /// Points to upright face.
    pub align: f64,
    /// Quality and flaw.
    pub quality: f64,
    /// Upright face to template.
    pub embed: f64,
    /// Box to liveness score.
    pub live: f64,
    /// The whole frame, JPEG to sighting with template and liveness.
    pub all: f64,
    /// The bare model runs: the sum of the models' medians, taken in the same rounds.
    pub sessions: f64,
}

/// Why time could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum TimeError {
    /// The picture is damaged.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The picture shows no face, so that most stages have nothing to do.
    #[error("no face found in the picture; choose one with a face")]
    NoFace,
    /// Zero rounds, or more than [`ROUNDS_MAX`].
    #[error("{0} rounds; 1 to {ROUNDS_MAX} are expected")]
    Rounds(usize),
    /// The models failed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl Sysexit for TimeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Decode(error) => error.exit(),
            Self::NoFace => Exit::Data,
            Self::Rounds(_) => Exit::Usage,
            Self::Vision(error) => error.exit(),
        }
    }
}

/// Takes a JPEG through all stages, `rounds` times, and reports the medians. Each round ends with
/// one bare run of every model, so that both are measured under the same load.
///
/// # Errors
/// [`TimeError`].
pub fn time(analyser: &mut Analyser, jpeg: &[u8], rounds: usize) -> Result<TimeReport, TimeError> {
    if !(1..=ROUNDS_MAX).contains(&rounds) {
        return Err(TimeError::Rounds(rounds));
    }
    let mut memory = Vec::new();
    let (mut stages, mut bare) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP_ROUNDS + rounds {
        let laps = frame_laps(analyser, jpeg, &mut memory)?;
        let runs = bare_laps(analyser)?;
        if round >= WARM_UP_ROUNDS {
            stages.push(laps);
            bare.push(runs);
        }
    }
    let stage = |n: usize| median(stages.iter().map(|laps| laps[n]));
    Ok(TimeReport {
        decode: stage(0),
        detect: stage(1),
        landmarks: stage(2),
        align: stage(3),
        quality: stage(4),
        embed: stage(5),
        live: stage(6),
        all: median(stages.iter().map(|laps| laps.iter().sum())),
        sessions: (0..Role::ALL.len()).map(|n| median(bare.iter().map(|runs| runs[n]))).sum(),
    })
}

/// One frame, stage by stage.
fn frame_laps(
    analyser: &mut Analyser,
    jpeg: &[u8],
    memory: &mut Vec<u8>,
) -> Result<[Duration; 7], TimeError> {
    let mut watch = Stopwatch::start();
    let frame = decode::jpeg(jpeg, Duration::ZERO, std::mem::take(memory))?;
    let decode = watch.lap();
    let candidate = *analyser.detect(&frame)?.first().ok_or(TimeError::NoFace)?;
    let detect = watch.lap();
    let points = analyser.points(&frame, &candidate)?;
    let landmarks = watch.lap();
    analyser.align(&frame, &points);
    let align = watch.lap();
    let mut sighting = analyser.sighting(&frame, &candidate, points);
    let quality = watch.lap();
    sighting.template = Some(analyser.embed()?);
    let embed = watch.lap();
    sighting.liveness = Some(analyser.live(&frame, &sighting.face)?);
    let live = watch.lap();
    black_box(sighting);
    *memory = frame.into_rgb();
    Ok([decode, detect, landmarks, align, quality, embed, live])
}

/// Each model once, on what its input holds; next to nothing for one that the pack does without.
fn bare_laps(analyser: &mut Analyser) -> Result<[Duration; Role::ALL.len()], VisionError> {
    let mut laps = [Duration::ZERO; Role::ALL.len()];
    let mut watch = Stopwatch::start();
    for (lap, role) in laps.iter_mut().zip(Role::ALL) {
        analyser.run_bare(role)?;
        *lap = watch.lap();
    }
    Ok(laps)
}

/// Time between calls.
struct Stopwatch(Instant);

impl Stopwatch {
    fn start() -> Self {
        Stopwatch(Instant::now())
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}

/// The median in milliseconds, to the microsecond.
fn median(durations: impl Iterator<Item = Duration>) -> f64 {
    let mut sorted: Vec<Duration> = durations.collect();
    sorted.sort();
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    (middle.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_in_milliseconds() {
        let micros = |values: &[u64]| median(values.iter().map(|v| Duration::from_micros(*v)));
        assert_eq!(micros(&[5000, 1500, 100]), 1.5);
        assert_eq!(micros(&[]), 0.0);
    }
}

//! The model pack: whether it is the one of the manifest, and how fast it runs here.

use super::{Check, Finding};
use crate::config::{Camera, Config};
use crate::vision::manifest::{Manifest, Reference};
use crate::vision::{Analyser, Role, VisionError};
use std::time::{Duration, Instant};

/// Rounds that do not count: the runtime allocates, caches fill.
const WARM_UP_ROUNDS: usize = 2;
/// Rounds that count; their median is told.
const ROUNDS: usize = 9;
/// Share of the time between two frames that the models may take; the rest is for everything else.
const SHARE_MAX: f64 = 0.6;

/// What opening the pack gave, and how long the models take once.
pub(super) fn look(analyser: Result<Analyser, VisionError>, config: &Config) -> Vec<Finding> {
    let mut analyser = match analyser {
        Ok(analyser) => analyser,
        Err(problem) => return vec![Check::Models.failed(problem)],
    };
    let manifest = match Manifest::read(&config.models) {
        Ok(manifest) => manifest,
        Err(problem) => return vec![Check::Models.failed(problem)],
    };
    let whole = Check::Models.ok(format!("{}: every hash is the manifest's", manifest.name));
    let took = match sessions(&mut analyser) {
        Ok(took) => took,
        Err(problem) => return vec![whole, Check::Models.failed(problem)],
    };
    let rate = match &config.camera {
        Camera::Device { wanted, .. } => wanted.rate,
        Camera::Replay { rate, .. } => *rate,
    };
    vec![whole, speed(took, rate.taken(1), manifest.reference.as_ref())]
}

/// Time of all models, once each: the median over some rounds.
fn sessions(analyser: &mut Analyser) -> Result<Duration, VisionError> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        let began = Instant::now();
        Role::ALL.into_iter().try_for_each(|role| analyser.run_bare(role))?;
        if round >= WARM_UP_ROUNDS {
            rounds.push(began.elapsed());
        }
    }
    rounds.sort();
    Ok(rounds[ROUNDS / 2])
}

fn speed(took: Duration, between: Duration, reference: Option<&Reference>) -> Finding {
    let ms = took.as_secs_f64() * 1e3;
    let mut seen = format!("all models once in {ms:.1} ms");
    if let Some(Reference { machine, sessions_ms }) = reference {
        seen += &format!(", {:.2} × the reference ({machine})", ms / sessions_ms);
    }
    match took {
        _ if took <= between.mul_f64(SHARE_MAX) => Check::Speed.ok(seen),
        _ if took <= between => Check::Speed.warning(
            format!("{seen}; a frame comes every {} ms", between.as_millis()),
            "lower camera.frames_per_second, or see what else runs on this box",
        ),
        _ => Check::Speed.fault(
            format!("{seen}; a frame comes every {} ms", between.as_millis()),
            "lower camera.frames_per_second; a check-in takes long on this box",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn speed_is_judged_by_the_time_between_two_frames() {
        let reference = Reference { machine: "m".into(), sessions_ms: 20.0 };
        for (ms, verdict) in [(30, Verdict::Ok), (80, Verdict::Warning), (101, Verdict::Fault)] {
            let took = Duration::from_millis(ms);
            let found = speed(took, Duration::from_millis(100), Some(&reference));
            assert_eq!(found.verdict, verdict, "{found:?}");
            let times = format!("{:.2} × the reference (m)", ms as f64 / 20.0);
            assert!(found.seen.contains(&times), "{found:?}");
        }
    }
}

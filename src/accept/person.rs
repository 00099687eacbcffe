//! The steps for which somebody stands at the mark: enrolled in memory, recognised, imitated.

use super::{Step, Tried};
use crate::camera::{CameraError, FrameSource};
use crate::config::Config;
use crate::daemon::checkin::{self, CheckIn, Outcome};
use crate::daemon::parts;
use crate::domain::calendar::MealWindow;
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::gallery::Gallery;
use crate::domain::template::Template;
use crate::error::{Exit, Failure, Sysexit as _};
use crate::frame::Frame;
use crate::vision::{Analyser, Depth};
use std::time::{Duration, Instant};

/// Good pictures that are enrolled.
const TEMPLATES: usize = 3;
/// Longest wait for somebody at the mark, and for a check-in to end.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// A check-in that takes longer than this over the configured dwell time is felt as waiting.
const OVER_DWELL_MAX: Duration = Duration::from_millis(1500);

/// Tells the technician what to do next, Chinese and English, and returns when it is done.
pub type Ask<'a> = dyn FnMut(&str, &str) -> Result<(), Failure> + 'a;

/// Enrols, recognises, and lets a picture be held up.
///
/// # Errors
/// Where the camera or a model fails, or nobody can be asked.
pub(super) fn steps(config: &Config, ask: Option<&mut Ask<'_>>) -> Result<Vec<Tried>, Failure> {
    let all = [Step::Enrol, Step::CheckIn, Step::PrintAttack];
    let Some(ask) = ask else {
        return Ok(all.map(|step| Tried::skipped(step, "nobody to stand at the mark")).to_vec());
    };
    let mut source = parts::camera(config)?;
    let mut camera = Watch { source: source.as_mut(), wait_max: Duration::ZERO };
    let mut analyser = Analyser::open(&config.models, config.quality)?;
    let model = analyser.model();

    // A camera that gives nothing is said before somebody is sent to stand in front of it.
    camera.next()?;
    camera.wait_max = WAIT_MAX;
    ask("请一人站到标记处,面对镜头,然后按回车", "stand on the mark, face the camera, press Enter")?;
    let templates = enrol(&mut camera, &mut analyser)?;
    let enrolled = Tried::new(
        Step::Enrol,
        templates.len() == TEMPLATES,
        format!("{} of {TEMPLATES} good pictures", templates.len()),
    );
    if templates.len() < TEMPLATES {
        let skipped = |step| Tried::skipped(step, "nobody could be enrolled");
        return Ok(vec![enrolled, skipped(Step::CheckIn), skipped(Step::PrintAttack)]);
    }
    let id = ElderId::new("acceptance").expect("letters only");
    let gallery =
        || Gallery::new(model, [(&id, &templates[..])]).expect("few templates of one model");

    let mut counter = CheckIn::new(analyser, gallery(), config.visit);
    let check_in = judge_check_in(camera.settle(&mut counter)?, config.visit.dwell);
    ask(
        "请此人离开,用此人的照片(纸质或手机)对准镜头,然后按回车",
        "step aside, hold a picture of the same person (paper or telephone) up, press Enter",
    )?;
    // A counter that has seen nobody: to the first one the picture would be the same visit.
    let analyser = Analyser::open(&config.models, config.quality)?;
    let mut counter = CheckIn::new(analyser, gallery(), config.visit);
    let attack = judge_attack(camera.settle(&mut counter)?);
    Ok(vec![enrolled, check_in, attack])
}

/// Templates of the first good pictures of one face.
fn enrol(camera: &mut Watch<'_>, analyser: &mut Analyser) -> Result<Vec<Template>, Failure> {
    let began = Instant::now();
    let mut templates = Vec::new();
    while began.elapsed() < WAIT_MAX && templates.len() < TEMPLATES {
        let Some(frame) = camera.next()? else { break };
        let sightings = analyser.look(&frame, Depth::Evidence)?;
        let largest = sightings.into_iter().next().filter(|face| face.flaw.is_none());
        templates.extend(largest.and_then(|face| face.template));
    }
    Ok(templates)
}

/// A camera that is waited for. While somebody is asked nobody reads from it: the first that it says
/// after that is that it has stalled, and then it is started again.
struct Watch<'a> {
    source: &'a mut dyn FrameSource,
    /// How long a camera that was lost may take to come back.
    wait_max: Duration,
}

impl Watch<'_> {
    /// The next frame; `None` where a replay has ended.
    ///
    /// # Errors
    /// Where the camera was lost, and is not back in time or will not come by waiting.
    fn next(&mut self) -> Result<Option<Frame>, Failure> {
        let began = Instant::now();
        loop {
            let problem = match self.source.next() {
                Ok(frame) => return Ok(frame),
                Err(problem) => problem,
            };
            let wait_max = match problem {
                CameraError::Quiet => WAIT_MAX,
                _ if problem.passing() && problem.exit() != Exit::Config => self.wait_max,
                _ => Duration::ZERO,
            };
            if began.elapsed() >= wait_max {
                return Err(problem.into());
            }
        }
    }

    /// Feeds frames until somebody is settled: with whom, and how long it took from the first frame
    /// with a face.
    fn settle(&mut self, counter: &mut CheckIn) -> Result<Option<(Outcome, Duration)>, Failure> {
        let began = Instant::now();
        let mut seen = None;
        while began.elapsed() < WAIT_MAX {
            let Some(frame) = self.next()? else { break };
            let steps = counter.frame(&frame, Some(MealWindow::Lunch))?;
            if counter.attended().is_some() {
                seen.get_or_insert_with(Instant::now);
            }
            let settled = steps.into_iter().find_map(|step| match step {
                checkin::Step::Settle(outcome) => Some(outcome),
                checkin::Step::Prompt(_) => None,
            });
            if let Some(outcome) = settled {
                let took = seen.map_or(Duration::ZERO, |first: Instant| first.elapsed());
                return Ok(Some((outcome, took)));
            }
        }
        Ok(None)
    }
}

fn judge_check_in(settled: Option<(Outcome, Duration)>, dwell: Duration) -> Tried {
    let step = Step::CheckIn;
    match settled {
        Some((Outcome::Accepted(_), took)) => {
            let seen = format!(
                "recognised {} ms after the first picture, of which {} ms are the dwell time",
                took.as_millis(),
                dwell.as_millis()
            );
            Tried::new(step, took <= dwell + OVER_DWELL_MAX, seen)
        }
        Some((Outcome::Staff { doubts, .. }, _)) => {
            Tried::new(step, false, format!("sent to staff: {}", codes(&doubts)))
        }
        Some((Outcome::Again(_), _)) => Tried::new(step, false, "taken for somebody seen before"),
        None => Tried::new(step, false, "nobody was settled in time"),
    }
}

fn judge_attack(settled: Option<(Outcome, Duration)>) -> Tried {
    let step = Step::PrintAttack;
    match settled {
        Some((Outcome::Accepted(_), _)) => Tried::new(step, false, "the picture was accepted"),
        Some((Outcome::Staff { doubts, .. }, _)) => {
            Tried::new(step, true, format!("sent to staff: {}", codes(&doubts)))
        }
        Some((Outcome::Again(_), _)) => {
            Tried::skipped(step, "the person was in the picture again; try once more")
        }
        None => Tried::skipped(step, "no face was seen on the picture; try a larger one"),
    }
}

fn codes(doubts: &[Doubt]) -> String {
    let codes: Vec<_> = doubts.iter().map(|doubt| doubt.code()).collect();
    codes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::Outcome as Ended;
    use super::*;
    use crate::camera::fault::Fault;
    use std::path::PathBuf;

    /// A camera that says these one after the other, `None` for nothing new, and then gives a frame.
    struct Fake(Vec<Option<Fault>>);

    impl FrameSource for Fake {
        fn next(&mut self) -> Result<Option<Frame>, CameraError> {
            match self.0.pop() {
                None => Ok(Frame::new(1, 1, vec![0; 3], Duration::ZERO)),
                Some(None) => Err(CameraError::Quiet),
                Some(Some(fault)) => {
                    Err(CameraError::Away { path: PathBuf::from("fake"), trouble: fault.into() })
                }
            }
        }
    }

    #[test]
    fn a_camera_that_nobody_read_from_meanwhile_is_waited_for_and_one_that_never_comes_is_not() {
        let (stalled, worker) = (Some(Fault::Stalled), Some(Fault::Worker));
        let next = |said: &[Option<Fault>], wait_max| {
            let mut source = Fake(said.iter().rev().copied().collect());
            Watch { source: &mut source, wait_max }.next().map(|frame| frame.is_some())
        };
        assert!(next(&[stalled, None, worker, None], WAIT_MAX).unwrap());
        assert!(next(&[None, None], Duration::ZERO).unwrap());
        let lost = next(&[stalled, None], Duration::ZERO).unwrap_err();
        assert!(lost.exit == Exit::Unavailable && lost.to_string().contains("plug"), "{lost}");
        assert_eq!(next(&[Some(Fault::WrongFormat)], WAIT_MAX).unwrap_err().exit, Exit::Config);
    }

    #[test]
    fn a_check_in_passes_where_it_is_recognised_soon_after_the_dwell_time() {
        let elder = || Outcome::Accepted(ElderId::new("acceptance").unwrap());
        let dwell = Duration::from_millis(1000);
        let doubts = vec![Doubt::NoMatch];
        let cases = [
            (Some((elder(), Duration::from_millis(1400))), Ended::Passed),
            (Some((elder(), Duration::from_millis(4000))), Ended::Failed),
            (Some((Outcome::Staff { candidates: vec![], doubts }, dwell)), Ended::Failed),
            (None, Ended::Failed),
        ];
        for (settled, ended) in cases {
            assert_eq!(judge_check_in(settled.clone(), dwell).outcome, ended, "{settled:?}");
        }
    }

    #[test]
    fn a_picture_passes_where_it_goes_to_staff_and_never_where_it_is_accepted() {
        let elder = Outcome::Accepted(ElderId::new("acceptance").unwrap());
        let staff = Outcome::Staff { candidates: vec![], doubts: vec![Doubt::NoMatch] };
        let cases =
            [(Some(elder), Ended::Failed), (Some(staff), Ended::Passed), (None, Ended::Skipped)];
        for (outcome, ended) in cases {
            let settled = outcome.map(|outcome| (outcome, Duration::ZERO));
            assert_eq!(judge_attack(settled).outcome, ended);
        }
    }
}

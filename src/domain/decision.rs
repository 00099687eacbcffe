//! Pooled evidence and thresholds → Accept, Review or Unknown, with reasons.
//!
//! 1. Accept needs everything at once: enough agreeing frames, a score over the threshold that the
//!    gallery asks for this elder, a margin over the runner-up (twice that over a known
//!    look-alike), and no doubt about liveness.
//! 2. A score never refuses anybody: whatever is not accepted goes to staff.
//! 3. The order of the reasons is their weight; the first is the one that staff read.

use super::calibration::Calibration;
use super::codes::closed_list;
use super::gallery::Ranking;

/// What must be reached for the camera to decide alone. Cosines, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Least score of the best match to be accepted where the gallery is too small to tell.
    pub accept: f32,
    /// Least score at which staff are shown candidates; below it the person is unknown.
    pub candidate: f32,
    /// Least lead of the best match over the runner-up.
    pub margin: f32,
    /// Least mean probability that the face is live.
    pub liveness: f32,
    /// Least number of good frames that agree on the elder.
    pub frames: u32,
}

/// What the frames of one visit show together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    /// Match of the pooled template; `None` where the gallery is empty or no frame was good.
    pub ranking: Option<Ranking>,
    /// Good frames.
    pub frames: u32,
    /// Good frames whose own best match is the pooled best match.
    pub agreeing: u32,
    /// Mean probability that the face is live, over the good frames.
    pub liveness: Option<f32>,
    /// The picture did not change between the frames as a living face does.
    pub frozen: bool,
}

/// What becomes of a person at the counter. Elders are indices into the gallery.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is this elder.
    Accept {
        /// Who.
        elder: usize,
    },
    /// Staff choose among the candidates, or none of them.
    Review {
        /// One or two elders who may be meant, best first.
        candidates: Vec<usize>,
        /// Why the camera does not decide.
        doubts: Vec<Doubt>,
    },
    /// Nobody in the gallery comes near; staff help.
    Unknown {
        /// Why: [`Doubt::NoMatch`], and what else was found.
        doubts: Vec<Doubt>,
    },
}

/// Two frames in three must agree, however many there are.
fn agreeing_share(frames: u32) -> u32 {
    (frames * 2).div_ceil(3)
}

/// Over a known look-alike the lead must be so many times the usual margin.
const LOOK_ALIKE_MARGINS: f32 = 2.0;

/// Decides on pooled evidence. `calibration` is that of the gallery which was searched; without one
/// the configured threshold serves and nobody is known to look alike.
pub fn decide(
    pooled: &Pooled,
    thresholds: &Thresholds,
    calibration: Option<&Calibration>,
) -> Decision {
    let mut doubts = vec![];
    let Some(ranking) = pooled.ranking else {
        doubts.push(if pooled.frames == 0 { Doubt::Quality } else { Doubt::NoMatch });
        return Decision::Unknown { doubts };
    };
    let near = |score: f32| score >= thresholds.candidate;
    let accept = calibration.map_or(thresholds.accept, |c| c.accept_as(ranking.best.elder));
    if !near(ranking.best.score) {
        doubts.push(Doubt::NoMatch);
    } else if ranking.best.score < accept {
        doubts.push(Doubt::WeakMatch);
    }
    let lead = ranking.runner_up.map_or(f32::INFINITY, |r| ranking.best.score - r.score);
    if near(ranking.best.score) && lead < thresholds.margin {
        doubts.push(Doubt::ThinMargin);
    }
    let alike = |other: usize| calibration.is_some_and(|c| c.alike(ranking.best.elder, other));
    if near(ranking.best.score)
        && lead < thresholds.margin * LOOK_ALIKE_MARGINS
        && ranking.runner_up.is_some_and(|r| alike(r.elder))
    {
        doubts.push(Doubt::LookAlike);
    }
    let agreeing_min = pooled.frames.min(thresholds.frames).max(agreeing_share(pooled.frames));
    if near(ranking.best.score) && pooled.agreeing < agreeing_min {
        doubts.push(Doubt::Disagreement);
    }
    if pooled.frozen || pooled.liveness.is_none_or(|l| l < thresholds.liveness) {
        doubts.push(Doubt::Liveness);
    }
    if pooled.frames < thresholds.frames {
        doubts.push(Doubt::Quality);
    }
    if !near(ranking.best.score) {
        return Decision::Unknown { doubts };
    }
    if doubts.is_empty() {
        return Decision::Accept { elder: ranking.best.elder };
    }
    let runner_up = ranking.runner_up.filter(|r| near(r.score));
    let candidates = [Some(ranking.best), runner_up];
    Decision::Review {
        candidates: candidates.into_iter().flatten().map(|c| c.elder).collect(),
        doubts,
    }
}

closed_list! {
    /// Why the camera alone does not decide; in order of weight.
    Doubt {
        /// Nobody in the gallery resembles the face.
        NoMatch = "no-match",
        /// The best match is below the threshold, but near it.
        WeakMatch = "weak-match",
        /// The runner-up is too close behind the best.
        ThinMargin = "thin-margin",
        /// Two elders known to resemble each other.
        LookAlike = "look-alike",
        /// The frames of the visit do not agree on one elder.
        Disagreement = "disagreement",
        /// The face may be a picture of a face.
        Liveness = "liveness",
        /// The picture stayed too poor.
        Quality = "quality",
    }
}

#[cfg(test)]
mod tests {
    use super::super::calibration::Target;
    use super::super::gallery::Candidate;
    use super::*;

    const LIMITS: Thresholds =
        Thresholds { accept: 0.6, candidate: 0.4, margin: 0.1, liveness: 0.3, frames: 3 };

    fn pooled(best: f32, runner_up: Option<f32>) -> Pooled {
        Pooled {
            ranking: Some(Ranking {
                best: Candidate { elder: 4, score: best },
                runner_up: runner_up.map(|score| Candidate { elder: 9, score }),
            }),
            frames: 5,
            agreeing: 5,
            liveness: Some(0.9),
            frozen: false,
        }
    }

    #[test]
    fn each_doubt_alone_turns_an_acceptance_into_a_review() {
        let clear = pooled(0.8, Some(0.3));
        assert_eq!(decide(&clear, &LIMITS, None), Decision::Accept { elder: 4 });
        let cases = [
            (pooled(0.55, Some(0.3)), Doubt::WeakMatch, vec![4]),
            (pooled(0.8, Some(0.75)), Doubt::ThinMargin, vec![4, 9]),
            (Pooled { agreeing: 2, ..clear }, Doubt::Disagreement, vec![4]),
            (Pooled { frames: 9, agreeing: 5, ..clear }, Doubt::Disagreement, vec![4]),
            (Pooled { liveness: Some(0.1), ..clear }, Doubt::Liveness, vec![4]),
            (Pooled { liveness: None, ..clear }, Doubt::Liveness, vec![4]),
            (Pooled { frozen: true, ..clear }, Doubt::Liveness, vec![4]),
            (Pooled { frames: 2, agreeing: 2, ..clear }, Doubt::Quality, vec![4]),
        ];
        for (pooled, doubt, candidates) in cases {
            let expected = Decision::Review { candidates, doubts: vec![doubt] };
            assert_eq!(decide(&pooled, &LIMITS, None), expected, "{pooled:?}");
        }
    }

    /// Ten elders, of whom 4 and 9 resemble each other at 0.7.
    fn calibration() -> Calibration {
        let mut nearest = vec![vec![]; 10];
        nearest[4] = vec![Candidate { elder: 9, score: 0.7 }];
        nearest[9] = vec![Candidate { elder: 4, score: 0.7 }];
        Calibration::new(&nearest, Target::default(), LIMITS.accept)
    }

    #[test]
    fn an_elder_with_a_look_alike_needs_more_than_the_others() {
        let weak = pooled(0.72, Some(0.3));
        assert_eq!(decide(&weak, &LIMITS, None), Decision::Accept { elder: 4 });
        let expected = Decision::Review { candidates: vec![4], doubts: vec![Doubt::WeakMatch] };
        assert_eq!(decide(&weak, &LIMITS, Some(&calibration())), expected);
        let mut another = weak;
        another.ranking.as_mut().unwrap().best.elder = 3;
        let found = decide(&another, &LIMITS, Some(&calibration()));
        assert_eq!(found, Decision::Accept { elder: 3 });
    }

    #[test]
    fn a_lead_over_a_look_alike_has_to_be_clear() {
        let clear = pooled(0.9, Some(0.69));
        assert_eq!(decide(&clear, &LIMITS, Some(&calibration())), Decision::Accept { elder: 4 });
        let close = pooled(0.9, Some(0.75));
        assert_eq!(decide(&close, &LIMITS, None), Decision::Accept { elder: 4 });
        let doubts = vec![Doubt::LookAlike];
        let expected = Decision::Review { candidates: vec![4, 9], doubts };
        assert_eq!(decide(&close, &LIMITS, Some(&calibration())), expected);
        let mut other = close;
        other.ranking.as_mut().unwrap().runner_up.as_mut().unwrap().elder = 8;
        let found = decide(&other, &LIMITS, Some(&calibration()));
        assert_eq!(found, Decision::Accept { elder: 4 }, "8 is not known to look like 4");
    }

    #[test]
    fn a_threshold_is_reached_at_its_own_value() {
        assert_eq!(decide(&pooled(0.6, Some(0.5)), &LIMITS, None), Decision::Accept { elder: 4 });
    }

    #[test]
    fn a_stranger_is_unknown_and_no_candidate_is_named() {
        let found = decide(&pooled(0.39, Some(0.38)), &LIMITS, None);
        assert_eq!(found, Decision::Unknown { doubts: vec![Doubt::NoMatch] });
    }

    #[test]
    fn without_a_good_frame_the_reason_is_quality() {
        let none = Pooled { ranking: None, frames: 0, agreeing: 0, liveness: None, frozen: false };
        assert_eq!(
            decide(&none, &LIMITS, None),
            Decision::Unknown { doubts: vec![Doubt::Quality] }
        );
    }

    #[test]
    fn the_codes_of_doubts_read_back() {
        for doubt in Doubt::ALL {
            assert_eq!(Doubt::from_code(doubt.code()), Some(*doubt));
        }
    }
}

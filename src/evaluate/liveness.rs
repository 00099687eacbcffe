//! How well the liveness score parts faces from pictures of faces.
//!
//! Terms are those of ISO/IEC 30107-3: APCER is the share of attack presentations taken for live,
//! for each kind of attack and at the worst of them; BPCER the share of live presentations taken
//! for attacks. Photographs without a face are no answer (APNRR, BPNRR) and are counted apart.

use super::faces::{self, Counts, Reader, Shown};
use super::folder::{Folder, FolderError, Group, Problems};
use super::histogram::Histogram;
use super::interval::Share;
use crate::error::{Exit, Sysexit};
use crate::vision::{Analyser, VisionError};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Steps of the curve between the thresholds 0 and 1; both ends are points.
pub const LIVENESS_STEPS: usize = 100;

/// Why liveness could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum LivenessError {
    /// A folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No face at all was found in it.
    #[error("{}: no face found in any photograph; without one there is nothing to measure", .0.display())]
    NoFace(PathBuf),
    /// The models failed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl Sysexit for LivenessError {
    fn exit(&self) -> Exit {
        match self {
            Self::Folder(FolderError::Read { .. }) => Exit::Io,
            Self::Folder(_) | Self::NoFace(_) => Exit::Data,
            Self::Vision(error) => error.exit(),
        }
    }
}

/// One kind of attack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attack {
    /// Name of its folder.
    pub kind: String,
    /// Taken for live, of those with a face.
    pub apcer: Share,
    /// Without a face found, of all.
    pub no_response: Share,
}

/// Shares at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LivenessPoint {
    /// Least score to be taken for live.
    pub threshold: f32,
    /// Share of all attacks taken for live; `None` where there are none.
    pub apcer: Option<f64>,
    /// Share of faces taken for attacks.
    pub bpcer: f64,
}

/// Result of [`liveness`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LivenessReport {
    /// Least score to be taken for live.
    pub threshold: f32,
    /// Live faces; `people` counts the folders.
    pub real: Counts,
    /// Attacks; `people` counts the kinds. `None` where no attacks were given.
    pub fake: Option<Counts>,
    /// Area under the curve: how often a face scores above an attack, ties counting half.
    pub auc: Option<f64>,
    /// Live faces taken for attacks, of those with a face.
    pub bpcer: Share,
    /// Each kind of attack.
    pub attacks: Vec<Attack>,
    /// The kind that passes most often; the figure of the standard.
    pub apcer_worst: Option<Share>,
    /// By threshold, [`LIVENESS_STEPS`] + 1 points.
    pub curve: Vec<LivenessPoint>,
    /// Scores of faces.
    pub real_scores: Histogram,
    /// Scores of attacks.
    pub fake_scores: Histogram,
    /// What was skipped.
    pub problems: Problems,
}

/// Measures liveness of the largest face of each photograph under `real`, and of attacks under
/// `fake` (a folder for each kind). Without attacks only what is said of faces can be reported.
///
/// # Errors
/// [`LivenessError`]; photographs that cannot be read are skipped and reported.
pub fn liveness(
    analyser: &mut Analyser,
    real: &Path,
    fake: Option<&Path>,
    threshold: f32,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<LivenessReport, LivenessError> {
    let mut problems = Problems::default();
    let mut kinds = |path| -> Result<_, FolderError> { Folder::read(path, &mut problems)?.kinds() };
    let (of_real, of_fake) = (kinds(real)?, fake.map(&mut kinds).transpose()?);
    let photos = |groups: &[Group]| groups.iter().map(|group| group.photos.len()).sum::<usize>();
    let all = photos(&of_real) + of_fake.as_deref().map_or(0, photos);
    let mut reader = Reader { analyser, problems, progress, done: 0, all };
    let mut scores = |groups, path: &Path| -> Result<_, LivenessError> {
        let (shown, counts) = reader.read(groups, usize::MAX, faces::liveness)?;
        if counts.photos == counts.without_face {
            return Err(LivenessError::NoFace(path.into()));
        }
        Ok((shown, counts))
    };
    let (real, real_counts) = scores(of_real, real)?;
    let (fake, fake_counts) = match of_fake.zip(fake) {
        Some((groups, path)) => {
            scores(groups, path).map(|(shown, counts)| (shown, Some(counts)))?
        }
        None => (vec![], None),
    };
    let mut report = report(&real, &fake, threshold);
    (report.real, report.fake, report.problems) = (real_counts, fake_counts, reader.problems);
    Ok(report)
}

/// The figures of given scores.
fn report(real: &[Shown<f32>], fake: &[Shown<f32>], threshold: f32) -> LivenessReport {
    let scores = |groups: &[Shown<f32>]| groups.iter().flat_map(Shown::faces).collect::<Vec<_>>();
    let (of_real, of_fake) = (scores(real), scores(fake));
    let attacks: Vec<Attack> = fake
        .iter()
        .map(|kind| Attack {
            kind: kind.name.clone(),
            apcer: Share::where_true(&kind.faces(), |score| *score >= threshold),
            no_response: Share::where_true(&kind.photos, Option::is_none),
        })
        .collect();
    let measured = attacks.iter().map(|a| a.apcer).filter(|apcer| apcer.rate.is_some());
    let curve = (0..=LIVENESS_STEPS).map(|step| {
        let threshold = step as f32 / LIVENESS_STEPS as f32;
        LivenessPoint {
            threshold,
            apcer: Share::where_true(&of_fake, |score| *score >= threshold).rate,
            bpcer: Share::where_true(&of_real, |score| *score < threshold).rate.unwrap_or(0.0),
        }
    });
    LivenessReport {
        threshold,
        real: Counts::default(),
        fake: None,
        auc: area_under_curve(&of_real, &of_fake),
        bpcer: Share::where_true(&of_real, |score| *score < threshold),
        apcer_worst: measured
            .max_by(|a, b| a.rate.unwrap_or(0.0).total_cmp(&b.rate.unwrap_or(0.0))),
        attacks,
        curve: curve.collect(),
        real_scores: Histogram::of_probabilities(of_real.iter().copied()),
        fake_scores: Histogram::of_probabilities(of_fake.iter().copied()),
        problems: Problems::default(),
    }
}

/// How often a score of `high` exceeds one of `low`, over all pairs, ties counting half (the
/// Mann–Whitney statistic); `None` where either is empty.
fn area_under_curve(high: &[f32], low: &[f32]) -> Option<f64> {
    let mut sorted = low.to_vec();
    sorted.sort_by(f32::total_cmp);
    let wins: usize = high
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let not_above = sorted.partition_point(|other| other <= score);
            below + not_above
        })
        .sum();
    let pairs = high.len() * low.len();
    (pairs > 0).then(|| wins as f64 / (2 * pairs) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, photos: &[Option<f32>]) -> Shown<f32> {
        Shown { name: name.into(), photos: photos.to_vec() }
    }

    #[test]
    fn area_under_the_curve_counts_pairs_and_halves_ties() {
        let cases: [(&[f32], &[f32], Option<f64>); 5] = [
            (&[0.9, 0.8], &[0.1], Some(1.0)),
            (&[0.1], &[0.9, 0.8], Some(0.0)),
            (&[0.5], &[0.5, 0.5], Some(0.5)),
            (&[0.2, 0.6, 0.9], &[0.4, 0.6], Some(3.5 / 6.0)),
            (&[0.2], &[], None),
        ];
        for (high, low, expected) in cases {
            assert_eq!(area_under_curve(high, low), expected, "{high:?} {low:?}");
        }
    }

    #[test]
    fn each_kind_of_attack_is_judged_apart_and_the_worst_counts() {
        let real = [shown("real", &[Some(0.9), Some(0.3), Some(0.29), None])];
        let fake = [
            shown("print", &[Some(0.1), Some(0.2), Some(0.8), Some(0.0)]),
            shown("screen", &[Some(0.3), Some(0.1), None]),
            shown("mask", &[None]),
        ];
        let report = report(&real, &fake, 0.3);
        assert_eq!(report.bpcer, Share::new(1, 3));
        let apcer: Vec<_> = report.attacks.iter().map(|a| (a.apcer, a.no_response)).collect();
        let share = Share::new;
        let expected =
            [(share(1, 4), share(0, 4)), (share(1, 2), share(1, 3)), (share(0, 0), share(1, 1))];
        assert_eq!(apcer, expected);
        assert_eq!(report.apcer_worst, Some(share(1, 2)));
        let at = report.curve[30];
        assert_eq!((at.threshold, at.apcer, at.bpcer), (0.3, Some(2.0 / 6.0), 1.0 / 3.0));
    }

    #[test]
    fn without_attacks_nothing_is_claimed_about_them() {
        let report = report(&[shown("real", &[Some(0.9)])], &[], 0.3);
        assert_eq!((report.auc, report.apcer_worst, report.attacks.len()), (None, None, 0));
        assert_eq!(report.curve[0].apcer, None);
    }
}

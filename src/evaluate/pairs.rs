//! Verification accuracy on pairs of photographs (the LFW protocol).

use super::folds::{self, Scored};
use crate::domain::evidence::FaceBox;
use crate::domain::template::Template;
use crate::error::{Exit, Sysexit};
use crate::frame::decode::{self, DecodeError};
use crate::vision::{Analyser, VisionError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most pairs in one file.
const PAIRS_MAX: usize = 1_000_000;
/// Where the face lies in an LFW photograph (250 × 250) in which none was found, so that a missed
/// face counts against the pipeline instead of vanishing from the figures.
const USUAL_FACE: FaceBox = FaceBox { x1: 70.0, y1: 70.0, x2: 180.0, y2: 190.0 };
/// The false match rate at which true accepts are reported.
const FALSE_MATCH_RATE: f64 = 0.01;

/// Result of [`pairs`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairsReport {
    /// Pairs compared.
    pub pairs: usize,
    /// Different photographs among them.
    pub images: usize,
    /// Photographs without a face found; the usual place was taken.
    pub undetected: usize,
    /// Mean share of pairs judged rightly, over ten folds.
    pub accuracy: f64,
    /// Standard deviation of that share between folds.
    pub deviation: f64,
    /// Share of same pairs accepted where one different pair in a hundred is.
    #[serde(rename = "tar_at_fmr_1e-2")]
    pub tar_at_fmr_1e_2: f64,
}

/// Why pairs could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// A file cannot be read.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the pairs file is wrong.
    #[error("{path}:{line}: {reason}; expected path<TAB>path<TAB>1 or 0")]
    Line {
        /// The pairs file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// A photograph is damaged.
    #[error("{path}")]
    Photo {
        /// The photograph.
        path: PathBuf,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The models failed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl Sysexit for PairsError {
    fn exit(&self) -> Exit {
        match self {
            Self::Io { .. } => Exit::Io,
            Self::Line { .. } => Exit::Data,
            Self::Photo { source, .. } => source.exit(),
            Self::Vision(error) => error.exit(),
        }
    }
}

/// Compares the pairs that `pairs_file` lists (`path<TAB>path<TAB>1` for one person, `0` for two;
/// paths under `root`) by the largest face of each photograph. `progress` is told how many
/// photographs of how many are done.
///
/// # Errors
/// [`PairsError`] at the first file or line that cannot be used.
pub fn pairs(
    analyser: &mut Analyser,
    root: &Path,
    pairs_file: &Path,
    mut progress: impl FnMut(usize, usize),
) -> Result<PairsReport, PairsError> {
    let text = std::fs::read_to_string(pairs_file)
        .map_err(|source| PairsError::Io { path: pairs_file.into(), source })?;
    let rows = interleaved(parse(&text, pairs_file)?);
    let mut templates: BTreeMap<&str, Option<Template>> =
        rows.iter().flat_map(|row| [(row.0, None), (row.1, None)]).collect();
    let (images, mut undetected) = (templates.len(), 0);
    for (done, (name, made)) in templates.iter_mut().enumerate() {
        let (template, found) = template(analyser, &root.join(name))?;
        undetected += usize::from(!found);
        *made = Some(template);
        progress(done + 1, images);
    }
    let scored: Vec<Scored> = rows
        .iter()
        .filter_map(|(a, b, same)| {
            let (a, b) = (templates.get(a)?.as_ref()?, templates.get(b)?.as_ref()?);
            Some((a.cosine(b)?, *same))
        })
        .collect();
    let (accuracy, deviation) = folds::accuracy(&scored);
    Ok(PairsReport {
        pairs: scored.len(),
        images,
        undetected,
        accuracy: four_places(accuracy),
        deviation: four_places(deviation),
        tar_at_fmr_1e_2: four_places(folds::true_accepts(&scored, FALSE_MATCH_RATE)),
    })
}

/// The template of the largest face, and whether one was found.
fn template(analyser: &mut Analyser, path: &Path) -> Result<(Template, bool), PairsError> {
    let bytes =
        std::fs::read(path).map_err(|source| PairsError::Io { path: path.into(), source })?;
    let frame = decode::photo(&bytes, Duration::ZERO)
        .map_err(|source| PairsError::Photo { path: path.into(), source })?;
    let largest = analyser.detect(&frame)?.first().copied();
    let candidate = largest.unwrap_or_else(|| USUAL_FACE.into());
    let points = analyser.points(&frame, &candidate)?;
    analyser.align(&frame, &points);
    Ok((analyser.embed()?, largest.is_some()))
}

/// As many decimals as a few thousand pairs can carry.
fn four_places(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

type Row<'t> = (&'t str, &'t str, bool);

fn parse<'t>(text: &'t str, path: &Path) -> Result<Vec<Row<'t>>, PairsError> {
    let wrong = |line: usize, reason| PairsError::Line { path: path.into(), line, reason };
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let row = match fields[..] {
            [a, b, "1"] => (a, b, true),
            [a, b, "0"] => (a, b, false),
            [_, _, _] => return Err(wrong(at + 1, "the third field is neither 1 nor 0")),
            _ => return Err(wrong(at + 1, "not three fields")),
        };
        if rows.len() == PAIRS_MAX {
            return Err(wrong(at + 1, "too many pairs"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Orders the rows so that every fold holds as many same pairs as different ones: different ones
/// first, then the first half and the second taken in turn. A last odd row is left out, as in the
/// reference.
fn interleaved(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    rows.sort_by_key(|row| row.2);
    let half = rows.len() / 2;
    rows[..half].iter().zip(&rows[half..]).flat_map(|(a, b)| [*a, *b]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parsed_and_interleaved() {
        let rows = parse("a\tb\t1\nc\td\t0\ne\tf\t1\ng\th\t0\n", Path::new("p")).unwrap();
        let order: Vec<_> = interleaved(rows).iter().map(|r| r.0).collect();
        assert_eq!(order, ["c", "a", "g", "e"]);
    }

    #[test]
    fn wrong_line_is_named() {
        for (text, line, reason) in
            [("a\tb\t1\na\tb\t2", 2, "neither"), ("a b 1", 1, "three"), ("a\tb\t1\n\n", 2, "three")]
        {
            let error = parse(text, Path::new("pairs.tsv")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("pairs.tsv:{line}:")), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }
}

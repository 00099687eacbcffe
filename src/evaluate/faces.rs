//! The largest face of a photograph, through the stages that run in service.
//!
//! A photograph of the site is taken as it is: no quality gate, so that a figure is not made
//! better by leaving out what is hard.

use super::folder::{Group, Problems};
use crate::domain::template::Template;
use crate::frame::Frame;
use crate::frame::decode;
use crate::vision::{Analyser, VisionError};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// How many people and photographs were there, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Folders with at least one photograph.
    pub people: usize,
    /// Photographs that could be read.
    pub photos: usize,
    /// Among them, those in which no face was found.
    pub without_face: usize,
    /// Files that could not be read as a photograph; named among the problems.
    pub unreadable: usize,
    /// Photographs of one person beyond what a gallery or a visit takes.
    pub left_out: usize,
}

/// What the photographs of one person or kind gave, in their order; `None` where no face was
/// found.
pub(super) struct Shown<T> {
    pub(super) name: String,
    pub(super) photos: Vec<Option<T>>,
}

impl<T: Clone> Shown<T> {
    pub(super) fn faces(&self) -> Vec<T> {
        self.photos.iter().flatten().cloned().collect()
    }
}

/// Reads photographs one after another and keeps count.
pub(super) struct Reader<'a> {
    pub(super) analyser: &'a mut Analyser,
    pub(super) problems: Problems,
    /// Told how many photographs of how many are done.
    pub(super) progress: &'a mut dyn FnMut(usize, usize),
    pub(super) done: usize,
    pub(super) all: usize,
}

impl Reader<'_> {
    /// What `measure` says of each photograph, at most `each_max` of one group.
    ///
    /// # Errors
    /// [`VisionError`] where a model fails; a file that is no photograph is a problem.
    pub(super) fn read<T>(
        &mut self,
        groups: Vec<Group>,
        each_max: usize,
        measure: impl Fn(&mut Analyser, &Frame) -> Result<Option<T>, VisionError>,
    ) -> Result<(Vec<Shown<T>>, Counts), VisionError> {
        let mut counts = Counts { people: groups.len(), ..Counts::default() };
        let mut all = Vec::with_capacity(groups.len());
        for group in groups {
            let mut shown = Shown { name: group.name, photos: vec![] };
            for path in &group.photos {
                self.done += 1;
                (self.progress)(self.done, self.all);
                if shown.photos.len() == each_max {
                    counts.left_out += 1;
                    continue;
                }
                let Some(frame) = self.frame(path) else {
                    counts.unreadable += 1;
                    continue;
                };
                let face = measure(self.analyser, &frame)?;
                counts.photos += 1;
                counts.without_face += usize::from(face.is_none());
                shown.photos.push(face);
            }
            all.push(shown);
        }
        Ok((all, counts))
    }

    fn frame(&mut self, path: &Path) -> Option<Frame> {
        match decode::photo_file(path, Duration::ZERO) {
            Ok(frame) => Some(frame),
            Err(error) => {
                self.problems.add(path, error);
                None
            }
        }
    }
}

/// Template of the largest face.
pub(super) fn template(
    analyser: &mut Analyser,
    frame: &Frame,
) -> Result<Option<Template>, VisionError> {
    let Some(largest) = analyser.detect(frame)?.first().copied() else { return Ok(None) };
    let points = analyser.points(frame, &largest)?;
    analyser.align(frame, &points);
    analyser.embed().map(Some)
}

/// Liveness score of the largest face, 0 to 1.
pub(super) fn liveness(analyser: &mut Analyser, frame: &Frame) -> Result<Option<f32>, VisionError> {
    let Some(largest) = analyser.detect(frame)?.first().copied() else { return Ok(None) };
    analyser.live(frame, &largest.face).map(Some)
}

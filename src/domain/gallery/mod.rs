//! Exact best matches of one probe, or of the elders among themselves, over many templates.
//!
//! 1. All templates in a gallery come from one model; another model's template is refused.
//! 2. An elder's score is the best over that elder's templates; the runner-up is another elder.
//! 3. The answer is that of an exhaustive search in 32-bit arithmetic, to the last bit. Templates
//!    are kept a second time in one byte a dimension (`codes`); a row is passed over only where
//!    the proven bound on its score shows that it cannot change the answer.
//! 4. It is the same in any order of rows, but for which of two equal scores stands first.
//!
//! It decides nothing; see [`super::decision`]. It has no index, so nothing is trained or missed,
//! and it starts no thread: who wants several gives each a range of elders.

mod batch;
mod codes;
mod kernel;
mod top;

use super::calibration::Calibration;
use super::elder::ElderId;
use super::template::{ModelId, Template, dot};
use codes::{Codes, Queries};
use std::fmt;
use thiserror::Error;
use top::Top;

/// Most templates a gallery holds.
pub const TEMPLATES_MAX: usize = 400_000;
/// Most templates of one elder.
pub const TEMPLATES_PER_ELDER_MAX: usize = 16;

/// Why templates are not a gallery.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GalleryError {
    /// The elder's template was made by another model or has another size.
    #[error(
        "an elder has a template of another model; run `canteend gallery import` with the model pack \
         now installed"
    )]
    OtherModel(ElderId),
    /// The elder stands in it twice.
    #[error("an elder stands in the gallery twice")]
    Twice(ElderId),
    /// The elder has more than [`TEMPLATES_PER_ELDER_MAX`] templates.
    #[error("an elder has more than {TEMPLATES_PER_ELDER_MAX} templates")]
    TooManyOfOne(ElderId),
    /// More than [`TEMPLATES_MAX`] templates.
    #[error("a gallery holds at most {TEMPLATES_MAX} templates")]
    TooMany,
}

/// One elder's score against a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index of the elder in the gallery; see [`Gallery::elder`].
    pub elder: usize,
    /// Cosine to the elder's closest template, -1 to 1.
    pub score: f32,
}

/// Best match and the best match of anybody else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// The best elder.
    pub best: Candidate,
    /// The best of the others; `None` in a gallery of one.
    pub runner_up: Option<Candidate>,
}

/// Templates of many elders, row after row in one block of memory.
pub struct Gallery {
    model: ModelId,
    dimensions: usize,
    rows: Vec<f32>,
    codes: Codes,
    owners: Vec<u32>,
    elders: Vec<ElderId>,
    calibration: Option<Calibration>,
}

impl Gallery {
    /// A gallery of `model` from each elder's templates, as [`Filling`] makes it.
    ///
    /// # Errors
    /// [`GalleryError`] names the elder whose templates do not fit.
    pub fn new<'a>(
        model: ModelId,
        elders: impl IntoIterator<Item = (&'a ElderId, &'a [Template])>,
    ) -> Result<Self, GalleryError> {
        let elders: Vec<_> = elders.into_iter().collect();
        let templates = elders.iter().map(|(_, t)| t.len()).sum();
        if templates > TEMPLATES_MAX {
            return Err(GalleryError::TooMany);
        }
        let mut filling = Filling::new(model, templates);
        elders.iter().try_for_each(|(elder, templates)| filling.add(elder, templates))?;
        filling.done()
    }

    /// The same gallery with the thresholds that were taken from it; they serve, and are dropped,
    /// together.
    #[must_use]
    pub fn with_calibration(self, calibration: Calibration) -> Self {
        assert_eq!(calibration.elders(), self.elders(), "the calibration is this gallery's");
        Gallery { calibration: Some(calibration), ..self }
    }

    /// The thresholds that were taken from this gallery, if they were.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// Elders with at least one template.
    pub fn elders(&self) -> usize {
        self.elders.len()
    }

    /// Templates of all elders.
    pub fn templates(&self) -> usize {
        self.owners.len()
    }

    /// The model of every template.
    pub fn model(&self) -> ModelId {
        self.model
    }

    /// Id of the elder at `index`.
    ///
    /// # Panics
    /// If `index` did not come from this gallery.
    pub fn elder(&self, index: usize) -> &ElderId {
        &self.elders[index]
    }

    /// Bytes that the templates take, with their codes, owners and ids.
    pub fn bytes(&self) -> usize {
        let ids: usize =
            self.elders.iter().map(|id| size_of::<ElderId>() + id.as_str().len()).sum();
        size_of_val(&*self.rows) + size_of_val(&*self.owners) + self.codes.bytes() + ids
    }

    /// The best elder for `probe` and the best of the others. `None` for an empty gallery or a
    /// probe of another model.
    pub fn search(&self, probe: &Template) -> Option<Ranking> {
        let found = self.nearest(probe, 2);
        found.first().map(|best| Ranking { best: *best, runner_up: found.get(1).copied() })
    }

    /// The `count` best elders for `probe`, best first; fewer in a small gallery, and none for a
    /// probe of another model.
    pub fn nearest(&self, probe: &Template, count: usize) -> Vec<Candidate> {
        let mut top = Top::new(count);
        if probe.model() == self.model && probe.values().len() == self.dimensions {
            let query = Queries::<1>::new([probe.values()].into_iter());
            let mut floor = [top.floor()];
            for block in self.codes.blocks() {
                self.codes.above(block, &query, &mut floor, |row, _| {
                    let score = dot(self.row(row), probe.values());
                    top.offer(Candidate { elder: self.owner(row), score });
                    top.floor()
                });
            }
        }
        top.into_list()
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.rows[row * self.dimensions..(row + 1) * self.dimensions]
    }

    fn owner(&self, row: usize) -> usize {
        self.owners[row] as usize
    }
}

/// A gallery that is filled elder by elder, so that whoever reads templates from somewhere holds one
/// elder's beside it and not all of them.
pub struct Filling(Gallery);

impl Filling {
    /// An empty gallery with room for so many templates.
    pub fn new(model: ModelId, templates: usize) -> Self {
        Filling(Gallery {
            model,
            dimensions: 0,
            rows: vec![],
            codes: Codes::default(),
            // Everything has its size at once: a block that doubles would take twice the memory.
            owners: Vec::with_capacity(templates),
            elders: vec![],
            calibration: None,
        })
    }

    /// Takes in one elder; one without a template is left out: the camera cannot know them.
    ///
    /// # Errors
    /// [`GalleryError`] names the elder whose templates do not fit.
    pub fn add(&mut self, elder: &ElderId, templates: &[Template]) -> Result<(), GalleryError> {
        let gallery = &mut self.0;
        let Some(first) = templates.first() else { return Ok(()) };
        if templates.len() > TEMPLATES_PER_ELDER_MAX {
            return Err(GalleryError::TooManyOfOne(elder.clone()));
        }
        if gallery.owners.len() + templates.len() > gallery.owners.capacity() {
            return Err(GalleryError::TooMany);
        }
        if gallery.elders.is_empty() {
            let (size, room) = (first.values().len(), gallery.owners.capacity());
            gallery.dimensions = size;
            gallery.rows.reserve_exact(room * size);
            gallery.codes = Codes::with_capacity(size, room);
        }
        let owner = u32::try_from(gallery.elders.len()).expect("bounded by TEMPLATES_MAX");
        for template in templates {
            if template.model() != gallery.model || template.values().len() != gallery.dimensions {
                return Err(GalleryError::OtherModel(elder.clone()));
            }
            gallery.rows.extend_from_slice(template.values());
            gallery.codes.push(template.values());
            gallery.owners.push(owner);
        }
        gallery.elders.push(elder.clone());
        Ok(())
    }

    /// The gallery, when everybody is in it.
    ///
    /// # Errors
    /// [`GalleryError::Twice`].
    pub fn done(self) -> Result<Gallery, GalleryError> {
        let mut names: Vec<&ElderId> = self.0.elders.iter().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(GalleryError::Twice(twice[0].clone())),
            None => Ok(self.0),
        }
    }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} elders, {} templates)", self.elders(), self.templates())
    }
}

#[cfg(test)]
mod tests;

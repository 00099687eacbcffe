//! Exact best and runner-up match of one probe over many templates.
//!
//! 1. All templates in a gallery come from one model; another model's template is refused.
//! 2. An elder's score is the best over that elder's templates; the runner-up is another elder.
//! 3. The search is exhaustive: no index, no approximation, the same answer in any order of rows.
//!
//! It does not decide anything; see [`super::decision`].

use super::elder::ElderId;
use super::template::{ModelId, Template, dot};
use std::fmt;

/// Most templates a gallery holds.
pub const TEMPLATES_MAX: usize = 400_000;
/// Most templates of one elder.
pub const TEMPLATES_PER_ELDER_MAX: usize = 16;

/// Why templates are not a gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GalleryError {
    /// The elder's template was made by another model or has another size.
    OtherModel(ElderId),
    /// The elder stands in it twice.
    Twice(ElderId),
    /// The elder has more than [`TEMPLATES_PER_ELDER_MAX`] templates.
    TooManyOfOne(ElderId),
    /// More than [`TEMPLATES_MAX`] templates.
    TooMany,
}

impl fmt::Display for GalleryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherModel(elder) => write!(
                f,
                "elder {elder} has a template of another model; run `canteend gallery import` \
                 with the model pack now installed"
            ),
            Self::Twice(elder) => write!(f, "elder {elder} stands in the gallery twice"),
            Self::TooManyOfOne(elder) => {
                write!(f, "elder {elder} has more than {TEMPLATES_PER_ELDER_MAX} templates")
            }
            Self::TooMany => write!(f, "a gallery holds at most {TEMPLATES_MAX} templates"),
        }
    }
}

impl std::error::Error for GalleryError {}

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
    owners: Vec<u32>,
    elders: Vec<ElderId>,
}

impl Gallery {
    /// A gallery of `model` from each elder's templates. Elders without a template are left out:
    /// the camera cannot know them.
    ///
    /// # Errors
    /// [`GalleryError`] names the elder whose templates do not fit.
    pub fn new<'a>(
        model: ModelId,
        elders: impl IntoIterator<Item = (&'a ElderId, &'a [Template])>,
    ) -> Result<Self, GalleryError> {
        let mut gallery =
            Gallery { model, dimensions: 0, rows: vec![], owners: vec![], elders: vec![] };
        let mut seen = std::collections::HashSet::new();
        for (elder, templates) in elders {
            if !seen.insert(elder) {
                return Err(GalleryError::Twice(elder.clone()));
            }
            gallery.add(elder, templates)?;
        }
        gallery.rows.shrink_to_fit();
        Ok(gallery)
    }

    fn add(&mut self, elder: &ElderId, templates: &[Template]) -> Result<(), GalleryError> {
        let Some(first) = templates.first() else { return Ok(()) };
        if self.elders.is_empty() {
            self.dimensions = first.values().len();
        }
        if templates.len() > TEMPLATES_PER_ELDER_MAX {
            return Err(GalleryError::TooManyOfOne(elder.clone()));
        }
        if self.owners.len() + templates.len() > TEMPLATES_MAX {
            return Err(GalleryError::TooMany);
        }
        let owner = u32::try_from(self.elders.len()).expect("bounded by TEMPLATES_MAX");
        for template in templates {
            if template.model() != self.model || template.values().len() != self.dimensions {
                return Err(GalleryError::OtherModel(elder.clone()));
            }
            self.rows.extend_from_slice(template.values());
            self.owners.push(owner);
        }
        self.elders.push(elder.clone());
        Ok(())
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

    /// The best elder for `probe` and the best of the others. `None` for an empty gallery or a
    /// probe of another model.
    ///
    /// Rows of one elder stand together, so one pass with two running maxima is enough.
    pub fn search(&self, probe: &Template) -> Option<Ranking> {
        if probe.model() != self.model || probe.values().len() != self.dimensions {
            return None;
        }
        let mut best: Option<Candidate> = None;
        let mut runner_up: Option<Candidate> = None;
        for (row, &owner) in self.rows.chunks_exact(self.dimensions).zip(&self.owners) {
            let here = Candidate { elder: owner as usize, score: dot(row, probe.values()) };
            match best {
                Some(b) if b.elder == here.elder => best = Some(max(b, here)),
                Some(b) if here.score > b.score => (best, runner_up) = (Some(here), best),
                Some(_) => runner_up = Some(runner_up.map_or(here, |r| max(r, here))),
                None => best = Some(here),
            }
        }
        best.map(|best| Ranking { best, runner_up })
    }
}

fn max(a: Candidate, b: Candidate) -> Candidate {
    if b.score > a.score { b } else { a }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} elders, {} templates)", self.elders(), self.templates())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODEL: ModelId = ModelId([7; 32]);

    fn id(n: usize) -> ElderId {
        ElderId::new(&format!("p_{n}")).unwrap()
    }

    fn gallery(people: &[Vec<Template>]) -> Gallery {
        let ids: Vec<_> = (0..people.len()).map(id).collect();
        Gallery::new(MODEL, ids.iter().zip(people.iter().map(Vec::as_slice))).unwrap()
    }

    fn template(values: &[f32]) -> Template {
        Template::new(MODEL, values).unwrap()
    }

    #[test]
    fn an_empty_gallery_finds_nobody() {
        assert_eq!(gallery(&[]).search(&template(&[1.0, 0.0])), None);
        assert_eq!(gallery(&[vec![]]).elders(), 0);
    }

    #[test]
    fn a_gallery_of_one_has_no_runner_up() {
        let found = gallery(&[vec![template(&[1.0, 0.0]), template(&[0.0, 1.0])]])
            .search(&template(&[0.0, 2.0]))
            .unwrap();
        assert_eq!(found.best, Candidate { elder: 0, score: 1.0 });
        assert_eq!(found.runner_up, None);
    }

    #[test]
    fn twins_are_best_and_runner_up_with_equal_scores() {
        let twin = vec![template(&[0.6, 0.8])];
        let found = gallery(&[twin.clone(), twin]).search(&template(&[0.6, 0.8])).unwrap();
        assert_eq!(found.best.score, found.runner_up.unwrap().score);
        assert_ne!(found.best.elder, found.runner_up.unwrap().elder);
    }

    #[test]
    fn a_template_of_another_model_is_refused_and_not_compared() {
        let other = Template::new(ModelId([8; 32]), &[1.0, 0.0]).unwrap();
        let elder = id(1);
        let made = Gallery::new(MODEL, [(&elder, [other.clone()].as_slice())]);
        assert_eq!(made.unwrap_err(), GalleryError::OtherModel(id(1)));
        assert_eq!(gallery(&[vec![template(&[1.0, 0.0])]]).search(&other), None);
    }

    #[test]
    fn an_elder_listed_twice_is_refused() {
        let (elder, own) = (id(1), [template(&[1.0, 0.0])]);
        let made = Gallery::new(MODEL, [(&elder, own.as_slice()), (&elder, own.as_slice())]);
        assert_eq!(made.unwrap_err(), GalleryError::Twice(id(1)));
    }

    proptest! {
        #[test]
        fn search_agrees_with_sorting_all_elders(
            people in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(-1f32..1.0, 6), 1..4), 1..12),
            probe in prop::collection::vec(0.01f32..1.0, 6),
        ) {
            let people: Vec<Vec<Template>> = people.iter()
                .map(|p| p.iter().filter_map(|v| Template::new(MODEL, v).ok()).collect())
                .filter(|p: &Vec<Template>| !p.is_empty())
                .collect();
            let probe = template(&probe);
            let mut scores: Vec<f32> = people.iter()
                .map(|p| p.iter().filter_map(|t| t.cosine(&probe)).fold(f32::MIN, f32::max))
                .collect();
            scores.sort_by(|a, b| b.total_cmp(a));
            let found = gallery(&people).search(&probe);
            prop_assert_eq!(found.map(|f| f.best.score), scores.first().copied());
            prop_assert_eq!(
                found.and_then(|f| f.runner_up).map(|r| r.score), scores.get(1).copied());
        }
    }
}

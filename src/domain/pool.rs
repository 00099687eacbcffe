//! Evidence of one subject, pooled over the frames of a visit.
//!
//! The pooled template is the mean of the frames' unit templates, normalised again: noise of
//! single frames averages out, and the gallery is searched once more with a cleaner probe. How it
//! compares with the mean or the best of the frames' scores is measured in `docs/accuracy.md`.

use super::decision::Pooled;
use super::evidence::Sighting;
use super::gallery::Gallery;
use super::template::Template;

/// Most frames that one visit pools; later frames add nothing.
pub const POOL_FRAMES_MAX: usize = 32;
/// A frame below this cosine to the pooled template does not belong to the same face: frames of
/// one face seconds apart stay well above it.
const SAME_SUBJECT_COSINE_MIN: f32 = 0.5;
/// So many foreign frames in a row are another person, not a bad frame.
const FOREIGN_FRAMES_MAX: u32 = 2;

/// So many frames that come again after others were between them are a recording in a loop, if it
/// comes round before the visit is settled. One may be a stale buffer of the driver; and a frame that
/// comes twice in a row may be its hiccup, so that of those it takes half of all frames.
const RECURRED_FRAMES_MIN: u32 = 2;

/// What a new frame means for the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was pooled, or the pool is full.
    Pooled,
    /// It looks like another face; left out.
    Foreign,
    /// Another face for `FOREIGN_FRAMES_MAX` frames in a row: another person stands there.
    Replaced,
}

/// Evidence gathered so far.
#[derive(Debug, Default)]
pub struct Pool {
    sum: Vec<f32>,
    template: Option<Template>,
    votes: Vec<Option<usize>>,
    liveness: Vec<f32>,
    shapes: Vec<[[f32; 2]; 5]>,
    held: u32,
    recurred: u32,
    foreign: u32,
}

impl Pool {
    /// Adds a good frame. Frames without a template are left out by the caller.
    pub fn add(&mut self, sighting: &Sighting, template: &Template, gallery: &Gallery) -> Added {
        if let Some(cosine) = self.template.as_ref().and_then(|mean| mean.cosine(template))
            && cosine < SAME_SUBJECT_COSINE_MIN
        {
            self.foreign += 1;
            return if self.foreign >= FOREIGN_FRAMES_MAX {
                Added::Replaced
            } else {
                Added::Foreign
            };
        }
        self.foreign = 0;
        if self.votes.len() == POOL_FRAMES_MAX {
            return Added::Pooled;
        }
        // A living face never gives the same five points twice to the last bit; a picture that is
        // shown again, or a frozen camera, does.
        match self.shapes.iter().rposition(|shape| *shape == sighting.points) {
            Some(at) if at + 1 == self.shapes.len() => self.held += 1,
            Some(_) => self.recurred += 1,
            None => {}
        }
        self.shapes.push(sighting.points);
        self.votes.push(gallery.search(template).map(|found| found.best.elder));
        self.liveness.extend(sighting.liveness);
        self.sum.resize(template.values().len(), 0.0);
        self.sum.iter_mut().zip(template.values()).for_each(|(sum, v)| *sum += v);
        self.template = Template::new(template.model(), &self.sum).ok();
        Added::Pooled
    }

    /// The pooled template; `None` before the first good frame.
    pub fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// What the frames show together, matched against `gallery`.
    pub fn pooled(&self, gallery: &Gallery) -> Pooled {
        let frames = self.votes.len() as u32;
        let ranking = self.template.as_ref().and_then(|probe| gallery.search(probe));
        let best = ranking.map(|r| r.best.elder);
        let mean = |v: &[f32]| (!v.is_empty()).then(|| v.iter().sum::<f32>() / v.len() as f32);
        Pooled {
            ranking,
            frames,
            agreeing: self.votes.iter().filter(|v| v.is_some() && **v == best).count() as u32,
            liveness: mean(&self.liveness),
            frozen: self.held > 0 && self.held * 2 >= frames
                || self.recurred >= RECURRED_FRAMES_MIN,
        }
    }
}

#[cfg(test)]
mod tests;

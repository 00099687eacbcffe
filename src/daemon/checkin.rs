//! Frames in, settled visits out: vision, tracking and the visit state machine in a row.

use crate::domain::calendar::MealWindow;
use crate::domain::decision::{Decision, Doubt};
use crate::domain::elder::ElderId;
use crate::domain::evidence::{FaceBox, Sighting};
use crate::domain::gallery::Gallery;
use crate::domain::visit::{Action, Counter, Limits, Prompt, Settled};
use crate::frame::Frame;
use crate::vision::motion::Motion;
use crate::vision::track::Tracker;
use crate::vision::{Analyser, Depth, QualityLimits, VisionError};
use std::time::Duration;

/// An empty scene in which nothing moves is looked at all the same after this time.
const REST_MAX: Duration = Duration::from_secs(1);

/// A person at the counter, settled, with elders by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is this elder.
    Accepted(ElderId),
    /// Staff decide; at most two candidates, none for a stranger.
    Staff {
        /// Elders who may be meant, best first.
        candidates: Vec<ElderId>,
        /// Why the camera does not decide.
        doubts: Vec<Doubt>,
    },
    /// Seen before, a short time ago.
    Again(Option<ElderId>),
}

/// What a frame led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something to show.
    Prompt(Prompt),
    /// Something to record.
    Settle(Outcome),
}

/// The camera side of the counter.
///
/// Outside meal hours frames are not looked at, and each meal begins with nobody at the counter:
/// whoever looks in before lunch, or had breakfast late, is not on the same visit at lunch.
pub struct CheckIn {
    analyser: Analyser,
    tracker: Tracker,
    counter: Counter,
    gallery: Gallery,
    limits: Limits,
    serving: Option<MealWindow>,
    motion: Motion,
    /// When a frame was last looked at, and whether a face was in it.
    looked: Option<(Duration, bool)>,
    /// The largest face of the last frame.
    largest: Option<FaceBox>,
}

impl CheckIn {
    /// A counter at which nobody stands. `gallery` is calibrated; one that is not is served by the
    /// configured threshold.
    pub fn new(analyser: Analyser, gallery: Gallery, limits: Limits) -> Self {
        let (tracker, counter) = (Tracker::default(), Counter::new(limits));
        let (motion, serving, looked, largest) = (Motion::default(), None, None, None);
        CheckIn { analyser, tracker, counter, gallery, limits, serving, motion, looked, largest }
    }

    /// Whom the camera recognises.
    pub fn gallery(&self) -> &Gallery {
        &self.gallery
    }

    /// Swaps the gallery in one step, between two frames.
    pub fn replace_gallery(&mut self, gallery: Gallery) {
        self.gallery = gallery;
        self.counter.gallery_replaced();
    }

    /// Goes on with other settings; whoever stands at the counter begins anew.
    pub fn adjust(&mut self, limits: Limits, quality: QualityLimits) {
        self.limits = limits;
        self.counter = Counter::new(limits);
        self.analyser.adjust(quality);
    }

    /// Takes one frame; `serving` is the meal that is served at its time, if any.
    ///
    /// # Errors
    /// [`VisionError`] where a model fails on it.
    pub fn frame(
        &mut self,
        frame: &Frame,
        serving: Option<MealWindow>,
    ) -> Result<Vec<Step>, VisionError> {
        if self.serving != serving {
            self.serving = serving;
            self.counter = Counter::new(self.limits);
        }
        self.largest = None;
        if serving.is_none() {
            return Ok(vec![]);
        }
        let sightings = if self.at_rest(frame) { vec![] } else { self.look(frame)? };
        self.largest = sightings.first().map(|largest| largest.face);
        let faces = self.tracker.follow(frame.taken, sightings);
        let actions = self.counter.step(frame.taken, &faces, &self.gallery);
        Ok(actions.into_iter().map(|action| self.step(action)).collect())
    }

    /// The largest face of the last frame, in its pixels.
    pub fn attended(&self) -> Option<&FaceBox> {
        self.largest.as_ref()
    }

    /// Whether nobody is there and nothing has moved since that was seen.
    fn at_rest(&mut self, frame: &Frame) -> bool {
        let empty =
            matches!(self.looked, Some((at, false)) if frame.taken.saturating_sub(at) < REST_MAX);
        empty && self.counter.idle() && !self.motion.changed(frame)
    }

    fn look(&mut self, frame: &Frame) -> Result<Vec<Sighting>, VisionError> {
        let sightings = self.analyser.look(frame, Depth::Evidence)?;
        self.motion.remember(frame);
        self.looked = Some((frame.taken, !sightings.is_empty()));
        Ok(sightings)
    }

    fn step(&self, action: Action) -> Step {
        match action {
            Action::Show(prompt) => Step::Prompt(prompt),
            Action::Settle(Settled::Again { elder }) => {
                Step::Settle(Outcome::Again(elder.map(|e| self.gallery.elder(e).clone())))
            }
            Action::Settle(Settled::First { decision, .. }) => Step::Settle(self.outcome(decision)),
        }
    }

    fn outcome(&self, decision: Decision) -> Outcome {
        let id = |elder: usize| self.gallery.elder(elder).clone();
        match decision {
            Decision::Accept { elder } => Outcome::Accepted(id(elder)),
            Decision::Review { candidates, doubts } => {
                Outcome::Staff { candidates: candidates.into_iter().map(id).collect(), doubts }
            }
            Decision::Unknown { doubts } => Outcome::Staff { candidates: vec![], doubts },
        }
    }
}

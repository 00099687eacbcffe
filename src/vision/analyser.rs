//! The door to the models: a frame in, sightings out.
//!
//! 1. A pack is opened whole or not at all; what opens has been hashed and its shapes checked.
//! 2. The expensive models run on at most [`EVIDENCE_FACES_MAX`] faces of a frame, and only on
//!    those worth it.
//! 3. Buffers and model inputs are kept from frame to frame.

use super::align::{Aligned, FivePoints, UPRIGHT};
use super::detect::{Candidate, Detector};
use super::embed::Embedder;
use super::error::{EnrolError, VisionError};
use super::landmarks::Landmarks;
use super::liveness::Liveness;
use super::manifest::{ALIGNED_SIDE, Manifest};
use super::quality::{self, QualityLimits};
use super::sample::Sampler;
use super::session;
use crate::domain::evidence::{FaceBox, Flaw, Sighting};
use crate::domain::template::{ModelId, Template};
use crate::frame::Frame;
use std::fmt;
use std::path::Path;

/// Most faces of a frame that get a template and a liveness score: two people side by side.
pub const EVIDENCE_FACES_MAX: usize = 2;
/// Area of a second face, as a share of the largest, from which an enrolment photograph shows two
/// people. A passer-by half as wide in the background is tolerated.
const SECOND_FACE_SHARE_MAX: f32 = 0.25;

/// How much is worked out about the faces of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Where they are and how good they look.
    Places,
    /// Also template and liveness of the largest faces, if they are near, whole and facing.
    Evidence,
    /// Also template and liveness of every face, whatever it looks like; for measurements.
    Everything,
}

/// What a model of the pack is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Detector,
    Landmarks,
    Embedder,
    Liveness,
}

impl Role {
    /// All of them, in the order in which a frame meets them.
    pub(crate) const ALL: [Role; 4] =
        [Self::Detector, Self::Landmarks, Self::Embedder, Self::Liveness];
}

/// The models of a pack, ready to run on one thread.
pub struct Analyser {
    detector: Detector,
    landmarks: Option<Landmarks>,
    embedder: Embedder,
    liveness: Liveness,
    limits: QualityLimits,
    aligned: Aligned,
    sampler: Sampler,
}

impl Analyser {
    /// Opens the pack that `manifest.toml` in `models_dir` describes: the models in `pack/` and
    /// the ONNX Runtime library in `runtime/`.
    ///
    /// # Errors
    /// [`VisionError`], naming the file and the remedy; all of these mean exit code 78.
    pub fn open(models_dir: &Path, limits: QualityLimits) -> Result<Self, VisionError> {
        let manifest = Manifest::read(models_dir)?;
        let environment = session::runtime(models_dir, &manifest.runtime.library)?;
        let env = &environment;
        let gives_points = manifest.detector.family.gives_points();
        let landmarks = match manifest.landmarks {
            Some(spec) if !gives_points => Some(Landmarks::load(env, models_dir, spec)?),
            _ => None,
        };
        Ok(Analyser {
            detector: Detector::load(env, models_dir, manifest.detector)?,
            landmarks,
            embedder: Embedder::load(env, models_dir, manifest.embedder)?,
            liveness: Liveness::load(env, models_dir, manifest.liveness)?,
            limits,
            aligned: Aligned::new(),
            sampler: Sampler::default(),
        })
    }

    /// The tag of the templates that this pack makes.
    pub fn model(&self) -> ModelId {
        self.embedder.id()
    }

    /// Judges pictures by other limits from now on.
    pub fn adjust(&mut self, limits: QualityLimits) {
        self.limits = limits;
    }

    /// The faces of a frame, largest first, at most [`FACES_MAX`](super::FACES_MAX).
    ///
    /// # Errors
    /// [`VisionError`] where a model fails.
    pub fn look(&mut self, frame: &Frame, depth: Depth) -> Result<Vec<Sighting>, VisionError> {
        let found = self.detect(frame)?.to_vec();
        let mut sightings = Vec::with_capacity(found.len());
        let mut worked_out = 0;
        for candidate in &found {
            let mut sighting = self.measure(frame, candidate)?;
            let wanted = match depth {
                Depth::Places => false,
                Depth::Evidence => worked_out < EVIDENCE_FACES_MAX && worth_it(sighting.flaw),
                Depth::Everything => true,
            };
            if wanted {
                worked_out += 1;
                sighting.template = Some(self.embed()?);
                sighting.liveness = Some(self.live(frame, &sighting.face)?);
            }
            sightings.push(sighting);
        }
        Ok(sightings)
    }

    /// The template of the one face in an enrolment photograph. Liveness is not asked of a
    /// photograph. Faces of less than a quarter of its area are taken for passers-by.
    ///
    /// # Errors
    /// [`EnrolError`] where there is no face, more than one, or one that is not good enough.
    pub fn enrol(&mut self, frame: &Frame) -> Result<Template, EnrolError> {
        let found = self.detect(frame)?;
        let Some(largest) = found.first().copied() else { return Err(EnrolError::NoFace) };
        let limit = largest.face.area() * SECOND_FACE_SHARE_MAX;
        let people = found.iter().filter(|c| c.face.area() > limit).count();
        if people > 1 {
            return Err(EnrolError::SeveralFaces(people));
        }
        match self.measure(frame, &largest)?.flaw {
            Some(flaw) => Err(EnrolError::Poor(flaw)),
            None => Ok(self.embed()?),
        }
    }

    /// First stage: the faces, largest first.
    pub(crate) fn detect(&mut self, frame: &Frame) -> Result<&[Candidate], VisionError> {
        self.detector.find(frame, &mut self.sampler)
    }

    /// Second stage: the five points of a face. A face that is known by its box alone, of a
    /// detector that gives points, is taken to be upright.
    pub(crate) fn points(
        &mut self,
        frame: &Frame,
        candidate: &Candidate,
    ) -> Result<FivePoints, VisionError> {
        match (candidate.points, &mut self.landmarks) {
            (Some(points), _) => Ok(points),
            (None, Some(model)) => model.five(frame, &candidate.face, &mut self.sampler),
            (None, None) => Ok(upright_in(&candidate.face)),
        }
    }

    /// Third stage: draws the upright face, which the next two stages use. Points without shape
    /// give a black one.
    pub(crate) fn align(&mut self, frame: &Frame, points: &FivePoints) {
        self.aligned.draw(frame, points);
    }

    /// Fourth stage: quality of the face that was drawn last.
    pub(crate) fn sighting(
        &self,
        frame: &Frame,
        candidate: &Candidate,
        points: FivePoints,
    ) -> Sighting {
        let quality = quality::measure(frame, &candidate.face, &points, self.aligned.grey());
        Sighting {
            face: candidate.face,
            score: candidate.score,
            points,
            quality,
            flaw: self.limits.flaw(&quality),
            liveness: None,
            template: None,
        }
    }

    /// Fifth stage: the template of the face that was drawn last.
    pub(crate) fn embed(&mut self) -> Result<Template, VisionError> {
        self.embedder.template(&self.aligned)
    }

    /// Sixth stage: liveness of the face in a box.
    pub(crate) fn live(&mut self, frame: &Frame, face: &FaceBox) -> Result<f32, VisionError> {
        self.liveness.score(frame, face, &mut self.sampler)
    }

    /// Runs one model once more on what its input holds, for timing; nothing where the pack does
    /// without it.
    pub(crate) fn run_bare(&mut self, role: Role) -> Result<(), VisionError> {
        let model = match role {
            Role::Detector => &mut self.detector.model,
            Role::Landmarks => match &mut self.landmarks {
                Some(landmarks) => &mut landmarks.model,
                None => return Ok(()),
            },
            Role::Embedder => &mut self.embedder.model,
            Role::Liveness => &mut self.liveness.model,
        };
        model.run().map(drop)
    }

    /// Stages two to four.
    fn measure(&mut self, frame: &Frame, candidate: &Candidate) -> Result<Sighting, VisionError> {
        let points = self.points(frame, candidate)?;
        self.align(frame, &points);
        Ok(self.sighting(frame, candidate, points))
    }
}

/// Prints no weights and no pixels.
impl fmt::Debug for Analyser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Analyser({:?})", self.model())
    }
}

/// Whether a face with this flaw can still tell who it is. Light and sharpness may be poor: staff
/// are helped by a likely name. A face far off, cut or turned away is not standing at the counter.
fn worth_it(flaw: Option<Flaw>) -> bool {
    !matches!(flaw, Some(Flaw::TooFar | Flaw::CutOff | Flaw::TurnedAway))
}

/// Where an upright face in this box has its five points.
fn upright_in(face: &FaceBox) -> FivePoints {
    let side = ALIGNED_SIDE as f32;
    UPRIGHT.map(|[x, y]| [face.x1 + x / side * face.width(), face.y1 + y / side * face.height()])
}

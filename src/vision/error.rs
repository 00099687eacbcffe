//! What can go wrong between the model folder and a sighting.

use crate::domain::evidence::Flaw;
use crate::domain::template::TemplateError;
use crate::error::{Exit, Sysexit};
use std::path::PathBuf;

/// A failure of the model pack, of ONNX Runtime, or of a model while it runs.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// `manifest.toml` cannot be read or says something impossible.
    #[error("{path}: {reason}; mend the manifest, see models/README.md")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with the line where it is known.
        reason: String,
    },
    /// A file of the pack is not there or cannot be read.
    #[error("{path}: {source}; run `make models`")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the pack is not the one that the manifest names.
    #[error("{path}: sha256 is {found}, the manifest says {expected}; run `make models`")]
    Hash {
        /// The file.
        path: PathBuf,
        /// SHA-256 of its bytes.
        found: String,
        /// SHA-256 in the manifest.
        expected: String,
    },
    /// A model cannot be loaded, or its inputs and outputs are not those of its family.
    #[error("{path}: {reason}; name the right family and input in models/manifest.toml")]
    Model {
        /// The model.
        path: PathBuf,
        /// What does not fit, with the shapes.
        reason: String,
    },
    /// The ONNX Runtime library is not there or cannot be used.
    #[error("{path}: {reason}; run `make models`")]
    Runtime {
        /// The library, or the folder where it was looked for.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The process holds another ONNX Runtime library already.
    #[error("{path}: {loaded} is loaded already, and a process holds one; restart the program")]
    SecondRuntime {
        /// The library asked for.
        path: PathBuf,
        /// The one in use.
        loaded: PathBuf,
    },
    /// A model failed while running.
    #[error("{model}: the model failed on a frame")]
    Run {
        /// The model's file.
        model: PathBuf,
        /// What ONNX Runtime said.
        source: ort::Error,
    },
    /// The embedder gave values that are no template.
    #[error("{model}: the embedding is unusable")]
    Embedding {
        /// The model's file.
        model: PathBuf,
        /// Why.
        source: TemplateError,
    },
}

impl Sysexit for VisionError {
    fn exit(&self) -> Exit {
        match self {
            Self::Run { .. } | Self::Embedding { .. } => Exit::Software,
            _ => Exit::Config,
        }
    }
}

/// Why a photograph cannot be enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Nobody is in it.
    #[error("no face found; take a photograph with the face in the middle")]
    NoFace,
    /// Several people are in it, and none stands out.
    #[error("{0} faces of similar size; take a photograph of one person alone")]
    SeveralFaces(usize),
    /// The face is not good enough for a template.
    #[error("{}", advice(*.0))]
    Poor(Flaw),
    /// The models failed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl EnrolError {
    /// Whether the models failed, and not the photograph: the next one will fare no better.
    pub fn models_failed(&self) -> bool {
        // A face that gives no template is a matter of its photograph.
        matches!(self, Self::Vision(error) if !matches!(error, VisionError::Embedding { .. }))
    }
}

impl Sysexit for EnrolError {
    fn exit(&self) -> Exit {
        match self {
            Self::Vision(error) => error.exit(),
            _ => Exit::Data,
        }
    }
}

/// What is wrong with a photograph, and what to do about it.
fn advice(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::TooFar => "the face is too small; come closer",
        Flaw::CutOff => "the face is cut by the edge; move to the middle",
        Flaw::TooDark => "the face is too dark; put more light on it",
        Flaw::TooBright => "the face is too bright; take away light",
        Flaw::Backlit => "the light comes from behind; turn around",
        Flaw::Blurred => "the face is blurred; hold still and check the focus",
        Flaw::TurnedAway => "the face is turned away; look at the camera",
        Flaw::Covered => "eyes or mouth are covered; take off mask, scarf or dark glasses",
    }
}

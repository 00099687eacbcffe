//! Photographs of the city's gallery to templates; the photographs are dropped.

use crate::city::elders::{Embedding, Face};
use crate::domain::template::{ModelId, Template};
use crate::frame::decode;
use crate::vision::manifest::Manifest;
use crate::vision::{Analyser, EnrolError, QualityLimits};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes templates. The models are opened when the first photograph comes, and are a second copy
/// beside those of the camera: most nights bring none.
pub struct Faces {
    models: PathBuf,
    quality: QualityLimits,
    embedding: Embedding,
    analyser: Option<Analyser>,
}

impl Faces {
    /// With the pack in `models`, which is not opened yet.
    ///
    /// # Errors
    /// [`EnrolError::Vision`] where its manifest cannot be read.
    pub fn new(models: &Path, quality: QualityLimits) -> Result<Self, EnrolError> {
        let embedder = Manifest::read(models)?.embedder;
        let (model, dimensions) = (ModelId(embedder.sha256.0), embedder.dimensions);
        let embedding = Embedding { model, dimensions };
        Ok(Faces { models: models.to_owned(), quality, embedding, analyser: None })
    }

    /// The embedding model of the pack.
    pub fn embedding(&self) -> Embedding {
        self.embedding
    }

    /// The templates of a face; a photograph that gives none is left out.
    ///
    /// # Errors
    /// [`EnrolError`] where the models cannot be opened, or fail.
    pub fn templates(&mut self, face: Face) -> Result<Vec<Template>, EnrolError> {
        let photos = match face {
            Face::None | Face::Foreign => return Ok(Vec::new()),
            Face::Templates(templates) => return Ok(templates),
            Face::Photos(photos) => photos,
        };
        let analyser = match &mut self.analyser {
            Some(analyser) => analyser,
            closed => closed.insert(Analyser::open(&self.models, self.quality)?),
        };
        let mut templates = Vec::with_capacity(photos.len());
        for photo in photos {
            let Ok(frame) = decode::photo(&photo, Duration::ZERO) else { continue };
            match analyser.enrol(&frame) {
                Ok(template) => templates.push(template),
                // Elders must not lose their faces to a model that fails.
                Err(error) if error.models_failed() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(templates)
    }
}

//! An aligned face to its template.

use super::align::Aligned;
use super::error::VisionError;
use super::manifest;
use super::session::{Model, values};
use crate::domain::template::{ModelId, Template};
use ort::environment::Environment;
use std::path::Path;

/// The embedding model of the pack.
pub(super) struct Embedder {
    pub(super) model: Model,
    spec: manifest::Embedder,
}

impl Embedder {
    /// Loads the model.
    ///
    /// # Errors
    /// Those of [`Model::load`], and [`VisionError::Model`] where its answer has another length.
    pub(super) fn load(
        environment: &Environment,
        models_dir: &Path,
        spec: manifest::Embedder,
    ) -> Result<Self, VisionError> {
        let model = Model::load(environment, models_dir, &spec.file, spec.sha256, &spec.input)?;
        model.check_output(0, &[1, spec.dimensions as i64])?;
        Ok(Embedder { model, spec })
    }

    /// The tag of this model's templates.
    pub(super) fn id(&self) -> ModelId {
        ModelId(self.spec.sha256.0)
    }

    /// The template of an aligned face.
    ///
    /// # Errors
    /// [`VisionError::Run`], and [`VisionError::Embedding`] where the answer has no direction.
    pub(super) fn template(&mut self, face: &Aligned) -> Result<Template, VisionError> {
        let id = self.id();
        face.write(&self.spec.input, self.model.input());
        let made = Template::new(id, values(&self.model.run_for(self.spec.dimensions)?, 0));
        made.map_err(|source| VisionError::Embedding { model: self.model.path().into(), source })
    }
}

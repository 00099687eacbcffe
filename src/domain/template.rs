//! A face template: a unit-length vector, tagged with the model that made it.
//!
//! 1. A template has length 1 (within rounding); zeros and NaN cannot become one.
//! 2. Templates of different models are never compared; the types carry the model along.

use std::fmt;
use thiserror::Error;

/// SHA-256 of the embedding model's file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub [u8; 32]);

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:")?;
        self.0[..4].iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// Shortest vector that is taken for a direction; below it there is only noise.
const NORM_MIN: f32 = 1e-6;
/// Most dimensions a template may have.
pub const DIMENSIONS_MAX: usize = 4096;

/// Why values are not a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// No values, or more than [`DIMENSIONS_MAX`].
    #[error("a template needs between 1 and {DIMENSIONS_MAX} values")]
    Dimensions,
    /// A value is NaN or infinite.
    #[error("a template value is not a finite number")]
    NotFinite,
    /// All values are (nearly) zero.
    #[error("a template of zeros has no direction")]
    Zero,
}

/// A unit-length embedding of one face. `Debug` shows sizes only.
#[derive(Clone, PartialEq)]
pub struct Template {
    model: ModelId,
    values: Box<[f32]>,
}

impl Template {
    /// Normalises `values` to length 1.
    ///
    /// # Errors
    /// [`TemplateError`] where they have no direction.
    pub fn new(model: ModelId, values: &[f32]) -> Result<Self, TemplateError> {
        if values.is_empty() || values.len() > DIMENSIONS_MAX {
            return Err(TemplateError::Dimensions);
        }
        if !values.iter().all(|v| v.is_finite()) {
            return Err(TemplateError::NotFinite);
        }
        let norm = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt() as f32;
        if norm < NORM_MIN || !norm.is_finite() {
            return Err(TemplateError::Zero);
        }
        Ok(Template { model, values: values.iter().map(|v| v / norm).collect() })
    }

    /// The model that made it.
    pub fn model(&self) -> ModelId {
        self.model
    }

    /// The unit vector.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Cosine to another template of the same model and size, -1 to 1; `None` otherwise.
    pub fn cosine(&self, other: &Template) -> Option<f32> {
        (self.model == other.model && self.values.len() == other.values.len())
            .then(|| dot(&self.values, &other.values))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} values of {:?})", self.values.len(), self.model)
    }
}

/// Dot product of two slices of equal length, in eight running sums that the compiler vectorises.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0f32; LANES];
    let (a8, a1) = a.as_chunks::<LANES>();
    let (b8, b1) = b.as_chunks::<LANES>();
    for (x, y) in a8.iter().zip(b8) {
        for i in 0..LANES {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f32>() + a1.iter().zip(b1).map(|(x, y)| x * y).sum::<f32>()
}

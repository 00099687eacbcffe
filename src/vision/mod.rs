//! Pixels to evidence.
//!
//! ```text
//! Frame ──detect──▶ boxes ──landmarks──▶ five points ──align──▶ upright face
//!                     │                                                            │      │
//!                     └──────────────liveness──▶ score             quality ◀───────┘      │
//!                                                                 template ◀──embed───────┘
//! ```
//!
//! 1. [`Analyser`] is the only door: it opens the model pack once and turns frames into
//!    [`Sighting`](crate::domain::evidence::Sighting)s.
//! 2. Nothing about a model is known here but what `models/manifest.toml` says.
//! 3. Pixels stay in memory: nothing here writes a file or logs a picture.
//!
//! It decides nothing: whose face it is, and whether that is certain, is for `domain` to say.

mod align;
mod analyser;
mod detect;
mod embed;
mod error;
mod fields;
mod landmarks;
mod liveness;
pub mod manifest;
pub mod motion;
mod quality;
mod sample;
mod session;
pub mod track;

pub use align::FivePoints;
pub(crate) use analyser::Role;
pub use analyser::{Analyser, Depth, EVIDENCE_FACES_MAX};
pub use detect::FACES_MAX;
pub use error::{EnrolError, VisionError};
pub use quality::QualityLimits;

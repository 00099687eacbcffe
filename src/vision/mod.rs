//! Pixels to evidence.

//! What the touchscreen says.
//!
//! So far only the words; the page that shows them comes with its own issue.

pub mod words;

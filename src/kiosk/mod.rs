//! The touchscreen: one page on loopback for the elder and the staff.

pub mod act;
pub mod directory;
pub mod say;
pub mod state;
pub mod words;

//! Does what the domain decided: assembles the parts, runs them, and stops them in order.
//!
//! 1. "Served" is shown only after the ledger has committed.
//! 2. Only [`writer`] appends; only [`gallery_job`] embeds photographs and replaces the gallery.
//! 3. Stopping has one order: camera, vision, the visit in progress, ledger.

pub mod calibrate;
pub mod checkin;
pub mod confirm;
pub mod gallery_job;
pub mod rejudge;
pub mod revise;
pub mod roster;
pub mod service;
pub mod slot;
pub mod timekeeper;
pub mod upload;
pub mod writer;

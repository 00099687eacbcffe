//! Does what the domain decided: assembles the parts, runs them, and stops them in order.
//!
//! 1. "Served" is shown only after the ledger has committed.
//! 2. Only [`writer`] appends; only [`gallery_job`] embeds photographs and replaces the gallery.
//! 3. Stopping has one order: camera, vision and the visit in progress, sockets, ledger.
//! 4. Whoever is not the camera reaches the ledger through [`desk`], and learns what is going on
//!    from [`board`].

mod attend;
pub mod board;
pub mod calibrate;
pub mod checkin;
mod checkup;
pub mod control;
mod crash;
pub mod desk;
mod feed;
pub mod gallery_job;
pub mod kiosk;
pub mod metrics;
mod notify;
pub mod preview;
pub mod roster;
pub mod service;
pub mod slot;
pub mod swap;
pub mod timekeeper;
pub mod upload;
pub mod writer;

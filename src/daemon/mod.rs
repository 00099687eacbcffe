//! Does what the domain decided: assembles the parts, runs them, and stops them in order.
//!
//! 1. "Served" is shown only after the ledger has committed.
//! 2. Only the ledger's thread writes entries, or a command that holds the ledger's lock; both work
//!    through a [`mod@bench`].
//! 3. Stopping has one order: camera, vision and the visit in progress, sockets, ledger.
//! 4. Whoever is not the camera reaches the ledger through [`desk`], and learns what is going on
//!    from [`board`].

mod attend;
pub mod bench;
pub mod board;
pub mod calibrate;
pub mod checkin;
pub mod checkup;
pub mod city_key;
pub mod control;
pub mod counts;
mod crash;
pub mod desk;
pub mod epoch;
mod feed;
pub mod gallery_job;
pub mod hold;
pub mod keys;
pub mod kiosk;
pub mod load;
pub mod metrics;
pub mod night;
mod notify;
pub mod parts;
pub mod preview;
pub mod reload;
pub mod revise;
pub mod roster;
pub mod service;
pub mod slot;
pub mod swap;
pub mod sync;
pub mod timekeeper;
pub mod upload;
pub mod writer;

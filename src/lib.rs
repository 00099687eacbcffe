//! `canteend` runs on the camera box of one elders' canteen (幸福食堂).
//!
//! # The way of the data
//!
//! ```text
//! camera ──Frame──▶ vision ──Sighting──▶ domain::visit ──Action──▶ daemon ──Event──▶ store (ledger)
//! ```
//!
//! A [`camera`] source yields a [`frame::Frame`]. [`vision`] turns it into sightings: where the
//! faces are, how good they look, whether they seem alive, and a template of each. [`domain`] is
//! pure: it matches, decides, and applies the subsidy rules. [`daemon`] does what was decided and
//! hands events to [`store`], whose ledger is encoded and chained by [`record`].
//!
//! One direction, no way back: what is decided lives in `domain`, what is done lives in `daemon`.
//! Who may import whom is written down, and checked, in `tests/tidy.rs`.

pub mod accept;
pub mod camera;
pub mod city;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod doctor;
pub mod domain;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod frame;
pub mod html;
pub mod kiosk;
pub mod logging;
pub mod record;
pub mod refcity;
pub mod report;
pub mod store;
pub mod vision;

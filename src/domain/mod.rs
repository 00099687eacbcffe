//! What is decided: matching, acceptance, subsidy. Pure functions and values.
//!
//! Nothing here reads a file, a clock or a random source, starts a thread, or knows SQL or JSON.
//! A function that needs the time is told it.

pub mod calendar;
pub mod calibration;
pub mod card;
pub mod choosing;
pub mod clock_trust;
pub(crate) mod codes;
pub mod decision;
pub mod elder;
pub mod entry;
pub mod evidence;
pub mod gallery;
pub mod health;
pub mod money;
pub mod month;
pub mod night;
pub mod operating_award;
pub mod operator;
pub mod pending;
pub mod pool;
pub mod rejudge;
pub mod rules;
pub mod satisfaction;
pub mod shown_order;
pub mod subsidy;
pub mod template;
pub mod visit;

//! What is acknowledged stays: killed at every write, without power, on a failing disk, for a month.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod city;
mod crash;
mod disk;
mod faults;
mod hands;
mod model;
mod month;
mod script;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lets one test work at a time: a child that is just being started holds copies of its parent's
/// locks for a moment, and another test would find its ledger in use.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

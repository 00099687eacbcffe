//! The parts of a box, made as its configuration says: clock, camera, ledger.

use super::timekeeper::{Timekeeper, first_stamp};
use crate::camera::supervise::{Supervised, Timing};
use crate::camera::{CameraError, FrameSource, replay::Replay, worker};
use crate::clock::{Clock, ScriptedClock, SystemClock};
use crate::config::{Camera, Config};
use crate::domain::entry::Stamp;
use crate::error::{Exit, Failure};
use crate::store::{LEDGER_FILE, Store};
use std::sync::Arc;

/// The clock: the machine's, or on a test box the replay's.
pub fn clock(config: &Config) -> Arc<dyn Clock> {
    match &config.camera {
        Camera::Replay { starts_at: Some(start), .. } => Arc::new(ScriptedClock::new(*start)),
        Camera::Replay { starts_at: None, .. } | Camera::Device { .. } => {
            Arc::new(SystemClock::default())
        }
    }
}

/// Where frames come from.
///
/// # Errors
/// [`CameraError`] of a replay that cannot be opened. A camera that is not there is waited for.
pub fn camera(config: &Config) -> Result<Box<dyn FrameSource>, CameraError> {
    match &config.camera {
        Camera::Replay { path, rate, looped, .. } => {
            Ok(Box::new(Replay::open(path, *rate, *looped)?))
        }
        Camera::Device { path, wanted } => {
            let (path, wanted) = (path.clone(), *wanted);
            Ok(Box::new(Supervised::new(&path.clone(), Timing::default(), move || {
                worker::command(&path, wanted)
            })))
        }
    }
}

/// The store, open for writing, and the keeper of its stamps.
///
/// # Errors
/// [`crate::store::StoreError`]; and a ledger of another device is refused.
pub fn ledger(config: &Config, clock: &dyn Clock) -> Result<(Store, Timekeeper), Failure> {
    let store = open_store(config, first_stamp(clock))?;
    let keeper = Timekeeper::new(&store, clock)?;
    Ok((store, keeper))
}

/// Opens the store of a configuration, making it where the folder has no ledger yet.
/// A ledger of another device is refused.
fn open_store(config: &Config, stamp: Stamp) -> Result<Store, Failure> {
    let device = &config.site.device;
    if !config.state.join(LEDGER_FILE).exists() {
        return Ok(Store::init(&config.state, device, stamp)?);
    }
    let store = Store::open(&config.state)?;
    match store.device() == device {
        true => Ok(store),
        false => {
            let text = format!(
                "the ledger in {} belongs to device {}, the configuration says {device}; mend \
                 site.device or paths.state",
                config.state.display(),
                store.device()
            );
            Err(Failure::new(Exit::Config, text))
        }
    }
}

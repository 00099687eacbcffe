//! A long life at speed: memory, handles and threads stay flat, the ledger verifies, and the last
//! visit is recorded as fast as the first ones.
//!
//! In `make test` a short life; `make soak` lives the long one (`CANTEEND_SOAK=full`): 1,000 visits
//! through the models and 100,000 through rules and ledger.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod life;
#[path = "../../benches/support/memory.rs"]
mod memory;
mod recorded;
mod watched;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One life at a time: what the other one allocates would count as growth.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `short` in tests, `full` where the long life was asked for.
fn scale(short: usize, full: usize) -> usize {
    let wanted = std::env::var("CANTEEND_SOAK").is_ok_and(|length| length == "full");
    if wanted { full } else { short }
}

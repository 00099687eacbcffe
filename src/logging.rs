//! Logs: readable on a terminal, JSON under systemd.
//!
//! Nothing personal is logged: no name, number, template or picture, and of the ledger only entry
//! numbers. What is logged goes to standard error; standard output belongs to the command.

use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt};

/// Variable that sets what is logged, such as `CANTEEND_LOG=debug`.
pub const LOG_VARIABLE: &str = "CANTEEND_LOG";

/// Starts logging. `default` is the level where [`LOG_VARIABLE`] is not set or not understood.
pub fn start(default: &str) {
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default));
    let logs = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::io::stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).init();
    }
}

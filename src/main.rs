//! Parses the command line, runs the command, and turns a failure into one line and an exit code.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    canteend::error::abort_on_panic();
    let cli = match canteend::cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to standard output and mistakes to standard error.
            let _ = error.print();
            let usage = canteend::error::Exit::Usage as u8;
            return ExitCode::from(if error.use_stderr() { usage } else { 0 });
        }
    };
    match canteend::cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            canteend::cli::report(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

//! Exit codes of the program (sysexits) and the one way a failure is reported.

use std::fmt::{self, Write as _};

/// Exit codes after BSD `sysexits.h`; systemd and scripts tell failures apart by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command line is wrong.
    Usage = 64,
    /// Input data is wrong: a bad line, an altered ledger.
    Data = 65,
    /// A service or device is not there.
    Unavailable = 69,
    /// Our own mistake.
    Software = 70,
    /// Reading or writing failed.
    Io = 74,
    /// The configuration, model pack or permissions must be mended before a restart helps.
    Config = 78,
}

/// Makes a panic in any thread end the process, after its message: a box with a dead thread must
/// be restarted by systemd, not limp on.
pub fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

/// An error that knows the exit code of a process that ends because of it.
pub trait Sysexit: std::error::Error + Send + Sync + 'static {
    /// The exit code.
    fn exit(&self) -> Exit;
}

impl<E: Sysexit> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::new(error.exit(), error)
    }
}

/// Why a command failed: what, on what, what to do, and with which exit code.
pub struct Failure {
    /// The process's exit code.
    pub exit: Exit,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    /// A failure of `source` that ends the process with `exit`.
    pub fn new(exit: Exit, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Failure { exit, source: source.into() }
    }
}

/// The whole chain of causes on one line, each said once.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.source.to_string();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.contains(&said) {
                write!(text, ": {said}")?;
            }
            cause = error.source();
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:?}: {self})", self.exit)
    }
}

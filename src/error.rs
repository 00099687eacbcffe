//! Exit codes of the program (sysexits) and the one way a failure is reported.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;

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

/// Makes a panic in any thread end the process, after a line that says where: a box with a dead
/// thread must be restarted by systemd, not limp on.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        // A line that cannot be written must not keep the process from ending.
        let _ = writeln!(io::stderr(), "{}", said(panic));
        std::process::abort();
    }));
}

/// Thread, place, and the text where it stands in the program itself: one that was made at run time
/// may hold a name or a number.
pub fn said(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let text = panic.payload().downcast_ref::<&'static str>().copied();
    let text = text.unwrap_or("(the message was made at run time and is left out)");
    format!("thread {}{place}: {text}", thread.name().unwrap_or("unnamed"))
}

/// An error that knows the exit code of a process that ends because of it.
///
/// Its text goes into logs and names nobody; whom it is about is said apart.
pub trait Sysexit: std::error::Error + Send + Sync + 'static {
    /// The exit code.
    fn exit(&self) -> Exit;

    /// The elder, or the row that bears their id, for the person who typed the command.
    fn whom(&self) -> Option<&str> {
        None
    }
}

impl<E: Sysexit> From<E> for Failure {
    fn from(error: E) -> Self {
        let whom = error.whom().map(str::to_owned);
        Failure { whom, ..Failure::new(error.exit(), error) }
    }
}

/// Why a command failed: what, on what, what to do, and with which exit code.
pub struct Failure {
    /// The process's exit code.
    pub exit: Exit,
    source: Box<dyn std::error::Error + Send + Sync>,
    whom: Option<String>,
}

impl Failure {
    /// A failure of `source` that ends the process with `exit`.
    pub fn new(exit: Exit, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Failure { exit, source: source.into(), whom: None }
    }

    /// All of it, whom it is about too: for the person who typed the command, never for a log.
    pub fn in_full(&self) -> String {
        match &self.whom {
            Some(whom) => format!("{self} ({whom})"),
            None => self.to_string(),
        }
    }

    /// Without whom it is about: a service has nobody who typed, and what it says is logged.
    pub fn unnamed(self) -> Self {
        Failure { whom: None, ..self }
    }
}

/// The whole chain of causes on one line, each said once; nobody is named.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// Tells the test, started anew, that it is to crash.
    const CRASH: &str = "CANTEEND_TEST_CRASH_EARLY";
    const NAME: &str = "王秀英";

    #[test]
    fn a_panic_before_the_service_is_set_up_says_its_place_and_nobodys_name() {
        if std::env::var_os(CRASH).is_some() {
            abort_on_panic();
            panic!("about {NAME}{}", std::process::id());
        }
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("error::tests::a_panic_before_the_service_is_set_up_says_its_place_and_nobodys_name")
            .env(CRASH, "1")
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(6));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains(" at src/error.rs:") && said.contains("is left out"), "{said}");
        assert!(!said.contains(NAME), "{said}");
    }
}

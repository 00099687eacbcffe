//! What a crash leaves behind: where in the program it was, and nothing of anybody.
//!
//! A message made at run time may hold a name or a number, so only texts that stand in the program
//! itself are written, with the place, the thread and the calls that led there. The newest report
//! replaces the one before: it lies in the state folder until somebody has read it.

use crate::clock::Clock;
use crate::error::said;
use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// The report in the state folder.
pub const CRASH_FILE: &str = "crash.txt";
/// Longest report, in bytes.
const REPORT_BYTES_MAX: usize = 32 << 10;

/// Makes a panic in any thread write a report into the folder `state` and end the process.
pub fn arm(state: &Path, clock: Arc<dyn Clock>) {
    let path = state.join(CRASH_FILE);
    std::panic::set_hook(Box::new(move |panic| {
        let mut report = format!(
            "canteend {} ended itself at {}\n{}\n{}",
            env!("CARGO_PKG_VERSION"),
            crate::record::at_text(clock.now()),
            said(panic),
            Backtrace::force_capture(),
        );
        report.truncate(report.floor_char_boundary(REPORT_BYTES_MAX));
        tracing::error!(report = %path.display(), "{}", said(panic));
        // A report that cannot be written must not keep the process from ending.
        let _ = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(report.as_bytes()));
        std::process::abort();
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::process::{Command, Stdio};

    /// Tells the test, started anew, that it is to crash, and where.
    const CRASH_IN: &str = "CANTEEND_TEST_CRASH_IN";
    const NAME: &str = "王秀英";

    #[test]
    fn a_crash_leaves_its_place_and_nobodys_name() {
        if let Some(folder) = std::env::var_os(CRASH_IN) {
            arm(Path::new(&folder), Arc::new(SystemClock::default()));
            let ended = std::thread::Builder::new().name("vision".to_owned()).spawn(|| {
                if std::env::args().len() > 100 {
                    return;
                }
                panic!("about {NAME}");
            });
            let _ = ended.unwrap().join();
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "daemon::crash::tests::a_crash_leaves_its_place_and_nobodys_name"])
            .env(CRASH_IN, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(6), "{ended}");
        let report = std::fs::read_to_string(folder.path().join(CRASH_FILE)).unwrap();
        assert!(report.contains("thread vision at src/daemon/crash.rs:"), "{report}");
        assert!(report.contains("is left out"), "{report}");
        assert!(!report.contains(NAME), "{report}");
        assert!(report.len() <= REPORT_BYTES_MAX);
    }
}

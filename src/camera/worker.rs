//! The camera process: opens the camera and says what comes, until it is told to stop.
//!
//! 1. It ends by itself when its standard input or output is closed: it cannot outlive the service
//!    by more than one frame's wait.
//! 2. Whatever goes wrong with the camera is said as a fault, and then it ends.
//! 3. It keeps no frame and decodes none.

use super::device::Opened;
use super::fault::Trouble;
use super::mode::Wanted;
use super::wire::{self, Raw};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Its name on the command line.
pub const COMMAND: &str = "camera-worker";

/// How this program starts itself as a camera process. `/proc/self/exe` is the program that runs,
/// even where its file was replaced by an upgrade meanwhile.
pub fn command(path: &Path, wanted: Wanted) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("canteend").arg(COMMAND).arg("--device").arg(path).args([
        format!("--width={}", wanted.width),
        format!("--height={}", wanted.height),
        format!("--fps={}", wanted.rate.per_second()),
    ]);
    command
}

/// What gives pictures: a camera that was opened, or in a bench what stands for one.
pub trait Pictures {
    /// Waits for the next picture: its head (with an empty picture) and its bytes.
    ///
    /// # Errors
    /// [`Trouble`]; there will be no other picture.
    fn read(&mut self) -> Result<(Raw, &[u8]), Trouble>;
}

/// Runs until standard input ends, standard output is closed, or the camera fails.
///
/// # Errors
/// What standard output cannot be used for; a closed one is an end, not an error.
pub fn run(path: &Path, wanted: Wanted) -> io::Result<()> {
    serve(|| Opened::open(path, wanted))
}

/// The same with whatever `open` gives.
///
/// # Errors
/// As those of [`run`].
pub fn serve<P: Pictures>(open: impl FnOnce() -> Result<P, Trouble>) -> io::Result<()> {
    // Unbuffered: a frame goes out in one piece.
    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let told = told_to_stop();
    let said = match open().and_then(|mut camera| stream(&mut camera, &mut out, &told)) {
        Ok(said) => said,
        Err(trouble) => wire::write_fault(&mut out, &trouble),
    };
    said.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

/// Pictures until the end; the inner result is that of writing.
fn stream(
    camera: &mut impl Pictures,
    out: &mut File,
    told: &AtomicBool,
) -> Result<io::Result<()>, Trouble> {
    while !told.load(Ordering::Relaxed) {
        let (head, picture) = camera.read()?;
        if let Err(error) = wire::write_frame(out, &head, picture) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Becomes true when standard input ends; what comes in it is not looked at.
fn told_to_stop() -> Arc<AtomicBool> {
    let told = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&told);
    std::thread::spawn(move || {
        let mut byte = [0];
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
        tell.store(true, Ordering::Relaxed);
    });
    told
}

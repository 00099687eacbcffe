//! One 640 × 480 frame, JPEG to evidence, on one thread: its time as a ratio to the bare model
//! runs, and beside the Python reference where that is at hand.
//!
//! ```text
//! cargo bench --bench frame             80 rounds, with the reference where it can run
//! cargo bench --bench frame -- --small  one round, to see that it works (`make test`)
//! ```
//!
//! The ratio is printed beside its limit and fails nothing: another program on this machine can
//! take the time that one of the two has.

#[path = "support/picture.rs"]
mod picture;

use canteend::evaluate::{self, TimeReport};
use canteend::vision::{Analyser, QualityLimits};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rounds of a full measurement, ours and the reference's.
const ROUNDS: usize = 80;
/// The whole frame may take this many times the bare model runs.
const RATIO_MAX: f64 = 1.35;

fn main() -> Result<(), Box<dyn Error>> {
    let small = std::env::args().any(|arg| arg == "--small");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let jpeg = picture::jpeg(&picture::photo(640, 480));
    let mut analyser = Analyser::open(&root.join("models"), QualityLimits::default())?;
    let ours = evaluate::time(&mut analyser, &jpeg, if small { 1 } else { ROUNDS })?;
    println!("canteend   {}", line(&ours));
    let ratio = ours.all / ours.sessions;
    println!("ratio      {ratio:.3} of the bare model runs (at most {RATIO_MAX})");
    if small {
        return Ok(());
    }
    match reference(root, &jpeg)? {
        Some(theirs) => println!("reference  {theirs}"),
        None => println!("reference  not at hand (../shared, python3, numpy, cv2, onnxruntime)"),
    }
    Ok(())
}

fn line(report: &TimeReport) -> String {
    serde_json::to_string(report).unwrap_or_else(|_| format!("{report:?}"))
}

/// What the Python reference prints about the same picture, if it can run here.
fn reference(root: &Path, jpeg: &[u8]) -> Result<Option<String>, Box<dyn Error>> {
    let script: PathBuf = root.join("../shared/reference/face_reference.py");
    if !script.exists() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("frame.jpg");
    std::fs::write(&image, jpeg)?;
    let pack = root.join("models/pack");
    let run = Command::new("python3")
        .args([&script, &pack, Path::new("time"), &image, Path::new(&ROUNDS.to_string())])
        .output();
    Ok(match run {
        Ok(done) if done.status.success() => {
            Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
        }
        _ => None,
    })
}

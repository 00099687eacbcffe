//! libFuzzer's program for all targets. `FUZZ_TARGET` names the one to be tried, or is `all` to
//! list them; the target's seeds are written into the folder `FUZZ_CORPUS` first.

#![no_main]

use canteend_fuzz::{TARGETS, seeds};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: choose(), |data: &[u8]| {
    TARGET.get().expect("chosen before the first input")(data)
});

fn choose() {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    if name == "all" {
        TARGETS.iter().for_each(|(name, _)| println!("{name}"));
        exit(0);
    }
    let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        eprintln!("FUZZ_TARGET={name}: there is no such target");
        exit(64);
    };
    if let Some(folder) = std::env::var_os("FUZZ_CORPUS").map(PathBuf::from)
        && let Err(problem) = plant(&name, &folder)
    {
        eprintln!("{}: {problem}", folder.display());
        exit(74);
    }
    assert!(TARGET.set(*target).is_ok(), "chosen once");
}

fn plant(target: &str, folder: &Path) -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::create_dir_all(folder)?;
    for (number, seed) in seeds(target, &root).iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:02}")), seed)?;
    }
    Ok(())
}

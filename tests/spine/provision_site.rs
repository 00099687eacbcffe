//! `canteend provision site`: the configuration of a site, by flags and by answers.

use crate::box_folder::{Ran, command, root};
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

/// Runs it in `dir`, with `answers` typed in.
fn provision(dir: &Path, flags: &[&str], answers: &str) -> Ran {
    let config = dir.join("canteend.toml");
    let mut command = command(&["provision", "site", "--config", config.to_str().unwrap()]);
    command.args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without reading everything.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    child.wait_with_output().unwrap().into()
}

const CAMERA: [&str; 2] = ["--camera", "/dev/v4l/by-id/usb-maker-video-index0"];
const ANSWERS: &str = "lc-kfq-021\n幸福食堂\n经济技术开发区\n东城街道\nurban\nnew\n2025-03-01\n";

#[test]
fn what_flags_do_not_say_is_asked_and_the_file_holds() {
    let dir = tempfile::tempdir().unwrap();
    let flags = [&CAMERA[..], &["--name", "东城食堂", "--city", "https://city.example"]].concat();
    // Who only presses Enter is asked again.
    let answers = "\n".to_owned() + &ANSWERS.replace("幸福食堂\n", "");
    let ran = provision(dir.path(), &flags, &answers);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("食堂编码") && !ran.out.contains("食堂名称"), "{ran:?}");
    let text = std::fs::read_to_string(dir.path().join("canteend.toml")).unwrap();
    for line in ["device = \"lc-kfq-021\"", "name = \"东城食堂\"", "source = \"camera\""] {
        assert!(text.lines().any(|l| l == line), "{line} is not in {text}");
    }
    // The package's rule book is not on this machine, so the district's own is named.
    let config = dir.path().join("canteend.toml");
    let rules = root().join("config/rules/lcetdz-2022.toml");
    let named = text.replace("[paths]", &format!("[paths]\nrules = \"{}\"", rules.display()));
    std::fs::write(&config, &named).unwrap();
    let check = ["check-config", "--without-models", "--config", config.to_str().unwrap()];
    let checked: Ran = command(&check).output().unwrap().into();
    assert_eq!(checked.code, 0, "{checked:?}");

    let again = provision(dir.path(), &flags, ANSWERS);
    assert_eq!(again.code, 78, "{again:?}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), named, "it is never replaced");
}

#[test]
fn a_wrong_answer_names_its_key_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ran = provision(dir.path(), &CAMERA, &ANSWERS.replace("urban", "city"));
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.err.contains("area"), "{ran:?}");
    let cut = provision(dir.path(), &CAMERA, "lc-kfq-021\n");
    assert_eq!(cut.code, 64, "{cut:?}");
    assert!(cut.err.contains("--name"), "{cut:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

//! What happens to a box, and to what it has written, when it is stopped or its folder fails it.

use crate::box_folder::{BoxFolder, OBAMA, obama};
use crate::control::{Daemon, serving};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

/// SIGTERM.
const TERM: i32 = 15;

fn terminate(pid: u32) {
    assert!(Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap().success());
}

/// From before there is anything to stop in order to the middle of a visit. That stopping takes five
/// seconds at most is asserted where the clock is the test's: in the virtual machine (`make vm-test`).
#[test]
fn a_signal_at_any_moment_ends_the_box_and_what_was_acknowledged_is_in_the_ledger() {
    let canteen = BoxFolder::new("looped = true\nstarts_at = \"2026-03-02T11:30:00+08:00\"");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let before = canteen.ledger();
    for moment in ["", "\"ready\"", "\"meal\"", "\"same visit\""] {
        let mut child = canteen.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut said = vec![];
        if !moment.is_empty() {
            said.extend(log.by_ref().find(|line| line.contains(moment)));
            assert!(!said.is_empty(), "the log ends without {moment}");
        }
        terminate(child.id());
        said.extend(log);
        let status = child.wait().unwrap();
        // Before the box listens to signals, one ends it as it ends any program.
        let at_once = moment.is_empty() && status.signal() == Some(TERM);
        assert!(at_once || status.code() == Some(0), "{moment}: {status}, {said:#?}");
        assert_eq!(canteen.run(&["ledger", "verify"]).code, 0, "{moment}");
        let now = canteen.ledger();
        assert_eq!(now[..before.len()], before, "{moment}");
        for line in said.iter().filter(|line| line.contains("\"message\":\"meal\"")) {
            let told: serde_json::Value = serde_json::from_str(line).unwrap();
            let entry = now.iter().find(|entry| entry["n"] == told["entry"]);
            assert!(entry.is_some_and(|entry| entry["kind"] == "meal"), "{line}");
        }
        let meals = canteen.kinds().iter().filter(|kind| *kind == "meal").count();
        assert!(meals <= 1, "{moment}: one elder, one day, {meals} meals");
    }
}

#[test]
fn a_state_folder_that_cannot_be_written_or_is_gone_is_named_with_the_remedy() {
    let canteen = BoxFolder::new("paced = false");
    canteen.film(vec![obama(0)]);
    let config = fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    // Where not even root can make a folder; and a link to a disk that is not there.
    symlink("/nowhere/disk", canteen.path("away")).unwrap();
    canteen.write("file", "no folder");
    for state in ["/proc/canteend", "away", "file"] {
        let moved = config.replace("state = \"state\"", &format!("state = \"{state}\""));
        canteen.write("canteend.toml", moved);
        let ran = canteen.run(&["run"]);
        assert!([69, 74].contains(&ran.code), "{state}: {ran:?}");
        assert!(ran.err.contains(state), "{state}: {}", ran.err);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
}

#[test]
fn a_folder_that_is_taken_away_from_a_serving_box_is_found_again_with_every_entry() {
    let (canteen, mut daemon) = serving();
    daemon.until("\"meal\"");
    let before = canteen.ledger();
    fs::rename(canteen.path("state"), canteen.path("elsewhere")).unwrap();
    let ran = canteen.run(&["status"]);
    assert_eq!(ran.code, 69, "{ran:?}");
    daemon.stop();
    fs::rename(canteen.path("elsewhere"), canteen.path("state")).unwrap();
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
    assert_eq!(canteen.ledger()[..before.len()], before);
    Daemon::start(&canteen).stop();
}

#[test]
fn a_socket_that_cannot_be_taken_over_is_named_and_nothing_is_served() {
    let canteen = BoxFolder::new("paced = false");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    // What the box may not remove, as a socket of another user in a folder that is not the box's.
    let socket = canteen.path("state/control.sock");
    fs::create_dir(&socket).unwrap();
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 74, "{ran:?}");
    assert!(ran.err.contains("control.sock") && ran.err.contains("belong to"), "{}", ran.err);
    assert!(canteen.kinds().is_empty());
    fs::remove_dir(&socket).unwrap();
    assert_eq!(canteen.run(&["run"]).code, 0);
}

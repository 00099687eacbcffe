//! `canteend run` on a replayed camera.

use crate::box_folder::{BIDEN, BoxFolder, OBAMA, obama, walk_up};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

const AT_LUNCH: &str = "paced = false\nstarts_at = \"2026-03-02T11:30:00+08:00\"";

#[test]
fn an_elder_who_walks_up_is_served_and_the_meal_is_in_the_ledger() {
    let canteen = BoxFolder::new(AT_LUNCH);
    canteen.film(vec![obama(0)]);
    assert_eq!(canteen.import(&[OBAMA, BIDEN]).code, 0);
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let entries = canteen.ledger();
    let meal = entries.last().unwrap();
    assert_eq!(canteen.kinds(), ["meal"]);
    assert_eq!(meal["elder"], "p_1001");
    assert_eq!(meal["date"], "2026-03-02");
    assert_eq!((&meal["city_fen"], &meal["district_fen"]), (&200.into(), &200.into()));
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
    for secret in ["周志远", "欧阳", "1941", "p_1001"] {
        assert!(!ran.err.contains(secret), "{secret} is in the log: {}", ran.err);
        assert!(!ran.out.contains(secret), "{secret} is in the output: {}", ran.out);
    }
}

#[test]
fn the_same_lunch_replayed_adds_nothing_and_the_supper_is_a_visit_without_subsidy() {
    let canteen = BoxFolder::new(AT_LUNCH);
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    canteen.run(&["run"]);
    canteen.at("11:30", "11:45");
    canteen.run(&["run"]);
    assert_eq!(canteen.kinds(), ["meal"]);
    canteen.at("11:45", "17:00");
    canteen.run(&["run"]);
    assert_eq!(canteen.kinds(), ["meal", "visit"]);
    assert_eq!(canteen.ledger().last().unwrap()["reason"], "already-today");
}

#[test]
fn a_stranger_and_an_unchanged_picture_go_to_staff() {
    let canteen = BoxFolder::new(AT_LUNCH);
    let mut still = obama(60);
    still.still = true;
    still.seconds = (0.0, 5.0, 0.0);
    let mut stranger = walk_up("biden.jpg", (565.0, 375.0, 250.0), 0);
    stranger.seconds.1 = 5.0;
    canteen.film(vec![stranger, still]);
    canteen.import(&[OBAMA]);
    assert_eq!(canteen.run(&["run"]).code, 0);
    let entries = canteen.ledger();
    assert_eq!(canteen.kinds(), ["review", "review"]);
    let (stranger, still) = (&entries[entries.len() - 2], &entries[entries.len() - 1]);
    assert_eq!(stranger["reasons"][0], "no-match");
    assert_eq!(stranger["candidates"], serde_json::json!([]));
    assert_eq!(still["reasons"], serde_json::json!(["liveness"]));
    assert_eq!(still["candidates"], serde_json::json!(["p_1001"]));
}

#[test]
fn outside_meal_hours_nothing_is_recorded() {
    let canteen = BoxFolder::new("paced = false\nstarts_at = \"2026-03-02T15:00:00+08:00\"");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    assert_eq!(canteen.run(&["run"]).code, 0);
    assert!(canteen.kinds().is_empty());
}

#[test]
fn whoever_looks_in_before_lunch_is_served_when_lunch_begins() {
    let canteen = BoxFolder::new("paced = false\nstarts_at = \"2026-03-02T10:29:55+08:00\"");
    // A film has no gaps: the second walk-up begins 5.3 seconds after the first.
    canteen.film(vec![obama(0), obama(20)]);
    canteen.import(&[OBAMA]);
    assert_eq!(canteen.run(&["run"]).code, 0);
    assert_eq!(canteen.kinds(), ["meal"]);
    assert!(canteen.ledger().last().unwrap()["at"].as_str().unwrap() > "2026-03-02T10:30");
}

#[test]
fn broken_frames_are_skipped_and_the_elder_is_still_served() {
    let canteen = BoxFolder::new(AT_LUNCH);
    let mut frames = canteen.film(vec![obama(0)]);
    for frame in frames.iter_mut().step_by(3) {
        frame.truncate(frame.len() / 2);
    }
    canteen.write("frames.mjpeg", frames.concat());
    canteen.import(&[OBAMA]);
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("frame skipped"), "{}", ran.err);
    assert_eq!(canteen.kinds(), ["meal"]);
}

#[test]
fn a_signal_stops_the_box_in_order_and_a_second_process_is_refused_meanwhile() {
    let canteen = BoxFolder::new("looped = true");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let mut child = canteen.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("\"ready\"")));
    let second = canteen.run(&["run"]);
    assert_eq!(second.code, 69, "{second:?}");
    // The ledger can be read while the box serves.
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let stopped = log.map(Result::unwrap).find(|line| line.contains("\"stopped\""));
    assert!(stopped.is_some());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_ledger_of_another_device_is_refused() {
    let canteen = BoxFolder::new(AT_LUNCH);
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    canteen.write("canteend.toml", config.replace("test-box", "other-box"));
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.err.contains("belongs to device test-box"), "{}", ran.err);
}

#[test]
fn frames_come_at_their_pace_when_the_replay_is_paced() {
    // Thirty-three frames at 60 a second take half a second; the bound is far below that of a
    // slow machine and above that of a replay that does not wait.
    let canteen = BoxFolder::new("frames_per_second = 60");
    let mut scene = obama(0);
    scene.seconds = (0.0, 0.8, 0.0);
    canteen.film(vec![scene]);
    canteen.import(&[OBAMA]);
    let started = std::time::Instant::now();
    assert_eq!(canteen.run(&["run"]).code, 0);
    assert!(started.elapsed() >= Duration::from_secs(1) / 60 * 32);
}

#[test]
fn a_meal_on_eligibility_data_of_last_month_waits_for_confirmation() {
    let canteen = BoxFolder::new(AT_LUNCH);
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    canteen.write("canteend.toml", config.replace("2026-03-02T", "2026-04-02T"));
    assert_eq!(canteen.run(&["run"]).code, 0);
    let entries = canteen.ledger();
    let meal = entries.iter().find(|e| e["kind"] == "meal").unwrap();
    assert_eq!(meal["standing"], "pending");
    assert_eq!(meal["eligibility_as_of"], "2026-03-02");
}

//! `canteend accept`: the site acceptance on a replayed camera.

use crate::box_folder::{BoxFolder, OBAMA, Ran, obama};
use crate::control::serving;
use canteend::accept::PAYLOAD_TYPE;
use canteend::city::identity;
use canteend::city::wire::dsse;
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;

/// A person walks up and leaves; then a picture of the same person, which does not move, is held up.
fn site() -> BoxFolder {
    let canteen = BoxFolder::new("paced = false");
    // Long enough to be enrolled and recognised, and gone before the picture's turn.
    let mut person = obama(0);
    person.seconds = (0.5, 1.3, 0.3);
    let mut picture = obama(20);
    picture.still = true;
    picture.seconds = (0.0, 6.0, 0.0);
    canteen.film(vec![person, picture]);
    canteen.import(&[OBAMA]);
    canteen
}

/// Runs the acceptance and presses Enter whenever it is asked for.
fn accept(canteen: &BoxFolder, more: &[&str]) -> Ran {
    let out = canteen.path("report");
    let mut command = canteen.command(&["accept", "--out", out.to_str().unwrap()]);
    command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that ends before it asks reads nothing.
    let _ = child.stdin.take().unwrap().write_all(b"\n\n");
    child.wait_with_output().unwrap().into()
}

fn report(canteen: &BoxFolder) -> Value {
    let json = std::fs::read(canteen.path("report/acceptance.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["steps"].as_array().unwrap().iter().find(|s| s["step"] == name).unwrap()
}

#[test]
fn the_person_is_recognised_the_picture_is_not_and_the_report_is_signed() {
    let canteen = site();
    let before = canteen.ledger().len();
    let key = identity::device_key_or_new(&canteen.path("state"), None).unwrap();
    let ran = accept(&canteen, &[]);
    assert!([0, 69].contains(&ran.code), "{ran:?}");
    let report = report(&canteen);
    assert_eq!(step(&report, "enrol")["outcome"], "passed", "{ran:?}");
    let check_in = step(&report, "check-in")["seen"].as_str().unwrap();
    assert!(check_in.starts_with("recognised"), "{ran:?}");
    assert_eq!(step(&report, "print-attack")["outcome"], "passed", "{ran:?}");
    let plug = step(&report, "pull-the-plug");
    assert!(plug["seen"].as_str().unwrap().contains("nothing lost"), "{plug}");

    assert_eq!(canteen.ledger().len(), before, "the box's own ledger is not touched");
    assert!(!canteen.path("state/acceptance.scratch").exists());
    let signed = std::fs::read(canteen.path("report/acceptance.dsse.json")).unwrap();
    let opened = dsse::open(&signed, 1 << 20, PAYLOAD_TYPE, &[key.public()]).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&opened).unwrap(), report);
    let page = std::fs::read_to_string(canteen.path("report/acceptance.html")).unwrap();
    assert!(page.contains("照片冒用") && page.contains(&key.public().fingerprint()), "{page}");
    for secret in ["周志远", "p_1001"] {
        assert!(!page.contains(secret) && !ran.out.contains(secret), "{secret}");
    }
}

#[test]
fn without_people_the_report_does_not_pass_and_without_a_key_it_is_not_signed() {
    let canteen = site();
    let ran = accept(&canteen, &["--without-people"]);
    assert_eq!(ran.code, 69, "{ran:?}");
    let report = report(&canteen);
    assert_eq!(report["passed"], false);
    assert_eq!(step(&report, "check-in")["outcome"], "skipped");
    assert_eq!(step(&report, "pull-the-plug")["outcome"], "passed");
    assert!(!canteen.path("report/acceptance.dsse.json").exists());
    assert!(ran.out.contains("not signed"), "{ran:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_anybody_is_asked_to_stand_at_the_mark() {
    let canteen = site();
    std::fs::write(canteen.path("report"), "a file").unwrap();
    let ran = accept(&canteen, &[]);
    assert_eq!(ran.code, 74, "{ran:?}");
    assert!(ran.err.contains("name a folder that can be written"), "{ran:?}");
    assert_eq!(ran.out, "", "nobody was asked");
}

#[test]
fn a_box_that_serves_is_not_tried() {
    let (canteen, daemon) = serving();
    let ran = accept(&canteen, &[]);
    assert_eq!(ran.code, 69, "{ran:?}");
    assert!(ran.err.contains("systemctl stop canteend"), "{ran:?}");
    daemon.stop();
}

//! What goes wrong: each with its exit code, the place, and the remedy, and nothing lost.

use crate::box_folder::{BIDEN, BoxFolder, HEADING, OBAMA, canteend, photos, root};
use rusqlite::Connection;
use std::path::Path;

const QUIET: &str = "paced = false";

#[test]
fn bad_roster_lines_are_named_and_the_good_ones_kept() {
    let canteen = BoxFolder::new(QUIET);
    let ran = canteen.import(&[
        OBAMA,
        "p_2,李桂兰,女,1950-02-30,,,store,biden.jpg\n",
        "p_1001,周志远,男,1941-08-04,,,store,obama.jpg\n",
        "p_3,张伟,男,1950-02-03,,,store,nobody.jpg\n",
        BIDEN,
    ]);
    assert_eq!(ran.code, 65, "{ran:?}");
    for named in [
        "line 3 (p_2): birth: not a date; write YYYY-MM-DD",
        "line 4 (p_1001): this elder stands in line 2 already",
        "line 5 (p_3): photograph nobody.jpg: cannot be read",
        "gallery 1: 3 elders, 2 templates",
    ] {
        assert!(ran.out.contains(named), "{named:?} is not in {}", ran.out);
    }
    let shown = canteen.run(&["gallery", "show", "--json"]);
    assert_eq!(shown.out.trim(), r#"{"elders":3,"with_face":2,"templates":2}"#);
}

/// A gallery of one elder, whose face does not open.
fn damaged_gallery() -> BoxFolder {
    let canteen = BoxFolder::new(QUIET);
    canteen.write("frames.mjpeg", std::fs::read(photos().join("obama2.jpg")).unwrap());
    assert_eq!(canteen.import(&[OBAMA]).code, 0);
    let ledger = Connection::open(canteen.path("state/ledger.db")).unwrap();
    ledger.execute("UPDATE template SET vector = zeroblob(length(vector))", []).unwrap();
    canteen
}

#[test]
fn a_row_that_does_not_open_is_named_to_who_asks_and_not_in_the_log() {
    let canteen = damaged_gallery();
    let asked = canteen.run(&["gallery", "calibrate"]);
    assert_eq!(asked.code, 65, "{asked:?}");
    assert!(asked.err.contains("does not open") && asked.err.contains("p_1001"), "{asked:?}");
    let served = canteen.run(&["run"]);
    assert_eq!(served.code, 65, "{served:?}");
    assert!(served.err.contains("does not open"), "{served:?}");
    assert!(!served.err.contains("p_1001"), "the log names an elder: {served:?}");
}

#[test]
fn an_elder_whose_line_went_bad_stays_as_they_were() {
    let canteen = BoxFolder::new(QUIET);
    assert_eq!(canteen.import(&[OBAMA, BIDEN]).code, 0);
    let ran = canteen.import(&[OBAMA, &BIDEN.replace("1952-11-20", "1952-13-20")]);
    assert_eq!(ran.code, 65, "{ran:?}");
    let shown = canteen.run(&["gallery", "show", "--json"]);
    assert_eq!(shown.out.trim(), r#"{"elders":2,"with_face":2,"templates":2}"#);
}

#[test]
fn a_roster_without_a_usable_line_leaves_the_gallery() {
    let canteen = BoxFolder::new(QUIET);
    assert_eq!(canteen.import(&[OBAMA]).code, 0);
    assert_eq!(canteen.import(&["p_2,李桂兰,女,x,,,store,biden.jpg\n"]).code, 65);
    let shown = canteen.run(&["gallery", "show", "--json"]);
    assert_eq!(shown.out.trim(), r#"{"elders":1,"with_face":1,"templates":1}"#);
    assert_eq!(canteen.kinds().len(), 0);
    assert_eq!(canteen.ledger().len(), 2);
}

#[test]
fn one_person_registered_twice_is_named_and_both_are_kept() {
    let canteen = BoxFolder::new(QUIET);
    let ran = canteen.import(&[OBAMA, &OBAMA.replace("p_1001", "p_1002"), BIDEN]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("p_1001 and p_1002 have nearly the same face"), "{}", ran.out);
    assert!(!ran.out.contains("p_1004 "), "{}", ran.out);
    assert!(ran.out.contains("3 elders, 3 templates"), "{}", ran.out);
}

#[test]
fn a_rebuilt_gallery_has_new_templates_and_the_same_identities() {
    let canteen = BoxFolder::new(QUIET);
    canteen.import(&[OBAMA, BIDEN, &OBAMA.replace("p_1001", "p_7").replace("obama", "obama3")]);
    // The roster has another birth date, which a rebuild passes over, and p_7 is not in it.
    let csv = canteen.path("again.csv");
    let biden = BIDEN.replace("1952", "1932").replace("biden.jpg", "nobody.jpg");
    std::fs::write(&csv, HEADING.to_owned() + &OBAMA.replace("obama", "obama2") + &biden).unwrap();
    let folder = photos();
    let (csv, folder) = (csv.to_str().unwrap(), folder.to_str().unwrap());
    let ran = canteen.run(&["gallery", "rebuild", csv, "--photos", folder]);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(ran.out.contains("line 3 (p_1004): photograph nobody.jpg"), "{}", ran.out);
    assert!(ran.out.contains("gallery 2: 3 elders, 2 templates"), "{}", ran.out);
}

#[test]
fn without_consent_an_elder_is_enrolled_without_a_face() {
    let canteen = BoxFolder::new(QUIET);
    let ran = canteen.import(&[&OBAMA.replace("store;transmit", "transmit")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("1 elders, 0 templates"), "{}", ran.out);
}

#[test]
fn photographs_that_cannot_be_enrolled_are_named_with_the_reason() {
    let canteen = BoxFolder::new(QUIET);
    let folder = canteen.path("photos");
    std::fs::create_dir(&folder).unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    let obama = std::fs::read(photos().join("obama.jpg")).unwrap();
    put("cut.jpg", &obama[..obama.len() / 2]);
    put("empty.jpg", b"");
    put("text.jpg", b"not a picture");
    put("group.jpg", &std::fs::read(photos().join("sample4.jpg")).unwrap());
    let half = image::open(photos().join("obama.jpg")).unwrap().crop_imm(470, 0, 440, 1137);
    half.save(folder.join("edge.png")).unwrap();
    image::RgbImage::new(320, 240).save(folder.join("dark.png")).unwrap();
    let cases = [
        ("cut.jpg", "cut short"),
        ("empty.jpg", "not a JPEG or PNG"),
        ("text.jpg", "not a JPEG or PNG"),
        ("group.jpg", "faces of similar size"),
        ("dark.png", "no face found"),
        ("edge.png", "cut by the edge"),
    ];
    let mut roster = HEADING.to_owned();
    for (n, (photo, _)) in cases.iter().enumerate() {
        roster += &format!("p_{n},王,女,1950-01-01,,,store,{photo}\n");
    }
    canteen.write("roster.csv", roster);
    let csv = canteen.path("roster.csv");
    let ran = canteen.run(&[
        "gallery",
        "import",
        csv.to_str().unwrap(),
        "--photos",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 65, "{ran:?}");
    for (n, (photo, reason)) in cases.iter().enumerate() {
        let line = ran.out.lines().find(|l| l.starts_with(&format!("line {}", n + 2)));
        assert!(line.is_some_and(|l| l.contains(photo) && l.contains(reason)), "{photo}: {line:?}");
    }
}

#[test]
fn a_configuration_error_names_file_line_and_key() {
    let canteen = BoxFolder::new("frames_per_secnod = 10");
    let ran = canteen.run(&["check-config"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    for part in ["canteend.toml", "line 19", "frames_per_secnod"] {
        assert!(ran.err.contains(part), "{part:?} is not in {}", ran.err);
    }
    let missing = canteend(&["check-config", "--config", "/nowhere/canteend.toml"]);
    assert_eq!(missing.code, 78);
    assert!(missing.err.contains("/nowhere/canteend.toml"), "{}", missing.err);
}

#[test]
fn check_config_reads_rules_and_models_too() {
    let canteen = BoxFolder::new(QUIET);
    let ran = canteen.run(&["check-config"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("good, for test-box"), "{}", ran.out);
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    let models = root().join("models").display().to_string();
    canteen.write("canteend.toml", config.replace(&models, "/nowhere"));
    let ran = canteen.run(&["check-config"]);
    assert_eq!(ran.code, 78);
    assert!(ran.err.contains("/nowhere/manifest.toml"), "{}", ran.err);
    assert_eq!(canteen.run(&["check-config", "--without-models"]).code, 0);
}

#[test]
fn a_model_with_a_wrong_hash_is_refused_with_the_remedy() {
    let canteen = BoxFolder::new(QUIET);
    let models = canteen.path("models");
    copy(&root().join("models"), &models);
    let model = models.join("pack/fr_landmark.onnx");
    let mut bytes = std::fs::read(&model).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&model, bytes).unwrap();
    let ran = canteend(&["demo", "--models", models.to_str().unwrap()]);
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.err.contains("fr_landmark.onnx") && ran.err.contains("make models"), "{}", ran.err);
    std::fs::remove_file(&model).unwrap();
    let ran = canteend(&["demo", "--models", models.to_str().unwrap()]);
    assert_eq!(ran.code, 78);
    assert!(ran.err.contains("fr_landmark.onnx") && ran.err.contains("make models"), "{}", ran.err);
    std::fs::remove_dir_all(models.join("runtime")).unwrap();
    let ran = canteend(&["demo", "--models", models.to_str().unwrap()]);
    assert_eq!(ran.code, 78);
    assert!(ran.err.contains("models/runtime") && ran.err.contains("make models"), "{}", ran.err);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[test]
fn a_ledger_that_is_not_ours_cut_short_or_altered_is_named() {
    let canteen = BoxFolder::new(QUIET);
    assert_eq!(canteen.import(&[OBAMA]).code, 0);
    let good = std::fs::read(canteen.path("state/ledger.db")).unwrap();
    let verify = |bytes: &[u8]| {
        canteen.write("copy.db", bytes);
        canteend(&["ledger", "verify", "--ledger", canteen.path("copy.db").to_str().unwrap()])
    };
    assert_eq!(verify(&good).code, 0);
    assert_eq!(verify(b"a text file that somebody put there").code, 65);
    assert_eq!(verify(&good[..good.len() / 2]).code, 65);
    let at = good.windows(8).rposition(|w| w == b"test-box").expect("the device is in a body");
    let mut altered = good.clone();
    altered[at] ^= 1;
    let ran = verify(&altered);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(ran.err.contains("entry 1:"), "{}", ran.err);
}

#[test]
fn a_replay_that_is_not_there_or_empty_is_named() {
    let canteen = BoxFolder::new(QUIET);
    canteen.import(&[OBAMA]);
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 69, "{ran:?}");
    assert!(ran.err.contains("frames.mjpeg"), "{}", ran.err);
    canteen.write("frames.mjpeg", b"no pictures here");
    let ran = canteen.run(&["run"]);
    assert_eq!(ran.code, 69, "{ran:?}");
    assert!(ran.err.contains("no JPEG or PNG picture"), "{}", ran.err);
}

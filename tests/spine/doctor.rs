//! `canteend doctor` on a box that is set up, one that is not, and one that serves.

use crate::box_folder::{BoxFolder, OBAMA, Ran, obama, root};
use crate::control::serving;
use serde_json::Value;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn findings(ran: &Ran) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    answer["findings"].as_array().unwrap().clone()
}

/// What is said of a part: its verdict and the text.
#[track_caller]
fn of(found: &[Value], check: &str) -> (String, String) {
    let one = found.iter().find(|f| f["check"] == check);
    let one = one.unwrap_or_else(|| panic!("nothing about {check} in {found:#?}"));
    let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), format!("{} → {}", text("seen"), text("remedy")))
}

#[test]
fn a_box_that_is_set_up_has_warnings_at_most_and_names_nobody() {
    let canteen = BoxFolder::new("");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let ran = canteen.run(&["doctor", "--json"]);
    let found = findings(&ran);
    for check in ["configuration", "models", "permissions", "gallery", "page"] {
        assert_eq!(of(&found, check).0, "ok", "{found:#?}");
    }
    for check in ["service", "camera", "city", "keys"] {
        assert_eq!(of(&found, check).0, "warning", "{found:#?}");
    }
    assert!(of(&found, "gallery").1.starts_with("1 elders, 1 templates"), "{found:#?}");
    assert!(of(&found, "speed").1.contains("× the reference"), "{found:#?}");
    for part in ["clock", "disk", "wear", "memory", "network"] {
        of(&found, part);
    }
    for one in &found {
        let told = one["remedy"].is_string();
        assert_eq!(told, one["verdict"] != "ok", "a remedy where one is needed: {one}");
    }
    for secret in ["周志远", "p_1001", "1941"] {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret}: {ran:?}");
    }
}

#[test]
fn each_fault_is_named_with_its_remedy_and_ends_with_its_own_exit_code() {
    let canteen = BoxFolder::new("");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let models = canteen.path("models");
    std::fs::create_dir(&models).unwrap();
    for part in ["pack", "runtime"] {
        symlink(root().join("models").join(part), models.join(part)).unwrap();
    }
    let manifest = std::fs::read_to_string(root().join("models/manifest.toml")).unwrap();
    canteen.write("models/manifest.toml", manifest.replace("6c0256cc", "00000000"));
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    let elsewhere = format!("{}/models\"", root().display());
    canteen.write("canteend.toml", config.replace(&elsewhere, "models\""));
    let key = canteen.path("state/box.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();

    let ran = canteen.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 69, "{ran:?}");
    let found = findings(&ran);
    let (verdict, text) = of(&found, "models");
    assert!(
        verdict == "fault" && text.contains("sha256") && text.contains("make models"),
        "{text}"
    );
    let (verdict, text) = of(&found, "permissions");
    assert!(verdict == "fault" && text.contains("box.key (644"), "{text}");
    assert!(text.contains("chmod -R go="), "{text}");
    let plain = canteen.run(&["doctor"]);
    assert!(plain.out.contains("fault    permissions"), "{plain:?}");

    canteen.write("canteend.toml", "nonsense = 1");
    let ran = canteen.run(&["doctor", "--json"]);
    let (verdict, text) = of(&findings(&ran), "configuration");
    assert!(verdict == "fault" && text.contains("nonsense"), "{text}");
    assert!(!of(&findings(&ran), "memory").0.is_empty(), "the machine is looked at all the same");
}

#[test]
fn while_the_box_serves_it_answers_for_camera_and_gallery() {
    let (canteen, mut daemon) = serving();
    daemon.until("\"meal\"");
    let found = findings(&canteen.run(&["doctor", "--json"]));
    let (verdict, text) = of(&found, "camera");
    assert!(verdict == "ok" && text.contains("the service has it"), "{text}");
    assert!(of(&found, "service").0 != "fault", "{found:#?}");
    assert!(of(&found, "gallery").1.starts_with("1 elders"), "{found:#?}");
    daemon.stop();
}

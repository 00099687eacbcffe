//! `canteend gallery calibrate`.

use crate::box_folder::{BIDEN, BoxFolder, OBAMA, canteend};
use serde_json::Value;

/// The same photograph as that of [`OBAMA`]: one person enrolled twice.
const TWICE: &str = "p_1009,周志强,男,1941-08-04,2024-01-01/,,store;transmit,obama.jpg\n";

#[test]
fn a_small_gallery_says_that_the_configured_threshold_serves() {
    let site = BoxFolder::new("");
    let empty = site.run(&["gallery", "calibrate", "--json"]);
    assert_eq!(empty.code, 0, "{empty:?}");
    assert!(empty.out.contains("\"elders\":0,"), "{empty:?}");

    assert_eq!(site.import(&[OBAMA, BIDEN]).code, 0);
    let ran = site.run(&["gallery", "calibrate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for said in
        ["2 elders, 2 templates", "accept from 0.660 on", "recognition.accept", "0 look-alike"]
    {
        assert!(ran.out.contains(said), "{said} in {ran:?}");
    }
}

#[test]
fn one_person_enrolled_twice_is_named_as_a_look_alike_pair() {
    let site = BoxFolder::new("");
    assert_eq!(site.import(&[OBAMA, BIDEN, TWICE]).code, 0);
    let ran = site.run(&["gallery", "calibrate", "--json", "--target", "0.01"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&found["target"], &found["from_gallery"]), (&0.01.into(), &false.into()));
    assert_eq!((&found["additions"], &found["look_alikes"]), (&2.into(), &1.into()));
    let pair = &found["closest"][0];
    assert_eq!((&pair["first"], &pair["second"]), (&"p_1001".into(), &"p_1009".into()));
    assert!(pair["score"].as_f64().unwrap() > 0.999, "{pair}");
    assert!(!ran.out.contains("周志强"), "ids, no names");
}

#[test]
fn a_target_that_is_no_small_share_is_a_usage_error() {
    for target in ["0", "0.5", "1", "-1", "NaN", "few"] {
        let ran = canteend(&["gallery", "calibrate", &format!("--target={target}")]);
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(ran.err.contains("0.1"), "{ran:?}");
    }
}

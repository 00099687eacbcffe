//! The demo and the measurements.

use crate::box_folder::{canteend, photos, root};

#[test]
fn the_demo_shows_every_outcome_and_the_readme_shows_the_demo() {
    let ran = canteend(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = [
        ("elder of 84 (another photograph of him)", "补贴 4 元", "meal 80+, 4 yuan"),
        ("back after two minutes", "已经登记好了", "same visit"),
        ("elder of 72", "补贴 2 元", "meal 70-79, 2 yuan"),
        ("resident of 67", "还没到补贴年龄", "under-age"),
        ("home care", "补贴请咨询工作人员", "home-care"),
        ("stranger", "请工作人员帮您登记", "no-match"),
        ("liveness doubtful", "请工作人员帮您登记", "liveness"),
        ("stays at the door", "请走近一点", "no meal"),
        ("at supper", "今天已领过补贴", "already-today"),
    ];
    for (who, screen, ledger) in rows {
        let row = ran.out.lines().find(|l| l.contains(who)).unwrap_or_else(|| panic!("{who}"));
        assert!(row.contains(screen) && row.contains(ledger), "{row}");
    }
    for night in ["entries 1 to 9", "verdict on #3: not paid", "over 2 canteens: 2 meals, 6 yuan"] {
        assert!(ran.out.contains(night), "{night:?} is not in {}", ran.out);
    }
    let last = ran.out.lines().last().unwrap();
    assert!(last.contains("2 subsidised meals (6 yuan)"), "{last}");
    assert!(last.ends_with("ledger verified"), "{last}");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(ran.out.trim_end()), "README.md should show:\n{}", ran.out);
}

#[test]
fn pairs_are_as_accurate_as_promised_where_the_photographs_are_at_hand() {
    let eval = root().join("../shared/eval/lfw-dev");
    if !eval.is_dir() {
        return;
    }
    let pairs = eval.join("pairs.tsv");
    let ran = canteend(&[
        "evaluate",
        "pairs",
        "--root",
        eval.to_str().unwrap(),
        "--pairs",
        pairs.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["pairs"], 1000);
    assert!(report["accuracy"].as_f64().unwrap() >= 0.988, "{report}");
    assert!(report["tar_at_fmr_1e-2"].as_f64().unwrap() >= 0.95, "{report}");
}

#[test]
fn time_reports_every_stage_and_the_bare_sessions() {
    let photo = photos().join("obama2.jpg");
    let ran =
        canteend(&["evaluate", "time", "--image", photo.to_str().unwrap(), "-n", "2", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for stage in ["decode", "detect", "landmarks", "align", "embed", "live", "all", "sessions"] {
        assert!(report[stage].as_f64().unwrap() > 0.0, "{stage} in {report}");
    }
}

#[test]
fn usage_errors_exit_64_and_help_exits_0() {
    assert_eq!(canteend(&["--help"]).code, 0);
    assert_eq!(canteend(&[]).code, 64);
    assert_eq!(canteend(&["serve"]).code, 64);
    assert_eq!(canteend(&["ledger", "list", "--date", "yesterday"]).code, 64);
}

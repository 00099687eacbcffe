//! The ledger's commands on a box: undo, proofs, the day's code, copies, clocks.

use crate::box_folder::{BIDEN, BoxFolder, OBAMA, canteend, obama};

const AT_LUNCH: &str = "paced = false\nstarts_at = \"2026-03-02T11:30:00+08:00\"";

/// A box whose camera saw one elder at lunch.
fn after_lunch() -> BoxFolder {
    let canteen = BoxFolder::new(AT_LUNCH);
    canteen.film(vec![obama(0)]);
    assert_eq!(canteen.import(&[OBAMA, BIDEN]).code, 0);
    assert_eq!(canteen.run(&["run"]).code, 0);
    canteen.at("11:30", "11:45");
    canteen
}

/// Number of the last entry of this kind.
fn last(canteen: &BoxFolder, kind: &str) -> String {
    let entries = canteen.ledger();
    let found = entries.iter().rfind(|entry| entry["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}"))["n"].to_string()
}

#[test]
fn a_meal_is_undone_with_reason_and_operator_and_the_slot_reopens() {
    let canteen = after_lunch();
    let meal = last(&canteen, "meal");
    let void = |reason: &str, operator: &str| {
        let args = ["ledger", "void", "--entry", &meal, "--reason", reason, "--operator", operator];
        canteen.run(&args)
    };
    assert_eq!(void("changed my mind", "op-1").code, 64);
    assert_eq!(void("not-eaten", "王").code, 64);
    let ran = void("not-eaten", "op-1");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(void("not-eaten", "op-1").code, 65);
    let entries = canteen.ledger();
    let entry = entries.last().unwrap();
    assert_eq!((&entry["reason"], &entry["operator"]), (&"not-eaten".into(), &"op-1".into()));
    canteen.at("11:45", "12:00");
    canteen.run(&["run"]);
    assert_eq!(canteen.kinds(), ["meal", "void", "meal"]);
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_proof_shows_one_meal_and_nobody_elses() {
    let canteen = after_lunch();
    canteen.film(vec![crate::box_folder::walk_up("biden.jpg", (565.0, 375.0, 250.0), 0)]);
    assert_eq!(canteen.run(&["run"]).code, 0);
    canteen.at("11:45", "12:00");
    let first = canteen.ledger().iter().position(|e| e["kind"] == "meal").unwrap() + 1;
    let (file, n) = (canteen.path("proof.json"), first.to_string());
    let out = file.to_str().unwrap();
    let ran = canteen.run(&["ledger", "prove", "--entry", &n, "--out", out]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("p_1001") && !text.contains("p_1004"), "{text}");
    assert_eq!(text.matches("salt").count(), 1, "one body only");
    assert_eq!(last(&canteen, "export"), canteen.ledger().len().to_string(), "it is recorded");
    let checked = canteend(&["ledger", "verify-proof", out, "--json"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let proved: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(proved["entry"]["elder"], "p_1001");
    for (from, to) in [
        ("p_1001", "p_1004"),
        ("\\\"city_fen\\\":200", "\\\"city_fen\\\":900"),
        ("\"device\": \"test-box\"", "\"device\": \"best-box\""),
        ("\"date\": \"2026-03-02\"", "\"date\": \"2026-03-03\""),
        ("\"index\": ", "\"index\": 1"),
    ] {
        let altered = text.replacen(from, to, 1);
        assert_ne!(altered, text, "{from}");
        canteen.write("altered.json", altered);
        let path = canteen.path("altered.json");
        assert_eq!(
            canteend(&["ledger", "verify-proof", path.to_str().unwrap()]).code,
            65,
            "{from}"
        );
    }
    assert_eq!(canteen.run(&["ledger", "prove", "--entry", "999"]).code, 65);
}

#[test]
fn the_days_code_changes_with_the_day_and_stands_still_once_it_is_over() {
    let canteen = after_lunch();
    let code = || {
        let ran = canteen.run(&["ledger", "day-code", "2026-03-02", "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()
    };
    let lunch = code();
    assert_eq!(lunch["over"], false);
    canteen.at("11:45", "17:00");
    canteen.run(&["run"]);
    let supper = code();
    assert_ne!(lunch["code"], supper["code"]);
    canteen.at("17:00", "17:30");
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    canteen.write("canteend.toml", config.replace("2026-03-02T", "2026-03-03T"));
    canteen.run(&["run"]);
    let over = code();
    assert_eq!((&over["code"], &over["over"]), (&supper["code"], &true.into()));
    assert_eq!(canteen.run(&["ledger", "day-code", "2026-03-04"]).code, 65);
}

#[test]
fn the_time_zone_of_the_machine_moves_no_meal_to_another_day() {
    for zone in ["America/New_York", "Pacific/Kiritimati", "nonsense"] {
        let canteen = BoxFolder::new("paced = false\nstarts_at = \"2026-03-02T06:30:00+08:00\"");
        canteen.film(vec![obama(0)]);
        canteen.import(&[OBAMA]);
        let ran = canteen.command(&["run"]).env("TZ", zone).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let entries = canteen.ledger();
        let meal = entries.last().unwrap();
        assert_eq!(meal["date"], "2026-03-02", "{zone}");
        assert!(meal["at"].as_str().unwrap().starts_with("2026-03-02T06:30:"), "{zone}: {meal}");
    }
}

#[test]
fn a_clock_behind_the_ledger_serves_on_and_waits_for_confirmation() {
    let canteen = after_lunch();
    canteen.at("11:45", "11:00");
    canteen.run(&["run"]);
    assert_eq!(canteen.kinds(), ["meal", "clock", "meal"]);
    let entries = canteen.ledger();
    let meal = entries.last().unwrap();
    assert_eq!(meal["clock"], "untrusted");
    let verified = canteen.run(&["ledger", "verify", "--json"]);
    let sums: serde_json::Value = serde_json::from_str(&verified.out).unwrap();
    assert_eq!((&sums["sums"]["meals"], &sums["sums"]["pending"]), (&1.into(), &1.into()));
    assert_eq!(canteen.run(&["clock", "confirm"]).code, 65);
    canteen.at("11:00", "12:00");
    let confirmed = canteen.run(&["clock", "confirm"]);
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    assert!(confirmed.out.contains("1 meals that waited are settled, 0 adjusted"), "{confirmed:?}");
    assert_eq!(canteen.kinds(), ["meal", "clock", "meal", "clock", "confirmation"]);
    let settled = canteen.ledger().pop().unwrap();
    assert_eq!((&settled["date"], &settled["reason"]), (&meal["date"], &"already-today".into()));
}

#[test]
fn a_month_is_handed_in_once_it_is_over_and_its_settlement_stands() {
    let canteen = after_lunch();
    let close = ["ledger", "close", "--month", "2026-03", "--operator", "op-1"];
    let early = canteen.run(&close);
    assert_eq!(early.code, 65, "{early:?}");
    assert!(early.err.contains("2026-03 cannot be closed: it is not over"), "{}", early.err);
    let config = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    canteen.write("canteend.toml", config.replace("2026-03-02T", "2026-04-02T"));
    assert_eq!(
        canteen.run(&["ledger", "close", "--month", "2026-3", "--operator", "op-1"]).code,
        64
    );
    let doubted = canteen.run(&close);
    assert!(doubted.code == 65 && doubted.err.contains("the clock is not trusted"), "{doubted:?}");
    // The box was off for a month: somebody compares its clock first.
    assert_eq!(canteen.run(&["clock", "confirm"]).code, 0);
    let closed = canteen.run(&close);
    assert_eq!(closed.code, 0, "{closed:?}");
    assert_eq!(canteen.run(&close).code, 65, "once");
    assert_eq!(last(&canteen, "close"), canteen.ledger().len().to_string());
    let settlement = ["report", "settlement", "--month", "2026-03"];
    let shown = canteen.run(&settlement);
    assert_eq!(shown.code, 0, "{shown:?}");
    let file = canteen.path("settlement.csv");
    let saved = canteen.run(&[&settlement[..], &["--out", file.to_str().unwrap()]].concat());
    assert_eq!(saved.code, 0, "{saved:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), shown.out);
    let note = canteen.ledger().pop().unwrap();
    assert_eq!((&note["kind"], &note["what"]), (&"export".into(), &"report".into()));
    let close = last(&canteen, "close").parse::<u64>().unwrap();
    assert_eq!(note["last"], close, "the settlement rests on the entries up to its close");
}

#[test]
fn a_copy_is_verified_and_a_new_disk_goes_on_from_it_without_faces() {
    let canteen = after_lunch();
    let copy = canteen.path("copy.db");
    let out = copy.to_str().unwrap();
    let ran = canteen.run(&["backup", "--out", out]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(last(&canteen, "export"), canteen.ledger().len().to_string(), "it is noted");
    assert_eq!(canteen.run(&["backup", "--out", out]).code, 78, "never over another file");
    assert_eq!(canteend(&["ledger", "verify", "--ledger", out]).code, 0);
    assert_eq!(canteen.run(&["restore", out]).code, 78, "never over a ledger");
    let key = std::fs::read(canteen.path("state/box.key")).unwrap();
    std::fs::remove_dir_all(canteen.path("state")).unwrap();
    assert_eq!(canteen.run(&["restore", out]).code, 78, "not without the box key");
    canteen.write("state/box.key", key);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(canteen.path("state/box.key"), mode).unwrap();
    let ran = canteen.run(&["restore", out]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown = canteen.run(&["gallery", "show", "--json"]);
    assert_eq!(shown.out.trim(), r#"{"elders":2,"with_face":0,"templates":0}"#);
    assert_eq!(canteen.import(&[OBAMA, BIDEN]).code, 0);
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_forgotten_face_is_not_recognised_any_more_and_its_meals_stay() {
    let canteen = after_lunch();
    assert_eq!(canteen.run(&["gallery", "forget", "p_9"]).code, 65);
    let ran = canteen.run(&["gallery", "forget", "p_1001"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown = canteen.run(&["gallery", "show", "--json"]);
    assert_eq!(shown.out.trim(), r#"{"elders":2,"with_face":1,"templates":1}"#);
    canteen.at("11:45", "17:00");
    let mut patient = obama(0);
    patient.seconds.1 = 5.0;
    canteen.film(vec![patient]);
    canteen.run(&["run"]);
    assert_eq!(canteen.kinds(), ["meal", "review"]);
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

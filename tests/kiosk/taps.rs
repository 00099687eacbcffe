//! What staff and diners do: each is in the ledger once, with operator and reason.

use crate::browser::Page;
use crate::canteen::{Canteen, PIN, Premises, elder, elders, token};
use serde_json::{Value, json};

/// The open review of a page, once it is there.
fn waiting(page: &Page, number: u64) -> Value {
    let is = |review: &&Value| review["number"] == number;
    let state = page
        .events()
        .until(|state| state["reviews"]["open"].as_array().unwrap().iter().any(|r| is(&r)));
    state["reviews"]["open"].as_array().unwrap().iter().find(is).unwrap().clone()
}

fn candidate(review: &Value, name: &str) -> Value {
    let all = review["candidates"].as_array().unwrap();
    all.iter().find(|person| person["name"] == name).unwrap()["token"].clone()
}

#[test]
fn a_flagged_match_is_settled_by_one_of_the_two() {
    let (_premises, canteen) = Canteen::new();
    let number = canteen.review(&[1, 2]);
    let mut page = canteen.staff();
    let review = waiting(&page, number);
    let pick = candidate(&review, "王秀英");
    let (status, answer) = page.act("choose", json!({ "review": number, "pick": pick }));
    assert_eq!((status, &answer["code"]), (200, &json!("served")), "{answer}");
    assert!(answer["text"].as_str().unwrap().contains("王秀英"), "{answer}");
    assert_eq!(canteen.kinds(), ["review", "choice", "meal"]);
    let entries = canteen.entries();
    let [.., choice, meal] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&choice["operator"], &choice["elder"]), (&json!("op-1"), &json!("p_1")));
    assert_eq!((&meal["method"], &meal["basis"]), (&json!("staff"), &choice["n"]));
    assert_eq!((&meal["city_fen"], &meal["district_fen"]), (&json!(200), &json!(200)));
    let state = page.events().until(|state| state["reviews"]["count"] == 0);
    assert_eq!(state["scene"]["kind"], "served", "the elder is greeted: {}", state["scene"]);
    assert_eq!(state["counts"]["subsidised"], 1);
    assert_eq!(page.act("choose", json!({ "review": number, "pick": pick })).0, 409, "only once");
}

#[test]
fn neither_of_them_and_another_one_are_answers_too() {
    let (_premises, canteen) = Canteen::new();
    let (nobody, another) = (canteen.review(&[1, 2]), canteen.review(&[1]));
    let mut page = canteen.staff();
    waiting(&page, another);
    let (_, answer) = page.act("choose", json!({ "review": nobody, "pick": null }));
    assert_eq!(answer["code"], "nobody");
    let pick = token(&page, "ljg");
    let (_, answer) = page.act("choose", json!({ "review": another, "pick": pick }));
    assert_eq!(answer["code"], "served");
    assert_eq!(canteen.kinds(), ["review", "review", "choice", "choice", "meal"]);
    assert_eq!(canteen.entries().last().unwrap()["elder"], "p_2");
    // Whom the camera did not name is known by staff's word alone.
    let left = page.state()["left"]["by_hand"].as_u64().unwrap();
    assert_eq!(left, 59);
}

#[test]
fn the_two_stand_in_an_order_that_stays_and_says_nothing() {
    let (premises, canteen) = Canteen::new();
    let reviews: Vec<u64> = (0..12).map(|_| canteen.review(&[1, 2])).collect();
    let order = |canteen: &Canteen| -> Vec<bool> {
        let page = canteen.staff();
        waiting(&page, *reviews.last().unwrap());
        let state = page.state();
        let open = state["reviews"]["open"].as_array().unwrap();
        open.iter().map(|r| r["candidates"][0]["name"] == "王秀英").collect()
    };
    let first = order(&canteen);
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
    assert_eq!(order(&canteen), first, "on another page");
    drop(canteen);
    assert_eq!(order(&premises.open()), first, "after a restart");
}

#[test]
fn by_hand_needs_a_reason_and_is_two_entries_in_one() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    let pick = token(&page, "0001");
    let bad = page.act("by-hand", json!({ "elder": pick, "reason": "because" }));
    assert_eq!(bad.0, 400);
    let (_, answer) = page.act("by-hand", json!({ "elder": pick, "reason": "no-face" }));
    assert_eq!(answer["code"], "served", "{answer}");
    let (status, answer) = page.act("by-hand", json!({ "elder": pick, "reason": "no-face" }));
    assert_eq!((status, &answer["code"]), (409, &json!("already-there")));
    let young = token(&page, "oym");
    let (_, answer) = page.act("by-hand", json!({ "elder": young, "reason": "no-camera" }));
    assert_eq!(answer["code"], "visit");
    assert_eq!(canteen.kinds(), ["by-hand", "meal", "by-hand", "visit"]);
    assert_eq!(page.act("by-hand", json!({ "elder": "p_1", "reason": "no-face" })).0, 404);
}

#[test]
fn an_undone_meal_leaves_the_list_struck_out_and_the_slot_free() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    let pick = token(&page, "wxy");
    let by_hand = json!({ "elder": pick, "reason": "no-face" });
    let entry = page.act("by-hand", by_hand.clone()).1["entry"].clone();
    let row = page.get("/today").json()["rows"][0].clone();
    assert_eq!(
        (&row["entry"], &row["amount"], &row["voidable"]),
        (&entry, &json!("4"), &json!(true))
    );
    assert_eq!((&row["person"]["name"], &row["operator"]), (&json!("王秀英"), &json!("op-1")));
    let (_, answer) = page.act("void", json!({ "entry": entry, "reason": "wrong-person" }));
    assert_eq!(answer["code"], "voided", "{answer}");
    let today = page.get("/today").json();
    assert_eq!(today["rows"][0]["state"]["code"], "void");
    assert_eq!(page.state()["counts"]["diners"], 0);
    let (status, answer) = page.act("void", json!({ "entry": entry, "reason": "slip" }));
    assert_eq!((status, &answer["code"]), (409, &json!("already-void")));
    assert_eq!(page.act("void", json!({ "entry": 999, "reason": "slip" })).1["code"], "no-meal");
    assert_eq!(page.act("by-hand", by_hand).1["code"], "served", "the slot is free again");
}

#[test]
fn a_late_meal_needs_a_second_operator_who_says_so_with_a_pin() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    let pick = token(&page, "wxy");
    let late = |date: &str, second: &str, pin: &str| {
        json!({ "elder": pick, "date": date, "window": "lunch", "reason": "box-off",
            "second": second, "pin": pin })
    };
    let refused = [
        (late("2026-03-01", "op-1", PIN), "same-operator"),
        (late("2026-03-01", "op-9", PIN), "wrong-pin"),
        (late("2026-03-02", "op-2", PIN), "late-date"),
        (late("2026-02-26", "op-2", PIN), "late-date"),
        (late("2026-03-01", "op-2", "000001"), "wrong-pin"),
        (late("2026-03-01", "op-2", PIN), "throttled"),
    ];
    for (body, code) in refused {
        assert_eq!(page.act("late", body.clone()).1["code"], code, "{body}");
    }
    canteen.reach(5);
    let (_, answer) = page.act("late", late("2026-03-01", "op-2", PIN));
    assert_eq!(answer["code"], "served", "{answer}");
    let entries = canteen.entries();
    let [.., said, meal] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&said["operator"], &said["second"]), (&json!("op-1"), &json!("op-2")));
    assert_eq!((&meal["date"], &meal["method"]), (&json!("2026-03-01"), &json!("staff")));
}

#[test]
fn what_rests_on_one_persons_word_has_a_days_cap_that_the_ledger_counts() {
    let mut premises = Premises::new((1..=4).map(|n| elder(n, "王秀英", 1943)).collect());
    premises.settings = "by_hand_max = 2\nvoid_max = 1".to_owned();
    let canteen = premises.open();
    let mut page = canteen.staff();
    let by_hand = |page: &mut Page, n: usize| {
        let pick = token(page, &format!("000{n}"));
        page.act("by-hand", json!({ "elder": pick, "reason": "no-face" })).1
    };
    let first = by_hand(&mut page, 1);
    by_hand(&mut page, 2);
    assert_eq!(by_hand(&mut page, 3)["code"], "cap-reached");
    assert_eq!(page.state()["left"], json!({ "by_hand": 0, "void": 1, "late": 10 }));
    let undo = |entry: &Value| json!({ "entry": entry, "reason": "slip" });
    assert_eq!(page.act("void", undo(&first["entry"])).1["code"], "voided");
    assert_eq!(page.act("void", undo(&first["entry"])).1["code"], "cap-reached");
    drop((page, canteen));
    let canteen = premises.open();
    let mut page = canteen.staff();
    assert_eq!(by_hand(&mut page, 3)["code"], "cap-reached", "after a restart");
    let mut other = canteen.page();
    other.act("sign-in", json!({ "operator": "op-2", "pin": PIN }));
    assert_eq!(by_hand(&mut other, 3)["code"], "served", "a cap is one operator's");
}

#[test]
fn a_tap_that_comes_twice_does_its_work_once_and_has_one_answer() {
    let (premises, canteen) = Canteen::new();
    let number = canteen.review(&[1, 2]);
    let mut page = canteen.staff();
    let pick = candidate(&waiting(&page, number), "王秀英");
    let taps = [
        ("choose", json!({ "review": number, "pick": pick })),
        ("by-hand", json!({ "elder": token(&page, "ljg"), "reason": "no-face" })),
        ("satisfaction", json!({ "value": "fair" })),
        ("void", json!({ "entry": 8, "reason": "slip" })),
    ];
    let mut answers = vec![];
    for (name, body) in &taps {
        let key = Page::key();
        let first = page.tap(name, &key, body.clone());
        assert_eq!(first.0, 200, "{first:?}");
        assert_eq!(page.tap(name, &key, body.clone()), first, "{name} again");
        answers.push((key, first));
    }
    let written = canteen.kinds();
    let expected = ["review", "choice", "meal", "by-hand", "meal", "satisfaction", "void"];
    assert_eq!(written, expected);
    drop((page, canteen));
    // Nothing but the ledger's own memory of keys is left.
    let canteen = premises.open();
    let mut page = canteen.staff();
    for ((name, body), (key, first)) in taps.iter().zip(answers) {
        let again = page.tap(name, &key, body.clone());
        assert_eq!(again, first, "{name} after a restart");
    }
    assert_eq!(canteen.kinds(), expected);
}

#[test]
fn two_pages_that_tap_at_once_settle_a_review_once() {
    let (_premises, canteen) = Canteen::new();
    let number = canteen.review(&[1]);
    let (mut one, mut two) = (canteen.staff(), canteen.page());
    two.act("sign-in", json!({ "operator": "op-2", "pin": PIN }));
    waiting(&one, number);
    let (one_pick, two_pick) = (token(&one, "wxy"), token(&two, "wxy"));
    let codes: Vec<_> = std::thread::scope(|threads| {
        let tap = |page: &mut Page, pick: String| {
            page.act("choose", json!({ "review": number, "pick": pick })).1["code"].clone()
        };
        let one = threads.spawn(move || tap(&mut one, one_pick));
        let two = threads.spawn(move || tap(&mut two, two_pick));
        [one, two].map(|tap| tap.join().unwrap()).into()
    });
    assert!(codes.contains(&json!("served")) && codes.contains(&json!("review-gone")), "{codes:?}");
    assert_eq!(canteen.kinds(), ["review", "choice", "meal"]);
}

#[test]
fn a_review_survives_a_restart_and_expires_into_a_visit_of_nobody_by_name() {
    let mut premises = Premises::new(elders());
    premises.settings = "idle_min = 480".to_owned();
    let canteen = premises.open();
    let number = canteen.review(&[1, 2]);
    drop(canteen);
    let canteen = premises.open();
    let mut page = canteen.staff();
    waiting(&page, number);
    canteen.reach(119 * 60);
    assert_eq!(page.state()["reviews"]["count"], 1);
    let mut events = page.events();
    canteen.reach(121 * 60);
    let state = events.until(|state| state["reviews"]["count"] == 0);
    assert_eq!(state["counts"]["diners"], 1);
    assert_eq!(state["counts"]["subsidised"], 0);
    assert_eq!(canteen.kinds(), ["review", "expiry"]);
    let row = page.get("/today").json()["rows"][0].clone();
    assert_eq!((&row["person"], &row["method"]["code"]), (&Value::Null, &json!("expired")));
    let (_, answer) = page.act("choose", json!({ "review": number, "pick": null }));
    assert_eq!(answer["code"], "review-gone");
}

#[test]
fn outside_meal_hours_the_page_says_when_the_next_meal_is_and_nobody_is_registered() {
    let mut premises = Premises::new(elders());
    premises.starts_at = "2026-03-02T14:00:00+08:00".to_owned();
    let canteen = premises.open();
    let mut page = canteen.staff();
    let state = page.events().until(|state| state["scene"]["kind"] == "closed");
    assert_eq!(state["next_meal"]["from"], "16:30");
    assert_eq!(
        (&state["scene"]["code"], &state["next_meal"]["tomorrow"]),
        (&json!("supper"), &json!(false))
    );
    let pick = token(&page, "wxy");
    let (status, answer) = page.act("by-hand", json!({ "elder": pick, "reason": "no-face" }));
    assert_eq!((status, &answer["code"]), (409, &json!("closed")));
}

#[test]
fn the_days_code_is_told_and_said_to_be_unfinished_while_the_day_is() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    let (_, answer) = page.act("day-code", json!({}));
    assert_eq!(answer["code"], "day-code-so-far");
    assert_eq!(answer["day_code"].as_str().unwrap().len(), 19);
    let (status, answer) = page.act("day-code", json!({ "date": "2026-02-01" }));
    assert_eq!((status, &answer["code"]), (404, &json!("no-entries")));
}

#[test]
fn how_an_operator_chooses_between_two_is_measured_from_the_ledger_alone() {
    let (premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    for _ in 0..6 {
        let number = canteen.review(&[1, 2]);
        let first = waiting(&page, number)["candidates"][0]["token"].clone();
        let (_, answer) = page.act("choose", json!({ "review": number, "pick": first }));
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let mut choices = std::process::Command::new(env!("CARGO_BIN_EXE_canteend"));
    choices.args(["ledger", "choices", "--json", "--ledger"]).arg(premises.state());
    let output = choices.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!([{ "operator": "op-1", "choices": 6, "first": 6, "median_s": 0,
        "by_chance": false }]);
    assert_eq!(said, expected);
}

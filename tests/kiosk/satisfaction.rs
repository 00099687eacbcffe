//! Taps on satisfaction: anybody's, and therefore so many and no more.

use crate::browser::Page;
use crate::canteen::{Canteen, token};
use canteend::domain::satisfaction::TAPS_BEYOND_DINERS_MAX;
use serde_json::json;

fn tap(page: &mut Page, value: &str) {
    let (status, answer) = page.act("satisfaction", json!({ "value": value }));
    assert_eq!((status, &answer["code"]), (200, &json!("thanks")), "everybody is thanked");
}

fn noted(canteen: &Canteen) -> usize {
    canteen.kinds().iter().filter(|kind| *kind == "satisfaction").count()
}

#[test]
fn satisfaction_needs_no_operator_and_a_page_may_speak_english() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.page();
    for (value, at_s) in [("satisfied", 0), ("satisfied", 2), ("dissatisfied", 4)] {
        canteen.reach(at_s);
        tap(&mut page, value);
    }
    let state = page.events().until(|s| s["counts"]["satisfaction"][2]["count"] == 1);
    let taps = state["counts"]["satisfaction"].as_array().unwrap();
    let counts: Vec<_> = taps.iter().map(|tap| tap["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [2, 0, 1]);
    assert_eq!(state["language"], "zh");
    page.act("language", json!({ "language": "en" }));
    let state = page.state();
    assert!(state["options"]["void"].to_string().is_ascii(), "{}", state["options"]["void"]);
    assert!(page.get("/").text().contains("<html lang=\"en\""));
}

#[test]
fn of_taps_in_fast_succession_one_is_noted_whatever_page_they_come_from() {
    let (_premises, canteen) = Canteen::new();
    let mut pages = [canteen.page(), canteen.page()];
    for turn in 0..20 {
        tap(&mut pages[turn % 2], "satisfied");
    }
    assert_eq!(canteen.kinds(), ["satisfaction"]);
    canteen.reach(2);
    tap(&mut pages[0], "satisfied");
    assert_eq!(noted(&canteen), 2);
}

#[test]
fn no_more_taps_are_noted_of_a_meal_than_diners_and_a_few() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.staff();
    let mut at_s = 0;
    let mut taps = |page: &mut Page| {
        for _ in 0..TAPS_BEYOND_DINERS_MAX + 3 {
            at_s += 2;
            canteen.reach(at_s);
            tap(page, "fair");
        }
    };
    taps(&mut page);
    assert_eq!(noted(&canteen), TAPS_BEYOND_DINERS_MAX);
    let pick = token(&page, "wxy");
    page.act("by-hand", json!({ "elder": pick, "reason": "no-face" }));
    taps(&mut page);
    assert_eq!(noted(&canteen), TAPS_BEYOND_DINERS_MAX + 1, "one has eaten");
    // Supper begins anew.
    canteen.reach(5 * 60 * 60 + 60);
    tap(&mut page, "fair");
    assert_eq!(noted(&canteen), TAPS_BEYOND_DINERS_MAX + 2);
}

//! Operators: who they are is proved by a PIN, and their shifts stand in the ledger.

use crate::browser::Page;
use crate::canteen::{Canteen, PIN, Premises, elders, token};
use canteend::domain::operator::OperatorId;
use canteend::store::{Pin, Store};
use serde_json::{Value, json};

fn sign_in(page: &mut Page, operator: &str, pin: &str) -> (u16, Value) {
    page.act("sign-in", json!({ "operator": operator, "pin": pin }))
}

/// Operator and change of each shift entry.
fn shifts(canteen: &Canteen) -> Vec<(String, String)> {
    let entries = canteen.entries().into_iter().filter(|e| e["kind"] == "sign");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.map(|e| (text(&e["operator"]), text(&e["change"]))).collect()
}

fn pair(operator: &str, change: &str) -> (String, String) {
    (operator.to_owned(), change.to_owned())
}

#[test]
fn a_wrong_pin_is_slowed_down_and_then_locks_for_a_stated_time() {
    let (premises, canteen) = Canteen::new();
    let mut page = canteen.page();
    let mut at_s = 0;
    for (turn, wait_s) in [1, 2, 4, 8].into_iter().enumerate() {
        assert_eq!(sign_in(&mut page, "op-1", "111112").1["code"], "wrong-pin", "{turn}");
        let (status, answer) = sign_in(&mut page, "op-1", PIN);
        assert_eq!((status, &answer["code"]), (429, &json!("throttled")), "{turn}");
        assert!(answer["retry_s"].as_u64().unwrap() <= wait_s, "{answer}");
        at_s += wait_s;
        canteen.reach(at_s);
    }
    assert_eq!(sign_in(&mut page, "op-1", "111112").1["code"], "wrong-pin");
    let (status, answer) = sign_in(&mut page, "op-1", PIN);
    assert_eq!((status, &answer["code"]), (429, &json!("locked")));
    assert!((890..=900).contains(&answer["retry_s"].as_u64().unwrap()), "{answer}");
    assert_eq!(sign_in(&mut page, "op-2", PIN).1["code"], "signed-in", "others may go on");
    drop((page, canteen));
    let canteen = premises.open();
    let mut page = canteen.page();
    canteen.reach(at_s);
    assert_eq!(sign_in(&mut page, "op-1", PIN).1["code"], "locked", "a restart does not help");
    canteen.reach(at_s + 900);
    assert_eq!(sign_in(&mut page, "op-1", PIN).1["code"], "signed-in");
}

#[test]
fn attempts_side_by_side_get_no_more_tries_than_one_after_the_other() {
    let (_premises, canteen) = Canteen::new();
    let pages: Vec<Page> = (0..6).map(|_| canteen.page()).collect();
    let codes: Vec<Value> = std::thread::scope(|threads| {
        let guess = |mut page: Page| sign_in(&mut page, "op-1", "111112").1["code"].clone();
        let guesses: Vec<_> =
            pages.into_iter().map(|page| threads.spawn(move || guess(page))).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let wrong = codes.iter().filter(|code| **code == json!("wrong-pin")).count();
    assert_eq!(wrong, 1, "{codes:?}");
}

#[test]
fn nobody_learns_which_operators_there_are() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.page();
    let known = sign_in(&mut page, "op-1", "111112");
    for operator in ["op-9", "", "<script>", &"o".repeat(1_000)] {
        assert_eq!(sign_in(&mut page, operator, PIN), known, "{operator:.20}");
    }
}

#[test]
fn a_disabled_operator_cannot_sign_in_and_a_new_pin_lets_them_in_again() {
    let (_premises, canteen) = Canteen::new();
    let desk = canteen.desk.as_ref().unwrap();
    let id: OperatorId = "op-1".parse().unwrap();
    let disabled = id.clone();
    desk.ask_blocking(move |at| at.store().disable_operator(&disabled).unwrap()).unwrap();
    let mut page = canteen.page();
    assert_eq!(sign_in(&mut page, "op-1", PIN).1["code"], "wrong-pin");
    let pin = Pin::new("975310").unwrap();
    desk.ask_blocking(move |at| at.store().reset_pin(&id, &pin).unwrap()).unwrap();
    assert_eq!(sign_in(&mut page, "op-1", "975310").1["code"], "signed-in");
}

#[test]
fn signing_in_changes_cookie_and_token_and_out_leaves_nothing() {
    let (_premises, canteen) = Canteen::new();
    let mut page = canteen.page();
    let (cookie, csrf) = (page.cookie.clone(), page.csrf.clone());
    sign_in(&mut page, "op-1", PIN);
    assert!(page.cookie != cookie && page.csrf != csrf);
    let planted = Page { address: page.address, cookie, csrf };
    assert_eq!(planted.get("/today").status, 401, "who knew the old cookie has nothing");
    assert_eq!(page.state()["operator"], json!({ "id": "op-1", "name": "小李" }));
    assert_eq!(page.act("sign-out", json!({})).1["code"], "signed-out");
    assert_eq!(page.state()["operator"], Value::Null);
    assert_eq!(page.get("/today").status, 401);
    assert_eq!(shifts(&canteen), [pair("op-1", "signed-in"), pair("op-1", "signed-out")]);
}

#[test]
fn an_operator_is_signed_in_on_one_page_and_a_page_has_one_operator() {
    let (_premises, canteen) = Canteen::new();
    let (one, mut two) = (canteen.staff(), canteen.page());
    sign_in(&mut two, "op-1", PIN);
    assert_eq!(one.get("/today").status, 401);
    sign_in(&mut two, "op-2", PIN);
    assert_eq!(two.state()["operator"]["id"], "op-2");
    let expected = [
        pair("op-1", "signed-in"),
        pair("op-1", "signed-in"),
        pair("op-2", "signed-in"),
        pair("op-1", "signed-out"),
    ];
    assert_eq!(shifts(&canteen), expected);
}

#[test]
fn whoever_does_nothing_is_signed_out_by_the_boxs_clock_and_a_list_that_is_read_again_is_nothing() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.staff();
    let mut events = page.events();
    canteen.reach(300);
    assert_eq!(page.get("/find?q=wxy").status, 200);
    canteen.reach(899);
    assert_eq!(page.get("/today").status, 200, "they typed something ten minutes ago, nearly");
    canteen.reach(900);
    events.until(|state| state["operator"].is_null());
    assert_eq!(page.get("/today").status, 401);
    assert_eq!(shifts(&canteen), [pair("op-1", "signed-in"), pair("op-1", "timed-out")]);
}

#[test]
fn a_shift_that_a_stopped_daemon_left_open_ends_when_it_starts() {
    let premises = Premises::new(elders());
    let canteen = premises.open();
    canteen.staff();
    drop(canteen);
    let canteen = premises.open();
    let page = canteen.page();
    page.events().until(|_| shifts(&canteen).len() == 2);
    assert_eq!(shifts(&canteen), [pair("op-1", "signed-in"), pair("op-1", "timed-out")]);
    assert_eq!(page.state()["operator"], Value::Null);
}

/// What ends an operator's right to go on.
const ENDS: [fn(&mut Store, &OperatorId); 2] = [
    |store, id| store.disable_operator(id).unwrap(),
    |store, id| store.reset_pin(id, &Pin::new("975310").unwrap()).unwrap(),
];

fn end(canteen: &Canteen, ends: fn(&mut Store, &OperatorId)) {
    let desk = canteen.desk.as_ref().unwrap();
    desk.ask_blocking(move |at| ends(at.store(), &"op-1".parse().unwrap())).unwrap();
}

#[test]
fn who_is_disabled_or_given_another_pin_does_nothing_more_on_an_open_page() {
    for ends in ENDS {
        let (_premises, canteen) = Canteen::new();
        let mut page = canteen.staff();
        let by_hand = json!({ "elder": token(&page, "wxy"), "reason": "no-face" });
        end(&canteen, ends);
        let (status, answer) = page.act("by-hand", by_hand);
        assert_eq!((status, &answer["code"]), (401, &json!("not-signed-in")));
        assert_eq!(page.state()["operator"], Value::Null, "the page asks for a PIN again");
        assert!(canteen.kinds().is_empty());
        assert_eq!(shifts(&canteen), [pair("op-1", "signed-in"), pair("op-1", "signed-out")]);
    }
}

#[test]
fn who_may_not_go_on_reads_nothing_more_and_leaves_a_page_that_nobody_touches() {
    for ends in ENDS {
        let (_premises, canteen) = Canteen::new();
        let page = canteen.staff();
        end(&canteen, ends);
        assert_eq!(page.get("/find?q=wxy").status, 401);
    }
    let (_premises, canteen) = Canteen::new();
    let page = canteen.staff();
    let mut events = page.events();
    end(&canteen, ENDS[0]);
    events.until(|state| state["operator"] == Value::Null);
}

#[test]
fn a_page_that_reads_by_itself_does_not_keep_its_operator_signed_in() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.staff();
    let mut events = page.events();
    // Ten minutes without a touch; the page reads today's list all the while.
    for minute in 1..=10 {
        assert_eq!(page.get("/today").status, 200);
        canteen.reach(minute * 60);
    }
    events.until(|state| state["operator"] == Value::Null);
    assert_eq!(page.get("/today").status, 401);
}

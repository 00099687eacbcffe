//! Too many, too long, too slow: everything is bounded and says so.

use crate::browser::{Events, Page};
use crate::canteen::{Canteen, Premises, elder};
use canteend::domain::elder::Elder;
use serde_json::json;
use std::io::Write as _;
use std::net::TcpStream;

#[test]
fn five_hundred_open_reviews_are_a_number_and_the_first_dozen() {
    let (_premises, canteen) = Canteen::new();
    for _ in 0..500 {
        canteen.review(&[1, 2]);
    }
    let page = canteen.staff();
    let state = page.events().until(|state| state["reviews"]["count"] == 500);
    assert_eq!(state["reviews"]["open"].as_array().unwrap().len(), 12);
    assert!(state.to_string().len() < 20_000);
}

#[test]
fn a_search_that_fits_five_thousand_elders_answers_with_twenty_and_says_so() {
    let elders: Vec<Elder> = (0..5_000).map(|n| elder(n, "王秀英", 1943)).collect();
    let canteen = Premises::new(elders).open();
    let page = canteen.staff();
    page.events().until(|state| state["device"]["parts"][4]["well"] == true);
    let found = page.get("/find?q=wxy").json();
    assert_eq!((found["hits"].as_array().unwrap().len(), &found["more"]), (20, &json!(4_980)));
    let long = page.get(&format!("/find?q={}", "w".repeat(5_000))).json();
    assert_eq!(long, json!({ "hits": [], "more": 0 }));
    assert_eq!(page.get("/find").status, 400);
}

#[test]
fn names_with_markup_direction_marks_or_nothing_but_emoji_are_sent_as_what_they_are() {
    let names =
        ["<script>alert(1)</script>", "\u{202E}英秀王", "😀😀", "\"'&\\</p>", &"王".repeat(64)];
    let elders = names.iter().enumerate().map(|(n, name)| elder(n + 1, name, 1943)).collect();
    let canteen = Premises::new(elders).open();
    let mut page = canteen.staff();
    for (n, name) in names.iter().enumerate() {
        let found = page.get(&format!("/find?q=000{}", n + 1)).json();
        assert_eq!(found["hits"][0]["name"], *name);
        let by_hand = json!({ "elder": found["hits"][0]["token"], "reason": "no-face" });
        assert_eq!(page.act("by-hand", by_hand).1["code"], "served", "{name}");
    }
    let today = page.get("/today").json();
    assert_eq!(today["rows"].as_array().unwrap().len(), names.len());
    assert!(!page.get("/").text().contains("alert(1)"), "the page itself holds no name");
}

#[test]
fn fifty_pages_follow_and_those_beyond_the_bound_are_told() {
    let (_premises, canteen) = Canteen::new();
    let pages: Vec<Page> = (0..50).map(|_| canteen.page()).collect();
    let mut all: Vec<Events> = pages.iter().map(Page::events).collect();
    for events in &mut all {
        events.state();
    }
    canteen.page().act("satisfaction", json!({ "value": "fair" }));
    for events in &mut all {
        events.until(|state| state["counts"]["satisfaction"][1]["count"] == 1);
    }
    all.extend((50..64).map(|_| Events::open(canteen.address, "")));
    assert!(all.iter().all(|events| events.status == 200));
    assert_eq!(Events::open(canteen.address, "").status, 503);
    drop(all);
}

#[test]
fn who_does_not_read_gets_the_newest_state_and_no_queue_is_kept() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.page();
    let mut slow = page.events();
    let first = slow.state();
    let mut taps = canteen.page();
    for language in ["en", "zh"].into_iter().cycle().take(299) {
        taps.act("language", json!({ "language": language }));
    }
    taps.act("satisfaction", json!({ "value": "satisfied" }));
    // Far fewer states than changes: those in between were never made.
    let (mut states, mut last) = (0, first);
    while last["counts"]["satisfaction"][0]["count"] != 1 {
        let state = slow.state();
        assert!(state["revision"].as_u64() > last["revision"].as_u64(), "revisions rise");
        (states, last) = (states + 1, state);
    }
    assert!(states <= 300, "{states}");
}

#[test]
fn a_request_that_is_not_finished_holds_nobody_up() {
    let (_premises, canteen) = Canteen::new();
    let half: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(canteen.address).unwrap();
            stream.write_all(b"POST /act/sign-in HTTP/1.1\r\nHost: ").unwrap();
            stream
        })
        .collect();
    assert_eq!(canteen.page().state()["scene"]["kind"], "idle");
    drop(half);
}

#[test]
fn sessions_are_bounded_and_who_is_signed_in_keeps_theirs() {
    let (_premises, canteen) = Canteen::new();
    let staff = canteen.staff();
    for _ in 0..300 {
        Page::open(canteen.address);
    }
    assert_eq!(staff.get("/today").status, 200);
}

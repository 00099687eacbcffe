//! Whoever is not a page of this server gets nothing, and changes nothing.

use crate::browser::{Page, raw};
use crate::canteen::{Canteen, PIN};
use serde_json::json;

/// Paths that a browser can be made to fetch by another site.
const PATHS: [&str; 7] = ["/", "/state", "/events", "/preview", "/find?q=w", "/today", "/nothing"];

#[test]
fn a_name_that_somebody_pointed_at_this_box_is_turned_away() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.staff();
    for path in PATHS {
        for host in ["attacker.example", "attacker.example:8087", "127.0.0.1", ""] {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
                page.cookie
            );
            let answer = raw(canteen.address, request.as_bytes());
            assert!(matches!(answer.status, 400 | 403), "{path} {host}: {}", answer.status);
            assert!(answer.field("set-cookie").is_none(), "{path} {host}");
            assert!(!answer.text().contains("王"), "{path} {host}");
        }
    }
}

#[test]
fn an_action_needs_the_origin_the_token_the_cookie_and_json() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.page();
    let other = canteen.page();
    let body = json!({ "key": Page::key(), "value": "satisfied" }).to_string();
    let refused = [
        (("Origin", "http://attacker.example"), 403, "foreign"),
        (("Origin", "null"), 403, "foreign"),
        (("Origin", ""), 403, "foreign"),
        (("Sec-Fetch-Site", "cross-site"), 403, "foreign"),
        (("Sec-Fetch-Site", "same-site"), 403, "foreign"),
        (("X-Csrf-Token", ""), 403, "stale-page"),
        (("X-Csrf-Token", "0"), 403, "stale-page"),
        (("X-Csrf-Token", other.csrf.as_str()), 403, "stale-page"),
        (("Cookie", ""), 403, "stale-page"),
        (("Cookie", "canteend=0"), 403, "stale-page"),
        (("Content-Type", "application/x-www-form-urlencoded"), 400, "bad-request"),
        (("Content-Type", "text/plain"), 400, "bad-request"),
        (("Content-Type", ""), 400, "bad-request"),
    ];
    for (field, status, code) in refused {
        let answer = page.post("satisfaction", &body, &[field]);
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{field:?}");
    }
    assert_eq!(canteen.kinds(), Vec::<String>::new());
    assert_eq!(
        page.post("satisfaction", &body, &[]).status,
        200,
        "and with all of them it is done"
    );
}

#[test]
fn bodies_that_are_too_long_or_no_json_or_say_more_than_asked_change_nothing() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.staff();
    let key = Page::key();
    let long = json!({ "key": key, "value": "x".repeat(9_000) }).to_string();
    let bodies = [
        long,
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        json!({ "value": "satisfied" }).to_string(),
        json!({ "key": "short", "value": "satisfied" }).to_string(),
        json!({ "key": "k".repeat(65), "value": "satisfied" }).to_string(),
        json!({ "key": "<script>alert(1)</script>", "value": "satisfied" }).to_string(),
        json!({ "key": key, "value": "delighted" }).to_string(),
        json!({ "key": Page::key(), "value": "satisfied", "more": 1 }).to_string(),
        format!("{{\"key\":\"{key}\",\"value\":{}}}", "[".repeat(3_000)),
    ];
    for body in bodies {
        let answer = page.post("satisfaction", &body, &[]);
        assert_eq!(answer.status, 400, "{body:.80}");
    }
    assert_eq!(
        page.post("no-such-action", &json!({ "key": Page::key() }).to_string(), &[]).status,
        404
    );
    assert_eq!(canteen.kinds(), Vec::<String>::new());
}

#[test]
fn every_answer_forbids_storing_framing_and_whatever_is_not_the_pages_own() {
    let (_premises, canteen) = Canteen::new();
    let page = canteen.page();
    let shell = page.get("/").text().to_owned();
    let asset = shell.split('"').find(|text| text.ends_with("/style.css")).unwrap().to_owned();
    for path in ["/", "/state", "/find?q=w", "/nothing", &asset] {
        let answer = page.get(path);
        let policy = answer.field("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.field("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(answer.field("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.field("access-control-allow-origin").is_none(), "{path}");
        let kept = if path == asset { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(answer.field("cache-control"), Some(kept), "{path}");
    }
    assert!(!shell.contains("<style") && !shell.contains(" style="), "no style inline");
    let scripts: Vec<_> = shell.split("<script").skip(1).collect();
    assert!(scripts.iter().all(|s| s.contains(" src=") && s.contains("></script>")), "{scripts:?}");
    let handlers = ["onclick", "onload", "onerror"];
    assert!(handlers.iter().all(|name| !shell.contains(name)), "no handler inline");
}

#[test]
fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let (_premises, canteen) = Canteen::new();
    let request =
        format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", canteen.address);
    let answer = raw(canteen.address, request.as_bytes());
    let field = answer.field("set-cookie").unwrap();
    assert!(field.contains("; HttpOnly") && field.contains("; SameSite=Strict"), "{field}");
    assert!(!answer.text().contains(field.split(['=', ';']).nth(1).unwrap()));
    let preview = format!("GET /preview HTTP/1.1\r\nHost: {}\r\n\r\n", canteen.address);
    assert_eq!(raw(canteen.address, preview.as_bytes()).status, 403, "no picture without it");
}

#[test]
fn who_is_not_signed_in_may_neither_confirm_nor_undo_nor_search() {
    let (_premises, canteen) = Canteen::new();
    let review = canteen.review(&[1, 2]);
    let mut page = canteen.page();
    let asked = [
        ("choose", json!({ "review": review, "pick": null })),
        ("by-hand", json!({ "elder": "0", "reason": "no-face" })),
        ("card", json!({ "digits": "12345678" })),
        ("void", json!({ "entry": 2, "reason": "slip" })),
        (
            "late",
            json!({ "elder": "0", "date": "2026-03-01", "window": "lunch",
            "reason": "forgotten", "second": "op-2", "pin": PIN }),
        ),
        ("upload", json!({})),
        ("day-code", json!({})),
        ("sign-out", json!({})),
    ];
    for (name, body) in asked {
        let (status, answer) = page.act(name, body);
        assert_eq!((status, &answer["code"]), (401, &json!("not-signed-in")), "{name}");
    }
    for path in ["/find?q=w", "/today"] {
        assert_eq!(page.get(path).status, 401, "{path}");
    }
    assert_eq!(canteen.kinds(), ["review"]);
}

#[test]
fn names_leave_the_server_only_for_a_page_with_somebody_signed_in() {
    let (_premises, canteen) = Canteen::new();
    canteen.review(&[1, 2]);
    let page = canteen.page();
    let open = page.events().until(|state| state["reviews"]["count"] == 1);
    assert_eq!(open["reviews"]["open"], json!([]));
    assert!(!open.to_string().contains("王秀英") && !open.to_string().contains("0001"), "{open}");
    let staff = canteen.staff();
    let state = staff.events().until(|state| state["reviews"]["open"] != json!([]));
    let names = state["reviews"]["open"][0]["candidates"].as_array().unwrap();
    assert_eq!(names.len(), 2);
    assert!(!state.to_string().contains("p_1"), "no id of an elder: {state}");
}

//! `docs/city-api.yaml` says what the reference city does.

use super::refusals::{raw, signed};
use super::town::{NIGHT, TestBox, Town};
use canteend::city::wire::batch::{BATCH_ENVELOPE_BYTES_MAX, BATCH_PAYLOAD_BYTES_MAX};
use canteend::city::wire::enrol::RefusalCode;
use canteend::city::wire::page::{ElderRow, Page, Tombstone, TombstoneWhy};
use canteend::refcity::Change;

const API: &str = include_str!("../../docs/city-api.yaml");

#[test]
fn the_document_names_every_refusal_and_the_bounds() {
    let codes: Vec<_> = RefusalCode::ALL.iter().map(|c| c.code()).collect();
    assert!(API.contains(&format!("error: {{ enum: [{}] }}", codes.join(", "))));
    assert!(API.contains(&format!("At most {BATCH_ENVELOPE_BYTES_MAX} bytes")));
    assert!(API.contains(&format!("at most {BATCH_PAYLOAD_BYTES_MAX} bytes")));
}

#[test]
fn every_path_and_method_of_the_document_is_served_and_no_other() {
    let town = Town::new();
    let (mut path, mut tried) = (String::new(), 0);
    for line in API.lines() {
        if let Some(found) = line.strip_prefix("  /v1").and_then(|l| l.strip_suffix(':')) {
            path = format!("/v1{found}").replace("{device}", "a").replace("{seq}", "1");
            path = path.replace("{key}", &town.city.public_key().id());
        }
        let method = line.strip_prefix("    ").and_then(|l| l.strip_suffix(':'));
        let Some(method @ ("get" | "put" | "post")) = method else { continue };
        let request = |m: &str| raw(&town, &format!("{m} {path} HTTP/1.1\r\nhost: a"), b"{}").0;
        let served = request(&method.to_uppercase());
        assert!(matches!(served, 200 | 400 | 401), "{method} {path}: {served}");
        assert_eq!(request("DELETE"), 405, "{path}");
        tried += 1;
    }
    assert_eq!(tried, 7);
    let bare = |path: &str| raw(&town, &format!("GET {path} HTTP/1.1\r\nhost: a"), b"");
    assert_eq!(bare("/v1/gallery").0, 404);
    assert_eq!(bare("/v1/time").1["server_time"], NIGHT);
}

fn elder(number: usize) -> Change {
    Change::Upsert(ElderRow {
        elder: format!("p_{number}"),
        name: "王秀英".into(),
        id_last4: None,
        birth: "1943-05-02".into(),
        sex: "F".into(),
        eligible: vec![],
        home_care: vec![],
        consent: None,
        photos: vec![],
        templates: vec![],
        cards: None,
    })
}

/// All pages after `cursor`, and the cursor that the last one gives.
fn pages(town: &Town, test_box: &TestBox, cursor: &str, nonce: &str) -> (Vec<Page>, String) {
    let (mut pages, mut cursor) = (Vec::<Page>::new(), cursor.to_owned());
    loop {
        let after = if cursor.is_empty() { String::new() } else { format!("after={cursor}&") };
        let nonce = format!("{nonce}{}", pages.len());
        let target = format!("/v1/gallery/changes?{after}nonce={nonce}");
        let (status, body) = signed(town, &test_box.key, ("GET", &target), b"", (NIGHT, &nonce));
        assert_eq!(status, 200, "{body}");
        let envelope = serde_json::to_vec(&body).unwrap();
        let page = Page::open(&envelope, &town.city.public_key(), &cursor, &nonce).unwrap();
        cursor.clone_from(&page.next);
        let last = page.is_final;
        pages.push(page);
        if last {
            return (pages, cursor);
        }
    }
}

#[test]
fn the_gallery_comes_in_pages_and_then_only_what_has_changed() {
    let town = Town::new();
    let test_box = town.enrol("lc-kfq-017");
    let all: Vec<_> = (0..250).map(elder).collect();
    assert_eq!(town.city.change(&all).unwrap(), 1);
    let (first, cursor) = pages(&town, &test_box, "", "a");
    let sizes: Vec<_> = first.iter().map(|page| page.upsert.len()).collect();
    assert_eq!((sizes, first[2].generation), (vec![100, 100, 50], 1));
    let (nothing, same) = pages(&town, &test_box, &cursor, "b");
    assert_eq!((nothing.len(), nothing[0].upsert.len(), &same), (1, 0, &cursor));
    let gone =
        Tombstone { elder: "p_7".into(), why: TombstoneWhy::Deceased, from: "2026-02-27".into() };
    town.city.change(&[Change::Tombstone(gone.clone()), elder(9)]).unwrap();
    let (delta, _) = pages(&town, &test_box, &cursor, "c");
    assert_eq!((delta.len(), delta[0].generation), (1, 2));
    assert_eq!(
        (&delta[0].tombstone, delta[0].upsert.len()),
        (&vec![gone], 2),
        "the row of p_7 without a face"
    );
    let lost = [cursor.replace('.', "x."), "other.1".into(), format!("{cursor}9"), ".".into()];
    for (place, unknown) in lost.iter().enumerate() {
        let target = format!("/v1/gallery/changes?after={unknown}&nonce=d");
        let nonce = format!("d{place}");
        let (status, body) = signed(&town, &test_box.key, ("GET", &target), b"", (NIGHT, &nonce));
        assert_eq!((status, &body["error"]), (410, &"cursor".into()), "{unknown}");
    }
}

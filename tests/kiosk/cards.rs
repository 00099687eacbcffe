//! Cards: whoever is signed in is named, and numbers cannot be tried at will.

use crate::browser::Page;
use crate::canteen::{Canteen, MODEL, PIN, Premises, elder, elders};
use canteend::daemon::desk::At;
use canteend::domain::card::UNKNOWN_CARDS_MAX;
use canteend::domain::elder::ElderId;
use serde_json::{Value, json};

/// Gives elder `n` the card `000000000n`.
fn give_cards(canteen: &Canteen, elders: std::ops::RangeInclusive<usize>) {
    let card = |n: usize| vec![format!("{n:010}")];
    let cards: Vec<_> = elders.map(|n| (elder(n, "王秀英", 1943).id, card(n))).collect();
    give(canteen, cards);
}

/// As a roster gives them.
fn give(canteen: &Canteen, cards: Vec<(ElderId, Vec<String>)>) {
    let replace = move |at: &mut At<'_>| {
        let stamp = at.bench().stamp().unwrap();
        let roster = at.store().load_gallery().unwrap();
        at.store().replace_gallery_and_cards(stamp, MODEL, &roster, &cards).unwrap();
    };
    canteen.desk.as_ref().unwrap().ask_blocking(replace).unwrap();
}

fn read(page: &mut Page, digits: &str) -> (u16, Value) {
    let (status, answer) = page.act("card", json!({ "digits": digits }));
    (status, answer["code"].clone())
}

#[test]
fn a_card_is_read_as_it_was_typed_and_its_number_stands_nowhere() {
    let (premises, canteen) = Canteen::new();
    give(&canteen, vec![(elder(1, "王秀英", 1943).id, vec!["0012345678".to_owned()])]);
    let mut page = canteen.staff();
    assert_eq!(read(&mut page, "9912345678"), (404, json!("unknown-card")));
    assert_eq!(read(&mut page, "1").0, 404);
    assert_eq!(read(&mut page, "0012345678"), (200, json!("served")));
    assert_eq!(canteen.entries().pop().unwrap()["method"], "card");
    drop(canteen);
    let found = premises.holds("0012345678");
    assert!(!found, "the number stands in a file of the state folder");
}

#[test]
fn a_card_needs_somebody_signed_in_and_the_meal_rests_on_an_entry_that_names_them() {
    let (_premises, canteen) = Canteen::new();
    give_cards(&canteen, 1..=3);
    assert_eq!(read(&mut canteen.page(), "0000000001"), (401, json!("not-signed-in")));
    let mut page = canteen.staff();
    assert_eq!(read(&mut page, "0000000001"), (200, json!("served")));
    assert_eq!(read(&mut page, "0000000001"), (409, json!("already-there")));
    assert_eq!(read(&mut page, "0000000003"), (200, json!("visit")), "too young");
    assert_eq!(canteen.kinds(), ["card", "meal", "card", "visit"]);
    let entries = canteen.entries();
    let [.., card, visit] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(card["operator"], "op-1");
    assert_eq!((&visit["method"], &visit["basis"]), (&json!("card"), &card["n"]));
    let rows = page.get("/today").json()["rows"].clone();
    assert_eq!((&rows[0]["operator"], &rows[1]["operator"]), (&json!("op-1"), &json!("op-1")));
}

#[test]
fn cards_have_a_days_cap_for_the_whole_box_that_the_ledger_counts() {
    let mut premises = Premises::new((1..=4).map(|n| elder(n, "王秀英", 1943)).collect());
    premises.settings = "cards_max = 2".to_owned();
    let canteen = premises.open();
    give_cards(&canteen, 1..=4);
    let mut page = canteen.staff();
    assert_eq!(read(&mut page, "0000000001").0, 200);
    assert_eq!(read(&mut page, "0000000002").0, 200);
    let full = (429, json!("cap-reached"));
    assert_eq!(read(&mut page, "0000000003"), full);
    page.act("sign-in", json!({ "operator": "op-2", "pin": PIN }));
    assert_eq!(read(&mut page, "0000000003"), full, "another operator has no cap of their own");
    drop((page, canteen));
    assert_eq!(read(&mut premises.open().staff(), "0000000003"), full, "after a restart");
}

#[test]
fn after_some_unknown_cards_none_is_looked_at_for_a_while_whoever_is_signed_in() {
    let premises = Premises::new(elders());
    let canteen = premises.open();
    give_cards(&canteen, 1..=1);
    let mut page = canteen.staff();
    for n in 0..UNKNOWN_CARDS_MAX {
        assert_eq!(read(&mut page, &format!("99{n:08}")), (404, json!("unknown-card")));
    }
    assert_eq!(read(&mut page, "9900000099"), (429, json!("throttled")));
    page.act("sign-in", json!({ "operator": "op-2", "pin": PIN }));
    let (status, answer) = page.act("card", json!({ "digits": "0000000001" }));
    assert_eq!(
        (status, &answer["code"], &answer["retry_s"]),
        (429, &json!("throttled"), &json!(600))
    );
    canteen.reach(600);
    assert_eq!(read(&mut page, "0000000001"), (200, json!("served")));
}

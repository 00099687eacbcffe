//! What serves the screen: keys of taps, cards, operators.

use super::*;
use crate::domain::elder::{Consent, Elder, Sex};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::operator::Held;
use crate::domain::template::ModelId;
use crate::store::tap::TAPS_MAX;

fn opened(dir: &TempDir) -> Store {
    Store::init(&dir.path().join("state"), "lc-kfq-017", noon()).unwrap()
}

#[test]
fn a_key_writes_once_and_only_so_many_are_remembered() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let tap = Event::Satisfaction(Satisfaction::Fair);
    let first = store.append_once(noon(), "a", std::slice::from_ref(&tap)).unwrap();
    let again = store.append_once(noon(), "a", std::slice::from_ref(&tap)).unwrap();
    assert_eq!((again, first.entry()), (Tapped::Before(2), 2));
    assert_eq!(store.last_entry().unwrap(), 2);
    assert_eq!(store.tapped("a").unwrap().unwrap().event, tap);
    let keep = |store: &Store| -> i64 {
        store.conn.query_row("SELECT count(*) FROM tap", [], |row| row.get(0)).unwrap()
    };
    let many = i64::from(TAPS_MAX) + 10;
    let sql = "WITH RECURSIVE n (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
               INSERT INTO tap SELECT n, 'key ' || n FROM n";
    store.conn.execute(sql, [100 + many]).unwrap();
    let tx = store.conn.transaction().unwrap();
    super::super::tap::remember(&tx, "last", 10_000).unwrap();
    tx.commit().unwrap();
    assert_eq!(keep(&store), i64::from(TAPS_MAX));
    assert!(store.tapped("a").unwrap().is_none(), "the oldest have gone");
}

#[test]
fn a_refused_entry_leaves_its_key_free() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let operator: OperatorId = "op-1".parse().unwrap();
    let void = Event::Void(Void { entry: 1, reason: VoidReason::Slip, operator });
    store.append_once(noon(), "a", &[void]).unwrap_err();
    assert!(store.tapped("a").unwrap().is_none());
}

#[test]
fn a_card_changes_hands_and_goes_with_its_elder() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let enrolled = |id: &str| Enrolled {
        elder: Elder {
            id: elder(id),
            name: "王秀英".to_owned(),
            sex: Sex::Female,
            birth: day("1943-05-02"),
            id_last4: None,
            eligible: vec![],
            home_care: vec![],
            notices: vec![],
            consent: Consent { store_face: false, transmit: true },
        },
        templates: vec![],
    };
    let (one, two) = (enrolled("p_1"), enrolled("p_2"));
    let model = ModelId([1; 32]);
    let card = |id: &str, text: &str| (elder(id), vec![text.to_owned()]);
    let both = [one.clone(), two.clone()];
    let state = |store: &mut Store, cards: &[_]| {
        store.replace_gallery_and_cards(noon(), model, &both, cards).unwrap();
    };
    state(&mut store, &[card("p_1", " 77aa0012 "), card("p_2", "no")]);
    assert_eq!(store.card_holder("77AA0012").unwrap(), Some(elder("p_1")));
    assert_eq!(store.card_holder("no").unwrap(), None, "two characters are no card");
    state(&mut store, &[card("p_2", "77AA0012")]);
    assert_eq!(store.card_holder("77aa0012\n").unwrap(), Some(elder("p_2")));
    store.replace_gallery(noon(), model, &[one.clone(), two]).unwrap();
    assert_eq!(store.card_holder("77AA0012").unwrap(), Some(elder("p_2")), "a gallery keeps it");
    store.replace_gallery(noon(), model, &[one]).unwrap();
    assert_eq!(store.card_holder("77AA0012").unwrap(), None);
}

#[test]
fn a_clock_that_was_set_back_locks_nobody_out_for_longer_than_a_lock_lasts() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let id: OperatorId = "op-1".parse().unwrap();
    store.add_operator(&id, "小李", &Pin::new("258036").unwrap()).unwrap();
    let now = noon().at;
    assert!(matches!(store.attempt(&id, now).unwrap(), Attempt::Check(_)));
    assert!(matches!(store.attempt(&id, now).unwrap(), Attempt::Held(Held::Wait(_))));
    let before = stamp("2025-03-02T12:00:00+08:00").at;
    assert!(matches!(store.attempt(&id, before).unwrap(), Attempt::Check(_)));
    let longest = "王".repeat(OPERATOR_NAME_CHARS_MAX + 1);
    for name in ["", " ", "a\nb", &longest] {
        let other: OperatorId = "op-2".parse().unwrap();
        let added = store.add_operator(&other, name, &Pin::new("258036").unwrap());
        assert!(matches!(added, Err(OperatorError::Name)), "{name:?}");
    }
}

//! What serves the screen: keys of taps, cards, operators.

use super::*;
use crate::domain::elder::{Consent, Elder, Sex};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::operator::Throttle;
use crate::domain::template::ModelId;
use crate::store::tap::TAPS_MAX;
use std::time::Duration;

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

/// An operator who is locked at noon, with the clock that never jumps at the answer.
fn locked(store: &mut Store) -> (OperatorId, Duration) {
    let id: OperatorId = "op-1".parse().unwrap();
    store.add_operator(&id, "小李", &Pin::new("258036").unwrap()).unwrap();
    let mut before = Duration::from_secs(16);
    for pause in [1, 2, 4, 8, 0] {
        let tried = store.attempt(&id, noon().at - before, Duration::from_secs(100) - before);
        assert!(matches!(tried.unwrap(), Attempt::Check(_)), "{pause}");
        before = before.saturating_sub(Duration::from_secs(pause.max(1)));
    }
    (id, Duration::from_secs(100))
}

fn lock_left(store: &mut Store, id: &OperatorId, now: Timestamp, steady: Duration) -> u64 {
    match store.attempt(id, now, steady).unwrap() {
        Attempt::Held(Throttle::Locked(left)) => left.as_secs(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn setting_the_clock_back_or_forward_does_not_end_a_lock() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let (id, steady) = locked(&mut store);
    let (s, day) = (Duration::from_secs, Duration::from_secs(24 * 60 * 60));
    let now = noon().at;
    assert_eq!(lock_left(&mut store, &id, now + day, steady + s(100)), 799);
    assert_eq!(lock_left(&mut store, &id, now - day, steady + s(101)), 900, "as a new lock");
    drop(store);
    let mut store = Store::open(&state(&dir)).unwrap();
    assert_eq!(lock_left(&mut store, &id, now - day + s(100), s(1)), 800, "after a restart");
    assert_eq!(lock_left(&mut store, &id, now - day * 2, s(2)), 900, "and back again");
    let over = store.attempt(&id, now - day * 2 + s(900), s(902)).unwrap();
    assert!(matches!(over, Attempt::Check(_)), "nobody is locked out for good: {over:?}");
}

#[test]
fn a_new_pin_ends_a_lock_by_every_clock() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let (id, steady) = locked(&mut store);
    assert!(matches!(store.attempt(&id, noon().at, steady).unwrap(), Attempt::Held(_)));
    store.reset_pin(&id, &Pin::new("975310").unwrap()).unwrap();
    assert!(matches!(store.attempt(&id, noon().at, steady).unwrap(), Attempt::Check(_)));
}

#[test]
fn an_operator_has_a_name_that_can_be_shown() {
    let dir = TempDir::new().unwrap();
    let mut store = opened(&dir);
    let longest = "王".repeat(OPERATOR_NAME_CHARS_MAX + 1);
    for name in ["", " ", "a\nb", &longest] {
        let other: OperatorId = "op-2".parse().unwrap();
        let added = store.add_operator(&other, name, &Pin::new("258036").unwrap());
        assert!(matches!(added, Err(OperatorError::Name)), "{name:?}");
    }
}

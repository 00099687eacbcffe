//! Every kind of entry: what it does to what stands, and what it must not contradict.

use super::*;
use crate::domain::entry::correction::{
    Adjustment, ByHand, CardRead, Choice, Close, Confirmation, Expiry, Finding, HandReason, Late,
    LateReason, RejectReason, Verdict,
};
use crate::domain::entry::operation::{
    ClockChange, ClockWhy, ConfigChange, KeyChange, KeyPurpose, Sign, SignChange,
};
use crate::domain::month::Month;
use crate::record;

const NOON: &str = "2026-03-02T12:00:00+08:00";
const DAY: &str = "2026-03-02";

fn untrusted(at: &str) -> Stamp {
    Stamp { clock: ClockTrust::Untrusted, ..stamp(at) }
}

fn clock(trusted: bool, boot: u8) -> Event {
    let why = if trusted { ClockWhy::Agrees } else { ClockWhy::Jump };
    Event::Clock(ClockChange { trusted, why, boot: [boot; 16], offset_ms: 0 })
}

fn review(store: &mut Store) -> EntryNumber {
    let (reasons, candidates) = (vec![Doubt::NoMatch], vec![]);
    let window = MealWindow::Lunch;
    let review = Event::Review(Review { date: day(DAY), window, reasons, candidates });
    store.append(noon(), &review).unwrap().n
}

fn choice(review: EntryNumber, elder: Option<&str>) -> Event {
    let elder = elder.map(super::elder);
    Event::Choice(Choice { review, elder, operator: operator("op-1") })
}

fn by_staff(event: Event, n: EntryNumber) -> Event {
    match event {
        Event::Meal(meal) => Event::Meal(Meal { method: Method::Staff, basis: Some(n), ..meal }),
        other => other,
    }
}

fn confirm(entry: EntryNumber, date: &str, fen: u32, reason: Option<NoAward>) -> Event {
    let (city, district) = (Fen::new(fen), Fen::new(fen));
    Event::Confirmation(Confirmation { entry, date: day(date), city, district, reason })
}

fn verdict(entry: EntryNumber, accepted: bool, supersedes: Option<EntryNumber>) -> Event {
    let rejected = Finding::Rejected { reason: RejectReason::Deceased, kept: None };
    let finding = if accepted { Finding::Accepted } else { rejected };
    Event::Verdict(Verdict { entry, finding, supersedes })
}

fn adjust(entry: EntryNumber, fen: u32, month: &str, supersedes: Option<EntryNumber>) -> Event {
    let (city, district) = (Fen::new(fen), Fen::new(fen));
    let reason = (fen > 0).then_some(NoAward::Deceased);
    let month = Month::parse(month).unwrap();
    Event::Adjustment(Adjustment { entry, city, district, reason, month, supersedes })
}

/// The entry is refused for this reason, and nothing changes.
#[track_caller]
fn refused(store: &mut Store, stamp: Stamp, event: &Event, why: Contradiction) {
    match store.append(stamp, event) {
        Err(LedgerError::Contradiction(found)) => assert_eq!(found, why, "{event:?}"),
        other => panic!("{event:?}: {other:?}"),
    }
}

fn sums(dir: &TempDir) -> Sums {
    verify(dir, Depth::Full).unwrap().sums.unwrap()
}

#[test]
fn the_fixtures_are_one_ledger_in_order() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ledger/v1");
    let chain = std::fs::read_to_string(Path::new(fixtures).join("chain.tsv")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(LEDGER_FILE);
    std::fs::write(&path, []).unwrap();
    let conn = db::create(&path).unwrap();
    for row in chain.lines().skip(1) {
        let [name, prev, hash] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let body = std::fs::read(Path::new(fixtures).join(name)).unwrap();
        let (entry, _) = record::decode(&body).unwrap();
        let hashes: [[u8; 32]; 2] = [prev, hash].map(|hex| record::unhex(hex).unwrap());
        let at = record::at_text(entry.stamp.at);
        let sql = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        conn.execute(sql, (entry.n as i64, at, entry.event.kind(), &body, hashes[0], hashes[1]))
            .unwrap();
        projection::apply(&conn, &entry).unwrap();
    }
    db::close(conn).unwrap();
    let verified = Reader::open(&path).unwrap().verify(Depth::Full, |_| {}).unwrap();
    assert_eq!(verified.entries, 32);
    let expected = Sums {
        meals: 3,
        pending: 0,
        visits: 3,
        unnamed: 1,
        city_fen: 500,
        district_fen: 500,
        reduced_fen: 200,
    };
    assert_eq!(verified.sums, Some(expected));
}

#[test]
fn a_review_is_settled_once_and_its_meal_follows() {
    let (dir, mut store) = store();
    let first = review(&mut store);
    let eats = |who: &str, n| by_staff(meal(who, DAY), n);
    let other = store.append_all(noon(), &[choice(first, Some("p_1")), eats("p_2", 3)]);
    assert!(matches!(other, Err(LedgerError::Contradiction(Contradiction::Basis))), "{other:?}");
    store.append_all(noon(), &[choice(first, Some("p_1")), eats("p_1", 3)]).unwrap();
    refused(&mut store, noon(), &choice(first, None), Contradiction::NotOpen(first));
    let expiry = |review| Event::Expiry(Expiry { review });
    refused(&mut store, noon(), &expiry(first), Contradiction::NotOpen(first));
    let second = review(&mut store);
    store.append(noon(), &expiry(second)).unwrap();
    refused(&mut store, noon(), &expiry(second), Contradiction::NotOpen(second));
    assert_eq!((sums(&dir).meals, sums(&dir).unnamed), (1, 1));
    store.append(noon(), &void(6)).unwrap();
    assert_eq!(sums(&dir).unnamed, 0);
    let third = review(&mut store);
    store.append(noon(), &choice(third, None)).unwrap();
    assert_eq!((sums(&dir).meals, sums(&dir).unnamed), (1, 0));
}

#[test]
fn staff_vouch_for_the_very_next_entry_or_for_nothing() {
    let (dir, mut store) = store();
    let by_hand =
        || Event::ByHand(ByHand { reason: HandReason::NoFace, operator: operator("op-1") });
    refused(&mut store, noon(), &by_hand(), Contradiction::NothingFollows);
    let events = [by_hand(), meal("p_1", DAY), by_staff(meal("p_2", DAY), 3)];
    let left_out = store.append_all(noon(), &events).unwrap_err();
    let nothing = LedgerError::Contradiction(Contradiction::NothingFollows);
    assert_eq!(left_out.to_string(), nothing.to_string());
    refused(&mut store, noon(), &by_staff(meal("p_1", DAY), 1), Contradiction::Basis);
    store.append_all(noon(), &[by_hand(), by_staff(meal("p_1", DAY), 2)]).unwrap();
    assert_eq!(verify(&dir, Depth::Full).unwrap().entries, 3, "all or none");
}

#[test]
fn a_card_names_who_was_signed_in_and_then_comes_a_meal_by_card_alone() {
    let (dir, mut store) = store();
    let card = || Event::Card(CardRead { operator: operator("op-1") });
    let by_card = |event: Event, basis| match event {
        Event::Meal(said) => Event::Meal(Meal { method: Method::Card, basis, ..said }),
        other => other,
    };
    refused(&mut store, noon(), &card(), Contradiction::NothingFollows);
    let by_hand = store.append_all(noon(), &[card(), by_staff(meal("p_1", DAY), 2)]);
    let basis = LedgerError::Contradiction(Contradiction::Basis).to_string();
    assert_eq!(by_hand.unwrap_err().to_string(), basis);
    store.append_all(noon(), &[card(), by_card(meal("p_1", DAY), Some(2))]).unwrap();
    // Of a box that did not write who was there.
    store.append(noon(), &by_card(meal("p_2", DAY), None)).unwrap();
    assert_eq!(verify(&dir, Depth::Full).unwrap().entries, 4);
}

#[test]
fn a_meal_is_of_its_own_day_or_at_most_three_days_late() {
    let (dir, mut store) = store();
    let late = |date: &str| {
        Event::Late(Late {
            date: day(date),
            reason: LateReason::BoxOff,
            operator: operator("op-1"),
            second: operator("op-2"),
        })
    };
    for other in ["2026-03-01", "2026-03-03"] {
        refused(&mut store, noon(), &meal("p_1", other), Contradiction::OtherDay);
    }
    let mut enter = |said: &str, eaten: &str, n| {
        store.append_all(noon(), &[late(said), by_staff(meal("p_1", eaten), n)]).map(|a| a.n)
    };
    let why = |e: LedgerError| e.to_string();
    let too_late = LedgerError::Contradiction(Contradiction::TooLate).to_string();
    assert_eq!(enter("2026-02-26", "2026-02-26", 2).map_err(why), Err(too_late));
    let basis = LedgerError::Contradiction(Contradiction::Basis).to_string();
    assert_eq!(enter("2026-02-28", DAY, 2).map_err(why), Err(basis));
    assert_eq!(enter("2026-02-27", "2026-02-27", 2).unwrap(), 3);
    assert_eq!(enter("2026-03-01", "2026-03-01", 4).unwrap(), 5);
    assert!(matches!(
        enter("2026-03-01", "2026-03-01", 6),
        Err(LedgerError::SlotTaken { entry: 5, .. })
    ));
    store.append(noon(), &void(5)).unwrap();
    assert_eq!(sums(&dir).meals, 1);
}

#[test]
fn trust_in_the_clock_is_what_the_last_clock_entry_says() {
    let (_dir, mut store) = store();
    let wrong = untrusted("2027-01-01T12:00:00+08:00");
    refused(&mut store, wrong, &meal("p_1", "2027-01-01"), Contradiction::Trust);
    refused(&mut store, noon(), &clock(true, 1), Contradiction::Trust);
    refused(&mut store, noon(), &clock(false, 1), Contradiction::Trust);
    let before = stamp("2026-03-02T11:59:59+08:00");
    refused(&mut store, before, &meal("p_1", DAY), Contradiction::Backwards);
    store.append(wrong, &clock(false, 1)).unwrap();
    refused(&mut store, wrong, &clock(false, 1), Contradiction::Trust);
    refused(&mut store, noon(), &meal("p_1", DAY), Contradiction::Trust);
    store.append(wrong, &meal("p_1", "2027-01-01")).unwrap();
    refused(&mut store, before, &clock(true, 1), Contradiction::Backwards);
    let standing = store.clock().unwrap();
    assert_eq!(standing.high, Some(stamp(NOON).at), "a wrong clock raises no mark");
    assert!(!standing.change.unwrap().trusted);
    store.append(noon(), &clock(true, 1)).unwrap();
    store.append(noon(), &meal("p_1", DAY)).unwrap();
}

#[test]
fn a_wrong_clock_gives_slots_of_its_own_until_they_are_confirmed() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", DAY)).unwrap();
    let wrong = untrusted(NOON);
    store.append(wrong, &clock(false, 1)).unwrap();
    assert_eq!(store.history(&elder("p_1"), day(DAY)).unwrap(), History::default());
    store.append(wrong, &meal("p_1", DAY)).unwrap();
    store.append(wrong, &meal("p_2", DAY)).unwrap();
    let again = store.append(wrong, &meal("p_1", DAY)).unwrap_err();
    assert!(matches!(again, LedgerError::SlotTaken { entry: 4, .. }), "{again}");
    store.append(wrong, &clock(false, 2)).unwrap();
    store.append(wrong, &visit("p_1", DAY, MealWindow::Supper)).unwrap();
    let pending =
        Sums { meals: 1, pending: 2, visits: 1, city_fen: 200, district_fen: 200, ..sums(&dir) };
    assert_eq!(sums(&dir), pending);

    store.append(wrong, &confirm(5, DAY, 200, None)).unwrap_err();
    let right = stamp("2026-03-03T07:00:00+08:00");
    store.append(right, &clock(true, 2)).unwrap();
    let slot = store.append(right, &confirm(4, DAY, 200, None)).unwrap_err();
    assert!(matches!(slot, LedgerError::SlotTaken { entry: 2, .. }), "{slot}");
    store.append(right, &confirm(4, DAY, 0, Some(NoAward::AlreadyToday))).unwrap();
    store.append(right, &confirm(5, "2026-03-01", 100, None)).unwrap();
    refused(&mut store, right, &confirm(7, DAY, 0, None), Contradiction::NotPending(7));
    store.append(right, &confirm(7, DAY, 0, Some(NoAward::AlreadyToday))).unwrap();
    for settled in [2, 4, 5, 7, 3] {
        let twice = confirm(settled, DAY, 0, Some(NoAward::Moved));
        refused(&mut store, right, &twice, Contradiction::NotPending(settled));
    }
    let settled = Sums { meals: 2, visits: 2, city_fen: 300, district_fen: 300, ..Sums::default() };
    assert_eq!(sums(&dir), settled);
    let history = store.history(&elder("p_2"), day("2026-03-01")).unwrap();
    assert!(history.subsidised, "the meal moved to its true day");
}

#[test]
fn stale_eligibility_keeps_a_meal_pending_on_its_day() {
    let (dir, mut store) = store();
    let Event::Meal(stale) = meal("p_1", DAY) else { unreachable!() };
    store.append(noon(), &Event::Meal(Meal { standing: Standing::Pending, ..stale })).unwrap();
    assert_eq!((sums(&dir).meals, sums(&dir).pending, sums(&dir).city_fen), (0, 1, 0));
    refused(&mut store, noon(), &adjust(2, 100, "2026-03", None), Contradiction::NoMeal(2));
    let moved = confirm(2, "2026-03-01", 200, None);
    refused(&mut store, noon(), &moved, Contradiction::NotPending(2));
    store.append(noon(), &confirm(2, DAY, 200, None)).unwrap();
    assert_eq!((sums(&dir).meals, sums(&dir).pending, sums(&dir).city_fen), (1, 0, 200));
}

#[test]
fn verdicts_and_adjustments_reduce_a_meal_and_name_the_one_before() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", DAY)).unwrap();
    store.append(noon(), &visit("p_2", DAY, MealWindow::Lunch)).unwrap();
    for (event, why) in [
        (verdict(3, false, None), Contradiction::NoMeal(3)),
        (verdict(1, false, None), Contradiction::NoMeal(1)),
        (verdict(2, false, Some(1)), Contradiction::Supersedes(2)),
        (adjust(2, 201, "2026-03", None), Contradiction::Excess(2)),
        (adjust(2, 200, "2026-02", None), Contradiction::Excess(2)),
        (adjust(2, 200, "2026-03", Some(1)), Contradiction::Supersedes(2)),
    ] {
        refused(&mut store, noon(), &event, why);
    }
    let mut reduced = |event: &Event| {
        store.append(noon(), event).unwrap();
        sums(&dir).reduced_fen
    };
    assert_eq!(reduced(&adjust(2, 50, "2026-04", None)), 100);
    assert_eq!(reduced(&adjust(2, 200, "2026-03", Some(4))), 400);
    assert_eq!(reduced(&adjust(2, 0, "2026-03", Some(5))), 0);
    assert_eq!(reduced(&verdict(2, false, None)), 400);
    assert_eq!(reduced(&verdict(2, true, Some(7))), 0);
    refused(&mut store, noon(), &verdict(2, false, Some(7)), Contradiction::Supersedes(2));
    store.append(noon(), &void(2)).unwrap();
    refused(&mut store, noon(), &verdict(2, false, Some(8)), Contradiction::NoMeal(2));
    assert_eq!(sums(&dir), Sums { visits: 1, ..Sums::default() });
}

#[test]
fn shifts_keys_and_configurations_follow_one_another() {
    let (dir, mut store) = store();
    let sign = |change| Event::Sign(Sign { operator: operator("op-1"), change });
    refused(&mut store, noon(), &sign(SignChange::Out), Contradiction::NotSignedIn);
    store.append(noon(), &sign(SignChange::In)).unwrap();
    store.append(noon(), &sign(SignChange::In)).unwrap();
    store.append(noon(), &sign(SignChange::Idle)).unwrap();
    refused(&mut store, noon(), &sign(SignChange::Out), Contradiction::NotSignedIn);
    let key = |now: u8, before: Option<u8>| {
        let (now, before) = ([now; 32], before.map(|b| [b; 32]));
        Event::Key(KeyChange { purpose: KeyPurpose::Device, now, before })
    };
    refused(&mut store, noon(), &key(2, Some(1)), Contradiction::NoChange);
    store.append(noon(), &key(1, None)).unwrap();
    refused(&mut store, noon(), &key(2, None), Contradiction::NoChange);
    store.append(noon(), &key(2, Some(1))).unwrap();
    let config = ConfigChange { config: [1; 32], rules: [2; 32] };
    assert_eq!(store.config().unwrap(), None);
    store.append(noon(), &Event::Config(config)).unwrap();
    assert_eq!(store.config().unwrap(), Some(config));
    refused(&mut store, noon(), &Event::Config(config), Contradiction::NoChange);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn a_month_is_closed_once_when_it_is_over_and_never_behind_another() {
    let (dir, mut store) = store();
    let close = |month: &str| {
        let (month, operator) = (Month::parse(month).unwrap(), operator("op-1"));
        Event::Close(Close { month, operator })
    };
    let april = stamp("2026-04-02T09:00:00+08:00");
    store.append(noon(), &meal("p_1", DAY)).unwrap();
    assert_eq!(store.closed().unwrap(), None);
    for (when, month) in [(noon(), "2026-03"), (noon(), "2026-04")] {
        let said = store.append(when, &close(month)).unwrap_err().to_string();
        assert!(said.contains("is not over"), "{month}: {said}");
    }
    store.append(april, &adjust(2, 100, "2026-03", None)).unwrap();
    store.append(april, &close("2026-03")).unwrap();
    assert_eq!(store.closed().unwrap(), Month::parse("2026-03"));
    for month in ["2026-03", "2026-02"] {
        store.append(april, &close(month)).unwrap_err();
    }
    let said = store.append(april, &adjust(2, 150, "2026-03", Some(3))).unwrap_err().to_string();
    assert!(said.contains("the settlement of 2026-03 is closed"), "{said}");
    store.append(april, &adjust(2, 150, "2026-04", Some(3))).unwrap();
    store.append(untrusted("2026-05-02T09:00:00+08:00"), &clock(false, 1)).unwrap();
    store.append(untrusted("2026-05-02T09:00:00+08:00"), &close("2026-04")).unwrap_err();
    let later = stamp("2026-06-02T09:00:00+08:00");
    store.append(later, &clock(true, 1)).unwrap();
    store.append(later, &close("2026-05")).unwrap();
    assert_eq!(store.closed().unwrap(), Month::parse("2026-05"), "April with it");
    drop(store);
    verify(&dir, Depth::Full).unwrap();
}

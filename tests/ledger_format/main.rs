//! Ledger bytes: frozen for ever by the fixtures, and one spelling for every entry.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod any;
mod events;

use any::{N, any_event, any_of};
use canteend::domain::calendar::Timestamp;
use canteend::domain::decision::Doubt;
use canteend::domain::entry::correction::{Adjustment, Confirmation, Expiry, Late, LateReason};
use canteend::domain::entry::operation::{
    ClockChange, ClockWhy, EpochChange, Export, ExportWhat, Held,
};
use canteend::domain::entry::{ClockTrust, Entry, Event, Meal, Method, Review, Stamp};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::subsidy::{Award, NoAward};
use canteend::record::{self, CodecError, DayCode, Hash, Salt, merkle};
use canteend::store::{LEDGER_FILE, Store};
use events::{day, elder, meal, operator, review};
use proptest::prelude::*;
use std::path::Path;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ledger/v1");
/// How many fixtures version 1 began with; kinds that came later follow them.
const FIRST: u64 = 28;
/// Head, Merkle root and day's code of those; made once, by another program.
const HEAD: &str = "5fda3234678b35f9f41163269fbab51104ca668f37ea69e5b00650e1b0a41184";
const ROOT: &str = "96d68e3b6baa59c8a67d695e232a7b5c84354fe9300753af2cc117436c992dd2";
const CODE: &str = "WPZH-DGHA-15WK-8JZB";

#[test]
fn version_1_bodies_are_frozen() {
    let chain = std::fs::read_to_string(Path::new(FIXTURES).join("chain.tsv")).unwrap();
    let mut head = Hash::before_genesis("lc-kfq-017");
    let mut tree = merkle::Tree::default();
    let mut rows = chain.lines().skip(1);
    for (n, (clock, event)) in (1u64..).zip(events::all()) {
        let row: Vec<&str> = rows.next().unwrap().split('\t').collect();
        let body = std::fs::read(Path::new(FIXTURES).join(row[0])).unwrap();
        let at = format!("2026-03-02T11:42:{n:02}+08:00").parse::<Timestamp>().unwrap();
        let entry = Entry { n, stamp: Stamp { at, clock }, event };
        let salt: Salt = std::array::from_fn(|i| (n * 16 + i as u64) as u8);
        let written = record::encode(&entry, &salt).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&body), "{row:?}");
        assert_eq!(record::decode(&body).unwrap(), (entry, salt));
        assert_eq!(head.to_string(), row[1], "{row:?}");
        head = head.link(&body);
        assert_eq!(head.to_string(), row[2], "{row:?}");
        tree.push(merkle::leaf(&head.0));
        if n == FIRST {
            assert_eq!((head.to_string(), tree.root().to_string()), (HEAD.into(), ROOT.into()));
            let code = DayCode::new("lc-kfq-017", day(events::DAY), tree.size(), &tree.root());
            assert_eq!(code.to_string(), CODE);
        }
    }
    assert_eq!(rows.next(), None);
    assert!(tree.size() > FIRST);
}

#[test]
fn the_fixtures_hold_every_kind() {
    let text = include_str!("../../docs/ledger-format.md");
    let table = text.split("| kind | fields in order |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut documented: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let mut held: Vec<_> = events::all().iter().map(|(_, event)| event.kind()).collect();
    documented.sort_unstable();
    held.sort_unstable();
    held.dedup();
    assert_eq!(held, documented);
}

/// Events that fit no entry, each with the field that says so.
fn misfits() -> Vec<(&'static str, Event)> {
    let lunch = meal("p_7f3a", Method::Face, None);
    let award = |rules: &str, band: &str, city| {
        let (rules, band) = (rules.into(), band.into());
        let award = Award { rules, band, city: Fen::new(city), ..lunch.award.clone() };
        Event::Meal(Meal { award, ..lunch.clone() })
    };
    let asked = |reasons: Vec<Doubt>, candidates: &[&str]| {
        let candidates = candidates.iter().map(|id| elder(id)).collect();
        Event::Review(Review { reasons, candidates, ..review(vec![], &[]) })
    };
    let (none, some) = (Fen::ZERO, Fen::new(1));
    let confirm = |city, reason| {
        Event::Confirmation(Confirmation {
            entry: 3,
            date: lunch.date,
            city,
            district: none,
            reason,
        })
    };
    let month = Month::parse("2026-03").unwrap();
    let adjust = |city, reason| {
        let (entry, district) = (3, none);
        Event::Adjustment(Adjustment { entry, city, district, reason, month, supersedes: None })
    };
    let late = |date, second| {
        let (reason, operator) = (LateReason::BoxOff, operator("op-1"));
        Event::Late(Late { date: day(date), reason, operator, second: events::operator(second) })
    };
    let clock =
        |trusted, why| Event::Clock(ClockChange { trusted, why, boot: [0; 16], offset_ms: 0 });
    let export = |first, last| {
        Event::Export(Export { what: ExportWhat::Proof, first, last, digest: [0; 32] })
    };
    let epoch = |epoch, held: Option<(u64, u64)>, common| {
        let held = held.map(|(epoch, last)| Held { epoch, last, head: [0; 32] });
        Event::Epoch(EpochChange { epoch, held, common })
    };
    let doubt = vec![Doubt::Quality];
    vec![
        ("epoch", epoch(1, None, 0)),
        ("epoch", epoch(1 << 53, None, 0)),
        ("held_epoch", epoch(2, Some((2, 9)), 0)),
        ("held_epoch", epoch(2, Some((0, 9)), 0)),
        ("held_last", epoch(2, Some((1, 0)), 0)),
        ("common", epoch(2, None, 1)),
        ("common", epoch(2, Some((1, 9)), 7)),
        ("common", epoch(2, Some((1, 3)), 4)),
        ("device", Event::Genesis { device: "".into() }),
        ("device", Event::Genesis { device: "x".repeat(65) }),
        ("device", Event::Genesis { device: "王奶奶".into() }),
        ("rules", award("my rules", "80+", 0)),
        ("band", award("r", "", 0)),
        ("band", award("r", "a\"b", 0)),
        ("city_fen", award("r", "b", u32::MAX)),
        ("date", Event::Meal(Meal { date: day("1899-12-31"), ..lunch.clone() })),
        ("basis", Event::Meal(meal("p_1", Method::Staff, None))),
        ("basis", Event::Meal(meal("p_1", Method::Staff, Some(5)))),
        ("basis", Event::Meal(meal("p_1", Method::Face, Some(6)))),
        ("basis", Event::Meal(meal("p_1", Method::Card, Some(5)))),
        ("reasons", asked(vec![], &[])),
        ("reasons", asked(vec![Doubt::Quality, Doubt::Quality], &[])),
        ("reasons", asked(vec![Doubt::Quality, Doubt::NoMatch], &[])),
        ("candidates", asked(doubt.clone(), &["p_1", "p_2", "p_3"])),
        ("candidates", asked(doubt, &["p_1", "p_1"])),
        ("review", Event::Expiry(Expiry { review: 0 })),
        ("review", Event::Expiry(Expiry { review: 7 })),
        ("reason", confirm(some, Some(NoAward::HomeCare))),
        ("reason", adjust(some, None)),
        ("reason", adjust(none, Some(NoAward::HomeCare))),
        ("date", late("2026-03-02", "op-2")),
        ("second", late("2026-03-01", "op-1")),
        ("why", clock(true, ClockWhy::Jump)),
        ("why", clock(false, ClockWhy::Agrees)),
        ("last", export(3, 2)),
        ("last", export(3, 7)),
    ]
}

#[test]
fn an_entry_that_the_format_does_not_hold_is_refused() {
    for (field, event) in misfits() {
        let at = "2026-03-02T11:42:07+08:00".parse().unwrap();
        let entry = Entry { n: 7, stamp: Stamp { at, clock: ClockTrust::Trusted }, event };
        match record::encode(&entry, &[0; 16]) {
            Err(CodecError::Field(named)) => assert_eq!(named, field, "{entry:?}"),
            other => panic!("{entry:?}: {other:?}"),
        }
    }
    let at = "2026-03-02T11:42:07.5+08:00".parse().unwrap();
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    let entry = Entry { n: 7, stamp, event: Event::Expiry(Expiry { review: 1 }) };
    assert!(matches!(record::encode(&entry, &[0; 16]), Err(CodecError::Field("at"))));
}

proptest! {
    #[test]
    fn every_entry_comes_back_from_its_bytes(
        event in any_event(),
        second in -2_208_988_800i64..253_402_200_000,
        clock in any_of(ClockTrust::ALL),
        salt in any::<Salt>(),
    ) {
        let at = Timestamp::from_second(second).unwrap();
        let entry = Entry { n: N, stamp: Stamp { at, clock }, event };
        let body = record::encode(&entry, &salt).unwrap();
        prop_assert_eq!(record::decode(&body).unwrap(), (entry, salt));
        prop_assert!(body.is_ascii());
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let with_head = [b"{\"v\":1,".as_slice(), &bytes].concat();
        prop_assert!(record::decode(&bytes).is_err());
        prop_assert!(record::decode(&with_head).is_err());
    }

    #[test]
    fn a_changed_byte_never_means_the_same_entry(
        event in any_event(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let stamp = Stamp { at: Timestamp::UNIX_EPOCH, clock: ClockTrust::Trusted };
        let entry = Entry { n: N, stamp, event };
        let mut body = record::encode(&entry, &[7; 16]).unwrap();
        let place = at.index(body.len());
        prop_assume!(body[place] != byte);
        body[place] = byte;
        if let Ok(other) = record::decode(&body) {
            prop_assert_ne!(other, (entry, [7; 16]));
        }
    }
}

#[test]
fn the_verifier_in_the_document_agrees() {
    let python = |args: &[&str]| std::process::Command::new("python3").args(args).output();
    if !python(&["-c", "import sqlite3"]).is_ok_and(|out| out.status.success()) {
        return; // a machine without Python
    }
    let text = include_str!("../../docs/ledger-format.md");
    let program = text.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = "2026-03-02T11:42:00+08:00".parse().unwrap();
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    let mut store = Store::init(dir.path(), "lc-kfq-017", stamp).unwrap();
    let mut head = None;
    for event in [
        Event::Meal(meal("p_7f3a", Method::Face, None)),
        Event::Review(review(vec![Doubt::NoMatch], &[])),
        Event::Expiry(Expiry { review: 3 }),
    ] {
        head = Some(store.append(stamp, &event).unwrap().hash);
    }
    drop(store);
    let file = dir.path().join(LEDGER_FILE);
    let said = python(&["-c", program, file.to_str().unwrap()]).unwrap();
    let expected = format!("4 entries, head {}\n", head.unwrap());
    assert_eq!(String::from_utf8_lossy(&said.stdout), expected, "{said:?}");
}

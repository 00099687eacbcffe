//! Ledger bytes: frozen for ever by the fixtures, and one spelling for every entry.

use canteend::domain::calendar::{Date, MealWindow, Timestamp};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::ElderId;
use canteend::domain::entry::{
    ClockTrust, Entry, Event, GalleryChange, Meal, Method, Review, Stamp, Visit,
};
use canteend::domain::money::Fen;
use canteend::domain::subsidy::{Award, NoAward, Standing};
use canteend::record::{self, CodecError, Hash, Salt, merkle};
use canteend::store::{LEDGER_FILE, Store};
use proptest::prelude::*;
use std::path::Path;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ledger/v1");
/// Head and Merkle root of the six fixtures; made once, by another program.
const HEAD: &str = "d91ce8af13da48cacbfc557951650387c7ae8a1fe865534176428ea69add043e";
const ROOT: &str = "1a8aa8adb2a13700d7503a4f37f01df2d7b9f51fdfdda18636e8b2ed93fa3c66";

fn elder(id: &str) -> ElderId {
    ElderId::new(id).expect("a valid id")
}

fn day(text: &str) -> Date {
    text.parse().expect("a valid date")
}

/// What the fixtures mean, in order.
fn events() -> [(ClockTrust, Event); 6] {
    let award = Award {
        rules: "lcetdz-2022".into(),
        band: "80+".into(),
        city: Fen::new(200),
        district: Fen::new(200),
    };
    let date = day("2026-03-02");
    let meal = Meal {
        elder: elder("p_7f3a"),
        date,
        window: MealWindow::Lunch,
        method: Method::Face,
        award,
        standing: Standing::Firm,
        eligibility_as_of: day("2026-03-01"),
    };
    let visit = Visit {
        elder: elder("p_7f3a"),
        date,
        window: MealWindow::Supper,
        method: Method::Card,
        reason: NoAward::AlreadyToday,
    };
    let review = Review {
        date,
        window: MealWindow::Lunch,
        reasons: vec![Doubt::ThinMargin, Doubt::LookAlike],
        candidates: vec![elder("p_7f3a"), elder("p_0c11")],
    };
    let gallery = GalleryChange { generation: 1, elders: 1000, templates: 1200, model: [0xab; 32] };
    [
        (ClockTrust::Trusted, Event::Genesis { device: "lc-kfq-017".into() }),
        (ClockTrust::Trusted, Event::Gallery(gallery)),
        (ClockTrust::Trusted, Event::Meal(meal)),
        (ClockTrust::Untrusted, Event::Visit(visit)),
        (ClockTrust::Trusted, Event::Review(review)),
        (ClockTrust::Trusted, Event::Void { entry: 3 }),
    ]
}

#[test]
fn version_1_bodies_are_frozen() {
    let chain = std::fs::read_to_string(Path::new(FIXTURES).join("chain.tsv")).unwrap();
    let mut head = Hash::before_genesis("lc-kfq-017");
    let mut tree = merkle::Tree::default();
    let mut rows = chain.lines().skip(1);
    for (n, (clock, event)) in (1u64..).zip(events()) {
        let row: Vec<&str> = rows.next().unwrap().split('\t').collect();
        let body = std::fs::read(Path::new(FIXTURES).join(row[0])).unwrap();
        let at = format!("2026-03-02T11:42:{n:02}+08:00").parse::<Timestamp>().unwrap();
        let entry = Entry { n, stamp: Stamp { at, clock }, event };
        let salt: Salt = std::array::from_fn(|i| (n * 16) as u8 + i as u8);
        let written = record::encode(&entry, &salt).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&body), "{row:?}");
        assert_eq!(record::decode(&body).unwrap(), (entry, salt));
        assert_eq!(head.to_string(), row[1], "{row:?}");
        head = head.link(&body);
        assert_eq!(head.to_string(), row[2], "{row:?}");
        tree.push(merkle::leaf(&head.0));
    }
    assert_eq!(rows.next(), None);
    assert_eq!((head.to_string(), tree.root().to_string()), (HEAD.into(), ROOT.into()));
}

#[test]
fn an_entry_that_the_format_does_not_hold_is_refused() {
    let [_, (_, gallery), (_, meal), _, (_, review), _] = events();
    let (Event::Meal(meal), Event::Review(review)) = (meal, review) else { unreachable!() };
    let award = |rules: &str, band: &str, city| {
        let (rules, band) = (rules.into(), band.into());
        let award = Award { rules, band, city: Fen::new(city), ..meal.award.clone() };
        Event::Meal(Meal { award, ..meal.clone() })
    };
    let review = |reasons: Vec<Doubt>, candidates: Vec<ElderId>| {
        Event::Review(Review { reasons, candidates, ..review.clone() })
    };
    let date = |date| Event::Meal(Meal { date: day(date), ..meal.clone() });
    let (doubt, who) =
        (vec![Doubt::Quality], |ids: &[&str]| ids.iter().map(|id| elder(id)).collect());
    for (field, event) in [
        ("device", Event::Genesis { device: "".into() }),
        ("device", Event::Genesis { device: "x".repeat(65) }),
        ("device", Event::Genesis { device: "王奶奶".into() }),
        ("rules", award("my rules", "80+", 0)),
        ("band", award("r", "", 0)),
        ("band", award("r", "a\"b", 0)),
        ("city_fen", award("r", "b", u32::MAX)),
        ("date", date("1899-12-31")),
        ("reasons", review(vec![], vec![])),
        ("reasons", review(vec![Doubt::Quality, Doubt::Quality], vec![])),
        ("reasons", review(vec![Doubt::Quality, Doubt::NoMatch], vec![])),
        ("candidates", review(doubt.clone(), who(&["p_1", "p_2", "p_3"]))),
        ("candidates", review(doubt, who(&["p_1", "p_1"]))),
        ("entry", Event::Void { entry: 0 }),
        ("entry", Event::Void { entry: 7 }),
    ] {
        let at = "2026-03-02T11:42:07+08:00".parse().unwrap();
        let entry = Entry { n: 7, stamp: Stamp { at, clock: ClockTrust::Trusted }, event };
        match record::encode(&entry, &[0; 16]) {
            Err(CodecError::Field(named)) => assert_eq!(named, field, "{entry:?}"),
            other => panic!("{entry:?}: {other:?}"),
        }
    }
    let at = "2026-03-02T11:42:07.5+08:00".parse().unwrap();
    let stamp = Stamp { at, clock: ClockTrust::Trusted };
    let entry = Entry { n: 7, stamp, event: gallery };
    assert!(matches!(record::encode(&entry, &[0; 16]), Err(CodecError::Field("at"))));
}

prop_compose! {
    fn any_day()(year in 1900i16..=9999, day in 1i16..=365) -> Date {
        let first = Date::constant(year, 1, 1);
        first.with().day_of_year(day).build().expect("a day of every year")
    }
}

fn any_elder() -> impl Strategy<Value = ElderId> {
    "[A-Za-z_][A-Za-z0-9_-]{0,63}".prop_map(|id| elder(&id))
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

fn any_event() -> impl Strategy<Value = Event> {
    let code = || "[A-Za-z0-9._+-]{1,64}";
    let (window, method) = (|| any_of(&MealWindow::ALL), || any_of(&Method::ALL));
    let award = (code(), code(), 0..=u32::MAX / 2, 0..=u32::MAX / 2).prop_map(
        |(rules, band, city, district)| Award {
            rules,
            band,
            city: Fen::new(city),
            district: Fen::new(district),
        },
    );
    let standing = any_of(&Standing::ALL);
    let meal = (any_elder(), any_day(), window(), method(), award, standing, any_day()).prop_map(
        |(elder, date, window, method, award, standing, eligibility_as_of)| {
            Event::Meal(Meal { elder, date, window, method, award, standing, eligibility_as_of })
        },
    );
    let visit = (any_elder(), any_day(), window(), method(), any_of(&NoAward::ALL)).prop_map(
        |(elder, date, window, method, reason)| {
            Event::Visit(Visit { elder, date, window, method, reason })
        },
    );
    let reasons = prop::sample::subsequence(Doubt::ALL.to_vec(), 1..=Doubt::ALL.len());
    let candidates = prop::collection::btree_set(any_elder(), 0..=2);
    let review = (any_day(), window(), reasons, candidates).prop_map(
        |(date, window, reasons, candidates)| {
            let candidates = candidates.into_iter().collect();
            Event::Review(Review { date, window, reasons, candidates })
        },
    );
    let gallery = (1u64..1 << 53, any::<u32>(), any::<u32>(), any::<[u8; 32]>()).prop_map(
        |(generation, elders, templates, model)| {
            Event::Gallery(GalleryChange { generation, elders, templates, model })
        },
    );
    prop_oneof![
        code().prop_map(|device| Event::Genesis { device }),
        meal,
        visit,
        review,
        (1u64..1000).prop_map(|entry| Event::Void { entry }),
        gallery,
    ]
}

proptest! {
    #[test]
    fn every_entry_comes_back_from_its_bytes(
        event in any_event(),
        n in 1000u64..1 << 53,
        second in -2_208_988_800i64..253_402_200_000,
        clock in any_of(&ClockTrust::ALL),
        salt in any::<Salt>(),
    ) {
        let at = Timestamp::from_second(second).unwrap();
        let entry = Entry { n, stamp: Stamp { at, clock }, event };
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
        let entry = Entry { n: 1000, stamp, event };
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
    let text = include_str!("../docs/ledger-format.md");
    let program = text.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stamp = Stamp { at: Timestamp::UNIX_EPOCH, clock: ClockTrust::Trusted };
    let mut store = Store::init(dir.path(), "lc-kfq-017", stamp).unwrap();
    let [_, _, (_, meal), (_, visit), (_, review), (_, _)] = events();
    let mut head = None;
    for event in [meal, visit, review] {
        head = Some(store.append(stamp, &event).unwrap().hash);
    }
    drop(store);
    let file = dir.path().join(LEDGER_FILE);
    let said = python(&["-c", program, file.to_str().unwrap()]).unwrap();
    let expected = format!("4 entries, head {}\n", head.unwrap());
    assert_eq!(String::from_utf8_lossy(&said.stdout), expected, "{said:?}");
}

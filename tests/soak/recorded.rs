//! Visits through rules and ledger alone: months of them.

use crate::life::Held;
use crate::{alone, root, scale};
use canteend::config::{Config, EXAMPLE, rules};
use canteend::daemon::checkin::Outcome;
use canteend::daemon::writer::Writer;
use canteend::domain::calendar::{Interval, Timestamp};
use canteend::domain::elder::{Consent, Elder, ElderId, Sex};
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::store::{Depth, Reader, Store};
use std::time::{Duration, Instant};

/// Elders of the canteen.
const ELDERS: usize = 400;
/// Visits of a day; every fourth elder comes a second time.
const VISITS_A_DAY: usize = 500;
/// Growth that is SQLite's page cache, in KiB.
const SLACK_KIB: u64 = 16 << 10;
/// How much longer the last visits may take than the first: a tree over a hundred thousand entries
/// is a little deeper than one over a thousand.
const SLOWER_MAX: u32 = 3;

#[test]
fn months_of_visits_are_recorded_without_growing_or_slowing_down() {
    let _alone = alone();
    let visits = scale(2_000, 100_000);
    let dir = tempfile::tempdir().unwrap();
    let first: Timestamp = "2026-03-02T10:30:00+08:00".parse().unwrap();
    let at = |at| Stamp { at, clock: ClockTrust::Trusted };
    let store = Store::init(dir.path(), "soak", at(first)).unwrap();
    let book = rules::load(&root().join("config/rules/lcetdz-2022.toml")).unwrap();
    let as_of = "2026-03-02".parse().unwrap();
    let hours = Config::parse(EXAMPLE, "canteend.toml".as_ref()).unwrap().hours;
    let mut writer = Writer::new(store, roster(), as_of, book, hours);

    let part = visits / 10;
    let mut times = Vec::with_capacity(visits);
    let mut before = None;
    for visit in 0..visits {
        let (day, nth) = (visit / VISITS_A_DAY, visit % VISITS_A_DAY);
        let later = Duration::from_secs((day * 86_400 + nth * 20) as u64);
        let outcome = Outcome::Accepted(id(nth % ELDERS));
        let began = Instant::now();
        writer.settle(at(first + later), &outcome).unwrap();
        times.push(began.elapsed());
        if visit == part {
            before = Some(Held::of(std::process::id()));
        }
    }
    let after = Held::of(std::process::id());
    drop(writer);
    let verified = Reader::open(dir.path()).unwrap().verify(Depth::Full, |_| {}).unwrap();
    // The genesis entry comes on top.
    assert_eq!(verified.entries, visits as u64 + 1);

    let (start, end) = (median(&times[..part]), median(&times[visits - part..]));
    println!("a visit: {start:?} at the start, {end:?} at the end");
    assert!(end <= start * SLOWER_MAX, "{start:?} → {end:?}");
    after.assert_flat_since(before.unwrap(), SLACK_KIB);
}

fn id(number: usize) -> ElderId {
    ElderId::new(&format!("p_{number}")).unwrap()
}

fn roster() -> Vec<Elder> {
    let elder = |number| Elder {
        id: id(number),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: "1941-08-04".parse().unwrap(),
        id_last4: None,
        eligible: vec![Interval::new("2024-01-01".parse().unwrap(), None).unwrap()],
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: false, transmit: true },
    };
    (0..ELDERS).map(elder).collect()
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}

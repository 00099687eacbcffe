//! Fifty boxes, one city, weeks on a bad network: every acknowledged meal arrives exactly once,
//! duplicates are judged alike, and both sides' totals agree.
//!
//! A plan's seed says what happens at the counters, a network's seed what becomes of the
//! connections. What must come out follows from the plan alone.

use super::network::Network;
use super::night::config;
use super::plan::{Plan, Told};
use super::town::{TestBox, Town, clock, meal, wait};
use canteend::city::wire::verdict::{Ruling, Verdict, VerdictReason};
use canteend::clock::{Clock, ScriptedClock};
use canteend::config::rules;
use canteend::daemon::bench::Bench;
use canteend::daemon::night::round::Round;
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::upload::{self, Patience};
use canteend::domain::calendar::{Date, Timestamp};
use canteend::report::{Kind, Period, Report, Sources};
use canteend::store::{LIST_ROWS_MAX, Listing, Reader};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

const BOXES: usize = 50;
const DAYS: u64 = 15;
/// How many of a hundred connections go wrong.
const MISHAPS_PERCENT: u64 = 30;
/// Failures of one night before a box waits for the next one.
const FAILURES_MAX: u32 = 12;

/// Simulated time as one box sees it.
struct OwnClock {
    time: Arc<ScriptedClock>,
    /// By how much the box's clock is wrong, in seconds.
    off_s: i64,
}

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.time.now().as_second() + self.off_s).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.time.monotonic()
    }
}

fn pass(time: &ScriptedClock, by: Duration) {
    time.reached(time.monotonic() + by);
}

/// One night's attempts; waits between failures pass in simulated time alone.
fn try_tonight(test_box: &mut TestBox, own: &OwnClock) -> bool {
    let pause = async |by: Duration| pass(&own.time, by);
    let TestBox { store, client, .. } = test_box;
    let patience = Patience::Failures(FAILURES_MAX);
    match wait(upload::run(store, client, own, patience, pause)) {
        Ok(_) => true,
        Err(problem) => {
            assert!(problem.passing(), "{}: {problem}", client.device());
            false
        }
    }
}

/// Plays a plan on a network of its own, and gives the names of the meals that stand.
fn weeks(plan_seed: u64, network_seed: u64) -> BTreeSet<String> {
    let time = clock("2026-03-01T22:00:00+08:00");
    let town = Town::with_clock(time.clone());
    let network = Network::before(town.running.address(), MISHAPS_PERCENT, network_seed);
    let mut random = fastrand::Rng::with_seed(network_seed ^ plan_seed);
    let mut boxes: Vec<_> = (0..BOXES)
        .map(|place| {
            let mut test_box = town.enrol(&format!("lc-{place:03}"));
            test_box.line(&town, &network.url());
            // One clock in five is wrong by more than the city allows.
            let off_s = if place % 5 == 0 { 4000 * (place as i64 - 20) } else { 0 };
            (test_box, OwnClock { time: time.clone(), off_s })
        })
        .collect();
    // Some boxes have no network for more than a week.
    let away: Vec<_> = (0..BOXES).map(|_| (random.u64(..DAYS), random.u64(..10))).collect();
    let mut plan = Plan::new(plan_seed);
    for day in 0..DAYS {
        for (place, (test_box, _)) in boxes.iter_mut().enumerate() {
            plan.day(place, test_box, day);
        }
        pass(&time, Duration::from_secs(86_400).saturating_sub(since_ten(&time)));
        let mut order: Vec<_> = (0..BOXES).collect();
        order.sort_by_cached_key(|_| random.u64(..));
        for place in order {
            let (from, nights) = away[place];
            let offline = (from..from + nights).contains(&day) || random.u64(..4) == 0;
            if !offline {
                let (test_box, own) = &mut boxes[place];
                try_tonight(test_box, own);
            }
        }
    }
    // In the end everybody has a network again, as bad as it is.
    for (test_box, own) in &mut boxes {
        assert!((0..100).any(|_| try_tonight(test_box, own)), "a network that never works");
    }
    assert!(network.mishaps().iter().all(|count| *count > 10), "{:?}", network.mishaps());
    let stood = both_sides_agree(&town, &boxes, &plan);
    reports_agree(&town, &mut boxes);
    stood
}

/// How long ago it was ten in the evening.
fn since_ten(time: &ScriptedClock) -> Duration {
    Duration::from_secs(time.monotonic().as_secs() % 86_400)
}

fn both_sides_agree(town: &Town, boxes: &[(TestBox, OwnClock)], plan: &Plan) -> BTreeSet<String> {
    let report = town.city.report().unwrap();
    assert!(report.alarms.iter().all(|alarm| alarm.what == "replay"), "{:?}", report.alarms);
    let told = plan.told();
    assert_eq!((report.meals, report.pending), (told.meals, told.pending));
    assert_eq!((report.city_fen, report.district_fen), (told.city_fen, told.district_fen));
    let kept = Connection::open(town.path().join("city.db")).unwrap();
    let mut rejected = BTreeSet::new();
    let mut own = Told::default();
    for (test_box, _) in boxes {
        let entries = same_entries(&kept, test_box);
        assert_eq!(test_box.store.acknowledged().unwrap(), entries);
        let verdicts = standing_verdicts(town, test_box);
        own += plan.settlement(test_box.client.device().as_str(), &verdicts);
        rejected.extend(verdicts);
    }
    assert_eq!(own, told, "the boxes' settlements together are the city's");
    let expected = plan.rejected();
    assert!(!expected.is_empty(), "some elders ate twice");
    // A verdict on a meal that is void by now has no effect.
    rejected.retain(|name| !plan.is_gone(name));
    let differ: Vec<_> = rejected.symmetric_difference(&expected).collect();
    assert!(differ.is_empty(), "judged otherwise: {differ:?}");
    plan.standing()
}

/// Has each box fetch its verdicts in a night's round, and holds the settlement that it then writes
/// against what the city would pay it.
fn reports_agree(town: &Town, boxes: &mut [(TestBox, OwnClock)]) {
    let report = town.city.report().unwrap();
    for ((test_box, own), row) in boxes.iter_mut().zip(&report.devices) {
        let device = test_box.client.device().to_string();
        assert_eq!(row.device, device);
        let config = config(test_box.dir.path(), &device);
        let client = town.enrolled(test_box);
        let mut keeper = Timekeeper::new(&test_box.store, own).unwrap();
        let mut hold = Bench::new(&mut test_box.store, &mut keeper, own);
        let round = Round { config: &config, client, clock: own };
        wait(round.run(&mut hold, &mut |_| {})).into_done().unwrap();
        // What a confirmation moved to the day before may lie in the month before.
        let days = Period::days(Date::constant(2026, 2, 1), Date::constant(2026, 3, 31)).unwrap();
        let rules = rules::load(&config.rules).unwrap();
        let today = Date::constant(2026, 3, 31);
        let sources = Sources { site: &config.site, rules: &rules, elders: None, today };
        let reader = Reader::open(&config.state).unwrap();
        let paper = Report::make(Kind::Settlement, days, &reader, sources).unwrap();
        let paid = paper.table().total("approved_fen").unwrap();
        assert_eq!(paid, row.city_fen + row.district_fen, "{device}");
    }
}

/// Compares each entry of a box with what the city holds, byte for byte. Gives their number.
fn same_entries(city: &Connection, test_box: &TestBox) -> u64 {
    let reader = Reader::open(&test_box.dir.path().join("state")).unwrap();
    let sent = reader.list(Listing::default(), LIST_ROWS_MAX).unwrap();
    let mut stmt =
        city.prepare_cached("SELECT body FROM entry WHERE device = ?1 ORDER BY n").unwrap();
    let device = test_box.client.device().as_str();
    let kept = stmt.query_map([device], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let kept: Vec<_> = kept.collect::<Result<_, _>>().unwrap();
    let sent: Vec<_> = sent.into_iter().map(|recorded| recorded.body).collect();
    assert!(sent == kept, "{device}: the city holds other entries than the box");
    sent.len() as u64
}

/// The meals of a box that the city's verdicts leave rejected in the end. At most one verdict
/// stands on each meal, and each later one names the one before.
fn standing_verdicts(town: &Town, test_box: &TestBox) -> BTreeSet<String> {
    let mut last: BTreeMap<_, Verdict> = BTreeMap::new();
    let mut after = 0;
    let direct = town.enrolled(test_box);
    loop {
        let said = wait(direct.verdicts(town.now(), after)).unwrap();
        for item in said.items {
            let before = last.insert(item.n, item.clone());
            assert_eq!(item.supersedes, before.map(|b| b.id));
            let rejects = item.verdict == Ruling::Rejected;
            assert_eq!(item.reason == VerdictReason::DuplicateOtherCanteen, rejects);
            assert_eq!(item.kept.is_some(), rejects);
        }
        if said.next == after {
            break;
        }
        after = said.next;
    }
    let rejected = last.into_values().filter(|v| v.verdict == Ruling::Rejected);
    rejected.map(|v| format!("{}#{}", v.device, v.n)).collect()
}

#[test]
fn a_fleet_loses_and_doubles_nothing_in_weeks_on_a_bad_network() {
    let fresh = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let stood = std::thread::scope(|scope| {
        let runs = [(1, 1), (1, 2), (fresh, fresh)]
            .map(|(plan, network)| (plan, network, scope.spawn(move || weeks(plan, network))));
        runs.map(|(plan, network, run)| {
            let ended = run.join();
            assert!(ended.is_ok(), "plan {plan} on network {network} failed, see above");
            ended.unwrap()
        })
    });
    // The same meals arrived in other orders.
    assert_eq!(stood[0], stood[1]);
}

#[test]
fn boxes_that_arrive_at_once_are_all_served() {
    let town = Town::new();
    let noon = "2026-03-02T12:00:00+08:00";
    let mut boxes: Vec<_> = (0..BOXES).map(|b| town.enrol(&format!("lc-{b:03}"))).collect();
    std::thread::scope(|scope| {
        for (place, test_box) in boxes.iter_mut().enumerate() {
            scope.spawn(move || {
                for elder in 0..6 {
                    test_box.append(noon, &meal(&format!("p_{place}_{elder}"), noon));
                    if elder % 2 == 1 {
                        test_box.upload().unwrap();
                    }
                }
            });
        }
    });
    let report = town.city.report().unwrap();
    assert_eq!((report.meals, report.entries), (6 * BOXES as i64, 7 * BOXES as i64));
    assert!(report.devices.iter().all(|d| d.last_batch == 3 && d.alarms == 0));
}

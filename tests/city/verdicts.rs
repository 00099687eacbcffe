//! The city's verdicts into the ledger, and its time to the clock.

use super::town::{NIGHT, TestBox, Town, clock, meal, wait};
use canteend::daemon::bench::Bench;
use canteend::daemon::sync::time::{self, Compared};
use canteend::daemon::sync::verdicts::{self, Judged, VerdictsError};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::domain::entry::correction::{Void, VoidReason};
use canteend::domain::entry::{ClockTrust, Event};
use canteend::domain::operator::OperatorId;
use canteend::refcity::mischief::Trick;
use canteend::store::{Depth, Reader, Sums};

const LUNCH: &str = "2026-03-02T12:00:00+08:00";
const EARLIER: &str = "2026-03-02T11:30:00+08:00";

fn judge(test_box: &mut TestBox) -> Result<Judged, VerdictsError> {
    let clock = &*clock(NIGHT);
    let mut keeper = Timekeeper::new(&test_box.store, clock).unwrap();
    let mut hold = Bench::new(&mut test_box.store, &mut keeper, clock);
    wait(verdicts::run_once(&mut hold, &test_box.client, clock))
}

fn sums(test_box: &TestBox) -> Sums {
    let mut reader = Reader::open(&test_box.dir.path().join("state")).unwrap();
    reader.verify(Depth::Full, |_| {}).unwrap().sums.unwrap()
}

fn void(entry: u64) -> Event {
    let operator = OperatorId::new("op-1").unwrap();
    Event::Void(Void { entry, reason: VoidReason::NotEaten, operator })
}

/// A town in which an elder ate at two canteens: the second box's meal is rejected.
fn twice() -> (Town, TestBox, TestBox) {
    let town = Town::new();
    let (mut one, mut other) = (town.enrol("lc-kfq-017"), town.enrol("lc-dcf-003"));
    one.append(EARLIER, &meal("p_1", EARLIER));
    other.append(LUNCH, &meal("p_1", LUNCH));
    other.append(LUNCH, &meal("p_2", LUNCH));
    one.upload().unwrap();
    other.upload().unwrap();
    (town, one, other)
}

#[test]
fn a_rejected_meal_is_taken_off_and_given_back_when_the_other_is_undone() {
    let (_town, mut one, mut other) = twice();
    assert_eq!(judge(&mut one).unwrap(), Judged::default());
    assert_eq!(judge(&mut other).unwrap(), Judged { written: 1, passed_over: 0 });
    assert_eq!((sums(&other).meals, sums(&other).reduced_fen), (2, 400));
    assert_eq!(judge(&mut other).unwrap(), Judged::default(), "each verdict comes once");
    // The verdict itself is uploaded, and changes nothing at the city.
    other.upload().unwrap();
    one.append(NIGHT, &void(2));
    one.upload().unwrap();
    assert_eq!(judge(&mut other).unwrap(), Judged { written: 1, passed_over: 0 });
    assert_eq!(sums(&other).reduced_fen, 0);
}

#[test]
fn a_verdict_on_a_meal_that_was_undone_meanwhile_is_passed_over_and_nothing_counts_twice() {
    let (_town, _one, mut other) = twice();
    other.append("2026-03-02T21:00:00+08:00", &void(2));
    assert_eq!(judge(&mut other).unwrap(), Judged { written: 0, passed_over: 1 });
    other.upload().unwrap();
    let sums = sums(&other);
    assert_eq!((sums.meals, sums.city_fen + sums.district_fen, sums.reduced_fen), (1, 400, 0));
}

#[test]
fn verdicts_that_break_off_or_are_not_the_citys_come_again() {
    let (town, _one, mut other) = twice();
    for trick in [Trick::Fail, Trick::WrongSignature] {
        town.city.mischief.trick([trick]);
        assert!(judge(&mut other).unwrap_err().passing());
        assert_eq!(other.store.verdicts_after().unwrap(), 0);
    }
    assert_eq!(judge(&mut other).unwrap().written, 1);
}

fn compare(test_box: &mut TestBox, now: &str) -> Compared {
    let clock = &*clock(now);
    let mut keeper = Timekeeper::new(&test_box.store, clock).unwrap();
    let mut hold = Bench::new(&mut test_box.store, &mut keeper, clock);
    wait(time::run_once(&mut hold, &test_box.client, clock)).unwrap()
}

#[test]
fn the_citys_time_confirms_a_clock_that_agrees_and_no_other() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    assert_eq!(compare(&mut test_box, "2026-03-02T22:00:59+08:00"), Compared::Agrees);
    assert_eq!(compare(&mut test_box, "2026-03-02T22:01:30+08:00"), Compared::Differs(90));
    test_box.append_by(LUNCH, ClockTrust::Untrusted, &meal("p_1", LUNCH));
    assert_eq!(compare(&mut test_box, "2026-03-02T21:50:00+08:00"), Compared::Differs(-600));
    assert!(!test_box.store.clock().unwrap().change.unwrap().trusted);
    assert_eq!(compare(&mut test_box, NIGHT), Compared::Confirmed);
    assert!(test_box.store.clock().unwrap().change.unwrap().trusted);
    assert_eq!(compare(&mut test_box, NIGHT), Compared::Agrees);
}

#[test]
fn a_time_that_is_not_signed_by_the_city_confirms_nothing() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append_by(LUNCH, ClockTrust::Untrusted, &meal("p_1", LUNCH));
    town.city.mischief.trick([Trick::WrongSignature]);
    let clock = &*clock(NIGHT);
    let mut keeper = Timekeeper::new(&test_box.store, clock).unwrap();
    let mut hold = Bench::new(&mut test_box.store, &mut keeper, clock);
    let told = wait(time::run_once(&mut hold, &test_box.client, clock)).unwrap_err();
    assert!(told.passing(), "{told}");
    assert!(!test_box.store.clock().unwrap().change.unwrap().trusted);
}

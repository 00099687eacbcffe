//! A box that was restored from a copy enrols anew, and goes on under another epoch.

use super::town::{NIGHT, TestBox, Town, at, clock, meal, wait};
use canteend::city::client::{self, Client};
use canteend::city::wire::enrol::RefusalCode;
use canteend::city::wire::suite::SigningKey;
use canteend::daemon::bench::Bench;
use canteend::daemon::epoch::Taken;
use canteend::daemon::sync::verdicts::{self, Judged};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::upload::{self, UploadError};
use canteend::domain::entry::correction::{Void, VoidReason};
use canteend::domain::entry::operation::Held;
use canteend::domain::entry::{ClockTrust, EntryNumber, Event, Stamp};
use canteend::domain::operator::OperatorId;
use canteend::refcity::{EpochRow, Report};
use canteend::store::{Depth, Reader, Sums};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const EARLY: &str = "2026-03-02T11:30:00+08:00";
const LUNCH: &str = "2026-03-02T12:00:00+08:00";
const LATER: &str = "2026-03-02T12:30:00+08:00";
/// When a restored box is enrolled, unless a test says otherwise.
const AFTERNOON: &str = "2026-03-02T13:00:00+08:00";
const SUPPER: &str = "2026-03-02T17:00:00+08:00";

/// A copy on a stick, as `canteend backup` makes it.
pub struct Copy {
    dir: TempDir,
}

impl Copy {
    pub fn of(test_box: &TestBox) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let copy = Copy { dir };
        reader(test_box).back_up(&copy.path()).unwrap();
        copy
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("copy.db")
    }

    /// The box after its disk died.
    pub fn restored(&self, town: &Town, dead: &TestBox) -> TestBox {
        dead.restored(town, &self.path())
    }
}

fn reader(test_box: &TestBox) -> Reader {
    Reader::open(&test_box.dir.path().join("state")).unwrap()
}

/// What the box's own ledger amounts to, once it has been verified.
pub fn sums(test_box: &TestBox) -> Sums {
    reader(test_box).verify(Depth::Full, |_| {}).unwrap().sums.unwrap()
}

pub fn eat(test_box: &mut TestBox, time: &str, elders: &[&str]) -> EntryNumber {
    elders.iter().map(|elder| test_box.append(time, &meal(elder, time))).last().unwrap()
}

pub fn void(test_box: &mut TestBox, time: &str, entry: EntryNumber) {
    let operator = OperatorId::new("op-1").unwrap();
    let void = Void { entry, reason: VoidReason::NotEaten, operator };
    test_box.append(time, &Event::Void(void));
}

fn stamp(time: &str) -> Stamp {
    Stamp { at: at(time), clock: ClockTrust::Trusted }
}

pub fn judge(test_box: &mut TestBox, time: &str) -> Judged {
    let clock = &*clock(time);
    let mut keeper = Timekeeper::new(&test_box.store, clock).unwrap();
    let mut hold = Bench::new(&mut test_box.store, &mut keeper, clock);
    wait(verdicts::run_once(&mut hold, &test_box.client, clock)).unwrap()
}

pub fn report(town: &Town) -> Report {
    town.city.report().unwrap()
}

fn epoch(town: &Town, epoch: u64) -> EpochRow {
    report(town).epochs.into_iter().find(|row| row.epoch == epoch).unwrap()
}

pub fn alarms(town: &Town) -> Vec<String> {
    report(town).alarms.into_iter().map(|alarm| alarm.what).collect()
}

/// A box with two meals, a copy of it, and two more meals that the city has acknowledged and the
/// copy lacks: entries 4 and 5.
fn lost(town: &Town) -> (TestBox, Copy) {
    let mut dead = town.enrol("lc-kfq-017");
    eat(&mut dead, EARLY, &["p_1", "p_2"]);
    dead.upload().unwrap();
    let copy = Copy::of(&dead);
    eat(&mut dead, LUNCH, &["p_3", "p_4"]);
    dead.upload().unwrap();
    (dead, copy)
}

#[test]
fn a_dead_disk_is_restored_enrolled_anew_and_every_acknowledged_meal_counts_once() {
    let town = Town::new();
    let (dead, copy) = lost(&town);
    let mut restored = copy.restored(&town, &dead);
    assert_eq!(restored.store.copied().unwrap(), Some(3));
    // It serves before anybody has enrolled it.
    eat(&mut restored, LATER, &["p_5"]);
    let taken = restored.enrol_anew(&town, AFTERNOON);
    let expected = Taken { epoch: 2, began: true, lacking: Some((4, 5, 1)), copied: false };
    assert_eq!(taken, expected);
    eat(&mut restored, NIGHT, &["p_6"]);
    restored.upload().unwrap();
    assert_eq!(
        restored.store.acknowledged().unwrap(),
        restored.store.last_entry().unwrap(),
        "everything is with the city again"
    );
    // p_1, p_2, p_5 and p_6 are with both, p_3 and p_4 with the city only.
    let (sums, told) = (sums(&restored), report(&town));
    assert_eq!((sums.meals, told.meals), (4, 6));
    assert_eq!(told.city_fen as u64, sums.city_fen + 2 * 200);
    let row = epoch(&town, 2);
    assert_eq!((row.trunk, row.shared, row.only_here), (1, 3, None));
    assert_eq!(epoch(&town, 1).only_here, Some((4, 5)));
    assert!(town.page().contains("第4至5条"), "{}", town.page());
    assert!(alarms(&town).is_empty());
    // To take it once more does nothing.
    assert_eq!(restored.store.begin_epoch(stamp(NIGHT), 2, None).unwrap(), None);
}

#[test]
fn without_a_new_code_a_restored_box_is_told_the_way_back() {
    let town = Town::new();
    let (dead, copy) = lost(&town);
    let mut restored = copy.restored(&town, &dead);
    // The key was saved from the old disk.
    restored.key = dead.key.clone();
    restored.turn_to(&town);
    eat(&mut restored, LATER, &["p_5"]);
    let told = restored.upload().unwrap_err();
    assert!(matches!(told, UploadError::Conflict(2)), "{told}");
    assert!(told.to_string().contains("canteend provision"), "{told}");
    let taken = restored.enrol_anew(&town, AFTERNOON);
    assert_eq!((taken.epoch, taken.lacking), (2, Some((4, 5, 1))));
    restored.upload().unwrap();
    assert_eq!(report(&town).meals, 5);
}

#[test]
fn a_meal_that_the_lost_entries_have_already_is_not_paid_again() {
    for restored_first in [true, false] {
        let town = Town::new();
        let mut other = town.enrol("lc-dcf-003");
        let (dead, copy) = lost(&town);
        let mut restored = copy.restored(&town, &dead);
        restored.enrol_anew(&town, AFTERNOON);
        // p_3 had lunch before the disk died, and gets another; p_4 ate elsewhere, earlier.
        eat(&mut restored, SUPPER, &["p_3"]);
        eat(&mut other, EARLY, &["p_4"]);
        let order = if restored_first { [true, false] } else { [false, true] };
        for turn in order {
            if turn {
                restored.upload().unwrap()
            } else {
                other.upload().unwrap()
            };
        }
        // The lost meal of p_4 is rejected: no entry of the restored box is touched by that, whatever
        // its number. The second meal of p_3 is.
        assert_eq!(judge(&mut restored, NIGHT), Judged { written: 1, passed_over: 1 });
        assert_eq!(judge(&mut other, NIGHT), Judged::default());
        let (own, told) = (sums(&restored), report(&town));
        assert_eq!((own.meals, own.reduced_fen), (3, 400));
        // p_1, p_2, the lost meal of p_3, and that of p_4 elsewhere.
        assert_eq!((told.meals, told.city_fen), (4, 800));
        let duplicates: Vec<_> =
            told.duplicates.iter().map(|d| (d.elder.as_str(), d.kept.as_str())).collect();
        assert_eq!(duplicates, [("p_3", "lc-kfq-017#4"), ("p_4", "lc-dcf-003#2")]);
        restored.upload().unwrap();
        assert_eq!(report(&town).meals, 4, "the verdict itself changes nothing");
    }
}

#[test]
fn the_box_that_was_replaced_is_refused_with_an_alarm() {
    let town = Town::new();
    let (mut dead, copy) = lost(&town);
    let mut restored = copy.restored(&town, &dead);
    restored.enrol_anew(&town, AFTERNOON);
    restored.upload().unwrap();
    let before = report(&town).entries;
    // It was not dead, or somebody has its key.
    eat(&mut dead, NIGHT, &["p_9"]);
    let told = dead.upload().unwrap_err();
    assert!(matches!(told, UploadError::Over(3)), "{told}");
    assert!(!told.passing() && told.to_string().contains("another box"), "{told}");
    assert_eq!(alarms(&town), ["epoch"]);
    let told = wait(dead.client.verdicts(at(NIGHT), 0)).unwrap_err();
    assert!(matches!(told.refusal(), Some((RefusalCode::Epoch, _))), "{told}");
    // On a stick: what the city holds gets its receipt again, and nothing else does.
    let held = dead.store.batch(2).unwrap().unwrap().envelope;
    town.city.take_carried(&held).unwrap();
    let fresh = dead.store.batch(3).unwrap().unwrap().envelope;
    assert_eq!(town.city.take_carried(&fresh).unwrap_err(), RefusalCode::Epoch);
    assert_eq!(report(&town).entries, before);
    assert!(town.page().contains("已被取代的设备"), "{}", town.page());
    // The new key cannot be made to speak for the epoch that is over either.
    let envelope = dead.store.batch(3).unwrap().unwrap().envelope;
    let told = wait(restored.client.put_batch(at(NIGHT), 3, &envelope)).unwrap_err();
    assert!(matches!(told.refusal(), Some((RefusalCode::Epoch, _))), "{told}");
}

#[test]
fn an_answer_that_was_lost_is_given_again_and_a_used_code_enrols_nobody_else() {
    let town = Town::new();
    let (dead, copy) = lost(&town);
    let mut restored = copy.restored(&town, &dead);
    let device = restored.client.device().clone();
    let code = town.city.make_code(&device).unwrap();
    let enrol = |key: &SigningKey| wait(client::enrol(&town.url(), &device, key.public(), &code));
    let first = enrol(&restored.key).unwrap();
    eat(&mut restored, LATER, &["p_5"]);
    // The command is cut off here: the ledger says nothing of the epoch, and nothing goes out.
    let told = restored.upload().unwrap_err();
    assert!(matches!(told, UploadError::Over(2)) && !told.passing(), "{told}");
    assert!(told.to_string().contains("same code"), "{told}");
    let again = enrol(&restored.key).unwrap();
    assert_eq!(again, first);
    assert_eq!((again.epoch, again.held.unwrap().last), (2, 5));
    let told = enrol(&dead.key).unwrap_err();
    assert_eq!(told.refusal().unwrap().0, RefusalCode::Code);
    for began in [true, false] {
        assert_eq!(restored.take(&town, &again, AFTERNOON).began, began);
    }
    restored.upload().unwrap();
    assert_eq!(report(&town).meals, 5);
}

#[test]
fn an_older_copy_after_a_newer_one_goes_on_under_a_third_epoch() {
    let town = Town::new();
    let mut dead = town.enrol("lc-kfq-017");
    eat(&mut dead, EARLY, &["p_1"]);
    dead.upload().unwrap();
    let old = Copy::of(&dead);
    eat(&mut dead, EARLY, &["p_2"]);
    dead.upload().unwrap();
    let newer = Copy::of(&dead);
    eat(&mut dead, LUNCH, &["p_3"]);
    dead.upload().unwrap();
    let mut second = newer.restored(&town, &dead);
    second.enrol_anew(&town, AFTERNOON);
    eat(&mut second, SUPPER, &["p_4"]);
    second.upload().unwrap();
    let mut third = old.restored(&town, &dead);
    let taken = third.enrol_anew(&town, AFTERNOON);
    let last = second.store.last_entry().unwrap();
    assert_eq!((taken.epoch, taken.lacking), (3, Some((3, last, 2))));
    eat(&mut third, NIGHT, &["p_5"]);
    third.upload().unwrap();
    assert_eq!(report(&town).meals, 5);
    let rows: Vec<_> =
        report(&town).epochs.iter().map(|e| (e.epoch, e.trunk, e.shared, e.only_here)).collect();
    assert_eq!(rows, [(1, 0, 0, Some((3, 4))), (2, 1, 3, Some((4, last))), (3, 1, 2, None)]);
    let told = second.upload();
    assert!(told.is_ok(), "it has nothing new");
    eat(&mut second, NIGHT, &["p_6"]);
    assert!(matches!(second.upload().unwrap_err(), UploadError::Over(_)));
}

#[test]
fn entries_that_come_in_two_epochs_are_the_same_entries() {
    let town = Town::new();
    let mut dead = town.enrol("lc-kfq-017");
    eat(&mut dead, EARLY, &["p_1"]);
    dead.upload().unwrap();
    eat(&mut dead, EARLY, &["p_2", "p_3"]);
    // Sealed and not sent when the copy is taken, and acknowledged after that.
    wait(upload::seal_all(&mut dead.store, dead.client.signer())).unwrap();
    let copy = Copy::of(&dead);
    let third = eat(&mut dead, LUNCH, &["p_4"]);
    dead.upload().unwrap();
    let mut restored = copy.restored(&town, &dead);
    assert!(restored.store.next_batch().unwrap().is_some());
    assert_eq!(restored.enrol_anew(&town, AFTERNOON).lacking, Some((third, third, 1)));
    assert_eq!(restored.store.next_batch().unwrap(), None, "it is sealed anew");
    // A void names the meal that both epochs have.
    void(&mut restored, SUPPER, 3);
    restored.upload().unwrap();
    assert_eq!((report(&town).meals, sums(&restored).meals), (3, 2));
    assert_eq!((epoch(&town, 2).shared, epoch(&town, 1).only_here), (4, Some((5, 5))));
    // Every batch since is of the new epoch, and the city's tree is that of the box.
    eat(&mut restored, NIGHT, &["p_5"]);
    restored.upload().unwrap();
    let town = town.restart();
    restored.turn_to(&town);
    eat(&mut restored, NIGHT, &["p_6"]);
    restored.upload().unwrap();
    assert_eq!((report(&town).meals, sums(&restored).meals), (5, 4));
}

#[test]
fn what_the_lost_entries_undid_stays_undone_and_the_box_is_told() {
    let town = Town::new();
    let mut dead = town.enrol("lc-kfq-017");
    let meals = eat(&mut dead, EARLY, &["p_1", "p_2"]);
    dead.upload().unwrap();
    let copy = Copy::of(&dead);
    void(&mut dead, LUNCH, meals);
    dead.upload().unwrap();
    assert_eq!(report(&town).meals, 1);
    let mut restored = copy.restored(&town, &dead);
    restored.enrol_anew(&town, AFTERNOON);
    eat(&mut restored, SUPPER, &["p_7"]);
    restored.upload().unwrap();
    assert_eq!(report(&town).meals, 2);
    assert_eq!(judge(&mut restored, NIGHT), Judged { written: 1, passed_over: 0 });
    let own = sums(&restored);
    assert_eq!((own.meals, own.city_fen + own.district_fen - own.reduced_fen), (3, 800));
    assert_eq!(report(&town).city_fen + report(&town).district_fen, 800);
    restored.upload().unwrap();
    assert_eq!(judge(&mut restored, NIGHT), Judged::default());
}

#[test]
fn a_box_that_lost_nothing_goes_on_where_it_was_under_the_same_key() {
    let town = Town::new();
    let (mut test_box, _) = lost(&town);
    let taken = test_box.enrol_anew(&town, AFTERNOON);
    assert_eq!((taken.epoch, taken.lacking, taken.copied), (2, None, false));
    eat(&mut test_box, NIGHT, &["p_5"]);
    test_box.upload().unwrap();
    let row = epoch(&town, 2);
    assert_eq!((report(&town).meals, row.trunk, row.shared), (5, 1, 5));
    assert_eq!(epoch(&town, 1).only_here, None);
    assert!(alarms(&town).is_empty());
}

#[test]
fn a_box_without_a_copy_begins_its_chain_anew() {
    let town = Town::new();
    lost(&town);
    let mut fresh = town.enrol_as("lc-kfq-017", Arc::new(SigningKey::from_seed(&[8; 32]).unwrap()));
    canteend::city::identity::device_key_or_new(&fresh.dir.path().join("state"), None).unwrap();
    let taken = fresh.enrol_anew(&town, AFTERNOON);
    assert_eq!((taken.epoch, taken.lacking), (2, Some((1, 5, 1))));
    eat(&mut fresh, SUPPER, &["p_5"]);
    fresh.upload().unwrap();
    let row = epoch(&town, 2);
    assert_eq!((report(&town).meals, row.trunk, row.shared), (5, 0, 0));
    assert_eq!(epoch(&town, 1).only_here, Some((1, 5)));
}

#[test]
fn batches_that_go_on_from_nothing_the_city_holds_are_a_conflict() {
    let town = Town::new();
    lost(&town);
    let elsewhere = Town::new();
    let mut stranger = elsewhere.enrol("lc-kfq-017");
    eat(&mut stranger, EARLY, &["p_8"]);
    stranger.upload().unwrap();
    // Its receipts are of another city; this one has never heard of its batches.
    let device = stranger.client.device().clone();
    let code = town.city.make_code(&device).unwrap();
    wait(client::enrol(&town.url(), &device, stranger.key.public(), &code)).unwrap();
    stranger.client =
        Client::new(town.url(), device, stranger.key.clone(), town.city.public_key().clone())
            .unwrap();
    let held = Some(Held { epoch: 1, last: 5, head: [7; 32] });
    stranger.store.begin_epoch(stamp(NIGHT), 2, held).unwrap();
    // The city asks for the batch before, which is not the one that it holds.
    let told = stranger.upload().unwrap_err();
    assert!(matches!(told, UploadError::Conflict(1)), "{told}");
    assert_eq!(alarms(&town), ["epoch", "gap"]);
}

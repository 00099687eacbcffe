//! A city that lost what it had acknowledged or given out, and goes on from a copy of its own.

use super::epochs::{alarms, eat, report, sums};
use super::sync::{sync, upserts};
use super::town::{NIGHT, TestBox, Town};
use canteend::daemon::upload::UploadError;

const EARLY: &str = "2026-03-02T11:30:00+08:00";
const LUNCH: &str = "2026-03-02T12:00:00+08:00";
const AFTERNOON: &str = "2026-03-02T13:00:00+08:00";

/// What `of` has eaten at its canteen is with the city, all of it and once.
fn all_is_there(town: &Town, of: &TestBox, meals: u64) {
    assert_eq!(of.store.acknowledged().unwrap(), of.store.last_entry().unwrap());
    assert_eq!((report(town).meals as u64, sums(of).meals), (meals, meals));
}

#[test]
fn what_the_city_lost_comes_again_in_the_epoch_that_a_new_code_begins() {
    for first_is_lost in [false, true] {
        let town = Town::new();
        let mut test_box = town.enrol("lc-kfq-017");
        let empty = town.copy();
        eat(&mut test_box, EARLY, &["p_1"]);
        test_box.upload().unwrap();
        let copy = if first_is_lost { empty } else { town.copy() };
        eat(&mut test_box, LUNCH, &["p_2"]);
        test_box.upload().unwrap();
        let town = town.set_back(copy);
        test_box.turn_to(&town);
        let taken = test_box.enrol_anew(&town, AFTERNOON);
        assert_eq!((taken.epoch, taken.lacking), (2, None));
        let with_the_city = if first_is_lost { 0 } else { 2 };
        assert_eq!(test_box.store.acknowledged().unwrap(), with_the_city);
        test_box.upload().unwrap();
        eat(&mut test_box, NIGHT, &["p_3"]);
        test_box.upload().unwrap();
        all_is_there(&town, &test_box, 3);
        assert!(alarms(&town).is_empty());
    }
}

#[test]
fn what_the_city_lost_of_a_later_epoch_comes_again_by_itself() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    eat(&mut test_box, EARLY, &["p_1"]);
    test_box.upload().unwrap();
    test_box.enrol_anew(&town, AFTERNOON);
    let copy = town.copy();
    for elder in ["p_2", "p_3"] {
        eat(&mut test_box, AFTERNOON, &[elder]);
        test_box.upload().unwrap();
    }
    let town = town.set_back(copy);
    test_box.turn_to(&town);
    eat(&mut test_box, NIGHT, &["p_4"]);
    test_box.upload().unwrap();
    all_is_there(&town, &test_box, 4);
    assert_eq!(alarms(&town), ["gap"]);
}

#[test]
fn what_the_city_lost_of_an_epoch_that_is_over_takes_a_new_code() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    eat(&mut test_box, EARLY, &["p_1"]);
    test_box.upload().unwrap();
    let copy = town.copy();
    eat(&mut test_box, LUNCH, &["p_2"]);
    test_box.upload().unwrap();
    test_box.enrol_anew(&town, AFTERNOON);
    eat(&mut test_box, AFTERNOON, &["p_3"]);
    test_box.upload().unwrap();
    // The copy was made in epoch 1. The city has put its count right, and nothing else.
    let city = rusqlite::Connection::open(copy.path().join("city.db")).unwrap();
    city.execute_batch(
        "INSERT INTO old_key (device, epoch, until, key, key_id)
         SELECT id, 1, 9223372036854775807, key, key_id FROM device;
         UPDATE device SET epoch = 2;
         INSERT INTO epoch (device, epoch, began_at, key_id)
         SELECT id, 2, enrolled_at, key_id FROM device;",
    )
    .unwrap();
    drop(city);
    let town = town.set_back(copy);
    test_box.turn_to(&town);
    eat(&mut test_box, NIGHT, &["p_4"]);
    let told = test_box.upload().unwrap_err();
    assert!(matches!(told, UploadError::Conflict(2)) && !told.passing(), "{told}");
    assert!(told.to_string().contains("canteend provision"), "{told}");
    assert_eq!(test_box.enrol_anew(&town, NIGHT).epoch, 3);
    test_box.upload().unwrap();
    all_is_there(&town, &test_box, 4);
}

#[test]
fn a_box_misses_no_change_of_a_gallery_that_went_back_and_on() {
    // After as many changes as were lost, and after more.
    for changes in [1, 2] {
        let town = Town::new();
        let mut test_box = town.enrol("lc-kfq-017");
        town.city.change(&upserts(0..2)).unwrap();
        let copy = town.copy();
        town.city.change(&upserts(2..3)).unwrap();
        sync(&mut test_box).unwrap();
        let town = town.set_back(copy);
        test_box.turn_to(&town);
        for elder in 3..3 + changes {
            town.city.change(&upserts(elder..elder + 1)).unwrap();
        }
        sync(&mut test_box).unwrap();
        let gallery = test_box.store.load_gallery().unwrap();
        let here: Vec<_> = gallery.iter().map(|e| e.elder.id.as_str().to_owned()).collect();
        let meant = [0, 1].into_iter().chain(3..3 + changes).map(|i| format!("p_{i:03}"));
        assert_eq!(here, meant.collect::<Vec<_>>());
        // From there it goes on by changes alone.
        town.city.change(&upserts(9..10)).unwrap();
        assert_eq!(sync(&mut test_box).unwrap().arrivals, 1);
    }
}

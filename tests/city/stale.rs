//! Answers to other questions: pages and verdicts that were good once and are given again, and a
//! city that was set back.

use super::commands::{canteend_with, to_be_enrolled};
use super::sync::{gone, row, sync, upserts};
use super::town::{NIGHT, Town, meal, wait};
use canteend::city::client::SendError;
use canteend::city::wire::page::TombstoneWhy;
use canteend::daemon::sync::SyncError;
use canteend::refcity::Change;
use canteend::refcity::mischief::Trick;
use canteend::store::{Listing, Reader};

const LUNCH: &str = "2026-03-02T12:00:00+08:00";

#[test]
fn a_page_that_is_given_again_later_is_refused() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..3)).unwrap();
    town.city.mischief.trick([Trick::Keep]);
    sync(&mut test_box).unwrap();
    // Whoever kept the first page would have a withdrawn face come back by it.
    town.city.change(&[gone(1, TombstoneWhy::Withdrawn)]).unwrap();
    sync(&mut test_box).unwrap();
    let before = test_box.store.load_gallery().unwrap();
    town.city.mischief.trick([Trick::Stale]);
    let told = sync(&mut test_box).unwrap_err();
    assert!(matches!(told, SyncError::Send(SendError::Answer(_))), "{told}");
    assert!(told.refused());
    assert_eq!(test_box.store.load_gallery().unwrap(), before);
    sync(&mut test_box).unwrap();
}

#[test]
fn verdicts_that_are_given_again_later_are_refused() {
    let town = Town::new();
    let (mut one, mut other) = (town.enrol("lc-kfq-017"), town.enrol("lc-dcf-003"));
    let line = town.enrolled(&other);
    let ask = |after| wait(line.verdicts(town.now(), after));
    town.city.mischief.trick([Trick::Keep]);
    assert!(ask(0).unwrap().items.is_empty());
    // An empty answer of before would hold a verdict back for ever.
    one.append(LUNCH, &meal("p_1", LUNCH));
    other.append(NIGHT, &meal("p_1", NIGHT));
    one.upload().unwrap();
    other.upload().unwrap();
    let verdicts = ask(0).unwrap();
    assert_eq!(verdicts.items.len(), 1);
    town.city.mischief.trick([Trick::Stale]);
    let told = ask(verdicts.next).unwrap_err();
    assert!(matches!(told, SendError::Answer(_)), "{told}");
    assert!(told.passing());
}

#[test]
fn the_answer_of_a_quiet_night_is_not_believed_in_another() {
    let town = Town::new();
    let (mut one, mut other) = (town.enrol("lc-kfq-017"), town.enrol("lc-dcf-003"));
    town.city.change(&upserts(0..3)).unwrap();
    sync(&mut other).unwrap();
    // Nothing is new: the questions are the same each night until something is.
    town.city.mischief.trick([Trick::Keep]);
    assert_eq!(sync(&mut other).unwrap().change, None);
    town.city.change(&[gone(1, TombstoneWhy::Withdrawn)]).unwrap();
    town.city.mischief.trick([Trick::Stale]);
    let told = sync(&mut other).unwrap_err();
    assert!(matches!(told, SyncError::Send(SendError::Answer(_))) && told.refused(), "{told}");
    assert_eq!(sync(&mut other).unwrap().leavers, 1);

    let line = town.enrolled(&other);
    let ask = || wait(line.verdicts(town.now(), 0));
    town.city.mischief.trick([Trick::Keep]);
    assert!(ask().unwrap().items.is_empty());
    one.append(LUNCH, &meal("p_1", LUNCH));
    other.append(NIGHT, &meal("p_1", NIGHT));
    one.upload().unwrap();
    other.upload().unwrap();
    town.city.mischief.trick([Trick::Stale]);
    assert!(matches!(ask().unwrap_err(), SendError::Answer(_)));
    assert_eq!(ask().unwrap().items.len(), 1);
}

#[test]
fn a_row_that_does_not_hold_is_left_out_until_one_comes_that_does() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..120)).unwrap();
    sync(&mut test_box).unwrap();
    let left_out = |test_box: &super::town::TestBox| test_box.store.left_out().unwrap().rows;
    assert_eq!(left_out(&test_box), 0);
    let bad = |i: usize| {
        let mut bad = row(i);
        bad.birth = "1943".into();
        Change::Upsert(bad)
    };
    town.city.change(&[bad(3), bad(4), bad(5)]).unwrap();
    assert_eq!(sync(&mut test_box).unwrap().bad, 3);
    assert_eq!(left_out(&test_box), 3);
    // Nights in which nothing is new change nothing about it.
    assert_eq!(sync(&mut test_box).unwrap().bad, 0);
    assert_eq!(left_out(&test_box), 3);
    let mended = [Change::Upsert(row(3)), Change::Upsert(row(4)), gone(4, TombstoneWhy::Moved)];
    town.city.change(&mended).unwrap();
    sync(&mut test_box).unwrap();
    assert_eq!(left_out(&test_box), 1);
    // From nothing, also where the first page comes twice.
    test_box.store.forget_city_gallery().unwrap();
    town.city.change(&[bad(7)]).unwrap();
    town.city.mischief.trick([Trick::None, Trick::Fail]);
    sync(&mut test_box).unwrap_err();
    sync(&mut test_box).unwrap();
    assert_eq!(left_out(&test_box), 2);
    assert_eq!(sync_clean(&town, &mut test_box), 0);
}

fn sync_clean(town: &Town, test_box: &mut super::town::TestBox) -> u32 {
    town.city.change(&[Change::Upsert(row(5)), Change::Upsert(row(7))]).unwrap();
    sync(test_box).unwrap();
    test_box.store.left_out().unwrap().rows
}

#[test]
fn a_city_that_was_set_back_is_taken_by_hand_alone() {
    let town = Town::new();
    let (dir, config, url, code) = to_be_enrolled(&town);
    let typed = |args: &[&str]| canteend_with(&[args, &["--config", &config]].concat(), &[]);
    typed(&["provision", "--city", &url, "--code", &code]);
    for n in 0..4 {
        town.city.change(&upserts(n..n + 1)).unwrap();
    }
    assert_eq!(typed(&["gallery", "sync"]).code, 0);
    // The city's elders are those of a copy that was made long ago.
    let city = rusqlite::Connection::open(town.path().join("city.db")).unwrap();
    let lose = |after: i64| {
        city.execute("DELETE FROM elder WHERE generation > ?1", [after]).unwrap();
        city.execute("DELETE FROM generation WHERE number > ?1", [after]).unwrap();
    };
    lose(2);
    let told = typed(&["gallery", "sync"]);
    assert_eq!(told.code, 65, "{}", told.err);
    assert!(told.err.contains("canteend gallery sync --from-nothing"), "{}", told.err);
    let taken = typed(&["gallery", "sync", "--from-nothing"]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    assert!(taken.out.contains("2 elders"), "{}", taken.out);
    let reader = Reader::open(&dir.path().join("state")).unwrap();
    let entries = reader.list(Listing::default(), 100).unwrap();
    let galleries = entries.iter().filter(|recorded| {
        matches!(recorded.entry.event, canteend::domain::entry::Event::Gallery(_))
    });
    assert_eq!(galleries.count(), 2, "the ledger says so");
    // An older one still is refused after that.
    lose(1);
    assert_eq!(typed(&["gallery", "sync"]).code, 65);
}

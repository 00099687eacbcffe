//! One box and one city with a bad line between them.

use super::network::Network;
use super::town::{NIGHT, TestBox, Town, clock, meal};
use canteend::city::wire::enrol::RefusalCode;
use canteend::clock::Clock as _;
use canteend::daemon::upload::{Patience, UploadError};
use canteend::domain::entry::ClockTrust;
use canteend::refcity::mischief::{Cut, Trick};
use canteend::store::Store;
use std::time::Duration;

const LUNCH: &str = "2026-03-02T12:00:00+08:00";

/// Both sides hold the same: every entry once, all acknowledged.
#[track_caller]
fn agree(town: &Town, test_box: &TestBox, entries: u64) {
    let report = town.city.report().unwrap();
    assert_eq!(report.entries, entries as i64);
    assert_eq!(test_box.store.acknowledged().unwrap(), entries);
    assert_eq!(report.devices[0].last_entry, entries as i64);
}

/// Uploads of one ledger before another one is begun, so that ledgers stay short.
const ROUNDS: u64 = 200;

/// Uploads two new entries over a line that is cut once, at every byte in turn, until a whole
/// upload gets through before the cut. Gives the number of cuts.
fn cut_at_every_byte(cut: impl Fn(u64) -> Cut) -> u64 {
    for first in (0..).step_by(ROUNDS as usize) {
        let town = Town::new();
        let mut test_box = town.enrol("lc-kfq-017");
        for round in 0..ROUNDS {
            for elder in [format!("p_{round}_1"), format!("p_{round}_2")] {
                test_box.append(LUNCH, &meal(&elder, LUNCH));
            }
            town.city.mischief.cut([cut(first + round)]);
            let once = test_box.upload_by(&*clock(NIGHT), Patience::Failures(1));
            let met = once.as_ref().err();
            if let Some(problem) = met {
                assert!(problem.passing(), "byte {}: {problem}", first + round);
                test_box.upload().unwrap();
            }
            agree(&town, &test_box, 1 + 2 * (round + 1));
            assert!(town.city.report().unwrap().alarms.is_empty());
            if met.is_none() {
                return first + round;
            }
        }
    }
    unreachable!("every message ends")
}

#[test]
fn a_cut_at_any_byte_of_a_request_loses_and_doubles_nothing() {
    let bytes = cut_at_every_byte(|at| Cut { request_bytes: Some(at), answer_bytes: None });
    assert!(bytes > 1500, "a whole request has more than {bytes} bytes");
}

#[test]
fn a_cut_at_any_byte_of_an_answer_loses_and_doubles_nothing() {
    let bytes = cut_at_every_byte(|at| Cut { request_bytes: None, answer_bytes: Some(at) });
    assert!(bytes > 500, "a whole answer has more than {bytes} bytes");
}

#[test]
fn each_trick_of_the_city_is_outlasted() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let late = Trick::Delay(Duration::from_millis(1));
    for (round, trick) in (1..).zip([
        Trick::Fail,
        Trick::WrongSignature,
        Trick::Half,
        Trick::Repeat,
        late,
        Trick::None,
    ]) {
        test_box.append(LUNCH, &meal(&format!("p_{round}"), LUNCH));
        town.city.mischief.trick([trick]);
        let once = test_box.upload_by(&*clock(NIGHT), Patience::Failures(1));
        match (trick, once) {
            (Trick::Fail, Err(UploadError::Send { source, .. })) => assert!(source.passing()),
            (Trick::WrongSignature | Trick::Half, Err(problem @ UploadError::Receipt { .. })) => {
                assert!(problem.passing());
            }
            // The second delivery meets a nonce that was used; it is the box's turn again.
            (Trick::Repeat, Err(UploadError::Send { source, .. })) => {
                assert_eq!(source.refusal().unwrap().0, RefusalCode::Replay);
                assert!(source.passing());
            }
            (Trick::Delay(_) | Trick::None, Ok(_)) => {}
            (trick, other) => panic!("{trick:?}: {other:?}"),
        }
        test_box.upload().unwrap();
        agree(&town, &test_box, 1 + round);
    }
}

#[test]
fn a_batch_goes_out_byte_for_byte_however_often() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    town.city.mischief.trick([Trick::WrongSignature, Trick::Fail, Trick::WrongSignature]);
    test_box.upload_by(&*clock(NIGHT), Patience::Failures(3)).unwrap_err();
    let sealed = test_box.store.next_batch().unwrap().unwrap();
    // What happens after sealing goes into the next batch.
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    test_box.upload().unwrap();
    assert_eq!(test_box.store.batch(1).unwrap().unwrap(), sealed);
    assert_eq!(test_box.store.batch(2).unwrap().unwrap().first, sealed.last + 1);
    agree(&town, &test_box, 3);
}

#[test]
fn five_weeks_of_backlog_upload_in_order_across_a_restart_of_the_city() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    for day in 0..35 {
        let noon = format!("2026-{:02}-{:02}T12:00:00+08:00", 3 + day / 28, 1 + day % 28);
        for elder in 0..40 {
            test_box.append(&noon, &meal(&format!("p_{elder}"), &noon));
        }
    }
    town.city.mischief.trick([Trick::None, Trick::Fail]);
    test_box.upload_by(&*clock(NIGHT), Patience::Failures(1)).unwrap_err();
    assert_eq!(test_box.store.acknowledged().unwrap(), 500);
    let town = town.restart();
    test_box.turn_to(&town);
    let done = test_box.upload().unwrap();
    assert_eq!((done.batches, done.acknowledged), (2, 1401));
    agree(&town, &test_box, 1401);
    let report = town.city.report().unwrap();
    assert_eq!((report.meals, report.city_fen, report.district_fen), (1400, 280_000, 280_000));
}

#[test]
fn a_wrong_clock_dates_requests_by_the_citys_and_changes_no_entry() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let long_ago = "2019-01-01T12:00:00+08:00";
    test_box.append_by(long_ago, ClockTrust::Untrusted, &meal("p_1", long_ago));
    let stuck = clock("2019-01-01T00:00:00+08:00");
    test_box.upload_by(&*stuck, Patience::Failures(1)).unwrap();
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    test_box.upload_by(&*stuck, Patience::Failures(1)).unwrap();
    // Each turn of the clock's trust has an entry of its own.
    agree(&town, &test_box, 5);
}

#[test]
fn a_box_restored_from_a_backup_is_noticed_on_both_sides() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let state = test_box.dir.path().join("state");
    drop(std::mem::replace(&mut test_box.store, reopen_copy(&state, backup.path())));
    // The backup knows of one batch; the box that went on has sent two more.
    let copy = std::mem::replace(&mut test_box.store, Store::open(&state).unwrap());
    for elder in ["p_2", "p_3"] {
        test_box.append(LUNCH, &meal(elder, LUNCH));
        test_box.upload().unwrap();
    }
    test_box.store = copy;
    test_box.append(LUNCH, &meal("p_9", LUNCH));
    let told = test_box.upload().unwrap_err();
    assert!(matches!(told, UploadError::Conflict(2)), "{told}");
    assert!(!told.passing());
    let report = town.city.report().unwrap();
    assert_eq!((report.alarms.len(), report.alarms[0].what.as_str()), (1, "conflict"));
    assert_eq!(report.entries, 4, "what the city had acknowledged stands");
    assert!(town.page().contains("与已收内容冲突"), "{}", town.page());
    // It is still one alarm when the box tries again.
    test_box.upload().unwrap_err();
    let again = &town.city.report().unwrap().alarms;
    assert_eq!((again.len(), again[0].times), (1, 2));
}

/// A store over a copy of what is in `state`.
fn reopen_copy(state: &std::path::Path, to: &std::path::Path) -> Store {
    for file in std::fs::read_dir(state).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    Store::open(to).unwrap()
}

#[test]
fn two_boxes_with_one_key_are_noticed() {
    let town = Town::new();
    let mut first = town.enrol("lc-kfq-017");
    first.append(LUNCH, &meal("p_1", LUNCH));
    first.upload().unwrap();
    // Another ledger of the same name, signed by the same key.
    let mut second = Town::new().enrol("lc-kfq-017");
    second.key = first.key.clone();
    second.turn_to(&town);
    second.append(LUNCH, &meal("p_2", LUNCH));
    let told = second.upload().unwrap_err();
    assert!(matches!(told, UploadError::Conflict(1)), "{told}");
    assert!(!told.passing());
    assert_eq!(town.city.report().unwrap().alarms[0].what, "conflict");
    assert!(town.page().contains("两台设备共用密钥"), "{}", town.page());
    // The first box is not kept from going on.
    first.append(LUNCH, &meal("p_3", LUNCH));
    first.upload().unwrap();
}

#[test]
fn a_recorded_batch_is_refused_and_an_alarm_however_late_it_comes() {
    let time = clock(NIGHT);
    let town = Town::with_clock(time.clone());
    let network = Network::before(town.running.address(), 0, 0);
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.line(&town, &network.url());
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
    for (times, days) in [(1, 0), (2, 1), (3, 60)] {
        time.reached(Duration::from_secs(days * 86_400));
        for answer in network.replay(town.running.address()) {
            let refused = answer.starts_with("HTTP/1.1 401") && answer.contains("\"replay\"");
            assert!(refused, "after {days} days: {answer}");
        }
        let report = town.city.report().unwrap();
        assert_eq!((report.alarms.len(), report.alarms[0].what.as_str()), (1, "replay"));
        assert_eq!((report.alarms[0].times, report.devices[0].alarms), (times, times));
        assert_eq!(report.entries, 2);
    }
    // After months its nonce is forgotten; by then its time gives it away.
    time.reached(Duration::from_secs(120 * 86_400));
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    let now = clock("2026-06-30T22:00:00+08:00");
    test_box.upload_by(&*now, Patience::Failures(1)).unwrap();
    let late = network.replay(town.running.address());
    assert!(late[0].contains("\"clock\""), "{}", late[0]);
    assert_eq!(town.city.report().unwrap().entries, 3);
    assert!(town.page().contains("请求被重放"), "{}", town.page());
}

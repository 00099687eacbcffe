//! Clocks that are right, wrong, stepped and restarted.

use super::*;
use crate::domain::calendar::service_date;

const BOOT: BootId = [1; 16];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fresh(high: Option<&str>) -> Watch {
    Watch::new(BOOT, ClockRecord { change: None, trusted: true, high: high.map(at) })
}

/// Reads `[wall clock, seconds of the monotonic clock]` one after another; answers with trust and,
/// where it changed, why.
fn told(watch: &mut Watch, readings: &[(&str, u64)]) -> Vec<(bool, Option<ClockWhy>)> {
    let read = |&(wall, monotonic): &(&str, u64)| {
        let reading = watch.read(at(wall), Duration::from_secs(monotonic));
        (reading.stamp.clock == ClockTrust::Trusted, reading.change.map(|c| c.why))
    };
    readings.iter().map(read).collect()
}

#[test]
fn a_clock_that_runs_evenly_is_trusted_over_midnight_year_and_leap_day() {
    for (evening, morning, day) in [
        ("2026-03-02T23:59:59+08:00", "2026-03-03T00:00:00+08:00", "2026-03-03"),
        ("2026-12-31T23:59:59+08:00", "2027-01-01T00:00:00+08:00", "2027-01-01"),
        ("2028-02-28T23:59:59+08:00", "2028-02-29T00:00:00+08:00", "2028-02-29"),
        ("2028-02-29T23:59:59+08:00", "2028-03-01T00:00:00+08:00", "2028-03-01"),
        ("2027-02-28T23:59:59+08:00", "2027-03-01T00:00:00+08:00", "2027-03-01"),
    ] {
        let mut watch = fresh(Some(evening));
        assert_eq!(told(&mut watch, &[(evening, 5), (morning, 6)]), [(true, None); 2]);
        assert_eq!(service_date(at(morning)).to_string(), day);
    }
}

#[test]
fn each_reason_for_doubt_is_named_once() {
    let noon = "2026-03-02T12:00:00+08:00";
    for (high, readings, doubt) in [
        (Some(noon), vec![("2026-03-02T11:59:59+08:00", 0)], ClockWhy::BeforeLastEntry),
        (None, vec![("2025-12-31T23:59:59+08:00", 0)], ClockWhy::BeforeBuild),
        (None, vec![("1970-01-01T00:00:03Z", 0)], ClockWhy::BeforeBuild),
        (None, vec![(noon, 0), ("2026-03-02T12:02:01+08:00", 0)], ClockWhy::Jump),
        (None, vec![(noon, 0), ("2026-03-02T12:00:01+08:00", 122)], ClockWhy::Jump),
        (None, vec![(noon, 0), ("2026-03-02T11:59:59+08:00", 1)], ClockWhy::BeforeLastEntry),
    ] {
        let mut watch = fresh(high);
        let last = *readings.last().unwrap();
        assert_eq!(told(&mut watch, &readings).pop(), Some((false, Some(doubt))), "{readings:?}");
        assert_eq!(told(&mut watch, &[last]), [(false, None)], "said once");
    }
}

#[test]
fn a_clock_that_starts_long_after_the_last_entry_is_believed_when_somebody_confirms_it() {
    let noon = "2026-03-02T12:00:00+08:00";
    let (holidays, decade) = ("2026-03-17T12:00:00+08:00", "2036-03-02T12:00:00+08:00");
    assert_eq!(told(&mut fresh(Some(noon)), &[(holidays, 5)]), [(true, None)]);
    for late in ["2026-03-17T12:00:01+08:00", decade] {
        let mut watch = fresh(Some(noon));
        let doubt = (false, Some(ClockWhy::LongAfter));
        // It goes on evenly, and the last trusted time is not moved by it.
        assert_eq!(told(&mut watch, &[(late, 5), (late, 6)]), [doubt, (false, None)]);
        let right = ("2026-03-03T12:00:00+08:00", 7);
        assert_eq!(told(&mut watch, &[right]), [(true, Some(ClockWhy::Agrees))]);
    }
    // A box that was in store: once confirmed, it is watched as ever.
    let mut watch = fresh(Some(noon));
    let (may, evening) = ("2026-05-04T08:00:00+08:00", "2026-05-04T18:00:00+08:00");
    told(&mut watch, &[(may, 5)]);
    assert_eq!(
        watch.confirm(at(may), Duration::from_secs(9)).unwrap().stamp.clock,
        ClockTrust::Trusted
    );
    assert_eq!(told(&mut watch, &[(evening, 36_009)]), [(true, None)]);
}

#[test]
fn the_same_second_and_two_minutes_are_within_bounds() {
    let noon = "2026-03-02T12:00:00+08:00";
    let mut watch = fresh(Some(noon));
    let readings =
        [(noon, 0), ("2026-03-02T12:02:00+08:00", 0), ("2026-03-02T12:02:00+08:00", 120)];
    assert_eq!(told(&mut watch, &readings), [(true, None); 3]);
    let mut first_day = fresh(None);
    assert_eq!(told(&mut first_day, &[("2026-01-01T00:00:00+08:00", 0)]), [(true, None)]);
}

#[test]
fn a_jump_is_forgiven_when_the_time_before_it_is_found_again() {
    let mut watch = fresh(None);
    let readings = [
        ("2026-03-02T12:00:00+08:00", 0),
        ("2026-04-01T12:00:00+08:00", 10),
        ("2026-04-01T12:01:00+08:00", 70),
        ("2026-03-02T12:02:00+08:00", 120),
    ];
    let jump = (false, Some(ClockWhy::Jump));
    let agrees = (true, Some(ClockWhy::Agrees));
    assert_eq!(told(&mut watch, &readings), [(true, None), jump, (false, None), agrees]);
}

#[test]
fn a_wrong_clock_never_raises_the_mark_that_the_right_one_must_pass() {
    let mut watch = fresh(Some("2026-03-02T12:00:00+08:00"));
    let readings = [
        ("2026-03-02T12:00:10+08:00", 0),
        ("2031-01-01T00:00:00+08:00", 1),
        ("2026-03-02T12:00:12+08:00", 2),
    ];
    let doubt = (false, Some(ClockWhy::Jump));
    let expected = [(true, None), doubt, (true, Some(ClockWhy::Agrees))];
    assert_eq!(told(&mut watch, &readings), expected);
}

#[test]
fn a_clock_that_network_time_sets_right_is_trusted_again() {
    let mut watch = fresh(Some("2026-03-02T12:00:00+08:00"));
    let readings = [("1970-01-01T00:00:10Z", 10), ("2026-03-02T13:00:00+08:00", 40)];
    let expected = [(false, Some(ClockWhy::BeforeBuild)), (true, Some(ClockWhy::Agrees))];
    assert_eq!(told(&mut watch, &readings), expected);
}

#[test]
fn a_restart_forgets_neither_the_doubt_nor_the_jump() {
    let high = Some(at("2026-03-02T12:00:00+08:00"));
    let stood = |why, boot| ClockRecord {
        change: Some(ClockChange { trusted: false, why, boot, offset_ms: 0 }),
        trusted: false,
        high,
    };
    let (past, later) = ("2026-03-02T08:00:00+08:00", "2026-03-12T08:00:00+08:00");
    for (why, boot, wall, expected) in [
        (ClockWhy::BeforeLastEntry, [9; 16], past, (false, Some(ClockWhy::Restart))),
        (ClockWhy::BeforeLastEntry, BOOT, past, (false, None)),
        (ClockWhy::BeforeLastEntry, [9; 16], later, (true, Some(ClockWhy::Agrees))),
        (ClockWhy::Jump, [9; 16], later, (false, Some(ClockWhy::Jump))),
        (ClockWhy::Jump, BOOT, later, (false, None)),
    ] {
        let mut watch = Watch::new(BOOT, stood(why, boot));
        assert_eq!(told(&mut watch, &[(wall, 0)]), [expected], "{why:?} {wall}");
    }
}

#[test]
fn who_knows_the_time_ends_the_doubt_but_not_against_the_ledger() {
    let mut watch = fresh(None);
    told(&mut watch, &[("2026-03-02T12:00:00+08:00", 0), ("2026-03-05T12:00:00+08:00", 1)]);
    let seconds = Duration::from_secs(2);
    assert_eq!(watch.confirm(at("2026-03-01T12:00:00+08:00"), seconds), None);
    let reading = watch.confirm(at("2026-03-05T12:00:01+08:00"), seconds).unwrap();
    let change = reading.change.unwrap();
    assert_eq!((change.trusted, change.why), (true, ClockWhy::Confirmed));
    assert_eq!(change.offset_ms, 3 * 86_400_000 - 1000);
    assert_eq!(told(&mut watch, &[("2026-03-05T12:00:02+08:00", 3)]), [(true, None)]);
}

#[test]
fn a_clock_that_is_set_right_tells_by_how_much() {
    let night = "2026-03-02T22:00:00+08:00";
    let mut dead = fresh(Some(night));
    told(&mut dead, &[("1970-01-01T08:00:10+08:00", 10), ("1970-01-01T08:01:00+08:00", 60)]);
    let set = dead.read(at("2026-03-03T07:00:00+08:00"), Duration::from_secs(120));
    let change = set.change.unwrap();
    assert_eq!((change.trusted, change.why), (true, ClockWhy::Agrees));
    let believed = at("1970-01-01T08:02:00+08:00");
    assert_eq!(
        change.offset_ms,
        at("2026-03-03T07:00:00+08:00").as_millisecond() - believed.as_millisecond()
    );
}

#[test]
fn a_jump_that_an_earlier_run_saw_is_measured_on() {
    let day_ms = 86_400_000;
    let why = ClockWhy::Jump;
    let jumped = ClockChange { trusted: false, why, boot: BOOT, offset_ms: 3 * day_ms };
    let high = Some(at("2026-03-02T12:00:00+08:00"));
    let mut watch = Watch::new(BOOT, ClockRecord { change: Some(jumped), trusted: false, high });
    told(&mut watch, &[("2026-03-05T13:00:00+08:00", 10)]);
    // Set back by three days within the same start of the machine.
    let reading = watch.confirm(at("2026-03-02T13:01:00+08:00"), Duration::from_secs(70)).unwrap();
    assert_eq!(reading.change.unwrap().offset_ms, 0);
    // Left as it is: the jump was right.
    let mut watch = Watch::new(BOOT, ClockRecord { change: Some(jumped), trusted: false, high });
    told(&mut watch, &[("2026-03-05T13:00:00+08:00", 10)]);
    let reading = watch.confirm(at("2026-03-05T13:01:00+08:00"), Duration::from_secs(70)).unwrap();
    assert_eq!(reading.change.unwrap().offset_ms, 3 * day_ms);
}

#[test]
fn a_first_time_long_after_the_making_of_the_program_is_asked_about() {
    let mut watch = fresh(None);
    let long_after = (false, Some(ClockWhy::LongAfter));
    assert_eq!(told(&mut watch, &[("2036-03-02T11:00:00+08:00", 5)]), [long_after]);
    // The right time is believed by itself, and so is any that somebody confirms.
    assert_eq!(
        told(&mut watch.clone(), &[("2026-03-02T11:00:00+08:00", 6)]),
        [(true, Some(ClockWhy::Agrees))]
    );
    let confirmed = watch.confirm(at("2036-03-02T11:00:05+08:00"), Duration::from_secs(10));
    assert!(confirmed.unwrap().change.unwrap().trusted && watch.trusted());
}

#[test]
fn a_ledger_that_began_in_doubt_is_believed_when_the_clock_agrees_and_says_so() {
    let began = ClockRecord { change: None, trusted: false, high: None };
    let mut watch = Watch::new(BOOT, began);
    assert!(!watch.trusted());
    let still = told(&mut watch, &[("2001-01-01T00:00:10+08:00", 5)]);
    assert_eq!(still, [(false, Some(ClockWhy::Restart))]);
    let set = told(&mut watch, &[("2026-03-02T11:00:00+08:00", 6)]);
    assert_eq!(set, [(true, Some(ClockWhy::Agrees))]);
}

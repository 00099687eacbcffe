//! Many boxes, one city, a bad network: totals agree, duplicates are judged alike.

use super::town::{TestBox, Town, meal};
use canteend::city::wire::verdict::{Ruling, VerdictReason};
use canteend::domain::entry::correction::{Void, VoidReason};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event};
use canteend::domain::operator::OperatorId;
use std::collections::{BTreeMap, BTreeSet};

const BOXES: usize = 6;
const NIGHTS: usize = 4;

/// A meal as the test remembers it: what decides about it, and its name.
type Claim = (bool, String, String, EntryNumber);

/// What every box records in one day: some elders of its own, and some who eat elsewhere as well.
fn day(
    test_box: &mut TestBox,
    place: usize,
    night: usize,
    claims: &mut BTreeMap<String, Vec<Claim>>,
) {
    let device = test_box.client.device().to_string();
    // Times differ from box to box, and not in the order of the boxes.
    let minute = |visit: usize| (place * 37 + visit * 11 + night * 5) % 60;
    let mut visits: Vec<_> = (0..8).collect();
    visits.sort_by_key(|visit| minute(*visit));
    for visit in visits {
        let shared = visit % 2 == 0;
        let elder = if shared { format!("p_all_{visit}") } else { format!("p_{place}_{visit}") };
        let minute = minute(visit);
        let time = format!("2026-03-{:02}T12:{minute:02}:00+08:00", 2 + night);
        let doubtful = (place + visit + night).is_multiple_of(5);
        let clock = if doubtful { ClockTrust::Untrusted } else { ClockTrust::Trusted };
        let n = test_box.append_by(&time, clock, &meal(&elder, &time));
        let slot = format!("{elder} {}", &time[..10]);
        if shared && place + night == 3 {
            let operator = OperatorId::new("op-1").unwrap();
            let void = Event::Void(Void { entry: n, reason: VoidReason::WrongPerson, operator });
            test_box.append_by(&time, ClockTrust::Trusted, &void);
            continue;
        }
        claims.entry(slot).or_default().push((doubtful, time, device.clone(), n));
    }
}

/// Names of the meals that must stand: of each slot the earliest by a trusted clock.
fn must_stand(claims: &BTreeMap<String, Vec<Claim>>) -> BTreeSet<String> {
    let name = |c: &Claim| format!("{}#{}", c.2, c.3);
    claims.values().map(|slot| name(slot.iter().min().unwrap())).collect()
}

fn run(order: impl Fn(usize, usize) -> usize) {
    let town = Town::new();
    let mut boxes: Vec<_> = (0..BOXES).map(|b| town.enrol(&format!("lc-{b:03}"))).collect();
    let mut claims = BTreeMap::new();
    town.city.mischief.draw_lots(25, 7);
    for night in 0..NIGHTS {
        for (place, test_box) in boxes.iter_mut().enumerate() {
            day(test_box, place, night, &mut claims);
        }
        for place in 0..BOXES {
            // A box in five is without a network tonight; all are there on the last night.
            let place = order(place, night);
            if night + 1 == NIGHTS || !(place + night).is_multiple_of(5) {
                boxes[place].upload().unwrap();
            }
        }
    }
    town.city.mischief.draw_lots(0, 0);
    let report = town.city.report().unwrap();
    let stands = must_stand(&claims);
    assert_eq!(report.meals, stands.len() as i64);
    assert_eq!(report.city_fen + report.district_fen, 400 * stands.len() as i64);
    let entries: u64 = boxes.iter().map(|b| b.store.acknowledged().unwrap()).sum();
    assert_eq!(report.entries, entries as i64);

    let mut rejected = BTreeSet::new();
    for test_box in &boxes {
        rejected.extend(standing_rejections(test_box));
    }
    let all: BTreeSet<_> = claims.values().flatten().map(|c| format!("{}#{}", c.2, c.3)).collect();
    let expected: BTreeSet<_> = all.difference(&stands).cloned().collect();
    assert!(!expected.is_empty(), "some elders ate twice");
    assert_eq!(rejected, expected);
}

/// The meals of a box that the city's verdicts leave rejected in the end. At most one verdict
/// stands on each meal, and each later one names the one before.
fn standing_rejections(test_box: &TestBox) -> BTreeSet<String> {
    let now = super::town::at(super::town::NIGHT);
    let verdicts = super::town::wait(test_box.client.verdicts(now, 0)).unwrap();
    let mut last = BTreeMap::new();
    for item in verdicts.items {
        let before = last.insert(item.n, item.clone());
        assert_eq!(item.supersedes, before.map(|b| b.id));
        let rejects = item.verdict == Ruling::Rejected;
        assert_eq!(item.reason == VerdictReason::DuplicateOtherCanteen, rejects);
        assert_eq!(item.kept.is_some(), rejects);
    }
    let rejected = last.into_values().filter(|v| v.verdict == Ruling::Rejected);
    rejected.map(|v| format!("{}#{}", v.device, v.n)).collect()
}

#[test]
fn totals_agree_and_duplicates_are_judged_alike_in_any_order_of_arrival() {
    run(|place, _| place);
    run(|place, _| BOXES - 1 - place);
    run(|place, night| (place * 5 + night) % BOXES);
}

#[test]
fn boxes_that_arrive_at_once_are_all_served() {
    let town = Town::new();
    let noon = "2026-03-02T12:00:00+08:00";
    let mut boxes: Vec<_> = (0..BOXES).map(|b| town.enrol(&format!("lc-{b:03}"))).collect();
    std::thread::scope(|scope| {
        for (place, test_box) in boxes.iter_mut().enumerate() {
            scope.spawn(move || {
                for elder in 0..30 {
                    test_box.append(noon, &meal(&format!("p_{place}_{elder}"), noon));
                    if elder % 10 == 9 {
                        test_box.upload().unwrap();
                    }
                }
            });
        }
    });
    let report = town.city.report().unwrap();
    assert_eq!((report.meals, report.entries), (30 * BOXES as i64, 31 * BOXES as i64));
    assert!(report.devices.iter().all(|d| d.last_batch == 3 && d.alarms == 0));
}

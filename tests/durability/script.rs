//! A short day at the counter, as events; and what must be true of a ledger after it.

use canteend::domain::calendar::{MealWindow, Timestamp};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::ElderId;
use canteend::domain::entry::correction::{Choice, Void, VoidReason};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event, Meal, Method, Review, Stamp};
use canteend::domain::money::Fen;
use canteend::domain::operator::OperatorId;
use canteend::domain::subsidy::{Award, Standing};
use canteend::store::{Appended, Depth, LEDGER_FILE, LedgerError, Listing, Reader, Store};
use std::collections::HashSet;
use std::path::Path;

pub const DAY: &str = "2026-03-02";

pub fn stamp(second: u64) -> Stamp {
    let noon: Timestamp = "2026-03-02T12:00:00+08:00".parse().unwrap();
    let at = Timestamp::from_second(noon.as_second() + second as i64).unwrap();
    Stamp { at, clock: ClockTrust::Trusted }
}

pub fn meal(elder: &str, basis: Option<EntryNumber>) -> Event {
    let fen = Fen::new(200);
    Event::Meal(Meal {
        elder: ElderId::new(elder).unwrap(),
        date: DAY.parse().unwrap(),
        window: MealWindow::Lunch,
        method: if basis.is_some() { Method::Staff } else { Method::Face },
        award: Award { rules: "r".into(), band: "80+".into(), city: fen, district: fen },
        standing: Standing::Firm,
        eligibility_as_of: DAY.parse().unwrap(),
        basis,
    })
}

/// What the counter hands over, one transaction each. Entry 1 is the genesis entry.
pub fn day() -> Vec<Vec<Event>> {
    let operator = OperatorId::new("op-1").unwrap();
    let review = Review {
        date: DAY.parse().unwrap(),
        window: MealWindow::Lunch,
        reasons: vec![Doubt::NoMatch],
        candidates: vec![],
    };
    let elder = Some(ElderId::new("p_3").unwrap());
    let choice = Choice { review: 4, elder, operator: operator.clone() };
    let void = Void { entry: 2, reason: VoidReason::WrongPerson, operator };
    vec![
        vec![meal("p_1", None)],
        vec![meal("p_2", None)],
        vec![Event::Review(review)],
        vec![Event::Choice(choice), meal("p_3", Some(5))],
        vec![Event::Void(void)],
        vec![meal("p_1", None)],
        vec![meal("p_4", None)],
    ]
}

/// Plays the day, or what is left of it, into `store`; `acknowledged` is told of each transaction.
pub fn play(
    store: &mut Store,
    from: usize,
    mut acknowledged: impl FnMut(Appended),
) -> Result<(), LedgerError> {
    for (second, events) in (0..).zip(day()).skip(from) {
        acknowledged(store.append_all(stamp(second), &events)?);
    }
    Ok(())
}

/// Checks that the ledger in `dir` is in order, holds what was acknowledged, and no slot twice;
/// answers with the number of its entries.
#[track_caller]
pub fn check(dir: &Path, acknowledged: &[(EntryNumber, String)], what: &str) -> EntryNumber {
    let mut reader = Reader::open(&dir.join(LEDGER_FILE)).unwrap();
    let verified = reader.verify(Depth::Full, |_| {}).unwrap_or_else(|e| panic!("{what}: {e}"));
    let listed = reader.list(Listing::default(), 10_000).unwrap();
    for (n, hash) in acknowledged {
        let kept = listed.iter().find(|r| r.entry.n == *n);
        let kept = kept.unwrap_or_else(|| panic!("{what}: entry {n} was acknowledged and is gone"));
        assert_eq!(kept.hash.to_string(), *hash, "{what}: entry {n}");
    }
    let mut slots = HashSet::new();
    for recorded in &listed {
        match &recorded.entry.event {
            Event::Meal(m) => assert!(slots.insert((m.elder.clone(), m.date)), "{what}: {m:?}"),
            Event::Void(void) => {
                let undone = &listed[void.entry as usize - 1].entry.event;
                if let Event::Meal(m) = undone {
                    assert!(slots.remove(&(m.elder.clone(), m.date)), "{what}");
                }
            }
            _ => {}
        }
    }
    verified.entries
}

/// How many of the day's transactions a ledger of so many entries holds.
pub fn played(entries: EntryNumber) -> usize {
    let mut n = 1;
    let mut whole = 0;
    for events in day() {
        n += events.len() as EntryNumber;
        whole += usize::from(n <= entries);
    }
    whole
}

//! The city's verdicts, and how far the box has got with them.

use super::*;
use crate::domain::entry::correction::{Finding, Kept, RejectReason};
use crate::record::Hash;

fn rejected(entry: EntryNumber) -> (EntryNumber, Finding) {
    let kept = Kept { device: "lc-dcf-003".into(), entry: 5521 };
    let finding = Finding::Rejected { reason: RejectReason::OtherCanteen, kept: Some(kept) };
    (entry, finding)
}

fn restored(entry: EntryNumber) -> (EntryNumber, Finding) {
    (entry, Finding::Accepted)
}

/// Verdicts on entries as this ledger has them.
fn said(store: &Store, said: &[(EntryNumber, Finding)]) -> Vec<CityVerdict> {
    let verdict = |(entry, finding): &(EntryNumber, Finding)| {
        let stored = super::super::ledger::stored(&store.conn, *entry).unwrap();
        let hash = stored.map_or(Hash([0; 32]), |stored| stored.hash);
        CityVerdict { entry: *entry, hash, finding: finding.clone() }
    };
    said.iter().map(verdict).collect()
}

fn take(
    store: &mut Store,
    all: &[(EntryNumber, Finding)],
    next: u64,
) -> Result<Vec<VerdictTaken>, LedgerError> {
    let all = said(store, all);
    store.add_verdicts(noon(), &all, next)
}

fn reduced(dir: &TempDir) -> u64 {
    verify(dir, Depth::Full).unwrap().sums.unwrap().reduced_fen
}

#[test]
fn a_verdict_is_an_entry_and_a_later_one_takes_its_place() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    store.append(noon(), &visit("p_2", "2026-03-02", MealWindow::Lunch)).unwrap();
    assert_eq!(store.verdicts_after().unwrap(), 0);
    let all = [rejected(2), rejected(2), rejected(3), rejected(99), restored(2), restored(2)];
    let all = said(&store, &all);
    let taken = store.add_verdicts(noon(), &all, 17).unwrap();
    let expected = [
        VerdictTaken::Written(4),
        VerdictTaken::Known,
        VerdictTaken::NoMeal,
        VerdictTaken::Elsewhere,
        VerdictTaken::Written(5),
        VerdictTaken::Known,
    ];
    assert_eq!(taken, expected);
    assert_eq!(store.verdicts_after().unwrap(), 17);
    assert_eq!(reduced(&dir), 0);
    take(&mut store, &[rejected(2)], 18).unwrap();
    assert_eq!(reduced(&dir), 400);
    // A meal that the city never touched is paid: to say so changes nothing.
    store.append(noon(), &meal("p_3", "2026-03-02")).unwrap();
    assert_eq!(take(&mut store, &[restored(7)], 19).unwrap(), [VerdictTaken::Known]);
}

#[test]
fn a_meal_that_is_undone_after_its_verdict_is_taken_off_once() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    store.append(noon(), &meal("p_2", "2026-03-02")).unwrap();
    take(&mut store, &[rejected(2)], 1).unwrap();
    assert_eq!(reduced(&dir), 400);
    store.append(noon(), &void(2)).unwrap();
    let sums = verify(&dir, Depth::Full).unwrap().sums.unwrap();
    assert_eq!((sums.meals, sums.city_fen, sums.reduced_fen), (1, 200, 0));
    let late = take(&mut store, &[restored(2), rejected(2)], 3).unwrap();
    assert_eq!(late, [VerdictTaken::NoMeal; 2]);
}

#[test]
fn verdicts_that_cannot_be_written_are_asked_for_again() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    let before = Stamp { at: noon().at - std::time::Duration::from_secs(60), ..noon() };
    let all = said(&store, &[rejected(2)]);
    store.add_verdicts(before, &all, 5).unwrap_err();
    assert_eq!(store.verdicts_after().unwrap(), 0);
    assert_eq!(verify(&dir, Depth::Full).unwrap().entries, 2);
}

#[test]
fn the_last_night_is_remembered() {
    let (dir, mut store) = store();
    assert_eq!(store.night_done().unwrap(), None);
    store.set_night_done(noon().at).unwrap();
    drop(store);
    let store = Store::open(&state(&dir)).unwrap();
    assert_eq!(store.night_done().unwrap().unwrap().as_second(), noon().at.as_second());
}

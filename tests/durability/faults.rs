//! Disks that refuse a write or a sync: the meal is refused visibly or is safely there.

use crate::alone;
use crate::disk::{Disk, Plan};
use crate::script::{check, meal, stamp};
use canteend::domain::elder::{Consent, Elder, ElderId, IdLast4, Sex};
use canteend::domain::entry::correction::{Finding, RejectReason};
use canteend::domain::template::ModelId;
use canteend::error::{Exit, Sysexit as _};
use canteend::store::{CityVerdict, Enrolled, LedgerError, RESERVE_FILE, Space, Store};
use rusqlite::ffi;

#[test]
fn a_write_or_sync_that_fails_loses_nothing_and_the_next_meal_works() {
    let _alone = alone();
    let faults = [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC];
    for code in faults {
        for more in [0, 3] {
            let mut refused = 0;
            for at in 1..40 {
                refused += u32::from(one_fault(Plan::Fail { at, more, code }));
            }
            // The reserve makes room, once.
            let spared = code == ffi::SQLITE_FULL && more == 0;
            assert_eq!(refused > 3, !spared, "{refused} refused, {code} and {more} more");
        }
    }
}

#[test]
fn a_box_that_is_switched_on_with_a_full_disk_serves_from_its_reserve() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::under(dir.path(), Plan::Sound);
    let mut store = Store::init(dir.path(), "test-box", stamp(0)).unwrap();
    let first = store.append(stamp(1), &meal("p_0", None)).unwrap();
    drop(store);
    disk.plan(Plan::Full);
    let mut store = Store::open(dir.path()).unwrap();
    assert!(!dir.path().join(RESERVE_FILE).exists(), "the reserve was what made room");
    let next = store.append(stamp(2), &meal("p_1", None)).unwrap();
    disk.plan(Plan::Sound);
    drop(store);
    let acknowledged = [first, next].map(|done| (done.n, done.hash.to_string()));
    assert_eq!(check(dir.path(), &acknowledged, "a full disk at the start"), 3);
}

/// Eats under a fault; whether it was refused.
fn one_fault(plan: Plan) -> bool {
    let what = format!("{plan:?}");
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::under(dir.path(), Plan::Sound);
    let mut store = Store::init(dir.path(), "test-box", stamp(0)).unwrap();
    store.append(stamp(1), &meal("p_0", None)).unwrap();
    let mut acknowledged = Vec::new();
    let roomy = store.space().unwrap();
    assert!(roomy <= Space::Low);
    disk.plan(plan);
    let first = store.append(stamp(2), &meal("p_1", None));
    disk.plan(Plan::Sound);
    let full = matches!(plan, Plan::Fail { code: ffi::SQLITE_FULL, .. });
    let held = dir.path().join(RESERVE_FILE).exists();
    assert!(full || held, "{what}: only a full disk takes the reserve");
    let refused = match first {
        Ok(done) => {
            acknowledged.push((done.n, done.hash.to_string()));
            false
        }
        Err(error) => {
            assert_eq!(error.exit(), Exit::Io, "{what}: {error}");
            assert_eq!(store.space().unwrap() == Space::Full, full, "{what}");
            true
        }
    };
    match store.append(stamp(3), &meal("p_1", None)) {
        Ok(done) => {
            assert!(refused, "{what}: the meal is there twice");
            acknowledged.push((done.n, done.hash.to_string()));
        }
        Err(LedgerError::SlotTaken { .. }) => {}
        Err(error) => panic!("{what}: {error}"),
    }
    let next = store.append(stamp(4), &meal("p_2", None)).unwrap();
    acknowledged.push((next.n, next.hash.to_string()));
    assert_eq!(store.space().unwrap(), roomy, "{what}: the reserve is put by again");
    drop(store);
    assert_eq!(check(dir.path(), &acknowledged, &what), 4, "{what}");
    drop(Store::open(dir.path()).unwrap());
    assert_eq!(check(dir.path(), &acknowledged, &what), 4, "{what}");
    refused
}

/// A box with somebody in its gallery and a meal, which is entry 3.
fn served(dir: &std::path::Path) -> (Store, CityVerdict) {
    let elder = Elder {
        id: ElderId::new("p_0").unwrap(),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: "1943-05-02".parse().unwrap(),
        id_last4: IdLast4::new("002X"),
        eligible: vec![],
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    };
    let mut store = Store::init(dir, "test-box", stamp(0)).unwrap();
    let known = Enrolled { elder, templates: vec![] };
    store.replace_gallery(stamp(1), ModelId([7; 32]), &[known]).unwrap();
    let meal = store.append(stamp(2), &meal("p_0", None)).unwrap();
    let finding = Finding::Rejected { reason: RejectReason::Inspection, kept: None };
    (store, CityVerdict { entry: meal.n, hash: meal.hash, finding })
}

#[test]
fn a_full_disk_takes_the_reserve_for_whatever_the_store_writes_of_its_own() {
    let _alone = alone();
    type Write = fn(&mut Store, &CityVerdict) -> Result<(), Exit>;
    let writes: [(&str, Write); 3] = [
        ("verdicts", |store, said| {
            let said = std::slice::from_ref(said);
            store.add_verdicts(stamp(3), said, 1).map(drop).map_err(|e| e.exit())
        }),
        ("an epoch", |store, _| {
            store.begin_epoch(stamp(3), 2, None).map(drop).map_err(|e| e.exit())
        }),
        ("a face forgotten", |store, _| {
            let elder = ElderId::new("p_0").unwrap();
            store.forget_face(stamp(3), &elder).map(drop).map_err(|e| e.exit())
        }),
    ];
    for (what, write) in writes {
        for more in [0, 3] {
            let dir = tempfile::tempdir().unwrap();
            let disk = Disk::under(dir.path(), Plan::Sound);
            let (mut store, verdict) = served(dir.path());
            disk.plan(Plan::Fail { at: 1, more, code: ffi::SQLITE_FULL });
            let done = write(&mut store, &verdict);
            disk.plan(Plan::Sound);
            let held = dir.path().join(RESERVE_FILE).exists();
            assert!(!held, "{what}: the reserve is given");
            assert_eq!(done, if more == 0 { Ok(()) } else { Err(Exit::Io) }, "{what}");
            assert_eq!(store.last_entry().unwrap(), if more == 0 { 4 } else { 3 }, "{what}");
            assert_eq!(store.space().unwrap() == Space::Full, more > 0, "{what}: it is said");
            write(&mut store, &verdict).unwrap();
            assert!(store.space().unwrap() <= Space::Low, "{what}: there is room again");
            drop(store);
            assert_eq!(check(dir.path(), &[], what), 4, "{what}: once");
        }
    }
}

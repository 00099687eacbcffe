//! How an epoch begins: once, with its entry, and without what was sealed and not acknowledged.

use super::outbox::{THREE, sealed};
use super::*;
use crate::domain::entry::operation::{EpochChange, Held};
use crate::record::merkle::Tree;

/// The small ledger, sealed, of which the first batch is acknowledged.
fn acknowledged_up_to_3() -> (TempDir, Store) {
    let dir = small_ledger();
    let mut store = Store::open(&state(&dir)).unwrap();
    while let Some(unsealed) = store.unsealed(THREE, &mut Tree::default()).unwrap() {
        store.add_batch(&sealed(&unsealed)).unwrap();
    }
    store.add_receipt(1, b"receipt").unwrap();
    (dir, store)
}

fn held(last: EntryNumber, head: [u8; 32]) -> Option<Held> {
    Some(Held { epoch: 1, last, head })
}

#[test]
fn an_epoch_begins_with_its_entry_and_what_was_not_acknowledged_is_sealed_anew() {
    let (dir, mut store) = acknowledged_up_to_3();
    assert_eq!((store.epoch().unwrap(), store.acknowledged().unwrap()), (1, 3));
    let change = store.begin_epoch(noon(), 2, held(90, [7; 32])).unwrap().unwrap();
    assert_eq!(change, EpochChange { epoch: 2, held: held(90, [7; 32]), common: 3 });
    assert_eq!(change.lacking(), Some((4, 90, 1)));
    assert_eq!(store.epoch().unwrap(), 2);
    assert_eq!((store.next_batch().unwrap(), store.acknowledged().unwrap()), (None, 3));
    let anew = store.unsealed(THREE, &mut Tree::default()).unwrap().unwrap();
    assert_eq!((anew.epoch, anew.seq, anew.first), (2, 2, 4));
    // Once more does nothing, and an earlier one is refused.
    let last = store.last_entry().unwrap();
    assert_eq!(store.begin_epoch(noon(), 2, None).unwrap(), None);
    let told = store.begin_epoch(noon(), 1, None).unwrap_err();
    assert!(told.to_string().contains("epoch 1 does not follow epoch 2"), "{told}");
    assert_eq!(store.last_entry().unwrap(), last);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn what_is_common_with_the_city_is_known_by_hash_by_the_copy_or_by_receipts() {
    let (dir, store) = acknowledged_up_to_3();
    let all = Reader::open(&state(&dir)).unwrap().list(Listing::default(), 100).unwrap();
    let fifth = all[4].hash.0;
    drop(store);
    // Entry 5 is here with the city's hash; with another one the receipts are believed.
    for (given, common) in [(held(5, fifth), 5), (held(5, [7; 32]), 3), (None, 0)] {
        let copy = tempfile::tempdir().unwrap();
        let own = Reader::open(&state(&dir)).unwrap();
        own.back_up(&copy.path().join("copy.db")).unwrap();
        let fresh = copy.path().join("state");
        std::fs::create_dir(&fresh).unwrap();
        for name in [KEY_FILE, LEDGER_FILE] {
            std::fs::copy(state(&dir).join(name), fresh.join(name)).unwrap();
        }
        let mut store = Store::open(&fresh).unwrap();
        let change = store.begin_epoch(noon(), 2, given).unwrap().unwrap();
        assert_eq!(change.common, common, "{given:?}");
        drop(store);
        // A box that was restored knows where its copy ended.
        std::fs::remove_file(fresh.join(LEDGER_FILE)).unwrap();
        let from = copy.path().join("copy.db");
        let mut restored = Store::restore(&fresh, &from, Names::Kept).unwrap();
        let copied = restored.copied().unwrap().unwrap();
        let change = restored.begin_epoch(noon(), 2, held(90, [7; 32])).unwrap().unwrap();
        assert_eq!((change.common, restored.copied().unwrap()), (copied, None));
    }
}

#[test]
fn only_an_epoch_drops_batches_and_only_the_store_writes_epochs() {
    let (dir, mut store) = acknowledged_up_to_3();
    let change = EpochChange { epoch: 2, held: None, common: 0 };
    let told = store.append(noon(), &Event::Epoch(change)).unwrap_err();
    assert!(matches!(told, LedgerError::Reserved("epoch")), "{told}");
    let drop_all = "DELETE FROM batch WHERE receipt IS NULL";
    raw(&dir).execute(drop_all, []).unwrap_err();
    store.begin_epoch(noon(), 2, held(3, [7; 32])).unwrap();
    let told = raw(&dir).execute("DELETE FROM batch", []).unwrap_err().to_string();
    assert!(told.contains("not where the city holds it"), "{told}");
}

#[test]
fn what_the_city_acknowledged_and_lost_is_sealed_anew_and_nothing_else() {
    for (given, kept) in [(held(6, [7; 32]), 6), (held(5, [7; 32]), 3), (None, 0)] {
        let (dir, mut store) = acknowledged_up_to_3();
        store.add_receipt(2, b"receipt").unwrap();
        assert_eq!(store.acknowledged().unwrap(), 6);
        store.begin_epoch(noon(), 2, given).unwrap();
        assert_eq!(store.acknowledged().unwrap(), kept, "{given:?}");
        let anew = store.unsealed(THREE, &mut Tree::default()).unwrap().unwrap();
        assert_eq!((anew.epoch, anew.seq, anew.first), (2, kept / 3 + 1, kept + 1));
        verify(&dir, Depth::Full).unwrap();
    }
}

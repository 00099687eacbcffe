//! The outbox: batches in order, sealed once, acknowledged by receipts.

use super::*;
use crate::record::Hash;
use crate::record::merkle::{Tree, leaf};
use crate::store::outbox::{BatchLimits, SealedBatch, Unsealed};

pub(super) const THREE: BatchLimits = BatchLimits { entries_max: 3, bytes_max: 100_000 };

pub(super) fn sealed(unsealed: &Unsealed) -> SealedBatch {
    SealedBatch {
        seq: unsealed.seq,
        first: unsealed.first,
        last: unsealed.last,
        payload_sha256: Hash::of(&[unsealed.bodies.concat().as_bytes()]),
        root: unsealed.root,
        envelope: unsealed.bodies.concat().into_bytes(),
    }
}

#[test]
fn batches_cover_every_entry_once_with_chain_and_root() {
    let dir = small_ledger();
    let mut store = Store::open(&state(&dir)).unwrap();
    let all = Reader::open(&state(&dir)).unwrap().list(Listing::default(), 100).unwrap();
    let (mut tree, mut covered, mut prev_batch) = (Tree::default(), 0, None);
    while let Some(unsealed) = store.unsealed(THREE, &mut tree).unwrap() {
        let entries = &all[covered..covered + unsealed.bodies.len()];
        assert_eq!(unsealed.prev_batch, prev_batch);
        assert_eq!(unsealed.first, covered as u64 + 1);
        assert_eq!(
            (unsealed.prev_hash, unsealed.head),
            (entries[0].prev, entries.last().unwrap().hash)
        );
        for (body, entry) in unsealed.bodies.iter().zip(entries) {
            assert_eq!(body.as_bytes(), entry.body);
        }
        covered += unsealed.bodies.len();
        let leaves: Vec<Hash> = all[..covered].iter().map(|e| leaf(&e.hash.0)).collect();
        assert_eq!(unsealed.root, Tree::of(&leaves).root());
        let batch = sealed(&unsealed);
        prev_batch = Some(batch.payload_sha256);
        store.add_batch(&batch).unwrap();
    }
    assert_eq!(covered, all.len());
    // A tree that starts anew after a restart comes to the same root.
    store.append(noon(), &visit("p_9", "2026-03-02", MealWindow::Lunch)).unwrap();
    let went_on = store.unsealed(THREE, &mut tree).unwrap().unwrap();
    assert_eq!(store.unsealed(THREE, &mut Tree::default()).unwrap().unwrap(), went_on);
}

#[test]
fn a_batch_ends_where_its_bytes_do() {
    let dir = small_ledger();
    let store = Store::open(&state(&dir)).unwrap();
    for (bytes_max, entries) in [(0, 1), (500, 1), (1000, 3), (100_000, 7)] {
        let limits = BatchLimits { entries_max: 500, bytes_max };
        let unsealed = store.unsealed(limits, &mut Tree::default()).unwrap().unwrap();
        let written = serde_json::to_string(&unsealed.bodies).unwrap();
        assert!(written.len() <= bytes_max || unsealed.bodies.len() == 1, "{bytes_max}");
        assert_eq!(unsealed.bodies.len(), entries, "{bytes_max}");
    }
}

#[test]
fn the_watermark_follows_receipts_that_come_once_and_in_order() {
    let dir = small_ledger();
    let mut store = Store::open(&state(&dir)).unwrap();
    let mut tree = Tree::default();
    while let Some(unsealed) = store.unsealed(THREE, &mut tree).unwrap() {
        store.add_batch(&sealed(&unsealed)).unwrap();
    }
    assert_eq!(store.acknowledged().unwrap(), 0);
    store.add_receipt(2, b"receipt").unwrap_err();
    store.add_receipt(9, b"receipt").unwrap_err();
    assert_eq!(store.next_batch().unwrap().unwrap().seq, 1);
    store.add_receipt(1, b"receipt").unwrap();
    store.add_receipt(1, b"another").unwrap_err();
    assert_eq!(store.acknowledged().unwrap(), 3);
    assert_eq!(store.next_batch().unwrap().unwrap().seq, 2);
    store.add_receipt(2, b"receipt").unwrap();
    store.add_receipt(3, b"receipt").unwrap();
    assert_eq!(store.next_batch().unwrap(), None);
    assert_eq!(store.acknowledged().unwrap(), 7);
}

#[test]
fn a_sealed_batch_cannot_be_changed_deleted_or_put_out_of_order() {
    let dir = small_ledger();
    let mut store = Store::open(&state(&dir)).unwrap();
    let first = sealed(&store.unsealed(THREE, &mut Tree::default()).unwrap().unwrap());
    for wrong in [
        SealedBatch { seq: 2, ..first.clone() },
        SealedBatch { first: 2, ..first.clone() },
        SealedBatch { last: 99, ..first.clone() },
        SealedBatch { last: 0, ..first.clone() },
    ] {
        store.add_batch(&wrong).unwrap_err();
    }
    store.add_batch(&first).unwrap();
    store.add_batch(&first).unwrap_err();
    let conn = raw(&dir);
    for sql in [
        "UPDATE batch SET envelope = x'00', receipt = x'00'",
        "UPDATE batch SET receipt = NULL",
        "DELETE FROM batch",
        "INSERT OR REPLACE INTO batch SELECT * FROM batch",
    ] {
        conn.execute(sql, []).unwrap_err();
    }
    assert_eq!(store.batch(1).unwrap(), Some(first));
}

#[test]
fn a_ledger_that_is_not_the_one_that_was_sealed_is_named_by_the_batch() {
    let dir = small_ledger();
    let mut store = Store::open(&state(&dir)).unwrap();
    let mut tree = Tree::default();
    while let Some(unsealed) = store.unsealed(THREE, &mut tree).unwrap() {
        store.add_batch(&sealed(&unsealed)).unwrap();
    }
    store.add_receipt(1, b"first").unwrap();
    store.add_receipt(2, b"second").unwrap();
    drop(store);
    let verified = verify(&dir, Depth::Full).unwrap();
    assert_eq!(verified.entries, 7);
    let (batch, receipt) = Reader::open(&state(&dir)).unwrap().last_receipt().unwrap().unwrap();
    assert_eq!((batch.seq, batch.last, &receipt[..]), (2, 6, &b"second"[..]));
    // Somebody who owns the box writes a whole new chain from entry 5 on, sums and all.
    let conn = raw(&dir);
    conn.execute_batch("DROP TRIGGER entry_is_not_edited").unwrap();
    let mut prev: [u8; 32] =
        conn.query_row("SELECT hash FROM entry WHERE seq = 4", [], |row| row.get(0)).unwrap();
    for seq in 5..=7 {
        let body: Vec<u8> = conn
            .query_row("SELECT body FROM entry WHERE seq = ?1", [seq], |row| row.get(0))
            .unwrap();
        // Another salt is another entry, whatever it says.
        let body = String::from_utf8(body).unwrap();
        let at = body.find("\"salt\":\"").unwrap() + 8;
        let body = format!("{}{}{}", &body[..at], "0".repeat(32), &body[at + 32..]);
        let hash = Hash(prev).link(body.as_bytes()).0;
        conn.execute(
            "UPDATE entry SET body = ?2, prev = ?3, hash = ?4 WHERE seq = ?1",
            (seq, body.as_bytes(), prev, hash),
        )
        .unwrap();
        prev = hash;
    }
    let trigger = include_str!("../migrations/0001_ledger.sql");
    let trigger = &trigger[trigger.find("CREATE TRIGGER entry_is_not_edited").unwrap()..];
    conn.execute_batch(&trigger[..trigger.find("END;").unwrap() + 4]).unwrap();
    drop(conn);
    for depth in [Depth::Chain, Depth::Full] {
        let said = verify(&dir, depth).unwrap_err();
        assert!(said.contains("the entries up to 6 are not those that batch 2"), "{said}");
    }
}

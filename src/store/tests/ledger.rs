//! What the ledger keeps, refuses and finds.

use super::*;

#[test]
fn what_was_appended_is_listed_verified_and_summed_up() {
    let dir = small_ledger();
    let listed = Reader::open(&state(&dir)).unwrap().list(Listing::default(), 100).unwrap();
    let kinds: Vec<_> = listed.iter().map(|r| r.entry.event.kind()).collect();
    assert_eq!(kinds, ["genesis", "meal", "visit", "review", "void", "meal", "meal"]);
    assert!(listed.iter().zip(1..).all(|(r, n)| r.entry.n == n));
    assert!(listed.iter().all(|r| r.prev.link(&r.body) == r.hash));
    let verified = verify(&dir, Depth::Full).unwrap();
    assert_eq!(verified.head, listed[6].hash);
    let sums = Sums { meals: 2, visits: 1, city_fen: 400, district_fen: 400, ..Sums::default() };
    assert_eq!(verified.sums, Some(sums));
    let chain = verify(&dir, Depth::Chain).unwrap();
    assert_eq!((chain.entries, chain.head, chain.root), (7, verified.head, verified.root));
}

#[test]
fn a_second_meal_in_the_slot_is_refused_until_the_first_is_void() {
    let (_dir, mut store) = store();
    let first = store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    let refused = store.append(noon(), &meal("p_1", "2026-03-02")).unwrap_err();
    assert!(matches!(refused, LedgerError::SlotTaken { entry: 2, .. }), "{refused}");
    store.append(noon(), &void(first.n)).unwrap();
    let again = store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    assert_eq!(again.n, 4, "a refusal leaves no gap");
    store.append(stamp("2026-03-03T07:00:00+08:00"), &meal("p_1", "2026-03-03")).unwrap();
}

#[test]
fn only_a_standing_meal_or_visit_of_the_same_day_can_be_voided() {
    let (_dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    store.append(noon(), &visit("p_1", "2026-03-02", MealWindow::Lunch)).unwrap();
    let mut why = |at: &str, entry: EntryNumber| {
        let at = stamp(at);
        match store.append(at, &void(entry)).map(|_| ()) {
            Ok(()) => None,
            Err(LedgerError::Unvoidable { why, .. }) => Some(why),
            Err(other) => panic!("{other}"),
        }
    };
    let (today, midnight) = ("2026-03-02T23:59:59+08:00", "2026-03-03T00:00:00+08:00");
    assert_eq!(why(today, 1), Some(Unvoidable::Kind));
    assert_eq!(why(today, 4), Some(Unvoidable::Missing));
    assert_eq!(why(today, u64::MAX), Some(Unvoidable::Missing));
    assert_eq!(why(today, 2), None);
    assert_eq!(why(today, 2), Some(Unvoidable::Already));
    assert_eq!(why(today, 3), None);
    assert_eq!(why(today, 3), Some(Unvoidable::Already));
    assert_eq!(why(today, 4), Some(Unvoidable::Kind), "a void stands for ever");
    store.append(stamp(today), &meal("p_2", "2026-03-02")).unwrap();
    let refused = store.append(stamp(midnight), &void(6)).unwrap_err();
    let other_day = LedgerError::Unvoidable { entry: 6, why: Unvoidable::OtherDay };
    assert_eq!(refused.to_string(), other_day.to_string());
}

#[test]
fn history_tells_what_stands_on_the_day() {
    let (_dir, mut store) = store();
    let today = |store: &Store| store.history(&elder("p_1"), day("2026-03-02")).unwrap();
    assert_eq!(today(&store), History::default());
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    store.append(noon(), &visit("p_1", "2026-03-02", MealWindow::Supper)).unwrap();
    store.append(noon(), &meal("p_2", "2026-03-02")).unwrap();
    let both = vec![MealWindow::Lunch, MealWindow::Supper];
    assert_eq!(today(&store), History { subsidised: true, windows: both });
    store.append(noon(), &void(2)).unwrap();
    let supper = vec![MealWindow::Supper];
    assert_eq!(today(&store), History { subsidised: false, windows: supper });
}

#[test]
fn listing_selects_days_and_pages() {
    let (dir, mut store) = store();
    for (at, date) in
        [("2026-03-02T23:59:59+08:00", "2026-03-02"), ("2026-03-03T00:00:00+08:00", "2026-03-03")]
    {
        store.append(stamp(at), &meal("p_1", date)).unwrap();
    }
    let reader = Reader::open(&state(&dir)).unwrap();
    let list = |listing, rows| -> Vec<EntryNumber> {
        reader.list(listing, rows).unwrap().iter().map(|r| r.entry.n).collect()
    };
    let all = Listing::default();
    let (second, third) = (Some(day("2026-03-02")), Some(day("2026-03-03")));
    assert_eq!(list(all, 2), [1, 2]);
    assert_eq!(list(Listing { after: 2, ..all }, 2), [3]);
    assert_eq!(list(Listing { from: third, ..all }, 9), [3]);
    assert_eq!(list(Listing { to: second, ..all }, 9), [1, 2]);
    assert_eq!(list(Listing { from: second, to: third, ..all }, 9), [1, 2, 3]);
}

#[test]
fn the_store_alone_writes_genesis_and_gallery_entries() {
    let (_dir, mut store) = store();
    let genesis = Event::Genesis { device: "other".into() };
    assert!(matches!(store.append(noon(), &genesis), Err(LedgerError::Reserved("genesis"))));
}

#[test]
fn no_connection_can_change_delete_replace_or_skip_an_entry() {
    let dir = small_ledger();
    let conn = raw(&dir);
    for sql in [
        "UPDATE entry SET at = at WHERE seq = 3",
        "UPDATE entry SET seq = 99 WHERE seq = 7",
        "UPDATE OR REPLACE entry SET seq = 2 WHERE seq = 7",
        "DELETE FROM entry WHERE seq = 7",
        "DELETE FROM entry",
        "INSERT OR REPLACE INTO entry SELECT 3, at, kind, body, prev, hash FROM entry WHERE seq = 3",
        "REPLACE INTO entry SELECT * FROM entry WHERE seq = 7",
        "INSERT INTO entry SELECT 9, at, kind, body, hash, hash FROM entry WHERE seq = 7",
        "INSERT INTO entry SELECT 8, at, kind, body, prev, hash FROM entry WHERE seq = 7",
        "INSERT INTO entry SELECT NULL, at, kind, body, hash, hash FROM entry WHERE seq = 7",
    ] {
        let refused = conn.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("entr"), "{sql}: {refused}");
    }
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn every_changed_byte_of_every_entry_is_found_and_named() {
    let dir = small_ledger();
    let conn = raw(&dir);
    conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    let mut reader = Reader::open(&state(&dir)).unwrap();
    let mut tried = 0;
    for seq in 1..=7 {
        for (column, text) in
            [("body", false), ("prev", false), ("hash", false), ("at", true), ("kind", true)]
        {
            let select = format!("SELECT CAST({column} AS BLOB) FROM entry WHERE seq = {seq}");
            let cast = if text { "CAST(?1 AS TEXT)" } else { "?1" };
            let update = format!("UPDATE entry SET {column} = {cast} WHERE seq = {seq}");
            let right: Vec<u8> = conn.query_row(&select, [], |row| row.get(0)).unwrap();
            for at in 0..right.len() {
                let mut wrong = right.clone();
                wrong[at] ^= 1;
                conn.execute(&update, [&wrong]).unwrap();
                let error = reader.verify(Depth::Full, |_| {}).unwrap_err();
                let named = format!("entry {seq}: ");
                assert!(error.to_string().starts_with(&named), "{column}[{at}]: {error}");
                assert_eq!(error.exit(), Exit::Data);
                tried += 1;
            }
            conn.execute(&update, [&right]).unwrap();
        }
    }
    assert!(tried > 7 * 200, "{tried}");
    reader.verify(Depth::Full, |_| {}).unwrap();
}

#[test]
fn tampering_with_what_follows_from_the_entries_is_found() {
    let dir = small_ledger();
    for (harm, mend, told) in [
        ("UPDATE meal SET city_fen = 900 WHERE seq = 7", "UPDATE meal SET city_fen = 200", "meal"),
        ("UPDATE visit SET date = '2026-03-03'", "UPDATE visit SET date = '2026-03-02'", "visit"),
        (
            "INSERT INTO review VALUES (5, '2026-03-02', 'lunch', 'open')",
            "DELETE FROM review WHERE seq = 5",
            "review",
        ),
        (
            "INSERT INTO gallery VALUES (1, 1, 1, 1, x'00', '2026-03-02')",
            "DELETE FROM gallery",
            "gallery",
        ),
        ("CREATE VIEW extra AS SELECT 1", "DROP VIEW extra", "extra"),
        ("ALTER TABLE meal ADD note TEXT", "ALTER TABLE meal DROP note", "meal"),
    ] {
        raw(&dir).execute(harm, []).unwrap();
        let error = verify(&dir, Depth::Full).unwrap_err();
        assert!(error.contains(told), "{harm}: {error}");
        raw(&dir).execute(mend, []).unwrap();
        verify(&dir, Depth::Full).unwrap();
    }
    raw(&dir).execute("DROP TRIGGER entry_is_not_edited", []).unwrap();
    let error = verify(&dir, Depth::Chain).unwrap_err();
    assert!(error.contains("entry_is_not_edited"), "{error}");
    let refused = Store::open(&state(&dir)).err().unwrap();
    assert_eq!(refused.exit(), Exit::Data);
}

#[test]
fn a_missing_entry_is_named() {
    for (gone, named) in [("seq = 3", "entry 3:"), ("seq = 1", "entry 1:"), ("seq > 0", "entry 1:")]
    {
        let dir = small_ledger();
        let conn = raw(&dir);
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        conn.execute(&format!("DELETE FROM entry WHERE {gone}"), []).unwrap();
        let error = verify(&dir, Depth::Chain).unwrap_err();
        assert!(error.starts_with(named), "{gone}: {error}");
    }
}

#[test]
fn a_reader_sees_each_entry_as_soon_as_it_is_appended() {
    let (dir, mut store) = store();
    let mut reader = Reader::open(&state(&dir)).unwrap();
    for n in 2..6 {
        store.append(noon(), &meal(&format!("p_{n}"), "2026-03-02")).unwrap();
        assert_eq!(reader.verify(Depth::Full, |_| {}).unwrap().entries, n);
    }
}

#[test]
fn entries_of_a_kind_are_found_from_either_side_of_an_entry() {
    use super::super::ledger::{of_kind_after, of_kind_before};
    let dir = small_ledger();
    let store = Store::open(&state(&dir)).unwrap();
    let before = |kind, n| -> Vec<EntryNumber> {
        of_kind_before(&store.conn, kind, n).map(|entry| entry.unwrap().n).collect()
    };
    let after = |kind, n| -> Vec<EntryNumber> {
        of_kind_after(&store.conn, kind, n).map(|entry| entry.unwrap().n).collect()
    };
    assert_eq!(before("meal", EntryNumber::MAX), [7, 6, 2]);
    assert_eq!((before("meal", 6), before("meal", 2)), (vec![2], vec![]));
    assert_eq!((after("meal", 0), after("meal", 2)), (vec![2, 6, 7], vec![6, 7]));
    assert_eq!((after("meal", EntryNumber::MAX), after("epoch", 0)), (vec![], vec![]));
}

//! The store from outside: what it keeps, what it refuses, what it finds.

use super::*;
use crate::domain::calendar::{MealWindow, Timestamp};
use crate::domain::decision::Doubt;
use crate::domain::entry::{ClockTrust, EntryNumber, Meal, Method, Review, Visit};
use crate::domain::money::Fen;
use crate::domain::subsidy::{Award, NoAward};
use rusqlite::config::DbConfig;
use std::path::PathBuf;
use tempfile::TempDir;

pub(super) fn stamp(at: &str) -> Stamp {
    Stamp { at: at.parse::<Timestamp>().unwrap(), clock: ClockTrust::Trusted }
}

pub(super) fn noon() -> Stamp {
    stamp("2026-03-02T12:00:00.75+08:00")
}

pub(super) fn elder(id: &str) -> ElderId {
    ElderId::new(id).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn meal(id: &str, date: &str) -> Event {
    Event::Meal(Meal {
        elder: elder(id),
        date: day(date),
        window: MealWindow::Lunch,
        method: Method::Face,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: "80+".into(),
            city: Fen::new(200),
            district: Fen::new(200),
        },
        eligibility_as_of: day("2026-03-01"),
    })
}

fn visit(id: &str, date: &str, window: MealWindow) -> Event {
    Event::Visit(Visit {
        elder: elder(id),
        date: day(date),
        window,
        method: Method::Staff,
        reason: NoAward::AlreadyToday,
    })
}

/// A fresh store in a folder that goes when it is dropped.
pub(super) fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::init(&dir.path().join("state"), "lc-kfq-017", noon()).unwrap();
    (dir, store)
}

pub(super) fn state(dir: &TempDir) -> PathBuf {
    dir.path().join("state")
}

/// A store with one entry of every kind but a gallery, closed.
fn small_ledger() -> TempDir {
    let (dir, mut store) = store();
    let review = Event::Review(Review {
        date: day("2026-03-02"),
        window: MealWindow::Lunch,
        reasons: vec![Doubt::ThinMargin, Doubt::LookAlike],
        candidates: vec![elder("p_1"), elder("p_2")],
    });
    for event in [
        meal("p_1", "2026-03-02"),
        visit("p_1", "2026-03-02", MealWindow::Supper),
        review,
        Event::Void { entry: 2 },
        meal("p_1", "2026-03-02"),
        meal("p_2", "2026-03-02"),
    ] {
        store.append(noon(), &event).unwrap();
    }
    dir
}

fn verify(dir: &TempDir, depth: Depth) -> Result<Verified, String> {
    let mut reader = Reader::open(&state(dir)).map_err(|e| e.to_string())?;
    reader.verify(depth, |_| {}).map_err(|e| e.to_string())
}

fn raw(dir: &TempDir) -> Connection {
    Connection::open(state(dir).join(LEDGER_FILE)).unwrap()
}

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
    let sums = Sums { meals: 2, visits: 1, city_fen: 400, district_fen: 400 };
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
    store.append(noon(), &meal("p_1", "2026-03-03")).unwrap();
    store.append(noon(), &Event::Void { entry: first.n }).unwrap();
    let again = store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    assert_eq!(again.n, 5, "a refusal leaves no gap");
}

#[test]
fn only_a_standing_meal_or_visit_of_the_same_day_can_be_voided() {
    let (_dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    store.append(noon(), &visit("p_1", "2026-03-02", MealWindow::Lunch)).unwrap();
    let mut why = |at: &str, entry: EntryNumber| {
        let at = stamp(at);
        match store.append(at, &Event::Void { entry }).map(|_| ()) {
            Ok(()) => None,
            Err(LedgerError::Unvoidable { why, .. }) => Some(why),
            Err(other) => panic!("{other}"),
        }
    };
    let (today, midnight) = ("2026-03-02T23:59:59+08:00", "2026-03-03T00:00:00+08:00");
    assert_eq!(why(today, 1), Some(Unvoidable::Kind));
    assert_eq!(why(today, 4), Some(Unvoidable::Missing));
    assert_eq!(why(today, u64::MAX), Some(Unvoidable::Missing));
    assert_eq!(why(midnight, 2), Some(Unvoidable::OtherDay));
    assert_eq!(why(today, 2), None);
    assert_eq!(why(today, 2), Some(Unvoidable::Already));
    assert_eq!(why(today, 3), None);
    assert_eq!(why(today, 3), Some(Unvoidable::Already));
    assert_eq!(why(today, 4), Some(Unvoidable::Kind), "a void stands for ever");
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
    store.append(noon(), &Event::Void { entry: 2 }).unwrap();
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
fn a_second_writer_is_told_that_another_is_at_work() {
    let (dir, store) = store();
    let refused = Store::open(&state(&dir)).err().unwrap();
    assert_eq!(refused.exit(), Exit::Unavailable, "{refused}");
    drop(store);
    Store::open(&state(&dir)).unwrap();
}

#[test]
fn a_ledger_is_never_set_up_over_another() {
    let (dir, store) = store();
    drop(store);
    let refused = Store::init(&state(&dir), "lc-kfq-018", noon()).err().unwrap();
    assert!(matches!(refused, StoreError::Db(DbError::Exists(_))), "{refused}");
    assert_eq!(Store::open(&state(&dir)).unwrap().device(), "lc-kfq-017");
}

#[test]
fn a_set_up_that_was_cut_off_is_simply_run_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(state(&dir)).unwrap();
    for left in ["ledger.db.new", "ledger.db.new-wal", "box.key.new", "lock"] {
        std::fs::write(state(&dir).join(left), b"half").unwrap();
    }
    Store::init(&state(&dir), "lc-kfq-017", noon()).unwrap();
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn a_device_name_that_the_format_forbids_leaves_no_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let refused = Store::init(&state(&dir), "王奶奶的盒子", noon()).err().unwrap();
    assert_eq!(refused.exit(), Exit::Data, "{refused}");
    assert!(!state(&dir).join(LEDGER_FILE).exists());
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
            "INSERT INTO review VALUES (5, '2026-03-02', 'lunch')",
            "DELETE FROM review WHERE seq = 5",
            "review",
        ),
        ("INSERT INTO gallery VALUES (1, 1, 1, 1, x'00')", "DELETE FROM gallery", "gallery"),
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
fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
    let dir = small_ledger();
    let whole = std::fs::read(state(&dir).join(LEDGER_FILE)).unwrap();
    let cut = dir.path().join("cut.db");
    for length in (0..whole.len()).step_by(1021).chain((0..whole.len()).step_by(4096)) {
        std::fs::write(&cut, &whole[..length]).unwrap();
        let exit = match Reader::open(&cut) {
            Ok(mut reader) => reader.verify(Depth::Full, |_| {}).map_err(|e| e.exit()),
            Err(error) => Err(error.exit()),
        };
        assert_eq!(exit, Err(Exit::Data), "{length} bytes");
    }
}

#[test]
fn a_file_with_one_changed_byte_is_refused_or_still_says_the_same() {
    let dir = small_ledger();
    let mut bytes = std::fs::read(state(&dir).join(LEDGER_FILE)).unwrap();
    let sound = verify(&dir, Depth::Full).unwrap();
    let changed = dir.path().join("changed.db");
    let mut refused = 0;
    for at in (0..100).chain((100..bytes.len()).step_by(131)) {
        bytes[at] ^= 0x10;
        std::fs::write(&changed, &bytes).unwrap();
        bytes[at] ^= 0x10;
        let found = match Reader::open(&changed) {
            Ok(mut reader) => reader.verify(Depth::Full, |_| {}).map_err(|e| e.exit()),
            Err(error) => Err(error.exit()),
        };
        match found {
            Ok(found) => assert_eq!(found, sound, "byte {at}"),
            Err(exit) => {
                assert_ne!(exit, Exit::Software, "byte {at}");
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(state(&dir)).unwrap();
    let path = state(&dir).join(LEDGER_FILE);
    assert_eq!(verify(&dir, Depth::Chain).unwrap_err().matches("no ledger here").count(), 1);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE recipe (name TEXT)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert!(verify(&dir, Depth::Chain).unwrap_err().contains("not a ledger of canteend"));
    std::fs::write(state(&dir).join(KEY_FILE), [7; 32]).unwrap();
    set_mode(&state(&dir).join(KEY_FILE), 0o600);
    let refused = Store::open(&state(&dir)).err().unwrap();
    assert_eq!(refused.exit(), Exit::Data, "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::write(&path, "流水号,就餐日期\n".repeat(1000)).unwrap();
    assert!(verify(&dir, Depth::Chain).unwrap_err().contains("not a database"));
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_an_older_one_brought_up_to_date() {
    let dir = small_ledger();
    raw(&dir).execute("INSERT INTO migration VALUES (4, 'later')", []).unwrap();
    let refused = Store::open(&state(&dir)).err().unwrap();
    assert!(matches!(refused, StoreError::Db(DbError::Newer { found: 4, .. })), "{refused}");
    assert_eq!(refused.exit(), Exit::Config);
    assert!(verify(&dir, Depth::Chain).unwrap_err().contains("newer"));
    raw(&dir)
        .execute_batch(
            "DELETE FROM migration WHERE version > 2;
             DROP TABLE template; DROP TABLE elder_key; DROP TABLE elder;",
        )
        .unwrap();
    assert!(verify(&dir, Depth::Chain).unwrap_err().contains("older"));
    drop(Store::open(&state(&dir)).unwrap());
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn the_writing_connection_is_set_for_safety() {
    let (_dir, store) = store();
    for (pragma, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("recursive_triggers", "1"),
        ("secure_delete", "1"),
        ("trusted_schema", "0"),
        ("cell_size_check", "1"),
        ("temp_store", "2"),
    ] {
        let got: rusqlite::types::Value =
            store.conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap();
        let got = match got {
            rusqlite::types::Value::Integer(i) => i.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{pragma}: {other:?}"),
        };
        assert_eq!(got, value, "{pragma}");
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
fn the_state_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, _store) = store();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state(&dir)), 0o700);
    for name in [LEDGER_FILE, "ledger.db-wal", KEY_FILE, LOCK_FILE] {
        assert_eq!(mode(&state(&dir).join(name)), 0o600, "{name}");
    }
}

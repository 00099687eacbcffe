//! Files: set up once, locked, cut off, changed, foreign, newer.

use super::gallery::{MODEL, roster};
use super::*;
use rusqlite::config::DbConfig;

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

#[test]
fn a_newer_schema_is_refused_and_an_older_one_brought_up_to_date() {
    let dir = small_ledger();
    let later = "INSERT INTO migration SELECT max(version) + 1, 'later' FROM migration";
    raw(&dir).execute(later, []).unwrap();
    let refused = Store::open(&state(&dir)).err().unwrap();
    assert!(matches!(refused, StoreError::Db(DbError::Newer { .. })), "{refused}");
    assert_eq!(refused.exit(), Exit::Config);
    assert!(verify(&dir, Depth::Chain).unwrap_err().contains("newer"));
    raw(&dir)
        .execute_batch(
            "DELETE FROM migration WHERE version > 2;
             DROP TABLE template; DROP TABLE elder_key; DROP TABLE elder; DROP TABLE batch;
             DROP TABLE staged_card; DROP TABLE staged_holder;
             DROP TABLE city_gallery; DROP TABLE staged_pages; DROP TABLE staged_template;
             DROP TABLE staged_elder_key; DROP TABLE staged_elder; DROP TABLE staged_leaver;
             DROP TABLE city_card_key; DROP TABLE staged_card_key; DROP TABLE staged_kept;
             DROP TABLE left_out; DROP TABLE city_mark; DROP TABLE forgotten; DROP TABLE copied;
             DROP TABLE calibration; DROP TABLE closed; DROP INDEX entry_of_clock;
             DROP INDEX entry_gallery; DROP INDEX entry_epoch; DROP TABLE operator; DROP TABLE tap; DROP TABLE card;",
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
fn the_state_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, _store) = store();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state(&dir)), 0o700);
    for name in [LEDGER_FILE, "ledger.db-wal", KEY_FILE, LOCK_FILE] {
        assert_eq!(mode(&state(&dir).join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_ledger_is_read_in_a_folder_that_cannot_be_written() {
    let dir = small_ledger();
    let sound = verify(&dir, Depth::Full).unwrap();
    std::fs::remove_file(state(&dir).join(LOCK_FILE)).unwrap();
    std::fs::remove_file(state(&dir).join(KEY_FILE)).unwrap();
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(state(&dir).join(beside));
    }
    set_mode(&state(&dir).join(LEDGER_FILE), 0o400);
    set_mode(&state(&dir), 0o500);
    let found = verify(&dir, Depth::Full);
    set_mode(&state(&dir), 0o700);
    assert_eq!(found, Ok(sound));
}

#[test]
fn a_log_that_is_missing_after_a_crash_is_named_and_nothing_is_changed() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    let left = killed(&dir);
    let log = std::fs::read(left.join("ledger.db-wal")).unwrap();
    std::fs::remove_file(left.join("ledger.db-wal")).unwrap();
    let database = std::fs::read(left.join(LEDGER_FILE)).unwrap();
    let refused = Store::open(&left).err().unwrap();
    assert!(matches!(refused, StoreError::Db(DbError::LogGone(_))), "{refused}");
    assert_eq!(refused.exit(), Exit::Data);
    assert!(matches!(Reader::open(&left), Err(DbError::LogGone(_))));
    assert_eq!(std::fs::read(left.join(LEDGER_FILE)).unwrap(), database);
    std::fs::write(left.join("ledger.db-wal"), log).unwrap();
    assert_eq!(Store::open(&left).unwrap().last_entry().unwrap(), 2);
    assert!(!left.join("ledger.db.open").exists(), "closed in order");
    drop(store);
    assert!(!state(&dir).join("ledger.db.open").exists());
    assert_eq!(Store::open(&state(&dir)).unwrap().last_entry().unwrap(), 2);
}

/// What a process leaves that is killed now.
fn killed(dir: &TempDir) -> std::path::PathBuf {
    let left = dir.path().join("left");
    std::fs::create_dir(&left).unwrap();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db.open", KEY_FILE] {
        std::fs::copy(state(dir).join(name), left.join(name)).unwrap();
    }
    left
}

#[test]
fn a_program_that_turns_a_ledger_away_leaves_its_log() {
    let (dir, mut store) = store();
    store.append(noon(), &meal("p_1", "2026-03-02")).unwrap();
    let left = killed(&dir);
    let by_hand = |sql: &str| {
        let conn = Connection::open(left.join(LEDGER_FILE)).unwrap();
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        conn.execute_batch(sql).unwrap();
    };
    by_hand("INSERT INTO migration VALUES (99, 'of tomorrow')");
    // The newer program was killed, and the older one put back.
    let refused = Store::open(&left).err().unwrap();
    assert!(matches!(refused, StoreError::Db(DbError::Newer { .. })), "{refused}");
    assert!(left.join("ledger.db-wal").exists() && left.join("ledger.db.open").exists());
    by_hand("DELETE FROM migration WHERE version = 99");
    assert_eq!(Store::open(&left).unwrap().last_entry().unwrap(), 2);
    assert!(!left.join("ledger.db-wal").exists(), "closed in order");
}

#[test]
fn a_log_that_is_missing_is_named_whatever_was_written_last() {
    type Change = fn(&mut Store);
    let changes: [(&str, Change); 8] = [
        ("verdicts", |store| {
            let none = store.add_verdicts(noon(), &[], 7).unwrap();
            assert!(none.is_empty());
        }),
        ("an epoch", |store| assert!(store.begin_epoch(noon(), 2, None).unwrap().is_some())),
        ("a page", |store| drop(store.stage(MODEL, "", &PageRows::default()).unwrap())),
        ("the city's gallery", |store| {
            let replaced = store.adopt_staged(noon(), MODEL).unwrap().unwrap();
            assert!(!replaced.wiped, "a reader is there");
        }),
        ("a roster", |store| {
            store.replace_gallery(noon(), MODEL, &roster(3)).unwrap();
        }),
        ("a face forgotten", |store| {
            let told = store.forget_face(noon(), &elder("p_0001")).unwrap_err();
            assert!(matches!(told, GalleryError::NotWiped), "{told}");
        }),
        ("the night", |store| store.set_night_done(noon().at).unwrap()),
        ("an operator", |store| {
            store.add_operator(&operator("op-1"), "Li", &Pin::new("902817").unwrap()).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (dir, mut store) = store();
        store.replace_gallery(noon(), MODEL, &roster(2)).unwrap();
        let page = PageRows { arrivals: roster(3), ..PageRows::default() };
        store.stage(MODEL, "", &page).unwrap();
        drop(store);
        let mut store = Store::open(&state(&dir)).unwrap();
        assert!(!state(&dir).join("ledger.db.open").exists());
        let reader = raw(&dir);
        reader.execute_batch("BEGIN; SELECT count(*) FROM entry;").unwrap();
        change(&mut store);
        let left = dir.path().join("left");
        std::fs::create_dir(&left).unwrap();
        for name in ["ledger.db", "ledger.db.open"] {
            let _ = std::fs::copy(state(&dir).join(name), left.join(name));
        }
        let refused = Reader::open(&left).err();
        assert!(matches!(refused, Some(DbError::LogGone(_))), "{what}: {refused:?}");
    }
}

//! The gallery at rest: whole or not at all, and never in clear.

use super::*;
use crate::domain::calendar::Interval;
use crate::domain::elder::{Consent, Elder, IdLast4, Notice, NoticeWhy, Sex};
use crate::domain::entry::operation::{ClockChange, ClockWhy};
use crate::domain::gallery::TEMPLATES_PER_ELDER_MAX;
use crate::domain::template::{ModelId, Template};
use crate::store::vault::{self, Purpose};

pub(super) const MODEL: ModelId = ModelId([0xA5; 32]);
const DIMENSIONS: usize = 64;

/// Enrols elder number `i`, with `templates` templates of their own.
pub(super) fn enrolled(i: usize, templates: usize) -> Enrolled {
    let vector = |t: usize| (0..DIMENSIONS).map(move |d| ((i * 31 + t * 7 + d) as f32).sin());
    let template = |t| Template::new(MODEL, &vector(t).collect::<Vec<_>>()).unwrap();
    let interval = |from, to: Option<&str>| Interval::new(day(from), to.map(day)).unwrap();
    Enrolled {
        elder: Elder {
            id: elder(&format!("p_{i:04}")),
            name: format!("欧阳测试{i:04}"),
            sex: if i.is_multiple_of(2) { Sex::Female } else { Sex::Male },
            birth: day("1943-05-02"),
            id_last4: IdLast4::new("002X"),
            eligible: vec![interval("2024-01-01", None)],
            home_care: vec![interval("2025-07-01", Some("2025-12-31"))],
            notices: vec![Notice { why: NoticeWhy::Moved, from: day("2026-02-27") }],
            consent: Consent { store_face: true, transmit: true },
        },
        templates: (0..templates).map(template).collect(),
    }
}

pub(super) fn roster(elders: usize) -> Vec<Enrolled> {
    (0..elders).map(|i| enrolled(i, 1 + i % 2)).collect()
}

fn bytes(template: &Template) -> Vec<u8> {
    template.values().iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Every file of the state folder, whatever its name.
fn files(dir: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(state(dir)).unwrap().map(|e| e.unwrap().path());
    entries.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

pub(super) fn found(dir: &TempDir, needle: &[u8]) -> bool {
    files(dir).iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|w| w == needle))
}

#[test]
fn a_gallery_comes_back_as_it_was_put_in() {
    let (dir, mut store) = store();
    assert_eq!(store.load_gallery().unwrap(), []);
    let replaced = store.replace_gallery(noon(), MODEL, &roster(5)).unwrap();
    let change = &replaced.change;
    assert_eq!((change.generation, change.elders, change.templates), (1, 5, 7));
    assert!(replaced.wiped);
    drop(store);
    let store = Store::open(&state(&dir)).unwrap();
    for (got, put) in store.load_gallery().unwrap().iter().zip(roster(5)) {
        assert_eq!(got.elder, put.elder);
        for (a, b) in got.templates.iter().zip(&put.templates) {
            assert!(a.cosine(b).unwrap() > 0.999_999);
        }
    }
    assert_eq!(store.load_gallery().unwrap().len(), 5);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn a_roster_that_is_refused_leaves_the_old_gallery() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(3)).unwrap();
    let before = store.load_gallery().unwrap();
    let mut long_name = enrolled(1, 0);
    long_name.elder.name = "长".repeat(65);
    let mut no_consent = enrolled(1, 1);
    no_consent.elder.consent.store_face = false;
    let other = ModelId([1; 32]);
    let mut other_model = enrolled(1, 0);
    other_model.templates = vec![Template::new(other, &[1.0; 8]).unwrap()];
    for (bad, told) in [
        (enrolled(0, 1), "twice"),
        (enrolled(1, TEMPLATES_PER_ELDER_MAX + 1), "out of bounds"),
        (long_name, "out of bounds"),
        (no_consent, "not agreed"),
        (other_model, "another model"),
    ] {
        let refused = store.replace_gallery(noon(), MODEL, &[enrolled(0, 1), bad]).unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
        assert!(!refused.to_string().contains("p_"), "it may be logged: {refused}");
        assert!(refused.whom().unwrap().starts_with("p_"), "{refused}");
        assert_eq!(refused.exit(), Exit::Data);
    }
    assert_eq!(store.load_gallery().unwrap(), before);
    assert_eq!(verify(&dir, Depth::Full).unwrap().entries, 2);
}

#[test]
fn a_replacement_that_fails_half_way_leaves_the_old_gallery() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(3)).unwrap();
    let before = store.load_gallery().unwrap();
    // A full disk, as SQLite reports it: the file may grow no further.
    let pages: i64 = store.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let refused = store.replace_gallery(noon(), MODEL, &roster(2000)).unwrap_err();
    assert_eq!(refused.exit(), Exit::Io, "{refused}");
    assert_eq!(store.load_gallery().unwrap(), before);
    store.conn.query_row("PRAGMA max_page_count = 100000", [], |_| Ok(())).unwrap();
    assert_eq!(store.replace_gallery(noon(), MODEL, &roster(4)).unwrap().change.generation, 2);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn elders_who_left_the_roster_are_gone_with_their_keys() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(40)).unwrap();
    let wrapped: Vec<Vec<u8>> = wrapped_keys(&store, "p_0030").into_iter().map(|k| k.1).collect();
    assert_eq!(wrapped.len(), 2);
    store.replace_gallery(noon(), MODEL, &roster(20)).unwrap();
    assert_eq!(store.load_gallery().unwrap().len(), 20);
    assert!(wrapped.iter().all(|key| !found(&dir, key)));
    assert!(!found(&dir, b"p_0030"));
}

#[test]
fn names_and_templates_never_stand_in_clear() {
    let (dir, mut store) = store();
    store.conn.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
    store.replace_gallery(noon(), MODEL, &roster(50)).unwrap();
    store.append(noon(), &meal("p_0001", "2026-03-02")).unwrap();
    for person in roster(50) {
        assert!(!found(&dir, person.elder.name.as_bytes()));
        assert!(!found(&dir, &person.elder.name.as_bytes()[..9]));
        assert!(!found(&dir, b"1943-05-02"));
        for template in &person.templates {
            assert!(!found(&dir, &bytes(template)[..16]));
        }
    }
    assert!(found(&dir, b"p_0001"), "the search itself works");
}

pub(super) fn wrapped_keys(store: &Store, elder: &str) -> Vec<(i64, Vec<u8>)> {
    let sql = "SELECT key_version, wrapped FROM elder_key WHERE elder = ?1 ORDER BY purpose";
    let mut stmt = store.conn.prepare(sql).unwrap();
    stmt.query_map([elder], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn ciphertext(store: &Store, row: &str) -> Vec<u8> {
    let sql = "SELECT vector FROM template WHERE elder || '/' || place = ?1";
    store.conn.query_row(sql, [row], |row| row.get(0)).unwrap()
}

#[test]
fn a_forgotten_face_opens_never_again_even_from_an_old_copy() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(300)).unwrap();
    let place = ("template", "p_0107/0", "vector");
    let copy = ciphertext(&store, "p_0107/0");
    let (version, face_key) = wrapped_keys(&store, "p_0107").remove(0);
    let key = store.vault.unwrap_key("p_0107", Purpose::Face, version, &face_key).unwrap();
    let clear = bytes(&enrolled(107, 2).templates[0]);
    assert_eq!(vault::open(&key, place, &copy).unwrap(), clear, "the copy opens before");
    assert!(found(&dir, &face_key) && found(&dir, &copy));

    store.forget_face(noon(), &elder("p_0107")).unwrap().expect("something was forgotten");

    // Neither the ciphertext nor the wrapped key is left in any file of the folder
    assert!(!found(&dir, &face_key) && !found(&dir, &face_key[..16]));
    assert!(!found(&dir, &copy) && !found(&dir, &copy[..16]));
    // (so it is wherever in the tables the elder stood) …
    for i in (3..300).step_by(37) {
        let (id, row) = (format!("p_{i:04}"), format!("p_{i:04}/0"));
        let (copy, face_key) = (ciphertext(&store, &row), wrapped_keys(&store, &id).remove(0).1);
        store.forget_face(noon(), &elder(&id)).unwrap().unwrap();
        assert!(!found(&dir, &face_key[..16]) && !found(&dir, &copy[..16]), "{id}");
    }
    // … and no key that is left opens the copy, under whatever name.
    let mut stmt = store.conn.prepare("SELECT elder, purpose, wrapped FROM elder_key").unwrap();
    let left: Vec<(String, String, Vec<u8>)> = stmt
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(left.len(), 600 - 1 - 9);
    for (id, purpose, wrapped) in left {
        let purpose = if purpose == "face" { Purpose::Face } else { Purpose::Identity };
        let key = store.vault.unwrap_key(&id, purpose, version, &wrapped).unwrap();
        vault::open(&key, place, &copy).unwrap_err();
    }
    assert!(store.vault.unwrap_key("p_0107", Purpose::Face, version, &copy).is_err());
}

#[test]
fn forgetting_a_face_keeps_everything_else() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(6)).unwrap();
    store.append(noon(), &meal("p_0003", "2026-03-02")).unwrap();
    let before = store.load_gallery().unwrap();
    let unknown = store.forget_face(noon(), &elder("p_9999")).unwrap_err();
    assert!(matches!(unknown, GalleryError::Unknown(_)));
    let forgot = store.forget_face(noon(), &elder("p_0003")).unwrap();
    assert_eq!(forgot.unwrap().n, 4);
    assert_eq!(store.forget_face(noon(), &elder("p_0003")).unwrap(), None, "only once");
    let mut expected = before;
    expected[3].templates.clear();
    expected[3].elder.consent.store_face = false;
    assert_eq!(store.load_gallery().unwrap(), expected);
    let sums = verify(&dir, Depth::Full).unwrap().sums.unwrap();
    assert_eq!(sums.meals, 1);
}

#[test]
fn a_reader_that_keeps_old_pages_is_told_of() {
    let (dir, mut store) = store();
    store.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    store.replace_gallery(noon(), MODEL, &roster(2)).unwrap();
    let reader = raw(&dir);
    reader.execute_batch("BEGIN; SELECT count(*) FROM elder;").unwrap();
    let told = store.forget_face(noon(), &elder("p_0001")).unwrap_err();
    assert!(matches!(told, GalleryError::NotWiped) && told.exit() == Exit::Unavailable);
    drop(reader);
    assert_eq!(store.forget_face(noon(), &elder("p_0001")).unwrap(), None);
}

#[test]
fn a_sealed_value_opens_nowhere_else() {
    let (_dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(4)).unwrap();
    for (swap, row) in [
        (
            "UPDATE template SET vector = (SELECT vector FROM template WHERE elder = 'p_0003' AND place = 1) WHERE elder = 'p_0003' AND place = 0",
            "p_0003/0",
        ),
        (
            "UPDATE elder SET identity = (SELECT identity FROM elder WHERE id = 'p_0001') WHERE id = 'p_0000'",
            "p_0000",
        ),
        ("UPDATE elder_key SET key_version = 2 WHERE elder = 'p_0001'", "p_0001"),
        ("UPDATE elder SET identity = substr(identity, 1, 11) WHERE id = 'p_0002'", "p_0002"),
        ("DELETE FROM elder_key WHERE elder = 'p_0002' AND purpose = 'face'", "p_0002"),
        ("DELETE FROM elder WHERE id = 'p_0002'", "3 elders"),
    ] {
        store.conn.execute_batch("SAVEPOINT sound").unwrap();
        store.conn.execute(swap, []).unwrap();
        let error = store.load_gallery().unwrap_err();
        assert!(error.whom().unwrap().contains(row), "{swap}: {error}");
        assert!(!error.to_string().contains("p_"), "it may be logged: {error}");
        assert_eq!(error.exit(), Exit::Data);
        store.conn.execute_batch("ROLLBACK TO sound; RELEASE sound").unwrap();
    }
    assert_eq!(store.load_gallery().unwrap().len(), 4);
}

#[test]
fn a_box_key_that_is_open_to_others_missing_or_cut_is_refused() {
    let (dir, store) = store();
    drop(store);
    let key = state(&dir).join(KEY_FILE);
    let right = std::fs::read(&key).unwrap();
    let refused = || Store::open(&state(&dir)).err().unwrap();
    set_mode(&key, 0o640);
    assert!(refused().to_string().contains("chmod 600"));
    set_mode(&key, 0o600);
    for wrong in [&right[..31], &[&right[..], b"\n"].concat()] {
        std::fs::write(&key, wrong).unwrap();
        assert!(refused().to_string().contains("32 bytes"));
    }
    std::fs::remove_file(&key).unwrap();
    assert_eq!(refused().exit(), Exit::Config);
    std::fs::write(&key, right).unwrap();
    set_mode(&key, 0o400);
    Store::open(&state(&dir)).unwrap();
}

#[test]
fn another_box_key_opens_nothing() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(1)).unwrap();
    drop(store);
    std::fs::write(state(&dir).join(KEY_FILE), [9; 32]).unwrap();
    let error = Store::open(&state(&dir)).unwrap().load_gallery().unwrap_err();
    assert!(error.to_string().contains("does not open"), "{error}");
}

#[test]
fn keys_and_vaults_show_sizes_only() {
    let (_dir, store) = store();
    let (key, _) = store.vault.new_key("p_1", Purpose::Face, 3).unwrap();
    assert_eq!(
        format!("{key:?} {:?}", store.vault),
        "ElderKey(32 bytes, version 3) Vault(32 bytes)"
    );
}

#[test]
fn a_copy_holds_neither_faces_nor_their_keys_and_opens_identities_only() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(40)).unwrap();
    store.append(noon(), &meal("p_0003", "2026-03-02")).unwrap();
    let copy = dir.path().join("copy.db");
    let copied = Reader::open(&state(&dir)).unwrap().back_up(&copy).unwrap();
    assert_eq!(copied, verify(&dir, Depth::Full).unwrap());
    let raw = std::fs::read(&copy).unwrap();
    let held = |needle: &[u8]| raw.windows(needle.len()).any(|w| w == needle);
    for i in (1..40).step_by(9) {
        let (id, row) = (format!("p_{i:04}"), format!("p_{i:04}/0"));
        let mut keys = wrapped_keys(&store, &id);
        let (identity, face) = (keys.pop().unwrap().1, keys.pop().unwrap().1);
        assert!(!held(&face[..16]) && !held(&ciphertext(&store, &row)[..16]), "{id}");
        assert!(held(&identity), "the search itself works");
        assert!(!held(enrolled(i, 0).elder.name.as_bytes()));
    }
    drop(store);

    let new = dir.path().join("new");
    let made = Store::restore(&new, &copy, Names::Kept).err().unwrap();
    assert_eq!(made.exit(), Exit::Config, "without the box key: {made}");
    std::fs::copy(state(&dir).join(KEY_FILE), new.join(KEY_FILE)).unwrap();
    let restored = Store::restore(&new, &copy, Names::Kept).unwrap();
    let gallery = restored.load_gallery().unwrap();
    assert_eq!(gallery.len(), 40);
    assert!(gallery.iter().all(|e| e.templates.is_empty() && !e.elder.consent.store_face));
    assert_eq!(restored.history(&elder("p_0003"), day("2026-03-02")).unwrap().windows.len(), 1);
    drop(restored);
    let verified = Reader::open(&new).unwrap().verify(Depth::Full, |_| {}).unwrap();
    assert_eq!(verified.entries, copied.entries + 1);
}

#[test]
fn a_copy_whose_box_key_is_lost_goes_on_without_names_when_that_is_said() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(3)).unwrap();
    store.append(noon(), &meal("p_0001", "2026-03-02")).unwrap();
    let copy = dir.path().join("copy.db");
    Reader::open(&state(&dir)).unwrap().back_up(&copy).unwrap();
    let new = dir.path().join("new");
    std::fs::create_dir(&new).unwrap();
    set_mode(&new, 0o700);
    std::fs::write(new.join(KEY_FILE), [9; 32]).unwrap();
    set_mode(&new.join(KEY_FILE), 0o600);
    let other = Store::restore(&new, &copy, Names::Kept).err().unwrap();
    assert!(matches!(other, StoreError::OtherKey), "{other}");
    assert!(!new.join(LEDGER_FILE).exists(), "nothing is in place");
    std::fs::remove_file(new.join(KEY_FILE)).unwrap();
    let restored = Store::restore(&new, &copy, Names::Dropped).unwrap();
    assert!(restored.load_gallery().unwrap().is_empty());
    assert_eq!(restored.history(&elder("p_0001"), day("2026-03-02")).unwrap().windows.len(), 1);
    let last = restored.last_entry().unwrap();
    let told = restored.entry(last).unwrap().unwrap();
    assert_eq!(
        told.stamp.at.as_second(),
        noon().at.as_second(),
        "what the clock says now is not believed by restoring"
    );
    drop(restored);
    Reader::open(&new).unwrap().verify(Depth::Full, |_| {}).unwrap();
}

#[test]
fn a_gallery_that_comes_under_a_doubted_clock_is_as_old_as_the_one_before() {
    let (_dir, mut store) = store();
    let as_of = |store: &mut Store, stamp| {
        store.replace_gallery(stamp, MODEL, &roster(1)).unwrap().change.as_of
    };
    assert_eq!(as_of(&mut store, noon()), day("2026-03-02"));
    let far =
        Stamp { at: "2036-03-02T12:00:00+08:00".parse().unwrap(), clock: ClockTrust::Untrusted };
    let doubt = ClockChange { trusted: false, why: ClockWhy::Jump, boot: [1; 16], offset_ms: 0 };
    store.append(far, &Event::Clock(doubt)).unwrap();
    assert_eq!(as_of(&mut store, far), day("2026-03-02"));
}

#[test]
fn names_are_read_without_the_lock_and_only_with_the_right_key() {
    let (dir, mut store) = store();
    let roster: Vec<_> = (0..3).map(|i| enrolled(i, 1)).collect();
    store.replace_gallery(noon(), MODEL, &roster).unwrap();
    let reader = Reader::open(&state(&dir)).unwrap();
    let elders = reader.elders(&state(&dir).join(KEY_FILE)).unwrap();
    assert_eq!(elders, roster.into_iter().map(|e| e.elder).collect::<Vec<_>>());
    let other = dir.path().join("other.key");
    Vault::create(&other).unwrap();
    let error = reader.elders(&other).unwrap_err();
    assert!(matches!(error, GalleryError::Vault(VaultError::Sealed { .. })), "{error}");
    let error = reader.elders(&dir.path().join("none.key")).unwrap_err().to_string();
    assert!(error.contains("the box key is missing"), "{error}");
}

//! The city's gallery: gathered page by page, in force in one step, or not at all.

use super::gallery::{MODEL, enrolled, found, roster, wrapped_keys};
use super::*;
use crate::domain::calendar::Interval;
use crate::domain::elder::{Notice, NoticeWhy};
use crate::domain::template::ModelId;

fn page(generation: u64, next: &str, arrivals: Vec<Enrolled>) -> PageRows {
    PageRows { generation, next: next.into(), arrivals, ..PageRows::default() }
}

fn leaver(i: usize, why: LeaverWhy) -> Leaver {
    Leaver { elder: elder(&format!("p_{i:04}")), why, since: day("2026-02-27") }
}

/// A store whose gallery came from the city: generation 5, six elders.
fn synced() -> (TempDir, Store) {
    let (dir, mut store) = store();
    store.stage(MODEL, "", &page(5, "c.3", roster(3))).unwrap();
    let rest = roster(6).split_off(3);
    let staged = store.stage(MODEL, "c.3", &page(5, "c.6", rest)).unwrap();
    assert_eq!((staged.pages, staged.whole), (2, true));
    let replaced = store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert_eq!((replaced.change.elders, replaced.change.templates), (6, 9));
    (dir, store)
}

#[test]
fn pages_take_effect_together_and_not_before() {
    let (dir, mut store) = store();
    store.replace_gallery(noon(), MODEL, &roster(2)).unwrap();
    let before = store.load_gallery().unwrap();
    let early = store.adopt_staged(noon(), MODEL).unwrap_err();
    assert!(matches!(early, GalleryError::Damaged { table: "staged_pages", .. }));
    store.stage(MODEL, "", &page(1, "c.1", vec![enrolled(7, 2)])).unwrap();
    assert_eq!(store.load_gallery().unwrap(), before);
    assert_eq!(store.city_gallery().unwrap(), None);
    drop(store);
    let mut store = Store::open(&state(&dir)).unwrap();
    assert_eq!(store.staged(MODEL).unwrap().unwrap().cursor, "c.1");
    store.stage(MODEL, "c.1", &page(1, "c.2", vec![enrolled(8, 0)])).unwrap();
    let replaced = store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert!(replaced.wiped);
    let ids: Vec<_> = store.load_gallery().unwrap().into_iter().map(|e| e.elder.id).collect();
    assert_eq!(ids, [elder("p_0007"), elder("p_0008")], "whoever is on no page is gone");
    let known = CityGallery { generation: 1, cursor: "c.2".into() };
    assert_eq!(store.city_gallery().unwrap(), Some(known));
    assert_eq!(store.staged(MODEL).unwrap(), None);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn changes_since_a_cursor_leave_everybody_else_as_they_were() {
    let (dir, mut store) = synced();
    let mut changed = enrolled(2, 1);
    changed.elder.name = "王秀英".into();
    changed.elder.notices.clear();
    let rows = PageRows {
        leavers: vec![
            leaver(1, LeaverWhy::Withdrawn),
            leaver(4, LeaverWhy::Notice(NoticeWhy::Deceased)),
            leaver(99, LeaverWhy::Withdrawn),
            leaver(98, LeaverWhy::Notice(NoticeWhy::Moved)),
        ],
        ..page(6, "c.9", vec![changed.clone(), enrolled(6, 1)])
    };
    let (version, face_key) = wrapped_keys(&store, "p_0001").remove(0);
    assert_eq!(version, 1);
    let mut expected = store.load_gallery().unwrap();
    assert!(!store.stage(MODEL, "c.6", &rows).unwrap().whole);
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    expected[1].templates.clear();
    expected[1].elder.consent.store_face = false;
    let dead = Notice { why: NoticeWhy::Deceased, from: day("2026-02-27") };
    expected[4].elder.notices.push(dead);
    expected[4].elder.consent.store_face = false;
    expected[4].templates.clear();
    expected[2].elder = changed.elder;
    let now = store.load_gallery().unwrap();
    assert_eq!(now.len(), 7);
    for (now, expected) in now.iter().zip(&expected) {
        assert_eq!(now.elder, expected.elder);
        assert_eq!(now.templates.len(), expected.templates.len(), "{}", now.elder.id);
    }
    assert!(!found(&dir, &face_key), "the face's key is destroyed, wherever it stood");
    assert!(!found(&dir, b"p_0099"));
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn the_last_word_on_an_elder_counts_within_one_sync() {
    let (_dir, mut store) = synced();
    let gone = PageRows {
        leavers: vec![leaver(3, LeaverWhy::Withdrawn)],
        ..page(6, "c.7", vec![enrolled(2, 0)])
    };
    store.stage(MODEL, "c.6", &gone).unwrap();
    let back = PageRows {
        leavers: vec![leaver(2, LeaverWhy::Withdrawn)],
        ..page(7, "c.8", vec![enrolled(3, 2)])
    };
    store.stage(MODEL, "c.7", &back).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    let now = store.load_gallery().unwrap();
    assert_eq!((now[3].templates.len(), now[3].elder.consent.store_face), (2, true));
    assert_eq!((now[2].templates.len(), now[2].elder.consent.store_face), (0, false));
}

#[test]
fn an_older_generation_is_refused_and_an_unfinished_attempt_goes_on_or_is_dropped() {
    let (_dir, mut store) = synced();
    let told = store.stage(MODEL, "c.6", &page(4, "c.7", vec![])).unwrap_err();
    assert!(matches!(told, GalleryError::Older { found: 4, known: 5 }), "{told}");
    store.stage(MODEL, "c.6", &page(7, "c.7", vec![enrolled(9, 1)])).unwrap();
    let told = store.stage(MODEL, "c.7", &page(6, "c.8", vec![])).unwrap_err();
    assert!(matches!(told, GalleryError::Older { found: 6, known: 7 }), "{told}");
    assert_eq!(store.staged(MODEL).unwrap().unwrap().cursor, "c.7", "what was gathered stays");
    assert_eq!(store.staged(ModelId([1; 32])).unwrap(), None);
    // From nothing: what an attempt before gathered is dropped.
    let anew = store.stage(MODEL, "", &page(7, "c.1", vec![enrolled(0, 1)])).unwrap();
    assert_eq!((anew.pages, anew.whole), (1, true));
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert_eq!(store.load_gallery().unwrap().len(), 1);
}

#[test]
fn nothing_new_moves_the_cursor_alone_and_a_new_day_is_told_once() {
    let (dir, mut store) = synced();
    let entries = || verify(&dir, Depth::Full).unwrap().entries;
    let before = entries();
    store.stage(MODEL, "c.6", &page(5, "c.6", vec![])).unwrap();
    assert_eq!(store.adopt_staged(noon(), MODEL).unwrap(), None);
    assert_eq!(entries(), before);
    let night = stamp("2026-03-03T22:00:00+08:00");
    for (told, entry) in [(true, 1), (false, 1)] {
        store.stage(MODEL, "c.6", &page(5, "c.6", vec![])).unwrap();
        let replaced = store.adopt_staged(night, MODEL).unwrap();
        assert_eq!(replaced.map(|r| r.change.as_of), told.then(|| day("2026-03-03")));
        assert_eq!(entries(), before + entry);
    }
}

#[test]
fn a_roster_from_elsewhere_ends_the_citys_gallery() {
    let (_dir, mut store) = synced();
    store.stage(MODEL, "c.6", &page(6, "c.7", vec![enrolled(9, 1)])).unwrap();
    store.replace_gallery(noon(), MODEL, &roster(2)).unwrap();
    assert_eq!(store.city_gallery().unwrap(), None);
    assert_eq!(store.staged(MODEL).unwrap(), None);
}

#[test]
fn what_is_gathered_is_sealed_and_in_no_backup() {
    let (dir, mut store) = synced();
    let rows = page(6, "c.7", vec![enrolled(77, 2)]);
    store.stage(MODEL, "c.6", &rows).unwrap();
    assert!(!found(&dir, enrolled(77, 0).elder.name.as_bytes()));
    let copy = dir.path().join("copy.db");
    Reader::open(&state(&dir)).unwrap().back_up(&copy).unwrap();
    let raw = std::fs::read(&copy).unwrap();
    assert!(!raw.windows(6).any(|w| w == b"p_0077"));
    let new = dir.path().join("new");
    std::fs::create_dir(&new).unwrap();
    set_mode(&new, 0o700);
    std::fs::copy(state(&dir).join(KEY_FILE), new.join(KEY_FILE)).unwrap();
    let restored = Store::restore(&new, &copy, Names::Kept).unwrap();
    assert_eq!(restored.city_gallery().unwrap(), None, "a restored box asks for everybody");
}

#[test]
fn a_disk_that_fills_up_while_pages_come_leaves_the_old_gallery() {
    let (_dir, mut store) = synced();
    let before = store.load_gallery().unwrap();
    let pages: i64 = store.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let cap = |store: &Store, pages: i64| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        store.conn.query_row(&sql, [], |_| Ok(())).unwrap();
    };
    cap(&store, pages + 40);
    let (mut cursor, mut refused) = ("c.6".to_owned(), None);
    for n in 0..100 {
        let next = format!("d.{n}");
        let arrivals = (0..20).map(|i| enrolled(1000 + n * 20 + i, 2)).collect();
        match store.stage(MODEL, &cursor, &page(6, &next, arrivals)) {
            Ok(_) => cursor = next,
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert_eq!(refused.expect("the disk is full").exit(), Exit::Io);
    // Gathered pages stand, and there is no room to put them into force.
    let full = store.adopt_staged(noon(), MODEL);
    assert!(full.is_err() || cursor == "c.6");
    assert_eq!(store.load_gallery().unwrap(), before);
    cap(&store, 100_000);
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert!(store.load_gallery().unwrap().len() > before.len());
}

#[test]
fn a_face_that_was_forgotten_here_comes_back_only_after_the_city_has_heard_of_it() {
    let (dir, mut store) = synced();
    // Pages that were gathered before count no more than later ones.
    store.stage(MODEL, "c.6", &page(6, "c.7", vec![enrolled(2, 1)])).unwrap();
    store.forget_face(noon(), &elder("p_0002")).unwrap().unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    let face = |store: &Store| {
        let elder = store.load_gallery().unwrap().remove(2);
        (elder.templates.len(), elder.elder.consent.store_face)
    };
    assert_eq!(face(&store), (0, false));
    // Everybody anew, as after a lost cursor.
    store.stage(MODEL, "", &page(7, "d.6", roster(6))).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert_eq!(face(&store), (0, false));
    let heard =
        PageRows { leavers: vec![leaver(2, LeaverWhy::Withdrawn)], ..page(8, "d.7", vec![]) };
    store.stage(MODEL, "d.6", &heard).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    store.stage(MODEL, "d.7", &page(9, "d.8", vec![enrolled(2, 1)])).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert_eq!(face(&store), (1, true), "a consent after that is a new one");
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn a_face_that_is_forgotten_while_pages_come_is_forgotten_there_too() {
    let (dir, mut store) = synced();
    store.stage(MODEL, "c.6", &page(6, "c.7", vec![enrolled(2, 2), enrolled(3, 1)])).unwrap();
    let staged_key: Vec<u8> = store
        .conn
        .query_row(
            "SELECT wrapped FROM staged_elder_key WHERE elder = 'p_0002' AND purpose = 'face'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    store.forget_face(noon(), &elder("p_0002")).unwrap().unwrap();
    assert!(!found(&dir, &staged_key));
    let faces = "SELECT count(*) FROM staged_template WHERE elder = ";
    let faces = |store: &Store, who: &str| -> i64 {
        store.conn.query_row(&format!("{faces}'{who}'"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((faces(&store, "p_0002"), faces(&store, "p_0003")), (0, 1));
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert!(store.load_gallery().unwrap()[2].templates.is_empty());
}

#[test]
fn a_row_that_does_not_hold_leaves_its_elder_as_they_were_in_a_whole_gallery_too() {
    let (dir, mut store) = synced();
    let before = store.load_gallery().unwrap().remove(4);
    let rows = PageRows {
        bad: vec!["p_0004".into(), "p_0077".into(), "?".into()],
        ..page(7, "d.1", roster(2))
    };
    store.stage(MODEL, "", &rows).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    let now = store.load_gallery().unwrap();
    let ids: Vec<_> = now.iter().map(|e| e.elder.id.as_str()).collect();
    assert_eq!(ids, ["p_0000", "p_0001", "p_0004"]);
    assert_eq!((&now[2].elder, now[2].templates.len()), (&before.elder, before.templates.len()));
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn whoever_is_taken_out_keeps_what_the_same_pages_say_and_loses_the_face() {
    let (_dir, mut store) = synced();
    let mut cared_for = enrolled(2, 2);
    cared_for.elder.notices.clear();
    cared_for.elder.home_care = Interval::new(day("2026-03-01"), None).into_iter().collect();
    let arrivals = vec![cared_for.clone(), enrolled(6, 1)];
    store.stage(MODEL, "c.6", &page(6, "c.7", arrivals)).unwrap();
    let dead = LeaverWhy::Notice(NoticeWhy::Deceased);
    let leavers = vec![
        leaver(2, LeaverWhy::Withdrawn),
        leaver(2, dead),
        leaver(5, dead),
        leaver(6, LeaverWhy::Notice(NoticeWhy::Moved)),
    ];
    store.stage(MODEL, "c.7", &PageRows { leavers, ..page(6, "c.8", vec![]) }).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    let now = store.load_gallery().unwrap();
    assert_eq!(now[2].elder.home_care, cared_for.elder.home_care);
    let told = |i: usize| {
        let Enrolled { elder, templates } = &now[i];
        (elder.notices.last().map(|n| n.why), templates.len())
    };
    assert_eq!(told(2), (Some(NoticeWhy::Deceased), 0));
    assert_eq!(told(5), (Some(NoticeWhy::Deceased), 0));
    assert_eq!(told(6), (Some(NoticeWhy::Moved), 0));
}

/// A page with a row for elder `i` that says nothing of a face.
fn silent(generation: u64, next: &str, i: usize) -> PageRows {
    let known = Enrolled { templates: vec![], ..enrolled(i, 1) };
    PageRows { silent: vec![known.elder.id.clone()], ..page(generation, next, vec![known]) }
}

#[test]
fn a_row_that_says_nothing_of_a_face_leaves_the_one_that_the_box_has() {
    let (dir, mut store) = synced();
    let before = store.load_gallery().unwrap();
    assert_eq!(before[1].templates.len(), 2);
    // By a roster, before the box knew its city.
    store.replace_gallery(noon(), MODEL, &before).unwrap();
    store.stage(MODEL, "", &silent(6, "d.1", 1)).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    let after = store.load_gallery().unwrap();
    assert_eq!(after.len(), 1, "whoever is on no page is gone");
    assert_eq!((&after[0].elder, after[0].templates.len()), (&before[1].elder, 2));
    // A picture of an earlier page is newer than the one in force.
    store.stage(MODEL, "d.1", &page(7, "d.2", vec![enrolled(1, 1)])).unwrap();
    store.stage(MODEL, "d.2", &silent(7, "d.3", 1)).unwrap();
    store.adopt_staged(noon(), MODEL).unwrap().unwrap();
    assert_eq!(store.load_gallery().unwrap()[0].templates.len(), 1);
    verify(&dir, Depth::Full).unwrap();
}

#[test]
fn a_face_whose_consent_was_withdrawn_in_the_same_pages_is_not_kept() {
    for why in [LeaverWhy::Withdrawn, LeaverWhy::Notice(NoticeWhy::Deceased)] {
        let (_dir, mut store) = synced();
        let gone = PageRows { leavers: vec![leaver(1, why)], ..page(6, "c.7", vec![]) };
        store.stage(MODEL, "c.6", &gone).unwrap();
        store.stage(MODEL, "c.7", &silent(6, "c.8", 1)).unwrap();
        store.adopt_staged(noon(), MODEL).unwrap().unwrap();
        assert!(store.load_gallery().unwrap()[1].templates.is_empty(), "{why:?}");
    }
}

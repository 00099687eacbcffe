//! The city's gallery onto a box: whole or not at all, whatever comes over the line.

use super::town::{NIGHT, TestBox, Town, at, clock, wait};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::client::SendError;
use canteend::city::wire::page::{ElderRow, Span, TemplateRow, Tombstone, TombstoneWhy};
use canteend::clock::Clock;
use canteend::daemon::bench::Bench;
use canteend::daemon::sync::{self, Faces, SyncError, Synced};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::domain::elder::{ElderId, NoticeWhy};
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::domain::template::{ModelId, Template};
use canteend::refcity::Change;
use canteend::refcity::mischief::{Cut, Trick};
use canteend::store::{Depth, Enrolled, GalleryError, Reader};
use canteend::vision::QualityLimits;
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub fn faces() -> Faces {
    Faces::new(&root().join("models"), QualityLimits::default()).unwrap()
}

/// A template of `model`, as the city sends it, with one large value at `peak`.
fn template(model: ModelId, peak: usize, dimensions: usize) -> TemplateRow {
    let value = |i: usize| if i == peak { 1.0f32 } else { 0.001 };
    let bytes: Vec<u8> = (0..dimensions).flat_map(|i| value(i).to_le_bytes()).collect();
    let digits: String = model.0.iter().map(|b| format!("{b:02x}")).collect();
    TemplateRow { model: format!("sha256:{digits}"), vector: STANDARD.encode(bytes) }
}

/// Elder number `i` with consent and one template of the model in use.
pub fn row(i: usize) -> ElderRow {
    let embedding = faces().embedding();
    ElderRow {
        elder: format!("p_{i:03}"),
        name: format!("王秀{i}"),
        id_last4: Some("0021".into()),
        birth: "1943-05-02".into(),
        sex: "F".into(),
        eligible: vec![Span { from: "2024-01-01".into(), to: None }],
        home_care: vec![],
        consent: Some(format!("c_{i}")),
        photos: vec![],
        templates: vec![template(embedding.model, i % embedding.dimensions, embedding.dimensions)],
        cards: None,
    }
}

pub fn upserts(elders: std::ops::Range<usize>) -> Vec<Change> {
    elders.map(|i| Change::Upsert(row(i))).collect()
}

pub fn gone(i: usize, why: TombstoneWhy) -> Change {
    let elder = format!("p_{i:03}");
    Change::Tombstone(Tombstone { elder, why, from: "2026-02-27".into() })
}

pub fn sync(test_box: &mut TestBox) -> Result<Synced, SyncError> {
    sync_by(test_box, &*clock(NIGHT))
}

fn sync_by(test_box: &mut TestBox, clock: &dyn Clock) -> Result<Synced, SyncError> {
    let mut keeper = Timekeeper::new(&test_box.store, clock).unwrap();
    let mut hold = Bench::new(&mut test_box.store, &mut keeper, clock);
    let (client, mut faces) = (&test_box.client, faces());
    wait(sync::run_once(&mut hold, client, &mut faces, clock, &mut |_| {}))
}

fn held(test_box: &TestBox) -> Vec<Enrolled> {
    test_box.store.load_gallery().unwrap()
}

#[track_caller]
fn in_order(test_box: &TestBox) {
    let mut reader = Reader::open(&test_box.dir.path().join("state")).unwrap();
    reader.verify(Depth::Full, |_| {}).unwrap();
}

#[test]
fn a_gallery_comes_over_in_pages_and_then_in_changes_that_act_at_once() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..230)).unwrap();
    let first = sync(&mut test_box).unwrap();
    let change = first.change.as_ref().unwrap();
    assert_eq!((first.pages, first.arrivals, change.elders, change.templates), (3, 230, 230, 230));

    let mut without_consent = row(3);
    without_consent.consent = None;
    let changes = [
        gone(1, TombstoneWhy::Withdrawn),
        gone(2, TombstoneWhy::Deceased),
        Change::Upsert(without_consent),
        gone(4, TombstoneWhy::Moved),
        Change::Upsert(row(230)),
    ];
    town.city.change(&changes).unwrap();
    let second = sync(&mut test_box).unwrap();
    // Whoever is taken out stands among the rows as well, without a face.
    assert_eq!((second.pages, second.arrivals, second.leavers), (1, 5, 3));
    let held = held(&test_box);
    assert_eq!(held.len(), 231);
    for (i, face) in [(0, 1), (1, 0), (2, 0), (3, 0), (4, 0), (230, 1)] {
        assert_eq!(held[i].templates.len(), face, "p_{i:03}");
    }
    assert!(!held[1].elder.consent.store_face && !held[3].elder.consent.store_face);
    assert_eq!(held[2].elder.notices[0].why, NoticeWhy::Deceased);
    assert_eq!(held[4].elder.notices[0].why, NoticeWhy::Moved);
    // A notice that was given in error disappears with the elder's next row.
    town.city.change(&[Change::Upsert(row(2))]).unwrap();
    sync(&mut test_box).unwrap();
    assert!(self::held(&test_box)[2].elder.notices.is_empty());
    in_order(&test_box);
}

#[test]
fn nothing_new_is_one_request_and_no_entry() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..5)).unwrap();
    sync(&mut test_box).unwrap();
    let entries = test_box.store.last_entry().unwrap();
    // The second request would fail; it is that of the next sync.
    town.city.mischief.trick([Trick::None, Trick::Fail]);
    let again = sync(&mut test_box).unwrap();
    assert_eq!(again, Synced { pages: 1, ..Synced::default() });
    assert_eq!(test_box.store.last_entry().unwrap(), entries);
    sync(&mut test_box).unwrap_err();
    // The next day it is said, once, that the data is of that day. Requests are dated by the
    // city, whose clock stands still here.
    for told in [true, false] {
        let next_day = sync_by(&mut test_box, &*clock("2026-03-03T22:00:00+08:00"));
        assert_eq!(next_day.unwrap().change.is_some(), told);
    }
}

#[test]
fn a_cut_at_any_byte_of_a_page_leaves_the_old_gallery() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..2)).unwrap();
    sync(&mut test_box).unwrap();
    let before = held(&test_box);
    let mut small = row(0);
    (small.templates, small.consent) = (vec![], None);
    town.city.change(&[Change::Upsert(small)]).unwrap();
    let mut cuts = 0;
    for byte in 0.. {
        let cut = Cut { request_bytes: None, answer_bytes: Some(byte) };
        town.city.mischief.cut([cut]);
        match sync(&mut test_box) {
            Err(error) => {
                assert!(error.passing(), "byte {byte}: {error}");
                assert_eq!(held(&test_box), before, "byte {byte}");
                cuts += 1;
            }
            Ok(synced) => {
                assert_eq!(synced.arrivals, 1);
                break;
            }
        }
    }
    assert!(cuts > 500, "{cuts}");
    assert!(held(&test_box)[0].templates.is_empty());
}

#[test]
fn an_attempt_that_broke_off_goes_on_after_the_last_page() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..250)).unwrap();
    town.city.mischief.trick([Trick::None, Trick::None, Trick::Fail]);
    let broken = sync(&mut test_box).unwrap_err();
    assert!(broken.passing() && held(&test_box).is_empty());
    assert_eq!(test_box.store.gallery_change().unwrap(), None);
    let rest = sync(&mut test_box).unwrap();
    assert_eq!((rest.pages, rest.arrivals), (1, 50));
    assert_eq!(held(&test_box).len(), 250);
    in_order(&test_box);
}

#[test]
fn a_city_that_has_lost_the_cursor_is_asked_from_nothing() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..3)).unwrap();
    town.city.change(&upserts(3..5)).unwrap();
    sync(&mut test_box).unwrap();
    // Another city with the same key and a later generation: its cursors have another name.
    let other = Town::with_key_of(&town);
    for _ in 0..3 {
        other.city.change(&upserts(2..6)).unwrap();
    }
    test_box.turn_to(&other);
    other.enrol_again(&test_box);
    let synced = sync(&mut test_box).unwrap();
    assert_eq!(synced.arrivals, 4);
    let ids: Vec<_> = held(&test_box).iter().map(|e| e.elder.id.to_string()).collect();
    assert_eq!(ids, ["p_002", "p_003", "p_004", "p_005"], "whoever the city does not name is gone");
}

#[test]
fn an_older_gallery_and_a_wrong_signature_are_refused_for_good() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    for n in 0..4 {
        town.city.change(&upserts(n..n + 1)).unwrap();
    }
    sync(&mut test_box).unwrap();
    let before = held(&test_box);
    town.city.mischief.trick([Trick::WrongSignature]);
    let told = sync(&mut test_box).unwrap_err();
    assert!(matches!(told, SyncError::Send(SendError::Answer(_))), "{told}");
    assert!(told.refused() && !told.passing());
    // A city that was set back: it knows fewer generations than the box.
    let old = Town::with_key_of(&town);
    old.city.change(&upserts(0..9)).unwrap();
    test_box.turn_to(&old);
    old.enrol_again(&test_box);
    let told = sync(&mut test_box).unwrap_err();
    let older = matches!(told, SyncError::Gallery(GalleryError::Older { found: 1, known: 4 }));
    assert!(older && told.refused() && !told.passing(), "{told}");
    assert_eq!(held(&test_box), before);
    test_box.turn_to(&town);
    sync(&mut test_box).unwrap();
}

#[test]
fn what_does_not_hold_leaves_its_elder_alone_and_the_others_come() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let embedding = faces().embedding();
    town.city.change(&upserts(0..6)).unwrap();
    sync(&mut test_box).unwrap();
    let mut bad_date = row(0);
    bad_date.birth = "1943".into();
    let mut number_as_id = row(1);
    number_as_id.elder = "11010519491231002X".into();
    let mut other_model = row(2);
    other_model.templates = vec![template(ModelId([9; 32]), 0, embedding.dimensions)];
    let mut short = row(3);
    short.templates = vec![template(embedding.model, 0, 8)];
    let mut no_photo = row(4);
    (no_photo.templates, no_photo.photos) = (vec![], vec![STANDARD.encode(b"no picture")]);
    let mut marked = row(5);
    marked.name = "王\u{202E}秀\u{0}英".into();
    let rows = [bad_date, number_as_id, other_model, short, no_photo, marked];
    town.city.change(&rows.map(Change::Upsert)).unwrap();
    let synced = sync(&mut test_box).unwrap();
    assert_eq!((synced.bad, synced.arrivals, synced.faceless), (2, 4, 3));
    let held = held(&test_box);
    let templates: Vec<_> = held.iter().map(|e| e.templates.len()).collect();
    assert_eq!(templates, [1, 1, 0, 0, 0, 1]);
    assert_eq!(held[5].elder.name, "王秀英");
    assert!(held[2].elder.consent.store_face, "the consent stands; only the face is missing");
}

#[test]
fn photographs_become_templates_and_are_dropped() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let photo = std::fs::read(root().join("fixtures/photos/obama.jpg")).unwrap();
    let mut with_photo = row(7);
    (with_photo.templates, with_photo.photos) = (vec![], vec![STANDARD.encode(&photo)]);
    town.city.change(&[Change::Upsert(with_photo)]).unwrap();
    let synced = sync(&mut test_box).unwrap();
    assert_eq!((synced.faceless, synced.change.unwrap().templates), (0, 1));
    let state = test_box.dir.path().join("state");
    for file in std::fs::read_dir(state).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for needle in [&photo[1000..1016], STANDARD.encode(&photo[999..1011]).as_bytes()] {
            assert!(!bytes.windows(needle.len()).any(|w| w == needle));
        }
    }
}

#[test]
fn a_gallery_of_another_model_or_from_elsewhere_is_asked_for_from_nothing() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    town.city.change(&upserts(0..3)).unwrap();
    sync(&mut test_box).unwrap();
    let other = ModelId([9; 32]);
    let mut by_hand = held(&test_box);
    by_hand.truncate(1);
    by_hand[0].elder.id = ElderId::new("p_900").unwrap();
    by_hand[0].templates = vec![Template::new(other, &[1.0; 8]).unwrap()];
    let stamp = Stamp { at: at(NIGHT), clock: ClockTrust::Trusted };
    test_box.store.replace_gallery(stamp, other, &by_hand).unwrap();
    let synced = sync(&mut test_box).unwrap();
    assert_eq!(synced.arrivals, 3);
    assert_eq!(held(&test_box).len(), 3);
}

//! Cards on the gallery's pages: no number on the wire or in the store, and never the wrong holder.

use super::commands::canteend_with;
use super::refusals::signed;
use super::sync::{gone, row, sync};
use super::town::{NIGHT, TestBox, Town};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::wire::page::{ElderRow, TombstoneWhy};
use canteend::daemon::sync::SyncError;
use canteend::refcity::Change;
use canteend::store::GalleryError;
use rusqlite::Connection;

const NUMBER: &str = "0012345678";

/// Elder number `i` with these cards, as `town` names them.
fn holder(town: &Town, i: usize, cards: &[&str]) -> ElderRow {
    let key = town.city.card_key().unwrap();
    let card = |said: &&str| STANDARD.encode(key.digest(said).unwrap());
    ElderRow { cards: Some(cards.iter().map(card).collect()), ..row(i) }
}

fn change(town: &Town, rows: Vec<ElderRow>) {
    town.city.change(&rows.into_iter().map(Change::Upsert).collect::<Vec<_>>()).unwrap();
}

fn held_by(test_box: &TestBox, said: &str) -> Option<String> {
    test_box.store.card_holder(said).unwrap().map(|id| id.to_string())
}

#[test]
fn cards_come_and_go_with_generations_and_stay_where_nothing_is_said() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    change(&town, vec![holder(&town, 0, &[NUMBER, "aabb1122"]), holder(&town, 1, &["77aa0012"])]);
    assert_eq!(held_by(&test_box, NUMBER), None);
    sync(&mut test_box).unwrap();
    for said in [NUMBER, " AABB1122\n", "aabb1122"] {
        assert_eq!(held_by(&test_box, said).as_deref(), Some("p_000"), "{said}");
    }
    assert_eq!(held_by(&test_box, "77AA0012").as_deref(), Some("p_001"));
    // A row that says nothing of cards, a withdrawn consent, and a card that is taken away.
    change(&town, vec![row(1), holder(&town, 0, &["aabb1122"])]);
    town.city.change(&[gone(1, TombstoneWhy::Withdrawn)]).unwrap();
    sync(&mut test_box).unwrap();
    assert_eq!(held_by(&test_box, "77aa0012").as_deref(), Some("p_001"));
    assert_eq!(held_by(&test_box, NUMBER), None);
    town.city.change(&[gone(0, TombstoneWhy::Deceased)]).unwrap();
    sync(&mut test_box).unwrap();
    assert_eq!(held_by(&test_box, "aabb1122"), None);
}

#[test]
fn a_card_of_two_elders_is_nobodys_until_the_city_says_whose_it_is() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    change(&town, vec![holder(&town, 0, &[NUMBER]), holder(&town, 1, &[NUMBER, "77aa0012"])]);
    sync(&mut test_box).unwrap();
    assert_eq!(held_by(&test_box, NUMBER), None);
    assert_eq!(held_by(&test_box, "77aa0012").as_deref(), Some("p_001"));
    assert_eq!(test_box.store.left_out().unwrap().cards, 1);
    change(&town, vec![holder(&town, 1, &["77aa0012"])]);
    sync(&mut test_box).unwrap();
    assert_eq!(held_by(&test_box, NUMBER).as_deref(), Some("p_000"));
    assert_eq!(test_box.store.left_out().unwrap().cards, 0);
}

#[test]
fn a_new_card_key_brings_the_whole_gallery() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    change(&town, vec![holder(&town, 0, &[NUMBER]), holder(&town, 1, &[])]);
    sync(&mut test_box).unwrap();
    let city = Connection::open(town.path().join("city.db")).unwrap();
    city.execute("UPDATE city SET card_key = ?1", [[9u8; 32]]).unwrap();
    change(&town, vec![holder(&town, 0, &[NUMBER])]);
    let synced = sync(&mut test_box).unwrap();
    assert_eq!(synced.arrivals, 2, "from nothing");
    assert_eq!(held_by(&test_box, NUMBER).as_deref(), Some("p_000"));
}

#[test]
fn a_card_key_that_changes_between_two_pages_begins_the_gallery_anew() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    change(&town, (0..150).map(|i| holder(&town, i, &[])).collect());
    town.city.mischief.trick([
        canteend::refcity::mischief::Trick::None,
        canteend::refcity::mischief::Trick::Fail,
    ]);
    sync(&mut test_box).unwrap_err();
    let city = Connection::open(town.path().join("city.db")).unwrap();
    city.execute("UPDATE city SET card_key = ?1", [[9u8; 32]]).unwrap();
    // The attempt began with the former key; it is begun anew, and then holds.
    assert_eq!(sync(&mut test_box).unwrap().arrivals, 150);
    let told = SyncError::Gallery(GalleryError::CardKey);
    assert!(told.refused() && !told.passing());
}

#[test]
fn no_card_number_is_on_the_wire_or_in_the_store() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.csv");
    let text = format!(
        "elder,name,sex,birth,eligible,home_care,consent,photos,cards\n\
         p_1,王秀英,F,1943-05-02,2024-01-01/,,,,{NUMBER};no\n"
    );
    std::fs::write(&roster, text).unwrap();
    let (roster, photos) = (roster.to_str().unwrap(), folder.path().to_str().unwrap());
    let data = town.path().to_str().unwrap();
    let seeded =
        canteend_with(&["refcity", "seed", roster, "--photos", photos, "--data", data], &[]);
    assert_eq!(seeded.code, 0, "{}", seeded.err);
    let target = ("GET", "/v1/gallery/changes?nonce=a");
    let (status, page) = signed(&town, &test_box.key, target, b"", (NIGHT, "a"));
    let payload = STANDARD.decode(page["payload"].as_str().unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(status == 200 && payload.contains("\"cards\":[\"") && !payload.contains(NUMBER));
    sync(&mut test_box).unwrap();
    assert_eq!(held_by(&test_box, NUMBER).as_deref(), Some("p_1"));
    let key = town.city.card_key().unwrap();
    let digest = key.digest(NUMBER).unwrap();
    for dir in [town.path().to_owned(), test_box.dir.path().join("state")] {
        for file in std::fs::read_dir(dir).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found(NUMBER.as_bytes()), "{}", path.display());
            let own = !path.starts_with(town.path());
            assert!(!own || !found(key.bytes()) && !found(&digest), "{}", path.display());
        }
    }
}

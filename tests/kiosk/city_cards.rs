//! Cards that the city names: from the sync on, a scan at the counter finds who holds them.

use crate::canteen::Canteen;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::client::{self, CityUrl, Client};
use canteend::city::wire::page::{ElderRow, Span, Tombstone, TombstoneWhy};
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::daemon::sync::{self, Faces, Synced};
use canteend::refcity::{Change, City, start};
use canteend::vision::QualityLimits;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

const NUMBER: &str = "0012345678";

/// Elder `n` as the city has them, with these cards.
fn row(city: &City, n: usize, cards: &[&str]) -> Change {
    let key = city.card_key().unwrap();
    let card = |said: &&str| STANDARD.encode(key.digest(said).unwrap());
    Change::Upsert(ElderRow {
        elder: format!("p_{n}"),
        name: "王秀英".into(),
        id_last4: None,
        birth: "1943-05-02".into(),
        sex: "F".into(),
        eligible: vec![Span { from: "2024-01-01".into(), to: None }],
        home_care: vec![],
        consent: None,
        photos: vec![],
        templates: vec![],
        cards: Some(cards.iter().map(card).collect()),
    })
}

#[test]
fn a_card_is_its_holders_from_the_sync_on_and_nobodys_after_the_next() {
    let (_premises, canteen) = Canteen::new();
    let folder = tempfile::tempdir().unwrap();
    let city = Arc::new(City::open(folder.path(), canteen.clock.clone()).unwrap());
    let running = start(city.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = CityUrl::parse(&running.url()).unwrap();
    let device = DeviceId::new("test-box").unwrap();
    let key = Arc::new(SigningKey::from_seed(&[3; 32]).unwrap());
    let code = city.make_code(&device).unwrap();
    let enrolled = client::enrol(&url, &device, key.public(), &code);
    let pinned = runtime.block_on(enrolled).unwrap();
    let line = Client::new(url, device, key, pinned.city).unwrap();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut faces = Faces::new(&models, QualityLimits::default()).unwrap();
    let mut sync = |changes: &[Change]| {
        city.change(changes).unwrap();
        let (mut desk, clock) = (canteen.desk.clone().unwrap(), canteen.clock.as_ref());
        let mut untold = |_: &Synced| {};
        let synced = sync::run_once(&mut desk, &line, &mut faces, clock, &mut untold);
        runtime.block_on(synced).unwrap();
    };
    let mut page = canteen.staff();
    let mut scan = || page.act("card", json!({ "digits": NUMBER }));

    assert_eq!(scan().0, 404);
    sync(&[row(&city, 1, &[NUMBER]), row(&city, 2, &[]), row(&city, 3, &["77aa0012"])]);
    let (_, answer) = scan();
    assert_eq!(answer["code"], "served", "{answer}");
    let meal = canteen.entries().pop().unwrap();
    assert_eq!((&meal["elder"], &meal["method"]), (&json!("p_1"), &json!("card")));
    // Lost and found: another elder is given the card.
    sync(&[row(&city, 1, &[]), row(&city, 2, &[NUMBER])]);
    scan();
    let meal = canteen.entries().pop().unwrap();
    assert_eq!((&meal["elder"], &meal["method"]), (&json!("p_2"), &json!("card")));
    let gone =
        Tombstone { elder: "p_2".into(), why: TombstoneWhy::Moved, from: "2026-03-01".into() };
    sync(&[Change::Tombstone(gone)]);
    assert_eq!(scan().0, 404, "a card of somebody who has moved is nobody's");
}

//! A device's key is followed by another, wherever that is cut off.

use super::town::{NIGHT, TestBox, Town, clock, meal, wait};
use canteend::city::client::{Client, SendError};
use canteend::city::identity;
use canteend::city::signer::Signer;
use canteend::city::tls::Tls;
use canteend::city::wire::enrol::RefusalCode;
use canteend::daemon::bench::Bench;
use canteend::daemon::keys;
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::upload::{self, Patience};
use canteend::domain::entry::operation::KeyPurpose;
use std::path::PathBuf;
use std::sync::Arc;

const LUNCH: &str = "2026-03-02T12:00:00+08:00";

fn state(test_box: &TestBox) -> PathBuf {
    test_box.dir.path().join("state")
}

fn pin(town: &Town, test_box: &TestBox) {
    identity::pin(&state(test_box), town.url(), town.city.public_key()).unwrap();
}

fn record(test_box: &mut TestBox) -> u32 {
    let (clock, state) = (clock(LUNCH), state(test_box));
    let mut keeper = Timekeeper::new(&test_box.store, &*clock).unwrap();
    let mut bench = Bench::new(&mut test_box.store, &mut keeper, &*clock);
    keys::record(&mut bench, &state, None).unwrap()
}

/// Opens the line as the nightly talk does; this also takes the last step where it is due.
fn open_line(town: &Town, test_box: &mut TestBox) -> Client {
    let state = state(test_box);
    let signer = wait(keys::signer(&state, None, &mut test_box.store)).unwrap();
    let (device, city) = (test_box.client.device().clone(), town.city.public_key());
    Client::over(town.url(), device, signer, city.into(), Tls::default()).unwrap()
}

fn offer(town: &Town, test_box: &mut TestBox) {
    let offered = identity::offered_key(&state(test_box)).unwrap();
    let line = open_line(town, test_box);
    wait(line.offer_key(super::town::at(NIGHT), &offered)).unwrap();
}

fn send(town: &Town, test_box: &mut TestBox) {
    test_box.client = open_line(town, test_box);
    let patience = Patience::Failures(1);
    let clock = clock(NIGHT);
    let upload =
        upload::run(&mut test_box.store, &test_box.client, &*clock, patience, async |_| {});
    wait(upload).unwrap();
}

fn key_at_city(town: &Town) -> String {
    town.city.report().unwrap().devices[0].key_id.clone()
}

#[test]
fn keys_are_named_in_the_ledger_once() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    pin(&town, &test_box);
    assert_eq!(record(&mut test_box), 3);
    assert_eq!(record(&mut test_box), 0);
    let (_, device) = test_box.store.key_in_use(KeyPurpose::Device).unwrap().unwrap();
    assert_eq!(device, test_box.key.public().digest().0);
    let (_, city) = test_box.store.key_in_use(KeyPurpose::City).unwrap().unwrap();
    assert_eq!(city, town.city.public_key().digest().0);
}

#[test]
fn a_key_follows_another_and_old_batches_keep_their_signatures() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    pin(&town, &test_box);
    record(&mut test_box);
    let old = test_box.key.public().id();
    offer(&town, &mut test_box);
    identity::offer_taken(&state(&test_box)).unwrap();
    assert_eq!(record(&mut test_box), 1);
    assert_eq!(record(&mut test_box), 0);
    let next = identity::next_key(&state(&test_box)).unwrap().unwrap();
    // Sealed after the entry and before it is acknowledged: by the new key already.
    send_sealed_first(&town, &mut test_box);
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    send(&town, &mut test_box);
    assert_eq!(identity::next_key(&state(&test_box)).unwrap().map(|_| ()), None);
    assert_eq!(key_at_city(&town), next.public().id());
    assert_ne!(key_at_city(&town), old);

    // The old key is out of use, and the city that has lost everything gets all of it back.
    let stale = Client::over(
        town.url(),
        test_box.client.device().clone(),
        Signer::new(test_box.key.clone()),
        town.city.public_key().into(),
        Tls::default(),
    );
    let told = wait(stale.unwrap().verdicts(super::town::at(NIGHT), 0)).unwrap_err();
    assert!(matches!(told.refusal(), Some((RefusalCode::Signature, _))), "{told}");
    for seq in 1.. {
        let Some(batch) = test_box.store.batch(seq).unwrap() else { break };
        let line = open_line(&town, &mut test_box);
        wait(line.put_batch(super::town::at(NIGHT), seq, &batch.envelope)).unwrap();
    }
}

/// Seals the batch with the entry, then one that begins after it, and sends both.
fn send_sealed_first(town: &Town, test_box: &mut TestBox) {
    let line = open_line(town, test_box);
    wait(upload::seal_all(&mut test_box.store, line.signer())).unwrap();
    test_box.append(LUNCH, &meal("p_0", LUNCH));
    wait(upload::seal_all(&mut test_box.store, line.signer())).unwrap();
    assert!(test_box.store.batch(2).unwrap().is_some());
    send(town, test_box);
}

#[test]
fn a_rotation_that_is_cut_off_anywhere_goes_on() {
    // How many steps are done twice, as after a cut before it was noted that they were done.
    for again in 0..5 {
        let town = Town::new();
        let mut test_box = town.enrol("lc-kfq-017");
        pin(&town, &test_box);
        record(&mut test_box);
        let offered = identity::offered_key(&state(&test_box)).unwrap();
        let times = |step| if again == step { 2 } else { 1 };
        for _ in 0..times(0) {
            let same = identity::offered_key(&state(&test_box)).unwrap();
            assert_eq!(same.public(), offered.public());
        }
        (0..times(1)).for_each(|_| offer(&town, &mut test_box));
        // Night work in between goes on with the old key.
        test_box.append(LUNCH, &meal("p_1", LUNCH));
        send(&town, &mut test_box);
        identity::offer_taken(&state(&test_box)).unwrap();
        if again == 2 {
            send(&town, &mut test_box);
        }
        for _ in 0..times(3) {
            record(&mut test_box);
        }
        (0..times(4)).for_each(|_| send(&town, &mut test_box));
        test_box.append(LUNCH, &meal("p_2", LUNCH));
        send(&town, &mut test_box);
        assert_eq!(key_at_city(&town), offered.public().id(), "{again}");
        let report = town.city.report().unwrap();
        assert_eq!((report.meals, report.alarms.len()), (2, 0), "{again}");
    }
}

#[test]
fn a_key_is_taken_only_on_the_word_of_the_one_in_use() {
    let town = Town::new();
    let (test_box, stranger) = (town.enrol("lc-kfq-017"), town.enrol("lc-dcf-003"));
    let offered = identity::offered_key(&state(&test_box)).unwrap();
    let line = |signer: &TestBox, device: &TestBox| {
        Client::over(
            town.url(),
            device.client.device().clone(),
            Signer::new(signer.key.clone()),
            town.city.public_key().into(),
            Tls::default(),
        )
        .unwrap()
    };
    let now = super::town::at(NIGHT);
    let told = wait(line(&stranger, &test_box).offer_key(now, &offered)).unwrap_err();
    assert!(matches!(told.refusal(), Some((RefusalCode::Signature, _))), "{told}");
    // A key that another device signs with already.
    let told = wait(line(&test_box, &test_box).offer_key(now, &stranger.key)).unwrap_err();
    assert!(matches!(told, SendError::Refused { status: 409, .. }), "{told}");
    let arc = Arc::new(offered);
    wait(line(&test_box, &test_box).offer_key(now, &arc)).unwrap();
}

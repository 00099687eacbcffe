//! The city's own key is followed by another, and boxes follow: those that were away, by network
//! and by stick, and nobody on a stranger's word.

use super::commands::{box_folder, canteend_with, to_be_enrolled};
use super::epochs::Copy;
use super::town::{NIGHT, TestBox, Town, at, clock, meal, wait};
use canteend::city::client::{self, Client};
use canteend::city::identity;
use canteend::city::wire::batch::{Batch, Receipt};
use canteend::city::wire::enrol::RefusalCode;
use canteend::city::wire::succession::{CityKey, Succession, SuccessionError};
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::clock::ScriptedClock;
use canteend::daemon::bench::Bench;
use canteend::daemon::city_key::{self, FollowError};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::upload::{self, UploadError};
use canteend::domain::entry::Event;
use canteend::domain::entry::operation::KeyPurpose;
use canteend::refcity::City;
use canteend::refcity::mischief::Cut;
use canteend::store::{LIST_ROWS_MAX, Listing, Reader};
use std::path::PathBuf;
use std::sync::Arc;

const NEXT_DAY: &str = "2026-03-03T12:00:00+08:00";
const LUNCH: &str = "2026-03-02T12:00:00+08:00";

fn state(test_box: &TestBox) -> PathBuf {
    test_box.dir.path().join("state")
}

/// A box that is enrolled and has pinned the city.
fn enrolled(town: &Town) -> TestBox {
    let test_box = town.enrol("lc-kfq-017");
    identity::pin(&state(&test_box), town.url(), town.city.public_key()).unwrap();
    test_box
}

/// Calls `act` with all that following takes.
fn with<T>(
    test_box: &mut TestBox,
    act: impl AsyncFnOnce(&mut Bench<'_>, &PathBuf, &mut Client) -> T,
) -> T {
    let (clock, state) = (clock(NIGHT), state(test_box));
    let mut keeper = Timekeeper::new(&test_box.store, &*clock).unwrap();
    let mut bench = Bench::new(&mut test_box.store, &mut keeper, &*clock);
    wait(act(&mut bench, &state, &mut test_box.client))
}

fn follow(test_box: &mut TestBox) -> Result<usize, FollowError> {
    with(test_box, async |bench, state, client| city_key::follow(bench, state, client).await)
}

fn take(test_box: &mut TestBox, said: &Succession) -> Result<usize, FollowError> {
    with(test_box, async |bench, state, client| city_key::take(bench, state, client, said).await)
}

/// The key that the city signs with.
fn private_key(town: &Town) -> SigningKey {
    SigningKey::from_pkcs8(&std::fs::read(town.path().join("city.key")).unwrap()).unwrap()
}

/// How often the ledger names a key of the city's.
fn named(test_box: &TestBox) -> usize {
    let reader = Reader::open(&state(test_box)).unwrap();
    let entries = reader.list(Listing::default(), LIST_ROWS_MAX).unwrap();
    let city = |event: &Event| matches!(event, Event::Key(key) if key.purpose == KeyPurpose::City);
    entries.iter().filter(|recorded| city(&recorded.entry.event)).count()
}

fn said(before: &SigningKey, next: &SigningKey, signer: &SigningKey) -> Succession {
    let statement =
        CityKey { before: before.public().id(), key: next.public().to_string(), since: at(LUNCH) };
    Succession { statements: vec![serde_json::from_slice(&statement.seal(signer)).unwrap()] }
}

#[test]
fn a_box_that_was_away_for_two_rotations_follows_and_goes_on() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
    assert_eq!(follow(&mut test_box).unwrap(), 0, "nothing has changed yet");
    // Sealed before the rotations, and sent after them.
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    wait(upload::seal_all(&mut test_box.store, test_box.client.signer())).unwrap();
    let keys = [town.city.public_key(), town.city.rotate_key().unwrap()];
    let newest = town.city.rotate_key().unwrap();
    let told = test_box.upload().unwrap_err();
    assert!(matches!(told, UploadError::Receipt { .. }), "{told}");

    assert_eq!(follow(&mut test_box).unwrap(), 2);
    assert_eq!(follow(&mut test_box).unwrap(), 0);
    let pinned = identity::pinned(&state(&test_box)).unwrap().keys;
    assert_eq!((pinned.newest(), test_box.client.city()), (&newest, &pinned));
    let former: Vec<_> = pinned.former().iter().map(|former| former.key.clone()).collect();
    assert_eq!(former, keys);
    let (entry, now) = test_box.store.key_in_use(KeyPurpose::City).unwrap().unwrap();
    assert_eq!((entry, now), (pinned.former()[1].until, newest.digest().0));
    assert_eq!(named(&test_box), 2, "each step is an entry");

    let done = test_box.upload().unwrap();
    assert_eq!(done.acknowledged, test_box.store.last_entry().unwrap());
    // The entry that names the key reaches the city as any other; its page shows no alarm.
    assert!(town.city.report().unwrap().alarms.is_empty());
    // All receipts still hold, whoever signed them.
    let reader = Reader::open(&state(&test_box)).unwrap();
    let (batch, receipt) = reader.last_receipt().unwrap().unwrap();
    Receipt::open(&receipt, &pinned.for_receipt(batch.last)).unwrap();
    wait(test_box.client.time()).unwrap();
}

#[test]
fn a_receipt_that_was_lost_before_the_rotation_still_counts_after_it() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    town.city.mischief.cut([Cut { request_bytes: None, answer_bytes: Some(20) }]);
    let attempt = upload::Patience::Failures(1);
    test_box.upload_by(&*clock(NIGHT), attempt).unwrap_err();
    assert_eq!(town.city.report().unwrap().entries, 2);
    town.city.rotate_key().unwrap();
    follow(&mut test_box).unwrap();
    // The city gives the receipt that it has stored, which its former key signed.
    test_box.upload().unwrap();
    assert_eq!(test_box.store.acknowledged().unwrap(), test_box.store.last_entry().unwrap());
}

#[test]
fn a_former_key_signs_nothing_for_batches_after_it() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    let former = private_key(&town);
    town.city.rotate_key().unwrap();
    follow(&mut test_box).unwrap();
    test_box.append(NEXT_DAY, &meal("p_1", NEXT_DAY));
    wait(upload::seal_all(&mut test_box.store, test_box.client.signer())).unwrap();
    let batch = test_box.store.next_batch().unwrap().unwrap();
    let opened = Batch::open(&batch.envelope, test_box.key.public()).unwrap();
    let receipt = Receipt {
        device: opened.batch.device,
        seq: batch.seq,
        payload_sha256: opened.payload_sha256,
        tree_size: batch.last,
        root: batch.root,
        received_at: at(NIGHT),
    };
    let TestBox { store, client, .. } = &mut test_box;
    let told = upload::accept(store, client, &batch, &receipt.seal(&former)).unwrap_err();
    assert!(matches!(told, UploadError::Receipt { .. }), "{told}");
    upload::accept(store, client, &batch, &receipt.seal(&private_key(&town))).unwrap();
}

#[test]
fn nobody_is_followed_on_a_strangers_or_a_former_keys_word() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    let first = private_key(&town);
    town.city.rotate_key().unwrap();
    let second = private_key(&town);
    follow(&mut test_box).unwrap();
    let before = (identity::pinned(&state(&test_box)).unwrap(), named(&test_box));
    let own = SigningKey::from_seed(&[7; 32]).unwrap();
    let mut refused = 0;
    for (what, statement) in [
        ("a stranger's", said(&second, &own, &own)),
        ("a former key's", said(&second, &own, &first)),
        ("a loop", said(&second, &first, &second)),
        ("a loop of one", said(&second, &second, &second)),
    ] {
        let told = take(&mut test_box, &statement).unwrap_err();
        assert!(matches!(&told, FollowError::Statement(_)) && !told.passing(), "{what}: {told}");
        refused += usize::from(matches!(told, FollowError::Statement(SuccessionError::Loop)));
    }
    assert_eq!(refused, 2);
    // What follows a former key is of no interest, whoever signed it.
    assert_eq!(take(&mut test_box, &said(&first, &own, &first)).unwrap(), 0);
    let after = (identity::pinned(&state(&test_box)).unwrap(), named(&test_box));
    assert_eq!(after, before);
}

#[test]
fn following_goes_on_wherever_it_was_cut_off() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    let written = std::fs::read(state(&test_box).join("city.json")).unwrap();
    let keys = test_box.client.city().clone();
    town.city.rotate_key().unwrap();
    let mut cuts = 0;
    for byte in 0.. {
        town.city.mischief.cut([Cut { request_bytes: None, answer_bytes: Some(byte) }]);
        match follow(&mut test_box) {
            Err(problem) => assert!(problem.passing(), "byte {byte}: {problem}"),
            Ok(steps) => {
                assert_eq!(steps, 1);
                break;
            }
        }
        assert_eq!((named(&test_box), test_box.client.city()), (0, &keys), "byte {byte}");
        cuts += 1;
    }
    assert!(cuts > 300, "{cuts}");
    // The power failed after the entry and before the key was pinned.
    let pinned = identity::pinned(&state(&test_box)).unwrap();
    std::fs::write(state(&test_box).join("city.json"), written).unwrap();
    test_box.client.believe(keys);
    assert_eq!(follow(&mut test_box).unwrap(), 1);
    assert_eq!(named(&test_box), 1, "the entry is there already");
    assert_eq!(identity::pinned(&state(&test_box)).unwrap(), pinned);
}

#[test]
fn a_city_whose_rotation_was_cut_off_has_made_it_or_not() {
    let town = Town::new();
    let first = town.city.public_key();
    let (path, clock) = (town.path().to_owned(), Arc::new(ScriptedClock::new(at(NIGHT))));
    let again = || City::open(&path, clock.clone()).unwrap();
    let old = std::fs::read(path.join("city.key")).unwrap();
    // Before anybody heard of the next key, which is then used by the next attempt.
    std::fs::write(path.join("city.next.key"), SigningKey::generate().unwrap()).unwrap();
    set_private(&path.join("city.next.key"));
    assert_eq!(again().public_key(), first);
    let second = again().rotate_key().unwrap();
    assert!(!path.join("city.next.key").exists());
    // After that, and before the files were put in their places.
    std::fs::rename(path.join("city.key"), path.join("city.next.key")).unwrap();
    std::fs::write(path.join("city.key"), old).unwrap();
    set_private(&path.join("city.key"));
    assert_eq!(again().public_key(), second);
    assert!(!path.join("city.next.key").exists());
    // A process that serves all the while has taken up what another one did.
    assert_eq!(town.city.public_key(), second);
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
}

fn set_private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_stick_carries_what_has_followed_the_citys_key() {
    let town = Town::new();
    let (dir, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = box_folder(dir.path());
    let config = config.to_str().unwrap();
    let typed = |args: &[&str]| canteend_with(&[args, &["--config", config]].concat(), &[]);
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let url = town.running.url();
    typed(&["provision", "--city", &url, "--code", &code]);
    let folder = stick.path().to_str().unwrap();
    assert_eq!(typed(&["export", folder]).code, 0);
    // A code that is printed before the city changes its key is void after it.
    let early = town.city.make_code(&DeviceId::new("lc-dcf-003").unwrap()).unwrap();
    let data = town.path().to_str().unwrap();
    let rotated = canteend_with(&["refcity", "rotate-key", "--data", data], &[]);
    let newest = town.city.public_key();
    assert!(rotated.out.contains(&newest.fingerprint()), "{} {}", rotated.out, rotated.err);
    let device = DeviceId::new("lc-dcf-003").unwrap();
    let own = SigningKey::from_seed(&[7; 32]).unwrap();
    let told = wait(client::enrol(&town.url(), &device, own.public(), &early)).unwrap_err();
    assert_eq!(told.refusal().unwrap().0, RefusalCode::Code);

    canteend_with(&["refcity", "take", folder, "--data", data], &[]);
    let statements = stick.path().join("city-keys.json");
    let kept = std::fs::read(&statements).unwrap();
    std::fs::remove_file(&statements).unwrap();
    let without = typed(&["import", folder]);
    assert!(without.err.contains("the receipt does not hold"), "{}", without.err);
    std::fs::write(&statements, kept).unwrap();
    let imported = typed(&["import", folder]);
    let told = "1 receipts; the city has entries up to 4";
    assert_eq!(imported.out.trim(), told, "{}", imported.err);
    let pinned = identity::pinned(&dir.path().join("state")).unwrap();
    assert_eq!(pinned.keys.newest(), &newest);
    let verified = typed(&["ledger", "verify"]);
    let told = "the city's last receipt holds for entries up to 4";
    assert!(verified.out.contains(told), "{} {}", verified.out, verified.err);
    // By network, with the next one.
    canteend_with(&["refcity", "rotate-key", "--data", data], &[]);
    let sent = typed(&["upload", "--failures", "1"]);
    let told = "1 batches; the city has entries up to 7";
    assert_eq!(sent.out.trim(), told, "{}", sent.err);
}

#[test]
fn a_ledger_that_is_restored_beside_the_pinned_city_follows_the_next_rotation_too() {
    let town = Town::new();
    let mut test_box = enrolled(&town);
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
    let copy = Copy::of(&test_box);
    for n in 2..9 {
        test_box.append(LUNCH, &meal(&format!("p_{n}"), LUNCH));
    }
    let first = private_key(&town);
    town.city.rotate_key().unwrap();
    assert_eq!(follow(&mut test_box).unwrap(), 1);
    test_box.upload().unwrap();
    let pinned = |test_box: &TestBox| identity::pinned(&state(test_box)).unwrap().keys;
    let lost = pinned(&test_box).former()[0].until;

    let mut test_box = test_box.with_ledger_of(&copy.path());
    let has = test_box.store.last_entry().unwrap();
    assert!(has < lost);
    test_box.enrol_anew(&town, NEXT_DAY);
    // The key before answers for what the copy has, and not for what is written anew.
    let keys = pinned(&test_box);
    assert!(keys.for_receipt(has).contains(&first.public()));
    assert!(!keys.for_receipt(has + 1).contains(&first.public()));
    test_box.client.believe(keys);
    let newest = town.city.rotate_key().unwrap();
    assert_eq!(follow(&mut test_box).unwrap(), 1);
    assert!(test_box.store.last_entry().unwrap() < lost);
    assert_eq!(pinned(&test_box).newest(), &newest);
    assert_eq!(pinned(&test_box).former().len(), 2);
    test_box.upload().unwrap();
    assert_eq!(town.city.report().unwrap().meals, 8);
}

#[test]
fn a_pinned_city_that_cannot_be_read_or_is_another_uses_no_code_up() {
    let town = Town::new();
    let (dir, config, url, code) = to_be_enrolled(&town);
    let args = ["provision", "--city", &url, "--code", &code, "--config", &config];
    let file = dir.path().join("state/city.json");
    let stranger = SigningKey::from_seed(&[7; 32]).unwrap().public().to_string();
    let other = format!(r#"{{"url":"{url}","key":"{stranger}"}}"#);
    for (pinned, told) in [("{}", "move this file away"), (&*other, "enrolled with another city")] {
        std::fs::write(&file, pinned).unwrap();
        let refused = canteend_with(&args, &[]);
        assert_eq!(refused.code, 78, "{}", refused.err);
        assert!(refused.err.contains(told), "{}", refused.err);
        assert!(town.city.report().unwrap().devices.is_empty());
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(canteend_with(&args, &[]).code, 0);
}

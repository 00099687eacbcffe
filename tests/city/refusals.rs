//! What the city refuses, and how it says so; what the box refuses of the city.

use super::town::{NIGHT, Town, at, clock, meal, wait};
use canteend::city::client::{self, SendError};
use canteend::city::wire::code::EnrolmentCode;
use canteend::city::wire::enrol::RefusalCode;
use canteend::city::wire::signature::Request;
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::daemon::upload::{self, Patience, UploadError};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const LUNCH: &str = "2026-03-02T12:00:00+08:00";

/// Sends a request as it is written here, and gives status and JSON of the answer.
pub fn raw(town: &Town, head: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(town.running.address()).unwrap();
    let head = head.trim_end();
    let length = body.len();
    write!(stream, "{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n").unwrap();
    // A city that has seen enough may close before it has read everything.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A request with a signature that was made at `created`.
pub fn signed(
    town: &Town,
    key: &SigningKey,
    (method, target): (&str, &str),
    body: &[u8],
    (created, nonce): (&str, &str),
) -> (u16, Value) {
    let authority = town.running.address().to_string();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request { method, authority: &authority, path, query, body };
    let fields = request.sign(key, at(created).as_second(), nonce);
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {authority}\r\ncontent-digest: {}\r\n\
         signature-input: {}\r\nsignature: {}",
        fields.content_digest, fields.signature_input, fields.signature
    );
    raw(town, &head, body)
}

#[test]
fn a_request_is_refused_without_a_signature_that_holds() {
    let town = Town::new();
    let test_box = town.enrol("lc-kfq-017");
    let verdicts = ("GET", "/v1/verdicts?after=0&nonce=a");
    let get = |key: &SigningKey, created, nonce| {
        let (status, body) = signed(&town, key, verdicts, b"", (created, nonce));
        (status, body["error"].as_str().map(str::to_owned), body)
    };
    let (status, _, body) = get(&test_box.key, NIGHT, "a");
    assert_eq!(status, 200, "{body}");
    let (status, error, _) = get(&test_box.key, NIGHT, "a");
    assert_eq!((status, error.as_deref()), (401, Some("replay")));
    let stranger = SigningKey::from_seed(&[5; 32]).unwrap();
    let (status, error, _) = get(&stranger, NIGHT, "b");
    assert_eq!((status, error.as_deref()), (401, Some("signature")));
    for wrong in
        ["2026-03-02T21:54:59+08:00", "2026-03-02T22:05:01+08:00", "1970-01-01T08:00:00+08:00"]
    {
        let (status, error, body) = get(&test_box.key, wrong, "c");
        assert_eq!((status, error.as_deref()), (401, Some("clock")), "{wrong}");
        assert_eq!(body["server_time"], NIGHT);
    }
    let without = ["/v1/verdicts?after=0", "/v1/verdicts?after=0&nonce=a-b", "/v1/gallery/changes"];
    for (place, target) in without.into_iter().enumerate() {
        let nonce = format!("d{place}");
        let (status, body) = signed(&town, &test_box.key, ("GET", target), b"", (NIGHT, &nonce));
        assert_eq!((status, &body["error"]), (400, &"content".into()), "{target}");
    }
    let bare = "GET /v1/verdicts?after=0&nonce=a HTTP/1.1\r\nhost: a";
    assert_eq!(raw(&town, bare, b"").0, 401);
}

#[test]
fn what_is_not_a_batch_of_the_signer_is_refused() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let other = town.enrol("lc-kfq-018");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    wait(upload::seal_all(&mut test_box.store, test_box.client.signer())).unwrap();
    let batch = test_box.store.next_batch().unwrap().unwrap().envelope;
    let large = vec![b' '; 2 << 20];
    let own = "/v1/devices/lc-kfq-017/batches/1";
    let cases: [(&SigningKey, &str, &[u8], u16, &str); 7] = [
        (&test_box.key, own, b"{}", 400, "content"),
        (&test_box.key, own, &large, 413, "size"),
        (&test_box.key, "/v1/devices/lc-kfq-017/batches/2", &batch, 400, "content"),
        (&test_box.key, "/v1/devices/lc-kfq-018/batches/1", &batch, 401, "signature"),
        (&other.key, own, &batch, 401, "signature"),
        (&other.key, "/v1/devices/lc-kfq-018/batches/1", &batch, 400, "content"),
        (&test_box.key, "/v1/devices", &batch, 404, "missing"),
    ];
    for (place, (key, target, body, status, error)) in cases.into_iter().enumerate() {
        let nonce = format!("n{place}");
        let (said, answer) = signed(&town, key, ("PUT", target), body, (NIGHT, &nonce));
        assert_eq!((said, answer["error"].as_str()), (status, Some(error)), "{target}");
    }
    assert_eq!(town.city.report().unwrap().entries, 0);
    let (status, _) = signed(&town, &test_box.key, ("PUT", own), &batch, (NIGHT, "last"));
    assert_eq!(status, 201);
    let (status, _) = signed(&town, &test_box.key, ("PUT", own), &batch, (NIGHT, "again"));
    assert_eq!(status, 200, "the same bytes get the same receipt");
}

#[test]
fn a_gap_names_the_batch_that_is_expected() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    for elder in ["p_1", "p_2"] {
        test_box.append(LUNCH, &meal(elder, LUNCH));
        wait(upload::seal_all(&mut test_box.store, test_box.client.signer())).unwrap();
    }
    let second = test_box.store.batch(2).unwrap().unwrap().envelope;
    let target = ("PUT", "/v1/devices/lc-kfq-017/batches/2");
    let (status, body) = signed(&town, &test_box.key, target, &second, (NIGHT, "a"));
    assert_eq!((status, &body["error"], &body["expected"]), (409, &"gap".into(), &1.into()));
    assert_eq!(town.city.report().unwrap().alarms[0].what, "gap");
}

#[test]
fn a_city_that_lost_batches_gets_them_again() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    test_box.upload().unwrap();
    // The city starts over from nothing, with its key and the same device.
    let anew = Town::new();
    let code = anew.city.make_code(test_box.client.device()).unwrap();
    let device = test_box.client.device().clone();
    wait(client::enrol(&anew.url(), &device, test_box.key.public(), &code)).unwrap();
    test_box.turn_to(&anew);
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    // Its key is another one, so its receipts for old batches are its own; all are checked.
    test_box.upload().unwrap();
    assert_eq!(anew.city.report().unwrap().entries, 3);
    assert_eq!(test_box.store.acknowledged().unwrap(), 3);
}

#[test]
fn a_code_enrols_one_key_once_and_the_same_key_again() {
    let town = Town::new();
    let device = DeviceId::new("lc-kfq-017").unwrap();
    let (key, other) =
        (SigningKey::from_seed(&[1; 32]).unwrap(), SigningKey::from_seed(&[2; 32]).unwrap());
    let enrol = |key: &SigningKey, code: &EnrolmentCode| {
        wait(client::enrol(&town.url(), &device, key.public(), code))
    };
    let code = town.city.make_code(&device).unwrap();
    enrol(&key, &code).unwrap();
    enrol(&key, &code).unwrap();
    let told = enrol(&other, &code).unwrap_err();
    assert_eq!(told.refusal().unwrap().0, RefusalCode::Code);
    let replaced = town.city.make_code(&device).unwrap();
    town.city.make_code(&device).unwrap();
    let told = enrol(&other, &replaced).unwrap_err();
    assert_eq!(told.refusal().unwrap().0, RefusalCode::Code);
    assert_eq!(town.city.report().unwrap().devices.len(), 1);
}

#[test]
fn an_impostor_of_a_city_is_not_pinned() {
    let (town, impostor) = (Town::new(), Town::new());
    let device = DeviceId::new("lc-kfq-017").unwrap();
    let key = SigningKey::from_seed(&[1; 32]).unwrap();
    let code = town.city.make_code(&device).unwrap();
    // The impostor answers, and does not know the code.
    let told = wait(client::enrol(&impostor.url(), &device, key.public(), &code)).unwrap_err();
    assert_eq!(told.refusal().unwrap().0, RefusalCode::Code);
    // Where it lets everybody in under its own code, the checksum tells.
    let own = impostor.city.make_code(&device).unwrap();
    wait(client::enrol(&impostor.url(), &device, key.public(), &own)).unwrap();
    let told = wait(client::enrol(&impostor.url(), &device, key.public(), &code)).unwrap_err();
    assert!(matches!(told, SendError::Answer(_)), "{told}");
}

#[test]
fn receipts_of_another_key_never_move_the_watermark() {
    let (town, impostor) = (Town::new(), Town::new());
    let mut test_box = town.enrol("lc-kfq-017");
    let device = test_box.client.device().clone();
    let code = impostor.city.make_code(&device).unwrap();
    wait(client::enrol(&impostor.url(), &device, test_box.key.public(), &code)).unwrap();
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    // The line leads to the impostor; what is pinned is the city.
    let pinned = town.city.public_key();
    let key = test_box.key.clone();
    test_box.client = client::Client::new(impostor.url(), device, key, pinned).unwrap();
    let told = test_box.upload_by(&*clock(NIGHT), Patience::Failures(3)).unwrap_err();
    assert!(matches!(told, UploadError::Receipt { .. }), "{told}");
    assert_eq!(test_box.store.acknowledged().unwrap(), 0);
}

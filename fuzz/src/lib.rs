//! Everything that reads bytes from strangers, each as a function of those bytes, with seeds.
//!
//! `main.rs` hands them to libFuzzer; `tests/fuzz.rs` calls the same functions with mutated
//! seeds, so that they are tried wherever the tests run. A function returns whatever the bytes
//! are; what must hold of bytes that were accepted is asserted here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::client::CityUrl;
use canteend::city::wire::batch::{
    BATCH_ENTRIES_MAX, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE, Batch, RECEIPT_TYPE, Receipt,
};
use canteend::city::wire::code::EnrolmentCode;
use canteend::city::wire::dsse;
use canteend::city::wire::enrol::{
    CityTime, ENROLMENT_TYPE, EnrolRequest, Enrolment, Refusal, SMALL_BYTES_MAX,
};
use canteend::city::wire::json;
use canteend::city::wire::page::{PAGE_ROWS_MAX, PAGE_TYPE, Page};
use canteend::city::wire::signature::{Fields, Request, digest_fits};
use canteend::city::wire::succession::{CityKey, STATEMENTS_MAX, Succession};
use canteend::city::wire::suite::{PublicKey, SigningKey};
use canteend::city::wire::text::{self, DeviceId};
use canteend::city::wire::verdict::{VERDICTS_MAX, VERDICTS_TYPE, Verdicts};
use canteend::record;
use canteend::record::Hash;
use canteend::record::merkle::{Tree, leaf};
use canteend::record::proof::{Branch, Proof};
use std::path::Path;

/// A target's name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 10] = [
    ("batch", batch),
    ("codec", codec),
    ("envelope", envelope),
    ("headers", headers),
    ("page", page),
    ("proof", proof),
    ("receipt", receipt),
    ("succession", succession),
    ("texts", texts),
    ("verdicts", verdicts),
];

/// The signer of everything here; made of a public seed and good for nothing else.
fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).expect("32 bytes are a seed")
}

fn device() -> DeviceId {
    DeviceId::new("lc-kfq-017").expect("a good id")
}

/// Bytes as an envelope: they open for the key that signed them, or not at all.
pub fn envelope(data: &[u8]) {
    let peeked = dsse::peek(data, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE);
    let opened = dsse::open(data, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE, &[key().public()]);
    if let Ok(payload) = opened {
        assert_eq!(peeked.expect("what opens can be looked at"), payload);
        assert_eq!(payload, SEALED, "nobody but the key's holder made it");
    }
}

/// What the envelopes among the seeds hold.
const SEALED: &[u8] = b"{\"entries\":[]}";

/// Bytes as the payload of a batch that a device did sign.
pub fn batch(data: &[u8]) {
    let sealed = dsse::seal(&key(), BATCH_TYPE, data);
    if let Ok(opened) = Batch::open(&sealed, key().public()) {
        let count = opened.entries.len();
        assert!((1..=BATCH_ENTRIES_MAX).contains(&count) && count == opened.batch.entries.len());
        assert_eq!(opened.entries.last().expect("one at least").1, opened.batch.head);
    }
}

/// Bytes as the payload of a receipt that the city did sign.
pub fn receipt(data: &[u8]) {
    let sealed = dsse::seal(&key(), RECEIPT_TYPE, data);
    if let Ok(receipt) = Receipt::open(&sealed, &[key().public()]) {
        let again = Receipt::open(&receipt.seal(&key()), &[key().public()]);
        assert_eq!(again.expect("what was read can be written"), receipt);
    }
}

/// Bytes as the payload of a page of the gallery.
pub fn page(data: &[u8]) {
    let sealed = dsse::seal(&key(), PAGE_TYPE, data);
    if let Ok(page) = Page::open(&sealed, key().public(), "", "a1") {
        assert!(page.upsert.len() <= PAGE_ROWS_MAX && page.tombstone.len() <= PAGE_ROWS_MAX);
        let again = Page::open(&page.seal(&key()), key().public(), "", "a1");
        assert_eq!(again.expect("what was read can be written"), page);
    }
}

/// Bytes as the payload of verdicts.
pub fn verdicts(data: &[u8]) {
    let sealed = dsse::seal(&key(), VERDICTS_TYPE, data);
    if let Ok(verdicts) = Verdicts::open(&sealed, key().public(), &device(), 7, "a1") {
        assert!(verdicts.items.len() <= VERDICTS_MAX && verdicts.next >= 7);
        assert!(verdicts.items.iter().all(|item| item.id > 7 && item.device == device()));
    }
}

/// Bytes as statements about the city's own key: nobody is followed whom the key before did not name.
pub fn succession(data: &[u8]) {
    if let Ok(said) = Succession::read(data) {
        assert!(said.statements.len() <= STATEMENTS_MAX);
        if let Ok(path) = said.after(key().public(), |_| false) {
            assert!(path.is_empty() || path == [next_key()], "only this was ever signed");
        }
    }
}

/// The key that follows, among the seeds.
fn next_key() -> PublicKey {
    SigningKey::from_seed(&[2; 32]).expect("32 bytes are a seed").public().clone()
}

/// Three lines as the header fields of a signed request.
pub fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let fields = Fields { content_digest: line(), signature_input: line(), signature: line() };
    if let Ok(claim) = request().claim(&fields) {
        assert!(digest_fits(&fields.content_digest, request().body));
        if claim.verify(key().public()).is_ok() {
            assert_eq!((claim.created, claim.nonce.as_str()), (CREATED, NONCE));
        }
    }
}

const CREATED: i64 = 1_772_424_127;
const NONCE: &str = "pMqQ0mDdq5BBSVY4ZMcM0g==";

fn request() -> Request<'static> {
    Request {
        method: "PUT",
        authority: "city.example",
        path: "/v1/devices/lc-kfq-017/batches/412",
        query: "",
        body: b"{}",
    }
}

/// Bytes as the body of a ledger entry: what is accepted has one spelling.
pub fn codec(data: &[u8]) {
    if let Ok((entry, salt)) = record::decode(data) {
        let again = record::encode(&entry, &salt).expect("what was read can be written");
        assert_eq!(again, data, "an entry has one spelling");
    }
}

/// Bytes as a proof of one entry.
pub fn proof(data: &[u8]) {
    if let Ok((proof, _)) = Proof::check(data) {
        Proof::check(proof.write().as_bytes()).expect("what holds can be written");
    }
}

/// Bytes as each of the short texts and small messages.
pub fn texts(data: &[u8]) {
    // Each either is one or is not; none may panic.
    let _ = json::read::<Refusal>(data, SMALL_BYTES_MAX);
    let _ = json::read::<CityTime>(data, SMALL_BYTES_MAX);
    let _ = json::read::<EnrolRequest>(data, SMALL_BYTES_MAX);
    let text = String::from_utf8_lossy(data);
    let _ = PublicKey::parse(&text);
    let _ = DeviceId::new(&text);
    let _ = CityUrl::parse(&text);
    if let Some(at) = text::time_from_text(&text) {
        assert_eq!(text::time_from_text(&text::time_to_text(at)), Some(at));
    }
    if let Some(hash) = text::hash_from_text(&text) {
        assert_eq!(text::hash_to_text(&hash), text);
    }
    if let Ok(code) = EnrolmentCode::parse(&text) {
        let sealed = dsse::seal(&key(), ENROLMENT_TYPE, data);
        assert!(Enrolment::open(&sealed, &code, &device(), key().public()).is_err());
    }
}

/// Valid inputs of a target; `root` is the project's folder, whose fixtures they are made of.
pub fn seeds(target: &str, root: &Path) -> Vec<Vec<u8>> {
    match target {
        "codec" => bodies(root),
        "envelope" => vec![
            dsse::seal(&key(), BATCH_TYPE, SEALED),
            format!(
                r#"{{"payload":"{}","payloadType":"{BATCH_TYPE}","signatures":[{{"sig":"AA=="}}]}}"#,
                STANDARD.encode(SEALED)
            )
            .into_bytes(),
        ],
        "batch" => {
            let bodies = bodies(root);
            [1, 2, bodies.len()].map(|count| batch_of(&bodies[..count])).to_vec()
        }
        "receipt" => vec![
            br#"{"device":"lc-kfq-017","seq":412,"payload_sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","tree_size":90388,"root":"sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff","received_at":"2026-03-02T22:00:00+08:00"}"#.to_vec(),
        ],
        "page" => PAGES.iter().map(|page| page.as_bytes().to_vec()).collect(),
        "verdicts" => vec![
            br#"{"nonce":"a1","after":7,"next":7,"items":[]}"#.to_vec(),
            br#"{"nonce":"a1","after":7,"next":9,"items":[{"id":8,"device":"lc-kfq-017","n":5,"hash":"sha256:5555555555555555555555555555555555555555555555555555555555555555","verdict":"rejected","reason":"duplicate-other-canteen","kept":"lc-dcf-003#5521"},{"id":9,"device":"lc-kfq-017","n":5,"hash":"sha256:5555555555555555555555555555555555555555555555555555555555555555","verdict":"restored","reason":"other-voided","supersedes":8}]}"#.to_vec(),
        ],
        "headers" => {
            let Fields { content_digest, signature_input, signature } =
                request().sign(&key(), CREATED, NONCE);
            vec![[content_digest, signature_input, signature].join("\n").into_bytes()]
        }
        "succession" => {
            let said = CityKey {
                before: key().public().id(),
                key: next_key().to_string(),
                since: text::time_from_text("2026-03-02T22:00:00+08:00").expect("a time"),
            };
            let said = String::from_utf8(said.seal(&key())).expect("JSON");
            ["", &said].map(|s| format!("{{\"statements\":[{s}]}}").into_bytes()).to_vec()
        }
        "proof" => vec![proof_of(&bodies(root))],
        _ => TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect(),
    }
}

/// The ledger's frozen entries, in order.
fn bodies(root: &Path) -> Vec<Vec<u8>> {
    let folder = root.join("fixtures/ledger/v1");
    let read = std::fs::read_dir(&folder).expect("the fixtures are there");
    let mut files: Vec<_> = read.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("a fixture")).collect()
}

/// The payload of a batch of these entries, which begin a ledger.
fn batch_of(bodies: &[Vec<u8>]) -> Vec<u8> {
    let prev_hash = Hash::before_genesis(device().as_str());
    let (mut head, mut tree) = (prev_hash, Tree::default());
    for body in bodies {
        head = head.link(body);
        tree.push(leaf(&head.0));
    }
    let last = bodies.len() as u64;
    let entries = bodies.iter().map(|body| String::from_utf8(body.clone()).expect("ASCII"));
    let batch = Batch {
        device: device(),
        epoch: 1,
        seq: 1,
        prev_batch: None,
        first: 1,
        last,
        prev_hash,
        head,
        tree_size: last,
        root: tree.root(),
        gallery: 3,
        entries: entries.collect(),
    };
    let envelope = batch.seal(&key()).envelope;
    dsse::peek(&envelope, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE).expect("just sealed")
}

/// A proof of the third of these entries, as if all were of one day.
fn proof_of(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut chain = vec![Hash::before_genesis(device().as_str())];
    for body in bodies {
        chain.push(chain[chain.len() - 1].link(body));
    }
    let leaves: Vec<_> = chain[1..].iter().map(|hash| leaf(&hash.0)).collect();
    let branch = Branch::to(&leaves, 2).expect("there is a third");
    let proof = Proof {
        device: device().to_string(),
        body: bodies[2].clone(),
        prev: chain[2],
        ledger: branch.clone(),
        date: "2026-03-02".parse().expect("a date"),
        day: branch,
    };
    proof.write().into_bytes()
}

/// Pages of a gallery.
const PAGES: [&str; 2] = [
    r#"{"nonce":"a1","after":"","generation":0,"next":"a.0","final":true,"upsert":[],"tombstone":[]}"#,
    r#"{"nonce":"a1","after":"","generation":78,"next":"YWJj.120","final":false,"card_key":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","upsert":[{"elder":"p_7f3a","name":"王秀英","id_last4":"004X","birth":"1943-05-02","sex":"F","eligible":[{"from":"2024-01-01","to":null}],"home_care":[{"from":"2025-07-01","to":"2025-12-31"}],"consent":"c_1","photos":["/9j/4AAQ"],"templates":[{"model":"sha256:0707070707070707070707070707070707070707070707070707070707070707","vector":"AACAPwAAAAA="}],"cards":["BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="]}],"tombstone":[{"elder":"p_9","why":"withdrawn","from":"2026-02-27"}]}"#,
];

/// Short texts and small messages.
const TEXTS: [&str; 9] = [
    r#"{"error":"gap","expected":411}"#,
    r#"{"error":"clock","server_time":"2026-03-02T22:00:00+08:00"}"#,
    r#"{"server_time":"2026-03-02T22:00:00+08:00"}"#,
    r#"{"key":"ed25519:JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=","proof":"AAAA"}"#,
    "ed25519:JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=",
    "https://city.example:8443",
    "sha256:0707070707070707070707070707070707070707070707070707070707070707",
    "2026-03-02T22:00:00+08:00",
    "0123456789ABCDEFGHJKMNPQRS",
];

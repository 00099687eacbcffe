//! What the box does with each kind of answer: tries again, or stops and says why. The table in
//! docs/ARCHITECTURE.md ("The way to the city") says the same.

use super::network::message;
use super::town::{NIGHT, TestBox, Town, clock, meal, wait};
use canteend::city::client::{CityUrl, Client, Limits, SendError};
use canteend::city::wire::batch::{Batch, RECEIPT_TYPE, Receipt};
use canteend::city::wire::dsse;
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::daemon::upload::{Patience, UploadError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream as Dialled};
use tokio::time::timeout;

const LUNCH: &str = "2026-03-02T12:00:00+08:00";
/// Short enough for a test; the rules are those of the service.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    silence: Duration::from_millis(250),
    request: Duration::from_millis(600),
};
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);
/// How long a server lets pass between two bytes that it drips.
const DRIP: Duration = Duration::from_millis(20);

/// A server for one connection: it hears the request and does as `answer` says.
fn serve<T: Send + 'static>(
    answer: impl FnOnce(&mut TcpStream, &[u8]) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = message(&mut stream).unwrap();
        answer(&mut stream, &request)
    });
    (url, served)
}

/// A box with one meal to upload, whose key is made of a seed as the city's is.
fn ready() -> (Town, TestBox) {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    test_box.append(LUNCH, &meal("p_1", LUNCH));
    (town, test_box)
}

/// One attempt at uploading to `url`, at a city that signs with `city`.
fn attempt(test_box: &mut TestBox, city: &SigningKey, url: &str) -> Result<(), UploadError> {
    let (device, key) = (test_box.client.device().clone(), test_box.key.clone());
    let client = Client::new(CityUrl::parse(url).unwrap(), device, key, city.public().clone());
    test_box.client = client.unwrap().within(LIMITS).unwrap();
    test_box.upload_by(&*clock(NIGHT), Patience::Failures(1)).map(drop)
}

fn city_key() -> SigningKey {
    SigningKey::from_seed(&[9; 32]).unwrap()
}

/// The whole chain of an error.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!(": {inner}");
        source = inner.source();
    }
    text
}

fn http(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

#[test]
fn each_answer_is_tried_again_or_stops_with_its_reason() {
    const AGAIN: bool = true;
    const STOPS: bool = false;
    let deep = "[".repeat(1500) + &"]".repeat(1500);
    let strange = dsse::seal(&city_key(), RECEIPT_TYPE, b"{\"device\":\"lc-kfq-017\"}");
    let other = dsse::seal(&city_key(), "text/plain", b"{}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let cases: [(&str, Vec<u8>, bool, &str); 25] = [
        ("400", http(400, "{\"error\":\"content\"}"), STOPS, "refused (400): content"),
        ("401", http(401, "{\"error\":\"signature\"}"), STOPS, "refused (401): signature"),
        ("401 replay", http(401, "{\"error\":\"replay\"}"), AGAIN, "refused (401): replay"),
        ("403", http(403, ""), STOPS, "refused (403)"),
        ("404", http(404, "<html>not here</html>"), STOPS, "refused (404)"),
        ("408", http(408, ""), AGAIN, "refused (408)"),
        ("413", http(413, "{\"error\":\"size\"}"), STOPS, "refused (413): size"),
        ("429", http(429, ""), AGAIN, "refused (429)"),
        ("500", http(500, "oops"), AGAIN, "refused (500)"),
        ("502", http(502, "<html>nginx</html>"), AGAIN, "refused (502)"),
        ("503", http(503, "{\"error\":\"busy\"}"), AGAIN, "refused (503): busy"),
        ("204", http(204, ""), STOPS, "refused (204)"),
        ("conflict", http(409, "{\"error\":\"conflict\"}"), STOPS, "two boxes use one key"),
        ("behind", http(409, "{\"error\":\"gap\",\"expected\":9}"), STOPS, "waits for batch 9"),
        ("a gap of nothing", http(409, "{\"error\":\"gap\"}"), STOPS, "refused (409): gap"),
        ("no signed receipt", http(201, "{}"), AGAIN, "the receipt does not hold"),
        ("a deep answer", http(201, &deep), AGAIN, "nested deeper than 12 levels"),
        ("a deep refusal", http(400, &deep), STOPS, "refused (400)"),
        ("a receipt without fields", http(201, &text(strange)), AGAIN, "missing field"),
        ("something else that is signed", http(201, &text(other)), AGAIN, "\"text/plain\""),
        ("half an answer", http(201, "{\"payload\":")[..40].to_vec(), AGAIN, "cannot be reached"),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), AGAIN, "cannot be reached"),
        ("nothing", Vec::new(), AGAIN, "cannot be reached"),
        ("escapes", http(400, "{\"error\":\"a\\u001b[2J\"}"), STOPS, "(400): a\\u{1b}[2J"),
        ("a long refusal", http(400, &"x".repeat(5000)), AGAIN, "longer than 4096 bytes"),
    ];
    let (_town, mut test_box) = ready();
    for (what, answer, again, reason) in cases {
        let (url, served) = serve(move |stream, _| stream.write_all(&answer).unwrap());
        let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
        served.join().unwrap();
        let said = told(&problem);
        assert!(said.contains(reason), "{what}: {said}");
        assert_eq!(problem.passing(), again, "{what}: {said}");
        assert_eq!(test_box.store.acknowledged().unwrap(), 0, "{what}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (_town, mut test_box) = ready();
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let to = elsewhere.local_addr().unwrap();
        let answer =
            format!("HTTP/1.1 {status} X\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n");
        let (url, served) = serve(move |stream, _| stream.write_all(answer.as_bytes()).unwrap());
        let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
        served.join().unwrap();
        assert!(!problem.passing(), "{status}: {problem}");
        assert!(problem.to_string().contains(&status.to_string()), "{problem}");
        elsewhere.set_nonblocking(true).unwrap();
        assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{status}");
    }
}

#[test]
fn an_answer_that_says_it_is_too_long_is_not_read() {
    let (_town, mut test_box) = ready();
    let (url, served) = serve(|stream, _| {
        write!(stream, "HTTP/1.1 201 X\r\ncontent-length: 10000000000\r\n\r\n{{").unwrap();
        // Nothing more is sent; the box is the one that ends it.
        let _ = stream.read(&mut [0]);
    });
    let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
    served.join().unwrap();
    let too_long = matches!(&problem, UploadError::Send { source: SendError::TooLong(4096), .. });
    assert!(too_long, "{problem}");
}

#[test]
fn an_answer_without_an_end_is_cut_off_at_its_bound() {
    let (_town, mut test_box) = ready();
    let (url, served) = serve(|stream, _| {
        stream.write_all(b"HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let chunk = [b"1000\r\n".as_slice(), &[b' '; 4096], b"\r\n"].concat();
        let mut sent = 0u64;
        while stream.write_all(&chunk).is_ok() {
            sent += 4096;
        }
        sent
    });
    let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
    let sent = served.join().unwrap();
    assert!(problem.to_string().contains("longer than 4096 bytes"), "{problem}");
    assert!(sent < 32 << 20, "{sent} bytes went into buffers of the system");
}

#[test]
fn whoever_drips_or_says_nothing_is_cut_off() {
    let head = b"HTTP/1.1 201 X\r\ncontent-length: 4000\r\n\r\n".to_vec();
    let body = vec![b' '; 4000];
    for (what, at_once, drips) in [
        ("drips a body", head.clone(), body),
        ("drips a head", Vec::new(), b"HTTP/1.1 201 X\r\nx-a: ".repeat(40)),
        ("says nothing", Vec::new(), Vec::new()),
        ("falls silent in the body", head, Vec::new()),
    ] {
        let (_town, mut test_box) = ready();
        let (url, served) = serve(move |stream, _| {
            stream.write_all(&at_once).unwrap();
            for byte in &drips {
                // Reading waits, and ends where the box ends the connection.
                stream.set_read_timeout(Some(DRIP)).unwrap();
                let gone = matches!(stream.read(&mut [0]), Ok(0));
                if gone || stream.write_all(&[*byte]).is_err() {
                    return true;
                }
            }
            stream.set_read_timeout(Some(LIMITS.request * 20)).unwrap();
            drips.is_empty() && matches!(stream.read(&mut [0]), Ok(0))
        });
        let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
        assert!(problem.passing(), "{what}: {problem}");
        assert!(told(&problem).contains("timed out"), "{what}: {}", told(&problem));
        assert!(served.join().unwrap(), "{what}: the box ended it");
    }
}

#[test]
fn no_connection_is_waited_for_longer_than_stated() {
    let limits = Limits { connect: DRIP * 10, silence: LONG, request: LONG };
    wait(async {
        let full = TcpSocket::new_v4().unwrap();
        full.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let full = full.listen(1).unwrap();
        let address = full.local_addr().unwrap();
        // Nobody accepts: when the queue is full, the kernel answers no further call.
        let mut queued = Vec::new();
        while let Ok(connected) = timeout(DRIP * 10, Dialled::connect(address)).await {
            queued.push(connected.unwrap());
            assert!(queued.len() < 100, "the queue never fills");
        }
        let url = CityUrl::parse(&format!("http://{address}")).unwrap();
        let device = DeviceId::new("lc-kfq-017").unwrap();
        let key = Arc::new(SigningKey::from_seed(&[1; 32]).unwrap());
        let client = Client::new(url, device, key, city_key().public().clone()).unwrap();
        let problem = client.within(limits).unwrap().time().await.unwrap_err();
        assert!(problem.passing());
        let SendError::Unreachable(problem) = problem else { panic!("{problem}") };
        assert!(problem.is_connect() && problem.is_timeout(), "{problem:?}");
    });
}

#[test]
fn what_a_box_does_not_know_of_an_answer_goes_nowhere() {
    let (_town, mut test_box) = ready();
    let entries = test_box.store.last_entry().unwrap();
    let device_key = test_box.key.public().clone();
    let (url, served) = serve(move |stream, request| {
        let body = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let opened = Batch::open(&request[body..], &device_key).unwrap();
        let receipt = Receipt {
            device: opened.batch.device,
            seq: opened.batch.seq,
            payload_sha256: opened.payload_sha256,
            tree_size: opened.batch.tree_size,
            root: opened.batch.root,
            received_at: super::town::at(NIGHT),
        };
        let text = serde_json::to_string(&receipt).unwrap();
        let text = text.replacen('{', "{\"remark\":{\"planted\":[\"zzplantedzz\"]},", 1);
        let answer = dsse::seal(&city_key(), RECEIPT_TYPE, text.as_bytes());
        stream.write_all(&http(201, str::from_utf8(&answer).unwrap())).unwrap();
    });
    attempt(&mut test_box, &city_key(), &url).unwrap();
    served.join().unwrap();
    assert_eq!(test_box.store.acknowledged().unwrap(), entries, "the receipt counts all the same");
    assert_eq!(test_box.store.last_entry().unwrap(), entries, "and writes nothing");
    let state = test_box.dir.path().join("state");
    // The receipt is kept as the city signed it, in base64; nothing of it is kept in clear.
    for file in std::fs::read_dir(state).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"zzplantedzz"));
    }
}

#[test]
fn a_city_that_always_sees_a_gap_does_not_keep_the_box_busy() {
    let (_town, mut test_box) = ready();
    test_box.upload().unwrap();
    test_box.append(LUNCH, &meal("p_2", LUNCH));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let request = message(&mut stream).unwrap();
            let line = String::from_utf8_lossy(&request).lines().next().unwrap().to_owned();
            asked.push(line);
            let body = "{\"error\":\"gap\",\"expected\":1}";
            stream.write_all(&http(409, body)).unwrap();
        }
        asked
    });
    let problem = attempt(&mut test_box, &city_key(), &url).unwrap_err();
    assert!(!problem.passing(), "{problem}");
    let asked = served.join().unwrap();
    assert!(asked[0].contains("/batches/2 ") && asked[1].contains("/batches/1 "), "{asked:?}");
}

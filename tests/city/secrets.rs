//! Nothing secret leaves: what is planted on the box is searched for in every byte sent.

use super::town::{NIGHT, SET_UP, Town, at, clock, meal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canteend::city::client::{CityUrl, Client};
use canteend::daemon::upload::Patience;
use canteend::domain::calendar::Date;
use canteend::domain::elder::{Consent, Elder, ElderId, Sex};
use canteend::domain::entry::{ClockTrust, Stamp};
use canteend::domain::template::{ModelId, Template};
use canteend::store::Enrolled;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

const NAME: &str = "欧阳秀英";

/// Takes one request whole, answers that it cannot now, and gives the request's bytes.
fn overhear(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap_or("0").parse().unwrap();
            if heard.len() == head.len() + 4 + length {
                break;
            }
        }
        let count = stream.read(&mut part).unwrap();
        assert!(count > 0, "the request was cut off");
        heard.extend_from_slice(&part[..count]);
    }
    stream.write_all(b"HTTP/1.1 503 busy\r\ncontent-length: 0\r\n\r\n").unwrap();
    heard
}

fn contains(bytes: &[u8], planted: &[u8]) -> bool {
    bytes.windows(planted.len()).any(|window| window == planted)
}

#[test]
fn no_name_birth_date_or_template_is_among_the_bytes_sent() {
    let town = Town::new();
    let mut test_box = town.enrol("lc-kfq-017");
    let model = ModelId([7; 32]);
    let vector: Vec<f32> = (0..128).map(|i| 0.25 + i as f32).collect();
    let template = Template::new(model, &vector).unwrap();
    let planted: Vec<u8> = template.values().iter().flat_map(|v| v.to_le_bytes()).collect();
    let elder = Elder {
        id: ElderId::new("p_7f3a").unwrap(),
        name: NAME.to_owned(),
        id_last4: None,
        sex: Sex::Female,
        birth: Date::constant(1941, 7, 19),
        eligible: vec![],
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    };
    let stamp = Stamp { at: at(SET_UP), clock: ClockTrust::Trusted };
    let enrolled = [Enrolled { elder, templates: vec![template] }];
    test_box.store.replace_gallery(stamp, model, &enrolled).unwrap();
    let noon = "2026-03-02T12:00:00+08:00";
    test_box.append(noon, &meal("p_7f3a", noon));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = CityUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let device = test_box.client.device().clone();
    let city = town.city.public_key().clone();
    test_box.client = Client::new(url, device, test_box.key.clone(), city).unwrap();
    let ear = std::thread::spawn(move || overhear(&listener));
    test_box.upload_by(&*clock(NIGHT), Patience::Failures(1)).unwrap_err();
    let heard = ear.join().unwrap();

    let body = heard.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let envelope: serde_json::Value = serde_json::from_slice(&heard[body..]).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    assert!(contains(&payload, b"p_7f3a"), "the meal itself is there");
    let private = std::fs::read(test_box.dir.path().join("state/device.key")).unwrap();
    for bytes in [&heard, &payload] {
        assert!(!contains(bytes, NAME.as_bytes()));
        assert!(!contains(bytes, "欧阳".as_bytes()));
        assert!(!contains(bytes, b"1941-07-19") && !contains(bytes, b"19410719"));
        // The seed of the key stands in bytes 16 to 48 of the document.
        assert!(!contains(bytes, &private[16..48]));
        for eight in planted.chunks_exact(8) {
            assert!(!contains(bytes, eight));
            assert!(!contains(bytes, STANDARD.encode(eight).trim_end_matches('=').as_bytes()));
        }
    }
}

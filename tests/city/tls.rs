//! The box over real TLS, as a technician starts it: whom it believes, and whom it does not.

use super::commands::{Typed, box_folder, canteend_with};
use super::network::{ask, message};
use super::town::Town;
use canteend::city::wire::text::DeviceId;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What the front shows: a certificate of `name`, good until the end of `until`.
fn shown(issuer: &Authority, name: &str, until: i32) -> Arc<ServerConfig> {
    shown_by(issuer, name, until, None)
}

/// The same, by a front that asks for a certificate where `asked` says which.
pub fn shown_by(
    issuer: &Authority,
    name: &str,
    until: i32,
    asked: Option<Arc<dyn ClientCertVerifier>>,
) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asked.unwrap_or_else(|| Arc::new(NoClientAuth)))
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(config.unwrap())
}

/// A proxy that ends TLS before a city, as a city's own would. The thread lives as long as the test.
pub struct Front {
    pub port: u16,
    config: Arc<Mutex<Arc<ServerConfig>>>,
    /// Requests that were let through.
    heard: Arc<Mutex<usize>>,
}

impl Front {
    pub fn before(city: SocketAddr, config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (config, heard) = (Arc::new(Mutex::new(config)), Arc::new(Mutex::new(0)));
        let (shared, counted) = (config.clone(), heard.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let config = shared.lock().unwrap().clone();
                // A handshake that fails is what some of the tests are about.
                if let Ok(true) = pass_on(city, config, stream.unwrap()) {
                    *counted.lock().unwrap() += 1;
                }
            }
        });
        Front { port, config, heard }
    }

    fn show(&self, config: Arc<ServerConfig>) {
        *self.config.lock().unwrap() = config;
    }

    fn heard(&self) -> usize {
        *self.heard.lock().unwrap()
    }
}

/// Whether a request came through.
fn pass_on(
    city: SocketAddr,
    config: Arc<ServerConfig>,
    stream: TcpStream,
) -> std::io::Result<bool> {
    let session = ServerConnection::new(config).unwrap();
    let mut stream = StreamOwned::new(session, stream);
    let request = message(&mut stream)?;
    if request.is_empty() {
        return Ok(false);
    }
    stream.write_all(&ask(city, &request)?)?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(true)
}

/// A box's folder, and the file of the root certificates that its machine believes.
struct Machine {
    config: PathBuf,
    roots: PathBuf,
}

impl Machine {
    fn new(dir: &Path, believed: &Authority) -> Self {
        let roots = dir.join("roots.pem");
        std::fs::write(&roots, believed.pem()).unwrap();
        Machine { config: box_folder(dir), roots }
    }

    fn run(&self, args: &[&str]) -> Typed {
        let config = ["--config", self.config.to_str().unwrap()];
        let roots = [("SSL_CERT_FILE", self.roots.to_str().unwrap())];
        canteend_with(&[args, &config].concat(), &roots)
    }
}

#[test]
fn the_box_talks_tls_and_stops_before_a_city_that_it_cannot_believe() {
    let town = Town::new();
    let (city_root, stranger) = (authority("city"), authority("stranger"));
    let good = shown(&city_root, "localhost", 2100);
    let front = Front::before(town.running.address(), good.clone());
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new(dir.path(), &city_root);
    let url = format!("https://localhost:{}", front.port);
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let enrol = || machine.run(&["provision", "--city", &url, "--code", &code]);
    let upload = || machine.run(&["upload", "--failures", "1"]);

    let cases = [
        ("another name", shown(&city_root, "city.example", 2100), "not valid for name"),
        ("expired", shown(&city_root, "localhost", 2021), "expired"),
        ("an unknown root", shown(&stranger, "localhost", 2100), "UnknownIssuer"),
    ];
    for (what, config, told) in &cases {
        front.show(config.clone());
        let refused = enrol();
        assert_eq!(refused.code, 69, "{what}: {}", refused.err);
        assert!(refused.err.contains(told), "{what}: {}", refused.err);
    }
    assert_eq!(front.heard(), 0, "nothing was said to any of them");

    front.show(good.clone());
    let enrolled = enrol();
    assert_eq!(enrolled.code, 0, "{}", enrolled.err);
    let heard = front.heard();
    for (what, config, told) in &cases {
        front.show(config.clone());
        let refused = upload();
        assert_eq!(refused.code, 69, "{what}: {}", refused.err);
        assert!(refused.err.contains(told), "{what}: {}", refused.err);
    }
    assert_eq!(front.heard(), heard);
    assert_eq!(town.city.report().unwrap().entries, 0);

    front.show(good);
    let uploaded = upload();
    assert_eq!(uploaded.code, 0, "{}", uploaded.err);
    assert!(town.city.report().unwrap().entries > 0);
}

#[test]
fn a_city_without_tls_is_not_spoken_to_in_clear() {
    let town = Town::new();
    let dir = tempfile::tempdir().unwrap();
    let machine = Machine::new(dir.path(), &authority("city"));
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let url = format!("https://{}", town.running.address());
    let refused = machine.run(&["provision", "--city", &url, "--code", &code]);
    assert_eq!(refused.code, 69, "{}", refused.err);
    let url = "http://192.0.2.1:8460";
    let refused = machine.run(&["provision", "--city", url, "--code", &code]);
    assert_eq!(refused.code, 64, "{}", refused.err);
}

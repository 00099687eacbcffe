//! Certificates of a city's own making, and the box's own certificate on top of its signatures.

use super::commands::{Typed, box_folder, canteend_with};
use super::tls::{Authority, Front, authority, shown_by};
use super::town::Town;
use canteend::city::wire::text::DeviceId;
use rcgen::{CertificateParams, KeyPair};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// Writes a certificate for a client, signed by `issuer`, and its key.
fn client_files(dir: &Path, issuer: &Authority) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["lc-kfq-017".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    std::fs::write(dir.join("box.pem"), certificate.pem()).unwrap();
    std::fs::write(dir.join("box.key"), key.serialize_pem()).unwrap();
    mode(&dir.join("box.key"), 0o600);
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A city's front that asks for a certificate that `root` has signed.
fn asking(root: &Authority) -> Arc<rustls::ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), ring).build().unwrap();
    shown_by(root, "localhost", 2100, Some(verifier))
}

#[test]
fn a_city_with_certificates_of_its_own_is_believed_by_the_configuration_alone() {
    let town = Town::new();
    let (city_root, stranger) = (authority("city"), authority("stranger"));
    let front = Front::before(town.running.address(), asking(&city_root));
    let dir = tempfile::tempdir().unwrap();
    let config = box_folder(dir.path());
    let written = std::fs::read_to_string(&config).unwrap();
    let lines = |city: &str| std::fs::write(&config, format!("{written}[city]\n{city}")).unwrap();
    std::fs::write(dir.path().join("city.pem"), city_root.pem()).unwrap();
    std::fs::write(dir.path().join("other.pem"), stranger.pem()).unwrap();
    client_files(dir.path(), &city_root);
    let code = town.city.make_code(&DeviceId::new("lc-kfq-017").unwrap()).unwrap().to_string();
    let url = format!("https://localhost:{}", front.port);
    let enrol = || -> Typed {
        let config = config.to_str().unwrap();
        canteend_with(&["provision", "--city", &url, "--code", &code, "--config", config], &[])
    };
    let own = "certificate = \"box.pem\"\nkey = \"box.key\"\n";

    for (city, exit, told) in [
        ("", 69, "UnknownIssuer"),
        ("ca = \"other.pem\"\n", 69, "UnknownIssuer"),
        ("ca = \"city.pem\"\n", 69, "cannot be reached"),
        ("ca = \"none.pem\"\n", 78, "none.pem"),
        ("ca = \"box.key\"\n", 78, "no certificate"),
        ("certificate = \"box.pem\"\n", 78, "needs its key"),
    ] {
        lines(city);
        let refused = enrol();
        assert_eq!(refused.code, exit, "{city}: {}", refused.err);
        assert!(refused.err.contains(told), "{city}: {}", refused.err);
    }
    assert_eq!(town.city.report().unwrap().devices.len(), 0);

    lines(&format!("ca = \"city.pem\"\n{own}"));
    mode(&dir.path().join("box.key"), 0o644);
    let open = enrol();
    assert_eq!(open.code, 78, "{}", open.err);
    assert!(open.err.contains("chmod 600"), "{}", open.err);
    mode(&dir.path().join("box.key"), 0o600);
    let enrolled = enrol();
    assert_eq!(enrolled.code, 0, "{}", enrolled.err);
    let config = config.to_str().unwrap();
    let uploaded = canteend_with(&["upload", "--failures", "1", "--config", config], &[]);
    assert_eq!(uploaded.code, 0, "{}", uploaded.err);
    assert_eq!(town.city.report().unwrap().entries, 4);
}

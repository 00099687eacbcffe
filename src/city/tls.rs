//! What TLS to the city rests on: whose certificates are believed, and whether the box shows one.
//!
//! 1. Where a city has certificates of its own making, these are believed and no others.
//! 2. A client certificate (mTLS) comes on top of signed requests and never instead of them. Its
//!    private key is refused where others may read it.

use crate::error::{Exit, Sysexit};
use crate::files;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of a PEM file that are read.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// Why TLS cannot be set up as the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}; mend [city] in the configuration", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read the key.
    #[error("{}: the TLS key is open to others (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not what it should be.
    #[error("{}: this holds no {what} in PEM form; mend [city] in the configuration", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
}

impl Sysexit for TlsError {
    fn exit(&self) -> Exit {
        Exit::Config
    }
}

/// What TLS rests on; by default the machine's own certificates. `Debug` shows no key.
#[derive(Clone, Default)]
pub struct Tls {
    roots: Vec<reqwest::Certificate>,
    identity: Option<reqwest::Identity>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (roots, shown) = (self.roots.len(), self.identity.is_some());
        write!(f, "Tls({roots} certificates, client certificate: {shown})")
    }
}

impl Tls {
    /// Reads the files of the configuration: certificates that are believed, and the box's own
    /// certificate with its key.
    ///
    /// # Errors
    /// [`TlsError`] names the file.
    pub fn read(roots: Option<&Path>, own: Option<(&Path, &Path)>) -> Result<Self, TlsError> {
        let mut tls = Tls::default();
        if let Some(path) = roots {
            let lacking = || TlsError::Pem { path: path.to_owned(), what: "certificate" };
            tls.roots = reqwest::Certificate::from_pem_bundle(&read(path, false)?)
                .map_err(|_| lacking())?;
            if tls.roots.is_empty() {
                return Err(lacking());
            }
        }
        if let Some((certificate, key)) = own {
            let pem = [read(key, true)?, read(certificate, false)?].concat();
            let identity = reqwest::Identity::from_pem(&pem).map_err(|_| TlsError::Pem {
                path: certificate.to_owned(),
                what: "certificate with its key",
            })?;
            tls.identity = Some(identity);
        }
        Ok(tls)
    }

    /// Sets a client up so.
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let builder = match self.roots.is_empty() {
            true => builder,
            false => builder.tls_certs_only(self.roots.clone()),
        };
        match &self.identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        }
    }
}

fn read(path: &Path, secret: bool) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if secret && let Some(mode) = files::open_to_others(&file).map_err(failed)? {
        return Err(TlsError::Open { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(PEM_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_that_others_may_read_and_files_without_pem_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, mode| {
            let path = dir.path().join(name);
            fs::write(&path, "no pem").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let (certificate, open, key) =
            (file("c.pem", 0o644), file("open.pem", 0o640), file("key.pem", 0o600));
        let told = Tls::read(None, Some((&certificate, &open))).unwrap_err();
        assert!(matches!(told, TlsError::Open { mode: 0o640, .. }), "{told}");
        for told in [
            Tls::read(Some(&certificate), None).unwrap_err(),
            Tls::read(None, Some((&certificate, &key))).unwrap_err(),
        ] {
            assert!(matches!(told, TlsError::Pem { .. }), "{told}");
        }
        let told = Tls::read(Some(&dir.path().join("none")), None).unwrap_err();
        assert!(matches!(told, TlsError::File { .. }), "{told}");
        assert!(format!("{:?}", Tls::read(None, None).unwrap()).contains("0 certificates"));
    }
}

//! Requests to the city: signed, bounded in size and time, without redirects.
//!
//! A request is one attempt. What a failure means, and whether to try again, is said by
//! [`SendError`]; who tries again is the daemon.

use super::wire::batch::RECEIPT_BYTES_MAX;
use super::wire::code::EnrolmentCode;
use super::wire::dsse;
use super::wire::enrol::{EnrolRequest, Enrolment, Refusal, RefusalCode, SMALL_BYTES_MAX};
use super::wire::json;
use super::wire::signature::Request;
use super::wire::suite::{self, KeyError, PublicKey, SigningKey};
use super::wire::text::{self, DeviceId};
use super::wire::verdict::{VERDICTS_BYTES_MAX, Verdicts};
use crate::domain::calendar::Timestamp;
use crate::error::{Exit, Sysexit};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long the city is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a connection may take to come about.
    pub connect: Duration,
    /// How long nothing may arrive while an answer is awaited or read.
    pub silence: Duration,
    /// How long a whole request may take; whoever dribbles byte by byte is cut off.
    pub request: Duration,
}

impl Limits {
    /// What a box waits in service.
    pub const SERVICE: Limits = Limits {
        connect: Duration::from_secs(10),
        silence: Duration::from_secs(30),
        request: Duration::from_secs(120),
    };
}

/// Why a request did not lead to an answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address is none that is allowed.
    #[error("\"{0}\" is no address of a city: expected https://HOST or https://HOST:PORT")]
    Address(String),
    /// The HTTP client could not be set up.
    #[error("TLS cannot be set up")]
    Setup(#[source] reqwest::Error),
    /// No connection, or it broke; or it took too long.
    #[error("the city cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The answer has more bytes than any that is right.
    #[error("the city's answer is longer than {0} bytes")]
    TooLong(usize),
    /// The city turned the request down.
    #[error("the city refused ({status}): {}", refusal.error.escape_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        refusal: Refusal,
    },
    /// The answer is not what was asked for, or not signed by the city.
    #[error("the city's answer does not hold")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] KeyError),
}

impl SendError {
    /// An answer that does not hold.
    fn answer(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        SendError::Answer(Box::new(source))
    }

    /// What the refusal is about, where it is one of the interface's.
    pub fn refusal(&self) -> Option<(RefusalCode, &Refusal)> {
        match self {
            Self::Refused { refusal, .. } => {
                RefusalCode::from_code(&refusal.error).map(|code| (code, refusal))
            }
            _ => None,
        }
    }

    /// Whether another attempt, later, may help: the network, a busy city, an answer that was
    /// damaged on its way. A used nonce is drawn anew.
    pub fn passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TooLong(_) | Self::Answer(_) => true,
            Self::Refused { status, .. } => {
                let replay = self.refusal().is_some_and(|(code, _)| code == RefusalCode::Replay);
                replay || *status >= 500 || matches!(*status, 408 | 429)
            }
            Self::Address(_) | Self::Setup(_) | Self::Random(_) => false,
        }
    }
}

impl Sysexit for SendError {
    fn exit(&self) -> Exit {
        match self {
            Self::Address(_) => Exit::Usage,
            Self::Refused { .. } if !self.passing() => Exit::Data,
            _ => Exit::Unavailable,
        }
    }
}

/// Where a city is. Without TLS only on this machine, for demo and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityUrl(Url);

impl CityUrl {
    /// Reads `https://HOST[:PORT]`, or `http://` with a loopback address.
    ///
    /// # Errors
    /// [`SendError::Address`].
    pub fn parse(text: &str) -> Result<Self, SendError> {
        let bad = || SendError::Address(text.to_owned());
        let url = Url::parse(text).map_err(|_| bad())?;
        let host = url.host_str().ok_or_else(bad)?;
        let loopback = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if scheme && bare { Ok(CityUrl(url)) } else { Err(bad()) }
    }

    /// Host, with the port where it is not the scheme's own: what `@authority` covers.
    fn authority(&self) -> String {
        let host = self.0.host_str().expect("checked when it was read");
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    fn to(&self, path: &str, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(Some(query).filter(|q| !q.is_empty()));
        url
    }
}

impl fmt::Display for CityUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn http(limits: Limits) -> Result<reqwest::Client, SendError> {
    // The first call decides for the process; a later one finds it decided, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence)
        .timeout(limits.request)
        .redirect(reqwest::redirect::Policy::none())
        // A connection for each request: none that went dead since the last night is used again.
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .map_err(SendError::Setup)
}

/// Reads an answer of at most `bytes_max` bytes; anything but 200 and 201 is a refusal.
async fn receive(request: reqwest::RequestBuilder, bytes_max: usize) -> Result<Vec<u8>, SendError> {
    let mut answer = request.send().await.map_err(SendError::Unreachable)?;
    let status = answer.status();
    let good = matches!(status, StatusCode::OK | StatusCode::CREATED);
    let bytes_max = if good { bytes_max } else { SMALL_BYTES_MAX };
    if answer.content_length().is_some_and(|stated| stated > bytes_max as u64) {
        return Err(SendError::TooLong(bytes_max));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(SendError::Unreachable)? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(SendError::TooLong(bytes_max));
        }
        bytes.extend_from_slice(&chunk);
    }
    if good {
        return Ok(bytes);
    }
    // A proxy's page is no refusal of the interface; the status alone counts then.
    let refusal = json::read(&bytes, SMALL_BYTES_MAX).unwrap_or_default();
    Err(SendError::Refused { status: status.as_u16(), refusal })
}

/// Enrols `device` with the city at `url` and gives the city's key, to be pinned. The code's
/// checksum decides whether it is that city.
///
/// # Errors
/// [`SendError`]; nothing may be pinned then.
pub async fn enrol(
    url: &CityUrl,
    device: &DeviceId,
    key: &PublicKey,
    code: &EnrolmentCode,
) -> Result<PublicKey, SendError> {
    let body = EnrolRequest::new(device, key, code);
    let body = serde_json::to_vec(&body).expect("strings always become JSON");
    let request = http(Limits::SERVICE)?
        .post(url.to(&format!("/v1/devices/{device}/enrol"), ""))
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    let answer = receive(request, SMALL_BYTES_MAX).await?;
    Enrolment::open(&answer, code, device, key).map_err(SendError::answer)
}

/// An enrolled device's line to its city.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    url: CityUrl,
    device: DeviceId,
    key: Arc<SigningKey>,
    city: PublicKey,
    /// By how much requests are dated otherwise than our clock says, in seconds. It never touches
    /// the time of an entry.
    shift_s: AtomicI64,
}

impl Client {
    /// A line to the city at `url` with the pinned key `city`.
    ///
    /// # Errors
    /// [`SendError::Setup`].
    pub fn new(
        url: CityUrl,
        device: DeviceId,
        key: Arc<SigningKey>,
        city: PublicKey,
    ) -> Result<Self, SendError> {
        let http = http(Limits::SERVICE)?;
        Ok(Client { http, url, device, key, city, shift_s: AtomicI64::new(0) })
    }

    /// The same line, on which the city is waited for so long.
    ///
    /// # Errors
    /// [`SendError::Setup`].
    pub fn within(self, limits: Limits) -> Result<Self, SendError> {
        Ok(Client { http: http(limits)?, ..self })
    }

    /// The device.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// The key that the device signs with.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The city's pinned key.
    pub fn city(&self) -> &PublicKey {
        &self.city
    }

    /// Sends a sealed batch and gives the answer's bytes, which should be a receipt.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn put_batch(
        &self,
        now: Timestamp,
        seq: u64,
        envelope: &[u8],
    ) -> Result<Vec<u8>, SendError> {
        let path = format!("/v1/devices/{}/batches/{seq}", self.device);
        self.send(now, Method::PUT, &path, "", envelope, RECEIPT_BYTES_MAX).await
    }

    /// Verdicts after number `after`.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn verdicts(&self, now: Timestamp, after: u64) -> Result<Verdicts, SendError> {
        let query = format!("after={after}");
        let answer =
            self.send(now, Method::GET, "/v1/verdicts", &query, &[], VERDICTS_BYTES_MAX).await?;
        Verdicts::open(&answer, &self.city, &self.device, after).map_err(SendError::answer)
    }

    /// One signed request. Where the city finds our time wrong and says its own, requests are
    /// dated by that from then on, and this one is sent once more.
    async fn send(
        &self,
        now: Timestamp,
        method: Method,
        path: &str,
        query: &str,
        body: &[u8],
        bytes_max: usize,
    ) -> Result<Vec<u8>, SendError> {
        let first = self.attempt(now, &method, path, query, body, bytes_max).await;
        let Err(error) = &first else { return first };
        let Some((RefusalCode::Clock, refusal)) = error.refusal() else { return first };
        let said = refusal.server_time.as_deref().and_then(text::time_from_text);
        let Some(said) = said else { return first };
        tracing::warn!("the city's clock differs from ours; requests are dated by the city's");
        self.shift_s.store(said.as_second() - now.as_second(), Ordering::Relaxed);
        self.attempt(now, &method, path, query, body, bytes_max).await
    }

    async fn attempt(
        &self,
        now: Timestamp,
        method: &Method,
        path: &str,
        query: &str,
        body: &[u8],
        bytes_max: usize,
    ) -> Result<Vec<u8>, SendError> {
        let authority = self.url.authority();
        let request = Request { method: method.as_str(), authority: &authority, path, query, body };
        let created = now.as_second() + self.shift_s.load(Ordering::Relaxed);
        let fields = request.sign(&self.key, created, &suite::nonce()?);
        let header = |value: String| HeaderValue::from_str(&value).expect("printable ASCII");
        let mut built = self
            .http
            .request(method.clone(), self.url.to(path, query))
            .header("content-digest", header(fields.content_digest))
            .header("signature-input", header(fields.signature_input))
            .header("signature", header(fields.signature));
        if !body.is_empty() {
            built = built.header(CONTENT_TYPE, dsse::MEDIA_TYPE).body(body.to_vec());
        }
        receive(built, bytes_max).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_tls_or_stays_on_this_machine() {
        for good in [
            "https://city.example",
            "https://city.example:8443",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            assert_eq!(CityUrl::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "city.example",
            "http://city.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://city.example/api",
            "https://user:word@city.example",
            "https://city.example/?a=b",
            "https://city.example/#a",
            "http://127.0.0.1.city.example",
        ] {
            assert!(matches!(CityUrl::parse(bad), Err(SendError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn the_authority_leaves_out_the_schemes_own_port() {
        let authority = |url| CityUrl::parse(url).unwrap().authority();
        assert_eq!(authority("https://City.Example:443"), "city.example");
        assert_eq!(authority("https://city.example:8443"), "city.example:8443");
        assert_eq!(authority("http://[::1]:9"), "[::1]:9");
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let refused = |status, error: &str| SendError::Refused {
            status,
            refusal: Refusal { error: error.into(), ..Refusal::default() },
        };
        for (status, error, passing) in [
            (503, "busy", true),
            (500, "", true),
            (429, "", true),
            (401, "replay", true),
            (401, "signature", false),
            (401, "clock", false),
            (409, "conflict", false),
            (413, "size", false),
            (302, "", false),
        ] {
            assert_eq!(refused(status, error).passing(), passing, "{status} {error}");
        }
    }
}

//! Requests to the city: signed, bounded in size and time, without redirects.
//!
//! A request is one attempt. What a failure means, and whether to try again, is said by
//! [`SendError`]; who tries again is the daemon.

mod error;
mod url;

pub use error::SendError;
pub use url::CityUrl;

use super::signer::Signer;
use super::tls::Tls;
use super::trust::CityKeys;
use super::wire::batch::RECEIPT_BYTES_MAX;
use super::wire::code::EnrolmentCode;
use super::wire::dsse;
use super::wire::enrol::{
    EnrolRequest, Enrolled, Enrolment, NextKey, RefusalCode, SMALL_BYTES_MAX,
};
use super::wire::json;
use super::wire::nonce;
use super::wire::page::{PAGE_BYTES_MAX, Page};
use super::wire::signature::Request;
use super::wire::succession::{SUCCESSION_BYTES_MAX, Succession};
use super::wire::suite::{self, PublicKey, SigningKey};
use super::wire::text::{self, DeviceId};
use super::wire::time::SignedTime;
use super::wire::verdict::{VERDICTS_BYTES_MAX, Verdicts};
use crate::domain::calendar::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
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

fn http(tls: &Tls, limits: Limits) -> Result<reqwest::Client, SendError> {
    // The first call decides for the process; a later one finds it decided, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tls.apply(reqwest::Client::builder())
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

/// Enrols `device` with the city at `url` and gives the city's key, to be pinned, and the device's
/// epoch. The code's checksum decides whether it is that city.
///
/// # Errors
/// [`SendError`]; nothing may be pinned then.
pub async fn enrol(
    url: &CityUrl,
    device: &DeviceId,
    key: &PublicKey,
    code: &EnrolmentCode,
) -> Result<Enrolled, SendError> {
    enrol_over(url, device, key, code, &Tls::default()).await
}

/// The same with TLS of its own.
///
/// # Errors
/// As [`enrol`].
pub async fn enrol_over(
    url: &CityUrl,
    device: &DeviceId,
    key: &PublicKey,
    code: &EnrolmentCode,
    tls: &Tls,
) -> Result<Enrolled, SendError> {
    let body = EnrolRequest::new(device, key, code);
    let body = serde_json::to_vec(&body).expect("strings always become JSON");
    let request = http(tls, Limits::SERVICE)?
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
    tls: Tls,
    url: CityUrl,
    device: DeviceId,
    signer: Signer,
    city: CityKeys,
    /// By how much requests are dated otherwise than our clock says, in seconds. It never touches
    /// the time of an entry.
    shift_s: AtomicI64,
}

impl Client {
    /// A line to the city at `url`, of which the key `city` is pinned.
    ///
    /// # Errors
    /// [`SendError::Setup`].
    pub fn new(
        url: CityUrl,
        device: DeviceId,
        key: Arc<SigningKey>,
        city: PublicKey,
    ) -> Result<Self, SendError> {
        Self::over(url, device, Signer::new(key), city.into(), Tls::default())
    }

    /// The same for a device or a city whose key was followed by another, or with TLS of its own.
    ///
    /// # Errors
    /// [`SendError::Setup`].
    pub fn over(
        url: CityUrl,
        device: DeviceId,
        signer: Signer,
        city: CityKeys,
        tls: Tls,
    ) -> Result<Self, SendError> {
        let http = http(&tls, Limits::SERVICE)?;
        Ok(Client { http, tls, url, device, signer, city, shift_s: AtomicI64::new(0) })
    }

    /// The same line, on which the city is waited for so long.
    ///
    /// # Errors
    /// [`SendError::Setup`].
    pub fn within(self, limits: Limits) -> Result<Self, SendError> {
        Ok(Client { http: http(&self.tls, limits)?, ..self })
    }

    /// The device.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// The keys that the device signs with.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The city's keys.
    pub fn city(&self) -> &CityKeys {
        &self.city
    }

    /// From now on the city is believed by these keys.
    pub fn believe(&mut self, city: CityKeys) {
        self.city = city;
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

    /// Verdicts after number `after`, as they are now: no old answer can be given again.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn verdicts(&self, now: Timestamp, after: u64) -> Result<Verdicts, SendError> {
        let nonce = nonce::fresh()?;
        let query = format!("after={after}&nonce={nonce}");
        let answer =
            self.send(now, Method::GET, "/v1/verdicts", &query, &[], VERDICTS_BYTES_MAX).await?;
        Verdicts::open(&answer, self.city.newest(), &self.device, after, &nonce)
            .map_err(SendError::answer)
    }

    /// The page of gallery changes after `cursor`, as it is now; an empty one starts from nothing.
    ///
    /// # Errors
    /// [`SendError`]; [`RefusalCode::Cursor`] says to start from nothing.
    pub async fn changes(&self, now: Timestamp, cursor: &str) -> Result<Page, SendError> {
        let nonce = nonce::fresh()?;
        // A cursor comes from the city; whatever stands in it stays one parameter.
        let query = match cursor {
            "" => format!("nonce={nonce}"),
            _ => format!("after={}&nonce={nonce}", text::percent_encoded(cursor)),
        };
        let path = "/v1/gallery/changes";
        let answer = self.send(now, Method::GET, path, &query, &[], PAGE_BYTES_MAX).await?;
        Page::open(&answer, self.city.newest(), cursor, &nonce).map_err(SendError::answer)
    }

    /// What the city's clock says. Its answer is signed and about this very question, so that no
    /// old answer can be given again.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn time(&self) -> Result<Timestamp, SendError> {
        let nonce = nonce::fresh()?;
        let query = format!("nonce={nonce}");
        let request = self.http.get(self.url.to("/v1/time", &query));
        let answer = receive(request, SMALL_BYTES_MAX).await?;
        SignedTime::open(&answer, self.city.newest(), &nonce).map_err(SendError::answer)
    }

    /// What the city says has followed the newest of its keys that the box knows. Each statement
    /// has a signature of its own, so that the request needs none.
    ///
    /// # Errors
    /// [`SendError`]; [`RefusalCode::Missing`] where the city never had this key.
    pub async fn succession(&self) -> Result<Succession, SendError> {
        let path = format!("/v1/keys/{}", self.city.newest().id());
        let request = self.http.get(self.url.to(&path, ""));
        let answer = receive(request, SUCCESSION_BYTES_MAX).await?;
        Succession::read(&answer).map_err(SendError::answer)
    }

    /// Offers the city a key to take the place of the one in use. It counts from the entry on that
    /// says so; until then both do.
    ///
    /// # Errors
    /// [`SendError`]; the key in use stays.
    pub async fn offer_key(&self, now: Timestamp, next: &SigningKey) -> Result<(), SendError> {
        let offer = NextKey {
            device: self.device.clone(),
            key: next.public().to_string(),
            before: self.signer.key().public().id(),
        };
        let path = format!("/v1/devices/{}/next-key", self.device);
        let body = offer.seal(next);
        let answer = self.send(now, Method::PUT, &path, "", &body, SMALL_BYTES_MAX).await?;
        Enrolment::confirms(&answer, self.city.newest(), &self.device, next.public())
            .map_err(SendError::answer)
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
        let fields = request.sign(self.signer.key(), created, &suite::nonce()?);
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

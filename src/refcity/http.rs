//! The routes: bytes in, who signed them, bytes out.

use super::db::CityError;
use super::{City, mischief, page};
use crate::city::wire::batch::BATCH_ENVELOPE_BYTES_MAX;
use crate::city::wire::dsse;
use crate::city::wire::enrol::{CityTime, Refusal, RefusalCode, SMALL_BYTES_MAX};
use crate::city::wire::nonce;
use crate::city::wire::signature::{self, Fields};
use crate::city::wire::suite::PublicKey;
use crate::city::wire::text::{self, DeviceId};
use crate::city::wire::time::SignedTime;
use crate::domain::calendar::Timestamp;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use std::sync::Arc;

/// All routes of `city`.
pub(super) fn router(city: Arc<City>) -> Router {
    Router::new()
        .route("/v1/devices/{device}/enrol", post(enrol))
        .route("/v1/devices/{device}/batches/{seq}", put(put_batch))
        .route("/v1/devices/{device}/next-key", put(put_next_key))
        .route("/v1/gallery/changes", get(changes))
        .route("/v1/verdicts", get(verdicts))
        .route("/v1/keys/{key}", get(succession))
        .route("/v1/time", get(time))
        .route("/v1/report", get(report))
        .route("/", get(status_page))
        .fallback(|| async { Refused::from(RefusalCode::Missing) })
        .layer(middleware::from_fn_with_state(city.clone(), mischief::misbehave))
        .with_state(city)
}

/// A request that is turned down, and the answer to it.
#[derive(Debug)]
pub(super) struct Refused {
    code: RefusalCode,
    refusal: Refusal,
}

impl Refused {
    /// The next batch is another one.
    pub(super) fn gap(expected: u64) -> Self {
        let mut refused = Self::from(RefusalCode::Gap);
        refused.refusal.expected = Some(expected);
        refused
    }

    /// The request's time is too far from `now`.
    pub(super) fn clock(now: Timestamp) -> Self {
        let mut refused = Self::from(RefusalCode::Clock);
        refused.refusal.server_time = Some(text::time_to_text(now));
        refused
    }

    /// A body that is not what it should be; `why` goes to the log.
    pub(super) fn content(why: impl std::error::Error) -> Self {
        tracing::warn!(%why, "refused");
        RefusalCode::Content.into()
    }

    /// What it is about.
    pub(super) fn code(&self) -> RefusalCode {
        self.code
    }

    fn status(&self) -> StatusCode {
        match self.code {
            RefusalCode::Signature | RefusalCode::Clock | RefusalCode::Replay => {
                StatusCode::UNAUTHORIZED
            }
            RefusalCode::Code | RefusalCode::Epoch => StatusCode::FORBIDDEN,
            RefusalCode::Gap | RefusalCode::Conflict => StatusCode::CONFLICT,
            RefusalCode::Content => StatusCode::BAD_REQUEST,
            RefusalCode::Cursor => StatusCode::GONE,
            RefusalCode::Missing => StatusCode::NOT_FOUND,
            RefusalCode::Size => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<RefusalCode> for Refused {
    fn from(code: RefusalCode) -> Self {
        Refused { code, refusal: Refusal { error: code.code().to_owned(), ..Refusal::default() } }
    }
}

impl From<CityError> for Refused {
    fn from(error: CityError) -> Self {
        tracing::error!(%error, "the city cannot answer");
        RefusalCode::Busy.into()
    }
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        CityError::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.refusal).expect("plain fields always become JSON");
        (self.status(), [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}

fn envelope(status: StatusCode, bytes: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, dsse::MEDIA_TYPE)], bytes).into_response()
}

fn created(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

/// The body, whose length must be stated and within bounds. One that breaks off may come again.
async fn body(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Refused> {
    let length = one(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse::<usize>().ok());
    if length.is_none_or(|length| length > bytes_max) {
        return Err(RefusalCode::Size.into());
    }
    to_bytes(body, bytes_max).await.map_err(|_| RefusalCode::Busy.into())
}

/// The device that signed a request, and its key.
fn signer(city: &City, parts: &Parts, body: &[u8]) -> Result<(DeviceId, PublicKey), Refused> {
    let field = |name: &str| one(&parts.headers, name).unwrap_or_default().to_owned();
    let authority = one(&parts.headers, HOST.as_str()).unwrap_or_default().to_ascii_lowercase();
    let request = signature::Request {
        method: parts.method.as_str(),
        authority: &authority,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        body,
    };
    let fields = Fields {
        content_digest: field("content-digest"),
        signature_input: field("signature-input"),
        signature: field("signature"),
    };
    let claim = request.claim(&fields).map_err(|_| RefusalCode::Signature)?;
    city.authenticate(&claim)
}

/// The value of a header field that is there exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The value of a parameter of the query; empty where there is none.
fn parameter<'a>(parts: &'a Parts, name: &str) -> &'a str {
    let mut given = parts.uri.query().unwrap_or_default().split('&');
    let value = given.find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_default()
}

/// The number that the answer has to repeat.
fn asked_with(parts: &Parts) -> Result<&str, Refused> {
    let nonce = parameter(parts, "nonce");
    if nonce::asks(nonce) { Ok(nonce) } else { Err(RefusalCode::Content.into()) }
}

async fn enrol(
    State(city): State<Arc<City>>,
    Path(device): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let device = DeviceId::new(&device).map_err(|_| RefusalCode::Missing)?;
    let (parts, content) = request.into_parts();
    let body = body(&parts.headers, content, SMALL_BYTES_MAX).await?;
    let (new, answer) = city.enrol(&device, &body)?;
    Ok(envelope(created(new), answer))
}

async fn put_batch(
    State(city): State<Arc<City>>,
    Path((device, seq)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let seq = seq.parse().map_err(|_| RefusalCode::Missing)?;
    let (parts, content) = request.into_parts();
    let body = body(&parts.headers, content, BATCH_ENVELOPE_BYTES_MAX).await?;
    let (signer, _) = signer(&city, &parts, &body)?;
    if signer.as_str() != device {
        return Err(RefusalCode::Signature.into());
    }
    let (new, receipt) = city.take_batch(&signer, seq, &body)?;
    Ok(envelope(created(new), receipt))
}

async fn put_next_key(
    State(city): State<Arc<City>>,
    Path(device): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    let body = body(&parts.headers, content, SMALL_BYTES_MAX).await?;
    let (signer, key) = signer(&city, &parts, &body)?;
    if signer.as_str() != device {
        return Err(RefusalCode::Signature.into());
    }
    Ok(envelope(StatusCode::OK, city.take_next_key(&signer, &key, &body)?))
}

async fn changes(State(city): State<Arc<City>>, request: Request) -> Result<Response, Refused> {
    let (parts, _) = request.into_parts();
    signer(&city, &parts, &[])?;
    Ok(envelope(StatusCode::OK, city.page(parameter(&parts, "after"), asked_with(&parts)?)?))
}

async fn verdicts(State(city): State<Arc<City>>, request: Request) -> Result<Response, Refused> {
    let (parts, _) = request.into_parts();
    let (device, _) = signer(&city, &parts, &[])?;
    let after = parameter(&parts, "after").parse().map_err(|_| RefusalCode::Content)?;
    Ok(envelope(StatusCode::OK, city.verdicts(&device, after, asked_with(&parts)?)?))
}

async fn time(State(city): State<Arc<City>>, request: Request) -> Result<Response, Refused> {
    let server_time = city.clock.now();
    let Some(query) = request.uri().query() else { return Ok(json(&CityTime { server_time })) };
    let nonce = query.strip_prefix("nonce=").filter(|nonce| nonce::asks(nonce));
    let nonce = nonce.ok_or(RefusalCode::Content)?.to_owned();
    Ok(envelope(StatusCode::OK, SignedTime { nonce, server_time }.seal(&city.memory().key)))
}

async fn succession(
    State(city): State<Arc<City>>,
    Path(key): Path<String>,
) -> Result<Response, Refused> {
    Ok(json(&city.succession(&key)?))
}

async fn report(State(city): State<Arc<City>>) -> Result<Response, Refused> {
    Ok(json(&city.report()?))
}

async fn status_page(State(city): State<Arc<City>>) -> Result<Html<String>, Refused> {
    Ok(Html(page::render(&city.report()?, &city.public_key())))
}

fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("plain fields always become JSON");
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

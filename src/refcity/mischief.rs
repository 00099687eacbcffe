//! What a city and the network before it can do wrong, on request.
//!
//! Cuts happen below HTTP, at a byte; tricks happen to whole requests. Both are taken from a list,
//! one for each connection or request, or drawn by lot with a stated seed.

use super::City;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use fastrand::Rng;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Most bytes of a body that is repeated or falsified.
const BODY_BYTES_MAX: usize = 32 << 20;
/// Where a connection that is drawn by lot is cut at the latest, in bytes.
const CUT_BYTES_MAX: u64 = 2000;
/// Longest delay that is drawn by lot.
const DELAY_MAX: Duration = Duration::from_millis(20);

/// Where a connection breaks; `None`: nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// After so many bytes of requests have been read.
    pub request_bytes: Option<u64>,
    /// After so many bytes of answers have been written.
    pub answer_bytes: Option<u64>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// Nothing unusual.
    None,
    /// The answer comes late.
    Delay(Duration),
    /// The request arrives twice; the second answer is given.
    Repeat,
    /// The answer carries a signature that does not hold.
    WrongSignature,
    /// The answer is half of itself, and says that it is whole.
    Half,
    /// 503, and the request is not looked at.
    Fail,
    /// The answer is given, and kept for [`Trick::Stale`].
    Keep,
    /// An answer that was kept earlier is given in the place of this one.
    Stale,
}

/// A list of cuts and tricks, and a lottery for when they are used up.
#[derive(Debug, Default)]
pub struct Mischief(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    cuts: VecDeque<Cut>,
    tricks: VecDeque<Trick>,
    /// The answer that was kept.
    kept: Option<(StatusCode, Bytes)>,
    /// Chance of mischief in percent, and whence it is drawn.
    odds: Option<(u64, Rng)>,
}

impl Mischief {
    /// The next connections break so, one each.
    pub fn cut(&self, cuts: impl IntoIterator<Item = Cut>) {
        self.plan().cuts.extend(cuts);
    }

    /// The next requests fare so, one each.
    pub fn trick(&self, tricks: impl IntoIterator<Item = Trick>) {
        self.plan().tricks.extend(tricks);
    }

    /// From now on `percent` of connections and requests go wrong; 0 for none.
    pub fn draw_lots(&self, percent: u8, seed: u64) {
        self.plan().odds = (percent > 0).then_some((u64::from(percent), Rng::with_seed(seed)));
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().expect("no holder panics")
    }

    fn next_cut(&self) -> Cut {
        let mut plan = self.plan();
        if let Some(cut) = plan.cuts.pop_front() {
            return cut;
        }
        match plan.lot() {
            Some(lot) if lot & 1 == 0 => {
                Cut { request_bytes: Some((lot >> 1) % CUT_BYTES_MAX), answer_bytes: None }
            }
            Some(lot) => {
                Cut { request_bytes: None, answer_bytes: Some((lot >> 1) % CUT_BYTES_MAX) }
            }
            None => Cut::default(),
        }
    }

    fn next_trick(&self) -> Trick {
        let mut plan = self.plan();
        if let Some(trick) = plan.tricks.pop_front() {
            return trick;
        }
        match plan.lot() {
            Some(lot) => match lot % 5 {
                0 => Trick::Delay(DELAY_MAX.mul_f64(lot as f64 / u64::MAX as f64)),
                1 => Trick::Repeat,
                2 => Trick::WrongSignature,
                3 => Trick::Half,
                _ => Trick::Fail,
            },
            None => Trick::None,
        }
    }
}

impl Plan {
    /// A random number where mischief is drawn.
    fn lot(&mut self) -> Option<u64> {
        let (percent, random) = self.odds.as_mut()?;
        let drawn = random.u64(..100) < *percent;
        drawn.then(|| random.u64(..))
    }
}

/// Lets a request fare as its trick says.
pub(super) async fn misbehave(
    State(city): State<Arc<City>>,
    request: Request,
    next: Next,
) -> Response {
    match city.mischief.next_trick() {
        Trick::None => next.run(request).await,
        Trick::Fail => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Trick::Delay(time) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Trick::Repeat => {
            let (parts, body) = request.into_parts();
            let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            };
            let first = Request::from_parts(parts.clone(), Body::from(body.clone()));
            next.clone().run(first).await;
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        Trick::Keep => {
            let (parts, body) = next.run(request).await.into_parts();
            let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            };
            city.mischief.plan().kept = Some((parts.status, body.clone()));
            Response::from_parts(parts, Body::from(body))
        }
        Trick::Stale => match city.mischief.plan().kept.clone() {
            Some(kept) => kept.into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        Trick::WrongSignature => altered(next.run(request).await, |body| falsified(&body)).await,
        Trick::Half => {
            altered(next.run(request).await, |mut body| {
                body.truncate(body.len() / 2);
                body
            })
            .await
        }
    }
}

/// An answer with another body.
async fn altered(answer: Response, alter: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(alter(body.into())))
}

/// An answer whose signature was altered in one character; other answers stay as they are.
fn falsified(body: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"\"sig\":\"";
    let mut body = body.to_vec();
    if let Some(at) = body.windows(MARK.len()).position(|window| window == MARK) {
        let first = &mut body[at + MARK.len()];
        *first = if *first == b'A' { b'B' } else { b'A' };
    }
    body
}

/// Accepts connections that may break.
pub(super) struct BreakingListener {
    pub(super) listener: TcpListener,
    pub(super) city: Arc<City>,
}

impl Listener for BreakingListener {
    type Io = BreakingStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (BreakingStream { stream, cut: self.city.mischief.next_cut() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that breaks where its [`Cut`] says.
pub(super) struct BreakingStream {
    stream: TcpStream,
    cut: Cut,
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut on request")
}

impl AsyncRead for BreakingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(left) = self.cut.request_bytes else {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        };
        if left == 0 {
            return Poll::Ready(Err(broken()));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buf.remaining());
        let mut part = vec![0; most];
        let mut part = ReadBuf::new(&mut part);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        if let Poll::Ready(Ok(())) = read {
            buf.put_slice(part.filled());
            self.cut.request_bytes = Some(left - part.filled().len() as u64);
        }
        read
    }
}

impl AsyncWrite for BreakingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(left) = self.cut.answer_bytes else {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        };
        if left == 0 {
            return Poll::Ready(Err(broken()));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..most]);
        if let Poll::Ready(Ok(count)) = written {
            self.cut.answer_bytes = Some(left - count as u64);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

//! Connections of the page: bounded in number, and each in patience.
//!
//! 1. At most [`CONNECTIONS_MAX`] are open; further ones wait to be accepted.
//! 2. One on which nothing could be written for [`SILENCE`] is closed: whoever never finishes a
//!    request, sends it byte by byte, or does not take its answer, holds a place no longer. A stream
//!    of events writes a heartbeat more often than that.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Most connections at a time: the streams of [`super::stream::WATCHERS_MAX`] pages, and their
/// requests.
pub const CONNECTIONS_MAX: usize = 192;
/// Longest time without a byte written.
pub const SILENCE: Duration = Duration::from_secs(30);

/// Accepts a bounded number of connections.
pub struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl Bounded {
    /// Over a listener on loopback.
    pub fn new(listener: TcpListener) -> Self {
        Self::with(listener, CONNECTIONS_MAX, SILENCE)
    }

    fn with(listener: TcpListener, most: usize, silence: Duration) -> Self {
        Bounded { listener, places: Arc::new(Semaphore::new(most)), silence }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = self.places.clone().acquire_owned().await.expect("it is never closed");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let (silence, end) = (self.silence, Box::pin(sleep(self.silence)));
        (Connection { stream, silence, end, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub struct Connection {
    stream: TcpStream,
    silence: Duration,
    end: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// Fails what is pending once the silence has lasted too long.
    fn patience<T>(
        &mut self,
        cx: &mut Context<'_>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if done.is_pending() && self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        done
    }

    fn wrote(&mut self, bytes: usize) {
        if bytes > 0 {
            let end = Instant::now() + self.silence;
            self.end.as_mut().reset(end);
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.patience(cx, read)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.wrote(count);
        }
        self.patience(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Serves on one runtime, whose time stands still until nothing else is to be done.
    fn with_server(most: usize, silence: Duration, test: impl AsyncFnOnce(SocketAddr)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let served = axum::serve(Bounded::with(listener, most, silence), Router::new());
            tokio::select! {
                _ = served.into_future() => unreachable!("it serves for ever"),
                () = test(address) => {}
            }
        });
    }

    #[test]
    fn whoever_never_finishes_a_request_is_let_go() {
        with_server(4, Duration::from_millis(50), async |address| {
            let mut half = TcpStream::connect(address).await.unwrap();
            half.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            let mut rest = vec![];
            half.read_to_end(&mut rest).await.unwrap();
            assert!(rest.is_empty(), "closed without an answer");
        });
    }

    #[test]
    fn one_connection_more_than_allowed_waits_until_another_has_ended() {
        with_server(1, Duration::from_millis(50), async |address| {
            let _idle = TcpStream::connect(address).await.unwrap();
            let mut next = TcpStream::connect(address).await.unwrap();
            next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
            let mut answer = String::new();
            next.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        });
    }
}

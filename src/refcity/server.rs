//! Listening: in the foreground for `canteend refcity serve`, on a thread for demo and tests.

use super::City;
use super::http::router;
use super::mischief::BreakingListener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Serves `city` on `listener` until `stop` is ready.
///
/// # Errors
/// The listener's failure.
pub async fn serve(
    city: Arc<City>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router(city.clone());
    let served = axum::serve(BreakingListener { listener, city }, router);
    tokio::select! {
        ended = served => ended,
        () = stop => Ok(()),
    }
}

/// A city that serves on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The other end is gone only where the thread has ended.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, None | Some(Ok(()))), "the reference city panicked");
        }
    }
}

/// Starts serving `city` on `address`, loopback with port 0 for a free one.
///
/// # Errors
/// Where the address cannot be had.
pub fn start(city: Arc<City>, address: SocketAddr) -> io::Result<Running> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind(address))?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("refcity".into()).spawn(move || {
        let stopped = async {
            // A sender that is dropped is a stop as well.
            let _ = stopped.await;
        };
        if let Err(error) = runtime.block_on(serve(city, listener, stopped)) {
            tracing::error!(%error, "the reference city has ended");
        }
    })?;
    Ok(Running { address, stop: Some(stop), thread: Some(thread) })
}

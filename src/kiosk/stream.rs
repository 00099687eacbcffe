//! What flows to the page: states as server-sent events, and the camera's picture.
//!
//! 1. A stream holds nothing but what it is sending: of what changed meanwhile the newest is sent
//!    next. A slow page gets fewer states, and costs no memory.
//! 2. Streams are bounded in number; one whose session has ended ends.

use super::App;
use super::canteen::{Canteen, Picture, Snapshot};
use super::session::Session;
use super::state::FaceFrame;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

/// Most pages that follow the state.
pub const WATCHERS_MAX: usize = 64;
/// Something is sent at least so often, well within what page and connection wait for.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A page's stream of events.
struct Events<C> {
    app: Arc<App<C>>,
    session: Arc<Session>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    sessions: watch::Receiver<u64>,
    faces: watch::Receiver<Option<FaceFrame>>,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

/// What is sent next.
enum Next {
    State,
    Face,
    Heartbeat,
}

/// The stream of events for `session`; `None` where too many follow already.
pub(super) fn events<C: Canteen>(app: &Arc<App<C>>, session: Arc<Session>) -> Option<Response> {
    let place = app.watchers.clone().try_acquire_owned().ok()?;
    let events = Events {
        session,
        snapshots: app.canteen.watch(),
        sessions: app.sessions.changes(),
        faces: app.canteen.face(),
        begun: false,
        _place: place,
        app: app.clone(),
    };
    let stream = unfold(events, async |mut events| {
        let bytes = events.next().await?;
        Some((Ok::<_, Infallible>(bytes), events))
    });
    let kind = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    Some((kind, Body::from_stream(stream)).into_response())
}

impl<C: Canteen> Events<C> {
    async fn next(&mut self) -> Option<Bytes> {
        let next = if self.begun { self.wait().await? } else { Next::State };
        self.begun = true;
        Some(match next {
            Next::State => {
                self.snapshots.mark_unchanged();
                self.sessions.mark_unchanged();
                let state = self.app.state(&self.session);
                event("state", Some(state.revision), &state)
            }
            Next::Face => event("face", None, &*self.faces.borrow_and_update()),
            Next::Heartbeat => Bytes::from_static(b":\n\n"),
        })
    }

    /// Waits for news; `None` ends the stream.
    async fn wait(&mut self) -> Option<Next> {
        let news = async {
            tokio::select! {
                changed = self.snapshots.changed() => changed.ok().map(|()| Next::State),
                changed = self.sessions.changed() => changed.ok().map(|()| Next::State),
                changed = self.faces.changed() => changed.ok().map(|()| Next::Face),
            }
        };
        match timeout(HEARTBEAT, news).await {
            Err(_) => Some(Next::Heartbeat),
            Ok(news) => news.filter(|_| self.app.sessions.holds(&self.session)),
        }
    }
}

/// One event; JSON has no line ends of its own.
fn event(name: &str, id: Option<u64>, data: &impl serde::Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("plain fields always become JSON");
    let id = id.map_or(String::new(), |id| format!("id: {id}\n"));
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}

/// Parts the pictures of one stream; it cannot occur in a JPEG's headers, and lengths are stated.
const BOUNDARY: &str = "canteend-picture";

/// The camera's picture for as long as there is one; `None` where too many watch already.
pub(super) fn preview<C: Canteen>(app: &Arc<App<C>>) -> Option<Response> {
    let pictures = app.canteen.preview()?;
    let stream = unfold((pictures, false), async |(mut pictures, begun)| {
        let bytes = picture(&mut pictures, begun).await?;
        Some((Ok::<_, Infallible>(bytes), (pictures, true)))
    });
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    Some(([(CONTENT_TYPE, kind)], Body::from_stream(stream)).into_response())
}

/// The next picture, or the same again where none comes for a while. A browser shows a picture
/// once it sees the boundary after it, so that is sent along.
async fn picture(pictures: &mut watch::Receiver<Picture>, begun: bool) -> Option<Bytes> {
    if begun || pictures.borrow().is_none() {
        // Without a change the last one is sent again, if there is one.
        timeout(HEARTBEAT, pictures.changed()).await.unwrap_or(Ok(())).ok()?;
    }
    let jpeg = pictures.borrow_and_update().clone()?;
    let first = if begun { String::new() } else { format!("--{BOUNDARY}\r\n") };
    let length = jpeg.len();
    let mut bytes =
        format!("{first}Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(&jpeg);
    bytes.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
    Some(bytes.into())
}

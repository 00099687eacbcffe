//! The touchscreen: one page on loopback, for the elder and for staff.
//!
//! 1. It listens on loopback alone, and answers nobody but its own page ([`guard`]).
//! 2. The page's state comes from here, whole, with a rising revision; the page keeps none.
//! 3. What only staff may see leaves the server only for a session that is signed in.
//! 4. Connections, streams, bodies, sessions, hits and lists are bounded; a slow page costs nothing.
//!
//! It does not know the ledger or the camera: what it shows and what it asks for goes through
//! [`canteen::Canteen`]. It decides nothing, draws no random numbers, and reads no clock but that
//! of a connection's time-outs.

pub mod act;
mod actions;
mod assets;
pub mod canteen;
pub mod connection;
pub mod directory;
pub mod guard;
pub mod say;
pub mod session;
pub mod state;
pub mod stream;
mod template;
pub mod view;
pub mod words;

use crate::domain::entry::operation::SignChange;
use act::{BODY_BYTES_MAX, Refusal};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use canteen::{Canteen, Refused};
use connection::Bounded;
use guard::Names;
use session::{Session, Sessions};
use state::Answer;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stream::WATCHERS_MAX;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How often it is looked at who has not touched the page for long.
const IDLE_STEP: Duration = Duration::from_secs(1);
/// Longest wait for the body of an action.
const BODY_WAIT: Duration = Duration::from_secs(5);

/// The page's server.
pub(in crate::kiosk) struct App<C> {
    canteen: C,
    names: Names,
    /// Tells this run of the daemon from others.
    server: String,
    sessions: Sessions,
    watchers: Arc<Semaphore>,
}

/// Serves the page of `canteen` on `listener` until the runtime ends. Whoever is signed in and does
/// not touch the page for `idle` is signed out.
///
/// # Errors
/// The listener's failure; an address that is not on loopback; or no random numbers.
pub async fn serve<C: Canteen>(
    canteen: C,
    listener: TcpListener,
    idle: Duration,
) -> io::Result<()> {
    let address: SocketAddr = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let text = "the page is for this box alone; let it listen on 127.0.0.1";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let random = canteen.random().ok_or(io::ErrorKind::Other)?;
    let app = Arc::new(App {
        names: Names::of(address),
        server: session::token(random),
        sessions: Sessions::default(),
        watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
        canteen,
    });
    let served = axum::serve(Bounded::new(listener), router(app.clone()));
    tokio::select! {
        ended = served.into_future() => ended,
        () = app.sign_out_idle(idle) => Ok(()),
    }
}

fn router<C: Canteen>(app: Arc<App<C>>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/assets/{version}/{name}", get(asset))
        .route("/events", get(events))
        .route("/state", get(one_state))
        .route("/preview", get(preview))
        .route("/find", get(find))
        .route("/today", get(today))
        .route("/metrics", get(metrics))
        .route("/act/{name}", post(act))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(app.clone(), admit))
        .with_state(app)
}

/// Turns strangers away, and adds to every answer what it must say.
async fn admit<C: Canteen>(
    Shared(app): Shared<Arc<App<C>>>,
    request: Request,
    next: Next,
) -> Response {
    guard::dress(match app.names.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refuse(None, refusal),
    })
}

impl<C: Canteen> App<C> {
    /// Ends what nobody attends to.
    async fn sign_out_idle(&self, idle: Duration) {
        loop {
            tokio::time::sleep(IDLE_STEP.min(idle)).await;
            let gone = self.sessions.expire(idle, self.canteen.monotonic());
            for operator in &gone {
                self.canteen.sign_out(operator, SignChange::Idle).await;
            }
            // The page says so when it stands in the ledger.
            if !gone.is_empty() {
                self.sessions.tell();
            }
            for session in self.sessions.signed_in() {
                // Whoever may not go on has left when this returns.
                let _ = self.staff(&session).await;
            }
        }
    }

    /// Who is signed in on `session`; one who may not go on is signed out.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`].
    async fn staff(&self, session: &Session) -> Result<(), Refusal> {
        let operator = session.operator().ok_or(Refusal::NotSignedIn)?;
        if self.canteen.may_go_on(&operator.id) {
            return Ok(());
        }
        self.dismiss(session).await?;
        Err(Refusal::NotSignedIn)
    }

    /// Signs out whoever is signed in on `session`.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] where nobody is.
    async fn dismiss(&self, session: &Session) -> Result<(), Refusal> {
        let operator = session.leave().ok_or(Refusal::NotSignedIn)?;
        self.sessions.tell();
        self.canteen.sign_out(&operator, SignChange::Out).await;
        Ok(())
    }

    /// The state of a session's page.
    fn state(&self, session: &Session) -> state::State {
        let changes = *self.sessions.changes().borrow();
        let revision = self.canteen.watch().borrow().revision + changes;
        view::state(&self.server, revision, &self.canteen, session)
    }

    /// The session of a request, and the cookie to give where it is a new one.
    ///
    /// # Errors
    /// [`Refusal::Busy`] without random numbers.
    async fn session(&self, headers: &HeaderMap) -> Result<(Arc<Session>, Fields), Refusal> {
        if let Some(session) = guard::cookie(headers).and_then(|c| self.sessions.find(c)) {
            return Ok((session, vec![]));
        }
        let (cookie, csrf) = self.names_of_session()?;
        let field = guard::give_cookie(&cookie);
        let (session, gone) = self.sessions.begin(cookie, csrf);
        if let Some(operator) = gone {
            self.canteen.sign_out(&operator, SignChange::Idle).await;
        }
        Ok((session, vec![(SET_COOKIE, field)]))
    }

    /// A new cookie and a new token.
    fn names_of_session(&self) -> Result<(String, String), Refusal> {
        let token = || self.canteen.random().map(session::token).ok_or(Refusal::Busy);
        Ok((token()?, token()?))
    }
}

/// Header fields of an answer.
type Fields = Vec<(HeaderName, axum::http::HeaderValue)>;

/// Adds `fields` to an answer.
fn with(fields: Fields, mut response: Response) -> Response {
    response.headers_mut().extend(fields);
    response
}

fn json(status: u16, value: &impl serde::Serialize) -> Response {
    let status = StatusCode::from_u16(status).expect("statuses are written in the source");
    let body = serde_json::to_vec(value).expect("plain fields always become JSON");
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Says why not, in the language of the page where there is one.
fn refuse(session: Option<&Session>, refusal: Refusal) -> Response {
    let language = session.map(Session::language).unwrap_or_default();
    let (status, answer) = view::answer(words::of(language), Err(Refused::from(refusal)));
    json(status, &answer)
}

async fn page<C: Canteen>(Shared(app): Shared<Arc<App<C>>>, headers: HeaderMap) -> Response {
    match app.session(&headers).await {
        Ok((session, fields)) => {
            with(fields, Html(assets::page(session.language())).into_response())
        }
        Err(refusal) => refuse(None, refusal),
    }
}

async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    assets::file(&version, &name, &headers)
}

async fn events<C: Canteen>(Shared(app): Shared<Arc<App<C>>>, headers: HeaderMap) -> Response {
    match app.session(&headers).await {
        Ok((session, fields)) => match stream::events(&app, session.clone()) {
            Some(stream) => with(fields, stream),
            None => refuse(Some(&session), Refusal::Busy),
        },
        Err(refusal) => refuse(None, refusal),
    }
}

async fn one_state<C: Canteen>(Shared(app): Shared<Arc<App<C>>>, headers: HeaderMap) -> Response {
    match app.session(&headers).await {
        Ok((session, fields)) => with(fields, json(200, &app.state(&session))),
        Err(refusal) => refuse(None, refusal),
    }
}

/// The picture is for a page that was opened here: without its cookie there is none.
async fn preview<C: Canteen>(Shared(app): Shared<Arc<App<C>>>, headers: HeaderMap) -> Response {
    match guard::cookie(&headers).and_then(|cookie| app.sessions.find(cookie)) {
        Some(session) => {
            stream::preview(&app).unwrap_or_else(|| refuse(Some(&session), Refusal::Busy))
        }
        None => refuse(None, Refusal::StalePage),
    }
}

/// What is searched for.
#[derive(serde::Deserialize)]
struct Wanted {
    q: String,
}

async fn find<C: Canteen>(
    Shared(app): Shared<Arc<App<C>>>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let answer = |session: &Session| {
        // Whoever types is there.
        session.touch(app.canteen.monotonic());
        json(200, &app.canteen.find(&wanted.q))
    };
    staff(&app, &headers, answer).await
}

/// The page reads it again by itself; that is no touch.
async fn today<C: Canteen>(Shared(app): Shared<Arc<App<C>>>, headers: HeaderMap) -> Response {
    let answer = |session: &Session| {
        json(200, &view::today(words::of(session.language()), app.canteen.today()))
    };
    staff(&app, &headers, answer).await
}

/// Sums without anybody in them, for a collector on this box (Prometheus' text format 0.0.4).
async fn metrics<C: Canteen>(Shared(app): Shared<Arc<App<C>>>) -> Response {
    match app.canteen.metrics().await {
        Some(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        None => refuse(None, Refusal::Busy),
    }
}

/// What only a page with somebody signed in may have.
async fn staff<C: Canteen>(
    app: &App<C>,
    headers: &HeaderMap,
    answer: impl FnOnce(&Session) -> Response,
) -> Response {
    let session = guard::cookie(headers).and_then(|cookie| app.sessions.find(cookie));
    let Some(session) = session else { return refuse(None, Refusal::NotSignedIn) };
    match app.staff(&session).await {
        Ok(()) => answer(&session),
        Err(refusal) => refuse(Some(&session), refusal),
    }
}

async fn act<C: Canteen>(
    Shared(app): Shared<Arc<App<C>>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let session = guard::cookie(headers).and_then(|cookie| app.sessions.find(cookie));
    let token = guard::one(headers, guard::CSRF_HEADER);
    let Some(session) = session.filter(|session| token == Some(session.csrf().as_str())) else {
        return refuse(None, Refusal::StalePage);
    };
    if guard::one(headers, CONTENT_TYPE.as_str()) != Some("application/json") {
        return refuse(Some(&session), Refusal::BadRequest);
    }
    let Ok(Ok(body)) = timeout(BODY_WAIT, to_bytes(body, BODY_BYTES_MAX)).await else {
        return refuse(Some(&session), Refusal::BadRequest);
    };
    let (status, answer, fields): (u16, Answer, Fields) =
        actions::carry_out(&app, &session, &name, &body).await;
    with(fields, json(status, &answer))
}

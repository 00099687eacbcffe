//! The box behind the touchscreen: what there is to show, and what staff have done there.
//!
//! 1. What is shown comes from the board (scene, troubles) and from the ledger (counts, list,
//!    reviews), which is read through a connection of its own: the ledger's thread is asked only to
//!    write.
//! 2. Staff's actions are carried out one after the other, so that a cap holds however fast they
//!    come; each is an entry with operator and reason.
//! 3. A review that nobody settles in time, or on its own day, expires and counts as a visit
//!    without subsidy.
//! 4. An operator who was disabled or given another PIN does nothing more on a page that is open.
//! 5. A page that cannot be served keeps nobody from being served: the address is tried again.

mod acts;
mod day;
mod screen;
mod sign;
mod staff;
mod view;

use super::board::Board;
use super::desk::Desk;
use super::night::Bell;
use super::preview::Place;
use crate::city::identity::CITY_FILE;
use crate::clock::Clock;
use crate::config::{Caps, Config};
use crate::domain::calendar::{Date, MealHours, Timestamp, local};
use crate::domain::card::UnknownCards;
use crate::domain::entry::correction::Expiry;
use crate::domain::entry::operation::{Sign, SignChange};
use crate::domain::entry::{EntryNumber, Event};
use crate::domain::operator::OperatorId;
use crate::error::Failure;
use crate::kiosk;
use crate::kiosk::canteen::{Snapshot, Sound};
use crate::kiosk::directory::Directory;
use crate::kiosk::state::FaceFrame;
use crate::store::{KEY_FILE, LedgerError, PinHash, Reader};
use day::Day;
use screen::Screen;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{error, info, warn};

/// How often it is looked at what changes by time alone: results that end, meals that begin,
/// reviews that expire.
const STEP: Duration = Duration::from_secs(1);
/// How long after a failure the page's address is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// What the ledger and the gallery say, as far as it was read.
struct Read {
    reader: Reader,
    day: Day,
    /// Number of the gallery that the directory was made of.
    gallery: Option<u64>,
    progress: (EntryNumber, EntryNumber),
    /// When the last acknowledged entry was written.
    up_to: Option<Timestamp>,
    /// Whether the box is enrolled with a city.
    city: bool,
}

/// What has changed.
enum News {
    /// Scene, troubles, or the time.
    Board,
    /// The ledger.
    Ledger,
    /// Where the face is.
    Face,
}

/// The box behind the page.
pub struct Backend {
    desk: Desk,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    /// Begins a talk with the city.
    bell: Bell,
    /// Whether one that was begun here is under way.
    uploading: AtomicBool,
    hours: MealHours,
    caps: Caps,
    canteen: String,
    /// What is heard with a result.
    sound: Sound,
    /// After how long a review expires.
    review: Duration,
    state: PathBuf,
    read: Mutex<Read>,
    directory: Mutex<(Arc<Directory>, Option<Date>)>,
    screen: Mutex<Screen>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    unknown_cards: Mutex<UnknownCards>,
    /// When the last tap on satisfaction came, by a clock that never jumps.
    tapped: Mutex<Option<Duration>>,
    /// Staff's actions, one after the other.
    turn: tokio::sync::Mutex<()>,
    /// By which PIN each operator signed in last. One who has left may stay in it: there is no more
    /// of them than there are operators.
    proved: Mutex<HashMap<OperatorId, PinHash>>,
    /// PINs are compared one after the other: each takes 19 MiB.
    pins: tokio::sync::Mutex<()>,
}

impl Backend {
    /// The box of a configuration whose ledger is open at `desk`.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn open(
        config: &Config,
        desk: Desk,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
        bell: Bell,
    ) -> Result<Arc<Self>, Failure> {
        let reader = Reader::open(&config.state)?;
        let day = Day::new(local(clock.now()).0);
        let read = Read { reader, day, gallery: None, progress: (0, 0), up_to: None, city: false };
        let first = view::blank(local(clock.now()).0, &config.site.name, &config.hours);
        let backend = Backend {
            desk,
            board,
            clock,
            bell,
            uploading: AtomicBool::new(false),
            hours: config.hours.clone(),
            caps: config.kiosk.caps,
            canteen: config.site.name.clone(),
            sound: config.kiosk.sound,
            review: config.kiosk.review,
            state: config.state.clone(),
            read: Mutex::new(read),
            directory: Mutex::default(),
            screen: Mutex::new(Screen::new(config.kiosk.result)),
            snapshot: watch::Sender::new(Arc::new(first)),
            unknown_cards: Mutex::default(),
            tapped: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            proved: Mutex::default(),
            pins: tokio::sync::Mutex::default(),
        };
        Ok(Arc::new(backend))
    }

    /// Serves the page and keeps it up to date, until the runtime ends.
    /// `address` is on loopback; whoever does not touch the page for `idle` is signed out.
    pub async fn run(self: Arc<Self>, address: SocketAddr, idle: Duration) {
        // Who asks first finds everybody.
        self.refresh().await;
        tokio::spawn(self.clone().follow());
        let mut told = false;
        loop {
            let served = match TcpListener::bind(address).await {
                Ok(listener) => {
                    let address = listener.local_addr().map_or(address, |bound| bound);
                    info!(page = format!("http://{address}/"), "page");
                    kiosk::serve(self.clone(), listener, idle).await
                }
                Err(problem) => Err(problem),
            };
            if let Err(problem) = served
                && !std::mem::replace(&mut told, true)
            {
                error!(%problem, %address, "no page; another program may use kiosk.listen");
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    fn lock_read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().expect("no holder panics")
    }

    /// The roster, searchable.
    fn directory(&self) -> Arc<Directory> {
        self.directory.lock().expect("no holder panics").0.clone()
    }

    /// Follows board and ledger for ever.
    async fn follow(self: Arc<Self>) {
        let mut showing = self.board.showing();
        let mut troubles = self.board.troubles();
        let mut writes = self.board.writes();
        let mut faces = self.board.preview().face();
        // Whatever is written from here on is heard.
        self.refresh().await;
        self.end_old_shifts().await;
        let mut step = Instant::now();
        loop {
            let news = async {
                tokio::select! {
                    _ = showing.changed() => News::Board,
                    _ = troubles.changed() => News::Board,
                    _ = writes.changed() => News::Ledger,
                    _ = faces.changed() => News::Face,
                }
            };
            match timeout(STEP, news).await.unwrap_or(News::Board) {
                News::Board => self.publish(),
                News::Ledger => self.refresh().await,
                News::Face => {
                    self.board.faces().send_replace(faces.borrow_and_update().map(frame));
                }
            }
            if step.elapsed() >= STEP {
                step = Instant::now();
                self.expire().await;
            }
        }
    }

    /// Reads what was written, and shows it.
    async fn refresh(self: &Arc<Self>) {
        let backend = self.clone();
        let caught_up = tokio::task::spawn_blocking(move || backend.catch_up()).await;
        match caught_up.expect("release builds abort on panic") {
            Ok(()) => self.publish(),
            Err(problem) => error!(%problem, "the page shows what it knew of the ledger"),
        }
    }

    /// Reads what was written since the last time.
    fn catch_up(&self) -> Result<(), LedgerError> {
        let today = local(self.clock.now()).0;
        let mut read = self.lock_read();
        let Read { reader, day, gallery, progress, up_to, city } = &mut *read;
        day.catch_up(reader, today)?;
        *city = self.state.join(CITY_FILE).exists();
        let before = progress.1;
        *progress = reader.progress()?;
        if progress.1 != before || up_to.is_none() {
            *up_to = reader.entry(progress.1)?.map(|entry| entry.stamp.at);
        }
        let change = reader.gallery_change()?;
        let generation = change.as_ref().map(|change| change.generation);
        if std::mem::replace(gallery, generation) != generation {
            // Opening thousands of names takes a while, in which the page must not wait.
            drop(read);
            self.learn_roster(change.map(|change| change.as_of));
        }
        Ok(())
    }

    /// Makes the directory of the roster that the store holds.
    fn learn_roster(&self, as_of: Option<Date>) {
        let elders = Reader::open(&self.state)
            .map_err(Failure::from)
            .and_then(|reader| Ok(reader.elders(&self.state.join(KEY_FILE))?));
        match elders {
            Ok(elders) => {
                let made = (Arc::new(Directory::new(elders)), as_of);
                *self.directory.lock().expect("no holder panics") = made;
            }
            Err(problem) => {
                error!(%problem, "staff cannot search the roster");
                self.lock_read().gallery = None;
            }
        }
    }

    /// Writes that reviews have expired whose time is over, or whose day is.
    async fn expire(self: &Arc<Self>) {
        let now = self.clock.now();
        let today = local(now).0;
        let due = |w: &&day::Waiting| {
            let waited = Duration::try_from(now.duration_since(w.at)).unwrap_or_default();
            w.said.date != today || waited >= self.review
        };
        let due: Vec<EntryNumber> =
            self.lock_read().day.waiting().iter().filter(due).map(|w| w.number).collect();
        if due.is_empty() {
            return;
        }
        let _turn = self.turn.lock().await;
        for review in due {
            let expired = self.write(Event::Expiry(Expiry { review })).await;
            if !matches!(expired, Some(Ok(()) | Err(LedgerError::Contradiction(_)))) {
                return;
            }
        }
        self.refresh().await;
    }

    /// Shifts that a stopped daemon left open end now.
    async fn end_old_shifts(&self) {
        let on_shift = self.lock_read().reader.on_shift();
        for operator in on_shift.unwrap_or_default() {
            self.end_shift(operator, SignChange::Idle).await;
        }
    }

    async fn end_shift(&self, operator: OperatorId, change: SignChange) {
        match self.write(Event::Sign(Sign { operator, change })).await {
            // A shift that has ended already is nothing to be said.
            Some(Ok(()) | Err(LedgerError::Contradiction(_))) => {}
            Some(Err(problem)) => error!(%problem, "the end of a shift is not in the ledger"),
            None => warn!("the end of a shift is not in the ledger: the box is busy or stopping"),
        }
    }

    /// Has an entry written; `None` where the desk takes no more.
    async fn write(&self, event: Event) -> Option<Result<(), LedgerError>> {
        self.desk.ask(move |at| at.bench().append(&event).map(drop)).await.ok()
    }
}

fn frame(Place { x, y, width, height }: Place) -> FaceFrame {
    FaceFrame { x, y, width, height }
}

//! `canteend run`: the threads of the box, from ready to stopped.
//!
//! One thread plays the camera into a slot of size one (`feed`), one runs vision and the visit
//! (`attend`), one owns the ledger ([`super::desk`]), one encodes the live picture
//! ([`super::preview`]), one talks to the city ([`super::night`]); the main thread runs page,
//! sockets, timers and signals. Stopping has one order: camera, vision, page and sockets, city,
//! ledger. Nothing that was settled is left unwritten, because vision waits for the ledger's answer
//! before it takes the next frame.

use super::attend::Counter;
use super::board::Board;
use super::calibrate::kept_or_taken;
use super::checkin::CheckIn;
use super::control::Reach;
use super::desk::{Desk, Orders};
use super::feed::{Pace, feed};
use super::kiosk::Backend;
use super::night::{self, Night, Ringing};
use super::reload::{self, Reload};
use super::slot::Slot;
use super::swap::{Handover, Swap};
use super::timekeeper::Timekeeper;
use super::writer::Writer;
use super::{checkup, control, crash, desk, load, notify, parts};
use crate::camera::FrameSource;
use crate::city::identity;
use crate::clock::Clock;
use crate::config::{Camera, Config, rules};
use crate::domain::calendar::service_date;
use crate::domain::health::Trouble;
use crate::error::{Exit, Failure};
use crate::store::CalibrationSettings;
use crate::vision::Analyser;
use std::path::Path;
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

/// Longest wait, at the end, for what the sockets still do.
const SOCKETS_STOP_MAX: Duration = Duration::from_secs(1);

/// Runs with the configuration of the file at `path` until a signal (SIGTERM, SIGINT) or the end of
/// a replay. SIGHUP has the file read again.
///
/// # Errors
/// Whatever keeps the box from serving, with its exit code.
pub fn run(config: &Config, path: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let (clock, source) = (parts::clock(config), parts::camera(config)?);
    let (hands, settings) = prepare(config, clock.as_ref())?;
    crash::arm(&config.state, clock.clone());
    if let Err(problem) = identity::mark_sealed(&config.state, identity::credentials().as_deref()) {
        warn!(%problem, "other commands are not told where the device key is");
    }
    let lines = connect(config, path, &clock, settings)?;
    let gallery = hands.checkin.gallery();
    let calibration = gallery.calibration().expect("it was calibrated");
    info!(
        device = config.site.device,
        elders = hands.writer.elders(),
        accept = calibration.accept(),
        from_gallery = calibration.strangers().is_some(),
        templates = gallery.templates(),
        milliseconds = started.elapsed().as_millis() as u64,
        "ready"
    );
    let board = lines.board.clone();
    let dropped = serve(config, clock, source, hands, lines)?;
    control::leave(&config.state);
    let counts = board.counts();
    info!(
        frames = counts.frames.get(),
        settled = counts.settled.get(),
        failed = counts.failed.get(),
        dropped,
        "stopped"
    );
    Ok(())
}

/// What the threads own: writer and keeper are the ledger's, the check-in is vision's.
struct Hands {
    writer: Writer,
    keeper: Timekeeper,
    checkin: CheckIn,
}

/// Reads all that serving needs: ledger, rules, models, gallery and thresholds.
fn prepare(config: &Config, clock: &dyn Clock) -> Result<(Hands, CalibrationSettings), Failure> {
    let (mut store, mut keeper) = parts::ledger(config, clock)?;
    let book = rules::load(&config.rules)?;
    let analyser = Analyser::open(&config.models, config.quality)?;
    let settings = CalibrationSettings {
        model: analyser.model(),
        target: config.strangers,
        configured: config.visit.thresholds.accept,
    };
    let (gallery, elders) = load::gallery(&store, settings.model)?;
    let gallery = kept_or_taken(&mut store, gallery, &settings)?;
    let stamp = keeper.stamp(&mut store, clock)?;
    reload::record(config, &mut store, stamp)?;
    // Without a gallery nobody is recognised, so its day does not matter.
    let as_of = store.gallery_change()?.map_or(service_date(stamp.at), |g| g.as_of);
    let writer = Writer::new(store, elders, as_of, book, config.hours.clone());
    let checkin = CheckIn::new(analyser, gallery, config.visit);
    Ok((Hands { writer, keeper, checkin }, settings))
}

/// The lines between the threads, and those to the outside.
struct Lines {
    runtime: Runtime,
    signals: Signals,
    board: Arc<Board>,
    desk: Desk,
    orders: Orders,
    waiting: Handover,
    reload: Reload,
    night: Night,
    ringing: Ringing,
}

/// Lays the lines. Page and socket answer from here on; what they ask of the ledger waits for its
/// thread.
fn connect(
    config: &Config,
    path: &Path,
    clock: &Arc<dyn Clock>,
    settings: CalibrationSettings,
) -> Result<Lines, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Io, e))?;
    // From here on a signal is an orderly end, also one that comes before anybody waits for it.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let board = Arc::new(Board::default());
    if config.state.join(crash::CRASH_FILE).exists() {
        board.raise(Trouble::Crashed, clock.now(), crash::CRASH_FILE);
    }
    let (desk, orders) = desk::open();
    let waiting = Handover::default();
    let swap = Swap::new(desk.clone(), waiting.clone(), settings);
    let socket = runtime.block_on(async { control::listen(&config.state) })?;
    let reload = Reload::new(path, config.clone(), desk.clone(), waiting.clone());
    let (bell, ringing) = night::bell();
    if let Some(address) = config.kiosk.listen {
        let (desk, bell) = (desk.clone(), bell.clone());
        let page = Backend::open(config, desk, board.clone(), clock.clone(), bell)?;
        runtime.spawn(page.run(address, config.kiosk.idle));
    }
    let reach = Reach {
        desk: desk.clone(),
        board: board.clone(),
        swap: swap.clone(),
        bell,
        reload: reload.clone(),
    };
    runtime.spawn(control::serve(socket, reach));
    let night = Night {
        config: config.clone(),
        desk: desk.clone(),
        board: board.clone(),
        swap,
        clock: clock.clone(),
    };
    Ok(Lines { runtime, signals, board, desk, orders, waiting, reload, night, ringing })
}

/// Runs the threads until the end, and stops them in their order. Says how many frames nobody had
/// time for.
fn serve(
    config: &Config,
    clock: Arc<dyn Clock>,
    mut source: Box<dyn FrameSource>,
    hands: Hands,
    lines: Lines,
) -> Result<u64, Failure> {
    let Hands { mut writer, mut keeper, mut checkin } = hands;
    let Lines { runtime, signals, board, desk, orders, waiting, reload, night, ringing } = lines;
    let slot = Slot::default();
    let pace = match config.camera {
        Camera::Device { .. } => Pace::Live,
        Camera::Replay { paced: true, .. } => Pace::AsTaken,
        Camera::Replay { paced: false, .. } => Pace::Unhurried,
    };
    let (finished, done) = tokio::sync::oneshot::channel();
    let (quit, quitting) = tokio::sync::oneshot::channel::<()>();
    let (at_desk, shown, clock) = (&desk, &board, &clock);
    std::thread::scope(|threads| {
        spawn(threads, "camera", || {
            feed(source.as_mut(), &slot, pace, shown, clock.as_ref());
        });
        spawn(threads, "preview", || shown.preview().run());
        let city = spawn(threads, "city", || {
            let stop = async {
                // The other end is dropped, which is what is waited for.
                let _ = quitting.await;
            };
            if let Err(problem) = night::run(night, ringing, stop) {
                error!(%problem, "the box cannot talk to the city until it is restarted");
            }
        });
        let ledger = spawn(threads, "ledger", move || {
            checkup::settle(&mut desk::At::new(&mut writer, &mut keeper, clock.as_ref()));
            orders.serve(&mut writer, &mut keeper, clock, |at| checkup::look(at, shown));
        });
        let vision = spawn(threads, "vision", || {
            let counter = Counter {
                slot: &slot,
                clock: clock.as_ref(),
                hours: &config.hours,
                desk: at_desk,
                board: shown,
                waiting: &waiting,
            };
            let attended = counter.attend(&mut checkin);
            slot.close();
            // The receiver is gone where a signal came first.
            let _ = finished.send(());
            attended
        });
        let notifier = notify::Notifier::new(desk.clone(), board.clone());
        runtime.block_on(wait(done, signals, notifier, reload));
        slot.close();
        let attended = vision.join().expect("release builds abort on panic");
        shown.preview().close();
        runtime.shutdown_timeout(SOCKETS_STOP_MAX);
        drop(quit);
        city.join().expect("release builds abort on panic");
        desk.stop();
        ledger.join().expect("release builds abort on panic");
        attended
    })?;
    Ok(slot.dropped())
}

/// Starts a thread under the name that logs, crash reports and the system's tools show.
fn spawn<'scope, T: Send + 'scope>(
    threads: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let named = std::thread::Builder::new().name(name.to_owned());
    named.spawn_scoped(threads, work).expect("the system starts five threads, or the box ends")
}

/// The signals that the box listens to.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Needs the runtime's context.
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|e| Failure::new(Exit::Io, e));
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }
}

/// Waits for a signal or for the end of the frames, and tells the service manager how things are.
async fn wait(
    done: tokio::sync::oneshot::Receiver<()>,
    signals: Signals,
    notifier: notify::Notifier,
    reload: Reload,
) {
    let Signals { mut terminate, mut interrupt, hang_up } = signals;
    tokio::spawn(reload.on(hang_up));
    notifier.ready();
    tokio::select! {
        _ = terminate.recv() => info!(signal = "SIGTERM", "stopping"),
        _ = interrupt.recv() => info!(signal = "SIGINT", "stopping"),
        _ = done => info!("the frames have ended"),
        () = notifier.watch() => {}
    }
    notifier.stopping();
}

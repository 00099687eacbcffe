//! `canteend run`: the threads of the box, from ready to stopped.
//!
//! One thread plays the camera into a slot of size one, one runs vision and the visit, one owns
//! the ledger; the main thread waits for signals. Stopping closes the slot, which ends the three
//! in the order of the data: camera, vision, ledger. Nothing that was settled is left unwritten,
//! because vision waits for the ledger's answer before it takes the next frame.

use super::calibrate::calibrated;
use super::checkin::{CheckIn, Outcome, Step};
use super::gallery_job;
use super::slot::Slot;
use super::timekeeper::{self, Moment, Timekeeper};
use super::writer::{Shown, Writer};
use crate::camera::fault::Fault;
use crate::camera::supervise::{Supervised, Timing};
use crate::camera::{CameraError, FrameSource, replay::Replay, worker};
use crate::clock::{Clock, ScriptedClock, SystemClock};
use crate::config::{Camera, Config, rules};
use crate::domain::calendar::{MealHours, local, service_date};
use crate::domain::entry::operation::ConfigChange;
use crate::domain::entry::{Event, Stamp};
use crate::error::{Exit, Failure};
use crate::record::Hash;
use crate::store::{LEDGER_FILE, LedgerError, Store};
use crate::vision::{Analyser, VisionError};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tracing::{error, info, warn};

/// Most settled visits that wait for the ledger; vision waits for each, so one is the rule.
const SETTLED_QUEUE_MAX: usize = 4;
/// After so many broken frames in a row the camera counts as lost.
const BROKEN_FRAMES_MAX: u32 = 50;

/// A settled visit on its way to the ledger, and where the answer goes.
struct Request {
    moment: Moment,
    outcome: Outcome,
    answer: SyncSender<Result<Shown, LedgerError>>,
}

/// What was done between ready and stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames looked at.
    pub frames: u64,
    /// Visits that were settled.
    pub settled: u64,
    /// Visits that the ledger could not take.
    pub failed: u64,
}

/// Opens the store of a configuration, making it where the folder has no ledger yet.
///
/// # Errors
/// [`crate::store::StoreError`]; and a ledger of another device is refused.
pub fn open_store(config: &Config, stamp: Stamp) -> Result<Store, Failure> {
    let device = &config.site.device;
    if !config.state.join(LEDGER_FILE).exists() {
        return Ok(Store::init(&config.state, device, stamp)?);
    }
    let store = Store::open(&config.state)?;
    match store.device() == device {
        true => Ok(store),
        false => {
            let text = format!(
                "the ledger in {} belongs to device {}, the configuration says {device}; mend \
                 site.device or paths.state",
                config.state.display(),
                store.device()
            );
            Err(Failure::new(Exit::Config, text))
        }
    }
}

/// Runs until a signal (SIGTERM, SIGINT) or the end of a replay.
///
/// # Errors
/// Whatever keeps the box from serving, with its exit code.
pub fn run(config: &Config) -> Result<Summary, Failure> {
    let started = Instant::now();
    let (clock, mut source) = source(config)?;
    let (mut store, mut keeper) = timekeeper::open(config, clock.as_ref())?;
    let book = rules::load(&config.rules)?;
    let analyser = Analyser::open(&config.models, config.quality)?;
    let enrolled = store.load_gallery()?;
    let (gallery, elders) =
        gallery_job::assemble(enrolled, &analyser).map_err(|e| Failure::new(Exit::Config, e))?;
    let gallery =
        calibrated(gallery, config.strangers, config.visit.thresholds.accept, &mut |_, _| {});
    let calibration = gallery.calibration().expect("it was calibrated");
    let stamp = keeper.stamp(&mut store, clock.as_ref())?;
    record_config(config, &mut store, stamp)?;
    info!(
        device = config.site.device,
        elders = elders.len(),
        accept = calibration.accept(),
        from_gallery = calibration.strangers().is_some(),
        templates = gallery.templates(),
        milliseconds = started.elapsed().as_millis() as u64,
        "ready"
    );
    // Without a gallery nobody is recognised, so its day does not matter.
    let as_of = store.gallery_change()?.map_or(service_date(stamp.at), |g| g.as_of);
    let mut writer = Writer::new(store, elders, as_of, book, config.hours.clone());
    let mut checkin = CheckIn::new(analyser, gallery, config.visit);

    let slot = Slot::default();
    let pace = match config.camera {
        Camera::Device { .. } => Pace::Live,
        Camera::Replay { paced: true, .. } => Pace::AsTaken,
        Camera::Replay { paced: false, .. } => Pace::Unhurried,
    };
    let (requests, settled) = sync_channel::<Request>(SETTLED_QUEUE_MAX);
    let (finished, done) = tokio::sync::oneshot::channel();
    let summary = std::thread::scope(|threads| {
        threads.spawn(|| feed(source.as_mut(), &slot, pace));
        threads.spawn(move || write(&mut writer, &mut keeper, &settled));
        let vision = threads.spawn(|| {
            let summary = watch(&mut checkin, &slot, clock.as_ref(), &config.hours, requests);
            slot.close();
            // The receiver is gone where a signal came first.
            let _ = finished.send(());
            summary
        });
        let waited = wait(done);
        slot.close();
        let summary = vision.join().expect("release builds abort on panic");
        waited.and(summary.map_err(Failure::from))
    })?;
    info!(
        frames = summary.frames,
        settled = summary.settled,
        failed = summary.failed,
        dropped = slot.dropped(),
        "stopped"
    );
    Ok(summary)
}

type Source = (Box<dyn Clock>, Box<dyn FrameSource>);

/// The clock and the frames of a configuration.
fn source(config: &Config) -> Result<Source, Failure> {
    match &config.camera {
        Camera::Replay { path, rate, looped, .. } => {
            let replay = Replay::open(path, *rate, *looped)?;
            Ok((clock(config), Box::new(replay)))
        }
        Camera::Device { path, wanted } => {
            let (path, wanted) = (path.clone(), *wanted);
            let camera = Supervised::new(&path.clone(), Timing::default(), move || {
                worker::command(&path, wanted)
            });
            Ok((clock(config), Box::new(camera)))
        }
    }
}

/// The clock of a configuration: the machine's, or on a test box the replay's.
pub fn clock(config: &Config) -> Box<dyn Clock> {
    match &config.camera {
        Camera::Replay { starts_at: Some(start), .. } => Box::new(ScriptedClock::new(*start)),
        Camera::Replay { starts_at: None, .. } | Camera::Device { .. } => {
            Box::new(SystemClock::default())
        }
    }
}

/// Says in the ledger that configuration or rules are other ones than before.
fn record_config(config: &Config, store: &mut Store, stamp: Stamp) -> Result<(), Failure> {
    let rules = std::fs::read(&config.rules).map_err(|e| Failure::new(Exit::Config, e))?;
    let now = ConfigChange { config: config.digest.0, rules: Hash::of(&[&rules]).0 };
    if store.config()? != Some(now) {
        store.append(stamp, &Event::Config(now))?;
    }
    Ok(())
}

/// How frames go into the slot.
#[derive(Clone, Copy)]
enum Pace {
    /// As they come; the newest wins.
    Live,
    /// When their time has come; the newest wins.
    AsTaken,
    /// As fast as vision takes them; none is left out.
    Unhurried,
}

/// The camera's thread: frames into the slot until it is closed or the source ends.
fn feed(source: &mut dyn FrameSource, slot: &Slot, pace: Pace) {
    let started = Instant::now();
    let mut state = Watched::default();
    while !slot.closed() {
        match source.next() {
            Ok(Some(frame)) => {
                state.seen();
                if matches!(pace, Pace::AsTaken) {
                    pause_until(started, frame.taken, slot);
                }
                let open = match pace {
                    Pace::Live | Pace::AsTaken => slot.put_newest(frame),
                    Pace::Unhurried => slot.put_waiting(frame),
                };
                if !open {
                    break;
                }
            }
            Ok(None) => break,
            Err(problem) if state.survives(&problem) => {}
            Err(_) => break,
        }
    }
    slot.close();
}

/// What was said about the camera, so that each state is logged once.
#[derive(Default)]
struct Watched {
    broken: u32,
    away: Option<Fault>,
}

impl Watched {
    /// A good frame came.
    fn seen(&mut self) {
        self.broken = 0;
        if self.away.take().is_some() {
            info!("camera back");
        }
    }

    /// Says what is wrong; false where there is no point in asking for another frame.
    fn survives(&mut self, problem: &CameraError) -> bool {
        match problem {
            CameraError::Quiet => return true,
            CameraError::Away { trouble, .. } => {
                if self.away.replace(trouble.fault) != Some(trouble.fault) {
                    warn!(%problem, state = trouble.fault.code(), "camera lost, trying again");
                }
                return true;
            }
            _ => self.broken += 1,
        }
        if !problem.passing() || self.broken >= BROKEN_FRAMES_MAX {
            error!(%problem, broken = self.broken, "camera lost");
            return false;
        }
        if self.broken == 1 {
            warn!(%problem, "frame skipped");
        }
        true
    }
}

/// Waits until a frame is due, in steps that notice a closed slot.
fn pause_until(started: Instant, due: Duration, slot: &Slot) {
    const STEP: Duration = Duration::from_millis(50);
    while let Some(left) = due.checked_sub(started.elapsed()) {
        if slot.closed() || left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(STEP));
    }
}

/// The thread of vision and the visit.
fn watch(
    checkin: &mut CheckIn,
    slot: &Slot,
    clock: &dyn Clock,
    hours: &MealHours,
    requests: SyncSender<Request>,
) -> Result<Summary, VisionError> {
    let mut summary = Summary::default();
    while let Some(frame) = slot.take() {
        clock.reached(frame.taken);
        summary.frames += 1;
        let moment = Moment::now(clock);
        for step in checkin.frame(&frame, hours.window_at(local(moment.wall).1))? {
            let Step::Settle(outcome) = step else { continue };
            summary.settled += 1;
            let (answer, answered) = sync_channel(1);
            let request = Request { moment, outcome, answer };
            requests.send(request).expect("the writer outlives vision");
            match answered.recv().expect("the writer answers every request") {
                Ok(shown) => log(&shown),
                Err(problem) => {
                    summary.failed += 1;
                    error!(%problem, "a visit is not in the ledger; it was not shown as served");
                }
            }
        }
    }
    Ok(summary)
}

/// The ledger's thread; it ends when vision has dropped its end of the queue.
fn write(writer: &mut Writer, keeper: &mut Timekeeper, settled: &Receiver<Request>) {
    let mut told = false;
    while let Ok(Request { moment, outcome, answer }) = settled.recv() {
        let stamp = keeper.stamp_at(writer.store(), moment);
        let shown = stamp.and_then(|stamp| writer.settle(stamp, &outcome));
        answer.send(shown).expect("vision waits for the answer");
        let short = writer.store().short_of_space();
        if short && !told {
            error!(
                "disk full: the ledger writes into its reserve; clear something away and restart"
            );
        }
        told |= short;
    }
}

/// Entry numbers and codes only: no name and no elder id.
fn log(shown: &Shown) {
    match shown {
        Shown::Served { entry, award, .. } => {
            info!(entry, band = award.band, rules = award.rules, "meal");
        }
        Shown::Welcome { entry, reason, .. } => info!(entry, reason = reason.code(), "visit"),
        Shown::Again { .. } => info!("same visit"),
        Shown::AskStaff { entry, doubts, candidates } => {
            let doubts: Vec<_> = doubts.iter().map(|d| d.code()).collect();
            info!(entry, doubts = doubts.join(" "), candidates, "review");
        }
        Shown::Closed(_) => info!("closed"),
    }
}

/// Waits for a signal or for the end of the frames.
fn wait(done: tokio::sync::oneshot::Receiver<()>) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|e| Failure::new(Exit::Io, e))?;
    runtime.block_on(async {
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|e| Failure::new(Exit::Io, e))?;
        let mut interrupt =
            signal(SignalKind::interrupt()).map_err(|e| Failure::new(Exit::Io, e))?;
        tokio::select! {
            _ = terminate.recv() => info!(signal = "SIGTERM", "stopping"),
            _ = interrupt.recv() => info!(signal = "SIGINT", "stopping"),
            _ = done => info!("the frames have ended"),
        }
        Ok(())
    })
}

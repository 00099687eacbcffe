//! The nightly talk of a box that serves: in order, with its alarms, while the ledger's thread goes
//! on with its own work.

use super::epochs::Copy;
use super::sync::{row, upserts};
use super::town::{NIGHT, TestBox, Town, clock, meal};
use canteend::city::wire::enrol::Enrolled;
use canteend::city::{client, identity};
use canteend::clock::Clock;
use canteend::config::{Config, rules};
use canteend::daemon::board::Board;
use canteend::daemon::checkup;
use canteend::daemon::desk::{self, Desk};
use canteend::daemon::epoch;
use canteend::daemon::hold::Stamps as _;
use canteend::daemon::keys;
use canteend::daemon::night::round::Done;
use canteend::daemon::night::{Bell, Night, bell};
use canteend::daemon::swap::{Handover, Swap};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::writer::Writer;
use canteend::domain::calendar::service_date;
use canteend::domain::calibration::Target;
use canteend::domain::health::Trouble;
use canteend::error::{Exit, Failure};
use canteend::refcity::Change;
use canteend::refcity::mischief::Trick;
use canteend::store::{CalibrationSettings, Store};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::oneshot;

const LUNCH: &str = "2026-03-02T12:00:00+08:00";

/// The configuration of the box `device` in `dir`.
pub fn config(dir: &Path, device: &str) -> Config {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "[site]\ndevice = \"{device}\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
         street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
         test_box = true\n\
         [paths]\nstate = \"state\"\nmodels = \"{root}/models\"\n\
         rules = \"{root}/config/rules/lcetdz-2022.toml\"\n\
         [camera]\nsource = \"replay\"\npath = \"frames\"\n"
    );
    Config::parse(&text, &dir.join("canteend.toml")).unwrap()
}

/// A box of which everything runs but the camera.
struct Serving {
    desk: Desk,
    board: Arc<Board>,
    waiting: Handover,
    bell: Bell,
    quit: Option<oneshot::Sender<()>>,
    threads: Vec<std::thread::JoinHandle<()>>,
    dir: TempDir,
}

impl Serving {
    fn start(test_box: TestBox) -> Self {
        let TestBox { store, dir, .. } = test_box;
        let config = config(dir.path(), "lc-kfq-017");
        let clock: Arc<dyn Clock> = clock(NIGHT);
        let board = Arc::new(Board::default());
        let (desk, orders) = desk::open();
        let waiting = Handover::default();
        let model = super::sync::faces().embedding().model;
        let settings = CalibrationSettings { model, target: Target::default(), configured: 0.66 };
        let swap = Swap::new(desk.clone(), waiting.clone(), settings);
        let (bell, ringing) = bell();
        let mut keeper = Timekeeper::new(&store, clock.as_ref()).unwrap();
        let book = rules::load(&config.rules).unwrap();
        let today = service_date(clock.now());
        let mut writer = Writer::new(store, [], today, book, config.hours.clone());
        let night =
            Night { config, desk: desk.clone(), board: board.clone(), swap, clock: clock.clone() };
        let (quit, quitting) = oneshot::channel();
        let shown = board.clone();
        let threads = vec![
            std::thread::spawn(move || {
                orders.serve(&mut writer, &mut keeper, &clock, |at| checkup::look(at, &shown))
            }),
            std::thread::spawn(move || {
                let stop = async {
                    let _ = quitting.await;
                };
                canteend::daemon::night::run(night, ringing, stop).unwrap();
            }),
        ];
        Serving { desk, board, waiting, bell, quit: Some(quit), threads, dir }
    }

    fn ring(&self) -> Result<Done, Failure> {
        super::town::wait(self.bell.ring())
    }

    fn store<T: Send + 'static>(&self, job: impl FnOnce(&mut Store) -> T + Send + 'static) -> T {
        self.desk.ask_blocking(|at| job(at.store())).unwrap()
    }

    fn holds(&self, trouble: Trouble) -> bool {
        self.board.troubles().borrow().contains_key(&trouble)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.quit.take());
        self.threads.pop().unwrap().join().unwrap();
    }
}

fn pin(town: &Town, state: &Path) {
    identity::pin(state, town.url(), town.city.public_key()).unwrap();
}

/// A box that is enrolled, with a meal of the day.
fn enrolled(town: &Town) -> TestBox {
    let mut test_box = town.enrol("lc-kfq-017");
    pin(town, &test_box.dir.path().join("state"));
    test_box.append(LUNCH, &meal("p_001", LUNCH));
    test_box
}

#[test]
fn a_night_sends_the_day_and_brings_gallery_and_verdicts_into_service() {
    let town = Town::new();
    town.city.change(&upserts(0..3)).unwrap();
    let mut other = town.enrol("lc-dcf-003");
    other.append("2026-03-02T11:00:00+08:00", &meal("p_001", "2026-03-02T11:00:00+08:00"));
    other.upload().unwrap();
    let serving = Serving::start(enrolled(&town));
    // The first round may have been made already, because a box that never talked is due at once.
    serving.ring().unwrap();
    assert_eq!(town.city.report().unwrap().devices.len(), 2);
    assert_eq!(serving.waiting.take().0.unwrap().elders(), 3);
    assert_eq!(serving.store(|store| store.load_gallery().unwrap().len()), 3);
    assert!(serving.store(|store| store.verdicts_after().unwrap()) > 0);
    assert!(serving.store(|store| store.night_done().unwrap()).is_some());
    // Elders change while the box serves; nobody restarts anything.
    town.city.change(&[Change::Upsert(row(3))]).unwrap();
    let done = serving.ring().unwrap();
    assert_eq!((done.elders, done.verdicts), (1, 0));
    assert_eq!(serving.waiting.take().0.unwrap().elders(), 4);
    assert!(!serving.holds(Trouble::CityAlarm) && !serving.holds(Trouble::GalleryRefused));
    assert!(serving.dir.path().join("state").is_dir());
}

#[test]
fn a_refused_gallery_is_an_alarm_until_a_good_one_comes_and_keeps_nothing_else_back() {
    let town = Town::new();
    town.city.change(&upserts(0..2)).unwrap();
    let serving = Serving::start(enrolled(&town));
    serving.ring().unwrap();
    serving.waiting.take();
    town.city.change(&upserts(2..3)).unwrap();
    serving.store(|store| {
        let stamp = canteend::domain::entry::Stamp {
            at: super::town::at(NIGHT),
            clock: canteend::domain::entry::ClockTrust::Trusted,
        };
        store.append(stamp, &meal("p_002", NIGHT)).unwrap();
    });
    // Of the round's requests the fourth one is for the gallery: key, time, batch, gallery, verdicts.
    town.city.mischief.trick([Trick::None, Trick::None, Trick::None, Trick::WrongSignature]);
    let refused = serving.ring().unwrap_err();
    assert!(refused.to_string().contains("does not hold"), "{refused}");
    assert!(serving.holds(Trouble::GalleryRefused));
    assert!(serving.waiting.take().0.is_none());
    assert_eq!(town.city.report().unwrap().meals, 2, "the day was sent all the same");
    serving.ring().unwrap();
    assert!(!serving.holds(Trouble::GalleryRefused));
    assert_eq!(serving.waiting.take().0.unwrap().elders(), 3);
}

#[test]
fn a_row_that_was_left_out_is_told_until_it_is_mended() {
    let town = Town::new();
    town.city.change(&upserts(0..2)).unwrap();
    let serving = Serving::start(enrolled(&town));
    serving.ring().unwrap();
    let told = || {
        // Any job: what it leaves behind is looked at before the next.
        serving.store(|_| ());
        serving.store(|_| ());
        let troubles = serving.board.troubles();
        let troubles = troubles.borrow();
        troubles.get(&Trouble::GalleryRows).map(|raised| raised.detail.clone())
    };
    assert_eq!(told(), None);
    let mut bad = row(1);
    bad.sex = "?".into();
    town.city.change(&[Change::Upsert(bad)]).unwrap();
    for _ in 0..2 {
        serving.ring().unwrap();
        assert_eq!(told().as_deref(), Some("1 rows, 0 cards of more than one elder"));
    }
    town.city.change(&[Change::Upsert(row(1))]).unwrap();
    serving.ring().unwrap();
    assert_eq!(told(), None);
}

#[test]
fn two_boxes_with_one_key_are_an_alarm() {
    let town = Town::new();
    let test_box = enrolled(&town);
    // Another box, with a ledger of its own, has sent under this key and name.
    let mut twin = town.enrol_as("lc-kfq-017", test_box.key.clone());
    twin.append(LUNCH, &meal("p_777", LUNCH));
    twin.upload().unwrap();
    let serving = Serving::start(test_box);
    let told = serving.ring().unwrap_err();
    assert_eq!(told.exit, Exit::Data, "{told}");
    assert!(serving.holds(Trouble::CityAlarm));
}

#[test]
fn a_restored_box_is_enrolled_anew_while_it_serves_and_the_alarm_ends() {
    let town = Town::new();
    let mut dead = enrolled(&town);
    dead.upload().unwrap();
    let copy = Copy::of(&dead);
    dead.append(LUNCH, &meal("p_002", LUNCH));
    dead.upload().unwrap();
    let mut restored = copy.restored(&town, &dead);
    let state = restored.dir.path().join("state");
    pin(&town, &state);
    restored.append(LUNCH, &meal("p_003", LUNCH));
    let (device, key) = (restored.client.device().clone(), restored.key.clone());
    let mut serving = Serving::start(restored);
    serving.ring().unwrap_err();
    assert!(serving.holds(Trouble::CityAlarm));
    let code = town.city.make_code(&device).unwrap();
    let enrolled = super::town::wait(client::enrol(&town.url(), &device, key.public(), &code));
    let Enrolled { epoch, held, .. } = enrolled.unwrap();
    let taken = serving
        .desk
        .ask_stamped(move |bench| epoch::take(bench, &state, None, (epoch, held.map(Into::into))));
    let taken = super::town::wait(taken).unwrap().unwrap();
    assert_eq!((taken.epoch, taken.lacking), (2, Some((3, 3, 1))));
    serving.ring().unwrap();
    assert!(!serving.holds(Trouble::CityAlarm));
    assert_eq!(town.city.report().unwrap().meals, 3);
}

#[test]
fn a_key_that_is_gone_is_raised_until_it_is_back() {
    let town = Town::new();
    let mut serving = Serving::start(enrolled(&town));
    let state = serving.dir.path().join("state");
    let folder = state.clone();
    let recorded = serving.desk.ask_stamped(move |bench| keys::record(bench, &folder, None));
    super::town::wait(recorded).unwrap().unwrap();
    serving.ring().unwrap();
    assert!(!serving.holds(Trouble::CityKeys));
    let (key, away) = (state.join("device.key"), serving.dir.path().join("away"));
    std::fs::rename(&key, &away).unwrap();
    serving.ring().unwrap_err();
    assert!(serving.holds(Trouble::CityKeys));
    std::fs::rename(&away, &key).unwrap();
    serving.ring().unwrap();
    assert!(!serving.holds(Trouble::CityKeys));
}

#[test]
fn a_box_without_a_city_says_so_and_one_out_of_reach_is_raised() {
    let town = Town::new();
    let test_box = town.enrol("lc-kfq-017");
    let state = test_box.dir.path().join("state");
    let serving = Serving::start(test_box);
    let told = serving.ring().unwrap_err();
    assert_eq!(told.exit, Exit::Config);
    assert!(told.to_string().contains("canteend provision"), "{told}");
    assert!(!serving.holds(Trouble::CityUnreachable));
    // Enrolled while it serves; the city is not there.
    pin(&town, &state);
    drop(town);
    let told = serving.ring().unwrap_err();
    assert_eq!(told.exit, Exit::Unavailable, "{told}");
    assert!(serving.holds(Trouble::CityUnreachable));
}

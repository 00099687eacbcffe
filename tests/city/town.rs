//! A city, boxes that are enrolled with it, and meals to upload.

use super::network::ask;
use canteend::city::client::{self, CityUrl, Client};
use canteend::city::identity;
use canteend::city::wire::enrol::Enrolled;
use canteend::city::wire::suite::SigningKey;
use canteend::city::wire::text::DeviceId;
use canteend::clock::{Clock, ScriptedClock};
use canteend::daemon::bench::Bench;
use canteend::daemon::epoch::{self, Taken};
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::upload::{self, Patience, UploadError, Uploaded};
use canteend::domain::calendar::{Timestamp, service_date};
use canteend::domain::entry::operation::{ClockChange, ClockWhy};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event, Stamp};
use canteend::refcity::{City, Running, start};
use canteend::store::{KEY_FILE, LEDGER_FILE, Names, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// When everything in these tests happens, unless a test says otherwise.
pub const NIGHT: &str = "2026-03-02T22:00:00+08:00";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn clock(text: &str) -> Arc<ScriptedClock> {
    Arc::new(ScriptedClock::new(at(text)))
}

/// When the boxes were set up.
pub const SET_UP: &str = "2026-03-01T08:00:00+08:00";

/// Runs a future to its end.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub struct Town {
    pub city: Arc<City>,
    pub running: Running,
    clock: Arc<ScriptedClock>,
    dir: TempDir,
}

impl Town {
    pub fn new() -> Self {
        Self::with_clock(clock(NIGHT))
    }

    /// A city that goes by `clock`.
    pub fn with_clock(clock: Arc<ScriptedClock>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (city, running) = Self::open(dir.path(), clock.clone());
        Town { city, running, clock, dir }
    }

    fn open(dir: &Path, clock: Arc<ScriptedClock>) -> (Arc<City>, Running) {
        let city = Arc::new(City::open(dir, clock).unwrap());
        let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let running = start(city.clone(), loopback).unwrap();
        (city, running)
    }

    /// Another city, empty, that signs with the key of `town`: one that was set up anew.
    pub fn with_key_of(town: &Town) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(town.path().join("city.key"), dir.path().join("city.key")).unwrap();
        let clock = town.clock.clone();
        let (city, running) = Self::open(dir.path(), clock.clone());
        assert_eq!(city.public_key(), town.city.public_key());
        Town { city, running, clock, dir }
    }

    /// A box with a fresh ledger that uses another one's name and key.
    pub fn enrol_as(&self, device: &str, key: Arc<SigningKey>) -> TestBox {
        let dir = tempfile::tempdir().unwrap();
        let stamp = Stamp { at: at(SET_UP), clock: ClockTrust::Trusted };
        let store = Store::init(&dir.path().join("state"), device, stamp).unwrap();
        let device = DeviceId::new(device).unwrap();
        let city = self.city.public_key();
        let client = Client::new(self.url(), device, key.clone(), city).unwrap();
        TestBox { store, client, key, dir, trusted: true }
    }

    /// Enrols a box's key here as well.
    pub fn enrol_again(&self, test_box: &TestBox) {
        let device = test_box.client.device();
        let code = self.city.make_code(device).unwrap();
        wait(client::enrol(&self.url(), device, test_box.key.public(), &code)).unwrap();
    }

    /// The city's process ends and another one goes on with what was written.
    pub fn restart(self) -> Self {
        let Town { city, running, clock, dir } = self;
        drop((running, city));
        let (city, running) = Self::open(dir.path(), clock.clone());
        Town { city, running, clock, dir }
    }

    /// A copy of the city's folder as it is now.
    pub fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        let to = copy.path().join("city.db");
        let city = rusqlite::Connection::open(self.path().join("city.db")).unwrap();
        city.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
        std::fs::copy(self.path().join("city.key"), copy.path().join("city.key")).unwrap();
        copy
    }

    /// The city loses its data and goes on from `copy`.
    pub fn set_back(self, copy: TempDir) -> Self {
        let clock = self.clock.clone();
        drop(self);
        let (city, running) = Self::open(copy.path(), clock.clone());
        Town { city, running, clock, dir: copy }
    }

    /// The page for the city's side.
    pub fn page(&self) -> String {
        let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        String::from_utf8(ask(self.running.address(), request).unwrap()).unwrap()
    }

    /// What the city's clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A line of its own from a box that is enrolled here.
    pub fn enrolled(&self, test_box: &TestBox) -> Client {
        let (device, city) = (test_box.client.device().clone(), self.city.public_key());
        Client::new(self.url(), device, test_box.key.clone(), city).unwrap()
    }

    /// The city's folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn url(&self) -> CityUrl {
        CityUrl::parse(&self.running.url()).unwrap()
    }

    /// A new box with a fresh ledger, enrolled.
    pub fn enrol(&self, device: &str) -> TestBox {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let stamp = Stamp { at: at(SET_UP), clock: ClockTrust::Trusted };
        let store = Store::init(&state, device, stamp).unwrap();
        let key = Arc::new(identity::device_key_or_new(&state, None).unwrap());
        let device = DeviceId::new(device).unwrap();
        let code = self.city.make_code(&device).unwrap();
        let pinned = wait(client::enrol(&self.url(), &device, key.public(), &code)).unwrap().city;
        assert_eq!(pinned, self.city.public_key());
        let client = Client::new(self.url(), device, key.clone(), pinned).unwrap();
        TestBox { store, client, key, dir, trusted: true }
    }
}

pub struct TestBox {
    pub store: Store,
    pub client: Client,
    pub key: Arc<SigningKey>,
    pub dir: TempDir,
    /// Whether the last entry's clock was believed.
    trusted: bool,
}

impl TestBox {
    /// From now on it talks to `town`, and believes its key.
    pub fn turn_to(&mut self, town: &Town) {
        self.line(town, &town.running.url());
    }

    /// From now on it talks to `url` and believes `town`'s key.
    pub fn line(&mut self, town: &Town, url: &str) {
        let (device, city) = (self.client.device().clone(), town.city.public_key());
        let url = CityUrl::parse(url).unwrap();
        self.client = Client::new(url, device, self.key.clone(), city).unwrap();
    }

    /// What is made of this box when its disk dies: a new disk with the copy `from` on it, and a new
    /// key that the city does not know yet.
    pub fn restored(&self, town: &Town, from: &Path) -> TestBox {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        std::fs::create_dir(&state).unwrap();
        std::fs::copy(self.dir.path().join("state").join(KEY_FILE), state.join(KEY_FILE)).unwrap();
        let store = Store::restore(&state, from, Names::Kept).unwrap();
        let key = Arc::new(identity::device_key_or_new(&state, None).unwrap());
        let (device, city) = (self.client.device().clone(), town.city.public_key().clone());
        let client = Client::new(town.url(), device, key.clone(), city).unwrap();
        TestBox { store, client, key, dir, trusted: true }
    }

    /// The same box, whose ledger was lost and is made again from the copy `from`. All other files
    /// are still there.
    pub fn with_ledger_of(self, from: &Path) -> TestBox {
        let TestBox { store, client, key, dir, .. } = self;
        drop(store);
        let state = dir.path().join("state");
        for name in
            [LEDGER_FILE.to_owned(), format!("{LEDGER_FILE}-wal"), format!("{LEDGER_FILE}-shm")]
        {
            let _ = std::fs::remove_file(state.join(name));
        }
        let store = Store::restore(&state, from, Names::Kept).unwrap();
        TestBox { store, client, key, dir, trusted: true }
    }

    /// Takes into the ledger, at `time`, what the city said when it enrolled the box.
    pub fn take(&mut self, town: &Town, enrolled: &Enrolled, time: &str) -> Taken {
        let state = self.dir.path().join("state");
        identity::pin(&state, town.url(), enrolled.city.clone()).unwrap();
        let clock = clock(time);
        let mut keeper = Timekeeper::new(&self.store, &*clock).unwrap();
        let mut bench = Bench::new(&mut self.store, &mut keeper, &*clock);
        let given = (enrolled.epoch, enrolled.held.map(Into::into));
        epoch::take(&mut bench, &state, None, given).unwrap()
    }

    /// Enrols it at `time` under a new code, as `canteend provision` does.
    pub fn enrol_anew(&mut self, town: &Town, time: &str) -> Taken {
        let device = self.client.device().clone();
        let code = town.city.make_code(&device).unwrap();
        let enrolled = wait(client::enrol(&town.url(), &device, self.key.public(), &code));
        self.take(town, &enrolled.unwrap(), time)
    }

    pub fn append(&mut self, time: &str, event: &Event) -> EntryNumber {
        self.append_by(time, ClockTrust::Trusted, event)
    }

    pub fn append_by(&mut self, time: &str, clock: ClockTrust, event: &Event) -> EntryNumber {
        let stamp = Stamp { at: at(time), clock };
        let trusted = clock == ClockTrust::Trusted;
        if trusted != self.trusted {
            let why = if trusted { ClockWhy::Agrees } else { ClockWhy::Jump };
            let change = ClockChange { trusted, why, boot: [1; 16], offset_ms: 0 };
            self.store.append(stamp, &Event::Clock(change)).unwrap();
            self.trusted = trusted;
        }
        self.store.append(stamp, event).unwrap().n
    }

    /// Uploads without waiting between failures, however many there are.
    pub fn upload(&mut self) -> Result<Uploaded, UploadError> {
        self.upload_by(&*clock(NIGHT), Patience::Failures(100))
    }

    pub fn upload_by(
        &mut self,
        clock: &dyn Clock,
        patience: Patience,
    ) -> Result<Uploaded, UploadError> {
        let no_pause = async |_: Duration| {};
        wait(upload::run(&mut self.store, &self.client, clock, patience, no_pause))
    }
}

/// A subsidised meal of 4 yuan at `time`.
pub fn meal(elder: &str, time: &str) -> Event {
    crate::meal::meal(elder, service_date(at(time)))
}

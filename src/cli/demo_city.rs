//! The demo's city, on this machine: the gallery comes from it, and at night the box sends its day
//! there and gets a receipt; the city tells it about an elder who had eaten at another canteen.

use super::{block_on, refcity, say};
use crate::city::client::{self, CityUrl, Client};
use crate::city::identity;
use crate::city::wire::text::DeviceId;
use crate::clock::{Clock as _, ScriptedClock};
use crate::daemon::bench::Bench;
use crate::daemon::sync::{self, Faces, Synced, verdicts};
use crate::daemon::timekeeper::Timekeeper;
use crate::daemon::upload::{self, Patience};
use crate::domain::calendar::{MealWindow, Timestamp};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::Finding;
use crate::domain::entry::{ClockTrust, EntryNumber, Event, Meal, Method, Stamp};
use crate::domain::money::Fen;
use crate::domain::subsidy::{Award, Standing};
use crate::error::{Exit, Failure};
use crate::refcity::{City, Running, start};
use crate::store::Store;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// From the start of the demo's day to its night.
const TO_NIGHT: Duration = Duration::from_secs((10 * 60 + 30) * 60);
/// When the elder ate at the other canteen.
const EARLIER: &str = "2026-03-02T11:20:00+08:00";
/// The other canteen's device.
const OTHER_DEVICE: &str = "lc-dcf-003";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a constant time")
}

/// A city that serves, and the box's line to it.
pub(super) struct DemoCity {
    city: Arc<City>,
    running: Running,
    clock: Arc<ScriptedClock>,
    folder: PathBuf,
    line: Client,
}

impl DemoCity {
    /// Founds a city in `folder` whose clock says `at`, and enrols the box there.
    pub(super) fn found(folder: &Path, at: Timestamp, store: &Store) -> Result<Self, Failure> {
        let clock = Arc::new(ScriptedClock::new(at));
        let city = Arc::new(City::open(&folder.join("city"), clock.clone())?);
        let loopback = ([127, 0, 0, 1], 0).into();
        let running =
            start(city.clone(), loopback).map_err(|e| Failure::new(Exit::Unavailable, e))?;
        let line = enrol(&city, &running, store.folder(), store.device())?;
        Ok(DemoCity { city, running, clock, folder: folder.to_owned(), line })
    }

    /// Gives the city a roster with photographs, and lets the box take them over.
    pub(super) fn gallery(
        &self,
        store: &mut Store,
        roster: &Path,
        photos: &Path,
        mut faces: Faces,
    ) -> Result<(), Failure> {
        let (changes, bad) = refcity::changes(&self.city, roster, photos)?;
        if let Some(bad) = bad.first() {
            return Err(Failure::new(Exit::Data, format!("demo roster: {bad}")));
        }
        self.city.change(&changes)?;
        let mut keeper = Timekeeper::new(store, self.clock.as_ref())?;
        let clock = self.clock.as_ref();
        let mut hold = Bench::new(store, &mut keeper, clock);
        let mut untold = |_: &Synced| {};
        let synced = sync::run_once(&mut hold, &self.line, &mut faces, clock, &mut untold);
        let synced = block_on(synced)??;
        say(format_args!(
            "the city's gallery: {} elders with their photographs, made into {} templates on the box\n",
            synced.arrivals,
            synced.change.map_or(0, |change| change.templates)
        ))
    }

    /// Plays the night of the box with `store`. `elder` had a meal elsewhere.
    pub(super) fn night(&self, store: &mut Store, elder: &str) -> Result<(), Failure> {
        let mut other = other_canteen(&self.folder, elder)?;
        let line = enrol(&self.city, &self.running, &self.folder.join("other"), OTHER_DEVICE)?;
        self.clock.reached(TO_NIGHT);
        send(&mut other, &line, &self.clock)?;
        let done = send(store, &self.line, &self.clock)?;
        say(format_args!(
            "\n22:00  the night: {} batch, signed by the box and sent to the reference city on this \
             machine;\n       its signed receipt says that it has entries 1 to {}",
            done.batches, done.acknowledged
        ))?;
        let after = store.last_entry()?;
        let mut keeper = Timekeeper::new(store, self.clock.as_ref())?;
        let clock = self.clock.as_ref();
        let mut hold = Bench::new(store, &mut keeper, clock);
        block_on(verdicts::run_once(&mut hold, &self.line, clock))??;
        for n in after + 1..=store.last_entry()? {
            verdict(store, n)?;
        }
        let report = self.city.report()?;
        say(format_args!(
            "       its settlement over {} canteens: {} meals, {} yuan",
            report.devices.len(),
            report.meals,
            Fen::new(u32::try_from(report.city_fen + report.district_fen).unwrap_or(u32::MAX))
        ))
    }
}

/// Shows the verdict in entry `n`.
fn verdict(store: &Store, n: EntryNumber) -> Result<(), Failure> {
    let Some(Event::Verdict(said)) = store.entry(n)?.map(|entry| entry.event) else {
        return Ok(());
    };
    let kept = match said.finding {
        Finding::Rejected { kept: Some(kept), .. } => format!("{}#{}", kept.device, kept.entry),
        _ => "none".to_owned(),
    };
    say(format_args!(
        "       its verdict on #{}: not paid, the elder ate elsewhere before ({kept}); that is #{n}",
        said.entry
    ))
}

/// The ledger of another canteen, in which the elder has eaten.
fn other_canteen(folder: &Path, elder: &str) -> Result<Store, Failure> {
    let stamp = Stamp { at: time(EARLIER), clock: ClockTrust::Trusted };
    let mut store = Store::init(&folder.join("other"), OTHER_DEVICE, stamp)?;
    let date = crate::domain::calendar::service_date(stamp.at);
    let meal = Meal {
        elder: ElderId::new(elder).expect("an id of the demo's roster"),
        date,
        window: MealWindow::Lunch,
        method: Method::Card,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: "80+".into(),
            city: Fen::new(200),
            district: Fen::new(200),
        },
        standing: Standing::Firm,
        basis: None,
        eligibility_as_of: date,
    };
    store.append(stamp, &Event::Meal(meal))?;
    Ok(store)
}

fn enrol(city: &City, running: &Running, state: &Path, device: &str) -> Result<Client, Failure> {
    let device = DeviceId::new(device).map_err(|e| Failure::new(Exit::Software, e))?;
    let url = CityUrl::parse(&running.url())?;
    let key = identity::device_key_or_new(state, None)?;
    let code = city.make_code(&device)?;
    let pinned = block_on(client::enrol(&url, &device, key.public(), &code))??.city;
    Ok(Client::new(url, device, Arc::new(key), pinned)?)
}

fn send(
    store: &mut Store,
    line: &Client,
    clock: &ScriptedClock,
) -> Result<upload::Uploaded, Failure> {
    let patience = Patience::Failures(3);
    let pause = async |wait| tokio::time::sleep(wait).await;
    Ok(block_on(upload::run(store, line, clock, patience, pause))??)
}

//! The night of the demo: the box sends its day to a city on this machine and gets a receipt; the
//! city tells it about an elder who had eaten at another canteen before.

use super::{block_on, say};
use crate::city::client::{self, CityUrl, Client};
use crate::city::identity;
use crate::city::wire::text::DeviceId;
use crate::clock::ScriptedClock;
use crate::daemon::upload::{self, Patience};
use crate::domain::calendar::{MealWindow, Timestamp};
use crate::domain::elder::ElderId;
use crate::domain::entry::{ClockTrust, Event, Meal, Method, Stamp};
use crate::domain::money::Fen;
use crate::domain::subsidy::{Award, Standing};
use crate::error::{Exit, Failure};
use crate::refcity::{City, Running, start};
use crate::store::Store;
use std::path::Path;
use std::sync::Arc;

/// When the night's upload starts.
const NIGHT: &str = "2026-03-02T22:00:00+08:00";
/// When the elder ate at the other canteen.
const EARLIER: &str = "2026-03-02T11:20:00+08:00";
/// The other canteen's device.
const OTHER_DEVICE: &str = "lc-dcf-003";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a constant time")
}

/// Plays the night of the box with `store`, in `folder`. `elder` had a meal elsewhere.
pub(super) fn night(folder: &Path, store: &mut Store, elder: &str) -> Result<(), Failure> {
    let clock = Arc::new(ScriptedClock::new(time(NIGHT)));
    let city = Arc::new(City::open(&folder.join("city"), clock.clone())?);
    let loopback = ([127, 0, 0, 1], 0).into();
    let running = start(city.clone(), loopback).map_err(|e| Failure::new(Exit::Unavailable, e))?;
    let mut other = other_canteen(folder, elder)?;
    let line = enrol(&city, &running, &folder.join("other"), OTHER_DEVICE)?;
    send(&mut other, &line, &clock)?;
    let line = enrol(&city, &running, &folder.join("state"), store.device())?;
    let done = send(store, &line, &clock)?;
    say(format_args!(
        "\n22:00  the night: {} batch, signed by the box and sent to the reference city on this \
         machine;\n       its signed receipt says that it has entries 1 to {}",
        done.batches, done.acknowledged
    ))?;
    for verdict in block_on(line.verdicts(time(NIGHT), 0))??.items {
        let kept = verdict.kept.as_deref().unwrap_or("none");
        say(format_args!(
            "       its verdict on #{}: not paid, the elder ate elsewhere before ({kept})",
            verdict.n
        ))?;
    }
    let report = city.report()?;
    say(format_args!(
        "       its settlement over {} canteens: {} meals, {} yuan",
        report.devices.len(),
        report.meals,
        Fen::new(u32::try_from(report.city_fen + report.district_fen).unwrap_or(u32::MAX))
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
    let pinned = block_on(client::enrol(&url, &device, key.public(), &code))??;
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

//! The store from outside: what it keeps, what it refuses, what it finds.

mod calibration;
mod counter;
mod epoch;
mod events;
mod files;
mod gallery;
mod ledger;
mod outbox;
mod staging;
mod sync;

use super::*;
use crate::domain::calendar::{MealWindow, Timestamp};
use crate::domain::decision::Doubt;
use crate::domain::entry::correction::{Void, VoidReason};
use crate::domain::entry::{ClockTrust, EntryNumber, Meal, Method, Review, Visit};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{Award, NoAward, Standing};
use rusqlite::config::DbConfig;
use tempfile::TempDir;

fn stamp(at: &str) -> Stamp {
    Stamp { at: at.parse::<Timestamp>().unwrap(), clock: ClockTrust::Trusted }
}

fn noon() -> Stamp {
    stamp("2026-03-02T12:00:00.75+08:00")
}

fn elder(id: &str) -> ElderId {
    ElderId::new(id).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn meal(id: &str, date: &str) -> Event {
    Event::Meal(Meal {
        elder: elder(id),
        date: day(date),
        window: MealWindow::Lunch,
        method: Method::Face,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: "80+".into(),
            city: Fen::new(200),
            district: Fen::new(200),
        },
        standing: Standing::Firm,
        eligibility_as_of: day("2026-03-01"),
        basis: None,
    })
}

fn visit(id: &str, date: &str, window: MealWindow) -> Event {
    Event::Visit(Visit {
        elder: elder(id),
        date: day(date),
        window,
        method: Method::Card,
        reason: NoAward::AlreadyToday,
        basis: None,
    })
}

fn operator(id: &str) -> OperatorId {
    OperatorId::new(id).unwrap()
}

fn void(entry: EntryNumber) -> Event {
    Event::Void(Void { entry, reason: VoidReason::WrongPerson, operator: operator("op-1") })
}

/// A fresh store in a folder that goes when it is dropped.
fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::init(&dir.path().join("state"), "lc-kfq-017", noon()).unwrap();
    (dir, store)
}

fn state(dir: &TempDir) -> PathBuf {
    dir.path().join("state")
}

/// A store with a few entries, closed.
fn small_ledger() -> TempDir {
    let (dir, mut store) = store();
    let review = Event::Review(Review {
        date: day("2026-03-02"),
        window: MealWindow::Lunch,
        reasons: vec![Doubt::ThinMargin, Doubt::LookAlike],
        candidates: vec![elder("p_1"), elder("p_2")],
    });
    for event in [
        meal("p_1", "2026-03-02"),
        visit("p_1", "2026-03-02", MealWindow::Supper),
        review,
        void(2),
        meal("p_1", "2026-03-02"),
        meal("p_2", "2026-03-02"),
    ] {
        store.append(noon(), &event).unwrap();
    }
    dir
}

fn verify(dir: &TempDir, depth: Depth) -> Result<Verified, String> {
    let mut reader = Reader::open(&state(dir)).map_err(|e| e.to_string())?;
    reader.verify(depth, |_| {}).map_err(|e| e.to_string())
}

fn raw(dir: &TempDir) -> Connection {
    Connection::open(state(dir).join(LEDGER_FILE)).unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

//! The subsidy rules against tables of cases that a clerk can read (`fixtures/rules`), against
//! files that must be refused, and against properties that hold for any dates.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise, helpers included")]

mod bad_files;
mod cases;
mod later;
mod properties;

use canteend::config;
use canteend::domain::calendar::{MealHours, MealWindow, ServingTime, Time};
use canteend::domain::rules::RuleBook;
use std::path::{Path, PathBuf};

/// A file of this project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The rule book of a name: one that is shipped, or else one made for the cases.
fn book(name: &str) -> RuleBook {
    let shipped = project(&format!("config/rules/{name}.toml"));
    let path = match shipped.exists() {
        true => shipped,
        false => project(&format!("fixtures/rules/tables/{name}.toml")),
    };
    config::rules::load(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// The plan's hours: breakfast 06:00–09:00, lunch 10:30–13:30, supper 16:30–19:00.
fn plan_hours() -> MealHours {
    let serving = |window, (h1, m1), (h2, m2)| ServingTime {
        window,
        from: Time::constant(h1, m1, 0, 0),
        to: Time::constant(h2, m2, 0, 0),
    };
    MealHours::new(vec![
        serving(MealWindow::Breakfast, (6, 0), (9, 0)),
        serving(MealWindow::Lunch, (10, 30), (13, 30)),
        serving(MealWindow::Supper, (16, 30), (19, 0)),
    ])
    .unwrap()
}

//! The box in numbers, in Prometheus' text format 0.0.4. The names stand in `docs/metrics.md`.
//!
//! Nobody's id, name or meal is in it: only sums since the start, and which states hold.

use super::control::status::Status;
use crate::domain::health::Trouble;
use std::fmt::Write as _;

/// What kind of number it is.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

/// The text that is scraped.
pub fn text(status: &Status) -> String {
    let (ledger, done) = (&status.ledger, &status.done);
    use Kind::{Counter, Gauge};
    let rows = [
        ("frames_total", Counter, "Frames that came from the camera.", done.frames),
        ("frames_looked_total", Counter, "Frames that vision has finished with.", done.looked),
        ("frames_broken_total", Counter, "Broken frames that were left out.", done.broken),
        ("camera_losses_total", Counter, "Times that the camera was lost.", done.camera_losses),
        ("visits_settled_total", Counter, "Visits that the camera settled.", done.settled),
        ("meals_total", Counter, "Subsidised meals that the camera led to.", done.meals),
        ("visits_total", Counter, "Visits without subsidy that it led to.", done.visits),
        ("reviews_total", Counter, "Visits that it left to staff.", done.reviews),
        ("unrecorded_total", Counter, "Visits that the ledger could not take.", done.failed),
        ("ledger_entries", Gauge, "Number of the ledger's last entry.", ledger.entries),
        ("ledger_acknowledged", Gauge, "Last entry that the city has.", ledger.acknowledged),
        ("clock_trusted", Gauge, "1 while the clock is believed.", ledger.clock_trusted.into()),
        ("gallery_generation", Gauge, "Number of the gallery.", ledger.gallery),
        ("gallery_elders", Gauge, "Elders in the gallery.", ledger.elders.into()),
        ("gallery_templates", Gauge, "Templates in the gallery.", ledger.templates.into()),
    ];
    let mut out = String::new();
    for (name, kind, help, value) in rows {
        head(&mut out, name, kind, help);
        line(&mut out, format_args!("canteend_{name} {value}"));
    }
    head(&mut out, "trouble", Gauge, "1 while a named state holds, see docs/metrics.md.");
    for trouble in Trouble::ALL {
        let holds = status.troubles.iter().any(|held| held.code == trouble.code());
        let (code, holds) = (trouble.code(), u8::from(holds));
        line(&mut out, format_args!("canteend_trouble{{state=\"{code}\"}} {holds}"));
    }
    head(&mut out, "build_info", Gauge, "The program's version.");
    line(&mut out, format_args!("canteend_build_info{{version=\"{}\"}} 1", status.version));
    out
}

fn head(out: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    };
    line(out, format_args!("# HELP canteend_{name} {help}\n# TYPE canteend_{name} {kind}"));
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("a string takes everything");
}

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
    let ledger = &status.ledger;
    let gauges = [
        ("ledger_entries", "Number of the ledger's last entry.", ledger.entries),
        ("ledger_acknowledged", "Last entry that the city has.", ledger.acknowledged),
        ("clock_trusted", "1 while the clock is believed.", ledger.clock_trusted.into()),
        ("gallery_generation", "Number of the gallery.", ledger.gallery),
        ("gallery_elders", "Elders in the gallery.", ledger.elders.into()),
        ("gallery_templates", "Templates in the gallery.", ledger.templates.into()),
        ("pages", "Pages that follow the box.", status.pages as u64),
    ];
    let mut out = String::new();
    let counters = status.done.rows().into_iter().map(|row| (Kind::Counter, row));
    for (kind, (name, help, value)) in counters.chain(gauges.map(|row| (Kind::Gauge, row))) {
        head(&mut out, name, kind, help);
        line(&mut out, format_args!("canteend_{name} {value}"));
    }
    head(&mut out, "trouble", Kind::Gauge, "1 while a named state holds, see docs/metrics.md.");
    for trouble in Trouble::ALL {
        let holds = status.troubles.iter().any(|held| held.code == trouble.code());
        let (code, holds) = (trouble.code(), u8::from(holds));
        line(&mut out, format_args!("canteend_trouble{{state=\"{code}\"}} {holds}"));
    }
    head(&mut out, "build_info", Kind::Gauge, "The program's version.");
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

//! How long the settlement of a year takes, and how much memory; and the other reports beside it.
//!
//! `cargo bench --bench report` measures a year of 200,000 meals; with `--small` it
//! does the same with a few.

#[path = "support/memory.rs"]
mod memory;

use canteend::config::{self, Config};
use canteend::domain::calendar::{Date, MealWindow};
use canteend::domain::elder::ElderId;
use canteend::domain::entry::{ClockTrust, Event, Meal, Method, Stamp};
use canteend::domain::money::Fen;
use canteend::domain::subsidy::{Award, Standing};
use canteend::report::{Format, Kind, Period, Report, Sources};
use canteend::store::{Reader, Store};
use std::path::Path;
use std::time::Instant;

/// Meals of the year in full; on each day as many elders as that takes.
const MEALS: usize = 200_000;
const DAYS: usize = 365;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let small = std::env::args().any(|arg| arg == "--small");
    let meals = if small { 2 * DAYS } else { MEALS };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let site = Config::parse(config::EXAMPLE, &root.join("config/canteend.toml"))?.site;
    let rules = config::rules::load(&root.join("config/rules/lcetdz-2022.toml"))?;
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    fill(dir.path(), &site.device, meals)?;
    println!("a ledger of {meals} meals in a year:");
    let (year, month) = (Period::year("2026")?, Period::month("2026-03")?);
    for (kind, format, period) in [
        (Kind::Settlement, Format::Xlsx, year),
        (Kind::Settlement, Format::Html, year),
        (Kind::Year, Format::Json, year),
        (Kind::Exceptions, Format::Html, year),
        (Kind::Roster, Format::Xlsx, year),
        (Kind::Meals, Format::Csv, year),
        (Kind::Meals, Format::Xlsx, month),
    ] {
        let before = forget_peak();
        let start = Instant::now();
        let today = Date::constant(2027, 1, 1);
        let sources = Sources { site: &site, rules: &rules, elders: None, today };
        let report = Report::make(kind, period, &Reader::open(dir.path())?, sources)?;
        let mut bytes = Vec::new();
        report.write(format, &mut bytes)?;
        println!(
            "  {:10} {:4} of {period:7}  {:.2} s, {} kB written, peak {} MB of memory ({before} MB before)",
            kind.code(),
            format.code(),
            start.elapsed().as_secs_f64(),
            bytes.len() >> 10,
            status_mb("VmHWM:"),
        );
    }
    Ok(())
}

/// Starts the kernel's count of the highest memory anew, where it allows that; gives what is in use.
fn forget_peak() -> u64 {
    // Without it the figure is that of the largest report so far, which is still an upper bound.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status_mb("VmRSS:")
}

/// A line of the process's status, in MB; 0 where there is none.
fn status_mb(name: &str) -> u64 {
    memory::status_kib(std::process::id(), name).unwrap_or(0) >> 10
}

/// Everybody eats once a day, the first day first.
fn fill(dir: &Path, device: &str, meals: usize) -> Outcome<()> {
    let first = "2026-01-01T11:00:00+08:00".parse::<jiff::Timestamp>()?;
    let stamp = |day: usize, n: usize| Stamp {
        at: first + jiff::SignedDuration::from_secs((day * 86_400 + n) as i64),
        clock: ClockTrust::Trusted,
    };
    let mut store = Store::init(dir, device, stamp(0, 0))?;
    for i in 0..meals {
        let (day, n) = (i / meals.div_ceil(DAYS), i % meals.div_ceil(DAYS));
        let date = Date::constant(2026, 1, 1).checked_add(jiff::Span::new().days(day as i64))?;
        let old = n.is_multiple_of(2);
        let share = Fen::new(if old { 200 } else { 100 });
        let meal = Meal {
            elder: ElderId::new(&format!("p_{n:08x}"))?,
            date,
            window: MealWindow::Lunch,
            method: Method::Face,
            award: Award {
                rules: "lcetdz-2022".into(),
                band: if old { "80+" } else { "70-79" }.into(),
                city: share,
                district: share,
            },
            standing: Standing::Firm,
            eligibility_as_of: date,
            basis: None,
        };
        store.append(stamp(day, n), &Event::Meal(meal))?;
    }
    Ok(())
}

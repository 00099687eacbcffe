//! `canteend demo`: real photographs walk up, and the table shows what the elder sees and what
//! the ledger gets.

use super::demo_cast::{Appearance, DAY, ROSTER};
use super::demo_city::DemoCity;
use super::say;
use crate::camera::walkup::{WalkUps, portrait};
use crate::camera::{FrameSource as _, Rate};
use crate::config::{Config, rules};
use crate::daemon::calibrate::calibrated;
use crate::daemon::checkin::{CheckIn, Step};
use crate::daemon::load;
use crate::daemon::sync::Faces;
use crate::daemon::writer::{Shown, Writer};
use crate::domain::calendar::{Timestamp, local, service_date};
use crate::domain::calibration::Target;
use crate::domain::entry::{ClockTrust, Stamp};
use crate::domain::money::Fen;
use crate::error::{Exit, Failure};
use crate::kiosk::say::{Lines, Say};
use crate::kiosk::state::Language;
use crate::kiosk::words;
use crate::store::{Depth, Reader, Store};
use crate::vision::{Analyser, QualityLimits};
use clap::Args;
use std::path::{Path, PathBuf};

/// When the demo's day begins: a Monday at lunch.
const START: &str = "2026-03-02T11:30:00+08:00";
/// Frames a second.
const FPS: u32 = 10;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Folder of the demo's photographs (`make photos` fetches them)
    #[arg(long, value_name = "DIR", default_value = "fixtures/photos")]
    photos: PathBuf,
    /// Folder of manifest, model pack and ONNX Runtime (`make models` fetches them)
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    /// Rule book
    #[arg(long, value_name = "FILE", default_value = "config/rules/lcetdz-2022.toml")]
    rules: PathBuf,
    /// Keep ledger and gallery in this new folder instead of a scratch folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// A scratch folder that goes away with the demo, or the folder to keep.
struct Folder {
    path: PathBuf,
    scratch: bool,
}

impl Folder {
    fn make(keep: Option<PathBuf>) -> Result<Self, Failure> {
        let scratch = keep.is_none();
        let name = format!("canteend-demo-{}", std::process::id());
        let path = keep.unwrap_or_else(|| std::env::temp_dir().join(name));
        std::fs::create_dir(&path).map_err(|e| {
            let text =
                format!("{}: {e}; --keep takes a folder that does not exist yet", path.display());
            Failure::new(Exit::Io, text)
        })?;
        Ok(Folder { path, scratch })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.scratch {
            // Best effort: a leftover scratch folder holds nothing but the demo's public pictures.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[derive(Default)]
struct Counts {
    meals: u32,
    paid: u32,
    visits: u32,
    again: u32,
    staff: u32,
    turned_to: u32,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    if !options.photos.join(ROSTER[0].photo.file).is_file() {
        let text = format!(
            "no photographs in {}; run `make photos`, or name their folder with --photos",
            options.photos.display()
        );
        return Err(Failure::new(Exit::Unavailable, text));
    }
    let start: Timestamp = START.parse().expect("a constant time");
    let folder = Folder::make(options.keep.clone())?;
    let stamp = Stamp { at: start, clock: ClockTrust::Trusted };
    let faces = Faces::new(&options.models, QualityLimits::default())?;
    let (store, city) = enrol(&folder.path, &options.photos, faces, stamp)?;
    let analyser = Analyser::open(&options.models, QualityLimits::default())?;
    let (mut checkin, mut writer) = assemble(&options.rules, store, analyser, stamp)?;

    heading()?;
    let mut counts = Counts::default();
    for appearance in &DAY {
        play(appearance, &options.photos, start, &mut checkin, &mut writer, &mut counts)?;
    }
    city.night(writer.store(), ROSTER[0].id)?;
    let verified = Reader::open(&folder.path.join("state"))?.verify(Depth::Full, |_| {})?;
    let c = counts;
    say(format_args!(
        "\n{} walk-ups: {} subsidised meals ({} yuan), {} visits without subsidy, {} seen again, \
         {} to staff, {} asked to come closer; {} entries; ledger verified",
        DAY.len(),
        c.meals,
        Fen::new(c.paid),
        c.visits,
        c.again,
        c.staff,
        c.turned_to,
        verified.entries,
    ))
}

/// Lets the cast come from the city, which has a roster and a folder of photographs. Group
/// photographs are framed on the one face first.
fn enrol(
    folder: &Path,
    photos: &Path,
    faces: Faces,
    stamp: Stamp,
) -> Result<(Store, DemoCity), Failure> {
    let portraits = folder.join("portraits");
    std::fs::create_dir(&portraits).map_err(|e| Failure::new(Exit::Io, e))?;
    let mut roster = String::from("elder,name,sex,birth,eligible,home_care,consent,photos\n");
    for m in &ROSTER {
        let frame = portrait(&m.photo.scene(photos))?;
        let file = portraits.join(format!("{}.png", m.id));
        image::save_buffer(
            &file,
            frame.rgb(),
            frame.width(),
            frame.height(),
            image::ExtendedColorType::Rgb8,
        )
        .map_err(|e| Failure::new(Exit::Io, e))?;
        roster += &format!(
            "{},{},{},{},{},{},store;transmit,{}.png\n",
            m.id, m.name, m.sex, m.birth, m.eligible, m.home_care, m.id
        );
    }
    let csv = folder.join("roster.csv");
    std::fs::write(&csv, roster).map_err(|e| Failure::new(Exit::Io, e))?;
    let mut store = Store::init(&folder.join("state"), "demo-box", stamp)?;
    let city = DemoCity::found(folder, stamp.at, &store)?;
    city.gallery(&mut store, &csv, &portraits, faces)?;
    Ok((store, city))
}

fn assemble(
    rule_book: &Path,
    store: Store,
    analyser: Analyser,
    stamp: Stamp,
) -> Result<(CheckIn, Writer), Failure> {
    let example = Path::new("config/canteend.toml");
    let config = Config::parse(crate::config::EXAMPLE, example)?;
    let book = rules::load(rule_book)?;
    let (gallery, elders) = load::gallery(&store, analyser.model())?;
    let gallery =
        calibrated(gallery, Target::default(), config.visit.thresholds.accept, &mut |_, _| {});
    let as_of = service_date(stamp.at);
    let writer = Writer::new(store, elders, as_of, book, config.hours);
    Ok((CheckIn::new(analyser, gallery, config.visit), writer))
}

/// Plays one walk-up and prints its row.
fn play(
    appearance: &Appearance,
    photos: &Path,
    start: Timestamp,
    checkin: &mut CheckIn,
    writer: &mut Writer,
    counts: &mut Counts,
) -> Result<(), Failure> {
    let rate = Rate::new(FPS).expect("a rate in range");
    let mut source = WalkUps::new(vec![appearance.scene(photos)], rate);
    let mut row = None;
    let mut closer = None;
    while let Some(frame) = source.next()? {
        let stamp = Stamp { at: start + frame.taken, clock: ClockTrust::Trusted };
        for step in checkin.frame(&frame, writer.serving(stamp).ok())? {
            match step {
                Step::Prompt(prompt @ crate::domain::visit::Prompt::Mend(_)) => {
                    closer.get_or_insert((stamp, screen(words().prompt(prompt))));
                }
                Step::Prompt(_) => {}
                Step::Settle(outcome) => {
                    let shown = writer.settle(stamp, &outcome)?;
                    row.get_or_insert((stamp, shown));
                }
            }
        }
    }
    match (row, closer) {
        (Some((stamp, shown)), _) => {
            let (screen, ledger) = counts.settled(&shown);
            print(stamp, appearance.who, &screen, &ledger)
        }
        (None, Some((stamp, advice))) => {
            counts.turned_to += 1;
            print(stamp, appearance.who, &advice, "nothing: no meal")
        }
        (None, None) => Err(Failure::new(Exit::Software, "a walk-up was not seen at all")),
    }
}

impl Counts {
    /// What the screen says and what the ledger holds.
    fn settled(&mut self, shown: &Shown) -> (String, String) {
        match shown {
            Shown::Served { entry, address, award } => {
                self.meals += 1;
                self.paid += award.total().get();
                let ledger = format!("#{entry} meal {}, {} yuan", award.band, award.total());
                (screen(words().served(address, award.total())), ledger)
            }
            Shown::Welcome { entry, address, reason } => {
                self.visits += 1;
                let ledger = format!("#{entry} visit, 0 yuan, {}", reason.code());
                (screen(words().welcome(address, *reason)), ledger)
            }
            Shown::Again { address } => {
                self.again += 1;
                (screen(words().again(address.as_deref())), "nothing: same visit".to_owned())
            }
            Shown::AskStaff { entry, doubts, .. } => {
                self.staff += 1;
                let codes: Vec<_> = doubts.iter().map(|d| d.code()).collect();
                (screen(words().ask_staff()), format!("#{entry} review, {}", codes.join(" ")))
            }
            Shown::Closed(next) => (screen(words().closed(*next)), "nothing: closed".to_owned()),
        }
    }
}

/// The page's texts, in the language of the canteen.
fn words() -> &'static dyn Say {
    words::of(Language::Zh)
}

/// What an elder reads and hears.
fn screen(lines: Lines) -> String {
    lines.speech.unwrap_or(lines.title)
}

fn heading() -> Result<(), Failure> {
    say(format_args!(
        "{}  {}  {}  {}",
        pad("time", 5),
        pad("who walks up", 44),
        pad("the elder's screen", 50),
        "the ledger"
    ))
}

fn print(stamp: Stamp, who: &str, screen: &str, ledger: &str) -> Result<(), Failure> {
    let time = local(stamp.at).1;
    say(format_args!(
        "{:02}:{:02}  {}  {}  {}",
        time.hour(),
        time.minute(),
        pad(who, 44),
        pad(screen, 50),
        ledger
    ))
}

/// Pads to a number of terminal columns; Chinese characters take two.
fn pad(text: &str, columns: usize) -> String {
    let wide = |c: char| matches!(c, '\u{2E80}'..='\u{FFEF}');
    let taken: usize = text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum();
    text.to_owned() + &" ".repeat(columns.saturating_sub(taken))
}

//! `canteend refcity …`: the reference city, for engineers of the other side.

use super::upload::{CITY_KEYS_FILE, RECEIPT_SUFFIX, batches_in, read_bounded, write_whole};
use super::{block_on, say, say_json};
use crate::city::wire::batch::BATCH_ENVELOPE_BYTES_MAX;
use crate::city::wire::page::{CARDS_MAX, ElderRow, PHOTOS_MAX, Span};
use crate::city::wire::text::{self, DeviceId};
use crate::clock::SystemClock;
use crate::daemon::gallery_job::ImportError;
use crate::daemon::roster::{self, BadLine, Line};
use crate::domain::calendar::Interval;
use crate::domain::elder::Sex;
use crate::error::{Exit, Failure};
use crate::record::card::CardKey;
use crate::refcity::{Change, City, serve};
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Most bytes of a photograph.
const PHOTO_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Answer boxes over HTTP, and show a page with what has come in
    Serve(Serve),
    /// Print an enrolment code for a device
    Code(Code),
    /// Put a new key in the place of the city's own; boxes follow at their next round
    RotateKey(Folder),
    /// Take a roster with photographs into the city's gallery
    Seed(Seed),
    /// Take batches from a stick, and put the receipts beside them
    Take(Take),
    /// Print devices, duplicates, alarms and settlement as JSON
    Report(Folder),
}

/// Which city.
#[derive(Debug, Args)]
pub(super) struct Folder {
    /// Folder of the city's key and database; made where it is missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Folder {
    fn open(&self) -> Result<City, Failure> {
        Ok(City::open(&self.data, Arc::new(SystemClock::default()))?)
    }
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// Address to listen on; TLS is a proxy's task
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8460")]
    listen: SocketAddr,
    /// Let so many of a hundred connections and requests go wrong
    #[arg(long, value_name = "PERCENT", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    mischief: u8,
    /// Which connections and requests go wrong
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct Code {
    #[command(flatten)]
    folder: Folder,
    /// Device id
    #[arg(long, value_name = "ID")]
    device: String,
}

#[derive(Debug, Args)]
pub(super) struct Seed {
    #[command(flatten)]
    folder: Folder,
    /// Roster, as `canteend gallery import` takes it
    #[arg(value_name = "CSV")]
    roster: PathBuf,
    /// Folder of the photographs
    #[arg(long, value_name = "DIR")]
    photos: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Take {
    #[command(flatten)]
    folder: Folder,
    /// Folder on the stick
    #[arg(value_name = "DIR")]
    stick: PathBuf,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => listen(&options),
        Command::Code(options) => code(&options),
        Command::RotateKey(folder) => rotate_key(&folder),
        Command::Seed(options) => seed(&options),
        Command::Take(options) => take(&options),
        Command::Report(folder) => say_json(&folder.open()?.report()?),
    }
}

fn listen(options: &Serve) -> Result<(), Failure> {
    let city = Arc::new(options.folder.open()?);
    city.mischief.draw_lots(options.mischief, options.seed);
    let fails = |e| Failure::new(Exit::Unavailable, format!("{}: {e}", options.listen));
    block_on(async {
        let listener = TcpListener::bind(options.listen).await.map_err(fails)?;
        let address = listener.local_addr().map_err(fails)?;
        say(format_args!("http://{address}/  key {}", city.public_key().fingerprint()))?;
        let stop = async {
            // Where signals cannot be had, only the end of the process stops the server.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        serve(city, listener, stop).await.map_err(fails)
    })?
}

fn code(options: &Code) -> Result<(), Failure> {
    let device = DeviceId::new(&options.device).map_err(|e| Failure::new(Exit::Usage, e))?;
    say(options.folder.open()?.make_code(&device)?)
}

fn rotate_key(folder: &Folder) -> Result<(), Failure> {
    let key = folder.open()?.rotate_key()?;
    say("the city signs with a new key; enrolment codes that were printed before are void")?;
    say(format_args!("the city  {}", key.fingerprint()))
}

fn seed(options: &Seed) -> Result<(), Failure> {
    let city = options.folder.open()?;
    let (changes, bad) = changes(&city, &options.roster, &options.photos)?;
    bad.iter().try_for_each(say)?;
    let generation = city.change(&changes)?;
    say(format_args!("gallery {generation}: {} elders, {} bad lines", changes.len(), bad.len()))
}

/// What a roster with photographs changes in the city's gallery, and the lines that are bad.
pub(super) fn changes(
    city: &City,
    roster: &Path,
    photos: &Path,
) -> Result<(Vec<Change>, Vec<BadLine>), Failure> {
    let (lines, bad) = roster::read(roster).map_err(ImportError::from)?;
    let card_key = city.card_key()?;
    let rows = lines.iter().map(|line| row(line, photos, &card_key).map(Change::Upsert));
    Ok((rows.collect::<Result<_, _>>()?, bad))
}

/// A line of the roster as a row of a gallery page.
fn row(line: &Line, photos: &Path, card_key: &CardKey) -> Result<ElderRow, Failure> {
    let elder = &line.elder;
    let names = line.photos.iter().filter(|_| elder.consent.store_face).take(PHOTOS_MAX);
    let photo =
        |name: &String| Ok(text::to_base64(&read_bounded(&photos.join(name), PHOTO_BYTES_MAX)?));
    let card = |said: &String| card_key.digest(said).map(|digest| text::to_base64(&digest));
    let cards = |said: &Vec<String>| said.iter().filter_map(card).take(CARDS_MAX).collect();
    Ok(ElderRow {
        elder: elder.id.to_string(),
        name: elder.name.clone(),
        id_last4: None,
        birth: elder.birth.to_string(),
        sex: match elder.sex {
            Sex::Female => "F".to_owned(),
            Sex::Male => "M".to_owned(),
        },
        eligible: elder.eligible.iter().map(span).collect(),
        home_care: elder.home_care.iter().map(span).collect(),
        consent: elder.consent.store_face.then(|| format!("c_{}", elder.id)),
        photos: names.map(photo).collect::<Result<_, Failure>>()?,
        templates: Vec::new(),
        cards: line.cards.as_ref().map(cards),
    })
}

fn span(interval: &Interval) -> Span {
    Span { from: interval.from().to_string(), to: interval.to().map(|day| day.to_string()) }
}

fn take(options: &Take) -> Result<(), Failure> {
    let city = options.folder.open()?;
    let batches = batches_in(&options.stick)?;
    for path in &batches {
        let envelope = read_bounded(path, BATCH_ENVELOPE_BYTES_MAX)?;
        let receipt = city.take_carried(&envelope).map_err(|code| {
            let text = format!("{}: refused: {}", path.display(), code.code());
            Failure::new(Exit::Data, text)
        })?;
        let name = path.to_string_lossy().replace(".batch.json", RECEIPT_SUFFIX);
        write_whole(Path::new(&name), &receipt)?;
    }
    let said = city.last_statements()?;
    if !said.statements.is_empty() {
        let text = serde_json::to_vec(&said).map_err(|e| Failure::new(Exit::Data, e))?;
        write_whole(&options.stick.join(CITY_KEYS_FILE), &text)?;
    }
    say(format_args!("{} batches taken; the receipts stand beside them", batches.len()))
}

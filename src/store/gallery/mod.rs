//! The gallery at rest: elders and templates, sealed; replaced whole or not at all.
//!
//! 1. A replacement is written, read back and opened, and then committed together with its ledger
//!    entry. Until then the old gallery stands.
//! 2. Each replacement makes new keys for everybody; the number of the gallery is their version.
//!    Elders who are not in it any more are gone, with their keys.
//! 3. [`Store::forget_face`] destroys one elder's face key; card, staff and subsidy go on.
//! 4. After either, deleted pages are overwritten and the log is emptied.
//! 5. The city's gallery comes in pages, which are gathered beside the one in force (`staging`).

mod adopting;
mod rows;
mod staging;

pub use staging::{CityGallery, Leaver, LeaverWhy, PageRows, Staged};

use super::commit::DiskFull;
use super::db::sqlite_exit;
use super::ledger::{self, Appended, LedgerError};
use super::vault::{Vault, VaultError};
use super::{Store, cards, identity};
use crate::domain::calendar::{Date, service_date};
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::{ClockTrust, Event, GalleryChange, Stamp};
use crate::domain::gallery::TEMPLATES_PER_ELDER_MAX;
use crate::domain::template::{ModelId, Template};
use crate::error::{Exit, Sysexit};
use rows::Tables;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::collections::BTreeSet;

/// Most elders in a gallery.
pub const ELDERS_MAX: usize = 100_000;

/// An elder and the templates of their face.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolled {
    /// Who.
    pub elder: Elder,
    /// Their templates, all of one model; none without consent or without photographs.
    pub templates: Vec<Template>,
}

/// A gallery that has taken the old one's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// What the ledger says of it.
    pub change: GalleryChange,
    /// The ledger's entry.
    pub appended: Appended,
    /// Whether the old gallery's bytes are wiped already. A reader that holds the file open delays
    /// that until the next replacement.
    pub wiped: bool,
}

/// Why the gallery was refused or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// More than [`ELDERS_MAX`] elders.
    #[error("the roster has {0} elders; at most {ELDERS_MAX} are allowed")]
    TooMany(usize),
    /// An elder stands in the roster twice.
    #[error("an elder stands in the roster twice")]
    Twice(ElderId),
    /// Name, intervals or number of templates out of bounds.
    #[error("an elder's name, number of intervals or number of templates is out of bounds")]
    Bounds(ElderId),
    /// Templates of an elder who has not agreed to them.
    #[error("an elder has not agreed to a template of the face being kept")]
    NoConsent(ElderId),
    /// Templates of another model.
    #[error("an elder has a template of another model; enrol anew with the model in use")]
    OtherModel(ElderId),
    /// No such elder.
    #[error("this elder is not in the gallery")]
    Unknown(ElderId),
    /// A page of the city's gallery that does not follow the last one.
    #[error(
        "the city's gallery {found} is older than {known}, which the box has; it stays as it was. If \
         the city was set back on purpose: `canteend gallery sync --from-nothing`"
    )]
    Older {
        /// Generation on the page.
        found: u64,
        /// Generation that is in force or being gathered.
        known: u64,
    },
    /// The city reads cards by another key than before.
    #[error(
        "the city's card key is another one than before, and the whole gallery did not come with it"
    )]
    CardKey,
    /// A row that is not as it was written.
    #[error("the gallery's table \"{table}\" is damaged; import the roster again")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// Which row; it bears an elder's id.
        row: String,
    },
    /// The face is forgotten, but its old bytes still stand in the log.
    #[error("the face is forgotten, but a reader keeps old pages; stop it and run this again")]
    NotWiped,
    /// Sealing failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger's entry was refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// SQLite failed; the old gallery stands.
    #[error("the gallery's tables: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl DiskFull for GalleryError {
    fn disk_full(&self) -> bool {
        match self {
            Self::Sqlite(e) => e.disk_full(),
            Self::Ledger(e) => e.disk_full(),
            _ => false,
        }
    }
}

impl Sysexit for GalleryError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotWiped => Exit::Unavailable,
            Self::Vault(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Sqlite(e) => sqlite_exit(e),
            _ => Exit::Data,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Twice(elder)
            | Self::Bounds(elder)
            | Self::NoConsent(elder)
            | Self::OtherModel(elder)
            | Self::Unknown(elder) => Some(elder.as_str()),
            Self::Damaged { row, .. } => Some(row),
            Self::Vault(e) => e.whom(),
            Self::Ledger(e) => e.whom(),
            Self::TooMany(_)
            | Self::Older { .. }
            | Self::CardKey
            | Self::NotWiped
            | Self::Sqlite(_) => None,
        }
    }
}

impl Store {
    /// Puts `roster` in the place of the gallery, and says so in the ledger. `model` is the
    /// embedding model of all its templates.
    ///
    /// # Errors
    /// [`GalleryError`] says what is wrong with the roster; the old gallery stands.
    pub fn replace_gallery(
        &mut self,
        stamp: Stamp,
        model: ModelId,
        roster: &[Enrolled],
    ) -> Result<Replaced, GalleryError> {
        self.replace_gallery_and_cards(stamp, model, roster, &[])
    }

    /// The same, and gives elders the cards stated, in the place of those that they had; a card
    /// that another elder had changes hands. Texts that are no cards, and those of an elder beyond
    /// [`CARDS_PER_ELDER_MAX`](super::CARDS_PER_ELDER_MAX), are left out.
    ///
    /// # Errors
    /// As [`Store::replace_gallery`].
    pub fn replace_gallery_and_cards(
        &mut self,
        stamp: Stamp,
        model: ModelId,
        roster: &[Enrolled],
        stated: &[(ElderId, Vec<String>)],
    ) -> Result<Replaced, GalleryError> {
        check(model, roster)?;
        self.room()?;
        let (change, appended) = self.commit(|tx, vault| {
            let generation = generation(tx)? + 1;
            tx.execute("DELETE FROM elder", [])?;
            for enrolled in roster {
                rows::insert(tx, vault, Tables::InForce, generation, enrolled)?;
            }
            rows::verify(tx, vault, Tables::InForce, roster)?;
            // A roster that is imported by hand states each consent anew.
            tx.execute("DELETE FROM forgotten WHERE elder IN (SELECT elder FROM template)", [])?;
            cards::give(tx, vault, stated)?;
            cards::drop_strangers(tx)?;
            // What stands now is not the city's; the next sync begins from nothing.
            staging::forget_city(tx)?;
            let change = change(tx, generation, model, stamp)?;
            let event = Event::Gallery(change.clone());
            Ok::<_, GalleryError>((change, ledger::append(tx, &vault.salt()?, stamp, &event)?))
        })?;
        let wiped = wipe(&self.conn)?;
        Ok(Replaced { change, appended, wiped })
    }

    /// The gallery as it stands, in order of elder id; empty where none was ever put in.
    ///
    /// # Errors
    /// [`GalleryError::Damaged`] or [`VaultError::Sealed`] name the row.
    pub fn load_gallery(&self) -> Result<Vec<Enrolled>, GalleryError> {
        let mut gallery = vec![];
        self.load_each(|enrolled| {
            gallery.push(enrolled);
            Ok::<_, GalleryError>(())
        })?;
        Ok(gallery)
    }

    /// The same, handed over one elder at a time. What was handed over is the gallery only where this
    /// ends without an error.
    ///
    /// # Errors
    /// As [`Store::load_gallery`], and whatever `each` answers with.
    pub fn load_each<E: From<GalleryError>>(
        &self,
        mut each: impl FnMut(Enrolled) -> Result<(), E>,
    ) -> Result<(), E> {
        let stands = current(&self.conn).map_err(GalleryError::from)?;
        let (mut elders, mut templates) = (0, 0);
        rows::load_each(&self.conn, &self.vault, |enrolled| {
            elders += 1;
            templates += enrolled.templates.len();
            each(enrolled)
        })?;
        let told = stands.map_or((0, 0), |g| (g.elders as usize, g.templates as usize));
        if told != (elders, templates) {
            let row = format!("{elders} elders with {templates} templates");
            return Err(GalleryError::Damaged { table: "gallery", row }.into());
        }
        Ok(())
    }

    /// Forgets the face of `elder` for good: templates and face key go, the consent is marked as
    /// withdrawn, and the ledger says that the gallery changed. For a face that is forgotten
    /// already, only the wiping is done again, and the answer is `None`.
    ///
    /// The city's gallery does not bring it back, until the city itself has withdrawn the consent.
    ///
    /// What the disk itself keeps of overwritten blocks is out of reach; there the missing key
    /// counts.
    ///
    /// # Errors
    /// [`GalleryError::Unknown`]; [`GalleryError::NotWiped`] where the face is forgotten but
    /// another process kept the old pages from being emptied.
    pub fn forget_face(
        &mut self,
        stamp: Stamp,
        elder: &ElderId,
    ) -> Result<Option<Appended>, GalleryError> {
        let appended = self.commit_entries(|tx, vault| {
            let forgot = rows::forget(tx, vault, Tables::InForce, elder)?;
            // A page that waits for the rest of its gallery may hold the same face.
            match rows::forget(tx, vault, Tables::Staged, elder) {
                Err(GalleryError::Unknown(_)) => {}
                gathered => drop(gathered?),
            }
            tx.execute("INSERT OR IGNORE INTO forgotten VALUES (?1)", [elder.as_str()])?;
            if !forgot {
                return Ok::<_, GalleryError>(None);
            }
            let templates = count(tx, "SELECT count(*) FROM template")?;
            let change = current(tx)?.map(|old| GalleryChange {
                generation: old.generation + 1,
                templates,
                ..old
            });
            let change = change.ok_or_else(|| GalleryError::Unknown(elder.clone()))?;
            let event = Event::Gallery(change);
            Ok(Some(ledger::append(tx, &vault.salt()?, stamp, &event)?))
        })?;
        if wipe(&self.conn)? { Ok(appended) } else { Err(GalleryError::NotWiped) }
    }
}

/// Forgets every face, and marks everybody's consent as withdrawn.
pub(super) fn forget_all(tx: &Transaction<'_>, vault: &Vault) -> Result<(), GalleryError> {
    for elder in rows::load_elders(tx, vault)? {
        rows::forget(tx, vault, Tables::InForce, &elder.id)?;
    }
    Ok(())
}

/// The elders of the gallery as of one moment, while another process may be replacing it.
pub(super) fn elders(conn: &Connection, vault: &Vault) -> Result<Vec<Elder>, GalleryError> {
    let moment = conn.unchecked_transaction()?;
    rows::load_elders(&moment, vault)
}

fn check(model: ModelId, roster: &[Enrolled]) -> Result<(), GalleryError> {
    if roster.len() > ELDERS_MAX {
        return Err(GalleryError::TooMany(roster.len()));
    }
    let mut seen = BTreeSet::new();
    for Enrolled { elder, templates } in roster {
        let id = || elder.id.clone();
        if !seen.insert(&elder.id) {
            return Err(GalleryError::Twice(id()));
        }
        if !identity::fits(elder) || templates.len() > TEMPLATES_PER_ELDER_MAX {
            return Err(GalleryError::Bounds(id()));
        }
        if !templates.is_empty() && !elder.consent.store_face {
            return Err(GalleryError::NoConsent(id()));
        }
        if templates.iter().any(|t| t.model() != model) {
            return Err(GalleryError::OtherModel(id()));
        }
    }
    Ok(())
}

/// The gallery in force, as the ledger's tables have it.
pub(super) fn current(conn: &Connection) -> rusqlite::Result<Option<GalleryChange>> {
    conn.query_row("SELECT generation, elders, templates, model, as_of FROM gallery", [], |row| {
        Ok(GalleryChange {
            generation: row.get::<_, i64>(0)?.unsigned_abs(),
            elders: row.get(1)?,
            templates: row.get(2)?,
            model: row.get(3)?,
            as_of: row.get::<_, String>(4)?.parse().map_err(|e| {
                rusqlite::Error::FromSqlConversionFailure(4, Type::Text, Box::new(e))
            })?,
        })
    })
    .optional()
}

/// What the ledger is to say of the tables as they are now.
fn change(
    conn: &Connection,
    generation: i64,
    model: ModelId,
    stamp: Stamp,
) -> rusqlite::Result<GalleryChange> {
    Ok(GalleryChange {
        generation: generation.unsigned_abs(),
        elders: count(conn, "SELECT count(*) FROM elder")?,
        templates: count(conn, "SELECT count(*) FROM template")?,
        model: model.0,
        as_of: as_of(conn, stamp)?,
    })
}

/// The day of the eligibility data. A clock that is not believed does not make it fresher: it is as
/// old as what it replaces, or where that is nothing, as the clock says.
fn as_of(conn: &Connection, stamp: Stamp) -> rusqlite::Result<Date> {
    let shown = service_date(stamp.at);
    Ok(match stamp.clock {
        ClockTrust::Trusted => shown,
        ClockTrust::Untrusted => current(conn)?.map_or(shown, |old| old.as_of),
    })
}

fn generation(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT coalesce(max(generation), 0) FROM gallery", [], |row| row.get(0))
}

fn count(conn: &Connection, sql: &str) -> rusqlite::Result<u32> {
    conn.query_row(sql, [], |row| row.get(0))
}

/// Moves everything out of the log and empties it; deleted content was overwritten when it was
/// deleted. False where another connection keeps old pages.
fn wipe(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0).map(|busy| busy == 0)
    })
}

//! The city's gallery on its way into force: gathered page by page, then put in place in one step.
//!
//! 1. Pages are gathered in tables of their own, sealed. However they break off, the gallery in
//!    force stands, and the next attempt goes on after the last page that was stored.
//! 2. They take effect together, in one transaction with the ledger's entry and the new cursor.
//! 3. A page of an older generation than the one in force, or than the page before, is refused.
//! 4. A withdrawn consent takes the face and its key, and so does a death or a move, which is a notice
//!    as well; the elder stays known, with all that the same pages say of them. Whoever is not on a
//!    gallery that was read from nothing is gone with their keys; a row that does not hold is still one.
//! 5. A row with consent that says nothing of a face leaves the face that the box has.
//! 6. A face that was forgotten on the box does not come back with a page, until the city itself has
//!    said that the consent was withdrawn; a consent after that is a new one.

use super::rows::{self, Tables};
use super::{ELDERS_MAX, Enrolled, GalleryError, Store, check, count, generation};
use crate::domain::calendar::Date;
use crate::domain::elder::{ElderId, NoticeWhy};
use crate::domain::template::{ModelId, Template};
use crate::record::card::{CardDigest, CardKey};
use crate::store::vault::Vault;
use crate::store::{cards, left_out};
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::borrow::Cow;

/// The city's gallery that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityGallery {
    /// The city's number of it.
    pub generation: u64,
    /// Changes are asked for after this.
    pub cursor: String,
}

/// Pages that were gathered and are not in force yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The city's number on the last page.
    pub generation: u64,
    /// The next page is asked for after this.
    pub cursor: String,
    /// How many pages.
    pub pages: u32,
    /// Whether they began from nothing, and not from the gallery in force.
    pub whole: bool,
}

/// Why an elder is taken out of the city's gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaverWhy {
    /// Consent to keep the face was withdrawn; everything else goes on.
    Withdrawn,
    /// A notice that ends the entitlement, and the keeping of the face; the elder stays known.
    Notice(NoticeWhy),
}

impl LeaverWhy {
    pub(super) const ALL: [LeaverWhy; 3] =
        [Self::Withdrawn, Self::Notice(NoticeWhy::Deceased), Self::Notice(NoticeWhy::Moved)];

    /// The code in table `staged_leaver`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Notice(NoticeWhy::Deceased) => "deceased",
            Self::Notice(NoticeWhy::Moved) => "moved",
        }
    }
}

/// An elder who is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaver {
    /// Who.
    pub elder: ElderId,
    /// Why.
    pub why: LeaverWhy,
    /// First day on which it holds.
    pub since: Date,
}

/// What a page of the city's gallery amounts to.
#[derive(Clone, Debug, Default)]
pub struct PageRows {
    /// The city's number of the gallery that the pages lead to.
    pub generation: u64,
    /// Where the next page starts.
    pub next: String,
    /// Elders as they are now.
    pub arrivals: Vec<Enrolled>,
    /// Those of them with consent of whose face nothing is said: the box keeps the one it has.
    pub silent: Vec<ElderId>,
    /// Elders who are taken out.
    pub leavers: Vec<Leaver>,
    /// Cards of those elders of whom they are stated.
    pub cards: Vec<(ElderId, Vec<CardDigest>)>,
    /// The key under which those are digests.
    pub card_key: Option<CardKey>,
    /// Ids that stand in rows that do not hold; those elders stay as they are.
    pub bad: Vec<String>,
}

impl Store {
    /// The city's gallery that is in force; none where the gallery came from elsewhere.
    ///
    /// # Errors
    /// [`GalleryError::Sqlite`].
    pub fn city_gallery(&self) -> Result<Option<CityGallery>, GalleryError> {
        Ok(in_force(&self.conn)?)
    }

    /// The pages that were gathered with templates of `model`; none where there are none, or
    /// another model made them.
    ///
    /// # Errors
    /// [`GalleryError::Sqlite`].
    pub fn staged(&self, model: ModelId) -> Result<Option<Staged>, GalleryError> {
        Ok(staged(&self.conn)?.filter(|(_, made_by)| *made_by == model).map(|(staged, _)| staged))
    }

    /// Gathers a page. `after` says what it follows: nothing, the gallery in force or the page
    /// before. The first page of an attempt drops what an earlier one left, unless it goes on.
    ///
    /// # Errors
    /// [`GalleryError::Older`], [`GalleryError::CardKey`]; otherwise what is wrong with a row. What was gathered before stays.
    pub fn stage(
        &mut self,
        model: ModelId,
        after: &str,
        page: &PageRows,
    ) -> Result<Staged, GalleryError> {
        check(model, &page.arrivals)?;
        self.commit(|tx, vault| gather(tx, vault, model, after, page))
    }

    /// Forgets how far the box has got with the city's gallery, and which generation it has: the
    /// next sync begins from nothing and takes whatever the city has then. Elders stay until it has
    /// come to its end.
    ///
    /// # Errors
    /// [`GalleryError::Sqlite`].
    pub fn forget_city_gallery(&mut self) -> Result<(), GalleryError> {
        self.commit(|tx, _| Ok(forget_city(tx)?))
    }
}

/// Adds a page to what is gathered.
fn gather(
    tx: &Transaction<'_>,
    vault: &Vault,
    model: ModelId,
    after: &str,
    page: &PageRows,
) -> Result<Staged, GalleryError> {
    let in_force = in_force(tx)?;
    let before = staged(tx)?.filter(|(s, made_by)| *made_by == model && s.cursor == after);
    let before = before.map(|(staged, _)| staged);
    if before.is_none() {
        drop_staged(tx)?;
    }
    let known = in_force.map_or(0, |g| g.generation);
    let known = before.as_ref().map_or(known, |s| s.generation.max(known));
    if page.generation < known {
        return Err(GalleryError::Older { found: page.generation, known });
    }
    let whole = before.as_ref().map_or(after.is_empty(), |s| s.whole);
    if let Some(key) = &page.card_key {
        cards::stage_key(tx, vault, key, whole)?;
    }
    let version = generation(tx)? + 1;
    for enrolled in &page.arrivals {
        let id = &enrolled.elder.id;
        let enrolled = match page.silent.contains(id) {
            false => Cow::Borrowed(enrolled),
            true => {
                let templates = known_face(tx, vault, model, id)?;
                Cow::Owned(Enrolled { elder: enrolled.elder.clone(), templates })
            }
        };
        unstage(tx, id)?;
        rows::insert(tx, vault, Tables::Staged, version, &enrolled)?;
        rows::verify(tx, vault, Tables::Staged, std::slice::from_ref(&*enrolled))?;
    }
    for elder in page.bad.iter().filter_map(|id| ElderId::new(id).ok()) {
        tx.prepare_cached("INSERT OR IGNORE INTO staged_kept VALUES (?1)")?
            .execute([elder.as_str()])?;
    }
    for (elder, digests) in &page.cards {
        cards::stage(tx, vault, elder, digests)?;
    }
    for Leaver { elder, why, since } in &page.leavers {
        if *why == LeaverWhy::Withdrawn {
            tx.execute("DELETE FROM forgotten WHERE elder = ?1", [elder.as_str()])?;
        }
        tx.prepare_cached("INSERT OR REPLACE INTO staged_leaver VALUES (?1, ?2, ?3)")?
            .execute((elder.as_str(), why.code(), since.to_string()))?;
    }
    if before.is_none() && whole {
        left_out::forget(tx)?;
    }
    left_out::note(tx, vault, page)?;
    let gathered = count(
        tx,
        "SELECT (SELECT count(*) FROM staged_elder) + (SELECT count(*) FROM staged_leaver)
            + (SELECT count(*) FROM left_out)",
    )?;
    if gathered as usize > 2 * ELDERS_MAX {
        return Err(GalleryError::TooMany(gathered as usize));
    }
    let now = Staged {
        generation: page.generation,
        cursor: page.next.clone(),
        pages: before.as_ref().map_or(0, |s| s.pages).saturating_add(1),
        whole,
    };
    tx.execute(
        "INSERT OR REPLACE INTO staged_pages VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        (now.generation as i64, &now.cursor, now.pages, now.whole, model.0),
    )?;
    Ok(now)
}

/// Forgets whatever came from the city: the next sync begins from nothing.
pub(in crate::store) fn forget_city(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM city_gallery", [])?;
    left_out::forget(tx)?;
    drop_staged(tx)
}

pub(super) fn drop_staged(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    // Keys, templates and cards go with their elder.
    let tables =
        ["staged_elder", "staged_leaver", "staged_kept", "staged_card_key", "staged_pages"];
    for table in tables {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

/// The face that the box has of an elder: an earlier page's, else the one in force. None where the
/// same pages take the elder out: a consent after that is a new one.
fn known_face(
    tx: &Transaction<'_>,
    vault: &Vault,
    model: ModelId,
    elder: &ElderId,
) -> Result<Vec<Template>, GalleryError> {
    let mut taken_out = tx.prepare_cached("SELECT 1 FROM staged_leaver WHERE elder = ?1")?;
    if taken_out.exists([elder.as_str()])? {
        return Ok(Vec::new());
    }
    for tables in [Tables::Staged, Tables::InForce] {
        let mut known = rows::load_templates(tx, vault, tables, elder.as_str())?;
        known.retain(|template| template.model() == model);
        if !known.is_empty() {
            return Ok(known);
        }
    }
    Ok(Vec::new())
}

/// What an earlier page said of an elder counts no more.
fn unstage(tx: &Transaction<'_>, elder: &ElderId) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM staged_elder WHERE id = ?1")?.execute([elder.as_str()])?;
    tx.prepare_cached("DELETE FROM staged_leaver WHERE elder = ?1")?.execute([elder.as_str()])?;
    Ok(())
}

fn in_force(conn: &Connection) -> rusqlite::Result<Option<CityGallery>> {
    conn.query_row("SELECT generation, cursor FROM city_gallery", [], |row| {
        let generation = row.get::<_, i64>(0)?.unsigned_abs();
        Ok(CityGallery { generation, cursor: row.get(1)? })
    })
    .optional()
}

pub(super) fn staged(conn: &Connection) -> rusqlite::Result<Option<(Staged, ModelId)>> {
    let sql = "SELECT generation, cursor, pages, whole, model FROM staged_pages";
    conn.query_row(sql, [], |row| {
        let staged = Staged {
            generation: row.get::<_, i64>(0)?.unsigned_abs(),
            cursor: row.get(1)?,
            pages: row.get(2)?,
            whole: row.get(3)?,
        };
        Ok((staged, ModelId(row.get(4)?)))
    })
    .optional()
}

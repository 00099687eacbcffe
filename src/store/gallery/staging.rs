//! The city's gallery on its way into force: gathered page by page, then put in place in one step.
//!
//! 1. Pages are gathered in tables of their own, sealed. However they break off, the gallery in
//!    force stands, and the next attempt goes on after the last page that was stored.
//! 2. They take effect together, in one transaction with the ledger's entry and the new cursor.
//! 3. A page of an older generation than the one in force, or than the page before, is refused.
//! 4. A withdrawn consent takes the face and its key, and so does a death or a move, which is a notice
//!    as well; the elder stays known, with all that the same pages say of them. Whoever is not on a
//!    gallery that was read from nothing is gone with their keys; a row that does not hold is still one.
//! 5. A face that was forgotten on the box does not come back with a page, until the city itself has
//!    said that the consent was withdrawn; a consent after that is a new one.

use super::rows::{self, Tables};
use super::{
    ELDERS_MAX, Enrolled, GalleryError, Replaced, Store, change, check, count, current, generation,
    wipe,
};
use crate::domain::calendar::Date;
use crate::domain::elder::{ElderId, Notice, NoticeWhy};
use crate::domain::entry::{Event, GalleryChange, Stamp};
use crate::domain::template::ModelId;
use crate::record::card::{CardDigest, CardKey};
use crate::store::ledger::Appended;
use crate::store::vault::Vault;
use crate::store::{cards, ledger, left_out};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Transaction};

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
    const ALL: [LeaverWhy; 3] =
        [Self::Withdrawn, Self::Notice(NoticeWhy::Deceased), Self::Notice(NoticeWhy::Moved)];

    /// The code in table `staged_leaver`.
    fn code(self) -> &'static str {
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

    /// Puts the gathered pages into force, and says so in the ledger. Where they change nothing and
    /// the ledger's gallery is of today already, only the cursor moves on, and the answer is `None`.
    ///
    /// # Errors
    /// [`GalleryError`]; the old gallery stands, and what was gathered stays. Pages that were never
    /// gathered are [`GalleryError::Damaged`].
    pub fn adopt_staged(
        &mut self,
        stamp: Stamp,
        model: ModelId,
    ) -> Result<Option<Replaced>, GalleryError> {
        let Some((change, appended)) = self.commit(|tx, vault| adopt(tx, vault, stamp, model))?
        else {
            return Ok(None);
        };
        let wiped = wipe(&self.conn)?;
        Ok(Some(Replaced { change, appended, wiped }))
    }
}

/// Puts what was gathered into force; answers with what the ledger then says of it, if that is news.
fn adopt(
    tx: &Transaction<'_>,
    vault: &Vault,
    stamp: Stamp,
    model: ModelId,
) -> Result<Option<(GalleryChange, Appended)>, GalleryError> {
    let gathered = staged(tx)?.filter(|(_, made_by)| *made_by == model);
    let (gathered, _) = gathered.ok_or_else(|| GalleryError::Damaged {
        table: "staged_pages",
        row: "of the model in use".to_owned(),
    })?;
    let moved = put_in_force(tx, vault, gathered.whole)?;
    drop_staged(tx)?;
    tx.execute(
        "INSERT OR REPLACE INTO city_gallery VALUES (1, ?1, ?2)",
        (gathered.generation as i64, &gathered.cursor),
    )?;
    let old = current(tx)?;
    let change = change(tx, generation(tx)? + 1, model, stamp)?;
    let told = |old: GalleryChange| GalleryChange { generation: change.generation, ..old };
    if !moved && old.map(told).as_ref() == Some(&change) {
        return Ok(None);
    }
    let appended = ledger::append(tx, &vault.salt()?, stamp, &Event::Gallery(change.clone()))?;
    Ok(Some((change, appended)))
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
        unstage(tx, &enrolled.elder.id)?;
        rows::insert(tx, vault, Tables::Staged, version, enrolled)?;
    }
    rows::verify(tx, vault, Tables::Staged, &page.arrivals)?;
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

/// Moves what was gathered to its place. True where anything was.
fn put_in_force(tx: &Transaction<'_>, vault: &Vault, whole: bool) -> Result<bool, GalleryError> {
    let gone = match whole {
        false => 0,
        true => tx.execute(
            "DELETE FROM elder WHERE id NOT IN (SELECT id FROM staged_elder)
             AND id NOT IN (SELECT elder FROM staged_leaver)
             AND id NOT IN (SELECT elder FROM staged_kept)",
            [],
        )?,
    };
    // Keys and templates go with their elder.
    tx.execute("DELETE FROM elder WHERE id IN (SELECT id FROM staged_elder)", [])?;
    let arrived = tx.execute("INSERT INTO elder SELECT * FROM staged_elder", [])?;
    tx.execute("INSERT INTO elder_key SELECT * FROM staged_elder_key", [])?;
    tx.execute("INSERT INTO template SELECT * FROM staged_template", [])?;
    let left = leavers(tx)?;
    for leaver in &left {
        take_out(tx, vault, leaver)?;
    }
    for elder in ids(tx, "SELECT elder FROM forgotten ORDER BY elder")? {
        forget(tx, vault, &elder)?;
    }
    let elders = count(tx, "SELECT count(*) FROM elder")? as usize;
    if elders > ELDERS_MAX {
        return Err(GalleryError::TooMany(elders));
    }
    cards::put_in_force(tx)?;
    // Each opens in its new place, before anything is committed.
    for elder in ids(tx, "SELECT id FROM staged_elder ORDER BY id")? {
        rows::load_elder(tx, vault, Tables::InForce, &elder)?;
        rows::load_templates(tx, vault, Tables::InForce, elder.as_str())?;
    }
    Ok(gone + arrived + left.len() > 0)
}

/// An elder whom the box does not know needs not be taken out.
fn take_out(tx: &Transaction<'_>, vault: &Vault, leaver: &Leaver) -> Result<(), GalleryError> {
    forget(tx, vault, &leaver.elder)?;
    let notice = match leaver.why {
        LeaverWhy::Withdrawn => return Ok(()),
        LeaverWhy::Notice(why) => Notice { why, from: leaver.since },
    };
    match rows::load_elder(tx, vault, Tables::InForce, &leaver.elder) {
        Ok((key, mut elder)) => {
            elder.notices.retain(|known| known.why != notice.why);
            elder.notices.push(notice);
            rows::update(tx, vault, Tables::InForce, &key, &elder)
        }
        Err(GalleryError::Unknown(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Destroys the face of an elder, if the box knows them.
fn forget(tx: &Transaction<'_>, vault: &Vault, elder: &ElderId) -> Result<(), GalleryError> {
    match rows::forget(tx, vault, Tables::InForce, elder) {
        Err(GalleryError::Unknown(_)) => Ok(()),
        done => done.map(drop),
    }
}

/// Forgets whatever came from the city: the next sync begins from nothing.
pub(in crate::store) fn forget_city(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM city_gallery", [])?;
    left_out::forget(tx)?;
    drop_staged(tx)
}

fn drop_staged(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    // Keys, templates and cards go with their elder.
    let tables =
        ["staged_elder", "staged_leaver", "staged_kept", "staged_card_key", "staged_pages"];
    for table in tables {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
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

fn staged(conn: &Connection) -> rusqlite::Result<Option<(Staged, ModelId)>> {
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

fn leavers(conn: &Connection) -> Result<Vec<Leaver>, GalleryError> {
    let mut stmt =
        conn.prepare_cached("SELECT elder, why, since FROM staged_leaver ORDER BY elder, why")?;
    let mut rows = stmt.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, why, since): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let damaged = || GalleryError::Damaged { table: "staged_leaver", row: id.clone() };
        let why = LeaverWhy::ALL.into_iter().find(|w| w.code() == why);
        found.push(Leaver {
            elder: ElderId::new(&id).map_err(|_| damaged())?,
            why: why.ok_or_else(damaged)?,
            since: since.parse().map_err(|_| damaged())?,
        });
    }
    Ok(found)
}

fn ids(conn: &Connection, sql: &str) -> Result<Vec<ElderId>, GalleryError> {
    let mut stmt = conn.prepare_cached(sql)?;
    let id = |text: String| {
        ElderId::new(&text)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))
    };
    let found = stmt.query_map([], |row| id(row.get(0)?))?;
    Ok(found.collect::<Result<_, _>>()?)
}

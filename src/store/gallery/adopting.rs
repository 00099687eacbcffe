//! Puts the city's pages that were gathered ([`super::staging`]) into force.

use super::rows::{self, Tables};
use super::staging::{Leaver, LeaverWhy, drop_staged, staged};
use super::{ELDERS_MAX, GalleryError, Replaced, Store, change, count, current, generation, wipe};
use crate::domain::elder::{ElderId, Notice};
use crate::domain::entry::{Event, GalleryChange, Stamp};
use crate::domain::template::ModelId;
use crate::store::ledger::Appended;
use crate::store::vault::Vault;
use crate::store::{cards, ledger};
use rusqlite::types::Type;
use rusqlite::{Connection, Transaction};

impl Store {
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

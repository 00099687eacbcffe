//! The city's elders, and pages of what has changed.
//!
//! A cursor stands for a history of changes: it has the number of the last one and the random name of
//! the generation that brought it. A city that went back to a copy does not know the name of what it
//! lost, whatever it has made under the same number since.

use super::City;
use super::db::{self, CityError};
use super::http::Refused;
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::page::{ElderRow, PAGE_ROWS_MAX, Page, Tombstone};
use crate::city::wire::text;
use crate::record::card::CardKey;
use rusqlite::{Connection, OptionalExtension as _};

/// Most bytes of elders on a page; a page with photographs ends before it has all the rows.
const PAGE_ROW_BYTES_MAX: usize = 8 << 20;

/// A change of an elder.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all changes are of the large sort")]
pub enum Change {
    /// Added, or other than before.
    Upsert(ElderRow),
    /// Taken out.
    Tombstone(Tombstone),
}

impl City {
    /// Changes elders and issues the next generation of the gallery. Gives its number.
    ///
    /// # Errors
    /// [`CityError`]; nothing has changed then.
    pub fn change(&self, changes: &[Change]) -> Result<u64, CityError> {
        let mut memory = self.memory();
        let tx = memory.conn.transaction()?;
        let (mut change, generation): (i64, i64) = tx.query_row(
            "SELECT coalesce(max(last), 0), coalesce(max(number), 0) + 1 FROM generation",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for made in changes {
            change += 1;
            let (id, row, tombstone) = match made {
                Change::Upsert(row) => (&row.elder, Some(row.clone()), None),
                Change::Tombstone(said) => (&said.elder, faceless(&tx, &said.elder)?, Some(said)),
            };
            let expected = "plain fields always become JSON";
            let row = row.map(|row| serde_json::to_string(&row).expect(expected));
            let tombstone = tombstone.map(|said| serde_json::to_string(said).expect(expected));
            tx.execute(
                "INSERT INTO elder (id, change, generation, json, tombstone)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE
                 SET change = ?2, generation = ?3, json = ?4, tombstone = ?5",
                (id, change, generation, row, tombstone),
            )?;
        }
        tx.execute(
            "INSERT INTO generation (number, last, token) VALUES (?1, ?2, ?3)",
            (generation, change, db::token()?),
        )?;
        tx.commit()?;
        Ok(generation.unsigned_abs())
    }

    /// The key that the city shares with its boxes, by which a row names cards.
    ///
    /// # Errors
    /// [`CityError::Sqlite`].
    pub fn card_key(&self) -> Result<CardKey, CityError> {
        Ok(card_key(&self.memory().conn)?)
    }

    /// The page after `cursor`, asked for with `nonce`, sealed; an empty cursor starts from nothing.
    pub(super) fn page(&self, cursor: &str, nonce: &str) -> Result<Vec<u8>, Refused> {
        let memory = self.memory();
        let own: String = memory.conn.query_row("SELECT cursor FROM city", [], |row| row.get(0))?;
        let card_key = card_key(&memory.conn)?;
        let after = after(&memory.conn, &own, cursor)?.ok_or(RefusalCode::Cursor)?;
        let mut page = Page {
            nonce: nonce.to_owned(),
            after: cursor.to_owned(),
            card_key: Some(text::to_base64(card_key.bytes())),
            generation: 0,
            next: String::new(),
            is_final: true,
            upsert: Vec::new(),
            tombstone: Vec::new(),
        };
        let generation: i64 = memory.conn.query_row(
            "SELECT coalesce(max(number), 0) FROM generation",
            [],
            |row| row.get(0),
        )?;
        page.generation = generation.unsigned_abs();
        let mut stmt = memory.conn.prepare_cached(
            "SELECT change, json, tombstone FROM elder WHERE change > ?1 ORDER BY change LIMIT ?2",
        )?;
        let mut rows = stmt.query((after, PAGE_ROWS_MAX as i64 + 1))?;
        let (mut reached, mut bytes, mut taken) = (after, 0, 0);
        while let Some(row) = rows.next()? {
            let change: i64 = row.get(0)?;
            let (json, tombstone): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            bytes += json.as_ref().map_or(0, String::len);
            if taken == PAGE_ROWS_MAX || (taken > 0 && bytes > PAGE_ROW_BYTES_MAX) {
                page.is_final = false;
                break;
            }
            let altered = |_| CityError::Altered("an elder");
            // Whoever is taken out stays known, also to a box that is set up later.
            if let Some(json) = json {
                page.upsert.push(serde_json::from_str(&json).map_err(altered)?);
            }
            if let Some(said) = tombstone {
                page.tombstone.push(serde_json::from_str(&said).map_err(altered)?);
            }
            (reached, taken) = (change, taken + 1);
        }
        page.next = next(&memory.conn, &own, reached)?.ok_or(CityError::Altered("an elder"))?;
        Ok(page.seal(&memory.key))
    }
}

/// The row of `elder` without a face: of whoever has withdrawn the consent, died or moved.
fn faceless(conn: &Connection, elder: &str) -> Result<Option<ElderRow>, CityError> {
    let json: Option<String> = conn
        .query_row("SELECT json FROM elder WHERE id = ?1", [elder], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(json) = json else { return Ok(None) };
    let row: ElderRow = serde_json::from_str(&json).map_err(|_| CityError::Altered("an elder"))?;
    Ok(Some(ElderRow { consent: None, photos: vec![], templates: vec![], ..row }))
}

fn card_key(conn: &Connection) -> rusqlite::Result<CardKey> {
    conn.query_row("SELECT card_key FROM city", [], |row| Ok(CardKey::new(row.get(0)?)))
}

/// The change that a cursor stands for, or `None` for one that this city did not issue, or issued for
/// changes that it has lost.
fn after(conn: &Connection, own: &str, cursor: &str) -> rusqlite::Result<Option<i64>> {
    if cursor.is_empty() {
        return Ok(Some(0));
    }
    let number = cursor.split('.').nth(1).and_then(|number| number.parse::<i64>().ok());
    let Some(number) = number else { return Ok(None) };
    Ok((next(conn, own, number)?.as_deref() == Some(cursor)).then_some(number))
}

/// The cursor that goes on after a change; `None` where there is no such change.
fn next(conn: &Connection, own: &str, change: i64) -> rusqlite::Result<Option<String>> {
    if change == 0 {
        return Ok(Some(format!("{own}.0")));
    }
    let token: Option<String> = conn
        .prepare_cached(
            "SELECT token FROM generation WHERE last >= ?1 ORDER BY last, number LIMIT 1",
        )?
        .query_row([change], |row| row.get(0))
        .optional()?;
    Ok(token.filter(|_| change > 0).map(|token| format!("{own}.{change}.{token}")))
}

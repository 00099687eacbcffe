//! Rows of the gallery's tables: sealed on the way in, opened on the way out.

use super::super::identity;
use super::super::vault::{self, ElderKey, Purpose, Vault, VaultError};
use super::{Enrolled, GalleryError};
use crate::domain::elder::{Elder, ElderId};
use crate::domain::template::{ModelId, Template};
use rusqlite::{Connection, OptionalExtension, Transaction};

/// Which tables: those of the gallery in force, or those in which the next one is gathered. A value
/// is sealed for its place in force, so that it moves there as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    InForce,
    Staged,
}

impl Tables {
    fn prefix(self) -> &'static str {
        match self {
            Self::InForce => "",
            Self::Staged => "staged_",
        }
    }
}

pub(super) fn insert(
    tx: &Transaction<'_>,
    vault: &Vault,
    tables: Tables,
    version: i64,
    Enrolled { elder, templates }: &Enrolled,
) -> Result<(), GalleryError> {
    let prefix = tables.prefix();
    let id = elder.id.as_str();
    let new_key = |purpose: Purpose| -> Result<(ElderKey, Vec<u8>), GalleryError> {
        Ok(vault.new_key(id, purpose, version)?)
    };
    let keep_key = |purpose: Purpose, wrapped: Vec<u8>| {
        let sql = format!("INSERT INTO {prefix}elder_key VALUES (?1, ?2, ?3, ?4)");
        tx.prepare_cached(&sql)?.execute((id, purpose.code(), version, wrapped))
    };
    let (key, wrapped) = new_key(Purpose::Identity)?;
    tx.prepare_cached(&format!("INSERT INTO {prefix}elder VALUES (?1, ?2)"))?
        .execute((id, seal_identity(vault, &key, elder)?))?;
    keep_key(Purpose::Identity, wrapped)?;
    if templates.is_empty() {
        return Ok(());
    }
    let (key, wrapped) = new_key(Purpose::Face)?;
    keep_key(Purpose::Face, wrapped)?;
    let sql = format!("INSERT INTO {prefix}template VALUES (?1, ?2, ?3, ?4)");
    for (place, template) in (0i64..).zip(templates) {
        let vector: Vec<u8> = template.values().iter().flat_map(|v| v.to_le_bytes()).collect();
        let sealed = vault.seal(&key, ("template", &row(id, place), "vector"), &vector)?;
        tx.prepare_cached(&sql)?.execute((id, place, template.model().0, sealed))?;
    }
    Ok(())
}

/// Writes an elder's identity anew, under the key that it has.
pub(super) fn update(
    tx: &Transaction<'_>,
    vault: &Vault,
    tables: Tables,
    key: &ElderKey,
    elder: &Elder,
) -> Result<(), GalleryError> {
    let sealed = seal_identity(vault, key, elder)?;
    let sql = format!("UPDATE {}elder SET identity = ?2 WHERE id = ?1", tables.prefix());
    tx.prepare_cached(&sql)?.execute((elder.id.as_str(), sealed))?;
    Ok(())
}

/// Destroys the templates of `elder` and the key that seals them, and marks the consent as
/// withdrawn. False where there was nothing of the kind.
pub(super) fn forget(
    tx: &Transaction<'_>,
    vault: &Vault,
    tables: Tables,
    elder: &ElderId,
) -> Result<bool, GalleryError> {
    let (key, mut known) = load_elder(tx, vault, tables, elder)?;
    let delete =
        |of: &str| tx.execute(&format!("DELETE FROM {}{of}", tables.prefix()), [elder.as_str()]);
    let dropped = delete("template WHERE elder = ?1")?
        + delete("elder_key WHERE elder = ?1 AND purpose = 'face'")?;
    if dropped == 0 && !known.consent.store_face {
        return Ok(false);
    }
    known.consent.store_face = false;
    update(tx, vault, tables, &key, &known)?;
    Ok(true)
}

fn seal_identity(vault: &Vault, key: &ElderKey, elder: &Elder) -> Result<Vec<u8>, VaultError> {
    vault.seal(key, ("elder", elder.id.as_str(), "identity"), &identity::encode(elder))
}

/// A template's row in one word; an elder id holds no slash.
fn row(elder: &str, place: i64) -> String {
    format!("{elder}/{place}")
}

/// Furthest that a template's value may be from the one stored: reading makes its length 1 anew.
const ROUNDING: f32 = 1e-6;

/// Reads what was written back and compares it with the roster, before it is committed.
pub(super) fn verify(
    tx: &Transaction<'_>,
    vault: &Vault,
    tables: Tables,
    roster: &[Enrolled],
) -> Result<(), GalleryError> {
    for Enrolled { elder, templates } in roster {
        let damaged = |table| GalleryError::Damaged { table, row: elder.id.to_string() };
        if load_elder(tx, vault, tables, &elder.id)?.1 != *elder {
            return Err(damaged("elder"));
        }
        let stored = load_templates(tx, vault, tables, elder.id.as_str())?;
        let near = |a: &Template, b: &Template| {
            let mut values = a.values().iter().zip(b.values());
            a.values().len() == b.values().len() && values.all(|(a, b)| (a - b).abs() <= ROUNDING)
        };
        let same = stored.len() == templates.len();
        if !same || !stored.iter().zip(templates).all(|(a, b)| near(a, b)) {
            return Err(damaged("template"));
        }
    }
    Ok(())
}

/// Everybody in order of id, with their faces, one at a time.
pub(super) fn load_each<E: From<GalleryError>>(
    conn: &Connection,
    vault: &Vault,
    mut each: impl FnMut(Enrolled) -> Result<(), E>,
) -> Result<(), E> {
    for elder in each_elder(conn, vault)? {
        let elder = elder?;
        let templates = load_templates(conn, vault, Tables::InForce, elder.id.as_str())?;
        each(Enrolled { elder, templates })?;
    }
    Ok(())
}

/// Everybody in order of id, without their faces.
pub(super) fn load_elders(conn: &Connection, vault: &Vault) -> Result<Vec<Elder>, GalleryError> {
    each_elder(conn, vault)?.collect()
}

fn each_elder(
    conn: &Connection,
    vault: &Vault,
) -> Result<impl Iterator<Item = Result<Elder, GalleryError>>, GalleryError> {
    let ids: Vec<String> = conn
        .prepare_cached("SELECT id FROM elder ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let known = move |id: String| {
        let damaged = |_| GalleryError::Damaged { table: "elder", row: id.clone() };
        let (_, elder) =
            load_elder(conn, vault, Tables::InForce, &ElderId::new(&id).map_err(damaged)?)?;
        Ok(elder)
    };
    Ok(ids.into_iter().map(known))
}

fn load_key(
    conn: &Connection,
    vault: &Vault,
    tables: Tables,
    elder: &str,
    purpose: Purpose,
) -> Result<Option<ElderKey>, GalleryError> {
    let found: Option<(i64, Vec<u8>)> = conn
        .prepare_cached(&format!(
            "SELECT key_version, wrapped FROM {}elder_key WHERE elder = ?1 AND purpose = ?2",
            tables.prefix()
        ))?
        .query_row((elder, purpose.code()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((version, wrapped)) = found else { return Ok(None) };
    Ok(Some(vault.unwrap_key(elder, purpose, version, &wrapped)?))
}

pub(super) fn load_elder(
    conn: &Connection,
    vault: &Vault,
    tables: Tables,
    elder: &ElderId,
) -> Result<(ElderKey, Elder), GalleryError> {
    let id = elder.as_str();
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached(&format!("SELECT identity FROM {}elder WHERE id = ?1", tables.prefix()))?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let sealed = sealed.ok_or_else(|| GalleryError::Unknown(elder.clone()))?;
    let damaged = |table| move || GalleryError::Damaged { table, row: id.to_owned() };
    let key =
        load_key(conn, vault, tables, id, Purpose::Identity)?.ok_or_else(damaged("elder_key"))?;
    let json = vault::open(&key, ("elder", id, "identity"), &sealed)?;
    let known = identity::decode(elder.clone(), &json).ok_or_else(damaged("elder"))?;
    Ok((key, known))
}

pub(super) fn load_templates(
    conn: &Connection,
    vault: &Vault,
    tables: Tables,
    elder: &str,
) -> Result<Vec<Template>, GalleryError> {
    let mut stmt = conn.prepare_cached(&format!(
        "SELECT place, model, vector FROM {}template WHERE elder = ?1 ORDER BY place",
        tables.prefix()
    ))?;
    let stored: Vec<(i64, [u8; 32], Vec<u8>)> = stmt
        .query_map([elder], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let lost = || GalleryError::Damaged { table: "elder_key", row: elder.to_owned() };
    let key = load_key(conn, vault, tables, elder, Purpose::Face)?.ok_or_else(lost)?;
    let template = |(place, model, sealed): (i64, [u8; 32], Vec<u8>)| {
        let row = row(elder, place);
        let vector = vault::open(&key, ("template", &row, "vector"), &sealed)?;
        let (values, rest) = vector.as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|b| f32::from_le_bytes(*b)).collect();
        match Template::new(ModelId(model), &values) {
            Ok(template) if rest.is_empty() => Ok(template),
            _ => Err(GalleryError::Damaged { table: "template", row }),
        }
    };
    stored.into_iter().map(template).collect()
}

//! Which key of a device signs what, while one follows another.
//!
//! A batch is signed by the key that was in force at its first entry, whenever it comes and by
//! whichever way. A request is signed by the key in use; the next one may sign as soon as its entry
//! is here, and the first time that it does, the old one is out of use.

use super::City;
use super::batches::signed;
use super::db::CityError;
use super::http::Refused;
use crate::city::wire::batch::{Batch, BatchError, Opened};
use crate::city::wire::dsse::EnvelopeError;
use crate::city::wire::enrol::{Enrolment, NextKey, RefusalCode};
use crate::city::wire::suite::PublicKey;
use crate::city::wire::text::DeviceId;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{KeyChange, KeyPurpose};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

impl City {
    /// Takes a key that a device offers, on the word of `before`, which signed the request.
    pub(super) fn take_next_key(
        &self,
        device: &DeviceId,
        before: &PublicKey,
        envelope: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let next = NextKey::open(envelope, device, before).map_err(Refused::content)?;
        let memory = self.memory();
        let entered: bool = memory.conn.query_row(
            "SELECT count(*) FROM next_key WHERE device = ?1 AND after IS NOT NULL AND key <> ?2",
            (device.as_str(), next.to_string()),
            |row| row.get(0),
        )?;
        let taken: bool = memory.conn.query_row(
            "SELECT count(*) FROM device WHERE key_id = ?1",
            [next.id()],
            |row| row.get(0),
        )?;
        if entered || taken {
            return Err(RefusalCode::Conflict.into());
        }
        memory.conn.execute(
            "INSERT INTO next_key (device, key, key_id) VALUES (?1, ?2, ?3)
             ON CONFLICT (device) DO UPDATE SET key = ?2, key_id = ?3, after = NULL
             WHERE key <> ?2",
            (device.as_str(), next.to_string(), next.id()),
        )?;
        let answer = Enrolment {
            device: device.clone(),
            key: next.to_string(),
            city_key: memory.key.public().to_string(),
            enrolled_at: self.clock.now(),
        };
        Ok(answer.seal(&memory.key))
    }

    /// Opens a batch by the key of `device` that was in force at its first entry.
    pub(super) fn open_batch(&self, device: &DeviceId, envelope: &[u8]) -> Result<Opened, Refused> {
        let keys = terms(&self.memory().conn, device)?;
        for (key, after, until) in keys {
            match Batch::open(envelope, &key) {
                Ok(opened) if opened.batch.first > after && opened.batch.first <= until => {
                    return Ok(opened);
                }
                // A key of the device, and not in its time.
                Ok(_) | Err(BatchError::Envelope(EnvelopeError::Signature)) => {}
                Err(other) => return Err(Refused::content(other)),
            }
        }
        Err(Refused::content(EnvelopeError::Signature))
    }
}

/// A key, the entry after which batches begin that it signs, and the last that one may begin with.
type Term = (PublicKey, EntryNumber, EntryNumber);

/// All keys of a device; the one in use first.
fn terms(conn: &Connection, device: &DeviceId) -> Result<Vec<Term>, Refused> {
    let parsed = |key: String| PublicKey::parse(&key).map_err(|_| CityError::Altered("a key"));
    let one = |sql: &str| {
        conn.prepare_cached(sql)?
            .query_row([device.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
            })
            .optional()
    };
    let Some((own, _)) = one("SELECT key, 0 FROM device WHERE id = ?1")? else {
        return Err(RefusalCode::Signature.into());
    };
    let next = one("SELECT key, after FROM next_key WHERE device = ?1 AND after IS NOT NULL")?;
    let (mut terms, mut after) = (Vec::new(), 0);
    let mut stmt =
        conn.prepare_cached("SELECT key, until FROM old_key WHERE device = ?1 ORDER BY until")?;
    for row in stmt.query_map([device.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
    })? {
        let (key, until) = row?;
        terms.push((parsed(key)?, after, until));
        after = until;
    }
    let until = next.as_ref().map_or(EntryNumber::MAX, |(_, after)| *after);
    terms.insert(0, (parsed(own)?, after, until));
    if let Some((key, after)) = next {
        terms.push((parsed(key)?, after, EntryNumber::MAX));
    }
    Ok(terms)
}

/// The device and key that a request names.
pub(super) fn signer(
    conn: &Connection,
    key_id: &str,
) -> Result<Option<(DeviceId, PublicKey)>, Refused> {
    let found: Option<(String, String)> = conn
        .prepare_cached(
            "SELECT id, key FROM device WHERE key_id = ?1
             UNION ALL SELECT device, key FROM next_key WHERE key_id = ?1 AND after IS NOT NULL",
        )?
        .query_row([key_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, key)) = found else { return Ok(None) };
    let device = DeviceId::new(&id).map_err(|_| CityError::Altered("a device id"))?;
    let key = PublicKey::parse(&key).map_err(|_| CityError::Altered("a key"))?;
    Ok(Some((device, key)))
}

/// A request by `key` was in order. Where that is the next key, it takes the old one's place.
pub(super) fn used(
    tx: &Transaction<'_>,
    device: &DeviceId,
    key: &PublicKey,
) -> Result<(), Refused> {
    let after: Option<i64> = tx
        .prepare_cached("SELECT after FROM next_key WHERE device = ?1 AND key = ?2")?
        .query_row((device.as_str(), key.to_string()), |row| row.get(0))
        .optional()?;
    let Some(after) = after else { return Ok(()) };
    tx.execute(
        "INSERT INTO old_key (device, until, key) SELECT id, ?2, key FROM device WHERE id = ?1",
        (device.as_str(), after),
    )?;
    tx.execute(
        "UPDATE device SET key = ?2, key_id = ?3 WHERE id = ?1",
        (device.as_str(), key.to_string(), key.id()),
    )?;
    tx.execute("DELETE FROM next_key WHERE device = ?1", [device.as_str()])?;
    Ok(())
}

/// A key entry of the device's ledger has come.
pub(super) fn entered(
    tx: &Transaction<'_>,
    device: &DeviceId,
    n: EntryNumber,
    change: &KeyChange,
) -> Result<(), Refused> {
    if change.purpose != KeyPurpose::Device {
        return Ok(());
    }
    let offered: Option<String> = tx
        .query_row(
            "SELECT key FROM next_key WHERE device = ?1 AND after IS NULL",
            [device.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    let named = |key: &String| PublicKey::parse(key).is_ok_and(|key| key.digest().0 == change.now);
    if offered.as_ref().is_some_and(named) {
        tx.execute(
            "UPDATE next_key SET after = ?2 WHERE device = ?1",
            (device.as_str(), signed(n)?),
        )?;
    }
    Ok(())
}

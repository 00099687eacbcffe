//! Which key of a device signs what, while one follows another.
//!
//! A batch is signed by the key of its epoch that was in force at its first entry, whenever it comes
//! and by whichever way. A request is signed by the key in use; the next one may sign as soon as its
//! entry is here, and the first time that it does, the old one is out of use. The keys of an epoch
//! that is over sign nothing new.

use super::batches::signed;
use super::db::CityError;
use super::http::Refused;
use super::{City, epochs};
use crate::city::wire::batch::{Batch, BatchError, Opened};
use crate::city::wire::dsse::EnvelopeError;
use crate::city::wire::enrol::{Enrolment, NextKey, RefusalCode};
use crate::city::wire::suite::PublicKey;
use crate::city::wire::text::DeviceId;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{Epoch, KeyChange, KeyPurpose};
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
        let epoch = epochs::current(&memory.conn, device)?.ok_or(RefusalCode::Signature)?;
        let answer = Enrolment {
            device: device.clone(),
            key: next.to_string(),
            city_key: memory.key.public().to_string(),
            epoch,
            held: None,
            enrolled_at: self.clock.now(),
        };
        Ok(answer.seal(&memory.key))
    }

    /// Opens a batch by the key of `device` that was in force in its epoch at its first entry.
    pub(super) fn open_batch(&self, device: &DeviceId, envelope: &[u8]) -> Result<Opened, Refused> {
        let mut other_epoch = false;
        for term in terms(&self.memory().conn, device)? {
            match Batch::open(envelope, &term.key) {
                Ok(Opened { batch, .. }) if batch.epoch != term.epoch => other_epoch = true,
                Ok(opened)
                    if opened.batch.first > term.after && opened.batch.first <= term.until =>
                {
                    return Ok(opened);
                }
                // A key of the device, and not in its time.
                Ok(_) | Err(BatchError::Envelope(EnvelopeError::Signature)) => {}
                Err(other) => return Err(Refused::content(other)),
            }
        }
        if other_epoch {
            return Err(RefusalCode::Epoch.into());
        }
        Err(Refused::content(EnvelopeError::Signature))
    }
}

/// A key, the epoch in which it signs, the entry after which batches begin that it signs, and the
/// last that one may begin with.
struct Term {
    key: PublicKey,
    epoch: Epoch,
    after: EntryNumber,
    until: EntryNumber,
}

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
    let Some((own, current)) = one("SELECT key, epoch FROM device WHERE id = ?1")? else {
        return Err(RefusalCode::Signature.into());
    };
    let next = one("SELECT key, after FROM next_key WHERE device = ?1 AND after IS NOT NULL")?;
    let (mut terms, mut after) = (Vec::new(), (0, 0));
    let mut stmt = conn.prepare_cached(
        "SELECT key, epoch, until FROM old_key WHERE device = ?1 ORDER BY epoch, until",
    )?;
    for row in stmt.query_map([device.as_str()], |row| {
        let number = |i| row.get::<_, i64>(i).map(i64::unsigned_abs);
        Ok((row.get::<_, String>(0)?, number(1)?, number(2)?))
    })? {
        let (key, epoch, until) = row?;
        let first = if after.0 == epoch { after.1 } else { 0 };
        terms.push(Term { key: parsed(key)?, epoch, after: first, until });
        after = (epoch, until);
    }
    let first = if after.0 == current { after.1 } else { 0 };
    let until = next.as_ref().map_or(EntryNumber::MAX, |(_, after)| *after);
    terms.insert(0, Term { key: parsed(own)?, epoch: current, after: first, until });
    if let Some((key, after)) = next {
        let (key, until) = (parsed(key)?, EntryNumber::MAX);
        terms.push(Term { key, epoch: current, after, until });
    }
    Ok(terms)
}

/// Who signed a request.
pub(super) struct Signed {
    /// The device.
    pub device: DeviceId,
    /// The key.
    pub key: PublicKey,
    /// Whether it is a key of an epoch that is over.
    pub over: bool,
}

/// The device and key that a request names.
pub(super) fn signer(conn: &Connection, key_id: &str) -> Result<Option<Signed>, Refused> {
    let found: Option<(String, String, bool)> = conn
        .prepare_cached(
            "SELECT id, key, 0 AS over FROM device WHERE key_id = ?1
             UNION ALL
             SELECT device, key, 0 FROM next_key WHERE key_id = ?1 AND after IS NOT NULL
             UNION ALL
             SELECT o.device, o.key, 1 FROM old_key o JOIN device d ON d.id = o.device
             WHERE o.key_id = ?1 AND o.epoch < d.epoch
             ORDER BY over LIMIT 1",
        )?
        .query_row([key_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, key, over)) = found else { return Ok(None) };
    let device = DeviceId::new(&id).map_err(|_| CityError::Altered("a device id"))?;
    let key = PublicKey::parse(&key).map_err(|_| CityError::Altered("a key"))?;
    Ok(Some(Signed { device, key, over }))
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
        "INSERT INTO old_key (device, epoch, until, key, key_id)
         SELECT id, epoch, ?2, key, key_id FROM device WHERE id = ?1",
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

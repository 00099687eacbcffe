//! Taking batches: chain and root are recomputed, meals become claims, duplicates are judged.

use super::db::CityError;
use super::epochs::{self, Chain};
use super::http::Refused;
use super::{City, Memory, alarm, claims, keys};
use crate::city::wire::batch::{
    BATCH_ENVELOPE_BYTES_MAX, BATCH_PAYLOAD_BYTES_MAX, BATCH_TYPE, Batch, Opened, Receipt,
};
use crate::city::wire::dsse;
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::json;
use crate::city::wire::text::{self, DeviceId};
use crate::city::wire::verdict::{VERDICTS_MAX, Verdict, Verdicts};
use crate::domain::calendar::Timestamp;
use crate::domain::entry::operation::Epoch;
use crate::domain::entry::{EntryNumber, Event};
use crate::record::Hash;
use crate::record::merkle::leaf;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::collections::BTreeSet;

/// The batch that the city has of an epoch, last.
struct Last {
    seq: u64,
    last: u64,
    head: Hash,
    payload_sha256: Hash,
}

impl City {
    /// Takes a batch. Gives the receipt, and whether the batch is new.
    pub(super) fn take_batch(
        &self,
        device: &DeviceId,
        seq: u64,
        envelope: &[u8],
    ) -> Result<(bool, Vec<u8>), Refused> {
        let now = self.clock.now();
        let taken = self.open_batch(device, envelope).and_then(|opened| {
            if opened.batch.device != *device || opened.batch.seq != seq {
                return Err(RefusalCode::Content.into());
            }
            self.take(&mut self.memory(), &opened, envelope, now)
        });
        if let Err(refused) = &taken
            && let Some(what) = alarm::Alarm::of(refused.code())
        {
            alarm::raise(&self.memory().conn, device, what, now)?;
        }
        taken
    }

    /// Takes a batch that came on a stick, without a request around it: its own signature says
    /// whose it is. Gives the receipt.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take_carried(&self, envelope: &[u8]) -> Result<Vec<u8>, RefusalCode> {
        let payload = dsse::peek(envelope, BATCH_ENVELOPE_BYTES_MAX, BATCH_TYPE)
            .map_err(|_| RefusalCode::Content)?;
        let named: Batch =
            json::read(&payload, BATCH_PAYLOAD_BYTES_MAX).map_err(|_| RefusalCode::Content)?;
        let taken = self.take_batch(&named.device, named.seq, envelope);
        taken.map(|(_, receipt)| receipt).map_err(|refused| refused.code())
    }

    fn take(
        &self,
        memory: &mut Memory,
        opened: &Opened,
        envelope: &[u8],
        now: Timestamp,
    ) -> Result<(bool, Vec<u8>), Refused> {
        let Opened { batch, payload_sha256, entries } = opened;
        let device = &batch.device;
        let tx = memory.conn.transaction()?;
        let over = epochs::current(&tx, device)? != Some(batch.epoch);
        match stored(&tx, batch)? {
            Some((known, receipt)) if known == *payload_sha256 => return Ok((false, receipt)),
            _ if over => return Err(RefusalCode::Epoch.into()),
            Some(_) => return Err(RefusalCode::Conflict.into()),
            None => {}
        }
        let parent = goes_on(&tx, opened)?;
        let mut chain = Chain::open(&tx, device, batch.epoch, parent)?;
        let mut tree = match memory.trees.get(device) {
            Some((epoch, tree)) if *epoch == batch.epoch && tree.size() + 1 == batch.first => {
                tree.clone()
            }
            _ => chain.tree(&tx, batch.first - 1)?,
        };
        entries.iter().for_each(|(_, hash)| tree.push(leaf(&hash.0)));
        if tree.root() != batch.root {
            return Err(RefusalCode::Content.into());
        }
        let receipt = Receipt {
            device: device.clone(),
            seq: batch.seq,
            payload_sha256: *payload_sha256,
            tree_size: tree.size(),
            root: tree.root(),
            received_at: now,
        };
        let receipt = receipt.seal(&memory.key);
        tx.execute(
            "INSERT INTO batch
             (device, epoch, seq, last, head, payload_sha256, envelope, receipt, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                device.as_str(),
                signed(batch.epoch)?,
                signed(batch.seq)?,
                signed(batch.last)?,
                batch.head.0,
                payload_sha256.0,
                envelope,
                &receipt,
                text::time_to_text(now),
            ),
        )?;
        enter(&tx, &mut chain, opened)?;
        tx.commit()?;
        memory.trees.insert(device.clone(), (batch.epoch, tree));
        Ok((true, receipt))
    }

    /// Verdicts on `device`'s meals after number `after`, asked for with `nonce`, sealed.
    pub(super) fn verdicts(
        &self,
        device: &DeviceId,
        after: u64,
        nonce: &str,
    ) -> Result<Vec<u8>, Refused> {
        let memory = self.memory();
        let mut stmt = memory.conn.prepare_cached(
            "SELECT json FROM verdict WHERE device = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        )?;
        let rows = stmt
            .query_map((device.as_str(), signed(after)?, VERDICTS_MAX as i64), |row| {
                row.get::<_, String>(0)
            })?;
        let mut items: Vec<Verdict> = Vec::new();
        for json in rows {
            let item = serde_json::from_str(&json?);
            items.push(item.map_err(|_| CityError::Altered("a verdict"))?);
        }
        let next = items.last().map_or(after, |item| item.id);
        Ok(Verdicts { nonce: nonce.to_owned(), after, next, items }.seal(&memory.key))
    }
}

/// A number that came from outside as SQLite keeps it.
pub(super) fn signed(number: u64) -> Result<i64, Refused> {
    i64::try_from(number).map_err(|_| RefusalCode::Content.into())
}

/// Enters what the batch brings: entries that are new, and what follows from them.
fn enter(tx: &Transaction<'_>, chain: &mut Chain, opened: &Opened) -> Result<(), Refused> {
    let device = &opened.batch.device;
    let mut slots = BTreeSet::new();
    for ((entry, hash), body) in opened.entries.iter().zip(&opened.batch.entries) {
        if !chain.is_new(tx, entry.n, hash)? {
            continue;
        }
        tx.prepare_cached(
            "INSERT INTO entry (device, n, epoch, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            device.as_str(),
            signed(entry.n)?,
            signed(chain.epoch())?,
            body.as_bytes(),
            hash.0,
        ))?;
        slots.extend(claims::apply(tx, chain, entry)?);
        if let Event::Key(change) = &entry.event {
            keys::entered(tx, device, entry.n, change)?;
        }
    }
    chain.save(tx)?;
    // Once all is known: a meal that the same batch undoes is not judged in between.
    for slot in slots {
        claims::rejudge(tx, &slot)?;
    }
    if chain.has_just_parted() {
        claims::tell_undone(tx, chain)?;
    }
    Ok(())
}

/// Whether the batch is the next one of its epoch. For an epoch's first that goes on from an
/// earlier one: from which, and after which entry.
fn goes_on(conn: &Connection, opened: &Opened) -> Result<Option<(Epoch, EntryNumber)>, Refused> {
    let Opened { batch, entries, .. } = opened;
    let device = &batch.device;
    let goes_on = match (last(conn, batch)?, batch.prev_batch) {
        (Some(last), prev_batch) => {
            if batch.seq != last.seq + 1 {
                return Err(Refused::gap(last.seq + 1));
            }
            batch.prev_hash == last.head
                && batch.first == last.last + 1
                && prev_batch == Some(last.payload_sha256)
        }
        (None, Some(prev_batch)) if batch.epoch > 1 && batch.seq > 1 => {
            let before = (batch.seq - 1, &prev_batch, &batch.prev_hash);
            // The one before may have been this epoch's own, and lost. Nobody here knows with which
            // this epoch began, so all are asked for; those that are held get their receipts again.
            let parent = epochs::parent(conn, device, batch.epoch, before)?;
            let parent = parent.ok_or_else(|| Refused::gap(1))?;
            return match parent.1 + 1 == batch.first {
                true => Ok(Some(parent)),
                false => Err(RefusalCode::Conflict.into()),
            };
        }
        (None, _) if batch.seq != 1 => return Err(Refused::gap(1)),
        (None, prev_batch) => {
            let named = matches!(&entries[0].0.event,
                Event::Genesis { device: named } if named == device.as_str());
            named
                && batch.first == 1
                && prev_batch.is_none()
                && batch.prev_hash == Hash::before_genesis(device.as_str())
        }
    };
    if goes_on { Ok(None) } else { Err(RefusalCode::Conflict.into()) }
}

fn stored(conn: &Connection, batch: &Batch) -> Result<Option<(Hash, Vec<u8>)>, Refused> {
    let row = conn
        .prepare_cached(
            "SELECT payload_sha256, receipt FROM batch
             WHERE device = ?1 AND epoch = ?2 AND seq = ?3",
        )?
        .query_row((batch.device.as_str(), signed(batch.epoch)?, signed(batch.seq)?), |row| {
            Ok((Hash(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    Ok(row)
}

fn last(conn: &Connection, batch: &Batch) -> Result<Option<Last>, Refused> {
    let row = conn
        .prepare_cached(
            "SELECT seq, last, head, payload_sha256 FROM batch
             WHERE device = ?1 AND epoch = ?2 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((batch.device.as_str(), signed(batch.epoch)?), |row| {
            let (seq, last): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Last {
                seq: seq.unsigned_abs(),
                last: last.unsigned_abs(),
                head: Hash(row.get(2)?),
                payload_sha256: Hash(row.get(3)?),
            })
        })
        .optional()?;
    Ok(row)
}

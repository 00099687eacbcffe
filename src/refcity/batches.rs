//! Taking batches: chain and root are recomputed, meals become claims, duplicates are judged.

use super::db::CityError;
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
use crate::domain::entry::Event;
use crate::record::Hash;
use crate::record::merkle::{Tree, leaf};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeSet;

/// The batch that the city has of a device, last.
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
        let opened = self.open_batch(device, envelope)?;
        if opened.batch.device != *device || opened.batch.seq != seq {
            return Err(RefusalCode::Content.into());
        }
        let now = self.clock.now();
        let mut memory = self.memory();
        let taken = self.take(&mut memory, &opened, envelope, now);
        if let Err(refused) = &taken
            && let Some(what) = alarm::Alarm::of(refused.code())
        {
            alarm::raise(&memory.conn, device, what, now)?;
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
        if let Some((known, receipt)) = stored(&tx, device, batch.seq)? {
            let same = known == *payload_sha256;
            return if same { Ok((false, receipt)) } else { Err(RefusalCode::Conflict.into()) };
        }
        let last = last(&tx, device)?;
        let expected = last.as_ref().map_or(1, |last| last.seq + 1);
        if batch.seq != expected {
            return Err(Refused::gap(expected));
        }
        let goes_on = match &last {
            Some(last) => {
                batch.prev_hash == last.head
                    && batch.first == last.last + 1
                    && batch.prev_batch == Some(last.payload_sha256)
            }
            None => {
                let named = matches!(&entries[0].0.event,
                    Event::Genesis { device: named } if named == device.as_str());
                named
                    && batch.first == 1
                    && batch.prev_batch.is_none()
                    && batch.prev_hash == Hash::before_genesis(device.as_str())
            }
        };
        if !goes_on {
            return Err(RefusalCode::Conflict.into());
        }
        let mut tree = match memory.trees.get(device) {
            Some(tree) if tree.size() + 1 == batch.first => tree.clone(),
            _ => rebuilt(&tx, device)?,
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
             (device, seq, last, head, payload_sha256, envelope, receipt, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                device.as_str(),
                signed(batch.seq)?,
                signed(batch.last)?,
                batch.head.0,
                payload_sha256.0,
                envelope,
                &receipt,
                text::time_to_text(now),
            ),
        )?;
        let mut slots = BTreeSet::new();
        for ((entry, hash), body) in entries.iter().zip(&batch.entries) {
            tx.prepare_cached("INSERT INTO entry (device, n, body, hash) VALUES (?1, ?2, ?3, ?4)")?
                .execute((device.as_str(), signed(entry.n)?, body.as_bytes(), hash.0))?;
            slots.extend(claims::apply(&tx, device, entry)?);
            if let Event::Key(change) = &entry.event {
                keys::entered(&tx, device, entry.n, change)?;
            }
        }
        // Once all is known: a meal that the same batch undoes is not judged in between.
        for slot in slots {
            claims::rejudge(&tx, &slot)?;
        }
        tx.commit()?;
        memory.trees.insert(device.clone(), tree);
        Ok((true, receipt))
    }

    /// Verdicts on `device`'s meals after number `after`, sealed.
    pub(super) fn verdicts(&self, device: &DeviceId, after: u64) -> Result<Vec<u8>, Refused> {
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
        Ok(Verdicts { after, next, items }.seal(&memory.key))
    }
}

/// A number that came from outside as SQLite keeps it.
pub(super) fn signed(number: u64) -> Result<i64, Refused> {
    i64::try_from(number).map_err(|_| RefusalCode::Content.into())
}

fn stored(
    conn: &Connection,
    device: &DeviceId,
    seq: u64,
) -> Result<Option<(Hash, Vec<u8>)>, Refused> {
    let row = conn
        .prepare_cached("SELECT payload_sha256, receipt FROM batch WHERE device = ?1 AND seq = ?2")?
        .query_row((device.as_str(), signed(seq)?), |row| Ok((Hash(row.get(0)?), row.get(1)?)))
        .optional()?;
    Ok(row)
}

fn last(conn: &Connection, device: &DeviceId) -> Result<Option<Last>, Refused> {
    let row = conn
        .prepare_cached(
            "SELECT seq, last, head, payload_sha256 FROM batch
             WHERE device = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([device.as_str()], |row| {
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

/// The tree over all entries that the city holds of a device.
fn rebuilt(conn: &Connection, device: &DeviceId) -> Result<Tree, Refused> {
    let mut stmt = conn.prepare_cached("SELECT hash FROM entry WHERE device = ?1 ORDER BY n")?;
    let mut tree = Tree::default();
    for hash in stmt.query_map([device.as_str()], |row| row.get::<_, [u8; 32]>(0))? {
        tree.push(leaf(&hash?));
    }
    Ok(tree)
}

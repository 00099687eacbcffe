//! Batches for the city: what is to be sealed next, what was sealed, what was acknowledged.
//!
//! 1. A batch is stored before it is first sent, and its bytes never change.
//! 2. The watermark, up to which the city answers for the entries, follows from stored receipts.
//! 3. Receipts come in order; the schema refuses a second one for the same batch.
//! 4. A batch belongs to the epoch in which it was sealed. One that is not with the city ends with
//!    its epoch, and its entries stand in none again ([`Store::begin_epoch`]).
//!
//! It knows neither keys nor envelopes: sealing and checking are told to it.

use super::ledger::{self, LedgerError, number, signed};
use super::{Store, epoch};
use crate::domain::entry::operation::Epoch;
use crate::domain::entry::{EntryNumber, Event};
use crate::record::merkle::{Tree, leaf};
use crate::record::{self, Hash};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// How much goes into a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Most entries.
    pub entries_max: usize,
    /// Most bytes of the entries' bodies, written as JSON strings.
    pub bytes_max: usize,
}

/// Entries that stand in no batch yet, as many as one takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// The epoch that the ledger is in.
    pub epoch: Epoch,
    /// Number of the batch that they will be.
    pub seq: u64,
    /// SHA-256 of the payload of the batch before.
    pub prev_batch: Option<Hash>,
    /// Number of the first entry.
    pub first: EntryNumber,
    /// Number of the last entry.
    pub last: EntryNumber,
    /// Hash of the entry before the first.
    pub prev_hash: Hash,
    /// Hash of the last entry.
    pub head: Hash,
    /// Merkle root over all entries up to the last.
    pub root: Hash,
    /// Generation of the gallery in force at the last entry; 0 for none.
    pub gallery: u64,
    /// The stored bytes of each entry.
    pub bodies: Vec<String>,
}

/// A sealed batch, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBatch {
    /// Its number.
    pub seq: u64,
    /// Number of its first entry.
    pub first: EntryNumber,
    /// Number of its last entry.
    pub last: EntryNumber,
    /// SHA-256 of its payload.
    pub payload_sha256: Hash,
    /// Merkle root over all entries up to its last.
    pub root: Hash,
    /// The bytes that are sent.
    pub envelope: Vec<u8>,
}

impl Store {
    /// The entries of the next batch, or `None` where all are sealed. `tree` is any beginning of
    /// the ledger's tree; it is brought up to the batch's end, so that a long backlog is hashed once.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn unsealed(
        &self,
        limits: BatchLimits,
        tree: &mut Tree,
    ) -> Result<Option<Unsealed>, LedgerError> {
        let (seq, before, prev_batch) = last_sealed(&self.conn)?;
        if tree.size() > before {
            // An epoch that began meanwhile has taken back what was sealed.
            *tree = Tree::default();
        }
        catch_up(&self.conn, tree, before)?;
        let mut stmt = self.conn.prepare_cached(
            "SELECT body, prev, hash FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let entries_max = i64::try_from(limits.entries_max).unwrap_or(i64::MAX);
        let mut rows = stmt.query((signed(before), entries_max))?;
        let (mut bodies, mut bytes, mut ends) = (Vec::new(), 0, None);
        while let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(0)?;
            let n = before + bodies.len() as u64 + 1;
            // Every body is ASCII; a quotation mark takes two bytes in a JSON string.
            let body = String::from_utf8(body).map_err(|_| LedgerError::Entry {
                entry: n,
                source: record::CodecError::Spelling,
            })?;
            bytes += body.len() + body.matches('"').count() + 3;
            if bytes > limits.bytes_max && !bodies.is_empty() {
                break;
            }
            let (prev, hash) = (Hash(row.get(1)?), Hash(row.get(2)?));
            tree.push(leaf(&hash.0));
            ends = Some((ends.map_or(prev, |(first, _)| first), hash));
            bodies.push(body);
        }
        let Some((prev_hash, head)) = ends else { return Ok(None) };
        let last = before + bodies.len() as u64;
        Ok(Some(Unsealed {
            epoch: epoch::current(&self.conn)?,
            seq: seq + 1,
            prev_batch,
            first: before + 1,
            last,
            prev_hash,
            head,
            root: tree.root(),
            gallery: gallery_at(&self.conn, last)?,
            bodies,
        }))
    }

    /// Stores a sealed batch, durably. It must follow the last one.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`], [`LedgerError::NoRoom`]: nothing was stored.
    pub fn add_batch(&mut self, batch: &SealedBatch) -> Result<(), LedgerError> {
        self.room()?;
        self.commit(|tx, _| {
            tx.prepare_cached(
                "INSERT INTO batch (seq, first, last, payload_sha256, root, envelope)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                signed(batch.seq),
                signed(batch.first),
                signed(batch.last),
                batch.payload_sha256.0,
                batch.root.0,
                &batch.envelope,
            ))?;
            Ok(())
        })
    }

    /// The first batch without a receipt.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn next_batch(&self) -> Result<Option<SealedBatch>, LedgerError> {
        batch(&self.conn, "receipt IS NULL AND seq > ?1 ORDER BY seq LIMIT 1", 0)
    }

    /// The batch with this number.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn batch(&self, seq: u64) -> Result<Option<SealedBatch>, LedgerError> {
        batch(&self.conn, "seq = ?1", seq)
    }

    /// Stores the receipt of the first batch without one, durably. Whoever calls has verified it.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]: nothing was stored.
    pub fn add_receipt(&mut self, seq: u64, receipt: &[u8]) -> Result<(), LedgerError> {
        self.commit(|tx, _| {
            let changed = tx
                .prepare_cached("UPDATE batch SET receipt = ?2 WHERE seq = ?1")?
                .execute((signed(seq), receipt))?;
            match changed {
                0 => Err(rusqlite::Error::QueryReturnedNoRows.into()),
                _ => Ok(()),
            }
        })
    }

    /// The last entry that the city has acknowledged, or 0.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn acknowledged(&self) -> Result<EntryNumber, LedgerError> {
        acknowledged(&self.conn)
    }
}

/// The last entry that the city has acknowledged, or 0.
pub(super) fn acknowledged(conn: &Connection) -> Result<EntryNumber, LedgerError> {
    // Receipts come in order, so that all before the first open batch are acknowledged.
    let last: Option<i64> = conn
        .prepare_cached(
            "SELECT last FROM batch WHERE seq < coalesce(
                (SELECT min(seq) FROM batch WHERE receipt IS NULL), 9223372036854775807)
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(number(last.unwrap_or(0)))
}

/// Number, last entry and payload digest of the last sealed batch.
fn last_sealed(conn: &Connection) -> Result<(u64, EntryNumber, Option<Hash>), LedgerError> {
    let row = conn
        .prepare_cached("SELECT seq, last, payload_sha256 FROM batch ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, Hash(row.get(2)?))))
        .optional()?;
    Ok(row.map_or((0, 0, None), |(seq, last, sha)| (number(seq), number(last), Some(sha))))
}

/// Brings `tree` up to entry `last`.
fn catch_up(conn: &Connection, tree: &mut Tree, last: EntryNumber) -> Result<(), LedgerError> {
    let mut stmt =
        conn.prepare_cached("SELECT hash FROM entry WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
    let mut rows = stmt.query((signed(tree.size()), signed(last)))?;
    while let Some(row) = rows.next()? {
        tree.push(leaf(&row.get::<_, [u8; 32]>(0)?));
    }
    Ok(())
}

/// Generation of the gallery in force at entry `last`.
fn gallery_at(conn: &Connection, last: EntryNumber) -> Result<u64, LedgerError> {
    let found = ledger::of_kind_before(conn, "gallery", last + 1).next().transpose()?;
    Ok(match found.map(|entry| entry.event) {
        Some(Event::Gallery(change)) => change.generation,
        _ => 0,
    })
}

fn batch(
    conn: &Connection,
    which: &str,
    parameter: u64,
) -> Result<Option<SealedBatch>, LedgerError> {
    let sealed = |row: &Row<'_>| {
        Ok(SealedBatch {
            seq: number(row.get(0)?),
            first: number(row.get(1)?),
            last: number(row.get(2)?),
            payload_sha256: Hash(row.get(3)?),
            root: Hash(row.get(4)?),
            envelope: row.get(5)?,
        })
    };
    let sql =
        format!("SELECT seq, first, last, payload_sha256, root, envelope FROM batch WHERE {which}");
    Ok(conn.prepare_cached(&sql)?.query_row([signed(parameter)], sealed).optional()?)
}

/// The last batch with a receipt, and that.
pub(super) fn last_receipt(
    conn: &Connection,
) -> Result<Option<(SealedBatch, Vec<u8>)>, LedgerError> {
    let found: Option<(i64, Vec<u8>)> = conn
        .query_row(
            "SELECT seq, receipt FROM batch WHERE receipt IS NOT NULL ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((seq, receipt)) = found else { return Ok(None) };
    Ok(batch(conn, "seq = ?1", number(seq))?.map(|sealed| (sealed, receipt)))
}

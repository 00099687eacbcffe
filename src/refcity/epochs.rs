//! The epochs of a device: how often it was enrolled, and where each one's chain leaves another.
//!
//! 1. A device is in one epoch, the last; only in that does anything new come.
//! 2. Where an epoch leaves the chain before is settled by its first entry that no other epoch
//!    brought. An entry that comes again, because it was acknowledged after the copy was taken and
//!    is in the copy too, is the one that is held already.

use super::batches::signed;
use super::db::CityError;
use super::forks::{Fork, Forks};
use super::http::Refused;
use super::report::EpochRow;
use crate::city::wire::enrol::Held;
use crate::city::wire::text::DeviceId;
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::Epoch;
use crate::record::Hash;
use crate::record::merkle::{Tree, leaf};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// The epoch that a device is in.
pub(super) fn current(conn: &Connection, device: &DeviceId) -> Result<Option<Epoch>, Refused> {
    let epoch: Option<i64> = conn
        .prepare_cached("SELECT epoch FROM device WHERE id = ?1")?
        .query_row([device.as_str()], |row| row.get(0))
        .optional()?;
    Ok(epoch.map(i64::unsigned_abs))
}

/// What is held of a device, last.
pub(super) fn held(conn: &Connection, device: &DeviceId) -> Result<Option<Held>, Refused> {
    let held = conn
        .prepare_cached(
            "SELECT epoch, last, head FROM batch WHERE device = ?1
             ORDER BY epoch DESC, seq DESC LIMIT 1",
        )?
        .query_row([device.as_str()], |row| {
            let (epoch, last): (i64, i64) = (row.get(0)?, row.get(1)?);
            let head = Hash(row.get(2)?);
            Ok(Held { epoch: epoch.unsigned_abs(), last: last.unsigned_abs(), head })
        })
        .optional()?;
    Ok(held)
}

/// A device's keys up to now belong to an epoch that is over; `epoch` begins.
pub(super) fn begin(
    tx: &Transaction<'_>,
    device: &DeviceId,
    epoch: Epoch,
    (key_id, at): (&str, &str),
) -> Result<(), Refused> {
    let device = device.as_str();
    tx.execute(
        "INSERT INTO old_key (device, epoch, until, key, key_id)
         SELECT id, epoch, coalesce((SELECT after FROM next_key WHERE device = id),
            9223372036854775807), key, key_id FROM device WHERE id = ?1",
        [device],
    )?;
    tx.execute(
        "INSERT INTO old_key (device, epoch, until, key, key_id)
         SELECT n.device, d.epoch, 9223372036854775807, n.key, n.key_id
         FROM next_key n JOIN device d ON d.id = n.device
         WHERE n.device = ?1 AND n.after IS NOT NULL",
        [device],
    )?;
    tx.execute("DELETE FROM next_key WHERE device = ?1", [device])?;
    tx.execute(
        "INSERT INTO epoch (device, epoch, began_at, key_id) VALUES (?1, ?2, ?3, ?4)",
        (device, signed(epoch)?, at, key_id),
    )?;
    Ok(())
}

/// Where all of a device's epochs leave one another.
pub(super) fn forks(conn: &Connection, device: &str) -> Result<Forks, CityError> {
    let mut stmt =
        conn.prepare_cached("SELECT epoch, trunk, shared FROM epoch WHERE device = ?1")?;
    let forks = stmt.query_map([device], |row| {
        let number = |i| row.get::<_, i64>(i).map(i64::unsigned_abs);
        Ok((number(0)?, Fork { trunk: number(1)?, shared: number(2)? }))
    })?;
    Ok(forks.collect::<Result<_, _>>()?)
}

/// The epochs of all devices that were enrolled more than once.
pub(super) fn list(conn: &Connection) -> Result<Vec<EpochRow>, CityError> {
    let mut stmt = conn.prepare_cached(
        "SELECT e.device, e.epoch, e.began_at, e.key_id,
            (SELECT coalesce(max(last), 0) FROM batch b
             WHERE b.device = e.device AND b.epoch = e.epoch)
         FROM epoch e JOIN device d ON d.id = e.device AND d.epoch > 1
         ORDER BY e.device, e.epoch",
    )?;
    let rows = stmt.query_map([], |row| {
        let number = |i| row.get::<_, i64>(i).map(i64::unsigned_abs);
        Ok(EpochRow {
            device: row.get(0)?,
            epoch: number(1)?,
            began_at: row.get(2)?,
            key_id: row.get(3)?,
            trunk: 0,
            shared: 0,
            last: number(4)?,
            only_here: None,
        })
    })?;
    let mut rows: Vec<EpochRow> = rows.collect::<Result<_, _>>()?;
    for rows in rows.chunk_by_mut(|one, other| one.device == other.device) {
        let forks = forks(conn, &rows[0].device)?;
        // The present chain is that of the last epoch in which anything came.
        let present = rows.iter().rev().find(|row| row.last > 0).map(|row| (row.epoch, row.last));
        let kept = present.map_or(Vec::new(), |(epoch, last)| forks.parts(epoch, last));
        for row in rows {
            let Fork { trunk, shared } = forks.of(row.epoch);
            (row.trunk, row.shared) = (trunk, shared);
            let part = kept.iter().find(|part| part.epoch == row.epoch);
            let here = part.map_or(shared, |part| part.last);
            row.only_here = (row.last > here).then_some((here + 1, row.last));
        }
    }
    Ok(rows)
}

/// The chain of an epoch while a batch of it is taken.
pub(super) struct Chain {
    device: DeviceId,
    epoch: Epoch,
    forks: Forks,
    /// Whether it has left the chain before.
    parted: bool,
    /// Whether it did so with this batch.
    newly: bool,
}

impl Chain {
    /// The chain of `epoch` as far as it is held. Its first batch goes on from `parent`: the last
    /// entry before it and the epoch that it came in.
    pub(super) fn open(
        conn: &Connection,
        device: &DeviceId,
        epoch: Epoch,
        parent: Option<(Epoch, EntryNumber)>,
    ) -> Result<Self, Refused> {
        let mut forks = forks(conn, device.as_str())?;
        if let Some((before, last)) = parent {
            let trunk = forks.owner(before, last);
            forks.set(epoch, Fork { trunk, shared: last });
        }
        let parted = conn
            .prepare_cached("SELECT parted FROM epoch WHERE device = ?1 AND epoch = ?2")?
            .query_row((device.as_str(), signed(epoch)?), |row| row.get(0))?;
        Ok(Chain { device: device.clone(), epoch, forks, parted, newly: false })
    }

    /// Whether entry `n` is new; one that an earlier epoch brought is shared with it.
    pub(super) fn is_new(
        &mut self,
        conn: &Connection,
        n: EntryNumber,
        hash: &Hash,
    ) -> Result<bool, Refused> {
        if self.parted {
            return Ok(true);
        }
        let holder: Option<i64> = conn
            .prepare_cached("SELECT epoch FROM entry WHERE device = ?1 AND n = ?2 AND hash = ?3")?
            .query_row((self.device.as_str(), signed(n)?, hash.0), |row| row.get(0))
            .optional()?;
        match holder.map(i64::unsigned_abs) {
            Some(trunk) => self.forks.set(self.epoch, Fork { trunk, shared: n }),
            None => (self.parted, self.newly) = (true, true),
        }
        Ok(self.parted)
    }

    /// Whether it has left the chain before with this batch, having shared one.
    pub(super) fn has_just_parted(&self) -> bool {
        self.newly && self.forks.of(self.epoch).shared > 0
    }

    /// The device.
    pub(super) fn device(&self) -> &DeviceId {
        &self.device
    }

    /// The epoch.
    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The epoch that brought the n-th entry of this chain.
    pub(super) fn owner(&self, n: EntryNumber) -> Epoch {
        self.forks.owner(self.epoch, n)
    }

    /// Remembers how the chain stands now.
    pub(super) fn save(&self, tx: &Transaction<'_>) -> Result<(), Refused> {
        let Fork { trunk, shared } = self.forks.of(self.epoch);
        tx.prepare_cached(
            "UPDATE epoch SET trunk = ?3, shared = ?4, parted = ?5 WHERE device = ?1 AND epoch = ?2",
        )?
        .execute((
            self.device.as_str(),
            signed(self.epoch)?,
            signed(trunk)?,
            signed(shared)?,
            self.parted,
        ))?;
        Ok(())
    }

    /// The tree over the chain up to entry `last`.
    pub(super) fn tree(&self, conn: &Connection, last: EntryNumber) -> Result<Tree, Refused> {
        let mut stmt = conn.prepare_cached(
            "SELECT hash FROM entry WHERE device = ?1 AND epoch = ?2 AND n BETWEEN ?3 AND ?4
             ORDER BY n",
        )?;
        let mut tree = Tree::default();
        for part in self.forks.parts(self.epoch, last) {
            let (epoch, first, last) =
                (signed(part.epoch)?, signed(part.first)?, signed(part.last)?);
            let which = (self.device.as_str(), epoch, first, last);
            for hash in stmt.query_map(which, |row| row.get::<_, [u8; 32]>(0))? {
                tree.push(leaf(&hash?));
            }
        }
        Ok(tree)
    }
}

/// The batch of an earlier epoch that the first one of `epoch` goes on from: its epoch and its last
/// entry. `None` where no such batch is held.
pub(super) fn parent(
    conn: &Connection,
    device: &DeviceId,
    epoch: Epoch,
    (seq, payload_sha256, head): (u64, &Hash, &Hash),
) -> Result<Option<(Epoch, EntryNumber)>, Refused> {
    let found: Option<(i64, i64)> = conn
        .prepare_cached(
            "SELECT epoch, last FROM batch WHERE device = ?1 AND epoch < ?2 AND seq = ?3
                AND payload_sha256 = ?4 AND head = ?5",
        )?
        .query_row(
            (device.as_str(), signed(epoch)?, signed(seq)?, payload_sha256.0, head.0),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(found.map(|(epoch, last)| (epoch.unsigned_abs(), last.unsigned_abs())))
}

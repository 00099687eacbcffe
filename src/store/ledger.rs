//! Appending entries and asking what stands.

use super::commit::DiskFull;
use super::db::sqlite_exit;
use super::projection::{self, Contradiction};
use super::reader::Recorded;
use super::vault::VaultError;
use crate::domain::calendar::{Date, MealWindow, Timestamp};
use crate::domain::clock_trust::ClockRecord;
use crate::domain::elder::ElderId;
use crate::domain::entry::operation::{Digest, KeyPurpose};
use crate::domain::entry::{Entry, EntryNumber, Event, Stamp};
use crate::domain::subsidy::History;
use crate::error::{Exit, Sysexit};
use crate::record::{self, CodecError, Hash, Salt};
use rusqlite::{Connection, OptionalExtension, Transaction};

/// Why an entry cannot be voided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unvoidable {
    /// There is no such entry.
    #[error("there is no such entry")]
    Missing,
    /// Not a meal or visit.
    #[error("it is not a meal or visit")]
    Kind,
    /// Of another service date than the void.
    #[error("it is of another day; only the same day's meals can be voided")]
    OtherDay,
    /// Voided before.
    #[error("it is void already")]
    Already,
}

/// Why the ledger refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A subsidised meal stands in the slot.
    #[error("the subsidised meal of {date} stands already: entry {entry}; record a visit instead")]
    SlotTaken {
        /// Whose slot.
        elder: ElderId,
        /// Of which service date.
        date: Date,
        /// The entry that holds it.
        entry: EntryNumber,
    },
    /// The entry cannot be voided.
    #[error("entry {entry} cannot be voided: {why}")]
    Unvoidable {
        /// Which.
        entry: EntryNumber,
        /// Why.
        why: Unvoidable,
    },
    /// The entry contradicts the ones before it.
    #[error("the entry cannot be written: {0}")]
    Contradiction(Contradiction),
    /// A kind that only the store itself writes.
    #[error("entries of kind \"{0}\" are written by the store itself")]
    Reserved(&'static str),
    /// A gallery whose number does not follow the last one's.
    #[error("gallery {0} does not follow the gallery before it")]
    Generation(u64),
    /// The event does not fit the ledger's format.
    #[error("the event cannot be written: {0}")]
    Codec(#[from] CodecError),
    /// A stored entry cannot be read.
    #[error("entry {entry}: {source}; run `canteend ledger verify`")]
    Entry {
        /// Which.
        entry: EntryNumber,
        /// Why.
        source: CodecError,
    },
    /// The first entry is missing or does not name a device.
    #[error("the ledger does not begin with its device's entry; run `canteend ledger verify`")]
    NoGenesis,
    /// A table names an entry that is not there, or is of another kind.
    #[error("entry {0} is not what the ledger's tables say; run `canteend ledger verify`")]
    NoEntry(EntryNumber),
    /// A table holds what this program never writes.
    #[error(
        "the ledger's tables hold an unknown meal window, month or time; run `canteend ledger verify`"
    )]
    Window,
    /// Too little room for anything but entries.
    #[error(
        "little space is left, and it is kept for the ledger; remove what does not belong on the \
         box, then do this again"
    )]
    NoRoom,
    /// No random bytes for a salt.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// SQLite failed; nothing was written.
    #[error("the ledger's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl Sysexit for LedgerError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRoom => Exit::Io,
            Self::Reserved(_) | Self::Generation(_) => Exit::Software,
            Self::SlotTaken { .. }
            | Self::Unvoidable { .. }
            | Self::Contradiction(_)
            | Self::NoGenesis
            | Self::NoEntry(_)
            | Self::Window => Exit::Data,
            Self::Codec(e) | Self::Entry { source: e, .. } => e.exit(),
            Self::Vault(e) => e.exit(),
            Self::Sqlite(e) => sqlite_exit(e),
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::SlotTaken { elder, .. } => Some(elder.as_str()),
            Self::Vault(e) => e.whom(),
            _ => None,
        }
    }
}

impl DiskFull for LedgerError {
    fn disk_full(&self) -> bool {
        matches!(self, Self::Sqlite(e) if e.disk_full())
    }
}

/// An entry that is safely in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub n: EntryNumber,
    /// Its hash: the head of the chain.
    pub hash: Hash,
}

/// Adds an entry and all that follows from it to the transaction.
pub(super) fn append(
    tx: &Transaction<'_>,
    salt: &Salt,
    stamp: Stamp,
    event: &Event,
) -> Result<Appended, LedgerError> {
    let head: Option<(i64, [u8; 32])> = tx
        .prepare_cached("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, prev) = match (head, event) {
        (Some((last, hash)), _) => (last + 1, Hash(hash)),
        (None, Event::Genesis { device }) => (1, Hash::before_genesis(device)),
        (None, _) => return Err(LedgerError::NoGenesis),
    };
    if let Event::Void(void) = event
        && void.entry >= number(seq)
    {
        return Err(LedgerError::Unvoidable { entry: void.entry, why: Unvoidable::Missing });
    }
    let whole =
        Timestamp::from_second(stamp.at.as_second()).expect("no later than the time itself");
    let entry = Entry { n: number(seq), stamp: Stamp { at: whole, ..stamp }, event: event.clone() };
    let body = record::encode(&entry, salt)?;
    let hash = prev.link(&body);
    tx.prepare_cached(
        "INSERT INTO entry (seq, at, kind, body, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((seq, record::at_text(whole), event.kind(), &body, prev.0, hash.0))?;
    projection::apply(tx, &entry)?;
    Ok(Appended { n: entry.n, hash })
}

/// A row number as an entry number. Rows start at 1 and the schema keeps them without gaps.
pub(super) fn number(seq: i64) -> EntryNumber {
    seq.unsigned_abs()
}

/// An entry's number as SQLite has it.
pub(super) fn signed(n: EntryNumber) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Row `n` as it stands in the ledger, or `None` where there is none.
pub(super) fn stored(conn: &Connection, n: EntryNumber) -> Result<Option<Recorded>, LedgerError> {
    let Some(entry) = entry(conn, n)? else { return Ok(None) };
    let mut stmt = conn.prepare_cached("SELECT body, prev, hash FROM entry WHERE seq = ?1")?;
    let row = stmt.query_row([signed(n)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Some(Recorded { entry, body: row.0, prev: Hash(row.1), hash: Hash(row.2) }))
}

/// The entry in row `n`, or `None` where there is none.
pub(super) fn entry(conn: &Connection, n: EntryNumber) -> Result<Option<Entry>, LedgerError> {
    let body: Option<Vec<u8>> = conn
        .prepare_cached("SELECT body FROM entry WHERE seq = ?1")?
        .query_row([signed(n)], |row| row.get(0))
        .optional()?;
    body.map(|body| decoded(n, &body)).transpose()
}

/// The entry whose stored bytes are `body`.
pub(super) fn decoded(n: EntryNumber, body: &[u8]) -> Result<Entry, LedgerError> {
    let (entry, _) =
        record::decode(body).map_err(|source| LedgerError::Entry { entry: n, source })?;
    Ok(entry)
}

/// The entries of this kind before entry `n`, the last one first.
pub(super) fn of_kind_before(
    conn: &Connection,
    kind: &'static str,
    n: EntryNumber,
) -> impl Iterator<Item = Result<Entry, LedgerError>> {
    of_kind(conn, format!("kind = '{kind}' AND seq < ?1 ORDER BY seq DESC"), n)
}

/// The entries of this kind after entry `n`, in their order.
pub(super) fn of_kind_after(
    conn: &Connection,
    kind: &'static str,
    n: EntryNumber,
) -> impl Iterator<Item = Result<Entry, LedgerError>> {
    of_kind(conn, format!("kind = '{kind}' AND seq > ?1 ORDER BY seq"), n)
}

/// One entry after the other, each sought from the one before. The kind stands in `which` as it is,
/// because an index of one kind is not used for a parameter.
fn of_kind(
    conn: &Connection,
    which: String,
    mut n: EntryNumber,
) -> impl Iterator<Item = Result<Entry, LedgerError>> {
    let sql = format!("SELECT seq, body FROM entry WHERE {which} LIMIT 1");
    let next = move || {
        let row: Option<(i64, Vec<u8>)> = conn
            .prepare_cached(&sql)?
            .query_row([signed(n)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((seq, body)) = row else { return Ok(None) };
        n = number(seq);
        decoded(n, &body).map(Some)
    };
    std::iter::repeat_with(next).map_while(Result::transpose)
}

/// The device that the first entry names.
pub(super) fn device(conn: &Connection) -> Result<String, LedgerError> {
    match entry(conn, 1)? {
        Some(Entry { event: Event::Genesis { device }, .. }) => Ok(device),
        _ => Err(LedgerError::NoGenesis),
    }
}

/// The key of this purpose that is in use, and the entry that put it there.
pub(super) fn key_in_use(
    conn: &Connection,
    purpose: KeyPurpose,
) -> Result<Option<(EntryNumber, Digest)>, LedgerError> {
    for entry in of_kind_before(conn, "key", EntryNumber::MAX) {
        let entry = entry?;
        if let Event::Key(change) = entry.event
            && change.purpose == purpose
        {
            return Ok(Some((entry.n, change.now)));
        }
    }
    Ok(None)
}

/// Where the clock stands after the last entry.
pub(super) fn clock(conn: &Connection) -> Result<ClockRecord, LedgerError> {
    let last: i64 = conn.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0))?;
    let clock = projection::clock(conn, last)?.ok_or(LedgerError::NoGenesis)?;
    let change = match entry(conn, number(clock.since))?.map(|entry| entry.event) {
        Some(Event::Clock(change)) => Some(change),
        _ => None,
    };
    Ok(ClockRecord { change, trusted: clock.trusted, high: record::parse_at(&clock.high) })
}

/// What stands for `elder` on `date`, as far as the clock is believed as it is now: under an
/// untrusted clock, what was written since this start of the machine.
pub(super) fn history(
    conn: &Connection,
    elder: &ElderId,
    date: Date,
) -> Result<History, LedgerError> {
    let mut stmt = conn.prepare_cached(
        "WITH slot AS (SELECT CASE WHEN trusted THEN '' ELSE boot END AS boot FROM clock)
         SELECT 1, window FROM meal JOIN slot USING (boot) WHERE elder = ?1 AND date = ?2
         UNION ALL
         SELECT 0, window FROM visit JOIN slot USING (boot) WHERE elder = ?1 AND date = ?2",
    )?;
    let mut rows = stmt.query((elder.as_str(), date.to_string()))?;
    let mut history = History::default();
    while let Some(row) = rows.next()? {
        history.subsidised |= row.get::<_, bool>(0)?;
        let code: String = row.get(1)?;
        let window = MealWindow::from_code(&code).ok_or(LedgerError::Window)?;
        if !history.windows.contains(&window) {
            history.windows.push(window);
        }
    }
    Ok(history)
}

//! Checking a ledger from its first entry on.
//!
//! The chain shows that no entry was changed, taken out, put in or moved, given that the head is
//! known from elsewhere (a receipt, the day's code on the wall). So it is held against every batch that
//! was sealed for the city, whose root the city's receipt repeats. The replay shows that meals,
//! visits, reviews and the gallery's number are what the entries amount to.

use super::db::sqlite_exit;
use super::ledger::{LedgerError, number, signed};
use super::projection;
use crate::domain::entry::{EntryNumber, Event};
use crate::error::{Exit, Sysexit};
use crate::record::{self, CodecError, Hash, merkle};
use rusqlite::{Connection, OptionalExtension, Row};

/// Entries between two calls of `progress`.
const PROGRESS_ENTRIES: EntryNumber = 10_000;

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Numbers, hashes, chain and Merkle root.
    Chain,
    /// Also every body, the columns beside it, all that follows from the entries, and SQLite's own
    /// integrity check.
    Full,
}

/// What stands in a ledger that was checked in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Subsidised meals that may be settled (补贴人次).
    pub meals: u64,
    /// Subsidised meals that wait for confirmation (待核).
    pub pending: u64,
    /// Visits without subsidy, of elders.
    pub visits: u64,
    /// Reviews that expired: visits of nobody by name.
    pub unnamed: u64,
    /// The city's share of the meals that may be settled, in fen.
    pub city_fen: u64,
    /// The district's share, in fen.
    pub district_fen: u64,
    /// What verdicts and adjustments take off both together (核减), in fen.
    pub reduced_fen: u64,
}

/// A ledger in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: EntryNumber,
    /// Hash of the last one.
    pub head: Hash,
    /// RFC 6962 root over all entry hashes.
    pub root: Hash,
    /// What stands; `None` where only the chain was checked.
    pub sums: Option<Sums>,
}

/// What is wrong with an entry.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Missing, or its number was changed.
    #[error("it is missing, or its number was changed")]
    Number,
    /// It does not name the hash of the entry before.
    #[error("it does not follow the entry before it")]
    Prev,
    /// Body and hash do not belong together.
    #[error("its body or its hash was altered")]
    Hash,
    /// The body is not one that this program writes.
    #[error(transparent)]
    Body(CodecError),
    /// A column says something else than the body.
    #[error("the column \"{0}\" does not say what the body says")]
    Column(&'static str),
    /// It could not have been written after the entries before it.
    #[error("it contradicts earlier entries: {0}")]
    Rule(Box<LedgerError>),
    /// SQLite could not read it.
    #[error("it cannot be read: {0}")]
    Unreadable(rusqlite::Error),
}

/// Why a ledger is not in order.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The first entry with a fault.
    #[error("entry {entry}: {fault}; keep this file as evidence and restore a backup")]
    Entry {
        /// Which.
        entry: EntryNumber,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A table does not hold what the entries amount to.
    #[error("table \"{table}\": its row {row} is not what the entries amount to; restore a backup")]
    Projection {
        /// Which table.
        table: &'static str,
        /// What tells the row apart: as a rule the number of an entry.
        row: String,
    },
    /// The entries are not those that a batch was sealed over.
    #[error(
        "the entries up to {last} are not those that batch {batch} was sealed over for the city; \
         keep this file as evidence and restore a backup"
    )]
    Batch {
        /// Which batch.
        batch: u64,
        /// Its last entry.
        last: EntryNumber,
    },
    /// SQLite's integrity check found something.
    #[error("the database file is damaged: {0}; keep it as evidence and restore a backup")]
    Damaged(String),
    /// SQLite failed.
    #[error("the ledger's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl Sysexit for VerifyError {
    fn exit(&self) -> Exit {
        match self {
            Self::Entry { fault: Fault::Unreadable(e), .. } | Self::Sqlite(e) => sqlite_exit(e),
            Self::Entry { fault: Fault::Rule(e), .. } => e.exit(),
            _ => Exit::Data,
        }
    }
}

pub(super) fn verify(
    conn: &mut Connection,
    depth: Depth,
    mut progress: impl FnMut(EntryNumber),
) -> Result<Verified, VerifyError> {
    // One transaction is one moment, however much is appended meanwhile. It is rolled back at the
    // end, and the temporary tables with it.
    let tx = conn.transaction()?;
    if depth == Depth::Full {
        projection::shadow(&tx)?;
    }
    let mut sealed = sealed(&tx)?.into_iter().peekable();
    let mut state = State { n: 0, head: Hash([0; 32]), tree: merkle::Tree::default() };
    let mut stmt = tx.prepare("SELECT seq, prev, hash, body, at, kind FROM entry ORDER BY seq")?;
    let mut rows = stmt.query([])?;
    loop {
        let entry = state.n + 1;
        let here = |fault| VerifyError::Entry { entry, fault };
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) if state.n == 0 => return Err(here(Fault::Number)),
            Ok(None) => break,
            Err(e) => return Err(here(Fault::Unreadable(e))),
        };
        let body = state.link(row).map_err(here)?;
        if depth == Depth::Full {
            replay(&tx, entry, row, body).map_err(here)?;
        }
        while let Some(batch) = sealed.next_if(|batch| batch.last <= entry) {
            batch.fits(state.tree.root())?;
        }
        if entry.is_multiple_of(PROGRESS_ENTRIES) {
            progress(entry);
        }
    }
    if let Some(batch) = sealed.next() {
        return Err(batch.broken());
    }
    let sums = match depth {
        Depth::Chain => None,
        Depth::Full => {
            compare(&tx)?;
            check_file(&tx)?;
            Some(sums(&tx)?)
        }
    };
    Ok(Verified { entries: state.n, head: state.head, root: state.tree.root(), sums })
}

/// A batch that was sealed for the city.
struct Sealed {
    batch: u64,
    last: EntryNumber,
    root: Hash,
}

impl Sealed {
    fn fits(&self, root: Hash) -> Result<(), VerifyError> {
        if self.root == root { Ok(()) } else { Err(self.broken()) }
    }

    fn broken(&self) -> VerifyError {
        VerifyError::Batch { batch: self.batch, last: self.last }
    }
}

fn sealed(conn: &Connection) -> rusqlite::Result<Vec<Sealed>> {
    let mut stmt = conn.prepare("SELECT seq, last, root FROM batch ORDER BY seq")?;
    let sealed = |row: &Row<'_>| {
        let (batch, last) = (number(row.get(0)?), number(row.get(1)?));
        Ok(Sealed { batch, last, root: Hash(row.get(2)?) })
    };
    stmt.query_map([], sealed)?.collect()
}

/// Where the chain stands after `n` entries.
struct State {
    n: EntryNumber,
    head: Hash,
    tree: merkle::Tree,
}

impl State {
    /// Takes the next row in, and gives its body.
    fn link<'r>(&mut self, row: &'r Row<'_>) -> Result<&'r [u8], Fault> {
        let body = blob(row, 3)?;
        if row.get_ref(0).and_then(|v| Ok(v.as_i64()?)) != Ok(signed(self.n + 1)) {
            return Err(Fault::Number);
        }
        let prev = match self.n {
            0 => match record::decode(body).map_err(Fault::Body)?.0.event {
                Event::Genesis { device } => Hash::before_genesis(&device),
                _ => return Err(Fault::Body(CodecError::Kind)),
            },
            _ => self.head,
        };
        if blob(row, 1)? != prev.0 {
            return Err(Fault::Prev);
        }
        let hash = prev.link(body);
        if blob(row, 2)? != hash.0 {
            return Err(Fault::Hash);
        }
        self.tree.push(merkle::leaf(&hash.0));
        self.n += 1;
        self.head = hash;
        Ok(body)
    }
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], Fault> {
    let value = row.get_ref(column).map_err(Fault::Unreadable)?;
    value.as_blob().map_err(|e| Fault::Unreadable(e.into()))
}

/// Reads the body, compares the columns beside it, and does again what it did.
fn replay(conn: &Connection, n: EntryNumber, row: &Row<'_>, body: &[u8]) -> Result<(), Fault> {
    let (entry, _) = record::decode(body).map_err(Fault::Body)?;
    let says = |column, text: &str| row.get_ref(column).is_ok_and(|v| v.as_str() == Ok(text));
    if entry.n != n {
        return Err(Fault::Column("seq"));
    }
    if !says(4, &record::at_text(entry.stamp.at)) {
        return Err(Fault::Column("at"));
    }
    if !says(5, entry.event.kind()) {
        return Err(Fault::Column("kind"));
    }
    if n > 1 && matches!(entry.event, Event::Genesis { .. }) {
        return Err(Fault::Body(CodecError::Kind));
    }
    projection::apply(conn, &entry).map_err(|e| Fault::Rule(Box::new(e)))
}

/// Compares the replayed tables with the stored ones.
fn compare(conn: &Connection) -> Result<(), VerifyError> {
    for (table, key) in projection::TABLES {
        for (one, other) in [("main", "temp"), ("temp", "main")] {
            let sql = format!(
                "SELECT CAST({key} AS TEXT) FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})
                 ORDER BY 1 LIMIT 1"
            );
            let row = conn.query_row(&sql, [], |row| row.get(0)).optional()?;
            if let Some(row) = row {
                return Err(VerifyError::Projection { table, row });
            }
        }
    }
    Ok(())
}

/// Damage that no entry shows: broken index pages, lost pages, a wrong page count.
fn check_file(conn: &Connection) -> Result<(), VerifyError> {
    let said: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(VerifyError::Damaged(said)) }
}

fn sums(conn: &Connection) -> rusqlite::Result<Sums> {
    let count = |row: &Row<'_>, i| row.get::<_, i64>(i).map(i64::unsigned_abs);
    conn.query_row(
        "SELECT count(*) FILTER (WHERE NOT pending), count(*) FILTER (WHERE pending),
                (SELECT count(*) FROM visit),
                (SELECT count(*) FROM review WHERE state = 'expired'),
                coalesce(sum(m.city_fen) FILTER (WHERE NOT pending), 0),
                coalesce(sum(m.district_fen) FILTER (WHERE NOT pending), 0),
                coalesce(sum(CASE WHEN v.accepted = 0 THEN m.city_fen + m.district_fen
                    ELSE coalesce(a.city_fen + a.district_fen, 0) END)
                    FILTER (WHERE NOT pending), 0)
         FROM meal AS m LEFT JOIN verdict AS v ON v.entry = m.seq
                        LEFT JOIN adjustment AS a ON a.entry = m.seq",
        [],
        |row| {
            Ok(Sums {
                meals: count(row, 0)?,
                pending: count(row, 1)?,
                visits: count(row, 2)?,
                unnamed: count(row, 3)?,
                city_fen: count(row, 4)?,
                district_fen: count(row, 5)?,
                reduced_fen: count(row, 6)?,
            })
        },
    )
}

//! The entries of a day, and the proof of one entry.

use super::ledger::{self, LedgerError};
use crate::domain::calendar::{Date, service_date};
use crate::domain::entry::{ClockTrust, EntryNumber, Event};
use crate::record::proof::{Branch, Proof};
use crate::record::{DayCode, Hash, merkle};
use rusqlite::Connection;

/// The entries of one day: from the first trusted one of that date up to the next day's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// Number of its first entry.
    pub first: EntryNumber,
    /// Leaf hashes of its entries, in their order.
    pub leaves: Vec<Hash>,
    /// Whether a trusted entry of a later day stands, so that nothing can be added any more.
    pub over: bool,
}

impl Day {
    /// The day's code.
    pub fn code(&self, device: &str) -> DayCode {
        let root = merkle::Tree::of(&self.leaves).root();
        DayCode::new(device, self.date, self.leaves.len() as u64, &root)
    }
}

/// The day `date`, or `None` where the ledger has no entry of it.
pub(super) fn day(conn: &Connection, date: Date) -> Result<Option<Day>, LedgerError> {
    let mut found: Option<Day> = None;
    walk(conn, |n, day, leaf| match &mut found {
        None if day == Some(date) => {
            found = Some(Day { date, first: n, leaves: vec![leaf], over: false });
        }
        Some(known) if day == Some(date) => known.leaves.push(leaf),
        Some(known) => known.over = true,
        None => {}
    })?;
    Ok(found)
}

pub(super) fn prove(conn: &Connection, n: EntryNumber) -> Result<Option<Proof>, LedgerError> {
    let Some(row) = ledger::stored(conn, n)? else { return Ok(None) };
    let (mut leaves, mut days) = (Vec::new(), Vec::new());
    walk(conn, |_, day, leaf| {
        leaves.push(leaf);
        days.push(day);
    })?;
    let index = n as usize - 1;
    let own = days[index];
    // Before the first trusted entry there is no day; such entries are proved with the day of
    // their own, untrusted, time.
    let date = own.unwrap_or_else(|| service_date(row.entry.stamp.at));
    let of_day = |place: &usize| days[*place] == own;
    let first = (0..leaves.len()).find(of_day).expect("the entry itself is of its day");
    let last = (0..leaves.len()).rfind(of_day).expect("the entry itself is of its day");
    let no_leaf = "the entry is among those that were walked";
    Ok(Some(Proof {
        device: ledger::device(conn)?,
        body: row.body,
        prev: row.prev,
        ledger: Branch::to(&leaves, index).expect(no_leaf),
        date,
        day: Branch::to(&leaves[first..=last], index - first).expect(no_leaf),
    }))
}

/// Goes through all entries: number, day, leaf hash. The day is that of the last trusted entry, and
/// `None` before the first one.
fn walk(
    conn: &Connection,
    mut entry: impl FnMut(EntryNumber, Option<Date>, Hash),
) -> Result<(), LedgerError> {
    let mut stmt = conn.prepare("SELECT seq, at, kind, hash FROM entry ORDER BY seq")?;
    let mut rows = stmt.query([])?;
    let (mut trusted, mut day) = (false, None);
    while let Some(row) = rows.next()? {
        let n = ledger::number(row.get(0)?);
        let kind = row.get_ref(2)?;
        // Only these two kinds begin or end trust, so that no other body need be read.
        if kind.as_str() == Ok("clock") || kind.as_str() == Ok("genesis") {
            trusted = match ledger::entry(conn, n)? {
                Some(entry) if matches!(entry.event, Event::Clock(_) | Event::Genesis { .. }) => {
                    entry.stamp.clock == ClockTrust::Trusted
                }
                _ => return Err(LedgerError::NoGenesis),
            };
        }
        if trusted {
            let at: String = row.get(1)?;
            let date = at.get(..10).and_then(|date| date.parse().ok());
            day = Some(date.ok_or(LedgerError::Window)?);
        }
        entry(n, day, merkle::leaf(&row.get::<_, [u8; 32]>(3)?));
    }
    Ok(())
}

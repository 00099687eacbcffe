//! What may have to be said later of meals and visits: which of them wait, and which stand.
//!
//! It reads; what is to be said of them is decided in `domain::pending` and `domain::rejudge`.

use super::gallery::{self, GalleryError};
use super::ledger::{self, LedgerError, number};
use super::{Store, projection};
use crate::domain::calendar::Date;
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::operation::ClockChange;
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::pending::{Stretch, Waiting, Written};
use crate::domain::rejudge::{Past, Taken};
use crate::domain::subsidy::Award;
use rusqlite::{Connection, OptionalExtension as _, Row};

impl Store {
    /// What waits for confirmation (待核) after entry `after`, in order of entry, at most `rows`.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn waiting(&self, after: EntryNumber, rows: usize) -> Result<Vec<Waiting>, LedgerError> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT seq FROM (SELECT seq FROM meal WHERE pending AND seq > ?1
             UNION ALL SELECT seq FROM visit WHERE boot <> '' AND seq > ?1) ORDER BY seq LIMIT ?2",
        )?;
        let bounds = (ledger::signed(after), i64::try_from(rows).unwrap_or(i64::MAX));
        let found = stmt.query_map(bounds, |row| row.get::<_, i64>(0))?;
        found.map(|seq| self.waits(number(seq?))).collect()
    }

    fn waits(&self, n: EntryNumber) -> Result<Waiting, LedgerError> {
        let Entry { stamp, event, .. } =
            ledger::entry(&self.conn, n)?.ok_or(LedgerError::NoEntry(n))?;
        let (elder, date, what) = match event {
            Event::Meal(meal) => {
                let (city, district) = (meal.award.city, meal.award.district);
                let what = Written::Meal { city, district, rules: meal.award.rules };
                (meal.elder, meal.date, what)
            }
            Event::Visit(visit) => (visit.elder, visit.date, Written::Visit(visit.reason)),
            _ => return Err(LedgerError::NoEntry(n)),
        };
        Ok(Waiting { entry: n, at: stamp.at, clock: stamp.clock, elder, date, what })
    }

    /// What the ledger knows of the time of entry `n`, whose clock was not believed; `None` while
    /// no time has been believed since.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn stretch(&self, n: EntryNumber) -> Result<Option<Stretch>, LedgerError> {
        let Some(end) = clock_entry(&self.conn, n, Side::FirstTrusted)? else { return Ok(None) };
        let began = clock_entry(&self.conn, n, Side::LastTrusted)?;
        let first = clock_entry(&self.conn, began.map_or(0, |(seq, _)| seq), Side::Next)?;
        // The entry before the one that began the doubt was the last to be believed; before the
        // first clock entry, the first entry of all says whether anything was.
        let last = first.map_or(0, |(seq, _)| seq - 1);
        let believed = ledger::entry(&self.conn, last)?.map(|entry| entry.stamp);
        let after = believed.filter(|s| s.clock == ClockTrust::Trusted).map(|s| s.at);
        let before = ledger::entry(&self.conn, end.0)?.ok_or(LedgerError::NoEntry(end.0))?.stamp.at;
        let doubt = clock_entry(&self.conn, n, Side::Last)?.map(|(_, change)| change);
        let next = clock_entry(&self.conn, n, Side::Next)?.map(|(_, change)| change);
        let correction_ms = doubt.zip(next).and_then(|(doubt, next)| {
            let tied = next.trusted && doubt.boot == next.boot;
            tied.then_some(next.offset_ms - doubt.offset_ms)
        });
        Ok(Some(Stretch { after, before, correction_ms }))
    }

    /// The meal that has the slot of `elder` on `date`, under a clock that is believed.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn slot(&self, elder: &ElderId, date: Date) -> Result<Option<EntryNumber>, LedgerError> {
        let seq: Option<i64> = self
            .conn
            .prepare_cached("SELECT seq FROM meal WHERE elder = ?1 AND date = ?2 AND boot = ''")?
            .query_row((elder.as_str(), date.to_string()), |row| row.get(0))
            .optional()?;
        Ok(seq.map(number))
    }

    /// The subsidised meals of `elder` that stand and do not wait, in order of their days.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn past_meals(&self, elder: &ElderId) -> Result<Vec<Past>, LedgerError> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT m.seq, m.date, m.city_fen, m.district_fen, a.seq, a.city_fen, a.district_fen
             FROM meal AS m LEFT JOIN adjustment AS a ON a.entry = m.seq
             WHERE m.elder = ?1 AND NOT m.pending ORDER BY m.date",
        )?;
        let mut rows = stmt.query([elder.as_str()])?;
        let mut meals = Vec::new();
        while let Some(row) = rows.next()? {
            meals.push(past(row)?);
        }
        Ok(meals)
    }

    /// What the meal of entry `n` was worth when it was written, and by which rules; `None` where it
    /// was written for another day than `date` and has its price from a confirmation.
    ///
    /// # Errors
    /// [`LedgerError::NoEntry`] where that is no meal.
    pub fn award_of(&self, n: EntryNumber, date: Date) -> Result<Option<Award>, LedgerError> {
        match ledger::entry(&self.conn, n)?.map(|entry| entry.event) {
            Some(Event::Meal(meal)) => Ok((meal.date == date).then_some(meal.award)),
            _ => Err(LedgerError::NoEntry(n)),
        }
    }

    /// The last month whose settlement is closed; all before it are, and none after it.
    ///
    /// # Errors
    /// [`LedgerError`] where the file cannot be read.
    pub fn closed(&self) -> Result<Option<Month>, LedgerError> {
        projection::closed(&self.conn)
    }

    /// Everybody in the gallery, in order of id, without their faces.
    ///
    /// # Errors
    /// [`GalleryError`] names the row that cannot be opened.
    pub fn elders(&self) -> Result<Vec<Elder>, GalleryError> {
        gallery::elders(&self.conn, &self.vault)
    }
}

fn past(row: &Row<'_>) -> Result<Past, LedgerError> {
    let date: String = row.get(1)?;
    let fen = |column| row.get(column).map(Fen::new);
    let by: Option<i64> = row.get(4)?;
    let taken = match by {
        None => None,
        Some(by) => Some(Taken { by: number(by), city: fen(5)?, district: fen(6)? }),
    };
    Ok(Past {
        entry: number(row.get(0)?),
        date: date.parse().map_err(|_| LedgerError::Window)?,
        city: fen(2)?,
        district: fen(3)?,
        taken,
    })
}

/// Which clock entry, seen from another entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The last one before it.
    Last,
    /// The last one before it by which the clock is trusted.
    LastTrusted,
    /// The first one after it.
    Next,
    /// The first one after it by which the clock is trusted.
    FirstTrusted,
}

/// The clock entry on that side of entry `n`.
fn clock_entry(
    conn: &Connection,
    n: EntryNumber,
    side: Side,
) -> Result<Option<(EntryNumber, ClockChange)>, LedgerError> {
    let forward = matches!(side, Side::Next | Side::FirstTrusted);
    let mut stmt = conn.prepare_cached(if forward {
        "SELECT seq FROM entry WHERE kind = 'clock' AND seq > ?1 ORDER BY seq"
    } else {
        "SELECT seq FROM entry WHERE kind = 'clock' AND seq < ?1 ORDER BY seq DESC"
    })?;
    let mut rows = stmt.query([ledger::signed(n)])?;
    while let Some(row) = rows.next()? {
        let seq = number(row.get(0)?);
        let Some(Event::Clock(change)) = ledger::entry(conn, seq)?.map(|entry| entry.event) else {
            return Err(LedgerError::NoEntry(seq));
        };
        if matches!(side, Side::Last | Side::Next) || change.trusted {
            return Ok(Some((seq, change)));
        }
    }
    Ok(None)
}

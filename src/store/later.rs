//! What may have to be said later of meals and visits: which of them wait, and which stand.
//!
//! It reads; what is to be said of them is decided in `domain::pending` and `domain::rejudge`.

use super::gallery::{self, GalleryError};
use super::ledger::{self, LedgerError, number, of_kind_after, of_kind_before};
use super::{Store, projection};
use crate::domain::calendar::Date;
use crate::domain::elder::{Elder, ElderId};
use crate::domain::entry::operation::ClockChange;
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::pending::{Stretch, Waiting, Written};
use crate::domain::rejudge::{Past, Taken};
use crate::domain::subsidy::Award;
use rusqlite::{OptionalExtension as _, Row};

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
        let back = |n| of_kind_before(&self.conn, "clock", n);
        let on = |n| of_kind_after(&self.conn, "clock", n);
        let Some(end) = first_clock(on(n), true)? else { return Ok(None) };
        let began = first_clock(back(n), true)?;
        let first = first_clock(on(began.map_or(0, |(seq, _)| seq)), false)?;
        let doubt = first_clock(back(n), false)?.map(|(_, change)| change);
        let next = first_clock(on(n), false)?.map(|(_, change)| change);
        // The entry before the one that began the doubt was the last to be believed; before the
        // first clock entry, the first entry of all says whether anything was.
        let last = first.map_or(0, |(seq, _)| seq - 1);
        let believed = ledger::entry(&self.conn, last)?.map(|entry| entry.stamp);
        let after = believed.filter(|s| s.clock == ClockTrust::Trusted).map(|s| s.at);
        let before = ledger::entry(&self.conn, end.0)?.ok_or(LedgerError::NoEntry(end.0))?.stamp.at;
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

    /// What a past meal was worth when it was written, and by which rules; `None` where it has its
    /// day or its price from a confirmation.
    ///
    /// # Errors
    /// [`LedgerError::NoEntry`] where that is no meal.
    pub fn award_of(&self, past: &Past) -> Result<Option<Award>, LedgerError> {
        let written = match ledger::entry(&self.conn, past.entry)?.map(|entry| entry.event) {
            Some(Event::Meal(meal)) => meal,
            _ => return Err(LedgerError::NoEntry(past.entry)),
        };
        let Meal { date, award, .. } = written;
        let stands = (date, award.city, award.district) == (past.date, past.city, past.district);
        Ok(stands.then_some(award))
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

/// Of clock entries the first, or the first by which the clock is trusted.
fn first_clock(
    entries: impl Iterator<Item = Result<Entry, LedgerError>>,
    trusted: bool,
) -> Result<Option<(EntryNumber, ClockChange)>, LedgerError> {
    for entry in entries {
        match entry? {
            Entry { n, event: Event::Clock(change), .. } if change.trusted || !trusted => {
                return Ok(Some((n, change)));
            }
            Entry { event: Event::Clock(_), .. } => {}
            other => return Err(LedgerError::NoEntry(other.n)),
        }
    }
    Ok(None)
}

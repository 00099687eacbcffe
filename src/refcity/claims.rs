//! Entries become claims: a meal is one, later entries undo it, settle it, or take something off.
//!
//! Of the claims of one elder and service date over all boxes one stands; which one is said by
//! [`super::judge`], from what the claims are and not from when they came.

use super::batches::signed;
use super::db::CityError;
use super::http::Refused;
use super::judge::{self, Claim};
use crate::city::wire::text::{self, DeviceId};
use crate::city::wire::verdict::Verdict;
use crate::domain::entry::correction::{Adjustment, Confirmation};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal};
use crate::domain::subsidy::Standing;
use rusqlite::{OptionalExtension as _, Transaction};

/// Elder and service date: of all meals in it, one stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    elder: String,
    date: String,
}

/// What follows from an entry. Gives the slots that have to be judged: two where a meal turns out
/// to belong to another day.
pub(super) fn apply(
    tx: &Transaction<'_>,
    device: &DeviceId,
    entry: &Entry,
) -> Result<Vec<Slot>, Refused> {
    match &entry.event {
        Event::Meal(meal) => add(tx, device, entry, meal).map(|slot| vec![slot]),
        Event::Void(void) => undo(tx, device, void.entry),
        Event::Confirmation(said) => settle(tx, device, said),
        Event::Adjustment(said) => take_off(tx, device, said).map(|()| Vec::new()),
        _ => Ok(Vec::new()),
    }
}

fn add(
    tx: &Transaction<'_>,
    device: &DeviceId,
    entry: &Entry,
    meal: &Meal,
) -> Result<Slot, Refused> {
    let slot = Slot { elder: meal.elder.to_string(), date: meal.date.to_string() };
    let trusted = entry.stamp.clock == ClockTrust::Trusted;
    tx.prepare_cached(
        "INSERT INTO claim (device, n, elder, date, at, trusted, firm, city_fen, district_fen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        device.as_str(),
        signed(entry.n)?,
        &slot.elder,
        &slot.date,
        text::time_to_text(entry.stamp.at),
        trusted,
        trusted && meal.standing == Standing::Firm,
        meal.award.city.get(),
        meal.award.district.get(),
    ))?;
    Ok(slot)
}

fn undo(tx: &Transaction<'_>, device: &DeviceId, n: EntryNumber) -> Result<Vec<Slot>, Refused> {
    let slot = tx
        .prepare_cached(
            "UPDATE claim SET gone = 1 WHERE device = ?1 AND n = ?2 RETURNING elder, date",
        )?
        .query_row((device.as_str(), signed(n)?), |row| {
            Ok(Slot { elder: row.get(0)?, date: row.get(1)? })
        })
        .optional()?;
    Ok(slot.into_iter().collect())
}

/// A pending meal (待核) is firm now, perhaps on another day, or worth nothing after all. A pending
/// visit was no claim and becomes none.
fn settle(
    tx: &Transaction<'_>,
    device: &DeviceId,
    said: &Confirmation,
) -> Result<Vec<Slot>, Refused> {
    let ids = (device.as_str(), signed(said.entry)?);
    let before = tx
        .prepare_cached("SELECT elder, date FROM claim WHERE device = ?1 AND n = ?2")?
        .query_row(ids, |row| Ok(Slot { elder: row.get(0)?, date: row.get(1)? }))
        .optional()?;
    let Some(before) = before else { return Ok(Vec::new()) };
    let now = Slot { elder: before.elder.clone(), date: said.date.to_string() };
    tx.prepare_cached(
        "UPDATE claim SET date = ?3, firm = 1, gone = max(gone, ?4), city_fen = ?5,
            district_fen = ?6
         WHERE device = ?1 AND n = ?2",
    )?
    .execute((
        ids.0,
        ids.1,
        &now.date,
        said.reason.is_some(),
        said.city.get(),
        said.district.get(),
    ))?;
    Ok(vec![before, now])
}

/// Something was found out late (核减); the last adjustment of a meal counts.
fn take_off(tx: &Transaction<'_>, device: &DeviceId, said: &Adjustment) -> Result<(), Refused> {
    tx.prepare_cached(
        "UPDATE claim SET city_off_fen = ?3, district_off_fen = ?4 WHERE device = ?1 AND n = ?2",
    )?
    .execute((device.as_str(), signed(said.entry)?, said.city.get(), said.district.get()))?;
    Ok(())
}

/// Judges a slot again and writes down what has changed.
pub(super) fn rejudge(tx: &Transaction<'_>, slot: &Slot) -> Result<(), Refused> {
    let mut stmt = tx.prepare_cached(
        "SELECT device, n, at, trusted, verdict, rejected_for FROM claim
         WHERE elder = ?1 AND date = ?2 AND gone = 0",
    )?;
    let claims = stmt.query_map((&slot.elder, &slot.date), |row| {
        Ok(Claim {
            device: row.get(0)?,
            n: row.get(1)?,
            at: row.get(2)?,
            trusted: row.get(3)?,
            verdict: row.get(4)?,
            rejected_for: row.get(5)?,
        })
    })?;
    let claims: Vec<Claim> = claims.collect::<Result<_, _>>()?;
    for finding in judge::judge(&claims) {
        let claim = &claims[finding.claim];
        let id: i64 = tx
            .prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM verdict")?
            .query_row([], |row| row.get(0))?;
        let verdict = Verdict {
            id: id.unsigned_abs(),
            device: DeviceId::new(&claim.device).map_err(|_| CityError::Altered("a device id"))?,
            n: claim.n.unsigned_abs(),
            verdict: finding.ruling,
            reason: finding.reason,
            kept: finding.kept.clone(),
            supersedes: claim.verdict.map(i64::unsigned_abs),
        };
        let json = serde_json::to_string(&verdict).expect("plain fields always become JSON");
        tx.prepare_cached("INSERT INTO verdict (id, device, json) VALUES (?1, ?2, ?3)")?
            .execute((id, &claim.device, json))?;
        tx.prepare_cached(
            "UPDATE claim SET verdict = ?3, rejected_for = ?4 WHERE device = ?1 AND n = ?2",
        )?
        .execute((&claim.device, claim.n, id, finding.kept))?;
    }
    Ok(())
}

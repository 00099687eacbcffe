//! Entries become claims: a meal is one, later entries undo it, settle it, or take something off.
//!
//! Of the claims of one elder and service date over all boxes one stands; which one is said by
//! [`super::judge`], from what the claims are and not from when they came.

use super::batches::signed;
use super::db::CityError;
use super::epochs::Chain;
use super::http::Refused;
use super::judge::{self, Claim, Finding};
use crate::city::wire::text::{self, DeviceId};
use crate::city::wire::verdict::Verdict;
use crate::domain::entry::correction::{Adjustment, Confirmation};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal};
use crate::domain::subsidy::Standing;
use crate::record::Hash;
use rusqlite::{OptionalExtension as _, Row, Transaction};

/// Elder and service date: of all meals in it, one stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    elder: String,
    date: String,
}

/// What follows from an entry of a chain: what it names is an entry of that chain. Gives the slots
/// that have to be judged: two where a meal turns out to belong to another day.
pub(super) fn apply(
    tx: &Transaction<'_>,
    chain: &Chain,
    entry: &Entry,
) -> Result<Vec<Slot>, Refused> {
    match &entry.event {
        Event::Meal(meal) => add(tx, chain, entry, meal).map(|slot| vec![slot]),
        Event::Void(void) => undo(tx, chain, entry.n, void.entry),
        Event::Confirmation(said) => settle(tx, chain, entry.n, said),
        Event::Adjustment(said) => take_off(tx, chain, said).map(|()| Vec::new()),
        _ => Ok(Vec::new()),
    }
}

/// A claim's key: device, the epoch that brought it, entry.
type Key<'a> = (&'a str, i64, i64);

/// The key of the claim that is the n-th entry of a chain.
fn key(chain: &Chain, n: EntryNumber) -> Result<Key<'_>, Refused> {
    Ok((chain.device().as_str(), signed(chain.owner(n))?, signed(n)?))
}

fn add(tx: &Transaction<'_>, chain: &Chain, entry: &Entry, meal: &Meal) -> Result<Slot, Refused> {
    let slot = Slot { elder: meal.elder.to_string(), date: meal.date.to_string() };
    let trusted = entry.stamp.clock == ClockTrust::Trusted;
    let (device, epoch, n) = key(chain, entry.n)?;
    tx.prepare_cached(
        "INSERT INTO claim
            (device, epoch, n, elder, date, at, trusted, firm, city_fen, district_fen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        device,
        epoch,
        n,
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

/// Entry `by` undoes entry `n`.
fn undo(
    tx: &Transaction<'_>,
    chain: &Chain,
    by: EntryNumber,
    n: EntryNumber,
) -> Result<Vec<Slot>, Refused> {
    let (device, epoch, n) = key(chain, n)?;
    let slot = tx
        .prepare_cached(
            "UPDATE claim SET gone = 1, gone_epoch = coalesce(gone_epoch, ?4),
                gone_n = coalesce(gone_n, ?5)
             WHERE device = ?1 AND epoch = ?2 AND n = ?3 RETURNING elder, date",
        )?
        .query_row((device, epoch, n, signed(chain.epoch())?, signed(by)?), |row| {
            Ok(Slot { elder: row.get(0)?, date: row.get(1)? })
        })
        .optional()?;
    Ok(slot.into_iter().collect())
}

/// A pending meal (待核) is firm now, perhaps on another day, or worth nothing after all. A pending
/// visit was no claim and becomes none.
fn settle(
    tx: &Transaction<'_>,
    chain: &Chain,
    by: EntryNumber,
    said: &Confirmation,
) -> Result<Vec<Slot>, Refused> {
    let (device, epoch, n) = key(chain, said.entry)?;
    let before = tx
        .prepare_cached(
            "SELECT elder, date FROM claim WHERE device = ?1 AND epoch = ?2 AND n = ?3",
        )?
        .query_row((device, epoch, n), |row| Ok(Slot { elder: row.get(0)?, date: row.get(1)? }))
        .optional()?;
    let Some(before) = before else { return Ok(Vec::new()) };
    let now = Slot { elder: before.elder.clone(), date: said.date.to_string() };
    tx.prepare_cached(
        "UPDATE claim SET date = ?4, firm = 1, city_fen = ?5, district_fen = ?6
         WHERE device = ?1 AND epoch = ?2 AND n = ?3",
    )?
    .execute((device, epoch, n, &now.date, said.city.get(), said.district.get()))?;
    if said.reason.is_some() {
        undo(tx, chain, by, said.entry)?;
    }
    Ok(vec![before, now])
}

/// Something was found out late (核减); the last adjustment of a meal counts.
fn take_off(tx: &Transaction<'_>, chain: &Chain, said: &Adjustment) -> Result<(), Refused> {
    let (device, epoch, n) = key(chain, said.entry)?;
    tx.prepare_cached(
        "UPDATE claim SET city_off_fen = ?4, district_off_fen = ?5
         WHERE device = ?1 AND epoch = ?2 AND n = ?3",
    )?
    .execute((device, epoch, n, said.city.get(), said.district.get()))?;
    Ok(())
}

/// Judges a slot again and writes down what has changed.
pub(super) fn rejudge(tx: &Transaction<'_>, slot: &Slot) -> Result<(), Refused> {
    let mut stmt = tx.prepare_cached(
        "SELECT device, epoch, n, at, trusted, verdict, rejected_for FROM claim
         WHERE elder = ?1 AND date = ?2 AND gone = 0",
    )?;
    let claims = stmt.query_map((&slot.elder, &slot.date), claim)?;
    let claims: Vec<Claim> = claims.collect::<Result<_, _>>()?;
    for finding in judge::judge(&claims) {
        say(tx, &claims[finding.claim], &finding)?;
    }
    Ok(())
}

/// The chain of a restored box has parted from the one before: what an earlier epoch undid stays
/// undone, and the box, which has not those entries, is told so.
pub(super) fn tell_undone(tx: &Transaction<'_>, chain: &Chain) -> Result<(), Refused> {
    let mut stmt = tx.prepare_cached(
        "SELECT device, epoch, n, at, trusted, verdict, rejected_for, gone_epoch, gone_n
         FROM claim WHERE device = ?1 AND gone = 1 AND gone_epoch < ?2 AND rejected_for IS NULL
         ORDER BY n, epoch",
    )?;
    let undone = stmt.query_map((chain.device().as_str(), signed(chain.epoch())?), |row| {
        Ok((claim(row)?, row.get::<_, i64>(7)?, row.get::<_, i64>(8)?))
    })?;
    let here = |epoch: i64, n: i64| chain.owner(n.unsigned_abs()) == epoch.unsigned_abs();
    for row in undone.collect::<Result<Vec<_>, _>>()? {
        let (claim, by_epoch, by_n) = row;
        if here(claim.epoch, claim.n) && !here(by_epoch, by_n) {
            say(tx, &claim, &judge::undone_elsewhere())?;
        }
    }
    Ok(())
}

fn claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        device: row.get(0)?,
        epoch: row.get(1)?,
        n: row.get(2)?,
        at: row.get(3)?,
        trusted: row.get(4)?,
        verdict: row.get(5)?,
        rejected_for: row.get(6)?,
    })
}

/// Makes a verdict of what was found about a claim.
fn say(tx: &Transaction<'_>, claim: &Claim, finding: &Finding) -> Result<(), Refused> {
    let key = (&claim.device, claim.epoch, claim.n);
    let hash: [u8; 32] = tx
        .prepare_cached("SELECT hash FROM entry WHERE device = ?1 AND epoch = ?2 AND n = ?3")?
        .query_row(key, |row| row.get(0))?;
    let id: i64 = tx
        .prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM verdict")?
        .query_row([], |row| row.get(0))?;
    let verdict = Verdict {
        id: id.unsigned_abs(),
        device: DeviceId::new(&claim.device).map_err(|_| CityError::Altered("a device id"))?,
        n: claim.n.unsigned_abs(),
        hash: Hash(hash),
        verdict: finding.ruling,
        reason: finding.reason,
        kept: finding.kept.clone(),
        supersedes: claim.verdict.map(i64::unsigned_abs),
    };
    let json = serde_json::to_string(&verdict).expect("plain fields always become JSON");
    tx.prepare_cached("INSERT INTO verdict (id, device, json) VALUES (?1, ?2, ?3)")?.execute((
        id,
        &claim.device,
        json,
    ))?;
    tx.prepare_cached(
        "UPDATE claim SET verdict = ?4, rejected_for = ?5
         WHERE device = ?1 AND epoch = ?2 AND n = ?3",
    )?
    .execute((key.0, key.1, key.2, id, &finding.kept))?;
    Ok(())
}

//! What the city's side looks at: devices, alarms, duplicates, settlement over all boxes.

use super::db::CityError;
use super::{City, epochs};
use serde::Serialize;

/// Most alarms and duplicates that a report lists.
const LIST_ROWS_MAX: i64 = 50;

/// A device as the city sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceRow {
    /// Its id.
    pub device: String,
    /// Id of its key.
    pub key_id: String,
    /// When it enrolled.
    pub enrolled_at: String,
    /// Its last batch, or 0.
    pub last_batch: i64,
    /// Its last entry, or 0.
    pub last_entry: i64,
    /// When that came.
    pub received_at: Option<String>,
    /// Meals that stand and are firm.
    pub meals: i64,
    /// Meals that stand and wait (待核).
    pub pending: i64,
    /// Meals rejected as duplicates.
    pub rejected: i64,
    /// The city's share of its firm meals, in fen.
    pub city_fen: i64,
    /// The district's share of the same, in fen.
    pub district_fen: i64,
    /// How often it raised an alarm.
    pub alarms: i64,
}

/// An epoch of a device that was enrolled more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EpochRow {
    /// Whose.
    pub device: String,
    /// Which.
    pub epoch: u64,
    /// When the device was enrolled for it.
    pub began_at: String,
    /// Id of the key that it began with.
    pub key_id: String,
    /// The earlier epoch that it goes on from; 0 where its chain begins by itself.
    pub trunk: u64,
    /// The last entry that it shares with that.
    pub shared: u64,
    /// The last entry of its own, or 0.
    pub last: u64,
    /// First and last entry of its own that the device's present chain has not: they are held here
    /// only.
    pub only_here: Option<(u64, u64)>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlarmRow {
    /// Whose batch.
    pub device: String,
    /// When it was raised first.
    pub first_at: String,
    /// When it was raised last.
    pub last_at: String,
    /// `gap`, `conflict`, `epoch` or `replay`.
    pub what: String,
    /// How often.
    pub times: i64,
}

/// A meal that was rejected as a duplicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateRow {
    /// Pseudonymous id.
    pub elder: String,
    /// Service date.
    pub date: String,
    /// The rejected meal, `device#entry`, with `@epoch` behind it where that is not 1.
    pub rejected: String,
    /// The meal that stands.
    pub kept: String,
}

/// Everything on one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Devices by id.
    pub devices: Vec<DeviceRow>,
    /// The epochs of devices that were enrolled more than once.
    pub epochs: Vec<EpochRow>,
    /// The last alarms.
    pub alarms: Vec<AlarmRow>,
    /// The last duplicates.
    pub duplicates: Vec<DuplicateRow>,
    /// Elders in the gallery.
    pub elders: i64,
    /// Entries that the city holds.
    pub entries: i64,
    /// Meals that stand and are firm.
    pub meals: i64,
    /// Meals that stand and wait (待核).
    pub pending: i64,
    /// The city's share (市级) of the firm meals after what was taken off (核减), in fen.
    pub city_fen: i64,
    /// The district's share (区级) of the same, in fen.
    pub district_fen: i64,
}

impl City {
    /// The report as of now.
    ///
    /// # Errors
    /// [`CityError::Sqlite`].
    pub fn report(&self) -> Result<Report, CityError> {
        let memory = self.memory();
        let conn = &memory.conn;
        let mut devices = conn.prepare_cached(
            "WITH settled AS (
                SELECT device, sum(kept * firm) AS meals, sum(kept * (1 - firm)) AS pending,
                    sum(1 - kept) AS rejected,
                    sum(kept * firm * (city_fen - city_off_fen)) AS city_fen,
                    sum(kept * firm * (district_fen - district_off_fen)) AS district_fen
                FROM (SELECT *, rejected_for IS NULL AS kept FROM claim WHERE gone = 0)
                GROUP BY device)
             SELECT d.id, d.key_id, d.enrolled_at, coalesce(b.seq, 0), coalesce(b.last, 0),
                b.received_at, coalesce(s.meals, 0), coalesce(s.pending, 0),
                coalesce(s.rejected, 0), coalesce(s.city_fen, 0), coalesce(s.district_fen, 0),
                (SELECT coalesce(sum(times), 0) FROM alarm a WHERE a.device = d.id)
             FROM device d LEFT JOIN settled s ON s.device = d.id
             LEFT JOIN batch b ON b.device = d.id AND (b.epoch, b.seq) =
                (SELECT epoch, seq FROM batch WHERE device = d.id
                 ORDER BY epoch DESC, seq DESC LIMIT 1)
             ORDER BY d.id",
        )?;
        let devices = devices.query_map([], |row| {
            Ok(DeviceRow {
                device: row.get(0)?,
                key_id: row.get(1)?,
                enrolled_at: row.get(2)?,
                last_batch: row.get(3)?,
                last_entry: row.get(4)?,
                received_at: row.get(5)?,
                meals: row.get(6)?,
                pending: row.get(7)?,
                rejected: row.get(8)?,
                city_fen: row.get(9)?,
                district_fen: row.get(10)?,
                alarms: row.get(11)?,
            })
        })?;
        let mut alarms = conn.prepare_cached(
            "SELECT device, first_at, last_at, what, times FROM alarm
             ORDER BY last_at DESC, device LIMIT ?1",
        )?;
        let alarms = alarms.query_map([LIST_ROWS_MAX], |row| {
            Ok(AlarmRow {
                device: row.get(0)?,
                first_at: row.get(1)?,
                last_at: row.get(2)?,
                what: row.get(3)?,
                times: row.get(4)?,
            })
        })?;
        let mut duplicates = conn.prepare_cached(
            "SELECT elder, date,
                device || '#' || n || CASE epoch WHEN 1 THEN '' ELSE '@' || epoch END, rejected_for
             FROM claim
             WHERE gone = 0 AND rejected_for IS NOT NULL ORDER BY date DESC, elder LIMIT ?1",
        )?;
        let duplicates = duplicates.query_map([LIST_ROWS_MAX], |row| {
            Ok(DuplicateRow {
                elder: row.get(0)?,
                date: row.get(1)?,
                rejected: row.get(2)?,
                kept: row.get(3)?,
            })
        })?;
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        let (meals, pending, city_fen, district_fen) = conn.query_row(
            "SELECT coalesce(sum(firm), 0), coalesce(sum(1 - firm), 0),
                coalesce(sum(firm * (city_fen - city_off_fen)), 0),
                coalesce(sum(firm * (district_fen - district_off_fen)), 0)
             FROM claim WHERE gone = 0 AND rejected_for IS NULL",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        Ok(Report {
            devices: devices.collect::<Result<_, _>>()?,
            epochs: epochs::list(conn)?,
            alarms: alarms.collect::<Result<_, _>>()?,
            duplicates: duplicates.collect::<Result<_, _>>()?,
            elders: count("SELECT count(*) FROM elder WHERE tombstone IS NULL")?,
            entries: count("SELECT count(*) FROM entry")?,
            meals,
            pending,
            city_fen,
            district_fen,
        })
    }
}

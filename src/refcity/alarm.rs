//! What somebody in the city has to look at. A sort of alarm is one row for each device, however
//! often it is raised, so that nobody can fill the list.

use super::db::CityError;
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::text::{self, DeviceId};
use crate::domain::calendar::Timestamp;
use rusqlite::Connection;

/// What is the matter with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// A batch is missing before the one that came.
    Gap,
    /// Other entries came than those that the city holds: a backup was restored, or two boxes use
    /// one key.
    Conflict,
    /// Something of an epoch that is over came: the box that was replaced, or was stolen, or a copy
    /// of it, is still sending.
    Epoch,
    /// A request came again that had been answered: somebody recorded it, or the network repeats.
    Replay,
}

impl Alarm {
    /// The alarm that a refusal raises, where it raises one.
    pub(super) fn of(code: RefusalCode) -> Option<Self> {
        match code {
            RefusalCode::Gap => Some(Self::Gap),
            RefusalCode::Conflict => Some(Self::Conflict),
            RefusalCode::Epoch => Some(Self::Epoch),
            RefusalCode::Replay => Some(Self::Replay),
            _ => None,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Conflict => "conflict",
            Self::Epoch => "epoch",
            Self::Replay => "replay",
        }
    }
}

/// Writes an alarm down.
pub(super) fn raise(
    conn: &Connection,
    device: &DeviceId,
    alarm: Alarm,
    now: Timestamp,
) -> Result<(), CityError> {
    conn.prepare_cached(
        "INSERT INTO alarm (device, what, first_at, last_at, times) VALUES (?1, ?2, ?3, ?3, 1)
         ON CONFLICT (device, what) DO UPDATE SET last_at = ?3, times = times + 1",
    )?
    .execute((device.as_str(), alarm.code(), text::time_to_text(now)))?;
    Ok(())
}

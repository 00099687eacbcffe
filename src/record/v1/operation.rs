//! Bodies of what happens to the box: sign-in, clock, key, epoch, configuration, satisfaction,
//! export.

use super::spelling::{optional, text};
use super::{earlier, ensure, number};
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{
    BootId, ClockChange, ClockWhy, ConfigChange, Digest, Epoch, EpochChange, Export, ExportWhat,
    Held, KeyChange, KeyPurpose, Satisfaction, Sign, SignChange,
};
use crate::domain::operator::OperatorId;
use crate::record::codec::CodecError;
use serde::{Deserialize, Serialize};

/// Largest offset of a clock, in milliseconds; far beyond any year that a body may hold.
const OFFSET_MS_MAX: u64 = (1 << 53) - 1;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Sign")]
pub(super) struct SignBody {
    #[serde(with = "text")]
    operator: OperatorId,
    #[serde(with = "text")]
    change: SignChange,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ClockChange")]
pub(super) struct ClockBody {
    trusted: bool,
    #[serde(with = "text")]
    why: ClockWhy,
    #[serde(with = "text")]
    boot: BootId,
    offset_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "KeyChange")]
pub(super) struct KeyBody {
    #[serde(with = "text")]
    purpose: KeyPurpose,
    #[serde(with = "text")]
    now: Digest,
    #[serde(with = "optional")]
    before: Option<Digest>,
}

/// What the city holds, spread over fields that are `null` together.
#[derive(Serialize, Deserialize)]
pub(super) struct EpochBody {
    epoch: Epoch,
    held_epoch: Option<Epoch>,
    held_last: Option<EntryNumber>,
    #[serde(with = "optional")]
    held_head: Option<Digest>,
    common: EntryNumber,
}

impl From<&EpochChange> for EpochBody {
    fn from(said: &EpochChange) -> Self {
        EpochBody {
            epoch: said.epoch,
            held_epoch: said.held.map(|held| held.epoch),
            held_last: said.held.map(|held| held.last),
            held_head: said.held.map(|held| held.head),
            common: said.common,
        }
    }
}

impl TryFrom<EpochBody> for EpochChange {
    type Error = CodecError;

    fn try_from(body: EpochBody) -> Result<Self, CodecError> {
        let held = match (body.held_epoch, body.held_last, body.held_head) {
            (None, None, None) => None,
            (Some(epoch), Some(last), Some(head)) => Some(Held { epoch, last, head }),
            _ => return Err(CodecError::Field("held_last")),
        };
        Ok(EpochChange { epoch: body.epoch, held, common: body.common })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ConfigChange")]
pub(super) struct ConfigBody {
    #[serde(with = "text")]
    config: Digest,
    #[serde(with = "text")]
    rules: Digest,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SatisfactionBody {
    #[serde(with = "text")]
    pub(super) score: Satisfaction,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Export")]
pub(super) struct ExportBody {
    #[serde(with = "text")]
    what: ExportWhat,
    first: EntryNumber,
    last: EntryNumber,
    #[serde(with = "text")]
    digest: Digest,
}

pub(super) fn check_clock(said: &ClockChange) -> Result<(), CodecError> {
    let regained = matches!(said.why, ClockWhy::Agrees | ClockWhy::Confirmed);
    ensure("why", said.trusted == regained)?;
    ensure("offset_ms", said.offset_ms.unsigned_abs() <= OFFSET_MS_MAX)
}

pub(super) fn check_key(said: &KeyChange) -> Result<(), CodecError> {
    ensure("before", said.before != Some(said.now))
}

pub(super) fn check_epoch(n: EntryNumber, said: &EpochChange) -> Result<(), CodecError> {
    number("epoch", said.epoch)?;
    ensure("epoch", said.epoch > 1)?;
    if let Some(held) = said.held {
        ensure("held_epoch", (1..said.epoch).contains(&held.epoch))?;
        number("held_last", held.last)?;
    }
    ensure("common", said.common < n && said.common <= said.held.map_or(0, |held| held.last))
}

pub(super) fn check_export(n: EntryNumber, said: &Export) -> Result<(), CodecError> {
    earlier("first", n, said.first)?;
    earlier("last", n, said.last)?;
    ensure("last", said.first <= said.last)
}

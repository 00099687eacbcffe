//! Bodies of what happens to the box: sign-in, clock, key, configuration, satisfaction, export.

use super::spelling::{optional, text};
use super::{earlier, ensure};
use crate::domain::entry::EntryNumber;
use crate::domain::entry::operation::{
    BootId, ClockChange, ClockWhy, ConfigChange, Digest, Export, ExportWhat, KeyChange, KeyPurpose,
    Satisfaction, Sign, SignChange,
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

pub(super) fn check_export(n: EntryNumber, said: &Export) -> Result<(), CodecError> {
    earlier("first", n, said.first)?;
    earlier("last", n, said.last)?;
    ensure("last", said.first <= said.last)
}

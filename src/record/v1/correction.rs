//! Bodies of what is said about meals: choice, expiry, by hand, card, late, void, confirmation,
//! verdict, adjustment, close.

use super::spelling::{fen, optional, text};
use super::{code, day, earlier, ensure, money};
use crate::domain::calendar::{Date, SHANGHAI};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{
    Adjustment, ByHand, CardRead, Choice, Close, Confirmation, Expiry, Finding, HandReason, Kept,
    Late, LateReason, RejectReason, Verdict, Void, VoidReason,
};
use crate::domain::entry::{Entry, EntryNumber};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::NoAward;
use crate::record::codec::CodecError;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Choice")]
pub(super) struct ChoiceBody {
    review: EntryNumber,
    #[serde(with = "optional")]
    elder: Option<ElderId>,
    #[serde(with = "text")]
    operator: OperatorId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Expiry")]
pub(super) struct ExpiryBody {
    review: EntryNumber,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ByHand")]
pub(super) struct ByHandBody {
    #[serde(with = "text")]
    reason: HandReason,
    #[serde(with = "text")]
    operator: OperatorId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CardRead")]
pub(super) struct CardReadBody {
    #[serde(with = "text")]
    operator: OperatorId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Late")]
pub(super) struct LateBody {
    #[serde(with = "text")]
    date: Date,
    #[serde(with = "text")]
    reason: LateReason,
    #[serde(with = "text")]
    operator: OperatorId,
    #[serde(with = "text")]
    second: OperatorId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Void")]
pub(super) struct VoidBody {
    entry: EntryNumber,
    #[serde(with = "text")]
    reason: VoidReason,
    #[serde(with = "text")]
    operator: OperatorId,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Confirmation")]
pub(super) struct ConfirmationBody {
    entry: EntryNumber,
    #[serde(with = "text")]
    date: Date,
    #[serde(with = "fen", rename = "city_fen")]
    city: Fen,
    #[serde(with = "fen", rename = "district_fen")]
    district: Fen,
    #[serde(with = "optional")]
    reason: Option<NoAward>,
}

/// What was found, spread over fields that may be `null`.
#[derive(Serialize, Deserialize)]
pub(super) struct VerdictBody<'a> {
    entry: EntryNumber,
    verdict: &'a str,
    #[serde(with = "optional")]
    reason: Option<RejectReason>,
    #[serde(borrow)]
    kept_device: Option<&'a str>,
    kept_entry: Option<EntryNumber>,
    supersedes: Option<EntryNumber>,
}

impl<'a> From<&'a Verdict> for VerdictBody<'a> {
    fn from(said: &'a Verdict) -> Self {
        let (verdict, reason, kept) = match &said.finding {
            Finding::Accepted => ("accepted", None, None),
            Finding::Rejected { reason, kept } => ("rejected", Some(*reason), kept.as_ref()),
        };
        VerdictBody {
            entry: said.entry,
            verdict,
            reason,
            kept_device: kept.map(|kept| kept.device.as_str()),
            kept_entry: kept.map(|kept| kept.entry),
            supersedes: said.supersedes,
        }
    }
}

impl TryFrom<VerdictBody<'_>> for Verdict {
    type Error = CodecError;

    fn try_from(body: VerdictBody<'_>) -> Result<Self, CodecError> {
        let kept = match (body.kept_device, body.kept_entry) {
            (None, None) => None,
            (Some(device), Some(entry)) => Some(Kept { device: device.to_owned(), entry }),
            _ => return Err(CodecError::Field("kept_entry")),
        };
        let finding = match (body.verdict, body.reason, kept) {
            ("accepted", None, None) => Finding::Accepted,
            ("rejected", Some(reason), kept) => Finding::Rejected { reason, kept },
            _ => return Err(CodecError::Field("verdict")),
        };
        Ok(Verdict { entry: body.entry, finding, supersedes: body.supersedes })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Adjustment")]
pub(super) struct AdjustmentBody {
    entry: EntryNumber,
    #[serde(with = "fen", rename = "city_fen")]
    city: Fen,
    #[serde(with = "fen", rename = "district_fen")]
    district: Fen,
    #[serde(with = "optional")]
    reason: Option<NoAward>,
    #[serde(with = "text")]
    month: Month,
    supersedes: Option<EntryNumber>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Close")]
pub(super) struct CloseBody {
    #[serde(with = "text")]
    month: Month,
    #[serde(with = "text")]
    operator: OperatorId,
}

pub(super) fn check_late(entry: &Entry, late: &Late) -> Result<(), CodecError> {
    day("date", late.date)?;
    ensure("date", late.date < SHANGHAI.to_datetime(entry.stamp.at).date())?;
    ensure("second", late.second != late.operator)
}

pub(super) fn check_confirmation(n: EntryNumber, said: &Confirmation) -> Result<(), CodecError> {
    earlier("entry", n, said.entry)?;
    day("date", said.date)?;
    money(said.city, said.district)?;
    let nothing = said.city == Fen::ZERO && said.district == Fen::ZERO;
    ensure("reason", said.reason.is_none() || nothing)
}

pub(super) fn check_verdict(n: EntryNumber, said: &Verdict) -> Result<(), CodecError> {
    earlier("entry", n, said.entry)?;
    said.supersedes.map_or(Ok(()), |before| earlier("supersedes", n, before))?;
    match &said.finding {
        Finding::Rejected { kept: Some(kept), .. } => {
            code("kept_device", &kept.device)?;
            super::number("kept_entry", kept.entry)
        }
        _ => Ok(()),
    }
}

pub(super) fn check_adjustment(n: EntryNumber, said: &Adjustment) -> Result<(), CodecError> {
    earlier("entry", n, said.entry)?;
    said.supersedes.map_or(Ok(()), |before| earlier("supersedes", n, before))?;
    money(said.city, said.district)?;
    ensure("month", super::YEARS.contains(&said.month.year()))?;
    let nothing = said.city == Fen::ZERO && said.district == Fen::ZERO;
    ensure("reason", said.reason.is_none() == nothing)
}

pub(super) fn check_close(said: &Close) -> Result<(), CodecError> {
    ensure("month", super::YEARS.contains(&said.month.year()))
}

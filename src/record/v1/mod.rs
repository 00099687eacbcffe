//! Format version 1 of a body: a JSON object on one line, head fields first, then the kind's own.
//!
//! These types and their order are frozen: bytes made of them are hashed, signed and kept. A new
//! kind may be added; a field may not be added, moved or renamed. `fixtures/ledger/v1` holds one
//! body of each kind.

mod correction;
mod operation;
mod serving;
mod spelling;

use super::codec::{CodecError, SALT_BYTES, Salt};
use crate::domain::calendar::{Date, SHANGHAI, Timestamp};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Method, Stamp};
use crate::domain::money::Fen;
use correction::{
    AdjustmentBody, ByHandBody, CardReadBody, ChoiceBody, CloseBody, ConfirmationBody, ExpiryBody,
    LateBody, VerdictBody, VoidBody,
};
use operation::{
    ClockBody, ConfigBody, EpochBody, ExportBody, KeyBody, SatisfactionBody, SignBody,
};
use serde::{Deserialize, Serialize};
use serving::{GalleryBody, GenesisBody, MealBody, ReviewBody, VisitBody};
use spelling::Spelt;

/// How every body of this version begins.
pub(super) const PREFIX: &[u8] = b"{\"v\":1,";
/// Highest entry number: the largest whole number that every JSON reader holds exactly.
const ENTRY_NUMBER_MAX: EntryNumber = (1 << 53) - 1;
/// Years that dates and times may have; four digits each.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=9999;
/// Longest device id, rule table id or age band, in bytes.
const CODE_BYTES_MAX: usize = 64;
/// Most elders a review may name.
const CANDIDATES_MAX: usize = 2;
/// The offset that every time carries.
const OFFSET: &str = "+08:00";

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    v: u8,
    n: EntryNumber,
    salt: &'a str,
    kind: &'a str,
    at: &'a str,
    clock: &'a str,
}

/// A time as bodies write it: whole seconds at UTC+8, such as `2026-03-02T11:42:07+08:00`.
pub fn at_text(at: Timestamp) -> String {
    format!("{}{OFFSET}", SHANGHAI.to_datetime(at))
}

/// Bytes as bodies write them: lower-case hexadecimal digits.
pub fn hex<const N: usize>(bytes: &[u8; N]) -> String {
    bytes.spell().into_owned()
}

/// The bytes of what [`hex`] wrote; `None` for anything else.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    Spelt::read(text)
}

/// The body bytes of `entry`.
pub(super) fn encode(entry: &Entry, salt: &Salt) -> Result<Vec<u8>, CodecError> {
    check(entry)?;
    let head = Head {
        v: 1,
        n: entry.n,
        salt: &salt.spell(),
        kind: entry.event.kind(),
        at: &at_text(entry.stamp.at),
        clock: entry.stamp.clock.code(),
    };
    let mut body = serde_json::to_vec(&head)?;
    // Two objects become one: the head loses its closing brace, the details their opening one.
    body.pop();
    let join = body.len();
    let out = &mut serde_json::Serializer::new(&mut body);
    match &entry.event {
        Event::Genesis { device } => GenesisBody { device }.serialize(out),
        Event::Meal(meal) => MealBody::from(meal).serialize(out),
        Event::Visit(visit) => VisitBody::serialize(visit, out),
        Event::Review(review) => ReviewBody::serialize(review, out),
        Event::Choice(said) => ChoiceBody::serialize(said, out),
        Event::Expiry(said) => ExpiryBody::serialize(said, out),
        Event::ByHand(said) => ByHandBody::serialize(said, out),
        Event::Card(said) => CardReadBody::serialize(said, out),
        Event::Late(said) => LateBody::serialize(said, out),
        Event::Void(said) => VoidBody::serialize(said, out),
        Event::Confirmation(said) => ConfirmationBody::serialize(said, out),
        Event::Verdict(said) => VerdictBody::from(said).serialize(out),
        Event::Adjustment(said) => AdjustmentBody::serialize(said, out),
        Event::Close(said) => CloseBody::serialize(said, out),
        Event::Sign(said) => SignBody::serialize(said, out),
        Event::Clock(said) => ClockBody::serialize(said, out),
        Event::Key(said) => KeyBody::serialize(said, out),
        Event::Epoch(said) => EpochBody::from(said).serialize(out),
        Event::Config(said) => ConfigBody::serialize(said, out),
        Event::Satisfaction(score) => SatisfactionBody { score: *score }.serialize(out),
        Event::Export(said) => ExportBody::serialize(said, out),
        Event::Gallery(change) => GalleryBody::serialize(change, out),
    }?;
    body[join] = b',';
    Ok(body)
}

/// The entry in a body. Whether the spelling was the one and only is for the caller to check.
pub(super) fn decode(body: &[u8]) -> Result<(Entry, Salt), CodecError> {
    let head: Head<'_> = serde_json::from_slice(body)?;
    let salt = <[u8; SALT_BYTES]>::read(head.salt).ok_or(CodecError::Field("salt"))?;
    let stamp = Stamp {
        at: parse_at(head.at).ok_or(CodecError::Field("at"))?,
        clock: ClockTrust::from_code(head.clock).ok_or(CodecError::Field("clock"))?,
    };
    let from = &mut serde_json::Deserializer::from_slice(body);
    let event = match head.kind {
        "genesis" => Event::Genesis { device: GenesisBody::deserialize(from)?.device.to_owned() },
        "meal" => Event::Meal(MealBody::deserialize(from)?.into()),
        "visit" => Event::Visit(VisitBody::deserialize(from)?),
        "review" => Event::Review(ReviewBody::deserialize(from)?),
        "choice" => Event::Choice(ChoiceBody::deserialize(from)?),
        "expiry" => Event::Expiry(ExpiryBody::deserialize(from)?),
        "by-hand" => Event::ByHand(ByHandBody::deserialize(from)?),
        "card" => Event::Card(CardReadBody::deserialize(from)?),
        "late" => Event::Late(LateBody::deserialize(from)?),
        "void" => Event::Void(VoidBody::deserialize(from)?),
        "confirmation" => Event::Confirmation(ConfirmationBody::deserialize(from)?),
        "verdict" => Event::Verdict(VerdictBody::deserialize(from)?.try_into()?),
        "adjustment" => Event::Adjustment(AdjustmentBody::deserialize(from)?),
        "close" => Event::Close(CloseBody::deserialize(from)?),
        "sign" => Event::Sign(SignBody::deserialize(from)?),
        "clock" => Event::Clock(ClockBody::deserialize(from)?),
        "key" => Event::Key(KeyBody::deserialize(from)?),
        "epoch" => Event::Epoch(EpochBody::deserialize(from)?.try_into()?),
        "config" => Event::Config(ConfigBody::deserialize(from)?),
        "satisfaction" => Event::Satisfaction(SatisfactionBody::deserialize(from)?.score),
        "export" => Event::Export(ExportBody::deserialize(from)?),
        "gallery" => Event::Gallery(GalleryBody::deserialize(from)?),
        _ => return Err(CodecError::Kind),
    };
    Ok((Entry { n: head.n, stamp, event }, salt))
}

/// The bounds that the domain's types do not hold by themselves; the same both ways, because
/// decoding encodes again.
fn check(entry: &Entry) -> Result<(), CodecError> {
    let n = entry.n;
    number("n", n)?;
    let at = entry.stamp.at;
    day("at", SHANGHAI.to_datetime(at).date())?;
    ensure("at", at.subsec_nanosecond() == 0)?;
    match &entry.event {
        Event::Genesis { device } => code("device", device),
        Event::Meal(meal) => serving::check_meal(n, meal),
        Event::Visit(visit) => serving::check_visit(n, visit),
        Event::Review(review) => serving::check_review(review),
        Event::Gallery(change) => serving::check_gallery(change),
        Event::Choice(said) => earlier("review", n, said.review),
        Event::Expiry(said) => earlier("review", n, said.review),
        Event::Void(said) => earlier("entry", n, said.entry),
        Event::Late(said) => correction::check_late(entry, said),
        Event::Confirmation(said) => correction::check_confirmation(n, said),
        Event::Verdict(said) => correction::check_verdict(n, said),
        Event::Adjustment(said) => correction::check_adjustment(n, said),
        Event::Close(said) => correction::check_close(said),
        Event::Clock(said) => operation::check_clock(said),
        Event::Key(said) => operation::check_key(said),
        Event::Epoch(said) => operation::check_epoch(n, said),
        Event::Export(said) => operation::check_export(n, said),
        Event::ByHand(_)
        | Event::Card(_)
        | Event::Sign(_)
        | Event::Config(_)
        | Event::Satisfaction(_) => Ok(()),
    }
}

fn ensure(name: &'static str, holds: bool) -> Result<(), CodecError> {
    holds.then_some(()).ok_or(CodecError::Field(name))
}

fn number(name: &'static str, n: EntryNumber) -> Result<(), CodecError> {
    ensure(name, (1..=ENTRY_NUMBER_MAX).contains(&n))
}

/// The number of an entry before entry `n`.
fn earlier(name: &'static str, n: EntryNumber, named: EntryNumber) -> Result<(), CodecError> {
    ensure(name, (1..n).contains(&named))
}

fn day(name: &'static str, date: Date) -> Result<(), CodecError> {
    ensure(name, YEARS.contains(&date.year()))
}

/// Both shares together are an amount too.
fn money(city: Fen, district: Fen) -> Result<(), CodecError> {
    ensure("city_fen", city.checked_add(district).is_some())
}

/// Staff vouch in the entry directly before; a face needs nobody to, and a card was read without
/// anybody before boxes wrote who was there.
fn basis(n: EntryNumber, method: Method, basis: Option<EntryNumber>) -> Result<(), CodecError> {
    let before = Some(n - 1);
    let fits = match method {
        Method::Face => basis.is_none(),
        Method::Card => basis.is_none() || basis == before,
        Method::Staff => basis == before,
    };
    ensure("basis", fits)
}

/// A code is a name from the configuration, never a sentence: nobody can write about a person in it.
fn code(name: &'static str, text: &str) -> Result<(), CodecError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    ensure(name, (1..=CODE_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed))
}

/// The time in a text that [`at_text`] wrote; `None` for anything else.
pub fn parse_at(text: &str) -> Option<Timestamp> {
    let local: jiff::civil::DateTime = text.strip_suffix(OFFSET)?.parse().ok()?;
    SHANGHAI.to_timestamp(local).ok()
}

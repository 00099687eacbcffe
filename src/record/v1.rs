//! Format version 1 of a body: a JSON object on one line, head fields first, then the kind's own.
//!
//! These types and their order are frozen: bytes made of them are hashed, signed and kept. A new
//! kind may be added; a field may not be added, moved or renamed. `fixtures/ledger/v1` holds one
//! body of each kind.

use super::codec::{CodecError, SALT_BYTES, Salt};
use crate::domain::calendar::{Date, MealWindow, SHANGHAI, Timestamp};
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::entry::{
    ClockTrust, Entry, EntryNumber, Event, GalleryChange, Meal, Method, Review, Stamp, Visit,
};
use crate::domain::money::Fen;
use crate::domain::subsidy::{Award, NoAward};
use serde::{Deserialize, Serialize};

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

#[derive(Serialize, Deserialize)]
struct GenesisBody<'a> {
    device: &'a str,
}

#[derive(Serialize, Deserialize)]
struct MealBody<'a> {
    elder: &'a str,
    date: &'a str,
    window: &'a str,
    method: &'a str,
    band: &'a str,
    city_fen: u32,
    district_fen: u32,
    rules: &'a str,
    eligibility_as_of: &'a str,
}

#[derive(Serialize, Deserialize)]
struct VisitBody<'a> {
    elder: &'a str,
    date: &'a str,
    window: &'a str,
    method: &'a str,
    reason: &'a str,
}

#[derive(Serialize, Deserialize)]
struct ReviewBody<'a> {
    date: &'a str,
    window: &'a str,
    #[serde(borrow)]
    reasons: Vec<&'a str>,
    #[serde(borrow)]
    candidates: Vec<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct VoidBody {
    entry: EntryNumber,
}

#[derive(Serialize, Deserialize)]
struct GalleryBody<'a> {
    generation: u64,
    elders: u32,
    templates: u32,
    model: &'a str,
}

/// A time as bodies write it: whole seconds at UTC+8, such as `2026-03-02T11:42:07+08:00`.
pub fn at_text(at: Timestamp) -> String {
    format!("{}{OFFSET}", SHANGHAI.to_datetime(at))
}

/// The body bytes of `entry`.
pub(super) fn encode(entry: &Entry, salt: &Salt) -> Result<Vec<u8>, CodecError> {
    check(entry)?;
    let head = Head {
        v: 1,
        n: entry.n,
        salt: &hex(salt),
        kind: entry.event.kind(),
        at: &at_text(entry.stamp.at),
        clock: entry.stamp.clock.code(),
    };
    let mut body = serde_json::to_vec(&head)?;
    let details = match &entry.event {
        Event::Genesis { device } => serde_json::to_vec(&GenesisBody { device }),
        Event::Meal(meal) => serde_json::to_vec(&MealBody {
            elder: meal.elder.as_str(),
            date: &meal.date.to_string(),
            window: meal.window.code(),
            method: meal.method.code(),
            band: &meal.award.band,
            city_fen: meal.award.city.get(),
            district_fen: meal.award.district.get(),
            rules: &meal.award.rules,
            eligibility_as_of: &meal.eligibility_as_of.to_string(),
        }),
        Event::Visit(visit) => serde_json::to_vec(&VisitBody {
            elder: visit.elder.as_str(),
            date: &visit.date.to_string(),
            window: visit.window.code(),
            method: visit.method.code(),
            reason: visit.reason.code(),
        }),
        Event::Review(review) => serde_json::to_vec(&ReviewBody {
            date: &review.date.to_string(),
            window: review.window.code(),
            reasons: review.reasons.iter().map(|r| r.code()).collect(),
            candidates: review.candidates.iter().map(ElderId::as_str).collect(),
        }),
        Event::Void { entry } => serde_json::to_vec(&VoidBody { entry: *entry }),
        Event::Gallery(change) => serde_json::to_vec(&GalleryBody {
            generation: change.generation,
            elders: change.elders,
            templates: change.templates,
            model: &hex(&change.model),
        }),
    }?;
    // Two objects become one: the head loses its closing brace, the details their opening one.
    body.pop();
    body.push(b',');
    body.extend_from_slice(&details[1..]);
    Ok(body)
}

/// The entry in a body. Whether the spelling was the one and only is for the caller to check.
pub(super) fn decode(body: &[u8]) -> Result<(Entry, Salt), CodecError> {
    let head: Head<'_> = serde_json::from_slice(body)?;
    let salt = unhex::<SALT_BYTES>(head.salt).ok_or(CodecError::Field("salt"))?;
    let stamp = Stamp {
        at: parse_at(head.at).ok_or(CodecError::Field("at"))?,
        clock: ClockTrust::from_code(head.clock).ok_or(CodecError::Field("clock"))?,
    };
    let event = match head.kind {
        "genesis" => {
            let body: GenesisBody<'_> = serde_json::from_slice(body)?;
            Event::Genesis { device: body.device.to_owned() }
        }
        "meal" => {
            let body: MealBody<'_> = serde_json::from_slice(body)?;
            Event::Meal(Meal {
                elder: elder("elder", body.elder)?,
                date: date("date", body.date)?,
                window: window(body.window)?,
                method: method(body.method)?,
                award: Award {
                    rules: body.rules.to_owned(),
                    band: body.band.to_owned(),
                    city: Fen::new(body.city_fen),
                    district: Fen::new(body.district_fen),
                },
                eligibility_as_of: date("eligibility_as_of", body.eligibility_as_of)?,
            })
        }
        "visit" => {
            let body: VisitBody<'_> = serde_json::from_slice(body)?;
            Event::Visit(Visit {
                elder: elder("elder", body.elder)?,
                date: date("date", body.date)?,
                window: window(body.window)?,
                method: method(body.method)?,
                reason: NoAward::from_code(body.reason).ok_or(CodecError::Field("reason"))?,
            })
        }
        "review" => {
            let body: ReviewBody<'_> = serde_json::from_slice(body)?;
            let reasons: Option<_> = body.reasons.iter().map(|r| Doubt::from_code(r)).collect();
            let candidates = body.candidates.iter().map(|id| elder("candidates", id));
            Event::Review(Review {
                date: date("date", body.date)?,
                window: window(body.window)?,
                reasons: reasons.ok_or(CodecError::Field("reasons"))?,
                candidates: candidates.collect::<Result<_, _>>()?,
            })
        }
        "void" => Event::Void { entry: serde_json::from_slice::<VoidBody>(body)?.entry },
        "gallery" => {
            let body: GalleryBody<'_> = serde_json::from_slice(body)?;
            Event::Gallery(GalleryChange {
                generation: body.generation,
                elders: body.elders,
                templates: body.templates,
                model: unhex(body.model).ok_or(CodecError::Field("model"))?,
            })
        }
        _ => return Err(CodecError::Kind),
    };
    Ok((Entry { n: head.n, stamp, event }, salt))
}

/// The bounds that the domain's types do not hold by themselves; the same both ways, because
/// decoding encodes again.
fn check(entry: &Entry) -> Result<(), CodecError> {
    let number = |name, n| ensure(name, (1..=ENTRY_NUMBER_MAX).contains(&n));
    let day = |name, date: Date| ensure(name, YEARS.contains(&date.year()));
    number("n", entry.n)?;
    let at = entry.stamp.at;
    day("at", SHANGHAI.to_datetime(at).date())?;
    ensure("at", at.subsec_nanosecond() == 0)?;
    match &entry.event {
        Event::Genesis { device } => code("device", device),
        Event::Meal(meal) => {
            day("date", meal.date)?;
            day("eligibility_as_of", meal.eligibility_as_of)?;
            code("band", &meal.award.band)?;
            code("rules", &meal.award.rules)?;
            let total = meal.award.city.checked_add(meal.award.district);
            ensure("city_fen", total.is_some())
        }
        Event::Visit(visit) => day("date", visit.date),
        Event::Review(review) => {
            day("date", review.date)?;
            ensure("reasons", !review.reasons.is_empty())?;
            ensure("reasons", review.reasons.is_sorted_by(|a, b| a < b))?;
            ensure("candidates", review.candidates.len() <= CANDIDATES_MAX)?;
            let twice = review.candidates.windows(2).any(|pair| pair[0] == pair[1]);
            ensure("candidates", !twice)
        }
        Event::Void { entry: undone } => {
            number("entry", *undone)?;
            ensure("entry", *undone < entry.n)
        }
        Event::Gallery(change) => number("generation", change.generation),
    }
}

fn ensure(name: &'static str, holds: bool) -> Result<(), CodecError> {
    holds.then_some(()).ok_or(CodecError::Field(name))
}

/// A code is a name from the configuration, never a sentence: nobody can write about a person in it.
fn code(name: &'static str, text: &str) -> Result<(), CodecError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    ensure(name, (1..=CODE_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed))
}

fn elder(name: &'static str, text: &str) -> Result<ElderId, CodecError> {
    ElderId::new(text).map_err(|_| CodecError::Field(name))
}

fn date(name: &'static str, text: &str) -> Result<Date, CodecError> {
    text.parse().map_err(|_| CodecError::Field(name))
}

fn window(text: &str) -> Result<MealWindow, CodecError> {
    MealWindow::from_code(text).ok_or(CodecError::Field("window"))
}

fn method(text: &str) -> Result<Method, CodecError> {
    Method::from_code(text).ok_or(CodecError::Field("method"))
}

fn parse_at(text: &str) -> Option<Timestamp> {
    let local: jiff::civil::DateTime = text.strip_suffix(OFFSET)?.parse().ok()?;
    SHANGHAI.to_timestamp(local).ok()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

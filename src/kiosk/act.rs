//! What a page may ask for, and what can come of it.
//!
//! Every action is `POST /act/NAME` with a JSON body of at most [`BODY_BYTES_MAX`] bytes, content
//! type `application/json` and the header `X-Csrf-Token`. Each body has a `key`: a text of
//! [`KEY_CHARS`] letters and digits that the page draws for each tap and keeps until it has an
//! answer. A key that comes twice is answered like the first time and does nothing again.
//!
//! | NAME | body besides `key` | signed in |
//! |---|---|---|
//! | `sign-in` | [`SignIn`] | no |
//! | `sign-out` | | yes |
//! | `choose` | [`Choose`] | yes |
//! | `by-hand` | [`ByHand`] | yes |
//! | `card` | [`Card`] | yes |
//! | `void` | [`Void`] | yes |
//! | `late` | [`Late`] | yes |
//! | `satisfaction` | [`Satisfied`] | no |
//! | `upload` | | yes |
//! | `day-code` | [`DayCode`] | yes |
//! | `language` | [`Speak`] | no |
//!
//! Statuses: 200 done; 400 not understood; 401 not signed in, or wrong PIN; 403 the page is stale
//! (read `csrf` from the newest state) or not ours; 404 unknown; 409 it contradicts what stands;
//! 429 too often; 503 not now. Each of them carries an [`super::state::Answer`].

use super::state::Language;
use crate::domain::codes::closed_list;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// Largest body of an action.
pub const BODY_BYTES_MAX: usize = 8 << 10;
/// How many letters and digits an idempotency key has.
pub const KEY_CHARS: RangeInclusive<usize> = 16..=64;

/// Signs an operator in on this page.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The operator's id.
    pub operator: String,
    /// Their PIN.
    pub pin: String,
}

/// Settles a review.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choose {
    /// Number of the review.
    pub review: u64,
    /// Token of the elder: a candidate, or another one found by a search; `null` for 都不是.
    pub pick: Option<String>,
}

/// Registers an elder whom staff recognise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// Token of the elder.
    pub elder: String,
    /// Code of the reason, from [`super::state::Options::by_hand`].
    pub reason: String,
}

/// Registers the holder of a card.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What the reader typed.
    pub digits: String,
}

/// Undoes a meal or visit of today.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// Number of its entry.
    pub entry: u64,
    /// Code of the reason, from [`super::state::Options::void`].
    pub reason: String,
}

/// Enters a meal of an earlier day (补录).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Token of the elder.
    pub elder: String,
    /// Service date, from [`super::state::Options::late_dates`].
    pub date: String,
    /// Code of the meal.
    pub window: String,
    /// Code of the reason, from [`super::state::Options::late`].
    pub reason: String,
    /// Another operator, who confirms it,
    pub second: String,
    /// and their PIN.
    pub pin: String,
}

/// A satisfaction tap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Satisfied {
    /// `satisfied`, `fair` or `dissatisfied`.
    pub value: String,
}

/// Asks for a day's code.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayCode {
    /// Service date; today where it is left out.
    #[serde(default)]
    pub date: Option<String>,
}

/// Changes the page's language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speak {
    /// `zh` or `en`.
    pub language: Language,
}

closed_list! {
    /// What was done.
    Done {
        /// A subsidised meal is in the ledger.
        Served = "served",
        /// A meal without subsidy is in the ledger.
        Visit = "visit",
        /// The elder's meal was in the ledger already; a review is settled by that.
        SameVisit = "same-visit",
        /// The review is settled: it was nobody on the roster.
        Nobody = "nobody",
        /// Undone.
        Voided = "voided",
        /// Signed in.
        SignedIn = "signed-in",
        /// Signed out.
        SignedOut = "signed-out",
        /// The satisfaction is noted.
        Thanks = "thanks",
        /// The upload has begun; the state says how it goes.
        UploadBegun = "upload-begun",
        /// Here is the day's code.
        DayCode = "day-code",
        /// The day is not over, and its code is of what stands until now.
        DayCodeSoFar = "day-code-so-far",
        /// The page speaks another language.
        LanguageSet = "language-set",
    }
}

closed_list! {
    /// Why nothing was done.
    Refusal {
        /// Nobody is signed in on this page.
        NotSignedIn = "not-signed-in",
        /// No such operator, or another PIN.
        WrongPin = "wrong-pin",
        /// Another attempt too soon.
        Throttled = "throttled",
        /// Locked for a while after too many wrong PINs.
        Locked = "locked",
        /// The second operator must be another one than the first.
        SameOperator = "same-operator",
        /// The review was settled or has expired in the meantime.
        ReviewGone = "review-gone",
        /// The elder is not known to this run of the daemon; search again.
        UnknownElder = "unknown-elder",
        /// Nobody has this card.
        UnknownCard = "unknown-card",
        /// This meal of the elder is in the ledger already.
        AlreadyThere = "already-there",
        /// No meal is served now.
        Closed = "closed",
        /// There is no such entry, or it is no meal or visit.
        NoMeal = "no-meal",
        /// It is of another day.
        OtherDay = "other-day",
        /// It is undone already.
        AlreadyVoid = "already-void",
        /// It can no longer be entered late, or not yet.
        LateDate = "late-date",
        /// The clock is in doubt, so nobody can say which day it was.
        LateClock = "late-clock",
        /// The day's number of such actions is used up.
        CapReached = "cap-reached",
        /// No city is set up.
        NoCity = "no-city",
        /// An upload is under way.
        UploadRunning = "upload-running",
        /// Nothing is in the ledger for that day.
        NoEntries = "no-entries",
        /// A code or field that means nothing.
        BadRequest = "bad-request",
        /// The page's token is stale.
        StalePage = "stale-page",
        /// Not from a page of this box.
        Foreign = "foreign",
        /// There is no such action or page.
        Missing = "missing",
        /// Too much at once.
        Busy = "busy",
        /// The ledger could not take it.
        LedgerFailed = "ledger-failed",
    }
}

impl Refusal {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotSignedIn | Self::WrongPin => 401,
            Self::StalePage | Self::Foreign => 403,
            Self::UnknownElder | Self::UnknownCard | Self::Missing | Self::NoEntries => 404,
            Self::Throttled | Self::Locked | Self::CapReached => 429,
            Self::Busy | Self::LedgerFailed => 503,
            Self::SameOperator
            | Self::ReviewGone
            | Self::AlreadyThere
            | Self::Closed
            | Self::NoMeal
            | Self::OtherDay
            | Self::AlreadyVoid
            | Self::LateDate
            | Self::LateClock
            | Self::NoCity
            | Self::UploadRunning => 409,
        }
    }
}

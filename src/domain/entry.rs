//! What can stand in the ledger, as types. Bytes are made of them in `record`.
//!
//! 1. An elder appears by pseudonymous id only; never by name, number or template.
//! 2. There is no free text: every reason is a code from a closed list.
//! 3. A correction is a new entry that names the old one.
//! 4. Whoever was not recognised by the camera was served under somebody's eyes: such a meal or
//!    visit names the entry, directly before it, that says whose ([`Choice`], [`ByHand`], [`Late`],
//!    [`CardRead`]). A meal by card without one was read when nobody vouched for it.

pub mod correction;
pub mod operation;

use super::calendar::{Date, MealWindow, Timestamp};
use super::codes::closed_list;
use super::elder::ElderId;
use super::subsidy::{Award, NoAward, Standing};
use correction::{
    Adjustment, ByHand, CardRead, Choice, Close, Confirmation, Expiry, Late, Verdict, Void,
};
use operation::{ClockChange, ConfigChange, EpochChange, Export, KeyChange, Satisfaction, Sign};

/// An entry's number: 1 for the genesis entry, then without gaps.
pub type EntryNumber = u64;

closed_list! {
    /// Whether the wall clock could be believed when an entry was written.
    ClockTrust {
        /// It agreed with everything the box knows of time.
        Trusted = "trusted",
        /// It did not; the entry waits for confirmation (待核).
        Untrusted = "untrusted",
    }
}

/// When something happened, and how far that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Wall-clock time.
    pub at: Timestamp,
    /// Whether it is believed.
    pub clock: ClockTrust,
}

closed_list! {
    /// How the elder was recognised (核验方式).
    Method {
        /// By the camera alone (人脸核验).
        Face = "face",
        /// By a card (证件核验).
        Card = "card",
        /// By staff (人工核验).
        Staff = "staff",
    }
}

/// A subsidised meal (补贴人次).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meal {
    /// Who.
    pub elder: ElderId,
    /// The service date whose slot it takes.
    pub date: Date,
    /// Which meal of the day.
    pub window: MealWindow,
    /// How the elder was recognised.
    pub method: Method,
    /// What it is worth, and by which rules.
    pub award: Award,
    /// Whether the amount may be settled as it stands.
    pub standing: Standing,
    /// Day of the eligibility data that it rests on.
    pub eligibility_as_of: Date,
    /// The entry directly before, in which staff vouch for it; none for a face.
    pub basis: Option<EntryNumber>,
}

/// A meal without subsidy; it counts as 人次 but takes no slot and no money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Who.
    pub elder: ElderId,
    /// Service date.
    pub date: Date,
    /// Which meal of the day.
    pub window: MealWindow,
    /// How the elder was recognised.
    pub method: Method,
    /// Why there is no subsidy.
    pub reason: NoAward,
    /// The entry directly before, in which staff vouch for it; none for a face.
    pub basis: Option<EntryNumber>,
}

/// A person whom the camera could not settle; staff decide (人工核验).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Service date.
    pub date: Date,
    /// Which meal of the day.
    pub window: MealWindow,
    /// Why the camera did not decide; at least one, in order of weight.
    pub reasons: Vec<super::decision::Doubt>,
    /// Elders who may be meant; at most two, none for a stranger.
    pub candidates: Vec<ElderId>,
}

/// The gallery was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryChange {
    /// Number of this gallery, rising by one.
    pub generation: u64,
    /// Elders in it.
    pub elders: u32,
    /// Face templates in it.
    pub templates: u32,
    /// SHA-256 of the embedding model's file.
    pub model: [u8; 32],
    /// Day of the eligibility data in it; a face that is forgotten leaves it as it was.
    pub as_of: Date,
}

/// One event of the canteen's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first entry: binds the chain to this device and canteen.
    Genesis {
        /// Device id, such as `lc-kfq-017`.
        device: String,
    },
    /// A subsidised meal.
    Meal(Meal),
    /// A meal without subsidy.
    Visit(Visit),
    /// A person waiting for staff.
    Review(Review),
    /// Staff settled a review.
    Choice(Choice),
    /// A review was not settled in time.
    Expiry(Expiry),
    /// Staff recognise an elder without a review.
    ByHand(ByHand),
    /// A card was read.
    Card(CardRead),
    /// A meal of an earlier day is entered.
    Late(Late),
    /// A meal, visit or expiry was undone.
    Void(Void),
    /// What was pending is settled.
    Confirmation(Confirmation),
    /// The city's word on a meal.
    Verdict(Verdict),
    /// A past meal is worth less.
    Adjustment(Adjustment),
    /// The settlement of a month was handed in.
    Close(Close),
    /// An operator signed in or out.
    Sign(Sign),
    /// The clock is trusted again, or no longer.
    Clock(ClockChange),
    /// A key was put in use.
    Key(KeyChange),
    /// The box was enrolled anew.
    Epoch(EpochChange),
    /// The configuration changed.
    Config(ConfigChange),
    /// A diner said how satisfied they are.
    Satisfaction(Satisfaction),
    /// Something was taken out of the box.
    Export(Export),
    /// The gallery was replaced.
    Gallery(GalleryChange),
}

impl Event {
    /// The code of its kind, as the ledger writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Genesis { .. } => "genesis",
            Self::Meal(_) => "meal",
            Self::Visit(_) => "visit",
            Self::Review(_) => "review",
            Self::Choice(_) => "choice",
            Self::Expiry(_) => "expiry",
            Self::ByHand(_) => "by-hand",
            Self::Card(_) => "card",
            Self::Late(_) => "late",
            Self::Void(_) => "void",
            Self::Confirmation(_) => "confirmation",
            Self::Verdict(_) => "verdict",
            Self::Adjustment(_) => "adjustment",
            Self::Close(_) => "close",
            Self::Sign(_) => "sign",
            Self::Clock(_) => "clock",
            Self::Key(_) => "key",
            Self::Epoch(_) => "epoch",
            Self::Config(_) => "config",
            Self::Satisfaction(_) => "satisfaction",
            Self::Export(_) => "export",
            Self::Gallery(_) => "gallery",
        }
    }
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub n: EntryNumber,
    /// When it was written.
    pub stamp: Stamp,
    /// What happened.
    pub event: Event,
}

//! What people, the city and later knowledge do to meals that are in the ledger already.
//!
//! Nothing here edits an entry: each is an entry of its own that names the one it is about.

use super::EntryNumber;
use crate::domain::calendar::Date;
use crate::domain::codes::closed_list;
use crate::domain::elder::ElderId;
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::NoAward;

/// How many days back a meal may be entered late (补录).
pub const LATE_DAYS_MAX: i32 = 3;

closed_list! {
    /// Why a meal or visit is undone (撤销).
    VoidReason {
        /// It was another elder's.
        WrongPerson = "wrong-person",
        /// The same meal stands in the ledger twice.
        EnteredTwice = "entered-twice",
        /// The elder left without eating.
        NotEaten = "not-eaten",
        /// Staff pressed what they did not mean to press.
        Slip = "slip",
        /// Something else; the exceptions report counts how often.
        Other = "other",
    }
}

closed_list! {
    /// Why staff recognised the elder by hand (人工核验).
    HandReason {
        /// The elder has no face in the gallery.
        NoFace = "no-face",
        /// The elder does not want the camera.
        NoCamera = "no-camera",
        /// The camera or the models are out of order.
        OutOfOrder = "out-of-order",
        /// The camera did not recognise the elder.
        NotRecognised = "not-recognised",
    }
}

closed_list! {
    /// Why a meal was entered after its day (补录).
    LateReason {
        /// The box or its power was off.
        BoxOff = "box-off",
        /// Staff forgot.
        Forgotten = "forgotten",
        /// The meal was brought to the elder.
        Delivered = "delivered",
        /// The meal had been undone by mistake.
        WronglyVoided = "wrongly-voided",
    }
}

/// An earlier meal, visit or expiry was undone on the same day; a meal's slot reopens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// The entry that is undone.
    pub entry: EntryNumber,
    /// Why.
    pub reason: VoidReason,
    /// By whom.
    pub operator: OperatorId,
}

/// Staff settled a review. Where they chose an elder whose meal is not in the ledger yet, that
/// meal or visit is the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The review that is settled.
    pub review: EntryNumber,
    /// The elder chosen; none where it was nobody on the roster (都不是).
    pub elder: Option<ElderId>,
    /// By whom.
    pub operator: OperatorId,
}

/// Nobody settled a review in time: it counts as a visit without subsidy, of a person unnamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The review.
    pub review: EntryNumber,
}

/// Staff recognised an elder without a review; the meal or visit is the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Why not by face or card.
    pub reason: HandReason,
    /// By whom.
    pub operator: OperatorId,
}

/// The reader read a card while an operator was signed in; the meal or visit of whoever holds it is
/// the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRead {
    /// Under whose eyes.
    pub operator: OperatorId,
}

/// A meal of an earlier day is entered now (补录); the meal or visit is the next entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The service date of the meal, 1 to [`LATE_DAYS_MAX`] days before.
    pub date: Date,
    /// Why it was not entered then.
    pub reason: LateReason,
    /// By whom.
    pub operator: OperatorId,
    /// Another operator, who confirms it.
    pub second: OperatorId,
}

/// What was pending (待核) is settled: a meal or visit written under an untrusted clock, or a meal
/// that rested on stale eligibility data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The meal or visit.
    pub entry: EntryNumber,
    /// Its true service date.
    pub date: Date,
    /// The city's share that holds (市级).
    pub city: Fen,
    /// The district's share that holds (区级).
    pub district: Fen,
    /// Why it is worth nothing after all, or still nothing; none for a meal that keeps its subsidy.
    pub reason: Option<NoAward>,
}

impl Confirmation {
    /// Both shares together.
    pub fn total(&self) -> Fen {
        Fen::of_shares(self.city, self.district)
    }
}

closed_list! {
    /// Why the city does not pay for a meal (核减).
    RejectReason {
        /// Another canteen's meal of the same day is kept.
        OtherCanteen = "duplicate-other-canteen",
        /// What this box recorded in another epoch holds: the day's meal, or that this one was undone.
        OtherEpoch = "duplicate-other-epoch",
        /// The elder had died.
        Deceased = "deceased",
        /// The elder had moved away.
        Moved = "moved",
        /// The elder was not on the streets' list.
        NotEligible = "not-eligible",
        /// The elder received home care.
        HomeCare = "home-care",
        /// The amount is not what the rules give.
        Amount = "amount",
        /// Its time cannot be right.
        Time = "time",
        /// Inspection found that it was not eaten.
        Inspection = "inspection",
    }
}

/// The meal that the city kept instead: of another canteen, or of this box in another epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its device.
    pub device: String,
    /// The entry in its ledger.
    pub entry: EntryNumber,
}

/// What the city says of a meal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is paid.
    Accepted,
    /// It is not.
    Rejected {
        /// Why.
        reason: RejectReason,
        /// What is paid instead, where it is another meal.
        kept: Option<Kept>,
    },
}

/// A verdict of the city (核定). The last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The meal.
    pub entry: EntryNumber,
    /// What was found.
    pub finding: Finding,
    /// The verdict on the same meal that no longer counts; none for the first.
    pub supersedes: Option<EntryNumber>,
}

/// The settlement of a month was handed in (月结): what it says stands, and whatever is learnt of
/// its meals later is the business of the first month that is still open. A close covers every
/// month before it that was not closed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The month; it is over, and no later one is closed.
    pub month: Month,
    /// Who handed it in.
    pub operator: OperatorId,
}

/// A past meal turns out to be worth less (核减), because a notice arrived late. The last
/// adjustment of a meal counts; one of zero fen takes the one before back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The meal.
    pub entry: EntryNumber,
    /// What is taken off the city's share.
    pub city: Fen,
    /// What is taken off the district's share.
    pub district: Fen,
    /// What is known now; none where an earlier adjustment is taken back.
    pub reason: Option<NoAward>,
    /// The month whose settlement it changes: the meal's own, or the first that is still open.
    pub month: Month,
    /// The adjustment of the same meal that no longer counts; none for the first.
    pub supersedes: Option<EntryNumber>,
}

impl Adjustment {
    /// What is taken off both shares together.
    pub fn total(&self) -> Fen {
        Fen::of_shares(self.city, self.district)
    }
}

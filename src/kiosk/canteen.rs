//! What the page needs of the box behind it. The daemon implements [`Canteen`]; the page knows
//! neither ledger nor camera.

use super::act::{Done, Refusal};
use super::state::{FaceFrame, Found, Left, Person};
use crate::domain::calendar::{Date, MealWindow, NextMeal, Timestamp};
use crate::domain::decision::Doubt;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::{Satisfaction, SignChange};
use crate::domain::entry::{EntryNumber, Method};
use crate::domain::health::Trouble;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The newest picture of the camera, as JPEG; none while there is none.
pub type Picture = Option<Arc<Vec<u8>>>;

/// What the elder sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Nobody is there, or an instruction.
    Prompt(Prompt),
    /// A subsidised meal is in the ledger.
    Served {
        /// Form of address.
        address: String,
        /// What it is worth.
        amount: Fen,
    },
    /// A meal without subsidy is in the ledger.
    Welcome {
        /// Form of address.
        address: String,
        /// Why without.
        reason: NoAward,
    },
    /// This meal was in the ledger already.
    Again {
        /// Form of address, where the camera knows who it is.
        address: Option<String>,
    },
    /// Staff help.
    AskStaff,
    /// No meal is served now.
    Closed(NextMeal),
    /// The camera cannot be used, or the ledger could not take a meal.
    OutOfOrder(Trouble),
}

/// A review that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReview {
    /// Its entry.
    pub number: EntryNumber,
    /// When it was written.
    pub at: Timestamp,
    /// Which meal.
    pub window: MealWindow,
    /// Why the camera did not decide.
    pub reasons: Vec<Doubt>,
    /// Who may be meant, in the order in which they are shown.
    pub candidates: Vec<Person>,
}

/// Today in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Diners (人次).
    pub diners: u32,
    /// Subsidised meals by age band, in order of the bands; without those that wait (待核).
    pub bands: Vec<(String, u32)>,
    /// Taps, in the order of [`Satisfaction::ALL`].
    pub satisfaction: [u32; 3],
}

/// How far the city has the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Entries that it has not acknowledged.
    pub pending: u64,
    /// When the last entry that it has was written.
    pub up_to: Option<Timestamp>,
    /// Whether a city is set up.
    pub city: bool,
}

/// What is heard with a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sound {
    /// A tone, and words where the browser has a voice of the page's language.
    #[default]
    Speech,
    /// A tone.
    Tones,
    /// Nothing.
    Off,
}

/// Everything that a page may show, without language and without operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Rises with every change.
    pub revision: u64,
    /// Service date.
    pub date: Date,
    /// What the elder sees.
    pub scene: Scene,
    /// Another one for each thing that happened.
    pub moment: u64,
    /// How many people wait for staff,
    pub waiting: usize,
    /// and the first of them.
    pub reviews: Vec<OpenReview>,
    /// Today in numbers.
    pub numbers: Numbers,
    /// Name of the canteen.
    pub canteen: String,
    /// What is heard here.
    pub sound: Sound,
    /// What is the matter.
    pub troubles: Vec<Trouble>,
    /// Elders on the roster, and the day of its eligibility data; none before the first.
    pub roster: Option<(usize, Date)>,
    /// How far the city has the ledger.
    pub uploaded: Uploaded,
    /// The next meal; none while one is served.
    pub next: Option<NextMeal>,
    /// The meals of a day.
    pub windows: Vec<MealWindow>,
}

/// What staff or a diner ask for, read and checked. Elders are named by token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Settle a review.
    Choose(EntryNumber, Option<String>),
    /// Register an elder.
    ByHand(String, HandReason),
    /// Register the holder of a card.
    Card(String),
    /// Undo.
    Void(EntryNumber, VoidReason),
    /// Enter a meal late.
    Late(LateMeal),
    /// Begin an upload.
    Upload,
    /// Tell a day's code.
    DayCode(Option<Date>),
}

/// A meal to be entered late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateMeal {
    /// Token of the elder.
    pub elder: String,
    /// Service date.
    pub date: Date,
    /// Which meal.
    pub window: MealWindow,
    /// Why late.
    pub reason: LateReason,
    /// Who confirms it,
    pub second: String,
    /// by this PIN.
    pub pin: String,
}

/// What an action led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was done.
    pub done: Done,
    /// The entry that was written.
    pub entry: Option<EntryNumber>,
    /// The elder's name, where one was registered.
    pub name: String,
    /// The subsidy, with [`Done::Served`].
    pub amount: Fen,
    /// Why there is none, with [`Done::Visit`].
    pub reason: Option<NoAward>,
    /// The day's code, where it was asked for.
    pub day_code: Option<String>,
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Self {
        let (entry, name, reason, day_code) = (None, String::new(), None, None);
        Outcome { done, entry, name, amount: Fen::ZERO, reason, day_code }
    }
}

/// Why an action led to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// After how long another attempt may help, where that is known.
    pub wait: Option<Duration>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused { refusal, wait: None }
    }
}

/// One meal or visit of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its entry.
    pub entry: EntryNumber,
    /// When it was written.
    pub at: Timestamp,
    /// Who; none for a review that nobody settled in time.
    pub person: Option<Person>,
    /// Which meal.
    pub window: MealWindow,
    /// How the elder was recognised; none for nobody by name.
    pub method: Option<Method>,
    /// The subsidy.
    pub amount: Fen,
    /// Why there is none.
    pub reason: Option<NoAward>,
    /// Who recognised the elder by hand.
    pub operator: Option<OperatorId>,
    /// How it stands.
    pub state: super::say::RowState,
}

/// Today's meals and visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Service date.
    pub date: Date,
    /// The newest, newest first.
    pub rows: Vec<Served>,
    /// How many older ones there are.
    pub more: usize,
}

/// An operator whose PIN was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Who.
    pub id: OperatorId,
    /// What colleagues call them.
    pub name: String,
}

/// The box behind the page.
pub trait Canteen: Send + Sync + 'static {
    /// 16 random bytes; none where the operating system gives none.
    fn random(&self) -> Option<[u8; 16]>;

    /// Wall-clock time.
    fn now(&self) -> Timestamp;

    /// Time by a clock that never jumps, by which whoever does nothing is signed out.
    fn monotonic(&self) -> Duration;

    /// What there is to show, now and from now on.
    fn watch(&self) -> watch::Receiver<Arc<Snapshot>>;

    /// Where the face is that the camera attends to, now and from now on.
    fn face(&self) -> watch::Receiver<Option<FaceFrame>>;

    /// The camera's picture, now and from now on; none where too many watch.
    fn preview(&self) -> Option<watch::Receiver<Picture>>;

    /// Elders who fit a search.
    fn find(&self, query: &str) -> Found;

    /// Today's meals and visits.
    fn today(&self) -> List;

    /// The box in numbers, for a monitoring system; none while it is too busy to tell.
    fn metrics(&self) -> impl Future<Output = Option<String>> + Send;

    /// What `operator` may still do today.
    fn left(&self, operator: &OperatorId) -> Left;

    /// Whether `operator`, who is signed in, may go on: nobody disabled them or gave them another
    /// PIN meanwhile.
    fn may_go_on(&self, operator: &OperatorId) -> bool;

    /// Carries out what `operator` asks for, unless they may no longer
    /// ([`Refusal::NotSignedIn`]); with a `key` that wrote entries before, says what it
    /// wrote then.
    fn act(
        &self,
        operator: &OperatorId,
        key: &str,
        act: Act,
    ) -> impl Future<Output = Result<Outcome, Refused>> + Send;

    /// Records a satisfaction tap, once for each `key`; one of too many is thanked for and that is
    /// all.
    fn satisfied(
        &self,
        key: &str,
        value: Satisfaction,
    ) -> impl Future<Output = Result<Outcome, Refused>> + Send;

    /// Checks a PIN and records the beginning of the shift.
    fn sign_in(
        &self,
        operator: &str,
        pin: &str,
    ) -> impl Future<Output = Result<Trusted, Refused>> + Send;

    /// Records the end of a shift.
    fn sign_out(&self, operator: &OperatorId, how: SignChange) -> impl Future<Output = ()> + Send;
}

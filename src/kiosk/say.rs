//! What a language must be able to say: one method for each thing that a page shows.
//!
//! A language is a type that implements [`Say`]; a sentence that is missing does not compile.
//! [`super::words::of`] gives the one of a page.

use super::act::{Done, Refusal};
use crate::domain::calendar::{Date, MealWindow, NextMeal};
use crate::domain::codes::closed_list;
use crate::domain::decision::Doubt;
use crate::domain::entry::Method;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::health::Trouble;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;

/// The lines of a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The one in very large type.
    pub title: String,
    /// The one under it.
    pub detail: Option<String>,
    /// What may be spoken.
    pub speech: Option<String>,
}

closed_list! {
    /// A part of the box that staff see, in the order in which they are shown.
    PartName {
        /// 摄像头
        Camera = "camera",
        /// 网络
        Network = "network",
        /// 时钟
        Clock = "clock",
        /// 存储
        Disk = "disk",
        /// 人脸名册
        Gallery = "gallery",
        /// 账本
        Ledger = "ledger",
    }
}

/// How a part of the box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Well.
    Well,
    /// Not well; a fault says more.
    Ailing,
    /// Not set up.
    Absent,
    /// Well, with so many elders, as of a day.
    Roster(usize, Date),
    /// Well, and so many entries wait for the city.
    Waiting(u64),
}

/// How a row of today's list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// It stands.
    Stands,
    /// It was undone (撤销).
    Void,
    /// It waits for confirmation (待核).
    Pending,
}

impl RowState {
    /// The code in [`super::state::Row`].
    pub fn code(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Void => "void",
            Self::Pending => "pending",
        }
    }
}

/// The sentences of one language. Neutral in every doubtful case: nobody is told in front of
/// others that they are unknown, or that their face was doubted.
pub trait Say: Sync {
    /// Nobody is there, or an instruction.
    fn prompt(&self, prompt: Prompt) -> Lines;
    /// A subsidised meal is recorded.
    fn served(&self, address: &str, amount: Fen) -> Lines;
    /// A meal without subsidy is recorded.
    fn welcome(&self, address: &str, reason: NoAward) -> Lines;
    /// This meal was recorded before.
    fn again(&self, address: Option<&str>) -> Lines;
    /// Staff help.
    fn ask_staff(&self) -> Lines;
    /// No meal now.
    fn closed(&self, next: NextMeal) -> Lines;
    /// The camera cannot be used; staff register by hand. It is not spoken: a voice that says so all
    /// day helps nobody.
    fn out_of_order(&self) -> Lines;

    /// Name of a meal of the day.
    fn meal(&self, window: MealWindow) -> &'static str;
    /// Name of an age band, such as `80+`.
    fn band(&self, band: &str) -> String;
    /// Why the camera did not decide, for staff.
    fn doubt(&self, doubt: Doubt) -> &'static str;
    /// Why there is no subsidy, for staff.
    fn no_award(&self, reason: NoAward) -> &'static str;
    /// How an elder was recognised; `None`: nobody settled it in time.
    fn method(&self, method: Option<Method>) -> &'static str;
    /// How a row stands.
    fn row_state(&self, state: RowState) -> &'static str;
    /// Why by hand.
    fn hand_reason(&self, reason: HandReason) -> &'static str;
    /// Why undone.
    fn void_reason(&self, reason: VoidReason) -> &'static str;
    /// Why late.
    fn late_reason(&self, reason: LateReason) -> &'static str;
    /// How satisfied.
    fn satisfaction(&self, value: Satisfaction) -> &'static str;

    /// Name of a part of the box.
    fn part(&self, part: PartName) -> &'static str;
    /// How it is.
    fn condition(&self, condition: Condition) -> String;
    /// What is the matter, for staff.
    fn trouble(&self, trouble: Trouble) -> &'static str;
    /// What staff can do about it.
    fn remedy(&self, trouble: Trouble) -> &'static str;

    /// Staff have registered an elder: a subsidised meal.
    fn recorded(&self, name: &str, amount: Fen) -> String;
    /// Staff have registered an elder: a meal without subsidy.
    fn recorded_free(&self, name: &str, reason: NoAward) -> String;
    /// What else was done.
    fn done(&self, done: Done) -> &'static str;
    /// Why nothing was done.
    fn refusal(&self, refusal: Refusal) -> &'static str;
}

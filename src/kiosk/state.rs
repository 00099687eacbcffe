//! What the page is told: its whole state, and the answers to what it asks. All of it is JSON.
//!
//! 1. The page shows [`State`] and keeps nothing of its own: a newer one replaces all of it. The
//!    newer of two of one `server` is that with the higher `revision`; another `server` is a
//!    daemon that was started since, and always newer.
//! 2. Every sentence comes ready in the page's language beside the code that it was made of; the
//!    page displays sentences and chooses colours, icons and tones by codes.
//! 3. Names, ages and numbers stand only in what a signed-in page is sent. An elder appears by a
//!    [`Person::token`] that means nothing outside this run of the daemon.
//!
//! How the page gets it:
//!
//! | request | answer |
//! |---|---|
//! | `GET /events` | server-sent events: `state` with a [`State`] on connecting and after every change (those in between are left out), `face` with a [`FaceFrame`] or `null` while somebody stands there |
//! | `GET /state` | the same [`State`] once |
//! | `GET /preview` | `multipart/x-mixed-replace` of JPEG, for an `<img>`; 503 where too many watch |
//! | `GET /find?q=` | [`Found`] (signed in) |
//! | `GET /today` | [`Today`] (signed in) |
//! | `POST /act/NAME` | [`Answer`]; the body and NAME stand in [`mod@super::act`] |
//!
//! A browser opens at most six connections to one host: its pages share one stream of events, and
//! few of them show the picture.

use serde::{Deserialize, Serialize};

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese, the language of the place.
    #[default]
    Zh,
    /// English, for visitors and engineers.
    En,
}

impl Language {
    /// The value of the HTML attribute `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// Another one after every start of the daemon.
    pub server: String,
    /// Rises with every change.
    pub revision: u64,
    /// Language of all sentences here.
    pub language: Language,
    /// To be sent back as header `X-Csrf-Token` with every action.
    pub csrf: String,
    /// What the elder sees.
    pub scene: Scene,
    /// Who is signed in on this page; `null` for nobody.
    pub operator: Option<Operator>,
    /// People who wait for staff.
    pub reviews: Reviews,
    /// Today's meals.
    pub counts: Counts,
    /// How the box is.
    pub device: Device,
    /// The next meal, outside meal hours; `null` while one is served.
    pub next_meal: Option<NextMeal>,
    /// What the operator may still do today; `null` where nobody is signed in.
    pub left: Option<Left>,
    /// What can be chosen in the staff's panels.
    pub options: Options,
}

/// What kind of scene the elder sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SceneKind {
    /// Nobody is there.
    Idle,
    /// An instruction: look here, come closer, one at a time, hold on.
    Prompt,
    /// A subsidised meal is in the ledger.
    Served,
    /// A meal without subsidy is in the ledger.
    Welcome,
    /// This meal was in the ledger already.
    Again,
    /// Staff help.
    AskStaff,
    /// No meal is served now.
    Closed,
    /// The camera cannot be used; staff register by hand.
    OutOfOrder,
}

/// What is heard once with a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Served.
    Good,
    /// Registered without subsidy, or already before.
    Gentle,
    /// Staff are called.
    Call,
}

/// The elder's part of the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scene {
    /// What kind.
    pub kind: SceneKind,
    /// Why, in one code: of a flaw (`too-far`), of a reason (`already-today`), of a meal
    /// (`lunch`), of a trouble (`camera-lost`); `none` where the kind says all.
    pub code: String,
    /// Another one for each thing that happened: tone and speech come once for each.
    pub moment: u64,
    /// The one line in very large type: a greeting or an instruction.
    pub title: String,
    /// The line under it, such as `今天第一餐,补贴 4 元`.
    pub detail: Option<String>,
    /// The subsidy in yuan, such as `4`; only of [`SceneKind::Served`].
    pub amount: Option<String>,
    /// What is heard; `null` for nothing.
    pub tone: Option<Tone>,
    /// What may be spoken; `null` for nothing.
    pub speech: Option<String>,
    /// Where the face is in the preview, if there is one.
    pub face: Option<FaceFrame>,
}

/// A face in the preview, in shares of its width and height, from the upper left corner. The
/// preview is shown as it is sent, as in a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FaceFrame {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// The operator who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// Pseudonymous id, such as `op-2`.
    pub id: String,
    /// What colleagues call them.
    pub name: String,
}

/// People who wait for staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reviews {
    /// How many.
    pub count: usize,
    /// The oldest of them; empty where nobody is signed in.
    pub open: Vec<Review>,
}

/// One person who waits for staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Number of the entry, by which it is chosen for.
    pub number: u64,
    /// How long it has been waiting, in seconds, when this was sent.
    pub age_s: u64,
    /// When it was written: `11:42`.
    pub time: String,
    /// Which meal.
    pub window: Code,
    /// Why the camera did not decide.
    pub reasons: Vec<Code>,
    /// Who may be meant, at most two, in an order that says nothing; none for a stranger.
    pub candidates: Vec<Person>,
}

/// An elder as staff see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// By what an action names them.
    pub token: String,
    /// Full name. It may hold anything: show it as text, set apart from what is around it.
    pub name: String,
    /// Age in years today.
    pub age: u16,
    /// The end of the identity number, where it is known.
    pub last4: Option<String>,
}

/// A code and how it is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The sentence or word.
    pub text: String,
}

/// Today in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Service date, `2026-03-02`.
    pub date: String,
    /// Diners (人次): meals, visits without subsidy, reviews that nobody settled in time.
    pub diners: u32,
    /// Subsidised meals (补贴人次), without those that wait (待核).
    pub subsidised: u32,
    /// Subsidised meals by age band, in the order of the bands.
    pub bands: Vec<Count>,
    /// Satisfaction taps, best first.
    pub satisfaction: Vec<Count>,
}

/// How many of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Of what: an age band's code (`80+`) or `satisfied`, `fair`, `dissatisfied`.
    pub code: String,
    /// How that is called.
    pub text: String,
    /// How many.
    pub count: u32,
}

/// How the box is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Name of the canteen.
    pub canteen: String,
    /// One line each for camera, network, clock, disk, gallery and ledger.
    pub parts: Vec<Part>,
    /// What is the matter, gravest first, with what to do; empty where all is well.
    pub faults: Vec<Fault>,
    /// Entries that the city has not acknowledged.
    pub pending: u64,
    /// When the city last acknowledged something; `null` for never.
    pub last_upload: Option<String>,
}

/// One part of the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `camera`, `network`, `clock`, `disk`, `gallery` or `ledger`.
    pub code: String,
    /// How it is called.
    pub text: String,
    /// Whether it is well.
    pub well: bool,
    /// How it is, in a few words.
    pub value: String,
}

/// Something that is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its code, such as `camera-lost`.
    pub code: String,
    /// What is the matter.
    pub text: String,
    /// What staff can do.
    pub remedy: String,
}

/// The meal that comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextMeal {
    /// Which.
    pub window: Code,
    /// When it begins: `16:30`.
    pub from: String,
    /// Whether that is tomorrow.
    pub tomorrow: bool,
}

/// How often the operator may still do what is capped, today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Register by hand.
    pub by_hand: u32,
    /// Undo.
    pub void: u32,
    /// Enter a meal late.
    pub late: u32,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Options {
    /// Reasons to register by hand.
    pub by_hand: Vec<Code>,
    /// Reasons to undo.
    pub void: Vec<Code>,
    /// Reasons to enter a meal late.
    pub late: Vec<Code>,
    /// Days for which a meal may be entered late, latest first, `2026-03-01`.
    pub late_dates: Vec<String>,
    /// Meals that this canteen serves.
    pub windows: Vec<Code>,
    /// Satisfaction, best first.
    pub satisfaction: Vec<Code>,
}

/// Answer to a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The best hits.
    pub hits: Vec<Person>,
    /// How many more there are.
    pub more: usize,
}

/// Answer to `GET /today`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Today {
    /// Service date.
    pub date: String,
    /// The newest meals and visits, newest first.
    pub rows: Vec<Row>,
    /// How many older ones there are.
    pub more: usize,
}

/// One meal or visit of today's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Number of the entry, by which it is undone.
    pub entry: u64,
    /// When it was written: `11:42`.
    pub time: String,
    /// Who; `null` for a review that nobody settled in time.
    pub person: Option<Person>,
    /// Which meal.
    pub window: Code,
    /// How the elder was recognised: `face`, `card`, `staff`; `expired` for nobody by name.
    pub method: Code,
    /// The subsidy in yuan, `0` without one.
    pub amount: String,
    /// Why there is no subsidy; `null` where there is one.
    pub reason: Option<Code>,
    /// Who recognised the elder by hand, by id.
    pub operator: Option<String>,
    /// `stands`, `void` (undone), or `pending` (待核).
    pub state: Code,
    /// Whether it can be undone.
    pub voidable: bool,
}

/// Answer to an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was done.
    pub ok: bool,
    /// What was done, or why not; see [`super::act::Done`] and [`super::act::Refusal`].
    pub code: String,
    /// The same as a sentence.
    pub text: String,
    /// The entry that was written, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<u64>,
    /// The day's code, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub day_code: Option<String>,
    /// After how many seconds another attempt may help, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_s: Option<u64>,
}

//! The texts in English, for visitors and engineers.

use super::{Labels, Lines, Say, lines};
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::Method;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;
use crate::kiosk::act::{Done, Refusal};
use crate::kiosk::say::{Condition, PartName, RowState};

/// English.
pub(super) struct En;

/// What stands between two thoughts that are spoken one after the other.
const PAUSE: &str = ", ";

impl Say for En {
    fn prompt(&self, prompt: Prompt) -> Lines {
        match prompt {
            Prompt::Welcome => {
                Lines { speech: None, ..said("Welcome", "Please stand in front of the screen") }
            }
            Prompt::Mend(flaw) => instruction(advice(flaw)),
            Prompt::Wait => Lines { speech: None, ..instruction("One moment, please") },
            Prompt::OneAtATime => instruction("One at a time, please"),
        }
    }

    fn served(&self, address: &str, amount: Fen) -> Lines {
        let detail = "Your first meal today";
        let greeting = greeting(address);
        let speech = format!("{greeting}{PAUSE}{detail}{PAUSE}{amount} yuan subsidy");
        Lines { title: greeting, detail: Some(detail.to_owned()), speech: Some(speech) }
    }

    fn welcome(&self, address: &str, reason: NoAward) -> Lines {
        let kind = match reason {
            NoAward::AlreadyToday => "Today’s subsidy is used; enjoy your meal",
            NoAward::UnderAge => "The subsidy begins at 70; enjoy your meal",
            NoAward::HomeCare => "You receive home care instead; enjoy your meal",
            NoAward::NotEligible | NoAward::NoRules | NoAward::Deceased | NoAward::Moved => {
                "Enjoy your meal; ask our staff about the subsidy"
            }
        };
        said(&greeting(address), kind)
    }

    fn again(&self, address: Option<&str>) -> Lines {
        match address {
            Some(address) => said(&greeting(address), "This meal is registered already"),
            None => said("Registered already", "Our staff will help you"),
        }
    }

    fn ask_staff(&self) -> Lines {
        said("Our staff will register you", "A moment, please; your meal is served as usual")
    }

    fn closed(&self, next: NextMeal) -> Lines {
        let day = if next.tomorrow { "tomorrow" } else { "today" };
        let (hour, minute) = (next.from.hour(), next.from.minute());
        let meal = self.meal(next.window);
        let detail = format!("{meal} begins {day} at {hour}:{minute:02}");
        Lines { speech: None, ..said("We are closed just now", &detail) }
    }

    fn meal(&self, window: MealWindow) -> &'static str {
        match window {
            MealWindow::Breakfast => "Breakfast",
            MealWindow::Lunch => "Lunch",
            MealWindow::Supper => "Supper",
        }
    }

    fn band(&self, band: &str) -> String {
        format!("{band} years")
    }

    fn doubt(&self, doubt: Doubt) -> &'static str {
        match doubt {
            Doubt::NoMatch => "not registered, or not recognised",
            Doubt::WeakMatch => "the likeness is too weak",
            Doubt::ThinMargin => "two elders look like it",
            Doubt::LookAlike => "an elder with a look-alike",
            Doubt::Disagreement => "the pictures do not agree",
            Doubt::Liveness => "it may be no live face",
            Doubt::Quality => "the picture is too poor",
        }
    }

    fn no_award(&self, reason: NoAward) -> &'static str {
        match reason {
            NoAward::AlreadyToday => "had today’s subsidy",
            NoAward::UnderAge => "below the age",
            NoAward::HomeCare => "receives home care",
            NoAward::NotEligible => "not on the list that day",
            NoAward::NoRules => "no rule that day",
            NoAward::Deceased => "notice of death",
            NoAward::Moved => "notice of moving away",
        }
    }

    fn method(&self, method: Option<Method>) -> &'static str {
        match method {
            Some(Method::Face) => "face",
            Some(Method::Card) => "card",
            Some(Method::Staff) => "by hand",
            None => "expired",
        }
    }

    fn row_state(&self, state: RowState) -> &'static str {
        match state {
            RowState::Stands => "stands",
            RowState::Void => "undone",
            RowState::Pending => "pending",
        }
    }

    fn hand_reason(&self, reason: HandReason) -> &'static str {
        match reason {
            HandReason::NoFace => "No face is enrolled",
            HandReason::NoCamera => "Does not want the camera",
            HandReason::OutOfOrder => "The camera is out of order",
            HandReason::NotRecognised => "Was not recognised",
        }
    }

    fn void_reason(&self, reason: VoidReason) -> &'static str {
        match reason {
            VoidReason::WrongPerson => "It was another elder",
            VoidReason::EnteredTwice => "Registered twice",
            VoidReason::NotEaten => "Left without eating",
            VoidReason::Slip => "A slip of the hand",
            VoidReason::Other => "Something else",
        }
    }

    fn late_reason(&self, reason: LateReason) -> &'static str {
        match reason {
            LateReason::BoxOff => "The box was off",
            LateReason::Forgotten => "Forgotten",
            LateReason::Delivered => "The meal was delivered",
            LateReason::WronglyVoided => "Undone by mistake",
        }
    }

    fn satisfaction(&self, value: Satisfaction) -> &'static str {
        match value {
            Satisfaction::Satisfied => "Good",
            Satisfaction::Fair => "Fair",
            Satisfaction::Dissatisfied => "Poor",
        }
    }

    fn part(&self, part: PartName) -> &'static str {
        match part {
            PartName::Camera => "Camera",
            PartName::Network => "Network",
            PartName::Clock => "Clock",
            PartName::Disk => "Disk",
            PartName::Gallery => "Gallery",
            PartName::Ledger => "Ledger",
        }
    }

    fn condition(&self, condition: Condition) -> String {
        match condition {
            Condition::Well => "well".to_owned(),
            Condition::Ailing => "needs care".to_owned(),
            Condition::Absent => "not set up".to_owned(),
            Condition::Roster(elders, as_of) => format!("{elders} elders as of {as_of}"),
            Condition::Waiting(entries) => format!("{entries} entries to upload"),
        }
    }

    fn recorded(&self, name: &str, amount: Fen) -> String {
        format!("{name} is registered: {amount} yuan subsidy")
    }

    fn recorded_free(&self, name: &str, reason: NoAward) -> String {
        format!("{name} is registered without subsidy: {}", self.no_award(reason))
    }

    fn done(&self, done: Done) -> &'static str {
        match done {
            Done::Served => "Registered with subsidy",
            Done::Visit => "Registered without subsidy",
            Done::SameVisit => "This meal was registered already",
            Done::Nobody => "Recorded as a guest",
            Done::Voided => "Undone",
            Done::SignedIn => "Signed in",
            Done::SignedOut => "Signed out",
            Done::Thanks => "Thank you",
            Done::UploadBegun => "The upload has begun",
            Done::DayCode => "The day’s code",
            Done::DayCodeSoFar => "The day is not over; this is the code so far",
            Done::LanguageSet => "The language is changed",
        }
    }

    fn refusal(&self, refusal: Refusal) -> &'static str {
        match refusal {
            Refusal::NotSignedIn => "Sign in first",
            Refusal::WrongPin => "Operator or PIN is wrong",
            Refusal::Throttled => "Too soon; wait a moment",
            Refusal::Locked => "Locked for a while after too many wrong PINs",
            Refusal::SameOperator => "Another operator has to confirm",
            Refusal::ReviewGone => "This person is settled already",
            Refusal::UnknownElder => "Search for the elder again",
            Refusal::UnknownCard => "Nobody has this card",
            Refusal::AlreadyThere => "This meal is registered already",
            Refusal::Closed => "No meal is served now",
            Refusal::NoMeal => "There is no such meal",
            Refusal::OtherDay => "Only today’s can be undone",
            Refusal::AlreadyVoid => "It is undone already",
            Refusal::LateDate => "That day cannot be entered late",
            Refusal::CapReached => "Today’s number is used up",
            Refusal::NoCity => "No city is set up",
            Refusal::UploadRunning => "An upload is under way",
            Refusal::NoEntries => "Nothing is recorded for that day",
            Refusal::BadRequest => "Not understood; try again",
            Refusal::StalePage => "The page was stale; try again",
            Refusal::Foreign => "Only this screen may do that",
            Refusal::Missing => "There is no such function",
            Refusal::Busy => "Busy; try again",
            Refusal::LedgerFailed => "The ledger could not take it; see the state of the box",
        }
    }
}

fn greeting(address: &str) -> String {
    format!("Hello, {address}")
}

/// How to mend a picture, in one short instruction.
fn advice(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::TooFar => "Please come closer",
        Flaw::CutOff => "Please stand in the middle",
        Flaw::TooDark => "Please come to the light",
        Flaw::TooBright => "Please step out of the glare",
        Flaw::Backlit => "Please turn from the light",
        Flaw::Blurred => "Please stand still",
        Flaw::TurnedAway => "Please look at the screen",
        Flaw::Covered => "Please do not cover your face",
    }
}

fn said(title: &str, detail: &str) -> Lines {
    lines(title.to_owned(), Some(detail.to_owned()), PAUSE)
}

fn instruction(title: &str) -> Lines {
    lines(title.to_owned(), None, PAUSE)
}

/// The fixed texts.
pub(super) static LABELS: Labels = Labels {
    title: "Elders’ canteen",
    wait: "One moment, please",
    next_meal: "{meal} begins {day} at {from}",
    day_today: "today",
    day_tomorrow: "tomorrow",
    amount: "{amount} yuan subsidy",
    preview: "Picture of the camera",
    lost: "Our staff will register you",
    lost_detail: "The screen has lost the box and is trying to reach it again",
    strip: "Controls",
    satisfaction: "How was the food today?",
    sign_in: "Staff",
    sign_out: "Sign out",
    signed_in: "{name} is signed in",
    reviews: "Waiting",
    find: "Find",
    today: "Today",
    late: "Late entry",
    device: "Box",
    other_language: "中文",
    close: "Close",
    confirm: "Confirm",
    back: "Back",
    known: "Close",
    no_name: "(no name)",
    age: "aged {years}",
    last4: "ends in {digits}",
    no_reviews: "Nobody is waiting",
    review_at: "{at} of {count}",
    review_since: "{meal} {time} · waiting for {seconds} s",
    review_since_minutes: "{meal} {time} · waiting for {minutes} min",
    review_choose: "Ask for the name, then tap",
    review_nobody: "Nobody on the roster comes near; ask for the name",
    review_next: "Next person",
    neither: "Neither of them",
    neither_explained: "Recorded as a guest without subsidy",
    other_elder: "Find another elder",
    choose_question: "Is it this elder?",
    find_label: "Name, pinyin initials or last four digits",
    find_hint: "Such as 王秀英 · WXY · 1234",
    find_none: "Nothing found; try another spelling",
    find_more: "{count} more; type a little more",
    find_failed: "The search failed; try again",
    by_hand_question: "Why by hand?",
    left_today: "{count} left today",
    erase: "Erase",
    digits: "Digits",
    letters: "Letters",
    diners: "Diners",
    subsidised: "Subsidised",
    today_none: "Nobody has eaten yet today",
    today_more: "{count} earlier ones are not shown",
    nobody: "Expired: nobody by name",
    undo: "Undo",
    undo_question: "Why undo it?",
    yuan: "{amount} yuan",
    by_operator: "operator {id}",
    reason: "Reason",
    device_well: "All is well",
    device_ailing: "Needs care",
    faults: "What to do",
    pending: "{count} entries to upload",
    last_upload: "Last upload {time}",
    never_uploaded: "Nothing was uploaded yet",
    well: "well",
    ailing: "needs care",
    upload: "Upload now",
    upload_question: "Upload to the city now?",
    day_code: "Day’s code",
    day_code_explained: "Copy it to the notice board",
    operator: "Operator",
    pin: "PIN",
    pin_typed: "{count} digits typed",
    retry_after: "Try again in {count} s",
    late_date: "Which day",
    late_window: "Which meal",
    late_elder: "Which elder",
    late_second: "A second operator confirms",
    late_question: "Enter this meal late?",
    change: "Another elder",
    card_sign_in: "Staff sign in first, then scan the card",
    unreachable: "The box does not answer; try again",
};

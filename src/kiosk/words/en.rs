//! The texts in English, for visitors and engineers.

mod labels;

pub(super) use labels::LABELS;

use super::{Lines, Say, lines};
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::Method;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::health::Trouble;
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
            NoAward::UnderAge => "Not yet of the subsidy’s age; enjoy your meal",
            NoAward::HomeCare
            | NoAward::NotEligible
            | NoAward::NoRules
            | NoAward::Deceased
            | NoAward::Moved => "Enjoy your meal; ask our staff about the subsidy",
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

    fn out_of_order(&self) -> Lines {
        let detail = "The camera rests; your meal is served as usual";
        Lines { speech: None, ..said("Our staff will register you", detail) }
    }

    fn meal(&self, window: MealWindow) -> &'static str {
        match window {
            MealWindow::Breakfast => "Breakfast",
            MealWindow::Lunch => "Lunch",
            MealWindow::Supper => "Supper",
        }
    }

    fn band(&self, band: &str) -> String {
        match band.strip_suffix('+') {
            Some(from) => format!("{from} and older"),
            None => format!("aged {}", band.replace('-', "–")),
        }
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

    fn trouble(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::CameraLost => "The camera gives no picture",
            Trouble::VisionFailed => "Recognition fails",
            Trouble::LedgerFailed => "A meal was not written",
            Trouble::DiskFull => "The disk is full",
            Trouble::DiskLow => "The disk is nearly full",
            Trouble::ClockUntrusted => "The clock is in doubt; amounts wait",
            Trouble::ClockDiffers => "The clock differs from the city's",
            Trouble::GalleryEmpty => "Nobody is enrolled",
            Trouble::GalleryFaceless => "No face is enrolled",
            Trouble::GalleryStale => "The roster is out of date",
            Trouble::GalleryRefused => "A new roster was refused; the old one serves",
            Trouble::GalleryRows => "Some rows of the city’s roster do not hold",
            Trouble::CityUnreachable => "The city cannot be reached",
            Trouble::CityKeys => "The keys for the city cannot be used",
            Trouble::Crashed => "The program has stopped unexpectedly",
            Trouble::CityAlarm => "The city’s records differ from this box’s",
        }
    }

    fn remedy(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::CameraLost => {
                "Register by hand. Check the camera’s cable, unplug it and plug it in again; else call the technician."
            }
            Trouble::VisionFailed => "Register by hand. Ask the technician to restart the box.",
            Trouble::LedgerFailed => {
                "Write meals on paper. Ask the technician to check the disk at once."
            }
            Trouble::DiskFull => "Ask the technician to free the disk at once.",
            Trouble::DiskLow => "Ask the technician to free the disk within days.",
            Trouble::ClockUntrusted => "Serve as usual. Ask the technician to confirm the clock.",
            Trouble::ClockDiffers => "Serve as usual. Ask the technician to compare the time.",
            Trouble::GalleryEmpty => "Register by hand. Ask the technician to import the roster.",
            Trouble::GalleryFaceless => {
                "Register by hand or by card. Ask the technician to import the photographs."
            }
            Trouble::GalleryStale => "Check the network, or ask the street for its newest list.",
            Trouble::GalleryRefused => {
                "Serve as usual. Ask the technician to look at last night’s delivery."
            }
            Trouble::GalleryRows => {
                "Serve as usual. Ask the technician to have the city mend its roster."
            }
            Trouble::CityUnreachable => "Check cable and router. Serve as usual: nothing is lost.",
            Trouble::CityKeys => {
                "Meals go on. Ask the technician to look at the box’s keys and certificates."
            }
            Trouble::Crashed => "No meal is lost. Ask the technician to read the report.",
            Trouble::CityAlarm => {
                "Have a technician call the city at once. A box restored from a copy needs a new code."
            }
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
            Refusal::LateClock => "The clock is in doubt; set it right, then enter this",
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

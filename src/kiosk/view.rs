//! From what the box says to what the page shows: sentences, codes, and what only staff may see.

use super::canteen::{Canteen, List, Outcome, Refused, Scene, Served, Snapshot, Sound};
use super::say::{Condition, Lines, PartName, RowState, Say};
use super::session::Session;
use super::state::{
    Answer, Code, Count, Counts, Device, FaceFrame, Fault, NextMeal, Operator, Options, Part,
    Review, Reviews, Row, State, Today, Tone,
};
use super::{state, words};
use crate::domain::calendar::{Date, Time, Timestamp, local};
use crate::domain::entry::correction::{HandReason, LATE_DAYS_MAX, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::health::Trouble;
use crate::domain::visit::Prompt;
use jiff::ToSpan as _;

/// The page of `session`.
pub fn state(server: &str, revision: u64, canteen: &impl Canteen, session: &Session) -> State {
    let snapshot = canteen.watch().borrow().clone();
    let language = session.language();
    let say = words::of(language);
    let operator = session.operator();
    let signed_in = operator.is_some();
    let left = operator.as_ref().map(|operator| canteen.left(&operator.id));
    State {
        server: server.to_owned(),
        revision,
        language,
        csrf: session.csrf(),
        scene: scene(say, &snapshot, *canteen.face().borrow()),
        operator: operator.map(|o| Operator { id: o.id.to_string(), name: o.name }),
        reviews: reviews(say, &snapshot, canteen.now(), signed_in),
        counts: counts(say, &snapshot),
        device: device(say, &snapshot),
        next_meal: snapshot.next.map(|next| NextMeal {
            window: code(next.window.code(), say.meal(next.window)),
            from: clock(next.from),
            tomorrow: next.tomorrow,
        }),
        left,
        options: options(say, &snapshot),
    }
}

fn code(code: &str, text: impl Into<String>) -> Code {
    Code { code: code.to_owned(), text: text.into() }
}

fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn scene(say: &dyn Say, snapshot: &Snapshot, face: Option<FaceFrame>) -> state::Scene {
    use state::SceneKind as Kind;
    let (kind, code, lines, tone) = match &snapshot.scene {
        Scene::Prompt(prompt) => {
            let kind = if *prompt == Prompt::Welcome { Kind::Idle } else { Kind::Prompt };
            (kind, prompt_code(*prompt), say.prompt(*prompt), None)
        }
        Scene::Served { address, amount } => {
            (Kind::Served, "none", say.served(address, *amount), Some(Tone::Good))
        }
        Scene::Welcome { address, reason } => {
            let lines = say.welcome(address, *reason);
            (Kind::Welcome, reason.code(), lines, Some(Tone::Gentle))
        }
        Scene::Again { address } => {
            (Kind::Again, "none", say.again(address.as_deref()), Some(Tone::Gentle))
        }
        Scene::AskStaff => (Kind::AskStaff, "none", say.ask_staff(), Some(Tone::Call)),
        Scene::Closed(next) => (Kind::Closed, next.window.code(), say.closed(*next), None),
        Scene::OutOfOrder(trouble) => (Kind::OutOfOrder, trouble.code(), say.out_of_order(), None),
    };
    let Lines { title, detail, speech } = lines;
    let tone = tone.filter(|_| snapshot.sound != Sound::Off);
    let speech = speech.filter(|_| snapshot.sound == Sound::Speech);
    let amount = match &snapshot.scene {
        Scene::Served { amount, .. } => Some(amount.to_string()),
        _ => None,
    };
    let (code, moment) = (code.to_owned(), snapshot.moment);
    state::Scene { kind, code, moment, title, detail, amount, tone, speech, face }
}

/// The page's code of an instruction.
fn prompt_code(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::Welcome => "none",
        Prompt::Wait => "wait",
        Prompt::OneAtATime => "one-at-a-time",
        Prompt::Mend(flaw) => match flaw {
            Flaw::TooFar => "too-far",
            Flaw::CutOff => "cut-off",
            Flaw::TooDark => "too-dark",
            Flaw::TooBright => "too-bright",
            Flaw::Backlit => "backlit",
            Flaw::Blurred => "blurred",
            Flaw::TurnedAway => "turned-away",
            Flaw::Covered => "covered",
        },
    }
}

/// Who waits; candidates only where somebody is signed in.
fn reviews(say: &dyn Say, snapshot: &Snapshot, now: Timestamp, signed_in: bool) -> Reviews {
    let shown = if signed_in { snapshot.reviews.as_slice() } else { &[] };
    let review = |review: &super::canteen::OpenReview| Review {
        number: review.number,
        age_s: u64::try_from(now.duration_since(review.at).as_secs()).unwrap_or(0),
        time: clock(local(review.at).1),
        window: code(review.window.code(), say.meal(review.window)),
        reasons: review.reasons.iter().map(|d| code(d.code(), say.doubt(*d))).collect(),
        candidates: review.candidates.clone(),
    };
    Reviews { count: snapshot.waiting, open: shown.iter().map(review).collect() }
}

fn counts(say: &dyn Say, snapshot: &Snapshot) -> Counts {
    let numbers = &snapshot.numbers;
    let band = |(band, count): &(String, u32)| Count {
        code: band.clone(),
        text: say.band(band),
        count: *count,
    };
    let tap = |(value, count): (&Satisfaction, u32)| Count {
        code: value.code().to_owned(),
        text: say.satisfaction(*value).to_owned(),
        count,
    };
    Counts {
        date: snapshot.date.to_string(),
        diners: numbers.diners,
        subsidised: numbers.bands.iter().map(|(_, count)| count).sum(),
        bands: numbers.bands.iter().map(band).collect(),
        satisfaction: Satisfaction::ALL.iter().zip(numbers.satisfaction).map(tap).collect(),
    }
}

/// Which part of the box a trouble is one of.
fn part_of(trouble: Trouble) -> PartName {
    match trouble {
        Trouble::CameraLost | Trouble::VisionFailed => PartName::Camera,
        Trouble::LedgerFailed | Trouble::Crashed => PartName::Ledger,
        Trouble::DiskFull | Trouble::DiskLow => PartName::Disk,
        Trouble::ClockUntrusted | Trouble::ClockDiffers => PartName::Clock,
        Trouble::GalleryEmpty
        | Trouble::GalleryFaceless
        | Trouble::GalleryStale
        | Trouble::GalleryRefused
        | Trouble::GalleryRows => PartName::Gallery,
        Trouble::CityUnreachable | Trouble::CityAlarm | Trouble::CityKeys => PartName::Network,
    }
}

fn device(say: &dyn Say, snapshot: &Snapshot) -> Device {
    let uploaded = &snapshot.uploaded;
    let part = |name: PartName| {
        let well = !snapshot.troubles.iter().any(|trouble| part_of(*trouble) == name);
        let condition = match name {
            _ if !well => Condition::Ailing,
            PartName::Network if !uploaded.city => Condition::Absent,
            PartName::Gallery => match snapshot.roster {
                Some((elders, as_of)) => Condition::Roster(elders, as_of),
                None => Condition::Absent,
            },
            PartName::Ledger if uploaded.pending > 0 => Condition::Waiting(uploaded.pending),
            _ => Condition::Well,
        };
        let (code, text) = (name.code().to_owned(), say.part(name).to_owned());
        Part { code, text, well, value: say.condition(condition) }
    };
    let mut troubles = snapshot.troubles.clone();
    troubles.sort_by_key(|trouble| (std::cmp::Reverse(trouble.weight()), *trouble));
    let fault = |trouble: Trouble| Fault {
        code: trouble.code().to_owned(),
        text: say.trouble(trouble).to_owned(),
        remedy: say.remedy(trouble).to_owned(),
    };
    let moment = |at| {
        let (date, time) = local(at);
        format!("{date} {}", clock(time))
    };
    Device {
        canteen: snapshot.canteen.clone(),
        parts: PartName::ALL.iter().copied().map(part).collect(),
        faults: troubles.into_iter().map(fault).collect(),
        pending: uploaded.pending,
        last_upload: uploaded.up_to.map(moment),
    }
}

fn options(say: &dyn Say, snapshot: &Snapshot) -> Options {
    let days = (1..=LATE_DAYS_MAX).filter_map(|back| snapshot.date.checked_sub(back.days()).ok());
    Options {
        by_hand: HandReason::ALL.iter().map(|r| code(r.code(), say.hand_reason(*r))).collect(),
        void: VoidReason::ALL.iter().map(|r| code(r.code(), say.void_reason(*r))).collect(),
        late: LateReason::ALL.iter().map(|r| code(r.code(), say.late_reason(*r))).collect(),
        late_dates: days.map(|date: Date| date.to_string()).collect(),
        windows: snapshot.windows.iter().map(|w| code(w.code(), say.meal(*w))).collect(),
        satisfaction: Satisfaction::ALL
            .iter()
            .map(|v| code(v.code(), say.satisfaction(*v)))
            .collect(),
    }
}

/// Today's list in the words of a language.
pub fn today(say: &dyn Say, list: List) -> Today {
    let rows = list.rows.into_iter().map(|served| row(say, served)).collect();
    Today { date: list.date.to_string(), rows, more: list.more }
}

fn row(say: &dyn Say, served: Served) -> Row {
    let method = served.method.map_or("expired", |method| method.code());
    Row {
        entry: served.entry,
        time: clock(local(served.at).1),
        person: served.person,
        window: code(served.window.code(), say.meal(served.window)),
        method: code(method, say.method(served.method)),
        amount: served.amount.to_string(),
        reason: served.reason.map(|reason| code(reason.code(), say.no_award(reason))),
        operator: served.operator.map(|operator| operator.to_string()),
        state: code(served.state.code(), say.row_state(served.state)),
        voidable: served.state != RowState::Void,
    }
}

/// What came of an action, with its HTTP status.
pub fn answer(say: &dyn Say, result: Result<Outcome, Refused>) -> (u16, Answer) {
    match result {
        Ok(outcome) => (200, done(say, outcome)),
        Err(Refused { refusal, wait }) => {
            // Whoever waits one second too few is refused again.
            let retry_s = wait.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            let (code, text) = (refusal.code().to_owned(), say.refusal(refusal).to_owned());
            let answer = Answer { ok: false, code, text, entry: None, day_code: None, retry_s };
            (refusal.status(), answer)
        }
    }
}

fn done(say: &dyn Say, outcome: Outcome) -> Answer {
    use super::act::Done;
    let text = match (outcome.done, outcome.reason) {
        (Done::Served, _) => say.recorded(&outcome.name, outcome.amount),
        (Done::Visit, Some(reason)) => say.recorded_free(&outcome.name, reason),
        (done, _) => say.done(done).to_owned(),
    };
    Answer {
        ok: true,
        code: outcome.done.code().to_owned(),
        text,
        entry: outcome.entry,
        day_code: outcome.day_code,
        retry_s: None,
    }
}

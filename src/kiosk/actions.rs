//! Actions: from a body of JSON to what is asked of the box, and back to an answer.

use super::act::{self, Done, KEY_CHARS, Refusal};
use super::canteen::{Act, Canteen, LateMeal, Outcome, Refused};
use super::session::Session;
use super::state::Answer;
use super::{App, Fields, guard, view, words};
use crate::domain::calendar::{Date, MealWindow};
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::{Satisfaction, SignChange};
use axum::http::header::SET_COOKIE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A tap: its key, and what else the body says.
struct Tap {
    key: String,
    rest: Map<String, Value>,
}

impl Tap {
    fn read(body: &[u8]) -> Option<Self> {
        let mut rest: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let Value::String(key) = rest.remove("key")? else { return None };
        let good = KEY_CHARS.contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
        good.then_some(Tap { key, rest })
    }

    /// The rest as the fields of an action.
    fn fields<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        serde_json::from_value(Value::Object(self.rest)).map_err(|_| Refusal::BadRequest)
    }

    /// The action has no other field.
    fn alone(self) -> Result<(), Refusal> {
        if self.rest.is_empty() { Ok(()) } else { Err(Refusal::BadRequest) }
    }
}

/// Carries out the action `name`: status, answer, and header fields.
pub(super) async fn carry_out<C: Canteen>(
    app: &App<C>,
    session: &Session,
    name: &str,
    body: &[u8],
) -> (u16, Answer, Fields) {
    let Some(tap) = Tap::read(body) else {
        let (status, answer) = view::answer(say(session), Err(Refusal::BadRequest.into()));
        return (status, answer, vec![]);
    };
    let _one_at_a_time = session.acting.lock().await;
    if let Some((status, answer)) = session.answered(&tap.key) {
        return (status, answer, vec![]);
    }
    let (key, mut fields) = (tap.key.clone(), vec![]);
    let result = perform(app, session, name, tap, &mut fields).await;
    let passing = matches!(&result, Err(refused) if passes(refused.refusal));
    let (status, answer) = view::answer(say(session), result);
    if !passing {
        session.remember(key, status, answer.clone());
    }
    (status, answer, fields)
}

fn say(session: &Session) -> &'static dyn super::say::Say {
    words::of(session.language())
}

/// Whether the same tap may fare better later; its answer is then not remembered.
fn passes(refusal: Refusal) -> bool {
    use Refusal::{Busy, LedgerFailed, Locked, NotSignedIn, Throttled, UploadRunning};
    matches!(refusal, Busy | LedgerFailed | Locked | NotSignedIn | Throttled | UploadRunning)
}

async fn perform<C: Canteen>(
    app: &App<C>,
    session: &Session,
    name: &str,
    tap: Tap,
    fields: &mut Fields,
) -> Result<Outcome, Refused> {
    let key = tap.key.clone();
    match name {
        "sign-in" => sign_in(app, session, tap.fields()?, fields).await,
        "language" => {
            session.speak(tap.fields::<act::Speak>()?.language);
            app.sessions.tell();
            Ok(Done::LanguageSet.into())
        }
        "satisfaction" => {
            let said: act::Satisfied = tap.fields()?;
            let value = Satisfaction::from_code(&said.value).ok_or(Refusal::BadRequest)?;
            app.canteen.satisfied(&key, value).await
        }
        "sign-out" => {
            tap.alone()?;
            app.dismiss(session).await?;
            Ok(Done::SignedOut.into())
        }
        _ => {
            let operator = session.operator().ok_or(Refusal::NotSignedIn)?.id;
            session.touch(app.canteen.monotonic());
            let act = read(name, tap)?;
            let done = app.canteen.act(&operator, &key, act).await;
            if matches!(&done, Err(refused) if refused.refusal == Refusal::NotSignedIn) {
                app.dismiss(session).await?;
            }
            done
        }
    }
}

async fn sign_in<C: Canteen>(
    app: &App<C>,
    session: &Session,
    act::SignIn { operator, pin }: act::SignIn,
    fields: &mut Fields,
) -> Result<Outcome, Refused> {
    let trusted = app.canteen.sign_in(&operator, &pin).await?;
    let (cookie, csrf) = app.names_of_session()?;
    fields.push((SET_COOKIE, guard::give_cookie(&cookie)));
    let id = trusted.id.clone();
    let before = app.sessions.enter(session, trusted, cookie, csrf, app.canteen.monotonic());
    if let Some(before) = before.filter(|before| *before != id) {
        app.canteen.sign_out(&before, SignChange::Out).await;
    }
    Ok(Done::SignedIn.into())
}

/// What staff ask for.
fn read(name: &str, tap: Tap) -> Result<Act, Refusal> {
    let bad = Refusal::BadRequest;
    Ok(match name {
        "choose" => {
            let act::Choose { review, pick } = tap.fields()?;
            Act::Choose(review, pick)
        }
        "by-hand" => {
            let act::ByHand { elder, reason } = tap.fields()?;
            Act::ByHand(elder, HandReason::from_code(&reason).ok_or(bad)?)
        }
        "card" => Act::Card(tap.fields::<act::Card>()?.digits),
        "void" => {
            let act::Void { entry, reason } = tap.fields()?;
            Act::Void(entry, VoidReason::from_code(&reason).ok_or(bad)?)
        }
        "late" => Act::Late(late(tap.fields()?).ok_or(bad)?),
        "upload" => {
            tap.alone()?;
            Act::Upload
        }
        "day-code" => {
            let act::DayCode { date } = tap.fields()?;
            Act::DayCode(date.map(|text| text.parse()).transpose().map_err(|_| bad)?)
        }
        _ => return Err(Refusal::Missing),
    })
}

fn late(said: act::Late) -> Option<LateMeal> {
    let date: Date = said.date.parse().ok()?;
    Some(LateMeal {
        elder: said.elder,
        date,
        window: MealWindow::from_code(&said.window)?,
        reason: LateReason::from_code(&said.reason)?,
        second: said.second,
        pin: said.pin,
    })
}

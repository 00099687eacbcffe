//! What each request does, for the daemon and for a command that holds the lock itself.

use super::client;
use super::status::Status;
use super::{Answer, Request, operators};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::board::Board;
use crate::daemon::desk::Desk;
use crate::daemon::metrics;
use crate::daemon::swap::Swap;
use crate::daemon::timekeeper::{self, Timekeeper};
use crate::domain::calendar::SHANGHAI;
use crate::domain::elder::ElderId;
use crate::domain::entry::Event;
use crate::domain::entry::correction::{Void, VoidReason};
use crate::domain::operator::OperatorId;
use crate::error::{Exit, Failure};
use crate::store::Store;
use std::sync::Arc;
use tracing::warn;

/// Has the running daemon do it, or does it under the lock where none runs.
///
/// # Errors
/// Why it was not done.
pub fn ask_or_do(config: &Config, clock: &dyn Clock, request: Request) -> Result<Answer, Failure> {
    if let Some(answer) = client::ask(&config.state, &request)? {
        return Ok(answer);
    }
    let (mut store, mut keeper) = timekeeper::open(config, clock)?;
    write(&request, &mut store, &mut keeper, clock)
}

/// Carries out a request in the running daemon.
///
/// # Errors
/// Why it was not done.
pub(super) async fn carry_out(
    request: Request,
    desk: &Desk,
    board: &Arc<Board>,
    swap: &Swap,
) -> Result<Answer, Failure> {
    match request {
        Request::Status => return Ok(Answer::Status(Box::new(Status::of(desk, board).await?))),
        Request::Metrics => {
            return Ok(Answer::Metrics(metrics::text(&Status::of(desk, board).await?)));
        }
        _ => {}
    }
    let gallery = matches!(request, Request::Forget { .. });
    let done = desk
        .ask(move |at| {
            let (store, keeper, clock) = at.parts();
            write(&request, store, keeper, clock)
        })
        .await??;
    if gallery {
        // The face must leave the memory too, also where there was none in the store any more.
        let swap = swap.clone();
        let swapped = tokio::task::spawn_blocking(move || swap.reload()).await;
        if let Ok(Err(problem)) = swapped {
            warn!(%problem, "the gallery was not swapped; the face is refused all the same");
        }
    }
    Ok(done)
}

/// What writes.
fn write(
    request: &Request,
    store: &mut Store,
    keeper: &mut Timekeeper,
    clock: &dyn Clock,
) -> Result<Answer, Failure> {
    match request {
        Request::Status | Request::Metrics => {
            let text = "no daemon runs here; start it with `canteend run`";
            Err(Failure::new(Exit::Unavailable, text))
        }
        Request::Void { entry, reason, operator } => {
            let stamp = keeper.stamp(store, clock)?;
            let reason = VoidReason::from_code(reason)
                .ok_or_else(|| Failure::new(Exit::Usage, "no such reason for a void"))?;
            let operator = OperatorId::new(operator).map_err(|e| Failure::new(Exit::Data, e))?;
            let void = Event::Void(Void { entry: *entry, reason, operator });
            Ok(Answer::Entry(Some(store.append(stamp, &void)?.n)))
        }
        Request::Forget { elder } => {
            let elder = ElderId::new(elder).map_err(|e| Failure::new(Exit::Data, e))?;
            let stamp = keeper.stamp(store, clock)?;
            Ok(Answer::Entry(store.forget_face(stamp, &elder)?.map(|appended| appended.n)))
        }
        Request::Operator { id, change } => operators::change(store, id, change),
        Request::ConfirmClock => match keeper.confirm(store, clock)? {
            Some(stamp) => Ok(Answer::Trusted(SHANGHAI.to_datetime(stamp.at).to_string())),
            None => {
                let text = "the clock is before the last trusted entry, or before this program \
                            was made; set it right first";
                Err(Failure::new(Exit::Data, text))
            }
        },
    }
}

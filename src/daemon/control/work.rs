//! What each request does, for the daemon and for a command that holds the lock itself.

use super::client;
use super::status::Status;
use super::{Answer, Reach, Request, operators};
use crate::city::identity;
use crate::clock::Clock;
use crate::config::{Config, rules};
use crate::daemon::bench::Bench;
use crate::daemon::parts;
use crate::daemon::revise::{Revised, revise};
use crate::daemon::{epoch, keys};
use crate::domain::elder::ElderId;
use crate::domain::entry::Event;
use crate::domain::entry::correction::{Close, Void, VoidReason};
use crate::domain::entry::operation::{Export, ExportWhat};
use crate::domain::health::Trouble;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::rules::RuleBook;
use crate::error::{Exit, Failure};
use crate::record::{at_text, unhex};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for the talk with the city; the command hears then that it goes on.
const TALK_WAIT: Duration = Duration::from_secs(45);

/// Has the running daemon do it, or does it under the lock where none runs.
///
/// # Errors
/// Why it was not done.
pub fn ask_or_do(config: &Config, clock: &dyn Clock, request: Request) -> Result<Answer, Failure> {
    if let Some(answer) = client::ask(&config.state, &request)? {
        return Ok(answer);
    }
    let rules = rules::load(&config.rules)?;
    let (mut store, mut keeper) = parts::ledger(config, clock)?;
    write(&request, &mut Bench::new(&mut store, &mut keeper, clock), &rules)
}

/// Carries out a request in the running daemon.
///
/// # Errors
/// Why it was not done.
pub(super) async fn carry_out(request: Request, reach: &Reach) -> Result<Answer, Failure> {
    let Reach { desk, board, swap, bell, reload } = reach;
    match request {
        Request::Status => return Ok(Answer::Status(Box::new(Status::of(desk, board).await?))),
        Request::Reload => {
            reload.take_up().await?;
            return Ok(Answer::Reloaded);
        }
        Request::Upload => {
            // The talk goes on, whether or not somebody waits for its end.
            return match timeout(TALK_WAIT, bell.ring()).await {
                Ok(done) => Ok(Answer::City(done?)),
                Err(_) => Ok(Answer::Underway),
            };
        }
        _ => {}
    }
    let gallery = matches!(request, Request::Forget { .. });
    let keys = matches!(request, Request::RecordKeys | Request::Enrolled { .. });
    let shown = board.clone();
    let done = desk
        .ask(move |at| {
            let rules = at.writer().rules().clone();
            if let Request::Forget { elder } = &request {
                // From now on, whatever vision still has in memory.
                at.writer().withdraw(elder);
            }
            let done = write(&request, &mut at.bench(), &rules);
            if let Ok(Answer::Trusted { .. }) = done {
                // What waited for it is settled; nobody need do that again.
                shown.clear(Trouble::ClockUntrusted);
            }
            done
        })
        .await?;
    if gallery {
        // The face must leave the memory too: also where there was none in the store any more, and
        // where its old bytes could not be wiped yet. Where that fails it is logged, and the face is
        // refused all the same.
        let _ = swap.bring().await;
    }
    let done = done?;
    if keys {
        // A box that was just enrolled need not wait for the night; what comes of the talk it says
        // itself.
        let bell = bell.clone();
        tokio::spawn(async move { bell.ring().await });
    }
    Ok(done)
}

/// What writes. A request that makes no sense is refused before anything is written.
fn write(request: &Request, bench: &mut Bench<'_>, rules: &RuleBook) -> Result<Answer, Failure> {
    match request {
        Request::Status | Request::Reload => {
            let text = "no daemon runs here; start it: systemctl start canteend";
            Err(Failure::new(Exit::Unavailable, text))
        }
        Request::Upload => {
            let text = "no daemon runs here that could talk to the city";
            Err(Failure::new(Exit::Unavailable, text))
        }
        Request::RecordKeys => {
            let state = bench.store().folder().to_owned();
            let credentials = identity::credentials();
            Ok(Answer::Keys(keys::record(bench, &state, credentials.as_deref())?))
        }
        Request::ForgetCityGallery => {
            bench.store().forget_city_gallery()?;
            Ok(Answer::Entry(None))
        }
        Request::Enrolled { epoch: number, held } => {
            let (state, given) =
                (bench.store().folder().to_owned(), (*number, held.map(Into::into)));
            let taken = epoch::take(bench, &state, identity::credentials().as_deref(), given)?;
            Ok(Answer::Enrolled(taken))
        }
        Request::Void { entry, reason, operator } => {
            let reason = VoidReason::from_code(reason)
                .ok_or_else(|| Failure::new(Exit::Usage, "no such reason for a void"))?;
            let operator = operator_id(operator)?;
            written(bench, &Event::Void(Void { entry: *entry, reason, operator }))
        }
        Request::Forget { elder } => {
            let elder = ElderId::new(elder).map_err(|e| Failure::new(Exit::Data, e))?;
            let stamp = bench.stamp()?;
            Ok(Answer::Entry(bench.store().forget_face(stamp, &elder)?.map(|appended| appended.n)))
        }
        Request::Operator { id, change } => operators::change(bench.store(), id, change),
        Request::ConfirmClock => match bench.confirm_clock()? {
            Some(stamp) => {
                let Revised { confirmed, adjusted } = revise(bench.store(), stamp, rules)?;
                Ok(Answer::Trusted { now: at_text(stamp.at), confirmed, adjusted })
            }
            None => {
                let text = "the clock is before the last trusted entry, or before this program \
                            was made; set it right first";
                Err(Failure::new(Exit::Data, text))
            }
        },
        Request::Close { month, operator } => {
            let month = Month::parse(month)
                .ok_or_else(|| Failure::new(Exit::Usage, "a month is written as YYYY-MM"))?;
            let operator = operator_id(operator)?;
            written(bench, &Event::Close(Close { month, operator }))
        }
        Request::Export { what, first, last, digest } => {
            let export = ExportWhat::from_code(what).zip(unhex(digest));
            let (what, digest) = export
                .ok_or_else(|| Failure::new(Exit::Usage, "no such export, or no such digest"))?;
            written(bench, &Event::Export(Export { what, first: *first, last: *last, digest }))
        }
    }
}

fn written(bench: &mut Bench<'_>, event: &Event) -> Result<Answer, Failure> {
    Ok(Answer::Entry(Some(bench.append(event)?.n)))
}

fn operator_id(text: &str) -> Result<OperatorId, Failure> {
    OperatorId::new(text).map_err(|e| Failure::new(Exit::Data, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::timekeeper::Timekeeper;
    use crate::domain::calendar::Timestamp;
    use crate::domain::entry::operation::BootId;
    use crate::domain::entry::{ClockTrust, Stamp};
    use crate::store::Store;

    /// A clock that stands still, a day before the ledger's first entry.
    struct DayBefore(Timestamp);

    impl Clock for DayBefore {
        fn now(&self) -> Timestamp {
            self.0
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn boot(&self) -> BootId {
            [1; 16]
        }
    }

    #[test]
    fn a_request_that_makes_no_sense_writes_nothing_under_a_clock_in_doubt_either() {
        let dir = tempfile::tempdir().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let stamp = Stamp { at: at("2030-03-03T12:00:00+08:00"), clock: ClockTrust::Trusted };
        let mut store = Store::init(&dir.path().join("state"), "lc-kfq-017", stamp).unwrap();
        let clock = DayBefore(at("2030-03-02T12:00:00+08:00"));
        let mut keeper = Timekeeper::new(&store, &clock).unwrap();
        let rules = rules::load(std::path::Path::new("config/rules/lcetdz-2022.toml")).unwrap();
        let mut ask = |request: &Request| {
            let done =
                write(request, &mut Bench::new(&mut store, &mut keeper, &clock), &rules).err();
            (done.map(|failure| failure.exit), store.last_entry().unwrap())
        };
        let (entry, what) = (1, "settlement".to_owned());
        let operator = || "op-1".to_owned();
        let nonsense = [
            Request::Void { entry, reason: "whim".to_owned(), operator: operator() },
            Request::Void { entry, reason: "slip".to_owned(), operator: "王".to_owned() },
            Request::Close { month: "2030-3".to_owned(), operator: operator() },
            Request::Export { what, first: 1, last: 1, digest: "7".to_owned() },
            Request::Forget { elder: "王".to_owned() },
        ];
        for request in &nonsense {
            let (exit, last) = ask(request);
            assert!(matches!(exit, Some(Exit::Usage | Exit::Data)) && last == 1, "{request:?}");
        }
        let sensible = Request::Void { entry, reason: "slip".to_owned(), operator: operator() };
        assert_eq!(ask(&sensible), (Some(Exit::Data), 2), "the doubt itself is an entry");
    }
}

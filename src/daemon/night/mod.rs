//! The nightly talk with the city, and the one on request.
//!
//! 1. When it is due is said by [`domain::night`](crate::domain::night): once a night at the box's
//!    own time, at once after a missed one, with growing waits after a failure, for ever.
//! 2. The order is: the city's key followed, clocks compared, entries sent, gallery and verdicts
//!    fetched ([`round`]). A part that fails does not keep the next from being tried, unless the city
//!    is out of reach.
//! 3. What only somebody else can mend (a conflict, a refused gallery) is raised on the board and
//!    tried again the next night.
//! 4. Keys, address and certificates are read anew for each round: a box that is enrolled or whose
//!    key changes while it serves needs no restart.
//!
//! It runs on a thread of its own, because photographs are made into templates there.

mod bell;
pub mod round;

pub use bell::{Bell, BellError, Ringing, bell};

use super::board::Board;
use super::desk::Desk;
use super::keys::{self, KeysError};
use super::swap::Swap;
use crate::city::backoff;
use crate::city::client::Client;
use crate::city::wire::suite;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar::Timestamp;
use crate::domain::entry::operation::KeyPurpose;
use crate::domain::health::Trouble;
use crate::domain::night::{Attempt, Progress, wait};
use crate::record::Hash;
use round::{Done, Round, RoundError};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// Longest sleep before the clock is looked at again: it may have been set.
const SLEEP_MAX: Duration = Duration::from_secs(5 * 60);
/// A box that has not got through for so long says so.
const UNREACHABLE_AFTER_S: i64 = 26 * 60 * 60;

/// What the nightly talk needs.
pub struct Night {
    /// Where and when.
    pub config: Config,
    /// The way to the ledger.
    pub desk: Desk,
    /// Where troubles are shown.
    pub board: Arc<Board>,
    /// Brings a new gallery into service.
    pub swap: Swap,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Place of `device` in the window, spread evenly over all devices.
pub fn share(device: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = Hash::of(&[b"canteend night\n", device.as_bytes()]).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// How far the box has got, and how often it has failed since.
#[derive(Default)]
struct State {
    progress: Progress,
    failures: u32,
}

impl Night {
    /// Talks to the city when it is due or somebody rings, until `stop` is ready.
    pub async fn run(self, mut ringing: Ringing, stop: impl Future<Output = ()>) {
        let talk = async {
            let mut state = State { progress: self.progress().await, failures: 0 };
            loop {
                let asked = tokio::select! {
                    asked = ringing.next() => Some(asked),
                    () = self.due(&state) => None,
                };
                let done = self.round().await;
                self.judge(&mut state, &done);
                if let Some(asked) = asked {
                    asked.answer(done);
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = talk => {}
        }
    }

    /// What the store remembers of the last night.
    async fn progress(&self) -> Progress {
        match self.desk.ask(|at| at.store().night_done()).await {
            Ok(Ok(done)) => Progress { done, failed: None },
            // As if it had never been done: the first round says what is the matter.
            _ => Progress::default(),
        }
    }

    /// Waits until the next round is due.
    async fn due(&self, state: &State) {
        let share = share(&self.config.site.device);
        loop {
            let pause = wait(self.clock.now(), self.config.city.night, share, state.progress);
            if pause.is_zero() {
                return;
            }
            tokio::time::sleep(pause.min(SLEEP_MAX)).await;
        }
    }

    /// One round, and what follows from it for the box.
    async fn round(&self) -> Result<Done, RoundError> {
        let mut hold = self.desk.clone();
        let client = self.line(&mut hold).await?;
        let round = Round { config: &self.config, client, clock: self.clock.as_ref() };
        let report = round.run(&mut hold, &mut |_| {}).await;
        let now = self.clock.now();
        for (trouble, holds) in report.troubles() {
            match holds {
                Some(detail) => self.board.raise(trouble, now, &detail),
                None => self.board.clear(trouble),
            }
        }
        if report.gallery_changed()
            && let Err(problem) = self.swap.bring().await
        {
            self.board.raise(Trouble::GalleryRefused, now, &problem.to_string());
        }
        report.into_done()
    }

    /// The line to the city. Where there was one and is none any more, somebody has to look.
    async fn line(&self, hold: &mut Desk) -> Result<Client, KeysError> {
        let line = keys::line(&self.config, hold).await;
        match &line {
            Ok(_) => self.board.clear(Trouble::CityKeys),
            Err(error) if error.passing() => {}
            Err(error) if error.not_enrolled() && !self.was_enrolled().await => {}
            Err(error) => {
                self.board.raise(Trouble::CityKeys, self.clock.now(), &error.to_string());
            }
        }
        line
    }

    /// Whether the ledger names a city's key.
    async fn was_enrolled(&self) -> bool {
        let known = self.desk.ask(|at| at.store().key_in_use(KeyPurpose::City)).await;
        matches!(known, Ok(Ok(Some(_))))
    }

    /// What the outcome means for the next attempt.
    fn judge(&self, state: &mut State, done: &Result<Done, RoundError>) {
        let at = self.clock.now();
        let error = match done {
            Ok(done) => {
                info!(%done, "the night's work is done");
                self.board.clear(Trouble::CityUnreachable);
                *state = State { progress: Progress { done: Some(at), failed: None }, failures: 0 };
                return;
            }
            Err(RoundError::NotEnrolled) => {
                state.progress.failed = Some(Attempt::Lasting { at });
                return;
            }
            Err(error) => error,
        };
        state.failures = state.failures.saturating_add(1);
        let passing = error.passing();
        state.progress.failed = Some(match passing {
            true => Attempt::Passing { at, wait: draw(state.failures) },
            false => Attempt::Lasting { at },
        });
        warn!(problem = %error, failures = state.failures, passing, "the night's work is not done");
        if long_ago(state.progress.done, at) {
            self.board.raise(Trouble::CityUnreachable, at, &error.to_string());
        }
    }
}

/// Whether the last success is so long ago that somebody should look.
fn long_ago(done: Option<Timestamp>, now: Timestamp) -> bool {
    done.is_none_or(|done| now.as_second() - done.as_second() > UNREACHABLE_AFTER_S)
}

/// How long to wait after so many failures; without random bytes, the longest.
fn draw(failures: u32) -> Duration {
    backoff::wait(failures, suite::random().map_or(u64::MAX, u64::from_le_bytes))
}

/// Runs the talk on the calling thread until `stop` is ready.
///
/// # Errors
/// Where the thread cannot wait for the network.
pub fn run(
    night: Night,
    ringing: Ringing,
    stop: impl Future<Output = ()>,
) -> Result<(), std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(night.run(ringing, stop));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_places_all_over_the_window() {
        let mut quarters = [0; 4];
        for n in 0..400 {
            quarters[(share(&format!("lc-kfq-{n:03}")) >> 62) as usize] += 1;
        }
        assert!(quarters.iter().all(|q| (60..=140).contains(q)), "{quarters:?}");
        assert_eq!(share("lc-kfq-017"), share("lc-kfq-017"));
    }

    #[test]
    fn a_city_counts_as_out_of_reach_after_more_than_a_night() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert!(long_ago(None, at(0)));
        assert!(!long_ago(Some(at(0)), at(UNREACHABLE_AFTER_S)));
        assert!(long_ago(Some(at(0)), at(UNREACHABLE_AFTER_S + 1)));
    }
}

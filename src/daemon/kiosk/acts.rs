//! The page's [`Canteen`]: each request of the page on its way to the ledger.

use super::super::board::Scene;
use super::staff::{self, How, Order, Registered};
use super::{Backend, sign};
use crate::city::wire::suite;
use crate::daemon::control::status::Status;
use crate::daemon::metrics;
use crate::domain::calendar::{Date, Timestamp, local};
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{Choice, LATE_DAYS_MAX, Late, Void, VoidReason};
use crate::domain::entry::operation::{Satisfaction, SignChange};
use crate::domain::entry::{EntryNumber, Event};
use crate::domain::operator::OperatorId;
use crate::domain::satisfaction;
use crate::kiosk::act::{Done, Refusal};
use crate::kiosk::canteen::{
    Act, Canteen, LateMeal, List, Outcome, Picture, Refused, Snapshot, Trusted,
};
use crate::kiosk::state::{FaceFrame, Found, Left};
use crate::store::Reader;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tracing::{error, warn};

impl Canteen for Arc<Backend> {
    fn random(&self) -> Option<[u8; 16]> {
        suite::random().ok()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    fn face(&self) -> watch::Receiver<Option<FaceFrame>> {
        self.board.faces().subscribe()
    }

    fn preview(&self) -> Option<watch::Receiver<Picture>> {
        self.board.preview().watch()
    }

    fn find(&self, query: &str) -> Found {
        self.directory().find(query, local(self.clock.now()).0)
    }

    fn today(&self) -> List {
        self.list()
    }

    fn left(&self, operator: &OperatorId) -> Left {
        let spent = self.lock_read().day.spent(operator);
        Left {
            by_hand: self.caps.by_hand.saturating_sub(spent.by_hand),
            void: self.caps.void.saturating_sub(spent.void),
            late: self.caps.late.saturating_sub(spent.late),
        }
    }

    async fn act(&self, operator: &OperatorId, key: &str, act: Act) -> Result<Outcome, Refused> {
        let _turn = self.turn.lock().await;
        let (asked, who, pin) = (key.to_owned(), operator.clone(), self.proof(operator));
        let before = self.at_desk(move |at| {
            sign::check(at, &who, pin.as_ref())?;
            staff::before(at, &asked)
        });
        if let Some(outcome) = before.await?? {
            return Ok(outcome);
        }
        // Caps are counted from what is in the ledger now.
        self.refresh().await;
        let done = self.carry_out(operator, key, act).await;
        self.refresh().await;
        done
    }

    async fn satisfied(&self, key: &str, value: Satisfaction) -> Result<Outcome, Refused> {
        let asked = key.to_owned();
        if let Some(outcome) = self.at_desk(move |at| staff::before(at, &asked)).await?? {
            return Ok(outcome);
        }
        if self.too_many_taps().await {
            return Ok(Done::Thanks.into());
        }
        self.record(key, Event::Satisfaction(value), Done::Thanks).await
    }

    async fn sign_in(&self, operator: &str, pin: &str) -> Result<Trusted, Refused> {
        self.begin_shift(operator, pin).await
    }

    fn may_go_on(&self, operator: &OperatorId) -> bool {
        Backend::may_go_on(self, operator)
    }

    async fn metrics(&self) -> Option<String> {
        Status::of(&self.desk, &self.board).await.ok().map(|status| metrics::text(&status))
    }

    async fn sign_out(&self, operator: &OperatorId, how: SignChange) {
        self.end_shift(operator.clone(), how).await;
    }
}

impl Backend {
    async fn carry_out(
        self: &Arc<Self>,
        operator: &OperatorId,
        key: &str,
        act: Act,
    ) -> Result<Outcome, Refused> {
        match act {
            Act::Choose(review, pick) => self.choose(operator, key, review, pick).await,
            Act::ByHand(elder, reason) => {
                within(self.left(operator).by_hand)?;
                let elder = self.elder(&elder)?;
                self.register(operator, key, elder, How::ByHand(reason)).await
            }
            Act::Card(typed) => {
                within(self.caps.cards.saturating_sub(self.lock_read().day.cards()))?;
                let elder = self.card_holder(typed).await?;
                self.register(operator, key, elder, How::Card).await
            }
            Act::Void(entry, reason) => self.void(operator, key, entry, reason).await,
            Act::Late(late) => self.late(operator, key, late).await,
            Act::Upload => self.upload(),
            Act::DayCode(date) => self.day_code(date).await,
        }
    }

    /// The elder whom a page names.
    fn elder(&self, token: &str) -> Result<ElderId, Refused> {
        let directory = self.directory();
        let elder = directory.by_token(token).ok_or(Refusal::UnknownElder)?;
        Ok(elder.id.clone())
    }

    /// The elder who holds the card that was read.
    async fn card_holder(&self, typed: String) -> Result<ElderId, Refused> {
        let unknown = || self.unknown_cards.lock().expect("no holder panics");
        unknown()
            .admit(self.clock.monotonic())
            .map_err(|wait| Refused { refusal: Refusal::Throttled, wait: Some(wait) })?;
        let holder = self.at_desk(move |at| at.store().card_holder(&typed)).await?;
        if let Some(elder) = holder.map_err(staff::refused)? {
            return Ok(elder);
        }
        unknown().note(self.clock.monotonic());
        Err(Refusal::UnknownCard.into())
    }

    /// Whether one more tap on satisfaction is thanked for and not noted.
    async fn too_many_taps(self: &Arc<Self>) -> bool {
        let now = self.clock.monotonic();
        {
            let mut last = self.tapped.lock().expect("no holder panics");
            if satisfaction::too_soon(*last, now) {
                return true;
            }
            *last = Some(now);
        }
        self.refresh().await;
        // A meal's taps are those from its beginning to the next one's.
        let meal = |at: Timestamp| self.hours.next_after(local(at).1);
        let (this, day) = (meal(self.clock.now()), &self.lock_read().day);
        let (taps, diners) = day.taps_and_diners(|at| meal(at) == this);
        satisfaction::enough(taps, diners)
    }

    async fn choose(
        self: &Arc<Self>,
        operator: &OperatorId,
        key: &str,
        review: EntryNumber,
        pick: Option<String>,
    ) -> Result<Outcome, Refused> {
        let waiting = self.lock_read().day.waiting().iter().find(|w| w.number == review).cloned();
        let said = waiting.ok_or(Refusal::ReviewGone)?.said;
        let Some(token) = pick else {
            let event = Event::Choice(Choice { review, elder: None, operator: operator.clone() });
            return self.record(key, event, Done::Nobody).await;
        };
        let elder = self.elder(&token)?;
        if !said.candidates.contains(&elder) {
            within(self.left(operator).by_hand)?;
        }
        self.register(operator, key, elder, How::Choice(review, said.date, said.window)).await
    }

    async fn void(
        self: &Arc<Self>,
        operator: &OperatorId,
        key: &str,
        entry: EntryNumber,
        reason: VoidReason,
    ) -> Result<Outcome, Refused> {
        within(self.left(operator).void)?;
        let event = Event::Void(Void { entry, reason, operator: operator.clone() });
        self.record(key, event, Done::Voided).await
    }

    async fn late(
        self: &Arc<Self>,
        operator: &OperatorId,
        key: &str,
        late: LateMeal,
    ) -> Result<Outcome, Refused> {
        within(self.left(operator).late)?;
        if late.second == operator.as_str() {
            return Err(Refusal::SameOperator.into());
        }
        let days = local(self.clock.now()).0.since(late.date).map_or(0, |span| span.get_days());
        if !(1..=LATE_DAYS_MAX).contains(&days) {
            return Err(Refusal::LateDate.into());
        }
        let elder = self.elder(&late.elder)?;
        let second = self.check_pin(&late.second, &late.pin).await?.who.id;
        let LateMeal { date, window, reason, .. } = late;
        let late = Late { date, reason, operator: operator.clone(), second };
        self.register(operator, key, elder, How::Late(late, window)).await
    }

    async fn record(&self, key: &str, event: Event, done: Done) -> Result<Outcome, Refused> {
        let key = key.to_owned();
        self.at_desk(move |at| staff::record(at, &key, &event, done)).await?
    }

    /// Registers a meal, and greets the elder on the screen where it is one of now.
    async fn register(
        &self,
        operator: &OperatorId,
        key: &str,
        elder: ElderId,
        how: How,
    ) -> Result<Outcome, Refused> {
        let of_now = !matches!(how, How::Late(..));
        let order = Order { key: key.to_owned(), operator: operator.clone(), elder, how };
        let registered = self.at_desk(move |at| staff::register(at, &order)).await??;
        let Registered { outcome, shown } = registered;
        if of_now {
            self.board.show_by_staff(Scene::Shown(shown));
        }
        Ok(outcome)
    }

    /// Begins a talk with the city; how it went, the state says.
    fn upload(self: &Arc<Self>) -> Result<Outcome, Refused> {
        if !self.lock_read().city {
            return Err(Refusal::NoCity.into());
        }
        if self.uploading.swap(true, Ordering::Relaxed) {
            return Err(Refusal::UploadRunning.into());
        }
        let backend = self.clone();
        tokio::spawn(async move {
            if let Err(problem) = backend.bell.ring().await {
                warn!(%problem, "the upload that staff began");
            }
            backend.uploading.store(false, Ordering::Relaxed);
            backend.refresh().await;
        });
        Ok(Done::UploadBegun.into())
    }

    /// The day's code; reading a whole ledger takes its time, on a connection of its own.
    async fn day_code(&self, date: Option<Date>) -> Result<Outcome, Refused> {
        let (path, today) = (self.state.clone(), local(self.clock.now()).0);
        let read = tokio::task::spawn_blocking(move || {
            let failed = |problem: &dyn std::error::Error| error!(%problem, "no day's code");
            let mut reader = Reader::open(&path).inspect_err(|e| failed(e)).ok()?;
            let device = reader.device().inspect_err(|e| failed(e)).ok()?;
            let day = reader.day(date.unwrap_or(today)).inspect_err(|e| failed(e)).ok()?;
            Some(day.map(|day| (day.code(&device).to_string(), day.over)))
        });
        let found = read.await.expect("release builds abort on panic");
        let (code, over) = found.ok_or(Refusal::LedgerFailed)?.ok_or(Refusal::NoEntries)?;
        let done = if over { Done::DayCode } else { Done::DayCodeSoFar };
        Ok(Outcome { day_code: Some(code), ..done.into() })
    }
}

/// Whether something is left of a day's cap.
fn within(left: u32) -> Result<(), Refused> {
    if left > 0 { Ok(()) } else { Err(Refusal::CapReached.into()) }
}

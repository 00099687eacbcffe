//! PINs: throttled and locked by the store, compared on a thread that may wait; and whether whoever
//! proved to have one may still go on.

use super::super::desk::At;
use super::Backend;
use super::staff::refused;
use crate::domain::entry::Event;
use crate::domain::entry::operation::{Sign, SignChange};
use crate::domain::operator::{OperatorId, Throttle};
use crate::kiosk::act::Refusal;
use crate::kiosk::canteen::{Refused, Trusted};
use crate::store::{Attempt, OperatorError, PinHash};
use tracing::{error, info, warn};

/// An operator, and the PIN that they proved to have.
pub(super) struct Proof {
    pub(super) who: Trusted,
    pub(super) pin: PinHash,
}

impl Backend {
    /// Compares a PIN with that of the operator of this id, and answers with who that is.
    ///
    /// # Errors
    /// [`Refusal::WrongPin`], also where there is no such operator; [`Refusal::Throttled`] and
    /// [`Refusal::Locked`] with the wait.
    pub(super) async fn check_pin(&self, operator: &str, pin: &str) -> Result<Proof, Refused> {
        let _one_at_a_time = self.pins.lock().await;
        let Ok(id) = OperatorId::new(operator) else {
            self.compare(None, pin).await;
            return Err(Refusal::WrongPin.into());
        };
        let asked = id.clone();
        let attempt = self.at_desk(move |at| {
            let (now, steady) = (at.clock().now(), at.clock().monotonic());
            at.store().attempt(&asked, now, steady)
        });
        let hash = match attempt.await?.map_err(failed)? {
            Attempt::Check(hash) => hash,
            Attempt::Nobody => {
                self.compare(None, pin).await;
                return Err(Refusal::WrongPin.into());
            }
            Attempt::Held(Throttle::Wait(wait)) => {
                return Err(Refused { refusal: Refusal::Throttled, wait: Some(wait) });
            }
            Attempt::Held(Throttle::Locked(wait)) => {
                return Err(Refused { refusal: Refusal::Locked, wait: Some(wait) });
            }
        };
        if !self.compare(Some(hash.clone()), pin).await {
            warn!("wrong PIN");
            return Err(Refusal::WrongPin.into());
        }
        let right = self.at_desk(move |at| at.store().signed_in(&id)).await?;
        let known = right.map_err(failed)?;
        Ok(Proof { who: Trusted { id: known.id, name: known.name }, pin: hash })
    }

    /// Whether `operator`, who is signed in on a page, may go on.
    pub(super) fn may_go_on(&self, operator: &OperatorId) -> bool {
        let Some(pin) = self.proof(operator) else { return false };
        let asked = self.lock_read().reader.may_go_on(operator, &pin);
        asked.map_err(failed).unwrap_or(false)
    }

    /// By which PIN `operator` signed in.
    pub(super) fn proof(&self, operator: &OperatorId) -> Option<PinHash> {
        self.proved.lock().expect("no holder panics").get(operator).cloned()
    }

    /// Checks a PIN and writes that a shift has begun.
    ///
    /// # Errors
    /// As [`Backend::check_pin`]; or the ledger's.
    pub(super) async fn begin_shift(&self, operator: &str, pin: &str) -> Result<Trusted, Refused> {
        let Proof { who, pin } = self.check_pin(operator, pin).await?;
        let sign = Sign { operator: who.id.clone(), change: SignChange::In };
        match self.write(Event::Sign(sign)).await {
            Some(Ok(())) => {
                info!("signed in");
                self.proved.lock().expect("no holder panics").insert(who.id.clone(), pin);
                Ok(who)
            }
            Some(Err(problem)) => Err(refused(problem)),
            None => Err(Refusal::Busy.into()),
        }
    }

    /// Compares a PIN with a hash, or with nobody's in the same time.
    async fn compare(&self, hash: Option<PinHash>, pin: &str) -> bool {
        let pin = pin.to_owned();
        let fits = tokio::task::spawn_blocking(move || match hash {
            Some(hash) => hash.fits(&pin),
            None => PinHash::fits_nobody(&pin),
        });
        let fits = fits.await;
        fits.expect("release builds abort on panic")
    }

    /// Has a job carried out at the ledger's desk.
    ///
    /// # Errors
    /// [`Refusal::Busy`] where it takes no more.
    pub(super) async fn at_desk<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut At<'_>) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        self.desk.ask(job).await.map_err(|_| Refusal::Busy.into())
    }
}

/// Whether who signed in by `pin` may go on, at the desk: between this and what else the job does
/// there, nobody is disabled.
///
/// # Errors
/// [`Refusal::NotSignedIn`] where they may not.
pub(super) fn check(
    at: &mut At<'_>,
    operator: &OperatorId,
    pin: Option<&PinHash>,
) -> Result<(), Refused> {
    let pin = pin.ok_or(Refusal::NotSignedIn)?;
    let may = at.store().may_go_on(operator, pin).map_err(failed)?;
    may.then_some(()).ok_or(Refusal::NotSignedIn.into())
}

fn failed(problem: OperatorError) -> Refused {
    error!(%problem, "operators cannot be read");
    Refusal::LedgerFailed.into()
}

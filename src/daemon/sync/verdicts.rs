//! The city's verdicts into the ledger.
//!
//! 1. Verdicts and how far they were taken in are stored in one transaction.
//! 2. A verdict that means nothing here (a meal that was undone, an entry that is no meal) is
//!    passed over; it is logged by its number. So is one on an entry that only another epoch of
//!    this ledger has.

use crate::city::client::{Client, SendError};
use crate::city::wire::text::DeviceId;
use crate::city::wire::verdict::{Ruling, Verdict, VerdictReason};
use crate::clock::Clock;
use crate::daemon::desk::DeskError;
use crate::daemon::hold::Stamps;
use crate::domain::entry::correction::{Finding, Kept, RejectReason};
use crate::domain::entry::operation::Epoch;
use crate::error::{Exit, Sysexit};
use crate::store::{CityVerdict, LedgerError, VerdictTaken};
use tracing::{info, warn};

/// Why verdicts were not taken in; they are asked for again.
#[derive(Debug, thiserror::Error)]
pub enum VerdictsError {
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The request, or its answer.
    #[error("the city's verdicts: {0}")]
    Send(#[from] SendError),
}

impl VerdictsError {
    /// Whether another attempt, later, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::Desk(_) => true,
            Self::Ledger(_) => false,
            Self::Send(error) => error.passing(),
        }
    }
}

impl Sysexit for VerdictsError {
    fn exit(&self) -> Exit {
        match self {
            Self::Desk(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Send(e) => e.exit(),
        }
    }
}

/// What became of the city's verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// How many are in the ledger now.
    pub written: u32,
    /// How many said what the ledger says already, or nothing about a standing meal.
    pub passed_over: u32,
}

/// Takes in all verdicts that the city has made since the last time.
///
/// # Errors
/// [`VerdictsError`]; what was taken in before stays.
pub async fn run_once<H: Stamps>(
    hold: &mut H,
    client: &Client,
    clock: &dyn Clock,
) -> Result<Judged, VerdictsError> {
    let mut judged = Judged::default();
    let mut after = hold.ask(|store| store.verdicts_after()).await??;
    loop {
        let verdicts = client.verdicts(clock.now(), after).await?;
        if verdicts.items.is_empty() {
            return Ok(judged);
        }
        let (next, items) = (verdicts.next, verdicts.items);
        let said: Vec<_> = items.iter().map(city_verdict).collect();
        let taken = hold.ask_stamped(move |at| {
            let stamp = at.stamp()?;
            at.store().add_verdicts(stamp, &said, next)
        });
        for (taken, item) in taken.await??.into_iter().zip(&items) {
            match taken {
                VerdictTaken::Written(entry) => {
                    info!(entry, meal = item.n, "verdict");
                    judged.written += 1;
                }
                VerdictTaken::Known => judged.passed_over += 1,
                VerdictTaken::Elsewhere => {
                    info!(verdict = item.id, entry = item.n, "a verdict on another epoch's entry");
                    judged.passed_over += 1;
                }
                VerdictTaken::NoMeal => {
                    warn!(verdict = item.id, entry = item.n, "a verdict on no standing meal");
                    judged.passed_over += 1;
                }
            }
        }
        after = next;
    }
}

fn city_verdict(item: &Verdict) -> CityVerdict {
    let finding = match item.verdict {
        Ruling::Restored => Finding::Accepted,
        Ruling::Rejected => Finding::Rejected {
            reason: reason(item.reason),
            kept: item.kept.as_deref().and_then(kept),
        },
    };
    CityVerdict { entry: item.n, hash: item.hash, finding }
}

fn reason(reason: VerdictReason) -> RejectReason {
    match reason {
        VerdictReason::DuplicateOtherCanteen | VerdictReason::OtherVoided => {
            RejectReason::OtherCanteen
        }
        VerdictReason::DuplicateOtherEpoch => RejectReason::OtherEpoch,
        VerdictReason::Deceased => RejectReason::Deceased,
        VerdictReason::Moved => RejectReason::Moved,
        VerdictReason::NotEligible => RejectReason::NotEligible,
        VerdictReason::HomeCare => RejectReason::HomeCare,
        VerdictReason::Amount => RejectReason::Amount,
        VerdictReason::Time => RejectReason::Time,
        VerdictReason::Inspection => RejectReason::Inspection,
    }
}

/// `device#entry`, with or without `@epoch`; what is not so spelt is left out of the ledger, and so
/// is the epoch.
fn kept(text: &str) -> Option<Kept> {
    let (device, entry) = text.split_once('#')?;
    let entry = match entry.split_once('@') {
        Some((entry, epoch)) => epoch.parse::<Epoch>().ok().map(|_| entry)?,
        None => entry,
    };
    let device = DeviceId::new(device).ok()?;
    let entry = entry.parse().ok().filter(|n| *n > 0 && *n < 1 << 53)?;
    Some(Kept { device: device.as_str().to_owned(), entry })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_device_and_an_entry_are_kept_of_what_the_city_names() {
        let good = kept("lc-dcf-003#5521").unwrap();
        assert_eq!((good.device.as_str(), good.entry), ("lc-dcf-003", 5521));
        assert_eq!(kept("lc-dcf-003#5521@2").unwrap(), good);
        for bad in [
            "",
            "a#1@",
            "a#1@x",
            "a@2#1",
            "lc-dcf-003",
            "lc-dcf-003#",
            "lc-dcf-003#0",
            "a b#1",
            "a#-1",
            "a#1#2",
        ] {
            assert!(kept(bad).is_none(), "{bad}");
        }
        assert!(kept("a#9007199254740993").is_none());
    }
}

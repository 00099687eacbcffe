//! Which of several meals of one elder on one day stands. Pure.

use crate::city::wire::verdict::{Ruling, VerdictReason};

/// A meal that a box claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Whose.
    pub device: String,
    /// The epoch that brought it.
    pub epoch: i64,
    /// Entry.
    pub n: i64,
    /// When, as text at UTC+8, which sorts as times do.
    pub at: String,
    /// Whether the box believed its clock.
    pub trusted: bool,
    /// The verdict that stands on it.
    pub verdict: Option<i64>,
    /// The meal it was rejected for, where that verdict rejects it.
    pub rejected_for: Option<String>,
}

impl Claim {
    /// `device#entry`, and `@epoch` where that is not the first.
    pub(super) fn name(&self) -> String {
        let Claim { device, epoch, n, .. } = self;
        if *epoch == 1 { format!("{device}#{n}") } else { format!("{device}#{n}@{epoch}") }
    }
}

/// What has to be said about a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Place in the list that was judged.
    pub claim: usize,
    /// What becomes of it.
    pub ruling: Ruling,
    /// Why.
    pub reason: VerdictReason,
    /// The meal that stands instead.
    pub kept: Option<String>,
}

/// Judges all claims of one elder and date that are not void: the earliest by a trusted clock
/// stands, whatever order they came in. Times of equal worth are decided by device, epoch and entry.
/// Only what differs from the verdicts that stand is found.
pub(super) fn judge(claims: &[Claim]) -> Vec<Finding> {
    let order = |c: &&Claim| (!c.trusted, c.at.clone(), c.device.clone(), c.epoch, c.n);
    let Some(kept) = claims.iter().min_by_key(order) else { return Vec::new() };
    let mut findings = Vec::new();
    for (place, claim) in claims.iter().enumerate() {
        let stands = claim == kept;
        let due = (!stands).then(|| kept.name());
        if claim.rejected_for == due {
            continue;
        }
        let (ruling, reason) = match due {
            Some(_) if claim.device == kept.device => {
                (Ruling::Rejected, VerdictReason::DuplicateOtherEpoch)
            }
            Some(_) => (Ruling::Rejected, VerdictReason::DuplicateOtherCanteen),
            None => (Ruling::Restored, VerdictReason::OtherVoided),
        };
        findings.push(Finding { claim: place, ruling, reason, kept: due });
    }
    findings
}

/// What is said of the first claim of a list, which an epoch undid that is over.
pub(super) fn undone_elsewhere() -> Finding {
    let reason = VerdictReason::DuplicateOtherEpoch;
    Finding { claim: 0, ruling: Ruling::Rejected, reason, kept: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(device: &str, at: &str, trusted: bool) -> Claim {
        Claim {
            device: device.into(),
            epoch: 1,
            n: 7,
            at: at.into(),
            trusted,
            verdict: None,
            rejected_for: None,
        }
    }

    /// Lets claims arrive one after another and gives those that stand in the end.
    fn arrive(claims: &[Claim]) -> Vec<String> {
        let mut known: Vec<Claim> = Vec::new();
        for claim in claims {
            known.push(claim.clone());
            for finding in judge(&known) {
                known[finding.claim].rejected_for = finding.kept;
            }
        }
        assert!(judge(&known).is_empty(), "what was said once is not said again");
        known.iter().filter(|c| c.rejected_for.is_none()).map(Claim::name).collect()
    }

    #[test]
    fn the_earliest_trusted_claim_stands_in_any_order_of_arrival() {
        let a = claim("a", "2026-03-02T12:10:00+08:00", true);
        let b = claim("b", "2026-03-02T11:50:00+08:00", true);
        let c = claim("c", "2026-03-02T06:30:00+08:00", false);
        let same_as_b = claim("d", "2026-03-02T11:50:00+08:00", true);
        let all = [a, b, c, same_as_b];
        let mut orders = 0;
        for w in 0..4 {
            for x in (0..4).filter(|x| *x != w) {
                for y in (0..4).filter(|y| *y != w && *y != x) {
                    let z = 6 - w - x - y;
                    let order = [w, x, y, z].map(|i: usize| all[i].clone());
                    assert_eq!(arrive(&order), ["b#7"], "{order:?}");
                    orders += 1;
                }
            }
        }
        assert_eq!(orders, 24);
    }

    #[test]
    fn a_rejected_meal_is_restored_when_the_other_is_voided() {
        let mut late = claim("a", "2026-03-02T12:10:00+08:00", true);
        let early = claim("b", "2026-03-02T11:50:00+08:00", true);
        let found = judge(&[late.clone(), early]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].claim, found[0].kept.as_deref()), (0, Some("b#7")));
        late.rejected_for = Some("b#7".into());
        // The earlier meal is void now and no longer among the claims.
        let found = judge(&[late]);
        assert_eq!(found[0].ruling, Ruling::Restored);
        assert_eq!(found[0].kept, None);
    }

    #[test]
    fn a_single_claim_and_none_say_nothing() {
        assert!(judge(&[]).is_empty());
        assert!(judge(&[claim("a", "2026-03-02T12:10:00+08:00", false)]).is_empty());
    }
}

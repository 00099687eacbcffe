//! How staff choose between two candidates: a measure of rubber-stamping, made of real reviews.
//!
//! The order in which two candidates are shown says nothing about them ([`super::shown_order`]), so
//! whoever looks takes the first in about half the cases. See docs/adr/0007.

use super::entry::correction::Choice;
use super::entry::{Review, Stamp};
use super::operator::OperatorId;
use super::shown_order;
use std::collections::BTreeMap;

/// What one operator chose where two candidates were shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// How often one of the two was taken.
    pub taken: u32,
    /// How often that was the one that stood first.
    pub first: u32,
    /// How long each of these choices took, in seconds from the review, shortest first.
    pub seconds: Vec<u64>,
}

impl Choices {
    /// The time in the middle; `None` without choices.
    pub fn median_s(&self) -> Option<u64> {
        self.seconds.get(self.seconds.len() / 2).copied()
    }

    /// Whether chance alone explains how often the first was taken, with the usual 95 %: the share
    /// is within 1/2 ± 1/√n.
    pub fn by_chance(&self) -> bool {
        let (n, first) = (i64::from(self.taken), i64::from(self.first));
        (2 * first - n).pow(2) <= 4 * n
    }
}

/// The measure of each operator, over reviews with the choices that settled them.
pub fn measure<'a>(
    settled: impl IntoIterator<Item = (u64, Stamp, &'a Review, Stamp, &'a Choice)>,
) -> BTreeMap<OperatorId, Choices> {
    let mut all: BTreeMap<OperatorId, Choices> = BTreeMap::new();
    for (number, asked, review, chosen, choice) in settled {
        let shown = shown_order::shown(number, review.candidates.iter().collect());
        let ([first, second], Some(elder)) = (shown.as_slice(), &choice.elder) else { continue };
        if elder != *first && elder != *second {
            continue;
        }
        let choices = all.entry(choice.operator.clone()).or_default();
        choices.taken += 1;
        choices.first += u32::from(elder == *first);
        let seconds = chosen.at.duration_since(asked.at).as_secs();
        choices.seconds.push(u64::try_from(seconds).unwrap_or(0));
    }
    all.values_mut().for_each(|choices| choices.seconds.sort_unstable());
    all
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{Date, MealWindow, Timestamp};
    use super::super::elder::ElderId;
    use super::super::entry::ClockTrust;
    use super::*;

    fn elder(n: u64) -> ElderId {
        ElderId::new(&format!("p_{n}")).unwrap()
    }

    fn at(second: i64) -> Stamp {
        Stamp { at: Timestamp::from_second(second).unwrap(), clock: ClockTrust::Trusted }
    }

    fn review(candidates: &[u64]) -> Review {
        Review {
            date: Date::constant(2026, 3, 2),
            window: MealWindow::Lunch,
            reasons: vec![],
            candidates: candidates.iter().copied().map(elder).collect(),
        }
    }

    fn choice(number: u64, elder: Option<ElderId>) -> Choice {
        Choice { review: number, elder, operator: "op-1".parse().unwrap() }
    }

    /// What an operator gives who takes the one at `place` of each of a hundred reviews.
    fn taking(place: impl Fn(u64) -> usize) -> Choices {
        let review = review(&[1, 2]);
        let choices: Vec<Choice> = (1..=100)
            .map(|n| {
                let shown = shown_order::shown(n, vec![elder(1), elder(2)]);
                choice(n, Some(shown[place(n)].clone()))
            })
            .collect();
        let settled = choices.iter().map(|c| (c.review, at(0), &review, at(c.review as i64), c));
        measure(settled).remove(&"op-1".parse().unwrap()).unwrap()
    }

    #[test]
    fn whoever_always_taps_the_first_stands_out_and_whoever_looks_does_not() {
        let stamping = taking(|_| 0);
        assert_eq!((stamping.taken, stamping.first), (100, 100));
        assert!(!stamping.by_chance());
        assert!(!taking(|_| 1).by_chance(), "always the second is no better");
        // The elder is always the same one, and stands first or second by the review's number.
        let looking = taking(|n| usize::from(shown_order::reversed(n)));
        assert!(looking.by_chance(), "{looking:?}");
        assert_eq!(looking.median_s(), Some(51));
    }

    #[test]
    fn only_choices_between_two_shown_candidates_count() {
        let (two, one) = (review(&[1, 2]), review(&[1]));
        let cases = [
            (&one, choice(1, Some(elder(1)))),
            (&two, choice(2, None)),
            (&two, choice(3, Some(elder(3)))),
        ];
        let settled =
            cases.iter().map(|(review, choice)| (choice.review, at(0), *review, at(1), choice));
        assert_eq!(measure(settled), BTreeMap::new());
        assert!(Choices::default().by_chance() && Choices::default().median_s().is_none());
    }
}

//! How staff choose between two candidates: a measure of rubber-stamping, made of real reviews.
//!
//! The order in which two candidates are shown says nothing about them ([`super::shown_order`]), so
//! whoever looks takes the first in about half the cases. See docs/adr/0007.

use super::entry::correction::Choice;
use super::entry::{Entry, EntryNumber, Event, Review, Stamp};
use super::operator::OperatorId;
use super::shown_order;
use std::collections::{BTreeMap, HashMap};

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

/// A review and the choice that settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The review's number.
    pub number: EntryNumber,
    /// When it was written.
    pub asked: Stamp,
    /// What it says.
    pub review: Review,
    /// The choice's number.
    pub n: EntryNumber,
    /// When it was written.
    pub at: Stamp,
    /// What it says.
    pub choice: Choice,
}

/// Reviews that wait, while a ledger is read.
#[derive(Debug, Default)]
pub struct Open(HashMap<EntryNumber, (Stamp, Review)>);

impl Open {
    /// Takes an entry in: a review waits from then on, and a choice that settles one is answered
    /// with both.
    pub fn take(&mut self, entry: &Entry) -> Option<Chosen> {
        match &entry.event {
            Event::Review(review) => {
                self.0.insert(entry.n, (entry.stamp, review.clone()));
                None
            }
            Event::Choice(choice) => {
                let (asked, review) = self.0.remove(&choice.review)?;
                let (number, choice) = (choice.review, choice.clone());
                Some(Chosen { number, asked, review, n: entry.n, at: entry.stamp, choice })
            }
            _ => None,
        }
    }

    /// Lets a review expire, and answers with it.
    pub fn expire(&mut self, review: EntryNumber) -> Option<Review> {
        self.0.remove(&review).map(|(_, review)| review)
    }
}

/// The measure of each operator, over reviews with the choices that settled them.
pub fn measure<'a>(settled: impl IntoIterator<Item = &'a Chosen>) -> BTreeMap<OperatorId, Choices> {
    let mut all: BTreeMap<OperatorId, Choices> = BTreeMap::new();
    for Chosen { number, asked, review, at, choice, .. } in settled {
        let shown = shown_order::shown(*number, review.candidates.iter().collect());
        let ([first, second], Some(elder)) = (shown.as_slice(), &choice.elder) else { continue };
        if elder != *first && elder != *second {
            continue;
        }
        let choices = all.entry(choice.operator.clone()).or_default();
        choices.taken += 1;
        choices.first += u32::from(elder == *first);
        let seconds = at.at.duration_since(asked.at).as_secs();
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

    /// The choice, and the review that it settles, as a ledger is read that has both.
    fn chosen(review: &Review, after_s: i64, choice: Choice) -> Chosen {
        let mut open = Open::default();
        let (number, event) = (choice.review, Event::Review(review.clone()));
        assert_eq!(open.take(&Entry { n: number, stamp: at(0), event }), None);
        let entry = Entry { n: 1000, stamp: at(after_s), event: Event::Choice(choice) };
        let chosen = open.take(&entry).unwrap();
        assert_eq!((open.take(&entry), open.expire(number)), (None, None), "it waits no more");
        chosen
    }

    /// What an operator gives who takes the one at `place` of each of a hundred reviews.
    fn taking(place: impl Fn(u64) -> usize) -> Choices {
        let review = review(&[1, 2]);
        let choices: Vec<Chosen> = (1..=100)
            .map(|n| {
                let shown = shown_order::shown(n, vec![elder(1), elder(2)]);
                chosen(&review, n as i64, choice(n, Some(shown[place(n)].clone())))
            })
            .collect();
        measure(&choices).remove(&"op-1".parse().unwrap()).unwrap()
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
        let settled = cases.map(|(review, choice)| chosen(review, 1, choice));
        assert_eq!(measure(&settled), BTreeMap::new());
        assert!(Choices::default().by_chance() && Choices::default().median_s().is_none());
    }

    #[test]
    fn a_review_that_expired_is_not_settled_any_more() {
        let mut open = Open::default();
        let event = Event::Review(review(&[1, 2]));
        open.take(&Entry { n: 1, stamp: at(0), event });
        assert_eq!(open.expire(1), Some(review(&[1, 2])));
        let event = Event::Choice(choice(1, Some(elder(1))));
        assert_eq!(open.take(&Entry { n: 2, stamp: at(1), event }), None);
    }
}

//! One search in a gallery, and the arithmetic of many.
//!
//! 1. An enrolled person who is not found at all (no face, no template) is a miss; a stranger
//!    without a face is left out, since it could only flatter the share of strangers accepted.
//! 2. A threshold is reached at its own value, as in [`crate::domain::decision`].
//!
//! Words follow ISO/IEC 19795-1: found and not found are the complement of FNIR, strangers
//! accepted are FPIR.

use super::interval::Share;
use serde::Serialize;

/// Steps of the curve between the thresholds 0 and 1; both ends are points.
pub const CURVE_STEPS: usize = 200;

/// The best match of one search and its lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    /// Index of the person.
    pub(super) person: usize,
    /// Cosine, -1 to 1.
    pub(super) score: f32,
    /// Score less that of the best other person; infinite in a gallery of one.
    pub(super) lead: f32,
}

impl Hit {
    fn accepted(&self, rule: Rule) -> bool {
        self.score >= rule.accept && self.lead >= rule.margin
    }
}

/// A search for somebody who is in the gallery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Known {
    /// Index of the person who was shown.
    pub(super) person: usize,
    /// Who came out; `None` where no face was found.
    pub(super) hit: Option<Hit>,
    /// Score of the person who was shown; `None` where there is no face or no template.
    pub(super) own: Option<f32>,
}

impl Known {
    fn is_right(&self, hit: &Hit) -> bool {
        hit.person == self.person
    }
}

/// All searches of one way of matching.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trials {
    /// Of people in the gallery.
    pub(super) known: Vec<Known>,
    /// Of strangers with a face; the best match of each.
    pub(super) strangers: Vec<Hit>,
}

/// When a best match is accepted without staff.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Least cosine.
    pub accept: f32,
    /// Least lead over the best other person.
    pub margin: f32,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The rule.
    pub rule: Rule,
    /// Enrolled people accepted as themselves.
    pub found: Share,
    /// Enrolled people accepted as somebody else.
    pub wrong: Share,
    /// Enrolled people sent to staff: the rest.
    pub to_staff: Share,
    /// Strangers accepted as somebody.
    pub strangers_accepted: Share,
}

/// One point of the curve: counts at a threshold, without a margin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Least cosine.
    pub threshold: f32,
    /// Share of enrolled people accepted as themselves.
    pub found: f64,
    /// Share of enrolled people accepted as somebody else.
    pub wrong: f64,
    /// Share of strangers accepted.
    pub strangers_accepted: f64,
}

impl Trials {
    /// Share of enrolled people who are their own best match, at whatever score.
    pub(super) fn rank_1(&self) -> Share {
        Share::where_true(&self.known, |k| k.hit.is_some_and(|hit| k.is_right(&hit)))
    }

    /// What `rule` does.
    pub(super) fn under(&self, rule: Rule) -> Figures {
        let accepted = |k: &Known| k.hit.filter(|hit| hit.accepted(rule));
        let of = |right: bool| {
            Share::where_true(&self.known, |k| {
                accepted(k).is_some_and(|hit| k.is_right(&hit) == right)
            })
        };
        Figures {
            rule,
            found: of(true),
            wrong: of(false),
            to_staff: Share::where_true(&self.known, |k| accepted(k).is_none()),
            strangers_accepted: Share::where_true(&self.strangers, |hit| hit.accepted(rule)),
        }
    }

    /// The lowest threshold at which at most `rate` of the strangers are accepted, without a
    /// margin. Fewer than `1 / rate` strangers put it above all of them.
    ///
    /// # Panics
    /// If `rate` is not between 0 and 1 (1 excluded).
    pub(super) fn threshold_at(&self, rate: f64) -> f32 {
        assert!((0.0..1.0).contains(&rate), "{rate}");
        let mut scores: Vec<f32> = self.strangers.iter().map(|hit| hit.score).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        // What 1 - 0.9 loses to rounding is not a stranger less.
        let accepted = (scores.len() as f64 * rate + 1e-9) as usize;
        scores.get(accepted).map_or(-1.0, |first_refused| first_refused.next_up())
    }

    /// Shares at [`CURVE_STEPS`] + 1 evenly spaced thresholds from 0 to 1.
    pub(super) fn curve(&self) -> Vec<Point> {
        (0..=CURVE_STEPS)
            .map(|step| {
                let threshold = step as f32 / CURVE_STEPS as f32;
                let figures = self.under(Rule { accept: threshold, margin: 0.0 });
                let rate = |share: Share| share.rate.unwrap_or(0.0);
                Point {
                    threshold,
                    found: rate(figures.found),
                    wrong: rate(figures.wrong),
                    strangers_accepted: rate(figures.strangers_accepted),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(person: usize, score: f32, lead: f32) -> Hit {
        Hit { person, score, lead }
    }

    fn known(person: usize, hit: Option<Hit>) -> Known {
        Known { person, hit, own: None }
    }

    /// Four enrolled people: certain, weak, mistaken for another, and without a face.
    fn trials() -> Trials {
        Trials {
            known: vec![
                known(0, Some(hit(0, 0.9, 0.5))),
                known(1, Some(hit(1, 0.5, 0.05))),
                known(2, Some(hit(0, 0.6, 0.2))),
                known(3, None),
            ],
            strangers: [0.1, 0.2, 0.3, 0.55].map(|score| hit(0, score, 0.1)).to_vec(),
        }
    }

    #[test]
    fn a_threshold_parts_the_found_the_mistaken_and_those_sent_to_staff() {
        // accept, margin -> found, wrong, to staff, strangers
        let cases = [
            (0.0, 0.0, [2, 1, 1, 4]),
            (0.5, 0.0, [2, 1, 1, 1]),
            (0.5, 0.1, [1, 1, 2, 1]),
            (0.55, 0.0, [1, 1, 2, 1]),
            (0.7, 0.0, [1, 0, 3, 0]),
            (0.95, 0.0, [0, 0, 4, 0]),
        ];
        for (accept, margin, expected) in cases {
            let f = trials().under(Rule { accept, margin });
            let counts = [f.found, f.wrong, f.to_staff, f.strangers_accepted].map(|s| s.count);
            assert_eq!(counts, expected, "{accept} {margin}");
        }
        assert_eq!(trials().rank_1(), Share::new(2, 4));
    }

    #[test]
    fn the_threshold_is_the_lowest_that_keeps_the_target() {
        let trials = trials();
        // rate -> the highest score that is still refused
        for (rate, refused) in [(0.0, 0.55), (0.2, 0.55), (0.25, 0.3), (0.5, 0.2), (0.99, 0.1)] {
            let threshold = trials.threshold_at(rate);
            assert_eq!(threshold, f32::next_up(refused), "{rate}");
            let accepted = trials.under(Rule { accept: threshold, margin: 0.0 }).strangers_accepted;
            assert!(accepted.rate.unwrap() <= rate, "{rate}");
        }
    }

    #[test]
    fn equal_scores_at_the_threshold_are_refused_together() {
        let mut trials = trials();
        trials.strangers = vec![hit(0, 0.4, 0.1); 4];
        let accept = trials.threshold_at(0.5);
        assert_eq!(trials.under(Rule { accept, margin: 0.0 }).strangers_accepted.count, 0);
    }

    #[test]
    fn the_curve_is_bounded_starts_with_everybody_and_never_rises() {
        let curve = trials().curve();
        assert_eq!(curve.len(), CURVE_STEPS + 1);
        let first = Point { threshold: 0.0, found: 0.5, wrong: 0.25, strangers_accepted: 1.0 };
        assert_eq!(curve[0], first);
        let middle = Point { threshold: 0.5, strangers_accepted: 0.25, ..first };
        assert_eq!(curve[100], middle);
        let last = curve[CURVE_STEPS];
        assert_eq!((last.threshold, last.found, last.strangers_accepted), (1.0, 0.0, 0.0));
        assert!(curve.windows(2).all(|w| w[1].found <= w[0].found));
    }

    #[test]
    fn without_trials_every_share_is_of_nothing() {
        let none = Trials::default();
        assert_eq!(none.rank_1().rate, None);
        assert_eq!(none.threshold_at(0.01), -1.0);
        assert_eq!(none.under(Rule { accept: 0.5, margin: 0.0 }).found.rate, None);
    }
}

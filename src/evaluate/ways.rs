//! Ways to search with several photographs of one person, on either side.
//!
//! 1. The ways that run in service go through [`Gallery::search`]; the others exist here only, to
//!    be compared with them.
//! 2. Every way is given the same photographs.
//!
//! For a person with one template, the mean of the scores of several photographs is the score of
//! their mean template times the length of the unnormalised mean: both rank the gallery alike, but
//! the mean of scores also falls where the photographs disagree among themselves.

use super::faces::Shown;
use super::trial::{Hit, Known, Trials};
use crate::domain::elder::ElderId;
use crate::domain::gallery::{Gallery, GalleryError};
use crate::domain::template::{ModelId, Template};
use serde::Serialize;

/// What the photographs of one person make of him in the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// A template each; the closest counts. This runs in service.
    BestOf,
    /// Their mean template.
    Mean,
}

/// How the photographs of one person are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// Each for itself.
    Single,
    /// Their mean template, as the frames of a visit in service.
    MeanTemplate,
    /// The mean of each enrolled person's scores.
    MeanScore,
    /// The best of each enrolled person's scores.
    BestScore,
}

impl Enrolment {
    /// Both.
    pub const ALL: [Enrolment; 2] = [Self::BestOf, Self::Mean];
}

impl Probe {
    /// All of them.
    pub const ALL: [Probe; 4] =
        [Self::Single, Self::MeanTemplate, Self::MeanScore, Self::BestScore];
}

/// People in a gallery, by their number.
pub(super) struct Enrolled {
    people: Vec<Vec<Template>>,
    gallery: Gallery,
    /// Number of the person at each place of the gallery, which leaves out those without template.
    numbers: Vec<usize>,
}

impl Enrolled {
    /// Enrols people, given with their templates.
    ///
    /// # Errors
    /// [`GalleryError`] where there are more templates than a gallery takes.
    pub(super) fn new(
        model: ModelId,
        people: &[Shown<Template>],
        enrolment: Enrolment,
    ) -> Result<Self, GalleryError> {
        let people: Vec<Vec<Template>> = people
            .iter()
            .map(|person| match enrolment {
                Enrolment::BestOf => person.faces(),
                Enrolment::Mean => mean(&person.faces()).into_iter().collect(),
            })
            .collect();
        let ids: Vec<ElderId> = (0..people.len())
            .map(|n| ElderId::new(&format!("n{n}")).expect("a letter and a short number"))
            .collect();
        let gallery = Gallery::new(model, ids.iter().zip(people.iter().map(Vec::as_slice)))?;
        let numbers = (0..gallery.elders())
            .map(|place| gallery.elder(place).as_str()[1..].parse().expect("made above"))
            .collect();
        Ok(Enrolled { people, gallery, numbers })
    }

    /// Best match of a template; `None` where nobody has a template.
    fn search(&self, template: &Template) -> Option<Hit> {
        let found = self.gallery.search(template)?;
        let lead = found.runner_up.map_or(f32::INFINITY, |other| found.best.score - other.score);
        Some(Hit { person: self.numbers[found.best.elder], score: found.best.score, lead })
    }

    /// Score of one person against a template.
    fn score(&self, person: usize, template: &Template) -> Option<f32> {
        self.people[person].iter().filter_map(|own| own.cosine(template)).reduce(f32::max)
    }

    /// Searches with faces of one person. `known` is his number, where he is enrolled.
    fn outcomes(&self, faces: &[Template], probe: Probe, known: Option<usize>) -> Vec<Outcome> {
        let search = |template: &Template| Outcome {
            hit: self.search(template),
            own: known.and_then(|person| self.score(person, template)),
        };
        match probe {
            Probe::Single => faces.iter().map(search).collect(),
            Probe::MeanTemplate => mean(faces).iter().map(search).collect(),
            Probe::MeanScore => self
                .by_scores(faces, known, |scores| scores.iter().sum::<f32>() / scores.len() as f32),
            Probe::BestScore => self.by_scores(faces, known, |scores| {
                scores.iter().copied().fold(f32::NEG_INFINITY, f32::max)
            }),
        }
    }

    fn by_scores(
        &self,
        faces: &[Template],
        known: Option<usize>,
        pool: impl Fn(&[f32]) -> f32,
    ) -> Vec<Outcome> {
        if faces.is_empty() {
            return vec![];
        }
        let pooled = |person: usize| {
            let scores: Vec<f32> = faces.iter().filter_map(|f| self.score(person, f)).collect();
            (!scores.is_empty()).then(|| pool(&scores))
        };
        let mut hit: Option<Hit> = None;
        for &person in &self.numbers {
            let Some(score) = pooled(person) else { continue };
            hit = Some(match hit {
                None => Hit { person, score, lead: f32::INFINITY },
                Some(best) if score > best.score => Hit { person, score, lead: score - best.score },
                Some(best) => Hit { lead: best.lead.min(best.score - score), ..best },
            });
        }
        vec![Outcome { hit, own: known.and_then(pooled) }]
    }

    /// Searches with all probes, given with the number of the person each shows, and with all
    /// strangers.
    pub(super) fn trials(
        &self,
        probes: &[(usize, &Shown<Template>)],
        strangers: &[Shown<Template>],
        probe: Probe,
    ) -> Trials {
        let mut trials = Trials::default();
        for (person, shown) in probes {
            let faces = shown.faces();
            let found = self.outcomes(&faces, probe, Some(*person));
            // Photographs without a face are misses: each of them alone, or all of one person.
            let misses = match probe {
                Probe::Single => shown.photos.len() - faces.len(),
                _ => usize::from(faces.is_empty() && !shown.photos.is_empty()),
            };
            let missed = std::iter::repeat_n(Outcome { hit: None, own: None }, misses);
            let known = |Outcome { hit, own }| Known { person: *person, hit, own };
            trials.known.extend(found.into_iter().chain(missed).map(known));
        }
        for stranger in strangers {
            let found = self.outcomes(&stranger.faces(), probe, None);
            trials.strangers.extend(found.iter().filter_map(|outcome| outcome.hit));
        }
        trials
    }

    /// For each stranger with a face the closest person, as `(stranger, person, cosine)`, the
    /// closest first; by the mean template.
    pub(super) fn nearest(&self, strangers: &[Shown<Template>]) -> Vec<(usize, usize, f32)> {
        let mut all: Vec<_> = strangers
            .iter()
            .enumerate()
            .filter_map(|(number, stranger)| {
                let hit = self.search(&mean(&stranger.faces())?)?;
                Some((number, hit.person, hit.score))
            })
            .collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2));
        all
    }

    /// For each person the closest other person, as `(one, other, cosine)`, one line a pair, the
    /// closest first.
    pub(super) fn look_alikes(&self) -> Vec<(usize, usize, f32)> {
        let mut pairs = std::collections::BTreeMap::new();
        for (person, templates) in self.people.iter().enumerate() {
            for found in templates.iter().filter_map(|own| self.gallery.search(own)) {
                // Of two people with the same template either may come first.
                let both = [Some(found.best), found.runner_up];
                let other = both.into_iter().flatten().find(|c| self.numbers[c.elder] != person);
                let Some(other) = other else { continue };
                let number = self.numbers[other.elder];
                let pair = (person.min(number), person.max(number));
                let score = pairs.entry(pair).or_insert(other.score);
                *score = score.max(other.score);
            }
        }
        let mut pairs: Vec<_> = pairs.into_iter().map(|((a, b), score)| (a, b, score)).collect();
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
        pairs
    }
}

/// What one search gave.
#[derive(Clone, Copy)]
struct Outcome {
    hit: Option<Hit>,
    own: Option<f32>,
}

/// The mean of unit templates, normalised again; `None` of none, or where they cancel out.
fn mean(templates: &[Template]) -> Option<Template> {
    let first = templates.first()?;
    let mut sum = vec![0.0f32; first.values().len()];
    for template in templates {
        sum.iter_mut().zip(template.values()).for_each(|(sum, value)| *sum += value);
    }
    Template::new(first.model(), &sum).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: ModelId = ModelId([3; 32]);

    /// Photographs at these angles (degrees) on a circle; NaN is one without a face.
    fn shown(name: &str, degrees: &[f32]) -> Shown<Template> {
        let photo = |d: &f32| {
            let (sin, cos) = d.to_radians().sin_cos();
            Template::new(MODEL, &[cos, sin]).ok()
        };
        Shown { name: name.into(), photos: degrees.iter().map(photo).collect() }
    }

    fn cos(degrees: f32) -> f32 {
        degrees.to_radians().cos()
    }

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-5
    }

    /// Person 0 at 0° and 40°, person 1 without a face, person 2 at 100°.
    fn enrolled(enrolment: Enrolment) -> Enrolled {
        let people = [shown("a", &[0.0, 40.0]), shown("b", &[f32::NAN]), shown("c", &[100.0])];
        Enrolled::new(MODEL, &people, enrolment).unwrap()
    }

    #[test]
    fn each_way_pools_as_its_name_says() {
        // Probes of person 2 at 60° and 100°: enrolment, probe -> (person, score, lead, own).
        let (best, avg) = (Enrolment::BestOf, Enrolment::Mean);
        let half = |a: f32, b: f32| (cos(a) + cos(b)) / 2.0;
        let cases = [
            (best, Probe::MeanTemplate, 2, cos(20.0), cos(20.0) - cos(40.0), cos(20.0)),
            (avg, Probe::MeanTemplate, 2, cos(20.0), cos(20.0) - cos(60.0), cos(20.0)),
            (
                best,
                Probe::MeanScore,
                2,
                half(40.0, 0.0),
                half(40.0, 0.0) - half(20.0, 60.0),
                half(40.0, 0.0),
            ),
            (best, Probe::BestScore, 2, 1.0, 1.0 - cos(20.0), 1.0),
            (avg, Probe::BestScore, 2, 1.0, 1.0 - cos(40.0), 1.0),
        ];
        let probe = shown("c", &[60.0, 100.0]);
        for (enrolment, way, person, score, lead, own) in cases {
            let trials = enrolled(enrolment).trials(&[(2, &probe)], &[], way);
            assert_eq!(trials.known.len(), 1);
            let (hit, known) = (trials.known[0].hit.unwrap(), trials.known[0]);
            assert_eq!(hit.person, person, "{enrolment:?} {way:?}");
            assert!(near(hit.score, score) && near(hit.lead, lead), "{way:?} {hit:?}");
            assert!(near(known.own.unwrap(), own), "{way:?} {known:?}");
        }
    }

    #[test]
    fn single_photographs_are_searched_each_for_itself() {
        let probe = shown("c", &[60.0, 100.0]);
        let trials = enrolled(Enrolment::BestOf).trials(&[(2, &probe)], &[], Probe::Single);
        let people: Vec<_> = trials.known.iter().map(|k| k.hit.unwrap().person).collect();
        assert_eq!(people, [0, 2]);
        assert!(near(trials.known[0].own.unwrap(), cos(40.0)));
    }

    #[test]
    fn a_missing_face_is_a_miss_of_the_enrolled_and_no_trial_of_a_stranger() {
        let (none, half) = (shown("c", &[f32::NAN; 2]), shown("c", &[f32::NAN, 100.0]));
        let unreadable = shown("c", &[]);
        let stranger = [shown("s", &[f32::NAN]), shown("t", &[50.0])];
        for probe in Probe::ALL {
            let enrolled = enrolled(Enrolment::BestOf);
            let probes = [(2, &none), (2, &half), (2, &unreadable)];
            let trials = enrolled.trials(&probes, &stranger, probe);
            let misses = trials.known.iter().filter(|k| k.hit.is_none()).count();
            let expected = if probe == Probe::Single { (4, 3) } else { (2, 1) };
            assert_eq!((trials.known.len(), misses), expected, "{probe:?}");
            assert_eq!(trials.strangers.len(), 1, "{probe:?}");
        }
    }

    #[test]
    fn a_person_without_a_template_is_never_found() {
        let probe = shown("b", &[10.0]);
        for way in Probe::ALL {
            let trials = enrolled(Enrolment::BestOf).trials(&[(1, &probe)], &[], way);
            assert_eq!(trials.known[0].hit.unwrap().person, 0);
            assert_eq!((trials.known[0].own, trials.rank_1().count), (None, 0), "{way:?}");
        }
    }

    #[test]
    fn the_stranger_closest_to_somebody_comes_first() {
        let strangers = [shown("s", &[f32::NAN]), shown("t", &[-20.0]), shown("u", &[95.0, 115.0])];
        let nearest = enrolled(Enrolment::BestOf).nearest(&strangers);
        let names: Vec<_> = nearest.iter().map(|n| (n.0, n.1)).collect();
        assert_eq!(names, [(2, 2), (1, 0)]);
        assert!(near(nearest[0].2, cos(5.0)) && near(nearest[1].2, cos(20.0)));
    }

    #[test]
    fn look_alikes_are_named_once_a_pair_and_the_closest_first() {
        let people =
            [shown("a", &[0.0]), shown("b", &[0.0]), shown("c", &[90.0]), shown("d", &[60.0])];
        let pairs = Enrolled::new(MODEL, &people, Enrolment::BestOf).unwrap().look_alikes();
        let names: Vec<_> = pairs.iter().map(|p| (p.0, p.1)).collect();
        assert_eq!(names, [(0, 1), (2, 3)]);
        assert!(near(pairs[0].2, 1.0) && near(pairs[1].2, cos(30.0)));
        let one = Enrolled::new(MODEL, &people[..1], Enrolment::BestOf).unwrap();
        assert_eq!(one.look_alikes(), []);
    }
}

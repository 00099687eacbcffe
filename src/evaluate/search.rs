//! Open-set search: enrolled people and strangers before a gallery.
//!
//! It follows the shape of ISO/IEC 19795-1 for identification: people in the gallery are shown by
//! other photographs of theirs, strangers are shown who are not in it, and a threshold is judged
//! by both at once.

use super::faces::{self, Counts, Reader, Shown};
use super::folder::{Folder, FolderError, Problems};
use super::histogram::Histogram;
use super::interval::Share;
use super::trial::{Figures, Point, Rule, Trials};
use super::ways::{Enrolled, Enrolment, Probe};
use crate::domain::gallery::{GalleryError, TEMPLATES_PER_ELDER_MAX};
use crate::domain::pool::POOL_FRAMES_MAX;
use crate::domain::template::Template;
use crate::error::{Exit, Sysexit};
use crate::vision::{Analyser, VisionError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Shares of strangers accepted at which people found are reported.
pub const TARGETS: [f64; 3] = [0.03, 0.01, 0.001];
/// Most pairs of look-alikes that are named.
pub const LOOK_ALIKES_MAX: usize = 20;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// A folder per enrolled person: what the gallery is made of.
    pub gallery: &'a Path,
    /// Other photographs of the same people, under the same names.
    pub probes: &'a Path,
    /// A folder per person who is not in the gallery.
    pub strangers: &'a Path,
}

/// Why search could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// One of the folders cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A person is shown who is not in the gallery.
    #[error(
        "{}: {name:?} has no folder of that name in the gallery; put photographs of people who \
         are not enrolled among the strangers", path.display()
    )]
    NotEnrolled {
        /// The probes.
        path: PathBuf,
        /// The person.
        name: String,
    },
    /// A stranger bears the name of an enrolled person.
    #[error(
        "{}: {name:?} is in the gallery as well, so no stranger; take the folder away or, if \
         these are two people, rename it", path.display()
    )]
    NoStranger {
        /// The strangers.
        path: PathBuf,
        /// The person.
        name: String,
    },
    /// No face at all was found where at least one is needed.
    #[error("{}: no face found in any photograph; without one there is nothing to measure", .0.display())]
    NoFace(PathBuf),
    /// The templates do not make a gallery.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The models failed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl Sysexit for SearchError {
    fn exit(&self) -> Exit {
        match self {
            Self::Folder(FolderError::Read { .. }) => Exit::Io,
            Self::Vision(error) => error.exit(),
            _ => Exit::Data,
        }
    }
}

/// Figures at a share of strangers accepted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtTarget {
    /// Largest share of strangers accepted that was asked for.
    pub target: f64,
    /// Whether there are strangers enough (1 / target) to see that share at all. Where there are
    /// not, the threshold lies above all of them and says little.
    pub enough_strangers: bool,
    /// The threshold found, without a margin, and what it does.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of one way of searching.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayReport {
    /// What the gallery is made of.
    pub enrolment: Enrolment,
    /// What is searched for.
    pub probe: Probe,
    /// Enrolled people who are their own best match.
    pub rank_1: Share,
    /// At each of [`TARGETS`].
    pub at: Vec<AtTarget>,
    /// At the threshold and margin in use.
    pub in_use: Figures,
}

/// Curves of one way of searching.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// By threshold.
    pub curve: Vec<Point>,
    /// Scores of people against themselves.
    pub own_scores: Histogram,
    /// Best scores of strangers against the whole gallery.
    pub stranger_scores: Histogram,
}

/// Two people who resemble each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LookAlike {
    /// Names of their folders.
    pub people: [String; 2],
    /// Cosine of their closest templates.
    pub cosine: f32,
}

/// Result of [`search`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    /// The embedding model.
    pub model: String,
    /// Enrolled people.
    pub gallery: Counts,
    /// Enrolled people shown again.
    pub probes: Counts,
    /// People not enrolled.
    pub strangers: Counts,
    /// Every way of searching.
    pub ways: Vec<WayReport>,
    /// Curves of single photographs, plain cosine, several templates best-of.
    pub plain: Curves,
    /// Curves of the way in service: mean template of the photographs, best-of.
    pub service: Curves,
    /// People in the gallery who are closest to each other, at most [`LOOK_ALIKES_MAX`] pairs.
    pub look_alikes: Vec<LookAlike>,
    /// Strangers and the person of the gallery each is closest to, at most [`LOOK_ALIKES_MAX`]
    /// pairs. A high score here is often the same person under another name, or an enrolment
    /// photograph of two people.
    pub strangers_near: Vec<LookAlike>,
    /// What was skipped.
    pub problems: Problems,
}

impl SearchReport {
    /// The figures of one way.
    ///
    /// # Panics
    /// Never for a report of [`search`], which holds all of them.
    pub fn way(&self, enrolment: Enrolment, probe: Probe) -> &WayReport {
        let found = self.ways.iter().find(|w| w.enrolment == enrolment && w.probe == probe);
        found.expect("a report holds every way")
    }
}

/// Measures search in `folders` by every way, and `in_use` beside the thresholds that strangers
/// call for. `progress` is told how many photographs of how many are done.
///
/// # Errors
/// [`SearchError`]; photographs that cannot be read are skipped and reported.
pub fn search(
    analyser: &mut Analyser,
    folders: Folders<'_>,
    in_use: Rule,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<SearchReport, SearchError> {
    let mut problems = Problems::default();
    let mut people = |path| -> Result<_, FolderError> {
        Folder::read(path, &mut problems)?.people(&mut problems)
    };
    let (gallery, probes, strangers) =
        (people(folders.gallery)?, people(folders.probes)?, people(folders.strangers)?);
    let numbers: BTreeMap<String, usize> =
        gallery.iter().enumerate().map(|(n, person)| (person.name.clone(), n)).collect();
    if let Some(person) = probes.iter().find(|p| !numbers.contains_key(&p.name)) {
        return Err(SearchError::NotEnrolled {
            path: folders.probes.into(),
            name: person.name.clone(),
        });
    }
    if let Some(person) = strangers.iter().find(|p| numbers.contains_key(&p.name)) {
        return Err(SearchError::NoStranger {
            path: folders.strangers.into(),
            name: person.name.clone(),
        });
    }
    let all = [&gallery, &probes, &strangers];
    let all = all.iter().flat_map(|groups| groups.iter()).map(|group| group.photos.len()).sum();
    let mut reader = Reader { analyser, problems, progress, done: 0, all };
    let (gallery, of_gallery) = reader.read(gallery, TEMPLATES_PER_ELDER_MAX, faces::template)?;
    let (probes, of_probes) = reader.read(probes, POOL_FRAMES_MAX, faces::template)?;
    let (strangers, of_strangers) = reader.read(strangers, POOL_FRAMES_MAX, faces::template)?;
    for (counts, path) in [
        (of_gallery, folders.gallery),
        (of_probes, folders.probes),
        (of_strangers, folders.strangers),
    ] {
        if counts.photos == counts.without_face {
            return Err(SearchError::NoFace(path.into()));
        }
    }
    let measured = Measured { gallery, probes, strangers, numbers };
    let model = reader.analyser.model();
    let (mut ways, mut curves) = (vec![], BTreeMap::new());
    let (mut look_alikes, mut strangers_near) = (vec![], vec![]);
    for enrolment in Enrolment::ALL {
        let enrolled = Enrolled::new(model, &measured.gallery, enrolment)?;
        for probe in Probe::ALL {
            let trials = measured.trials(&enrolled, probe);
            ways.push(way_report(enrolment, probe, &trials, in_use));
            if enrolment == Enrolment::BestOf {
                curves.insert(probe as u8, curves_of(&trials));
            }
        }
        if enrolment == Enrolment::BestOf {
            look_alikes = measured.look_alikes(&enrolled);
            strangers_near = measured.strangers_near(&enrolled);
        }
    }
    let mut taken = |probe: Probe| curves.remove(&(probe as u8)).expect("made for every probe");
    Ok(SearchReport {
        model: format!("{model:?}"),
        gallery: of_gallery,
        probes: of_probes,
        strangers: of_strangers,
        ways,
        plain: taken(Probe::Single),
        service: taken(Probe::MeanTemplate),
        look_alikes,
        strangers_near,
        problems: reader.problems,
    })
}

struct Measured {
    gallery: Vec<Shown<Template>>,
    probes: Vec<Shown<Template>>,
    strangers: Vec<Shown<Template>>,
    numbers: BTreeMap<String, usize>,
}

impl Measured {
    fn trials(&self, enrolled: &Enrolled, probe: Probe) -> Trials {
        let probes: Vec<_> = self.probes.iter().map(|p| (self.numbers[&p.name], p)).collect();
        enrolled.trials(&probes, &self.strangers, probe)
    }

    fn look_alikes(&self, enrolled: &Enrolled) -> Vec<LookAlike> {
        named(enrolled.look_alikes(), &self.gallery, &self.gallery)
    }

    fn strangers_near(&self, enrolled: &Enrolled) -> Vec<LookAlike> {
        named(enrolled.nearest(&self.strangers), &self.strangers, &self.gallery)
    }
}

fn named(
    pairs: Vec<(usize, usize, f32)>,
    left: &[Shown<Template>],
    right: &[Shown<Template>],
) -> Vec<LookAlike> {
    let named = |(a, b, cosine): (usize, usize, f32)| LookAlike {
        people: [left[a].name.clone(), right[b].name.clone()],
        cosine,
    };
    pairs.into_iter().take(LOOK_ALIKES_MAX).map(named).collect()
}

fn way_report(enrolment: Enrolment, probe: Probe, trials: &Trials, in_use: Rule) -> WayReport {
    let at = TARGETS.map(|target| {
        let rule = Rule { accept: trials.threshold_at(target), margin: 0.0 };
        AtTarget {
            target,
            enough_strangers: trials.strangers.len() as f64 * target >= 1.0 - 1e-9,
            figures: trials.under(rule),
        }
    });
    WayReport {
        enrolment,
        probe,
        rank_1: trials.rank_1(),
        at: at.to_vec(),
        in_use: trials.under(in_use),
    }
}

fn curves_of(trials: &Trials) -> Curves {
    Curves {
        curve: trials.curve(),
        own_scores: Histogram::of_cosines(trials.known.iter().filter_map(|k| k.own)),
        stranger_scores: Histogram::of_cosines(trials.strangers.iter().map(|hit| hit.score)),
    }
}

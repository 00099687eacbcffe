//! Makes a gallery: embeds photographs, checks them against each other, stores, swaps.
//!
//! 1. Photographs become templates and are dropped. Where the models fail, there is no new gallery.
//! 2. The store replaces the gallery whole or not at all.
//! 3. A roster by hand does not undo what the city has said of deaths and moves.
//! 4. An elder whose line or photograph is bad is not lost: the line keeps what the gallery already
//!    holds, the photograph leaves the elder to staff and card.

use super::calibrate::calibrated;
use super::roster::{self, BadLine, Line, RosterError};
use crate::domain::calibration::{ACCEPT_MIN, SAME_FACE_COSINE_MIN, Target};
use crate::domain::elder::{ElderId, Notice};
use crate::domain::entry::{GalleryChange, Stamp};
use crate::domain::gallery::Gallery;
use crate::domain::template::{ModelId, Template};
use crate::error::{Exit, Sysexit};
use crate::frame::decode;
use crate::store::{Enrolled, GalleryError as StoredGalleryError, Store};
use crate::vision::{Analyser, EnrolError};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// The new gallery.
    pub change: GalleryChange,
    /// Lines that were not taken, or not whole, in the order of the file.
    pub bad: Vec<BadLine>,
    /// Elders whose bad line left them as they were.
    pub kept: usize,
    /// Elders whose faces are nearly the same, closest first, at most [`TWICE_NAMED_MAX`]: the same
    /// person may be registered twice.
    pub twice: Vec<(ElderId, ElderId)>,
}

/// What the cards of an elder say.
type Cards = (ElderId, Vec<String>);

/// Most pairs of elders that are named as possibly one person.
pub const TWICE_NAMED_MAX: usize = 50;

/// Why there is no new gallery; the old one serves on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The roster is no roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The folder of photographs is not there.
    #[error("photographs: {0} is not a folder; give it with --photos DIR")]
    NoFolder(String),
    /// Not one line was good.
    #[error("no line of the roster is usable; the gallery stays as it was")]
    NothingGood(Vec<BadLine>),
    /// The models failed.
    #[error(transparent)]
    Models(EnrolError),
    /// The store refused it.
    #[error(transparent)]
    Gallery(#[from] StoredGalleryError),
}

impl Sysexit for ImportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Models(error) => error.exit(),
            Self::Gallery(error) => error.exit(),
            Self::Roster(RosterError::Read { .. }) | Self::NoFolder(_) => Exit::Io,
            Self::Roster(_) | Self::NothingGood(_) => Exit::Data,
        }
    }

    fn whom(&self) -> Option<&str> {
        match self {
            Self::Gallery(error) => error.whom(),
            _ => None,
        }
    }
}

/// Imports the roster at `csv` with photographs from `photos`. `progress` is told how many of how
/// many lines are done.
///
/// # Errors
/// [`ImportError`]; the gallery is then what it was.
pub fn import(
    store: &mut Store,
    analyser: &mut Analyser,
    stamp: Stamp,
    csv: &Path,
    photos: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Imported, ImportError> {
    let (mut lines, mut bad) = read(csv, photos)?;
    if lines.is_empty() {
        return Err(ImportError::NothingGood(bad));
    }
    keep_notices(store, &mut lines)?;
    let cards: Vec<Cards> =
        lines.iter().filter_map(|l| Some((l.elder.id.clone(), l.cards.clone()?))).collect();
    let mut enrolled = vec![];
    let total = lines.len();
    for (done, line) in lines.into_iter().enumerate() {
        progress(done, total);
        enrolled.push(enrol(analyser, line, photos, &mut bad)?);
    }
    progress(total, total);
    let kept = keep(store, analyser.model(), &bad, &mut enrolled)?;
    bad.sort_by_key(|b| b.number);
    replace(store, analyser, stamp, (enrolled, cards), bad, kept)
}

/// A roster has no column for deaths and moves, which come from the city: what was said of an elder
/// stays said.
fn keep_notices(store: &Store, lines: &mut [Line]) -> Result<(), StoredGalleryError> {
    let held = store.elders()?.into_iter().map(|elder| (elder.id, elder.notices));
    let mut held: HashMap<ElderId, Vec<Notice>> = held.collect();
    for line in lines {
        line.elder.notices = held.remove(&line.elder.id).unwrap_or_default();
    }
    Ok(())
}

/// Makes the templates of the elders in the gallery anew, by the model that `analyser` now has,
/// from the photographs that the roster names for them. Identities stay as they are; elders
/// without a usable photograph are left to staff and card. Lines about others are passed over.
///
/// # Errors
/// [`ImportError`]; the gallery is then what it was.
pub fn rebuild(
    store: &mut Store,
    analyser: &mut Analyser,
    stamp: Stamp,
    csv: &Path,
    photos: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Imported, ImportError> {
    let (lines, mut bad) = read(csv, photos)?;
    let mut lines: HashMap<ElderId, Line> =
        lines.into_iter().map(|line| (line.elder.id.clone(), line)).collect();
    let held = store.load_gallery()?;
    let (total, mut kept) = (held.len(), 0);
    let mut enrolled = vec![];
    for (done, Enrolled { elder, templates }) in held.into_iter().enumerate() {
        progress(done, total);
        kept += usize::from(!templates.is_empty() && !lines.contains_key(&elder.id));
        enrolled.push(match lines.remove(&elder.id) {
            Some(line) => enrol(analyser, Line { elder, ..line }, photos, &mut bad)?,
            None => Enrolled { templates: of_model(templates, analyser.model()), elder },
        });
    }
    progress(total, total);
    bad.sort_by_key(|b| b.number);
    replace(store, analyser, stamp, (enrolled, Vec::new()), bad, kept)
}

/// The roster's good and bad lines, once it is sure that there are photographs to look for.
fn read(csv: &Path, photos: &Path) -> Result<(Vec<Line>, Vec<BadLine>), ImportError> {
    match photos.is_dir() {
        true => Ok(roster::read(csv)?),
        false => Err(ImportError::NoFolder(photos.display().to_string())),
    }
}

fn replace(
    store: &mut Store,
    analyser: &Analyser,
    stamp: Stamp,
    (enrolled, cards): (Vec<Enrolled>, Vec<Cards>),
    bad: Vec<BadLine>,
    kept: usize,
) -> Result<Imported, ImportError> {
    let model = analyser.model();
    let change = store.replace_gallery_and_cards(stamp, model, &enrolled, &cards)?.change;
    let rows = enrolled.iter().map(|e| (&e.elder.id, e.templates.as_slice()));
    let gallery = Gallery::new(model, rows).expect("the store has checked the models");
    let twice = registered_twice(gallery);
    Ok(Imported { change, bad, kept, twice })
}

/// Pairs of elders who look like one person to the camera.
fn registered_twice(gallery: Gallery) -> Vec<(ElderId, ElderId)> {
    let gallery = calibrated(gallery, Target::default(), ACCEPT_MIN, &mut |_, _| {});
    let calibration = gallery.calibration().expect("it was calibrated");
    let mut pairs: Vec<_> =
        calibration.pairs().iter().filter(|pair| pair.score >= SAME_FACE_COSINE_MIN).collect();
    pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
    let id = |elder| gallery.elder(elder).clone();
    pairs.into_iter().take(TWICE_NAMED_MAX).map(|p| (id(p.first), id(p.second))).collect()
}

/// Templates of another model are of no use any more.
fn of_model(mut templates: Vec<Template>, model: ModelId) -> Vec<Template> {
    templates.retain(|template| template.model() == model);
    templates
}

/// Embeds one elder's photographs; each bad one is named.
fn enrol(
    analyser: &mut Analyser,
    line: Line,
    photos: &Path,
    bad: &mut Vec<BadLine>,
) -> Result<Enrolled, ImportError> {
    let Line { number, elder, photos: names, .. } = line;
    let mut templates = vec![];
    for name in names.iter().filter(|_| elder.consent.store_face) {
        let problem = match decode::photo_file(&photos.join(name), Duration::ZERO) {
            Err(error) => error.to_string(),
            Ok(frame) => match analyser.enrol(&frame) {
                Ok(template) => {
                    templates.push(template);
                    continue;
                }
                Err(error) if error.models_failed() => return Err(ImportError::Models(error)),
                Err(error) => error.to_string(),
            },
        };
        let problem = format!("photograph {name}: {problem}");
        bad.push(BadLine { number, elder: Some(elder.id.clone()), problem });
    }
    Ok(Enrolled { elder, templates })
}

/// Adds what the gallery holds of elders whose line is bad and who are not in the new roster.
fn keep(
    store: &Store,
    model: ModelId,
    bad: &[BadLine],
    enrolled: &mut Vec<Enrolled>,
) -> Result<usize, StoredGalleryError> {
    let taken: HashSet<&ElderId> = enrolled.iter().map(|e| &e.elder.id).collect();
    let wanted: HashSet<&ElderId> =
        bad.iter().filter_map(|b| b.elder.as_ref()).filter(|id| !taken.contains(id)).collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    let held = store.load_gallery()?.into_iter().filter(|e| wanted.contains(&e.elder.id));
    let kept: Vec<Enrolled> =
        held.map(|e| Enrolled { templates: of_model(e.templates, model), ..e }).collect();
    let count = kept.len();
    enrolled.extend(kept);
    Ok(count)
}

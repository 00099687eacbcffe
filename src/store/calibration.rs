//! The thresholds last taken from the gallery, kept for the next start.
//!
//! 1. They are given back only for the very gallery, model and settings that they were taken for;
//!    anything else, damage included, counts as not there, and they are taken anew.
//! 2. Which elders look alike is nobody's business: the row is sealed with the box key.
//!
//! It is a cache: dropping it loses half a minute of one processor at most.

use super::Store;
use super::gallery::GalleryError;
use crate::domain::calibration::{Calibration, Pair, Parts, Strangers, Target};
use crate::domain::template::ModelId;
use rusqlite::OptionalExtension as _;

/// Changes whenever the method of calibration does.
const METHOD: u8 = 1;
/// Longest row, in bytes; a gallery in which more elders look alike is calibrated at every start.
const SEALED_BYTES_MAX: usize = 1_000_000;
/// Where the row stands, for its seal.
const PLACE: (&str, &str, &str) = ("calibration", "1", "sealed");

/// What thresholds are taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The embedding model.
    pub model: ModelId,
    /// Share of strangers that may pass.
    pub target: Target,
    /// The threshold of a gallery that is too small to tell.
    pub configured: f32,
}

impl Settings {
    fn told(&self, generation: u64) -> Vec<u8> {
        let mut told = vec![METHOD];
        told.extend_from_slice(&generation.to_le_bytes());
        told.extend_from_slice(&self.model.0);
        told.extend_from_slice(&self.target.share().to_le_bytes());
        told.extend_from_slice(&self.configured.to_le_bytes());
        told
    }
}

impl Store {
    /// The thresholds that were kept for the gallery in force, where they were taken for
    /// `settings`.
    ///
    /// # Errors
    /// [`GalleryError::Sqlite`] where the file cannot be read.
    pub fn calibration(&self, settings: &Settings) -> Result<Option<Calibration>, GalleryError> {
        let Some(gallery) = self.gallery_change()? else { return Ok(None) };
        let row: Option<(Vec<u8>, Vec<u8>)> = self
            .conn
            .query_row("SELECT told, sealed FROM calibration", [], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let sealed = row.filter(|(told, _)| *told == settings.told(gallery.generation));
        let plain = sealed.and_then(|(_, sealed)| self.vault.open_own(PLACE, &sealed).ok());
        Ok(plain.and_then(|plain| read(&plain)).and_then(Calibration::from_parts))
    }

    /// Keeps the thresholds of gallery `generation`; those of one that is not in force any more, and
    /// those of too many look-alikes, are not worth it.
    ///
    /// # Errors
    /// [`GalleryError`] where the row cannot be written.
    pub fn keep_calibration(
        &mut self,
        settings: &Settings,
        generation: u64,
        calibration: &Calibration,
    ) -> Result<(), GalleryError> {
        let plain = write(calibration.parts());
        let in_force = self.gallery_change()?.is_some_and(|g| g.generation == generation);
        if !in_force || plain.len() > SEALED_BYTES_MAX {
            return Ok(());
        }
        self.commit(|tx, vault| {
            tx.execute(
                "INSERT OR REPLACE INTO calibration VALUES (1, ?1, ?2)",
                (settings.told(generation), vault.seal_own(PLACE, &plain)?),
            )?;
            Ok(())
        })
    }
}

/// Little-endian, lists with their lengths before them.
fn write(parts: &Parts) -> Vec<u8> {
    let mut out = vec![];
    out.extend_from_slice(&(parts.elders as u32).to_le_bytes());
    out.extend_from_slice(&parts.accept.to_le_bytes());
    out.push(u8::from(parts.strangers.is_some()));
    for share in parts.strangers.iter().flat_map(|s| [s.share, s.low, s.high]) {
        out.extend_from_slice(&share.to_le_bytes());
    }
    out.extend_from_slice(&(parts.own.len() as u32).to_le_bytes());
    for (elder, accept) in &parts.own {
        out.extend_from_slice(&(*elder as u32).to_le_bytes());
        out.extend_from_slice(&accept.to_le_bytes());
    }
    out.extend_from_slice(&(parts.pairs.len() as u32).to_le_bytes());
    for pair in &parts.pairs {
        out.extend_from_slice(&(pair.first as u32).to_le_bytes());
        out.extend_from_slice(&(pair.second as u32).to_le_bytes());
        out.extend_from_slice(&pair.score.to_le_bytes());
    }
    out
}

fn read(bytes: &[u8]) -> Option<Parts> {
    let mut rest = bytes;
    let rest = &mut rest;
    let elders = number(rest)?;
    let accept = f32::from_le_bytes(take(rest)?);
    let strangers = match take::<1>(rest)? {
        [0] => None,
        _ => Some(Strangers {
            share: f64::from_le_bytes(take(rest)?),
            low: f64::from_le_bytes(take(rest)?),
            high: f64::from_le_bytes(take(rest)?),
        }),
    };
    let own = (0..number(rest)?)
        .map(|_| Some((number(rest)?, f32::from_le_bytes(take(rest)?))))
        .collect::<Option<_>>()?;
    let pairs = (0..number(rest)?)
        .map(|_| {
            let (first, second) = (number(rest)?, number(rest)?);
            Some(Pair { first, second, score: f32::from_le_bytes(take(rest)?) })
        })
        .collect::<Option<_>>()?;
    rest.is_empty().then_some(Parts { elders, accept, strangers, own, pairs })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    Some(u32::from_le_bytes(take(rest)?) as usize)
}

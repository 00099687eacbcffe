//! The configuration file as it is written, and the checks that turn it into a [`Config`].
//!
//! Each section has a file of its own, with its table as it is written and its checks.

use super::camera::CameraTable;
use super::city::CityTable;
use super::kiosk::KioskTable;
use super::meals::MealsTable;
use super::quality::QualityTable;
use super::recognition::{RecognitionTable, VisitTable};
use super::site::SiteTable;
use super::{Config, ConfigError};
use crate::record::Hash;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    site: SiteTable,
    #[serde(default)]
    paths: PathsTable,
    camera: CameraTable,
    #[serde(default)]
    meals: MealsTable,
    #[serde(default)]
    visit: VisitTable,
    #[serde(default)]
    recognition: RecognitionTable,
    #[serde(default)]
    quality: QualityTable,
    #[serde(default)]
    kiosk: KioskTable,
    #[serde(default)]
    city: CityTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PathsTable {
    state: PathBuf,
    models: PathBuf,
    rules: PathBuf,
}

impl Default for PathsTable {
    fn default() -> Self {
        PathsTable {
            state: "/var/lib/canteend".into(),
            models: "/usr/share/canteend/models".into(),
            rules: "/usr/share/canteend/rules/lcetdz-2022.toml".into(),
        }
    }
}

/// Checks values and resolves paths against the folder of `path`; `digest` is that of the file.
///
/// # Errors
/// [`ConfigError::Value`] names the key and the remedy.
pub fn check(file: File, path: &Path, digest: Hash) -> Result<Config, ConfigError> {
    let at = At { path };
    let base = path.parent().unwrap_or(Path::new(""));
    let site = at.site(file.site)?;
    let camera = at.camera(file.camera, &site, base)?;
    let kiosk = at.kiosk(file.kiosk, &site)?;
    Ok(Config {
        digest,
        site,
        state: base.join(file.paths.state),
        models: base.join(file.paths.models),
        rules: base.join(file.paths.rules),
        camera,
        hours: at.hours(file.meals)?,
        strangers: at.strangers(&file.recognition)?,
        visit: at.visit(&file.visit, &file.recognition)?,
        quality: at.quality(&file.quality)?,
        kiosk,
        city: at.city(file.city, base)?,
    })
}

/// The file that is being checked, for its errors.
pub(super) struct At<'p> {
    path: &'p Path,
}

impl At<'_> {
    pub(super) fn refuse<T>(&self, key: &'static str, problem: String) -> Result<T, ConfigError> {
        Err(ConfigError::Value { path: self.path.to_owned(), key, problem })
    }

    pub(super) fn within(
        &self,
        key: &'static str,
        v: f32,
        from: f32,
        to: f32,
    ) -> Result<f32, ConfigError> {
        match v >= from && v <= to {
            true => Ok(v),
            false => self.refuse(key, format!("{v} is out of range; use {from} to {to}")),
        }
    }
}

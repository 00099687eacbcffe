//! From what is written to what the program uses.
//!
//! 1. A [`Config`] that exists is usable: every value was checked, every path resolved.
//! 2. Nothing is silently defaulted that a site must state; every default stands, with its
//!    reason, in `config/canteend.toml`, which is compiled in and must parse.
//! 3. Unknown keys are errors: a misspelt threshold must not fall back to a default.

mod camera;
mod city;
pub mod file;
mod kiosk;
mod meals;
mod quality;
mod recognition;
pub mod rules;
pub mod site;

use crate::domain::calendar::MealHours;
use crate::domain::calibration::Target;
use crate::domain::visit::Limits;
use crate::error::{Exit, Sysexit};
use crate::record::Hash;
use crate::vision::QualityLimits;
pub use camera::Camera;
pub use city::CityLine;
pub use kiosk::{Caps, Kiosk};
pub use site::Site;
use std::path::{Path, PathBuf};

/// The shipped example, with every key and its default.
pub const EXAMPLE: &str = include_str!("../../config/canteend.toml");

/// Everything the program is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// SHA-256 of the file, by which the ledger tells that it changed.
    pub digest: Hash,
    /// The canteen.
    pub site: Site,
    /// Folder of ledger, gallery and keys.
    pub state: PathBuf,
    /// Folder of `manifest.toml`, model pack and runtime library.
    pub models: PathBuf,
    /// The rule book.
    pub rules: PathBuf,
    /// Where frames come from.
    pub camera: Camera,
    /// Meal windows.
    pub hours: MealHours,
    /// Share of strangers whose score may pass; the gallery's thresholds follow from it.
    pub strangers: Target,
    /// Times and thresholds of a visit.
    pub visit: Limits,
    /// What a good picture is.
    pub quality: QualityLimits,
    /// The page on the touchscreen.
    pub kiosk: Kiosk,
    /// The line to the city.
    pub city: CityLine,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}; give the configuration with --config FILE", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not valid TOML, or a key is unknown, missing or of the wrong type.
    #[error("{}: {source}see config/canteend.toml for every key", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, key and what was expected.
        source: Box<toml::de::Error>,
    },
    /// A value is out of its range or does not fit another.
    #[error("{}: {key}: {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key, with its table.
        key: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

impl Sysexit for ConfigError {
    fn exit(&self) -> Exit {
        Exit::Config
    }
}

impl Config {
    /// Reads and checks the file at `path`. Relative paths in it start at its folder.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the place and the remedy.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Config::parse(&text, path)
    }

    /// Checks `text` as if it stood in the file at `path`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let written: file::File = toml::from_str(text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        file::check(written, path, Hash::of(&[text.as_bytes()]))
    }
}

#[cfg(test)]
mod tests;

//! `[city]`: when and over which certificates the box talks to its city. Which city that is, it
//! learns when it is enrolled.

use super::ConfigError;
use super::file::At;
use crate::domain::night::NightWindow;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The line to the city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityLine {
    /// The city's address, for `canteend provision`.
    pub url: Option<String>,
    /// The part of the day in which the box talks to it.
    pub night: NightWindow,
    /// Certificates that are believed, and no others, where the city makes its own.
    pub roots: Option<PathBuf>,
    /// The box's own certificate, and its private key.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CityTable {
    url: Option<String>,
    night: [String; 2],
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Default for CityTable {
    fn default() -> Self {
        let night = ["22:00".to_owned(), "02:00".to_owned()];
        CityTable { url: None, night, ca: None, certificate: None, key: None }
    }
}

impl At<'_> {
    pub(super) fn city(&self, table: CityTable, base: &Path) -> Result<CityLine, ConfigError> {
        let [from, to] = &table.night;
        let (from, to) = (self.time("city.night", from)?, self.time("city.night", to)?);
        let Some(night) = NightWindow::new(from, to) else {
            let problem = "the night has no length; write [\"FROM\", \"TO\"]".to_owned();
            return self.refuse("city.night", problem);
        };
        let certificate = match (table.certificate, table.key) {
            (Some(certificate), Some(key)) => Some((base.join(certificate), base.join(key))),
            (None, None) => None,
            _ => {
                let problem = "a certificate needs its key (city.key), and a key its certificate";
                return self.refuse("city.certificate", problem.to_owned());
            }
        };
        Ok(CityLine { url: table.url, night, roots: table.ca.map(|ca| base.join(ca)), certificate })
    }
}

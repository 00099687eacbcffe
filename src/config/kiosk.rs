//! `[kiosk]`: the page on the touchscreen.

use super::ConfigError;
use super::file::At;
use super::site::Site;
use crate::kiosk::canteen::Sound;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// What the page is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Kiosk {
    /// Where it listens, on loopback; none for a test box without a screen.
    pub listen: Option<SocketAddr>,
    /// After how long without a touch an operator is signed out.
    pub idle: Duration,
    /// After how long a review that nobody settles becomes a visit without subsidy.
    pub review: Duration,
    /// How long a result stays on the screen after the elder has left, or after staff registered them.
    pub result: Duration,
    /// What is heard with a result.
    pub sound: Sound,
    /// What may be done in a day.
    pub caps: Caps,
}

/// How often, on one day, an operator may do what rests on their word alone, and cards are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Register an elder by hand, or choose one whom the camera did not name.
    pub by_hand: u32,
    /// Undo.
    pub void: u32,
    /// Enter a meal late.
    pub late: u32,
    /// Cards that are read at this box, whoever is signed in.
    pub cards: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KioskTable {
    listen: String,
    idle_min: u64,
    review_min: u64,
    result_s: u64,
    sound: SoundName,
    by_hand_max: u32,
    void_max: u32,
    late_max: u32,
    cards_max: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SoundName {
    Speech,
    Tones,
    Off,
}

impl Default for KioskTable {
    fn default() -> Self {
        KioskTable {
            listen: "127.0.0.1:8087".to_owned(),
            idle_min: 10,
            review_min: 120,
            result_s: 5,
            sound: SoundName::Speech,
            by_hand_max: 60,
            void_max: 20,
            late_max: 10,
            cards_max: 300,
        }
    }
}

impl At<'_> {
    pub(super) fn kiosk(&self, table: KioskTable, site: &Site) -> Result<Kiosk, ConfigError> {
        Ok(Kiosk {
            listen: self.listen(&table.listen, site.test_box)?,
            idle: self.span("kiosk.idle_min", table.idle_min, 1, 480)? * 60,
            review: self.span("kiosk.review_min", table.review_min, 1, 720)? * 60,
            result: self.span("kiosk.result_s", table.result_s, 1, 60)?,
            sound: match table.sound {
                SoundName::Speech => Sound::Speech,
                SoundName::Tones => Sound::Tones,
                SoundName::Off => Sound::Off,
            },
            caps: Caps {
                by_hand: table.by_hand_max,
                void: table.void_max,
                late: table.late_max,
                cards: table.cards_max,
            },
        })
    }

    fn listen(&self, text: &str, test_box: bool) -> Result<Option<SocketAddr>, ConfigError> {
        match text.parse::<SocketAddr>() {
            _ if text == "off" && test_box => Ok(None),
            _ if text == "off" => {
                let problem = "without the page nobody settles whom the camera does not know, and \
                               they are never counted; set an address, or site.test_box = true on a \
                               test box";
                self.refuse("kiosk.listen", problem.to_owned())
            }
            Ok(address) if address.ip().is_loopback() => Ok(Some(address)),
            Ok(_) => {
                let problem = format!(
                    "{text} can be reached from other machines, and the page shows names; use \
                     127.0.0.1"
                );
                self.refuse("kiosk.listen", problem)
            }
            Err(_) => {
                let problem = format!("{text:?} is no address; write 127.0.0.1:8087, or \"off\"");
                self.refuse("kiosk.listen", problem)
            }
        }
    }

    /// `units` of a second each, to be multiplied by the caller.
    fn span(
        &self,
        key: &'static str,
        units: u64,
        from: u64,
        to: u64,
    ) -> Result<Duration, ConfigError> {
        match (from..=to).contains(&units) {
            true => Ok(Duration::from_secs(units)),
            false => self.refuse(key, format!("{units} is out of range; use {from} to {to}")),
        }
    }
}

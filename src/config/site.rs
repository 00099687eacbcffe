//! The canteen itself: what it is called, where it stands, when it is closed.

use super::ConfigError;
use super::file::At;
use crate::domain::calendar::{Date, Interval};
use crate::domain::operating_award::SiteKind;
use jiff::civil::Weekday;
use serde::Deserialize;

/// Longest device id, in bytes.
pub const DEVICE_BYTES_MAX: usize = 32;
/// Longest name of a canteen or a place, in characters.
pub const PLACE_CHARS_MAX: usize = 64;
/// Most periods of the closed-day calendar.
pub const CLOSED_PERIODS_MAX: usize = 366;

/// How the canteen came to be (建设补贴, part three, section one of the plan). The box records it;
/// the one-off subsidy is the office's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Built {
    /// 社区新建型
    New,
    /// 升级改造型
    Upgraded,
    /// 企业挂牌型
    Restaurant,
}

/// Days on which the canteen does not serve (停业日). A meal on such a day is recorded all the
/// same, and stands among the exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedDays {
    weekdays: Vec<Weekday>,
    periods: Vec<Interval>,
}

impl ClosedDays {
    /// Closed on these days of every week, and in these periods.
    pub fn new(weekdays: Vec<Weekday>, periods: Vec<Interval>) -> Self {
        ClosedDays { weekdays, periods }
    }

    /// Whether the canteen is closed on `date`.
    pub fn contains(&self, date: Date) -> bool {
        self.weekdays.contains(&date.weekday()) || self.periods.iter().any(|p| p.contains(date))
    }
}

/// The canteen.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Device id (食堂编码), such as `lc-kfq-017`.
    pub device: String,
    /// Name of the canteen (食堂名称).
    pub name: String,
    /// County or city district (县(市区)).
    pub county: String,
    /// Street or park (街道/园区) that checks who is eligible.
    pub street: String,
    /// Urban or rural (城区/农村); it sets the tiers of the operating award.
    pub area: SiteKind,
    /// How it came to be.
    pub built: Built,
    /// Its first day (开业日期), from which the full year of the operating award is counted.
    pub opened: Date,
    /// When it is closed.
    pub closed: ClosedDays,
    /// A box for tests and training: replayed pictures are allowed.
    pub test_box: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub(super) device: String,
    pub(super) name: String,
    pub(super) county: String,
    pub(super) street: String,
    pub(super) area: AreaName,
    pub(super) built: Built,
    pub(super) opened: String,
    #[serde(default)]
    pub(super) closed: Vec<String>,
    #[serde(default)]
    pub(super) closed_weekdays: Vec<WeekdayName>,
    #[serde(default)]
    pub(super) test_box: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AreaName {
    Urban,
    Rural,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl WeekdayName {
    fn day(&self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}

impl At<'_> {
    pub(super) fn site(&self, site: SiteTable) -> Result<Site, ConfigError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if site.device.is_empty()
            || site.device.len() > DEVICE_BYTES_MAX
            || !site.device.bytes().all(plain)
        {
            let problem = format!(
                "{:?} is not a device id; use 1 to {DEVICE_BYTES_MAX} letters, digits and -",
                site.device
            );
            return self.refuse("site.device", problem);
        }
        if site.name.trim().is_empty() {
            return self.refuse("site.name", "the canteen needs a name".to_owned());
        }
        let named = [
            ("site.name", &site.name),
            ("site.county", &site.county),
            ("site.street", &site.street),
        ];
        for (key, name) in named {
            let chars = name.chars().count();
            if name.trim().is_empty()
                || chars > PLACE_CHARS_MAX
                || name.chars().any(char::is_control)
            {
                let problem =
                    format!("write 1 to {PLACE_CHARS_MAX} characters; reports are headed by it");
                return self.refuse(key, problem);
            }
        }
        if site.closed.len() > CLOSED_PERIODS_MAX {
            return self.refuse("site.closed", format!("at most {CLOSED_PERIODS_MAX} periods"));
        }
        let periods = site.closed.iter().map(|text| self.period("site.closed", text));
        Ok(Site {
            area: match site.area {
                AreaName::Urban => SiteKind::Urban,
                AreaName::Rural => SiteKind::Rural,
            },
            opened: self.date("site.opened", &site.opened)?,
            closed: ClosedDays::new(
                site.closed_weekdays.iter().map(WeekdayName::day).collect(),
                periods.collect::<Result<_, _>>()?,
            ),
            device: site.device,
            name: site.name,
            county: site.county,
            street: site.street,
            built: site.built,
            test_box: site.test_box,
        })
    }

    fn date(&self, key: &'static str, text: &str) -> Result<Date, ConfigError> {
        match text.parse::<Date>() {
            Ok(date) if date.to_string() == text => Ok(date),
            _ => self.refuse(key, format!("{text:?} is not a date; write YYYY-MM-DD")),
        }
    }

    fn period(&self, key: &'static str, text: &str) -> Result<Interval, ConfigError> {
        let (from, to) = text.split_once('/').unwrap_or((text, text));
        match Interval::new(self.date(key, from)?, Some(self.date(key, to)?)) {
            Some(period) => Ok(period),
            None => self.refuse(key, format!("{text:?} ends before it begins")),
        }
    }
}

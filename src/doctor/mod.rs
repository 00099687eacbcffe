//! `canteend doctor`: looks over a box and says of each part ok, warning or fault, with what to do.
//!
//! 1. It changes nothing, except for a scratch file in the state folder by which it times the disk
//!    and which it removes again.
//! 2. It works while the daemon runs, which then has the camera and answers for it, and while it
//!    does not.
//! 3. One part that cannot be looked at does not keep the others from being looked at.
//! 4. No finding names an elder or shows a picture.
//!
//! It mends nothing: every remedy is a sentence for a technician.

mod camera;
mod disk;
mod gallery;
mod keys;
mod line;
mod machine;
mod models;
mod page;

use crate::config::Config;
use crate::daemon::control::status::Status;
use crate::daemon::control::{Answer, Request, client};
use crate::error::Failure;
use crate::vision::Analyser;
use serde::Serialize;
use std::path::Path;

/// What was found of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The part.
    pub check: Check,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// How a part is; later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Service goes on; somebody should look within days.
    Warning,
    /// The box does not serve as it should.
    Fault,
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// A part of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// The configuration file and the rule book.
    Configuration,
    /// The daemon, and the troubles that it tells of.
    Service,
    /// Whether pictures come, and how fast.
    Camera,
    /// How light they are.
    Light,
    /// The face of whoever stands at the marked spot: size, light, sharpness.
    Face,
    /// Hashes of the model files, and ONNX Runtime.
    Models,
    /// How long the models take here.
    Speed,
    /// The wall clock.
    Clock,
    /// Space, and the time of a durable write.
    Disk,
    /// How worn the disk says it is.
    Wear,
    /// Memory to spare.
    Memory,
    /// Whether there is a way out.
    Network,
    /// Whether the box is enrolled and the city can be reached.
    City,
    /// The box key and the device key.
    Keys,
    /// Who may read and write what.
    Permissions,
    /// How many are enrolled, and how old their eligibility data is.
    Gallery,
    /// Whether the touchscreen's page is served.
    Page,
}

impl Check {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Service => "service",
            Self::Camera => "camera",
            Self::Light => "light",
            Self::Face => "face",
            Self::Models => "models",
            Self::Speed => "speed",
            Self::Clock => "clock",
            Self::Disk => "disk",
            Self::Wear => "wear",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::City => "city",
            Self::Keys => "keys",
            Self::Permissions => "permissions",
            Self::Gallery => "gallery",
            Self::Page => "page",
        }
    }

    /// A part as it should be.
    fn ok(self, seen: impl ToString) -> Finding {
        Finding { check: self, verdict: Verdict::Ok, seen: seen.to_string(), remedy: None }
    }

    /// A part that somebody should look at.
    fn warning(self, seen: impl ToString, remedy: impl ToString) -> Finding {
        self.at(Verdict::Warning, seen, remedy)
    }

    /// A part that does not do its work.
    fn fault(self, seen: impl ToString, remedy: impl ToString) -> Finding {
        self.at(Verdict::Fault, seen, remedy)
    }

    fn at(self, verdict: Verdict, seen: impl ToString, remedy: impl ToString) -> Finding {
        let remedy = Some(remedy.to_string());
        Finding { check: self, verdict, seen: seen.to_string(), remedy }
    }

    /// An error of this program says what failed and, after a semicolon, what to do.
    fn failed(self, error: impl ToString) -> Finding {
        let text = error.to_string();
        match text.split_once("; ") {
            Some((seen, remedy)) => self.fault(seen, remedy),
            None => Finding { check: self, verdict: Verdict::Fault, seen: text, remedy: None },
        }
    }
}

/// Looks over the box whose configuration is at `path`.
pub fn examine(path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let config = match keys::configuration(path) {
        Ok((config, finding)) => {
            found.push(finding);
            Some(config)
        }
        Err(finding) => {
            found.push(finding);
            None
        }
    };
    if let Some(config) = &config {
        examine_configured(config, &mut found);
    }
    found.push(machine::memory());
    found.push(line::network());
    found
}

fn examine_configured(config: &Config, found: &mut Vec<Finding>) {
    let (status, service) = service(config);
    found.extend(service);
    let mut analyser = Analyser::open(&config.models, config.quality);
    found.extend(match &status {
        Some(status) => vec![camera::served(status)],
        None => camera::tried(config, analyser.as_mut().ok()),
    });
    found.extend(models::look(analyser, config));
    found.push(machine::clock(config, status.as_ref()));
    found.extend(disk::look(&config.state));
    found.push(line::city(&config.state));
    found.push(keys::keys(&config.state));
    found.push(keys::permissions(config));
    found.push(gallery::look(config, status.as_ref()));
    found.push(page::look(config.kiosk.listen, status.is_some()));
}

/// What the daemon says, where one runs, and the findings of it.
fn service(config: &Config) -> (Option<Status>, Vec<Finding>) {
    let check = Check::Service;
    match client::ask(&config.state, &Request::Status) {
        Ok(Some(Answer::Status(status))) => {
            let findings = told(&status);
            (Some(*status), findings)
        }
        Ok(Some(_)) => {
            let remedy = "restart the service after an upgrade: systemctl restart canteend";
            (None, vec![check.fault("the daemon answers something else than its status", remedy)])
        }
        Ok(None) => {
            (None, vec![check.warning("no daemon runs", "start it: systemctl start canteend")])
        }
        Err(error) => (None, vec![unanswered(&error)]),
    }
}

fn unanswered(error: &Failure) -> Finding {
    Check::Service.fault(error, "run this as the service's user: sudo -u canteend canteend doctor")
}

/// A finding for each trouble that holds.
fn told(status: &Status) -> Vec<Finding> {
    if status.troubles.is_empty() {
        let seen = format!("canteend {} serves, {} entries", status.version, status.ledger.entries);
        return vec![Check::Service.ok(seen)];
    }
    let finding = |trouble: &crate::daemon::control::status::TroubleStatus| {
        let verdict = if trouble.fault { Verdict::Fault } else { Verdict::Warning };
        let seen = format!("{} since {}: {}", trouble.code, trouble.since, trouble.problem);
        Check::Service.at(verdict, seen, &trouble.remedy)
    };
    status.troubles.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_parted_into_what_was_seen_and_what_to_do() {
        let found = Check::Models.failed("a.onnx: sha256 is 1; run `make models`; twice");
        assert_eq!(found.seen, "a.onnx: sha256 is 1");
        assert_eq!(found.remedy.as_deref(), Some("run `make models`; twice"));
        assert_eq!(Check::Models.failed("no reason").remedy, None);
    }

    #[test]
    fn a_fault_is_worse_than_a_warning() {
        assert!(Verdict::Ok < Verdict::Warning && Verdict::Warning < Verdict::Fault);
    }
}

//! `canteend accept`: the site acceptance, tried out on the spot, as a report that can be signed.
//!
//! 1. Nothing of it touches the box's own ledger and gallery: meals are written to a scratch ledger
//!    in a folder of its own on the same disk, and the person who stands at the mark is enrolled in
//!    memory only.
//! 2. The report holds figures and codes: no picture, template or name.
//! 3. What could not be tried is said to be skipped, and a report with skipped steps has not passed.
//!
//! It does not measure accuracy: one person at the mark says nothing about hundreds of elders
//! (`canteend evaluate`).

pub mod page;
mod person;
pub mod plug;

pub use person::Ask;

use crate::config::Config;
use crate::daemon::control::{Request, client};
use crate::daemon::parts;
use crate::doctor::{self, Finding, Verdict};
use crate::error::{Exit, Failure};
use crate::record::at_text;
use serde::Serialize;
use std::path::Path;

/// Name of the report's format.
pub const FORMAT: &str = "canteend-acceptance-v1";
/// Type of the signed report's payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.canteend.acceptance+json";

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Somebody stands at the mark and is enrolled, in memory.
    Enrol,
    /// The same person is recognised and the meal written.
    CheckIn,
    /// A picture of that person is held up.
    PrintAttack,
    /// The process that writes is killed at many moments.
    PullThePlug,
}

impl Step {
    /// What it is called on the page, Chinese and English.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Enrol => ("站位取样", "at the mark"),
            Self::CheckIn => ("刷脸签到时延", "time of a check-in"),
            Self::PrintAttack => ("照片冒用", "a picture held up"),
            Self::PullThePlug => ("断电写账", "killed while writing"),
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Passed,
    /// It did not hold.
    Failed,
    /// It was not tried.
    Skipped,
}

/// One step of the acceptance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// Which.
    pub step: Step,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen.
    pub seen: String,
}

impl Tried {
    fn new(step: Step, passed: bool, seen: impl ToString) -> Self {
        let outcome = if passed { Outcome::Passed } else { Outcome::Failed };
        Tried { step, outcome, seen: seen.to_string() }
    }

    fn skipped(step: Step, why: impl ToString) -> Self {
        Tried { step, outcome: Outcome::Skipped, seen: why.to_string() }
    }
}

/// The whole acceptance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Device id.
    pub device: String,
    /// Name of the canteen.
    pub canteen: String,
    /// The program's version.
    pub version: &'static str,
    /// When (UTC+8).
    pub at: String,
    /// Whether every step passed and nothing is at fault.
    pub passed: bool,
    /// What was tried.
    pub steps: Vec<Tried>,
    /// What `canteend doctor` found.
    pub findings: Vec<Finding>,
}

/// Goes through the acceptance. `ask` tells the technician what to do next and returns when it is
/// done; without it, steps that need a person are skipped.
///
/// # Errors
/// Where the box cannot be tried at all: the service runs, or the camera or the models fail.
pub fn run(config: &Config, path: &Path, ask: Option<&mut Ask<'_>>) -> Result<Report, Failure> {
    if client::ask(&config.state, &Request::Status)?.is_some() {
        let text = "the service has the camera; stop it first: systemctl stop canteend";
        return Err(Failure::new(Exit::Unavailable, text));
    }
    let mut findings = doctor::examine(path);
    // The service was stopped for this.
    findings.retain(|found| found.check != doctor::Check::Service);
    let mut steps = person::steps(config, ask)?;
    steps.push(plug::step(&config.state)?);
    let fault = findings.iter().any(|found| found.verdict == Verdict::Fault);
    Ok(Report {
        format: FORMAT,
        device: config.site.device.clone(),
        canteen: config.site.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        at: at_text(parts::clock(config).now()),
        passed: !fault && steps.iter().all(|tried| tried.outcome == Outcome::Passed),
        steps,
        findings,
    })
}

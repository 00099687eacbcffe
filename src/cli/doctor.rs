//! `canteend doctor`

use super::{ConfigFile, say, say_json};
use crate::doctor::{self, Finding, Verdict};
use crate::error::{Exit, Failure};
use clap::Args;
use serde::Serialize;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    verdict: Verdict,
    findings: &'a [Finding],
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let findings = doctor::examine(&options.config.config);
    let verdict = findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Ok);
    if options.json {
        say_json(&Answer { verdict, findings: &findings })?;
    } else {
        findings.iter().try_for_each(print)?;
    }
    let faults = findings.iter().filter(|f| f.verdict == Verdict::Fault).count();
    let text = match faults {
        0 => return Ok(()),
        1 => "1 fault; its remedy stands above".to_owned(),
        _ => format!("{faults} faults; the remedies stand above"),
    };
    Err(Failure::new(Exit::Unavailable, text))
}

/// A line of what was seen, and one of what to do.
pub(super) fn print(finding: &Finding) -> Result<(), Failure> {
    let (verdict, check) = (finding.verdict.word(), finding.check.word());
    say(format_args!("{verdict:<8} {check:<14} {}", finding.seen))?;
    match &finding.remedy {
        Some(remedy) => say(format_args!("{:<8} {:<14} → {remedy}", "", "")),
        None => Ok(()),
    }
}

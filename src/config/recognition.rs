//! `[visit]` and `[recognition]`: how long a visit takes and what is believed of a face.

use super::ConfigError;
use super::file::At;
use crate::domain::calibration::Target;
use crate::domain::decision::Thresholds;
use crate::domain::visit::Limits;
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VisitTable {
    dwell_ms: u64,
    patience_ms: u64,
    gone_after_ms: u64,
    same_visit_s: u64,
}

impl Default for VisitTable {
    fn default() -> Self {
        VisitTable { dwell_ms: 1000, patience_ms: 4000, gone_after_ms: 1500, same_visit_s: 600 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RecognitionTable {
    strangers: f64,
    accept: f32,
    candidate: f32,
    margin: f32,
    liveness: f32,
    frames: u32,
}

impl Default for RecognitionTable {
    fn default() -> Self {
        RecognitionTable {
            strangers: 0.001,
            accept: 0.66,
            candidate: 0.4,
            margin: 0.1,
            liveness: 0.3,
            frames: 4,
        }
    }
}

impl At<'_> {
    pub(super) fn strangers(&self, written: &RecognitionTable) -> Result<Target, ConfigError> {
        let share = written.strangers;
        let (min, max) = (Target::MIN, Target::MAX);
        Target::new(share).ok_or(()).or_else(|()| {
            let problem = format!("{share} is out of range; use {min} to {max}");
            self.refuse("recognition.strangers", problem)
        })
    }

    pub(super) fn visit(
        &self,
        visit: &VisitTable,
        r: &RecognitionTable,
    ) -> Result<Limits, ConfigError> {
        let within = |key, value, from, to| self.within(key, value, from, to);
        let millis = |key, value: u64, from: u64, to: u64| match value {
            v if (from..=to).contains(&v) => Ok(Duration::from_millis(v)),
            v => self.refuse(key, format!("{v} is out of range; use {from} to {to}")),
        };
        // Below 0.3 more than one stranger in ten would pass as somebody; above 0.95 nobody passes.
        let accept = within("recognition.accept", r.accept, 0.3, 0.95)?;
        let candidate = within("recognition.candidate", r.candidate, 0.1, 0.95)?;
        if candidate > accept {
            let problem = format!("{candidate} must not be above recognition.accept ({accept})");
            return self.refuse("recognition.candidate", problem);
        }
        let frames = within("recognition.frames", r.frames as f32, 1.0, 20.0)? as u32;
        let dwell = millis("visit.dwell_ms", visit.dwell_ms, 200, 10_000)?;
        let patience = millis("visit.patience_ms", visit.patience_ms, 1000, 60_000)?;
        if patience < dwell {
            return self.refuse("visit.patience_ms", "must not be below visit.dwell_ms".to_owned());
        }
        Ok(Limits {
            thresholds: Thresholds {
                accept,
                candidate,
                margin: within("recognition.margin", r.margin, 0.0, 0.5)?,
                liveness: within("recognition.liveness", r.liveness, 0.0, 1.0)?,
                frames,
            },
            dwell,
            patience,
            gone_after: millis("visit.gone_after_ms", visit.gone_after_ms, 200, 10_000)?,
            same_visit: millis("visit.same_visit_s", visit.same_visit_s, 10, 7200)? * 1000,
        })
    }
}

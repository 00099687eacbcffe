//! One person at the counter: sightings in, actions out.
//!
//! 1. Walking past is not a visit. A visit needs a face at the spot (near enough) and facing the
//!    camera for [`Limits::dwell`].
//! 2. One track is settled at most once. Whoever is seen again within [`Limits::same_visit`] is
//!    on the same visit.
//! 3. Evidence of two people is never pooled: while two stand side by side nothing is pooled, and
//!    a face that changes on one track begins anew.
//! 4. Everybody is settled within [`Limits::patience`], if need be by asking staff.
//!
//! It does not know what a meal is worth, and it does not track faces between frames; sightings
//! arrive with their track.

use super::decision::{Decision, Pooled, Thresholds, decide};
use super::elder::ElderId;
use super::evidence::{Flaw, Sighting, TrackId, Tracked};
use super::gallery::Gallery;
use super::pool::{Added, Pool};
use super::template::Template;
use std::collections::VecDeque;
use std::time::Duration;

/// Most people remembered for invariant 2; far more than pass a counter in ten minutes.
pub const RECENT_MAX: usize = 256;
/// Pooled templates of the same face on the same day and camera stay above this cosine.
const SAME_FACE_COSINE_MIN: f32 = 0.8;
/// A second face with this share of the first one's eye distance stands beside, not behind.
const BESIDE_SHARE_MIN: f32 = 0.75;

/// Times and thresholds of a visit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// What the camera needs to decide alone.
    pub thresholds: Thresholds,
    /// How long an elder faces the camera before it is a visit.
    pub dwell: Duration,
    /// How long the camera tries before it asks staff.
    pub patience: Duration,
    /// How long a face may be out of sight without having left.
    pub gone_after: Duration,
    /// Seen again within this time, it is the same visit.
    pub same_visit: Duration,
}

/// One short instruction or state for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Nobody is at the counter.
    Welcome,
    /// What to mend about the picture.
    Mend(Flaw),
    /// Being recognised; hold on.
    Wait,
    /// Two people stand side by side.
    OneAtATime,
}

/// How a visit was settled. Elders are indices into the gallery.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// For the first time.
    First {
        /// What was decided.
        decision: Decision,
        /// On which evidence.
        pooled: Pooled,
    },
    /// Seen before, a short time ago; nothing is recorded again.
    Again {
        /// Who, where the camera knows.
        elder: Option<usize>,
    },
}

/// What the daemon has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Show this.
    Show(Prompt),
    /// Record and show the outcome.
    Settle(Settled),
}

struct Subject {
    track: TrackId,
    facing_since: Option<Duration>,
    seen: Duration,
    pool: Pool,
    settled: bool,
}

impl Subject {
    fn new(track: TrackId, at: Duration) -> Self {
        Subject { track, facing_since: None, seen: at, pool: Pool::default(), settled: false }
    }
}

struct Recent {
    elder: Option<ElderId>,
    template: Option<Template>,
    seen: Duration,
}

/// The state machine of one counter.
pub struct Counter {
    limits: Limits,
    subject: Option<Subject>,
    recent: VecDeque<Recent>,
    shown: Prompt,
}

impl Counter {
    /// A counter with nobody at it.
    pub fn new(limits: Limits) -> Self {
        Counter { limits, subject: None, recent: VecDeque::new(), shown: Prompt::Welcome }
    }

    /// Whether nobody is attended to.
    pub fn idle(&self) -> bool {
        self.subject.is_none()
    }

    /// Drops what was gathered so far, because indices into an old gallery mean nothing in a new
    /// one. Who was settled stays settled.
    pub fn gallery_replaced(&mut self) {
        if let Some(subject) = self.subject.as_mut().filter(|s| !s.settled) {
            subject.pool = Pool::default();
        }
    }

    /// Takes the faces of one frame, seen at `at` on a clock that never jumps.
    pub fn step(&mut self, at: Duration, faces: &[Tracked], gallery: &Gallery) -> Vec<Action> {
        let mut actions = vec![];
        self.recent.retain(|r| at.saturating_sub(r.seen) < self.limits.same_visit);
        self.let_go(at);
        let Some(face) = self.choose(faces) else {
            let prompt = match (&self.subject, faces) {
                (Some(_), _) => self.shown,
                (None, []) => Prompt::Welcome,
                (None, _) => Prompt::Mend(Flaw::TooFar),
            };
            self.show(prompt, &mut actions);
            return actions;
        };
        if self.subject.as_ref().is_none_or(|s| s.track != face.track) {
            self.subject = Some(Subject::new(face.track, at));
        }
        let beside = stands_beside(face, faces);
        let subject = self.subject.as_mut().expect("set above");
        subject.seen = at;
        if subject.settled {
            if let Some(recent) = self.recent.back_mut() {
                recent.stays(at);
            }
            if !subject.watch(&face.sighting, gallery) {
                return actions;
            }
            *subject = Subject::new(face.track, at);
        }
        if beside {
            self.show(Prompt::OneAtATime, &mut actions);
            return actions;
        }
        let flaw = face.sighting.flaw;
        if matches!(flaw, Some(Flaw::TurnedAway | Flaw::CutOff)) {
            self.show(flaw.map_or(Prompt::Wait, Prompt::Mend), &mut actions);
            return actions;
        }
        subject.facing_since.get_or_insert(at);
        if subject.watch(&face.sighting, gallery) {
            *subject = Subject::new(face.track, at);
            subject.facing_since = Some(at);
        }
        self.show(flaw.map_or(Prompt::Wait, Prompt::Mend), &mut actions);
        self.settle(at, gallery, &mut actions);
        actions
    }

    /// Forgets a subject that has been out of sight for too long.
    fn let_go(&mut self, at: Duration) {
        let gone = |s: &Subject| at.saturating_sub(s.seen) > self.limits.gone_after;
        if self.subject.as_ref().is_some_and(gone) {
            self.subject = None;
        }
    }

    /// The face to attend to: the one already attended to, unless that visit is settled and
    /// somebody else has come nearer; else the nearest. Faces that are too far are not at the spot.
    fn choose<'f>(&self, faces: &'f [Tracked]) -> Option<&'f Tracked> {
        let mut at_spot: Vec<&Tracked> =
            faces.iter().filter(|f| f.sighting.flaw != Some(Flaw::TooFar)).collect();
        at_spot.sort_by(|a, b| eyes(b).total_cmp(&eyes(a)));
        let nearest = *at_spot.first()?;
        let own = self.subject.as_ref().and_then(|s| {
            at_spot
                .iter()
                .find(|f| f.track == s.track)
                .filter(|f| !s.settled || eyes(f) >= eyes(nearest) * BESIDE_SHARE_MIN)
        });
        Some(own.copied().unwrap_or(nearest))
    }

    fn show(&mut self, prompt: Prompt, actions: &mut Vec<Action>) {
        if self.shown != prompt {
            self.shown = prompt;
            actions.push(Action::Show(prompt));
        }
    }

    /// Settles the subject where it has stood long enough and the evidence or the patience is at
    /// its end.
    fn settle(&mut self, at: Duration, gallery: &Gallery, actions: &mut Vec<Action>) {
        let Some(subject) = self.subject.as_mut() else { return };
        let Some(since) = subject.facing_since else { return };
        let stood = at.saturating_sub(since);
        if stood < self.limits.dwell {
            return;
        }
        let pooled = subject.pool.pooled(gallery);
        let decision = decide(&pooled, &self.limits.thresholds, gallery.calibration());
        if !matches!(decision, Decision::Accept { .. }) && stood < self.limits.patience {
            return;
        }
        subject.settled = true;
        let elder = match decision {
            Decision::Accept { elder } => Some(elder),
            Decision::Review { .. } | Decision::Unknown { .. } => None,
        };
        let id = elder.map(|e| gallery.elder(e));
        let template = subject.pool.template();
        let again = self.recent.iter().position(|r| r.is(id, template));
        let recent = match again.and_then(|i| self.recent.remove(i)) {
            Some(mut known) => {
                actions.push(Action::Settle(Settled::Again { elder }));
                known.stays(at);
                known
            }
            None => {
                actions.push(Action::Settle(Settled::First { decision, pooled }));
                Recent { elder: id.cloned(), template: template.cloned(), seen: at }
            }
        };
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(recent);
    }
}

impl Subject {
    /// Pools a frame without flaw; true where another person has taken the subject's place.
    fn watch(&mut self, sighting: &Sighting, gallery: &Gallery) -> bool {
        match &sighting.template {
            Some(template) if sighting.flaw.is_none() => {
                self.pool.add(sighting, template, gallery) == Added::Replaced
            }
            _ => false,
        }
    }
}

impl Recent {
    /// Whether this is the one seen now: the same elder, or where either is unknown, the same face.
    /// Who shows no usable face is taken for the one before who showed none: a face that stays dark or
    /// covered must not be a new diner each time that it looks away.
    fn is(&self, elder: Option<&ElderId>, template: Option<&Template>) -> bool {
        if let (Some(known), Some(now)) = (&self.elder, elder) {
            return known == now;
        }
        match (&self.template, template) {
            (Some(a), Some(b)) => a.cosine(b).is_some_and(|cosine| cosine >= SAME_FACE_COSINE_MIN),
            (None, None) => true,
            _ => false,
        }
    }

    /// Is still there, or there again. Somebody without a usable face may be another one every time,
    /// so that one who came first holds nobody up for longer than a visit.
    fn stays(&mut self, at: Duration) {
        if self.template.is_some() {
            self.seen = at;
        }
    }
}

fn eyes(face: &Tracked) -> f32 {
    face.sighting.quality.eye_distance_px
}

fn stands_beside(face: &Tracked, faces: &[Tracked]) -> bool {
    let beside = |f: &&Tracked| f.track != face.track && eyes(f) >= eyes(face) * BESIDE_SHARE_MIN;
    faces.iter().any(|f| beside(&f))
}

#[cfg(test)]
mod tests;

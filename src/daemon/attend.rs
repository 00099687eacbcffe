//! The thread of vision and the visit: frames in, scenes on the board, visits to the ledger.

use super::board::{Board, Scene};
use super::checkin::{CheckIn, Outcome, Step};
use super::desk::{At, Desk};
use super::preview::Place;
use super::reload::Sight;
use super::slot::Slot;
use super::swap::Handover;
use super::timekeeper::Moment;
use super::writer::Shown;
use crate::clock::Clock;
use crate::domain::calendar::{MealHours, local};
use crate::domain::health::Trouble;
use crate::domain::visit::Prompt;
use crate::error::{Failure, Sysexit};
use tracing::{error, info};

/// What vision needs of the rest of the box.
pub(super) struct Counter<'a> {
    pub(super) slot: &'a Slot,
    pub(super) clock: &'a dyn Clock,
    pub(super) hours: &'a MealHours,
    pub(super) desk: &'a Desk,
    pub(super) board: &'a Board,
    pub(super) waiting: &'a Handover,
}

impl Counter<'_> {
    /// Serves until the slot is closed and empty.
    ///
    /// # Errors
    /// Where a model fails: the process ends, and systemd starts it anew.
    pub(super) fn attend(&self, checkin: &mut CheckIn) -> Result<(), Failure> {
        let mut open = true;
        while let Some(frame) = self.slot.take() {
            self.clock.reached(frame.taken);
            let (gallery, sight) = self.waiting.take();
            if let Some(gallery) = gallery {
                checkin.replace_gallery(gallery);
            }
            if let Some(Sight { visit, quality }) = sight {
                checkin.adjust(visit, quality);
            }
            let moment = Moment::now(self.clock);
            let serving = self.hours.serving(local(moment.wall).1, self.board.clock_believed());
            if open != serving.is_ok() {
                open = serving.is_ok();
                self.board.show(match serving {
                    Ok(_) => Scene::Prompt(Prompt::Welcome),
                    Err(next) => Scene::Closed(next),
                });
            }
            let steps = checkin.frame(&frame, serving.ok()).inspect_err(|problem| {
                self.board.raise(Trouble::VisionFailed, moment.wall, &problem.to_string());
            })?;
            let place = |face| Place::of(face, frame.width(), frame.height());
            self.board.preview().point(checkin.attended().map(place));
            for step in steps {
                self.board.show(match step {
                    Step::Prompt(prompt) => Scene::Prompt(prompt),
                    Step::Settle(outcome) => self.settle(moment, outcome)?,
                });
            }
            self.board.counts().looked.add();
        }
        Ok(())
    }

    /// Has a visit recorded; what comes back may be shown.
    fn settle(&self, moment: Moment, outcome: Outcome) -> Result<Scene, Failure> {
        let counts = self.board.counts();
        counts.settled.add();
        let settle = move |at: &mut At<'_>| at.settle(moment, &outcome);
        let settled = self.desk.wait(settle).map_err(|e| Failure::new(e.exit(), e))?;
        Ok(match settled {
            Ok(shown) => {
                self.board.clear(Trouble::LedgerFailed);
                log(&shown);
                match &shown {
                    Shown::Served { .. } => counts.meals.add(),
                    Shown::Welcome { .. } => counts.visits.add(),
                    Shown::AskStaff { .. } => counts.reviews.add(),
                    Shown::Again { .. } | Shown::Closed(_) => {}
                }
                Scene::Shown(shown)
            }
            Err(problem) => {
                counts.failed.add();
                error!(%problem, "a visit is not in the ledger; it was not shown as served");
                self.board.raise(Trouble::LedgerFailed, moment.wall, &problem.to_string());
                Scene::Unrecorded
            }
        })
    }
}

/// Entry numbers and codes only: no name and no elder id.
fn log(shown: &Shown) {
    match shown {
        Shown::Served { entry, award, .. } => {
            info!(entry, band = award.band, rules = award.rules, "meal");
        }
        Shown::Welcome { entry, reason, .. } => info!(entry, reason = reason.code(), "visit"),
        Shown::Again { .. } => info!("same visit"),
        Shown::AskStaff { entry, doubts, candidates } => {
            let doubts: Vec<_> = doubts.iter().map(|d| d.code()).collect();
            info!(entry, doubts = doubts.join(" "), candidates, "review");
        }
        Shown::Closed(_) => info!("closed"),
    }
}

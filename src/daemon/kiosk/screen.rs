//! Which scene the elder sees, of all that could be said at one moment.
//!
//! 1. A result stays for a stated time after the elder has left, or after staff registered them;
//!    the next one at the counter does not wait for it.
//! 2. No result stays for ever: after [`RESULT_MAX`] the screen is as if nobody were there.
//! 3. Outside meal hours the canteen is closed, whatever the camera does; within them a camera that
//!    cannot be used is said, unless a result is being shown.

use super::super::board::{Scene as Shows, Showing, Troubles};
use super::super::writer::Shown;
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::evidence::Flaw;
use crate::domain::health::Trouble;
use crate::domain::visit::Prompt;
use crate::kiosk::canteen::Scene;
use std::time::{Duration, Instant};

/// Longest time that a result is shown.
const RESULT_MAX: Duration = Duration::from_secs(30);

/// A result and since when it is shown.
struct Lingering {
    scene: Scene,
    since: Instant,
}

/// The elder's part of the screen.
pub(super) struct Screen {
    hold: Duration,
    seen: u64,
    result: Option<Lingering>,
    shown: Scene,
    moment: u64,
}

impl Screen {
    /// A screen before which nobody stands; results stay for `hold`.
    pub(super) fn new(hold: Duration) -> Self {
        let shown = Scene::Prompt(Prompt::Welcome);
        Screen { hold, seen: 0, result: None, shown, moment: 0 }
    }

    /// The scene at `now`, and its moment: another one for each result and each change of scene.
    pub(super) fn look(
        &mut self,
        showing: &Showing,
        troubles: &Troubles,
        serving: Result<MealWindow, NextMeal>,
        now: Instant,
    ) -> (Scene, u64) {
        let told = scene(&showing.scene);
        let fresh = showing.revision > self.seen;
        self.seen = showing.revision;
        if fresh && is_result(&told) {
            self.result = Some(Lingering { scene: told.clone(), since: showing.since });
            self.moment += 1;
            self.shown = told.clone();
        }
        let age = |result: &Lingering| now.saturating_duration_since(result.since);
        let stays = |result: &Lingering| match is_result(&told) {
            // Whom staff register need not stand there, so nobody is seen to leave.
            true if showing.by_staff => age(result) < self.hold,
            true => age(result) < RESULT_MAX,
            false => is_quiet(&told) && age(result) < self.hold,
        };
        if !self.result.as_ref().is_some_and(stays) {
            self.result = None;
        }
        let blind = troubles.keys().copied().find(|trouble| trouble.blinds());
        let scene = match (&self.result, serving, blind) {
            (Some(result), ..) => result.scene.clone(),
            (None, Err(next), _) => Scene::Closed(next),
            (None, Ok(_), Some(trouble)) => Scene::OutOfOrder(trouble),
            (None, Ok(_), None) => match told {
                Scene::Prompt(prompt) => Scene::Prompt(prompt),
                _ => Scene::Prompt(Prompt::Welcome),
            },
        };
        if scene != self.shown {
            self.moment += 1;
            self.shown = scene.clone();
        }
        (scene, self.moment)
    }
}

/// What the board says, as the page knows it.
fn scene(shows: &Shows) -> Scene {
    match shows {
        Shows::Prompt(prompt) => Scene::Prompt(*prompt),
        Shows::Unrecorded => Scene::OutOfOrder(Trouble::LedgerFailed),
        Shows::Closed(next) | Shows::Shown(Shown::Closed(next)) => Scene::Closed(*next),
        Shows::Shown(Shown::Served { address, award, .. }) => {
            Scene::Served { address: address.clone(), amount: award.total() }
        }
        Shows::Shown(Shown::Welcome { address, reason, .. }) => {
            Scene::Welcome { address: address.clone(), reason: *reason }
        }
        Shows::Shown(Shown::Again { address }) => Scene::Again { address: address.clone() },
        Shows::Shown(Shown::AskStaff { .. }) => Scene::AskStaff,
    }
}

fn is_result(scene: &Scene) -> bool {
    !matches!(scene, Scene::Prompt(_) | Scene::Closed(_))
}

/// Nobody is at the counter, or somebody is far from it.
fn is_quiet(scene: &Scene) -> bool {
    matches!(scene, Scene::Prompt(Prompt::Welcome | Prompt::Mend(Flaw::TooFar)) | Scene::Closed(_))
}

#[cfg(test)]
mod tests {
    use super::super::super::board::Raised;
    use super::*;
    use crate::domain::calendar::{Time, Timestamp};

    const HOLD: Duration = Duration::from_secs(5);
    const OPEN: Result<MealWindow, NextMeal> = Ok(MealWindow::Lunch);

    fn next() -> NextMeal {
        NextMeal { window: MealWindow::Supper, from: Time::constant(16, 30, 0, 0), tomorrow: false }
    }

    fn again(address: &str) -> Shows {
        Shows::Shown(Shown::Again { address: Some(address.to_owned()) })
    }

    fn seen(address: &str) -> Scene {
        Scene::Again { address: Some(address.to_owned()) }
    }

    /// A screen, the time, and what the board said last.
    struct Stage {
        screen: Screen,
        begun: Instant,
        showing: Showing,
        troubles: Troubles,
    }

    impl Stage {
        fn new() -> Self {
            let begun = Instant::now();
            let scene = Shows::Prompt(Prompt::Welcome);
            let showing = Showing { revision: 1, since: begun, scene, by_staff: false };
            Stage { screen: Screen::new(HOLD), begun, showing, troubles: Troubles::new() }
        }

        fn says(&mut self, at_ms: u64, scene: Shows) -> (Scene, u64) {
            self.showing.revision += 1;
            self.showing.since = self.begun + Duration::from_millis(at_ms);
            self.showing.scene = scene;
            self.at(at_ms, OPEN)
        }

        fn at(&mut self, at_ms: u64, serving: Result<MealWindow, NextMeal>) -> (Scene, u64) {
            let now = self.begun + Duration::from_millis(at_ms);
            self.screen.look(&self.showing, &self.troubles, serving, now)
        }
    }

    #[test]
    fn a_result_stays_after_the_elder_has_left_but_not_before_the_next_one() {
        let mut stage = Stage::new();
        let (scene, moment) = stage.says(0, again("王奶奶"));
        assert_eq!(scene, seen("王奶奶"));
        assert_eq!(stage.says(2_000, Shows::Prompt(Prompt::Welcome)), (seen("王奶奶"), moment));
        assert_eq!(stage.at(4_900, OPEN), (seen("王奶奶"), moment));
        assert_eq!(stage.at(5_000, OPEN), (Scene::Prompt(Prompt::Welcome), moment + 1));
        stage.says(6_000, again("李爷爷"));
        let waits = Shows::Prompt(Prompt::Wait);
        assert_eq!(stage.says(6_500, waits).0, Scene::Prompt(Prompt::Wait));
    }

    #[test]
    fn the_same_result_twice_is_two_moments_and_none_stays_for_ever() {
        let mut stage = Stage::new();
        let (_, first) = stage.says(0, again("王奶奶"));
        let (_, second) = stage.says(1_000, again("王奶奶"));
        assert_eq!(second, first + 1);
        assert_eq!(stage.at(30_900, OPEN), (seen("王奶奶"), second));
        assert_eq!(stage.at(31_000, OPEN).0, Scene::Prompt(Prompt::Welcome));
        assert_eq!(stage.at(32_000, OPEN).0, Scene::Prompt(Prompt::Welcome), "nor comes again");
    }

    #[test]
    fn what_staff_register_leaves_after_the_stated_time_or_for_the_next_one() {
        let mut stage = Stage::new();
        stage.showing.by_staff = true;
        let (_, moment) = stage.says(0, again("王奶奶"));
        assert_eq!(stage.at(4_900, OPEN), (seen("王奶奶"), moment));
        assert_eq!(stage.at(5_000, OPEN).0, Scene::Prompt(Prompt::Welcome));
        stage.says(6_000, again("李爷爷"));
        stage.showing.by_staff = false;
        assert_eq!(stage.says(6_500, again("张爷爷")).0, seen("张爷爷"));
        assert_eq!(stage.at(12_000, OPEN).0, seen("张爷爷"), "they stand there");
    }

    #[test]
    fn closed_and_out_of_order_wait_for_a_result_and_then_are_said() {
        let mut stage = Stage::new();
        let lost = Raised { since: Timestamp::UNIX_EPOCH, detail: String::new() };
        stage.troubles.insert(Trouble::CameraLost, lost.clone());
        stage.troubles.insert(Trouble::DiskLow, lost);
        assert_eq!(stage.at(0, OPEN).0, Scene::OutOfOrder(Trouble::CameraLost));
        assert_eq!(stage.at(0, Err(next())).0, Scene::Closed(next()));
        assert_eq!(stage.says(1_000, again("王奶奶")).0, seen("王奶奶"));
        stage.says(1_500, Shows::Closed(next()));
        assert_eq!(stage.at(5_900, Err(next())).0, seen("王奶奶"));
        assert_eq!(stage.at(6_000, Err(next())).0, Scene::Closed(next()));
    }

    #[test]
    fn a_meal_that_could_not_be_written_is_said_as_such() {
        let mut stage = Stage::new();
        let (scene, _) = stage.says(0, Shows::Unrecorded);
        assert_eq!(scene, Scene::OutOfOrder(Trouble::LedgerFailed));
    }
}

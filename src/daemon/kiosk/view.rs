//! What there is to show, put together.

use super::Backend;
use super::day::{Row, Waiting};
use crate::domain::calendar::{Date, MealHours, local};
use crate::domain::health::Trouble;
use crate::domain::shown_order;
use crate::domain::visit::Prompt;
use crate::kiosk::canteen::{List, Numbers, OpenReview, Scene, Served, Snapshot, Sound, Uploaded};
use crate::kiosk::directory::Directory;
use std::sync::Arc;
use std::time::Instant;

/// Most reviews that a page is sent; the rest is a number.
const REVIEWS_SHOWN_MAX: usize = 12;
/// Most rows of today's list that a page is sent; the rest is a number.
const ROWS_SHOWN_MAX: usize = 300;

/// What is shown before anything is known.
pub(super) fn blank(date: Date, canteen: &str, hours: &MealHours) -> Snapshot {
    Snapshot {
        revision: 0,
        date,
        scene: Scene::Prompt(Prompt::Welcome),
        moment: 0,
        waiting: 0,
        reviews: vec![],
        numbers: Numbers::default(),
        canteen: canteen.to_owned(),
        sound: Sound::default(),
        troubles: vec![],
        roster: None,
        uploaded: Uploaded::default(),
        next: None,
        windows: hours.times().iter().map(|time| time.window).collect(),
    }
}

impl Backend {
    /// Shows what is known now, where that is something else than before.
    pub(super) fn publish(&self) {
        let now = self.clock.now();
        let (date, time) = local(now);
        let serving = self.hours.serving(time, self.board.clock_believed());
        let troubles = self.board.troubles().borrow().clone();
        let showing = self.board.showing().borrow().clone();
        let (scene, moment) = {
            let mut screen = self.screen.lock().expect("no holder panics");
            screen.look(&showing, &troubles, serving, Instant::now())
        };
        let (directory, as_of) = self.directory.lock().expect("no holder panics").clone();
        let read = self.lock_read();
        let waiting = read.day.waiting();
        let shown = waiting.iter().take(REVIEWS_SHOWN_MAX);
        let (last, acknowledged) = read.progress;
        let next = Snapshot {
            revision: 0,
            date,
            scene,
            moment,
            waiting: waiting.len(),
            reviews: shown.map(|waiting| review(waiting, &directory, date)).collect(),
            // Yesterday's numbers are none of today's.
            numbers: if read.day.date() == date { read.day.numbers() } else { Numbers::default() },
            troubles: troubles.keys().copied().collect::<Vec<Trouble>>(),
            roster: as_of.map(|as_of| (directory.len(), as_of)),
            uploaded: Uploaded {
                pending: last.saturating_sub(acknowledged),
                up_to: read.up_to,
                city: read.city,
            },
            next: serving.err(),
            sound: self.sound,
            ..blank(date, &self.canteen, &self.hours)
        };
        drop(read);
        self.snapshot.send_if_modified(|known| {
            let next = Snapshot { revision: known.revision, ..next };
            let news = **known != next;
            if news {
                *known = Arc::new(Snapshot { revision: next.revision + 1, ..next });
            }
            news
        });
    }

    /// Today's meals and visits, newest first.
    pub(super) fn list(&self) -> List {
        let directory = self.directory();
        let read = self.lock_read();
        let (date, rows) = (read.day.date(), read.day.rows());
        let shown = rows.iter().rev().take(ROWS_SHOWN_MAX);
        List {
            date,
            rows: shown.map(|row| served(row, &directory, date)).collect(),
            more: rows.len().saturating_sub(ROWS_SHOWN_MAX),
        }
    }
}

/// A review with its candidates in the order in which they are shown. One who has left the roster
/// since is left out.
fn review(
    Waiting { number, at, said }: &Waiting,
    directory: &Directory,
    today: Date,
) -> OpenReview {
    let candidates = shown_order::shown(*number, said.candidates.clone());
    OpenReview {
        number: *number,
        at: *at,
        window: said.window,
        reasons: said.reasons.clone(),
        candidates: candidates.iter().filter_map(|id| directory.person(id, today)).collect(),
    }
}

fn served(row: &Row, directory: &Directory, today: Date) -> Served {
    Served {
        entry: row.entry,
        at: row.at,
        person: row.elder.as_ref().and_then(|id| directory.person(id, today)),
        window: row.window,
        method: row.method,
        amount: row.amount,
        reason: row.reason,
        operator: row.operator.clone(),
        state: row.state,
    }
}

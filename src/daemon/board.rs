//! What anybody may look at: what the counter shows, what is the matter with the box, how much it
//! has done.
//!
//! 1. Camera, vision and ledger write here what has happened; page, status, metrics and watchdog
//!    read. Nothing that is decided depends on it.
//! 2. It holds the newest state only: a slow reader misses steps and never makes a queue.
//! 3. A served meal stands here only after its entry was committed.

use super::counts::Counts;
use super::preview::Preview;
use super::writer::Shown;
use crate::domain::calendar::{NextMeal, Timestamp};
use crate::domain::health::Trouble;
use crate::domain::visit::Prompt;
use crate::kiosk::state::FaceFrame;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// Longest detail of a trouble, in bytes.
pub const DETAIL_BYTES_MAX: usize = 200;

/// What the counter shows to whoever stands at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// An instruction or a state.
    Prompt(Prompt),
    /// A settled visit; what it says has been committed.
    Shown(Shown),
    /// The ledger could not take a visit: staff write it on paper.
    Unrecorded,
    /// No meal is served now.
    Closed(NextMeal),
}

/// A scene and since when it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showing {
    /// Rises with every scene.
    pub revision: u64,
    /// Since when.
    pub since: Instant,
    /// What.
    pub scene: Scene,
    /// Whether staff's work led to it: whoever it is about need not stand before the camera.
    pub by_staff: bool,
}

/// A trouble that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Since when, by the wall clock.
    pub since: Timestamp,
    /// More about it, for technicians: a code or an error without personal data, at most
    /// [`DETAIL_BYTES_MAX`] bytes.
    pub detail: String,
}

/// The troubles that hold.
pub type Troubles = BTreeMap<Trouble, Raised>;

/// The board of one running box.
pub struct Board {
    showing: watch::Sender<Arc<Showing>>,
    troubles: watch::Sender<Troubles>,
    wrote: watch::Sender<u64>,
    counts: Counts,
    preview: Preview,
    faces: watch::Sender<Option<FaceFrame>>,
}

impl Default for Board {
    fn default() -> Self {
        let scene = Scene::Prompt(Prompt::Welcome);
        let first = Showing { revision: 0, since: Instant::now(), scene, by_staff: false };
        Board {
            showing: watch::Sender::new(Arc::new(first)),
            troubles: watch::Sender::new(Troubles::new()),
            wrote: watch::Sender::new(0),
            counts: Counts::default(),
            preview: Preview::default(),
            faces: watch::Sender::new(None),
        }
    }
}

impl Board {
    /// Shows a scene of the counter.
    pub fn show(&self, scene: Scene) {
        self.put(scene, false);
    }

    /// Shows what staff have done.
    pub fn show_by_staff(&self, scene: Scene) {
        self.put(scene, true);
    }

    fn put(&self, scene: Scene, by_staff: bool) {
        self.showing.send_modify(|showing| {
            let revision = showing.revision + 1;
            *showing = Arc::new(Showing { revision, since: Instant::now(), scene, by_staff });
        });
    }

    /// What is shown now and from now on.
    pub fn showing(&self) -> watch::Receiver<Arc<Showing>> {
        self.showing.subscribe()
    }

    /// Says that `trouble` holds. One that holds already keeps its beginning.
    pub fn raise(&self, trouble: Trouble, at: Timestamp, detail: &str) {
        let detail = &detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)];
        self.troubles.send_if_modified(|troubles| {
            let since = troubles.get(&trouble).map_or(at, |raised| raised.since);
            let raised = Raised { since, detail: detail.to_owned() };
            let before = troubles.insert(trouble, raised.clone());
            before != Some(raised)
        });
    }

    /// Says that `trouble` is over.
    pub fn clear(&self, trouble: Trouble) {
        self.troubles.send_if_modified(|troubles| troubles.remove(&trouble).is_some());
    }

    /// The troubles that hold now and from now on.
    pub fn troubles(&self) -> watch::Receiver<Troubles> {
        self.troubles.subscribe()
    }

    /// Whether the clock is believed, as far as the ledger's thread has said.
    pub fn clock_believed(&self) -> bool {
        !self.troubles.borrow().contains_key(&Trouble::ClockUntrusted)
    }

    /// Says that the ledger or the gallery may be another than before.
    pub fn wrote(&self) {
        self.wrote.send_modify(|times| *times += 1);
    }

    /// A number that rises whenever ledger or gallery may have changed.
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.wrote.subscribe()
    }

    /// How much was done.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The camera's picture for the page.
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// Where the face is, as pages draw it; each page that follows the box has one receiver.
    pub fn faces(&self) -> &watch::Sender<Option<FaceFrame>> {
        &self.faces
    }

    /// How many pages follow the box.
    pub fn pages(&self) -> usize {
        self.faces.receiver_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_the_newest_scene_with_a_rising_revision() {
        let board = Board::default();
        let mut seen = board.showing();
        board.show(Scene::Prompt(Prompt::Wait));
        board.show(Scene::Unrecorded);
        let showing = seen.borrow_and_update().clone();
        assert_eq!((showing.revision, &showing.scene), (2, &Scene::Unrecorded));
        assert!(!seen.has_changed().unwrap());
    }

    #[test]
    fn a_trouble_keeps_its_beginning_until_it_is_over() {
        let (board, at) = (Board::default(), |s| Timestamp::from_second(s).unwrap());
        let mut seen = board.troubles();
        board.raise(Trouble::CameraLost, at(1), "stalled");
        board.raise(Trouble::CameraLost, at(2), "no-camera");
        let raised = seen.borrow_and_update()[&Trouble::CameraLost].clone();
        assert_eq!(raised, Raised { since: at(1), detail: "no-camera".to_owned() });
        board.raise(Trouble::CameraLost, at(3), "no-camera");
        assert!(!seen.has_changed().unwrap(), "nothing new was said");
        board.clear(Trouble::CameraLost);
        assert!(seen.borrow_and_update().is_empty());
        board.clear(Trouble::CameraLost);
        assert!(!seen.has_changed().unwrap());
    }

    #[test]
    fn a_long_detail_is_cut_between_two_characters() {
        let board = Board::default();
        board.raise(Trouble::CityAlarm, Timestamp::UNIX_EPOCH, &"错".repeat(100));
        let detail = board.troubles().borrow()[&Trouble::CityAlarm].detail.clone();
        assert_eq!(detail, "错".repeat(66));
    }
}

//! Who walks up in the demo: real photographs, invented names and dates.
//!
//! The photographs are those of two public packages (see `scripts/`), unchanged on disk. A group
//! photograph is framed on one face. Where one picture serves twice, its second appearance is
//! altered in light, scale and turn; `photo_note` says so in the table.

use crate::camera::walkup::Scene;
use std::path::Path;
use std::time::Duration;

/// An elder of the demo's roster.
pub(super) struct Member {
    pub id: &'static str,
    pub name: &'static str,
    pub sex: &'static str,
    pub birth: &'static str,
    pub eligible: &'static str,
    pub home_care: &'static str,
    /// Photograph to enrol.
    pub photo: Photo,
}

/// A face in a photograph: file, centre and width in pixels.
#[derive(Clone, Copy)]
pub(super) struct Photo {
    pub file: &'static str,
    pub face: (f32, f32, f32),
}

const OBAMA: Photo = Photo { file: "obama.jpg", face: (493.0, 247.0, 220.0) };
const OBAMA_SPEAKING: Photo = Photo { file: "obama2.jpg", face: (342.0, 415.0, 264.0) };
const BIDEN: Photo = Photo { file: "biden.jpg", face: (565.0, 375.0, 250.0) };
const BLONDE_SITTING: Photo = Photo { file: "sample3.jpg", face: (1186.0, 349.0, 219.0) };
const BLONDE_LAUGHING: Photo = Photo { file: "sample1.jpg", face: (1571.0, 320.0, 205.0) };
const BLONDE_LOUNGING: Photo = Photo { file: "sample3.jpg", face: (688.0, 467.0, 198.0) };
const AT_WINDOW: Photo = Photo { file: "sample6.jpg", face: (756.0, 478.0, 165.0) };
const STRANGER: Photo = Photo { file: "sample6.jpg", face: (358.0, 618.0, 214.0) };

/// The roster.
pub(super) const ROSTER: [Member; 5] = [
    Member {
        id: "p_1001",
        name: "周志远",
        sex: "男",
        birth: "1941-08-04",
        eligible: "2024-01-01/",
        home_care: "",
        photo: OBAMA,
    },
    Member {
        id: "p_1002",
        name: "林秀兰",
        sex: "女",
        birth: "1953-11-20",
        eligible: "2024-01-01/",
        home_care: "",
        photo: BLONDE_SITTING,
    },
    Member {
        id: "p_1003",
        name: "陈美芳",
        sex: "女",
        birth: "1958-06-15",
        eligible: "2024-01-01/",
        home_care: "",
        photo: BLONDE_LOUNGING,
    },
    Member {
        id: "p_1004",
        name: "欧阳国强",
        sex: "男",
        birth: "1942-11-20",
        eligible: "2024-01-01/",
        home_care: "2025-07-01/2026-06-30",
        photo: BIDEN,
    },
    Member {
        id: "p_1005",
        name: "孙玉珍",
        sex: "女",
        birth: "1949-02-28",
        eligible: "2024-01-01/",
        home_care: "",
        photo: AT_WINDOW,
    },
];

/// One appearance: when after the start, who and how, and what the table says of it.
pub(super) struct Appearance {
    pub after_seconds: u64,
    pub who: &'static str,
    pub photo: Photo,
    /// Width of the face in the frame, pixels.
    pub near: f32,
    pub light: f32,
    pub turn: f32,
    /// Seconds of standing there: whoever the camera knows is served within two, a doubtful
    /// person waits until the camera's patience ends.
    pub stay: f32,
}

/// Seconds from the start to supper, at 17:05.
const SUPPER: u64 = (5 * 60 + 35) * 60;

/// The day, from 11:30 on.
pub(super) const DAY: [Appearance; 9] = [
    Appearance {
        after_seconds: 0,
        who: "elder of 84 (another photograph of him)",
        photo: OBAMA_SPEAKING,
        near: 170.0,
        light: 1.0,
        turn: 0.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: 120,
        who: "the same, back after two minutes (altered)",
        photo: OBAMA_SPEAKING,
        near: 150.0,
        light: 0.85,
        turn: 3.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: 240,
        who: "elder of 72 (another photograph of her)",
        photo: BLONDE_LAUGHING,
        near: 170.0,
        light: 1.0,
        turn: 0.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: 360,
        who: "resident of 67 (enrolled picture, altered)",
        photo: BLONDE_LOUNGING,
        near: 150.0,
        light: 0.9,
        turn: -4.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: 480,
        who: "elder of 83 with home care (altered)",
        photo: BIDEN,
        near: 180.0,
        light: 1.1,
        turn: 3.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: 600,
        who: "a stranger",
        photo: STRANGER,
        near: 170.0,
        light: 1.0,
        turn: 0.0,
        stay: 5.0,
    },
    Appearance {
        after_seconds: 720,
        who: "elder of 77, liveness doubtful (altered)",
        photo: AT_WINDOW,
        near: 150.0,
        light: 0.9,
        turn: 2.0,
        stay: 5.0,
    },
    Appearance {
        after_seconds: 840,
        who: "somebody who stays at the door",
        photo: BIDEN,
        near: 44.0,
        light: 1.0,
        turn: 0.0,
        stay: 2.0,
    },
    Appearance {
        after_seconds: SUPPER,
        who: "the elder of 84 again, at supper (altered)",
        photo: OBAMA_SPEAKING,
        near: 160.0,
        light: 1.1,
        turn: -3.0,
        stay: 2.0,
    },
];

impl Photo {
    /// A scene of this photograph that stands still: for enrolment.
    pub(super) fn scene(self, photos: &Path) -> Scene {
        Scene {
            starts: Duration::ZERO,
            photo: photos.join(self.file),
            face: self.face,
            near: 180.0,
            seconds: (1.5, 5.0, 1.0),
            light: 1.0,
            turn: 0.0,
            still: false,
            seed: 1,
        }
    }
}

impl Appearance {
    /// The walk-up of this appearance.
    pub(super) fn scene(&self, photos: &Path) -> Scene {
        Scene {
            starts: Duration::from_secs(self.after_seconds),
            near: self.near,
            light: self.light,
            turn: self.turn,
            seconds: (1.5, self.stay, 1.0),
            seed: self.after_seconds + 1,
            ..self.photo.scene(photos)
        }
    }
}

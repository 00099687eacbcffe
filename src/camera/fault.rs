//! The named states of a camera that gives no usable picture, each with its remedy.

use crate::error::Exit;
use std::fmt;

/// Why a camera gives no usable picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// Nothing is at the path, or it was unplugged.
    NoCamera = 1,
    /// The device is there and this user may not open it.
    NotPermitted = 2,
    /// Another program uses it.
    Busy = 3,
    /// The path is a camera's metadata node, or no capture device at all.
    MetadataNode = 4,
    /// It offers neither MJPEG nor YUYV in the configured size.
    WrongFormat = 5,
    /// It is open and no frame comes.
    Stalled = 6,
    /// Frames come and are all the same to the last bit.
    Frozen = 7,
    /// Frames come and none of them is whole.
    Damaged = 8,
    /// The camera process could not do its work: our fault, or that of its machine.
    Worker = 9,
}

impl Fault {
    /// All of them, in the order of their numbers.
    pub const ALL: [Fault; 9] = [
        Fault::NoCamera,
        Fault::NotPermitted,
        Fault::Busy,
        Fault::MetadataNode,
        Fault::WrongFormat,
        Fault::Stalled,
        Fault::Frozen,
        Fault::Damaged,
        Fault::Worker,
    ];

    /// Its number between camera process and service.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The fault of a number.
    pub fn from_number(number: u8) -> Option<Fault> {
        Fault::ALL.into_iter().find(|fault| fault.number() == number)
    }

    /// Its name in logs and reports.
    pub fn code(self) -> &'static str {
        match self {
            Fault::NoCamera => "no-camera",
            Fault::NotPermitted => "not-permitted",
            Fault::Busy => "busy",
            Fault::MetadataNode => "metadata-node",
            Fault::WrongFormat => "wrong-format",
            Fault::Stalled => "stalled",
            Fault::Frozen => "frozen",
            Fault::Damaged => "damaged",
            Fault::Worker => "worker",
        }
    }

    /// What is the matter.
    pub fn problem(self) -> &'static str {
        match self {
            Fault::NoCamera => "no camera is there",
            Fault::NotPermitted => "not permitted to open it",
            Fault::Busy => "another program uses it",
            Fault::MetadataNode => "not a camera's picture node",
            Fault::WrongFormat => "it does not offer the configured picture",
            Fault::Stalled => "no frame comes",
            Fault::Frozen => "its picture does not change at all",
            Fault::Damaged => "none of its frames is whole",
            Fault::Worker => "the camera process failed",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Fault::NoCamera => {
                "plug it in, then compare camera.path with what `canteend camera list` shows"
            }
            Fault::NotPermitted => "put the service's user into the group video",
            Fault::Busy => "stop the other program, or a second canteend",
            Fault::MetadataNode => "use the path that ends in -video-index0",
            Fault::WrongFormat => {
                "set camera.width and camera.height to a size that `canteend camera list` shows"
            }
            Fault::Stalled => {
                "unplug it and plug it in again; use another port or cable if it recurs"
            }
            Fault::Frozen => "take the cover off the lens, or unplug it and plug it in again",
            Fault::Damaged => "use a shorter cable and a port of its own, without a hub",
            Fault::Worker => "restart the service; report it if it recurs",
        }
    }

    /// The exit code of a command that ends because of it.
    pub fn exit(self) -> Exit {
        match self {
            Fault::NotPermitted | Fault::MetadataNode | Fault::WrongFormat => Exit::Config,
            Fault::Worker => Exit::Software,
            Fault::NoCamera | Fault::Busy | Fault::Stalled | Fault::Frozen | Fault::Damaged => {
                Exit::Unavailable
            }
        }
    }
}

/// A fault and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The named state.
    pub fault: Fault,
    /// What the system or the device said; empty where there is nothing to add.
    pub detail: String,
}

impl Trouble {
    /// Trouble with something to add.
    pub fn new(fault: Fault, detail: impl fmt::Display) -> Self {
        Trouble { fault, detail: detail.to_string() }
    }
}

/// Problem, detail and remedy on one line.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.problem())?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        write!(f, "; {}", self.fault.remedy())
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble { fault, detail: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_fault_has_its_own_number_name_problem_and_remedy() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_number(fault.number()), Some(fault));
        }
        let texts = Fault::ALL.map(|f| [f.code(), f.problem(), f.remedy()]);
        assert_eq!(texts.as_flattened().iter().collect::<HashSet<_>>().len(), 27);
        assert_eq!(Fault::from_number(0), None);
        assert_eq!(Fault::from_number(10), None);
    }

    #[test]
    fn a_trouble_says_problem_detail_and_remedy() {
        let text = Trouble::new(Fault::NoCamera, "/dev/video7").to_string();
        assert!(text.starts_with("no camera is there (/dev/video7); plug it in"), "{text}");
        assert!(!Trouble::from(Fault::Busy).to_string().contains('('));
    }
}

//! The named states in which a box does not serve as it should, each with its remedy.
//!
//! The list is what page, `canteend status`, `canteend doctor` and metrics speak of; whoever finds
//! a state out raises it and takes it back. None of them turns an elder away: staff serve by hand.

use super::codes::closed_list;

closed_list! {
    /// What is the matter with the box.
    Trouble {
        /// No usable picture comes.
        CameraLost = "camera-lost",
        /// A model failed on a frame.
        VisionFailed = "vision-failed",
        /// A meal could not be written.
        LedgerFailed = "ledger-failed",
        /// The ledger writes into its reserve, or has none left.
        DiskFull = "disk-full",
        /// Little space is left.
        DiskLow = "disk-low",
        /// The wall clock is not believed.
        ClockUntrusted = "clock-untrusted",
        /// The clock is believed and differs from the city's.
        ClockDiffers = "clock-differs",
        /// Nobody is enrolled.
        GalleryEmpty = "gallery-empty",
        /// Elders have agreed to a face, and nobody's is enrolled.
        GalleryFaceless = "gallery-faceless",
        /// The eligibility data is older than the rules allow.
        GalleryStale = "gallery-stale",
        /// What the city sent as a gallery was refused.
        GalleryRefused = "gallery-refused",
        /// Rows of the city's gallery do not hold.
        GalleryRows = "gallery-rows",
        /// The talk with the city has not succeeded for longer than a night.
        CityUnreachable = "city-unreachable",
        /// The city holds something else than this box, or refused it for good.
        CityAlarm = "city-alarm",
        /// The keys or certificates for the city cannot be used.
        CityKeys = "city-keys",
        /// The program ended itself, and its report has not been taken away.
        Crashed = "crashed",
    }
}

/// How much a trouble weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Service goes on; somebody should look within days.
    Warning,
    /// The camera or the ledger does not do its work; somebody has to look today.
    Fault,
}

impl Trouble {
    /// How much it weighs.
    pub fn weight(self) -> Weight {
        match self {
            Self::CameraLost
            | Self::VisionFailed
            | Self::LedgerFailed
            | Self::DiskFull
            | Self::GalleryRefused
            | Self::CityAlarm
            | Self::CityKeys => Weight::Fault,
            Self::DiskLow
            | Self::ClockUntrusted
            | Self::ClockDiffers
            | Self::GalleryEmpty
            | Self::GalleryFaceless
            | Self::GalleryStale
            | Self::GalleryRows
            | Self::CityUnreachable
            | Self::Crashed => Weight::Warning,
        }
    }

    /// Whether the camera cannot recognise anybody while it lasts, so that staff do.
    pub fn blinds(self) -> bool {
        matches!(self, Self::CameraLost | Self::VisionFailed)
    }

    /// What is the matter, in one line.
    pub fn problem(self) -> &'static str {
        match self {
            Self::CameraLost => "no usable picture comes from the camera",
            Self::VisionFailed => "a model fails on the camera's pictures",
            Self::LedgerFailed => "a meal could not be written",
            Self::DiskFull => "the disk is full",
            Self::DiskLow => "little space is left; only the ledger goes on writing",
            Self::ClockUntrusted => "the clock is not believed; meals wait for confirmation (待核)",
            Self::ClockDiffers => "the clock differs from the city's",
            Self::GalleryEmpty => "nobody is enrolled",
            Self::GalleryFaceless => "elders have agreed to a face, and no face is enrolled",
            Self::GalleryStale => "the eligibility data is older than the rules allow",
            Self::GalleryRefused => "a gallery was refused; the one before serves on",
            Self::GalleryRows => {
                "rows of the city's gallery do not hold; those elders stay as they were"
            }
            Self::CityUnreachable => "the talk with the city has not succeeded for more than a day",
            Self::CityAlarm => "the city's records and this box's do not agree",
            Self::CityKeys => "the keys or certificates for the city cannot be used",
            Self::Crashed => "the program ended itself and was started again",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::CameraLost => "serve by hand; check cable and plug, then `canteend camera list`",
            Self::VisionFailed => "serve by hand; run `canteend doctor`, then restart the service",
            Self::LedgerFailed => {
                "write the meals on paper; free space, then run `canteend doctor`"
            }
            Self::DiskFull => "remove what does not belong on the box; nothing need be restarted",
            Self::DiskLow => "remove what does not belong on the box",
            Self::ClockUntrusted => {
                "compare with a clock that is right, then `canteend clock confirm`"
            }
            Self::ClockDiffers => {
                "compare with a clock that is right; set the box's, or tell the city's technicians"
            }
            Self::GalleryEmpty => {
                "enrol: `canteend gallery import`, or let the city send its gallery"
            }
            Self::GalleryFaceless => {
                "serve by card and by hand; `canteend gallery import` with photographs, or have the \
                 city send them"
            }
            Self::GalleryStale => "connect the network, or import the streets' current list",
            Self::GalleryRefused => {
                "call the city's technicians with the log of this night; a city that was set back: \
                 docs/recovery.md"
            }
            Self::GalleryRows => {
                "call the city's technicians: the log of the night says what is wrong with each row"
            }
            Self::CityUnreachable => {
                "check cable and router; `canteend upload` says what else it is; `canteend export` \
                 carries batches by hand"
            }
            Self::CityAlarm => {
                "restored from a copy? ask the city for a new code and run `canteend provision`; \
                 if not, stop the box and call the city's technicians"
            }
            Self::CityKeys => "run `canteend doctor`; docs/recovery.md, a lost key",
            Self::Crashed => "send in crash.txt of the state folder, then remove it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_code_problem_and_remedy() {
        for (i, one) in Trouble::ALL.iter().enumerate() {
            assert_eq!(Trouble::from_code(one.code()), Some(*one));
            assert!(!one.remedy().is_empty());
            for other in &Trouble::ALL[i + 1..] {
                assert_ne!(one.code(), other.code());
                assert_ne!(one.problem(), other.problem());
            }
        }
    }

    #[test]
    fn what_blinds_the_camera_is_a_fault() {
        for trouble in Trouble::ALL.iter().filter(|t| t.blinds()) {
            assert_eq!(trouble.weight(), Weight::Fault);
        }
    }
}

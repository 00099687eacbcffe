//! Figures about recognition and speed that anyone can reproduce.
//!
//! 1. What is measured is what runs in service: the stages of [`Analyser`](crate::vision::Analyser),
//!    not copies of them.
//! 2. Protocols of pairs are those of the Python reference, fold by fold, so that figures can be
//!    compared.
//! 3. The same photographs give the same report and the same page, byte for byte.
//! 4. A share never stands alone: its sample and its interval stand beside it ([`Share`]).
//! 5. Neither report nor page holds a photograph or a template. They name folders, and so people
//!    where folders bear their names.
//!
//! It prints nothing; the command line does.

mod faces;
mod folder;
mod folds;
mod histogram;
mod interval;
mod liveness;
pub mod page;
mod pairs;
mod search;
mod time;
mod trial;
mod ways;

pub use faces::Counts;
pub use folder::{FolderError, PEOPLE_MAX, PHOTOS_MAX, PROBLEMS_NAMED_MAX, Problem, Problems};
pub use histogram::{BINS, Histogram};
pub use interval::Share;
pub use liveness::{
    Attack, LIVENESS_STEPS, LivenessError, LivenessPoint, LivenessReport, liveness,
};
pub use pairs::{PairsError, PairsReport, pairs};
pub use search::{
    AtTarget, Curves, Folders, LOOK_ALIKES_MAX, LookAlike, SearchError, SearchReport, TARGETS,
    WayReport, search,
};
pub use time::{ROUNDS_MAX, TimeError, TimeReport, time};
pub use trial::{CURVE_STEPS, Figures, Point, Rule};
pub use ways::{Enrolment, Probe};

//! Figures about recognition and speed that anyone can reproduce.
//!
//! 1. What is measured is what runs in service: the stages of [`Analyser`](crate::vision::Analyser),
//!    not copies of them.
//! 2. Protocols are those of the Python reference, fold by fold, so that figures can be compared.
//!
//! It prints nothing; the command line does.

mod folds;
mod pairs;
mod time;

pub use pairs::{PairsError, PairsReport, pairs};
pub use time::{ROUNDS_MAX, TimeError, TimeReport, time};

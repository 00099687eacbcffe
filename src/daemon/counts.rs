//! How much the box has done since it started: each number stands here once, for the threads that
//! count, for `canteend status` and for the metrics.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// One number that only rises.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! counts {
    ($($name:ident: $metric:literal, $help:literal;)*) => {
        /// What is counted.
        #[derive(Debug, Default)]
        pub struct Counts {
            /// Times that the camera's thread came round: with a frame, or knowing that there is
            /// none. For the watchdog alone.
            pub camera_turns: Count,
            $(#[doc = $help] pub $name: Count,)*
        }

        impl Counts {
            /// The numbers as they are now.
            pub fn done(&self) -> Tally {
                Tally { $($name: self.$name.get(),)* }
            }
        }

        /// How much was done since the start.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct Tally {
            $(#[doc = $help] pub $name: u64,)*
        }

        impl Tally {
            /// Each number with its name among the metrics and what it is.
            pub fn rows(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$(($metric, $help, self.$name),)*]
            }
        }
    };
}

counts! {
    frames: "frames_total", "Frames that came from the camera.";
    looked: "frames_looked_total", "Frames that vision has finished with.";
    broken: "frames_broken_total", "Broken frames that were left out.";
    camera_losses: "camera_losses_total", "Times that the camera was lost.";
    settled: "visits_settled_total", "Visits that the camera settled.";
    meals: "meals_total", "Subsidised meals that the camera led to.";
    visits: "visits_total", "Visits without subsidy that it led to.";
    reviews: "reviews_total", "Visits that it left to staff.";
    failed: "unrecorded_total", "Visits that the ledger could not take.";
}

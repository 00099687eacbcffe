//! The page's server as a browser meets it: real HTTP over loopback, a real ledger, real rules. Only
//! the clock is told what to say.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod attacks;
mod bounds;
mod browser;
mod canteen;
mod cards;
mod city_cards;
mod doubts;
mod program;
mod satisfaction;
mod shifts;
mod taps;

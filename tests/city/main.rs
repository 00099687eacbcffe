//! The box's side and the city's side against each other, over real connections on loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod answers;
mod cards;
mod city_key;
mod commands;
mod contract;
mod cross_check;
mod epochs;
mod faults;
mod fleet;
mod histories;
mod keys;
mod keys_tls;
#[path = "../../benches/support/meal.rs"]
mod meal;
mod network;
mod night;
mod plan;
mod refusals;
mod secrets;
mod set_back;
mod stale;
mod sync;
mod tls;
mod town;
mod verdicts;

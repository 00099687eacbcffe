//! The reports: what they say against the ledger, and how each format says it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod canteen;
mod cards;
mod command;
mod exceptions;
mod golden;
mod small_month;
mod totals;
mod workbook;
mod year;

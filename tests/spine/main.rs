//! The program as its users run it: real models, real photographs, a real ledger file.
//!
//! `make test` fetches models and photographs first.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod accept;
mod bad_input;
mod box_folder;
mod calibrate;
mod commands;
mod control;
mod doctor;
mod ledger;
mod operator;
mod package;
mod provision_site;
mod service;
mod survival;

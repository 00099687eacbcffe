//! What the box and the city say to each other, as bytes: signatures, envelopes, messages.
//!
//! 1. Everything read here is hostile: its size and depth are bounded before it is parsed, and
//!    what is parsed holds nothing but the fields named here.
//! 2. Evidence (batches, receipts, gallery pages, verdicts, enrolments) is a DSSE envelope: what is
//!    signed is the exact bytes and their type. There is no canonical JSON.
//! 3. Requests are signed after RFC 9421 over the components in [`signature::COMPONENTS`], among
//!    them the body's digest (RFC 9530).
//! 4. A signature names its suite. [`suite::Suite`] is the one place where one is added
//!    (`docs/adr/0006`).
//!
//! It sends and stores nothing and reads no clock; both ends of the interface are built on it.
//! `docs/city-api.yaml` says the same for the city's engineers.

pub mod batch;
pub mod code;
pub mod dsse;
pub mod enrol;
pub mod json;
pub mod nonce;
pub mod page;
pub mod signature;
pub mod succession;
pub mod suite;
pub mod text;
pub mod time;
pub mod verdict;

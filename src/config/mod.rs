//! From what is written to what the program uses.

pub mod rules;

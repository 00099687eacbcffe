//! Does what the domain decided.

//! Exact best and runner-up match over many templates.

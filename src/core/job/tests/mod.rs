//! The machine's rules, one by one.

pub mod kit;

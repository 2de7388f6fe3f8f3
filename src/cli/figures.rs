//! Numbers as people read them: the console's own.

pub use crate::console::figures::{bytes, count, counted, grouped, rate, short_time};

//! Numbers as people read them: the console's, so that a screen and a line say the same.

pub use crate::console::figures::{bytes, count, counted, grouped, rate, short_time};

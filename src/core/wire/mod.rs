//! Cells into a target's bulk form and back: the conventional path's transcoders.
//!
//! A transcoder is chosen once per column from the two types; rows then go through without an
//! allocation per cell. A value that has no exact form on the other side is a `ValueUnfit` fault
//! with table, column and row number within the batch, never a changed value (DESIGN 4.5).

mod copy_in;
mod copy_out;

pub use copy_in::CopyEncoder;
pub use copy_out::CopyTextReader;

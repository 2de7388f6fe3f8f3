//! Options of one table.

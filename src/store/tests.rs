//! Tests of the master table.

//! Rows to PostgreSQL's COPY FROM STDIN, text or binary.

use super::super::fault::Fault;
use super::super::plan::{CopyFormat, TablePlan};
use super::super::value::RowBatch;

/// Writes rows of one table in COPY form. Binary when every column has a binary transcoder.
pub struct CopyEncoder {
    format: CopyFormat,
}

impl CopyEncoder {
    #[must_use]
    pub fn new(_table: &TablePlan) -> CopyEncoder {
        CopyEncoder { format: CopyFormat::Text }
    }

    #[must_use]
    pub fn format(&self) -> CopyFormat {
        self.format
    }

    /// What comes before the first row.
    pub fn begin(&self, _out: &mut Vec<u8>) {}

    /// Appends all rows of `batch`.
    ///
    /// # Errors
    /// `ValueUnfit` with table and column; `out` is then useless.
    pub fn rows(&mut self, _batch: &RowBatch, _out: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(())
    }

    /// What comes after the last row.
    pub fn end(&self, _out: &mut Vec<u8>) {}
}

//! Rows to PostgreSQL's COPY FROM STDIN, text or binary.

use super::super::fault::Fault;
use super::super::name::ObjectName;
use super::super::plan::{CopyFormat, TablePlan};
use super::super::value::{CellRef, RowBatch, WireForm};
use super::columns::ColumnCoder;
use super::{Unfit, cell::as_text, copy_binary, unfit};

/// Signature, flags and header extension of COPY binary.
const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const BINARY_TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// Writes rows of one table in COPY form. Binary when every column has a binary transcoder.
///
/// One encoder serves one chunk: it counts rows, to say which one does not fit.
pub struct CopyEncoder {
    format: CopyFormat,
    table: ObjectName,
    columns: Vec<ColumnCoder>,
    rows_done: u64,
    scratch: Vec<u8>,
}

impl CopyEncoder {
    #[must_use]
    pub fn new(table: &TablePlan) -> CopyEncoder {
        let columns: Vec<_> = table.columns.iter().map(ColumnCoder::new).collect();
        let binary = columns.iter().all(ColumnCoder::has_binary);
        CopyEncoder {
            format: if binary { CopyFormat::Binary } else { CopyFormat::Text },
            table: table.source.clone(),
            columns,
            rows_done: 0,
            scratch: Vec::new(),
        }
    }

    #[must_use]
    pub fn format(&self) -> CopyFormat {
        self.format
    }

    /// The next row is the one after `rows` of the chunk: for messages.
    pub fn set_rows_done(&mut self, rows: u64) {
        self.rows_done = rows;
    }

    /// What comes before the first row.
    pub fn begin(&self, out: &mut Vec<u8>) {
        if self.format == CopyFormat::Binary {
            out.extend_from_slice(BINARY_HEADER);
        }
    }

    /// Appends all rows of `batch`.
    ///
    /// # Errors
    /// `ValueUnfit` with table, column and row; `out` is then useless.
    pub fn rows(&mut self, batch: &RowBatch, out: &mut Vec<u8>) -> Result<(), Fault> {
        debug_assert!(batch.is_empty() || batch.columns() == self.columns.len());
        let cells = i16::try_from(self.columns.len()).expect("PostgreSQL has 1600 columns at most");
        for row in 0..batch.rows() {
            self.rows_done += 1;
            if self.format == CopyFormat::Binary {
                out.extend_from_slice(&cells.to_be_bytes());
            }
            for (at, column) in self.columns.iter().enumerate() {
                let cell = batch.cell(row, at);
                let put = match self.format {
                    CopyFormat::Binary => copy_binary::put(column, cell, batch.form(), out),
                    CopyFormat::Text => {
                        if at > 0 {
                            out.push(b'\t');
                        }
                        put_text(column, cell, batch.form(), &mut self.scratch, out)
                    }
                };
                put.map_err(|why| unfit(&self.table, &column.name, self.rows_done, why))?;
            }
            if self.format == CopyFormat::Text {
                out.push(b'\n');
            }
        }
        Ok(())
    }

    /// What comes after the last row.
    pub fn end(&self, out: &mut Vec<u8>) {
        if self.format == CopyFormat::Binary {
            out.extend_from_slice(&BINARY_TRAILER);
        }
    }
}

/// A cell in COPY text, after the same check that its binary form gets.
fn put_text(
    column: &ColumnCoder,
    cell: CellRef<'_>,
    form: WireForm,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    scratch.clear();
    copy_binary::put(column, cell, form, scratch)?;
    match cell {
        CellRef::Null => out.extend_from_slice(b"\\N"),
        CellRef::Text(text) => escape(text, out),
        CellRef::Blob(blob) => {
            out.extend_from_slice(b"\\\\x");
            for byte in blob {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push(DIGITS[usize::from(byte >> 4)]);
                out.push(DIGITS[usize::from(byte & 15)]);
            }
        }
        CellRef::Int(_) | CellRef::Real(_) => as_text(cell, out)?,
    }
    Ok(())
}

/// Backslash escapes for what COPY text gives a meaning to.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        let letter = match byte {
            b'\\' => b'\\',
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            0x08 => b'b',
            0x0c => b'f',
            0x0b => b'v',
            other => {
                out.push(*other);
                continue;
            }
        };
        out.push(b'\\');
        out.push(letter);
    }
}

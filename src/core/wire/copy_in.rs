//! Rows to PostgreSQL's COPY FROM STDIN, text or binary.

use super::super::fault::Fault;
use super::super::name::ObjectName;
use super::super::plan::{CopyFormat, TablePlan};
use super::super::value::{CellRef, RowBatch, WireForm};
use super::array::put_elements;
use super::bits::put_bits;
use super::cell::as_text;
use super::columns::{Clock, ColumnCoder, Kind};
use super::load_data::put_hex;
use super::{Unfit, copy_binary, unfit};

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
                let cell = column.admit(batch.cell(row, at), batch.form());
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
    let payload = &scratch[4..];
    match cell {
        CellRef::Null => out.extend_from_slice(b"\\N"),
        CellRef::Text(text) => put_moment_or_text(column, text, form, out),
        CellRef::Blob(blob) => match column.kind {
            Kind::Bool => out.push(b'0' + payload[0]),
            Kind::Bits { bits } => put_bits(blob, bits, out)?,
            Kind::Uuid => put_hex(payload, out),
            Kind::Bytes => {
                out.extend_from_slice(b"\\\\x");
                put_hex(blob, out);
            }
            // Bits as a number or as text: the binary form of a text is the text.
            Kind::Text { .. } => escape(payload, out),
            _ => copy_binary::put_blob_number(column, blob, out)?,
        },
        CellRef::Int(_) | CellRef::Real(_) => as_text(cell, out)?,
    }
    Ok(())
}

fn put_moment_or_text(column: &ColumnCoder, text: &[u8], form: WireForm, out: &mut Vec<u8>) {
    match (column.kind, &column.clock) {
        (Kind::TextArray, _) if form == WireForm::MysqlText => {
            let mut array = Vec::with_capacity(text.len() + 8);
            put_elements(text, &mut array);
            escape(&array, out);
        }
        (Kind::TimestampZoned, _) if form == WireForm::MysqlText && column.mysql_utc => {
            escape(text, out);
            out.extend_from_slice(b"+00");
        }
        (Kind::TimestampZoned, Clock::Named(zone)) if form == WireForm::MysqlText => {
            escape(text, out);
            out.push(b' ');
            escape(zone.as_bytes(), out);
        }
        (Kind::TimestampZoned, Clock::East(seconds)) if form == WireForm::MysqlText => {
            escape(text, out);
            put_offset(*seconds, out);
        }
        _ => escape(text, out),
    }
}

/// `+02:00`.
fn put_offset(seconds: i32, out: &mut Vec<u8>) {
    out.push(if seconds < 0 { b'-' } else { b'+' });
    let minutes = seconds.unsigned_abs() / 60;
    for (at, part) in [minutes / 60, minutes % 60].into_iter().enumerate() {
        if at > 0 {
            out.push(b':');
        }
        if part < 10 {
            out.push(b'0');
        }
        out.extend_from_slice(itoa::Buffer::new().format(part).as_bytes());
    }
}

/// Backslash escapes for what COPY text gives a meaning to.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        let letter = match byte {
            b'\\' => b'\\',
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            0x08 => b'b',
            0x0c => b'f',
            0x0b => b'v',
            _ => continue,
        };
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(&[b'\\', letter]);
        from = at + 1;
    }
    out.extend_from_slice(&text[from..]);
}

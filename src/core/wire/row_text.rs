//! A row as one line of text, and its key as the source's own text: what is kept of rejected rows.
//!
//! The line is COPY's text form: cells between tabs, `\N` for NULL, backslash escapes for what has
//! a meaning, bytes as `\\x0aff`. Cells are spelled as the source has them, unchecked: a text that
//! is no UTF-8 stays what it is. PostgreSQL loads such a file with `COPY table FROM 'file'`.

use super::super::name::Dialect;
use super::super::sql::literal;
use super::super::value::{CellRef, RowBatch, WireForm};
use super::copy_in::escape;
use std::io::Write as _;

/// Appends row `row` of `batch` as a line without its newline.
pub fn row_text(batch: &RowBatch, row: usize, out: &mut Vec<u8>) {
    for at in 0..batch.columns() {
        if at > 0 {
            out.push(b'\t');
        }
        match batch.cell(row, at) {
            CellRef::Null => out.extend_from_slice(b"\\N"),
            CellRef::Text(text) => escape(text, out),
            CellRef::Blob(blob) => {
                out.extend_from_slice(b"\\\\x");
                hex(blob, out);
            }
            CellRef::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            CellRef::Real(value) => out.extend_from_slice(real(value).as_bytes()),
        }
    }
}

/// The cells at `columns` as a key of [`super::super::chunk::ChunkRange::Keys`]: text for servers,
/// literals for SQLite, where the storage class is part of a value. `None`: no text names the row.
#[must_use]
pub fn key_texts(batch: &RowBatch, row: usize, columns: &[usize]) -> Option<Vec<String>> {
    columns.iter().map(|at| key_text(batch.cell(row, *at), batch.form())).collect()
}

fn key_text(cell: CellRef<'_>, form: WireForm) -> Option<String> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    match (cell, form) {
        (CellRef::Null, _) => None,
        // SQLite's own literals end at a NUL.
        (CellRef::Text(bytes), WireForm::Native) if bytes.contains(&0) => None,
        (CellRef::Text(bytes), WireForm::Native) => {
            text(bytes).map(|text| literal(Dialect::Sqlite, &text))
        }
        (CellRef::Text(bytes), WireForm::CopyText | WireForm::MysqlText) => text(bytes),
        (CellRef::Int(value), _) => Some(value.to_string()),
        (CellRef::Real(value), _) if value.is_finite() => Some(real(value)),
        (CellRef::Real(_), _) => None,
        (CellRef::Blob(blob), form) => {
            let mut digits = Vec::new();
            hex(blob, &mut digits);
            // A literal of SQLite's; a server's reader puts the digits into one of its own.
            text(&digits).map(|t| if form == WireForm::Native { format!("X'{t}'") } else { t })
        }
    }
}

fn real(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    format!("{value:?}")
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        // Writing to a vector succeeds.
        let _ = write!(out, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_whatever_it_holds() {
        let mut batch = RowBatch::with_capacity(6, 64);
        batch.push_int(-7);
        batch.push_null();
        batch.push_text(b"a\tb\nc\\N");
        batch.push_real(0.1);
        batch.push_blob(&[0, 0xff]);
        batch.push_text(&[0xff]);
        let mut line = Vec::new();
        row_text(&batch, 0, &mut line);
        assert_eq!(line, b"-7\t\\N\ta\\tb\\nc\\\\N\t0.1\t\\\\x00ff\t\xff");
    }

    #[test]
    fn keys_are_the_sources_own_text() {
        let mut batch = RowBatch::with_capacity(3, 64);
        batch.push_int(5);
        batch.push_text(b"o'k");
        batch.push_blob(&[0x0a]);
        assert_eq!(key_texts(&batch, 0, &[1, 0]).unwrap(), ["'o''k'", "5"]);
        assert_eq!(key_texts(&batch, 0, &[2]).unwrap(), ["X'0a'"]);
        batch.set_form(WireForm::CopyText);
        assert_eq!(key_texts(&batch, 0, &[1]).unwrap(), ["o'k"]);
        let mut batch = RowBatch::with_capacity(1, 8);
        batch.push_text(&[0xff]);
        assert_eq!(key_texts(&batch, 0, &[0]), None);
    }
}

//! Rows to MySQL: LOAD DATA's text, and a row as a VALUES tuple where LOCAL is refused.
//!
//! The text is the statement's default form: fields end with a tab, rows with a newline, `\`
//! escapes, `\N` is NULL. The statement says `CHARACTER SET utf8mb4`; bytes would have to be valid
//! in it, so binary values travel as hexadecimal digits and BIT as a number, both through a
//! variable.

use super::super::fault::Fault;
use super::super::name::{Dialect, ObjectName};
use super::super::plan::TablePlan;
use super::super::sql::quote;
use super::super::value::{CellRef, RowBatch, WireForm};
use super::mysql_text::MysqlCoder;
use super::mysql_type::MysqlKind;
use super::unfit;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes rows of one table for a MySQL target. One encoder serves one chunk: it counts rows, to
/// say which one does not fit.
pub struct LoadDataEncoder {
    table: ObjectName,
    columns: Vec<MysqlCoder>,
    rows_done: u64,
    scratch: Vec<u8>,
}

/// How a cell is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Text,
    Hex,
    Number,
}

fn notation(column: &MysqlCoder) -> Notation {
    match column.kind {
        MysqlKind::Bits { .. } => Notation::Number,
        ref kind if kind.is_binary() => Notation::Hex,
        _ => Notation::Text,
    }
}

impl LoadDataEncoder {
    #[must_use]
    pub fn new(table: &TablePlan) -> LoadDataEncoder {
        LoadDataEncoder {
            table: table.source.clone(),
            columns: table.columns.iter().map(MysqlCoder::new).collect(),
            rows_done: 0,
            scratch: Vec::new(),
        }
    }

    /// The end of the LOAD DATA statement: ``(`a`, @v1) SET `b` = UNHEX(@v1)``.
    #[must_use]
    pub fn column_clause(&self) -> String {
        let mut fields = Vec::with_capacity(self.columns.len());
        let mut sets = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let name = quote(Dialect::Mysql, &column.target_name);
            match notation(column) {
                Notation::Text => fields.push(name),
                Notation::Hex => {
                    fields.push(format!("@v{at}"));
                    sets.push(format!("{name} = UNHEX(@v{at})"));
                }
                Notation::Number => {
                    fields.push(format!("@v{at}"));
                    sets.push(format!("{name} = CAST(@v{at} AS UNSIGNED)"));
                }
            }
        }
        if sets.is_empty() {
            format!("({})", fields.join(", "))
        } else {
            format!("({}) SET {}", fields.join(", "), sets.join(", "))
        }
    }

    /// The columns of an INSERT whose rows [`Self::tuple`] spells: ``(`a`, `b`)``.
    #[must_use]
    pub fn insert_columns(&self) -> String {
        let names = self.columns.iter().map(|column| quote(Dialect::Mysql, &column.target_name));
        format!("({})", names.collect::<Vec<_>>().join(", "))
    }

    /// Appends all rows of `batch` as LOAD DATA text.
    ///
    /// # Errors
    /// `ValueUnfit` with table, column and row; `out` is then useless.
    pub fn rows(&mut self, batch: &RowBatch, out: &mut Vec<u8>) -> Result<(), Fault> {
        debug_assert!(batch.is_empty() || batch.columns() == self.columns.len());
        for row in 0..batch.rows() {
            self.rows_done += 1;
            for at in 0..self.columns.len() {
                if at > 0 {
                    out.push(b'\t');
                }
                self.field(at, batch.cell(row, at), batch.form(), out)?;
            }
            out.push(b'\n');
        }
        Ok(())
    }

    fn field(
        &mut self,
        at: usize,
        cell: CellRef<'_>,
        form: WireForm,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let column = &self.columns[at];
        match column.spell(cell, form, &mut self.scratch) {
            Ok(None) => out.extend_from_slice(b"\\N"),
            Ok(Some(value)) => match notation(column) {
                Notation::Text => escape_field(value, out),
                Notation::Hex => put_hex(value, out),
                Notation::Number => out.extend_from_slice(value),
            },
            Err(why) => return Err(unfit(&self.table, &column.name, self.rows_done, why)),
        }
        Ok(())
    }

    /// Appends row `row` of `batch` as `(…, …)` for an INSERT. The session must read backslashes
    /// in literals as escapes (no `NO_BACKSLASH_ESCAPES`) and speak utf8mb4.
    ///
    /// # Errors
    /// `ValueUnfit` with table, column and row; `out` is then useless.
    pub fn tuple(&mut self, batch: &RowBatch, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.rows_done += 1;
        out.push(b'(');
        for at in 0..self.columns.len() {
            if at > 0 {
                out.push(b',');
            }
            self.literal(at, batch.cell(row, at), batch.form(), out)?;
        }
        out.push(b')');
        Ok(())
    }

    /// The cells of row `row` of `batch` as literals, for a session as [`Self::tuple`] needs it.
    ///
    /// # Errors
    /// `ValueUnfit` with table, column and row.
    pub fn literals(&mut self, batch: &RowBatch, row: usize) -> Result<Vec<Vec<u8>>, Fault> {
        self.rows_done += 1;
        let mut all = Vec::with_capacity(self.columns.len());
        for at in 0..self.columns.len() {
            let mut one = Vec::new();
            self.literal(at, batch.cell(row, at), batch.form(), &mut one)?;
            all.push(one);
        }
        Ok(all)
    }

    fn literal(
        &mut self,
        at: usize,
        cell: CellRef<'_>,
        form: WireForm,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let column = &self.columns[at];
        match column.spell(cell, form, &mut self.scratch) {
            Ok(None) => out.extend_from_slice(b"NULL"),
            Ok(Some(value)) => match notation(column) {
                Notation::Text => put_literal(value, out),
                Notation::Hex => {
                    out.extend_from_slice(b"x'");
                    put_hex(value, out);
                    out.push(b'\'');
                }
                Notation::Number => out.extend_from_slice(value),
            },
            Err(why) => return Err(unfit(&self.table, &column.name, self.rows_done, why)),
        }
        Ok(())
    }

    /// Rows spelled so far, refused ones included.
    #[must_use]
    pub fn rows_done(&self) -> u64 {
        self.rows_done
    }
}

pub(crate) fn put_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 15)]);
    }
}

/// What LOAD DATA gives a meaning to: `\`, tab and newline.
fn escape_field(text: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for at in memchr::memchr3_iter(b'\\', b'\t', b'\n', text) {
        out.extend_from_slice(&text[from..at]);
        out.push(b'\\');
        out.push(match text[at] {
            b'\t' => b't',
            b'\n' => b'n',
            other => other,
        });
        from = at + 1;
    }
    out.extend_from_slice(&text[from..]);
}

/// `'o\'clock'`.
fn put_literal(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    let mut from = 0;
    for at in memchr::memchr3_iter(b'\\', b'\'', 0, text) {
        out.extend_from_slice(&text[from..at]);
        out.push(b'\\');
        out.push(if text[at] == 0 { b'0' } else { text[at] });
        from = at + 1;
    }
    out.extend_from_slice(&text[from..]);
    out.push(b'\'');
}

//! The canonical text of a row: equal for equal rows of two engines, different for different ones.
//!
//! A cell is `N;` for NULL, else `<bytes>:<text>;`: lengths in front keep neighbours apart whatever
//! they hold. Between equal engines and equal types the text is the server's own, or the file's own
//! value with its storage class, which is part of it; else it is [`crate::core::canon`]'s.

use super::super::canon::CellCanon;
use super::super::fault::Side;
use super::super::mapping::Transform;
use super::super::name::Dialect;
use super::super::plan::{ColumnPlan, TablePlan};
use super::super::value::{CellRef, RowBatch, WireForm};
use super::{RowHash, keys_of};

/// How a column's cells are spelled.
#[derive(Clone, Debug)]
enum Spelling {
    Same,
    Canonical(CellCanon),
}

/// Spells the rows of one side of one table and hashes them.
#[derive(Debug)]
pub struct RowTexts {
    columns: Vec<Spelling>,
    key: Option<Vec<usize>>,
    text: Vec<u8>,
    cell: Vec<u8>,
    key_text: Vec<u8>,
    ends: Vec<usize>,
}

impl RowTexts {
    /// For the rows that `side` of `plan` has.
    #[must_use]
    pub fn new(plan: &TablePlan, ends: (Dialect, Dialect), side: Side) -> RowTexts {
        let spelling = |column| spelling_of(column, ends, side);
        RowTexts {
            columns: plan.columns.iter().map(spelling).collect(),
            key: keys_of(plan),
            text: Vec::new(),
            cell: Vec::new(),
            key_text: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The hashes of the key (of the row, without a key) and of the row, and the text's length.
    pub fn hash(&mut self, batch: &RowBatch, row: usize) -> (RowHash, RowHash, u64) {
        self.text.clear();
        self.ends.clear();
        for (at, column) in self.columns.iter().enumerate() {
            self.cell.clear();
            match column.put(batch.cell(row, at), batch.form(), &mut self.cell) {
                false => self.text.extend_from_slice(b"N;"),
                true => {
                    let mut length = itoa::Buffer::new();
                    self.text.extend_from_slice(length.format(self.cell.len()).as_bytes());
                    self.text.push(b':');
                    self.text.extend_from_slice(&self.cell);
                    self.text.push(b';');
                }
            }
            self.ends.push(self.text.len());
        }
        let whole = RowHash::of(&self.text);
        let key = match &self.key {
            None => whole,
            Some(columns) => {
                self.key_text.clear();
                for column in columns {
                    let cell = cell_of(&self.text, &self.ends, *column);
                    self.key_text.extend_from_slice(cell);
                }
                RowHash::of(&self.key_text)
            }
        };
        (key, whole, self.text.len() as u64)
    }

    /// The hash of each cell of the row that was hashed last.
    #[must_use]
    pub fn cells(&self) -> Vec<RowHash> {
        let cell = |column| RowHash::of(cell_of(&self.text, &self.ends, column));
        (0..self.ends.len()).map(cell).collect()
    }
}

fn cell_of<'a>(text: &'a [u8], ends: &[usize], column: usize) -> &'a [u8] {
    let from = column.checked_sub(1).map_or(0, |before| ends[before]);
    &text[from..ends[column]]
}

fn spelling_of(column: &ColumnPlan, (from, to): (Dialect, Dialect), side: Side) -> Spelling {
    let alike = from == to
        && column.source_declared == column.target_declared
        && column.transform == Transform::default();
    match alike {
        true => Spelling::Same,
        false => Spelling::Canonical(CellCanon::for_column(column, side)),
    }
}

impl Spelling {
    /// Appends the cell's text. False: it is NULL.
    fn put(&self, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> bool {
        match self {
            Spelling::Canonical(canon) => canon.put(cell, form, out),
            Spelling::Same => put_stored(cell, out),
        }
    }
}

/// The value with its storage class, which is part of it.
fn put_stored(cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    match cell {
        CellRef::Null => return false,
        CellRef::Int(value) => {
            out.push(b'i');
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }
        CellRef::Real(value) => {
            out.push(b'r');
            out.extend_from_slice(&value.to_bits().to_be_bytes());
        }
        CellRef::Text(text) => {
            out.push(b't');
            out.extend_from_slice(text);
        }
        CellRef::Blob(bytes) => {
            out.push(b'b');
            out.extend_from_slice(bytes);
        }
    }
    true
}

/// A cell for people who asked for values: text as it is, bytes in hexadecimal.
#[must_use]
pub fn shown_cell(cell: CellRef<'_>) -> Option<String> {
    match cell {
        CellRef::Null => None,
        CellRef::Int(value) => Some(value.to_string()),
        CellRef::Real(value) => Some(format!("{value:?}")),
        CellRef::Text(text) => Some(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => hex_of(text),
        }),
        CellRef::Blob(bytes) => Some(hex_of(bytes)),
    }
}

fn hex_of(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\\x{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(cell: CellRef<'_>) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        put_stored(cell, &mut out).then_some(out)
    }

    #[test]
    fn a_stored_class_is_part_of_the_value() {
        assert_ne!(stored(CellRef::Int(1)), stored(CellRef::Text(b"1")));
        assert_ne!(stored(CellRef::Int(1)), stored(CellRef::Real(1.0)));
        assert_ne!(stored(CellRef::Blob(b"1")), stored(CellRef::Text(b"1")));
        assert_ne!(stored(CellRef::Null), stored(CellRef::Text(b"")));
    }

    #[test]
    fn neighbours_are_kept_apart() {
        let texts = || RowTexts {
            columns: vec![Spelling::Same, Spelling::Same],
            key: Some(vec![0]),
            text: Vec::new(),
            cell: Vec::new(),
            key_text: Vec::new(),
            ends: Vec::new(),
        };
        let row = |cells: [&[u8]; 2]| {
            let mut batch = RowBatch::with_capacity(2, 0);
            cells.iter().for_each(|cell| batch.push_text(cell));
            texts().hash(&batch, 0)
        };
        assert_ne!(row([b"a", b"bc"]).1, row([b"ab", b"c"]).1);
        assert_eq!(row([b"a", b"bc"]).0, row([b"a", b"x"]).0, "the key alone");
        assert_ne!(row([b"", b"N;"]).1, row([b"N;", b""]).1);
    }
}

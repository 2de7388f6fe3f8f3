//! A group of rows as one flat buffer: what the conventional path carries between two engines.
//!
//! No allocation per cell: cells are (tag, start, length) into one byte vector. Integers and reals
//! are 8 bytes little-endian; text and blobs are the bytes the source sent.

/// The storage form of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellTag {
    Null,
    /// `i64`, little-endian.
    Int,
    /// `f64`, little-endian bits.
    Real,
    /// Text in the source's wire form, UTF-8 unless the table's plan says otherwise.
    Text,
    Blob,
}

/// Whose text the cells of a batch hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WireForm {
    /// Tagged values as SQLite stores them; text is the stored text.
    #[default]
    Native,
    /// Every cell is Null or the text PostgreSQL prints in COPY, escapes already undone.
    CopyText,
    /// Null, the text MySQL prints in its text protocol under a UTC session (Text), or the bytes of
    /// a binary column (Blob: BINARY, VARBINARY, BLOBs, BIT, spatial types).
    MysqlText,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    tag: CellTag,
    start: u32,
    len: u32,
}

/// One cell, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// Rows of one table, all with the same number of columns.
#[derive(Clone, Debug, Default)]
pub struct RowBatch {
    columns: usize,
    /// Rows of a table without columns to copy: they have no cells and are rows all the same.
    bare_rows: usize,
    form: WireForm,
    bytes: Vec<u8>,
    cells: Vec<Cell>,
}

impl RowBatch {
    /// An empty batch for rows of `columns` cells with room for `bytes_capacity` bytes.
    #[must_use]
    pub fn with_capacity(columns: usize, bytes_capacity: usize) -> RowBatch {
        RowBatch {
            columns,
            bare_rows: 0,
            form: WireForm::Native,
            bytes: Vec::with_capacity(bytes_capacity),
            cells: Vec::with_capacity(bytes_capacity / 16),
        }
    }

    fn push(&mut self, tag: CellTag, data: &[u8]) {
        // A batch is cut at a byte budget far below 4 GiB; one cell has at most 1 GiB anywhere.
        let start = u32::try_from(self.bytes.len()).expect("a batch stays below 4 GiB");
        let len = u32::try_from(data.len()).expect("a cell stays below 4 GiB");
        self.bytes.extend_from_slice(data);
        self.cells.push(Cell { tag, start, len });
    }

    /// A row of a table without columns to copy.
    pub fn push_bare_row(&mut self) {
        debug_assert_eq!(self.columns, 0, "rows of this batch have cells");
        self.bare_rows += 1;
    }

    pub fn push_null(&mut self) {
        self.push(CellTag::Null, &[]);
    }

    pub fn push_int(&mut self, value: i64) {
        self.push(CellTag::Int, &value.to_le_bytes());
    }

    pub fn push_real(&mut self, value: f64) {
        self.push(CellTag::Real, &value.to_bits().to_le_bytes());
    }

    pub fn push_text(&mut self, text: &[u8]) {
        self.push(CellTag::Text, text);
    }

    pub fn push_blob(&mut self, blob: &[u8]) {
        self.push(CellTag::Blob, blob);
    }

    /// Appends a text cell that `write` spells directly into the batch.
    pub fn push_text_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.bytes.len();
        write(&mut self.bytes);
        let start = u32::try_from(begin).expect("a batch stays below 4 GiB");
        let len =
            u32::try_from(self.bytes.len() - begin).expect("a cell stays below 4 GiB and grows");
        self.cells.push(Cell { tag: CellTag::Text, start, len });
    }

    #[must_use]
    pub fn form(&self) -> WireForm {
        self.form
    }

    /// Says whose text the cells are; set by the reader that fills the batch.
    pub fn set_form(&mut self, form: WireForm) {
        self.form = form;
    }

    /// Cells held, for limits on rows that are all NULL.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// Whole rows held.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(self.bare_rows)
    }

    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Some of the rows as a batch of their own.
    #[must_use]
    pub fn copy_rows(&self, rows: std::ops::Range<usize>) -> RowBatch {
        let cells = &self.cells[rows.start * self.columns..rows.end * self.columns];
        let mut copy = RowBatch {
            columns: self.columns,
            bare_rows: if self.columns == 0 { rows.len() } else { 0 },
            form: self.form,
            bytes: Vec::new(),
            cells: Vec::with_capacity(cells.len()),
        };
        for cell in cells {
            let data = &self.bytes[cell.start as usize..cell.start as usize + cell.len as usize];
            copy.push(cell.tag, data);
        }
        copy
    }

    /// Bytes of cell data held: what the byte budget of a batch counts.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.bare_rows == 0
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.cells.clear();
        self.bare_rows = 0;
    }

    /// The cell at (`row`, `column`). Panics when out of range, as slices do.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> CellRef<'_> {
        let cell = self.cells[row * self.columns + column];
        let data = &self.bytes[cell.start as usize..cell.start as usize + cell.len as usize];
        let eight = || <[u8; 8]>::try_from(data).expect("numbers are stored in eight bytes");
        match cell.tag {
            CellTag::Null => CellRef::Null,
            CellTag::Int => CellRef::Int(i64::from_le_bytes(eight())),
            CellTag::Real => CellRef::Real(f64::from_bits(u64::from_le_bytes(eight()))),
            CellTag::Text => CellRef::Text(data),
            CellTag::Blob => CellRef::Blob(data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let mut batch = RowBatch::with_capacity(3, 64);
        batch.push_int(-7);
        batch.push_null();
        batch.push_text("ä".as_bytes());
        batch.push_real(f64::NEG_INFINITY);
        batch.push_blob(&[0, 255]);
        batch.push_text(b"");
        assert_eq!(batch.rows(), 2);
        assert_eq!(batch.cell(0, 0), CellRef::Int(-7));
        assert_eq!(batch.cell(0, 1), CellRef::Null);
        assert_eq!(batch.cell(0, 2), CellRef::Text("ä".as_bytes()));
        assert_eq!(batch.cell(1, 0), CellRef::Real(f64::NEG_INFINITY));
        assert_eq!(batch.cell(1, 1), CellRef::Blob(&[0, 255]));
        assert_eq!(batch.cell(1, 2), CellRef::Text(b""));
    }
}

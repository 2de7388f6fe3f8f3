//! Rows of differing buckets, held until both sides are in, and what is different about them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::value::{CellRef, RowBatch};
use super::RowHash;

/// What is the matter with one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The target lacks it.
    Missing,
    /// Only the target has it.
    Extra,
    /// Both have the key with different values.
    Different,
}

impl Change {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Change::Missing => "missing",
            Change::Extra => "extra",
            Change::Different => "different",
        }
    }
}

/// One differing row, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub change: Change,
    /// The key's values in its columns' order, or the row's hash where there is no key.
    pub key: Vec<String>,
    pub has_key: bool,
    /// Source names of the columns that differ.
    pub columns: Vec<String>,
}

/// A row that is held whole.
#[derive(Clone, Debug)]
struct Held {
    row: RowHash,
    /// Of each cell's canonical text.
    cells: Vec<RowHash>,
    at: usize,
    /// Times it is there.
    times: u64,
}

/// Both sides' rows of the buckets that are looked at now.
#[derive(Debug)]
pub struct Candidates {
    /// Buckets taken in this round.
    wanted: BTreeSet<usize>,
    source: Side,
    target: Side,
}

#[derive(Debug, Default)]
struct Side {
    held: BTreeMap<RowHash, Held>,
    rows: RowBatch,
}

impl Side {
    fn keep(
        &mut self,
        key: RowHash,
        row: RowHash,
        cells: Vec<RowHash>,
        from: &RowBatch,
        at: usize,
    ) {
        if let Some(held) = self.held.get_mut(&key) {
            held.times += 1;
            return;
        }
        if self.rows.columns() != from.columns() {
            self.rows = RowBatch::with_capacity(from.columns(), 0);
        }
        self.rows.set_form(from.form());
        append(&mut self.rows, from, at);
        let at = self.held.len();
        self.held.insert(key, Held { row, cells, at, times: 1 });
    }
}

/// Copies one row of `from` behind the rows of `to`.
fn append(to: &mut RowBatch, from: &RowBatch, row: usize) {
    if from.columns() == 0 {
        to.push_bare_row();
    }
    for column in 0..from.columns() {
        match from.cell(row, column) {
            CellRef::Null => to.push_null(),
            CellRef::Int(value) => to.push_int(value),
            CellRef::Real(value) => to.push_real(value),
            CellRef::Text(text) => to.push_text(text),
            CellRef::Blob(blob) => to.push_blob(blob),
        }
    }
}

/// One differing row with where its values are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub change: Change,
    pub key: RowHash,
    /// Row number among the rows held of the source, of the target.
    pub source: Option<usize>,
    pub target: Option<usize>,
    /// How many rows it stands for: more than one only without a key.
    pub times: u64,
}

impl Candidates {
    #[must_use]
    pub fn new(wanted: impl IntoIterator<Item = usize>) -> Candidates {
        Candidates {
            wanted: wanted.into_iter().collect(),
            source: Side::default(),
            target: Side::default(),
        }
    }

    #[must_use]
    pub fn wants(&self, bucket: usize) -> bool {
        self.wanted.contains(&bucket)
    }

    /// Takes one side's row; `cells` are the hashes of its cells.
    pub fn keep(
        &mut self,
        of_source: bool,
        (key, row): (RowHash, RowHash),
        cells: Vec<RowHash>,
        (from, at): (&RowBatch, usize),
    ) {
        let side = if of_source { &mut self.source } else { &mut self.target };
        side.keep(key, row, cells, from, at);
    }

    /// Rows held of the source, all columns.
    #[must_use]
    pub fn source_rows(&self) -> &RowBatch {
        &self.source.rows
    }

    /// Rows held of the target, all columns.
    #[must_use]
    pub fn target_rows(&self) -> &RowBatch {
        &self.target.rows
    }

    /// What differs, in the order of the keys' hashes.
    #[must_use]
    pub fn found(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for (key, here) in &self.source.held {
            let there = self.target.held.get(key);
            let (change, times) = match there {
                None => (Change::Missing, here.times),
                Some(there) if there.row != here.row => (Change::Different, 1),
                Some(there) if there.times < here.times => {
                    (Change::Missing, here.times - there.times)
                }
                Some(there) if there.times > here.times => {
                    (Change::Extra, there.times - here.times)
                }
                Some(_) => continue,
            };
            let (source, target) = (Some(here.at), there.map(|there| there.at));
            found.push(Found { change, key: *key, source, target, times });
        }
        for (key, there) in &self.target.held {
            if !self.source.held.contains_key(key) {
                found.push(Found {
                    change: Change::Extra,
                    key: *key,
                    source: None,
                    target: Some(there.at),
                    times: there.times,
                });
            }
        }
        found
    }

    /// Positions of the columns that differ between the two rows with this key.
    #[must_use]
    pub fn columns_that_differ(&self, key: RowHash) -> Vec<usize> {
        let (Some(here), Some(there)) = (self.source.held.get(&key), self.target.held.get(&key))
        else {
            return Vec::new();
        };
        let pairs = here.cells.iter().zip(&there.cells).enumerate();
        pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect()
    }
}

/// Rows of `from` at `rows`, with the columns at `columns` only.
#[must_use]
pub fn excerpt(from: &RowBatch, rows: impl Iterator<Item = usize>, columns: &[usize]) -> RowBatch {
    let mut taken = RowBatch::with_capacity(columns.len(), 0);
    taken.set_form(from.form());
    for row in rows {
        for column in columns {
            match from.cell(row, *column) {
                CellRef::Null => taken.push_null(),
                CellRef::Int(value) => taken.push_int(value),
                CellRef::Real(value) => taken.push_real(value),
                CellRef::Text(text) => taken.push_text(text),
                CellRef::Blob(blob) => taken.push_blob(blob),
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[&str]) -> RowBatch {
        let mut batch = RowBatch::with_capacity(values.len(), 0);
        values.iter().for_each(|value| batch.push_text(value.as_bytes()));
        batch
    }

    fn keep(candidates: &mut Candidates, of_source: bool, key: &str, values: &[&str]) {
        let batch = row(values);
        let cells = values.iter().map(|value| RowHash::of(value.as_bytes())).collect();
        let whole = RowHash::of(values.concat().as_bytes());
        candidates.keep(of_source, (RowHash::of(key.as_bytes()), whole), cells, (&batch, 0));
    }

    #[test]
    fn missing_extra_and_different_rows_are_told_apart() {
        let mut both = Candidates::new([0]);
        keep(&mut both, true, "1", &["1", "a", "x"]);
        keep(&mut both, true, "2", &["2", "b", "x"]);
        keep(&mut both, true, "4", &["4", "d", "x"]);
        keep(&mut both, false, "1", &["1", "a", "x"]);
        keep(&mut both, false, "2", &["2", "B", "x"]);
        keep(&mut both, false, "3", &["3", "c", "x"]);
        let mut changes: Vec<_> = both.found().iter().map(|f| (f.change, f.times)).collect();
        changes.sort();
        assert_eq!(changes, [(Change::Missing, 1), (Change::Extra, 1), (Change::Different, 1)]);
        assert_eq!(both.columns_that_differ(RowHash::of(b"2")), [1]);
        let different = both.found().into_iter().find(|f| f.change == Change::Different);
        let at = different.and_then(|f| f.source).expect("both sides have it");
        assert_eq!(both.source_rows().cell(at, 1), CellRef::Text(b"b"));
    }

    #[test]
    fn without_a_key_rows_are_counted_as_often_as_they_are_there() {
        let mut both = Candidates::new([0]);
        for _ in 0..3 {
            keep(&mut both, true, "same", &["same"]);
        }
        keep(&mut both, false, "same", &["same"]);
        let found = both.found();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].change, found[0].times), (Change::Missing, 2));
    }
}

//! Cuts a table into resumable ranges. Arithmetic only: bounds come from a driver's samples.

mod reject;

pub use reject::{RejectedRow, Rejects, cause_of};

use super::name::ObjectName;

/// Bytes a chunk aims at unless the operator says otherwise.
pub const CHUNK_BYTES_DEFAULT: u64 = 32 * 1024 * 1024;
/// Smallest chunk an operator may ask for: below this the transaction costs more than the rows.
pub const CHUNK_BYTES_MIN: u64 = 64 * 1024;
/// Largest: one chunk is one transaction on the target.
pub const CHUNK_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Most chunks one table is cut into; beyond, chunks grow. Bounds the memory of plan and console.
pub const CHUNKS_PER_TABLE_MAX: u64 = 100_000;

/// A chunk within its job: 0-based, in order of planning; tables hold consecutive ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId(pub u32);

/// The values of a key's columns as the database's own text; compared by the database, cast to the
/// column's type. Never empty.
pub type KeyValues = Vec<String>;

/// Which rows of a table a chunk holds. Lower bounds are inclusive, upper bounds exclusive; an
/// absent bound is open, so that the first and last chunk hold everything outside the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkRange {
    Whole,
    /// Row-wise comparison of `columns` with the bounds.
    Key {
        from: Option<KeyValues>,
        until: Option<KeyValues>,
    },
    /// PostgreSQL heap pages.
    Ctid {
        from_page: u64,
        until_page: Option<u64>,
    },
    /// SQLite rowid.
    Rowid {
        from: Option<i64>,
        until: Option<i64>,
    },
    /// The rows with exactly these keys, as long as they are there: rejected rows that are read
    /// again. None: no row.
    Keys(Vec<KeyValues>),
}

/// How one table is cut. Stored with the plan: a resumed job cuts nothing anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkMethod {
    Whole,
    /// Columns of a NOT NULL unique key, in key order.
    Key {
        columns: Vec<String>,
    },
    Ctid,
    Rowid,
}

impl ChunkMethod {
    /// Are ranges of one snapshot meaningless in another? (DESIGN 4.4)
    #[must_use]
    pub fn is_positional(&self) -> bool {
        match self {
            ChunkMethod::Ctid => true,
            // A lone whole-table chunk is redone whole, and a rowid of a table that has a rowid is
            // stable as long as nobody runs VACUUM on a table without INTEGER PRIMARY KEY.
            ChunkMethod::Whole | ChunkMethod::Key { .. } => false,
            ChunkMethod::Rowid => true,
        }
    }

    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            ChunkMethod::Whole => "whole table",
            ChunkMethod::Key { .. } => "key",
            ChunkMethod::Ctid => "ctid",
            ChunkMethod::Rowid => "rowid",
        }
    }
}

/// A chunk before anything happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChunk {
    pub range: ChunkRange,
    /// Estimates: bytes and rows this chunk is thought to hold.
    pub bytes: u64,
    pub rows: u64,
}

/// Into how many chunks a table of `bytes` goes.
#[must_use]
pub fn parts_of(bytes: u64, chunk_bytes: u64) -> u64 {
    let chunk_bytes = std::cmp::max(chunk_bytes, CHUNK_BYTES_MIN);
    bytes.div_ceil(chunk_bytes).clamp(1, CHUNKS_PER_TABLE_MAX)
}

/// Key ranges from sorted inner bounds: n bounds make n + 1 chunks. Equal neighbours are dropped.
#[must_use]
pub fn key_ranges(bounds: &[KeyValues]) -> Vec<ChunkRange> {
    let mut inner: Vec<&KeyValues> = bounds.iter().collect();
    inner.dedup();
    if inner.is_empty() {
        return vec![ChunkRange::Whole];
    }
    let starts = std::iter::once(None).chain(inner.iter().map(|b| Some((*b).clone())));
    let ends = inner.iter().map(|b| Some((*b).clone())).chain(std::iter::once(None));
    starts.zip(ends).map(|(from, until)| ChunkRange::Key { from, until }).collect()
}

/// Equal ctid ranges over `pages`; the last is open.
#[must_use]
pub fn ctid_ranges(pages: u64, parts: u64) -> Vec<ChunkRange> {
    let parts = parts.clamp(1, std::cmp::max(pages, 1));
    if parts == 1 {
        return vec![ChunkRange::Whole];
    }
    (0..parts)
        .map(|i| ChunkRange::Ctid {
            from_page: pages * i / parts,
            until_page: (i + 1 < parts).then(|| pages * (i + 1) / parts),
        })
        .collect()
}

/// Rowid ranges from sorted inner bounds.
#[must_use]
pub fn rowid_ranges(bounds: &[i64]) -> Vec<ChunkRange> {
    let mut inner = bounds.to_vec();
    inner.dedup();
    if inner.is_empty() {
        return vec![ChunkRange::Whole];
    }
    let starts = std::iter::once(None).chain(inner.iter().copied().map(Some));
    let ends = inner.iter().copied().map(Some).chain(std::iter::once(None));
    starts.zip(ends).map(|(from, until)| ChunkRange::Rowid { from, until }).collect()
}

/// Spreads a table's estimate evenly over its ranges.
#[must_use]
pub fn spread(ranges: Vec<ChunkRange>, bytes: u64, rows: u64) -> Vec<PlannedChunk> {
    let count = ranges.len() as u64;
    let share = |total: u64, i: u64| total * (i + 1) / count - total * i / count;
    ranges
        .into_iter()
        .zip(0..)
        .map(|(range, i)| PlannedChunk { range, bytes: share(bytes, i), rows: share(rows, i) })
        .collect()
}

/// What a driver is asked for: inner bounds that cut `table` into about `parts` equal pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundsRequest {
    pub table: ObjectName,
    pub method: ChunkMethod,
    pub parts: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> KeyValues {
        vec![text.to_owned()]
    }

    #[test]
    fn key_ranges_cover_everything_once() {
        let ranges = key_ranges(&[key("5"), key("5"), key("9")]);
        assert_eq!(
            ranges,
            vec![
                ChunkRange::Key { from: None, until: Some(key("5")) },
                ChunkRange::Key { from: Some(key("5")), until: Some(key("9")) },
                ChunkRange::Key { from: Some(key("9")), until: None },
            ]
        );
        assert_eq!(key_ranges(&[]), vec![ChunkRange::Whole]);
    }

    #[test]
    fn ctid_ranges_touch_and_the_last_is_open() {
        let ranges = ctid_ranges(10, 3);
        assert_eq!(
            ranges,
            vec![
                ChunkRange::Ctid { from_page: 0, until_page: Some(3) },
                ChunkRange::Ctid { from_page: 3, until_page: Some(6) },
                ChunkRange::Ctid { from_page: 6, until_page: None },
            ]
        );
        assert_eq!(ctid_ranges(0, 8), vec![ChunkRange::Whole]);
    }

    #[test]
    fn shares_add_up() {
        let chunks = spread(ctid_ranges(100, 7), 1000, 33);
        assert_eq!(chunks.iter().map(|c| c.bytes).sum::<u64>(), 1000);
        assert_eq!(chunks.iter().map(|c| c.rows).sum::<u64>(), 33);
    }

    #[test]
    fn part_counts_are_bounded() {
        assert_eq!(parts_of(0, CHUNK_BYTES_DEFAULT), 1);
        assert_eq!(parts_of(CHUNK_BYTES_DEFAULT + 1, CHUNK_BYTES_DEFAULT), 2);
        assert_eq!(parts_of(u64::MAX, 1), CHUNKS_PER_TABLE_MAX);
    }
}

//! How each table is cut, and what must be sampled for it.

use super::super::catalog::{Identity, Key, LogicalType, Server, Table, TableKind};
use super::super::chunk::{
    BoundsRequest, ChunkMethod, ChunkRange, KeyValues, PlannedChunk, ctid_ranges, key_ranges,
    parts_of, rowid_ranges, spread,
};
use super::super::name::Dialect;

/// Below this |correlation| a key's order says nothing about where rows lie: reading by key would
/// fetch a page per row, so the heap is cut by position instead.
const CORRELATION_MIN: f32 = 0.3;

/// First PostgreSQL with TID range scans; before, each ctid range would read the whole table.
const PG_TID_RANGE_SCAN: u32 = 140_000;

/// One table's cutting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Decides what happens when a snapshot is lost (`ChunkMethod::is_positional`).
    pub method: ChunkMethod,
    /// What the driver samples: rowids also serve a table cut by its INTEGER PRIMARY KEY.
    pub sample: ChunkMethod,
    pub parts: u64,
    /// Why: a phrase for the plan.
    pub reason: &'static str,
}

/// Chooses by size, keys and engine.
#[must_use]
pub fn choose_cut(server: &Server, table: &Table, chunk_bytes: u64) -> Cut {
    let parts = parts_of(table.estimate.bytes, chunk_bytes);
    let whole =
        |reason| Cut { method: ChunkMethod::Whole, sample: ChunkMethod::Whole, parts: 1, reason };
    // One and a half chunks are one chunk: a short second one costs more than it brings.
    if table.estimate.bytes <= chunk_bytes.saturating_add(chunk_bytes / 2) {
        return whole("smaller than a chunk");
    }
    if table.kind != TableKind::Plain {
        return whole("holds no rows of its own");
    }
    let cut = |method: ChunkMethod, reason| Cut { sample: method.clone(), method, parts, reason };
    match server.dialect {
        Dialect::Sqlite => sqlite_cut(table, parts).unwrap_or_else(|| whole("no rowid and no key")),
        Dialect::Mysql => match mysql_key(table) {
            Some(columns) => cut(ChunkMethod::Key { columns }, "unique key"),
            None => whole("no usable key"),
        },
        Dialect::Postgres => {
            // Emptying a table to load its positions anew is no use when its rows are spread over
            // other tables: such a table is never cut by position.
            let ctid = server.version_num >= PG_TID_RANGE_SCAN && table.load_through.is_none();
            match usable_key(table) {
                Some(key) if ctid && is_scattered(key) => {
                    cut(ChunkMethod::Ctid, "key order and heap order differ")
                }
                Some(key) => cut(ChunkMethod::Key { columns: key.columns.clone() }, "unique key"),
                None if ctid => cut(ChunkMethod::Ctid, "no usable key"),
                None => whole("no usable key"),
            }
        }
    }
}

fn sqlite_cut(table: &Table, parts: u64) -> Option<Cut> {
    if table.without_rowid {
        let columns = usable_key(table)?.columns.clone();
        let method = ChunkMethod::Key { columns };
        return Some(Cut { sample: method.clone(), method, parts, reason: "primary key" });
    }
    let alias = table.columns.iter().find(|c| c.identity == Some(Identity::Auto));
    let (method, reason) = match alias {
        // The rowid under another name: VACUUM keeps it, so ranges outlive a snapshot.
        Some(column) => (ChunkMethod::Key { columns: vec![column.name.clone()] }, "rowid key"),
        None => (ChunkMethod::Rowid, "no INTEGER PRIMARY KEY"),
    };
    Some(Cut { method, sample: ChunkMethod::Rowid, parts, reason })
}

/// The first key that can cut: the primary key when there is one.
fn usable_key(table: &Table) -> Option<&Key> {
    table.keys.iter().find(|k| k.not_null && !k.columns.is_empty())
}

/// The columns that cut a table of MySQL: of the first key without NULLs (the catalogue puts the
/// one that orders the rows on disk first), as many from its beginning as compare exactly with a
/// literal. ENUM and SET compare by number and sort by number but are shown as text; a FLOAT equals
/// nothing that is written.
fn mysql_key(table: &Table) -> Option<Vec<String>> {
    let exact = |name: &&String| {
        table.column(name).is_some_and(|column| {
            matches!(
                column.logical,
                LogicalType::Int { .. }
                    | LogicalType::Decimal { .. }
                    | LogicalType::Text { .. }
                    | LogicalType::Bytes { .. }
                    | LogicalType::Date
                    | LogicalType::TimeSpan
                    | LogicalType::Timestamp { .. }
                    | LogicalType::Uuid
                    | LogicalType::Year
                    | LogicalType::Bits { .. }
            )
        })
    };
    let keys = table.keys.iter().filter(|key| key.not_null);
    let mut cutting = keys.map(|key| key.columns.iter().take_while(exact).cloned().collect());
    cutting.find(|columns: &Vec<String>| !columns.is_empty())
}

fn is_scattered(key: &Key) -> bool {
    key.correlation.is_some_and(|c| c.abs() < CORRELATION_MIN)
}

/// What the driver must sample for `cut`; ctid ranges need arithmetic only.
#[must_use]
pub fn bounds_request(table: &Table, cut: &Cut) -> Option<BoundsRequest> {
    match cut.sample {
        ChunkMethod::Key { .. } | ChunkMethod::Rowid if cut.parts > 1 => Some(BoundsRequest {
            table: table.name.clone(),
            method: cut.sample.clone(),
            parts: cut.parts,
        }),
        ChunkMethod::Key { .. } | ChunkMethod::Rowid | ChunkMethod::Whole | ChunkMethod::Ctid => {
            None
        }
    }
}

/// The chunks of a table from its cut and the sampled bounds.
#[must_use]
pub fn cut_table(table: &Table, cut: &Cut, bounds: &[KeyValues]) -> Vec<PlannedChunk> {
    let ranges = match &cut.sample {
        ChunkMethod::Whole => vec![ChunkRange::Whole],
        ChunkMethod::Ctid => ctid_ranges(table.estimate.pages, cut.parts),
        ChunkMethod::Key { .. } => key_ranges(bounds),
        ChunkMethod::Rowid => {
            let inner: Vec<i64> = bounds.iter().filter_map(|b| b.first()?.parse().ok()).collect();
            rowid_ranges(&inner)
        }
    };
    spread(ranges, table.estimate.bytes, table.estimate.rows)
}

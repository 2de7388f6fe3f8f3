//! Rejected rows as the master table has them: plain data for views, files and lists.

use super::super::chunk::{ChunkId, KeyValues};
use super::super::plan::TableIndex;
use super::super::time::Timestamp;

/// A row in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRow {
    pub id: i64,
    pub table: TableIndex,
    pub chunk: ChunkId,
    pub key: Option<KeyValues>,
    pub column: Option<String>,
    pub code: Option<String>,
    pub message: String,
    pub detail: Option<String>,
    pub cause: String,
    pub row: Option<Vec<u8>>,
    pub row_bytes: u64,
    /// It is not at the source any more.
    pub gone: bool,
    /// It waits to be read again.
    pub in_retry: bool,
    pub at: Timestamp,
}

/// Rows of one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectGroup {
    pub cause: String,
    pub rows: u64,
    pub tables: u32,
    pub gone: bool,
    pub last_at: Timestamp,
}

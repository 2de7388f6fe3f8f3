//! What a verification found: figures of every chunk, and the first differing rows of each table.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::load::rows;
use super::{MasterTable, format, int, unsigned};
use crate::core::chunk::ChunkId;
use crate::core::fault::Fault;
use crate::core::plan::TableIndex;
use crate::core::time::Timestamp;
use crate::core::verify::{Change, Difference, Outcome};

/// Differing rows kept of one table; beyond, they are counted.
pub const ROWS_KEPT_PER_TABLE: u32 = 1_000;

/// One chunk's comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub chunk: ChunkId,
    pub table: TableIndex,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// It was copied again before this comparison.
    pub mended: bool,
}

/// The sums over the compared chunks of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComparedSums {
    pub equal: u32,
    pub differ: u32,
    pub mended: u32,
    pub source_rows: u64,
    pub target_rows: u64,
    pub missing: u64,
    pub extra: u64,
    pub different: u64,
    pub at_least: bool,
}

/// A differing row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedRow {
    pub chunk: ChunkId,
    /// Number of the chunk within its table, from 1.
    pub number: u32,
    pub table: TableIndex,
    pub difference: Difference,
}

impl MasterTable {
    /// Keeps comparisons, each instead of an earlier one of the same chunk. Repeating it is
    /// harmless.
    ///
    /// # Errors
    /// `Store`; then nothing of it is kept.
    pub fn record_compared(&mut self, compared: &[Compared]) -> Result<(), Fault> {
        self.write("save what was compared", |transaction| {
            compared.iter().try_for_each(|one| write_compared(transaction, one))
        })
    }

    /// Chunks of a table that differ.
    ///
    /// # Errors
    /// `Store`.
    pub fn differing_chunks(&self, table: TableIndex) -> Result<Vec<ChunkId>, Fault> {
        let sql = "select chunk_id from compared_chunk where table_id = ? \
                   and missing + extra + different + at_least > 0 order by chunk_id";
        rows(self, sql, [table.0], |row| Ok(ChunkId(row.get(0)?)))
    }

    /// Sums by table; tables nothing was compared of are absent.
    ///
    /// # Errors
    /// `Store`.
    pub fn compared_sums(&self) -> Result<BTreeMap<TableIndex, ComparedSums>, Fault> {
        let sql = "select table_id, \
                   sum(missing + extra + different + at_least = 0), \
                   sum(missing + extra + different + at_least > 0), \
                   sum(mended_at is not null), sum(source_rows), sum(target_rows), \
                   sum(missing), sum(extra), sum(different), max(at_least) \
                   from compared_chunk group by table_id";
        let sums = rows(self, sql, [], |row| {
            let number = |at| row.get::<_, i64>(at).map(unsigned);
            let sums = ComparedSums {
                equal: row.get(1)?,
                differ: row.get(2)?,
                mended: row.get(3)?,
                source_rows: number(4)?,
                target_rows: number(5)?,
                missing: number(6)?,
                extra: number(7)?,
                different: number(8)?,
                at_least: row.get(9)?,
            };
            Ok((TableIndex(row.get(0)?), sums))
        })?;
        Ok(sums.into_iter().collect())
    }

    /// Differing rows, of one table or of all, in the order of chunks.
    ///
    /// # Errors
    /// `Store`.
    pub fn compared_rows(
        &self,
        table: Option<TableIndex>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ComparedRow>, Fault> {
        let sql = "select r.chunk_id, k.number, r.table_id, r.change, r.row_key, r.has_key, \
                   r.columns from compared_row r join chunk k on k.id = r.chunk_id \
                   where ?1 is null or r.table_id = ?1 \
                   order by r.table_id, r.chunk_id, r.rowid limit ?3 offset ?2";
        rows(self, sql, params![table.map(|t| t.0), offset, limit], |row| {
            let change = match row.get::<_, String>(3)?.as_str() {
                "missing" => Change::Missing,
                "extra" => Change::Extra,
                "different" => Change::Different,
                other => return Err(format::damaged("a differing row", other).into()),
            };
            let difference = Difference {
                change,
                key: format::list_from("a key", &row.get::<_, String>(4)?)?,
                has_key: row.get(5)?,
                columns: format::list_from("columns", &row.get::<_, String>(6)?)?,
            };
            Ok(ComparedRow {
                chunk: ChunkId(row.get(0)?),
                number: row.get(1)?,
                table: TableIndex(row.get(2)?),
                difference,
            })
        })
    }
}

fn write_compared(transaction: &Transaction<'_>, compared: &Compared) -> rusqlite::Result<()> {
    let outcome = &compared.outcome;
    transaction
        .prepare_cached("delete from compared_row where chunk_id = ?")?
        .execute([compared.chunk.0])?;
    transaction
        .prepare_cached(
            "insert or replace into compared_chunk (chunk_id, table_id, compared_at, \
             source_rows, target_rows, source_digest, target_digest, missing, extra, different, \
             at_least, settled, mended_at) values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        )?
        .execute(params![
            compared.chunk.0,
            compared.table.0,
            compared.at.0,
            int(outcome.source.rows),
            int(outcome.target.rows),
            outcome.source.short(),
            outcome.target.short(),
            int(outcome.missing),
            int(outcome.extra),
            int(outcome.different),
            outcome.at_least,
            outcome.settled,
            compared.mended.then_some(compared.at.0),
        ])?;
    let kept: u32 = transaction
        .prepare_cached("select count(*) from compared_row where table_id = ?")?
        .query_row([compared.table.0], |row| row.get(0))?;
    let room = ROWS_KEPT_PER_TABLE.saturating_sub(kept) as usize;
    let mut insert = transaction.prepare_cached(
        "insert into compared_row (chunk_id, table_id, change, row_key, has_key, columns) \
         values (?,?,?,?,?,?)",
    )?;
    for row in outcome.rows.iter().take(room) {
        insert.execute(params![
            compared.chunk.0,
            compared.table.0,
            row.change.word(),
            format::list_text(&row.key),
            row.has_key,
            format::list_text(&row.columns),
        ])?;
    }
    Ok(())
}

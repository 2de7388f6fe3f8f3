//! Rejected rows: kept before the target commits, read by tables and causes.
//!
//! A row is in force when its chunk is processed under the handout that found it; the view
//! `rejected_rows` computes that, so that adopting, revoking or repeating a chunk needs no change
//! here. Rows of handouts that came to nothing are removed when the chunk is done again.

use rusqlite::{Row, Transaction, params};

use super::load::{ReadError, rows};
use super::{MasterTable, format, int, sqlite_fault, unsigned};
use crate::core::chunk::{ChunkId, RejectedRow, Rejects};
use crate::core::fault::Fault;
use crate::core::job::{Job, RejectGroup, RejectRow};
use crate::core::plan::TableIndex;
use crate::core::spec::BadRows;
use crate::core::time::Timestamp;

/// Whose rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectOwner {
    /// The table of the plan.
    pub table: TableIndex,
    pub chunk: ChunkId,
    pub handout: u32,
}

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectFilter {
    pub table: Option<TableIndex>,
    pub cause: Option<String>,
}

/// What a retry of a table's rows can take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retryable {
    pub table: TableIndex,
    /// With a key, and in no retry that is under way.
    pub named: u32,
    pub unnamed: u32,
}

const COLUMNS: &str = "id, table_id, chunk_id, row_key, column_name, code, message, detail, cause, \
    row_bytes, gone, retry_chunk is not null, at";

impl MasterTable {
    /// Keeps rows that a worker put aside. Durable when it returns, whatever happens to the
    /// machine: the target commits only then. Rows of earlier handouts of the chunk are removed:
    /// the target's ledger has told that they came to nothing.
    ///
    /// # Errors
    /// `Store`; then none of them is kept.
    pub fn keep_rejects(
        &mut self,
        owner: RejectOwner,
        list: &[RejectedRow],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let level = |table: &MasterTable, word: &str| {
            let set = table.connection.pragma_update(None, "synchronous", word);
            set.map_err(|e| sqlite_fault("keep rejected rows", &e))
        };
        level(self, "full")?;
        let kept = self.write("keep rejected rows", |transaction| {
            forget_others(transaction, owner.chunk, owner.handout)?;
            list.iter().try_for_each(|row| insert(transaction, owner, row, now))
        });
        level(self, "normal")?;
        kept
    }

    /// A page of rows in force, oldest first, with how many there are in all. `with_text`: the rows
    /// themselves as well.
    ///
    /// # Errors
    /// `Store`.
    pub fn rejects(
        &self,
        filter: &RejectFilter,
        offset: u64,
        limit: u64,
        with_text: bool,
    ) -> Result<(u64, Vec<RejectRow>), Fault> {
        let table = filter.table.map_or_else(|| "1".to_owned(), |t| format!("table_id = {}", t.0));
        let condition = format!("{table} and (?1 is null or cause = ?1)");
        let total = rows(
            self,
            &format!("select count(*) from rejected_rows where {condition}"),
            [&filter.cause],
            |row| Ok(unsigned(row.get(0)?)),
        )?;
        let text = if with_text { "row_text" } else { "null" };
        let page = rows(
            self,
            &format!(
                "select {COLUMNS}, {text} from rejected_rows where {condition} \
                 order by table_id, id limit {limit} offset {offset}"
            ),
            [&filter.cause],
            read_row,
        )?;
        Ok((total.first().copied().unwrap_or(0), page))
    }

    /// One row with its text.
    ///
    /// # Errors
    /// `Store`.
    pub fn reject(&self, id: i64) -> Result<Option<RejectRow>, Fault> {
        let sql = format!("select {COLUMNS}, row_text from rejected_rows where id = ?");
        Ok(rows(self, &sql, [id], read_row)?.pop())
    }

    /// Rows in force by cause, most first.
    ///
    /// # Errors
    /// `Store`.
    pub fn reject_groups(&self, table: Option<TableIndex>) -> Result<Vec<RejectGroup>, Fault> {
        let condition = table.map_or_else(|| "1".to_owned(), |t| format!("table_id = {}", t.0));
        rows(
            self,
            &format!(
                "select cause, count(*), count(distinct table_id), max(gone), max(at) \
                 from rejected_rows where {condition} group by cause, gone \
                 order by gone, count(*) desc, cause"
            ),
            [],
            |row| {
                Ok(RejectGroup {
                    cause: row.get(0)?,
                    rows: unsigned(row.get(1)?),
                    tables: row.get(2)?,
                    gone: row.get(3)?,
                    last_at: Timestamp(row.get(4)?),
                })
            },
        )
    }

    /// Tables with rejected rows in force, and what a retry could do for them.
    ///
    /// # Errors
    /// `Store`.
    pub fn retryable(&self) -> Result<Vec<Retryable>, Fault> {
        rows(
            self,
            "select table_id, sum(row_key is not null and retry_chunk is null), \
             sum(row_key is null) from rejected_rows where gone = 0 \
             group by table_id order by table_id",
            [],
            |row| {
                Ok(Retryable {
                    table: TableIndex(row.get(0)?),
                    named: row.get(1)?,
                    unnamed: row.get(2)?,
                })
            },
        )
    }

    /// Tables that rejected rows are known of, in force or not.
    ///
    /// # Errors
    /// `Store`.
    pub fn tables_with_rejects(&self) -> Result<Vec<TableIndex>, Fault> {
        rows(self, "select distinct table_id from reject order by 1", [], |row| {
            Ok(TableIndex(row.get(0)?))
        })
    }
}

fn read_row(row: &Row<'_>) -> Result<RejectRow, ReadError> {
    let key: Option<String> = row.get(3)?;
    Ok(RejectRow {
        id: row.get(0)?,
        table: TableIndex(row.get(1)?),
        chunk: ChunkId(row.get(2)?),
        key: key.map(|text| format::list_from("a key", &text)).transpose()?,
        column: row.get(4)?,
        code: row.get(5)?,
        message: row.get(6)?,
        detail: row.get(7)?,
        cause: row.get(8)?,
        row_bytes: unsigned(row.get(9)?),
        gone: row.get(10)?,
        in_retry: row.get(11)?,
        at: Timestamp(row.get(12)?),
        row: row.get(13)?,
    })
}

fn insert(
    transaction: &Transaction<'_>,
    owner: RejectOwner,
    row: &RejectedRow,
    now: Timestamp,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "insert into reject (table_id, chunk_id, handout, gone, row_key, column_name, code, \
             message, detail, cause, row_text, row_bytes, at) values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        )?
        .execute(params![
            owner.table.0,
            owner.chunk.0,
            owner.handout,
            row.gone,
            row.key.as_ref().map(format::list_text),
            row.column,
            row.code,
            row.message,
            row.detail,
            row.cause,
            row.row,
            int(row.row_bytes),
            now.0,
        ])?;
    Ok(())
}

fn forget_others(
    transaction: &Transaction<'_>,
    chunk: ChunkId,
    handout: u32,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("delete from reject where chunk_id = ? and handout <> ?")?
        .execute(params![chunk.0, handout])?;
    Ok(())
}

/// A chunk is processed: the rows of its handout are in force by that. The ledger's count is the
/// truth; a row that this file does not have (it was put back from a copy) is listed as unknown.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    job: &Job,
    chunk: ChunkId,
    rejects: Rejects,
    at: Timestamp,
) -> rusqlite::Result<()> {
    forget_others(transaction, chunk, rejects.handout)?;
    if rejects.count == 0 {
        return Ok(());
    }
    let known: u32 = transaction
        .prepare_cached(
            "select count(*) from reject where chunk_id = ? and handout = ? and gone = 0",
        )?
        .query_row(params![chunk.0, rejects.handout], |row| row.get(0))?;
    let table = job.root_of(job.chunks[chunk.0 as usize].table);
    let owner = RejectOwner { table, chunk, handout: rejects.handout };
    let message = "this file lost the row; load the table again".to_owned();
    let unknown =
        RejectedRow { cause: message.clone(), message, row: None, ..RejectedRow::default() };
    (known..rejects.count).try_for_each(|_| insert(transaction, owner, &unknown, at))
}

/// Retries of the family of `root` that have nothing to do any more: the rows they were to read
/// again are rejected where they were met first, until somebody asks for another retry.
pub(super) fn drop_retries(
    transaction: &Transaction<'_>,
    job: &Job,
    root: TableIndex,
) -> rusqlite::Result<()> {
    for id in job.family_chunks(root) {
        let chunk = &job.chunks[id.0 as usize];
        if chunk.keys > 0 || job.root_of(chunk.table) == chunk.table {
            continue;
        }
        transaction
            .prepare_cached("update reject set retry_chunk = null where retry_chunk = ?")?
            .execute([id.0])?;
        let (_, none, _) = format::range_parts(&crate::core::chunk::ChunkRange::Keys(Vec::new()));
        transaction
            .prepare_cached("update chunk set retry_keys = 0, range_from = ? where id = ?")?
            .execute(params![none, id.0])?;
    }
    Ok(())
}

/// A table with chunks that read rejected rows of `root` again, oldest first.
pub(super) fn write_retry(
    transaction: &Transaction<'_>,
    root: TableIndex,
    key: &[String],
    batches: &[u32],
) -> rusqlite::Result<()> {
    let next = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, u32>(0));
    let id = next("select max(id) + 1 from plan_table")?;
    let first = next("select max(id) + 1 from chunk")?;
    let name = free_name(transaction, root)?;
    transaction.execute(
        "insert into plan_table (id, source_schema, source_name, target_schema, target_name, path, \
         path_reason, method, method_columns, rows_estimated, bytes_estimated, pages_estimated, \
         target_unlogged, existing, overrides_identity, first_chunk, chunk_count, row_key, \
         row_filter, row_sample, row_sample_by, retry_of) select ?1, source_schema, ?2, target_schema, target_name, path, path_reason, \
         'key', ?3, ?4, 0, 0, target_unlogged, existing, overrides_identity, ?5, ?6, row_key, \
         row_filter, row_sample, row_sample_by, id from plan_table where id = ?7",
        params![
            id,
            name,
            format::list_text(&key),
            batches.iter().sum::<u32>(),
            first,
            batches.len() as u32,
            root.0,
        ],
    )?;
    for (number, keys) in (1_u32..).zip(batches) {
        write_batch(transaction, root, (id, first + number - 1, number), *keys)?;
    }
    Ok(())
}

/// What people call the retry: the table's name, and the first number that makes it unique.
fn free_name(transaction: &Transaction<'_>, root: TableIndex) -> rusqlite::Result<String> {
    let (schema, name): (String, String) = transaction.query_row(
        "select source_schema, source_name from plan_table where id = ?",
        [root.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut number = 1;
    loop {
        let label = format!("{name} retry {number}");
        let taken: bool = transaction.query_row(
            "select exists (select 1 from plan_table where source_schema = ? and source_name = ?)",
            [&schema, &label],
            |row| row.get(0),
        )?;
        if !taken {
            return Ok(label);
        }
        number += 1;
    }
}

fn write_batch(
    transaction: &Transaction<'_>,
    root: TableIndex,
    (table, chunk, number): (u32, u32, u32),
    keys: u32,
) -> rusqlite::Result<()> {
    let mut taken: Vec<(i64, String)> = Vec::new();
    let mut statement = transaction.prepare_cached(
        "select id, row_key from rejected_rows where table_id = ? and gone = 0 \
         and row_key is not null and retry_chunk is null order by id limit ?",
    )?;
    let mut found = statement.query(params![root.0, keys])?;
    while let Some(row) = found.next()? {
        taken.push((row.get(0)?, row.get(1)?));
    }
    let list: Vec<&str> = taken.iter().map(|(_, key)| key.as_str()).collect();
    // Each is a JSON list already.
    let range = format!("{{\"keys\":[{}]}}", list.join(","));
    transaction
        .prepare_cached(
            "insert into chunk (id, table_id, number, range_kind, range_from, rows_estimated, \
             bytes_estimated, retry_keys) values (?, ?, ?, 'key', ?, ?, 0, ?)",
        )?
        .execute(params![chunk, table, number, range, keys, keys])?;
    for (id, _) in &taken {
        transaction
            .prepare_cached("update reject set retry_chunk = ? where id = ?")?
            .execute(params![chunk, id])?;
    }
    Ok(())
}

/// Limits (per table, per job) as they are kept; none: a bad row fails its chunk.
pub(super) fn limits_of(bad_rows: BadRows) -> (Option<i64>, Option<i64>) {
    match bad_rows {
        BadRows::Fail => (None, None),
        BadRows::Reject { per_table, per_job } => (Some(int(per_table)), Some(int(per_job))),
    }
}

/// The other way.
pub(super) fn limits_from(per_table: Option<i64>, per_job: Option<i64>) -> BadRows {
    match (per_table, per_job) {
        (Some(per_table), Some(per_job)) => {
            BadRows::Reject { per_table: unsigned(per_table), per_job: unsigned(per_job) }
        }
        _ => BadRows::Fail,
    }
}

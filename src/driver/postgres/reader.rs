//! Reads chunks as COPY streams.
//!
//! The server sends one message per row. In binary form the header is glued to the first message
//! and the trailer is a message of its own (with the header when there are no rows), so rows are
//! counted without looking into them; the target's own count is compared with this one.
//! Blocks hold whole messages: a stream is only ever cut between rows.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::collections::HashMap;

use super::digest;
use super::key_order::KeyOrder;
use super::snapshot::{SAVEPOINT, SnapshotId};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{CopyFormat, DataPath, TablePlan};
use crate::core::sql::{self, ShapedRead};
use crate::core::value::RowBatch;
use crate::core::verify::Digest;
use crate::core::wire::CopyTextReader;
use crate::driver::pipe::BLOCK_BYTES;
use crate::driver::{Block, BlockSender, ChunkTask, DigestOver, SourceSession, reading};

/// Signature, flags and extension length.
pub(super) const BINARY_HEADER_BYTES: usize = 19;

/// The field count -1 that ends a binary stream.
pub(super) const BINARY_TRAILER: [u8; 2] = [0xff, 0xff];

/// Servers from here on find a range of heap pages without reading the others.
const TID_RANGE_SCAN_SINCE: u32 = 140_000;

/// `MaxHeapTuplesPerPage` with 32 KiB blocks, the largest there are: 291 with 8 KiB.
const TUPLES_PER_PAGE_MAX: u32 = 1_169;

/// A worker's session in the snapshot's transaction.
pub(super) struct Reader {
    snapshot: SnapshotId,
    /// `None` after a fault: the transaction is then of no more use, the snapshot still is.
    connection: Option<PgConnection>,
    orders: HashMap<ObjectName, KeyOrder>,
}

impl Reader {
    pub fn new(snapshot: SnapshotId, connection: PgConnection) -> Reader {
        Reader { snapshot, connection: Some(connection), orders: HashMap::new() }
    }
}

#[async_trait]
impl SourceSession for Reader {
    async fn read(&mut self, task: &ChunkTask, sink: BlockSender) -> Result<u64, Fault> {
        // Taken while it works: a read that is dropped half-way leaves no half-read stream.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.snapshot.connect().await?,
        };
        let rows = self.stream(&mut connection, task, sink).await?;
        // Gives back the chunk's locks: a session that reads thousands of tables holds none of
        // them, and the source's owner waits for a chunk and not for the job.
        let back = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}");
        if self.snapshot.link.statement(&mut connection, back).await.is_ok() {
            self.connection = Some(connection);
        }
        Ok(rows)
    }

    async fn digest(
        &mut self,
        task: &ChunkTask,
        over: DigestOver<'_>,
    ) -> Result<Option<Digest>, Fault> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.snapshot.connect().await?,
        };
        let (from, condition) = self.rows_of(&mut connection, task).await?;
        let link = self.snapshot.link.clone();
        let rows = (from.as_str(), condition.as_deref());
        let found = match over {
            DigestOver::OwnText => digest::digest(&link, &mut connection, &task.table, rows).await,
            DigestOver::Canonical { columns, side } => {
                digest::canonical(&link, &mut connection, (columns, side), rows).await
            }
        };
        let found = found.map_err(|fault| reading::told(fault, "sum", &task.table))?;
        let back = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}");
        if link.statement(&mut connection, back).await.is_ok() {
            self.connection = Some(connection);
        }
        Ok(found)
    }
}

impl Reader {
    async fn stream(
        &mut self,
        on: &mut PgConnection,
        task: &ChunkTask,
        sink: BlockSender,
    ) -> Result<u64, Fault> {
        let text = self.copy_statement(on, task).await?;
        let named = |fault: Fault| reading::told(fault, "read", &task.table);
        let link = &self.snapshot.link;
        let mut stream = on.copy_out_raw(&text).await.map_err(|e| named(link.fault(&e)))?;
        let mut sending = Sending::new(&task.table, sink);
        while let Some(message) = stream.next().await {
            sending.message(message.map_err(|e| named(link.fault(&e)))?).await?;
        }
        drop(stream);
        sending.end().await.map_err(|fault| match fault.kind {
            FaultKind::Cancelled => fault,
            _ => named(fault),
        })
    }

    async fn copy_statement(
        &mut self,
        on: &mut PgConnection,
        task: &ChunkTask,
    ) -> Result<String, Fault> {
        let (from, condition) = self.rows_of(on, task).await?;
        Ok(copy_out(&task.table, &from, condition))
    }

    /// Where the chunk's rows are, as FROM and what follows WHERE.
    async fn rows_of(
        &mut self,
        on: &mut PgConnection,
        task: &ChunkTask,
    ) -> Result<(String, Option<String>), Fault> {
        let tree = self.guard(on, task).await?;
        let only = if tree { "" } else { "ONLY " };
        let from = format!("{only}{}", sql::qualified(Dialect::Postgres, &task.table.source));
        let mut keys = None;
        let range = match &task.range {
            ChunkRange::Whole => None,
            ChunkRange::Key { from, until } => {
                let order = self.order(on, &task.table).await?;
                let from = from.as_deref().map(|bound| order.from(bound));
                let until = until.as_deref().map(|bound| order.below(bound));
                all_of(from.into_iter().chain(until))
            }
            ChunkRange::Keys(named) => {
                let order = self.order(on, &task.table).await?;
                keys = Some(format!("({})", order.one_of(named)));
                None
            }
            ChunkRange::Ctid { from_page, until_page } => {
                let version = on.server_version_num().unwrap_or(0);
                Some(ctid_filter(&task.table.source, version, *from_page, *until_page))
            }
            ChunkRange::Rowid { .. } => {
                let what = "PostgreSQL tables have no rowid";
                return Err(Fault::new(FaultKind::Unsupported, Side::Source, what));
            }
        };
        let read = ShapedRead {
            from: &from,
            range: range.as_deref(),
            keys: keys.as_deref(),
            columns: &task.table.columns_read(),
            rows: &task.table.rows_wanted(),
        };
        sql::shaped_rows(Dialect::Postgres, &read)
            .map_err(|why| reading::unlawful(&task.table, &why))
    }

    /// Locks the table for this chunk and makes sure that it still holds the snapshot's rows:
    /// TRUNCATE and a rewriting ALTER TABLE empty a table for every snapshot taken before. The
    /// table's new file gives them away. Answers whether the table is partitioned: a comparison
    /// reads such a table with all that is below it, a copy never reads one.
    async fn guard(&self, on: &mut PgConnection, task: &ChunkTask) -> Result<bool, Fault> {
        let link = &self.snapshot.link;
        let name = &task.table.source;
        let text = |text: &str| sql::literal(Dialect::Postgres, text);
        // A wrong estimate must not make every chunk of a key read the whole table.
        let scans = match task.range {
            ChunkRange::Key { .. } | ChunkRange::Keys(_) => "SET LOCAL enable_seqscan = off; ",
            _ => "",
        };
        let query = format!(
            "LOCK TABLE ONLY {} IN ACCESS SHARE MODE; {scans}\
             SELECT c.relkind = 'p' AS tree, CASE c.relkind WHEN 'p' THEN \
             (SELECT coalesce(bool_and(l.relfilenode = \
             pg_catalog.pg_relation_filenode(l.oid)), true) \
             FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l \
             ON l.oid = p.relid WHERE p.isleaf AND l.relkind = 'r') \
             ELSE c.relfilenode = pg_catalog.pg_relation_filenode(c.oid) END AS same \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relname = {}",
            sql::qualified(Dialect::Postgres, name),
            text(&name.schema),
            text(&name.name)
        );
        let rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch_all(&mut *on).await;
        let rows = rows.map_err(|e| link.fault(&e).while_doing(&format!("read {name}")))?;
        let same = rows.first().map(|row| link.get::<Option<bool>>(row, "same")).transpose()?;
        let tree = rows.first().map(|row| link.get::<bool>(row, "tree")).transpose()?;
        if same.flatten() == Some(true) {
            return Ok(tree == Some(true));
        }
        let what = format!("{name} was truncated or rewritten after the snapshot was taken");
        Err(Fault::new(FaultKind::SnapshotLost, link.side, what))
    }

    async fn order(
        &mut self,
        on: &mut PgConnection,
        table: &TablePlan,
    ) -> Result<&KeyOrder, Fault> {
        if !self.orders.contains_key(&table.source) {
            let ChunkMethod::Key { columns } = &table.method else {
                let what = format!("{} is not cut by a key", table.source);
                return Err(Fault::new(FaultKind::Other, Side::Engine, what));
            };
            let order = KeyOrder::read(&self.snapshot.link, on, &table.source, columns).await?;
            self.orders.insert(table.source.clone(), order);
        }
        Ok(&self.orders[&table.source])
    }
}

fn all_of(conditions: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = conditions.collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// Rows of the pages from `from_page` to before `until_page`.
fn ctid_filter(
    table: &ObjectName,
    version: u32,
    from_page: u64,
    until_page: Option<u64>,
) -> String {
    if version >= TID_RANGE_SCAN_SINCE {
        let from = format!("ctid >= '({from_page},0)'::tid");
        let until = until_page.map(|page| format!("ctid < '({page},0)'::tid"));
        return until.map_or_else(|| from.clone(), |until| format!("{from} AND {until}"));
    }
    // PostgreSQL 13 would read the whole table for a range, but fetches single positions; those
    // where no row is are skipped. Rows beyond today's last page are newer than the snapshot.
    let until = until_page.map_or_else(
        || {
            let name = sql::qualified(Dialect::Postgres, table);
            format!(
                "pg_catalog.pg_relation_size({}::regclass) \
                 / pg_catalog.current_setting('block_size')::int8",
                sql::literal(Dialect::Postgres, &name)
            )
        },
        |page| page.to_string(),
    );
    format!(
        "ctid = ANY (ARRAY(SELECT ('(' || page || ',' || tuple || ')')::tid \
         FROM pg_catalog.generate_series({from_page}, {until} - 1) AS page, \
         pg_catalog.generate_series(1, {TUPLES_PER_PAGE_MAX}) AS tuple))"
    )
}

/// Names of the columns that travel, `(a, b)`; nothing for a table without columns.
pub(super) fn column_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    sql::column_list(Dialect::Postgres, names)
}

fn copy_out(table: &TablePlan, from: &str, condition: Option<String>) -> String {
    let filter = condition.map(|text| format!(" WHERE {text}")).unwrap_or_default();
    let columns = column_names(table.columns.iter().map(|c| c.name.as_str()));
    let format = match table.path {
        DataPath::DirectCopy(CopyFormat::Binary) => "binary",
        _ => "text",
    };
    // A query even for a whole table: it leaves out children, and a partition is read by itself.
    format!("COPY (SELECT {columns} FROM {from}{filter}) TO STDOUT (FORMAT {format})")
}

/// Messages on their way into blocks.
struct Sending {
    sink: BlockSender,
    gathered: BytesMut,
    rows_gathered: u64,
    rows: u64,
    form: Form,
}

enum Form {
    Text,
    Binary {
        /// The header is in the first message.
        begun: bool,
    },
    Cells {
        reader: CopyTextReader,
        batch: RowBatch,
    },
}

impl Sending {
    fn new(table: &TablePlan, sink: BlockSender) -> Sending {
        let form = match table.path {
            DataPath::DirectCopy(CopyFormat::Binary) => Form::Binary { begun: false },
            DataPath::DirectCopy(CopyFormat::Text) => Form::Text,
            DataPath::DirectAttach | DataPath::Conventional => Form::Cells {
                reader: CopyTextReader::new(table.columns.len()),
                batch: RowBatch::with_capacity(table.columns.len(), BLOCK_BYTES),
            },
        };
        Sending { sink, gathered: BytesMut::new(), rows_gathered: 0, rows: 0, form }
    }

    async fn message(&mut self, message: Bytes) -> Result<(), Fault> {
        match &mut self.form {
            Form::Text => {}
            Form::Binary { begun } => {
                let body = if *begun { &message[..] } else { header_off(&message)? };
                *begun = true;
                if body == BINARY_TRAILER {
                    return self.gather(message, 0).await;
                }
            }
            Form::Cells { reader, batch } => {
                reader.push(&message, batch)?;
                if batch.byte_len() >= BLOCK_BYTES {
                    return self.send_cells().await;
                }
                return Ok(());
            }
        }
        self.gather(message, 1).await
    }

    /// Adds a message to the block; a long one travels by itself and is not copied.
    async fn gather(&mut self, message: Bytes, rows: u64) -> Result<(), Fault> {
        if self.gathered.len() + message.len() > BLOCK_BYTES {
            self.send_gathered().await?;
        }
        self.rows += rows;
        if message.len() >= BLOCK_BYTES {
            return self.sink.send(Block::Raw { bytes: message, rows }).await;
        }
        if self.gathered.capacity() < BLOCK_BYTES {
            self.gathered.reserve(BLOCK_BYTES);
        }
        self.gathered.extend_from_slice(&message);
        self.rows_gathered += rows;
        Ok(())
    }

    async fn send_gathered(&mut self) -> Result<(), Fault> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes = self.gathered.split().freeze();
        let rows = std::mem::take(&mut self.rows_gathered);
        self.sink.send(Block::Raw { bytes, rows }).await
    }

    async fn send_cells(&mut self) -> Result<(), Fault> {
        let Form::Cells { batch, .. } = &mut self.form else { return Ok(()) };
        if batch.is_empty() {
            return Ok(());
        }
        self.rows += batch.rows() as u64;
        let next = RowBatch::with_capacity(batch.columns(), BLOCK_BYTES);
        let full = std::mem::replace(batch, next);
        self.sink.send(Block::Rows(full)).await
    }

    async fn end(mut self) -> Result<u64, Fault> {
        self.send_cells().await?;
        self.send_gathered().await?;
        self.sink.end(self.rows).await?;
        Ok(self.rows)
    }
}

fn header_off(message: &[u8]) -> Result<&[u8], Fault> {
    message.get(BINARY_HEADER_BYTES..).ok_or_else(|| {
        Fault::new(FaultKind::Other, Side::Source, "the COPY stream began without a header")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_get_positions_and_new_ones_a_range() {
        let table = ObjectName::new("s", "t");
        assert_eq!(
            ctid_filter(&table, 150_000, 5, Some(9)),
            "ctid >= '(5,0)'::tid AND ctid < '(9,0)'::tid"
        );
        assert_eq!(ctid_filter(&table, 140_000, 5, None), "ctid >= '(5,0)'::tid");
        let old = ctid_filter(&table, 130_010, 5, None);
        assert!(old.contains("ANY (ARRAY("), "{old}");
        assert!(old.contains("pg_relation_size"), "{old}");
    }
}

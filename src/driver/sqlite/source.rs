//! Reading a file: the catalogue, one snapshot for many connections, rows as batches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::runtime::Handle;

use super::fault::{OpenFault, gone, on};
use super::place::Place;
use super::survey::{TableShape, cell_of};
use super::{bounds, catalog, master, scan, settings};
use crate::core::catalog::{Catalog, Sequence, Server, Settings};
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::scan::{ScanAnswer, ScanRequest};
use crate::core::spec::Selection;
use crate::core::sql::{ChunkSelect, KeyColumn, chunk_select};
use crate::core::value::{CellRef, RowBatch};
use crate::driver::pipe::BLOCK_BYTES;
use crate::driver::{
    AttachSource, Block, BlockSender, ChunkTask, LargeObject, SchemaItems, Snapshot, Source,
    SourceSession, reading,
};
use crate::sqlite::{Cancel, SqliteThread};

/// Most cells of one block: rows of NULLs have no bytes to count.
const BLOCK_CELLS_MAX: usize = BLOCK_BYTES / 4;

/// Times a set of connections is opened anew because a writer came between them, before writers
/// are kept out with a lock.
const OPEN_ATTEMPTS: u32 = 5;

pub(super) struct SqliteSource {
    place: Place,
}

impl SqliteSource {
    pub(super) fn new(place: Place) -> SqliteSource {
        SqliteSource { place }
    }
}

/// A reading connection on its own thread.
///
/// # Errors
/// As [`Place::open_to_read`].
pub(super) async fn reader(place: &Place) -> Result<SqliteThread, Fault> {
    let place = place.clone();
    SqliteThread::open("sqlite-read", move || place.open_to_read().map_err(OpenFault))
        .await
        .map_err(|OpenFault(fault)| fault)
}

/// Runs `work` on a reading connection made for it.
///
/// # Errors
/// As opening and `work` say.
pub(super) async fn with_reader<T, F>(place: &Place, work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: FnOnce(&Place, &Connection) -> Result<T, Fault> + Send + 'static,
{
    let thread = reader(place).await?;
    let place = place.clone();
    let side = place.side;
    thread.call(move |connection, _| work(&place, connection)).await.map_err(gone(side))?
}

#[async_trait]
impl Source for SqliteSource {
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        let selection = selection.clone();
        with_reader(&self.place, move |place, connection| {
            catalog::read(place, connection, &selection)
        })
        .await
    }

    async fn schema_items(&self) -> Result<SchemaItems, Fault> {
        with_reader(&self.place, |place, connection| {
            let items = master::schema_items(connection)
                .map_err(on(place.side, "read the schema's statements"))?;
            Ok(SchemaItems { preamble: Vec::new(), items })
        })
        .await
    }

    async fn bounds(&self, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault> {
        let request = request.clone();
        with_reader(&self.place, move |place, connection| {
            let doing = format!("sample {}", request.table);
            bounds::bounds(connection, &request).map_err(on(place.side, &doing))
        })
        .await
    }

    async fn scan(&self, request: &ScanRequest) -> Result<ScanAnswer, Fault> {
        let request = request.clone();
        with_reader(&self.place, move |place, connection| {
            let doing = format!("look at the values of {}", request.table);
            let odd = || Fault::new(FaultKind::Other, place.side, "the scan gave no such row");
            scan::scan(connection, &request).map_err(on(place.side, &doing))?.ok_or_else(odd)
        })
        .await
    }

    async fn open_snapshot(&self, sessions_max: u32) -> Result<Box<dyn Snapshot>, Fault> {
        let snapshot = SqliteSnapshot::open(&self.place, sessions_max).await?;
        Ok(Box::new(snapshot))
    }

    async fn probe(&self) -> Result<Server, Fault> {
        with_reader(&self.place, |place, connection| place.server(Some(connection))).await
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        with_reader(&self.place, |place, open| Ok(settings::read(place, Some(open)))).await
    }

    async fn counts(
        &self,
        questions: &[String],
        each: Duration,
        all: Duration,
    ) -> Result<Vec<Option<u64>>, Fault> {
        let questions = questions.to_vec();
        with_reader(&self.place, move |_, open| Ok(settings::counts(open, &questions, each, all)))
            .await
    }

    async fn attachable(&self) -> Result<Option<AttachSource>, Fault> {
        with_reader(&self.place, |place, connection| {
            let mode = pragma_text(connection, "journal_mode")
                .map_err(on(place.side, "read the journal mode"))?;
            Ok((mode != "wal").then(|| AttachSource { path: place.path.clone() }))
        })
        .await
    }
}

/// Connections whose read transactions all see one state.
struct SqliteSnapshot {
    pool: Arc<Pool>,
    label: String,
    /// Asked for checks and sequences; never handed out.
    keeper: SqliteThread,
}

struct Pool {
    place: Place,
    idle: Mutex<Vec<SqliteThread>>,
}

impl SqliteSnapshot {
    async fn open(place: &Place, sessions_max: u32) -> Result<SqliteSnapshot, Fault> {
        let observer = reader(place).await?;
        let side = place.side;
        let mode = observer
            .call(|connection, _| pragma_text(connection, "journal_mode"))
            .await
            .map_err(gone(side))?
            .map_err(on(side, "read the journal mode"))?;
        let logged = mode == "wal";
        let mut opened = None;
        if logged {
            for _ in 0..OPEN_ATTEMPTS {
                opened = SqliteSnapshot::try_open(place, &observer, sessions_max).await?;
                if opened.is_some() {
                    break;
                }
            }
        }
        let mut connections = match opened {
            Some(connections) => connections,
            None => {
                let lock = if logged { Some(WriteLock::take(place).await?) } else { None };
                let connections = begin_all(place, sessions_max).await?;
                drop(lock);
                connections
            }
        };
        let keeper = connections.pop().expect("one more connection than sessions is opened");
        Ok(SqliteSnapshot {
            label: format!("{} connections", connections.len()),
            pool: Arc::new(Pool { place: place.clone(), idle: Mutex::new(connections) }),
            keeper,
        })
    }

    /// `None` when a commit came between the connections.
    async fn try_open(
        place: &Place,
        observer: &SqliteThread,
        sessions_max: u32,
    ) -> Result<Option<Vec<SqliteThread>>, Fault> {
        let before = data_version(place, observer).await?;
        let connections = begin_all(place, sessions_max).await?;
        let after = data_version(place, observer).await?;
        Ok((before == after).then_some(connections))
    }
}

fn pragma_text(connection: &Connection, name: &str) -> rusqlite::Result<String> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

/// Changes for `observer` whenever another connection commits.
async fn data_version(place: &Place, observer: &SqliteThread) -> Result<i64, Fault> {
    let side = place.side;
    observer
        .call(|connection, _| {
            connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
        })
        .await
        .map_err(gone(side))?
        .map_err(on(side, "read the data version"))
}

/// Opens connections and begins a read transaction in each: one for the keeper and the rest.
async fn begin_all(place: &Place, sessions_max: u32) -> Result<Vec<SqliteThread>, Fault> {
    let mut connections = Vec::new();
    for _ in 0..=sessions_max {
        let thread = reader(place).await?;
        thread
            .call(|connection, _| {
                connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
            })
            .await
            .map_err(gone(place.side))?
            .map_err(on(place.side, "begin to read"))?;
        connections.push(thread);
    }
    Ok(connections)
}

/// Keeps writers out while it lives. Changes nothing.
struct WriteLock {
    _thread: SqliteThread,
}

impl WriteLock {
    async fn take(place: &Place) -> Result<WriteLock, Fault> {
        let target = place.clone();
        let open = move || {
            let connection = target.open_to_write().map_err(OpenFault)?;
            let doing = "keep writers out for a moment";
            connection
                .execute_batch("BEGIN IMMEDIATE")
                .map_err(|error| OpenFault(on(target.side, doing)(error)))?;
            Ok(connection)
        };
        match SqliteThread::open("sqlite-lock", open).await {
            Ok(thread) => Ok(WriteLock { _thread: thread }),
            Err(OpenFault(fault)) => Err(fault),
        }
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn label(&self) -> String {
        self.label.clone()
    }

    async fn session(&self) -> Result<Box<dyn SourceSession>, Fault> {
        let free = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match free {
            Some(thread) => {
                Ok(Box::new(SqliteSession { pool: self.pool.clone(), thread: Some(thread) }))
            }
            None => Err(Fault::new(
                FaultKind::TooManyConnections,
                self.pool.place.side,
                "every connection of the snapshot is in use",
            )),
        }
    }

    async fn check(&self) -> Result<(), Fault> {
        let side = self.pool.place.side;
        let asked = self.keeper.call(|connection, _| {
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        });
        asked.await.map_err(gone(side))?.map_err(on(side, "look at the snapshot"))
    }

    async fn sequences(&self) -> Result<Vec<Sequence>, Fault> {
        let side = self.pool.place.side;
        let asked = self.keeper.call(|connection, _| {
            let tables = catalog::read_tables(connection)?;
            catalog::read_sequences(connection, &tables)
        });
        asked.await.map_err(gone(side))?.map_err(on(side, "read the sequences"))
    }

    async fn large_objects(&self, _after_oid: u32) -> Result<Vec<LargeObject>, Fault> {
        Ok(Vec::new())
    }
}

/// One connection of a snapshot; goes back to it when dropped.
struct SqliteSession {
    pool: Arc<Pool>,
    thread: Option<SqliteThread>,
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
    }
}

#[async_trait]
impl SourceSession for SqliteSession {
    async fn read(&mut self, task: &ChunkTask, sink: BlockSender) -> Result<u64, Fault> {
        let side = self.pool.place.side;
        let thread = self.thread.as_ref().expect("a session holds its connection until dropped");
        let task = task.clone();
        let runtime = Handle::current();
        let (sink, rows) = thread
            .call(move |connection, cancel| {
                let rows = read_rows(side, connection, cancel, &task, |batch| {
                    sink.send_blocking(&runtime, Block::Rows(batch))
                });
                (sink, rows)
            })
            .await
            .map_err(gone(side))?;
        let rows = rows?;
        sink.end(rows).await?;
        Ok(rows)
    }
}

/// Reads the rows of a chunk into blocks for `send`; returns how many there were.
fn read_rows(
    side: Side,
    connection: &Connection,
    cancel: &Cancel,
    task: &ChunkTask,
    send: impl Fn(RowBatch) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let failed = |error| reading::told(on(side, "")(error), "read", &task.table);
    let width = task.table.columns.len();
    if task.table.rows.sample.is_some() {
        scan::add_bucket(connection).map_err(failed)?;
    }
    let sql = select_text(connection, task).map_err(failed)?;
    let sql = sql.map_err(|why| reading::unlawful(&task.table, &why))?;
    let mut statement = connection.prepare(&sql).map_err(failed)?;
    let mut found = statement.query([]).map_err(failed)?;
    let fresh = || RowBatch::with_capacity(width, BLOCK_BYTES + BLOCK_BYTES / 8);
    let mut batch = fresh();
    let mut rows = 0;
    while let Some(row) = found.next().map_err(failed)? {
        for at in 0..width {
            match cell_of(row.get_ref(at).map_err(failed)?) {
                CellRef::Null => batch.push_null(),
                CellRef::Int(value) => batch.push_int(value),
                CellRef::Real(value) => batch.push_real(value),
                CellRef::Text(text) => batch.push_text(text),
                CellRef::Blob(blob) => batch.push_blob(blob),
            }
        }
        rows += 1;
        if batch.byte_len() >= BLOCK_BYTES || batch.cell_count() >= BLOCK_CELLS_MAX {
            if cancel.is_set() {
                return Err(Fault::new(FaultKind::Cancelled, side, "the chunk was given back"));
            }
            send(std::mem::replace(&mut batch, fresh()))?;
        }
    }
    if !batch.is_empty() {
        send(batch)?;
    }
    Ok(rows)
}

/// The chunk's SELECT, with the name by which this table's rowid can be reached.
pub(super) fn select_text(
    connection: &Connection,
    task: &ChunkTask,
) -> rusqlite::Result<Result<String, String>> {
    let shape = TableShape::read(connection, catalog::SCHEMA, &task.table.source.name)?;
    let key: Vec<KeyColumn<'_>> = key_columns(task);
    Ok(chunk_select(
        Dialect::Sqlite,
        &ChunkSelect {
            table: &task.table.source,
            columns: &task.table.columns_read(),
            rows: &task.table.rows_wanted(),
            range: &task.range,
            key: &key,
            rowid: shape.rowid.unwrap_or("rowid"),
            index: None,
        },
    ))
}

/// The columns that cut the task's table.
pub(super) fn key_columns(task: &ChunkTask) -> Vec<KeyColumn<'_>> {
    match &task.table.method {
        crate::core::chunk::ChunkMethod::Key { columns } => {
            columns.iter().map(|name| KeyColumn { name, declared: "" }).collect()
        }
        _ => Vec::new(),
    }
}

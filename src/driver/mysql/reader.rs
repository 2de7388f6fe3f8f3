//! Reads chunks. Each read is a task of its own that owns its connection: an answer that is read
//! to half and dropped would leave the connection in the middle of a packet, and a connection of a
//! snapshot cannot be replaced. When nobody wants the rows any more, the task reads a short rest
//! away, or has the server cut a long one off, and gives the connection back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{Stream, StreamExt};
use sqlx::mysql::{MySql, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, Either, Executor, Row};
use tokio::sync::oneshot;

use super::connect::{Session, word};
use super::fault::fault;
use super::key_shape::KeyShape;
use super::pool::{Pool, SAVEPOINT};
use crate::core::canon::{DigestOf, RowDigest, digest_select};
use crate::core::catalog::LogicalType;
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::plan::ColumnPlan;
use crate::core::sql::{ChunkSelect, chunk_rows, mysql_chunk_select};
use crate::core::value::{RowBatch, WireForm};
use crate::core::verify::Digest;
use crate::driver::pipe::BLOCK_BYTES;
use crate::driver::{Block, BlockSender, ChunkTask, DigestOver, SourceSession, reading};

/// Most cells of one block: rows of NULLs have no bytes to count.
const BLOCK_CELLS_MAX: usize = BLOCK_BYTES / 4;

/// The rest of an answer that is read away before the server is asked to stop.
const PATIENCE: Duration = Duration::from_millis(300);

/// Longest wait for a server that was asked to stop.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A worker's place at the snapshot. Holds no connection between chunks.
pub(super) struct Reader {
    pub pool: Arc<Pool>,
}

#[async_trait]
impl SourceSession for Reader {
    async fn read(&mut self, task: &ChunkTask, sink: BlockSender) -> Result<u64, Fault> {
        // Dropped with this future: that is how the task learns that nobody waits.
        let (_wanted, unwanted) = oneshot::channel();
        let reading = read_chunk(self.pool.clone(), task.clone(), sink, unwanted);
        match tokio::spawn(reading).await {
            Ok(outcome) => outcome,
            Err(_) => Err(broke_off()),
        }
    }

    async fn digest(
        &mut self,
        task: &ChunkTask,
        over: DigestOver<'_>,
    ) -> Result<Option<Digest>, Fault> {
        let DigestOver::Canonical { columns, side } = over else { return Ok(None) };
        let (_wanted, unwanted) = oneshot::channel();
        let columns = (columns.to_vec(), side);
        let asking = digest_chunk(self.pool.clone(), task.clone(), columns, unwanted);
        match tokio::spawn(asking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(broke_off()),
        }
    }
}

fn broke_off() -> Fault {
    Fault::new(FaultKind::Other, Side::Engine, "the reader broke off")
}

async fn read_chunk(
    pool: Arc<Pool>,
    task: ChunkTask,
    sink: BlockSender,
    mut unwanted: oneshot::Receiver<()>,
) -> Result<u64, Fault> {
    let mut lent = tokio::select! {
        lent = pool.lend() => lent?,
        _ = &mut unwanted => return Err(given_back()),
    };
    let outcome = stream_chunk(&pool, lent.session(), &task, &sink, &mut unwanted).await;
    let usable = match &outcome {
        Ok(_) => true,
        Err(broken) => broken.usable,
    };
    // The transaction stays, the locks on the table's definition go.
    let back = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}");
    if usable && lent.session().run(&back).await.is_ok() {
        lent.give_back();
    }
    match outcome {
        Ok(rows) => {
            sink.end(rows).await?;
            Ok(rows)
        }
        Err(Broken { fault, .. }) => Err(match fault.kind {
            FaultKind::Cancelled => fault,
            _ => reading::told(fault, "read", &task.table),
        }),
    }
}

fn given_back() -> Fault {
    Fault::new(FaultKind::Cancelled, Side::Source, "the chunk was given back")
}

/// A read that came to no good end.
struct Broken {
    fault: Fault,
    /// The connection is between two statements and in its transaction.
    usable: bool,
}

impl Broken {
    /// What the server said instead of rows: the statement is over.
    fn said(fault: Fault) -> Broken {
        let usable = match fault.kind {
            // A deadlock victim's transaction is rolled back, and the snapshot with it.
            FaultKind::ConnectionLost | FaultKind::Deadlock => false,
            // Without a number it was not the server that spoke.
            FaultKind::Other => fault.code.is_some(),
            _ => true,
        };
        Broken { fault, usable }
    }
}

/// Asks the server for the digest of a chunk; like [`read_chunk`] a task of its own.
async fn digest_chunk(
    pool: Arc<Pool>,
    task: ChunkTask,
    (columns, side): (Vec<ColumnPlan>, Side),
    mut unwanted: oneshot::Receiver<()>,
) -> Result<Option<Digest>, Fault> {
    let mut lent = tokio::select! {
        lent = pool.lend() => lent?,
        _ = &mut unwanted => return Err(given_back()),
    };
    let asked = ask_digest(&pool, lent.session(), &task, (&columns, side), &mut unwanted).await;
    let usable = asked.as_ref().map_or_else(|broken| broken.usable, |_| true);
    let back = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}");
    if usable && lent.session().run(&back).await.is_ok() {
        lent.give_back();
    }
    asked.map_err(|Broken { fault, .. }| match fault.kind {
        FaultKind::Cancelled => fault,
        _ => reading::told(fault, "sum", &task.table),
    })
}

async fn ask_digest(
    pool: &Pool,
    session: &mut Session,
    task: &ChunkTask,
    (columns, side): (&[ColumnPlan], Side),
    unwanted: &mut oneshot::Receiver<()>,
) -> Result<Option<Digest>, Broken> {
    let shape = shape_of(pool, session, task).await.map_err(Broken::said)?;
    let (table, condition) =
        with_select(task, shape.as_deref(), |select| chunk_rows(Dialect::Mysql, select))
            .map_err(Broken::said)?;
    let of = DigestOf {
        dialect: Dialect::Mysql,
        table: &table,
        columns,
        side,
        predicate: condition.as_deref(),
    };
    let Some(text) = digest_select(&of) else { return Ok(None) };
    let id = session.id;
    let mut asking = std::pin::pin!(session.rows(&text));
    let rows = tokio::select! {
        rows = &mut asking => rows.map_err(Broken::said)?,
        _ = unwanted => {
            let both = async { tokio::join!(cut_off(pool, id), &mut asking) };
            let ended = tokio::time::timeout(STOP_LIMIT, both).await;
            let usable = match ended {
                Ok((killed, Ok(_))) => killed.is_ok(),
                Ok((killed, Err(fault))) => killed.is_ok() && Broken::said(fault).usable,
                Err(_) => false,
            };
            return Err(Broken { fault: given_back(), usable });
        }
    };
    let cells: Vec<String> =
        rows.first().map(|row| (0..4).map(|at| word(row, at)).collect()).unwrap_or_default();
    let [a, b, c, d] = &cells[..] else { return Ok(None) };
    Ok(RowDigest::from_answer([a, b, c, d]).map(Digest::from))
}

/// Nobody's business but ours: every user may cut off his own statements.
async fn cut_off(pool: &Pool, id: u64) -> Result<(), Fault> {
    let mut other = Session::open(&pool.address).await?;
    other.run(&format!("KILL QUERY {id}")).await
}

/// What the server answers, row by row.
type Answer<'a> =
    std::pin::Pin<&'a mut (dyn Stream<Item = Result<Answered, sqlx::Error>> + Send + 'a)>;
type Answered = Either<MySqlQueryResult, MySqlRow>;

async fn stream_chunk(
    pool: &Pool,
    session: &mut Session,
    task: &ChunkTask,
    sink: &BlockSender,
    unwanted: &mut oneshot::Receiver<()>,
) -> Result<u64, Broken> {
    let (side, id) = (session.side, session.id);
    let (statement, guarded) = select_text(pool, session, task).await.map_err(Broken::said)?;
    let query = sqlx::raw_sql(AssertSqlSafe(statement));
    let mut stream = Executor::fetch_many(&mut session.connection, query);
    let kinds = kinds_of(task);
    let mut filling = Filling::new(&kinds, usize::from(guarded));
    loop {
        let step = tokio::select! {
            biased;
            _ = &mut *unwanted => None,
            item = stream.next() => Some(item),
        };
        match step {
            None => return Err(stop(pool, stream.as_mut(), id, given_back()).await),
            Some(None) => break,
            Some(Some(Ok(Either::Left(_)))) => {}
            Some(Some(Ok(Either::Right(row)))) => {
                if let Err(fault) = filling.row(&row, side) {
                    return Err(stop(pool, stream.as_mut(), id, fault).await);
                }
            }
            Some(Some(Err(error))) => return Err(Broken::said(fault(side, &error))),
        }
        if filling.is_full() {
            let sent = tokio::select! {
                biased;
                _ = &mut *unwanted => Err(given_back()),
                sent = sink.send(Block::Rows(filling.take())) => sent,
            };
            if let Err(fault) = sent {
                return Err(stop(pool, stream.as_mut(), id, fault).await);
            }
        }
    }
    drop(stream);
    let rest = filling.take();
    if !rest.is_empty() {
        let sent = tokio::select! {
            _ = unwanted => Err(given_back()),
            sent = sink.send(Block::Rows(rest)) => sent,
        };
        sent.map_err(|fault| Broken { fault, usable: true })?;
    }
    Ok(filling.rows)
}

/// Brings an answer that nobody wants to its end.
async fn stop(pool: &Pool, mut answer: Answer<'_>, id: u64, fault: Fault) -> Broken {
    let over = |usable| Broken { fault, usable };
    if let Ok(usable) = tokio::time::timeout(PATIENCE, rest_of(&mut answer)).await {
        return over(usable);
    }
    let stopped = async {
        let (killed, usable) = tokio::join!(cut_off(pool, id), rest_of(&mut answer));
        killed.is_ok() && usable
    };
    over(tokio::time::timeout(STOP_LIMIT, stopped).await.unwrap_or(false))
}

/// Reads to the end; true when the connection is good for more.
async fn rest_of(answer: &mut Answer<'_>) -> bool {
    while let Some(item) = answer.next().await {
        if let Err(error) = item {
            return matches!(error, sqlx::Error::Database(_));
        }
    }
    true
}

/// The chunk's SELECT, and whether its first cell is to be left out.
async fn select_text(
    pool: &Pool,
    session: &mut Session,
    task: &ChunkTask,
) -> Result<(String, bool), Fault> {
    let shape = shape_of(pool, session, task).await?;
    with_select(task, shape.as_deref(), mysql_chunk_select)
}

/// Makes something of what the task's SELECT consists of.
fn with_select<T>(
    task: &ChunkTask,
    shape: Option<&KeyShape>,
    make: impl Fn(&ChunkSelect<'_>) -> Result<T, String>,
) -> Result<T, Fault> {
    let table = &task.table;
    make(&ChunkSelect {
        table: &table.source,
        columns: &table.columns_read(),
        rows: &table.rows_wanted(),
        range: &task.range,
        key: &shape.map(KeyShape::key).unwrap_or_default(),
        rowid: "",
        index: shape.and_then(|shape| shape.index.as_deref()),
    })
    .map_err(|why| reading::unlawful(table, &why))
}

/// The key that cuts the task's table; `None` when it is read whole.
async fn shape_of(
    pool: &Pool,
    session: &mut Session,
    task: &ChunkTask,
) -> Result<Option<Arc<KeyShape>>, Fault> {
    let table = &task.table;
    match (&task.range, &table.method) {
        (ChunkRange::Whole, _) => Ok(None),
        (ChunkRange::Key { .. } | ChunkRange::Keys(_), ChunkMethod::Key { columns }) => {
            pool.shape(session, &table.source, columns).await.map(Some)
        }
        _ => {
            let what = format!("{} cannot be read by position", table.source);
            Err(Fault::new(FaultKind::Unsupported, session.side, what))
        }
    }
}

/// Which cells are bytes and not text.
fn kinds_of(task: &ChunkTask) -> Vec<bool> {
    let is_blob = |logical: &LogicalType| {
        matches!(
            logical,
            LogicalType::Bytes { .. } | LogicalType::Bits { .. } | LogicalType::Geometry
        )
    };
    task.table.columns.iter().map(|c| is_blob(&c.source_logical)).collect()
}

/// Rows on their way into a block.
struct Filling<'a> {
    blobs: &'a [bool],
    /// Cells to leave out in front.
    skipped: usize,
    batch: RowBatch,
    rows: u64,
}

impl Filling<'_> {
    fn new(blobs: &[bool], skipped: usize) -> Filling<'_> {
        Filling { blobs, skipped, batch: fresh(blobs.len()), rows: 0 }
    }

    fn row(&mut self, row: &MySqlRow, side: Side) -> Result<(), Fault> {
        if self.blobs.is_empty() {
            self.batch.push_bare_row();
        }
        for (at, is_blob) in self.blobs.iter().enumerate() {
            let cell = cell_of(row, at + self.skipped);
            match cell.map_err(|e| fault(side, &e))? {
                None => self.batch.push_null(),
                Some(bytes) if *is_blob => self.batch.push_blob(bytes),
                Some(bytes) => self.batch.push_text(bytes),
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.batch.byte_len() >= BLOCK_BYTES
            || self.batch.cell_count() >= BLOCK_CELLS_MAX
            || self.batch.columns() == 0 && self.batch.rows() >= BLOCK_CELLS_MAX
    }

    fn take(&mut self) -> RowBatch {
        std::mem::replace(&mut self.batch, fresh(self.blobs.len()))
    }
}

fn fresh(columns: usize) -> RowBatch {
    let mut batch = RowBatch::with_capacity(columns, BLOCK_BYTES + BLOCK_BYTES / 8);
    batch.set_form(WireForm::MysqlText);
    batch
}

/// A cell's bytes, as they lie in the packet.
fn cell_of(row: &MySqlRow, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    <Option<&[u8]> as sqlx::Decode<MySql>>::decode(raw)
        .map_err(|source| sqlx::Error::ColumnDecode { index: at.to_string(), source })
}

//! One trait set, one implementation per engine. A driver moves rows and never knows why.
//!
//! * [`Source`] inspects and opens a [`Snapshot`]; the snapshot hands out [`SourceSession`]s, one
//!   per worker, that all see the same moment.
//! * [`Target`] runs statements and hands out [`TargetSession`]s, one per worker. Every chunk and
//!   every step is one target transaction that also writes its [`LedgerKey`].
//! * Between the two travel [`Block`]s through a bounded [`pipe`]: a chunk is read and written at
//!   the same time, and memory is bounded by the pipe whatever the rows are.

pub mod careful;
pub mod compare;
pub mod look;
pub mod memory;
pub mod mysql;
pub mod pipe;
pub mod postgres;
pub mod pressure;
mod reading;
mod room;
pub mod sqlite;
pub mod url;

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

use crate::core::catalog::{Catalog, DdlItem, Server, Settings};
use crate::core::chunk::{BoundsRequest, ChunkRange, KeyValues, Rejects};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::ObjectName;
use crate::core::plan::{ColumnPlan, Finding, MigrationPlan, TablePlan};
use crate::core::scan::{ScanAnswer, ScanRequest};
use crate::core::spec::Selection;
use crate::core::value::RowBatch;
use crate::core::verify::Digest;

pub use careful::{CarefulTask, RejectKeeper};
pub use pipe::{BlockReceiver, BlockSender, WorkGauge};
pub use pressure::{Pressure, PressureAsked};

/// What travels between a reader and a writer.
#[derive(Debug)]
pub enum Block {
    /// Bytes of one COPY stream, cut anywhere, with the rows that began in them.
    Raw { bytes: bytes::Bytes, rows: u64 },
    /// Rows to convert.
    Rows(RowBatch),
}

/// A chunk as a driver sees it.
#[derive(Clone, Debug)]
pub struct ChunkTask {
    pub table: Arc<TablePlan>,
    pub range: ChunkRange,
    pub key: LedgerKey,
}

/// What a ledger row names. Chunks and steps share the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LedgerKey {
    Chunk(u32),
    Step(u32),
}

/// One committed piece of work, as the target remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub key: LedgerKey,
    pub rows: u64,
    pub rejects: Rejects,
}

/// What a chunk's transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// The ledger already had it: nothing was written now, the numbers are those of then.
    pub already: bool,
    /// Rows that were refused and put aside; `rows` are the others.
    pub rejects: Rejects,
}

impl Written {
    /// Every row arrived, just now.
    #[must_use]
    pub const fn now(rows: u64) -> Written {
        Written { rows, already: false, rejects: Rejects { count: 0, handout: 0 } }
    }

    /// The ledger had it.
    #[must_use]
    pub fn before(rows: u64, rejects: Rejects) -> Written {
        Written { rows, already: true, rejects }
    }
}

/// A step as a driver sees it.
#[derive(Clone, Debug)]
pub struct StepTask {
    pub key: LedgerKey,
    /// Run in one transaction, in order.
    pub statements: Vec<String>,
    pub title: String,
}

#[async_trait]
pub trait Source: Send + Sync {
    /// Reads the catalogue: every schema that is not the system's, tables within `selection` in
    /// full, the rest by name.
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault>;

    /// Statements that recreate the source's objects on the same engine, in dependency order.
    /// For selections the caller filters by `table` and `depends_on`.
    async fn schema_items(&self) -> Result<SchemaItems, Fault>;

    /// Inner bounds that cut a table into about `request.parts` equal pieces, sorted. For
    /// [`crate::core::chunk::ChunkMethod::Rowid`] each bound is one integer as text.
    async fn bounds(&self, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault>;

    /// One moment for all workers; at most `sessions_max` will be asked for.
    async fn open_snapshot(&self, sessions_max: u32) -> Result<Box<dyn Snapshot>, Fault>;

    /// Does the server answer? Opens and closes one connection.
    async fn probe(&self) -> Result<Server, Fault>;

    /// Where a SQLite target may ATTACH this source and still read one snapshot; `None` for every
    /// other engine, and for a file in WAL mode.
    async fn attachable(&self) -> Result<Option<AttachSource>, Fault> {
        Ok(None)
    }

    /// How the server is doing; cheap, asked every few seconds.
    async fn pressure(&self, _asked: PressureAsked) -> Result<Pressure, Fault> {
        Ok(Pressure::default())
    }

    /// Answers questions about every row of a table; reads it whole.
    async fn scan(&self, request: &ScanRequest) -> Result<ScanAnswer, Fault> {
        let what = format!("this source cannot look at the values of {}", request.table);
        Err(Fault::new(FaultKind::Unsupported, Side::Source, what))
    }

    /// What this user may not read and what is missing here; read-only. The twin of
    /// [`Target::preflight`].
    async fn preflight(&self, _plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        Ok(Vec::new())
    }

    /// What database and server are set to; read-only, a few queries whatever is in the database.
    async fn settings(&self) -> Result<Settings, Fault> {
        Ok(Settings::default())
    }

    /// Answers questions that each count something, within the time for each and for all of them;
    /// `None` where it did not suffice.
    async fn counts(
        &self,
        questions: &[String],
        _each: Duration,
        _all: Duration,
    ) -> Result<Vec<Option<u64>>, Fault> {
        Ok(vec![None; questions.len()])
    }
}

/// DDL of the source for an equal engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaItems {
    /// Statements for every session that runs the items.
    pub preamble: Vec<String>,
    pub items: Vec<DdlItem>,
}

#[async_trait]
pub trait Snapshot: Send + Sync {
    /// What people read: `00000003-0000001B-1`, `3 connections`.
    fn label(&self) -> String;

    /// A session that sees this snapshot. `Err(SnapshotLost)` when it is gone.
    async fn session(&self) -> Result<Box<dyn SourceSession>, Fault>;

    /// Is the snapshot still there? Cheap; asked every few seconds so that it also keeps the
    /// connection alive.
    async fn check(&self) -> Result<(), Fault>;

    /// Positions of sequences now (sequences are not transactional: read at the end as well).
    async fn sequences(&self) -> Result<Vec<crate::core::catalog::Sequence>, Fault>;

    /// Large objects in batches, for the `LargeObjects` step: statements for the target.
    async fn large_objects(&self, after_oid: u32) -> Result<Vec<LargeObject>, Fault>;
}

/// One large object, whole pages of `pg_largeobject` in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeObject {
    pub oid: u32,
    /// (page number, data).
    pub pages: Vec<(i32, Vec<u8>)>,
}

#[async_trait]
pub trait SourceSession: Send {
    /// Streams the chunk's rows into `sink` and ends it with the number of rows read. Stops with
    /// `Cancelled` when the sink's other end is gone.
    async fn read(&mut self, task: &ChunkTask, sink: BlockSender) -> Result<u64, Fault>;

    /// The chunk's digest, computed by the server; `None` where it cannot, or could not hash a
    /// row.
    async fn digest(
        &mut self,
        _task: &ChunkTask,
        _over: DigestOver<'_>,
    ) -> Result<Option<Digest>, Fault> {
        Ok(None)
    }
}

/// What a server makes a chunk's digest of.
#[derive(Clone, Copy, Debug)]
pub enum DigestOver<'a> {
    /// Its own text of every column: comparable with another server of the same engine only.
    OwnText,
    /// The canonical texts ([`crate::core::canon`]) of the plan's columns, as `side` has them.
    Canonical { columns: &'a [ColumnPlan], side: Side },
}

#[async_trait]
pub trait Target: Send + Sync {
    async fn probe(&self) -> Result<Server, Fault>;

    /// The catalogue of the target, for collisions and existing tables.
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault>;

    /// Tables among `names` that hold at least one row.
    async fn nonempty(&self, names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault>;

    /// What this user may not do here and what is missing; read-only.
    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault>;

    /// As [`Source::settings`].
    async fn settings(&self) -> Result<Settings, Fault> {
        Ok(Settings::default())
    }

    /// As [`Source::pressure`].
    async fn pressure(&self, _asked: PressureAsked) -> Result<Pressure, Fault> {
        Ok(Pressure::default())
    }

    /// Creates the ledger when it is not there. `job_id` is unique for all time.
    async fn prepare_ledger(&self, job_id: &str) -> Result<(), Fault>;

    /// Ends transactions that an earlier engine of this job left open, then reads the ledger.
    /// `None`: there is no ledger (never made, or the target was replaced).
    async fn ledger(&self, job_id: &str) -> Result<Option<Vec<LedgerRow>>, Fault>;

    /// Returns when everything committed so far would outlive a crash of the server: workers
    /// commit without waiting for the disk.
    async fn flush(&self, job_id: &str) -> Result<(), Fault> {
        let _ = job_id;
        Ok(())
    }

    /// Removes the ledger and everything else the job made for itself. Idempotent.
    async fn drop_ledger(&self, job_id: &str) -> Result<(), Fault>;

    /// Writes or deletes the rows of `mend` in one transaction of its own, found by their key;
    /// answers how many. Needs no ledger: doing it twice changes nothing.
    async fn mend(&self, _mend: &Mend) -> Result<u64, Fault> {
        let what = "rows of this target cannot be repaired yet";
        Err(Fault::new(FaultKind::Unsupported, Side::Target, what)
            .with_hint("Copy the table again: tidegate copy --table NAME --if-exists truncate."))
    }

    /// A worker's session. `preamble` is run once in it.
    async fn session(
        &self,
        job_id: &str,
        preamble: &[String],
    ) -> Result<Box<dyn TargetSession>, Fault>;
}

/// Rows that a verification puts right.
#[derive(Clone, Debug)]
pub struct Mend {
    pub table: Arc<TablePlan>,
    /// Positions of the key among the table's columns.
    pub key: Vec<usize>,
    pub rows: MendRows,
}

/// What is done with them.
#[derive(Clone, Debug)]
pub enum MendRows {
    /// All columns as the source has them, in its wire form: changed where the key is there, else
    /// added.
    Upsert(RowBatch),
    /// Key columns as the target has them, in its wire form.
    Delete(RowBatch),
}

impl MendRows {
    /// Rows to write or delete.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            MendRows::Upsert(rows) | MendRows::Delete(rows) => rows.rows(),
        }
    }
}

#[async_trait]
pub trait TargetSession: Send {
    /// One transaction: ledger row first (waits for a twin left by a dead engine), rows from
    /// `blocks`, count compared with what the reader ended the stream with, commit. Dropped or
    /// failed before the commit: rolled back.
    async fn write(&mut self, task: &ChunkTask, blocks: BlockReceiver) -> Result<Written, Fault>;

    /// The same for a chunk some of whose rows are refused: they go to the task's keeper, and only
    /// when it has them the transaction commits; the ledger row says how many there are. Blocks
    /// hold rows, whatever the table's path is. See [`careful`].
    async fn write_carefully(
        &mut self,
        task: &CarefulTask,
        _blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        Err(Fault::new(
            FaultKind::Unsupported,
            crate::core::fault::Side::Target,
            format!("rows of {} cannot be told apart on this target", task.chunk.table.target),
        ))
    }

    /// One transaction: ledger row, statements, commit.
    async fn run(&mut self, step: &StepTask) -> Result<Written, Fault>;

    /// One transaction: empties the table and removes the ledger rows of its chunks, to begin it
    /// again (DESIGN 4.2, 4.4).
    async fn begin_again(&mut self, table: &TablePlan, chunks: &[LedgerKey]) -> Result<(), Fault>;

    /// Sets sequences to the given positions, in one transaction with the step's ledger row.
    async fn set_sequences(
        &mut self,
        key: LedgerKey,
        sequences: &[crate::core::catalog::Sequence],
    ) -> Result<Written, Fault>;

    /// Writes large objects under their oids, in one transaction; ledger row when `last`.
    async fn write_large_objects(
        &mut self,
        key: LedgerKey,
        objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault>;

    /// SQLite to SQLite only: copies the chunk inside this connection.
    async fn copy_attached(
        &mut self,
        task: &ChunkTask,
        source: &AttachSource,
        gauge: &WorkGauge,
    ) -> Result<Written, Fault>;
}

/// Where [`TargetSession::copy_attached`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachSource {
    pub path: std::path::PathBuf,
}

/// Opens a source. Connects to nothing yet.
///
/// # Errors
/// `Unsupported` for an engine without a driver, `Usage` for a URL the driver cannot read.
pub fn open_source(access: url::Access) -> Result<Arc<dyn Source>, Fault> {
    match scheme(&access.endpoint.url) {
        "memory" => Ok(memory::World::from_url(&access.endpoint.url)?.source()),
        "postgres" | "postgresql" => postgres::source(&access),
        "mysql" => mysql::source(&access),
        "sqlite" => sqlite::source(access),
        _ => Err(no_driver(&access)),
    }
}

/// Opens a target. Connects to nothing yet.
///
/// # Errors
/// As [`open_source`].
pub fn open_target(access: url::Access) -> Result<Arc<dyn Target>, Fault> {
    match scheme(&access.endpoint.url) {
        "memory" => Ok(memory::World::from_url(&access.endpoint.url)?.target()),
        "postgres" | "postgresql" => postgres::target(&access),
        "mysql" => mysql::target(&access),
        "sqlite" => sqlite::target(access),
        _ => Err(no_driver(&access)),
    }
}

fn scheme(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn no_driver(access: &url::Access) -> Fault {
    Fault::new(
        FaultKind::Unsupported,
        access.side,
        format!("there is no driver for {}: databases", scheme(&access.endpoint.url)),
    )
    .with_hint("Use postgres://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE or sqlite:PATH.")
}

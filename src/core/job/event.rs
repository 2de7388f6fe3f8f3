//! Facts about a job, in the order they became true. Stored one row each.
//!
//! "Rows" under a variant says which rows of the master table change with it, so that the store
//! can write event and rows in one transaction before `apply`. A chunk's row has status, attempts,
//! interruptions, handouts, not_before, worker, rows and bytes; a step's row has the same without
//! rows and bytes; a table's row has snapshot and begins_again; the job's row has the rest.

use super::super::chunk::{ChunkId, Rejects};
use super::super::fault::Fault;
use super::super::plan::{StepId, TableIndex};
use super::super::spec::BadRows;
use super::super::time::Timestamp;
use super::command::Actor;
use super::state::{Hold, HoldReason, JobState, WorkerId};

/// What a piece of work given back is charged with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charge {
    /// Nothing: it was cancelled, or somebody else was the cause. Rows: attempts - 1.
    Nothing,
    /// One of the job's attempts. Rows: attempts as it is (it was counted when it began).
    Attempt,
    /// An outage. Rows: attempts - 1, interruptions + 1.
    Interruption,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Rows: job.state. From COMPLETED to another state: job.final_check_done = 0.
    StateChanged { from: JobState, to: JobState, by: Option<Actor>, reason: Option<String> },
    /// Rows: job.threads.
    ThreadsSet { from: u32, to: u32, by: Actor },
    /// Rows: job.threads_max.
    ThreadsMaxSet { from: u32, to: u32, by: Actor },
    /// Rows: job.index_workers.
    IndexWorkersSet { from: u32, to: u32, by: Actor },
    /// Rows: job.rate_bytes.
    RateSet { from: Option<u64>, to: Option<u64>, by: Actor },
    /// Rows: job.bad_rows.
    BadRowsSet { from: BadRows, to: BadRows, by: Actor },
    /// Rows: chunk.status = 1, worker, handouts = `attempt`, attempts + 1, not_before = NULL;
    /// if `begins_load`: table.snapshot = `snapshot`.
    ChunkAssigned {
        chunk: ChunkId,
        worker: WorkerId,
        attempt: u32,
        snapshot: u32,
        begins_load: bool,
    },
    /// Rows: chunk.status = 2, rows, rejects, bytes (when known), worker (`None`: found in the
    /// ledger) and not_before = NULL. The rejected rows that were kept for that handout of the
    /// chunk are in force from now on.
    ChunkProcessed {
        chunk: ChunkId,
        worker: Option<WorkerId>,
        rows: u64,
        bytes: Option<u64>,
        rejects: Rejects,
    },
    /// Back to unassigned after a fault that passes, or given back.
    /// Rows: chunk.status = 0, worker = NULL, not_before, and the charge's.
    ChunkReleased {
        chunk: ChunkId,
        fault: Option<Fault>,
        charge: Charge,
        not_before: Option<Timestamp>,
    },
    /// Rows: chunk.status = 3, worker = NULL, not_before = NULL, the fault's text.
    ChunkFailed { chunk: ChunkId, fault: Fault },
    /// Failed or skipped, to be tried again with fresh attempts.
    /// Rows: chunk.status = 0, attempts = 0, interruptions = 0.
    ChunkRetried { chunk: ChunkId, by: Actor },
    /// Rows: chunk.status = 4, not_before = NULL.
    ChunkSkipped { chunk: ChunkId, by: Actor, reason: String },
    /// Recorded as processed but not in the target's ledger: it lost its last commits.
    /// Rows: chunk.status = 0, worker = NULL, attempts = 0, interruptions = 0, rejects = 0; chunks
    /// that retry rejected rows of its table and are not processed: keys = 0, because the rows
    /// they were to read again may be loaded by this chunk.
    ChunkRevoked { chunk: ChunkId },
    /// Rejected rows of a table are to be read again: `batches` has the number of keys of each new
    /// chunk. Rows: a table with `retry_of` and its chunks, behind all others.
    RejectsRetried { table: TableIndex, key: Vec<String>, batches: Vec<u32>, by: Actor },
    /// Rows: step.status = running, worker, handouts = `attempt`, attempts + 1, not_before = NULL.
    StepStarted { step: StepId, worker: WorkerId, attempt: u32 },
    /// Rows: step.status = done, worker = NULL, not_before = NULL.
    StepDone { step: StepId },
    /// Rows: step.status = waiting, worker = NULL, not_before, and the charge's.
    StepReleased {
        step: StepId,
        fault: Option<Fault>,
        charge: Charge,
        not_before: Option<Timestamp>,
    },
    /// Rows: step.status = failed, worker = NULL, not_before = NULL, the fault's text.
    StepFailed { step: StepId, fault: Fault },
    /// Rows: step.status = waiting, attempts = 0, interruptions = 0.
    StepRetried { step: StepId, by: Actor },
    /// As `ChunkRevoked`. Rows: step.status = waiting, attempts = 0, interruptions = 0.
    StepRevoked { step: StepId },
    /// The table's rows and ledger entries are to be removed by a worker before anything else.
    /// Rows, of the table and of retries of its rejected rows: table.begins_again = 1; chunks of
    /// any status but 1: status = 0, attempts = 0, interruptions = 0, not_before = NULL, worker =
    /// NULL, rejects = 0; all chunks: keys = 0.
    TableBeginsAgain { table: TableIndex, reason: String, by: Option<Actor> },
    /// A worker was given the emptying. Rows: none; a new engine begins with fresh attempts.
    BeginAgainAssigned { table: TableIndex, worker: WorkerId, attempt: u32 },
    /// Rows: none.
    BeginAgainReleased {
        table: TableIndex,
        fault: Option<Fault>,
        charge: Charge,
        not_before: Option<Timestamp>,
    },
    /// Rows, of the table and of its retries: table.begins_again = 0, snapshot = 0.
    TableEmptied { table: TableIndex },
    /// Rows: none.
    Reconciled { adopted: u32, revoked: u32 },
    /// Rows: job.snapshots = `number`.
    SnapshotOpened { number: u32, label: String },
    /// Rows: none; no snapshot survives its engine.
    SnapshotClosed { reason: String },
    /// Set, or looked at again without success. Rows: none; a new engine looks for itself.
    HoldSet { hold: Hold },
    /// Rows: none.
    HoldLifted { reason: HoldReason },
    /// The ledger must be compared before anything is assigned. Rows: none.
    TrustLost { reason: String },
    /// Rows: job.final_check_done = 1.
    FinalCheckDone,
    /// Rows: job.cleaned_up = 1.
    CleanedUp,
    /// Rows: none.
    EngineStarted,
}

/// An event that cannot follow the present state: a bug or a damaged file, never the world's doing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event} cannot follow {state}")]
pub struct IllegalEvent {
    pub event: String,
    pub state: String,
}

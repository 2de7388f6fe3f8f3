//! Facts about a job, in the order they became true. Stored one row each.

use super::super::chunk::ChunkId;
use super::super::fault::Fault;
use super::super::plan::{StepId, TableIndex};
use super::super::time::Timestamp;
use super::command::Actor;
use super::state::{Hold, HoldReason, JobState, WorkerId};

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    StateChanged {
        from: JobState,
        to: JobState,
        by: Option<Actor>,
        reason: Option<String>,
    },
    ThreadsSet {
        from: u32,
        to: u32,
        by: Actor,
    },
    ThreadsMaxSet {
        from: u32,
        to: u32,
        by: Actor,
    },
    IndexWorkersSet {
        from: u32,
        to: u32,
        by: Actor,
    },
    RateSet {
        from: Option<u64>,
        to: Option<u64>,
        by: Actor,
    },
    ChunkAssigned {
        chunk: ChunkId,
        worker: WorkerId,
        attempt: u32,
    },
    ChunkProcessed {
        chunk: ChunkId,
        worker: Option<WorkerId>,
        rows: u64,
        bytes: Option<u64>,
    },
    /// Back to unassigned after a fault that passes. `counted`: against the attempts.
    ChunkReleased {
        chunk: ChunkId,
        fault: Option<Fault>,
        counted: bool,
        not_before: Option<Timestamp>,
    },
    ChunkFailed {
        chunk: ChunkId,
        fault: Fault,
    },
    /// Failed or skipped, to be tried again with fresh attempts.
    ChunkRetried {
        chunk: ChunkId,
        by: Actor,
    },
    ChunkSkipped {
        chunk: ChunkId,
        by: Actor,
        reason: String,
    },
    /// Recorded as processed but not in the target's ledger: it lost its last commits.
    ChunkRevoked {
        chunk: ChunkId,
    },
    StepStarted {
        step: StepId,
        worker: WorkerId,
    },
    StepDone {
        step: StepId,
    },
    StepReleased {
        step: StepId,
        fault: Option<Fault>,
        not_before: Option<Timestamp>,
    },
    StepFailed {
        step: StepId,
        fault: Fault,
    },
    StepRetried {
        step: StepId,
        by: Actor,
    },
    StepRevoked {
        step: StepId,
    },
    /// The table's rows and ledger entries are to be removed by a worker before anything else.
    TableBeginsAgain {
        table: TableIndex,
        reason: String,
        by: Option<Actor>,
    },
    /// The worker was given the emptying.
    BeginAgainAssigned {
        table: TableIndex,
        worker: WorkerId,
    },
    BeginAgainReleased {
        table: TableIndex,
        not_before: Option<Timestamp>,
    },
    TableEmptied {
        table: TableIndex,
    },
    Reconciled {
        adopted: u32,
        revoked: u32,
    },
    SnapshotOpened {
        number: u32,
        label: String,
    },
    SnapshotClosed {
        reason: String,
    },
    HoldSet {
        hold: Hold,
    },
    HoldLifted {
        reason: HoldReason,
    },
    /// The ledger must be compared before anything is assigned.
    TrustLost {
        reason: String,
    },
    FinalCheckDone,
    CleanedUp,
    EngineStarted,
}

/// An event that cannot follow the present state: a bug or a damaged file, never the world's doing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event} cannot follow {state}")]
pub struct IllegalEvent {
    pub event: String,
    pub state: String,
}

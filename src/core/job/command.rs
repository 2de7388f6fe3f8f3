//! All that can happen to a job: one closed enum.

use super::super::chunk::{ChunkId, Rejects};
use super::super::fault::{Fault, Side};
use super::super::plan::{StepId, TableIndex};
use super::super::spec::{BadRows, Limit};
use super::state::WorkerId;

/// Who asked, for the history: `ana`, `pts/3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    pub user: String,
    pub tty: String,
}

/// One input of the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Operator(Actor, Command),
    Worker(Report),
    Engine(Notice),
    /// Time passed: retries that are due, holds to look at again.
    Tick,
}

/// What an operator may want. Absolute, so that a repeat is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Accept the plan and begin; only in DEFINING.
    Start,
    Pause,
    /// Go on; also ends every hold and looks at once.
    Resume,
    /// `now`: give work under way back instead of finishing it.
    Stop {
        now: bool,
    },
    Threads {
        want: u32,
    },
    ThreadsMax {
        max: u32,
    },
    IndexWorkers {
        want: u32,
    },
    /// Bytes per second; `None`: no limit.
    Rate {
        bytes: Option<u64>,
    },
    /// Failed chunks and steps again; empty lists: all of them.
    Retry {
        chunks: Vec<ChunkId>,
        steps: Vec<StepId>,
    },
    Skip {
        chunks: Vec<ChunkId>,
        reason: String,
    },
    /// Begin a table again: empties it on the target.
    Reload {
        table: TableIndex,
    },
    /// Give the chunks of draining workers back.
    DrainNow,
    /// Read rejected rows again from a new snapshot and load what fits now.
    RetryRejects {
        tables: Vec<RejectRetry>,
    },
    /// Whether rows may be rejected from now on, and how many.
    BadRows {
        want: BadRows,
    },
}

/// Rejected rows of one table that are to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRetry {
    pub table: TableIndex,
    /// The columns that name its rows.
    pub key: Vec<String>,
    /// Keys in each of the new chunks.
    pub batches: Vec<u32>,
}

/// A chunk in the target's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    pub chunk: ChunkId,
    pub rows: u64,
    pub rejects: Rejects,
}

/// What a worker says. `attempt` is the one its [`super::Work`] came with: a report of an older
/// attempt is late and answered with no events.
///
/// A worker reports `Cancelled` only when it knows that its transaction was rolled back. A commit
/// that was sent and not answered is reported as `ConnectionLost` on the target.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    ChunkDone {
        worker: WorkerId,
        chunk: ChunkId,
        attempt: u32,
        rows: u64,
        bytes: u64,
        rejects: Rejects,
    },
    ChunkFailed {
        worker: WorkerId,
        chunk: ChunkId,
        attempt: u32,
        fault: Fault,
    },
    StepDone {
        worker: WorkerId,
        step: StepId,
        attempt: u32,
    },
    StepFailed {
        worker: WorkerId,
        step: StepId,
        attempt: u32,
        fault: Fault,
    },
    /// The table was emptied and its ledger rows removed, in one transaction whose commit is
    /// durable (`synchronous_commit` on): were it lost, rows of another snapshot would come back.
    BegunAgain {
        worker: WorkerId,
        table: TableIndex,
        attempt: u32,
    },
    BeginAgainFailed {
        worker: WorkerId,
        table: TableIndex,
        attempt: u32,
        fault: Fault,
    },
}

/// What the engine itself found.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// An engine took the job; its first input. Work of the engine before is in doubt until
    /// `Reconciled`.
    EngineStarted,
    /// The target's ledger: committed chunks, and ids of committed steps.
    Reconciled {
        chunks: Vec<Committed>,
        steps: Vec<StepId>,
    },
    /// There is no ledger on the target although the job made one: dropped by someone, or another
    /// server answers under the same address.
    LedgerMissing,
    SnapshotOpened {
        label: String,
    },
    SnapshotLost {
        fault: Fault,
    },
    /// The target cannot be used outside a worker's task (connecting, reading the ledger). What
    /// was acknowledged lately may be gone. Workers' own reports of a lost connection say so too.
    TargetLost {
        fault: Fault,
    },
    /// The source cannot be used outside a worker's task (connecting, opening a snapshot).
    SourceLost {
        fault: Fault,
    },
    /// A look at a held side went well.
    Recovered {
        side: Side,
    },
    /// A look at a held side failed again.
    StillLost {
        fault: Fault,
    },
    /// A server has been lost for longer than the job keeps trying.
    LostTooLong {
        side: Side,
        limit_ms: u64,
    },
    /// A limit of the job is passed; the message says by how much.
    LimitPassed {
        limit: Limit,
        message: String,
    },
    /// It is kept again, or was taken away.
    LimitKept {
        limit: Limit,
    },
    /// A worker's task ended without a report (a panic): what it held goes back.
    WorkerGone {
        worker: WorkerId,
    },
    /// All workers' tasks have ended: what one still held goes back.
    WorkersGone,
    /// The final ledger comparison found everything.
    FinalCheckDone,
    /// The ledger and everything else outside were removed.
    CleanedUp,
}

/// Why a wish was not granted: one sentence, shown as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

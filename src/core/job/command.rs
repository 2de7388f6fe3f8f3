//! All that can happen to a job: one closed enum.

use super::super::chunk::ChunkId;
use super::super::fault::Fault;
use super::super::plan::{StepId, TableIndex};
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
}

/// What a worker says. `attempt` is the attempt the work was assigned with: a report of an older
/// attempt is late and answered with no events.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    ChunkDone {
        worker: WorkerId,
        chunk: ChunkId,
        attempt: u32,
        rows: u64,
        bytes: u64,
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
    },
    StepFailed {
        worker: WorkerId,
        step: StepId,
        fault: Fault,
    },
    /// The table was emptied and its ledger rows removed.
    BegunAgain {
        worker: WorkerId,
        table: TableIndex,
    },
    BeginAgainFailed {
        worker: WorkerId,
        table: TableIndex,
        fault: Fault,
    },
}

/// What the engine itself found.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// An engine took the job. Work of the engine before is in doubt until `Reconciled`.
    EngineStarted,
    /// The target's ledger: ids of committed chunks with rows, and of committed steps.
    Reconciled {
        chunks: Vec<(ChunkId, u64)>,
        steps: Vec<StepId>,
    },
    SnapshotOpened {
        label: String,
    },
    SnapshotLost {
        fault: Fault,
    },
    /// The target's connection was lost: what was acknowledged lately may be gone.
    TargetLost {
        fault: Fault,
    },
    SourceLost {
        fault: Fault,
    },
    /// A look at a held side went well.
    Recovered {
        side: super::super::fault::Side,
    },
    /// A look at a held side failed again.
    StillLost {
        fault: Fault,
    },
    /// The engine's own file cannot be written, or could again.
    WorkersGone,
    /// The final ledger comparison found everything.
    FinalCheckDone,
    /// The ledger and everything else outside were removed.
    CleanedUp,
}

/// Why a wish was not granted: one sentence, shown as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

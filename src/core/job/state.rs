//! What a job is at a moment.

use std::collections::BTreeMap;

use super::super::chunk::{ChunkId, ChunkMethod, Rejects};
use super::super::fault::Side;
use super::super::plan::{Step, StepId, TableIndex};
use super::super::spec::{BadRows, Limit};
use super::super::time::Timestamp;

/// Data Pump's job states (UX.md 5). `NOT RUNNING` is not among them: it is what a reader says of
/// a live state whose lock nobody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Being set up: no plan accepted yet. Set by `new`; stored.
    Defining,
    /// Workers run. Set by start and resume; stored. After a crash: `Idling`, and resume goes on.
    Executing,
    /// Pause or stop asked, workers finish what they hold. Stored. After a crash: `Idling` or
    /// `Stopped`, as asked.
    StopPending { then_leave: bool },
    /// Work under way is being given back. After a crash: `Stopped`.
    Stopping,
    /// The engine is up and no worker runs: paused. Stored, so a restarted engine stays paused.
    Idling,
    /// The engine left in good order.
    Stopped,
    /// All chunks are settled; indexes, keys, sequences and final checks remain. Set by itself;
    /// stored. After a crash: `Idling`.
    Completing,
    /// Nothing is left. Failed and skipped work is counted, see `Progress`.
    Completed,
}

impl JobState {
    /// As written on screen and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            JobState::Defining => "DEFINING",
            JobState::Executing => "EXECUTING",
            JobState::StopPending { .. } => "STOP PENDING",
            JobState::Stopping => "STOPPING",
            JobState::Idling => "IDLING",
            JobState::Stopped => "STOPPED",
            JobState::Completing => "COMPLETING",
            JobState::Completed => "COMPLETED",
        }
    }

    /// May workers be given work?
    #[must_use]
    pub fn is_working(self) -> bool {
        matches!(self, JobState::Executing | JobState::Completing)
    }

    /// Does the state claim that an engine is there?
    #[must_use]
    pub fn is_live(self) -> bool {
        match self {
            JobState::Executing
            | JobState::StopPending { .. }
            | JobState::Stopping
            | JobState::Completing
            | JobState::Idling => true,
            JobState::Defining | JobState::Stopped | JobState::Completed => false,
        }
    }
}

/// DBMS_PARALLEL_EXECUTE's chunk states with their numbers; 4 is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChunkStatus {
    Unassigned = 0,
    Assigned = 1,
    /// The target's commit was acknowledged, or found in the ledger.
    Processed = 2,
    ProcessedWithError = 3,
    Skipped = 4,
}

impl ChunkStatus {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ChunkStatus::Unassigned => "unassigned",
            ChunkStatus::Assigned => "assigned",
            ChunkStatus::Processed => "processed",
            ChunkStatus::ProcessedWithError => "processed, error",
            ChunkStatus::Skipped => "skipped",
        }
    }

    /// Nothing more will happen to it by itself.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(
            self,
            ChunkStatus::Processed | ChunkStatus::ProcessedWithError | ChunkStatus::Skipped
        )
    }
}

/// Build workers are numbered from here; copy workers from 1 to the slider's ceiling.
pub const BUILD_WORKER_FIRST: u32 = 1001;

/// A worker's number: stable while it lives. Copy workers count from 1, build workers from
/// [`BUILD_WORKER_FIRST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u32);

impl WorkerId {
    #[must_use]
    pub fn is_build(self) -> bool {
        self.0 >= BUILD_WORKER_FIRST
    }
}

/// A chunk's standing. Its range, error text and times are in the master table only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub table: TableIndex,
    pub status: ChunkStatus,
    /// Attempts begun and counted against the limit; the present one is among them.
    pub attempts: u32,
    /// Attempts lost to an outage of a server; limited on their own, so that a row that kills its
    /// connection does not go round for ever.
    pub interruptions: u32,
    /// Times it was ever given to a worker. Never goes back: reports are recognised by it.
    pub handouts: u32,
    /// Unassigned again after a fault that passes: not before this moment.
    pub not_before: Option<Timestamp>,
    /// Who holds it, or wrote it. Assigned to a worker that holds something else: in doubt.
    pub worker: Option<WorkerId>,
    /// Estimates until processed, then what was written.
    pub rows: u64,
    pub bytes: u64,
    /// Rows that were put aside when it was processed.
    pub rejects: Rejects,
    /// Rejected rows of its table that it reads again; 0: it is no retry, or what it was to read
    /// again is loaded by other chunks. Processed, those rows are no longer rejected by the chunks
    /// that met them first.
    pub keys: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StepStatus {
    #[default]
    Waiting,
    Running(WorkerId),
    Done,
    Failed,
    Skipped,
}

/// A step's standing. A `Load` step stays `Waiting`: what it is follows from its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct StepStanding {
    pub status: StepStatus,
    /// As in [`Chunk`].
    pub attempts: u32,
    pub interruptions: u32,
    pub handouts: u32,
    pub not_before: Option<Timestamp>,
}

/// A table with the consecutive chunks it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatus {
    pub first_chunk: ChunkId,
    pub chunk_count: u32,
    pub method: ChunkMethod,
    /// The snapshot (1-based count of this job) the first chunk of the present load was read from;
    /// 0: no chunk was given out since the table was made or emptied.
    pub snapshot: u32,
    /// It is to be emptied before any chunk of it is given out.
    pub begins_again: bool,
    /// These chunks read rejected rows of that table again. It follows all tables of the plan, and
    /// is emptied and begun again together with its table.
    pub retry_of: Option<TableIndex>,
}

/// Something that keeps the job or a side from going on, with who and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub reason: HoldReason,
    pub since: Timestamp,
    /// Engine's next look by itself; `None`: waits for the operator.
    pub next_try: Option<Timestamp>,
    /// Looks so far.
    pub tries: u32,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// The server of this side does not answer.
    ServerLost(Side),
    LoginRefused(Side),
    OutOfSpace(Side),
    /// The server refuses what every worker needs: a snapshot, a session.
    Refused(Side),
    /// The target has no ledger although the job made one.
    LedgerMissing,
    /// Too many chunks failed for one cause.
    TooManyFailures,
    /// The job spares a server, or waits for its hours.
    Limit(Limit),
}

/// The whole machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub state: JobState,
    /// The slider: workers wanted, and its right end.
    pub threads: u32,
    pub threads_max: u32,
    pub index_workers: u32,
    pub rate_bytes: Option<u64>,
    pub attempts_max: u32,
    pub bad_rows: BadRows,
    pub steps: Vec<Step>,
    /// One for each of `steps`.
    pub step_standings: Vec<StepStanding>,
    pub tables: Vec<TableStatus>,
    pub chunks: Vec<Chunk>,
    /// The ledger was compared since the target was last lost: nothing is assigned before.
    pub reconciled: bool,
    /// Snapshots opened so far; 0: none yet in this job.
    pub snapshots: u32,
    /// A snapshot is open now.
    pub snapshot_open: bool,
    /// One for each reason at most.
    pub holds: Vec<Hold>,
    /// What each worker holds.
    pub busy: BTreeMap<WorkerId, super::Work>,
    /// The final comparison was made and the ledger may be dropped.
    pub final_check_done: bool,
    /// The ledger was removed: what failed cannot be tried again.
    pub cleaned_up: bool,
    pub(super) lately: super::lately::Lately,
    pub(super) index: super::index::Index,
}

impl Job {
    /// The chunks of a table.
    #[must_use]
    pub fn chunks_of(&self, table: TableIndex) -> &[Chunk] {
        let status = &self.tables[table.0 as usize];
        let first = status.first_chunk.0 as usize;
        &self.chunks[first..first + status.chunk_count as usize]
    }

    /// The table whose rows these are: the table itself, or the one a retry reads again.
    #[must_use]
    pub fn root_of(&self, table: TableIndex) -> TableIndex {
        self.tables[table.0 as usize].retry_of.unwrap_or(table)
    }

    /// The table and the retries of its rejected rows.
    pub fn family(&self, root: TableIndex) -> impl Iterator<Item = TableIndex> + '_ {
        // Retries stand behind all other tables.
        let retries = (0..self.tables.len() as u32).rev().map(|at| (TableIndex(at), &self.tables));
        let retry_of = |at: TableIndex, all: &[TableStatus]| all[at.0 as usize].retry_of;
        let retries = retries.take_while(move |(at, all)| retry_of(*at, all).is_some());
        let ours = retries.filter(move |(at, all)| retry_of(*at, all) == Some(root));
        std::iter::once(root).chain(ours.map(|(at, _)| at))
    }

    /// Chunks of the table and of the retries of its rejected rows.
    pub fn family_chunks(&self, root: TableIndex) -> impl Iterator<Item = ChunkId> + '_ {
        self.family(root).flat_map(|table| {
            let status = &self.tables[table.0 as usize];
            (status.first_chunk.0..status.first_chunk.0 + status.chunk_count).map(ChunkId)
        })
    }

    #[must_use]
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    #[must_use]
    pub fn standing(&self, id: StepId) -> &StepStanding {
        &self.step_standings[id.0 as usize]
    }
}

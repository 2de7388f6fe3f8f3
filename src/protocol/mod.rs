//! What travels on the socket: lines of JSON, versioned. A console sees only this.
//!
//! First line both ways is a [`Hello`]. A console then sends [`Request`]s, each with an id, and
//! gets exactly one [`Reply`] each; after `Subscribe` it also gets one [`Update::Snapshot`] and
//! then [`Update::Changed`] whenever something visible changed. Actions are absolute and carry an
//! id that is remembered, so a repeat after a reconnect is harmless.

pub mod codec;
pub mod convert;
pub mod start;
pub mod survey;
pub mod view;

pub use start::{EndpointMessage, SpecMessage, StartMessage};
pub use view::*;

use serde::{Deserialize, Serialize};

/// Raised when a message changes its meaning. Part of the socket's directory name.
pub const PROTOCOL: u32 = 1;

/// Longest line either side accepts: a snapshot of 10,000 tables is about 4 MB.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// First line both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    /// Package version: another build is a line in the header, another protocol is a refusal.
    pub build: String,
    /// Who: `ana`, `pts/3`. From the engine: `engine`.
    pub user: String,
    pub tty: String,
    /// A console that may look and not act.
    #[serde(default)]
    pub read_only: bool,
    pub pid: u32,
}

/// Console to engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Unique per console; actions with an id seen before are acknowledged and not done again.
    pub id: u64,
    pub body: RequestBody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RequestBody {
    /// Send a snapshot and then changes.
    Subscribe,
    /// One snapshot as the reply.
    Status,
    Action {
        action: Action,
    },
    /// Chunks of one table by number within the table, or failed ones of all tables.
    Chunks {
        filter: ChunkFilter,
        offset: u32,
        limit: u32,
    },
    /// Chunk states of one table, run-length encoded, for the map.
    ChunkMap {
        table: u32,
    },
    Steps {
        failed_only: bool,
    },
    Log {
        lines: u32,
    },
    History {
        limit: u32,
    },
    /// The plan's findings and checklist.
    Plan,
    /// Rejected rows, of a table and of a cause when these are given, and the causes there are.
    Rejects {
        table: Option<u32>,
        cause: Option<String>,
        offset: u64,
        limit: u64,
    },
    /// One rejected row with its text.
    RejectText {
        id: i64,
    },
    /// Of a verification: differing rows of one table, by key.
    Differences {
        table: u32,
        limit: u32,
    },
    /// The same with values, read from both databases now. Rows are private: only on request.
    Values {
        table: u32,
        limit: u32,
    },
}

/// What a console may ask to change; the words of the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Action {
    Start,
    Pause,
    Resume,
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
    Rate {
        bytes: Option<u64>,
    },
    /// Chunk ids (job-wide); with `steps` empty too: everything failed.
    Retry {
        chunks: Vec<u32>,
        steps: Vec<u32>,
    },
    Skip {
        chunks: Vec<u32>,
        reason: String,
    },
    Reload {
        table: u32,
    },
    DrainNow,
    /// TOML of `[limits]`, all of them; empty: none any more.
    Limits {
        text: String,
    },
    /// Rejected rows are read again by key and loaded; absent: of every table.
    RetryRejects {
        table: Option<u32>,
    },
    /// Bad rows are put aside up to these limits (absent ones stay), or fail their chunk.
    BadRows {
        #[serde(default)]
        fail: bool,
        per_table: Option<u64>,
        per_job: Option<u64>,
    },
    /// Makes a fault in the engine, for tests of consoles; only `sim` obeys.
    SimFault {
        script: String,
    },
}

impl Action {
    /// Its word, for the history and for `JobView.refused`.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Start => "start",
            Action::Pause => "pause",
            Action::Resume => "resume",
            Action::Stop { now: false } => "stop",
            Action::Stop { now: true } => "stop now",
            Action::Threads { .. } => "threads",
            Action::ThreadsMax { .. } => "threads_max",
            Action::IndexWorkers { .. } => "index_workers",
            Action::Rate { .. } => "rate",
            Action::Retry { .. } => "retry",
            Action::Skip { .. } => "skip",
            Action::Reload { .. } => "reload",
            Action::DrainNow => "drain now",
            Action::Limits { .. } => "limits",
            Action::RetryRejects { .. } => "rejects retry",
            Action::BadRows { .. } => "rejects limit",
            Action::SimFault { .. } => "sim_fault",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkFilter {
    /// Table number (position in the snapshot); `None`: all tables.
    pub table: Option<u32>,
    /// A state's number 0..=4; `None`: all.
    pub state: Option<u8>,
}

/// Engine to console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerLine {
    Reply { id: u64, reply: Reply },
    Update { update: Update },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// Done; the sentence for the status line.
    Done {
        message: String,
    },
    /// Not done, nothing changed; the sentence says why.
    Refused {
        message: String,
    },
    Status {
        snapshot: Box<Snapshot>,
    },
    Chunks {
        total: u32,
        chunks: Vec<ChunkView>,
    },
    ChunkMap {
        runs: Vec<(u8, u32)>,
    },
    Steps {
        steps: Vec<StepView>,
    },
    Log {
        lines: Vec<LogLine>,
    },
    History {
        runs: Vec<RunView>,
        events: Vec<LogLine>,
    },
    Plan {
        plan: PlanView,
    },
    Rejects {
        total: u64,
        groups: Vec<RejectGroupView>,
        rows: Vec<RejectView>,
    },
    RejectText {
        row: Option<RejectView>,
    },
    Differences {
        table: u32,
        rows: Vec<DifferenceView>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Update {
    Snapshot {
        snapshot: Box<Snapshot>,
    },
    /// Whole replacements of what changed; absent parts are as before.
    Changed {
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<Box<JobView>>,
        /// Changed tables by number.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tables: Vec<TableView>,
        #[serde(skip_serializing_if = "Option::is_none")]
        workers: Option<Vec<WorkerView>>,
        /// New log lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        log: Vec<LogLine>,
        #[serde(skip_serializing_if = "Option::is_none")]
        consoles: Option<Vec<ConsoleView>>,
    },
    /// The engine leaves in good order; the last line.
    Goodbye {
        reason: String,
    },
}

//! What a console is shown of a job. Numbers are plain: bytes, rows, milliseconds.

use serde::{Deserialize, Serialize};

/// Everything at a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub job: JobView,
    pub tables: Vec<TableView>,
    pub workers: Vec<WorkerView>,
    pub consoles: Vec<ConsoleView>,
    /// The newest lines, oldest first.
    pub log: Vec<LogLine>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    pub name: String,
    /// `copy`.
    pub kind: String,
    /// UX.md 5, as written on screen: `EXECUTING`, `STOP PENDING`, ...
    pub state: String,
    /// `pg:crm@db1`.
    pub source: String,
    pub target: String,
    /// `PROD` or the connection's own label.
    pub target_label: Option<String>,
    pub production: bool,
    /// Milliseconds since 1970 UTC; 0: not started.
    pub started_ms: i64,
    /// Milliseconds this run has been executing, pauses included.
    pub elapsed_ms: u64,
    /// The engine's clock when this was made.
    pub now_ms: i64,
    pub threads: ThreadsView,
    pub rate: RateView,
    pub progress: ProgressView,
    pub phases: Vec<PhaseView>,
    /// Everything that holds the job back, each a phrase: `rate limit 40 MB/s, set by bo 14:33`.
    pub held_by: Vec<String>,
    /// Trouble with its four parts, worst first.
    pub alerts: Vec<AlertView>,
    /// Snapshots of the source used so far: 2 means the target mixes two moments.
    pub snapshots: u32,
    /// The plan is made; before, actions other than `stop` are refused.
    pub planned: bool,
    /// BLOCK findings of the plan.
    pub blocks: u32,
    pub engine_pid: u32,
    pub build: String,
    pub state_path: String,
    pub log_path: String,
    /// How the job weighs on its source, as phrases: `oldest snapshot 3h12m (limit 6h)`. Empty
    /// while it does not; from 80 % of a limit on a phrase begins with `!`.
    #[serde(default)]
    pub pressure: Vec<String>,
    /// Actions that would be refused now, with the sentence: verb -> reason.
    pub refused: Vec<(String, String)>,
    /// Of a verification.
    #[serde(default)]
    pub compared: Option<ComparedView>,
    /// TOML of `[limits]`; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limits: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadsView {
    pub want: u32,
    pub run: u32,
    pub connecting: u32,
    pub draining: u32,
    pub max: u32,
    /// Age of the oldest chunk held by a draining worker.
    pub draining_oldest_ms: u64,
    pub index_workers: u32,
    /// Workers that hold an index step.
    pub index_run: u32,
    /// Why fewer run than are wanted: `SQLite has one writer`.
    pub note: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RateView {
    pub bytes_per_s: u64,
    pub rows_per_s: u64,
    pub limit_bytes_per_s: Option<u64>,
    /// `bo 14:33`.
    pub limit_by: Option<String>,
    pub peak_bytes_per_s: u64,
    /// Means over the last minute and ten minutes of this run.
    pub mean_1m_bytes_per_s: u64,
    pub mean_10m_bytes_per_s: u64,
    /// One value a second, oldest first, at most 64.
    pub spark: Vec<u64>,
}

/// Sums over all chunks. `done + running + left + failed + skipped` is the total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgressView {
    /// 0..=100 with two decimals lost on purpose; 100 only when everything is committed.
    pub percent: u8,
    pub chunks_done: u32,
    pub chunks_running: u32,
    pub chunks_left: u32,
    pub chunks_failed: u32,
    pub chunks_skipped: u32,
    pub rows_done: u64,
    /// Rows that the target refused and that are put aside.
    #[serde(default)]
    pub rows_rejected: u64,
    /// Known rows of finished chunks plus estimates of the rest.
    pub rows_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// Totals are estimates.
    pub estimated: bool,
    pub steps_failed: u32,
    /// In the hands of workers and not committed: `percent` counts it, `rows_done` does not.
    #[serde(default)]
    pub rows_moving: u64,
    #[serde(default)]
    pub bytes_moving: u64,
    /// Span in milliseconds from now; absent before there is a rate.
    pub eta_ms: Option<(u64, u64)>,
    pub tables_done: u32,
    pub tables_running: u32,
    pub tables_left: u32,
    pub tables_failed: u32,
}

/// Rejected rows of one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectGroupView {
    /// Code and message without what they quote of a row.
    pub cause: String,
    pub rows: u64,
    pub tables: u32,
    /// Not refused: gone from the source.
    pub gone: bool,
    pub last_ms: i64,
}

/// One rejected row. Its text only on request: rows are private.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectView {
    pub id: i64,
    pub table: u32,
    pub table_name: String,
    /// 1-based number of its chunk within the table.
    pub chunk: u32,
    /// Columns that name it, and their values as the source spells them; absent: it has no name.
    pub key: Option<Vec<(String, String)>>,
    pub column: Option<String>,
    pub code: Option<String>,
    pub message: String,
    pub detail: Option<String>,
    pub cause: String,
    pub gone: bool,
    pub in_retry: bool,
    pub row: Option<String>,
    pub row_bytes: u64,
    pub at_ms: i64,
}

/// One word and its counts: `schema ok`, `COPY 63%`, `indexes 0/58`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseView {
    /// `schema`, `copy`, `indexes`, `keys`, `sequences`, `views`, `analyse`.
    pub name: String,
    pub done: u32,
    pub total: u32,
    pub failed: u32,
    pub running: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    /// Position in the snapshot.
    pub number: u32,
    /// `schema.name` on the source.
    pub name: String,
    /// On the target, when it differs.
    pub target_name: Option<String>,
    /// `waiting`, `running`, `done`, `failed`, `skipped`.
    pub state: String,
    pub chunks_total: u32,
    pub chunks_done: u32,
    pub chunks_running: u32,
    pub chunks_failed: u32,
    pub chunks_skipped: u32,
    /// At most 20 chunks: one digit 0..=4 (or `:` for waiting for a retry) per chunk, in order.
    pub cells: Option<String>,
    pub rows_done: u64,
    #[serde(default)]
    pub rows_rejected: u64,
    pub rows_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// In the hands of workers and not committed.
    #[serde(default)]
    pub rows_moving: u64,
    #[serde(default)]
    pub bytes_moving: u64,
    pub estimated: bool,
    /// `key id`, `ctid`, `rowid`, `whole table`.
    pub method: String,
    /// `direct, binary COPY`, `conventional`.
    pub path: String,
    /// Bytes per second now.
    pub bytes_per_s: u64,
    pub last_change_ms: i64,
    /// Of a verification.
    #[serde(default)]
    pub compared: Option<ComparedView>,
}

/// What a verification found, of one table or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedView {
    pub chunks_equal: u32,
    pub chunks_differ: u32,
    pub chunks_repaired: u32,
    pub source_rows: u64,
    pub target_rows: u64,
    /// Rows the target lacks.
    pub missing: u64,
    /// Rows only the target has.
    pub extra: u64,
    /// Rows with equal keys and different values.
    pub different: u64,
    /// There are more differences than were counted.
    pub at_least: bool,
    /// Tables or columns that only the source has.
    pub shape: u32,
    /// Something differs.
    pub differs: bool,
}

/// A differing row; values only when they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceView {
    pub table: String,
    /// Number of the chunk within its table.
    pub chunk: u32,
    /// `missing`, `extra`, `different`.
    pub change: String,
    /// `id 4711`, or `row` with its hash where there is no key.
    pub key: String,
    /// The source's columns that differ.
    pub columns: Vec<String>,
    /// Column, value on the source, value on the target; `None`: NULL or not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, Option<String>, Option<String>)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerView {
    pub number: u32,
    /// `stay`, `drain`, `connecting`, `idle`.
    pub role: String,
    /// What it holds: `crm.orders #1003`, `create index crm.ix`; empty when idle.
    pub work: String,
    /// `read`, `write`, `commit`, `WAIT lock`, `throttled`, ...
    pub activity: String,
    pub rows: u64,
    pub rows_expected: u64,
    pub bytes_per_s: u64,
    /// How long it has held this work.
    pub held_ms: u64,
    /// What it waits for, in words.
    pub waits_for: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleView {
    pub user: String,
    pub tty: String,
    pub since_ms: i64,
    pub read_only: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at_ms: i64,
    /// `engine`, or `ana (pts/3)`.
    pub by: String,
    pub text: String,
    /// `info`, `action`, `warn`, `error`.
    pub level: String,
}

/// Trouble in four parts (UX.md 11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// Stable id: `target-lost`, `source-lost`, `out-of-space`, `login-refused`, `chunks-failed`.
    pub id: String,
    /// One line: what happened.
    pub what: String,
    pub safe: String,
    pub next: String,
    /// `r try now`, `f failed chunks`.
    pub keys: Vec<String>,
    pub since_ms: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkView {
    /// Job-wide id, for actions.
    pub id: u32,
    /// Table number and 1-based number within the table, for people: `crm.orders #81`.
    pub table: u32,
    pub table_name: String,
    pub number: u32,
    /// 0..=4.
    pub state: u8,
    pub attempts: u32,
    /// `id 4,000,001 to 4,050,000`.
    pub range: String,
    pub rows: u64,
    pub bytes: u64,
    /// Rows put aside when it was processed.
    #[serde(default)]
    pub rejected: u32,
    pub worker: Option<u32>,
    pub started_ms: Option<i64>,
    pub elapsed_ms: Option<u64>,
    pub error_code: Option<String>,
    /// Whole, unfiltered; ends with detail and hint.
    pub error_message: Option<String>,
    /// Why it failed, and what helps, as far as the database tells.
    #[serde(default)]
    pub error_detail: Option<String>,
    #[serde(default)]
    pub error_hint: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    pub id: u32,
    pub title: String,
    /// `waiting`, `running`, `done`, `failed`, `skipped`.
    pub state: String,
    pub attempts: u32,
    pub elapsed_ms: Option<u64>,
    pub error_message: Option<String>,
    pub statement: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    pub number: u32,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
    pub by: String,
    pub end_state: String,
    pub rows: u64,
    pub bytes: u64,
    pub chunks: u32,
    pub failed: u32,
    pub skipped: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    pub findings: Vec<FindingView>,
    pub tables: Vec<PlanTableView>,
    pub checklist: Vec<ChecklistView>,
    pub steps: u32,
    pub blocked: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// `BLOCK`, `warn`, `ok`.
    pub severity: String,
    pub topic: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Numbered ways out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayView>,
}

/// One way out of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayView {
    pub title: String,
    pub change: ChangeView,
}

/// What a way out changes in a draft, or on the target on consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ChangeView {
    /// `if_exists` of one table of the source: `append`, `truncate`, ...
    TableExists {
        table: String,
        policy: String,
    },
    LeaveOut {
        table: String,
    },
    Rename {
        table: String,
    },
    AcceptLossy,
    /// A dotted key of the job file and its value as TOML.
    Set {
        key: String,
        value: String,
    },
    /// Run on the target after consent; may be edited before.
    Conform {
        statements: Vec<String>,
    },
    /// A page of the wizard: `connect`, `pick`, `options`.
    Page {
        page: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTableView {
    pub source: String,
    pub target: String,
    pub rows: u64,
    pub bytes: u64,
    pub chunks: u32,
    pub method: String,
    pub path: String,
    pub path_reason: String,
    /// Worst verdict of its columns.
    pub fit: String,
    /// Columns that are not exact, or that a rule speaks of: `name: source -> target (verdict,
    /// reason)`.
    pub notes: Vec<String>,
    /// `12 exact, 3 wider`.
    #[serde(default)]
    pub verdicts: String,
    /// Of copies between two kinds of databases every column; else those that change.
    #[serde(default)]
    pub columns: Vec<PlanColumnView>,
    /// Which of its rows: `where placed > '2024-01-01'`, `sample 10 %`. Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows_chosen: Vec<String>,
}

/// A column's types as a diff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanColumnView {
    pub name: String,
    pub target_name: String,
    pub source_type: String,
    pub target_type: String,
    /// `exact`, `wider`, `lossy`, `unsupported`.
    pub fit: String,
    pub reason: String,
    /// `map rule 2`, `switch tinyint1_as_boolean`; then `instead_of` is the type without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// What is read instead of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

impl PlanColumnView {
    /// `state: int -> boolean (switch x, instead of smallint)  lossy, 0 and 1`.
    #[must_use]
    pub fn line(&self) -> String {
        let named =
            |text: &str| if text.is_empty() { "no type".to_owned() } else { text.to_owned() };
        let name = match self.name == self.target_name {
            true => self.name.clone(),
            false => format!("{} -> {}", self.name, self.target_name),
        };
        let rule = match (&self.rule, &self.instead_of) {
            (Some(by), Some(old)) => format!(" ({by}, instead of {})", named(old)),
            (Some(by), None) => format!(" ({by})"),
            _ => String::new(),
        };
        let (from, to) = (named(&self.source_type), named(&self.target_type));
        let why = if self.reason.is_empty() { String::new() } else { format!(", {}", self.reason) };
        let read = self.expression.as_ref().map(|text| format!("  read as {text}"));
        format!("{name}: {from} -> {to}{rule}  {}{why}{}", self.fit, read.unwrap_or_default())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistView {
    pub kind: String,
    pub name: String,
    /// `created`, `skipped`, `needs hands`.
    pub fate: String,
    pub reason: Option<String>,
    pub source_text: Option<String>,
}

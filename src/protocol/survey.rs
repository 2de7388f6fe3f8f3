//! How a draft's databases are looked at: lines of JSON between the console and a process
//! `tidegate survey` that it starts, reads from and ends. Nothing here changes a database, except
//! [`SurveyRequest::Conform`], which an operator agreed to.
//!
//! One [`SurveyLine`] a request, any number at work at a time, one [`SurveyNews::Answer`] or
//! [`SurveyNews::Failed`] each, with progress before it where it takes long. The process ends when
//! its standard input does. Passwords travel here as they do in a `StartMessage`: never in a file.

use serde::{Deserialize, Serialize};

use super::view::PlanView;

/// One line to the survey. Deliberately without `Debug`: it may hold a password.
#[derive(Clone, Serialize, Deserialize)]
pub struct SurveyLine {
    /// Unique per process; repeated by everything said about it.
    pub id: u64,
    pub request: SurveyRequest,
}

/// A database as the wizard has it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyEnd {
    /// URL or name of a connection in config.toml, as in `from` of a job file.
    pub url: String,
    /// Typed by the operator; absent: looked up where the configuration says.
    #[serde(default)]
    pub password: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SurveyRequest {
    /// Does it answer, who am I there, what is it?
    Probe { end: SurveyEnd, is_target: bool },
    /// Every schema and table of the source, with estimates; `target` tells what cannot be copied.
    Tables { source: SurveyEnd, target: SurveyEnd },
    /// Counts exactly, one table after the other, each as [`SurveyNews::Counted`].
    Count { source: SurveyEnd, tables: Vec<String> },
    /// Columns and keys of one table, with the types they will have on the target under the draft.
    Columns { draft: SurveyDraft, table: String },
    /// EXPLAIN and a row estimate of a condition.
    CheckFilter { source: SurveyEnd, table: String, filter: String },
    /// Is the expression lawful, and of which type, with three values it gives?
    CheckExpression { source: SurveyEnd, table: String, column: String, expression: String },
    /// The statement that makes this table on the target under the draft.
    Ddl { draft: SurveyDraft, table: String },
    /// Does the target take the statement? Tried where it leaves nothing behind; and how its
    /// columns differ from the source's.
    CheckDdl { draft: SurveyDraft, table: String, ddl: String },
    /// The plan of a draft: the same as `tidegate plan`.
    Preflight { draft: SurveyDraft },
    /// Runs statements on the target, one after the other, stopping at the first that fails.
    Conform { target: SurveyEnd, statements: Vec<String> },
    /// Stop working at a request.
    Cancel { id: u64 },
}

/// The kind alone: the rest may hold a password.
impl std::fmt::Debug for SurveyRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SurveyRequest::Probe { .. } => "Probe",
            SurveyRequest::Tables { .. } => "Tables",
            SurveyRequest::Count { .. } => "Count",
            SurveyRequest::Columns { .. } => "Columns",
            SurveyRequest::CheckFilter { .. } => "CheckFilter",
            SurveyRequest::CheckExpression { .. } => "CheckExpression",
            SurveyRequest::Ddl { .. } => "Ddl",
            SurveyRequest::CheckDdl { .. } => "CheckDdl",
            SurveyRequest::Preflight { .. } => "Preflight",
            SurveyRequest::Conform { .. } => "Conform",
            SurveyRequest::Cancel { .. } => "Cancel",
        })
    }
}

/// A draft: the text of a job file, and what was typed beside it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyDraft {
    pub job_file: String,
    #[serde(default)]
    pub source_password: Option<String>,
    #[serde(default)]
    pub target_password: Option<String>,
}

/// One line from the survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyAnswerLine {
    pub id: u64,
    pub news: SurveyNews,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SurveyNews {
    /// What is being done now, one phrase.
    Progress {
        text: String,
    },
    Counted {
        table: String,
        rows: u64,
    },
    Answer {
        answer: SurveyAnswer,
    },
    /// In the parts of every message about trouble; never a password.
    Failed {
        what: String,
        hint: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum SurveyAnswer {
    Probe(ProbeView),
    Tables { schemas: Vec<SchemaView> },
    Counted { tables: u32 },
    Columns { columns: Vec<SurveyColumn>, notes: Vec<String> },
    Check(CheckView),
    Ddl { text: String },
    Preflight { plan: Box<PlanView> },
    Conformed { done: u32, failed: Option<String> },
    Cancelled,
}

/// What a server said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeView {
    /// `PostgreSQL 16.4`.
    pub server: String,
    pub round_trip_ms: u64,
    /// Phrases in order of weight: `97 of 200 connections free`, `1.2 TB free`, `read only`.
    pub facts: Vec<String>,
    /// What will be in the way.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaView {
    pub name: String,
    pub tables: Vec<SurveyTable>,
}

/// One line of the picker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyTable {
    pub name: String,
    /// `table`, `view`, `materialized view`, `partitioned table`, `foreign table`, ...
    pub kind: String,
    /// Absent: the database does not know.
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    /// Counted, not estimated.
    #[serde(default)]
    pub exact: bool,
    /// `id`, `at,id`; empty: no key.
    pub key: String,
    /// Absent: it can be copied as it is. `PostgreSQL's materialized views have no twin there`.
    pub obstacle: Option<String>,
    /// `1 thread`, `12 parts`.
    pub note: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyColumn {
    pub name: String,
    pub source_type: String,
    pub target_type: String,
    /// `exact`, `wider`, `lossy`, `unsupported`.
    pub fit: String,
    pub reason: String,
    pub not_null: bool,
    /// Part of the key that names a row.
    pub key: bool,
}

/// What a check found. Lines of label and text: `ok`, `rows`, `cost`, `note`, `diff`, `error`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    pub valid: bool,
    pub lines: Vec<(String, String)>,
    /// Where in the text the trouble is, 1-based, when the server said.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

//! What the operator asked for, parsed and validated. The job's definition in the master table.

mod amounts;
mod endpoint;
mod limits;
mod my_cnf;
mod secret;
mod selection;
mod shaping;

pub use amounts::{parse_bytes, parse_chunk_size, parse_rate, parse_span, parse_threads};
pub use endpoint::{
    Endpoint, MYSQL_PORT, POSTGRES_PORT, ServerAddress, default_port, percent_decode,
    percent_encode, split_port,
};
pub use limits::{Limit, LimitRules, Limits, Window};
pub use my_cnf::ClientOptions;
pub use secret::Secret;
pub use selection::{Pattern, Selection};
pub use shaping::{LoadOrder, ObjectClass, Objects, Shaping, TableShape};

use super::chunk::CHUNK_BYTES_DEFAULT;
use super::mapping::MapRules;
use super::name::JobName;

/// Threads when nobody says otherwise.
pub const THREADS_DEFAULT: u32 = 4;
/// The slider's right end when nobody says otherwise.
pub const THREADS_MAX_DEFAULT: u32 = 32;
/// Hard ceiling of the slider: every thread is a connection on both servers.
pub const THREADS_CEILING: u32 = 256;
/// Attempts at one chunk before it is PROCESSED_WITH_ERROR.
pub const ATTEMPTS_DEFAULT: u32 = 3;

/// What happens to a target table that is already there (Data Pump's TABLE_EXISTS_ACTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableExists {
    /// The plan has a BLOCK finding.
    #[default]
    Stop,
    Skip,
    Append,
    Truncate,
    Replace,
}

impl TableExists {
    /// As in a job file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TableExists::Stop => "stop",
            TableExists::Skip => "skip",
            TableExists::Append => "append",
            TableExists::Truncate => "truncate",
            TableExists::Replace => "replace",
        }
    }
}

/// Which data path the operator insists on (Data Pump's DATA_ACCESS_METHOD).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AccessMethod {
    #[default]
    Automatic,
    DirectPath,
    Conventional,
}

/// What is copied (Data Pump's CONTENT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Content {
    #[default]
    All,
    DataOnly,
    SchemaOnly,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum JobKind {
    #[default]
    Copy,
    /// Compares both sides and changes nothing, unless `repair` was asked for.
    Verify,
}

/// What happens to rows that the target refuses (SQL*Loader's bad file).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRows {
    /// The chunk fails.
    Fail,
    /// They are put aside, and the chunk's other rows are kept, up to a limit per table and per
    /// job.
    Reject { per_table: u64, per_job: u64 },
}

/// Rejects a table and a job may have when nobody says otherwise.
pub const REJECTS_PER_TABLE_DEFAULT: u64 = 1_000;
pub const REJECTS_PER_JOB_DEFAULT: u64 = 10_000;

/// A source schema under another name on the target (Data Pump's REMAP_SCHEMA).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaRemap {
    pub from: String,
    pub to: String,
}

/// One job as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    pub name: JobName,
    pub source: Endpoint,
    pub target: Endpoint,
    pub selection: Selection,
    pub threads: u32,
    pub threads_max: u32,
    pub index_workers: u32,
    /// Bytes per second for the whole job; `None`: no limit.
    pub rate_bytes: Option<u64>,
    pub chunk_bytes: u64,
    pub attempts_max: u32,
    pub table_exists: TableExists,
    pub access: AccessMethod,
    pub content: Content,
    /// Lossy conversions were accepted.
    pub accept_lossy: bool,
    pub kind: JobKind,
    /// Wishes for types.
    pub rules: MapRules,
    pub remap_schemas: Vec<SchemaRemap>,
    /// The plan looks at values to answer what is lossy by data.
    pub value_scan: bool,
    pub bad_rows: BadRows,
    /// A copy is followed by a verification of what it wrote.
    pub verify_after: bool,
    /// A verification copies what differs again.
    pub repair: bool,
    /// Wishes for single tables and kinds of objects.
    pub shaping: Shaping,
    /// When the job holds itself back.
    pub limits: Limits,
}

impl JobSpec {
    /// A spec with every default.
    #[must_use]
    pub fn new(name: JobName, source: Endpoint, target: Endpoint) -> JobSpec {
        JobSpec {
            name,
            source,
            target,
            selection: Selection::default(),
            threads: THREADS_DEFAULT,
            threads_max: THREADS_MAX_DEFAULT,
            index_workers: 2,
            rate_bytes: None,
            chunk_bytes: CHUNK_BYTES_DEFAULT,
            attempts_max: ATTEMPTS_DEFAULT,
            table_exists: TableExists::Stop,
            access: AccessMethod::Automatic,
            content: Content::All,
            accept_lossy: false,
            kind: JobKind::Copy,
            rules: MapRules::default(),
            remap_schemas: Vec::new(),
            value_scan: false,
            bad_rows: BadRows::Fail,
            verify_after: false,
            repair: false,
            shaping: Shaping::default(),
            limits: Limits::default(),
        }
    }
}

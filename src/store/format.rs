//! The stored forms: how ranges, types and the definition are written into the master table.
//!
//! A stored form is only ever added to. The core's types may change their shape; these do not,
//! and `tests` below hold each of them as text.

pub(super) mod ways;

use serde::{Deserialize, Serialize};

use crate::core::catalog::{LogicalType, Section};
use crate::core::chunk::{ChunkMethod, ChunkRange, KeyValues};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{ChunkStatus, JobState};
use crate::core::mapping::{Fit, MapRules, Transform};
use crate::core::name::{Dialect, JobName};
use crate::core::plan::{
    CopyFormat, DataPath, Existing, Fate, LockMode, Severity, StepKind, TableIndex,
};
use crate::core::spec::{
    AccessMethod, BadRows, Content, Endpoint, JobKind, JobSpec, Limits, Pattern, SchemaRemap,
    Selection, Shaping, TableExists,
};

/// The master table holds something this build did not write.
pub(super) fn damaged(what: &str, found: &str) -> Fault {
    Fault::new(
        FaultKind::Store,
        Side::Engine,
        format!("the master table holds {found:?} where {what} should be"),
    )
    .with_detail("Nothing was changed, and rows on the target are as they were.")
    .with_hint("Keep the file; copy it aside before you try anything with it.")
}

/// A closed list of words, both ways.
macro_rules! words {
    ($to:ident, $from:ident, $type:ty, $what:literal, $($word:literal => $value:expr),+ $(,)?) => {
        pub(super) fn $to(value: $type) -> &'static str {
            $(if value == $value { return $word; })+
            unreachable!(concat!("every ", $what, " has a word"))
        }

        pub(super) fn $from(word: &str) -> Result<$type, Fault> {
            match word {
                $($word => Ok($value),)+
                other => Err(damaged($what, other)),
            }
        }
    };
}

words!(dialect_word, dialect_from, Dialect, "dialect",
    "postgres" => Dialect::Postgres, "mysql" => Dialect::Mysql, "sqlite" => Dialect::Sqlite);
words!(exists_word, exists_from, TableExists, "table_exists",
    "stop" => TableExists::Stop, "skip" => TableExists::Skip, "append" => TableExists::Append,
    "truncate" => TableExists::Truncate, "replace" => TableExists::Replace);
words!(access_word, access_from, AccessMethod, "access method",
    "automatic" => AccessMethod::Automatic, "direct_path" => AccessMethod::DirectPath,
    "conventional" => AccessMethod::Conventional);
words!(content_word, content_from, Content, "content",
    "all" => Content::All, "data_only" => Content::DataOnly, "schema_only" => Content::SchemaOnly);
words!(job_kind_word, job_kind_from, JobKind, "job kind",
    "copy" => JobKind::Copy, "verify" => JobKind::Verify);
words!(existing_word, existing_from, Existing, "existing",
    "created" => Existing::Created, "append" => Existing::Append,
    "truncated" => Existing::Truncated);
words!(section_word, section_from, Section, "section",
    "pre-data" => Section::PreData, "data" => Section::Data, "post-data" => Section::PostData);
words!(kind_word, kind_from, StepKind, "step kind",
    "ddl" => StepKind::Ddl, "truncate" => StepKind::Truncate, "load" => StepKind::Load,
    "index" => StepKind::Index, "constraint" => StepKind::Constraint,
    "sequence" => StepKind::Sequence, "large objects" => StepKind::LargeObjects,
    "refresh" => StepKind::Refresh, "analyse" => StepKind::Analyse,
    "mend" => StepKind::Mend);
words!(fit_word, fit_from, Fit, "fit",
    "exact" => Fit::Exact, "wider" => Fit::Wider, "lossy" => Fit::Lossy,
    "unsupported" => Fit::Unsupported);
words!(severity_word, severity_from, Severity, "severity",
    "ok" => Severity::Ok, "warn" => Severity::Warn, "BLOCK" => Severity::Block);
words!(fate_word, fate_from, Fate, "fate",
    "created" => Fate::Created, "skipped" => Fate::Skipped, "needs hands" => Fate::NeedsHands);
/// Kinds are kept for people and scripts; nobody reads them back.
pub(super) fn fault_word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::ConnectionLost => "connection lost",
        FaultKind::LoginRefused => "login refused",
        FaultKind::TooManyConnections => "too many connections",
        FaultKind::Deadlock => "deadlock",
        FaultKind::Serialization => "serialization",
        FaultKind::LockTimeout => "lock timeout",
        FaultKind::SnapshotLost => "snapshot lost",
        FaultKind::OutOfSpace => "out of space",
        FaultKind::Privilege => "privilege",
        FaultKind::ObjectMissing => "object missing",
        FaultKind::ObjectExists => "object exists",
        FaultKind::RowRefused => "row refused",
        FaultKind::ValueUnfit => "value unfit",
        FaultKind::CountMismatch => "count mismatch",
        FaultKind::Cancelled => "cancelled",
        FaultKind::Usage => "usage",
        FaultKind::Unsupported => "unsupported",
        FaultKind::Store => "store",
        FaultKind::Other => "other",
    }
}

pub(super) fn path_word(path: DataPath) -> &'static str {
    match path {
        DataPath::DirectCopy(CopyFormat::Text) => "direct copy text",
        DataPath::DirectCopy(CopyFormat::Binary) => "direct copy binary",
        DataPath::DirectAttach => "direct attach",
        DataPath::Conventional => "conventional",
    }
}

pub(super) fn path_from(word: &str) -> Result<DataPath, Fault> {
    match word {
        "direct copy text" => Ok(DataPath::DirectCopy(CopyFormat::Text)),
        "direct copy binary" => Ok(DataPath::DirectCopy(CopyFormat::Binary)),
        "direct attach" => Ok(DataPath::DirectAttach),
        "conventional" => Ok(DataPath::Conventional),
        other => Err(damaged("a data path", other)),
    }
}

/// The state's word and whether a stop, not a pause, is pending.
pub(super) fn state_from(word: &str, then_leave: bool) -> Result<JobState, Fault> {
    match word {
        "DEFINING" => Ok(JobState::Defining),
        "EXECUTING" => Ok(JobState::Executing),
        "STOP PENDING" => Ok(JobState::StopPending { then_leave }),
        "STOPPING" => Ok(JobState::Stopping),
        "IDLING" => Ok(JobState::Idling),
        "STOPPED" => Ok(JobState::Stopped),
        "COMPLETING" => Ok(JobState::Completing),
        "COMPLETED" => Ok(JobState::Completed),
        other => Err(damaged("a job state", other)),
    }
}

pub(super) fn then_leave(state: JobState) -> bool {
    matches!(state, JobState::StopPending { then_leave: true })
}

pub(super) fn status_from(number: i64) -> Result<ChunkStatus, Fault> {
    match number {
        0 => Ok(ChunkStatus::Unassigned),
        1 => Ok(ChunkStatus::Assigned),
        2 => Ok(ChunkStatus::Processed),
        3 => Ok(ChunkStatus::ProcessedWithError),
        4 => Ok(ChunkStatus::Skipped),
        other => Err(damaged("a chunk state", &other.to_string())),
    }
}

/// A list as JSON text.
pub(super) fn list_text<T: Serialize>(list: &T) -> String {
    serde_json::to_string(list).expect("stored forms are plain JSON")
}

pub(super) fn list_from<T: for<'de> Deserialize<'de>>(what: &str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| damaged(what, text))
}

/// Exact keys of rejected rows: `{"keys":[["7","a"]]}`.
#[derive(Serialize)]
struct StoredKeys<'a> {
    keys: &'a [KeyValues],
}

#[derive(Deserialize)]
struct LoadedKeys {
    keys: Vec<KeyValues>,
}

/// (kind, from, until).
pub(super) fn range_parts(range: &ChunkRange) -> (&'static str, Option<String>, Option<String>) {
    match range {
        ChunkRange::Whole => ("whole", None, None),
        ChunkRange::Key { from, until } => {
            ("key", from.as_ref().map(list_text), until.as_ref().map(list_text))
        }
        ChunkRange::Ctid { from_page, until_page } => {
            ("ctid", Some(from_page.to_string()), until_page.map(|p| p.to_string()))
        }
        // The check on the column is older than this form.
        ChunkRange::Keys(keys) => ("key", Some(list_text(&StoredKeys { keys })), None),
        ChunkRange::Rowid { from, until } => {
            ("rowid", from.map(|r| r.to_string()), until.map(|r| r.to_string()))
        }
    }
}

pub(super) fn range_from(
    kind: &str,
    from: Option<&str>,
    until: Option<&str>,
) -> Result<ChunkRange, Fault> {
    let keys = |text: Option<&str>| text.map(|t| list_from("a key", t)).transpose();
    match kind {
        "whole" => Ok(ChunkRange::Whole),
        "key" if from.is_some_and(|text| text.starts_with('{')) => {
            list_from("keys", from.unwrap_or_default())
                .map(|k: LoadedKeys| ChunkRange::Keys(k.keys))
        }
        "key" => Ok(ChunkRange::Key { from: keys(from)?, until: keys(until)? }),
        "ctid" => Ok(ChunkRange::Ctid {
            from_page: number("a page", from.unwrap_or("0"))?,
            until_page: until.map(|t| number("a page", t)).transpose()?,
        }),
        "rowid" => Ok(ChunkRange::Rowid {
            from: from.map(|t| number("a rowid", t)).transpose()?,
            until: until.map(|t| number("a rowid", t)).transpose()?,
        }),
        other => Err(damaged("a kind of range", other)),
    }
}

fn number<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| damaged(what, text))
}

/// (method, key columns).
pub(super) fn method_parts(method: &ChunkMethod) -> (&'static str, Option<String>) {
    match method {
        ChunkMethod::Whole => ("whole", None),
        ChunkMethod::Key { columns } => ("key", Some(list_text(columns))),
        ChunkMethod::Ctid => ("ctid", None),
        ChunkMethod::Rowid => ("rowid", None),
    }
}

pub(super) fn method_from(word: &str, columns: Option<&str>) -> Result<ChunkMethod, Fault> {
    match word {
        "whole" => Ok(ChunkMethod::Whole),
        "key" => {
            Ok(ChunkMethod::Key { columns: list_from("key columns", columns.unwrap_or("[]"))? })
        }
        "ctid" => Ok(ChunkMethod::Ctid),
        "rowid" => Ok(ChunkMethod::Rowid),
        other => Err(damaged("a chunk method", other)),
    }
}

pub(super) fn locks_text(locks: &[(TableIndex, LockMode)]) -> String {
    let stored: Vec<(u32, &str)> = locks
        .iter()
        .map(|(table, mode)| (table.0, if *mode == LockMode::Shared { "s" } else { "x" }))
        .collect();
    list_text(&stored)
}

pub(super) fn locks_from(text: &str) -> Result<Vec<(TableIndex, LockMode)>, Fault> {
    let stored: Vec<(u32, String)> = list_from("locks", text)?;
    stored
        .into_iter()
        .map(|(table, mode)| match mode.as_str() {
            "s" => Ok((TableIndex(table), LockMode::Shared)),
            "x" => Ok((TableIndex(table), LockMode::Exclusive)),
            other => Err(damaged("a lock mode", other)),
        })
        .collect()
}

/// `LogicalType` as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredLogical {
    Bool,
    Int { bits: u8, unsigned: bool },
    Decimal { precision: Option<u16>, scale: Option<i16> },
    Float { bits: u8 },
    Text { max: Option<u32>, fixed: bool },
    Bytes { max: Option<u32> },
    Date,
    Time { zoned: bool },
    Timestamp { zoned: bool },
    Interval,
    Uuid,
    Json { binary: bool },
    Xml,
    Enum,
    Set,
    Year,
    Geometry,
    TimeSpan,
    Bits { max: Option<u32>, varying: bool },
    Array { of: Box<StoredLogical> },
    Any,
    Numeric,
    Other { name: String },
}

impl StoredLogical {
    fn of(logical: &LogicalType) -> StoredLogical {
        use StoredLogical as S;
        match logical.clone() {
            LogicalType::Bool => S::Bool,
            LogicalType::Int { bits, unsigned } => S::Int { bits, unsigned },
            LogicalType::Decimal { precision, scale } => S::Decimal { precision, scale },
            LogicalType::Float { bits } => S::Float { bits },
            LogicalType::Text { max, fixed } => S::Text { max, fixed },
            LogicalType::Bytes { max } => S::Bytes { max },
            LogicalType::Date => S::Date,
            LogicalType::Time { zoned } => S::Time { zoned },
            LogicalType::Timestamp { zoned } => S::Timestamp { zoned },
            LogicalType::Interval => S::Interval,
            LogicalType::Uuid => S::Uuid,
            LogicalType::Json { binary } => S::Json { binary },
            LogicalType::Xml => S::Xml,
            LogicalType::Enum => S::Enum,
            LogicalType::Set => S::Set,
            LogicalType::Year => S::Year,
            LogicalType::Geometry => S::Geometry,
            LogicalType::TimeSpan => S::TimeSpan,
            LogicalType::Bits { max, varying } => S::Bits { max, varying },
            LogicalType::Array(of) => S::Array { of: Box::new(S::of(&of)) },
            LogicalType::Any => S::Any,
            LogicalType::Numeric => S::Numeric,
            LogicalType::Other(name) => S::Other { name },
        }
    }

    fn into_logical(self) -> LogicalType {
        use StoredLogical as S;
        match self {
            S::Bool => LogicalType::Bool,
            S::Int { bits, unsigned } => LogicalType::Int { bits, unsigned },
            S::Decimal { precision, scale } => LogicalType::Decimal { precision, scale },
            S::Float { bits } => LogicalType::Float { bits },
            S::Text { max, fixed } => LogicalType::Text { max, fixed },
            S::Bytes { max } => LogicalType::Bytes { max },
            S::Date => LogicalType::Date,
            S::Time { zoned } => LogicalType::Time { zoned },
            S::Timestamp { zoned } => LogicalType::Timestamp { zoned },
            S::Interval => LogicalType::Interval,
            S::Uuid => LogicalType::Uuid,
            S::Json { binary } => LogicalType::Json { binary },
            S::Xml => LogicalType::Xml,
            S::Enum => LogicalType::Enum,
            S::Set => LogicalType::Set,
            S::Year => LogicalType::Year,
            S::Geometry => LogicalType::Geometry,
            S::TimeSpan => LogicalType::TimeSpan,
            S::Bits { max, varying } => LogicalType::Bits { max, varying },
            S::Array { of } => LogicalType::Array(Box::new(of.into_logical())),
            S::Any => LogicalType::Any,
            S::Numeric => LogicalType::Numeric,
            S::Other { name } => LogicalType::Other(name),
        }
    }
}

pub(super) fn logical_text(logical: &LogicalType) -> String {
    list_text(&StoredLogical::of(logical))
}

/// `Transform` as it is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredTransform {
    zero_date_null: bool,
    uuid_swapped: bool,
    zone: Option<String>,
}

pub(super) fn transform_text(transform: &Transform) -> String {
    list_text(&StoredTransform {
        zero_date_null: transform.zero_date_null,
        uuid_swapped: transform.uuid_swapped,
        zone: transform.zone.clone(),
    })
}

pub(super) fn transform_from(text: &str) -> Result<Transform, Fault> {
    let stored: StoredTransform = list_from("a transform", text)?;
    Ok(Transform {
        zero_date_null: stored.zero_date_null,
        uuid_swapped: stored.uuid_swapped,
        zone: stored.zone,
    })
}

pub(super) fn logical_from(text: &str) -> Result<LogicalType, Fault> {
    list_from::<StoredLogical>("a type", text).map(StoredLogical::into_logical)
}

#[derive(Serialize, Deserialize)]
struct StoredEndpoint {
    dialect: String,
    url: String,
    connection: Option<String>,
    label: Option<String>,
    production: bool,
}

impl StoredEndpoint {
    fn of(endpoint: &Endpoint) -> StoredEndpoint {
        StoredEndpoint {
            dialect: dialect_word(endpoint.dialect).to_owned(),
            url: endpoint.url.clone(),
            connection: endpoint.connection.clone(),
            label: endpoint.label.clone(),
            production: endpoint.production,
        }
    }

    fn into_endpoint(self) -> Result<Endpoint, Fault> {
        Ok(Endpoint {
            dialect: dialect_from(&self.dialect)?,
            url: self.url,
            connection: self.connection,
            label: self.label,
            production: self.production,
        })
    }
}

/// `JobSpec` as it is kept.
#[derive(Serialize, Deserialize)]
struct StoredSpec {
    name: String,
    source: StoredEndpoint,
    target: StoredEndpoint,
    schemas: Vec<String>,
    tables: Vec<String>,
    exclude: Vec<String>,
    threads: u32,
    threads_max: u32,
    index_workers: u32,
    rate_bytes: Option<u64>,
    chunk_bytes: u64,
    attempts_max: u32,
    table_exists: String,
    access: String,
    content: String,
    accept_lossy: bool,
    #[serde(default = "copy_word")]
    kind: String,
    #[serde(default)]
    rules: String,
    #[serde(default)]
    remap_schemas: Vec<(String, String)>,
    #[serde(default)]
    value_scan: bool,
    #[serde(default)]
    rejects: Option<(u64, u64)>,
    #[serde(default)]
    verify_after: bool,
    #[serde(default)]
    repair: bool,
    #[serde(default)]
    shaping: String,
    #[serde(default)]
    limits: String,
}

fn copy_word() -> String {
    job_kind_word(JobKind::Copy).to_owned()
}

pub(super) fn spec_text(spec: &JobSpec) -> String {
    let texts = |list: &[Pattern]| list.iter().map(|p| p.as_str().to_owned()).collect();
    list_text(&StoredSpec {
        name: spec.name.to_string(),
        source: StoredEndpoint::of(&spec.source),
        target: StoredEndpoint::of(&spec.target),
        schemas: texts(&spec.selection.schemas),
        tables: texts(&spec.selection.tables),
        exclude: texts(&spec.selection.exclude),
        threads: spec.threads,
        threads_max: spec.threads_max,
        index_workers: spec.index_workers,
        rate_bytes: spec.rate_bytes,
        chunk_bytes: spec.chunk_bytes,
        attempts_max: spec.attempts_max,
        table_exists: exists_word(spec.table_exists).to_owned(),
        access: access_word(spec.access).to_owned(),
        content: content_word(spec.content).to_owned(),
        accept_lossy: spec.accept_lossy,
        kind: job_kind_word(spec.kind).to_owned(),
        rules: spec.rules.to_text().to_owned(),
        remap_schemas: spec.remap_schemas.iter().map(|r| (r.from.clone(), r.to.clone())).collect(),
        value_scan: spec.value_scan,
        rejects: match spec.bad_rows {
            BadRows::Fail => None,
            BadRows::Reject { per_table, per_job } => Some((per_table, per_job)),
        },
        verify_after: spec.verify_after,
        repair: spec.repair,
        shaping: spec.shaping.to_text(),
        limits: spec.limits.to_text(),
    })
}

pub(super) fn spec_from(text: &str) -> Result<JobSpec, Fault> {
    let stored: StoredSpec = list_from("the definition", text)?;
    let patterns = |list: Vec<String>| list.iter().map(|p| Pattern::new(p)).collect();
    Ok(JobSpec {
        name: JobName::parse(&stored.name).map_err(|_| damaged("a job name", &stored.name))?,
        source: stored.source.into_endpoint()?,
        target: stored.target.into_endpoint()?,
        selection: Selection {
            schemas: patterns(stored.schemas),
            tables: patterns(stored.tables),
            exclude: patterns(stored.exclude),
        },
        threads: stored.threads,
        threads_max: stored.threads_max,
        index_workers: stored.index_workers,
        rate_bytes: stored.rate_bytes,
        chunk_bytes: stored.chunk_bytes,
        attempts_max: stored.attempts_max,
        table_exists: exists_from(&stored.table_exists)?,
        access: access_from(&stored.access)?,
        content: content_from(&stored.content)?,
        accept_lossy: stored.accept_lossy,
        kind: job_kind_from(&stored.kind)?,
        rules: MapRules::parse(&stored.rules).map_err(|_| damaged("map rules", &stored.rules))?,
        remap_schemas: stored
            .remap_schemas
            .into_iter()
            .map(|(from, to)| SchemaRemap { from, to })
            .collect(),
        value_scan: stored.value_scan,
        bad_rows: match stored.rejects {
            None => BadRows::Fail,
            Some((per_table, per_job)) => BadRows::Reject { per_table, per_job },
        },
        verify_after: stored.verify_after,
        repair: stored.repair,
        shaping: Shaping::parse(&stored.shaping).map_err(|_| damaged("[[table]]", ""))?,
        limits: Limits::parse(&stored.limits).map_err(|_| damaged("limits", &stored.limits))?,
    })
}

#[cfg(test)]
mod tests;

//! Reading a whole job back.

use rusqlite::Row;

use super::{FORM_WITH_SHAPING, MasterTable, format, sqlite_fault, unsigned};
use crate::core::catalog::TableEstimate;
use crate::core::chunk::{ChunkId, ChunkRange, Rejects};
use crate::core::fault::Fault;
use crate::core::job::{
    Chunk, ChunkStatus, JobParts, JobState, StepStanding, StepStatus, TableStatus, WorkerId,
};
use crate::core::mapping::RuleApplied;
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{
    ChecklistEntry, ColumnPlan, Finding, RowChoice, Severity, Step, StepId, TableIndex, TablePlan,
};
use crate::core::spec::JobSpec;
use crate::core::time::Timestamp;

/// A job as its file has it. The tables' plans come without their chunks: ranges are read one at a
/// time with [`MasterTable::range`], because a large job has a million of them.
#[derive(Clone, Debug)]
pub struct StoredJob {
    pub job_id: String,
    pub spec: JobSpec,
    /// There is a plan; without one the lists below are empty.
    pub planned: bool,
    pub source_dialect: Dialect,
    pub target_dialect: Dialect,
    pub ddl_preamble: Vec<String>,
    pub tables: Vec<TablePlan>,
    pub findings: Vec<Finding>,
    pub parts: JobParts,
    pub defined_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl StoredJob {
    /// Does a BLOCK finding forbid the start?
    #[must_use]
    pub fn blocks(&self) -> u32 {
        self.findings.iter().filter(|f| f.severity == Severity::Block).count() as u32
    }
}

/// Rows of a query, each made into a value by `read`.
pub(super) fn rows<T>(
    master: &MasterTable,
    sql: &str,
    parameters: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, ReadError>,
) -> Result<Vec<T>, Fault> {
    let run = || -> Result<Vec<T>, ReadError> {
        let mut statement = master.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read(row)?);
        }
        Ok(list)
    };
    run().map_err(ReadError::into_fault)
}

/// SQLite could not read, or what it read is none of ours.
pub(super) enum ReadError {
    Sqlite(rusqlite::Error),
    Fault(Fault),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> ReadError {
        ReadError::Sqlite(error)
    }
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> ReadError {
        ReadError::Fault(fault)
    }
}

impl ReadError {
    pub(super) fn into_fault(self) -> Fault {
        match self {
            ReadError::Sqlite(error) => sqlite_fault("read the master table", &error),
            ReadError::Fault(fault) => fault,
        }
    }
}

impl MasterTable {
    /// The whole job.
    ///
    /// # Errors
    /// `Store` when the file cannot be read or holds what no master table holds.
    pub fn load(&self) -> Result<StoredJob, Fault> {
        let mut jobs = rows(
            self,
            "select job_id, spec, state, then_leave, threads, threads_max, index_workers, \
             rate_bytes, attempts_max, planned, source_dialect, target_dialect, ddl_preamble, \
             snapshots, final_check_done, cleaned_up, defined_at, started_at, ended_at, \
             rejects_per_table, rejects_per_job from job",
            [],
            read_job,
        )?;
        let Some(mut job) = jobs.pop() else {
            return Err(format::damaged("the job's row", "nothing"));
        };
        job.findings = self.findings()?;
        if job.planned {
            job.tables = self.load_tables(&mut job.parts.tables)?;
            self.load_steps(&mut job.parts)?;
            job.parts.chunks = self.load_chunks()?;
            check_ranges(&job)?;
        }
        Ok(job)
    }

    /// Which rows a chunk holds.
    ///
    /// # Errors
    /// `Store`.
    pub fn range(&self, chunk: ChunkId) -> Result<ChunkRange, Fault> {
        let mut ranges = rows(
            self,
            "select range_kind, range_from, range_until from chunk where id = ?",
            [chunk.0],
            read_range,
        )?;
        ranges.pop().ok_or_else(|| format::damaged("a chunk", &chunk.0.to_string()))
    }

    /// What the plan had to say.
    ///
    /// # Errors
    /// `Store`.
    pub fn findings(&self) -> Result<Vec<Finding>, Fault> {
        rows(
            self,
            &format!(
                "select severity, topic, message, detail, hint, {} from finding order by id",
                if self.form()? >= FORM_WITH_SHAPING { "ways" } else { "'[]'" }
            ),
            [],
            |row| {
                Ok(Finding {
                    severity: format::severity_from(&row.get::<_, String>(0)?)?,
                    topic: row.get(1)?,
                    message: row.get(2)?,
                    detail: row.get(3)?,
                    hint: row.get(4)?,
                    ways: format::ways::ways_from(&row.get::<_, String>(5)?)?,
                })
            },
        )
    }

    /// Every object of the source and what becomes of it.
    ///
    /// # Errors
    /// `Store`.
    pub fn checklist(&self) -> Result<Vec<ChecklistEntry>, Fault> {
        rows(
            self,
            "select kind, schema, name, fate, reason, source_text from checklist order by id",
            [],
            |row| {
                Ok(ChecklistEntry {
                    kind: row.get(0)?,
                    name: ObjectName { schema: row.get(1)?, name: row.get(2)? },
                    fate: format::fate_from(&row.get::<_, String>(3)?)?,
                    reason: row.get(4)?,
                    source_text: row.get(5)?,
                })
            },
        )
    }

    fn load_tables(&self, statuses: &mut Vec<TableStatus>) -> Result<Vec<TablePlan>, Fault> {
        // An older file that is only looked at has none of these.
        let shaped = self.form()? >= FORM_WITH_SHAPING;
        let (choice, expression) = match shaped {
            true => ("row_filter, row_sample, row_sample_by", "expression"),
            false => ("null, null, '[]'", "null"),
        };
        let mut tables = rows(
            self,
            &format!(
                "select source_schema, source_name, target_schema, target_name, path, path_reason, \
             method, method_columns, rows_estimated, bytes_estimated, pages_estimated, \
             target_unlogged, existing, overrides_identity, first_chunk, chunk_count, snapshot, \
             begins_again, row_key, retry_of, {choice} from plan_table order by id"
            ),
            [],
            |row| {
                statuses.push(read_table_status(row)?);
                read_table(row)
            },
        )?;
        let columns = rows(
            self,
            &format!(
                "select table_id, name, target_name, source_declared, source_logical, \
                 target_declared, target_logical, fit, reason, transform, rule_by, \
                 rule_instead_of, {expression} from plan_column order by table_id, position"
            ),
            [],
            |row| Ok((row.get::<_, u32>(0)? as usize, read_column(row)?)),
        )?;
        for (table, column) in columns {
            let owner: Option<&mut TablePlan> = tables.get_mut(table);
            let owner = owner.ok_or_else(|| format::damaged("a table", &table.to_string()))?;
            owner.columns.push(column);
        }
        for (at, status) in statuses.iter().enumerate() {
            let Some(root) = status.retry_of else { continue };
            let plan: Option<&TablePlan> =
                tables.get(root.0 as usize).filter(|_| (root.0 as usize) < at);
            let plan = plan.ok_or_else(|| format::damaged("a table", &root.0.to_string()))?;
            tables[at] = plan.for_retry();
        }
        Ok(tables)
    }

    fn load_steps(&self, parts: &mut JobParts) -> Result<(), Fault> {
        let both = rows(
            self,
            "select kind, section, title, table_id, statements, waits_for, locks, weight, \
             optional, state, worker, attempts, interruptions, handouts, not_before \
             from step order by id",
            [],
            |row| Ok((read_step(row)?, read_standing(row)?)),
        )?;
        (parts.steps, parts.step_standings) = both.into_iter().unzip();
        Ok(())
    }

    fn load_chunks(&self) -> Result<Vec<Chunk>, Fault> {
        rows(
            self,
            "select table_id, state, attempts, interruptions, handouts, not_before, worker, \
             ifnull(rows, rows_estimated), ifnull(bytes, bytes_estimated), rejected, \
             rejected_handout, retry_keys from chunk order by id",
            [],
            |row| {
                Ok(Chunk {
                    table: TableIndex(row.get(0)?),
                    status: format::status_from(row.get(1)?)?,
                    attempts: row.get(2)?,
                    interruptions: row.get(3)?,
                    handouts: row.get(4)?,
                    not_before: row.get::<_, Option<i64>>(5)?.map(Timestamp),
                    worker: row.get::<_, Option<u32>>(6)?.map(WorkerId),
                    rows: unsigned(row.get(7)?),
                    bytes: unsigned(row.get(8)?),
                    rejects: Rejects { count: row.get(9)?, handout: row.get(10)? },
                    keys: row.get(11)?,
                })
            },
        )
    }
}

/// The machine indexes by these numbers; a file that lies about them must not get that far.
fn check_ranges(job: &StoredJob) -> Result<(), Fault> {
    let mut next = 0;
    for table in &job.parts.tables {
        if table.first_chunk.0 != next {
            return Err(format::damaged("a first chunk", &table.first_chunk.0.to_string()));
        }
        next += table.chunk_count;
    }
    if next as usize != job.parts.chunks.len() {
        return Err(format::damaged("the number of chunks", &job.parts.chunks.len().to_string()));
    }
    let mut owners =
        job.parts.tables.iter().zip(0..).flat_map(|(t, i)| (0..t.chunk_count).map(move |_| i));
    if job.parts.chunks.iter().any(|c| owners.next() != Some(c.table.0)) {
        return Err(format::damaged("a chunk's table", "another table"));
    }
    let steps = job.parts.steps.len() as u32;
    if job.parts.steps.iter().any(|s| s.waits_for.iter().any(|w| w.0 >= steps)) {
        return Err(format::damaged("a step", "a step that is not there"));
    }
    Ok(())
}

fn read_job(row: &Row<'_>) -> Result<StoredJob, ReadError> {
    let spec = format::spec_from(&row.get::<_, String>(1)?)?;
    let dialect = |text: Option<String>, fallback| {
        text.map_or(Ok(fallback), |word| format::dialect_from(&word))
    };
    let preamble: Option<String> = row.get(12)?;
    let parts = JobParts {
        state: format::state_from(&row.get::<_, String>(2)?, row.get(3)?)?,
        threads: row.get(4)?,
        threads_max: row.get(5)?,
        index_workers: row.get(6)?,
        rate_bytes: row.get::<_, Option<i64>>(7)?.map(unsigned),
        attempts_max: row.get(8)?,
        bad_rows: super::rejects::limits_from(row.get(19)?, row.get(20)?),
        steps: Vec::new(),
        step_standings: Vec::new(),
        tables: Vec::new(),
        chunks: Vec::new(),
        snapshots: row.get(13)?,
        final_check_done: row.get(14)?,
        cleaned_up: row.get(15)?,
    };
    Ok(StoredJob {
        job_id: row.get(0)?,
        planned: row.get(9)?,
        source_dialect: dialect(row.get(10)?, spec.source.dialect)?,
        target_dialect: dialect(row.get(11)?, spec.target.dialect)?,
        ddl_preamble: preamble.map_or(Ok(Vec::new()), |t| format::list_from("a preamble", &t))?,
        tables: Vec::new(),
        findings: Vec::new(),
        parts,
        defined_at: Timestamp(row.get(16)?),
        started_at: row.get::<_, Option<i64>>(17)?.map(Timestamp),
        ended_at: row.get::<_, Option<i64>>(18)?.map(Timestamp),
        spec,
    })
}

fn read_table(row: &Row<'_>) -> Result<TablePlan, ReadError> {
    let columns: Option<String> = row.get(7)?;
    Ok(TablePlan {
        source: ObjectName { schema: row.get(0)?, name: row.get(1)? },
        target: ObjectName { schema: row.get(2)?, name: row.get(3)? },
        columns: Vec::new(),
        path: format::path_from(&row.get::<_, String>(4)?)?,
        path_reason: row.get(5)?,
        method: format::method_from(&row.get::<_, String>(6)?, columns.as_deref())?,
        chunks: Vec::new(),
        estimate: TableEstimate {
            rows: unsigned(row.get(8)?),
            bytes: unsigned(row.get(9)?),
            pages: unsigned(row.get(10)?),
        },
        target_unlogged: row.get(11)?,
        existing: format::existing_from(&row.get::<_, String>(12)?)?,
        overrides_identity: row.get(13)?,
        key: format::list_from("a key", &row.get::<_, String>(18)?)?,
        rows: RowChoice {
            filter: row.get(20)?,
            sample: row.get(21)?,
            sample_by: format::list_from("a sample", &row.get::<_, String>(22)?)?,
        },
    })
}

fn read_table_status(row: &Row<'_>) -> Result<TableStatus, ReadError> {
    let columns: Option<String> = row.get(7)?;
    Ok(TableStatus {
        first_chunk: ChunkId(row.get(14)?),
        chunk_count: row.get(15)?,
        method: format::method_from(&row.get::<_, String>(6)?, columns.as_deref())?,
        snapshot: row.get(16)?,
        begins_again: row.get(17)?,
        retry_of: row.get::<_, Option<u32>>(19)?.map(TableIndex),
    })
}

fn read_column(row: &Row<'_>) -> Result<ColumnPlan, ReadError> {
    Ok(ColumnPlan {
        name: row.get(1)?,
        target_name: row.get(2)?,
        source_declared: row.get(3)?,
        source_logical: format::logical_from(&row.get::<_, String>(4)?)?,
        target_declared: row.get(5)?,
        target_logical: format::logical_from(&row.get::<_, String>(6)?)?,
        fit: format::fit_from(&row.get::<_, String>(7)?)?,
        reason: row.get(8)?,
        transform: format::transform_from(&row.get::<_, String>(9)?)?,
        rule: match (row.get(10)?, row.get(11)?) {
            (Some(by), Some(instead_of)) => Some(RuleApplied { by, instead_of }),
            _ => None,
        },
        expression: row.get(12)?,
    })
}

fn read_step(row: &Row<'_>) -> Result<Step, ReadError> {
    let waits_for: Vec<u32> = format::list_from("steps", &row.get::<_, String>(5)?)?;
    Ok(Step {
        kind: format::kind_from(&row.get::<_, String>(0)?)?,
        section: format::section_from(&row.get::<_, String>(1)?)?,
        title: row.get(2)?,
        table: row.get::<_, Option<u32>>(3)?.map(TableIndex),
        statements: format::list_from("statements", &row.get::<_, String>(4)?)?,
        waits_for: waits_for.into_iter().map(StepId).collect(),
        locks: format::locks_from(&row.get::<_, String>(6)?)?,
        weight: unsigned(row.get(7)?),
        optional: row.get(8)?,
    })
}

fn read_standing(row: &Row<'_>) -> Result<StepStanding, ReadError> {
    let worker: Option<u32> = row.get(10)?;
    let status = match row.get::<_, String>(9)?.as_str() {
        "waiting" => StepStatus::Waiting,
        "running" => StepStatus::Running(WorkerId(worker.unwrap_or(0))),
        "done" => StepStatus::Done,
        "failed" => StepStatus::Failed,
        "skipped" => StepStatus::Skipped,
        other => return Err(format::damaged("a step's state", other).into()),
    };
    Ok(StepStanding {
        status,
        attempts: row.get(11)?,
        interruptions: row.get(12)?,
        handouts: row.get(13)?,
        not_before: row.get::<_, Option<i64>>(14)?.map(Timestamp),
    })
}

pub(super) fn read_range(row: &Row<'_>) -> Result<ChunkRange, ReadError> {
    let (from, until): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let kind: String = row.get(0)?;
    Ok(format::range_from(&kind, from.as_deref(), until.as_deref())?)
}

/// The state in the file, for lists of jobs.
pub(super) fn read_state(word: &str, then_leave: bool) -> Result<JobState, Fault> {
    format::state_from(word, then_leave)
}

/// Settled chunks by the file's numbers.
pub(super) fn read_status(number: i64) -> Result<ChunkStatus, Fault> {
    format::status_from(number)
}

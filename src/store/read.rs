//! What readers ask: pages of chunks, steps, the story, the runs.

use super::load::{read_range, read_state, read_status, rows};
use super::{FORM_WITH_REJECTS, MasterTable, format, unsigned};
use crate::core::chunk::{ChunkId, ChunkRange};
use crate::core::fault::Fault;
use crate::core::job::{ChunkStatus, JobState};
use crate::core::plan::TableIndex;
use crate::core::time::Timestamp;

/// Which chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkFilter {
    pub table: Option<TableIndex>,
    pub status: Option<ChunkStatus>,
}

/// All that is known of one chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkRow {
    pub id: ChunkId,
    pub table: TableIndex,
    /// 1-based within the table.
    pub number: u32,
    pub range: ChunkRange,
    pub status: ChunkStatus,
    pub attempts: u32,
    pub worker: Option<u32>,
    /// Written, or estimated while it is not processed.
    pub rows: u64,
    pub bytes: u64,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// The last error, kept when a later attempt went well.
    pub error_side: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub error_detail: Option<String>,
    pub error_hint: Option<String>,
    pub skip_reason: Option<String>,
}

/// Failed chunks with one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorGroup {
    pub code: Option<String>,
    pub message: String,
    pub chunks: u32,
    pub rows_estimated: u64,
    pub tables: u32,
    pub last_at: Option<Timestamp>,
}

/// All that is known of one step beyond its standing.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    pub id: u32,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub error_detail: Option<String>,
    pub error_hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub at: Timestamp,
    pub level: String,
    pub kind: String,
    pub user: Option<String>,
    pub tty: Option<String>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    pub number: u32,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub user: String,
    pub tty: String,
    pub pid: u32,
    pub end_state: Option<String>,
    pub rows: u64,
    pub bytes: u64,
    pub chunks: u32,
    pub failed: u32,
    pub skipped: u32,
    pub snapshot_label: Option<String>,
}

/// Something the job made and has not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalRow {
    pub side: String,
    pub kind: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// Enough for a list of jobs, at the price of one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub name: String,
    pub spec: crate::core::spec::JobSpec,
    pub state: JobState,
    pub chunks: u32,
    pub chunks_done: u32,
    pub chunks_failed: u32,
    pub chunks_skipped: u32,
    /// In the hands of workers, or of an engine that is gone.
    pub chunks_assigned: u32,
    pub steps_failed: u32,
    pub rows_done: u64,
    /// Rejected rows that are in force.
    pub rows_rejected: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub last_change_at: Option<Timestamp>,
    pub threads: u32,
    pub threads_max: u32,
    pub rate_bytes: Option<u64>,
    pub tables: u32,
    /// Who started the last run, and its engine's process.
    pub last_user: String,
    pub last_pid: u32,
}

const CHUNK_COLUMNS: &str = "range_kind, range_from, range_until, id, table_id, number, state, \
    attempts, worker, ifnull(rows, rows_estimated), ifnull(bytes, bytes_estimated), started_at, \
    ended_at, error_side, error_code, error_message, error_detail, error_hint, skip_reason";

impl MasterTable {
    /// A page of chunks in order, with how many there are in all.
    ///
    /// # Errors
    /// `Store`.
    pub fn chunks(
        &self,
        filter: ChunkFilter,
        offset: u32,
        limit: u32,
    ) -> Result<(u32, Vec<ChunkRow>), Fault> {
        let (table, status) = (filter.table.map(|t| t.0), filter.status.map(|s| s as u8));
        // Constants, not `?1 is null or`: the planner then takes the index that fits.
        let mut conditions = Vec::new();
        if let Some(table) = table {
            conditions.push(format!("table_id = {table}"));
        }
        if let Some(status) = status {
            conditions.push(format!("state = {status}"));
        }
        let condition = match conditions.is_empty() {
            true => "1".to_owned(),
            false => conditions.join(" and "),
        };
        let total =
            rows(self, &format!("select count(*) from chunk where {condition}"), [], |r| {
                Ok(r.get::<_, u32>(0)?)
            })?;
        let page = rows(
            self,
            &format!(
                "select {CHUNK_COLUMNS} from chunk where {condition} order by id \
                 limit {limit} offset {offset}"
            ),
            [],
            |row| {
                Ok(ChunkRow {
                    range: read_range(row)?,
                    id: ChunkId(row.get(3)?),
                    table: TableIndex(row.get(4)?),
                    number: row.get(5)?,
                    status: read_status(row.get(6)?)?,
                    attempts: row.get(7)?,
                    worker: row.get(8)?,
                    rows: unsigned(row.get(9)?),
                    bytes: unsigned(row.get(10)?),
                    started_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
                    ended_at: row.get::<_, Option<i64>>(12)?.map(Timestamp),
                    error_side: row.get(13)?,
                    error_code: row.get(14)?,
                    error_message: row.get(15)?,
                    error_detail: row.get(16)?,
                    error_hint: row.get(17)?,
                    skip_reason: row.get(18)?,
                })
            },
        )?;
        Ok((total.first().copied().unwrap_or(0), page))
    }

    /// Failed chunks by cause, most chunks first.
    ///
    /// # Errors
    /// `Store`.
    pub fn failed_by_cause(&self) -> Result<Vec<ErrorGroup>, Fault> {
        rows(
            self,
            "select error_code, ifnull(error_message, ''), count(*), sum(rows_estimated), \
             count(distinct table_id), max(error_at) from chunk where state = 3 \
             group by error_code, error_message order by count(*) desc, error_message",
            [],
            |row| {
                Ok(ErrorGroup {
                    code: row.get(0)?,
                    message: row.get(1)?,
                    chunks: row.get(2)?,
                    rows_estimated: unsigned(row.get(3)?),
                    tables: row.get(4)?,
                    last_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
                })
            },
        )
    }

    /// Times and errors of all steps, in order.
    ///
    /// # Errors
    /// `Store`.
    pub fn steps(&self) -> Result<Vec<StepRow>, Fault> {
        rows(
            self,
            "select id, started_at, ended_at, error_code, error_message, error_detail, \
             error_hint from step order by id",
            [],
            |row| {
                Ok(StepRow {
                    id: row.get(0)?,
                    started_at: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                    ended_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                    error_code: row.get(3)?,
                    error_message: row.get(4)?,
                    error_detail: row.get(5)?,
                    error_hint: row.get(6)?,
                })
            },
        )
    }

    /// The newest `limit` lines of the story, oldest first.
    ///
    /// # Errors
    /// `Store`.
    pub fn events(&self, limit: u32) -> Result<Vec<EventRow>, Fault> {
        self.events_of(
            "select at, level, kind, by_user, by_tty, text from event \
             order by id desc limit ?",
            limit,
        )
    }

    /// The newest `limit` things that operators did, oldest first.
    ///
    /// # Errors
    /// `Store`.
    pub fn history(&self, limit: u32) -> Result<Vec<EventRow>, Fault> {
        self.events_of(
            "select at, level, kind, by_user, by_tty, text from event \
             where by_user is not null \
             or kind in ('state', 'side', 'engine', 'snapshot', 'snapshot opened', 'chunk') \
             order by id desc limit ?",
            limit,
        )
    }

    fn events_of(&self, sql: &str, limit: u32) -> Result<Vec<EventRow>, Fault> {
        let mut events = rows(self, sql, [limit], |row| {
            Ok(EventRow {
                at: Timestamp(row.get(0)?),
                level: row.get(1)?,
                kind: row.get(2)?,
                user: row.get(3)?,
                tty: row.get(4)?,
                text: row.get(5)?,
            })
        })?;
        events.reverse();
        Ok(events)
    }

    /// The newest runs, oldest first.
    ///
    /// # Errors
    /// `Store`.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRow>, Fault> {
        let mut runs = rows(
            self,
            "select number, started_at, ended_at, by_user, by_tty, pid, end_state, rows, bytes, \
             chunks, failed, skipped, snapshot_label from run order by number desc limit ?",
            [limit],
            |row| {
                Ok(RunRow {
                    number: row.get(0)?,
                    started_at: Timestamp(row.get(1)?),
                    ended_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                    user: row.get(3)?,
                    tty: row.get(4)?,
                    pid: row.get(5)?,
                    end_state: row.get(6)?,
                    rows: unsigned(row.get(7)?),
                    bytes: unsigned(row.get(8)?),
                    chunks: row.get(9)?,
                    failed: row.get(10)?,
                    skipped: row.get(11)?,
                    snapshot_label: row.get(12)?,
                })
            },
        )?;
        runs.reverse();
        Ok(runs)
    }

    /// When each snapshot of the job was opened, oldest first.
    ///
    /// # Errors
    /// `Store`.
    pub fn snapshots(&self) -> Result<Vec<(Timestamp, String)>, Fault> {
        rows(
            self,
            "select at, text from event where kind = 'snapshot opened' order by id",
            [],
            |row| Ok((Timestamp(row.get(0)?), row.get(1)?)),
        )
    }

    /// What is still out there.
    ///
    /// # Errors
    /// `Store`.
    pub fn externals(&self) -> Result<Vec<ExternalRow>, Fault> {
        rows(
            self,
            "select side, kind, name, created_at from external where removed_at is null \
             order by id",
            [],
            |row| {
                Ok(ExternalRow {
                    side: row.get(0)?,
                    kind: row.get(1)?,
                    name: row.get(2)?,
                    created_at: Timestamp(row.get(3)?),
                })
            },
        )
    }

    /// The job in one line of a list.
    ///
    /// # Errors
    /// `Store`.
    pub fn summary(&self) -> Result<Summary, Fault> {
        let mut jobs = rows(
            self,
            "select name, spec, state, then_leave, started_at, ended_at, \
             (select max(at) from event), threads, threads_max, rate_bytes, \
             (select count(*) from plan_table), \
             ifnull((select by_user from run order by number desc limit 1), ''), \
             ifnull((select pid from run order by number desc limit 1), 0) from job",
            [],
            |row| {
                Ok(Summary {
                    name: row.get(0)?,
                    spec: format::spec_from(&row.get::<_, String>(1)?)?,
                    state: read_state(&row.get::<_, String>(2)?, row.get(3)?)?,
                    started_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
                    ended_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
                    last_change_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
                    threads: row.get(7)?,
                    threads_max: row.get(8)?,
                    rate_bytes: row.get::<_, Option<i64>>(9)?.map(unsigned),
                    tables: row.get(10)?,
                    last_user: row.get(11)?,
                    last_pid: row.get(12)?,
                    chunks: 0,
                    chunks_done: 0,
                    chunks_failed: 0,
                    chunks_skipped: 0,
                    chunks_assigned: 0,
                    steps_failed: 0,
                    rows_done: 0,
                    rows_rejected: 0,
                    bytes_done: 0,
                    bytes_total: 0,
                })
            },
        )?;
        let mut summary = jobs.pop().ok_or_else(|| format::damaged("the job's row", "nothing"))?;
        let sums = rows(
            self,
            "select state, count(*), ifnull(sum(rows), 0), \
             ifnull(sum(ifnull(bytes, bytes_estimated)), 0) from chunk group by state",
            [],
            |row| {
                let status = read_status(row.get(0)?)?;
                Ok((status, row.get::<_, u32>(1)?, unsigned(row.get(2)?), unsigned(row.get(3)?)))
            },
        )?;
        for (status, count, rows, bytes) in sums {
            summary.chunks += count;
            summary.bytes_total += bytes;
            match status {
                ChunkStatus::Processed => {
                    summary.chunks_done = count;
                    summary.rows_done = rows;
                    summary.bytes_done = bytes;
                }
                ChunkStatus::ProcessedWithError => summary.chunks_failed = count,
                ChunkStatus::Skipped => summary.chunks_skipped = count,
                ChunkStatus::Assigned => summary.chunks_assigned = count,
                ChunkStatus::Unassigned => {}
            }
        }
        self.count_troubles(&mut summary)?;
        Ok(summary)
    }

    /// Failed steps and rejected rows.
    fn count_troubles(&self, summary: &mut Summary) -> Result<(), Fault> {
        let failed =
            rows(self, "select count(*) from step where state = 'failed'", [], |r| Ok(r.get(0)?))?;
        summary.steps_failed = failed.first().copied().unwrap_or(0);
        if self.form()? >= FORM_WITH_REJECTS {
            // As the machine counts: rejected by processed chunks less taken up by retries.
            let sql =
                "select ifnull(sum(rejected) - sum(retry_keys), 0) from chunk where state = 2";
            let open = rows(self, sql, [], |r| Ok(unsigned(r.get(0)?)))?;
            summary.rows_rejected = open.first().copied().unwrap_or(0);
        }
        Ok(())
    }
}

//! A job read from its file, for looking while no engine runs. Never writes.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use super::failure::Failure;
use super::session::Session;
use crate::client::lock_is_held;
use crate::clock::{Clock, SystemClock};
use crate::core::chunk::ChunkId;
use crate::core::job::{Actor, ChunkStatus, Job};
use crate::core::name::JobName;
use crate::core::plan::{DIFFERS, StepId, TableIndex, TablePlan};
use crate::core::spec::JobKind;
use crate::core::time::Timestamp;
use crate::protocol::convert::{
    self, ComparedFigures, EngineFace, Figures, JobContext, Moving, WorkerCounts, checklist_view,
    compared_view, finding_view,
};
use crate::protocol::{
    ChunkFilter, ChunkView, JobView, LogLine, PlanView, RejectGroupView, RejectView, RunView,
    Snapshot, StepView, TableView,
};
use crate::store::{
    self, ChunkRow, ComparedSums, EventRow, MasterTable, RunRow, StoredJob, Summary,
};

/// Lines of the story in a snapshot: what a screen shows.
const LOG_LINES: u32 = 50;
/// Runs shown in a history.
const RUNS_MAX: u32 = 50;

/// Every job of this user, by name.
///
/// # Errors
/// A directory that cannot be read.
pub fn job_names(session: &Session) -> Result<Vec<JobName>, Failure> {
    let directory = session.paths.jobs();
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut names: Vec<JobName> = entries
        .flatten()
        .filter_map(|entry| JobName::parse(entry.file_name().to_str()?).ok())
        .filter(|name| session.paths.master(name).is_file())
        .collect();
    names.sort();
    Ok(names)
}

/// Who ran the job last, and how much there is of it.
pub struct LastRun {
    pub user: String,
    pub pid: u32,
    pub tables: u32,
}

/// An open master table and what surrounds it.
pub struct Stored {
    table: MasterTable,
    /// The file's live state is nobody's doing any more: NOT RUNNING.
    abandoned: bool,
    face: EngineFace,
}

impl Stored {
    /// # Errors
    /// A file that is damaged, newer or unreadable.
    pub fn open(session: &Session, job: &JobName) -> Result<Stored, Failure> {
        let path = session.paths.master(job);
        let face = EngineFace {
            pid: 0,
            build: String::new(),
            state_path: path.display().to_string(),
            log_path: session.paths.log(job).display().to_string(),
        };
        let abandoned = !lock_is_held(&session.paths.lock(job));
        Ok(Stored { table: MasterTable::open_read_only(&path)?, abandoned, face })
    }

    /// The job's line in a list, at the price of one query.
    ///
    /// # Errors
    /// A damaged file; the same for all questions here.
    pub fn summary(&self) -> Result<JobView, Failure> {
        self.summary_with_run().map(|(view, _)| view)
    }

    /// The same, and who ran it last.
    ///
    /// # Errors
    /// As [`Stored::summary`].
    pub fn summary_with_run(&self) -> Result<(JobView, LastRun), Failure> {
        let summary = self.table.summary()?;
        let last = LastRun {
            user: summary.last_user.clone(),
            pid: summary.last_pid,
            tables: summary.tables,
        };
        let mut snapshot = Snapshot { job: summary_view(&summary), ..Snapshot::default() };
        if self.abandoned {
            convert::not_running(&mut snapshot, summary.state.is_live());
        }
        Ok((snapshot.job, last))
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn snapshot(&self) -> Result<Snapshot, Failure> {
        let stored = self.table.load()?;
        let job = Job::restore(stored.parts.clone());
        let sums = self.table.compared_sums()?;
        let tables = table_views(&job, &stored, &sums);
        let runs = self.table.runs(1)?;
        let context = JobContext {
            job: &job,
            spec: &stored.spec,
            now: SystemClock.now(),
            utc_offset_s: 0,
            planned: stored.planned,
            blocks: stored.blocks(),
            plan_fault: None,
            started_at: stored.started_at,
            ended_at: stored.ended_at,
            figures: &Figures::default(),
            workers: &WorkerCounts::default(),
            engine: &self.face,
            state_by: None,
            rate_by: None,
            store_trouble: None,
            socket_trouble: None,
            snapshots: &[],
        };
        let mut view = convert::job_view(&context, &tables);
        if stored.spec.kind == JobKind::Verify {
            let shape = stored.findings.iter().filter(|f| f.topic == DIFFERS).count();
            view.compared = Some(compared_view(sums.values().map(figures_of), shape));
        }
        if let (Some(run), Some(started)) = (runs.first(), stored.started_at) {
            // Nothing has been running since the last engine left.
            let until = run.ended_at.or(self.last_event()?).unwrap_or(context.now);
            view.elapsed_ms = stored.ended_at.unwrap_or(until).since_ms(started);
        }
        let log = self.log(LOG_LINES)?;
        let mut snapshot = Snapshot { job: view, tables, log, ..Snapshot::default() };
        if self.abandoned {
            convert::not_running(&mut snapshot, job.state.is_live());
        }
        Ok(snapshot)
    }

    fn last_event(&self) -> Result<Option<Timestamp>, Failure> {
        Ok(self.table.events(1)?.first().map(|event| event.at))
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn chunks(
        &self,
        filter: &ChunkFilter,
        offset: u32,
        limit: u32,
    ) -> Result<(u32, Vec<ChunkView>), Failure> {
        let stored = self.table.load()?;
        let wanted = store::ChunkFilter {
            table: filter.table.map(TableIndex),
            status: filter.state.and_then(status_of),
        };
        let (total, rows) = self.table.chunks(wanted, offset, limit)?;
        let job = Job::restore(stored.parts);
        let views = rows.iter().filter_map(|row| {
            let plan = stored.tables.get(row.table.0 as usize)?;
            Some(chunk_view(&job, plan, row))
        });
        Ok((total, views.collect()))
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn steps(&self, failed_only: bool) -> Result<Vec<StepView>, Failure> {
        let job = Job::restore(self.table.load()?.parts);
        let rows = self.table.steps()?;
        let views = rows.iter().filter(|row| (row.id as usize) < job.steps.len()).map(|row| {
            let mut view = convert::step_view(&job, StepId(row.id));
            view.elapsed_ms = span(row.started_at, row.ended_at);
            view.error_message = error_text(&row.error_message, &row.error_detail, &row.error_hint);
            view
        });
        Ok(views.filter(|view| !failed_only || view.state == "failed").collect())
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn rejects(
        &self,
        table: Option<u32>,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<RejectGroupView>, Vec<RejectView>), Failure> {
        let stored = self.table.load()?;
        let filter = store::RejectFilter { table: table.map(TableIndex), cause: None };
        let (total, rows) = self.table.rejects(&filter, offset, limit, false)?;
        let groups = self.table.reject_groups(filter.table)?;
        let views = rows.iter().filter_map(|row| {
            let plan = stored.tables.get(row.table.0 as usize)?;
            let owner = stored.parts.chunks.get(row.chunk.0 as usize)?.table;
            let first = stored.parts.tables.get(owner.0 as usize)?.first_chunk.0;
            Some(convert::reject_view(row, plan, row.chunk.0 - first + 1))
        });
        Ok((total, groups.iter().map(convert::reject_group_view).collect(), views.collect()))
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn log(&self, lines: u32) -> Result<Vec<LogLine>, Failure> {
        Ok(self.table.events(lines)?.iter().map(log_line).collect())
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn history(&self, limit: u32) -> Result<(Vec<RunView>, Vec<LogLine>), Failure> {
        let runs = self.table.runs(RUNS_MAX)?.iter().map(run_view).collect();
        Ok((runs, self.table.history(limit)?.iter().map(log_line).collect()))
    }

    /// # Errors
    /// As [`Stored::summary`].
    pub fn plan(&self) -> Result<PlanView, Failure> {
        let stored = self.table.load()?;
        let chunks = stored.parts.tables.iter().map(|table| table.chunk_count);
        let both = stored.tables.iter().zip(chunks);
        Ok(PlanView {
            findings: stored.findings.iter().map(finding_view).collect(),
            tables: both.map(|(plan, chunks)| convert::plan_table_view(plan, chunks)).collect(),
            checklist: self.table.checklist()?.iter().map(checklist_view).collect(),
            steps: u32::try_from(stored.parts.steps.len()).unwrap_or(u32::MAX),
            blocked: stored.blocks() > 0,
        })
    }
}

fn table_views(
    job: &Job,
    stored: &StoredJob,
    sums: &BTreeMap<TableIndex, ComparedSums>,
) -> Vec<TableView> {
    let none = Moving::default();
    let views = stored.tables.iter().zip(0..).map(|(plan, number)| {
        let table = TableIndex(number);
        let found = sums.get(&table).copied().unwrap_or_default();
        let compared =
            (stored.spec.kind == JobKind::Verify).then(|| compared_view([figures_of(&found)], 0));
        TableView { compared, ..convert::table_view(job, table, plan, none, Timestamp(0)) }
    });
    views.collect()
}

/// The file's sums as the views want them.
fn figures_of(sums: &ComparedSums) -> ComparedFigures {
    ComparedFigures {
        equal: sums.equal,
        differ: sums.differ,
        repaired: sums.mended,
        source_rows: sums.source_rows,
        target_rows: sums.target_rows,
        missing: sums.missing,
        extra: sums.extra,
        different: sums.different,
        at_least: sums.at_least,
    }
}

fn status_of(number: u8) -> Option<ChunkStatus> {
    [
        ChunkStatus::Unassigned,
        ChunkStatus::Assigned,
        ChunkStatus::Processed,
        ChunkStatus::ProcessedWithError,
        ChunkStatus::Skipped,
    ]
    .into_iter()
    .find(|status| *status as u8 == number)
}

fn chunk_view(job: &Job, plan: &TablePlan, row: &ChunkRow) -> ChunkView {
    ChunkView {
        range: convert::range_text(&row.range, &plan.method),
        started_ms: row.started_at.map(|at| at.0),
        elapsed_ms: span(row.started_at, row.ended_at),
        error_code: row.error_code.clone(),
        error_detail: row.error_detail.clone(),
        error_hint: row.error_hint.clone(),
        error_message: error_text(&row.error_message, &row.error_detail, &row.error_hint)
            .or_else(|| row.skip_reason.clone()),
        ..convert::chunk_view(job, ChunkId(row.id.0), plan)
    }
}

/// Message, detail and hint on lines of their own.
fn error_text(
    message: &Option<String>,
    detail: &Option<String>,
    hint: &Option<String>,
) -> Option<String> {
    let parts: Vec<&str> = [message, detail, hint].into_iter().flatten().map(|s| &**s).collect();
    if parts.is_empty() { None } else { Some(parts.join("\n")) }
}

fn span(from: Option<Timestamp>, until: Option<Timestamp>) -> Option<u64> {
    Some(until?.since_ms(from?))
}

fn log_line(row: &EventRow) -> LogLine {
    let by = row
        .user
        .as_ref()
        .map(|user| Actor { user: user.clone(), tty: row.tty.clone().unwrap_or_default() });
    convert::log_line(row.at, by.as_ref(), &row.level, &row.text)
}

fn run_view(row: &RunRow) -> RunView {
    let by = Actor { user: row.user.clone(), tty: row.tty.clone() };
    RunView {
        number: row.number,
        started_ms: row.started_at.0,
        ended_ms: row.ended_at.map(|at| at.0),
        by: convert::actor_text(Some(&by)),
        // A run without an end either goes on or died; who holds the lock decides.
        end_state: row.end_state.clone().unwrap_or_else(|| "NOT RUNNING".to_owned()),
        rows: row.rows,
        bytes: row.bytes,
        chunks: row.chunks,
        failed: row.failed,
        skipped: row.skipped,
    }
}

/// The little that a list of jobs shows.
fn summary_view(summary: &Summary) -> JobView {
    let settled = summary.chunks_done + summary.chunks_failed + summary.chunks_skipped;
    let mut view = JobView {
        name: summary.name.clone(),
        kind: convert::word_of_kind(summary.spec.kind),
        state: summary.state.word().to_owned(),
        source: summary.spec.source.display(),
        target: summary.spec.target.display(),
        target_label: summary.spec.target.label.clone(),
        production: summary.spec.target.production,
        started_ms: summary.started_at.map_or(0, |at| at.0),
        now_ms: summary.last_change_at.map_or(0, |at| at.0),
        planned: summary.chunks > 0 || summary.started_at.is_some(),
        ..JobView::default()
    };
    view.threads.want = summary.threads;
    view.threads.max = summary.threads_max;
    view.rate.limit_bytes_per_s = summary.rate_bytes;
    let progress = &mut view.progress;
    progress.chunks_done = summary.chunks_done;
    progress.chunks_failed = summary.chunks_failed;
    progress.chunks_skipped = summary.chunks_skipped;
    progress.chunks_running = summary.chunks_assigned;
    progress.chunks_left = summary.chunks.saturating_sub(settled + summary.chunks_assigned);
    progress.steps_failed = summary.steps_failed;
    progress.rows_done = summary.rows_done;
    progress.rows_rejected = summary.rows_rejected;
    progress.bytes_done = summary.bytes_done;
    progress.bytes_total = summary.bytes_total;
    let whole = summary.state == crate::core::job::JobState::Completed;
    let share = summary.bytes_done.saturating_mul(100).checked_div(summary.bytes_total);
    // 100 means that everything is committed.
    progress.percent = match (whole && settled == summary.chunks_done, share) {
        (true, _) => 100,
        (false, share) => u8::try_from(share.unwrap_or(0).clamp(0, 99)).unwrap_or(99),
    };
    view
}

//! The job's own view.

use super::clock_text;
use super::trouble::{SocketTrouble, StoreTrouble, alerts, held_by};
use crate::core::catalog::Section;
use crate::core::fault::Fault;
use crate::core::job::{Actor, Command, Job, JobState, StepStatus};
use crate::core::plan::StepKind;
use crate::core::spec::{JobKind, JobSpec};
use crate::core::time::Timestamp;
use crate::protocol::{
    JobView, PhaseView, ProgressView, RateView, Snapshot, TableView, ThreadsView,
};

/// Everything around the machine that a view tells of.
#[derive(Clone, Copy, Debug)]
pub struct JobContext<'a> {
    pub job: &'a Job,
    pub spec: &'a JobSpec,
    pub now: Timestamp,
    /// Of the engine's own time zone, for phrases with a time of day.
    pub utc_offset_s: i64,
    /// There is a plan.
    pub planned: bool,
    /// BLOCK findings of the plan.
    pub blocks: u32,
    /// Why there is no plan, when planning failed.
    pub plan_fault: Option<&'a Fault>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub figures: &'a Figures,
    pub workers: &'a WorkerCounts,
    pub engine: &'a EngineFace,
    /// Who asked for the present state, and when.
    pub state_by: Option<&'a (Option<Actor>, Timestamp, Option<String>)>,
    pub rate_by: Option<&'a (Actor, Timestamp)>,
    pub store_trouble: Option<&'a StoreTrouble>,
    pub socket_trouble: Option<&'a SocketTrouble>,
    /// Snapshots by name, oldest first, with the moment they were opened.
    pub snapshots: &'a [(Timestamp, String)],
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub bytes_per_s: u64,
    pub rows_per_s: u64,
    pub peak_bytes_per_s: u64,
    pub mean_1m_bytes_per_s: u64,
    pub mean_10m_bytes_per_s: u64,
    /// One value a second, oldest first.
    pub spark: Vec<u64>,
    pub eta_ms: Option<(u64, u64)>,
    /// Held by workers and not committed.
    pub rows_moving: u64,
    pub bytes_moving: u64,
    /// Some worker waits for the rate limit.
    pub is_throttled: bool,
}

/// Who does what among the workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerCounts {
    pub run: u32,
    pub connecting: u32,
    pub draining: u32,
    pub draining_oldest_ms: u64,
    pub index_run: u32,
    pub note: Option<String>,
}

/// The engine's own particulars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineFace {
    pub pid: u32,
    pub build: String,
    pub state_path: String,
    pub log_path: String,
}

/// The job as its consoles see it; `tables` are its table views.
#[must_use]
pub fn job_view(context: &JobContext<'_>, tables: &[TableView]) -> JobView {
    let (job, spec) = (context.job, context.spec);
    let ended = match job.state {
        JobState::Completed => context.ended_at.unwrap_or(context.now),
        _ => context.now,
    };
    JobView {
        limits: spec.limits.to_text(),
        name: spec.name.to_string(),
        kind: word_of_kind(spec.kind),
        state: job.state.word().to_owned(),
        source: spec.source.display(),
        target: spec.target.display(),
        target_label: spec.target.label.clone(),
        production: spec.target.production,
        started_ms: context.started_at.map_or(0, |t| t.0),
        elapsed_ms: context.started_at.map_or(0, |t| ended.since_ms(t)),
        now_ms: context.now.0,
        threads: threads_view(context),
        rate: rate_view(context),
        progress: progress_view(context, tables),
        phases: named_phases(spec.kind, phases(job, tables)),
        held_by: held_by(context),
        alerts: alerts(context, tables),
        snapshots: job.snapshots,
        planned: context.planned,
        blocks: context.blocks,
        engine_pid: context.engine.pid,
        build: context.engine.build.clone(),
        state_path: context.engine.state_path.clone(),
        log_path: context.engine.log_path.clone(),
        pressure: Vec::new(),
        refused: refused(context),
        compared: None,
    }
}

/// The kind as users read it.
#[must_use]
pub fn word_of_kind(kind: JobKind) -> String {
    let word = match kind {
        JobKind::Copy => "copy",
        JobKind::Verify => "verify",
    };
    word.to_owned()
}

/// A snapshot from the file as it must be shown when nobody holds the engine's lock.
pub fn not_running(snapshot: &mut Snapshot, is_live: bool) {
    if is_live {
        snapshot.job.state = "NOT RUNNING".to_owned();
    }
    snapshot.job.engine_pid = 0;
    snapshot.workers.clear();
    snapshot.consoles.clear();
    let threads = &mut snapshot.job.threads;
    (threads.run, threads.connecting, threads.draining, threads.index_run) = (0, 0, 0, 0);
}

fn threads_view(context: &JobContext<'_>) -> ThreadsView {
    let (job, workers) = (context.job, context.workers);
    ThreadsView {
        want: job.threads,
        run: workers.run,
        connecting: workers.connecting,
        draining: workers.draining,
        max: job.threads_max,
        draining_oldest_ms: workers.draining_oldest_ms,
        index_workers: job.index_workers,
        index_run: workers.index_run,
        note: workers.note.clone(),
    }
}

fn rate_view(context: &JobContext<'_>) -> RateView {
    let figures = context.figures;
    RateView {
        bytes_per_s: figures.bytes_per_s,
        rows_per_s: figures.rows_per_s,
        limit_bytes_per_s: context.job.rate_bytes,
        limit_by: context
            .job
            .rate_bytes
            .and(context.rate_by)
            .map(|(actor, at)| format!("{} {}", actor.user, clock_text(*at, context.utc_offset_s))),
        peak_bytes_per_s: figures.peak_bytes_per_s,
        mean_1m_bytes_per_s: figures.mean_1m_bytes_per_s,
        mean_10m_bytes_per_s: figures.mean_10m_bytes_per_s,
        spark: figures.spark.clone(),
    }
}

fn progress_view(context: &JobContext<'_>, tables: &[TableView]) -> ProgressView {
    let mut view = ProgressView {
        rows_moving: context.figures.rows_moving,
        bytes_moving: context.figures.bytes_moving,
        eta_ms: context.figures.eta_ms,
        ..ProgressView::default()
    };
    let mut total = 0;
    for table in tables {
        total += table.chunks_total;
        view.chunks_done += table.chunks_done;
        view.chunks_running += table.chunks_running;
        view.chunks_failed += table.chunks_failed;
        view.chunks_skipped += table.chunks_skipped;
        view.rows_done += table.rows_done;
        view.rows_rejected += table.rows_rejected;
        view.rows_total += table.rows_total;
        view.bytes_done += table.bytes_done;
        view.bytes_total += table.bytes_total;
        view.estimated |= table.estimated;
        match table.state.as_str() {
            "done" | "skipped" => view.tables_done += 1,
            "failed" => view.tables_failed += 1,
            "running" => view.tables_running += 1,
            _ => view.tables_left += 1,
        }
    }
    let settled = view.chunks_done + view.chunks_running + view.chunks_failed + view.chunks_skipped;
    view.chunks_left = total - settled;
    let failed = |s: &crate::core::job::StepStanding| s.status == StepStatus::Failed;
    view.steps_failed = context.job.step_standings.iter().filter(|s| failed(s)).count() as u32;
    view.percent = percent(&view, total, context.job.state);
    view
}

/// 100 only when every chunk is committed.
fn percent(view: &ProgressView, chunks: u32, state: JobState) -> u8 {
    if view.chunks_done == chunks {
        return if chunks > 0 || state == JobState::Completed { 100 } else { 0 };
    }
    let done = u128::from(view.bytes_done.saturating_add(view.bytes_moving));
    let total = u128::from(view.bytes_total);
    let share = (done * 100).checked_div(total).unwrap_or(0);
    u8::try_from(share).unwrap_or(99).clamp(0, 99)
}

/// A verification compares where a copy copies.
fn named_phases(kind: JobKind, mut phases: Vec<PhaseView>) -> Vec<PhaseView> {
    if kind == JobKind::Verify {
        let loads = phases.iter_mut().filter(|phase| phase.name == "copy");
        loads.for_each(|phase| phase.name = "compare".to_owned());
    }
    phases
}

/// The phases there is something to do in, in order.
fn phases(job: &Job, tables: &[TableView]) -> Vec<PhaseView> {
    const NAMES: [&str; 9] = [
        "schema",
        "copy",
        "large objects",
        "indexes",
        "keys",
        "sequences",
        "views",
        "analyse",
        "repair",
    ];
    let mut phases: Vec<PhaseView> =
        NAMES.iter().map(|n| PhaseView { name: (*n).to_owned(), ..PhaseView::default() }).collect();
    for table in tables {
        let copy = &mut phases[1];
        copy.total += table.chunks_total;
        copy.done += table.chunks_done + table.chunks_skipped;
        copy.running += table.chunks_running;
        copy.failed += table.chunks_failed;
    }
    for (step, standing) in job.steps.iter().zip(&job.step_standings) {
        let place = match (step.kind, step.section) {
            (StepKind::Load, _) => continue,
            (StepKind::Ddl | StepKind::Truncate, Section::PreData | Section::Data) => 0,
            (StepKind::LargeObjects, _) => 2,
            (StepKind::Index, _) => 3,
            (StepKind::Constraint, _) => 4,
            (StepKind::Sequence, _) => 5,
            (StepKind::Ddl | StepKind::Truncate, Section::PostData) | (StepKind::Refresh, _) => 6,
            (StepKind::Analyse, _) => 7,
            (StepKind::Mend, _) => 8,
        };
        let phase = &mut phases[place];
        phase.total += 1;
        match standing.status {
            StepStatus::Waiting => {}
            StepStatus::Running(_) => phase.running += 1,
            StepStatus::Done | StepStatus::Skipped => phase.done += 1,
            StepStatus::Failed => phase.failed += 1,
        }
    }
    phases.retain(|phase| phase.total > 0);
    phases
}

/// What would be refused now, with the sentence; the same words as an actual refusal.
fn refused(context: &JobContext<'_>) -> Vec<(String, String)> {
    let all = || (Vec::new(), Vec::new());
    let (chunks, steps) = all();
    let wishes = [
        ("start", Command::Start),
        ("pause", Command::Pause),
        ("resume", Command::Resume),
        ("stop", Command::Stop { now: false }),
        ("stop now", Command::Stop { now: true }),
        ("retry", Command::Retry { chunks, steps }),
        ("drain now", Command::DrainNow),
        ("rejects retry", Command::RetryRejects { tables: Vec::new() }),
    ];
    let mut refused: Vec<(String, String)> = wishes
        .iter()
        .filter_map(|(verb, command)| {
            let reason = context.job.permits(command).err()?.0;
            Some(((*verb).to_owned(), reason))
        })
        .collect();
    if let Some(reason) = start_refusal(context) {
        refused.retain(|(verb, _)| verb != "start");
        refused.push(("start".to_owned(), reason));
    }
    refused
}

/// Why a job that is still being defined cannot start, beyond what the machine knows.
#[must_use]
pub(super) fn start_refusal(context: &JobContext<'_>) -> Option<String> {
    if context.job.state != JobState::Defining {
        return None;
    }
    match (context.plan_fault, context.planned, context.blocks) {
        (Some(fault), ..) => Some(format!("the plan could not be made: {fault}")),
        (None, false, _) => Some("the plan is being made".to_owned()),
        (None, true, 0) => None,
        (None, true, 1) => Some("the plan has 1 BLOCK finding".to_owned()),
        (None, true, n) => Some(format!("the plan has {n} BLOCK findings")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_means_committed() {
        let view = |done, moving, chunks_done| ProgressView {
            bytes_done: done,
            bytes_moving: moving,
            bytes_total: 1000,
            chunks_done,
            ..ProgressView::default()
        };
        for (view, shown) in [
            (view(0, 0, 0), 0),
            (view(500, 130, 1), 63),
            (view(900, 100, 3), 99),
            (view(900, 500, 3), 99),
            (view(1000, 0, 4), 100),
        ] {
            assert_eq!(percent(&view, 4, JobState::Executing), shown);
        }
        assert_eq!(percent(&view(0, 0, 0), 0, JobState::Executing), 0);
        assert_eq!(percent(&view(0, 0, 0), 0, JobState::Completed), 100);
    }
}

//! A job from its plan, and from the rows the master table kept.

use std::collections::BTreeMap;

use super::super::chunk::{ChunkId, Rejects};
use super::super::plan::{MigrationPlan, Step, TableIndex};
use super::super::spec::{BadRows, JobSpec, THREADS_CEILING};
use super::index::Index;
use super::lately::Lately;
use super::state::{Chunk, ChunkStatus, Job, JobState, StepStanding, TableStatus};

/// All of a job that outlives its engine: what the store writes once for a new job, keeps up with
/// every event, and reads for the next engine.
#[derive(Clone, Debug, PartialEq)]
pub struct JobParts {
    pub state: JobState,
    pub threads: u32,
    pub threads_max: u32,
    pub index_workers: u32,
    pub rate_bytes: Option<u64>,
    pub attempts_max: u32,
    pub bad_rows: BadRows,
    pub steps: Vec<Step>,
    pub step_standings: Vec<StepStanding>,
    pub tables: Vec<TableStatus>,
    pub chunks: Vec<Chunk>,
    pub snapshots: u32,
    pub final_check_done: bool,
    pub cleaned_up: bool,
}

impl Job {
    /// A new job: the plan's steps and chunks, nothing begun, in DEFINING.
    #[must_use]
    pub fn new(plan: &MigrationPlan, spec: &JobSpec) -> Job {
        let mut chunks = Vec::new();
        let mut tables = Vec::with_capacity(plan.tables.len());
        for (table, number) in plan.tables.iter().zip(0..) {
            tables.push(TableStatus {
                first_chunk: ChunkId(index_u32(chunks.len())),
                chunk_count: index_u32(table.chunks.len()),
                method: table.method.clone(),
                snapshot: 0,
                begins_again: false,
                retry_of: None,
            });
            chunks.extend(table.chunks.iter().map(|planned| Chunk {
                table: TableIndex(number),
                status: ChunkStatus::Unassigned,
                attempts: 0,
                interruptions: 0,
                handouts: 0,
                not_before: None,
                worker: None,
                rows: planned.rows,
                bytes: planned.bytes,
                rejects: Rejects::default(),
                keys: 0,
            }));
        }
        let threads_max = spec.threads_max.clamp(1, THREADS_CEILING);
        Job::restore(JobParts {
            state: JobState::Defining,
            threads: spec.threads.clamp(1, threads_max),
            threads_max,
            index_workers: spec.index_workers.clamp(1, THREADS_CEILING),
            rate_bytes: spec.rate_bytes,
            attempts_max: spec.attempts_max.clamp(1, u32::MAX),
            bad_rows: spec.bad_rows,
            steps: plan.steps.clone(),
            step_standings: vec![StepStanding::default(); plan.steps.len()],
            tables,
            chunks,
            snapshots: 0,
            final_check_done: false,
            cleaned_up: false,
        })
    }

    /// The job that the store kept. Nobody holds anything, no snapshot is open and nothing is
    /// compared yet: equal to the job of the engine before, after `EngineStarted`.
    ///
    /// # Panics
    /// When the rows do not belong together: a standing for every step, consecutive chunks for
    /// every table, waits and tables within range. The store checks this when it loads.
    #[must_use]
    pub fn restore(parts: JobParts) -> Job {
        assert_eq!(parts.steps.len(), parts.step_standings.len(), "a standing for every step");
        let mut job = Job {
            state: parts.state,
            threads: parts.threads,
            threads_max: parts.threads_max,
            index_workers: parts.index_workers,
            rate_bytes: parts.rate_bytes,
            attempts_max: parts.attempts_max,
            bad_rows: parts.bad_rows,
            steps: parts.steps,
            step_standings: parts.step_standings,
            tables: parts.tables,
            chunks: parts.chunks,
            reconciled: false,
            snapshots: parts.snapshots,
            snapshot_open: false,
            holds: Vec::new(),
            busy: BTreeMap::new(),
            final_check_done: parts.final_check_done,
            cleaned_up: parts.cleaned_up,
            lately: Lately::default(),
            index: Index::default(),
        };
        job.lately = Lately::of(&job.tables);
        job.rebuild_index();
        job
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn parts(&self) -> JobParts {
        JobParts {
            state: self.state,
            threads: self.threads,
            threads_max: self.threads_max,
            index_workers: self.index_workers,
            rate_bytes: self.rate_bytes,
            attempts_max: self.attempts_max,
            bad_rows: self.bad_rows,
            steps: self.steps.clone(),
            step_standings: self.step_standings.clone(),
            tables: self.tables.clone(),
            chunks: self.chunks.clone(),
            snapshots: self.snapshots,
            final_check_done: self.final_check_done,
            cleaned_up: self.cleaned_up,
        }
    }
}

fn index_u32(count: usize) -> u32 {
    // Far above what fits in memory: a plan has at most 100,000 chunks per table.
    u32::try_from(count).expect("a job has less than 4 billion chunks")
}

//! A job from its plan, and from the rows the master table kept.

use super::super::plan::{MigrationPlan, Step};
use super::super::spec::JobSpec;
use super::state::{Chunk, Job, JobState, StepStanding, TableStatus};

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
        let _ = (plan, spec);
        unimplemented!()
    }

    /// The job that the store kept. Nobody holds anything, no snapshot is open and nothing is
    /// compared yet: equal to the job of the engine before, after `EngineStarted`.
    #[must_use]
    pub fn restore(parts: JobParts) -> Job {
        let _ = parts;
        unimplemented!()
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn parts(&self) -> JobParts {
        unimplemented!()
    }
}

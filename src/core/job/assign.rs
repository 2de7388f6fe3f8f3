//! What ought to be running and is not.

use super::super::chunk::ChunkId;
use super::super::plan::{StepId, TableIndex};
use super::state::WorkerId;

/// Workers that could take work now, lowest first. The two pools are apart: the slider sets the
/// copy workers, `index_workers` the build workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdleWorkers {
    /// Take chunks and every step but indexes and constraints.
    pub copy: Vec<WorkerId>,
    /// Take indexes and constraints only.
    pub build: Vec<WorkerId>,
}

/// What a worker is given. `attempt` goes into its report, see [`super::Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Chunk {
        chunk: ChunkId,
        attempt: u32,
        /// Number of the snapshot it is to be read from: the one open now.
        snapshot: u32,
    },
    Step {
        step: StepId,
        attempt: u32,
    },
    /// Empty a table so that it can be loaded again.
    BeginAgain {
        table: TableIndex,
        attempt: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub worker: WorkerId,
    pub work: Work,
}

impl super::Job {
    /// Work for idle workers at `now`, by state and not by the last event, so that a lost effect is
    /// found again at the next look.
    #[must_use]
    pub fn assignments(
        &self,
        _idle: &IdleWorkers,
        _now: super::super::time::Timestamp,
    ) -> Vec<Assignment> {
        Vec::new()
    }

    /// The events that make `assignments` true; append and apply them before the workers begin.
    #[must_use]
    pub fn assignment_events(&self, _assignments: &[Assignment]) -> Vec<super::Event> {
        Vec::new()
    }
}

//! The job as a pure machine: `decide` what would become true, `apply` it, ask for `assignments`.
//!
//! None of the three is async and none knows a database. The engine's order is always: input,
//! decide, append the events to the master table in one transaction, apply, assign, publish.
//! Recovery loads the same rows and goes on with the same code. Table states and progress figures
//! are computed from chunks, never stored.

mod apply;
mod assign;
mod command;
mod decide;
mod event;
mod progress;
mod state;

#[cfg(test)]
mod tests;

pub use assign::{Assignment, IdleWorkers, Work};
pub use command::{Actor, Command, Input, Notice, Refusal, Report};
pub use event::{Event, IllegalEvent};
pub use progress::{Phase, Progress, TableProgress};
pub use state::{
    Chunk, ChunkStatus, Hold, HoldReason, Job, JobState, StepStatus, TableStatus, WorkerId,
};

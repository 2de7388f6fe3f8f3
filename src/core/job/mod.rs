//! The job as a pure machine: `decide` what would become true, `apply` it, ask for `assignments`.
//!
//! None of the three is async and none knows a database. Table states and progress figures are
//! computed from chunks, never stored. Recovery loads the same rows and goes on with the same code.
//!
//! Who calls what, when (all of it by the engine's one loop):
//!
//! * [`Job::new`] once, when the plan is made; [`Job::restore`] with the rows of the store in every
//!   later engine. Either way the first input is [`Notice::EngineStarted`].
//! * For every input: [`Job::decide`], append the events and the rows they change (the "Rows" of
//!   [`Event`]) in one transaction, [`Job::apply`] each. Then the same with [`Input::Tick`] until
//!   it answers with no events: what follows from a state (idle after the last chunk of a pause,
//!   completing after the last chunk of all) is decided there, by state, so that a crash in between
//!   loses nothing.
//! * Then look: [`Job::wants_reconcile`], [`Job::wants_snapshot`], [`Job::wants_final_check`],
//!   [`Job::wants_cleanup`] and [`Job::probes_due`] say what the engine has to begin unless it is
//!   at it already; the outcome comes back as a [`Notice`]. The answer of a ledger read is
//!   dropped when [`Job::doubts`] changed since the read began.
//! * [`Job::assignments`] for idle workers; [`Job::assignment_events`] are appended and applied
//!   before the workers begin.
//! * [`Job::may_keep`] for every worker: one that may not leaves after the work it holds.
//! * [`Job::next_wakeup`] says when a `Tick` and a look are due though nothing happened.
//!
//! What the engine does by itself after a granted command: `Stop` in DEFINING, STOPPED and
//! COMPLETED leads to no event, the engine just leaves; in STOPPING it cancels its workers; after
//! `DrainNow` it cancels those that may not be kept. When the state becomes STOPPED or COMPLETED it
//! closes the snapshot. Whether a BLOCK finding forbids `Start` is the engine's to ask of the plan.

#![deny(clippy::wildcard_enum_match_arm)]

mod state;

mod command;
mod event;
mod parts;
mod rejects;

mod apply;
mod assign;
mod decide;
mod look;
mod progress;

mod hold;
mod index;
mod lately;
mod notice;
mod operator;
mod report;
mod settle;

// Tests pick out the variants they are about.
#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm)]
mod tests;

pub use assign::{Assignment, IdleWorkers, Work};
pub use command::{Actor, Command, Committed, Input, Notice, Refusal, RejectRetry, Report};
pub use event::{Charge, Event, IllegalEvent};
pub use parts::JobParts;
pub use progress::{Phase, Progress, TableProgress};
pub use rejects::{RejectGroup, RejectRow};
pub use state::{
    BUILD_WORKER_FIRST, Chunk, ChunkStatus, Hold, HoldReason, Job, JobState, StepStanding,
    StepStatus, TableStatus, WorkerId,
};

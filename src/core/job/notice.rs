//! What the engine's own findings lead to.

use super::super::chunk::ChunkId;
use super::super::fault::Side;
use super::super::plan::{StepId, StepKind};
use super::super::time::Timestamp;
use super::command::{Committed, Notice};
use super::event::{Charge, Event};
use super::hold::new_hold;
use super::state::{ChunkStatus, HoldReason, Job, JobState, StepStatus};

impl Job {
    pub(super) fn decide_notice(&self, notice: &Notice, now: Timestamp) -> Vec<Event> {
        match notice {
            Notice::EngineStarted => self.engine_started(),
            Notice::Reconciled { chunks, steps } => self.reconcile(chunks, steps),
            Notice::LedgerMissing => self.ledger_missing(now),
            Notice::SnapshotOpened { label } => self.snapshot_opened(label),
            Notice::SnapshotLost { fault } => self.close_snapshot(fault),
            Notice::TargetLost { fault } => self.holds_for_engine(Side::Target, fault, now),
            Notice::SourceLost { fault } => self.holds_for_engine(Side::Source, fault, now),
            Notice::Recovered { side } => self.recovered(*side),
            Notice::StillLost { fault } => self.still_lost(fault, now),
            Notice::LostTooLong { side, limit_ms } => self.lost_too_long(*side, *limit_ms, now),
            Notice::LimitPassed { limit, message } => self.limit_passed(*limit, message, now),
            Notice::LimitKept { limit } => self.limit_kept(*limit),
            Notice::WorkerGone { worker } => self.worker_gone(*worker, now),
            Notice::WorkersGone => self.workers_gone(),
            Notice::FinalCheckDone => self.complete(),
            Notice::CleanedUp if self.cleaned_up => Vec::new(),
            Notice::CleanedUp => vec![Event::CleanedUp],
        }
    }

    /// A live state says that an engine was there: it was killed, and nobody goes on unasked.
    fn engine_started(&self) -> Vec<Event> {
        let mut events = vec![Event::EngineStarted];
        let to = match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { then_leave: false } => JobState::Idling,
            JobState::StopPending { then_leave: true } | JobState::Stopping => JobState::Stopped,
            JobState::Idling | JobState::Defining | JobState::Stopped | JobState::Completed => {
                return events;
            }
        };
        let reason = Some("the engine before was killed".to_owned());
        events.push(Event::StateChanged { from: self.state, to, by: None, reason });
        events
    }

    /// The master table against the target's ledger (DESIGN.md 4.1).
    fn reconcile(&self, chunks: &[Committed], steps: &[StepId]) -> Vec<Event> {
        if self.reconciled && !self.busy.is_empty() {
            // Nobody asked: work that ended since the ledger was read would look lost.
            return Vec::new();
        }
        if self.target_is_held() {
            // It was read before the target was lost.
            return Vec::new();
        }
        let mut ledger: Vec<Option<Committed>> = vec![None; self.chunks.len()];
        for committed in chunks {
            // An id that the plan does not have belongs to no work of this job.
            if let Some(entry) = ledger.get_mut(committed.chunk.0 as usize) {
                *entry = Some(*committed);
            }
        }
        let mut found = Comparison::default();
        for (id, committed) in (0..).map(ChunkId).zip(&ledger) {
            self.compare_chunk(id, *committed, &mut found);
        }
        let mut step_committed = vec![false; self.steps.len()];
        for id in steps {
            if let Some(entry) = step_committed.get_mut(id.0 as usize) {
                *entry = true;
            }
        }
        for (id, committed) in (0..).map(StepId).zip(&step_committed) {
            self.compare_step(id, *committed, &mut found);
            if !committed {
                found.events.extend(self.outlived_by_rows(id, &ledger));
            }
        }
        let Comparison { mut events, adopted, revoked } = found;
        events.push(Event::Reconciled { adopted, revoked });
        events
    }

    fn compare_chunk(&self, id: ChunkId, committed: Option<Committed>, found: &mut Comparison) {
        let chunk = self.chunk(id);
        // What is about to be emptied counts as not there.
        let begins_again = self.tables[chunk.table.0 as usize].begins_again;
        let committed = committed.filter(|_| !begins_again);
        match (chunk.status, committed) {
            (ChunkStatus::Processed, Some(_)) => {}
            (ChunkStatus::Processed, None) => {
                found.revoked += 1;
                found.events.push(Event::ChunkRevoked { chunk: id });
            }
            // Its worker will say.
            (ChunkStatus::Assigned, _) if self.is_held(id) => {}
            (ChunkStatus::Assigned, None) => found.events.push(Event::ChunkReleased {
                chunk: id,
                fault: None,
                charge: Charge::Nothing,
                not_before: None,
            }),
            (
                ChunkStatus::Unassigned | ChunkStatus::ProcessedWithError | ChunkStatus::Skipped,
                None,
            ) => {}
            (
                ChunkStatus::Assigned
                | ChunkStatus::Unassigned
                | ChunkStatus::ProcessedWithError
                | ChunkStatus::Skipped,
                Some(Committed { rows, rejects, .. }),
            ) => {
                found.adopted += 1;
                let (worker, bytes) = (None, None);
                let event = Event::ChunkProcessed { chunk: id, worker, rows, bytes, rejects };
                found.events.push(event);
            }
        }
    }

    fn compare_step(&self, id: StepId, committed: bool, found: &mut Comparison) {
        match (self.standing(id).status, committed) {
            (StepStatus::Done, true) | (StepStatus::Skipped, _) => {}
            (StepStatus::Done, false) => {
                found.revoked += 1;
                found.events.push(Event::StepRevoked { step: id });
            }
            // Its worker will say.
            (StepStatus::Running(_), _) if self.step_holder(id).is_some() => {}
            (StepStatus::Running(_), false) => found.events.push(Event::StepReleased {
                step: id,
                fault: None,
                charge: Charge::Nothing,
                not_before: None,
            }),
            (StepStatus::Waiting | StepStatus::Failed, false) => {}
            (StepStatus::Running(_) | StepStatus::Waiting | StepStatus::Failed, true) => {
                // A load is in no ledger and nobody's claim.
                if self.step(id).kind != StepKind::Load {
                    found.adopted += 1;
                    found.events.push(Event::StepDone { step: id });
                }
            }
        }
    }

    /// The target forgot that it had emptied a table and remembers rows loaded after it: what was
    /// there before may be there again. Emptying it once more would leave the rows' ledger behind,
    /// so besides the step the whole table begins again.
    fn outlived_by_rows(&self, id: StepId, ledger: &[Option<Committed>]) -> Option<Event> {
        let step = self.step(id);
        let table = step.table.filter(|_| step.kind == StepKind::Truncate)?;
        let status = &self.tables[table.0 as usize];
        let first = status.first_chunk.0 as usize;
        let chunks = first..first + status.chunk_count as usize;
        let reason = "the target forgot that it was emptied before the load".to_owned();
        (!status.begins_again && ledger[chunks].iter().any(Option::is_some))
            .then_some(Event::TableBeginsAgain { table, reason, by: None })
    }

    /// With nothing recorded a missing ledger is an empty one. With something, loading again what
    /// may well be there would double it: only a person can tell what happened.
    fn ledger_missing(&self, now: Timestamp) -> Vec<Event> {
        let steps = &self.step_standings;
        let begun = self.index.total.done > 0
            || self.index.total.running > 0
            || steps.iter().any(|standing| match standing.status {
                StepStatus::Done | StepStatus::Running(_) => true,
                StepStatus::Waiting | StepStatus::Failed | StepStatus::Skipped => false,
            });
        if !begun {
            return self.reconcile(&[], &[]);
        }
        let reason = HoldReason::LedgerMissing;
        if self.hold(reason).is_some() {
            return Vec::new();
        }
        let message = "the target has no ledger of this job: it was removed, or another server \
                       answers; nothing is written before this is clear"
            .to_owned();
        let mut events = vec![Event::HoldSet { hold: new_hold(reason, message, now) }];
        if self.reconciled {
            events.push(Event::TrustLost { reason: "the ledger is missing".to_owned() });
        }
        events
    }

    fn snapshot_opened(&self, label: &str) -> Vec<Event> {
        match self.state {
            // Too late to be of use; the engine closes it again.
            JobState::Stopped | JobState::Completed => Vec::new(),
            JobState::Defining
            | JobState::Executing
            | JobState::StopPending { .. }
            | JobState::Stopping
            | JobState::Idling
            | JobState::Completing => {
                let mut events = Vec::new();
                if self.snapshot_open {
                    let reason = "replaced by a new one".to_owned();
                    events.push(Event::SnapshotClosed { reason });
                }
                let (number, label) = (self.snapshots + 1, label.to_owned());
                events.push(Event::SnapshotOpened { number, label });
                events
            }
        }
    }

    fn complete(&self) -> Vec<Event> {
        if !self.wants_final_check() {
            // Work came back while the check was made: it is made again at the end.
            return Vec::new();
        }
        let progress = self.progress();
        let failed = u64::from(progress.chunks_failed + progress.steps_failed);
        let skipped = u64::from(progress.chunks_skipped);
        let counts =
            [(failed, "failed"), (skipped, "skipped"), (progress.rows_rejected, "rejected")];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let reason = match told.as_slice() {
            [] if self.is_whole() => None,
            [] => Some("with work left that cannot go on".to_owned()),
            told => Some(format!("with {}", told.join(", "))),
        };
        let (from, to) = (self.state, JobState::Completed);
        vec![Event::FinalCheckDone, Event::StateChanged { from, to, by: None, reason }]
    }
}

/// What a comparison of ledger and master table has found so far.
#[derive(Default)]
struct Comparison {
    events: Vec<Event>,
    adopted: u32,
    revoked: u32,
}

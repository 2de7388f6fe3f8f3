//! What a worker's word leads to.

use super::super::chunk::{ChunkId, Rejects};
use super::super::fault::{Disposition, Fault, Side, disposition_of};
use super::super::plan::{StepId, TableIndex};
use super::super::time::Timestamp;
use super::assign::Work;
use super::command::Report;
use super::event::{Charge, Event};
use super::state::{ChunkStatus, Job, WorkerId};

/// Waits before the next attempt at work that failed for a cause that passes: after the first
/// attempt, the second, and all later ones. Four times longer each, because a deadlock is over in
/// a moment and a lock held by a person is not.
const BACKOFF_MS: [u64; 4] = [1_000, 4_000, 16_000, 64_000];
/// Outages one piece of work may meet. Far more than a server's bad day has, but a row that kills
/// its connection ends here.
const INTERRUPTIONS_MAX: u32 = 20;

/// What becomes of work that failed.
enum Verdict {
    Failed,
    Released { charge: Charge, not_before: Option<Timestamp> },
}

impl Job {
    pub(super) fn decide_report(&self, report: &Report, now: Timestamp) -> Vec<Event> {
        match report {
            Report::ChunkDone { worker, chunk, attempt, rows, bytes, rejects } => {
                match self.snapshot_of(*worker, *chunk, *attempt) {
                    Some(_) => self.chunk_done(*worker, *chunk, (*rows, *bytes), *rejects, now),
                    None => late(),
                }
            }
            Report::ChunkFailed { worker, chunk, attempt, fault } => {
                match self.snapshot_of(*worker, *chunk, *attempt) {
                    Some(snapshot) => self.chunk_failed(*chunk, snapshot, fault, now),
                    None => late(),
                }
            }
            Report::StepDone { worker, step, attempt } => {
                if !self.holds(*worker, Work::Step { step: *step, attempt: *attempt }) {
                    return late();
                }
                let mut events = vec![Event::StepDone { step: *step }];
                events.extend(self.check_word(*worker));
                events.extend(self.room_again(now));
                events
            }
            Report::StepFailed { worker, step, attempt, fault } => {
                if self.holds(*worker, Work::Step { step: *step, attempt: *attempt }) {
                    self.step_failed(*step, fault, now)
                } else {
                    late()
                }
            }
            Report::BegunAgain { worker, table, attempt } => {
                if !self.holds(*worker, Work::BeginAgain { table: *table, attempt: *attempt }) {
                    return late();
                }
                let mut events = vec![Event::TableEmptied { table: *table }];
                events.extend(self.room_again(now));
                events
            }
            Report::BeginAgainFailed { worker, table, attempt, fault } => {
                if self.holds(*worker, Work::BeginAgain { table: *table, attempt: *attempt }) {
                    self.emptying_failed(*table, fault, now)
                } else {
                    late()
                }
            }
        }
    }

    /// The snapshot a chunk was given out with, if this worker holds it in this very attempt.
    fn snapshot_of(&self, worker: WorkerId, chunk: ChunkId, attempt: u32) -> Option<u32> {
        match self.busy.get(&worker)? {
            Work::Chunk { chunk: held, attempt: now, snapshot }
                if *held == chunk && *now == attempt =>
            {
                Some(*snapshot)
            }
            Work::Chunk { .. } | Work::Step { .. } | Work::BeginAgain { .. } => None,
        }
    }

    fn holds(&self, worker: WorkerId, work: Work) -> bool {
        self.busy.get(&worker) == Some(&work)
    }

    fn chunk_done(
        &self,
        worker: WorkerId,
        id: ChunkId,
        (rows, bytes): (u64, u64),
        rejects: Rejects,
        now: Timestamp,
    ) -> Vec<Event> {
        let table = self.chunk(id).table;
        let doubt = self.check_word(worker);
        let mut events = if self.tables[table.0 as usize].begins_again {
            // The table is about to be emptied: these rows as well.
            let charge = Charge::Nothing;
            vec![Event::ChunkReleased { chunk: id, fault: None, charge, not_before: None }]
        } else {
            let (worker, bytes) = (Some(worker), Some(bytes));
            vec![Event::ChunkProcessed { chunk: id, worker, rows, bytes, rejects }]
        };
        events.extend(doubt);
        events.extend(self.room_again(now));
        events
    }

    /// Good news that the ledger has yet to confirm: a commit from before the target was lost may
    /// be lost with it though it was acknowledged, and an answer that is being read now was
    /// perhaps begun too early to have it.
    fn check_word(&self, worker: WorkerId) -> Option<Event> {
        let doubted = !self.reconciled || self.lately.suspects.contains(&worker);
        doubted.then(|| trust_lost("work ended while the target's memory was in doubt"))
    }

    fn chunk_failed(
        &self,
        id: ChunkId,
        snapshot: u32,
        fault: &Fault,
        now: Timestamp,
    ) -> Vec<Event> {
        let chunk = self.chunk(id);
        let begins_again = self.tables[chunk.table.0 as usize].begins_again;
        let mut events = match self.judge(fault, chunk.attempts, chunk.interruptions, now) {
            Verdict::Failed if !begins_again => {
                vec![Event::ChunkFailed { chunk: id, fault: fault.clone() }]
            }
            Verdict::Failed => {
                let (fault, charge) = (Some(fault.clone()), Charge::Nothing);
                vec![Event::ChunkReleased { chunk: id, fault, charge, not_before: None }]
            }
            Verdict::Released { charge, not_before } => {
                let fault = Some(fault.clone());
                vec![Event::ChunkReleased { chunk: id, fault, charge, not_before }]
            }
        };
        events.extend(self.holds_for_work(fault, now));
        // A worker of an earlier snapshot says nothing about the one that is open now.
        if disposition_of(fault.kind) == Disposition::NewSnapshot && snapshot == self.snapshots {
            events.extend(self.close_snapshot(fault));
        }
        events
    }

    fn step_failed(&self, step: StepId, fault: &Fault, now: Timestamp) -> Vec<Event> {
        let standing = self.standing(step);
        let mut events = match self.judge(fault, standing.attempts, standing.interruptions, now) {
            Verdict::Failed => vec![Event::StepFailed { step, fault: fault.clone() }],
            Verdict::Released { charge, not_before } => {
                vec![Event::StepReleased { step, fault: Some(fault.clone()), charge, not_before }]
            }
        };
        events.extend(self.holds_for_work(fault, now));
        if disposition_of(fault.kind) == Disposition::NewSnapshot {
            events.extend(self.close_snapshot(fault));
        }
        events
    }

    fn emptying_failed(&self, table: TableIndex, fault: &Fault, now: Timestamp) -> Vec<Event> {
        let emptying = self.lately.emptyings.get(&table).copied().unwrap_or_default();
        let given_back = |charge, not_before| Event::BeginAgainReleased {
            table,
            fault: Some(fault.clone()),
            charge,
            not_before,
        };
        let mut events = match self.judge(fault, emptying.attempts, emptying.interruptions, now) {
            Verdict::Released { charge, not_before } => vec![given_back(charge, not_before)],
            Verdict::Failed => {
                // Not emptied, not loadable: its chunks failed, and a retry begins with emptying.
                let mut events = vec![given_back(Charge::Nothing, None)];
                let is_left = |id: &ChunkId| self.chunk(*id).status == ChunkStatus::Unassigned;
                let left = self.family_chunks(table).filter(is_left);
                let fault = fault.clone().while_doing("empty the table to begin it again");
                events.extend(left.map(|chunk| Event::ChunkFailed { chunk, fault: fault.clone() }));
                events
            }
        };
        events.extend(self.holds_for_work(fault, now));
        events
    }

    /// One rule for every kind of work. `attempts` counts the one that failed.
    fn judge(&self, fault: &Fault, attempts: u32, interruptions: u32, now: Timestamp) -> Verdict {
        let uncounted = Verdict::Released { charge: Charge::Nothing, not_before: None };
        match disposition_of(fault.kind) {
            // Inside the engine nothing is probed: a broken pipe counts like any other failure.
            Disposition::AwaitServer if fault.side == Side::Engine => self.retry(attempts, now),
            Disposition::Retry => self.retry(attempts, now),
            Disposition::AwaitServer | Disposition::NewSnapshot => interrupted(interruptions),
            Disposition::HoldJob | Disposition::AskOperator | Disposition::GiveBack => uncounted,
            // A refused row does not pass by waiting.
            Disposition::FailWork => Verdict::Failed,
        }
    }

    fn retry(&self, attempts: u32, now: Timestamp) -> Verdict {
        if attempts >= self.attempts_max {
            return Verdict::Failed;
        }
        let wait = BACKOFF_MS[(attempts.saturating_sub(1) as usize).clamp(0, BACKOFF_MS.len() - 1)];
        Verdict::Released { charge: Charge::Attempt, not_before: Some(now.plus_ms(wait)) }
    }

    /// All workers' tasks were ended by the engine; what they had sent may have been committed.
    pub(super) fn workers_gone(&self) -> Vec<Event> {
        let (fault, charge, not_before) = (None, Charge::Nothing, None);
        let given_back = |work: &Work| match work {
            Work::Chunk { chunk, .. } => {
                Event::ChunkReleased { chunk: *chunk, fault: fault.clone(), charge, not_before }
            }
            Work::Step { step, .. } => {
                Event::StepReleased { step: *step, fault: fault.clone(), charge, not_before }
            }
            Work::BeginAgain { table, .. } => Event::BeginAgainReleased {
                table: *table,
                fault: fault.clone(),
                charge,
                not_before,
            },
        };
        let mut events: Vec<Event> = self.busy.values().map(given_back).collect();
        if !events.is_empty() {
            events.push(trust_lost("workers were ended without a report"));
        }
        events
    }

    /// A worker's task ended without a word, by a fault in ourselves: its work goes back, and
    /// fails when that keeps happening.
    pub(super) fn worker_gone(&self, worker: WorkerId, now: Timestamp) -> Vec<Event> {
        let fault = Fault::new(
            super::super::fault::FaultKind::ConnectionLost,
            Side::Engine,
            "the worker ended without a report",
        )
        .with_hint("The engine's log has more; this is a fault in tidegate.");
        let Some(work) = self.busy.get(&worker) else { return late() };
        let mut events = match work {
            Work::Chunk { chunk, snapshot, .. } => {
                self.chunk_failed(*chunk, *snapshot, &fault, now)
            }
            Work::Step { step, .. } => self.step_failed(*step, &fault, now),
            Work::BeginAgain { table, .. } => self.emptying_failed(*table, &fault, now),
        };
        events.push(trust_lost("a worker ended without a report"));
        events
    }
}

/// An answer of an attempt that was given up: the work is somebody else's now, or done.
fn late() -> Vec<Event> {
    Vec::new()
}

fn trust_lost(reason: &str) -> Event {
    Event::TrustLost { reason: reason.to_owned() }
}

fn interrupted(interruptions: u32) -> Verdict {
    if interruptions + 1 >= INTERRUPTIONS_MAX {
        Verdict::Failed
    } else {
        Verdict::Released { charge: Charge::Interruption, not_before: None }
    }
}

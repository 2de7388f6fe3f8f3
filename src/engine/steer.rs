//! Inputs to the machine, and from what the machine wants to what the engine does.

use std::sync::Arc;

use super::control::Engine;
use super::incoming::{FromWorker, Incoming, LedgerUse, OpenedSnapshot};
use super::narrate::{engine_note, fault_note};
use super::rejects::Keeper;
use super::worker::{Careful, Order, Task};
use super::workers::Standing;
use crate::core::chunk::{ChunkId, ChunkRange};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{
    BUILD_WORKER_FIRST, Committed, HoldReason, IdleWorkers, Input, Notice, Report, Work, WorkerId,
};
use crate::core::plan::{DataPath, StepId, StepKind};
use crate::core::spec::BadRows;
use crate::core::time::Timestamp;
use crate::driver::memory::{Trouble, parse_script};
use crate::driver::{
    AttachSource, CarefulTask, ChunkTask, LedgerKey, LedgerRow, Snapshot, StepTask,
};
use crate::protocol::Action;
use crate::store::WorkerRecord;

/// An idle worker keeps its sessions for this long when there is nothing for it.
const IDLE_KEPT_MS: u64 = 5_000;

impl Engine {
    /// Takes one input.
    pub(super) fn receive(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Planned(outcome) => self.on_planned(outcome),
            Incoming::PlanningTold(text) => {
                let now = self.clock.now();
                self.tell(engine_note(now, "info", text));
            }
            Incoming::Worker(id, what) => self.on_worker(id, what),
            Incoming::LedgerRead { purpose, doubts, outcome } => {
                self.under_way.ledger = false;
                // Read before the target's memory came into doubt: the next look reads it again.
                if doubts == self.job.doubts() {
                    self.on_ledger(purpose, outcome);
                }
            }
            Incoming::SnapshotOpened(outcome) => {
                self.under_way.opening = false;
                match outcome {
                    Ok(OpenedSnapshot { snapshot, twin }) => {
                        let twin: Option<Arc<dyn Snapshot>> = twin.map(Arc::from);
                        let label = match &twin {
                            None => snapshot.label(),
                            Some(twin) => format!("{} and {}", snapshot.label(), twin.label()),
                        };
                        self.opened = Some((Arc::from(snapshot), twin));
                        self.decide_engine(Notice::SnapshotOpened { label });
                        // The machine had no use for it any more: closed again.
                        self.opened = None;
                    }
                    Err(fault) if fault.side == Side::Target => {
                        self.decide_engine(Notice::TargetLost { fault });
                    }
                    Err(fault) => self.decide_engine(Notice::SourceLost { fault }),
                }
            }
            Incoming::SnapshotChecked { number, outcome } => self.on_check(number, outcome),
            Incoming::Probed(side, outcome) => {
                match side {
                    Side::Source => self.under_way.probing_source = false,
                    Side::Target | Side::Engine => self.under_way.probing_target = false,
                }
                match outcome {
                    Ok(_) => {
                        self.workers.try_now();
                        self.decide_engine(Notice::Recovered { side });
                    }
                    Err(fault) => self.decide_engine(Notice::StillLost { fault }),
                }
            }
            Incoming::CleanedUp(outcome) => self.on_cleaned_up(outcome),
            Incoming::Pressed(pressures) => self.on_pressed(&pressures),
            Incoming::ValuesRead { console, request, reply } => {
                self.publisher.reply(console, request, *reply);
            }
            Incoming::ConsoleJoined { id, hello, outbox, connection } => {
                let now = self.clock.now();
                self.publisher.join(id, hello, outbox, connection, now);
            }
            Incoming::ConsoleAsked { id, request } => self.on_request(id, request),
            Incoming::ConsoleLeft { id } => self.publisher.leave(id),
            Incoming::Signal(signal) => self.on_signal(signal),
        }
    }

    fn on_worker(&mut self, id: WorkerId, what: FromWorker) {
        let now = self.clock.now();
        match what {
            FromWorker::Ready => {
                self.workers.set_standing(id, Standing::Idle, now);
                self.unsaved.workers.push(WorkerRecord { at: now, worker: id, is_here: true });
            }
            FromWorker::Compared(finding) => self.on_compared(*finding),
            FromWorker::ConnectFailed(fault) => self.on_connect_failed(id, fault),
            FromWorker::Reported(report) => {
                let failed = match &report {
                    Report::ChunkDone { .. }
                    | Report::StepDone { .. }
                    | Report::BegunAgain { .. } => false,
                    Report::ChunkFailed { .. }
                    | Report::StepFailed { .. }
                    | Report::BeginAgainFailed { .. } => true,
                };
                let standing = if failed { Standing::Connecting } else { Standing::Idle };
                self.workers.set_standing(id, standing, now);
                if let Err(refusal) = self.decide(&Input::Worker(report)) {
                    tracing::error!(reason = refusal.0, "the machine refused a report");
                }
            }
            FromWorker::Rejected(offered) => self.on_rejected(id, *offered),
            FromWorker::Gone => {
                self.workers.forget(id);
                self.unsaved.workers.push(WorkerRecord { at: now, worker: id, is_here: false });
                if self.job.busy.contains_key(&id) {
                    self.decide_engine(Notice::WorkerGone { worker: id });
                }
            }
        }
    }

    fn on_connect_failed(&mut self, id: WorkerId, fault: Fault) {
        let others = self
            .workers
            .iter()
            .any(|(other, handle)| other != id && handle.standing != Standing::Connecting);
        if fault.kind == FaultKind::TooManyConnections && others {
            self.workers.back_off();
            let now = self.clock.now();
            let text = format!("worker {} cannot connect, the others go on: {fault}", id.0);
            self.tell(engine_note(now, "warn", text));
            return;
        }
        match fault.side {
            Side::Source => self.decide_engine(Notice::SourceLost { fault }),
            Side::Target | Side::Engine => self.decide_engine(Notice::TargetLost { fault }),
        }
    }

    fn on_ledger(&mut self, purpose: LedgerUse, outcome: Result<Option<Vec<LedgerRow>>, Fault>) {
        let rows = match outcome {
            Ok(Some(rows)) => rows,
            Ok(None) => return self.decide_engine(Notice::LedgerMissing),
            Err(fault) => return self.decide_engine(Notice::TargetLost { fault }),
        };
        let (mut chunks, mut steps) = (Vec::new(), Vec::new());
        for row in rows {
            match row.key {
                LedgerKey::Chunk(id) => {
                    let (chunk, rows, rejects) = (ChunkId(id), row.rows, row.rejects);
                    chunks.push(Committed { chunk, rows, rejects });
                }
                LedgerKey::Step(id) => steps.push(StepId(id)),
            }
        }
        self.decide_engine(Notice::Reconciled { chunks, steps });
        if purpose == LedgerUse::FinalCheck && self.job.wants_final_check() {
            self.decide_engine(Notice::FinalCheckDone);
        }
    }

    fn on_check(&mut self, number: u32, outcome: Result<(), Fault>) {
        self.under_way.checking = false;
        let is_ours = self.snapshot.as_ref().is_some_and(|open| open.number == number);
        match outcome {
            Err(fault) if is_ours && fault.kind == FaultKind::SnapshotLost => {
                self.decide_engine(Notice::SnapshotLost { fault });
            }
            Err(fault) if is_ours && fault.side == Side::Target => {
                self.decide_engine(Notice::TargetLost { fault });
            }
            Err(fault) if is_ours => self.decide_engine(Notice::SourceLost { fault }),
            Ok(()) | Err(_) => {}
        }
    }

    fn on_cleaned_up(&mut self, outcome: Result<(), Fault>) {
        let now = self.clock.now();
        self.under_way.cleaning = false;
        match outcome {
            Ok(()) => match self.master.record_removed("ledger", now) {
                Ok(()) => self.decide_engine(Notice::CleanedUp),
                Err(fault) => self.set_trouble(fault, now),
            },
            Err(fault) => {
                self.under_way.cleanup_not_before = now.plus_ms(60_000);
                self.tell(fault_note(now, "remove the ledger from the target", &fault));
            }
        }
    }

    /// Gives idle workers work, in memory; they begin when it is saved.
    pub(super) fn assign(&mut self) {
        if self.trouble.is_some() || self.leave.is_some() {
            return;
        }
        let idle = self.workers.idle();
        if idle.copy.is_empty() && idle.build.is_empty() {
            return;
        }
        let now = self.clock.now();
        let assignments = self.job.assignments(&idle, now);
        for event in self.job.assignment_events(&assignments) {
            self.take(now, event);
        }
        self.assigned.extend(assignments);
    }

    /// What was assigned is saved: the workers begin.
    pub(super) fn begin_assigned(&mut self) {
        let now = self.clock.now();
        for assignment in std::mem::take(&mut self.assigned) {
            match self.order(assignment.worker, assignment.work) {
                Ok(order) => self.workers.give(assignment.worker, assignment.work, order, now),
                Err(fault) => self.refuse_work(assignment.worker, assignment.work, fault),
            }
        }
    }

    /// The range could not be read from our own file.
    fn refuse_work(&mut self, worker: WorkerId, work: Work, fault: Fault) {
        let report = match work {
            Work::Chunk { chunk, attempt, .. } => {
                Report::ChunkFailed { worker, chunk, attempt, fault }
            }
            Work::Step { step, attempt } => Report::StepFailed { worker, step, attempt, fault },
            Work::BeginAgain { table, attempt } => {
                Report::BeginAgainFailed { worker, table, attempt, fault }
            }
        };
        if let Err(refusal) = self.decide(&Input::Worker(report)) {
            tracing::error!(reason = refusal.0, "the machine refused a report");
        }
    }

    fn order(&self, worker: WorkerId, work: Work) -> Result<Order, Fault> {
        let task = match work {
            Work::Chunk { chunk, attempt, .. } if self.verifies() => {
                self.compare_order(chunk, attempt)?
            }
            Work::Step { step, attempt } if self.job.step(step).kind == StepKind::Mend => {
                self.mend_order(step, attempt)?
            }
            Work::Chunk { chunk, attempt, .. } => {
                let table = self.tables[self.job.chunks[chunk.0 as usize].table.0 as usize].clone();
                let attach = match table.path {
                    DataPath::DirectAttach => self.attach_source(),
                    DataPath::DirectCopy(_) | DataPath::Conventional => None,
                };
                let range = self.master.range(chunk)?;
                let key = LedgerKey::Chunk(chunk.0);
                let task = ChunkTask { table, range, key };
                let careful = self.careful(worker, chunk, attempt, &task);
                Task::Chunk { chunk, attempt, task, attach, careful }
            }
            Work::Step { step, attempt } => {
                let planned = self.job.step(step);
                let task = StepTask {
                    key: LedgerKey::Step(step.0),
                    statements: planned.statements.clone(),
                    title: planned.title.clone(),
                };
                Task::Step { step, attempt, kind: planned.kind, task }
            }
            Work::BeginAgain { table, attempt } => {
                let ids = self.job.family_chunks(table);
                let chunks = ids.map(|id| LedgerKey::Chunk(id.0)).collect();
                let plan = self.tables[table.0 as usize].clone();
                Task::BeginAgain { table, attempt, plan, chunks }
            }
        };
        Ok(Order { task, snapshot: self.snapshot.clone() })
    }

    /// How the chunk is done again when rows of it are refused; `None`: it fails then.
    fn careful(
        &self,
        worker: WorkerId,
        chunk: ChunkId,
        attempt: u32,
        task: &ChunkTask,
    ) -> Option<Careful> {
        let is_retry = matches!(task.range, ChunkRange::Keys(_));
        if !is_retry && self.job.bad_rows == BadRows::Fail {
            return None;
        }
        let keeper = Keeper { inbox: self.inbox(), worker, chunk, attempt };
        let (chunk, keeper) = (task.clone(), Arc::new(keeper));
        let task = CarefulTask { chunk, handout: attempt, keeper };
        Some(Careful { task, at_once: is_retry })
    }

    fn attach_source(&self) -> Option<AttachSource> {
        self.spec.source.file().map(|path| AttachSource { path: path.into() })
    }

    /// Begins and ends workers as the slider and the work there is ask for.
    pub(super) fn fit_workers(&mut self) {
        let now = self.clock.now();
        self.end_surplus(now);
        if self.leave.is_some() || !self.may_connect(now) {
            return;
        }
        let (copy, build) = self.missing_workers(now);
        for (is_build, wanted) in [(false, copy), (true, build)] {
            let most = if is_build { self.job.index_workers } else { self.job.threads };
            if wanted
                && self.workers.begin_one(is_build, most, self.snapshot.as_ref(), now).is_some()
            {
                // One at a time: the gap between two is the pool's.
                return;
            }
        }
    }

    pub(super) fn wants_worker(&self) -> bool {
        let now = self.clock.now();
        self.leave.is_none() && self.may_connect(now) && {
            let (copy, build) = self.missing_workers(now);
            copy || build
        }
    }

    fn may_connect(&self, now: Timestamp) -> bool {
        let blocked = self.job.holds.iter().any(|hold| match hold.reason {
            HoldReason::ServerLost(_)
            | HoldReason::LoginRefused(_)
            | HoldReason::Refused(_)
            | HoldReason::LedgerMissing => true,
            HoldReason::OutOfSpace(_) | HoldReason::TooManyFailures | HoldReason::Limit(_) => false,
        });
        self.job.state.is_working()
            && self.job.reconciled
            && !blocked
            && self.trouble.is_none()
            && !self.under_way.opening
            && !self.job.wants_snapshot(now)
    }

    /// Would one more worker of a pool find work now?
    fn missing_workers(&self, now: Timestamp) -> (bool, bool) {
        let idle = self.workers.idle();
        let connecting = |is_build: bool| {
            let counted = self.workers.iter().filter(|(id, handle)| {
                id.is_build() == is_build && handle.standing == Standing::Connecting
            });
            counted.count()
        };
        let free = |first: u32, most: u32| {
            (first..first + most).map(WorkerId).filter(|id| self.workers.get(*id).is_none())
        };
        let mut asked = IdleWorkers {
            copy: idle.copy.iter().copied().chain(free(1, self.job.threads)).collect(),
            build: idle
                .build
                .iter()
                .copied()
                .chain(free(BUILD_WORKER_FIRST, self.job.index_workers))
                .collect(),
        };
        if asked.copy.len() == idle.copy.len() && asked.build.len() == idle.build.len() {
            return (false, false);
        }
        // Lowest first; those that are idle or connecting take the first pieces.
        asked.copy.sort_unstable();
        asked.build.sort_unstable();
        let given = self.job.assignments(&asked, now);
        let build = given.iter().filter(|a| a.worker.is_build()).count();
        let copy = given.len() - build;
        (copy > idle.copy.len() + connecting(false), build > idle.build.len() + connecting(true))
    }

    fn end_surplus(&mut self, now: Timestamp) {
        let working = self.job.state.is_working();
        let surplus: Vec<(WorkerId, Standing)> = self
            .workers
            .iter()
            .filter(|(id, handle)| match handle.standing {
                Standing::Busy(_) => false,
                Standing::Connecting => !self.job.may_keep(*id) || !working,
                Standing::Idle => {
                    !self.job.may_keep(*id) || !working || now.since_ms(handle.since) > IDLE_KEPT_MS
                }
            })
            .map(|(id, handle)| (id, handle.standing))
            .collect();
        for (id, standing) in surplus {
            match standing {
                Standing::Connecting => self.workers.cancel(id),
                Standing::Idle | Standing::Busy(_) => self.workers.let_go(id),
            }
        }
    }

    /// Gives the work of draining workers back.
    pub(super) fn drain_now(&mut self) -> usize {
        let draining: Vec<WorkerId> = self
            .workers
            .iter()
            .filter(|(id, _)| !self.job.may_keep(*id))
            .map(|(id, _)| id)
            .collect();
        draining.iter().for_each(|id| self.workers.cancel(*id));
        draining.len()
    }

    /// Trouble of a scripted simulation that is the engine's own.
    pub(super) fn obey_script(&mut self) {
        let Some(faults) = self.databases.faults.clone() else { return };
        if faults.take(&Trouble::SocketRemoved) {
            let path = self.paths.socket(&self.name, crate::protocol::PROTOCOL);
            let _ = std::fs::remove_file(path);
        }
        if faults.take(&Trouble::EngineKilled) {
            let me = rustix::process::getpid();
            let _ = rustix::process::kill_process(me, rustix::process::Signal::KILL);
        }
        assert!(!faults.take(&Trouble::EnginePanic), "the script asked for a panic");
    }

    /// `SimFault`: trouble on request, for made-up databases only.
    pub(super) fn on_sim_fault(&mut self, action: &Action) -> Result<String, String> {
        let Action::SimFault { script } = action else {
            return Err("this is no request for trouble".to_owned());
        };
        let Some(faults) = &self.databases.faults else {
            return Err("only a simulated job has a script".to_owned());
        };
        if script.trim() == "clear" {
            faults.clear();
            return Ok("the script is empty".to_owned());
        }
        faults.add(parse_script(script)?);
        Ok("added to the script".to_owned())
    }
}

//! A job on a test bench: the engine's loop by hand, with the rows written beside it.

use super::core::chunk::{ChunkId, Rejects};
use super::core::fault::{Fault, FaultKind, Side};
use super::core::job::*;
use super::core::plan::{StepId, StepKind, TableIndex};
use super::core::time::Timestamp;
use super::kit::{PlanKit, ana, spec, write_rows};

pub struct Rig {
    pub job: Job,
    pub rows: JobParts,
    pub now: Timestamp,
}

impl Rig {
    pub fn new(kit: &PlanKit) -> Rig {
        let job = Job::new(&kit.plan, &spec());
        let mut rig = Rig { rows: job.parts(), job, now: Timestamp(1_000_000) };
        rig.notice(Notice::EngineStarted);
        rig
    }

    /// Started, compared, with an open snapshot.
    pub fn running(kit: &PlanKit) -> Rig {
        let mut rig = Rig::new(kit);
        rig.command(Command::Start);
        rig.reconcile(&[], &[]);
        rig.open_snapshot();
        rig
    }

    /// As `running`, with everything done that comes before the rows.
    pub fn loading(kit: &PlanKit) -> Rig {
        let mut rig = Rig::running(kit);
        loop {
            let given = rig.assign(4, 0);
            let early = given.iter().all(|one| matches!(one.work, Work::Step { .. }));
            if given.is_empty() || !early {
                for one in given {
                    rig.fail(one, FaultKind::Cancelled);
                }
                return rig;
            }
            for one in given {
                rig.done(one);
            }
        }
    }

    /// Decide, append, apply, and what follows; all events.
    pub fn feed(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let mut all = Vec::new();
        let mut events = self.job.decide(input, self.now)?;
        while !events.is_empty() {
            self.apply(&events);
            all.append(&mut events);
            events = self.job.decide(&Input::Tick, self.now)?;
        }
        Ok(all)
    }

    pub fn apply(&mut self, events: &[Event]) {
        for event in events {
            write_rows(&mut self.rows, event);
            self.job.apply(event, self.now).expect("what was decided can follow");
        }
        assert_eq!(self.rows, self.job.parts(), "rows and job after {events:?}");
    }

    pub fn command(&mut self, command: Command) -> Vec<Event> {
        self.feed(&Input::Operator(ana(), command)).expect("the command is granted")
    }

    pub fn notice(&mut self, notice: Notice) -> Vec<Event> {
        self.feed(&Input::Engine(notice)).expect("only operators are refused")
    }

    pub fn report(&mut self, report: Report) -> Vec<Event> {
        self.feed(&Input::Worker(report)).expect("only operators are refused")
    }

    pub fn tick(&mut self, later_ms: u64) -> Vec<Event> {
        self.now = self.now.plus_ms(later_ms);
        self.feed(&Input::Tick).expect("only operators are refused")
    }

    pub fn reconcile(&mut self, chunks: &[u32], steps: &[StepId]) -> Vec<Event> {
        let committed =
            |id: &u32| Committed { chunk: ChunkId(*id), rows: 7, rejects: Rejects::default() };
        let chunks = chunks.iter().map(committed).collect();
        self.notice(Notice::Reconciled { chunks, steps: steps.to_vec() })
    }

    pub fn open_snapshot(&mut self) -> Vec<Event> {
        self.notice(Notice::SnapshotOpened { label: "3-1".to_owned() })
    }

    /// Kills the engine and starts another on the rows.
    pub fn restart(&mut self) -> Vec<Event> {
        self.job = Job::restore(self.rows.clone());
        self.notice(Notice::EngineStarted)
    }

    /// What copy workers 1.. and build workers are given now.
    pub fn offer(&self, copy: u32, build: u32) -> Vec<Assignment> {
        let idle = IdleWorkers {
            copy: (1..=copy).map(WorkerId).collect(),
            build: (0..build).map(|n| WorkerId(BUILD_WORKER_FIRST + n)).collect(),
        };
        self.job.assignments(&idle, self.now)
    }

    pub fn assign(&mut self, copy: u32, build: u32) -> Vec<Assignment> {
        let given = self.offer(copy, build);
        let events = self.job.assignment_events(&given);
        self.apply(&events);
        given
    }

    /// One chunk for worker 1.
    pub fn assign_chunk(&mut self) -> Assignment {
        let given = self.assign(1, 0);
        assert!(matches!(given[..], [Assignment { work: Work::Chunk { .. }, .. }]), "{given:?}");
        given[0]
    }

    pub fn done(&mut self, one: Assignment) -> Vec<Event> {
        let worker = one.worker;
        self.report(match one.work {
            Work::Chunk { chunk, attempt, .. } => {
                let rejects = Rejects::default();
                Report::ChunkDone { worker, chunk, attempt, rows: 7, bytes: 70, rejects }
            }
            Work::Step { step, attempt } => Report::StepDone { worker, step, attempt },
            Work::BeginAgain { table, attempt } => Report::BegunAgain { worker, table, attempt },
        })
    }

    pub fn fail(&mut self, one: Assignment, kind: FaultKind) -> Vec<Event> {
        self.fail_with(one, fault(kind))
    }

    pub fn fail_with(&mut self, one: Assignment, fault: Fault) -> Vec<Event> {
        let worker = one.worker;
        self.report(match one.work {
            Work::Chunk { chunk, attempt, .. } => {
                Report::ChunkFailed { worker, chunk, attempt, fault }
            }
            Work::Step { step, attempt } => Report::StepFailed { worker, step, attempt, fault },
            Work::BeginAgain { table, attempt } => {
                Report::BeginAgainFailed { worker, table, attempt, fault }
            }
        })
    }

    /// Everything that can be done is done, until the job completes.
    pub fn finish(&mut self) {
        for _ in 0..10_000 {
            if self.job.wants_snapshot(self.now) {
                self.open_snapshot();
            }
            let given = self.assign(4, 2);
            for one in &given {
                self.done(*one);
            }
            if self.job.wants_final_check() {
                self.final_check();
                return;
            }
            if given.is_empty() {
                let wakeup = self.job.next_wakeup(self.now).expect("something is to come");
                let wait = wakeup.since_ms(self.now);
                self.tick(wait);
            }
        }
        panic!("the job does not come to an end");
    }

    /// The ledger as it must be when nothing was lost.
    pub fn final_check(&mut self) {
        let (chunks, steps) = self.recorded();
        self.notice(Notice::Reconciled { chunks, steps });
        self.notice(Notice::FinalCheckDone);
    }

    pub fn recorded(&self) -> (Vec<Committed>, Vec<StepId>) {
        let chunks = (0..).map(ChunkId).zip(&self.job.chunks);
        let processed = chunks.filter(|(_, chunk)| chunk.status == ChunkStatus::Processed);
        let steps = (0..).map(StepId).zip(&self.job.step_standings);
        let done = steps.filter(|(_, standing)| standing.status == StepStatus::Done);
        let committed = |(id, chunk): (ChunkId, &Chunk)| Committed {
            chunk: id,
            rows: chunk.rows,
            rejects: chunk.rejects,
        };
        (processed.map(committed).collect(), done.map(|(id, _)| id).collect())
    }

    pub fn chunk(&self, id: u32) -> &Chunk {
        &self.job.chunks[id as usize]
    }

    pub fn held(&self, reason: HoldReason) -> Option<&Hold> {
        self.job.holds.iter().find(|hold| hold.reason == reason)
    }
}

pub fn fault(kind: FaultKind) -> Fault {
    let side = match kind {
        FaultKind::SnapshotLost => Side::Source,
        FaultKind::Cancelled => Side::Engine,
        _ => Side::Target,
    };
    Fault::new(kind, side, "as it happens").with_code("XX000")
}

pub fn lost(side: Side) -> Fault {
    Fault::new(FaultKind::ConnectionLost, side, "server closed the connection").with_code("57P01")
}

pub fn chunk_of(one: Assignment) -> u32 {
    match one.work {
        Work::Chunk { chunk, .. } => chunk.0,
        Work::Step { .. } | Work::BeginAgain { .. } => panic!("{one:?} is no chunk"),
    }
}

pub fn step_of(one: Assignment) -> StepId {
    match one.work {
        Work::Step { step, .. } => step,
        Work::Chunk { .. } | Work::BeginAgain { .. } => panic!("{one:?} is no step"),
    }
}

pub fn tables_of(job: &Job, given: &[Assignment]) -> Vec<TableIndex> {
    given.iter().map(|one| job.chunks[chunk_of(*one) as usize].table).collect()
}

/// Steps of a kind in a list of assignments.
pub fn has_kind(job: &Job, given: &[Assignment], kind: StepKind) -> bool {
    given.iter().any(|one| match one.work {
        Work::Step { step, .. } => job.step(step).kind == kind,
        Work::Chunk { .. } | Work::BeginAgain { .. } => false,
    })
}

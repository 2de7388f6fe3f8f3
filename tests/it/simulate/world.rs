//! The engine's loop and everything around it, made up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::kit::{ana, spec, write_rows};
use super::plans::random_plan;
use super::rng::Rng;
use super::target::{Commit, FakeTarget};
use tidegate::core::chunk::{ChunkId, Rejects};
use tidegate::core::fault::{Fault, FaultKind, Side};
use tidegate::core::job::*;
use tidegate::core::plan::{MigrationPlan, StepId, StepKind, TableIndex};
use tidegate::core::time::Timestamp;

/// Rounds after which a kind world should have seen the job complete.
const KIND_ROUNDS_MAX: usize = 5_000;

type Ledger = (Vec<Committed>, Vec<StepId>);

pub struct World {
    rng: Rng,
    pub now: Timestamp,
    pub plan: MigrationPlan,
    pub job: Job,
    /// What the store has: one transaction ahead of `job` when the engine is killed.
    pub rows: JobParts,
    pub history: Vec<Event>,
    pub target: FakeTarget,
    target_up: bool,
    source_up: bool,
    workers: BTreeMap<WorkerId, Work>,
    /// Sessions that do not know yet that their server was away.
    broken: BTreeSet<WorkerId>,
    inbox: VecDeque<Input>,
    /// Reports that were delivered, to come once more.
    delivered: Vec<Input>,
    /// The ledger as it was read, and the doubts there were then.
    ledger_read: Option<(u32, Ledger)>,
    pub crashes: usize,
    crash_at: Option<usize>,
    pub emptied: usize,
    kind: bool,
    /// Percent of the steps in which nothing goes wrong outside the workers.
    calm: usize,
    /// Tells the story while it happens.
    pub trace: bool,
}

/// The engine was killed: whatever it was about to do next is not done.
struct Killed;

impl World {
    pub fn new(seed: u64, crash_at: Option<usize>) -> World {
        let mut rng = Rng::new(seed);
        let plan = random_plan(&mut rng);
        let calm = rng.pick(&[0, 50, 80, 95]);
        let job = Job::new(&plan, &spec());
        let mut world = World {
            rng,
            now: Timestamp(1_000_000),
            rows: job.parts(),
            plan,
            job,
            history: Vec::new(),
            target: FakeTarget::default(),
            target_up: true,
            source_up: true,
            workers: BTreeMap::new(),
            broken: BTreeSet::new(),
            inbox: VecDeque::new(),
            delivered: Vec::new(),
            ledger_read: None,
            crashes: 0,
            crash_at,
            emptied: 0,
            kind: false,
            calm,
            trace: std::env::var_os("TIDEGATE_SIM_SEED").is_some(),
        };
        world.feed(&Input::Engine(Notice::EngineStarted));
        world
    }

    /// One thing happens, whatever it is.
    pub fn chaos(&mut self) {
        // Some worlds are calm, and a job gets far in them before trouble comes.
        let calm = self.rng.chance(self.calm);
        match self.rng.below(if calm { 70 } else { 100 }) {
            0..34 => self.some_worker_acts(),
            34..64 => self.deliver(),
            64..70 => self.now = self.now.plus_ms(self.rng.next() % 5_000),
            70..72 => self.now = self.now.plus_ms(self.rng.next() % 90_000),
            72..82 => self.operator_acts(),
            82..86 => self.something_comes_again(),
            86..88 => self.engine_is_killed(),
            88..91 => self.target_crashes(),
            91..93 => self.source_up = false,
            93..95 => self.snapshot_is_lost(),
            95..97 => self.target.flush(),
            _ => (self.source_up, self.target_up) = (true, true),
        }
        if self.rng.chance(70) {
            self.engine_looks();
        }
        self.assign();
    }

    /// No more trouble, until the job is done.
    pub fn be_kind(&mut self) {
        self.kind = true;
        for _ in 0..KIND_ROUNDS_MAX {
            (self.source_up, self.target_up) = (true, true);
            self.broken.clear();
            if self.job.cleaned_up {
                return;
            }
            self.nudge();
            while !self.workers.is_empty() {
                self.some_worker_acts();
            }
            while !self.inbox.is_empty() {
                self.deliver();
            }
            self.engine_looks();
            self.assign();
            if self.workers.is_empty() {
                let wakeup = self.job.next_wakeup(self.now);
                self.now = wakeup.unwrap_or(self.now.plus_ms(1));
            }
        }
        panic!("a kind world did not bring the job to its end: {:#?}", self.job);
    }

    /// What a patient operator does.
    fn nudge(&mut self) {
        let command = match self.job.state {
            JobState::Defining => Command::Start,
            JobState::Idling | JobState::Stopped | JobState::StopPending { .. } => Command::Resume,
            JobState::Completed => Command::Retry { chunks: Vec::new(), steps: Vec::new() },
            JobState::Executing | JobState::Completing if !self.job.holds.is_empty() => {
                Command::Resume
            }
            JobState::Executing | JobState::Completing => {
                let chunks = self.chunks_that(|chunk| chunk.status == ChunkStatus::Skipped);
                match chunks.is_empty() {
                    true => return,
                    false => Command::Retry { chunks, steps: Vec::new() },
                }
            }
            JobState::Stopping => return,
        };
        self.feed(&Input::Operator(ana(), command));
    }

    fn chunks_that(&self, fits: impl Fn(&Chunk) -> bool) -> Vec<ChunkId> {
        let all = (0..).map(ChunkId).zip(&self.job.chunks);
        all.filter(|(_, chunk)| fits(chunk)).map(|(id, _)| id).collect()
    }

    /// Decide, append, apply; then what follows by itself.
    fn feed(&mut self, input: &Input) {
        let Ok(events) = self.job.decide(input, self.now) else { return };
        if self.append_and_apply(&events).is_err() {
            return;
        }
        loop {
            let events = self.job.decide(&Input::Tick, self.now).expect("a tick is no wish");
            if events.is_empty() || self.append_and_apply(&events).is_err() {
                return;
            }
        }
    }

    fn append_and_apply(&mut self, events: &[Event]) -> Result<(), Killed> {
        if events.is_empty() {
            return Ok(());
        }
        for event in events {
            write_rows(&mut self.rows, event);
            if self.trace {
                eprintln!("{} {event:?}", self.now.0);
            }
            self.history.push(event.clone());
        }
        let killed_here = self.crash_at.is_some_and(|at| at <= self.history.len());
        if killed_here || (!self.kind && self.rng.chance(1)) {
            self.crash_at = self.crash_at.filter(|_| !killed_here);
            self.engine_is_killed();
            return Err(Killed);
        }
        for event in events {
            self.job.apply(event, self.now).expect("what was decided can follow");
            self.emptied += usize::from(matches!(event, Event::TableEmptied { .. }));
        }
        self.check();
        Ok(())
    }

    fn assign(&mut self) {
        let idle = IdleWorkers {
            copy: (1..=self.job.threads_max).map(WorkerId).collect(),
            build: (0..4).map(|n| WorkerId(BUILD_WORKER_FIRST + n)).collect(),
        };
        let assignments = self.job.assignments(&idle, self.now);
        self.check_assignments(&assignments);
        let events = self.job.assignment_events(&assignments);
        if self.append_and_apply(&events).is_ok() {
            for assignment in assignments {
                self.workers.insert(assignment.worker, assignment.work);
            }
            let same = self.job.assignments(&idle, self.now);
            assert_eq!(same, Vec::new(), "all that can be given is given at once");
        }
    }

    fn engine_looks(&mut self) {
        self.read_ledger();
        if self.job.wants_snapshot(self.now) {
            let opened = Notice::SnapshotOpened { label: "s".to_owned() };
            let lost = Notice::SourceLost { fault: lost(Side::Source) };
            self.feed(&Input::Engine(if self.source_up { opened } else { lost }));
        }
        for side in self.job.probes_due(self.now) {
            let up = if side == Side::Source { self.source_up } else { self.target_up };
            let failed = Notice::StillLost { fault: lost(side) };
            self.feed(&Input::Engine(if up { Notice::Recovered { side } } else { failed }));
        }
        if self.job.wants_final_check() {
            self.final_check();
        }
        if self.job.wants_cleanup() {
            self.feed(&Input::Engine(Notice::CleanedUp));
        }
        if self.job.state == JobState::Stopping {
            self.cancel_workers();
        }
        if self.job.state == JobState::Stopped && self.rng.chance(30) {
            self.engine_is_killed();
        }
    }

    fn read_ledger(&mut self) {
        if self.job.wants_reconcile() && self.ledger_read.is_none() {
            if self.target_up {
                self.end_twins();
                self.ledger_read = Some((self.job.doubts(), self.ledger()));
            } else {
                self.feed(&Input::Engine(Notice::TargetLost { fault: lost(Side::Target) }));
            }
        }
        let answered = self.kind || self.rng.chance(60);
        if let Some((doubts, (chunks, steps))) = self.ledger_read.take_if(|_| answered)
            && doubts == self.job.doubts()
        {
            self.feed(&Input::Engine(Notice::Reconciled { chunks, steps }));
        }
    }

    fn final_check(&mut self) {
        if !self.target_up {
            self.feed(&Input::Engine(Notice::TargetLost { fault: lost(Side::Target) }));
            return;
        }
        self.target.flush();
        let (chunks, steps) = self.ledger();
        self.feed(&Input::Engine(Notice::Reconciled { chunks, steps }));
        if self.job.wants_final_check() {
            self.feed(&Input::Engine(Notice::FinalCheckDone));
        }
    }

    fn ledger(&self) -> Ledger {
        let loaded = self.target.loaded();
        let committed = loaded.iter().map(|(id, (_, _, rows))| Committed {
            chunk: *id,
            rows: *rows,
            rejects: Rejects::default(),
        });
        (committed.collect(), self.target.steps().into_iter().collect())
    }

    /// Whoever waits for a dead client's transaction sees how it ended.
    fn end_twins(&mut self) {
        for twin in std::mem::take(&mut self.target.twins) {
            if self.rng.chance(50) {
                self.target.commit(twin);
            }
        }
    }

    fn cancel_workers(&mut self) {
        if self.rng.chance(20) {
            // They did not answer and were ended; what they had sent may have been committed.
            for (_, work) in std::mem::take(&mut self.workers) {
                self.vanish(work);
            }
            self.inbox.clear();
            self.feed(&Input::Engine(Notice::WorkersGone));
            return;
        }
        let cancelled = Fault::new(FaultKind::Cancelled, Side::Engine, "given back");
        for (worker, work) in std::mem::take(&mut self.workers) {
            self.inbox.push_back(Input::Worker(failed(worker, work, cancelled.clone())));
        }
    }

    fn deliver(&mut self) {
        if let Some(input) = self.inbox.pop_front() {
            // The end of a worker's task is seen by the engine itself, and once.
            if matches!(input, Input::Worker(_)) {
                self.delivered.push(input.clone());
            }
            self.feed(&input);
        }
    }

    fn something_comes_again(&mut self) {
        if !self.delivered.is_empty() {
            let input = self.rng.pick(&self.delivered);
            // Its own worker may be at the very same attempt only if it was never delivered.
            self.feed(&input);
        }
    }

    fn engine_is_killed(&mut self) {
        self.crashes += 1;
        for (_, work) in std::mem::take(&mut self.workers) {
            match self.rng.below(3) {
                0 => {}
                1 => drop(self.target.commit(self.commit_of(work))),
                _ => self.target.twins.push(self.commit_of(work)),
            }
        }
        self.inbox.clear();
        self.delivered.clear();
        self.broken.clear();
        self.ledger_read = None;
        self.job = Job::restore(self.rows.clone());
        self.feed(&Input::Engine(Notice::EngineStarted));
    }

    fn target_crashes(&mut self) {
        let count = self.rng.below(self.target.volatile() + 1);
        self.target.crash(count);
        self.target_up = self.rng.chance(50);
        // Sessions of idle workers notice when they are used.
        self.broken = (1..=32).chain(1001..1005).map(WorkerId).collect();
    }

    fn snapshot_is_lost(&mut self) {
        if self.job.snapshot_open {
            let fault = Fault::new(FaultKind::SnapshotLost, Side::Source, "snapshot is gone");
            self.feed(&Input::Engine(Notice::SnapshotLost { fault }));
        }
    }

    fn operator_acts(&mut self) {
        let chunk = ChunkId(self.rng.below(self.job.chunks.len() + 1) as u32);
        let step = StepId(self.rng.below(self.job.steps.len()) as u32);
        let table = TableIndex(self.rng.below(self.job.tables.len()) as u32);
        let number = self.rng.below(6) as u32;
        let command = match self.rng.below(40) {
            0..8 => Command::Start,
            8..18 => Command::Resume,
            18..20 => Command::Pause,
            20 => Command::Stop { now: false },
            21 => Command::Stop { now: true },
            22..26 => Command::Threads { want: number },
            26 => Command::ThreadsMax { max: number },
            27 => Command::IndexWorkers { want: number },
            28 => Command::Rate { bytes: Some(u64::from(number)) },
            29..32 => Command::Retry { chunks: Vec::new(), steps: Vec::new() },
            32..35 => Command::Retry { chunks: vec![chunk, chunk], steps: vec![step] },
            35..37 => Command::Skip { chunks: vec![chunk], reason: "bad row".to_owned() },
            37 => Command::Reload { table },
            _ => Command::DrainNow,
        };
        let granted = self.job.permits(&command);
        let decided = self.job.decide(&Input::Operator(ana(), command.clone()), self.now);
        assert_eq!(granted.err(), decided.err(), "permits is decide without the events");
        self.feed(&Input::Operator(ana(), command));
    }

    fn some_worker_acts(&mut self) {
        let held: Vec<WorkerId> = self.workers.keys().copied().collect();
        if held.is_empty() {
            return;
        }
        let worker = self.rng.pick(&held);
        let work = self.workers.remove(&worker).expect("it holds work");
        let input = if !self.target_up || self.broken.remove(&worker) {
            Input::Worker(failed(worker, work, lost(Side::Target)))
        } else if self.kind || self.rng.chance(std::cmp::max(60, self.calm)) {
            self.commit(work);
            Input::Worker(done(worker, work))
        } else {
            self.misfortune(worker, work)
        };
        self.inbox.push_back(input);
    }

    /// Something goes wrong with a piece of work.
    fn misfortune(&mut self, worker: WorkerId, work: Work) -> Input {
        let refused = |kind, side| Fault::new(kind, side, "made up").with_code("99999");
        let fault = match self.rng.below(12) {
            0 => refused(FaultKind::Deadlock, Side::Target),
            1 => refused(FaultKind::RowRefused, Side::Target),
            2 => refused(FaultKind::OutOfSpace, Side::Target),
            3 => refused(FaultKind::LoginRefused, Side::Source),
            4 => refused(FaultKind::Cancelled, Side::Engine),
            5 => refused(FaultKind::SnapshotLost, Side::Source),
            6 => refused(FaultKind::TooManyConnections, Side::Source),
            7 => lost(Side::Source),
            8 => lost(Side::Target),
            9 => {
                // Committed, and the answer was lost.
                self.commit(work);
                lost(Side::Target)
            }
            10 => {
                let twin = self.commit_of(work);
                self.target.twins.push(twin);
                lost(Side::Target)
            }
            _ => {
                self.vanish(work);
                return Input::Engine(Notice::WorkerGone { worker });
            }
        };
        Input::Worker(failed(worker, work, fault))
    }

    /// A worker ends without a word, perhaps after its commit.
    fn vanish(&mut self, work: Work) {
        if self.rng.chance(50) {
            self.commit(work);
        }
    }

    fn commit_of(&self, work: Work) -> Commit {
        match work {
            Work::Chunk { chunk, snapshot, .. } => {
                let table = self.job.chunks[chunk.0 as usize].table;
                Commit::Chunk { chunk, table, snapshot, rows: rows_in(chunk, snapshot) }
            }
            Work::Step { step, .. } => Commit::Step { step },
            Work::BeginAgain { table, .. } => Commit::Emptied { table },
        }
    }

    /// What is given out is not there yet: the ledger would refuse it, but nobody should ask.
    fn commit(&mut self, work: Work) {
        self.end_twins();
        let commit = self.commit_of(work);
        let already = self.target.commit(commit.clone());
        assert!(!already, "{commit:?} was given out though it is there");
        if let Commit::Step { step } = commit {
            self.check_truncate(step);
        }
    }

    fn check_truncate(&self, id: StepId) {
        let step = self.job.step(id);
        let again = step.table.is_some_and(|of| self.job.tables[of.0 as usize].begins_again);
        if step.kind == StepKind::Truncate && !again {
            let loaded = self.target.loaded();
            let rows = loaded.values().any(|(table, _, _)| Some(*table) == step.table);
            assert!(!rows, "{} threw rows away", step.title);
        }
    }
}

/// The source changes: every snapshot has other rows in a chunk.
pub fn rows_in(chunk: ChunkId, snapshot: u32) -> u64 {
    u64::from(chunk.0) * 100 + u64::from(snapshot)
}

fn lost(side: Side) -> Fault {
    Fault::new(FaultKind::ConnectionLost, side, "server closed the connection").with_code("57P01")
}

fn done(worker: WorkerId, work: Work) -> Report {
    match work {
        Work::Chunk { chunk, attempt, snapshot } => {
            let rows = rows_in(chunk, snapshot);
            let rejects = Rejects::default();
            Report::ChunkDone { worker, chunk, attempt, rows, bytes: rows * 10, rejects }
        }
        Work::Step { step, attempt } => Report::StepDone { worker, step, attempt },
        Work::BeginAgain { table, attempt } => Report::BegunAgain { worker, table, attempt },
    }
}

fn failed(worker: WorkerId, work: Work, fault: Fault) -> Report {
    match work {
        Work::Chunk { chunk, attempt, .. } => Report::ChunkFailed { worker, chunk, attempt, fault },
        Work::Step { step, attempt } => Report::StepFailed { worker, step, attempt, fault },
        Work::BeginAgain { table, attempt } => {
            Report::BeginAgainFailed { worker, table, attempt, fault }
        }
    }
}

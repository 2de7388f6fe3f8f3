//! The loop: one owner of the job's state, one queue of inputs, always the same order.
//!
//! ```text
//! inputs ─► decide ─► apply ─► one transaction in the master table ─► replies, orders to workers
//!                                                                └─► publish at intervals
//! ```
//!
//! A round takes all inputs that wait, and what they lead to is saved in one transaction. Nothing
//! that anyone outside can see (an order to a worker, a reply, a change on the wire) happens before
//! that transaction is durable. When it fails the round's facts are kept and tried again, the gate
//! of the throttle is shut, and nobody is given work: no progress happens that cannot be saved.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::compare::BothEnds;
use super::gauge::Gauge;
use super::incoming::{ConsoleId, INBOX_MAX, Inbox, Incoming, Signal};
use super::limits::LimitWatch;
use super::listener::Listener;
use super::narrate::{engine_note, narrate};
use super::planning::Databases;
use super::publish::Publisher;
use super::rejects::RejectBook;
use super::requests::Remembered;
use super::successor::Handover;
use super::throttle::JobThrottle;
use super::worker::SnapshotRef;
use super::workers::{Shared, Workers};
use crate::clock::Clock;
use crate::config::Paths;
use crate::core::fault::Fault;
use crate::core::job::{Actor, Assignment, Event, Input, Job, JobState, Notice, Refusal};
use crate::core::name::JobName;
use crate::core::plan::{Finding, TableIndex, TablePlan};
use crate::core::spec::{JobKind, JobSpec};
use crate::core::time::Timestamp;
use crate::driver::Snapshot;
use crate::driver::memory::Trouble;
use crate::protocol::Reply;
use crate::protocol::convert::{EngineFace, SocketTrouble, StoreTrouble, log_line};
use crate::store::{
    ActionRecord, Batch, Compared, ComparedSums, MasterTable, Note, RunFigures, StoredJob,
    WorkerRecord,
};

/// Inputs taken into one transaction.
const ROUND_MAX: usize = 256;
/// Between two looks at the workers' gauges, and between two publications.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);
/// Longest sleep of an engine that has nothing to do.
const IDLE_INTERVAL: Duration = Duration::from_millis(1_000);
/// Between two attempts to save.
const SAVE_AGAIN_MS: u64 = 5_000;
/// What follows from a state comes in steps; more than this is a circle, and a bug.
const SETTLE_MAX: usize = 10_000;
/// An engine that nobody looks at leaves after this long when its job needs none.
const ALONE_MS: u64 = 30_000;
/// Workers that are told to give back may take this long, then their tasks are ended.
const GIVE_BACK_MS: u64 = 10_000;

/// For goodbyes to reach the consoles.
const FAREWELL: Duration = Duration::from_millis(100);

/// What an engine is made from.
pub struct EngineSetup {
    pub name: JobName,
    pub paths: Paths,
    pub databases: Databases,
    pub clock: Arc<dyn Clock>,
    pub master: MasterTable,
    /// Who started it.
    pub by: Actor,
    pub handover: Handover,
}

/// Facts that are not yet durable.
#[derive(Default)]
pub(super) struct Unsaved {
    pub(super) events: Vec<(Timestamp, Event)>,
    pub(super) notes: Vec<Note>,
    pub(super) actions: Vec<ActionRecord>,
    pub(super) workers: Vec<WorkerRecord>,
    pub(super) compared: Vec<Compared>,
}

impl Unsaved {
    fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.notes.is_empty()
            && self.actions.is_empty()
            && self.workers.is_empty()
            && self.compared.is_empty()
    }
}

/// What the engine has begun and not heard the end of.
#[derive(Default)]
pub(super) struct UnderWay {
    pub(super) planning: bool,
    pub(super) ledger: bool,
    pub(super) opening: bool,
    pub(super) checking: bool,
    pub(super) probing_source: bool,
    pub(super) probing_target: bool,
    pub(super) cleaning: bool,
    /// After a failure: not again before.
    pub(super) cleanup_not_before: Timestamp,
    pub(super) next_check: Timestamp,
}

/// What is known of the plan.
#[derive(Default)]
pub(super) struct PlanState {
    pub(super) is_made: bool,
    pub(super) fault: Option<Fault>,
    pub(super) findings: Vec<Finding>,
    pub(super) blocks: u32,
}

impl PlanState {
    fn kept(stored: &StoredJob) -> PlanState {
        PlanState {
            is_made: stored.planned,
            fault: None,
            blocks: stored.blocks(),
            findings: stored.findings.clone(),
        }
    }
}

/// Made-up trouble reaches the engine's own file too.
fn obey_full_disks(master: &mut MasterTable, databases: &Databases) -> Result<(), Fault> {
    match databases.faults.clone() {
        Some(faults) => master.refuse_commits_while(move || faults.is_on(&Trouble::StateDiskFull)),
        None => Ok(()),
    }
}

/// The source's snapshot, and of a verification the target's.
type Opened = (Arc<dyn Snapshot>, Option<Arc<dyn Snapshot>>);

/// What a verification's workers read: the target as a source too.
fn ends_of(spec: &JobSpec, databases: &Databases) -> Option<BothEnds> {
    let mirror = databases.mirror.clone()?;
    let source = databases.source.clone();
    (spec.kind == JobKind::Verify).then_some(BothEnds { source, mirror })
}

fn face_of(master: &MasterTable, paths: &Paths, name: &JobName) -> EngineFace {
    EngineFace {
        pid: std::process::id(),
        build: env!("CARGO_PKG_VERSION").to_owned(),
        state_path: master.path().display().to_string(),
        log_path: paths.log(name).display().to_string(),
    }
}

/// The master control process of one job.
pub(super) struct Engine {
    pub(super) paths: Paths,
    pub(super) name: JobName,
    pub(super) spec: JobSpec,
    pub(super) job_id: Arc<str>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) databases: Databases,
    pub(super) master: MasterTable,
    pub(super) face: EngineFace,

    pub(super) job: Job,
    pub(super) tables: Vec<Arc<TablePlan>>,
    pub(super) plan: PlanState,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) state_by: Option<(Option<Actor>, Timestamp, Option<String>)>,
    pub(super) rate_by: Option<(Actor, Timestamp)>,

    pub(super) inbox: Inbox,
    received: mpsc::Receiver<Incoming>,
    pub(super) workers: Workers,
    pub(super) throttle: Arc<JobThrottle>,
    /// Opened and not yet taken note of by the machine.
    pub(super) opened: Option<Opened>,
    pub(super) snapshot: Option<SnapshotRef>,
    pub(super) snapshots: Vec<(Timestamp, String)>,
    pub(super) under_way: UnderWay,
    pub(super) watch: LimitWatch,

    pub(super) unsaved: Unsaved,
    pub(super) replies: Vec<(ConsoleId, u64, Reply)>,
    pub(super) assigned: Vec<Assignment>,
    pub(super) trouble: Option<StoreTrouble>,
    pub(super) figures: RunFigures,
    pub(super) rejects: RejectBook,
    pub(super) handover: Handover,
    pub(super) successor_looked_for: bool,
    /// What a verification found so far.
    pub(super) compared: BTreeMap<TableIndex, ComparedSums>,

    pub(super) publisher: Publisher,
    pub(super) gauge: Gauge,
    /// Tables to look at again before the next publication.
    pub(super) dirty: BTreeSet<u32>,
    pub(super) changed_at: Vec<Timestamp>,
    pub(super) remembered: VecDeque<Remembered>,
    pub(super) next_sample: Instant,
    /// The state that consoles were told last, and whether its last traces were being removed.
    state_shown: (JobState, bool),

    pub(super) listener: Option<Listener>,
    pub(super) console_ids: Arc<AtomicU64>,
    /// The socket's file was taken away.
    pub(super) socket_trouble: Option<SocketTrouble>,
    alone_since: Timestamp,
    stopping_since: Option<Timestamp>,
    /// The job was stopped under this engine: it leaves, attached consoles or not.
    pub(super) stopped_here: bool,
    /// Why it leaves.
    pub(super) leave: Option<String>,
}

impl Engine {
    /// Loads the job and takes it over; nothing runs yet.
    pub(super) fn new(setup: EngineSetup) -> Result<Engine, Fault> {
        let EngineSetup { name, paths, databases, clock, mut master, by, handover } = setup;
        obey_full_disks(&mut master, &databases)?;
        let stored = master.load()?;
        master.begin_run(clock.now(), &by, env!("CARGO_PKG_VERSION"))?;
        let (inbox, received) = mpsc::channel(INBOX_MAX);
        let throttle = Arc::new(JobThrottle::new(stored.parts.rate_bytes));
        let job_id: Arc<str> = stored.job_id.clone().into();
        let workers = Workers::new(Shared {
            target: databases.target.clone(),
            ends: ends_of(&stored.spec, &databases),
            job_id: job_id.clone(),
            preamble: Arc::new(stored.ddl_preamble.clone()),
            throttle: throttle.clone(),
            inbox: inbox.clone(),
        });
        let (plan, now) = (PlanState::kept(&stored), clock.now());
        let mut engine = Engine {
            face: face_of(&master, &paths, &name),
            paths,
            name,
            watch: LimitWatch::of(&stored.spec.limits),
            spec: stored.spec,
            job_id,
            clock,
            databases,
            master,
            job: Job::restore(stored.parts),
            tables: stored.tables.into_iter().map(Arc::new).collect(),
            plan,
            started_at: stored.started_at,
            ended_at: stored.ended_at,
            state_by: None,
            rate_by: None,
            inbox,
            received,
            workers,
            throttle,
            opened: None,
            snapshot: None,
            snapshots: Vec::new(),
            under_way: UnderWay::default(),
            unsaved: Unsaved::default(),
            replies: Vec::new(),
            assigned: Vec::new(),
            trouble: None,
            figures: RunFigures::default(),
            rejects: RejectBook::default(),
            handover,
            successor_looked_for: false,
            compared: BTreeMap::new(),
            publisher: Publisher::default(),
            gauge: Gauge::default(),
            dirty: BTreeSet::new(),
            changed_at: Vec::new(),
            remembered: VecDeque::new(),
            next_sample: Instant::now(),
            state_shown: (JobState::Defining, false),
            listener: None,
            console_ids: Arc::new(1.into()),
            socket_trouble: None,
            alone_since: now,
            stopping_since: None,
            stopped_here: false,
            leave: None,
        };
        engine.recall()?;
        Ok(engine)
    }

    /// What the file knows of before.
    fn recall(&mut self) -> Result<(), Fault> {
        self.recount_compared()?;
        self.recall_story()?;
        self.recall_rejects()?;
        self.fill_board();
        Ok(())
    }

    /// Where signals are sent to.
    pub(super) fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Runs until the engine may leave. Answers the state it leaves the job in.
    pub(super) async fn run(mut self) -> JobState {
        self.decide_engine(Notice::EngineStarted);
        // A stop that the engine before did not live to see is no reason to leave at once.
        self.stopped_here = false;
        if self.job.state == JobState::Defining {
            self.begin_planning();
        }
        self.finish_round();
        while self.leave.is_none() {
            let wait = self.time_to_wait();
            if let Ok(Some(first)) = tokio::time::timeout(wait, self.received.recv()).await {
                self.receive(first);
                for _ in 1..ROUND_MAX {
                    match self.received.try_recv() {
                        Ok(next) => self.receive(next),
                        Err(_) => break,
                    }
                }
            }
            self.finish_round();
            self.keep_house();
        }
        let state = self.depart();
        // The last lines are with the tasks that write them.
        tokio::time::sleep(FAREWELL).await;
        state
    }

    /// What follows from this round's inputs, made durable, then made visible.
    fn finish_round(&mut self) {
        self.settle();
        self.assign();
        if self.save() {
            for (console, request, reply) in std::mem::take(&mut self.replies) {
                self.publisher.reply(console, request, reply);
            }
            self.begin_assigned();
            self.look_around();
            self.fit_workers();
        }
        let over = !self.job.state.is_working();
        self.write_reject_files(over);
        // Another state is news that nobody should wait for: a script goes on at once.
        let shown = (self.job.state, self.is_tidying());
        let turned = std::mem::replace(&mut self.state_shown, shown) != shown;
        if turned || Instant::now() >= self.next_sample {
            self.next_sample = Instant::now() + SAMPLE_INTERVAL;
            self.sample();
            if !self.publisher.is_alone() {
                self.publish();
            }
        }
    }

    /// Is what the job made for itself on the target being removed for the first time? COMPLETED is
    /// told when that has been tried: a script that goes on then finds a clean target.
    pub(super) fn is_tidying(&self) -> bool {
        // A verification leaves nothing, and stays so that tables can be looked at again.
        if self.verifies() {
            return false;
        }
        self.under_way.cleaning
            || (self.job.wants_cleanup() && self.under_way.cleanup_not_before == Timestamp(0))
    }

    /// Until when nothing can be due.
    fn time_to_wait(&self) -> Duration {
        let busy = self.job.state.is_working() || !self.workers.is_empty();
        let mut wait = if busy { SAMPLE_INTERVAL } else { IDLE_INTERVAL };
        let mut sooner = |span: Duration| {
            if span < wait {
                wait = span;
            }
        };
        if let Some(at) = self.job.next_wakeup(self.clock.now()) {
            sooner(Duration::from_millis(at.since_ms(self.clock.now())));
        }
        if self.wants_worker() {
            sooner(self.workers.next_connect().saturating_duration_since(Instant::now()));
        }
        // A round that ended at the very moment something is due must not spin.
        wait.clamp(Duration::from_millis(1), IDLE_INTERVAL)
    }

    /// The machine's answer to what the engine itself found.
    pub(super) fn decide_engine(&mut self, notice: Notice) {
        if let Err(Refusal(reason)) = self.decide(&Input::Engine(notice)) {
            tracing::error!(reason, "the machine refused what the engine found");
        }
    }

    /// Decides and applies; how many events came of it.
    pub(super) fn decide(&mut self, input: &Input) -> Result<usize, Refusal> {
        let now = self.clock.now();
        let events = self.job.decide(input, now)?;
        let count = events.len();
        for event in events {
            self.take(now, event);
        }
        Ok(count)
    }

    /// Makes one event true in memory and remembers to save it.
    pub(super) fn take(&mut self, at: Timestamp, event: Event) {
        if let Err(illegal) = self.job.apply(&event, at) {
            // A bug: going on could only make it worse, and the file still has the last good state.
            tracing::error!(%illegal, "the engine stops because of a fault in itself");
            self.leave = Some(format!("a fault in the engine: {illegal}"));
            return;
        }
        self.follow(at, &event);
        if let Some(note) = narrate(&self.job, &self.tables, at, &event) {
            self.tell(note);
        }
        self.unsaved.events.push((at, event));
    }

    /// A line for the log pane, the log file and the event table.
    pub(super) fn tell(&mut self, note: Note) {
        match note.level {
            "error" => tracing::error!("{}", note.text),
            "warn" => tracing::warn!("{}", note.text),
            _ => tracing::info!("{}", note.text),
        }
        self.publisher.add_log(log_line(note.at, note.by.as_ref(), note.level, &note.text));
        self.unsaved.notes.push(note);
    }

    fn settle(&mut self) {
        for _ in 0..SETTLE_MAX {
            match self.decide(&Input::Tick) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        tracing::error!("what follows from the job's state has no end");
    }

    /// Everything that is known is in the file.
    pub(super) fn save_all(&mut self) -> bool {
        self.save()
    }

    /// One transaction for everything since the last. False: progress cannot be saved now.
    fn save(&mut self) -> bool {
        let now = self.clock.now();
        if self.trouble.as_ref().is_some_and(|trouble| now < trouble.next_try) {
            return false;
        }
        if self.unsaved.is_empty() && self.trouble.is_none() {
            return true;
        }
        if let Err(fault) = self.save_compared() {
            self.set_trouble(fault, now);
            return false;
        }
        let batch = Batch {
            job: &self.job,
            events: &self.unsaved.events,
            notes: &self.unsaved.notes,
            actions: &self.unsaved.actions,
            figures: &self.figures,
        };
        match self.master.append_with(&batch, &self.unsaved.workers) {
            Ok(()) => {
                self.unsaved = Unsaved::default();
                self.lift_trouble(now);
                true
            }
            Err(fault) => {
                self.set_trouble(fault, now);
                false
            }
        }
    }

    pub(super) fn set_trouble(&mut self, fault: Fault, now: Timestamp) {
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        if self.trouble.is_none() {
            self.throttle.set_shut(true);
            let text = format!("progress cannot be saved, all workers hold: {fault}");
            self.tell(engine_note(now, "error", text));
        }
        self.trouble = Some(StoreTrouble { fault, since, next_try: now.plus_ms(SAVE_AGAIN_MS) });
    }

    fn lift_trouble(&mut self, now: Timestamp) {
        if self.trouble.take().is_some() {
            self.throttle.set_shut(false);
            self.tell(engine_note(now, "info", "progress can be saved again".to_owned()));
        }
    }

    /// An operator asked to look again at once.
    pub(super) fn save_now(&mut self) {
        let now = self.clock.now();
        if let Some(trouble) = &mut self.trouble {
            trouble.next_try = now;
        }
    }

    /// Things that are looked after whatever happens.
    fn keep_house(&mut self) {
        let now = self.clock.now();
        self.watch_socket(now);
        self.obey_script();
        self.watch_stopping(now);
        self.watch_losses();
        self.begin_successor();
        if !self.publisher.is_alone() {
            self.alone_since = now;
        }
        if self.leave.is_none() {
            self.leave = self.reason_to_leave(now);
        }
    }

    /// Work that is to be given back is, sooner or later.
    fn watch_stopping(&mut self, now: Timestamp) {
        if self.job.state != JobState::Stopping {
            self.stopping_since = None;
            return;
        }
        let since = *self.stopping_since.get_or_insert(now);
        if now.since_ms(since) > GIVE_BACK_MS {
            self.workers.abort_all();
        }
        if self.workers.is_empty() && !self.job.busy.is_empty() {
            self.decide_engine(Notice::WorkersGone);
        }
    }

    fn reason_to_leave(&self, now: Timestamp) -> Option<String> {
        let state = self.job.state;
        if state == JobState::Stopped && self.stopped_here && self.workers.is_empty() {
            return Some("the job was stopped".to_owned());
        }
        let needs_engine = state.is_live() || self.under_way.planning || self.is_tidying();
        let alone = self.publisher.is_alone() && now.since_ms(self.alone_since) >= ALONE_MS;
        (!needs_engine && alone).then(|| "nobody looks on".to_owned())
    }

    pub(super) fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Rebind => self.make_socket_anew(),
            Signal::Terminate => {
                let by = Actor { user: "SIGTERM".to_owned(), tty: String::new() };
                let now = matches!(self.job.state, JobState::StopPending { then_leave: true });
                if let Err(reason) = self.stop(&by, now) {
                    tracing::warn!(reason, "SIGTERM was not obeyed");
                }
            }
        }
    }

    /// The last words.
    fn depart(mut self) -> JobState {
        let reason = self.leave.take().unwrap_or_default();
        let now = self.clock.now();
        self.tell(engine_note(now, "info", format!("the engine leaves: {reason}")));
        self.workers.abort_all();
        if !self.save() {
            tracing::error!("the engine leaves without having saved its last words");
        }
        self.write_reject_files(true);
        if let Err(fault) = self.master.end_run(now, self.job.state) {
            tracing::error!(%fault, "the end of this run could not be noted");
        }
        self.sample();
        self.publish();
        self.publisher.goodbye(&reason);
        self.job.state
    }
}

//! One worker: a task that holds a source and a target session and does what it is told.
//!
//! A chunk is a pipe with a reader at one end and a writer at the other, both driven by this task.
//! It never decides whether a fault matters: it reports, drops the sessions the fault may have
//! touched and connects again, or ends when a server is gone. Giving work back is dropping it,
//! except while its commit is on the way: that answer is awaited.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use super::compare::BothEnds;
use super::incoming::{FromWorker, Inbox, Incoming};
use crate::core::chunk::{ChunkId, Rejects};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{Report, WorkerId};
use crate::core::plan::{DataPath, StepId, StepKind, TableIndex, TablePlan};
use crate::core::spec::{Pattern, Selection};
use crate::driver::compare::{Comparison, MendWhat, Sessions};
use crate::driver::pipe::{Activity, Throttle, pipe};
use crate::driver::{
    AttachSource, CarefulTask, ChunkTask, LedgerKey, Snapshot, SourceSession, StepTask, Target,
    TargetSession, WorkGauge, Written,
};

/// The snapshot that is open, with its number within the job.
#[derive(Clone)]
pub(super) struct SnapshotRef {
    pub(super) number: u32,
    pub(super) snapshot: Arc<dyn Snapshot>,
    /// Of a verification: the target's.
    pub(super) twin: Option<Arc<dyn Snapshot>>,
}

/// What a worker needs to begin.
pub(super) struct WorkerSetup {
    pub(super) id: WorkerId,
    pub(super) target: Arc<dyn Target>,
    /// Of a verification: nothing is written, both sides are read.
    pub(super) ends: Option<BothEnds>,
    pub(super) job_id: Arc<str>,
    pub(super) preamble: Arc<Vec<String>>,
    pub(super) throttle: Arc<dyn Throttle>,
    pub(super) gauge: Arc<WorkGauge>,
    pub(super) cancel: Arc<Notify>,
    pub(super) inbox: Inbox,
    /// Opened along with the target's session; build workers have none.
    pub(super) snapshot: Option<SnapshotRef>,
}

/// One piece of work with all that it needs.
pub(super) struct Order {
    pub(super) task: Task,
    pub(super) snapshot: Option<SnapshotRef>,
}

pub(super) enum Task {
    Chunk {
        chunk: ChunkId,
        attempt: u32,
        task: ChunkTask,
        attach: Option<AttachSource>,
        careful: Option<Careful>,
    },
    Compare {
        chunk: ChunkId,
        attempt: u32,
        comparison: Box<Comparison>,
    },
    Mend {
        step: StepId,
        attempt: u32,
        what: MendWhat,
        chunks: Vec<(ChunkId, Comparison)>,
    },
    Step {
        step: StepId,
        attempt: u32,
        kind: StepKind,
        task: StepTask,
    },
    BeginAgain {
        table: TableIndex,
        attempt: u32,
        plan: Arc<TablePlan>,
        chunks: Vec<LedgerKey>,
    },
}

/// How a chunk is done again when rows of it are refused.
pub(super) struct Careful {
    pub(super) task: CarefulTask,
    /// From the start: rows that were refused before.
    pub(super) at_once: bool,
}

pub(super) struct Worker {
    pub(super) setup: WorkerSetup,
    pub(super) source: Option<(u32, Box<dyn SourceSession>)>,
    /// Of a verification, instead of the others.
    pub(super) pair: Option<(u32, Sessions)>,
    target: Option<Box<dyn TargetSession>>,
}

/// What a finished piece of work comes to.
pub(super) struct Done {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) rejects: Rejects,
}

impl Done {
    /// Rows that were looked at; none was put aside.
    pub(super) fn of(rows: u64) -> Done {
        Done { rows, bytes: 0, rejects: Rejects::default() }
    }

    /// No rows of tables.
    pub(super) fn other() -> Done {
        Done::of(0)
    }
}

/// Works until the engine lets go of `orders` or a server is gone.
pub(super) async fn work(setup: WorkerSetup, mut orders: mpsc::Receiver<Order>) {
    let mut worker = Worker { setup, source: None, pair: None, target: None };
    loop {
        if let Err(fault) = worker.connect().await {
            tell(&worker.setup, FromWorker::ConnectFailed(fault)).await;
            return;
        }
        tell(&worker.setup, FromWorker::Ready).await;
        loop {
            let Some(order) = orders.recv().await else { return };
            let outcome = worker.perform(&order).await;
            worker.setup.gauge.set(Activity::Idle);
            let fault = outcome.as_ref().err().map(|fault| fault.kind);
            tell(
                &worker.setup,
                FromWorker::Reported(report(worker.setup.id, &order.task, outcome)),
            )
            .await;
            match fault {
                None => {}
                // The engine looks after a lost server, and a cancelled worker is to leave.
                Some(
                    FaultKind::ConnectionLost | FaultKind::LoginRefused | FaultKind::Cancelled,
                ) => return,
                // Whatever the fault left in a session is not worth finding out.
                Some(_) => break,
            }
        }
        (worker.source, worker.pair, worker.target) = (None, None, None);
    }
}

pub(super) async fn tell(setup: &WorkerSetup, what: FromWorker) {
    // The loop outlives its workers; when it is gone there is nobody to tell.
    let _ = setup.inbox.send(Incoming::Worker(setup.id, what)).await;
}

fn report(worker: WorkerId, task: &Task, outcome: Result<Done, Fault>) -> Report {
    match (task, outcome) {
        (Task::Chunk { chunk, attempt, .. } | Task::Compare { chunk, attempt, .. }, Ok(done)) => {
            let (chunk, attempt, Done { rows, bytes, rejects }) = (*chunk, *attempt, done);
            Report::ChunkDone { worker, chunk, attempt, rows, bytes, rejects }
        }
        (Task::Chunk { chunk, attempt, .. } | Task::Compare { chunk, attempt, .. }, Err(fault)) => {
            Report::ChunkFailed { worker, chunk: *chunk, attempt: *attempt, fault }
        }
        (Task::Step { step, attempt, .. } | Task::Mend { step, attempt, .. }, Ok(_)) => {
            Report::StepDone { worker, step: *step, attempt: *attempt }
        }
        (Task::Step { step, attempt, .. } | Task::Mend { step, attempt, .. }, Err(fault)) => {
            Report::StepFailed { worker, step: *step, attempt: *attempt, fault }
        }
        (Task::BeginAgain { table, attempt, .. }, Ok(_)) => {
            Report::BegunAgain { worker, table: *table, attempt: *attempt }
        }
        (Task::BeginAgain { table, attempt, .. }, Err(fault)) => {
            Report::BeginAgainFailed { worker, table: *table, attempt: *attempt, fault }
        }
    }
}

impl Worker {
    async fn connect(&mut self) -> Result<(), Fault> {
        self.setup.gauge.set(Activity::Connecting);
        if self.setup.ends.is_some() {
            return self.connect_pair().await;
        }
        let setup = &self.setup;
        self.target = Some(setup.target.session(&setup.job_id, &setup.preamble).await?);
        if let Some(open) = self.setup.snapshot.clone() {
            match self.open_source(&open).await {
                Ok(()) => {}
                // Another snapshot may be open by the time there is work.
                Err(fault) if fault.kind == FaultKind::SnapshotLost => {}
                Err(fault) => return Err(fault),
            }
        }
        self.setup.gauge.set(Activity::Idle);
        Ok(())
    }

    /// A verification's worker; without a snapshot its sessions come with its first chunk.
    async fn connect_pair(&mut self) -> Result<(), Fault> {
        if let Some(open) = self.setup.snapshot.clone() {
            match self.open_pair(&open).await {
                Err(fault) if fault.kind != FaultKind::SnapshotLost => return Err(fault),
                Ok(()) | Err(_) => {}
            }
        }
        self.setup.gauge.set(Activity::Idle);
        Ok(())
    }

    async fn open_source(&mut self, open: &SnapshotRef) -> Result<(), Fault> {
        if self.source.as_ref().is_some_and(|(number, _)| *number == open.number) {
            return Ok(());
        }
        self.source = None;
        self.source = Some((open.number, open.snapshot.session().await?));
        self.setup.snapshot = Some(open.clone());
        Ok(())
    }

    /// Does the work unless it is cancelled before its commit is on the way.
    async fn perform(&mut self, order: &Order) -> Result<Done, Fault> {
        let (cancel, gauge) = (self.setup.cancel.clone(), self.setup.gauge.clone());
        let mut doing = Box::pin(self.execute(order));
        loop {
            tokio::select! {
                outcome = &mut doing => return outcome,
                () = cancel.notified() => {
                    if gauge.read().2 != Activity::Commit {
                        return Err(Fault::new(
                            FaultKind::Cancelled,
                            Side::Engine,
                            "given back on request",
                        ));
                    }
                }
            }
        }
    }

    async fn execute(&mut self, order: &Order) -> Result<Done, Fault> {
        match &order.task {
            Task::Chunk { careful: Some(careful), .. } if careful.at_once => {
                let target = self.setup.target.clone();
                let task = with_types_of_now(&target, &careful.task).await?;
                self.copy_carefully(order, &task).await
            }
            Task::Chunk { task, attach, careful, .. } => {
                let done = match attach {
                    Some(source) => self.copy_attached(task, source).await,
                    None => self.copy(order, task).await,
                };
                match (done, careful) {
                    (Err(fault), Some(careful)) if fault.is_about_a_row() => {
                        self.copy_again(order, &careful.task, fault).await
                    }
                    (done, _) => done,
                }
            }
            Task::Compare { chunk, comparison, .. } => {
                self.compare(order, *chunk, comparison).await
            }
            Task::Mend { what, chunks, .. } => self.mend(*what, chunks).await,
            // Looked at again: a verification empties nothing.
            Task::BeginAgain { .. } if self.setup.ends.is_some() => Ok(Done::other()),
            Task::Step { kind: StepKind::Sequence, task, .. } => {
                self.set_sequences(order, task).await
            }
            Task::Step { kind: StepKind::LargeObjects, task, .. } => {
                self.copy_large_objects(order, task).await
            }
            Task::Step { task, .. } => {
                self.setup.gauge.set(Activity::Statement);
                self.target()?.run(task).await.map(|_| Done::other())
            }
            Task::BeginAgain { plan, chunks, .. } => {
                self.setup.gauge.set(Activity::Statement);
                self.target()?.begin_again(plan, chunks).await?;
                Ok(Done::other())
            }
        }
    }

    fn target(&mut self) -> Result<&mut Box<dyn TargetSession>, Fault> {
        self.target.as_mut().ok_or_else(|| {
            Fault::new(FaultKind::ConnectionLost, Side::Target, "this worker has no session")
        })
    }

    async fn copy(&mut self, order: &Order, task: &ChunkTask) -> Result<Done, Fault> {
        self.through_pipe(order, task, None).await
    }

    /// At full speed a row was refused and everything was rolled back: once more, so that only the
    /// bad rows stay out.
    async fn copy_again(
        &mut self,
        order: &Order,
        task: &CarefulTask,
        refused: Fault,
    ) -> Result<Done, Fault> {
        // As after any fault: what it left in the sessions is not worth finding out.
        (self.source, self.target) = (None, None);
        self.connect().await?;
        match self.copy_carefully(order, task).await {
            // This target cannot tell rows apart: what was said at first stands.
            Err(fault) if fault.kind == FaultKind::Unsupported => Err(refused),
            done => done,
        }
    }

    async fn copy_carefully(&mut self, order: &Order, task: &CarefulTask) -> Result<Done, Fault> {
        self.setup.gauge.reset(Activity::Read);
        // Bytes that pass through unread have no borders between rows.
        let table = TablePlan { path: DataPath::Conventional, ..(*task.chunk.table).clone() };
        let rows = ChunkTask { table: Arc::new(table), ..task.chunk.clone() };
        self.through_pipe(order, &rows, Some(task)).await
    }

    /// Reads `task` and writes it; carefully, when there is a careful task.
    async fn through_pipe(
        &mut self,
        order: &Order,
        task: &ChunkTask,
        careful: Option<&CarefulTask>,
    ) -> Result<Done, Fault> {
        let open = snapshot_of(order)?;
        self.open_source(open).await?;
        self.setup.gauge.set(Activity::Read);
        let (sink, blocks) = pipe(self.setup.throttle.clone(), self.setup.gauge.clone());
        let no_session =
            || Fault::new(FaultKind::ConnectionLost, Side::Source, "this worker has no session");
        // Out of the worker meanwhile: a session that was dropped in mid-stream is not put back.
        let (number, mut source) = self.source.take().ok_or_else(no_session)?;
        let target = self.target()?;
        let write = async {
            match careful {
                None => target.write(task, blocks).await,
                Some(careful) => target.write_carefully(careful, blocks).await,
            }
        };
        let (written, drained) = join(source.read(task, sink), write).await?;
        if drained {
            self.source = Some((number, source));
        }
        Ok(self.done(written))
    }

    fn done(&self, written: Written) -> Done {
        let (_, bytes, _) = self.setup.gauge.read();
        Done { rows: written.rows, bytes, rejects: written.rejects }
    }

    async fn copy_attached(
        &mut self,
        task: &ChunkTask,
        source: &AttachSource,
    ) -> Result<Done, Fault> {
        let (throttle, gauge) = (self.setup.throttle.clone(), self.setup.gauge.clone());
        // The rows never pass through us: the limit is paid for afterwards.
        throttle.take(0).await;
        gauge.set(Activity::Write);
        let written = self.target()?.copy_attached(task, source, &gauge).await?;
        let done = self.done(written);
        gauge.set(Activity::Throttled);
        throttle.take(done.bytes).await;
        Ok(done)
    }

    /// Positions are read now: sequences know no snapshot. For this kind the step's statements are
    /// the sequences' names.
    async fn set_sequences(&mut self, order: &Order, task: &StepTask) -> Result<Done, Fault> {
        self.setup.gauge.set(Activity::Statement);
        let all = snapshot_of(order)?.snapshot.sequences().await?;
        let wanted: std::collections::BTreeSet<&str> =
            task.statements.iter().map(String::as_str).collect();
        let chosen: Vec<_> =
            all.into_iter().filter(|s| wanted.contains(s.name.to_string().as_str())).collect();
        if chosen.len() < wanted.len() {
            let gone: Vec<&str> = wanted
                .into_iter()
                .filter(|name| !chosen.iter().any(|s| s.name.to_string() == *name))
                .collect();
            return Err(Fault::new(
                FaultKind::ObjectMissing,
                Side::Source,
                format!("sequence {} is not there any more", gone.join(", ")),
            ));
        }
        self.target()?.set_sequences(task.key, &chosen).await?;
        Ok(Done::other())
    }

    async fn copy_large_objects(&mut self, order: &Order, task: &StepTask) -> Result<Done, Fault> {
        self.setup.gauge.set(Activity::Statement);
        let open = snapshot_of(order)?.clone();
        let mut after = 0;
        loop {
            let batch = open.snapshot.large_objects(after).await?;
            let bytes: usize = batch.iter().flat_map(|o| &o.pages).map(|(_, d)| d.len()).sum();
            self.setup.throttle.take(bytes as u64).await;
            let last = batch.is_empty();
            let written = self.target()?.write_large_objects(task.key, &batch, last).await?;
            self.setup.gauge.add(batch.len() as u64, bytes as u64);
            if last || written.already {
                return Ok(Done::other());
            }
            after = batch.last().map_or(after, |object| object.oid);
        }
    }
}

/// Drives both ends of a chunk. The second value says whether the reader came to its end.
async fn join(
    read: impl Future<Output = Result<u64, Fault>>,
    write: impl Future<Output = Result<Written, Fault>>,
) -> Result<(Written, bool), Fault> {
    let (mut read, mut write) = (std::pin::pin!(read), std::pin::pin!(write));
    tokio::select! {
        biased;
        written = &mut write => match written {
            // The ledger had it: what is left of the stream is of no use.
            Ok(written) if written.already => Ok((written, false)),
            Ok(written) => read.await.map(|_| (written, true)),
            // The writer stopped because the reader did: the reader says why.
            Err(fault) if fault.kind == FaultKind::Cancelled => {
                Err(read.await.err().unwrap_or(fault))
            }
            Err(fault) => Err(fault),
        },
        read = &mut read => match (read, write.await) {
            (_, Ok(written)) if written.already => Ok((written, false)),
            (Ok(_), written) => written.map(|written| (written, true)),
            (Err(read), Err(written)) if read.kind == FaultKind::Cancelled => Err(written),
            (Err(read), _) => Err(read),
        },
    }
}

/// Rejected rows may fit because the target's table was altered since the plan was made: its
/// columns are converted to as they are now.
async fn with_types_of_now(
    target: &Arc<dyn Target>,
    task: &CarefulTask,
) -> Result<CarefulTask, Fault> {
    let plan = &task.chunk.table;
    let only =
        Selection { tables: vec![Pattern::new(&plan.target.to_string())], ..Selection::default() };
    let found = target.inspect(&only).await?;
    let Some(there) = found.tables.iter().find(|t| t.name == plan.target) else {
        return Ok(task.clone());
    };
    let mut plan = (**plan).clone();
    for column in &mut plan.columns {
        let now = there.column(&column.target_name);
        if let Some(now) = now.filter(|now| now.declared != column.target_declared) {
            column.target_declared = now.declared.clone();
            column.target_logical = now.logical.clone();
        }
    }
    let chunk = ChunkTask { table: Arc::new(plan), ..task.chunk.clone() };
    Ok(CarefulTask { chunk, ..task.clone() })
}

pub(super) fn snapshot_of(order: &Order) -> Result<&SnapshotRef, Fault> {
    order.snapshot.as_ref().ok_or_else(|| {
        Fault::new(FaultKind::SnapshotLost, Side::Source, "no snapshot of the source is open")
    })
}

//! Makes a fact true. Used while running and while recovering.

use super::super::chunk::{ChunkId, ChunkMethod, Rejects};
use super::super::fault::{Fault, Side};
use super::super::plan::{StepId, StepKind, TableIndex};
use super::super::time::Timestamp;
use super::assign::Work;
use super::event::{Charge, Event, IllegalEvent};
use super::lately::{Emptying, Lately};
use super::state::{
    Chunk, ChunkStatus, Hold, HoldReason, Job, JobState, StepStatus, TableStatus, WorkerId,
};

/// What was found instead of what the event needs.
type Found = String;

impl Job {
    /// Makes `event`, which happened at `at`, true. An event that cannot follow changes nothing.
    ///
    /// # Errors
    /// The event cannot follow the present state.
    pub fn apply(&mut self, event: &Event, _at: Timestamp) -> Result<(), IllegalEvent> {
        self.take(event).map_err(|state| IllegalEvent { event: format!("{event:?}"), state })
    }

    fn take(&mut self, event: &Event) -> Result<(), Found> {
        match event {
            Event::StateChanged { from, to, .. } => self.change_state(*from, *to)?,
            Event::ThreadsSet { to, .. } => self.threads = *to,
            Event::ThreadsMaxSet { to, .. } => self.threads_max = *to,
            Event::IndexWorkersSet { to, .. } => self.index_workers = *to,
            Event::RateSet { to, .. } => self.rate_bytes = *to,
            Event::BadRowsSet { to, .. } => self.bad_rows = *to,
            Event::ChunkAssigned { chunk, worker, attempt, snapshot, begins_load } => {
                self.need_attempt(self.chunks.get(chunk.0 as usize).map(|c| c.handouts), *attempt)?;
                let work = Work::Chunk { chunk: *chunk, attempt: *attempt, snapshot: *snapshot };
                self.assign_chunk(*chunk, *worker, work, begins_load.then_some(*snapshot))?;
            }
            Event::ChunkProcessed { chunk, worker, rows, bytes, rejects } => {
                self.finish_chunk(*chunk, *worker, (*rows, *bytes), *rejects)?;
            }
            Event::ChunkReleased { chunk, charge, not_before, .. } => {
                self.release_chunk(*chunk, *charge, *not_before)?;
            }
            Event::ChunkFailed { chunk, fault } => self.fail_chunk(*chunk, fault)?,
            Event::ChunkRetried { chunk, .. } => {
                use ChunkStatus::{ProcessedWithError, Skipped};
                self.need_chunk(*chunk, &[ProcessedWithError, Skipped])?;
                self.update_chunk(*chunk, begin_afresh);
            }
            Event::ChunkSkipped { chunk, .. } => self.skip_chunk(*chunk)?,
            Event::ChunkRevoked { chunk } => {
                self.need_chunk(*chunk, &[ChunkStatus::Processed])?;
                self.update_chunk(*chunk, begin_afresh);
                self.drop_retries(self.chunks[chunk.0 as usize].table);
            }
            Event::RejectsRetried { table, key, batches, .. } => {
                self.add_retry(*table, key, batches)?;
            }
            Event::StepStarted { step, worker, attempt } => {
                self.start_step(*step, *worker, *attempt)?;
            }
            Event::StepDone { step } => self.finish_step(*step)?,
            Event::StepReleased { step, charge, not_before, .. } => {
                self.release_step(*step, *charge, *not_before)?;
            }
            Event::StepFailed { step, .. } => self.fail_step(*step)?,
            Event::StepRetried { step, .. } => {
                self.need_step(*step, |status| status == StepStatus::Failed)?;
                self.begin_step_afresh(*step);
            }
            Event::StepRevoked { step } => {
                self.need_step(*step, |status| status == StepStatus::Done)?;
                self.begin_step_afresh(*step);
            }
            Event::TableBeginsAgain { table, .. } => self.begin_table_again(*table)?,
            Event::BeginAgainAssigned { table, worker, attempt } => {
                self.assign_emptying(*table, *worker, *attempt)?;
            }
            Event::BeginAgainReleased { table, charge, not_before, .. } => {
                self.release_emptying(*table, *charge, *not_before)?;
            }
            Event::TableEmptied { table } => self.finish_emptying(*table)?,
            Event::Reconciled { .. } => self.reconciled = true,
            Event::TrustLost { .. } => self.doubt(),
            Event::SnapshotOpened { number, .. } => self.count_snapshot(*number)?,
            Event::SnapshotClosed { .. } => self.snapshot_open = false,
            Event::HoldSet { hold } => self.set_hold(hold),
            Event::HoldLifted { reason } => self.holds.retain(|hold| hold.reason != *reason),
            Event::FinalCheckDone => self.final_check_done = true,
            Event::CleanedUp => self.cleaned_up = true,
            Event::EngineStarted => self.forget_engine(),
        }
        Ok(())
    }

    fn change_state(&mut self, from: JobState, to: JobState) -> Result<(), Found> {
        if self.state != from {
            return Err(self.state.word().to_owned());
        }
        self.state = to;
        match to {
            JobState::Stopped | JobState::Completed => self.snapshot_open = false,
            JobState::Executing if from != JobState::Completing => self.lately.forget_failures(),
            JobState::Defining
            | JobState::Executing
            | JobState::StopPending { .. }
            | JobState::Stopping
            | JobState::Idling
            | JobState::Completing => {}
        }
        if from == JobState::Completed {
            self.final_check_done = false;
        }
        Ok(())
    }

    fn assign_chunk(
        &mut self,
        id: ChunkId,
        worker: WorkerId,
        work: Work,
        load_begins: Option<u32>,
    ) -> Result<(), Found> {
        let table = self.need_chunk(id, &[ChunkStatus::Unassigned])?.table;
        self.give(worker, work)?;
        if let Some(snapshot) = load_begins {
            self.tables[table.0 as usize].snapshot = snapshot;
        }
        self.update_chunk(id, |chunk| {
            chunk.status = ChunkStatus::Assigned;
            chunk.worker = Some(worker);
            chunk.handouts += 1;
            chunk.attempts += 1;
            chunk.not_before = None;
        });
        Ok(())
    }

    fn finish_chunk(
        &mut self,
        id: ChunkId,
        worker: Option<WorkerId>,
        (rows, bytes): (u64, Option<u64>),
        rejects: Rejects,
    ) -> Result<(), Found> {
        use ChunkStatus::{Assigned, ProcessedWithError, Skipped, Unassigned};
        self.need_chunk(id, &[Unassigned, Assigned, ProcessedWithError, Skipped])?;
        if self.take_back_chunk(id) {
            self.lately.note_processed();
        }
        self.update_chunk(id, |chunk| {
            chunk.status = ChunkStatus::Processed;
            chunk.worker = worker;
            chunk.not_before = None;
            chunk.rows = rows;
            chunk.bytes = bytes.unwrap_or(chunk.bytes);
            chunk.rejects = rejects;
        });
        Ok(())
    }

    fn release_chunk(
        &mut self,
        id: ChunkId,
        charge: Charge,
        not_before: Option<Timestamp>,
    ) -> Result<(), Found> {
        self.need_chunk(id, &[ChunkStatus::Assigned])?;
        self.take_back_chunk(id);
        self.update_chunk(id, |chunk| {
            chunk.status = ChunkStatus::Unassigned;
            chunk.worker = None;
            chunk.not_before = not_before;
            charge_with(charge, &mut chunk.attempts, &mut chunk.interruptions);
        });
        Ok(())
    }

    fn fail_chunk(&mut self, id: ChunkId, fault: &Fault) -> Result<(), Found> {
        self.need_chunk(id, &[ChunkStatus::Assigned, ChunkStatus::Unassigned])?;
        if self.take_back_chunk(id) {
            self.lately.note_failed(fault);
        }
        self.update_chunk(id, |chunk| {
            chunk.status = ChunkStatus::ProcessedWithError;
            chunk.worker = None;
            chunk.not_before = None;
        });
        Ok(())
    }

    fn skip_chunk(&mut self, id: ChunkId) -> Result<(), Found> {
        self.need_chunk(id, &[ChunkStatus::ProcessedWithError, ChunkStatus::Unassigned])?;
        self.update_chunk(id, |chunk| {
            chunk.status = ChunkStatus::Skipped;
            chunk.not_before = None;
        });
        Ok(())
    }

    fn start_step(&mut self, id: StepId, worker: WorkerId, attempt: u32) -> Result<(), Found> {
        self.need_step(id, |status| status == StepStatus::Waiting)?;
        self.need_attempt(Some(self.standing(id).handouts), attempt)?;
        self.give(worker, Work::Step { step: id, attempt })?;
        self.take_locks(id);
        self.delay_step(id, None);
        let standing = &mut self.step_standings[id.0 as usize];
        standing.handouts += 1;
        standing.attempts += 1;
        self.change_step(id, StepStatus::Running(worker));
        Ok(())
    }

    fn finish_step(&mut self, id: StepId) -> Result<(), Found> {
        self.need_step(id, |status| status != StepStatus::Done)?;
        self.take_back_step(id);
        self.delay_step(id, None);
        self.change_step(id, StepStatus::Done);
        Ok(())
    }

    fn release_step(
        &mut self,
        id: StepId,
        charge: Charge,
        not_before: Option<Timestamp>,
    ) -> Result<(), Found> {
        self.need_step(id, |status| matches!(status, StepStatus::Running(_)))?;
        self.take_back_step(id);
        self.delay_step(id, not_before);
        let standing = &mut self.step_standings[id.0 as usize];
        charge_with(charge, &mut standing.attempts, &mut standing.interruptions);
        self.change_step(id, StepStatus::Waiting);
        Ok(())
    }

    fn fail_step(&mut self, id: StepId) -> Result<(), Found> {
        self.need_step(id, |status| matches!(status, StepStatus::Running(_)))?;
        self.take_back_step(id);
        self.delay_step(id, None);
        self.change_step(id, StepStatus::Failed);
        Ok(())
    }

    fn begin_step_afresh(&mut self, id: StepId) {
        let standing = &mut self.step_standings[id.0 as usize];
        standing.attempts = 0;
        standing.interruptions = 0;
        self.change_step(id, StepStatus::Waiting);
    }

    fn begin_table_again(&mut self, table: TableIndex) -> Result<(), Found> {
        self.need_table(table, false)?;
        if self.root_of(table) != table {
            return Err(format!("table {} a retry", table.0));
        }
        self.lately.emptyings.insert(table, Emptying::default());
        let family: Vec<TableIndex> = self.family(table).collect();
        let chunks: Vec<ChunkId> = self.family_chunks(table).collect();
        for member in &family {
            self.tables[member.0 as usize].begins_again = true;
        }
        for id in chunks {
            // What a worker holds comes back with its report, and only then the table is emptied.
            self.change_chunk(id, |chunk| {
                if chunk.status != ChunkStatus::Assigned {
                    begin_afresh(chunk);
                }
                // Its rows are loaded by the table's own chunks.
                chunk.keys = 0;
            });
        }
        family.into_iter().for_each(|member| self.refresh_table(member));
        Ok(())
    }

    /// Chunks behind all others that read rejected rows of `table` again.
    fn add_retry(
        &mut self,
        table: TableIndex,
        key: &[String],
        batches: &[u32],
    ) -> Result<(), Found> {
        self.need_table(table, false)?;
        if self.root_of(table) != table || batches.is_empty() {
            return Err(format!("table {} with {} batches", table.0, batches.len()));
        }
        let retry = TableIndex(self.tables.len() as u32);
        self.tables.push(TableStatus {
            first_chunk: ChunkId(self.chunks.len() as u32),
            chunk_count: batches.len() as u32,
            method: ChunkMethod::Key { columns: key.to_vec() },
            snapshot: 0,
            begins_again: false,
            retry_of: Some(table),
        });
        self.chunks.extend(batches.iter().map(|keys| Chunk {
            table: retry,
            status: ChunkStatus::Unassigned,
            attempts: 0,
            interruptions: 0,
            handouts: 0,
            not_before: None,
            worker: None,
            rows: u64::from(*keys),
            bytes: 0,
            rejects: Rejects::default(),
            keys: *keys,
        }));
        self.index_last_table();
        Ok(())
    }

    /// A chunk of `table` is done once more: rows that wait to be read again may be among its rows.
    /// They count as rejected where they were met until then.
    fn drop_retries(&mut self, table: TableIndex) {
        let root = self.root_of(table);
        let waiting: Vec<ChunkId> = self
            .family_chunks(root)
            .filter(|id| {
                let chunk = &self.chunks[id.0 as usize];
                chunk.keys > 0 && chunk.status != ChunkStatus::Processed
            })
            .collect();
        waiting.into_iter().for_each(|id| self.update_chunk(id, |chunk| chunk.keys = 0));
    }

    fn assign_emptying(
        &mut self,
        table: TableIndex,
        worker: WorkerId,
        attempt: u32,
    ) -> Result<(), Found> {
        self.need_table(table, true)?;
        self.give(worker, Work::BeginAgain { table, attempt })?;
        self.lately.emptyings_given = std::cmp::max(self.lately.emptyings_given, attempt);
        let emptying = self.lately.emptyings.entry(table).or_default();
        emptying.worker = Some(worker);
        emptying.attempts += 1;
        emptying.not_before = None;
        Ok(())
    }

    fn release_emptying(
        &mut self,
        table: TableIndex,
        charge: Charge,
        not_before: Option<Timestamp>,
    ) -> Result<(), Found> {
        self.need_table(table, true)?;
        let emptying = self.lately.emptyings.entry(table).or_default();
        let worker = emptying.worker.take().ok_or("nobody empties it")?;
        emptying.not_before = not_before;
        charge_with(charge, &mut emptying.attempts, &mut emptying.interruptions);
        self.free(worker);
        Ok(())
    }

    fn finish_emptying(&mut self, table: TableIndex) -> Result<(), Found> {
        self.need_table(table, true)?;
        let emptying = self.lately.emptyings.remove(&table).unwrap_or_default();
        if let Some(worker) = emptying.worker {
            self.free(worker);
        }
        let family: Vec<TableIndex> = self.family(table).collect();
        for member in family {
            let status = &mut self.tables[member.0 as usize];
            status.begins_again = false;
            status.snapshot = 0;
            self.refresh_table(member);
        }
        Ok(())
    }

    fn doubt(&mut self) {
        self.reconciled = false;
        self.lately.doubts += 1;
    }

    fn count_snapshot(&mut self, number: u32) -> Result<(), Found> {
        if number != self.snapshots + 1 {
            return Err(format!("{} snapshots so far", self.snapshots));
        }
        self.snapshots = number;
        self.snapshot_open = true;
        // Positions of tables begun under another snapshot mean nothing in this one.
        for table in 0..self.tables.len() {
            if self.tables[table].snapshot != 0 {
                self.refresh_table(TableIndex(table as u32));
            }
        }
        Ok(())
    }

    fn set_hold(&mut self, hold: &Hold) {
        if hold.reason == HoldReason::ServerLost(Side::Target) {
            self.lately.suspects = self.busy.keys().copied().collect();
        }
        self.holds.retain(|other| other.reason != hold.reason);
        self.holds.push(hold.clone());
    }

    /// Another engine took the job: nobody holds anything, everything outside is unknown.
    fn forget_engine(&mut self) {
        self.busy.clear();
        self.holds.clear();
        self.reconciled = false;
        self.snapshot_open = false;
        self.lately = Lately::of(&self.tables);
        self.index.locks.clear();
        self.index.early_running = 0;
    }

    fn give(&mut self, worker: WorkerId, work: Work) -> Result<(), Found> {
        match self.busy.get(&worker) {
            Some(held) => Err(format!("worker {} holding {held:?}", worker.0)),
            None => {
                self.busy.insert(worker, work);
                Ok(())
            }
        }
    }

    fn free(&mut self, worker: WorkerId) {
        self.busy.remove(&worker);
        self.lately.suspects.remove(&worker);
    }

    /// Frees the worker that holds the chunk. False: nobody does, it was in doubt or waiting.
    fn take_back_chunk(&mut self, id: ChunkId) -> bool {
        let holder = self.chunks[id.0 as usize].worker.filter(|_| self.is_held(id));
        if let Some(worker) = holder {
            self.free(worker);
        }
        holder.is_some()
    }

    /// Does a worker of this engine hold the chunk?
    pub(super) fn is_held(&self, id: ChunkId) -> bool {
        let chunk = &self.chunks[id.0 as usize];
        chunk.status == ChunkStatus::Assigned
            && chunk.worker.is_some_and(|worker| {
                matches!(self.busy.get(&worker), Some(Work::Chunk { chunk, .. }) if *chunk == id)
            })
    }

    fn take_back_step(&mut self, id: StepId) {
        if let Some(worker) = self.step_holder(id) {
            self.free(worker);
            self.give_locks(id);
        }
    }

    /// The worker of this engine that runs the step.
    pub(super) fn step_holder(&self, id: StepId) -> Option<WorkerId> {
        let StepStatus::Running(worker) = self.standing(id).status else { return None };
        let holds = matches!(self.busy.get(&worker), Some(Work::Step { step, .. }) if *step == id);
        holds.then_some(worker)
    }

    fn update_chunk(&mut self, id: ChunkId, change: impl FnOnce(&mut Chunk)) {
        self.change_chunk(id, change);
        self.refresh_table(self.chunks[id.0 as usize].table);
    }

    fn need_attempt(&self, handouts: Option<u32>, attempt: u32) -> Result<(), Found> {
        match handouts {
            Some(number) if number + 1 != attempt => Err(format!("{number} attempts so far")),
            Some(_) | None => Ok(()),
        }
    }

    fn need_chunk(&self, id: ChunkId, statuses: &[ChunkStatus]) -> Result<&Chunk, Found> {
        let chunk = self.chunks.get(id.0 as usize).ok_or("a job without that chunk")?;
        if statuses.contains(&chunk.status) {
            Ok(chunk)
        } else {
            Err(format!("chunk {} {}", id.0, chunk.status.word()))
        }
    }

    fn need_step(&self, id: StepId, fits: impl Fn(StepStatus) -> bool) -> Result<(), Found> {
        let standing = self.step_standings.get(id.0 as usize).ok_or("a job without that step")?;
        if fits(standing.status) && self.step(id).kind != StepKind::Load {
            Ok(())
        } else {
            Err(format!("step {} {:?}", id.0, standing.status))
        }
    }

    fn need_table(
        &self,
        table: TableIndex,
        begins_again: bool,
    ) -> Result<&super::TableStatus, Found> {
        let status = self.tables.get(table.0 as usize).ok_or("a job without that table")?;
        if status.begins_again == begins_again {
            Ok(status)
        } else {
            Err(format!("table {} with begins_again {}", table.0, status.begins_again))
        }
    }
}

fn begin_afresh(chunk: &mut Chunk) {
    chunk.status = ChunkStatus::Unassigned;
    chunk.attempts = 0;
    chunk.interruptions = 0;
    chunk.not_before = None;
    chunk.worker = None;
    chunk.rejects = Rejects::default();
}

fn charge_with(charge: Charge, attempts: &mut u32, interruptions: &mut u32) {
    match charge {
        Charge::Attempt => {}
        Charge::Nothing => *attempts = attempts.saturating_sub(1),
        Charge::Interruption => {
            *attempts = attempts.saturating_sub(1);
            *interruptions += 1;
        }
    }
}

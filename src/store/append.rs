//! Making facts durable: one transaction for a batch of events with everything they touch.

use rusqlite::{Transaction, params};

use super::rejects::{drop_retries, limits_of, settle, write_retry};
use super::{MasterTable, format, int, sqlite_fault};
use crate::core::chunk::ChunkId;
use crate::core::fault::Fault;
use crate::core::job::{Actor, ChunkStatus, Event, Job, JobState, StepStatus, WorkerId};
use crate::core::plan::{StepId, TableIndex};
use crate::core::spec::JobSpec;
use crate::core::time::Timestamp;

/// Facts that become durable together. `job` is the machine after all of them.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub job: &'a Job,
    pub events: &'a [(Timestamp, Event)],
    pub notes: &'a [Note],
    pub actions: &'a [ActionRecord],
    pub figures: &'a RunFigures,
}

/// A line of the job's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Timestamp,
    /// `info`, `action`, `warn`, `error`.
    pub level: &'static str,
    /// What kind of thing it was, for scripts: `state`, `threads`, `chunk`, ...
    pub kind: &'static str,
    /// `None`: the engine.
    pub by: Option<Actor>,
    pub text: String,
}

/// What an operator asked for and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRecord {
    pub at: Timestamp,
    pub by: Actor,
    pub verb: String,
    /// `done` or `refused`.
    pub result: &'static str,
    pub message: String,
}

/// A worker connected or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerRecord {
    pub at: Timestamp,
    pub worker: WorkerId,
    pub is_here: bool,
}

/// What the present engine did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFigures {
    pub rows: u64,
    pub bytes: u64,
    pub chunks: u32,
    pub failed: u32,
    pub skipped: u32,
    pub snapshot_label: Option<String>,
}

impl MasterTable {
    /// Makes the batch durable, all of it or nothing.
    ///
    /// # Errors
    /// `Store`; the file is then as before and the same batch may be tried again.
    pub fn append(&mut self, batch: &Batch<'_>) -> Result<(), Fault> {
        self.append_with(batch, &[])
    }

    /// [`MasterTable::append`] with workers that came and went.
    ///
    /// # Errors
    /// As [`MasterTable::append`].
    pub fn append_with(
        &mut self,
        batch: &Batch<'_>,
        workers: &[WorkerRecord],
    ) -> Result<(), Fault> {
        let run = self.run;
        self.write("save progress", |transaction| {
            for (at, event) in batch.events {
                write_event(transaction, batch.job, *at, event)?;
            }
            for note in batch.notes {
                write_note(transaction, run, note)?;
            }
            for action in batch.actions {
                write_action(transaction, run, action)?;
            }
            for worker in workers {
                write_worker(transaction, run, worker)?;
            }
            write_figures(transaction, run, batch.figures)
        })
    }

    /// Begins a run of an engine and gives it its number.
    ///
    /// # Errors
    /// `Store`.
    pub fn begin_run(&mut self, now: Timestamp, by: &Actor, build: &str) -> Result<i64, Fault> {
        let pid = std::process::id();
        self.write("begin a run", |transaction| {
            transaction.execute("delete from worker", [])?;
            transaction.execute(
                "insert into run (started_at, by_user, by_tty, build, pid) values (?,?,?,?,?)",
                params![now.0, by.user, by.tty, build, pid],
            )?;
            Ok(())
        })?;
        self.run = self.connection.last_insert_rowid();
        Ok(self.run)
    }

    /// Ends the present run.
    ///
    /// # Errors
    /// `Store`.
    pub fn end_run(&mut self, now: Timestamp, state: JobState) -> Result<(), Fault> {
        let run = self.run;
        self.write("end the run", |transaction| {
            transaction.execute(
                "update run set ended_at = ?, end_state = ? where number = ?",
                params![now.0, state.word(), run],
            )?;
            Ok(())
        })
    }

    /// Keeps that the job is about to make something outside of its file (DESIGN 4.8). Repeating
    /// it is harmless.
    ///
    /// # Errors
    /// `Store`; then nothing may be made.
    pub fn record_external(
        &mut self,
        side: &str,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.write("note what is made outside", |transaction| {
            transaction.execute(
                "insert into external (side, kind, name, created_at) values (?1, ?2, ?3, ?4) \
                 on conflict (side, kind, name) do update set created_at = ?4, removed_at = null",
                params![side, kind, name, now.0],
            )?;
            Ok(())
        })
    }

    /// Keeps a definition that changed while the job runs: its limits.
    ///
    /// # Errors
    /// `Store`; then the definition is as it was.
    pub fn redefine(&mut self, spec: &JobSpec) -> Result<(), Fault> {
        let text = format::spec_text(spec);
        self.write("keep the definition", |transaction| {
            transaction.execute("update job set spec = ?", [&text])?;
            Ok(())
        })
    }

    /// Keeps that everything of this kind is gone.
    ///
    /// # Errors
    /// `Store`.
    pub fn record_removed(&mut self, kind: &str, now: Timestamp) -> Result<(), Fault> {
        self.write("note what was removed", |transaction| {
            transaction.execute(
                "update external set removed_at = ? where kind = ? and removed_at is null",
                params![now.0, kind],
            )?;
            Ok(())
        })
    }

    pub(super) fn write(
        &mut self,
        doing: &str,
        body: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Fault> {
        let fail = |e: rusqlite::Error| sqlite_fault(doing, &e);
        // A transaction that is dropped is rolled back.
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(fail)?;
        body(&transaction).map_err(fail)?;
        transaction.commit().map_err(fail)
    }
}

fn write_event(
    transaction: &Transaction<'_>,
    job: &Job,
    at: Timestamp,
    event: &Event,
) -> rusqlite::Result<()> {
    match event {
        Event::StateChanged { to, .. } => {
            write_job(transaction, job)?;
            write_moment(transaction, *to, at)
        }
        Event::ThreadsSet { .. }
        | Event::ThreadsMaxSet { .. }
        | Event::IndexWorkersSet { .. }
        | Event::RateSet { .. }
        | Event::BadRowsSet { .. }
        | Event::SnapshotOpened { .. }
        | Event::FinalCheckDone
        | Event::CleanedUp => write_job(transaction, job),
        Event::ChunkAssigned { chunk, begins_load, .. } => {
            if *begins_load {
                write_table(transaction, job, job.chunks[chunk.0 as usize].table)?;
            }
            stamp_chunk(transaction, *chunk, at, Moment::Started)?;
            write_chunk(transaction, job, *chunk)
        }
        Event::ChunkProcessed { chunk, rejects, .. } => {
            settle(transaction, job, *chunk, *rejects, at)?;
            end_chunk(transaction, job, *chunk, at, None)
        }
        Event::ChunkReleased { chunk, fault, .. } => {
            end_chunk(transaction, job, *chunk, at, fault.as_ref())
        }
        Event::ChunkFailed { chunk, fault } => end_chunk(transaction, job, *chunk, at, Some(fault)),
        Event::ChunkSkipped { chunk, reason, .. } => {
            write_skip_reason(transaction, *chunk, reason)?;
            write_chunk(transaction, job, *chunk)
        }
        Event::ChunkRetried { chunk, .. } => write_chunk(transaction, job, *chunk),
        Event::ChunkRevoked { chunk } => revoke_chunk(transaction, job, *chunk),
        Event::RejectsRetried { table, key, batches, .. } => {
            write_retry(transaction, *table, key, batches)
        }
        Event::StepStarted { step, .. } => {
            stamp_step(transaction, *step, at, Moment::Started)?;
            write_step(transaction, job, *step)
        }
        Event::StepDone { step } => end_step(transaction, job, *step, at, None),
        Event::StepReleased { step, fault, .. } => {
            end_step(transaction, job, *step, at, fault.as_ref())
        }
        Event::StepFailed { step, fault } => end_step(transaction, job, *step, at, Some(fault)),
        Event::StepRetried { step, .. } | Event::StepRevoked { step } => {
            write_step(transaction, job, *step)
        }
        Event::TableBeginsAgain { table, .. } | Event::TableEmptied { table } => {
            write_whole_table(transaction, job, *table)
        }
        Event::BeginAgainAssigned { .. }
        | Event::BeginAgainReleased { .. }
        | Event::Reconciled { .. }
        | Event::SnapshotClosed { .. }
        | Event::HoldSet { .. }
        | Event::HoldLifted { .. }
        | Event::TrustLost { .. }
        | Event::EngineStarted => Ok(()),
    }
}

fn write_skip_reason(
    transaction: &Transaction<'_>,
    chunk: ChunkId,
    reason: &str,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("update chunk set skip_reason = ? where id = ?")?
        .execute(params![reason, chunk.0])?;
    Ok(())
}

fn revoke_chunk(transaction: &Transaction<'_>, job: &Job, chunk: ChunkId) -> rusqlite::Result<()> {
    drop_retries(transaction, job, job.root_of(job.chunks[chunk.0 as usize].table))?;
    write_chunk(transaction, job, chunk)
}

/// An attempt at a chunk is over, well or not.
fn end_chunk(
    transaction: &Transaction<'_>,
    job: &Job,
    chunk: ChunkId,
    at: Timestamp,
    fault: Option<&Fault>,
) -> rusqlite::Result<()> {
    if let Some(fault) = fault {
        write_chunk_fault(transaction, chunk, at, fault)?;
    }
    stamp_chunk(transaction, chunk, at, Moment::Ended)?;
    write_chunk(transaction, job, chunk)
}

/// The same for a step.
fn end_step(
    transaction: &Transaction<'_>,
    job: &Job,
    step: StepId,
    at: Timestamp,
    fault: Option<&Fault>,
) -> rusqlite::Result<()> {
    if let Some(fault) = fault {
        write_step_fault(transaction, step, fault)?;
    }
    stamp_step(transaction, step, at, Moment::Ended)?;
    write_step(transaction, job, step)
}

fn write_whole_table(
    transaction: &Transaction<'_>,
    job: &Job,
    table: TableIndex,
) -> rusqlite::Result<()> {
    job.family(table).try_for_each(|member| write_table(transaction, job, member))?;
    drop_retries(transaction, job, table)?;
    job.family_chunks(table).try_for_each(|id| write_chunk(transaction, job, id))
}

fn write_job(transaction: &Transaction<'_>, job: &Job) -> rusqlite::Result<()> {
    let (per_table, per_job) = limits_of(job.bad_rows);
    transaction
        .prepare_cached(
            "update job set state = ?, then_leave = ?, threads = ?, threads_max = ?, \
             index_workers = ?, rate_bytes = ?, attempts_max = ?, snapshots = ?, \
             final_check_done = ?, cleaned_up = ?, rejects_per_table = ?, rejects_per_job = ?",
        )?
        .execute(params![
            job.state.word(),
            format::then_leave(job.state),
            job.threads,
            job.threads_max,
            job.index_workers,
            job.rate_bytes.map(int),
            job.attempts_max,
            job.snapshots,
            job.final_check_done,
            job.cleaned_up,
            per_table,
            per_job,
        ])?;
    Ok(())
}

fn write_moment(
    transaction: &Transaction<'_>,
    to: JobState,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = match to {
        JobState::Executing => {
            "update job set started_at = ifnull(started_at, ?1), ended_at = null"
        }
        JobState::Completed => "update job set ended_at = ?1",
        JobState::Defining
        | JobState::StopPending { .. }
        | JobState::Stopping
        | JobState::Idling
        | JobState::Stopped
        | JobState::Completing => return Ok(()),
    };
    transaction.prepare_cached(sql)?.execute([at.0])?;
    Ok(())
}

fn write_table(
    transaction: &Transaction<'_>,
    job: &Job,
    table: TableIndex,
) -> rusqlite::Result<()> {
    let status = &job.tables[table.0 as usize];
    transaction
        .prepare_cached("update plan_table set snapshot = ?, begins_again = ? where id = ?")?
        .execute(params![status.snapshot, status.begins_again, table.0])?;
    Ok(())
}

fn write_chunk(transaction: &Transaction<'_>, job: &Job, id: ChunkId) -> rusqlite::Result<()> {
    let chunk = &job.chunks[id.0 as usize];
    // What was written once stays the best estimate when the chunk has to be done again.
    let done = chunk.status == ChunkStatus::Processed;
    transaction
        .prepare_cached(
            "update chunk set state = ?, attempts = ?, interruptions = ?, handouts = ?, \
             not_before = ?, worker = ?, rows = ifnull(?, rows), bytes = ifnull(?, bytes), \
             rejected = ?, rejected_handout = ?, retry_keys = ? where id = ?",
        )?
        .execute(params![
            chunk.status as u8,
            chunk.attempts,
            chunk.interruptions,
            chunk.handouts,
            chunk.not_before.map(|t| t.0),
            chunk.worker.map(|w| w.0),
            done.then(|| int(chunk.rows)),
            done.then(|| int(chunk.bytes)),
            chunk.rejects.count,
            chunk.rejects.handout,
            chunk.keys,
            id.0,
        ])?;
    Ok(())
}

#[derive(Clone, Copy)]
enum Moment {
    Started,
    Ended,
}

fn stamp_chunk(
    transaction: &Transaction<'_>,
    id: ChunkId,
    at: Timestamp,
    moment: Moment,
) -> rusqlite::Result<()> {
    let sql = match moment {
        Moment::Started => "update chunk set started_at = ?, ended_at = null where id = ?",
        Moment::Ended => "update chunk set ended_at = ? where id = ?",
    };
    transaction.prepare_cached(sql)?.execute(params![at.0, id.0])?;
    Ok(())
}

fn write_chunk_fault(
    transaction: &Transaction<'_>,
    id: ChunkId,
    at: Timestamp,
    fault: &Fault,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "update chunk set error_side = ?, error_kind = ?, error_code = ?, error_message = ?, \
             error_detail = ?, error_hint = ?, error_at = ? where id = ?",
        )?
        .execute(params![
            fault.side.word(),
            format::fault_word(fault.kind),
            fault.code,
            fault.message,
            fault.detail,
            fault.hint,
            at.0,
            id.0,
        ])?;
    Ok(())
}

fn write_step(transaction: &Transaction<'_>, job: &Job, id: StepId) -> rusqlite::Result<()> {
    let standing = job.standing(id);
    let (state, worker) = match standing.status {
        StepStatus::Waiting => ("waiting", None),
        StepStatus::Running(worker) => ("running", Some(worker.0)),
        StepStatus::Done => ("done", None),
        StepStatus::Failed => ("failed", None),
        StepStatus::Skipped => ("skipped", None),
    };
    transaction
        .prepare_cached(
            "update step set state = ?, worker = ?, attempts = ?, interruptions = ?, \
             handouts = ?, not_before = ? where id = ?",
        )?
        .execute(params![
            state,
            worker,
            standing.attempts,
            standing.interruptions,
            standing.handouts,
            standing.not_before.map(|t| t.0),
            id.0,
        ])?;
    Ok(())
}

fn stamp_step(
    transaction: &Transaction<'_>,
    id: StepId,
    at: Timestamp,
    moment: Moment,
) -> rusqlite::Result<()> {
    let sql = match moment {
        Moment::Started => "update step set started_at = ?, ended_at = null where id = ?",
        Moment::Ended => "update step set ended_at = ? where id = ?",
    };
    transaction.prepare_cached(sql)?.execute(params![at.0, id.0])?;
    Ok(())
}

fn write_step_fault(
    transaction: &Transaction<'_>,
    id: StepId,
    fault: &Fault,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "update step set error_code = ?, error_message = ?, error_detail = ?, error_hint = ? \
             where id = ?",
        )?
        .execute(params![fault.code, fault.message, fault.detail, fault.hint, id.0])?;
    Ok(())
}

fn write_note(transaction: &Transaction<'_>, run: i64, note: &Note) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "insert into event (run, at, level, kind, by_user, by_tty, text) \
             values (?,?,?,?,?,?,?)",
        )?
        .execute(params![
            run,
            note.at.0,
            note.level,
            note.kind,
            note.by.as_ref().map(|a| &a.user),
            note.by.as_ref().map(|a| &a.tty),
            note.text,
        ])?;
    Ok(())
}

fn write_action(
    transaction: &Transaction<'_>,
    run: i64,
    action: &ActionRecord,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "insert into action (run, at, by_user, by_tty, verb, result, message) \
             values (?,?,?,?,?,?,?)",
        )?
        .execute(params![
            run,
            action.at.0,
            action.by.user,
            action.by.tty,
            action.verb,
            action.result,
            action.message,
        ])?;
    Ok(())
}

fn write_worker(
    transaction: &Transaction<'_>,
    run: i64,
    record: &WorkerRecord,
) -> rusqlite::Result<()> {
    let (number, at) = (record.worker.0, record.at.0);
    if !record.is_here {
        transaction
            .prepare_cached("update worker set left_at = ? where number = ?")?
            .execute(params![at, number])?;
        return Ok(());
    }
    let pool = if record.worker.is_build() { "build" } else { "copy" };
    transaction
        .prepare_cached(
            "insert into worker (number, run, pool, connected_at) values (?1, ?2, ?3, ?4) \
             on conflict (number) do update set connected_at = ?4, left_at = null",
        )?
        .execute(params![number, run, pool, at])?;
    Ok(())
}

fn write_figures(
    transaction: &Transaction<'_>,
    run: i64,
    figures: &RunFigures,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "update run set rows = ?, bytes = ?, chunks = ?, failed = ?, skipped = ?, \
             snapshot_label = ? where number = ?",
        )?
        .execute(params![
            int(figures.rows),
            int(figures.bytes),
            figures.chunks,
            figures.failed,
            figures.skipped,
            figures.snapshot_label,
            run,
        ])?;
    Ok(())
}

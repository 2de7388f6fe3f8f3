//! Rejected rows in the engine: kept for workers before they commit, limited, written to files, and
//! read again when an operator asks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::control::Engine;
use super::incoming::{FromWorker, Inbox, Incoming};
use super::narrate::engine_note;
use crate::core::chunk::{ChunkId, RejectedRow};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{Actor, Command, Event, RejectRetry, Work, WorkerId};
use crate::core::mapping::BadRowPolicy;
use crate::core::plan::TableIndex;
use crate::core::spec::BadRows;
use crate::driver::RejectKeeper;
use crate::store::{RejectExport, RejectForm, RejectOwner};

/// Rejected rows read again by one chunk: few enough that halving them is nothing, and that a
/// statement which names their keys stays short.
const KEYS_PER_CHUNK: u32 = 200;
/// Between two times the files of one table are written while more rows come.
const FILES_INTERVAL: Duration = Duration::from_secs(2);

/// What the engine remembers of rejected rows beside the machine.
#[derive(Default)]
pub(super) struct RejectBook {
    /// Rows kept for chunks that workers hold: handout and how many.
    pending: BTreeMap<ChunkId, (u32, u64)>,
    /// Tables whose files are not what they should be.
    stale: BTreeSet<TableIndex>,
    written_at: Option<Instant>,
}

/// A worker's way to the engine.
pub(super) struct Keeper {
    pub(super) inbox: Inbox,
    pub(super) worker: WorkerId,
    pub(super) chunk: ChunkId,
    pub(super) attempt: u32,
}

/// Rows on their way to the file.
pub(super) struct Offered {
    pub(super) chunk: ChunkId,
    pub(super) attempt: u32,
    pub(super) rows: Vec<RejectedRow>,
    pub(super) answer: oneshot::Sender<Result<(), Fault>>,
}

#[async_trait]
impl RejectKeeper for Keeper {
    async fn keep(&self, rows: Vec<RejectedRow>) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let offered = Offered { chunk: self.chunk, attempt: self.attempt, rows, answer };
        let message = Incoming::Worker(self.worker, FromWorker::Rejected(Box::new(offered)));
        let gone =
            || Fault::new(FaultKind::Cancelled, Side::Engine, "the engine takes no rows any more");
        self.inbox.send(message).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Engine {
    /// Keeps rows that a worker put aside, or says why not: then its chunk fails.
    pub(super) fn on_rejected(&mut self, worker: WorkerId, offered: Offered) {
        let Offered { chunk, attempt, rows, answer } = offered;
        let outcome = self.keep_rejects(worker, chunk, attempt, &rows);
        // A worker that was cancelled meanwhile needs no answer.
        let _ = answer.send(outcome);
    }

    fn keep_rejects(
        &mut self,
        worker: WorkerId,
        chunk: ChunkId,
        attempt: u32,
        rows: &[RejectedRow],
    ) -> Result<(), Fault> {
        let held = matches!(self.job.busy.get(&worker),
            Some(Work::Chunk { chunk: held, attempt: now, .. })
                if *held == chunk && *now == attempt);
        if !held {
            let what = "the chunk was given to somebody else";
            return Err(Fault::new(FaultKind::Cancelled, Side::Engine, what));
        }
        if let Some(trouble) = &self.trouble {
            return Err(trouble.fault.clone());
        }
        let table = self.job.root_of(self.job.chunks[chunk.0 as usize].table);
        self.check_rules(table, rows)?;
        let more = rows.iter().filter(|row| !row.gone).count() as u64;
        let before = match self.rejects.pending.get(&chunk) {
            Some((handout, count)) if *handout == attempt => *count,
            Some(_) | None => 0,
        };
        self.check_limits(chunk, table, before + more)?;
        let owner = RejectOwner { table, chunk, handout: attempt };
        self.master.keep_rejects(owner, rows, self.clock.now())?;
        self.rejects.pending.insert(chunk, (attempt, before + more));
        Ok(())
    }

    /// A map rule may say `on_bad_row = "fail"` of a table or a column where the job rejects.
    fn check_rules(&self, table: TableIndex, rows: &[RejectedRow]) -> Result<(), Fault> {
        let plan = &self.tables[table.0 as usize];
        let named = |row: &RejectedRow| {
            let name = row.column.as_deref()?;
            plan.columns.iter().find(|c| c.name == name)
        };
        let forbids = |row: &&RejectedRow| {
            let column = named(row)
                .map(|c| (c.name.as_str(), c.source_declared.as_str(), &c.source_logical));
            let from = self.spec.source.dialect;
            self.spec.rules.on_bad_row(from, &plan.source, column) == Some(BadRowPolicy::Fail)
        };
        match rows.iter().filter(|row| !row.gone).find(forbids) {
            None => Ok(()),
            Some(row) => Err(Fault::new(
                FaultKind::RowRefused,
                Side::Target,
                format!("a row of {} was refused: {}", plan.source, row.message),
            )
            .with_hint(
                "A map rule says on_bad_row = \"fail\" here, so nothing of the chunk was kept.",
            )),
        }
    }

    /// May this chunk put `count` rows aside, besides what others have and what is rejected?
    fn check_limits(&self, chunk: ChunkId, table: TableIndex, count: u64) -> Result<(), Fault> {
        // Rows that were rejected before and are again are no more than there were.
        let is_retry = self.job.chunks[chunk.0 as usize].table != table;
        let BadRows::Reject { per_table, per_job } = self.job.bad_rows else {
            return match is_retry {
                true => Ok(()),
                false => Err(over_limit(&self.limit_text(table, 0))
                    .with_hint(self.limit_hint("--per-table"))),
            };
        };
        if is_retry {
            return Ok(());
        }
        let (mut of_table, mut of_job) = (0, 0);
        for (other, (_, waiting)) in self.rejects.pending.iter().filter(|(id, _)| **id != chunk) {
            let owner = self.job.chunks[other.0 as usize].table;
            let new = if self.job.root_of(owner) == owner { *waiting } else { 0 };
            of_job += new;
            of_table += if owner == table { new } else { 0 };
        }
        of_table += self.job.rejects_open(table) + count;
        of_job += self.job.progress().rows_rejected + count;
        if of_table > per_table {
            return Err(over_limit(&self.limit_text(table, per_table))
                .with_hint(self.limit_hint("--per-table")));
        }
        if of_job > per_job {
            let text = format!("more than {per_job} rows of the job are refused");
            return Err(over_limit(&text).with_hint(self.limit_hint("--per-job")));
        }
        Ok(())
    }

    fn limit_text(&self, table: TableIndex, limit: u64) -> String {
        let name = &self.tables[table.0 as usize].source;
        format!("more than {limit} rows of {name} are refused")
    }

    fn limit_hint(&self, which: &str) -> String {
        let job = &self.name;
        format!(
            "Mend the cause; or `tidegate rejects limit {job} {which} N` raises the limit. Then \
             `tidegate retry {job} --all` goes on."
        )
    }

    /// The book after an event; sees the machine after it.
    pub(super) fn follow_rejects(&mut self, event: &Event) {
        match event {
            Event::ChunkProcessed { chunk, rejects, .. } => {
                self.rejects.pending.remove(chunk);
                let table = self.job.chunks[chunk.0 as usize].table;
                if rejects.handout > 0 || self.job.root_of(table) != table {
                    self.mark_rejects(table);
                }
            }
            Event::ChunkReleased { chunk, .. } | Event::ChunkFailed { chunk, .. } => {
                self.rejects.pending.remove(chunk);
            }
            Event::ChunkRevoked { chunk } => {
                self.mark_rejects(self.job.chunks[chunk.0 as usize].table);
            }
            Event::TableBeginsAgain { table, .. } => self.mark_rejects(*table),
            Event::RejectsRetried { table, .. } => {
                let plan = self.tables[table.0 as usize].for_retry();
                self.tables.push(std::sync::Arc::new(plan));
                self.fill_board();
            }
            _ => {}
        }
    }

    fn mark_rejects(&mut self, table: TableIndex) {
        let root = self.job.root_of(table);
        self.rejects.stale.insert(root);
        // The table's own line shows the rows of its retries as well.
        self.dirty.insert(root.0);
    }

    /// A new engine writes every file again: the one before may have died in between.
    pub(super) fn recall_rejects(&mut self) -> Result<(), Fault> {
        self.rejects.stale = self.master.tables_with_rejects()?.into_iter().collect();
        Ok(())
    }

    /// Brings the files up to date, now and then while rows come and at once when `all`.
    pub(super) fn write_reject_files(&mut self, all: bool) {
        let wait = self.rejects.written_at.is_some_and(|at| at.elapsed() < FILES_INTERVAL);
        let saved = self.trouble.is_none() && self.unsaved.events.is_empty();
        if self.rejects.stale.is_empty() || !saved || (wait && !all) {
            return;
        }
        let directory = self.paths.job(&self.name).join("rejects");
        for table in std::mem::take(&mut self.rejects.stale) {
            let Some(plan) = self.tables.get(table.0 as usize).cloned() else { continue };
            let (name, key) = (&plan.source, &plan.key[..]);
            let export = RejectExport { table, name, key, directory: &directory };
            for form in [RejectForm::Bad, RejectForm::Ndjson] {
                if let Err(fault) = self.master.write_rejects(&export, form) {
                    let now = self.clock.now();
                    let text = format!("rejected rows of {name} are not in their file: {fault}");
                    self.tell(engine_note(now, "warn", text));
                }
            }
        }
        self.rejects.written_at = Some(Instant::now());
    }

    /// Reads rejected rows again: of one table, or of all that have some.
    pub(super) fn retry_rejects(
        &mut self,
        by: &Actor,
        table: Option<u32>,
    ) -> Result<String, String> {
        // The keys are picked in the file: it must have all that the machine knows.
        if !self.save_all() {
            return Err("progress cannot be saved now".to_owned());
        }
        let asked = table.map(|number| self.job_table(number)).transpose()?;
        let cannot = |fault: Fault| format!("the master table cannot be read: {fault}");
        let mut tables = Vec::new();
        let (mut named, mut unnamed) = (0, Vec::new());
        for found in self.master.retryable().map_err(cannot)? {
            if asked.is_some_and(|wanted| wanted != found.table) {
                continue;
            }
            let plan = &self.tables[found.table.0 as usize];
            if found.unnamed > 0 {
                unnamed.push(format!("{} of {}", found.unnamed, plan.source));
            }
            let (whole, rest) = (found.named / KEYS_PER_CHUNK, found.named % KEYS_PER_CHUNK);
            let mut batches = vec![KEYS_PER_CHUNK; whole as usize];
            batches.extend((rest > 0).then_some(rest));
            named += found.named;
            tables.push(RejectRetry { table: found.table, key: plan.key.clone(), batches });
        }
        tables.retain(|retry| !retry.batches.is_empty());
        let without_key = match unnamed.is_empty() {
            true => String::new(),
            false => format!(
                "; rejected rows without a key ({}) cannot be named: mend them and load the table \
                 again with `tidegate reload {} TABLE`",
                unnamed.join(", "),
                self.name
            ),
        };
        if tables.is_empty() {
            let nothing = "there is no rejected row to be read again";
            return Err(format!("{nothing}{without_key}"));
        }
        let count = tables.len();
        self.wish(by, Command::RetryRejects { tables })?;
        let rows = if named == 1 { "row" } else { "rows" };
        let of = if count == 1 { "table" } else { "tables" };
        let paused = match self.job.state.is_working() {
            true => String::new(),
            false => format!("; the job is {}: resume it", self.job.state.word()),
        };
        Ok(format!("{named} rejected {rows} of {count} {of} read again{without_key}{paused}"))
    }

    /// A table of the plan by its number.
    pub(super) fn job_table(&self, number: u32) -> Result<TableIndex, String> {
        let table = TableIndex(number);
        match self.job.tables.get(number as usize) {
            Some(_) => Ok(self.job.root_of(table)),
            None => Err(format!("there is no table number {number}")),
        }
    }

    /// Sets the limits: absent ones stay. `fail`: a bad row fails its chunk from now on.
    pub(super) fn set_bad_rows(
        &mut self,
        by: &Actor,
        fail: bool,
        per_table: Option<u64>,
        per_job: Option<u64>,
    ) -> Result<String, String> {
        use crate::core::spec::{REJECTS_PER_JOB_DEFAULT, REJECTS_PER_TABLE_DEFAULT};
        let (table_now, job_now) = match self.job.bad_rows {
            BadRows::Reject { per_table, per_job } => (per_table, per_job),
            BadRows::Fail => (REJECTS_PER_TABLE_DEFAULT, REJECTS_PER_JOB_DEFAULT),
        };
        let (table_limit, job_limit) = (per_table.unwrap_or(table_now), per_job.unwrap_or(job_now));
        // A table may not have more than the job: the one that was not said follows.
        let (table_limit, job_limit) = match (per_table, per_job) {
            (Some(table), None) => (table, std::cmp::max(table, job_limit)),
            (None, Some(job)) => (std::cmp::min(table_limit, job), job),
            _ => (table_limit, job_limit),
        };
        let want = match fail {
            true => BadRows::Fail,
            false => BadRows::Reject { per_table: table_limit, per_job: job_limit },
        };
        self.wish(by, Command::BadRows { want })
    }
}

fn over_limit(what: &str) -> Fault {
    Fault::new(FaultKind::RowRefused, Side::Engine, what).with_detail(
        "Nothing of this chunk was kept on the target; chunks that are done are safe, and the job \
         goes on with the others.",
    )
}

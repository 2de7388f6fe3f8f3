//! How the loop runs a verification: the machine is the copy's, and there is no ledger.
//!
//! Nothing is written, so nothing can be lost on the target: where a copy compares its file with
//! the ledger, a verification compares it with itself. What was compared stays compared; what a
//! dead engine held is compared again.

use std::sync::Arc;

use super::compare::Finding;
use super::control::Engine;
use super::incoming::{ConsoleId, Incoming, LedgerUse};
use super::worker::Task;
use crate::core::chunk::{ChunkId, Rejects};
use crate::core::fault::Fault;
use crate::core::job::{ChunkStatus, StepStatus};
use crate::core::plan::{DIFFERS, MEND_ROWS, StepId, TableIndex, TablePlan};
use crate::core::spec::JobKind;
use crate::driver::compare::{Comparer, Comparison, FreshSessions, MendWhat, RowValues};
use crate::driver::pipe::{Unlimited, WorkGauge};
use crate::driver::{LedgerKey, LedgerRow};
use crate::protocol::convert::{ComparedFigures, compared_view, difference_view, with_values};
use crate::protocol::{ComparedView, DifferenceView, Reply};
use crate::store::{Compared, ComparedSums, ROWS_KEPT_PER_TABLE};

/// Rows whose values are read for one request.
const VALUES_MAX: u32 = 200;

impl Engine {
    pub(super) fn verifies(&self) -> bool {
        self.spec.kind == JobKind::Verify
    }

    /// In place of the target's ledger: what the file itself has.
    pub(super) fn recall_own_work(&mut self, purpose: LedgerUse) {
        if std::mem::replace(&mut self.under_way.ledger, true) {
            return;
        }
        let chunks = (0..).zip(&self.job.chunks);
        let compared = chunks.filter(|(_, chunk)| chunk.status == ChunkStatus::Processed);
        let mut rows: Vec<LedgerRow> = compared
            .map(|(id, chunk)| LedgerRow {
                key: LedgerKey::Chunk(id),
                rows: chunk.rows,
                rejects: chunk.rejects,
            })
            .collect();
        let steps = (0..).zip(&self.job.step_standings);
        let done = steps.filter(|(_, standing)| standing.status == StepStatus::Done);
        rows.extend(done.map(|(id, _)| LedgerRow {
            key: LedgerKey::Step(id),
            rows: 0,
            rejects: Rejects::default(),
        }));
        let (inbox, doubts) = (self.inbox(), self.job.doubts());
        tokio::spawn(async move {
            let outcome = Ok(Some(rows));
            let _ = inbox.send(Incoming::LedgerRead { purpose, doubts, outcome }).await;
        });
    }

    /// One chunk on both sides.
    fn comparison(&self, chunk: ChunkId) -> Result<Comparison, Fault> {
        let held = &self.job.chunks[chunk.0 as usize];
        let plan = &self.tables[held.table.0 as usize];
        let ends = (self.spec.source.dialect, self.spec.target.dialect);
        let range = self.master.range(chunk)?;
        Ok(Comparison::of(plan, range, LedgerKey::Chunk(chunk.0), ends))
    }

    pub(super) fn compare_order(&self, chunk: ChunkId, attempt: u32) -> Result<Task, Fault> {
        let comparison = Box::new(self.comparison(chunk)?);
        Ok(Task::Compare { chunk, attempt, comparison })
    }

    pub(super) fn mend_order(&self, step: StepId, attempt: u32) -> Result<Task, Fault> {
        let planned = self.job.step(step);
        let first = planned.statements.first().map(String::as_str);
        let what = if first == Some(MEND_ROWS) { MendWhat::Rows } else { MendWhat::Extra };
        let differing = match planned.table {
            Some(table) => self.master.differing_chunks(table)?,
            None => Vec::new(),
        };
        let chunks: Result<Vec<_>, Fault> =
            differing.into_iter().map(|id| Ok((id, self.comparison(id)?))).collect();
        Ok(Task::Mend { step, attempt, what, chunks: chunks? })
    }

    /// Keeps what a worker found until this round is saved.
    pub(super) fn on_compared(&mut self, finding: Finding) {
        let Some(chunk) = self.job.chunks.get(finding.chunk.0 as usize) else { return };
        let table = chunk.table;
        self.dirty.insert(table.0);
        if finding.outcome.differs() || finding.mended {
            let note = self.told_of(table, &finding);
            self.tell(note);
        }
        self.unsaved.compared.push(Compared {
            chunk: finding.chunk,
            table,
            at: self.clock.now(),
            outcome: finding.outcome,
            mended: finding.mended,
        });
    }

    fn told_of(&self, table: TableIndex, finding: &Finding) -> crate::store::Note {
        let plan: &TablePlan = &self.tables[table.0 as usize];
        let first = self.job.tables[table.0 as usize].first_chunk.0;
        let name = format!("{} #{}", plan.source, finding.chunk.0 - first + 1);
        let outcome = &finding.outcome;
        let (level, text) = if outcome.differs() {
            let least = if outcome.at_least { "at least " } else { "" };
            let text = format!(
                "{name} differs: {least}{} missing, {} extra, {} different",
                outcome.missing, outcome.extra, outcome.different
            );
            ("warn", text)
        } else {
            ("info", format!("{name} is repaired"))
        };
        let mut note = super::narrate::engine_note(self.clock.now(), level, text);
        note.kind = "verify";
        note
    }

    /// Saves what was compared, before the chunks themselves are saved as compared.
    pub(super) fn save_compared(&mut self) -> Result<(), Fault> {
        if self.unsaved.compared.is_empty() {
            return Ok(());
        }
        self.master.record_compared(&self.unsaved.compared)?;
        self.unsaved.compared.clear();
        self.recount_compared()
    }

    /// Differing rows of a table as they were kept.
    pub(super) fn differences(&self, table: u32, limit: u32) -> Result<Reply, Fault> {
        let limit = limit.clamp(0, ROWS_KEPT_PER_TABLE);
        let Some(plan) = self.tables.get(table as usize) else { return Ok(no_table(table)) };
        let rows = self.master.compared_rows(Some(TableIndex(table)), 0, limit)?;
        let rows = rows.iter().map(|row| difference_view(plan, row.number, &row.difference));
        Ok(Reply::Differences { table, rows: rows.collect() })
    }

    /// Reads differing rows of a table again, with their values. `None`: the answer follows.
    pub(super) fn read_values(
        &self,
        (console, request): (ConsoleId, u64),
        table: u32,
        limit: u32,
    ) -> Option<Reply> {
        let Some(plan) = self.tables.get(table as usize).cloned() else {
            return Some(no_table(table));
        };
        let refused = |message: String| Some(Reply::Refused { message });
        let Some(mirror) = self.databases.mirror.clone() else {
            return refused("this job compares nothing".to_owned());
        };
        let chunks: Result<Vec<_>, Fault> = self
            .master
            .differing_chunks(TableIndex(table))
            .and_then(|list| list.into_iter().map(|id| Ok((id, self.comparison(id)?))).collect());
        let chunks = match chunks {
            Ok(chunks) => chunks,
            Err(fault) => return refused(fault.to_string()),
        };
        let first = self.job.tables[table as usize].first_chunk.0;
        let (source, inbox) = (self.databases.source.clone(), self.inbox());
        tokio::spawn(async move {
            let reading = async {
                let mut rows = Vec::new();
                for (id, comparison) in chunks {
                    let left = (limit.clamp(0, VALUES_MAX) as usize).saturating_sub(rows.len());
                    if left == 0 {
                        break;
                    }
                    let comparer = Comparer {
                        comparison,
                        throttle: Arc::new(Unlimited),
                        gauge: Arc::new(WorkGauge::default()),
                    };
                    let mut fresh = FreshSessions::open(&*source, &*mirror).await?;
                    let found = comparer.values(&mut fresh, left).await?;
                    let number = id.0 - first + 1;
                    rows.extend(found.iter().map(|row| values_view(&plan, number, row)));
                }
                Ok::<_, Fault>(rows)
            };
            let reply = match reading.await {
                Ok(rows) => Reply::Differences { table, rows },
                Err(fault) => Reply::Refused { message: format!("no values: {fault}") },
            };
            let reply = Box::new(reply);
            let _ = inbox.send(Incoming::ValuesRead { console, request, reply }).await;
        });
        None
    }

    /// The sums of all tables, from the file.
    pub(super) fn recount_compared(&mut self) -> Result<(), Fault> {
        if self.verifies() {
            self.compared = self.master.compared_sums()?;
        }
        Ok(())
    }

    /// One table's figures, for its view.
    pub(super) fn compared_of(&self, table: u32) -> Option<ComparedView> {
        let sums = self.compared.get(&TableIndex(table)).copied().unwrap_or_default();
        self.verifies().then(|| compared_view([figures_of(&sums)], 0))
    }

    /// The job's figures.
    pub(super) fn compared_in_all(&self) -> Option<ComparedView> {
        let shape = self.plan.findings.iter().filter(|f| f.topic == DIFFERS).count();
        self.verifies().then(|| compared_view(self.compared.values().map(figures_of), shape))
    }
}

/// The file's sums as the views want them.
fn figures_of(sums: &ComparedSums) -> ComparedFigures {
    ComparedFigures {
        equal: sums.equal,
        differ: sums.differ,
        repaired: sums.mended,
        source_rows: sums.source_rows,
        target_rows: sums.target_rows,
        missing: sums.missing,
        extra: sums.extra,
        different: sums.different,
        at_least: sums.at_least,
    }
}

fn no_table(table: u32) -> Reply {
    Reply::Refused { message: format!("there is no table number {table}") }
}

fn values_view(plan: &TablePlan, chunk: u32, row: &RowValues) -> DifferenceView {
    let view = difference_view(plan, chunk, &row.difference);
    with_values(plan, view, row.source.as_deref(), row.target.as_deref())
}

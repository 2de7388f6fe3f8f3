//! How the loop runs a verification: the machine is the copy's, and there is no ledger.
//!
//! Nothing is written, so nothing can be lost on the target: where a copy compares its file with
//! the ledger, a verification compares it with itself. What was compared stays compared; what a
//! dead engine held is compared again.

use super::compare::Finding;
use super::control::Engine;
use super::incoming::{Incoming, LedgerUse};
use super::worker::Task;
use crate::core::chunk::ChunkId;
use crate::core::fault::Fault;
use crate::core::job::{ChunkStatus, StepStatus};
use crate::core::plan::{DIFFERS, MEND_ROWS, StepId, TableIndex, TablePlan};
use crate::core::spec::JobKind;
use crate::driver::compare::{Comparison, MendWhat};
use crate::driver::{LedgerKey, LedgerRow};
use crate::protocol::ComparedView;
use crate::protocol::convert::{ComparedFigures, compared_view};
use crate::store::{Compared, ComparedSums};

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
            .map(|(id, chunk)| LedgerRow { key: LedgerKey::Chunk(id), rows: chunk.rows })
            .collect();
        let steps = (0..).zip(&self.job.step_standings);
        let done = steps.filter(|(_, standing)| standing.status == StepStatus::Done);
        rows.extend(done.map(|(id, _)| LedgerRow { key: LedgerKey::Step(id), rows: 0 }));
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

//! Sums over chunks and steps: what the screens and exit codes are made of.

use super::super::plan::{StepKind, TableIndex};
use super::index::{STEP_KINDS, StepCounts, Tally};
use super::state::Job;

/// Done + running + left + failed + skipped = total, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub chunks_done: u32,
    pub chunks_running: u32,
    pub chunks_left: u32,
    pub chunks_failed: u32,
    pub chunks_skipped: u32,
    pub rows_done: u64,
    pub rows_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// Rejected rows that are not on the target.
    pub rows_rejected: u64,
    /// Steps other than loads: those are their chunks.
    pub steps_done: u32,
    pub steps_running: u32,
    pub steps_total: u32,
    pub steps_failed: u32,
    /// Failed, but nothing needs them: a warning.
    pub steps_warned: u32,
}

/// The same for one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableProgress {
    pub table: TableIndex,
    pub chunks: Progress,
}

/// Steps of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    pub kind: StepKind,
    pub done: u32,
    pub running: u32,
    pub failed: u32,
    /// Failed, but nothing needs them.
    pub warned: u32,
    pub total: u32,
}

impl Job {
    /// The sums of the whole job. Kept up with every change, never counted anew.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = of_tally(&self.index.total);
        for (counts, kind) in self.index.step_counts.iter().zip(STEP_KINDS) {
            if kind != StepKind::Load {
                progress.steps_done += counts.done + counts.skipped;
                progress.steps_running += counts.running;
                progress.steps_failed += counts.failed;
                progress.steps_warned += counts.warned;
                progress.steps_total += counts.total();
            }
        }
        progress
    }

    #[must_use]
    pub fn table_progress(&self, table: TableIndex) -> TableProgress {
        let mut chunks = of_tally(&self.index.tallies[table.0 as usize]);
        chunks.rows_rejected = self.rejects_open(table);
        TableProgress { table, chunks }
    }

    /// Rejected rows of a table that are not on the target, whoever met them; none for a retry,
    /// whose rows are its table's.
    #[must_use]
    pub fn rejects_open(&self, table: TableIndex) -> u64 {
        if self.root_of(table) != table {
            return 0;
        }
        let mut sum = Tally::default();
        for member in self.family(table) {
            let tally = &self.index.tallies[member.0 as usize];
            sum.rejected += tally.rejected;
            sum.taken_up += tally.taken_up;
        }
        sum.rejects_open()
    }

    /// Kinds of steps that the plan has, in the order of the work.
    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        let of_kind = |(counts, kind): (&StepCounts, StepKind)| match kind {
            StepKind::Load => self.load_phase(),
            StepKind::Ddl
            | StepKind::Truncate
            | StepKind::Index
            | StepKind::Constraint
            | StepKind::Sequence
            | StepKind::LargeObjects
            | StepKind::Refresh
            | StepKind::Analyse
            | StepKind::Mend => Phase {
                kind,
                done: counts.done + counts.skipped,
                running: counts.running,
                failed: counts.failed,
                warned: counts.warned,
                total: counts.total(),
            },
        };
        let phases = self.index.step_counts.iter().zip(STEP_KINDS).map(of_kind);
        phases.filter(|phase| phase.total > 0).collect()
    }

    fn loads(&self) -> impl Iterator<Item = TableIndex> {
        let tables = (0..).map(TableIndex).take(self.tables.len());
        tables.filter(|table| self.index.is_loaded(*table))
    }

    /// Tables: done when every chunk is in or skipped, failed when all are settled and some failed.
    fn load_phase(&self) -> Phase {
        let mut phase =
            Phase { kind: StepKind::Load, done: 0, running: 0, failed: 0, warned: 0, total: 0 };
        for tally in self.loads().map(|table| &self.index.tallies[table.0 as usize]) {
            phase.total += 1;
            match (tally.unsettled(), tally.failed) {
                (0, 0) => phase.done += 1,
                (0, _) => phase.failed += 1,
                _ if tally.running > 0 => phase.running += 1,
                _ => {}
            }
        }
        phase
    }
}

fn of_tally(tally: &Tally) -> Progress {
    Progress {
        chunks_done: tally.done,
        chunks_running: tally.running,
        chunks_left: tally.left,
        chunks_failed: tally.failed,
        chunks_skipped: tally.skipped,
        rows_done: tally.rows_done,
        rows_total: tally.rows_total,
        bytes_done: tally.bytes_done,
        bytes_total: tally.bytes_total,
        rows_rejected: tally.rejects_open(),
        ..Progress::default()
    }
}

//! Sums over chunks and steps: what the screens and exit codes are made of.

use super::super::plan::{StepKind, TableIndex};
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
    pub steps_done: u32,
    pub steps_total: u32,
    pub steps_failed: u32,
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
    pub total: u32,
}

impl Job {
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress::default()
    }

    #[must_use]
    pub fn table_progress(&self, table: TableIndex) -> TableProgress {
        TableProgress { table, chunks: Progress::default() }
    }

    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        Vec::new()
    }
}

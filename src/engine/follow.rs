//! What the engine does about an event besides saving it, and the board of table views.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::control::Engine;
use super::gauge::Moved;
use super::narrate::engine_note;
use super::worker::SnapshotRef;
use super::workers::Standing;
use crate::core::chunk::ChunkId;
use crate::core::fault::Fault;
use crate::core::job::{Actor, Event, HoldReason, JobState, Work, WorkerId};
use crate::core::plan::TableIndex;
use crate::core::time::Timestamp;
use crate::protocol::TableView;
use crate::protocol::convert::{Moving, log_line, table_view};

/// Lines of the story that a new engine shows again.
const LINES_RECALLED: u32 = 50;

impl Engine {
    /// Keeps what surrounds the machine in step with it. Sees the machine after the event.
    pub(super) fn follow(&mut self, at: Timestamp, event: &Event) {
        self.follow_rejects(event);
        match event {
            Event::StateChanged { from, to, by, reason } => {
                // What follows by itself from a wish was still the wish of whoever had it.
                let follows = by.is_none() && reason.is_none() && !to.is_working();
                if !follows || self.state_by.is_none() {
                    self.state_by = Some((by.clone(), at, reason.clone()));
                }
                self.follow_state(at, *from, *to);
            }
            Event::RateSet { to, by, .. } => {
                self.throttle.set_rate(*to);
                self.rate_by = Some((by.clone(), at));
            }
            Event::ChunkProcessed { chunk, worker, rows, bytes, .. } => {
                if worker.is_some() {
                    self.figures.chunks += 1;
                    self.figures.rows += rows;
                    self.figures.bytes += bytes.unwrap_or(0);
                }
                self.touch_chunk(*chunk, at);
            }
            Event::ChunkFailed { chunk, .. } => {
                self.figures.failed += 1;
                self.touch_chunk(*chunk, at);
            }
            Event::ChunkSkipped { chunk, .. } => {
                self.figures.skipped += 1;
                self.touch_chunk(*chunk, at);
            }
            Event::ChunkAssigned { chunk, .. }
            | Event::ChunkReleased { chunk, .. }
            | Event::ChunkRetried { chunk, .. }
            | Event::ChunkRevoked { chunk } => self.touch_chunk(*chunk, at),
            Event::TableBeginsAgain { table, .. } | Event::TableEmptied { table } => {
                self.touch(table.0, at);
            }
            Event::SnapshotOpened { number, label } => {
                self.snapshots.push((at, label.clone()));
                self.figures.snapshot_label = Some(label.clone());
                self.snapshot = self.opened.take().map(|(snapshot, twin)| SnapshotRef {
                    number: *number,
                    snapshot,
                    twin,
                });
            }
            Event::SnapshotClosed { .. } => self.snapshot = None,
            Event::HoldSet { hold } => self.follow_hold(hold.reason),
            Event::ThreadsSet { .. }
            | Event::ThreadsMaxSet { .. }
            | Event::IndexWorkersSet { .. }
            | Event::BadRowsSet { .. }
            | Event::RejectsRetried { .. }
            | Event::StepStarted { .. }
            | Event::StepDone { .. }
            | Event::StepReleased { .. }
            | Event::StepFailed { .. }
            | Event::StepRetried { .. }
            | Event::StepRevoked { .. }
            | Event::BeginAgainAssigned { .. }
            | Event::BeginAgainReleased { .. }
            | Event::Reconciled { .. }
            | Event::HoldLifted { .. }
            | Event::TrustLost { .. }
            | Event::FinalCheckDone
            | Event::CleanedUp
            | Event::EngineStarted => {}
        }
    }

    fn follow_state(&mut self, at: Timestamp, from: JobState, to: JobState) {
        match to {
            JobState::Executing => {
                self.started_at.get_or_insert(at);
                self.ended_at = None;
                if !from.is_working() {
                    self.gauge.restart();
                }
            }
            JobState::Completed => {
                self.ended_at = Some(at);
                self.snapshot = None;
            }
            JobState::Stopped => {
                self.snapshot = None;
                self.stopped_here = true;
            }
            JobState::Stopping => {
                let all: Vec<WorkerId> = self.workers.iter().map(|(id, _)| id).collect();
                all.into_iter().for_each(|id| self.workers.cancel(id));
            }
            // A file that is being read cannot be repaired: whoever reads goes.
            JobState::Completing if self.verifies() => {
                self.snapshot = None;
                let idle = self.workers.idle();
                idle.copy.into_iter().for_each(|id| self.workers.let_go(id));
            }
            JobState::Defining
            | JobState::StopPending { .. }
            | JobState::Idling
            | JobState::Completing => {}
        }
    }

    /// Sessions to a lost server are dead whether they know it or not.
    fn follow_hold(&mut self, reason: HoldReason) {
        if !matches!(reason, HoldReason::ServerLost(_)) {
            return;
        }
        let idle = self.workers.idle();
        for id in idle.copy.into_iter().chain(idle.build) {
            self.workers.let_go(id);
        }
    }

    fn touch_chunk(&mut self, chunk: ChunkId, at: Timestamp) {
        self.touch(self.job.chunks[chunk.0 as usize].table.0, at);
    }

    fn touch(&mut self, table: u32, at: Timestamp) {
        self.dirty.insert(table);
        if let Some(changed) = self.changed_at.get_mut(table as usize) {
            *changed = at;
        }
    }

    /// The story so far, for the log pane of a new engine.
    pub(super) fn recall_story(&mut self) -> Result<(), Fault> {
        self.snapshots = self.master.snapshots()?;
        for row in self.master.events(LINES_RECALLED)? {
            let by = row.user.map(|user| Actor { user, tty: row.tty.unwrap_or_default() });
            self.publisher.add_log(log_line(row.at, by.as_ref(), &row.level, &row.text));
            match (row.kind.as_str(), by) {
                ("rate", Some(by)) => self.rate_by = Some((by, row.at)),
                ("state", Some(by)) => self.state_by = Some((Some(by), row.at, None)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Every table's view, after loading and after planning.
    pub(super) fn fill_board(&mut self) {
        let now = self.clock.now();
        self.changed_at = vec![now; self.tables.len()];
        let views = (0..).zip(&self.tables).map(|(number, plan)| {
            let view = table_view(&self.job, TableIndex(number), plan, Moving::default(), now);
            TableView { compared: self.compared_of(number), ..view }
        });
        let views: Vec<TableView> = views.collect();
        self.publisher.replace_tables(views);
        self.dirty.clear();
    }

    /// Looks at the workers' gauges and brings the board up to date.
    pub(super) fn sample(&mut self) {
        let now = self.clock.now();
        let mut moving: std::collections::BTreeMap<u32, Moving> = std::collections::BTreeMap::new();
        let mut sum = Moved { rows: self.figures.rows, bytes: self.figures.bytes };
        for (_, handle) in self.workers.iter_mut() {
            let (rows, bytes, _) = handle.gauge.read();
            let Standing::Busy(Work::Chunk { chunk, .. }) = handle.standing else { continue };
            sum.rows += rows;
            sum.bytes += bytes;
            let held = now.since_ms(handle.since);
            handle.bytes_per_s = (bytes * 1_000).checked_div(held).unwrap_or(0);
            let table = self.job.chunks[chunk.0 as usize].table.0;
            let entry = moving.entry(table).or_default();
            entry.rows += rows;
            entry.bytes += bytes;
            entry.bytes_per_s += handle.bytes_per_s;
        }
        if self.job.state.is_working() || !moving.is_empty() {
            self.gauge.sample(now, sum);
        }
        self.refresh_board(&moving, now);
    }

    fn refresh_board(&mut self, moving: &std::collections::BTreeMap<u32, Moving>, now: Timestamp) {
        let mut again: BTreeSet<u32> = std::mem::take(&mut self.dirty);
        again.extend(moving.keys());
        for number in again {
            let Some(plan) = self.tables.get(number as usize).map(Arc::clone) else { continue };
            let moves = moving.get(&number).copied().unwrap_or_default();
            // It moves no more when its worker is done: look once more at the next round.
            if moves != Moving::default() {
                self.dirty.insert(number);
            }
            let changed = self.changed_at.get(number as usize).copied().unwrap_or(now);
            let view = table_view(&self.job, TableIndex(number), &plan, moves, changed);
            let view = TableView { compared: self.compared_of(number), ..view };
            let Some(before) = self.publisher.update_table(view) else { continue };
            let view = &self.publisher.tables()[number as usize];
            if is_over(view) && !is_over(&before) {
                let mut note = engine_note(now, "info", end_of_table(view));
                note.kind = "table";
                self.tell(note);
            }
        }
    }
}

/// Nothing of the table is left to be copied.
fn is_over(table: &TableView) -> bool {
    let settled = table.chunks_done + table.chunks_failed + table.chunks_skipped;
    table.chunks_total > 0 && settled == table.chunks_total
}

/// `crm.regions done, 88 rows, 1 chunk`.
fn end_of_table(table: &TableView) -> String {
    let noun = if table.chunks_total == 1 { "chunk" } else { "chunks" };
    let but = match (table.chunks_failed, table.chunks_skipped) {
        (0, 0) => String::new(),
        (failed, 0) => format!(", {failed} failed"),
        (0, skipped) => format!(", {skipped} skipped"),
        (failed, skipped) => format!(", {failed} failed, {skipped} skipped"),
    };
    let (name, rows, chunks) = (&table.name, table.rows_done, table.chunks_total);
    format!("{name} done, {rows} rows, {chunks} {noun}{but}")
}

//! What follows from the stored parts, kept up with every change so that no question scans all
//! chunks: sums, what is ready, which tables may be loaded, who locks what.
//!
//! Everything here is a function of the job's public parts: a restored job computes the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::chunk::ChunkId;
use super::super::plan::{IN_PLAN_ORDER, LockMode, Section, Step, StepId, StepKind, TableIndex};
use super::super::time::Timestamp;
use super::state::{Chunk, ChunkStatus, Job, StepStatus};

/// Sums over chunks, of one table or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub left: u32,
    pub running: u32,
    pub done: u32,
    pub failed: u32,
    pub skipped: u32,
    pub rows_done: u64,
    pub rows_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// Unassigned without a moment to wait for.
    pub ready: u32,
    pub ready_bytes: u64,
    /// Rows put aside by processed chunks, and rejected rows that processed retries took up.
    pub rejected: u64,
    pub taken_up: u64,
}

impl Tally {
    fn class(&mut self, status: ChunkStatus) -> &mut u32 {
        match status {
            ChunkStatus::Unassigned => &mut self.left,
            ChunkStatus::Assigned => &mut self.running,
            ChunkStatus::Processed => &mut self.done,
            ChunkStatus::ProcessedWithError => &mut self.failed,
            ChunkStatus::Skipped => &mut self.skipped,
        }
    }

    fn add(&mut self, chunk: &Chunk) {
        *self.class(chunk.status) += 1;
        self.rows_total += chunk.rows;
        self.bytes_total += chunk.bytes;
        if chunk.status == ChunkStatus::Processed {
            self.rows_done += chunk.rows;
            self.bytes_done += chunk.bytes;
            self.rejected += u64::from(chunk.rejects.count);
            self.taken_up += u64::from(chunk.keys);
        }
        if is_ready(chunk) {
            self.ready += 1;
            self.ready_bytes += chunk.bytes;
        }
    }

    fn remove(&mut self, chunk: &Chunk) {
        *self.class(chunk.status) -= 1;
        self.rows_total -= chunk.rows;
        self.bytes_total -= chunk.bytes;
        if chunk.status == ChunkStatus::Processed {
            self.rows_done -= chunk.rows;
            self.bytes_done -= chunk.bytes;
            self.rejected -= u64::from(chunk.rejects.count);
            self.taken_up -= u64::from(chunk.keys);
        }
        if is_ready(chunk) {
            self.ready -= 1;
            self.ready_bytes -= chunk.bytes;
        }
    }

    /// Rejected rows that are not on the target.
    pub(super) fn rejects_open(&self) -> u64 {
        self.rejected.saturating_sub(self.taken_up)
    }

    /// Chunks that something may still happen to.
    pub(super) fn unsettled(&self) -> u32 {
        self.left + self.running
    }
}

fn is_ready(chunk: &Chunk) -> bool {
    chunk.status == ChunkStatus::Unassigned && chunk.not_before.is_none()
}

/// How much a table wants one more worker: its bytes left, shared among those it has. The largest
/// table gets several workers, and a small one gets its turn.
fn urgency(ready_bytes: u64, running: u32) -> u64 {
    ready_bytes / (u64::from(running) + 1)
}

/// What a table stands for in the queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Listing {
    /// Its key in `loadable`.
    urgency: Option<u64>,
    /// Counted in `open_tables`.
    open: bool,
}

/// Steps of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StepCounts {
    pub waiting: u32,
    pub running: u32,
    pub done: u32,
    pub failed: u32,
    /// Failed, but nothing needs them.
    pub warned: u32,
    pub skipped: u32,
}

impl StepCounts {
    fn class(&mut self, status: StepStatus, optional: bool) -> &mut u32 {
        match status {
            StepStatus::Waiting => &mut self.waiting,
            StepStatus::Running(_) => &mut self.running,
            StepStatus::Done => &mut self.done,
            StepStatus::Failed if optional => &mut self.warned,
            StepStatus::Failed => &mut self.failed,
            StepStatus::Skipped => &mut self.skipped,
        }
    }

    pub(super) fn total(&self) -> u32 {
        self.waiting + self.running + self.done + self.failed + self.warned + self.skipped
    }
}

/// Every kind, in the order in which people read phases.
pub(super) const STEP_KINDS: [StepKind; 10] = [
    StepKind::Ddl,
    StepKind::Truncate,
    StepKind::Load,
    StepKind::LargeObjects,
    StepKind::Index,
    StepKind::Constraint,
    StepKind::Sequence,
    StepKind::Refresh,
    StepKind::Analyse,
    StepKind::Mend,
];

/// Position of a kind in [`STEP_KINDS`].
pub(super) fn kind_number(kind: StepKind) -> usize {
    match kind {
        StepKind::Ddl => 0,
        StepKind::Truncate => 1,
        StepKind::Load => 2,
        StepKind::LargeObjects => 3,
        StepKind::Index => 4,
        StepKind::Constraint => 5,
        StepKind::Sequence => 6,
        StepKind::Refresh => 7,
        StepKind::Analyse => 8,
        StepKind::Mend => 9,
    }
}

/// Do build workers take it?
pub(super) fn is_build(kind: StepKind) -> bool {
    match kind {
        StepKind::Index | StepKind::Constraint => true,
        StepKind::Ddl
        | StepKind::Truncate
        | StepKind::Load
        | StepKind::Sequence
        | StepKind::LargeObjects
        | StepKind::Refresh
        | StepKind::Analyse
        | StepKind::Mend => false,
    }
}

/// Does it read from the snapshot?
pub(super) fn needs_source(kind: StepKind) -> bool {
    match kind {
        StepKind::Load | StepKind::Sequence | StepKind::LargeObjects => true,
        StepKind::Ddl
        | StepKind::Truncate
        | StepKind::Index
        | StepKind::Constraint
        | StepKind::Refresh
        | StepKind::Analyse
        | StepKind::Mend => false,
    }
}

/// Must it be through before the job counts as completing? Large objects are data: they go first
/// because one worker takes long with them.
pub(super) fn is_early(step: &Step) -> bool {
    !is_build(step.kind) && (step.section == Section::PreData || needs_source_early(step.kind))
}

fn needs_source_early(kind: StepKind) -> bool {
    kind == StepKind::LargeObjects
}

/// Locks held on one table by steps that run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Locks {
    pub shared: u32,
    pub exclusive: u32,
}

impl Locks {
    pub(super) fn admits(self, mode: LockMode) -> bool {
        match mode {
            LockMode::Shared => self.exclusive == 0,
            LockMode::Exclusive => self.exclusive == 0 && self.shared == 0,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Index {
    /// Who waits for a step. Follows from the plan alone, as `load_of` does.
    dependents: Vec<Vec<StepId>>,
    load_of: Vec<Option<StepId>>,
    /// Waits of a step that are not over.
    waits_left: Vec<u32>,
    satisfied: Vec<bool>,
    listings: Vec<Listing>,
    pub tallies: Vec<Tally>,
    pub total: Tally,
    pub step_counts: [StepCounts; STEP_KINDS.len()],
    /// Unassigned chunks that need not wait for a moment.
    pub ready_chunks: BTreeSet<ChunkId>,
    /// Unassigned chunks that have to.
    pub delayed_chunks: BTreeSet<(Timestamp, ChunkId)>,
    pub delayed_steps: BTreeSet<(Timestamp, StepId)>,
    /// Tables with ready chunks that may be given out, by urgency.
    pub loadable: BTreeSet<(u64, Reverse<TableIndex>)>,
    /// Tables whose load may go on and has unassigned chunks.
    pub open_tables: u32,
    /// Tables that cannot go on under the present snapshot.
    pub stale: BTreeSet<TableIndex>,
    /// Waiting steps that wait for nothing, by who takes them and when.
    pub ready_early: BTreeSet<StepId>,
    pub ready_late: BTreeSet<StepId>,
    pub ready_build: BTreeSet<(Reverse<u64>, StepId)>,
    /// Those of them that read from the snapshot.
    pub ready_source: BTreeSet<StepId>,
    pub early_running: u32,
    pub locks: BTreeMap<TableIndex, Locks>,
}

impl Index {
    /// Does the plan load the table?
    pub(super) fn is_loaded(&self, table: TableIndex) -> bool {
        self.load_of[table.0 as usize].is_some()
    }
}

impl Job {
    /// Computes the index from nothing.
    pub(super) fn rebuild_index(&mut self) {
        let mut index = Index {
            dependents: vec![Vec::new(); self.steps.len()],
            load_of: vec![None; self.tables.len()],
            waits_left: vec![0; self.steps.len()],
            satisfied: vec![false; self.steps.len()],
            listings: vec![Listing::default(); self.tables.len()],
            tallies: vec![Tally::default(); self.tables.len()],
            ..Index::default()
        };
        for (step, id) in self.steps.iter().zip(0..) {
            for wait in &step.waits_for {
                index.dependents[wait.0 as usize].push(StepId(id));
                index.waits_left[id as usize] += 1;
            }
            if let (StepKind::Load, Some(table)) = (step.kind, step.table) {
                index.load_of[table.0 as usize].get_or_insert(StepId(id));
            }
        }
        for (chunk, id) in self.chunks.iter().zip(0..) {
            index.total.add(chunk);
            index.tallies[chunk.table.0 as usize].add(chunk);
            queue_chunk(&mut index, ChunkId(id), chunk);
        }
        self.index = index;
        for id in 0..self.steps.len() {
            let (step, standing) = (&self.steps[id], &self.step_standings[id]);
            let counts = &mut self.index.step_counts[kind_number(step.kind)];
            *counts.class(standing.status, step.optional) += 1;
            if let Some(moment) = standing.not_before {
                self.index.delayed_steps.insert((moment, StepId(id as u32)));
            }
        }
        for id in 0..self.steps.len() as u32 {
            self.refresh_step(StepId(id));
        }
        for table in 0..self.tables.len() as u32 {
            self.refresh_table(TableIndex(table));
        }
    }

    /// A table was added behind all others, with its chunks.
    pub(super) fn index_last_table(&mut self) {
        let table = TableIndex(self.tables.len() as u32 - 1);
        let first = self.tables[table.0 as usize].first_chunk.0;
        let index = &mut self.index;
        index.load_of.push(None);
        index.listings.push(Listing::default());
        index.tallies.push(Tally::default());
        for (id, chunk) in (first..).zip(&self.chunks[first as usize..]) {
            index.total.add(chunk);
            index.tallies[table.0 as usize].add(chunk);
            queue_chunk(index, ChunkId(id), chunk);
        }
        self.refresh_table(table);
    }

    /// Changes one chunk and everything that counts it. The table's queues are the caller's to
    /// refresh, once for many chunks.
    pub(super) fn change_chunk(&mut self, id: ChunkId, change: impl FnOnce(&mut Chunk)) {
        let chunk = &mut self.chunks[id.0 as usize];
        let before = *chunk;
        change(chunk);
        let after = *chunk;
        let index = &mut self.index;
        let tally = &mut index.tallies[after.table.0 as usize];
        tally.remove(&before);
        tally.add(&after);
        index.total.remove(&before);
        index.total.add(&after);
        if before.status == ChunkStatus::Unassigned {
            match before.not_before {
                None => index.ready_chunks.remove(&id),
                Some(moment) => index.delayed_chunks.remove(&(moment, id)),
            };
        }
        queue_chunk(index, id, &after);
    }

    /// Changes a step's status and everything that follows from it.
    pub(super) fn change_step(&mut self, id: StepId, status: StepStatus) {
        let step = &self.steps[id.0 as usize];
        let standing = &mut self.step_standings[id.0 as usize];
        let counts = &mut self.index.step_counts[kind_number(step.kind)];
        *counts.class(standing.status, step.optional) -= 1;
        *counts.class(status, step.optional) += 1;
        standing.status = status;
        self.refresh_step(id);
    }

    /// Puts a step into the queues it belongs to.
    fn refresh_step(&mut self, id: StepId) {
        let at = id.0 as usize;
        let step = &self.steps[at];
        if step.kind == StepKind::Load {
            if let Some(table) = step.table {
                self.refresh_table(table);
            }
            return;
        }
        let standing = self.step_standings[at];
        let index = &mut self.index;
        let ready = standing.status == StepStatus::Waiting && index.waits_left[at] == 0;
        if is_build(step.kind) {
            set_member(&mut index.ready_build, (Reverse(step.weight), id), ready);
        } else if is_early(step) {
            set_member(&mut index.ready_early, id, ready);
        } else {
            set_member(&mut index.ready_late, id, ready);
        }
        if needs_source(step.kind) {
            set_member(&mut index.ready_source, id, ready);
        }
        let satisfied = match standing.status {
            StepStatus::Done | StepStatus::Skipped => true,
            StepStatus::Failed => step.optional,
            StepStatus::Waiting | StepStatus::Running(_) => false,
        };
        self.set_satisfied(id, satisfied);
    }

    /// Says to those who wait for `id` whether they still have to.
    fn set_satisfied(&mut self, id: StepId, satisfied: bool) {
        let at = id.0 as usize;
        if self.index.satisfied[at] == satisfied {
            return;
        }
        self.index.satisfied[at] = satisfied;
        for number in 0..self.index.dependents[at].len() {
            let dependent = self.index.dependents[at][number];
            let waits = &mut self.index.waits_left[dependent.0 as usize];
            *waits = if satisfied { *waits - 1 } else { *waits + 1 };
            let edge = if satisfied { 0 } else { 1 };
            if *waits == edge {
                self.refresh_step(dependent);
            }
        }
    }

    /// Puts a table into the queues it belongs to.
    pub(super) fn refresh_table(&mut self, table: TableIndex) {
        let at = table.0 as usize;
        let status = &self.tables[at];
        let tally = self.index.tallies[at];
        let may_load = self.may_load(table);
        let stale = tally.left > 0
            && !status.begins_again
            && status.chunk_count > 1
            && status.method.is_positional()
            && status.snapshot != 0
            && status.snapshot != self.snapshots;
        let listed = may_load && tally.ready > 0 && !status.begins_again && !stale;
        let listing = Listing {
            urgency: listed.then(|| self.urgency_of(table, tally.ready_bytes, tally.running)),
            open: may_load && tally.left > 0,
        };
        let index = &mut self.index;
        let old = std::mem::replace(&mut index.listings[at], listing);
        if old.urgency != listing.urgency {
            if let Some(urgency) = old.urgency {
                index.loadable.remove(&(urgency, Reverse(table)));
            }
            if let Some(urgency) = listing.urgency {
                index.loadable.insert((urgency, Reverse(table)));
            }
        }
        index.open_tables = index.open_tables + u32::from(listing.open) - u32::from(old.open);
        set_member(&mut index.stale, table, stale);
        if let Some(load) = index.load_of[at] {
            self.set_satisfied(load, may_load && tally.unsettled() == 0);
        }
    }

    /// [`urgency`], or the same for every table where the plan's order decides.
    pub(super) fn urgency_of(&self, table: TableIndex, ready_bytes: u64, running: u32) -> u64 {
        let load = self.index.load_of[table.0 as usize];
        match load.map(|load| self.step(load).weight) {
            Some(IN_PLAN_ORDER) => 0,
            _ => urgency(ready_bytes, running),
        }
    }

    /// Is all over that the table's load waits for?
    pub(super) fn may_load(&self, table: TableIndex) -> bool {
        self.index.load_of[table.0 as usize]
            .is_none_or(|load| self.index.waits_left[load.0 as usize] == 0)
    }

    /// Keeps the moment a step waits for in its queue.
    pub(super) fn delay_step(&mut self, id: StepId, until: Option<Timestamp>) {
        let standing = &mut self.step_standings[id.0 as usize];
        if let Some(moment) = standing.not_before {
            self.index.delayed_steps.remove(&(moment, id));
        }
        standing.not_before = until;
        if let Some(moment) = until {
            self.index.delayed_steps.insert((moment, id));
        }
    }

    /// A worker began the step: it locks tables from now on.
    pub(super) fn take_locks(&mut self, id: StepId) {
        let step = &self.steps[id.0 as usize];
        for (table, mode) in &step.locks {
            let locks = self.index.locks.entry(*table).or_default();
            match mode {
                LockMode::Shared => locks.shared += 1,
                LockMode::Exclusive => locks.exclusive += 1,
            }
        }
        self.index.early_running += u32::from(is_early(step));
    }

    /// The worker no longer holds the step.
    pub(super) fn give_locks(&mut self, id: StepId) {
        let step = &self.steps[id.0 as usize];
        for (table, mode) in &step.locks {
            let locks = self.index.locks.entry(*table).or_default();
            match mode {
                LockMode::Shared => locks.shared -= 1,
                LockMode::Exclusive => locks.exclusive -= 1,
            }
            if *locks == Locks::default() {
                self.index.locks.remove(table);
            }
        }
        self.index.early_running -= u32::from(is_early(step));
    }
}

fn queue_chunk(index: &mut Index, id: ChunkId, chunk: &Chunk) {
    if chunk.status != ChunkStatus::Unassigned {
        return;
    }
    match chunk.not_before {
        None => index.ready_chunks.insert(id),
        Some(moment) => index.delayed_chunks.insert((moment, id)),
    };
}

fn set_member<T: Ord>(set: &mut BTreeSet<T>, item: T, member: bool) {
    if member {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}

//! What ought to be running and is not.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, btree_map, btree_set};

use super::super::chunk::ChunkId;
use super::super::plan::{LockMode, StepId, TableIndex};
use super::super::time::Timestamp;
use super::event::Event;
use super::hold::Reach;
use super::index::{Locks, needs_source};
use super::lately::Emptying;
use super::state::{Job, WorkerId};

/// Workers that could take work now, lowest first. The two pools are apart: the slider sets the
/// copy workers, `index_workers` the build workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdleWorkers {
    /// Take chunks and every step but indexes and constraints.
    pub copy: Vec<WorkerId>,
    /// Take indexes and constraints only.
    pub build: Vec<WorkerId>,
}

/// What a worker is given. `attempt` goes into its report, see [`super::Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Chunk {
        chunk: ChunkId,
        attempt: u32,
        /// Number of the snapshot it is to be read from: the one open now.
        snapshot: u32,
    },
    Step {
        step: StepId,
        attempt: u32,
    },
    /// Empty a table so that it can be loaded again.
    BeginAgain {
        table: TableIndex,
        attempt: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub worker: WorkerId,
    pub work: Work,
}

impl Job {
    /// Work for idle workers at `now`, by state and not by the last event, so that a lost effect is
    /// found again at the next look.
    #[must_use]
    pub fn assignments(&self, idle: &IdleWorkers, now: Timestamp) -> Vec<Assignment> {
        if !self.state.is_working() || !self.reconciled {
            return Vec::new();
        }
        let reach = self.reach(now);
        let most = match reach {
            Reach::Everything | Reach::TargetOnly => usize::MAX,
            Reach::OneTrial if self.busy.is_empty() => 1,
            Reach::OneTrial | Reach::Nothing => return Vec::new(),
        };
        let mut round = Round::new(self, reach, now);
        let mut assignments = Vec::new();
        let free = |worker: &&WorkerId| self.may_keep(**worker) && !self.busy.contains_key(worker);
        for worker in idle.copy.iter().filter(free).take(most) {
            let Some(work) = round.next_copy() else { break };
            assignments.push(Assignment { worker: *worker, work });
        }
        let left = most - assignments.len();
        for worker in idle.build.iter().filter(free).take(left) {
            let Some(work) = round.next_build() else { break };
            assignments.push(Assignment { worker: *worker, work });
        }
        assignments
    }

    /// The events that make `assignments` true; append and apply them before the workers begin.
    #[must_use]
    pub fn assignment_events(&self, assignments: &[Assignment]) -> Vec<Event> {
        let mut begun = BTreeSet::new();
        let event_of = |assignment: &Assignment| {
            let worker = assignment.worker;
            match assignment.work {
                Work::Chunk { chunk, attempt, snapshot } => {
                    let table = self.chunk(chunk).table;
                    let untouched = self.tables[table.0 as usize].snapshot == 0;
                    let begins_load = untouched && begun.insert(table);
                    Event::ChunkAssigned { chunk, worker, attempt, snapshot, begins_load }
                }
                Work::Step { step, attempt } => Event::StepStarted { step, worker, attempt },
                Work::BeginAgain { table, attempt } => {
                    Event::BeginAgainAssigned { table, worker, attempt }
                }
            }
        };
        assignments.iter().map(event_of).collect()
    }
}

/// All that is needed to pick work for several workers at once: what was picked already is taken
/// into account without changing the job.
struct Round<'a> {
    job: &'a Job,
    now: Timestamp,
    with_source: bool,
    emptyings: btree_map::Iter<'a, TableIndex, Emptying>,
    emptyings_given: u32,
    early: btree_set::Iter<'a, StepId>,
    late: btree_set::Iter<'a, StepId>,
    build: btree_set::Iter<'a, (Reverse<u64>, StepId)>,
    due_chunks: btree_set::Range<'a, (Timestamp, ChunkId)>,
    /// Tables that chunks were picked of in this round.
    picked: Vec<PickedTable>,
    /// Tables locked by steps picked in this round.
    locked: BTreeMap<TableIndex, Locks>,
}

/// A table's queue after the picks of this round.
#[derive(Clone, Copy, Debug)]
struct PickedTable {
    table: TableIndex,
    ready_bytes: u64,
    running: u32,
    /// The next ready chunk is at or after this one.
    next: ChunkId,
}

impl<'a> Round<'a> {
    fn new(job: &'a Job, reach: Reach, now: Timestamp) -> Round<'a> {
        let index = &job.index;
        Round {
            job,
            now,
            with_source: job.snapshot_open && reach != Reach::TargetOnly,
            emptyings: job.lately.emptyings.iter(),
            emptyings_given: job.lately.emptyings_given,
            early: index.ready_early.iter(),
            late: index.ready_late.iter(),
            build: index.ready_build.iter(),
            due_chunks: index.delayed_chunks.range(..=(now, ChunkId(u32::MAX))),
            picked: Vec::new(),
            locked: BTreeMap::new(),
        }
    }

    /// Tables to begin again, then what must be there before rows, then rows, then the rest.
    fn next_copy(&mut self) -> Option<Work> {
        self.next_emptying()
            .or_else(|| self.next_early())
            .or_else(|| self.next_chunk())
            .or_else(|| self.next_late())
    }

    fn next_emptying(&mut self) -> Option<Work> {
        let table = loop {
            let (table, emptying) = self.emptyings.next()?;
            if self.may_empty(*table, emptying) {
                break *table;
            }
        };
        // Nothing else on the table meanwhile.
        self.locked.entry(table).or_default().exclusive += 1;
        self.emptyings_given += 1;
        Some(Work::BeginAgain { table, attempt: self.emptyings_given })
    }

    fn may_empty(&self, table: TableIndex, emptying: &Emptying) -> bool {
        let tally = &self.job.index.tallies[table.0 as usize];
        let running = |member: TableIndex| self.job.index.tallies[member.0 as usize].running > 0;
        emptying.worker.is_none()
            && emptying.not_before.is_none_or(|moment| moment <= self.now)
            && !self.job.family(table).any(running)
            && tally.left > 0
            && self.job.may_load(table)
            && self.admits(table, LockMode::Exclusive)
    }

    fn next_early(&mut self) -> Option<Work> {
        while let Some(step) = self.early.next() {
            if let Some(work) = self.start(*step) {
                return Some(work);
            }
        }
        None
    }

    fn next_late(&mut self) -> Option<Work> {
        while let Some(step) = self.late.next() {
            if let Some(work) = self.start(*step) {
                return Some(work);
            }
        }
        None
    }

    /// The heaviest index or constraint that nothing is in the way of: the last to end decides
    /// when the job ends.
    fn next_build(&mut self) -> Option<Work> {
        while let Some((_, step)) = self.build.next() {
            if let Some(work) = self.start(*step) {
                return Some(work);
            }
        }
        None
    }

    /// Locks only grow within a round, so a step passed over once need not be looked at again.
    fn start(&mut self, id: StepId) -> Option<Work> {
        let (step, standing) = (self.job.step(id), self.job.standing(id));
        let startable = standing.not_before.is_none_or(|moment| moment <= self.now)
            && (self.with_source || !needs_source(step.kind))
            && step.locks.iter().all(|(table, mode)| self.admits(*table, *mode));
        if !startable {
            return None;
        }
        for (table, mode) in &step.locks {
            let locks = self.locked.entry(*table).or_default();
            match mode {
                LockMode::Shared => locks.shared += 1,
                LockMode::Exclusive => locks.exclusive += 1,
            }
        }
        Some(Work::Step { step: id, attempt: standing.handouts + 1 })
    }

    fn admits(&self, table: TableIndex, mode: LockMode) -> bool {
        let admitted_by = |locks: Option<&Locks>| locks.is_none_or(|locks| locks.admits(mode));
        let emptied =
            self.job.lately.emptyings.get(&table).is_some_and(|emptying| emptying.worker.is_some());
        !emptied
            && admitted_by(self.job.index.locks.get(&table))
            && admitted_by(self.locked.get(&table))
    }

    fn next_chunk(&mut self) -> Option<Work> {
        if !self.with_source {
            return None;
        }
        let chunk = self.next_due_chunk().or_else(|| self.next_ready_chunk())?;
        let attempt = self.job.chunk(chunk).handouts + 1;
        Some(Work::Chunk { chunk, attempt, snapshot: self.job.snapshots })
    }

    /// A chunk whose wait is over comes first: it has waited longest.
    fn next_due_chunk(&mut self) -> Option<ChunkId> {
        loop {
            let (_, chunk) = self.due_chunks.next()?;
            let table = self.job.chunk(*chunk).table;
            let loadable = self.job.may_load(table)
                && !self.job.tables[table.0 as usize].begins_again
                && !self.job.index.stale.contains(&table);
            if loadable {
                let mut picked = self.take_picked(table);
                picked.running += 1;
                self.picked.push(picked);
                return Some(*chunk);
            }
        }
    }

    /// The next chunk of the most urgent table.
    fn next_ready_chunk(&mut self) -> Option<ChunkId> {
        let of_picked = self.picked.iter().filter(|picked| self.ready_of(picked).is_some());
        let best_picked = of_picked
            .map(|picked| {
                let PickedTable { table, ready_bytes, running, .. } = *picked;
                (self.job.urgency_of(table, ready_bytes, running), Reverse(table))
            })
            .max();
        let is_picked = |table: TableIndex| self.picked.iter().any(|p| p.table == table);
        let mut untouched = self.job.index.loadable.iter().rev();
        let best_untouched = untouched.find(|(_, Reverse(table))| !is_picked(*table)).copied();
        // `None` is the least of all.
        let (_, Reverse(table)) = std::cmp::max(best_picked, best_untouched)?;
        let mut picked = self.take_picked(table);
        let chunk = self.ready_of(&picked)?;
        picked.ready_bytes -= self.job.chunk(chunk).bytes;
        picked.running += 1;
        picked.next = ChunkId(chunk.0 + 1);
        self.picked.push(picked);
        Some(chunk)
    }

    fn ready_of(&self, picked: &PickedTable) -> Option<ChunkId> {
        let status = &self.job.tables[picked.table.0 as usize];
        let end = ChunkId(status.first_chunk.0 + status.chunk_count);
        self.job.index.ready_chunks.range(picked.next..end).next().copied()
    }

    fn take_picked(&mut self, table: TableIndex) -> PickedTable {
        match self.picked.iter().position(|picked| picked.table == table) {
            Some(at) => self.picked.swap_remove(at),
            None => {
                let tally = &self.job.index.tallies[table.0 as usize];
                PickedTable {
                    table,
                    ready_bytes: tally.ready_bytes,
                    running: tally.running,
                    next: self.job.tables[table.0 as usize].first_chunk,
                }
            }
        }
    }
}

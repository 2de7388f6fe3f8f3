//! What must be true after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use super::kit::spec;
use super::world::World;
use tidegate::core::job::*;
use tidegate::core::plan::{LockMode, StepId, StepKind, TableIndex};

impl World {
    pub fn check(&self) {
        let job = &self.job;
        assert_eq!(job.parts(), self.rows, "the store's rows say the same as the job");
        let mut next = job.clone();
        next.apply(&Event::EngineStarted, self.now).expect("an engine may start any time");
        let restored = Job::restore(self.rows.clone());
        if next != restored {
            let (live, stored) = (format!("{next:#?}"), format!("{restored:#?}"));
            let lines = live.lines().zip(stored.lines());
            let first = lines.enumerate().find(|(_, (one, other))| one != other);
            panic!("a restored job differs from the live one: {first:?}\n{live}\n{stored}");
        }
        self.check_holders();
        self.check_sums();
        self.check_snapshots();
    }

    /// Everything held is held once, and known to be held.
    fn check_holders(&self) {
        let mut held = BTreeSet::new();
        for (worker, work) in &self.job.busy {
            match work {
                Work::Chunk { chunk, attempt, .. } => {
                    let row = &self.job.chunks[chunk.0 as usize];
                    assert_eq!(row.status, ChunkStatus::Assigned);
                    assert_eq!((row.worker, row.handouts), (Some(*worker), *attempt));
                    assert!(held.insert((0, chunk.0)), "chunk {} is held twice", chunk.0);
                }
                Work::Step { step, .. } => {
                    assert_eq!(self.job.standing(*step).status, StepStatus::Running(*worker));
                    assert!(held.insert((1, step.0)), "step {} is held twice", step.0);
                }
                Work::BeginAgain { table, .. } => {
                    assert!(self.job.tables[table.0 as usize].begins_again);
                    assert!(held.insert((2, table.0)), "table {} is emptied twice", table.0);
                }
            }
        }
        let assigned =
            self.job.chunks.iter().filter(|chunk| chunk.status == ChunkStatus::Assigned).count();
        let chunks_held = held.iter().filter(|(kind, _)| *kind == 0).count();
        if self.job.reconciled {
            assert_eq!(assigned, chunks_held, "nothing is in doubt after the comparison");
        }
        if matches!(self.job.state, JobState::Idling | JobState::Stopped | JobState::Completed) {
            assert!(self.job.busy.is_empty(), "nobody works while {}", self.job.state.word());
        }
    }

    fn check_sums(&self) {
        let progress = self.job.progress();
        let classes = |p: &Progress| {
            p.chunks_done + p.chunks_running + p.chunks_left + p.chunks_failed + p.chunks_skipped
        };
        assert_eq!(classes(&progress) as usize, self.job.chunks.len());
        let mut rows_done = 0;
        for table in (0..).map(TableIndex).take(self.job.tables.len()) {
            let of_table = self.job.table_progress(table).chunks;
            let chunks = self.job.chunks_of(table);
            assert_eq!(classes(&of_table) as usize, chunks.len());
            assert_eq!(of_table.bytes_total, chunks.iter().map(|c| c.bytes).sum::<u64>());
            rows_done += of_table.rows_done;
        }
        assert_eq!(progress.rows_done, rows_done);
        let steps: u32 = self.job.phases().iter().map(|phase| phase.total).sum();
        assert_eq!(steps as usize, self.job.steps.len());
    }

    /// Rows of a table cut by position come from one snapshot.
    fn check_snapshots(&self) {
        let mut seen: BTreeMap<TableIndex, u32> = BTreeMap::new();
        for (table, snapshot, _) in self.target.loaded().values() {
            if self.job.tables[table.0 as usize].method.is_positional() {
                let first = *seen.entry(*table).or_insert(*snapshot);
                assert_eq!(first, *snapshot, "table {} mixes two snapshots", table.0);
            }
        }
    }

    /// What is given out may be given out: judged from the plan, not from the machine's queues.
    pub fn check_assignments(&self, assignments: &[Assignment]) {
        let job = &self.job;
        if assignments.is_empty() {
            return;
        }
        assert!(job.state.is_working() && job.reconciled);
        let mut running: Vec<StepId> = Vec::new();
        let works = assignments.iter().map(|assignment| assignment.work);
        for work in job.busy.values().copied().chain(works) {
            if let Work::Step { step, .. } = work {
                running.push(step);
            }
        }
        for (at, one) in running.iter().enumerate() {
            for other in &running[at + 1..] {
                assert!(!self.collide(*one, *other), "{one:?} and {other:?} lock one table");
            }
        }
        for assignment in assignments {
            let waits = match assignment.work {
                Work::Chunk { chunk, .. } => {
                    assert!(job.snapshot_open);
                    let table = job.chunks[chunk.0 as usize].table;
                    assert!(!job.tables[table.0 as usize].begins_again);
                    let load = |step: &&tidegate::core::plan::Step| {
                        step.kind == StepKind::Load && step.table == Some(table)
                    };
                    &job.steps.iter().find(load).expect("every table has a load").waits_for
                }
                Work::Step { step, .. } => {
                    let kind = job.step(step).kind;
                    let builds = matches!(kind, StepKind::Index | StepKind::Constraint);
                    assert_eq!(builds, assignment.worker.is_build());
                    &job.step(step).waits_for
                }
                Work::BeginAgain { table, .. } => {
                    let chunks = job.chunks_of(table);
                    assert!(chunks.iter().all(|chunk| chunk.status != ChunkStatus::Assigned));
                    continue;
                }
            };
            for wait in waits {
                assert!(self.is_over(*wait), "{assignment:?} had to wait for {wait:?}");
            }
        }
    }

    fn is_over(&self, id: StepId) -> bool {
        let step = self.job.step(id);
        match (step.kind, step.table) {
            (StepKind::Load, Some(table)) => {
                let settled = self.job.chunks_of(table).iter().all(|c| c.status.is_settled());
                settled && step.waits_for.iter().all(|wait| self.is_over(*wait))
            }
            _ => {
                let status = self.job.standing(id).status;
                status == StepStatus::Done || (status == StepStatus::Failed && step.optional)
            }
        }
    }

    fn collide(&self, one: StepId, other: StepId) -> bool {
        let locks = |id: StepId| self.job.step(id).locks.iter();
        locks(one).any(|(table, mode)| {
            let exclusive = |m: &LockMode| *m == LockMode::Exclusive;
            locks(other).any(|(t, m)| t == table && (exclusive(mode) || exclusive(m)))
        })
    }

    /// The end: completed, and every row there once.
    pub fn verify(&self) {
        let job = &self.job;
        assert_eq!(job.state, JobState::Completed);
        assert!(job.final_check_done && job.cleaned_up);
        let loaded = self.target.loaded();
        for (id, chunk) in (0..).map(tidegate::core::chunk::ChunkId).zip(&job.chunks) {
            match chunk.status {
                ChunkStatus::Processed => {
                    let (_, snapshot, rows) = loaded[&id];
                    assert_eq!(rows, super::world::rows_in(id, snapshot));
                    assert_eq!(chunk.rows, rows, "rows recorded are rows written");
                }
                ChunkStatus::Skipped => assert!(!loaded.contains_key(&id)),
                other => panic!("chunk {} ended {}", id.0, other.word()),
            }
        }
        let committed = self.target.steps();
        for (id, step) in (0..).map(StepId).zip(&job.steps) {
            let done = job.standing(id).status == StepStatus::Done;
            assert!(done || step.kind == StepKind::Load || step.optional);
            assert!(!done || committed.contains(&id), "{} is not in the target", step.title);
        }
        let mut folded = Job::new(&self.plan, &spec());
        for event in &self.history {
            folded.apply(event, self.now).expect("history can be told again");
        }
        assert_eq!(&folded, job, "the history leads to the same job");
    }
}

//! What a job remembers only as long as its engine lives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::fault::Fault;
use super::super::plan::TableIndex;
use super::super::time::Timestamp;
use super::state::{TableStatus, WorkerId};

/// Outcomes looked at when judging whether one cause fails too much.
const OUTCOMES_MAX: usize = 100;
/// So many of them with one code, and the job pauses (UX.md 11).
const ONE_CAUSE_MAX: usize = 20;
/// So many failed chunks since somebody last said go, and the job pauses, whatever the causes.
const FAILURES_MAX: u32 = 50;

/// A table's emptying, before it is loaded again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Emptying {
    pub attempts: u32,
    pub interruptions: u32,
    pub not_before: Option<Timestamp>,
    pub worker: Option<WorkerId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lately {
    /// One for every table with `begins_again`.
    pub emptyings: BTreeMap<TableIndex, Emptying>,
    /// Emptyings given out so far, of all tables: their reports are recognised by it.
    pub emptyings_given: u32,
    /// Times the target's memory came into doubt: an answer of the ledger begun before the last
    /// of them is worth nothing.
    pub doubts: u32,
    /// Workers that held work when the target was last lost: it may have lost a commit of theirs
    /// whose good news is still under way, so their word is checked against the ledger once more.
    pub suspects: BTreeSet<WorkerId>,
    /// Codes of the last chunks that failed, `None` for one that was processed.
    outcomes: VecDeque<Option<String>>,
    failures: u32,
}

impl Lately {
    /// What a new engine knows.
    pub(super) fn of(tables: &[TableStatus]) -> Lately {
        let begins = |table: &TableStatus| table.begins_again && table.retry_of.is_none();
        let pending = tables.iter().zip(0..).filter(|(table, _)| begins(table));
        Lately {
            emptyings: pending.map(|(_, at)| (TableIndex(at), Emptying::default())).collect(),
            ..Lately::default()
        }
    }

    pub(super) fn note_processed(&mut self) {
        self.note(None);
    }

    pub(super) fn note_failed(&mut self, fault: &Fault) {
        self.failures += 1;
        let code = fault.code.clone().unwrap_or_else(|| format!("{:?}", fault.kind));
        self.note(Some(code));
    }

    fn note(&mut self, outcome: Option<String>) {
        if self.outcomes.len() == OUTCOMES_MAX {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(outcome);
    }

    /// Somebody said go: what failed before does not count against what comes.
    pub(super) fn forget_failures(&mut self) {
        self.outcomes.clear();
        self.failures = 0;
    }

    /// Why the job should not go on by itself, as the sentence to show.
    pub(super) fn too_many_failures(&self) -> Option<String> {
        let code = self.outcomes.back()?.as_ref()?;
        if self.failures >= FAILURES_MAX {
            return Some(format!(
                "{} chunks failed, the last with {code}; paused so that the rest is not burned \
                 through",
                self.failures
            ));
        }
        let same = self.outcomes.iter().flatten().filter(|other| *other == code).count();
        (same >= ONE_CAUSE_MAX).then(|| {
            format!(
                "{same} of the last {} chunks failed with {code}; paused so that the rest is not \
                 burned through",
                self.outcomes.len()
            )
        })
    }
}

//! What the engine itself has to begin, and when to look again.

use super::super::time::Timestamp;
use super::hold::Reach;
use super::state::{BUILD_WORKER_FIRST, Job, JobState, WorkerId};

impl Job {
    /// Read the target's ledger and send `Reconciled` (or `LedgerMissing`, or `TargetLost`).
    #[must_use]
    pub fn wants_reconcile(&self) -> bool {
        let asked = match self.state {
            JobState::Executing | JobState::Completing | JobState::Idling => true,
            // Nothing is assigned in these, and the target need not be reached to leave.
            JobState::Defining
            | JobState::StopPending { .. }
            | JobState::Stopping
            | JobState::Stopped
            | JobState::Completed => false,
        };
        asked && !self.reconciled && !self.target_is_held()
    }

    /// Times the target's memory came into doubt under this engine. A read of the ledger remembers
    /// the number it began with; when it has changed since, the answer is dropped and the ledger
    /// read again: it may lack what was committed meanwhile, or have what a crash took back.
    #[must_use]
    pub fn doubts(&self) -> u32 {
        self.lately.doubts
    }

    /// Open a snapshot of the source and send `SnapshotOpened` (or `SourceLost`).
    #[must_use]
    pub fn wants_snapshot(&self, now: Timestamp) -> bool {
        let index = &self.index;
        let reads_soon = index.open_tables > 0
            || !index.ready_source.is_empty()
            || (index.total.left > 0 && self.early_goes_on());
        self.state.is_working()
            && self.reconciled
            && !self.snapshot_open
            && reads_soon
            && match self.reach(now) {
                Reach::Everything | Reach::OneTrial => true,
                Reach::TargetOnly | Reach::Nothing => false,
            }
    }

    /// Nothing can go on: flush the target's log, read the ledger, send `Reconciled`; and if the
    /// answer is still yes after it, `FinalCheckDone`.
    #[must_use]
    pub fn wants_final_check(&self) -> bool {
        self.state.is_working()
            && self.reconciled
            && !self.target_is_held()
            && !self.final_check_done
            && !self.can_go_on()
    }

    /// COMPLETED, nothing failed and nothing is rejected: remove the ledger and send `CleanedUp`.
    #[must_use]
    pub fn wants_cleanup(&self) -> bool {
        self.state == JobState::Completed && !self.cleaned_up && self.is_whole()
    }

    /// Did everything succeed that was not skipped by the operator? A job that ended without this
    /// keeps its ledger, so that what failed can be tried again.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let total = &self.index.total;
        let unfinished =
            |counts: &super::index::StepCounts| counts.failed + counts.waiting + counts.running > 0;
        let steps = self.index.step_counts.iter().zip(super::index::STEP_KINDS);
        total.unsettled() == 0
            && total.failed == 0
            && total.rejects_open() == 0
            && !steps
                .filter(|(_, kind)| *kind != super::super::plan::StepKind::Load)
                .any(|(counts, _)| unfinished(counts))
    }

    /// Is there work under way, or work that waits for nothing but a worker or a moment?
    pub(super) fn can_go_on(&self) -> bool {
        let index = &self.index;
        !self.busy.is_empty()
            || index.open_tables > 0
            || !index.ready_early.is_empty()
            || !index.ready_late.is_empty()
            || !index.ready_build.is_empty()
    }

    /// May rows still arrive, as far as is known now?
    pub(super) fn loads_go_on(&self) -> bool {
        self.index.open_tables > 0 || self.index.total.running > 0 || self.early_goes_on()
    }

    fn early_goes_on(&self) -> bool {
        !self.index.ready_early.is_empty() || self.index.early_running > 0
    }

    /// When a `Tick` and a look are due though nothing happens; `None`: no need.
    #[must_use]
    pub fn next_wakeup(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.settle(now).is_empty() {
            return Some(now);
        }
        let later = now.plus_ms(1);
        let index = &self.index;
        let mut moments: Vec<Timestamp> = Vec::new();
        if self.state.is_working() {
            let from_chunk = (later, super::super::chunk::ChunkId(0));
            let from_step = (later, super::super::plan::StepId(0));
            moments.extend(index.delayed_chunks.range(from_chunk..).next().map(|(at, _)| *at));
            moments.extend(index.delayed_steps.range(from_step..).next().map(|(at, _)| *at));
            moments.extend(self.lately.emptyings.values().filter_map(|e| e.not_before));
        }
        let probed = self.holds.iter().filter(|hold| self.is_probed(hold));
        moments.extend(probed.filter_map(|hold| hold.next_try));
        moments.into_iter().filter(|moment| *moment > now).min()
    }

    /// Is the worker within the wanted count? One that is not drains: it leaves when idle.
    #[must_use]
    pub fn may_keep(&self, worker: WorkerId) -> bool {
        if worker.is_build() {
            worker.0 - BUILD_WORKER_FIRST < self.index_workers
        } else {
            (1..=self.threads).contains(&worker.0)
        }
    }
}

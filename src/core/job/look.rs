//! What the engine itself has to begin, and when to look again.

use super::super::fault::Side;
use super::super::time::Timestamp;
use super::state::{Job, WorkerId};

impl Job {
    /// Read the target's ledger and send `Reconciled` (or `LedgerMissing`, or `TargetLost`).
    #[must_use]
    pub fn wants_reconcile(&self) -> bool {
        false
    }

    /// Open a snapshot of the source and send `SnapshotOpened` (or `SourceLost`).
    #[must_use]
    pub fn wants_snapshot(&self, _now: Timestamp) -> bool {
        false
    }

    /// Nothing can go on: flush the target's log, read the ledger, send `Reconciled`; and if the
    /// answer is still yes after it, `FinalCheckDone`.
    #[must_use]
    pub fn wants_final_check(&self) -> bool {
        false
    }

    /// COMPLETED and nothing failed: remove the ledger and send `CleanedUp`.
    #[must_use]
    pub fn wants_cleanup(&self) -> bool {
        false
    }

    /// Sides to look at now: send `Recovered` or `StillLost`.
    #[must_use]
    pub fn probes_due(&self, _now: Timestamp) -> Vec<Side> {
        Vec::new()
    }

    /// When a `Tick` and a look are due though nothing happens; `None`: no need.
    #[must_use]
    pub fn next_wakeup(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }

    /// Is the worker within the wanted count? One that is not drains: it leaves when idle.
    #[must_use]
    pub fn may_keep(&self, _worker: WorkerId) -> bool {
        false
    }
}

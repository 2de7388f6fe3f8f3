//! What a worker does for a verification: it holds a session of both sides, compares chunks, and
//! for a repair copies what differs again.

use std::sync::Arc;

use super::incoming::FromWorker;
use super::worker::{Done, Order, SnapshotRef, Worker, snapshot_of, tell};
use crate::core::chunk::ChunkId;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::verify::Outcome;
use crate::driver::Source;
use crate::driver::compare::{Comparer, Comparison, FreshSessions, MendWhat, Sessions};
use crate::driver::pipe::Activity;

/// Both ends as sources.
#[derive(Clone)]
pub(super) struct BothEnds {
    pub(super) source: Arc<dyn Source>,
    pub(super) mirror: Arc<dyn Source>,
}

/// One chunk's result on its way to the file.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) chunk: ChunkId,
    pub(super) outcome: Outcome,
    /// It was copied again before.
    pub(super) mended: bool,
}

impl Worker {
    /// A session of each of the two snapshots, kept between chunks.
    pub(super) async fn open_pair(&mut self, open: &SnapshotRef) -> Result<(), Fault> {
        if self.pair.as_ref().is_some_and(|(number, _)| *number == open.number) {
            return Ok(());
        }
        self.pair = None;
        let twin = open.twin.as_ref().ok_or_else(no_twin)?;
        let (source, target) = tokio::try_join!(open.snapshot.session(), twin.session())?;
        self.pair = Some((open.number, Sessions { source, target }));
        self.setup.snapshot = Some(open.clone());
        Ok(())
    }

    fn ends(&self) -> Result<BothEnds, Fault> {
        self.setup.ends.clone().ok_or_else(no_twin)
    }

    fn comparer(&self, comparison: &Comparison) -> Comparer {
        Comparer {
            comparison: comparison.clone(),
            throttle: self.setup.throttle.clone(),
            gauge: self.setup.gauge.clone(),
        }
    }

    pub(super) async fn compare(
        &mut self,
        order: &Order,
        chunk: ChunkId,
        comparison: &Comparison,
    ) -> Result<Done, Fault> {
        let open = snapshot_of(order)?.clone();
        self.open_pair(&open).await?;
        self.setup.gauge.set(Activity::Read);
        // Out of the worker meanwhile: sessions that were dropped in mid-stream are not put back.
        let (number, mut sessions) = self.pair.take().ok_or_else(no_twin)?;
        let comparer = self.comparer(comparison);
        let first = comparer.first_look(&mut sessions).await?;
        self.pair = Some((number, sessions));
        let (rows, bytes, _) = self.setup.gauge.read();
        let outcome = match first {
            (here, there) if here == there => {
                Outcome { source: here, target: there, ..Outcome::default() }
            }
            first => {
                let ends = self.ends()?;
                let mut fresh = FreshSessions::open(&*ends.source, &*ends.mirror).await?;
                comparer.second_look(first, &mut fresh).await?
            }
        };
        tell(&self.setup, found(chunk, outcome, false)).await;
        Ok(Done { bytes, ..Done::of(rows) })
    }

    /// Copies what differs in `chunks` again, or removes what only the target has and looks once
    /// more.
    pub(super) async fn mend(
        &mut self,
        what: MendWhat,
        chunks: &[(ChunkId, Comparison)],
    ) -> Result<Done, Fault> {
        // A file that is being read cannot be written to.
        (self.pair, self.source) = (None, None);
        let ends = self.ends()?;
        let mut rows = 0;
        for (chunk, comparison) in chunks {
            if comparison.target.is_none() {
                let what = format!("{} is not on the target", comparison.source.table.target);
                return Err(Fault::new(FaultKind::ObjectMissing, Side::Target, what)
                    .with_hint("Copy the table: tidegate copy --table NAME."));
            }
            let comparer = self.comparer(comparison);
            let both = (&*ends.source, &*ends.mirror);
            rows += comparer.mend(both, &*self.setup.target, what).await?;
            if what == MendWhat::Extra {
                let mut fresh = FreshSessions::open(&*ends.source, &*ends.mirror).await?;
                let nothing = (Default::default(), Default::default());
                let mut outcome = comparer.second_look(nothing, &mut fresh).await?;
                outcome.settled = false;
                tell(&self.setup, found(*chunk, outcome, true)).await;
            }
        }
        if what == MendWhat::Extra
            && let Some((_, comparison)) =
                chunks.iter().find(|(_, c)| c.source.table.key.is_empty())
        {
            let what = format!("{} has no key that names a row", comparison.source.table.source);
            return Err(Fault::new(FaultKind::Unsupported, Side::Target, what).with_hint(
                "Copy the table again: tidegate copy --table NAME --if-exists truncate.",
            ));
        }
        Ok(Done::of(rows))
    }
}

/// Told before the work itself is reported: both are saved in this order.
fn found(chunk: ChunkId, outcome: Outcome, mended: bool) -> FromWorker {
    FromWorker::Compared(Box::new(Finding { chunk, outcome, mended }))
}

fn no_twin() -> Fault {
    let what = "this worker has no session of both sides";
    Fault::new(FaultKind::SnapshotLost, Side::Source, what)
}

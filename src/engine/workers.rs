//! The workers of an engine: who is connecting, idle, busy or leaving.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

use super::compare::BothEnds;
use super::incoming::{FromWorker, Inbox, Incoming};
use super::worker::{Order, SnapshotRef, WorkerSetup, work};
use crate::core::job::{BUILD_WORKER_FIRST, IdleWorkers, Work, WorkerId};
use crate::core::time::Timestamp;
use crate::driver::pipe::{Activity, Throttle};
use crate::driver::{Target, WorkGauge};

/// Between two new workers: 4 to 32 must not hit the servers as one wave, and yet the slider is
/// followed within a second.
const CONNECT_GAP: Duration = Duration::from_millis(50);
/// After a server refused a session because it has too many.
const CROWDED_WAIT: Duration = Duration::from_secs(10);

/// What all workers share.
pub(super) struct Shared {
    pub(super) target: Arc<dyn Target>,
    /// Of a verification.
    pub(super) ends: Option<BothEnds>,
    pub(super) job_id: Arc<str>,
    pub(super) preamble: Arc<Vec<String>>,
    pub(super) throttle: Arc<dyn Throttle>,
    pub(super) inbox: Inbox,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Connecting,
    Idle,
    Busy(Work),
}

/// One worker as the engine sees it.
pub(super) struct WorkerHandle {
    pub(super) standing: Standing,
    pub(super) since: Timestamp,
    pub(super) gauge: Arc<WorkGauge>,
    pub(super) bytes_per_s: u64,
    orders: mpsc::Sender<Order>,
    cancel: Arc<Notify>,
    abort: AbortHandle,
    is_cancelled: bool,
}

pub(super) struct Workers {
    shared: Shared,
    handles: BTreeMap<WorkerId, WorkerHandle>,
    /// Let go of, their tasks not yet ended: their numbers are not given again before.
    leaving: std::collections::BTreeSet<WorkerId>,
    next_connect: Instant,
}

impl Drop for Workers {
    /// Nobody works for an engine that is gone.
    fn drop(&mut self) {
        self.abort_all();
    }
}

impl Workers {
    pub(super) fn new(shared: Shared) -> Workers {
        Workers {
            shared,
            handles: BTreeMap::new(),
            leaving: std::collections::BTreeSet::new(),
            next_connect: Instant::now(),
        }
    }

    pub(super) fn set_preamble(&mut self, preamble: Vec<String>) {
        self.shared.preamble = Arc::new(preamble);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (WorkerId, &WorkerHandle)> {
        self.handles.iter().map(|(id, handle)| (*id, handle))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (WorkerId, &mut WorkerHandle)> {
        self.handles.iter_mut().map(|(id, handle)| (*id, handle))
    }

    pub(super) fn get(&self, id: WorkerId) -> Option<&WorkerHandle> {
        self.handles.get(&id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.handles.is_empty() && self.leaving.is_empty()
    }

    pub(super) fn idle(&self) -> IdleWorkers {
        let of = |is_build: bool| {
            let idle = |(id, h): &(&WorkerId, &WorkerHandle)| {
                id.is_build() == is_build && h.standing == Standing::Idle && !h.is_cancelled
            };
            self.handles.iter().filter(idle).map(|(id, _)| *id).collect()
        };
        IdleWorkers { copy: of(false), build: of(true) }
    }

    /// When the next worker may connect, if one is wanted.
    pub(super) fn next_connect(&self) -> Instant {
        self.next_connect
    }

    /// A server has no room for more sessions now.
    pub(super) fn back_off(&mut self) {
        self.next_connect = Instant::now() + CROWDED_WAIT;
    }

    /// An operator asked: whatever is waited for is tried now.
    pub(super) fn try_now(&mut self) {
        self.next_connect = Instant::now();
    }

    /// Begins a worker when one of `wanted` is missing and the gap has passed.
    pub(super) fn begin_one(
        &mut self,
        is_build: bool,
        wanted: u32,
        snapshot: Option<&SnapshotRef>,
        now: Timestamp,
    ) -> Option<WorkerId> {
        if Instant::now() < self.next_connect {
            return None;
        }
        let first = if is_build { BUILD_WORKER_FIRST } else { 1 };
        let free = |id: &WorkerId| !self.handles.contains_key(id) && !self.leaving.contains(id);
        let id = (first..first + wanted).map(WorkerId).find(free)?;
        self.next_connect = Instant::now() + CONNECT_GAP;
        self.begin(id, snapshot.filter(|_| !is_build).cloned(), now);
        Some(id)
    }

    fn begin(&mut self, id: WorkerId, snapshot: Option<SnapshotRef>, now: Timestamp) {
        let (orders, receiver) = mpsc::channel(1);
        let (cancel, gauge) = (Arc::new(Notify::new()), Arc::new(WorkGauge::default()));
        gauge.reset(Activity::Connecting);
        let inbox = self.shared.inbox.clone();
        let setup = WorkerSetup {
            id,
            target: self.shared.target.clone(),
            ends: self.shared.ends.clone(),
            job_id: self.shared.job_id.clone(),
            preamble: self.shared.preamble.clone(),
            throttle: self.shared.throttle.clone(),
            gauge: gauge.clone(),
            cancel: cancel.clone(),
            inbox: inbox.clone(),
            snapshot,
        };
        let body = tokio::spawn(AssertUnwindSafe(work(setup, receiver)).catch_unwind());
        let abort = body.abort_handle();
        tokio::spawn(async move {
            if let Ok(Err(_)) = body.await {
                tracing::error!(worker = id.0, "a worker's task panicked; its work is given back");
            }
            let _ = inbox.send(Incoming::Worker(id, FromWorker::Gone)).await;
        });
        let handle = WorkerHandle {
            standing: Standing::Connecting,
            since: now,
            gauge,
            bytes_per_s: 0,
            orders,
            cancel,
            abort,
            is_cancelled: false,
        };
        self.handles.insert(id, handle);
    }

    /// Gives work; the worker was idle.
    pub(super) fn give(&mut self, id: WorkerId, work: Work, order: Order, now: Timestamp) {
        let Some(handle) = self.handles.get_mut(&id) else { return };
        handle.gauge.reset(Activity::Read);
        handle.bytes_per_s = 0;
        handle.standing = Standing::Busy(work);
        handle.since = now;
        // It waits for orders with room for one. A task that has just ended is told of by `Gone`.
        let _ = handle.orders.try_send(order);
    }

    pub(super) fn set_standing(&mut self, id: WorkerId, standing: Standing, now: Timestamp) {
        if let Some(handle) = self.handles.get_mut(&id) {
            handle.standing = standing;
            handle.since = now;
        }
    }

    /// Lets an idle worker go: its task ends when it finds no more orders.
    pub(super) fn let_go(&mut self, id: WorkerId) {
        if self.handles.remove(&id).is_some() {
            self.leaving.insert(id);
        }
    }

    /// Its task has ended.
    pub(super) fn forget(&mut self, id: WorkerId) {
        self.handles.remove(&id);
        self.leaving.remove(&id);
    }

    /// Asks a worker to give its work back and leave.
    pub(super) fn cancel(&mut self, id: WorkerId) {
        if let Some(handle) = self.handles.get_mut(&id) {
            handle.is_cancelled = true;
            match handle.standing {
                Standing::Busy(_) => handle.cancel.notify_one(),
                Standing::Connecting | Standing::Idle => {
                    handle.abort.abort();
                    self.let_go(id);
                }
            }
        }
    }

    /// Ends every task, whatever it is doing.
    pub(super) fn abort_all(&mut self) {
        for handle in self.handles.values() {
            handle.abort.abort();
        }
    }
}

//! All that can happen to an engine: one closed enum, one bounded queue.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::compare::Finding;
use super::limits::Pressures;
use super::rejects::Offered;
use crate::core::catalog::Server;
use crate::core::fault::{Fault, Side};
use crate::core::job::{Report, WorkerId};
use crate::core::plan::MigrationPlan;
use crate::driver::{LedgerRow, Snapshot};
use crate::protocol::{Hello, Reply, Request};

/// Messages that wait for the loop. Workers send one each per chunk, consoles one per key: this is
/// several rounds of both; whoever finds it full waits.
pub(super) const INBOX_MAX: usize = 1_024;

pub(super) type Inbox = mpsc::Sender<Incoming>;

/// A connected console's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ConsoleId(pub(super) u64);

/// Lines on their way to one console.
pub(super) type Outbox = mpsc::Sender<Arc<[u8]>>;

/// One thing that happened.
pub(super) enum Incoming {
    Planned(Result<Box<MigrationPlan>, Fault>),
    /// How far a long part of planning is.
    PlanningTold(String),
    Worker(WorkerId, FromWorker),
    /// The ledger as the target has it; `None`: there is none.
    LedgerRead {
        purpose: LedgerUse,
        doubts: u32,
        outcome: Result<Option<Vec<LedgerRow>>, Fault>,
    },
    SnapshotOpened(Result<OpenedSnapshot, Fault>),
    SnapshotChecked {
        number: u32,
        outcome: Result<(), Fault>,
    },
    Probed(Side, Result<Server, Fault>),
    CleanedUp(Result<(), Fault>),
    /// How both servers are doing.
    Pressed(Box<Pressures>),
    /// Values of differing rows that a console asked for, with its request.
    ValuesRead {
        console: ConsoleId,
        request: u64,
        reply: Box<Reply>,
    },
    ConsoleJoined {
        id: ConsoleId,
        hello: Hello,
        outbox: Outbox,
        connection: AbortHandle,
    },
    ConsoleAsked {
        id: ConsoleId,
        request: Request,
    },
    ConsoleLeft {
        id: ConsoleId,
    },
    Signal(Signal),
}

/// A snapshot of the source; a verification has one of the target as well.
pub(super) struct OpenedSnapshot {
    pub(super) snapshot: Box<dyn Snapshot>,
    pub(super) twin: Option<Box<dyn Snapshot>>,
}

/// Why the ledger was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LedgerUse {
    Compare,
    /// After a flush, when nothing is left to do.
    FinalCheck,
}

pub(super) enum FromWorker {
    /// A chunk was compared; its report follows.
    Compared(Box<Finding>),
    /// Its sessions are open: it can take work.
    Ready,
    ConnectFailed(Fault),
    Reported(Report),
    /// Rows that the target refused; the worker waits for the answer.
    Rejected(Box<Offered>),
    /// Its task has ended.
    Gone,
}

/// What the operating system asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: an orderly stop; the second one gives work back.
    Terminate,
    /// SIGUSR2: make the socket anew.
    Rebind,
}

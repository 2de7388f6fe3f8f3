//! The bounded channel between a chunk's reader and its writer, with the throttle and the gauge.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::Block;
use crate::core::fault::{Fault, FaultKind, Side};

/// Blocks in flight per worker. Two: one being written while the next is read; more only costs
/// memory.
const BLOCKS_IN_FLIGHT: usize = 2;

/// Bytes a reader gathers before it sends a block (CRATES.md: 8 to 256 KiB are equally fast).
pub const BLOCK_BYTES: usize = 256 * 1024;

/// What a worker is doing, for the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Activity {
    Idle = 0,
    Connecting = 1,
    /// Waiting for the source.
    Read = 2,
    /// Waiting for the target.
    Write = 3,
    Commit = 4,
    /// Waiting for the rate limit.
    Throttled = 5,
    /// Waiting for a lock, or for SQLite's one writer.
    Lock = 6,
    /// A statement other than a chunk.
    Statement = 7,
}

impl Activity {
    #[must_use]
    pub fn from_u8(value: u8) -> Activity {
        match value {
            1 => Activity::Connecting,
            2 => Activity::Read,
            3 => Activity::Write,
            4 => Activity::Commit,
            5 => Activity::Throttled,
            6 => Activity::Lock,
            7 => Activity::Statement,
            _ => Activity::Idle,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Activity::Idle => "idle",
            Activity::Connecting => "connecting",
            Activity::Read => "read",
            Activity::Write => "write",
            Activity::Commit => "commit",
            Activity::Throttled => "throttled",
            Activity::Lock => "WAIT lock",
            Activity::Statement => "running",
        }
    }
}

/// A worker's counters, written by the data path without locks and read by the publisher.
#[derive(Debug, Default)]
pub struct WorkGauge {
    rows: AtomicU64,
    bytes: AtomicU64,
    activity: AtomicU8,
}

impl WorkGauge {
    /// Begins a new piece of work at zero.
    pub fn reset(&self, activity: Activity) {
        self.rows.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.set(activity);
    }

    pub fn set(&self, activity: Activity) {
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    pub fn add(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// (rows, bytes, activity) of the piece of work under way.
    #[must_use]
    pub fn read(&self) -> (u64, u64, Activity) {
        (
            self.rows.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
            Activity::from_u8(self.activity.load(Ordering::Relaxed)),
        )
    }
}

/// Delays a reader so that the whole job keeps its rate. Implemented by the engine.
#[async_trait::async_trait]
pub trait Throttle: Send + Sync {
    /// Returns when `bytes` may pass.
    async fn take(&self, bytes: u64);
    /// Would `take` wait now?
    fn is_holding(&self) -> bool;
}

/// No limit.
#[derive(Debug, Default)]
pub struct Unlimited;

#[async_trait::async_trait]
impl Throttle for Unlimited {
    async fn take(&self, _bytes: u64) {}
    fn is_holding(&self) -> bool {
        false
    }
}

enum Message {
    Block(Block),
    End { rows: u64 },
}

/// The reader's end.
pub struct BlockSender {
    tx: mpsc::Sender<Message>,
    throttle: Arc<dyn Throttle>,
    gauge: Arc<WorkGauge>,
}

/// The writer's end.
pub struct BlockReceiver {
    rx: mpsc::Receiver<Message>,
    gauge: Arc<WorkGauge>,
    rows_announced: Option<u64>,
}

/// A pipe for one chunk.
#[must_use]
pub fn pipe(throttle: Arc<dyn Throttle>, gauge: Arc<WorkGauge>) -> (BlockSender, BlockReceiver) {
    let (tx, rx) = mpsc::channel(BLOCKS_IN_FLIGHT);
    (
        BlockSender { tx, throttle, gauge: gauge.clone() },
        BlockReceiver { rx, gauge, rows_announced: None },
    )
}

impl BlockSender {
    /// Waits for the throttle and for room, then sends.
    ///
    /// # Errors
    /// `Cancelled` when the writer is gone.
    pub async fn send(&self, block: Block) -> Result<(), Fault> {
        let bytes = match &block {
            Block::Raw { bytes, .. } => bytes.len(),
            Block::Rows(batch) => batch.byte_len(),
        };
        if self.throttle.is_holding() {
            self.gauge.set(Activity::Throttled);
        }
        self.throttle.take(bytes as u64).await;
        self.gauge.set(Activity::Write);
        let sent = self.tx.send(Message::Block(block)).await;
        self.gauge.set(Activity::Read);
        sent.map_err(|_| writer_gone())
    }

    /// Ends the stream: without this the writer rolls back.
    ///
    /// # Errors
    /// `Cancelled` when the writer is gone.
    pub async fn end(self, rows: u64) -> Result<(), Fault> {
        self.tx.send(Message::End { rows }).await.map_err(|_| writer_gone())
    }

    /// For drivers that read on a thread of their own.
    ///
    /// # Errors
    /// `Cancelled` when the writer is gone.
    pub fn send_blocking(
        &self,
        runtime: &tokio::runtime::Handle,
        block: Block,
    ) -> Result<(), Fault> {
        runtime.block_on(self.send(block))
    }
}

fn writer_gone() -> Fault {
    Fault::new(FaultKind::Cancelled, Side::Target, "the writer of this chunk has stopped")
}

impl BlockReceiver {
    /// The next block; `None` when the reader has ended or failed: ask [`Self::rows_announced`].
    pub async fn next(&mut self) -> Option<Block> {
        match self.rx.recv().await {
            Some(Message::Block(block)) => Some(block),
            Some(Message::End { rows }) => {
                self.rows_announced = Some(rows);
                None
            }
            None => None,
        }
    }

    /// As [`Self::next`], from a thread.
    pub fn next_blocking(&mut self) -> Option<Block> {
        match self.rx.blocking_recv() {
            Some(Message::Block(block)) => Some(block),
            Some(Message::End { rows }) => {
                self.rows_announced = Some(rows);
                None
            }
            None => None,
        }
    }

    /// Rows the reader says it read; `None` when it broke off, and then nothing may be committed.
    #[must_use]
    pub fn rows_announced(&self) -> Option<u64> {
        self.rows_announced
    }

    #[must_use]
    pub fn gauge(&self) -> &Arc<WorkGauge> {
        &self.gauge
    }
}

/// Rule 3 of DESIGN.md 4: rows read = rows written, or the chunk has failed.
///
/// # Errors
/// `Cancelled` when the reader broke off, `CountMismatch` when the numbers differ.
pub fn check_counts(announced: Option<u64>, written: u64) -> Result<(), Fault> {
    match announced {
        None => {
            Err(Fault::new(FaultKind::Cancelled, Side::Source, "the reader of this chunk stopped"))
        }
        Some(read) if read == written => Ok(()),
        Some(read) => Err(Fault::new(
            FaultKind::CountMismatch,
            Side::Target,
            format!("{read} rows were read and {written} arrived"),
        )
        .with_hint(
            "Nothing of this chunk was kept. A trigger or rule on the target may drop rows.",
        )),
    }
}

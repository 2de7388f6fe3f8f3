//! Careful mode: a chunk whose rows were refused is written again, and only bad rows stay out.
//!
//! The chunk is still one transaction with its ledger row. Its rows come on the conventional path,
//! because bytes that pass through unread have no borders between rows. They go in behind
//! savepoints; a group that is refused is rolled back to its savepoint and halved until the bad
//! rows are alone. Bad rows go to a [`RejectKeeper`], which has made them durable when it returns,
//! and only then the transaction may commit: whoever finds the ledger row later finds the rejects
//! that it counts.
//!
//! An engine's part is a [`CarefulSession`]: a savepoint, the way back to it, and a group of rows.
//! [`write_carefully`] does the rest. Which rows may be rejected at all, and how many, is the
//! keeper's business; a rule for tables or columns (`on_bad_row` of a map rule) belongs there.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use super::pipe::{Activity, check_counts};
use super::{Block, BlockReceiver, ChunkTask};
use crate::core::catalog::LogicalType;
use crate::core::chunk::{ChunkRange, KeyValues, RejectedRow, Rejects};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::plan::TablePlan;
use crate::core::value::{RowBatch, WireForm};
use crate::core::wire::{key_texts, row_text};

/// Rows handed over at once, and their bytes: few enough to be a short write of the engine's.
const ROWS_WAITING_MAX: usize = 64;
const BYTES_WAITING_MAX: usize = 1024 * 1024;

/// Takes rows that were refused. Durable when it returns; an error (a limit was reached, the file
/// cannot be written) fails the chunk.
#[async_trait]
pub trait RejectKeeper: Send + Sync {
    async fn keep(&self, rows: Vec<RejectedRow>) -> Result<(), Fault>;
}

/// A chunk that is written in careful mode.
#[derive(Clone)]
pub struct CarefulTask {
    pub chunk: ChunkTask,
    /// Which handout of the chunk this is; part of the ledger row.
    pub handout: u32,
    pub keeper: Arc<dyn RejectKeeper>,
}

/// What a group of rows came to grief of.
pub struct GroupFault {
    pub fault: Box<Fault>,
    /// The row within the batch, when it is known: then nothing is halved.
    pub row: Option<usize>,
}

impl From<Fault> for GroupFault {
    fn from(fault: Fault) -> GroupFault {
        GroupFault { fault: Box::new(fault), row: None }
    }
}

/// One engine's part.
#[async_trait]
pub trait CarefulSession: Send {
    /// Marks the place to go back to, instead of an earlier one.
    async fn savepoint(&mut self) -> Result<(), Fault>;

    /// Undoes everything since the savepoint; the transaction goes on.
    async fn back_to_savepoint(&mut self) -> Result<(), Fault>;

    /// Writes these rows of `batch` and says how many arrived. `rows_before` were read before the
    /// batch, for messages.
    async fn write_rows(
        &mut self,
        batch: &RowBatch,
        rows: Range<usize>,
        rows_before: u64,
    ) -> Result<u64, GroupFault>;
}

/// Writes every row that comes, within the open transaction of `session`, and keeps those that are
/// refused. Returns the rows that arrived and those that were put aside; when this returns well the
/// caller writes both into the ledger row and commits.
///
/// # Errors
/// The first fault that is not about a row, `CountMismatch`, what the keeper says.
pub async fn write_carefully<S: CarefulSession>(
    session: &mut S,
    task: &CarefulTask,
    blocks: &mut BlockReceiver,
) -> Result<(u64, Rejects), Fault> {
    let gauge = blocks.gauge().clone();
    let mut aside = Aside::new(task);
    let (mut written, mut read) = (0, 0);
    while let Some(block) = blocks.next().await {
        let Block::Rows(batch) = block else { return Err(no_rows()) };
        gauge.set(Activity::Write);
        aside.saw(&batch);
        written += write_batch(session, &mut aside, &batch, read).await?;
        read += batch.rows() as u64;
        gauge.add(batch.rows() as u64, batch.byte_len() as u64);
        gauge.set(Activity::Read);
    }
    let rejects = aside.end(blocks.rows_announced()).await?;
    check_counts(blocks.rows_announced(), written + u64::from(rejects.count))?;
    Ok((written, rejects))
}

/// One batch, halved where it has to be. Groups wait on a stack, first rows on top.
async fn write_batch<S: CarefulSession>(
    session: &mut S,
    aside: &mut Aside,
    batch: &RowBatch,
    read: u64,
) -> Result<u64, Fault> {
    let mut waiting: Vec<Range<usize>> = std::iter::once(0..batch.rows()).collect();
    let mut written = 0;
    while let Some(group) = waiting.pop() {
        if group.is_empty() {
            continue;
        }
        session.savepoint().await?;
        let bad = match session.write_rows(batch, group.clone(), read).await {
            Ok(arrived) => {
                check_counts(Some(group.len() as u64), arrived)?;
                written += arrived;
                continue;
            }
            Err(bad) if bad.fault.is_about_a_row() => bad,
            Err(bad) => return Err(*bad.fault),
        };
        session.back_to_savepoint().await?;
        let alone = if group.len() == 1 { Some(group.start) } else { bad.row };
        if let Some(row) = alone {
            aside.put(&bad.fault, batch, row).await?;
            waiting.push(row + 1..group.end);
            waiting.push(group.start..row);
        } else {
            let middle = group.start + group.len() / 2;
            waiting.push(middle..group.end);
            waiting.push(group.start..middle);
        }
    }
    Ok(written)
}

fn no_rows() -> Fault {
    let what = "bytes of a direct path arrived where rows were to be looked at one by one";
    Fault::new(FaultKind::Other, Side::Engine, what)
}

/// Rows of one chunk on their way to the keeper.
pub struct Aside {
    keeper: Arc<dyn RejectKeeper>,
    table: Arc<TablePlan>,
    /// Where the key's columns are in a row; empty: no key, or not all of it travels.
    key: Vec<usize>,
    /// MySQL prints a BIT as bytes and compares it as a number: no text names such a row.
    bits_in_key: bool,
    /// Keys that were asked for and not seen yet.
    missing: BTreeSet<KeyValues>,
    asked: Option<u64>,
    waiting: Vec<RejectedRow>,
    bytes_waiting: usize,
    rejects: Rejects,
}

impl Aside {
    #[must_use]
    pub fn new(task: &CarefulTask) -> Aside {
        let table = task.chunk.table.clone();
        let at = |name: &String| table.columns.iter().position(|c| c.name == *name);
        let key: Option<Vec<usize>> = table.key.iter().map(at).collect();
        let (missing, asked) = match &task.chunk.range {
            ChunkRange::Keys(keys) => (keys.iter().cloned().collect(), Some(keys.len() as u64)),
            ChunkRange::Whole
            | ChunkRange::Key { .. }
            | ChunkRange::Ctid { .. }
            | ChunkRange::Rowid { .. } => (BTreeSet::new(), None),
        };
        let bits_in_key = table.columns.iter().any(|c| {
            table.key.contains(&c.name) && matches!(c.source_logical, LogicalType::Bits { .. })
        });
        Aside {
            bits_in_key,
            keeper: task.keeper.clone(),
            key: key.unwrap_or_default(),
            table,
            missing,
            asked,
            waiting: Vec::new(),
            bytes_waiting: 0,
            rejects: Rejects { count: 0, handout: task.handout },
        }
    }

    /// Rows that came: of keys that were asked for, these are still there.
    pub fn saw(&mut self, batch: &RowBatch) {
        if self.missing.is_empty() || self.key.is_empty() {
            return;
        }
        for row in 0..batch.rows() {
            if let Some(key) = key_texts(batch, row, &self.key) {
                self.missing.remove(&key);
            }
        }
    }

    /// Puts a row aside.
    ///
    /// # Errors
    /// What the keeper says.
    pub async fn put(&mut self, fault: &Fault, batch: &RowBatch, row: usize) -> Result<(), Fault> {
        self.note(fault, batch, row);
        match self.is_full() {
            true => self.hand_over().await,
            false => Ok(()),
        }
    }

    /// The same from a thread that may wait.
    ///
    /// # Errors
    /// What the keeper says.
    pub fn put_blocking(
        &mut self,
        runtime: &tokio::runtime::Handle,
        fault: &Fault,
        batch: &RowBatch,
        row: usize,
    ) -> Result<(), Fault> {
        runtime.block_on(self.put(fault, batch, row))
    }

    fn note(&mut self, fault: &Fault, batch: &RowBatch, row: usize) {
        let unnamed = self.bits_in_key && batch.form() == WireForm::MysqlText;
        let named = !self.key.is_empty() && !unnamed;
        let key = named.then(|| key_texts(batch, row, &self.key)).flatten();
        let mut text = Vec::new();
        row_text(batch, row, &mut text);
        self.wait_with(RejectedRow::of(fault, key, text));
        self.rejects.count += 1;
    }

    fn wait_with(&mut self, row: RejectedRow) {
        self.bytes_waiting += row.weight();
        self.waiting.push(row);
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= ROWS_WAITING_MAX || self.bytes_waiting >= BYTES_WAITING_MAX
    }

    async fn hand_over(&mut self) -> Result<(), Fault> {
        self.bytes_waiting = 0;
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() { Ok(()) } else { self.keeper.keep(rows).await }
    }

    /// Everything came that was announced: hands over what waits, and with it the keys that were
    /// asked for in vain.
    ///
    /// # Errors
    /// What the keeper says.
    pub async fn end(mut self, announced: Option<u64>) -> Result<Rejects, Fault> {
        let vanished =
            self.asked.zip(announced).map_or(0, |(asked, came)| asked.saturating_sub(came));
        // A key that only changed its spelling was read all the same.
        let gone = std::mem::take(&mut self.missing);
        for key in gone.into_iter().take(usize::try_from(vanished).unwrap_or(usize::MAX)) {
            self.wait_with(RejectedRow::gone(key));
        }
        self.hand_over().await?;
        Ok(self.rejects)
    }

    /// For messages.
    #[must_use]
    pub fn table(&self) -> &TablePlan {
        &self.table
    }
}

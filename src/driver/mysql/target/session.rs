//! A worker's session on the target: chunks, steps, sequences, each with its ledger row.
//!
//! A chunk is one transaction. The ledger row comes first: a twin transaction that a dead engine
//! left open makes the INSERT wait; if the twin commits, the key is there and nothing is written
//! again.

use async_trait::async_trait;
use std::collections::HashMap;

use super::invented::Invented;
use super::ledger::{Ledger, rejects_of, stored};
use super::link::Line;
use super::load::Load;
use super::way::Way;
use super::{careful, emptying, sequences, settings, steps};
use crate::core::catalog::Sequence;
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::ObjectName;
use crate::core::plan::TablePlan;
use crate::driver::pipe::Activity;
use crate::driver::{
    AttachSource, BlockReceiver, CarefulTask, ChunkTask, LargeObject, LedgerKey, StepTask,
    TargetSession, WorkGauge, Written,
};

/// The key is there already.
const DUPLICATE_KEY: &str = "1062";

/// A logged-in session that knows its ledger.
pub(super) struct Writer {
    /// `None` once a transaction was left in an unknown state: the session is of no more use.
    line: Option<Line>,
    pub(super) ledger: Ledger,
    way: Way,
    /// What the server invents, by table: asked once.
    invented: HashMap<ObjectName, Invented>,
    /// Bytes of one LOAD DATA, where it is not the usual.
    #[cfg(test)]
    pub segment_bytes: Option<u64>,
}

/// What an INSERT into the ledger found.
pub(super) enum Claim {
    Ours,
    AlreadyDone(Written),
}

impl Claim {
    /// Opens a transaction and claims `key` in it; it is closed when the work was done before.
    pub async fn open(line: &mut Line, ledger: &Ledger, key: LedgerKey) -> Result<Claim, Fault> {
        let (kind, id) = stored(key);
        let table = &ledger.table;
        line.statement("START TRANSACTION").await?;
        let claimed =
            line.statement(format!("INSERT INTO {table} (kind, id) VALUES ('{kind}', {id})")).await;
        match claimed {
            Ok(_) => return Ok(Claim::Ours),
            Err(fault) if fault.code.as_deref() == Some(DUPLICATE_KEY) => {}
            Err(fault) => return Err(fault),
        }
        // A transaction that began before the twin's commit may still be shown what was before it.
        line.statement("ROLLBACK").await?;
        let asked = format!(
            "SELECT row_count, rejected, handout FROM {table} WHERE kind = '{kind}' AND id = {id}"
        );
        let found = line.rows(asked).await?;
        let before = found.first().map(|row| {
            let rows = row.first().and_then(|cell| cell.as_ref()?.parse().ok()).unwrap_or(0);
            Written::before(rows, rejects_of(&row[1..]))
        });
        Ok(Claim::AlreadyDone(before.unwrap_or(Written::before(0, Rejects::default()))))
    }

    /// Writes the number of rows and commits.
    pub async fn close(
        line: &mut Line,
        ledger: &Ledger,
        key: LedgerKey,
        rows: u64,
    ) -> Result<Written, Fault> {
        Claim::close_with(line, ledger, key, Written::now(rows)).await
    }

    /// The same for a chunk with rows that were put aside.
    pub async fn close_with(
        line: &mut Line,
        ledger: &Ledger,
        key: LedgerKey,
        written: Written,
    ) -> Result<Written, Fault> {
        let Written { rows, rejects: Rejects { count, handout }, .. } = written;
        if rows > 0 || handout > 0 {
            let (kind, id) = stored(key);
            let table = &ledger.table;
            line.statement(format!(
                "UPDATE {table} SET row_count = {rows}, rejected = {count}, handout = {handout} \
                 WHERE kind = '{kind}' AND id = {id}"
            ))
            .await?;
        }
        line.statement("COMMIT").await?;
        Ok(written)
    }
}

impl Writer {
    /// Runs `preamble` in a session that is registered in `ledger`.
    pub async fn open(
        mut line: Line,
        ledger: Ledger,
        way: Way,
        preamble: &[String],
    ) -> Result<Writer, Fault> {
        for statement in preamble {
            line.statement(statement.clone()).await?;
        }
        if !line.traits.local_infile {
            way.use_inserts();
        }
        Ok(Writer {
            line: Some(line),
            ledger,
            way,
            invented: HashMap::new(),
            #[cfg(test)]
            segment_bytes: None,
        })
    }

    /// The line, taken while it works: work that is dropped half-way takes it along, and the
    /// server rolls back.
    fn take(&mut self) -> Result<Line, Fault> {
        self.line.take().ok_or_else(|| {
            let what = "this session was closed in the middle of a transaction";
            Fault::new(FaultKind::ConnectionLost, Side::Target, what)
        })
    }

    /// Ends the transaction after `result`: the line is kept when the server agrees.
    async fn settle<T>(&mut self, mut line: Line, result: Result<T, Fault>) -> Result<T, Fault> {
        let usable = match &result {
            Ok(_) => true,
            Err(fault) if fault.kind == FaultKind::ConnectionLost => false,
            Err(_) => line.statement("ROLLBACK").await.is_ok(),
        };
        if usable {
            self.line = Some(line);
        }
        result
    }

    pub(super) async fn invented(
        &mut self,
        line: &mut Line,
        table: &TablePlan,
    ) -> Result<Invented, Fault> {
        if let Some(known) = self.invented.get(&table.target) {
            return Ok(known.clone());
        }
        let found = Invented::of(line, table).await?;
        self.invented.insert(table.target.clone(), found.clone());
        Ok(found)
    }

    async fn write_chunk(
        &mut self,
        line: &mut Line,
        task: &ChunkTask,
        blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        let gauge = blocks.gauge().clone();
        let table = &task.table;
        let invented = self.invented(line, table).await?;
        gauge.set(Activity::Lock);
        match Claim::open(line, &self.ledger, task.key).await? {
            Claim::AlreadyDone(before) => return Ok(before),
            Claim::Ours => {}
        }
        gauge.set(Activity::Write);
        let load = self.load(table, invented);
        let rows = load.run(line, blocks).await?;
        gauge.set(Activity::Commit);
        Claim::close(line, &self.ledger, task.key, rows).await
    }

    pub(super) fn load<'a>(&'a self, table: &'a TablePlan, invented: Invented) -> Load<'a> {
        let load = Load::new(table, &self.way, invented);
        #[cfg(test)]
        let load = match self.segment_bytes {
            Some(segment_bytes) => Load { segment_bytes, ..load },
            None => load,
        };
        load
    }
}

fn named(fault: Fault, table: &TablePlan) -> Fault {
    match fault.kind {
        FaultKind::Cancelled => fault,
        // Told with its table already, by who could not convert it.
        FaultKind::ValueUnfit if fault.code.is_none() => fault,
        _ => fault.while_doing(&format!("write {}", table.target)),
    }
}

#[async_trait]
impl TargetSession for Writer {
    async fn write(&mut self, task: &ChunkTask, blocks: BlockReceiver) -> Result<Written, Fault> {
        let mut line = self.take()?;
        let result = self.write_chunk(&mut line, task, blocks).await;
        self.settle(line, result.map_err(|fault| named(fault, &task.table))).await
    }

    async fn write_carefully(
        &mut self,
        task: &CarefulTask,
        blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        let mut line = self.take()?;
        let result = careful::write(self, &mut line, task, blocks).await;
        self.settle(line, result.map_err(|fault| named(fault, &task.chunk.table))).await
    }

    async fn run(&mut self, step: &StepTask) -> Result<Written, Fault> {
        let mut line = self.take()?;
        let result = match line.statement(settings::for_steps()).await {
            Ok(_) => steps::run(&mut line, &self.ledger, step).await,
            Err(fault) => Err(fault),
        };
        self.settle(line, result.map_err(|fault| fault.while_doing(&step.title))).await
    }

    async fn begin_again(&mut self, table: &TablePlan, chunks: &[LedgerKey]) -> Result<(), Fault> {
        let mut line = self.take()?;
        let result = emptying::empty(&mut line, &self.ledger, &table.target, chunks).await;
        let result = result.map_err(|f| f.while_doing(&format!("empty {}", table.target)));
        self.settle(line, result).await
    }

    async fn set_sequences(
        &mut self,
        key: LedgerKey,
        sequences: &[Sequence],
    ) -> Result<Written, Fault> {
        let mut line = self.take()?;
        let result = sequences::place(&mut line, &self.ledger, key, sequences).await;
        self.settle(line, result.map_err(|f| f.while_doing("set sequences"))).await
    }

    async fn write_large_objects(
        &mut self,
        key: LedgerKey,
        objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault> {
        if !objects.is_empty() {
            return Err(unsupported("MySQL has no large objects"));
        }
        if !last {
            return Ok(Written::now(0));
        }
        let mut line = self.take()?;
        let result = match Claim::open(&mut line, &self.ledger, key).await {
            Ok(Claim::AlreadyDone(before)) => Ok(before),
            Ok(Claim::Ours) => Claim::close(&mut line, &self.ledger, key, 0).await,
            Err(fault) => Err(fault),
        };
        self.settle(line, result).await
    }

    async fn copy_attached(
        &mut self,
        _task: &ChunkTask,
        _source: &AttachSource,
        _gauge: &WorkGauge,
    ) -> Result<Written, Fault> {
        Err(unsupported("a MySQL target cannot attach a SQLite file"))
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::new(FaultKind::Unsupported, Side::Target, what)
}

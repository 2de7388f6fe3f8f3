//! A chunk in careful mode: every group of rows goes its usual way, behind a savepoint.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use super::ledger::text;
use super::link::Line;
use super::load::Load;
use super::session::{Claim, Writer};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::plan::TablePlan;
use crate::core::value::RowBatch;
use crate::driver::careful::{CarefulSession, GroupFault, write_carefully};
use crate::driver::pipe::{Activity, Unlimited, WorkGauge, pipe};
use crate::driver::{Block, BlockReceiver, CarefulTask, Written};

/// One transaction, as an ordinary chunk. A refused row leaves the rows before it behind until the
/// transaction goes back to its savepoint, so the table must take part in transactions.
pub(super) async fn write(
    writer: &mut Writer,
    line: &mut Line,
    task: &CarefulTask,
    mut blocks: BlockReceiver,
) -> Result<Written, Fault> {
    let gauge = blocks.gauge().clone();
    let table = &task.chunk.table;
    require_transactions(line, table).await?;
    let invented = writer.invented(line, table).await?;
    gauge.set(Activity::Lock);
    if let Claim::AlreadyDone(before) = Claim::open(line, &writer.ledger, task.chunk.key).await? {
        return Ok(before);
    }
    let load = writer.load(table, invented);
    let mut session = Careful { line, load };
    let (rows, rejects) = write_carefully(&mut session, task, &mut blocks).await?;
    gauge.set(Activity::Commit);
    let written = Written { rows, already: false, rejects };
    Claim::close_with(line, &writer.ledger, task.chunk.key, written).await
}

async fn require_transactions(line: &mut Line, table: &TablePlan) -> Result<(), Fault> {
    let asked = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES t JOIN information_schema.ENGINES e \
         ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = {} AND t.TABLE_NAME = {} \
         AND e.TRANSACTIONS = 'YES'",
        text(&table.target.schema),
        text(&table.target.name)
    );
    if line.number(asked).await? == Some(1) {
        return Ok(());
    }
    let what = format!("{} knows no transactions: its rows cannot be taken back", table.target);
    Err(Fault::new(FaultKind::Unsupported, Side::Target, what))
}

struct Careful<'a> {
    line: &'a mut Line,
    load: Load<'a>,
}

#[async_trait]
impl CarefulSession for Careful<'_> {
    async fn savepoint(&mut self) -> Result<(), Fault> {
        self.line.statement("SAVEPOINT careful").await.map(|_| ())
    }

    async fn back_to_savepoint(&mut self) -> Result<(), Fault> {
        self.line.statement("ROLLBACK TO SAVEPOINT careful").await.map(|_| ())
    }

    async fn write_rows(
        &mut self,
        batch: &RowBatch,
        rows: Range<usize>,
        _rows_before: u64,
    ) -> Result<u64, GroupFault> {
        let announced = rows.len() as u64;
        // The gauge and the throttle have seen these rows already.
        let (sink, blocks) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
        // Two messages: there is room for both.
        sink.send(Block::Rows(batch.copy_rows(rows))).await?;
        sink.end(announced).await?;
        Ok(self.load.run(self.line, blocks).await?)
    }
}

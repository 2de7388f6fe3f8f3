//! A chunk in careful mode. A statement that SQLite refuses leaves nothing behind and the
//! transaction open, so every row is tried for itself and needs no savepoint.

use rusqlite::{Connection, Statement};
use tokio::runtime::Handle;

use super::fault::on;
use super::target::Bound;
use super::write::{Ledger, Writer, given_back};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::sql::sqlite_insert;
use crate::core::value::RowBatch;
use crate::core::wire::SqliteBinder;
use crate::driver::careful::Aside;
use crate::driver::pipe::{Activity, check_counts};
use crate::driver::{Block, BlockReceiver, CarefulTask, Written};
use crate::sqlite::Cancel;

/// As a chunk's ordinary way, with rows put aside.
pub(super) async fn write(
    writer: &Writer,
    ledger: &Ledger,
    task: &CarefulTask,
    blocks: BlockReceiver,
) -> Result<Written, Fault> {
    blocks.gauge().set(Activity::Lock);
    let (task, ledger, runtime) = (task.clone(), ledger.clone(), Handle::current());
    let work = move |connection: &mut Connection, cancel: &Cancel| {
        let mut blocks = blocks;
        blocks.gauge().set(Activity::Read);
        ledger.once_with(connection, cancel, task.chunk.key, |open| {
            let work = Work { side: ledger.side, open, cancel, task: &task, runtime: &runtime };
            let written = work.run(&mut blocks)?;
            blocks.gauge().set(Activity::Commit);
            Ok(written)
        })
    };
    writer.run(work).await
}

struct Work<'a> {
    side: Side,
    open: &'a Connection,
    cancel: &'a Cancel,
    task: &'a CarefulTask,
    runtime: &'a Handle,
}

impl Work<'_> {
    fn run(&self, blocks: &mut BlockReceiver) -> Result<Written, Fault> {
        let table = &self.task.chunk.table;
        let doing = format!("write {}", table.target);
        let columns: Vec<&str> = table.columns.iter().map(|c| c.target_name.as_str()).collect();
        let sql = sqlite_insert(&table.target, &columns);
        let mut statement = self.open.prepare_cached(&sql).map_err(on(self.side, &doing))?;
        let mut binder = SqliteBinder::new(table);
        let mut aside = Aside::new(self.task);
        let (mut rows, mut read) = (0, 0);
        while let Some(block) = blocks.next_blocking() {
            let Block::Rows(batch) = block else {
                let what = "the bytes of another engine's COPY cannot be written to SQLite";
                return Err(Fault::new(FaultKind::Unsupported, self.side, what));
            };
            blocks.gauge().set(Activity::Write);
            aside.saw(&batch);
            for row in 0..batch.rows() {
                if self.cancel.is_set() {
                    return Err(given_back(self.side));
                }
                let number = read + row as u64 + 1;
                match insert(&mut statement, &mut binder, (&batch, row, number), self.side) {
                    Ok(()) => rows += 1,
                    Err(fault) if fault.is_about_a_row() => {
                        aside.put_blocking(self.runtime, &fault, &batch, row)?;
                    }
                    Err(fault) => return Err(fault.while_doing(&doing)),
                }
            }
            read += batch.rows() as u64;
            blocks.gauge().add(batch.rows() as u64, batch.byte_len() as u64);
            blocks.gauge().set(Activity::Read);
        }
        let rejects = self.runtime.block_on(aside.end(blocks.rows_announced()))?;
        check_counts(blocks.rows_announced(), rows + u64::from(rejects.count))?;
        Ok(Written { rows, already: false, rejects })
    }
}

fn insert(
    statement: &mut Statement<'_>,
    binder: &mut SqliteBinder,
    (batch, row, number): (&RowBatch, usize, u64),
    side: Side,
) -> Result<(), Fault> {
    let failed = on(side, "insert");
    for column in 0..batch.columns() {
        let value = binder.value(column, number, batch.cell(row, column), batch.form())?;
        statement.raw_bind_parameter(column + 1, Bound(value)).map_err(&failed)?;
    }
    statement.raw_execute().map(|_| ()).map_err(failed)
}

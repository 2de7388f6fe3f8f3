//! A chunk in careful mode: COPY for every group of rows, behind a savepoint.

use std::ops::Range;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use super::connect::Link;
use super::reader::column_names;
use super::writer::{Claim, Writer, named};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::Dialect;
use crate::core::plan::{CopyFormat, DataPath, TablePlan};
use crate::core::sql;
use crate::core::value::RowBatch;
use crate::core::wire::{CopyEncoder, row_text};
use crate::driver::careful::{CarefulSession, GroupFault, write_carefully};
use crate::driver::pipe::Activity;
use crate::driver::{BlockReceiver, CarefulTask, Written};

const SAVEPOINT: &str = "careful";

impl Writer {
    /// One transaction, as `write_chunk`.
    pub(super) async fn write_chunk_carefully(
        &self,
        on: &mut PgConnection,
        task: &CarefulTask,
        mut blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        let gauge = blocks.gauge().clone();
        let table = &task.chunk.table;
        let ledger = self.ledger.of(table.target_unlogged);
        gauge.set(Activity::Lock);
        if let Claim::AlreadyDone(before) = self.claim(on, ledger, task.chunk.key).await? {
            return Ok(before);
        }
        self.check_at_once(on, table).await?;
        let mut session = Careful { link: &self.link, on, rows: Rows::new(table) };
        let done = write_carefully(&mut session, task, &mut blocks).await;
        let (rows, rejects) = done.map_err(|fault| named(fault, table))?;
        gauge.set(Activity::Commit);
        let written = Written { rows, already: false, rejects };
        let done = self.commit_with(on, ledger, task.chunk.key, written).await;
        done.map_err(|fault| at_commit(named(fault, table)))
    }

    /// Keys that are checked at the commit are checked with each group instead: a duplicate stays
    /// one, and at the commit nobody knows whose fault it is. Foreign keys are left alone: the row
    /// they refer to may come later.
    async fn check_at_once(&self, on: &mut PgConnection, table: &TablePlan) -> Result<(), Fault> {
        let name = sql::qualified(Dialect::Postgres, &table.target);
        let text = format!(
            "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname) \
             AS name FROM pg_catalog.pg_constraint c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace \
             WHERE c.conrelid = {}::regclass AND c.condeferrable AND c.contype IN ('p', 'u', 'x')",
            sql::literal(Dialect::Postgres, &name)
        );
        let rows = self.link.rows(on, text).await?;
        let names: Result<Vec<String>, Fault> =
            rows.iter().map(|row| self.link.get(row, "name")).collect();
        let names = names?;
        if names.is_empty() {
            return Ok(());
        }
        let text = format!("SET CONSTRAINTS {} IMMEDIATE", names.join(", "));
        self.link.statement(on, text).await.map(|_| ())
    }
}

/// What is said at the commit is about the chunk and about no row that we could name.
fn at_commit(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::RowRefused | FaultKind::ValueUnfit => fault.with_hint(
            "A constraint or trigger that is checked at the commit refused the chunk, and which \
             row it was cannot be told. Nothing of the chunk was kept. Make the constraint NOT \
             DEFERRABLE for the load, or mend the rows, then run the chunk again.",
        ),
        _ => fault,
    }
}

struct Careful<'a> {
    link: &'a Link,
    on: &'a mut PgConnection,
    rows: Rows,
}

/// Rows in COPY's form.
struct Rows {
    statement: String,
    /// `None`: what PostgreSQL printed goes in as it was printed.
    encoder: Option<CopyEncoder>,
}

impl Rows {
    fn new(table: &TablePlan) -> Rows {
        let encoder = match table.path {
            // The direct path leaves every value to the server's own input functions; so does this.
            DataPath::DirectCopy(_) => None,
            DataPath::DirectAttach | DataPath::Conventional => Some(CopyEncoder::new(table)),
        };
        let word = match encoder.as_ref().map(CopyEncoder::format) {
            Some(CopyFormat::Binary) => "binary",
            Some(CopyFormat::Text) | None => "text",
        };
        let name = sql::qualified(Dialect::Postgres, &table.target);
        let columns = column_names(table.columns.iter().map(|c| c.target_name.as_str()));
        let list = if columns.is_empty() { columns } else { format!(" ({columns})") };
        Rows { statement: format!("COPY {name}{list} FROM STDIN (FORMAT {word})"), encoder }
    }

    fn encode(
        &mut self,
        batch: &RowBatch,
        rows: Range<usize>,
        before: u64,
    ) -> Result<Vec<u8>, GroupFault> {
        let mut out = Vec::new();
        let Some(encoder) = &mut self.encoder else {
            for row in rows {
                row_text(batch, row, &mut out);
                out.push(b'\n');
            }
            return Ok(out);
        };
        encoder.begin(&mut out);
        encoder.set_rows_done(before + rows.start as u64);
        let whole = rows == (0..batch.rows());
        let group = if whole { None } else { Some(batch.copy_rows(rows.clone())) };
        if encoder.rows(group.as_ref().unwrap_or(batch), &mut out).is_ok() {
            encoder.end(&mut out);
            return Ok(out);
        }
        // Which one it was: each by itself.
        for row in rows {
            encoder.set_rows_done(before + row as u64);
            let alone = batch.copy_rows(row..row + 1);
            encoder
                .rows(&alone, &mut Vec::new())
                .map_err(|fault| GroupFault { fault: Box::new(fault), row: Some(row) })?;
        }
        let what = "rows that cannot be converted together can be one by one";
        Err(Fault::new(FaultKind::Other, crate::core::fault::Side::Engine, what).into())
    }
}

#[async_trait]
impl CarefulSession for Careful<'_> {
    async fn savepoint(&mut self) -> Result<(), Fault> {
        let text = format!("SAVEPOINT {SAVEPOINT}");
        self.link.statement(self.on, text).await.map(|_| ())
    }

    async fn back_to_savepoint(&mut self) -> Result<(), Fault> {
        let text = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}; RELEASE SAVEPOINT {SAVEPOINT}");
        self.link.statement(self.on, text).await.map(|_| ())
    }

    async fn write_rows(
        &mut self,
        batch: &RowBatch,
        rows: Range<usize>,
        rows_before: u64,
    ) -> Result<u64, GroupFault> {
        let encoded = self.rows.encode(batch, rows, rows_before)?;
        let (link, on) = (self.link, &mut *self.on);
        let mut copy = on.copy_in_raw(&self.rows.statement).await.map_err(|e| link.fault(&e))?;
        copy.send(&encoded[..]).await.map_err(|e| link.fault(&e))?;
        let arrived = copy.finish().await.map_err(|e| link.fault(&e))?;
        let text = format!("RELEASE SAVEPOINT {SAVEPOINT}");
        link.statement(self.on, text).await?;
        Ok(arrived)
    }
}

//! Writing a file: one transaction per chunk and step, with its ledger row.

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use super::fault::{fault, on};
use super::place::Place;
use super::source::with_reader;
use super::survey::TableShape;
use super::write::{Ledger, Writer, given_back, transaction};
use super::{attach, careful, catalog, mend, settings};
use crate::core::catalog::{Catalog, Sequence, Server, Settings};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{Finding, MigrationPlan, Severity, TablePlan};
use crate::core::spec::Selection;
use crate::core::sql::{qualified, sqlite_insert};
use crate::core::value::{CellRef, RowBatch};
use crate::core::wire::SqliteBinder;
use crate::driver::pipe::{Activity, check_counts};
use crate::driver::pressure::{own_load, room_at};
use crate::driver::{
    AttachSource, Block, BlockReceiver, CarefulTask, ChunkTask, LargeObject, LedgerKey, LedgerRow,
    Mend, Pressure, PressureAsked, StepTask, Target, TargetSession, WorkGauge, Written,
};
use crate::sqlite::Cancel;

pub(super) struct SqliteTarget {
    writer: Writer,
}

impl SqliteTarget {
    pub(super) fn new(place: Place) -> SqliteTarget {
        SqliteTarget { writer: Writer::new(place) }
    }

    fn place(&self) -> &Place {
        self.writer.place()
    }

    fn ledger(&self, job_id: &str) -> Ledger {
        Ledger::new(self.place().side, job_id)
    }
}

#[async_trait]
impl Target for SqliteTarget {
    async fn probe(&self) -> Result<Server, Fault> {
        if !self.place().exists()? {
            return self.place().server(None);
        }
        with_reader(self.place(), |place, connection| place.server(Some(connection))).await
    }

    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        if !self.place().exists()? {
            return Ok(Catalog {
                server: self.place().server(None)?,
                schemas: vec![catalog::SCHEMA.to_owned()],
                tables: Vec::new(),
                sequences: Vec::new(),
                others: Vec::new(),
                large_objects: 0,
            });
        }
        let selection = selection.clone();
        with_reader(self.place(), move |place, connection| {
            catalog::read(place, connection, &selection)
        })
        .await
    }

    async fn nonempty(&self, names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault> {
        if names.is_empty() || !self.place().exists()? {
            return Ok(Vec::new());
        }
        let names = names.to_vec();
        with_reader(self.place(), move |place, connection| {
            let mut found = Vec::new();
            for name in names {
                let shape = TableShape::read(connection, &name.schema, &name.name)
                    .map_err(on(place.side, "look at the tables"))?;
                if shape.stored.is_empty() {
                    continue;
                }
                let table = qualified(Dialect::Sqlite, &name);
                let sql = format!("SELECT EXISTS (SELECT 1 FROM {table})");
                let has_rows: bool = connection
                    .query_row(&sql, [], |row| row.get(0))
                    .map_err(on(place.side, &format!("look at {name}")))?;
                if has_rows {
                    found.push(name);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn preflight(&self, _plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        let place = self.place();
        let there = place.exists()?;
        let directory = place.path.parent().unwrap_or(std::path::Path::new("/"));
        let may_write =
            |path: &std::path::Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
        let mut findings = Vec::new();
        if !may_write(directory) {
            let message = format!("the directory {} cannot be written", directory.display());
            findings.push(Finding::new(Severity::Block, "target", message).with_hint(
                "SQLite keeps its journal beside the file. Give the job's user write permission.",
            ));
        }
        if there && !may_write(&place.path) {
            let message = format!("{} cannot be written", place.shown());
            findings.push(
                Finding::new(Severity::Block, "target", message)
                    .with_hint("Give the job's user write permission on the file."),
            );
        }
        Ok(findings)
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        if !self.place().exists()? {
            return Ok(settings::read(self.place(), None));
        }
        with_reader(self.place(), |place, open| Ok(settings::read(place, Some(open)))).await
    }

    async fn pressure(&self, asked: PressureAsked) -> Result<Pressure, Fault> {
        let room_bytes = asked.room.then(|| room_at(&self.place().path)).flatten();
        let load = asked.load.then(own_load).flatten();
        Ok(Pressure { room_bytes, load, ..Pressure::default() })
    }

    async fn prepare_ledger(&self, job_id: &str) -> Result<(), Fault> {
        let ledger = self.ledger(job_id);
        self.writer.run(move |connection, _| ledger.create(connection)).await
    }

    async fn ledger(&self, job_id: &str) -> Result<Option<Vec<LedgerRow>>, Fault> {
        if !self.place().exists()? {
            return Ok(None);
        }
        // A hot journal of a dead engine is rolled back by this first connection that may write.
        let ledger = self.ledger(job_id);
        self.writer.run(move |connection, _| ledger.read(connection)).await
    }

    async fn mend(&self, rows: &Mend) -> Result<u64, Fault> {
        mend::mend(&self.writer, rows).await
    }

    async fn drop_ledger(&self, job_id: &str) -> Result<(), Fault> {
        if !self.place().exists()? {
            return Ok(());
        }
        let ledger = self.ledger(job_id);
        self.writer.run(move |connection, _| ledger.drop(connection)).await
    }

    async fn session(
        &self,
        job_id: &str,
        preamble: &[String],
    ) -> Result<Box<dyn TargetSession>, Fault> {
        let side = self.place().side;
        let statements = preamble.to_vec();
        self.writer
            .run(move |connection, _| {
                let failed = on(side, "prepare the session");
                statements.iter().try_for_each(|sql| connection.execute_batch(sql).map_err(&failed))
            })
            .await?;
        Ok(Box::new(SqliteWriter { writer: self.writer.clone(), ledger: self.ledger(job_id) }))
    }
}

/// One worker's turn-taker at the writing connection.
struct SqliteWriter {
    writer: Writer,
    ledger: Ledger,
}

#[async_trait]
impl TargetSession for SqliteWriter {
    async fn write(&mut self, task: &ChunkTask, blocks: BlockReceiver) -> Result<Written, Fault> {
        blocks.gauge().set(Activity::Lock);
        let (task, ledger) = (task.clone(), self.ledger.clone());
        self.writer
            .run(move |connection, cancel| {
                let mut blocks = blocks;
                blocks.gauge().set(Activity::Read);
                let key = task.key;
                let gauge = blocks.gauge().clone();
                ledger.once(connection, cancel, key, |open| {
                    let rows = insert_all(ledger.side, open, cancel, &task, &mut blocks)?;
                    check_counts(blocks.rows_announced(), rows)?;
                    gauge.set(Activity::Commit);
                    Ok(rows)
                })
            })
            .await
    }

    async fn write_carefully(
        &mut self,
        task: &CarefulTask,
        blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        careful::write(&self.writer, &self.ledger, task, blocks).await
    }

    async fn run(&mut self, step: &StepTask) -> Result<Written, Fault> {
        let (step, ledger) = (step.clone(), self.ledger.clone());
        self.writer
            .run(move |connection, cancel| {
                ledger.once(connection, cancel, step.key, |open| {
                    for statement in &step.statements {
                        run_statement(ledger.side, open, statement)
                            .map_err(|fault| fault.while_doing(&step.title))?;
                    }
                    Ok(0)
                })
            })
            .await
    }

    async fn begin_again(&mut self, table: &TablePlan, chunks: &[LedgerKey]) -> Result<(), Fault> {
        let (name, chunks, ledger) = (table.target.clone(), chunks.to_vec(), self.ledger.clone());
        self.writer
            .run(move |connection, cancel| {
                transaction(ledger.side, connection, cancel, |open| {
                    let doing = format!("empty {name}");
                    let failed = on(ledger.side, &doing);
                    let table = qualified(Dialect::Sqlite, &name);
                    open.execute(&format!("DELETE FROM {table}"), []).map_err(&failed)?;
                    ledger.forget(open, &chunks).map_err(&failed)
                })
            })
            .await
    }

    async fn set_sequences(
        &mut self,
        key: LedgerKey,
        sequences: &[Sequence],
    ) -> Result<Written, Fault> {
        let (sequences, ledger) = (sequences.to_vec(), self.ledger.clone());
        self.writer
            .run(move |connection, cancel| {
                ledger.once(connection, cancel, key, |open| {
                    set_sequences(open, &sequences)
                        .map_err(on(ledger.side, "set the sequences"))?;
                    Ok(0)
                })
            })
            .await
    }

    async fn write_large_objects(
        &mut self,
        key: LedgerKey,
        objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault> {
        if !objects.is_empty() {
            return Err(Fault::new(
                FaultKind::Unsupported,
                self.ledger.side,
                "SQLite has no large objects",
            ));
        }
        if !last {
            return Ok(Written::now(0));
        }
        let ledger = self.ledger.clone();
        self.writer
            .run(move |connection, cancel| ledger.once(connection, cancel, key, |_| Ok(0)))
            .await
    }

    async fn copy_attached(
        &mut self,
        task: &ChunkTask,
        source: &AttachSource,
        gauge: &WorkGauge,
    ) -> Result<Written, Fault> {
        attach::copy(&self.writer, &self.ledger, task, source, gauge).await
    }
}

/// Runs one statement of a step. Two pragmas mean more than SQLite makes of them: a
/// `foreign_key_check` that finds a row fails the step, and a `user_version` or `application_id`
/// that the file has already stays.
fn run_statement(side: Side, connection: &Connection, sql: &str) -> Result<(), Fault> {
    let failed = |error: rusqlite::Error| fault(side, "run a statement", &error);
    match sql.strip_prefix("PRAGMA main.") {
        Some(rest) if rest.starts_with("foreign_key_check") => {
            check_foreign_keys(side, connection, sql)
        }
        Some(rest) if rest.starts_with("user_version") || rest.starts_with("application_id") => {
            let name = rest.split(' ').next().unwrap_or(rest);
            let current: i64 = connection
                .query_row(&format!("PRAGMA main.{name}"), [], |row| row.get(0))
                .map_err(failed)?;
            if current == 0 { connection.execute_batch(sql).map_err(failed) } else { Ok(()) }
        }
        _ => connection.execute_batch(sql).map_err(failed),
    }
}

fn check_foreign_keys(side: Side, connection: &Connection, sql: &str) -> Result<(), Fault> {
    let failed = |error: rusqlite::Error| fault(side, "check foreign keys", &error);
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut orphans: u64 = 0;
    let mut example = String::new();
    while let Some(row) = rows.next().map_err(failed)? {
        if orphans == 0 {
            let table: String = row.get(0).map_err(failed)?;
            let rowid: Option<i64> = row.get(1).map_err(failed)?;
            let parent: String = row.get(2).map_err(failed)?;
            let place = rowid.map_or_else(String::new, |id| format!(", first at rowid {id}"));
            example = format!("{table} refers to {parent}{place}");
        }
        orphans += 1;
    }
    if orphans == 0 {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::RowRefused,
        side,
        format!("{orphans} rows have no parent: {example}"),
    )
    .with_hint(
        "The rows are copied as they are at the source, where SQLite does not enforce foreign keys \
         unless asked. Mend them, or skip this step.",
    ))
}

/// `AUTOINCREMENT` tables go on where the source stands; other tables count by themselves.
fn set_sequences(connection: &Connection, sequences: &[Sequence]) -> rusqlite::Result<()> {
    let has_sequences: i64 = connection.query_row(
        "SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_sequence'",
        [],
        |row| row.get(0),
    )?;
    if has_sequences == 0 {
        return Ok(());
    }
    for sequence in sequences {
        let Some((table, _)) = &sequence.owner else { continue };
        let text: Option<String> = connection.query_row(
            "SELECT max(sql) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1",
            [&table.name],
            |row| row.get(0),
        )?;
        let counts = text
            .and_then(|sql| crate::core::sql::read_create_table(&sql))
            .is_some_and(|table| table.autoincrement);
        if !counts {
            continue;
        }
        let last = sequence.last_value - i64::from(!sequence.is_called);
        connection.execute("DELETE FROM main.sqlite_sequence WHERE name = ?1", [&table.name])?;
        connection.execute(
            "INSERT INTO main.sqlite_sequence (name, seq) VALUES (?1, ?2)",
            rusqlite::params![table.name, last],
        )?;
    }
    Ok(())
}

/// Binds and inserts every row that comes; returns how many.
fn insert_all(
    side: Side,
    connection: &Connection,
    cancel: &Cancel,
    task: &ChunkTask,
    blocks: &mut BlockReceiver,
) -> Result<u64, Fault> {
    let doing = format!("write {}", task.table.target);
    let failed = on(side, &doing);
    let columns: Vec<&str> = task.table.columns.iter().map(|c| c.target_name.as_str()).collect();
    if columns.is_empty() {
        let message = format!("{doing}: SQLite has no tables without columns that hold values");
        return Err(Fault::new(FaultKind::Unsupported, side, message));
    }
    let sql = sqlite_insert(&task.table.target, &columns);
    let mut statement = connection.prepare_cached(&sql).map_err(&failed)?;
    let mut binder = SqliteBinder::new(&task.table);
    let mut written = 0;
    while let Some(block) = blocks.next_blocking() {
        let Block::Rows(batch) = block else {
            return Err(Fault::new(
                FaultKind::Unsupported,
                side,
                "the bytes of another engine's COPY cannot be written to SQLite",
            ));
        };
        if cancel.is_set() {
            return Err(given_back(side));
        }
        blocks.gauge().set(Activity::Write);
        insert_batch(&mut statement, &mut binder, &batch, written, &failed)?;
        written += batch.rows() as u64;
        blocks.gauge().add(batch.rows() as u64, batch.byte_len() as u64);
        blocks.gauge().set(Activity::Read);
    }
    Ok(written)
}

fn insert_batch(
    statement: &mut Statement<'_>,
    binder: &mut SqliteBinder,
    batch: &RowBatch,
    before: u64,
    failed: &impl Fn(rusqlite::Error) -> Fault,
) -> Result<(), Fault> {
    for row in 0..batch.rows() {
        let number = before + row as u64 + 1;
        for column in 0..batch.columns() {
            let value = binder.value(column, number, batch.cell(row, column), batch.form())?;
            statement.raw_bind_parameter(column + 1, Bound(value)).map_err(failed)?;
        }
        statement.raw_execute().map_err(|error| {
            let fault = failed(error);
            match fault.kind {
                FaultKind::RowRefused => fault.with_detail(format!("row {number} of the chunk")),
                _ => fault,
            }
        })?;
    }
    Ok(())
}

pub(super) struct Bound<'a>(pub(super) CellRef<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            CellRef::Null => ValueRef::Null,
            CellRef::Int(value) => ValueRef::Integer(value),
            CellRef::Real(value) => ValueRef::Real(value),
            CellRef::Text(text) => ValueRef::Text(text),
            CellRef::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

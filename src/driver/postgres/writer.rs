//! A worker's session on the target: chunks, steps, sequences, large objects, each in one
//! transaction with its ledger row.
//!
//! The ledger row comes first. A twin transaction that a dead engine left open makes the INSERT
//! wait; if the twin commits, no row is inserted and nothing is written again.

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgRow};

use super::connect::Link;
use super::copy_in::CopyIn;
use super::large_objects;
use super::ledger::{Ledger, rejects_of, stored};
use crate::core::catalog::Sequence;
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::TablePlan;
use crate::core::sql;
use crate::driver::pipe::{Activity, check_counts};
use crate::driver::{
    AttachSource, BlockReceiver, CarefulTask, ChunkTask, LargeObject, LedgerKey, StepTask,
    TargetSession, WorkGauge, Written,
};

/// A logged-in session that knows its ledger.
pub(super) struct Writer {
    pub(super) link: Link,
    /// `None` once a transaction was left in an unknown state: the session is of no more use.
    connection: Option<PgConnection>,
    pub(super) ledger: Ledger,
}

/// What an INSERT into the ledger found.
pub(super) enum Claim {
    Ours,
    AlreadyDone(Written),
}

impl Writer {
    /// Runs `preamble` and lets text through as the database takes it.
    pub async fn open(
        link: Link,
        mut connection: PgConnection,
        ledger: Ledger,
        preamble: &[String],
    ) -> Result<Writer, Fault> {
        for statement in preamble {
            link.statement(&mut connection, statement.clone()).await?;
        }
        // A row that is not UTF-8 is stored as it is where the database takes any bytes.
        let encoding = "SELECT pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) \
                        WHERE pg_catalog.current_setting('server_encoding') = 'SQL_ASCII'";
        link.statement(&mut connection, encoding.to_owned()).await?;
        Ok(Writer { link, connection: Some(connection), ledger })
    }

    /// The connection, taken while it works: work that is dropped half-way takes it along, and the
    /// server rolls back.
    fn take(&mut self) -> Result<PgConnection, Fault> {
        self.connection.take().ok_or_else(|| {
            let what = "this session was closed in the middle of a transaction";
            Fault::new(FaultKind::ConnectionLost, Side::Target, what)
        })
    }

    /// Ends the transaction after `result`: the connection is kept when the server agrees.
    async fn settle<T>(
        &mut self,
        mut on: PgConnection,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let usable = match &result {
            Ok(_) => true,
            Err(fault) if fault.kind == FaultKind::ConnectionLost => false,
            Err(_) => self.link.statement(&mut on, "ROLLBACK".to_owned()).await.is_ok(),
        };
        if usable {
            self.connection = Some(on);
        }
        result
    }

    /// Opens the transaction and claims `key`.
    pub(super) async fn claim(
        &self,
        on: &mut PgConnection,
        table: &str,
        key: LedgerKey,
    ) -> Result<Claim, Fault> {
        let (kind, id) = stored(key);
        let text = format!(
            "BEGIN; INSERT INTO {table} (kind, id) VALUES ('{kind}', {id}) ON CONFLICT DO NOTHING"
        );
        if self.link.statement(on, text).await? == 1 {
            return Ok(Claim::Ours);
        }
        let text = format!(
            "SELECT rows, rejected, handout FROM {table} WHERE kind = '{kind}' AND id = {id}"
        );
        let found = self.link.rows(on, text).await?;
        let read = |row: &PgRow| {
            let rows = u64::try_from(self.link.get::<i64>(row, "rows")?).unwrap_or(0);
            Ok::<_, Fault>(Written::before(rows, rejects_of(&self.link, row)?))
        };
        let before = found.first().map(read).transpose()?;
        self.link.statement(on, "ROLLBACK".to_owned()).await?;
        Ok(Claim::AlreadyDone(before.unwrap_or(Written::before(0, Rejects::default()))))
    }

    /// Writes the number of rows and commits.
    async fn commit(
        &self,
        on: &mut PgConnection,
        table: &str,
        key: LedgerKey,
        rows: u64,
    ) -> Result<Written, Fault> {
        self.commit_with(on, table, key, Written::now(rows)).await
    }

    /// The same for a chunk with rows that were put aside.
    pub(super) async fn commit_with(
        &self,
        on: &mut PgConnection,
        table: &str,
        key: LedgerKey,
        written: Written,
    ) -> Result<Written, Fault> {
        let (kind, id) = stored(key);
        let Written { rows, rejects: Rejects { count, handout }, .. } = written;
        let update = if rows > 0 || handout > 0 {
            let aside = match handout {
                0 => String::new(),
                _ => format!(", rejected = {count}, handout = {handout}"),
            };
            format!("UPDATE {table} SET rows = {rows}{aside} WHERE kind = '{kind}' AND id = {id}; ")
        } else {
            String::new()
        };
        // One round trip. Deferred constraints and triggers speak up here.
        self.link.statement(on, format!("{update}COMMIT")).await?;
        Ok(written)
    }

    async fn write_chunk(
        &self,
        on: &mut PgConnection,
        task: &ChunkTask,
        mut blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        let gauge = blocks.gauge().clone();
        let table = &task.table;
        let ledger = self.ledger.of(table.target_unlogged);
        gauge.set(Activity::Lock);
        if let Claim::AlreadyDone(before) = self.claim(on, ledger, task.key).await? {
            return Ok(before);
        }
        gauge.set(Activity::Write);
        // Foreign keys and triggers that the target had before the job hold for its rows too.
        let mut copy = CopyIn::new(&self.link, table);
        let rows = copy.run(on, &mut blocks).await.map_err(|fault| named(fault, table))?;
        check_counts(blocks.rows_announced(), rows).map_err(|fault| named(fault, table))?;
        gauge.set(Activity::Commit);
        self.commit(on, ledger, task.key, rows).await.map_err(|fault| named(fault, table))
    }

    async fn run_step(&self, on: &mut PgConnection, step: &StepTask) -> Result<Written, Fault> {
        if let Claim::AlreadyDone(before) = self.claim(on, &self.ledger.logged, step.key).await? {
            return Ok(before);
        }
        for statement in &step.statements {
            let done = self.link.statement(on, statement.clone()).await;
            done.map_err(|fault| fault.while_doing(&step.title))?;
        }
        let done = self.commit(on, &self.ledger.logged, step.key, 0).await;
        done.map_err(|fault| fault.while_doing(&step.title))
    }

    async fn empty(
        &self,
        on: &mut PgConnection,
        table: &TablePlan,
        chunks: &[LedgerKey],
    ) -> Result<(), Fault> {
        // An emptying must outlive a crash: if it were taken back, ledger rows of another snapshot
        // would return with it and be taken for this one's.
        self.link.statement(on, "BEGIN; SET LOCAL synchronous_commit = on".to_owned()).await?;
        let name = sql::qualified(Dialect::Postgres, &table.target);
        let truncate = format!("SAVEPOINT emptying; TRUNCATE ONLY {name}");
        match self.link.statement(on, truncate).await {
            Ok(_) => {}
            // Another table's foreign key forbids it, or the user may delete and not truncate.
            Err(fault) if matches!(fault.code.as_deref(), Some("0A000" | "42501")) => {
                let back = "ROLLBACK TO SAVEPOINT emptying".to_owned();
                self.link.statement(on, back).await?;
                self.delete_rows(on, &table.target, &fault).await?;
            }
            Err(fault) => return Err(fault),
        }
        // After the table is locked: a twin of a dead engine has committed by now, rows and all.
        let (kinds, ids): (Vec<&str>, Vec<i64>) = chunks.iter().map(|k| stored(*k)).unzip();
        for ledger in [&self.ledger.logged, &self.ledger.unlogged] {
            let text = format!(
                "DELETE FROM {ledger} WHERE (kind, id) IN \
                 (SELECT k, i FROM unnest($1::text[], $2::bigint[]) AS x(k, i))"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(&kinds).bind(&ids);
            query.execute(&mut *on).await.map_err(|e| self.link.fault(&e))?;
        }
        self.link.statement(on, "COMMIT".to_owned()).await?;
        Ok(())
    }

    /// Empties by DELETE, unless that would take rows of other tables along.
    async fn delete_rows(
        &self,
        on: &mut PgConnection,
        name: &ObjectName,
        refused: &Fault,
    ) -> Result<(), Fault> {
        let table = sql::qualified(Dialect::Postgres, name);
        let text = format!(
            "SELECT count(*)::int8 AS n FROM pg_catalog.pg_constraint WHERE contype = 'f' \
             AND confdeltype IN ('c', 'n', 'd') AND confrelid = {}::regclass",
            sql::literal(Dialect::Postgres, &table)
        );
        let rows = self.link.rows(on, text).await?;
        let acting = rows.first().map(|r| self.link.get::<i64>(r, "n")).transpose()?;
        if acting != Some(0) {
            return Err(refused.clone().with_hint(
                "Deleting the rows would change other tables through their foreign keys. \
                 Drop those keys, or empty the table by hand.",
            ));
        }
        let lock = format!("LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE");
        match self.link.statement(on, format!("{lock}; DELETE FROM ONLY {table}")).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.code.as_deref() == Some("23503") => Err(fault.with_hint(
                "Rows of another table refer to these. Drop that foreign key until the job is \
                 done, or empty both tables by hand.",
            )),
            Err(fault) => Err(fault),
        }
    }

    async fn place_sequences(
        &self,
        on: &mut PgConnection,
        key: LedgerKey,
        sequences: &[Sequence],
    ) -> Result<Written, Fault> {
        if let Claim::AlreadyDone(before) = self.claim(on, &self.ledger.logged, key).await? {
            return Ok(before);
        }
        let text = |sequence: &Sequence| sql::qualified(Dialect::Postgres, &sequence.name);
        let names: Vec<String> = sequences.iter().map(text).collect();
        let values: Vec<i64> = sequences.iter().map(|s| s.last_value).collect();
        let called: Vec<bool> = sequences.iter().map(|s| s.is_called).collect();
        sqlx::query(
            "SELECT pg_catalog.setval(name::regclass, value, called) \
             FROM unnest($1::text[], $2::bigint[], $3::boolean[]) \
             AS s(name, value, called)",
        )
        .bind(&names)
        .bind(&values)
        .bind(&called)
        .execute(&mut *on)
        .await
        .map_err(|e| self.link.fault(&e).while_doing("set sequences"))?;
        self.commit(on, &self.ledger.logged, key, sequences.len() as u64).await
    }

    async fn write_objects(
        &self,
        on: &mut PgConnection,
        key: LedgerKey,
        objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault> {
        let ledger = &self.ledger.logged;
        if last {
            if let Claim::AlreadyDone(before) = self.claim(on, ledger, key).await? {
                return Ok(before);
            }
        } else {
            self.link.statement(on, "BEGIN".to_owned()).await?;
        }
        for object in objects {
            let claimed = format!(
                "INSERT INTO {ledger} (kind, id) VALUES ('o', {}) ON CONFLICT DO NOTHING",
                object.oid
            );
            // Not ours to insert: an earlier engine's batch has it.
            if self.link.statement(on, claimed).await? == 1 {
                large_objects::write(&self.link, on, object).await?;
            }
        }
        if !last {
            self.link.statement(on, "COMMIT".to_owned()).await?;
            return Ok(Written::now(objects.len() as u64));
        }
        let text = format!("SELECT count(*)::int8 AS n FROM {ledger} WHERE kind = 'o'");
        let rows = self.link.rows(on, text).await?;
        let written = rows.first().map(|row| self.link.get::<i64>(row, "n")).transpose()?;
        let written = u64::try_from(written.unwrap_or(0)).unwrap_or(0);
        self.commit(on, ledger, key, written).await
    }
}

pub(super) fn named(fault: Fault, table: &TablePlan) -> Fault {
    match fault.kind {
        FaultKind::Cancelled => fault,
        _ => fault.while_doing(&format!("write {}", table.target)),
    }
}

#[async_trait]
impl TargetSession for Writer {
    async fn write(&mut self, task: &ChunkTask, blocks: BlockReceiver) -> Result<Written, Fault> {
        let mut on = self.take()?;
        let result = self.write_chunk(&mut on, task, blocks).await;
        self.settle(on, result).await
    }

    async fn write_carefully(
        &mut self,
        task: &CarefulTask,
        blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        let mut on = self.take()?;
        let result = self.write_chunk_carefully(&mut on, task, blocks).await;
        self.settle(on, result).await
    }

    async fn run(&mut self, step: &StepTask) -> Result<Written, Fault> {
        let mut on = self.take()?;
        let result = self.run_step(&mut on, step).await;
        self.settle(on, result).await
    }

    async fn begin_again(&mut self, table: &TablePlan, chunks: &[LedgerKey]) -> Result<(), Fault> {
        let mut on = self.take()?;
        let result = self.empty(&mut on, table, chunks).await;
        let result = result.map_err(|f| f.while_doing(&format!("empty {}", table.target)));
        self.settle(on, result).await
    }

    async fn set_sequences(
        &mut self,
        key: LedgerKey,
        sequences: &[Sequence],
    ) -> Result<Written, Fault> {
        let mut on = self.take()?;
        let result = self.place_sequences(&mut on, key, sequences).await;
        self.settle(on, result).await
    }

    async fn write_large_objects(
        &mut self,
        key: LedgerKey,
        objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault> {
        let mut on = self.take()?;
        let result = self.write_objects(&mut on, key, objects, last).await;
        self.settle(on, result).await
    }

    async fn copy_attached(
        &mut self,
        _task: &ChunkTask,
        _source: &AttachSource,
        _gauge: &WorkGauge,
    ) -> Result<Written, Fault> {
        let what = "a PostgreSQL target cannot attach a SQLite file";
        Err(Fault::new(FaultKind::Unsupported, Side::Target, what))
    }
}

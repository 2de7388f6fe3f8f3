//! The one writing connection of a target, and the transactions it runs.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::sync::Mutex;

use super::fault::{OpenFault, fault, gone, on};
use super::place::Place;
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::sql::quote;
use crate::driver::{LedgerKey, LedgerRow, Written};
use crate::sqlite::{Cancel, SqliteThread};

/// Sessions take turns here: SQLite has one writer at a time.
#[derive(Clone)]
pub(super) struct Writer {
    place: Place,
    /// The connection is opened by the first who needs it, and anew after its thread died.
    gate: Arc<Mutex<Option<SqliteThread>>>,
}

impl Writer {
    pub(super) fn new(place: Place) -> Writer {
        Writer { place, gate: Arc::new(Mutex::new(None)) }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Waits for the gate, then runs `work` on the connection. When the future is dropped, `work`
    /// is told by [`Cancel`] and rolls back.
    ///
    /// # Errors
    /// As opening and `work` say.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &Cancel) -> Result<T, Fault> + Send + 'static,
    {
        let mut gate = self.gate.lock().await;
        if gate.is_none() {
            let place = self.place.clone();
            let open = move || place.open_to_write().map_err(OpenFault);
            let opened = SqliteThread::open("sqlite-write", open).await;
            *gate = Some(opened.map_err(|OpenFault(fault)| fault)?);
        }
        let thread = gate.as_ref().expect("opened above");
        match thread.call(work).await {
            Ok(result) => result,
            Err(error) => {
                *gate = None;
                Err(gone(self.place.side)(error))
            }
        }
    }
}

/// The ledger of one job.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub side: Side,
    /// Quoted.
    table: String,
    /// As stored.
    name: String,
}

impl Ledger {
    pub(super) fn new(side: Side, job_id: &str) -> Ledger {
        let name = format!("_tidegate_ledger_{job_id}");
        Ledger { side, table: format!("main.{}", quote(Dialect::Sqlite, &name)), name }
    }

    pub(super) fn create(&self, connection: &Connection) -> Result<(), Fault> {
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {} (kind TEXT NOT NULL, id INTEGER NOT NULL, \
             rows INTEGER NOT NULL, rejected INTEGER NOT NULL DEFAULT 0, \
             handout INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)) WITHOUT ROWID",
            self.table
        );
        connection.execute_batch(&sql).map_err(on(self.side, "create the ledger"))
    }

    /// Adds what the ledger of a job begun by an older build lacks.
    fn complete(&self, connection: &Connection) -> rusqlite::Result<()> {
        for column in ["rejected", "handout"] {
            let there: i64 = connection.query_row(
                "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2",
                [self.name.as_str(), column],
                |row| row.get(0),
            )?;
            if there == 0 {
                let table = &self.table;
                connection.execute_batch(&format!(
                    "ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0"
                ))?;
            }
        }
        Ok(())
    }

    pub(super) fn drop(&self, connection: &Connection) -> Result<(), Fault> {
        let sql = format!("DROP TABLE IF EXISTS {}", self.table);
        connection.execute_batch(&sql).map_err(on(self.side, "remove the ledger"))
    }

    /// `None`: there is no ledger.
    pub(super) fn read(&self, connection: &Connection) -> Result<Option<Vec<LedgerRow>>, Fault> {
        let read = || -> rusqlite::Result<Option<Vec<LedgerRow>>> {
            let there = connection
                .query_row(
                    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
                    [&self.name],
                    |_| Ok(()),
                )
                .optional()?;
            if there.is_none() {
                return Ok(None);
            }
            self.complete(connection)?;
            let mut statement = connection.prepare(&format!(
                "SELECT kind, id, rows, rejected, handout FROM {}",
                self.table
            ))?;
            let rows = statement.query_map([], |row| {
                let (kind, id): (String, u32) = (row.get(0)?, row.get(1)?);
                let key = if kind == "chunk" { LedgerKey::Chunk(id) } else { LedgerKey::Step(id) };
                let rows = row.get::<_, i64>(2)?.unsigned_abs();
                Ok(LedgerRow { key, rows, rejects: read_rejects(row, 3)? })
            })?;
            Ok(Some(rows.collect::<rusqlite::Result<_>>()?))
        };
        read().map_err(on(self.side, "read the ledger"))
    }

    fn find(&self, connection: &Connection, key: LedgerKey) -> rusqlite::Result<Option<Written>> {
        let (kind, id) = parts(key);
        connection
            .prepare_cached(&format!(
                "SELECT rows, rejected, handout FROM {} WHERE kind = ?1 AND id = ?2",
                self.table
            ))?
            .query_row(params![kind, id], |row| {
                let rows = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Written::before(rows, read_rejects(row, 1)?))
            })
            .optional()
    }

    fn enter(
        &self,
        connection: &Connection,
        key: LedgerKey,
        written: Written,
    ) -> rusqlite::Result<()> {
        let (kind, id) = parts(key);
        let Rejects { count, handout } = written.rejects;
        let rows = i64::try_from(written.rows).unwrap_or(i64::MAX);
        connection
            .prepare_cached(&format!(
                "INSERT INTO {} (kind, id, rows, rejected, handout) VALUES (?1, ?2, ?3, ?4, ?5)",
                self.table
            ))?
            .execute(params![kind, id, rows, count, handout])?;
        Ok(())
    }

    pub(super) fn forget(
        &self,
        connection: &Connection,
        keys: &[LedgerKey],
    ) -> rusqlite::Result<()> {
        let sql = format!("DELETE FROM {} WHERE kind = ?1 AND id = ?2", self.table);
        let mut statement = connection.prepare(&sql)?;
        for key in keys {
            let (kind, id) = parts(*key);
            statement.execute(params![kind, id])?;
        }
        Ok(())
    }

    /// One transaction: `work`, which returns the rows it wrote, and the ledger row. When the
    /// ledger has the key already, nothing is done.
    pub(super) fn once<F>(
        &self,
        connection: &mut Connection,
        cancel: &Cancel,
        key: LedgerKey,
        work: F,
    ) -> Result<Written, Fault>
    where
        F: FnOnce(&Connection) -> Result<u64, Fault>,
    {
        self.once_with(connection, cancel, key, |open| work(open).map(Written::now))
    }

    /// The same for `work` that may put rows aside.
    pub(super) fn once_with<F>(
        &self,
        connection: &mut Connection,
        cancel: &Cancel,
        key: LedgerKey,
        work: F,
    ) -> Result<Written, Fault>
    where
        F: FnOnce(&Connection) -> Result<Written, Fault>,
    {
        transaction(self.side, connection, cancel, |open| {
            let known = self.find(open, key).map_err(on(self.side, "read the ledger"))?;
            if let Some(before) = known {
                return Ok(before);
            }
            let written = work(open)?;
            self.enter(open, key, written).map_err(on(self.side, "write the ledger"))?;
            Ok(written)
        })
    }
}

/// What a ledger row says of rejected rows, from column `at` on.
fn read_rejects(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Rejects> {
    Ok(Rejects { count: row.get(at)?, handout: row.get(at + 1)? })
}

fn parts(key: LedgerKey) -> (&'static str, u32) {
    match key {
        LedgerKey::Chunk(id) => ("chunk", id),
        LedgerKey::Step(id) => ("step", id),
    }
}

/// `BEGIN IMMEDIATE`, `work`, `COMMIT`; rolled back when `work` fails or the caller has gone.
pub(super) fn transaction<T, F>(
    side: Side,
    connection: &mut Connection,
    cancel: &Cancel,
    work: F,
) -> Result<T, Fault>
where
    F: FnOnce(&Connection) -> Result<T, Fault>,
{
    // An earlier piece of work that panicked or met a full disk may have left one open.
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    let open = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(on(side, "begin"))?;
    let result = work(&open)?;
    if cancel.is_set() {
        return Err(given_back(side));
    }
    open.commit().map_err(|error| fault(side, "commit", &error))?;
    Ok(result)
}

pub(super) fn given_back(side: Side) -> Fault {
    Fault::new(FaultKind::Cancelled, side, "the work was given back")
}

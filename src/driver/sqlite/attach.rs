//! The direct path between two files: the source attached to the writing connection, and a chunk
//! copied by `INSERT ... SELECT` without leaving SQLite.

use std::path::Path;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

use super::fault::on;
use super::place::escaped;
use super::scan;
use super::source::key_columns;
use super::survey::TableShape;
use super::write::{Ledger, Writer, given_back};
use crate::core::chunk::ChunkRange;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::Existing;
use crate::core::sql::{ChunkSelect, chunk_select, column_list, conditions, qualified, quote};
use crate::driver::pipe::Activity;
use crate::driver::{AttachSource, ChunkTask, WorkGauge, Written, reading};
use crate::sqlite::Cancel;

/// The name the source has within the writing connection.
const ALIAS: &str = "tidegate_source";

/// Rows copied between two looks at the operator's wishes, and between two steps of a bar.
const SLICE_ROWS: i64 = 8192;

/// Copies one chunk.
///
/// # Errors
/// `Unsupported` for a source in WAL mode: other connections could have changed it since the
/// snapshot was opened. As SQLite says.
pub(super) async fn copy(
    writer: &Writer,
    ledger: &Ledger,
    task: &ChunkTask,
    source: &AttachSource,
    gauge: &WorkGauge,
) -> Result<Written, Fault> {
    gauge.set(Activity::Lock);
    let progress = Arc::new(WorkGauge::default());
    let shared = progress.clone();
    let (task, ledger, path) = (task.clone(), ledger.clone(), source.path.clone());
    let work = writer.run(move |connection, cancel| {
        progress.set(Activity::Write);
        attach(ledger.side, connection, &path)?;
        ledger.once(connection, cancel, task.key, |open| {
            let copy = ChunkCopy { side: ledger.side, connection: open, cancel, task: &task };
            let rows = copy.run(&progress)?;
            progress.set(Activity::Commit);
            Ok(rows)
        })
    });
    follow(work, &shared, gauge).await
}

/// Passes on what the thread reports: the caller's gauge cannot be moved to it.
async fn follow(
    work: impl Future<Output = Result<Written, Fault>>,
    from: &WorkGauge,
    to: &WorkGauge,
) -> Result<Written, Fault> {
    let mut work = std::pin::pin!(work);
    let mut passed = (0, 0);
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
    loop {
        let done = tokio::select! {
            result = &mut work => Some(result),
            _ = tick.tick() => None,
        };
        let (rows, bytes, activity) = from.read();
        to.add(rows - passed.0, bytes - passed.1);
        passed = (rows, bytes);
        if activity != Activity::Idle {
            to.set(activity);
        }
        if let Some(result) = done {
            return result;
        }
    }
}

/// Attaches `path` for reading, unless it is attached already.
fn attach(side: Side, connection: &Connection, path: &Path) -> Result<(), Fault> {
    let failed = on(side, "attach the source");
    let known: Option<String> = connection
        .query_row("SELECT file FROM pragma_database_list WHERE name = ?1", [ALIAS], |row| {
            row.get(0)
        })
        .optional()
        .map_err(&failed)?;
    // SQLite names the file itself, behind any symbolic link.
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let same = known.as_deref().is_some_and(|file| Path::new(file) == resolved);
    if known.is_some() && !same {
        connection.execute_batch(&format!("DETACH {ALIAS}")).map_err(&failed)?;
    }
    if !same {
        let uri = format!("file:{}?mode=ro", escaped(path));
        connection.execute(&format!("ATTACH ?1 AS {ALIAS}"), [uri]).map_err(&failed)?;
    }
    let mode: String = connection
        .query_row(&format!("PRAGMA {ALIAS}.journal_mode"), [], |row| row.get(0))
        .map_err(&failed)?;
    if mode == "wal" {
        return Err(Fault::new(
            FaultKind::Unsupported,
            Side::Source,
            "a source in WAL mode cannot be attached: writers could change it during the copy",
        )
        .with_hint("Copy it with data_access_method = conventional."));
    }
    Ok(())
}

struct ChunkCopy<'a> {
    side: Side,
    connection: &'a Connection,
    cancel: &'a Cancel,
    task: &'a ChunkTask,
}

impl ChunkCopy<'_> {
    fn run(&self, progress: &WorkGauge) -> Result<u64, Fault> {
        let doing = format!("copy {}", self.task.table.source);
        let failed = on(self.side, &doing);
        let table = &self.task.table;
        let from = TableShape::read(self.connection, ALIAS, &table.source.name).map_err(&failed)?;
        let into = TableShape::read(self.connection, &table.target.schema, &table.target.name)
            .map_err(&failed)?;
        self.check_texts(from.rowid)?;
        let by_slices = matches!(self.task.range, ChunkRange::Rowid { .. } | ChunkRange::Whole)
            && table.columns.iter().all(|column| column.expression.is_none());
        match (from.rowid, into.rowid, table.existing) {
            // Implicit rowids are kept, and the last one inserted says where the next slice begins.
            (Some(source), Some(target), Existing::Created | Existing::Truncated) if by_slices => {
                self.slices(source, target, progress).map_err(&failed)?
            }
            _ => self.at_once(from.rowid, progress).map_err(&failed),
        }
    }

    /// What the operator wants of the rows is tried by itself, so that nobody takes its mistakes
    /// for the target's.
    fn check_texts(&self, rowid: Option<&str>) -> Result<(), Fault> {
        let table = &self.task.table;
        if !table.is_shaped() {
            return Ok(());
        }
        let told = |error| reading::told(on(Side::Source, "")(error), "read", table);
        let config = DbConfig::SQLITE_DBCONFIG_DQS_DML;
        self.connection.set_db_config(config, false).map_err(told)?;
        scan::add_bucket(self.connection).map_err(told)?;
        let select = self.select(rowid).map_err(|why| reading::unlawful(table, &why))?;
        self.connection.prepare(&select).map_err(told).map(|_| ())
    }

    fn select(&self, rowid: Option<&str>) -> Result<String, String> {
        chunk_select(
            Dialect::Sqlite,
            &ChunkSelect {
                table: &self.source(),
                columns: &self.task.table.columns_read(),
                rows: &self.task.table.rows_wanted(),
                range: &self.task.range,
                key: &key_columns(self.task),
                rowid: rowid.unwrap_or("rowid"),
                index: None,
            },
        )
    }

    fn source(&self) -> ObjectName {
        ObjectName::new(ALIAS, self.task.table.source.name.clone())
    }

    fn bytes_of(&self, rows: u64) -> u64 {
        let estimate = &self.task.table.estimate;
        let bytes = u128::from(estimate.bytes) * u128::from(rows)
            / u128::from(estimate.rows.clamp(1, u64::MAX));
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    fn names(&self) -> (Vec<&str>, Vec<&str>) {
        let columns = &self.task.table.columns;
        (
            columns.iter().map(|c| c.name.as_str()).collect(),
            columns.iter().map(|c| c.target_name.as_str()).collect(),
        )
    }

    fn slices(
        &self,
        source_rowid: &str,
        target_rowid: &str,
        progress: &WorkGauge,
    ) -> rusqlite::Result<Result<u64, Fault>> {
        let (names, target_names) = self.names();
        let list = |names: &[&str]| column_list(Dialect::Sqlite, names.iter().copied());
        let until = match &self.task.range {
            ChunkRange::Rowid { until: Some(until), .. } => {
                format!(" AND {source_rowid} < {until}")
            }
            _ => String::new(),
        };
        let rows = self.task.table.rows_wanted();
        let wanted = conditions(Dialect::Sqlite, &rows).expect("checked before");
        let wanted: String = wanted.iter().map(|text| format!(" AND {text}")).collect();
        let sql = format!(
            "INSERT OR ABORT INTO {} ({target_rowid}, {}) SELECT {source_rowid}, {} FROM {} \
             WHERE {source_rowid} >= ?1{until}{wanted} ORDER BY {source_rowid} LIMIT {SLICE_ROWS}",
            qualified(Dialect::Sqlite, &self.task.table.target),
            list(&target_names),
            list(&names),
            qualified(Dialect::Sqlite, &self.source()),
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut at = match &self.task.range {
            ChunkRange::Rowid { from: Some(from), .. } => *from,
            _ => i64::MIN,
        };
        let mut copied = 0;
        loop {
            if self.cancel.is_set() {
                return Ok(Err(given_back(self.side)));
            }
            let rows = statement.execute([at])? as u64;
            copied += rows;
            progress.add(rows, self.bytes_of(rows));
            let last = self.connection.last_insert_rowid();
            if rows < SLICE_ROWS.unsigned_abs() || last == i64::MAX {
                return Ok(Ok(copied));
            }
            at = last + 1;
        }
    }

    fn at_once(&self, rowid: Option<&str>, progress: &WorkGauge) -> rusqlite::Result<u64> {
        let (_, target_names) = self.names();
        let select = self.select(rowid).expect("checked before");
        let sql = format!(
            "INSERT OR ABORT INTO {} ({}) {select}",
            qualified(Dialect::Sqlite, &self.task.table.target),
            target_names.iter().map(|n| quote(Dialect::Sqlite, n)).collect::<Vec<_>>().join(", "),
        );
        let rows = self.connection.execute(&sql, [])? as u64;
        progress.add(rows, self.bytes_of(rows));
        Ok(rows)
    }
}

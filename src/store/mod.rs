//! The master table: one SQLite file per job, written by the job's engine alone.
//!
//! It holds the definition, the plan, every chunk and step with its standing, and the story of
//! the job. [`MasterTable::append`] makes a batch of facts durable in one transaction: each event
//! names the rows it touches, and those rows are written as the job has them after the event, so
//! that what is loaded later is what the machine was. Readers (`tidegate ls`, `sqlite3`) open the
//! same file read-only at any time. It never holds a secret and never a row's values, except where
//! a server's own error text quotes one.
//!
//! `synchronous = NORMAL` in WAL mode: a machine that loses power may lose the last transactions
//! of this file and never its consistency; the comparison with the target's ledger makes up for
//! them, as for a target that lost its own.

mod append;
mod format;
mod load;
pub mod lock;
mod plan;
mod read;
mod reject_files;
mod rejects;
#[cfg(test)]
mod tests;
mod verify;

pub use append::{ActionRecord, Batch, Note, RunFigures, WorkerRecord};
pub use load::StoredJob;
pub use read::{
    ChunkFilter, ChunkRow, ErrorGroup, EventRow, ExternalRow, RunRow, StepRow, Summary,
};
pub use reject_files::{RejectExport, RejectForm};
pub use rejects::{RejectFilter, RejectOwner, Retryable};
pub use verify::{Compared, ComparedRow, ComparedSums, ROWS_KEPT_PER_TABLE};

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::spec::JobSpec;
use crate::core::time::Timestamp;

/// `TDGM`: says to `file` and to us that this is a master table.
const APPLICATION_ID: i32 = 0x5444_474d;
/// Raised with every file added to `assets/store`.
const SCHEMA_VERSION: i32 = SCHEMAS.len() as i32;
/// The form that keeps rejected rows; files of older ones have none.
const FORM_WITH_REJECTS: i32 = 3;
/// The form that keeps filters, samples, expressions and ways out.
const FORM_WITH_SHAPING: i32 = 4;
/// File n makes form n out of form n - 1.
const SCHEMAS: [&str; 4] = [
    include_str!("../../assets/store/0001_master_table.sql"),
    include_str!("../../assets/store/0002_any_to_any.sql"),
    include_str!("../../assets/store/0003_rejects.sql"),
    include_str!("../../assets/store/0004_shaping.sql"),
];

/// How long a reader may hold us up: `sqlite3` in another terminal, a backup.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// Pages (4 KiB) kept in memory: 2 MiB whatever the size of the job.
const CACHE_KIB: i32 = 2_048;

/// An open master table.
pub struct MasterTable {
    connection: Connection,
    path: PathBuf,
    /// The present run's number; 0 before [`MasterTable::begin_run`].
    run: i64,
}

/// A new job on its way into its file.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    pub spec: &'a JobSpec,
    /// Unique for all time.
    pub job_id: &'a str,
    pub now: Timestamp,
}

impl MasterTable {
    /// Makes the file of a new job.
    ///
    /// # Errors
    /// `Store` when there is one already or it cannot be made; then nothing is left behind.
    pub fn create(path: &Path, new: &NewJob<'_>) -> Result<MasterTable, Fault> {
        if let Some(directory) = path.parent() {
            lock::make_private_dir(directory)?;
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| {
            if e.kind() == std::io::ErrorKind::AlreadyExists {
                store_fault(format!("there is a job {} already", new.spec.name))
                    .with_hint("Choose another name, or attach to the job that is there.")
            } else {
                store_fault(format!("cannot make {}: {e}", path.display()))
                    .with_hint("Check the directory's owner, its rights and the room on its disk.")
            }
        })?;
        let made = Connection::open(path)
            .map_err(|e| sqlite_fault("open the new master table", &e))
            .and_then(|connection| initialise(connection, path, new));
        if made.is_err() {
            // Ours alone and empty of anything anyone wants: a half-made file would block the name.
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                let _ = std::fs::remove_file(name);
            }
        }
        made
    }

    /// The same without a file, for tests and simulations.
    ///
    /// # Errors
    /// As [`MasterTable::create`].
    pub fn create_in_memory(new: &NewJob<'_>) -> Result<MasterTable, Fault> {
        let connection =
            Connection::open_in_memory().map_err(|e| sqlite_fault("open a database", &e))?;
        initialise(connection, Path::new(":memory:"), new)
    }

    /// Opens the file of a job for its engine, after a check of its health.
    ///
    /// # Errors
    /// `Store` for a file that is missing, damaged, of a newer build or no master table at all.
    pub fn open(path: &Path) -> Result<MasterTable, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let table = open_with(path, flags)?;
        table.check_health()?;
        configure(&table.connection)?;
        upgrade(&table.connection)?;
        Ok(table)
    }

    /// Opens the file for looking, also while an engine writes it.
    ///
    /// # Errors
    /// As [`MasterTable::open`]; damage is found only where it is read.
    pub fn open_read_only(path: &Path) -> Result<MasterTable, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        open_with(path, flags)
    }

    /// The form of the file, older than ours when only looked at.
    fn form(&self) -> Result<i32, Fault> {
        let asked = self.connection.query_row("pragma user_version", [], |row| row.get(0));
        asked.map_err(|e| sqlite_fault("read the master table", &e))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses every commit while `asks` says so: the disk that is full in a simulation.
    ///
    /// # Errors
    /// `Store` when SQLite does not take the hook.
    pub fn refuse_commits_while(
        &self,
        asks: impl FnMut() -> bool + Send + 'static,
    ) -> Result<(), Fault> {
        self.connection.commit_hook(Some(asks)).map_err(|e| sqlite_fault("set a hook", &e))
    }

    fn check_health(&self) -> Result<(), Fault> {
        let verdict: Result<String, _> =
            self.connection.query_row("pragma quick_check(1)", [], |row| row.get(0));
        match verdict {
            Ok(text) if text == "ok" => Ok(()),
            Ok(text) => Err(damaged_file(&self.path, &text)),
            Err(error) => Err(damaged_file(&self.path, &error.to_string())),
        }
    }
}

fn initialise(
    mut connection: Connection,
    path: &Path,
    new: &NewJob<'_>,
) -> Result<MasterTable, Fault> {
    let fail = |e: rusqlite::Error| sqlite_fault("make the master table", &e);
    configure(&connection)?;
    let transaction = connection.transaction().map_err(fail)?;
    for schema in SCHEMAS {
        transaction.execute_batch(schema).map_err(fail)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
    transaction
        .execute(
            "insert into job (id, state, job_id, name, spec, threads, threads_max, \
             index_workers, rate_bytes, attempts_max, defined_at, rejects_per_table, \
             rejects_per_job) values (1, 'DEFINING', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rusqlite::params![
                new.job_id,
                new.spec.name.as_str(),
                format::spec_text(new.spec),
                new.spec.threads,
                new.spec.threads_max,
                new.spec.index_workers,
                new.spec.rate_bytes.map(int),
                new.spec.attempts_max,
                new.now.0,
                rejects::limits_of(new.spec.bad_rows).0,
                rejects::limits_of(new.spec.bad_rows).1,
            ],
        )
        .map_err(fail)?;
    transaction.commit().map_err(fail)?;
    Ok(MasterTable { connection, path: path.to_owned(), run: 0 })
}

/// Brings the file of an older build to the present form, whole or not at all.
fn upgrade(connection: &Connection) -> Result<(), Fault> {
    let fail = |e: rusqlite::Error| sqlite_fault("upgrade the master table", &e);
    let transaction = connection.unchecked_transaction().map_err(fail)?;
    let version: i32 =
        transaction.query_row("pragma user_version", [], |row| row.get(0)).map_err(fail)?;
    for schema in SCHEMAS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(schema).map_err(fail)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
    transaction.commit().map_err(fail)
}

fn configure(connection: &Connection) -> Result<(), Fault> {
    let fail = |e: rusqlite::Error| sqlite_fault("set up the master table", &e);
    connection.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
    connection.pragma_update(None, "synchronous", "normal").map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", "on").map_err(fail)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(fail)?;
    connection.pragma_update(None, "busy_timeout", BUSY_TIMEOUT_MS).map_err(fail)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn open_with(path: &Path, flags: OpenFlags) -> Result<MasterTable, Fault> {
    if !path.exists() {
        return Err(store_fault(format!("there is no job file {}", path.display()))
            .with_hint("tidegate ls shows the jobs that are there."));
    }
    let connection =
        Connection::open_with_flags(path, flags).map_err(|e| damaged_file(path, &e.to_string()))?;
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i32>(0));
    let fail = |e: rusqlite::Error| damaged_file(path, &e.to_string());
    connection.pragma_update(None, "busy_timeout", BUSY_TIMEOUT_MS).map_err(fail)?;
    if number("pragma application_id").map_err(fail)? != APPLICATION_ID {
        return Err(store_fault(format!("{} is not a master table", path.display()))
            .with_detail("The file was not changed."));
    }
    let version = number("pragma user_version").map_err(fail)?;
    if version > SCHEMA_VERSION {
        return Err(store_fault(format!(
            "{} was written by a newer tidegate (form {version}, this one knows {SCHEMA_VERSION})",
            path.display()
        ))
        .with_detail("The file was not changed, and rows on the target are as they were.")
        .with_hint("Use the tidegate that wrote it, or a newer one."));
    }
    Ok(MasterTable { connection, path: path.to_owned(), run: 0 })
}

fn damaged_file(path: &Path, verdict: &str) -> Fault {
    store_fault(format!("{} fails its check: {verdict}", path.display()))
        .with_detail(
            "The engine does not start on it. The file was not changed, and every chunk that was \
             committed is on the target and in the target's ledger.",
        )
        .with_hint("Copy the file and its -wal aside, then restore it from a backup.")
}

/// Trouble with the file in words; full disks and others alike hold the job.
fn sqlite_fault(doing: &str, error: &rusqlite::Error) -> Fault {
    match error.sqlite_error().map(|e| e.extended_code) {
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_COMMITHOOK) => {
            store_fault(format!("cannot {doing}: the simulated disk is full"))
        }
        Some(code) => store_fault(format!("cannot {doing}: {error}")).with_code(code.to_string()),
        None => store_fault(format!("cannot {doing}: {error}")),
    }
}

fn store_fault(message: String) -> Fault {
    Fault::new(FaultKind::Store, Side::Engine, message)
}

/// SQLite's integers are signed; nothing we count comes near their end.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

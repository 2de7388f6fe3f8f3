//! Looking at a file before there is a job.

use std::path::Path;
use std::time::Instant;

use async_trait::async_trait;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::catalog;
use super::fault::{fault, on};
use super::place::Place;
use super::source::with_reader;
use super::survey::file_bytes;
use crate::core::catalog::TableKind;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::{qualified, statements};
use crate::driver::look::{
    Explained, Facts, Listed, Look, Made, Refused, STATEMENT_LIMIT, Shown, Tried, VALUES_SHOWN,
    refused,
};
use crate::sqlite::SqliteThread;

/// What a hand-written definition may begin with.
const MAKING: [&str; 1] = ["create"];

pub(super) struct SqliteLook {
    pub place: Place,
}

/// Bytes a person reads: `1.2 TB`.
fn room(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(value < 10.0 && unit > 0);
    format!("{value:.digits$} {}", units[unit])
}

impl SqliteLook {
    fn folder(&self) -> &Path {
        self.place.path.parent().unwrap_or(Path::new("/"))
    }

    /// Facts that the file system knows.
    fn surroundings(&self, there: bool) -> (Vec<String>, Vec<String>) {
        let (mut facts, mut warnings) = (Vec::new(), Vec::new());
        if let Ok(disk) = rustix::fs::statvfs(self.folder()) {
            facts.push(format!("{} free", room(disk.f_bavail.saturating_mul(disk.f_frsize))));
        }
        if self.place.side != Side::Target {
            return (facts, warnings);
        }
        let can = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
        if !can(self.folder()) {
            warnings.push("nothing may be written in the file's directory".to_owned());
        } else if there && !can(&self.place.path) {
            warnings.push("the file may not be written".to_owned());
        }
        (facts, warnings)
    }
}

#[async_trait]
impl Look for SqliteLook {
    async fn facts(&self) -> Result<Facts, Fault> {
        let there = self.place.exists()?;
        let (mut facts, warnings) = self.surroundings(there);
        let asked = Instant::now();
        let server = if there {
            let (server, bytes, mode) = with_reader(&self.place, |place, connection| {
                let failed = on(place.side, "look at the file");
                let mode: String = connection
                    .query_row("PRAGMA journal_mode", [], |row| row.get(0))
                    .map_err(&failed)?;
                let bytes = file_bytes(connection).map_err(&failed)?;
                Ok((place.server(Some(connection))?, bytes, mode))
            })
            .await?;
            facts.insert(0, room(bytes));
            facts.push(format!("journal mode {mode}"));
            server
        } else if self.place.side == Side::Target {
            facts.insert(0, "a new file".to_owned());
            self.place.server(None)?
        } else {
            // Says what is missing, as a copy would.
            with_reader(&self.place, |place, connection| place.server(Some(connection))).await?
        };
        let name = format!("SQLite {}", server.version_text);
        Ok(Facts { server, name, round_trip: asked.elapsed(), facts, warnings })
    }

    async fn list(&self) -> Result<Vec<Listed>, Fault> {
        let found = with_reader(&self.place, |place, connection| {
            catalog::read(place, connection, &crate::core::spec::Selection::default())
        })
        .await?;
        let tables = found.tables.iter().map(|table| {
            let is_virtual = table.kind == TableKind::Virtual;
            let key = table.keys.iter().find(|key| key.not_null);
            let estimate = Some(table.estimate).filter(|_| !is_virtual);
            Listed {
                name: table.name.clone(),
                kind: if is_virtual { "virtual table" } else { "table" }.to_owned(),
                rows: estimate.map(|e| e.rows),
                bytes: estimate.map(|e| e.bytes),
                key: key.map(|key| key.columns.clone()).unwrap_or_default(),
                note: if table.without_rowid { "without rowid" } else { "" }.to_owned(),
            }
        });
        let views = found.others.iter().filter(|other| other.kind == "VIEW").map(|other| Listed {
            name: other.name.clone(),
            kind: "view".to_owned(),
            rows: None,
            bytes: None,
            key: Vec::new(),
            note: String::new(),
        });
        let mut all: Vec<Listed> = tables.chain(views).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    async fn count(&self, table: &ObjectName) -> Result<u64, Fault> {
        let sql = format!("SELECT count(*) FROM {}", qualified(Dialect::Sqlite, table));
        let doing = format!("count {table}");
        with_reader(&self.place, move |place, connection| {
            let count = connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
            count.map(i64::unsigned_abs).map_err(on(place.side, &doing))
        })
        .await
    }

    async fn explain(&self, table: &ObjectName, filter: &str) -> Result<Tried<Explained>, Fault> {
        let name = qualified(Dialect::Sqlite, table);
        let filter = filter.to_owned();
        with_reader(&self.place, move |place, connection| {
            let head = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {name} WHERE (\n");
            let sql = format!("{head}{filter}\n)");
            let found = connection.prepare(&sql).and_then(|mut statement| {
                let lines = statement.query_map([], |row| row.get::<_, String>(3))?;
                lines.collect::<rusqlite::Result<Vec<String>>>()
            });
            match found {
                Ok(lines) => Ok(Tried::Valid(Explained {
                    cost: lines.first().map(|line| cost(line)).unwrap_or_default(),
                    ..Explained::default()
                })),
                Err(error) => told(place.side, &error, head.len(), &filter),
            }
        })
        .await
    }

    async fn try_expression(
        &self,
        table: &ObjectName,
        _declared: &str,
        expression: &str,
    ) -> Result<Tried<Shown>, Fault> {
        let name = qualified(Dialect::Sqlite, table);
        let expression = expression.to_owned();
        let work = with_reader(&self.place, move |place, connection| {
            let head = "SELECT typeof(x), x FROM (SELECT (\n";
            let sql = format!("{head}{expression}\n) AS x FROM {name} LIMIT {VALUES_SHOWN})");
            match values(connection, &sql) {
                Ok(shown) => Ok(Tried::Valid(shown)),
                Err(error) => told(place.side, &error, head.len(), &expression),
            }
        });
        let side = self.place.side;
        match tokio::time::timeout(STATEMENT_LIMIT, work).await {
            Ok(done) => done,
            Err(_) => Err(Fault::new(FaultKind::Other, side, "the expression took too long")),
        }
    }

    async fn try_table(&self, table: &ObjectName, ddl: &str) -> Result<Tried<Made>, Fault> {
        let (side, name, ddl) = (self.place.side, table.name.clone(), ddl.to_owned());
        let open = || -> Result<Connection, super::fault::OpenFault> {
            let connection = Connection::open_in_memory_with_flags(
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            );
            connection.map_err(|error| {
                super::fault::OpenFault(fault(Side::Target, "open a trial database", &error))
            })
        };
        let thread = SqliteThread::open("sqlite-trial", open).await.map_err(|fault| fault.0)?;
        let tried = thread.call(move |connection, _| make(connection, side, &name, &ddl)).await;
        tried.map_err(super::fault::gone(side))?
    }

    async fn conform(&self, statements: &[String]) -> Result<(u32, Option<Fault>), Fault> {
        let (place, statements) = (self.place.clone(), statements.to_vec());
        let side = place.side;
        let open = move || place.open_to_write().map_err(super::fault::OpenFault);
        let thread = SqliteThread::open("sqlite-conform", open).await.map_err(|fault| fault.0)?;
        let ran = thread.call(move |connection, _| {
            let mut done = 0;
            for statement in &statements {
                if let Err(error) = connection.execute_batch(statement) {
                    return (done, Some(fault(side, "run a statement", &error)));
                }
                done += 1;
            }
            (done, None)
        });
        ran.await.map_err(super::fault::gone(side))
    }
}

/// In a database of its own, in memory: nothing of it lasts, and no file can be reached.
fn make(
    connection: &mut Connection,
    side: Side,
    table: &str,
    ddl: &str,
) -> Result<Tried<Made>, Fault> {
    let failed = on(side, "try the definition");
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(&failed)?;
    for (from, statement) in statements(Dialect::Sqlite, ddl) {
        let verb = statement.split_whitespace().next().unwrap_or_default();
        if !MAKING.iter().any(|known| verb.eq_ignore_ascii_case(known)) {
            let message = format!("{verb} has no place here: the text makes one table");
            return Ok(Tried::Refused(Refused { message, at: Some(from) }));
        }
        if let Err(error) = connection.execute_batch(statement) {
            return match place_of(&error) {
                Some(at) => told_at(side, &error, Some(from + at), ddl),
                None => told_at(side, &error, None, ddl),
            };
        }
    }
    let columns = connection
        .prepare("SELECT name, type FROM pragma_table_xinfo(?1, 'main')")
        .and_then(|mut statement| {
            let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        })
        .map_err(&failed)?;
    if columns.is_empty() {
        let message = format!("the statement is lawful, but it does not make {table}");
        return Ok(Tried::Refused(Refused { message, at: None }));
    }
    Ok(Tried::Valid(Made { columns: Some(columns), notes: Vec::new() }))
}

fn values(connection: &Connection, sql: &str) -> rusqlite::Result<Shown> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut shown = Shown::default();
    while let Some(row) = rows.next()? {
        shown.of_type.get_or_insert(row.get(0)?);
        shown.values.push(match row.get_ref(1)? {
            ValueRef::Null => None,
            ValueRef::Integer(value) => Some(value.to_string()),
            ValueRef::Real(value) => Some(format!("{value:?}")),
            ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => {
                Some(format!("X'{}'", bytes.iter().map(|b| format!("{b:02X}")).collect::<String>()))
            }
        });
    }
    Ok(shown)
}

/// `SEARCH t USING INDEX ix (a>?)` as people say it.
fn cost(line: &str) -> String {
    let index = line.split_once(" INDEX ").map(|(_, rest)| rest);
    match index.and_then(|rest| rest.split(" (").next()) {
        Some(name) => format!("uses index {name}"),
        None if line.contains("PRIMARY KEY") => "uses the primary key".to_owned(),
        None => "reads the whole table".to_owned(),
    }
}

fn place_of(error: &rusqlite::Error) -> Option<usize> {
    match error {
        rusqlite::Error::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
        _ => None,
    }
}

fn told<T>(
    side: Side,
    error: &rusqlite::Error,
    from: usize,
    text: &str,
) -> Result<Tried<T>, Fault> {
    told_at(side, error, place_of(error).and_then(|at| at.checked_sub(from)), text)
}

fn told_at<T>(
    side: Side,
    error: &rusqlite::Error,
    at: Option<usize>,
    text: &str,
) -> Result<Tried<T>, Fault> {
    let mut said = fault(side, "", error);
    if let rusqlite::Error::SqlInputError { msg, .. } = error {
        said.message.clone_from(msg);
    }
    refused(said, at, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_short() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1_200_000_000_000, "1.2 TB")] {
            assert_eq!(room(bytes), text);
        }
    }
}

//! Looking at a database before there is a job.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use sqlx::mysql::MySqlRow;
use sqlx::{Column as _, Row as _, TypeInfo as _};

use super::address::MysqlAddress;
use super::catalog::{self, OWN_TABLES, scope};
use super::connect::{Session, number, text, word};
use super::target;
use super::types::quoted;
use crate::core::fault::{Fault, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::{qualified, statements};
use crate::driver::look::{
    Explained, Facts, LOCK_LIMIT, Listed, Look, Made, Refused, STATEMENT_LIMIT, Shown, Tried,
    VALUES_SHOWN, refused,
};

/// A temporary table cannot have foreign keys or partitions, as a lasting one may.
const NOT_TEMPORARY: [&str; 6] = ["1215", "1005", "1562", "1824", "1506", "4151"];

/// There is no such database.
const NO_DATABASE: &str = "1049";

pub(super) struct MysqlLook {
    address: MysqlAddress,
}

pub(super) fn open(address: MysqlAddress) -> Arc<dyn Look> {
    Arc::new(MysqlLook { address })
}

impl MysqlLook {
    /// A session every statement of which has a limit.
    async fn session(&self) -> Result<Session, Fault> {
        let mut session = Session::open(&self.address).await?;
        let limit = match session.flavour.mariadb {
            true => format!("max_statement_time = {}", STATEMENT_LIMIT.as_secs()),
            false => format!("max_execution_time = {}", STATEMENT_LIMIT.as_millis()),
        };
        let wait = LOCK_LIMIT.as_secs();
        session.run(&format!("SET SESSION {limit}, SESSION lock_wait_timeout = {wait}")).await?;
        Ok(session)
    }

    async fn reading(&self) -> Result<Session, Fault> {
        let mut session = self.session().await?;
        session.run("START TRANSACTION READ ONLY").await?;
        Ok(session)
    }
}

#[async_trait]
impl Look for MysqlLook {
    async fn facts(&self) -> Result<Facts, Fault> {
        let mut session = self.session().await?;
        let server = catalog::server(&mut session, &self.address).await?;
        let asked = Instant::now();
        session.run("DO 0").await?;
        let round_trip = asked.elapsed();
        let asked = "SELECT @@max_connections, @@read_only, @@max_allowed_packet, \
                     @@default_storage_engine, @@local_infile, CURRENT_USER()";
        let rows = session.rows(asked).await?;
        let cell = |at| rows.first().and_then(|row| text(row, at)).unwrap_or_default();
        let tls = session.rows("SHOW STATUS LIKE 'Ssl_version'").await?;
        let tls = tls.first().and_then(|row| text(row, 1)).filter(|version| !version.is_empty());
        let read_only = cell(1) != "0";
        let (mut facts, mut warnings) = (Vec::new(), Vec::new());
        if read_only {
            facts.push("read only".to_owned());
        }
        if let Some(free) = server.connections_free {
            facts.push(format!("{free} of {} connections free", cell(0)));
            if free < 5 {
                warnings.push(format!("only {free} connections are free"));
            }
        }
        facts.push(cell(3));
        facts.push(format!("user {}", cell(5)));
        facts.push(tls.unwrap_or_else(|| "no TLS".to_owned()));
        let packet = cell(2).parse::<u64>().unwrap_or(0) / (1024 * 1024);
        facts.push(format!("max_allowed_packet {packet} MB"));
        if self.address.side == Side::Target {
            if read_only && !server.superuser {
                warnings.push("it takes no writes: read_only is on".to_owned());
            }
            if cell(4) == "0" {
                let what = "local_infile is off: rows go in by INSERT, about half as fast";
                warnings.push(what.to_owned());
            }
            if self.address.database.is_empty() {
                facts.push("no database named: schemas keep their names".to_owned());
            }
        }
        let word = session.flavour.word();
        let version = server.version_text.split('-').next().unwrap_or_default();
        let name = format!("{word} {version}");
        Ok(Facts { server, name, round_trip, facts, warnings })
    }

    async fn list(&self) -> Result<Vec<Listed>, Fault> {
        let mut session = self.session().await?;
        let schemas = catalog::schemas(&mut session, &self.address).await?;
        if schemas.is_empty() {
            return Ok(Vec::new());
        }
        let scope = scope(&schemas);
        let keys = keys(&mut session, &scope).await?;
        let rows = session
            .rows(&format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, \
                 CREATE_OPTIONS FROM information_schema.TABLES WHERE TABLE_SCHEMA {scope} \
                 AND TABLE_TYPE <> 'SEQUENCE' ORDER BY TABLE_SCHEMA, TABLE_NAME"
            ))
            .await?;
        let ours = |row: &&MySqlRow| !word(row, 1).starts_with(OWN_TABLES);
        Ok(rows.iter().filter(ours).map(|row| listed(row, &keys)).collect())
    }

    async fn count(&self, table: &ObjectName) -> Result<u64, Fault> {
        let mut session = Session::open(&self.address).await?;
        let mut stop = StopOnDrop { address: Some(self.address.clone()), id: session.id };
        let counted = session
            .value(&format!("SELECT COUNT(*) FROM {}", qualified(Dialect::Mysql, table)))
            .await;
        stop.address = None;
        Ok(counted?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    async fn explain(&self, table: &ObjectName, filter: &str) -> Result<Tried<Explained>, Fault> {
        let mut session = self.reading().await?;
        let name = qualified(Dialect::Mysql, table);
        let explain = match session.flavour.mariadb {
            true => "EXPLAIN EXTENDED",
            false => "EXPLAIN FORMAT=TRADITIONAL",
        };
        let all = session.rows(&format!("{explain} SELECT 1 FROM {name}")).await?;
        let head = format!("{explain} SELECT 1 FROM {name} WHERE (\n");
        let rows = match session.rows(&format!("{head}{filter}\n)")).await {
            Ok(rows) => rows,
            Err(fault) => {
                let at = place(&fault.message, filter);
                return refused(fault, at, filter);
            }
        };
        let share = named(&rows, "filtered").and_then(|text| text.parse::<f64>().ok());
        let found = named(&rows, "rows").and_then(|text| text.parse::<f64>().ok());
        let estimate = found.map(|rows| (rows * share.unwrap_or(100.0) / 100.0).round() as u64);
        let cost = match named(&rows, "key") {
            Some(index) => format!("uses index {index}"),
            None if found.is_none() => "finds no rows".to_owned(),
            None => "reads the whole table".to_owned(),
        };
        let total = named(&all, "rows").and_then(|text| text.parse().ok());
        Ok(Tried::Valid(Explained { rows: estimate.or(Some(0)), total, cost }))
    }

    async fn try_expression(
        &self,
        table: &ObjectName,
        _declared: &str,
        expression: &str,
    ) -> Result<Tried<Shown>, Fault> {
        let mut session = self.reading().await?;
        let name = qualified(Dialect::Mysql, table);
        let statement = format!("SELECT (\n{expression}\n) FROM {name} LIMIT {VALUES_SHOWN}");
        match session.rows(&statement).await {
            Ok(rows) => Ok(Tried::Valid(Shown {
                of_type: rows
                    .first()
                    .and_then(|row| row.columns().first())
                    .map(|column| column.type_info().name().to_ascii_lowercase()),
                values: rows.iter().map(value).collect(),
            })),
            Err(fault) => {
                let at = place(&fault.message, expression);
                refused(fault, at, expression)
            }
        }
    }

    async fn try_table(&self, table: &ObjectName, ddl: &str) -> Result<Tried<Made>, Fault> {
        let Some(trial) = as_temporary(ddl) else {
            let message = "the text is one CREATE TABLE statement on MySQL".to_owned();
            return Ok(Tried::Refused(Refused { message, at: None }));
        };
        let mut session = self.session().await?;
        // Not for replicas. Who may not say so is of no harm: the table goes with the session.
        let _ = session.run("SET SESSION sql_log_bin = 0").await;
        let strict = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";
        session.run(strict).await?;
        let Err(fault) = session.run(&trial).await else {
            let asked = format!("SHOW COLUMNS FROM {}", qualified(Dialect::Mysql, table));
            let Ok(rows) = session.rows(&asked).await else {
                let message = format!("the statement is lawful, but it does not make {table}");
                return Ok(Tried::Refused(Refused { message, at: None }));
            };
            let columns = rows.iter().map(|row| (word(row, 0), word(row, 1))).collect();
            return Ok(Tried::Valid(Made { columns: Some(columns), notes: Vec::new() }));
        };
        let code = fault.code.as_deref().unwrap_or_default();
        let why = match code {
            NO_DATABASE => "its database is not there yet",
            _ if NOT_TEMPORARY.contains(&code) => "foreign keys and partitions cannot be tried",
            _ => {
                let at = place(&fault.message, ddl);
                return refused(fault, at, ddl);
            }
        };
        // Read, and not run.
        match session.run(&format!("PREPARE trial FROM {}", quoted(ddl))).await {
            Ok(()) => {
                let notes = vec![format!("{why}: only the syntax was checked")];
                Ok(Tried::Valid(Made { columns: None, notes }))
            }
            Err(fault) => {
                let at = place(&fault.message, ddl);
                refused(fault, at, ddl)
            }
        }
    }

    async fn conform(&self, statements: &[String]) -> Result<(u32, Option<Fault>), Fault> {
        target::conform(self.address.clone(), statements).await
    }
}

/// Ends the statement of a session nobody listens to any more.
struct StopOnDrop {
    /// `None`: it is over.
    address: Option<MysqlAddress>,
    id: u64,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        let (Some(address), id) = (self.address.take(), self.id) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let mut other = Session::open(&address).await?;
            other.run(&format!("KILL QUERY {id}")).await
        });
    }
}

type Keys = HashMap<(String, String), Vec<String>>;

/// The key of each table that names a row: the primary one, else the first unique one without
/// NULLs.
async fn keys(session: &mut Session, scope: &str) -> Result<Keys, Fault> {
    let rows = session
        .rows(&format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, NULLABLE, SUB_PART \
             FROM information_schema.STATISTICS WHERE TABLE_SCHEMA {scope} AND NON_UNIQUE = 0 \
             ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
        ))
        .await?;
    let mut keys = Keys::new();
    let mut chosen: HashMap<(String, String), String> = HashMap::new();
    let unfit = |row: &MySqlRow| word(row, 4) == "YES" || text(row, 5).is_some();
    let bad: std::collections::HashSet<(String, String, String)> = rows
        .iter()
        .filter(|row| unfit(row))
        .map(|row| (word(row, 0), word(row, 1), word(row, 2)))
        .collect();
    for row in &rows {
        let (table, index) = ((word(row, 0), word(row, 1)), word(row, 2));
        if bad.contains(&(table.0.clone(), table.1.clone(), index.clone())) {
            continue;
        }
        if *chosen.entry(table.clone()).or_insert_with(|| index.clone()) == index {
            keys.entry(table).or_default().push(word(row, 3));
        }
    }
    Ok(keys)
}

fn listed(row: &MySqlRow, keys: &Keys) -> Listed {
    let name = ObjectName::new(word(row, 0), word(row, 1));
    let engine = word(row, 3);
    let kind = match word(row, 2).as_str() {
        "VIEW" | "SYSTEM VIEW" => "view",
        _ if catalog::is_remote(&engine) => "foreign table",
        _ if word(row, 6).contains("partitioned") => "partitioned table",
        _ => "table",
    };
    let is_view = kind == "view";
    let key = keys.get(&(name.schema.clone(), name.name.clone())).cloned();
    Listed {
        key: key.unwrap_or_default(),
        rows: number(row, 4).filter(|_| !is_view),
        bytes: number(row, 5).filter(|_| !is_view),
        kind: kind.to_owned(),
        note: if is_view || engine == "InnoDB" { String::new() } else { engine },
        name,
    }
}

/// A cell of the first row by its column's name.
fn named(rows: &[MySqlRow], column: &str) -> Option<String> {
    let row = rows.first()?;
    let at = row.columns().iter().position(|c| c.name().eq_ignore_ascii_case(column))?;
    text(row, at)
}

fn value(row: &MySqlRow) -> Option<String> {
    let bytes = row.try_get_unchecked::<Option<&[u8]>, _>(0).ok()??;
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("0x{}", bytes.iter().map(|b| format!("{b:02X}")).collect::<String>()),
    })
}

/// Where the server's message points to: `near 'xyz' at line 2`, `Unknown column 'xyz'`. Our own
/// part of the statement comes before the text and after it, and ends with `)`.
fn place(message: &str, text: &str) -> Option<usize> {
    let said = message.split_once("near '").or_else(|| message.split_once(" '"))?.1;
    let said = said.split("' at line").next()?.split("' in ").next()?.trim_end_matches('\'');
    let said = said.split_once('\n').map_or(said, |(first, _)| first);
    let said = said.trim_end().trim_end_matches(')').trim_end();
    let last = said.rsplit('.').next().unwrap_or(said);
    match (said.is_empty(), text.find(said)) {
        // The server read to the end and wanted more.
        (true, _) => message.contains("near '").then_some(text.trim_end().len()),
        (false, Some(at)) => Some(at),
        (false, None) => text.find(last),
    }
}

/// The one CREATE TABLE of the text, for a table that goes with the session.
fn as_temporary(ddl: &str) -> Option<String> {
    let found = statements(Dialect::Mysql, ddl);
    let [(_, statement)] = found.as_slice() else { return None };
    let mut rest = *statement;
    for word in ["create", "table"] {
        let trimmed = rest.trim_start();
        let head = trimmed.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        rest = &trimmed[head.len()..];
        if !rest.starts_with(|c: char| c.is_whitespace() || c == '`') {
            return None;
        }
    }
    Some(format!("CREATE TEMPORARY TABLE{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_mistake_is_read_from_the_message() {
        let syntax = "You have an error in your SQL syntax; check the manual that corresponds to \
                      your MariaDB server version for the right syntax to use near 'andd b = 2 )' \
                      at line 2";
        assert_eq!(place(syntax, "a = 1 andd b = 2"), Some(6));
        let unknown = "Unknown column 'colour' in 'where clause'";
        assert_eq!(place(unknown, "id = 1 and colour = 'red'"), Some(11));
        let early = "right syntax to use near ')' at line 3";
        assert_eq!(place(early, "id = "), Some(4));
    }

    #[test]
    fn a_definition_is_tried_as_a_temporary_table() {
        assert_eq!(
            as_temporary("create  table `a`.`b` (id int);").as_deref(),
            Some("CREATE TEMPORARY TABLE `a`.`b` (id int)")
        );
        for other in ["drop table a", "create table a (b int); drop table c", "create view v as 1"]
        {
            assert_eq!(as_temporary(other), None, "{other}");
        }
    }
}

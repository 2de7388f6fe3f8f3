//! Reads the catalogue, for both sides, in a handful of set queries. Databases are schemas; a URL
//! that names a database is about that database alone on the source.

mod columns;
mod keys;
mod others;

use std::collections::BTreeMap;

pub(super) use others::names as other_names;

use super::address::MysqlAddress;
use super::connect::{Flavour, Session, number, text, word};
use super::types::quoted;
use crate::core::catalog::{
    Catalog, Identity, OtherObject, Sequence, Server, Table, TableEstimate, TableKind,
};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::spec::Selection;
use crate::core::sql;

/// The servers' own databases, and the one this program keeps its ledgers in.
const SYSTEM_SCHEMAS: [&str; 5] =
    ["information_schema", "mysql", "performance_schema", "sys", "tidegate"];

/// What this program keeps in a user's database when it may not create one of its own.
pub(super) const OWN_TABLES: &str = "_tidegate_ledger_";

/// Engines whose tables show rows of other tables or servers.
const REMOTE_ENGINES: [&str; 4] = ["FEDERATED", "CONNECT", "SPIDER", "MRG_MYISAM"];

/// Every schema that is not the system's, tables within `selection` in full.
pub(super) async fn inspect(
    address: &MysqlAddress,
    selection: &Selection,
) -> Result<Catalog, Fault> {
    let mut session = Session::open(address).await?;
    let server = server(&mut session, address).await?;
    let schemas = schemas(&mut session, address).await?;
    if schemas.is_empty() {
        return Ok(Catalog { server, schemas, ..nothing() });
    }
    let mut reading = Reading { scope: scope(&schemas), session: &mut session };
    let (mut tables, mut others) = reading.tables(selection).await?;
    let clustered = columns::read(&mut reading, &mut tables).await?;
    keys::read(&mut reading, &mut tables, &clustered).await?;
    let sequences = reading.sequences(Some(&tables)).await?;
    others.extend(others::read(&mut reading, selection).await?);
    reading.partitions(&mut tables).await?;
    let outside = keys::referenced_outside(&tables, &others);
    others.extend(outside);
    let tables = tables.into_values().collect();
    Ok(Catalog { server, schemas, tables, sequences, others, large_objects: 0 })
}

/// Who answers there?
pub(super) async fn probe(address: &MysqlAddress) -> Result<Server, Fault> {
    let mut session = Session::open(address).await?;
    server(&mut session, address).await
}

/// Positions of all sequences and auto_increment columns, now.
pub(super) async fn sequences(
    session: &mut Session,
    address: &MysqlAddress,
) -> Result<Vec<Sequence>, Fault> {
    let schemas = schemas(session, address).await?;
    if schemas.is_empty() {
        return Ok(Vec::new());
    }
    Reading { scope: scope(&schemas), session }.sequences(None).await
}

fn nothing() -> Catalog {
    Catalog {
        server: Server {
            dialect: Dialect::Mysql,
            version_text: String::new(),
            version_num: 0,
            database: String::new(),
            encoding: String::new(),
            identity: None,
            superuser: false,
            connections_free: None,
            mariadb: false,
        },
        schemas: Vec::new(),
        tables: Vec::new(),
        sequences: Vec::new(),
        others: Vec::new(),
        large_objects: 0,
    }
}

pub(super) async fn server(session: &mut Session, address: &MysqlAddress) -> Result<Server, Fault> {
    let uuid = if session.flavour.mariadb { "''" } else { "@@server_uuid" };
    let asked = format!("SELECT {uuid}, @@hostname, @@port, @@datadir");
    let rows = session.rows(&asked).await?;
    let cell = |at| rows.first().and_then(|row| text(row, at)).unwrap_or_default();
    let identity = format!("{}/{}:{}{}/{}", cell(0), cell(1), cell(2), cell(3), address.database);
    let free = connections_free(session).await?;
    let grants = session.rows("SHOW GRANTS").await?;
    let powers = ["GRANT ALL PRIVILEGES ON *.*", "SUPER"];
    let superuser = grants.iter().map(|row| word(row, 0)).any(|grant| {
        powers.iter().any(|power| grant.contains(power)) && grant.contains(" ON *.* ")
    });
    let Flavour { mariadb, version_text, version_num } = session.flavour.clone();
    Ok(Server {
        dialect: Dialect::Mysql,
        version_text,
        version_num,
        database: address.database.clone(),
        encoding: "UTF8".to_owned(),
        identity: Some(identity),
        superuser,
        connections_free: Some(free),
        mariadb,
    })
}

/// Connections the server would still give this user.
pub(super) async fn connections_free(session: &mut Session) -> Result<u32, Fault> {
    let limits = session.rows("SELECT @@max_connections, @@max_user_connections").await?;
    let limit = |at| limits.first().and_then(|row| number::<u32>(row, at)).unwrap_or(0);
    let connected = session.rows("SHOW GLOBAL STATUS LIKE 'Threads_connected'").await?;
    let connected = connected.first().and_then(|row| number::<u32>(row, 1)).unwrap_or(0);
    let (room, own) = (limit(0).saturating_sub(connected), limit(1));
    Ok(if own > 0 && own < room { own } else { room })
}

/// Base tables of these databases.
pub(super) async fn table_names(
    session: &mut Session,
    schemas: &[String],
) -> Result<Vec<ObjectName>, Fault> {
    let mut reading = Reading { scope: scope(schemas), session };
    let mut names = reading.of_type("BASE TABLE").await?;
    names.extend(reading.of_type("SYSTEM VERSIONED").await?);
    Ok(names)
}

/// The databases this connection is about, as the server spells them.
pub(super) async fn schemas(
    session: &mut Session,
    address: &MysqlAddress,
) -> Result<Vec<String>, Fault> {
    let rows = session
        .rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
        .await?;
    let all = rows.iter().filter_map(|row| text(row, 0));
    let all: Vec<String> =
        all.filter(|s| !SYSTEM_SCHEMAS.contains(&s.to_ascii_lowercase().as_str())).collect();
    if address.side != Side::Source || address.database.is_empty() {
        return Ok(all);
    }
    // Names of databases differ by case only where files do.
    let exact = all.iter().find(|s| **s == address.database);
    let folded = || all.iter().find(|s| s.eq_ignore_ascii_case(&address.database));
    match exact.or_else(folded) {
        Some(schema) => Ok(vec![schema.clone()]),
        None => {
            let what = format!("there is no database {} that may be copied", address.database);
            Err(Fault::new(FaultKind::ObjectMissing, address.side, what))
        }
    }
}

/// A condition on the information schema's column `{}_SCHEMA`.
pub(super) fn scope(schemas: &[String]) -> String {
    let list: Vec<String> = schemas.iter().map(|s| quoted(s)).collect();
    format!("IN ({})", list.join(", "))
}

/// Selected tables in order of name.
pub(super) type Tables = BTreeMap<ObjectName, Table>;

/// A connection and the databases to read.
pub(super) struct Reading<'a> {
    pub session: &'a mut Session,
    /// `IN ('crm', 'geo')`.
    pub scope: String,
}

impl<'a> Reading<'a> {
    pub(super) fn of(schemas: &[String], session: &'a mut Session) -> Reading<'a> {
        Reading { scope: scope(schemas), session }
    }
}

impl Reading<'_> {
    async fn tables(&mut self, selection: &Selection) -> Result<(Tables, Vec<OtherObject>), Fault> {
        let rolls_back = self.transactional_engines().await?;
        let rows = self
            .session
            .rows(&format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, \
                 TABLE_COMMENT, CREATE_OPTIONS FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA {} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
                self.scope
            ))
            .await?;
        let (mut tables, mut unselected) = (Tables::new(), Vec::new());
        for row in &rows {
            let name = ObjectName::new(word(row, 0), word(row, 1));
            if name.name.starts_with(OWN_TABLES) {
                continue;
            }
            if !selection.takes_table(&name) {
                let kind = "TABLE".to_owned();
                unselected.push(OtherObject { kind, name, definition: None });
                continue;
            }
            let engine = text(row, 3);
            let upper = engine.as_deref().unwrap_or_default().to_ascii_uppercase();
            let remote = is_remote(&upper);
            let comment = text(row, 6).filter(|comment| !comment.is_empty());
            let table = Table {
                kind: if remote { TableKind::Foreign } else { TableKind::Plain },
                transactional: rolls_back.contains(&upper),
                engine,
                estimate: TableEstimate {
                    rows: number(row, 4).unwrap_or(0),
                    bytes: number(row, 5).unwrap_or(0),
                    pages: 0,
                },
                comment,
                // Replaced by the statement itself where there are partitions.
                sql: text(row, 7).filter(|options| options.contains("partitioned")),
                ..empty_table(name.clone())
            };
            tables.insert(name, table);
        }
        Ok((tables, unselected))
    }

    async fn transactional_engines(&mut self) -> Result<Vec<String>, Fault> {
        let asked = "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'";
        let rows = self.session.rows(asked).await?;
        Ok(rows.iter().map(|row| word(row, 0).to_ascii_uppercase()).collect())
    }

    /// Positions; of all tables, or of those that are read in full.
    async fn sequences(&mut self, only: Option<&Tables>) -> Result<Vec<Sequence>, Fault> {
        let rows = self
            .session
            .rows(&format!(
                "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.AUTO_INCREMENT, c.COLUMN_NAME \
                 FROM information_schema.TABLES t JOIN information_schema.COLUMNS c \
                 ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME \
                 WHERE t.TABLE_SCHEMA {0} AND c.TABLE_SCHEMA {0} \
                 AND t.AUTO_INCREMENT IS NOT NULL AND c.EXTRA LIKE '%auto_increment%'",
                self.scope
            ))
            .await?;
        let mut sequences = Vec::new();
        for row in &rows {
            let name = ObjectName::new(word(row, 0), word(row, 1));
            if only.is_some_and(|tables| !tables.contains_key(&name)) {
                continue;
            }
            // The next value; 1 says that nothing was ever given out.
            let next: u64 = number(row, 2).unwrap_or(1);
            let is_called = next > 1;
            let last = if is_called { next - 1 } else { 1 };
            sequences.push(Sequence {
                owner: Some((name.clone(), word(row, 3))),
                name,
                last_value: i64::try_from(last).unwrap_or(i64::MAX),
                is_called,
            });
        }
        if self.session.flavour.mariadb {
            self.sequence_objects(&mut sequences).await?;
        }
        Ok(sequences)
    }

    /// MariaDB's CREATE SEQUENCE.
    async fn sequence_objects(&mut self, into: &mut Vec<Sequence>) -> Result<(), Fault> {
        for name in self.of_type("SEQUENCE").await? {
            let table = sql::qualified(Dialect::Mysql, &name);
            let asked = format!("SELECT next_not_cached_value FROM {table}");
            let next = self.session.value(&asked).await?.and_then(|v| v.parse().ok());
            into.push(Sequence {
                name,
                owner: None,
                last_value: next.unwrap_or(1),
                is_called: false,
            });
        }
        Ok(())
    }

    /// Names of what the information schema lists as a table of this type.
    pub(super) async fn of_type(&mut self, kind: &str) -> Result<Vec<ObjectName>, Fault> {
        let rows = self
            .session
            .rows(&format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA {} AND TABLE_TYPE = {} ORDER BY 1, 2",
                self.scope,
                quoted(kind)
            ))
            .await?;
        Ok(rows.iter().map(|row| ObjectName::new(word(row, 0), word(row, 1))).collect())
    }

    /// Partitioned tables are one table here: how they are cut stays in their statement.
    async fn partitions(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let names: Vec<ObjectName> =
            tables.values().filter(|t| t.sql.is_some()).map(|t| t.name.clone()).collect();
        for name in names {
            let table = sql::qualified(Dialect::Mysql, &name);
            let rows = self.session.rows(&format!("SHOW CREATE TABLE {table}")).await?;
            let statement = rows.first().and_then(|row| text(row, 1));
            if let Some(table) = tables.get_mut(&name) {
                table.sql = statement;
            }
        }
        Ok(())
    }
}

/// Do tables of this storage engine show rows of other tables or servers?
pub(super) fn is_remote(engine: &str) -> bool {
    REMOTE_ENGINES.iter().any(|known| known.eq_ignore_ascii_case(engine))
}

fn empty_table(name: ObjectName) -> Table {
    Table {
        name,
        oid: 0,
        kind: TableKind::Plain,
        parents: Vec::new(),
        is_partition: false,
        load_through: None,
        unlogged: false,
        without_rowid: false,
        strict: false,
        engine: None,
        transactional: true,
        row_security: false,
        columns: Vec::new(),
        keys: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        estimate: TableEstimate::default(),
        comment: None,
        sql: None,
    }
}

/// Does this column count by itself?
fn identity_of(extra: &str) -> Option<Identity> {
    extra.contains("auto_increment").then_some(Identity::Auto)
}

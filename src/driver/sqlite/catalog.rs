//! The catalogue of a file: pragmas for what they tell, the statements' text for the rest.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::fault::on;
use super::place::Place;
use super::survey::{self, Survey};
use crate::core::catalog::{
    Catalog, Check, Column, ForeignKey, Generated, Identity, Index, IndexColumn, Key, OtherObject,
    Sequence, Table, TableEstimate, TableKind,
};
use crate::core::fault::Fault;
use crate::core::mapping::sqlite_type;
use crate::core::name::ObjectName;
use crate::core::spec::Selection;
use crate::core::sql::{TableText, quote, read_create_table};

/// SQLite's one schema.
pub(super) const SCHEMA: &str = "main";

pub(super) fn main_name(name: &str) -> ObjectName {
    ObjectName::new(SCHEMA, name)
}

/// Everything about the file; tables outside `selection` by name only.
///
/// # Errors
/// As SQLite says.
pub(super) fn read(
    place: &Place,
    connection: &Connection,
    selection: &Selection,
) -> Result<Catalog, Fault> {
    let all = read_tables(connection).map_err(on(place.side, "read the tables"))?;
    let mut others = read_others(connection).map_err(on(place.side, "read views and triggers"))?;
    let (mut tables, rest): (Vec<Table>, Vec<Table>) =
        all.into_iter().partition(|table| selection.takes_table(&table.name));
    others.extend(rest.into_iter().map(|table| OtherObject {
        kind: "TABLE".to_owned(),
        name: table.name,
        definition: None,
    }));
    survey_tables(place, connection, &mut tables)?;
    let sequences =
        read_sequences(connection, &tables).map_err(on(place.side, "read the sequences"))?;
    Ok(Catalog {
        server: place.server(Some(connection))?,
        schemas: vec![SCHEMA.to_owned()],
        tables,
        sequences,
        others,
        large_objects: 0,
    })
}

/// Samples and sizes, each table with what is left of the file.
fn survey_tables(
    place: &Place,
    connection: &Connection,
    tables: &mut [Table],
) -> Result<(), Fault> {
    let file = survey::file_bytes(connection).map_err(on(place.side, "read the file's size"))?;
    let mut known_bytes = 0;
    let mut open_ended = Vec::new();
    for (at, table) in tables.iter_mut().enumerate() {
        if table.kind != TableKind::Plain {
            continue;
        }
        let doing = format!("sample {}", table.name);
        let Survey { estimate, exhaustive, row_bytes, meanings } =
            survey::survey(connection, table).map_err(on(place.side, &doing))?;
        for (column, meaning) in table.columns.iter_mut().zip(meanings) {
            column.logical = meaning;
        }
        table.estimate = clamp(estimate, file);
        known_bytes += table.estimate.bytes;
        if !exhaustive {
            open_ended.push((at, row_bytes));
        }
    }
    // Tables whose size nothing tells share what the others leave.
    let share = file.saturating_sub(known_bytes) / (open_ended.len() as u64).saturating_add(1);
    for (at, row_bytes) in open_ended {
        let found = &mut tables[at].estimate;
        if share > found.bytes {
            *found = TableEstimate {
                bytes: share,
                rows: share / row_bytes.clamp(1, u64::MAX),
                pages: 0,
            };
        }
    }
    Ok(())
}

fn clamp(estimate: TableEstimate, file_bytes: u64) -> TableEstimate {
    if estimate.bytes <= file_bytes {
        return estimate;
    }
    let rows = u128::from(estimate.rows) * u128::from(file_bytes) / u128::from(estimate.bytes);
    TableEstimate { rows: rows as u64, bytes: file_bytes, pages: 0 }
}

/// All tables without samples and sizes.
///
/// # Errors
/// As SQLite says.
pub(super) fn read_tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut tables = Vec::new();
    let mut texts = HashMap::new();
    let mut statement =
        connection.prepare(include_str!("../../../assets/sql/sqlite/tables.sql"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let table = table_of(row)?;
        if let Some(text) = table.sql.as_deref().and_then(read_create_table) {
            texts.insert(table.name.name.clone(), text);
        }
        tables.push(table);
    }
    let places: HashMap<String, usize> =
        tables.iter().enumerate().map(|(at, t)| (t.name.name.clone(), at)).collect();
    shadow_parents(&mut tables, &places, connection)?;
    let mut reading = Reading { connection, tables, places, texts };
    reading.columns()?;
    reading.indexes()?;
    reading.foreign_keys()?;
    reading.checks();
    Ok(reading.tables)
}

fn table_of(row: &Row<'_>) -> rusqlite::Result<Table> {
    let kind: String = row.get(1)?;
    Ok(Table {
        name: main_name(&row.get::<_, String>(0)?),
        oid: 0,
        kind: if kind == "virtual" { TableKind::Virtual } else { TableKind::Plain },
        parents: Vec::new(),
        is_partition: false,
        load_through: None,
        unlogged: false,
        without_rowid: row.get(2)?,
        strict: row.get(3)?,
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
        sql: row.get(4)?,
    })
}

/// A shadow table names the virtual table it belongs to as its parent.
fn shadow_parents(
    tables: &mut [Table],
    places: &HashMap<String, usize>,
    connection: &Connection,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")?;
    let shadows: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for shadow in shadows {
        let owner = shadow
            .rmatch_indices('_')
            .map(|(at, _)| &shadow[..at])
            .find(|name| places.get(*name).is_some_and(|at| tables[*at].kind == TableKind::Virtual))
            .map(str::to_owned);
        if let (Some(owner), Some(at)) = (owner, places.get(&shadow)) {
            tables[*at].parents.push(main_name(&owner));
        }
    }
    Ok(())
}

struct Reading<'a> {
    connection: &'a Connection,
    tables: Vec<Table>,
    places: HashMap<String, usize>,
    texts: HashMap<String, TableText>,
}

/// One row of `indexes.sql`.
struct IndexRow {
    table: String,
    name: String,
    unique: bool,
    origin: String,
    sql: Option<String>,
    /// `None`: an expression, or the rowid.
    column: Option<String>,
    descending: bool,
}

impl Reading<'_> {
    fn table(&mut self, name: &str) -> Option<&mut Table> {
        self.places.get(name).map(|at| &mut self.tables[*at])
    }

    fn columns(&mut self) -> rusqlite::Result<()> {
        let mut primary: HashMap<String, Vec<(i64, String)>> = HashMap::new();
        let mut statement =
            self.connection.prepare(include_str!("../../../assets/sql/sqlite/columns.sql"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let table: String = row.get(0)?;
            let text = self.texts.get(&table);
            let column = column_of(row, text)?;
            let position: i64 = row.get(5)?;
            if position > 0 {
                primary.entry(table.clone()).or_default().push((position, column.name.clone()));
            }
            if let Some(table) = self.table(&table) {
                table.columns.push(column);
            }
        }
        for (name, mut columns) in primary {
            columns.sort();
            let columns = columns.into_iter().map(|(_, column)| column).collect();
            self.primary_key(&name, columns);
        }
        Ok(())
    }

    fn primary_key(&mut self, table: &str, columns: Vec<String>) {
        let name = self.key_name(table, &columns, true);
        let Some(table) = self.table(table) else { return };
        let alias = rowid_alias(table, &columns);
        if let Some(column) = alias.and_then(|a| table.columns.iter_mut().find(|c| c.name == a)) {
            column.identity = Some(Identity::Auto);
        }
        let not_null = table.without_rowid
            || columns
                .iter()
                .all(|name| table.column(name).is_some_and(|c| c.not_null || c.identity.is_some()));
        let deferrable = false;
        table.keys.insert(
            0,
            Key {
                name,
                columns,
                primary: true,
                deferrable,
                initially_deferred: false,
                not_null,
                correlation: None,
            },
        );
    }

    fn key_name(&self, table: &str, columns: &[String], primary: bool) -> String {
        let same = |a: &[String]| {
            a.len() == columns.len()
                && a.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        self.texts
            .get(table)
            .and_then(|text| {
                text.named_keys.iter().find(|k| k.primary == primary && same(&k.columns))
            })
            .map(|key| key.name.clone())
            .unwrap_or_default()
    }

    fn indexes(&mut self) -> rusqlite::Result<()> {
        let mut statement =
            self.connection.prepare(include_str!("../../../assets/sql/sqlite/indexes.sql"))?;
        let rows = statement
            .query_map([], |row| {
                Ok(IndexRow {
                    table: row.get(0)?,
                    name: row.get(1)?,
                    unique: row.get(2)?,
                    origin: row.get(3)?,
                    sql: row.get(4)?,
                    column: row.get(5)?,
                    descending: row.get(6)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for group in rows.chunk_by(|a, b| a.table == b.table && a.name == b.name) {
            match group[0].origin.as_str() {
                "c" => self.index(group),
                "u" => self.unique_key(group),
                // The primary key was read with the columns; its index says it is no rowid alias.
                _ => self.not_an_alias(&group[0].table),
            }
        }
        Ok(())
    }

    fn index(&mut self, group: &[IndexRow]) {
        let columns: Option<Vec<IndexColumn>> = group
            .iter()
            .map(|row| {
                let name = row.column.clone()?;
                Some(IndexColumn { name, descending: row.descending, prefix: None })
            })
            .collect();
        let definition = group[0].sql.clone().unwrap_or_default();
        let index = Index {
            name: group[0].name.clone(),
            unique: group[0].unique,
            method: "btree".to_owned(),
            columns: columns.unwrap_or_default(),
            predicate: crate::core::sql::index_predicate(&definition),
            definition,
        };
        if let Some(table) = self.table(&group[0].table) {
            table.indexes.push(index);
        }
    }

    fn unique_key(&mut self, group: &[IndexRow]) {
        let columns: Vec<String> = group.iter().filter_map(|row| row.column.clone()).collect();
        let name = self.key_name(&group[0].table, &columns, false);
        let Some(table) = self.table(&group[0].table) else { return };
        let not_null = columns
            .iter()
            .all(|name| table.column(name).is_some_and(|c| c.not_null || c.identity.is_some()));
        table.keys.push(Key {
            name,
            columns,
            primary: false,
            deferrable: false,
            initially_deferred: false,
            not_null,
            correlation: None,
        });
    }

    /// `INTEGER PRIMARY KEY DESC` looks like an alias of the rowid and is none.
    fn not_an_alias(&mut self, table: &str) {
        let Some(table) = self.table(table) else { return };
        for column in &mut table.columns {
            if column.identity.take().is_some() && !column.not_null {
                table.keys[0].not_null = false;
            }
        }
    }

    fn foreign_keys(&mut self) -> rusqlite::Result<()> {
        type Found = (String, i64, String, String, Option<String>, String, String);
        let mut statement =
            self.connection.prepare(include_str!("../../../assets/sql/sqlite/foreign_keys.sql"))?;
        let rows = statement
            .query_map([], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            })?
            .collect::<rusqlite::Result<Vec<Found>>>()?;
        for group in rows.chunk_by(|a, b| a.0 == b.0 && a.1 == b.1) {
            let (table, _, to_table, _, _, on_update, on_delete) = group[0].clone();
            let Some(at) = self.places.get(&table).copied() else { continue };
            // The text lists them in the order of declaration, as this query does.
            let nth = self.tables[at].foreign_keys.len();
            let text = self.texts.get(&table).and_then(|t| t.foreign_keys.get(nth));
            let key = ForeignKey {
                name: text.and_then(|t| t.name.clone()).unwrap_or_default(),
                columns: group.iter().map(|row| row.3.clone()).collect(),
                to_table: self.actual_name(&to_table),
                to_columns: group.iter().filter_map(|row| row.4.clone()).collect(),
                on_update,
                on_delete,
                deferrable: text.is_some_and(|t| t.deferrable),
                initially_deferred: text.is_some_and(|t| t.initially_deferred),
                validated: true,
                match_full: false,
            };
            self.tables[at].foreign_keys.push(key);
        }
        Ok(())
    }

    /// SQLite's names are equal whatever their case; elsewhere they are not.
    fn actual_name(&self, name: &str) -> ObjectName {
        let found = self.tables.iter().find(|t| t.name.name.eq_ignore_ascii_case(name));
        found.map_or_else(|| main_name(name), |table| table.name.clone())
    }

    fn checks(&mut self) {
        for table in &mut self.tables {
            let Some(text) = self.texts.get(&table.name.name) else { continue };
            table.checks = text
                .checks
                .iter()
                .map(|check| Check {
                    name: check.name.clone().unwrap_or_default(),
                    expression: check.expression.clone(),
                })
                .collect();
        }
    }
}

/// The column that is another name of the rowid.
fn rowid_alias(table: &Table, primary: &[String]) -> Option<String> {
    let [only] = primary else { return None };
    let column = table.column(only)?;
    let alias = !table.without_rowid && column.declared.eq_ignore_ascii_case("INTEGER");
    alias.then(|| only.clone())
}

fn column_of(row: &Row<'_>, text: Option<&TableText>) -> rusqlite::Result<Column> {
    let name: String = row.get(1)?;
    let declared: String = row.get(2)?;
    let hidden: i64 = row.get(6)?;
    let written = text
        .and_then(|text| text.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name)))
        .cloned()
        .unwrap_or_default();
    let declared = declared
        .strip_suffix(" GENERATED ALWAYS")
        .filter(|_| hidden > 1)
        .map_or(declared.clone(), str::to_owned);
    Ok(Column {
        logical: sqlite_type(&declared),
        not_null: row.get(3)?,
        default: row.get(4)?,
        generated: (hidden > 1).then(|| Generated {
            expression: written.generated.unwrap_or_default(),
            stored: hidden == 3,
        }),
        identity: None,
        collation: written.collation.filter(|c| !c.eq_ignore_ascii_case("BINARY")),
        binary_portable: true,
        charset: None,
        labels: Vec::new(),
        on_update: None,
        invisible: false,
        comment: None,
        name,
        declared,
    })
}

fn read_others(connection: &Connection) -> rusqlite::Result<Vec<OtherObject>> {
    let mut statement = connection.prepare(
        "SELECT upper(type), name, sql FROM sqlite_schema \
         WHERE type IN ('view', 'trigger') ORDER BY rowid",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(OtherObject {
            kind: row.get(0)?,
            name: main_name(&row.get::<_, String>(1)?),
            definition: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// Where the automatic numbers of `tables` stand: one sequence per alias of a rowid.
///
/// # Errors
/// As SQLite says.
pub(super) fn read_sequences(
    connection: &Connection,
    tables: &[Table],
) -> rusqlite::Result<Vec<Sequence>> {
    let mut stored: HashMap<String, i64> = HashMap::new();
    let has_sequences = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'",
        [],
        |row| row.get::<_, i64>(0),
    )?;
    if has_sequences > 0 {
        let mut statement = connection
            .prepare("SELECT name, seq FROM sqlite_sequence WHERE typeof(seq) = 'integer'")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            stored.insert(row.get(0)?, row.get(1)?);
        }
    }
    let mut sequences = Vec::new();
    for table in tables {
        let Some(column) = table.columns.iter().find(|c| c.identity == Some(Identity::Auto)) else {
            continue;
        };
        let name = quote(crate::core::name::Dialect::Sqlite, &table.name.name);
        let largest: Option<i64> =
            connection
                .query_row(&format!("SELECT max(rowid) FROM main.{name}"), [], |row| row.get(0))?;
        let last = match (largest, stored.get(&table.name.name)) {
            (Some(a), Some(b)) => Some(if a > *b { a } else { *b }),
            (a, b) => a.or(b.copied()),
        };
        sequences.push(Sequence {
            name: main_name(&format!("{}_{}_seq", table.name.name, column.name)),
            owner: Some((table.name.clone(), column.name.clone())),
            last_value: last.filter(|value| *value > 0).unwrap_or(1),
            is_called: last.is_some_and(|value| value > 0),
        });
    }
    Ok(sequences)
}

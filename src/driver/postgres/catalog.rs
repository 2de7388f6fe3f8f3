//! Reads the catalogue: a dozen set-based queries in one read-only transaction, whatever the
//! number of tables. The queries are files that run by hand in `psql`.

use sqlx::postgres::{PgConnection, PgRow};
use std::collections::HashMap;

use super::connect::{Link, Purpose};
use super::types::{TypeClass, TypeRow, TypeTable};
use crate::core::catalog::{
    Catalog, Check, Column, ForeignKey, Generated, Identity, Index, IndexColumn, Key, OtherObject,
    Sequence, Server, Table, TableEstimate, TableKind,
};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::spec::Selection;
use crate::core::sql;

/// Sequences asked for their position in one statement.
const SEQUENCES_PER_QUERY: usize = 200;

/// Bytes of a heap tuple and its line pointer besides the values.
const TUPLE_OVERHEAD_BYTES: u64 = 28;

/// What a value of a type without fixed length is thought to take, as the planner does.
const WIDTH_UNKNOWN_BYTES: u64 = 32;

/// The whole database as `selection` wants it: selected tables in full, others by name.
pub(super) async fn inspect(link: &Link, selection: &Selection) -> Result<Catalog, Fault> {
    let mut connection = link.connect(Purpose::Read).await?;
    let on = &mut connection;
    let server = server(link, on).await?;
    // One snapshot for all queries: a table dropped meanwhile is in all of them or in none.
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    link.statement(on, begin.to_owned()).await?;
    let mut reading = Reading { link, on };
    let schemas = reading.schemas().await?;
    let (mut tables, unselected) = reading.tables(selection).await?;
    reading.columns(&mut tables).await?;
    reading.keys(&mut tables).await?;
    reading.constraints(&mut tables).await?;
    reading.parents(&mut tables).await?;
    reading.load_through(&mut tables).await?;
    let sequences = reading.sequences().await?;
    let mut others = reading.others().await?;
    others.extend(unselected);
    let large_objects = reading.large_objects().await?;
    let tables = tables.order.iter().filter_map(|oid| tables.by_oid.remove(oid)).collect();
    Ok(Catalog { server, schemas, tables, sequences, others, large_objects })
}

/// Who answers on this connection.
pub(super) async fn server(link: &Link, on: &mut PgConnection) -> Result<Server, Fault> {
    let row = query(link, on, include_str!("../../../assets/sql/postgres/server.sql")).await?;
    let row = row.first().ok_or_else(|| {
        Fault::new(FaultKind::Other, link.side, "the server did not say which database this is")
    })?;
    let version: i64 = link.get(row, "version_num")?;
    let oid: i64 = link.get(row, "database_oid")?;
    let free: Option<i64> = link.get(row, "connections_free")?;
    let address: String = link.get(row, "address")?;
    // Forbidden on some hosted servers: then address and start time tell databases apart.
    let system = query(link, on, include_str!("../../../assets/sql/postgres/identity.sql")).await;
    let cluster = match system {
        Ok(rows) => match rows.first() {
            Some(row) => link.get::<String>(row, "system_identifier")?,
            None => address,
        },
        Err(fault) if fault.kind == FaultKind::ConnectionLost => return Err(fault),
        Err(_) => address,
    };
    Ok(Server {
        dialect: Dialect::Postgres,
        version_text: link.get(row, "version_text")?,
        version_num: u32::try_from(version).unwrap_or(0),
        database: link.get(row, "database")?,
        encoding: link.get(row, "encoding")?,
        identity: Some(format!("{cluster}/{oid}")),
        superuser: link.get(row, "superuser")?,
        connections_free: free.map(|n| u32::try_from(n).unwrap_or(0)),
        mariadb: false,
    })
}

/// Positions of all sequences, now.
pub(super) async fn sequences(link: &Link, on: &mut PgConnection) -> Result<Vec<Sequence>, Fault> {
    Reading { link, on }.sequences().await
}

async fn query(
    link: &Link,
    on: &mut PgConnection,
    text: &'static str,
) -> Result<Vec<PgRow>, Fault> {
    sqlx::query(text).persistent(false).fetch_all(on).await.map_err(|e| link.fault(&e))
}

/// Selected tables by oid, in order of name.
#[derive(Default)]
struct Tables {
    by_oid: HashMap<i64, Table>,
    order: Vec<i64>,
    /// (`reltuples`, `relpages`) by oid, until the column widths are known.
    statistics: HashMap<i64, (f64, i64)>,
}

struct Reading<'a> {
    link: &'a Link,
    on: &'a mut PgConnection,
}

impl Reading<'_> {
    async fn rows(&mut self, text: &'static str) -> Result<Vec<PgRow>, Fault> {
        query(self.link, self.on, text).await
    }

    async fn schemas(&mut self) -> Result<Vec<String>, Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/schemas.sql")).await?;
        rows.iter().map(|row| self.link.get(row, "schema")).collect()
    }

    async fn tables(&mut self, selection: &Selection) -> Result<(Tables, Vec<OtherObject>), Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/tables.sql")).await?;
        let (mut tables, mut unselected) = (Tables::default(), Vec::new());
        for row in &rows {
            let link = self.link;
            let name = ObjectName::new(
                link.get::<String>(row, "schema")?,
                link.get::<String>(row, "name")?,
            );
            if !selection.takes_table(&name) {
                let kind = "TABLE".to_owned();
                unselected.push(OtherObject { kind, name, definition: None });
                continue;
            }
            let oid: i64 = link.get(row, "oid")?;
            let statistics = (link.get(row, "reltuples")?, link.get(row, "relpages")?);
            tables.statistics.insert(oid, statistics);
            tables.by_oid.insert(oid, table_of(link, row, oid, name)?);
            tables.order.push(oid);
        }
        Ok((tables, unselected))
    }

    async fn columns(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let types = self.types().await?;
        let rows = self.rows(include_str!("../../../assets/sql/postgres/columns.sql")).await?;
        let mut widths: HashMap<i64, u64> = HashMap::new();
        for row in &rows {
            let oid: i64 = self.link.get(row, "table_oid")?;
            let Some(table) = tables.by_oid.get_mut(&oid) else { continue };
            table.columns.push(column_of(self.link, row, &types)?);
            let length: i64 = self.link.get(row, "type_length")?;
            *widths.entry(oid).or_default() += u64::try_from(length).unwrap_or(WIDTH_UNKNOWN_BYTES);
        }
        for (oid, table) in &mut tables.by_oid {
            let statistics = tables.statistics.get(oid).copied().unwrap_or((-1.0, 0));
            let width = widths.get(oid).copied().unwrap_or(0) + TUPLE_OVERHEAD_BYTES;
            table.estimate.rows = rows_estimate(&table.estimate, statistics, width);
        }
        Ok(())
    }

    async fn types(&mut self) -> Result<TypeTable, Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/types.sql")).await?;
        let link = self.link;
        let parsed = rows.iter().map(|row| {
            Ok(TypeRow {
                oid: link.get(row, "oid")?,
                schema: link.get(row, "schema")?,
                name: link.get(row, "name")?,
                class: TypeClass::of(&link.get::<String>(row, "kind")?),
                base_oid: link.get(row, "base_oid")?,
                base_modifier: link.get(row, "base_modifier")?,
                element_oid: link.get(row, "element_oid")?,
                range_of_oid: link.get(row, "range_of_oid")?,
                has_binary: link.get(row, "has_binary")?,
            })
        });
        Ok(TypeTable::new(parsed.collect::<Result<_, Fault>>()?))
    }

    async fn keys(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let correlations = self.correlations().await?;
        let rows = self.rows(include_str!("../../../assets/sql/postgres/indexes.sql")).await?;
        for row in &rows {
            let oid: i64 = self.link.get(row, "table_oid")?;
            let Some(table) = tables.by_oid.get_mut(&oid) else { continue };
            let index = IndexRow::read(self.link, row)?;
            let first = index.columns.first().cloned().unwrap_or_default();
            let correlation = correlations.get(&(oid, first)).copied();
            index.add_to(table, correlation);
        }
        // The primary key first, then constraints, then indexes that are as good as a key.
        for table in tables.by_oid.values_mut() {
            let is_index = |k: &Key| table.indexes.iter().any(|i| i.name == k.name);
            table.keys.sort_by_key(|k| (!k.primary, is_index(k)));
        }
        Ok(())
    }

    async fn correlations(&mut self) -> Result<HashMap<(i64, String), f32>, Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/correlation.sql")).await?;
        let link = self.link;
        let pairs = rows.iter().map(|row| {
            let key = (link.get(row, "table_oid")?, link.get(row, "column_name")?);
            Ok((key, link.get::<f64>(row, "correlation")? as f32))
        });
        pairs.collect()
    }

    async fn constraints(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/constraints.sql")).await?;
        for row in &rows {
            let oid: i64 = self.link.get(row, "table_oid")?;
            let Some(table) = tables.by_oid.get_mut(&oid) else { continue };
            if self.link.get::<String>(row, "kind")? == "f" {
                table.foreign_keys.push(foreign_key_of(self.link, row)?);
            } else {
                let name = self.link.get(row, "name")?;
                let expression = self.link.get::<Option<String>>(row, "expression")?;
                table.checks.push(Check { name, expression: expression.unwrap_or_default() });
            }
        }
        Ok(())
    }

    async fn parents(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/inherits.sql")).await?;
        for row in &rows {
            let child: i64 = self.link.get(row, "child")?;
            let Some(table) = tables.by_oid.get_mut(&child) else { continue };
            let schema: String = self.link.get(row, "schema")?;
            table.parents.push(ObjectName::new(schema, self.link.get::<String>(row, "name")?));
        }
        Ok(())
    }

    async fn load_through(&mut self, tables: &mut Tables) -> Result<(), Fault> {
        let text = include_str!("../../../assets/sql/postgres/load_through.sql");
        for row in &self.rows(text).await? {
            let child: i64 = self.link.get(row, "child")?;
            let Some(table) = tables.by_oid.get_mut(&child) else { continue };
            let schema: String = self.link.get(row, "schema")?;
            table.load_through =
                Some(ObjectName::new(schema, self.link.get::<String>(row, "name")?));
        }
        Ok(())
    }

    async fn sequences(&mut self) -> Result<Vec<Sequence>, Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/sequences.sql")).await?;
        let mut sequences = Vec::with_capacity(rows.len());
        let mut never_called = Vec::new();
        for row in &rows {
            let sequence = sequence_of(self.link, row)?;
            if sequence.1 {
                never_called.push(sequences.len());
            }
            sequences.push(sequence.0);
        }
        // `pg_sequence_last_value` says nothing of a sequence that was set and not yet called.
        for group in never_called.chunks(SEQUENCES_PER_QUERY) {
            let selects: Vec<String> = group
                .iter()
                .map(|i| {
                    let name = sql::qualified(Dialect::Postgres, &sequences[*i].name);
                    format!("SELECT {i}::int8 AS i, last_value, is_called FROM {name}")
                })
                .collect();
            for row in &self.link.rows(self.on, selects.join(" UNION ALL ")).await? {
                let i = usize::try_from(self.link.get::<i64>(row, "i")?).unwrap_or(usize::MAX);
                if let Some(sequence) = sequences.get_mut(i) {
                    sequence.last_value = self.link.get(row, "last_value")?;
                    sequence.is_called = self.link.get(row, "is_called")?;
                }
            }
        }
        Ok(sequences)
    }

    async fn others(&mut self) -> Result<Vec<OtherObject>, Fault> {
        let rows = self.rows(include_str!("../../../assets/sql/postgres/others.sql")).await?;
        let link = self.link;
        let read = rows.iter().map(|row| {
            let schema: String = link.get(row, "schema")?;
            Ok(OtherObject {
                kind: link.get(row, "kind")?,
                name: ObjectName::new(schema, link.get::<String>(row, "name")?),
                definition: link.get(row, "definition")?,
            })
        });
        read.collect()
    }

    async fn large_objects(&mut self) -> Result<u64, Fault> {
        let text = "SELECT count(*)::int8 AS n FROM pg_catalog.pg_largeobject_metadata";
        let rows = self.rows(text).await?;
        let count = rows.first().map(|row| self.link.get::<i64>(row, "n")).transpose()?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }
}

fn table_of(link: &Link, row: &PgRow, oid: i64, name: ObjectName) -> Result<Table, Fault> {
    let kind = match link.get::<String>(row, "kind")?.as_str() {
        "p" => TableKind::Partitioned,
        "f" => TableKind::Foreign,
        _ => TableKind::Plain,
    };
    let count = |column| Ok(u64::try_from(link.get::<i64>(row, column)?).unwrap_or(0));
    Ok(Table {
        name,
        oid: u32::try_from(oid).unwrap_or(0),
        kind,
        parents: Vec::new(),
        is_partition: link.get(row, "is_partition")?,
        load_through: None,
        unlogged: link.get(row, "unlogged")?,
        without_rowid: false,
        strict: false,
        engine: None,
        transactional: true,
        row_security: link.get(row, "row_security")?,
        columns: Vec::new(),
        keys: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        estimate: TableEstimate { rows: 0, bytes: count("bytes")?, pages: count("pages")? },
        comment: link.get(row, "comment")?,
        sql: None,
    })
}

/// As the planner does it: density of the last analyse times the pages of now; without an analyse
/// from the width of the columns.
fn rows_estimate(estimate: &TableEstimate, statistics: (f64, i64), width: u64) -> u64 {
    let (reltuples, relpages) = statistics;
    if relpages > 0 && reltuples >= 0.0 {
        return (reltuples / relpages as f64 * estimate.pages as f64).round() as u64;
    }
    estimate.bytes / width
}

fn column_of(link: &Link, row: &PgRow, types: &TypeTable) -> Result<Column, Fault> {
    let type_oid: i64 = link.get(row, "type_oid")?;
    let declared: String = link.get(row, "declared")?;
    let logical = types.logical(type_oid, link.get(row, "type_modifier")?, &declared);
    let generated: String = link.get(row, "generated")?;
    let expression: Option<String> = link.get(row, "default_text")?;
    let identity = match link.get::<String>(row, "identity")?.as_str() {
        "a" => Some(Identity::Always),
        "d" => Some(Identity::ByDefault),
        _ => None,
    };
    let (default, generated) = match generated.as_str() {
        "" => (expression, None),
        kind => {
            let expression = expression.unwrap_or_default();
            (None, Some(Generated { expression, stored: kind == "s" }))
        }
    };
    Ok(Column {
        name: link.get(row, "name")?,
        declared,
        logical,
        not_null: link.get(row, "not_null")?,
        default,
        generated,
        identity,
        collation: link.get(row, "collation")?,
        binary_portable: types.is_binary_portable(type_oid),
        charset: None,
        labels: link.get(row, "labels")?,
        on_update: None,
        invisible: false,
        comment: link.get(row, "comment")?,
    })
}

/// One row of `indexes.sql`.
struct IndexRow {
    name: String,
    method: String,
    unique: bool,
    primary: bool,
    valid: bool,
    has_expressions: bool,
    predicate: Option<String>,
    definition: String,
    /// Name of the key or exclusion constraint that owns it, and `pg_constraint.contype`.
    constraint: Option<(String, String)>,
    deferrable: bool,
    initially_deferred: bool,
    columns: Vec<String>,
    descending: Vec<bool>,
    /// NOT NULL columns, all ordered by their types' default order.
    orders_rows: bool,
}

impl IndexRow {
    fn read(link: &Link, row: &PgRow) -> Result<IndexRow, Fault> {
        let constraint: Option<String> = link.get(row, "constraint_name")?;
        let kind: Option<String> = link.get(row, "constraint_kind")?;
        let method: String = link.get(row, "method")?;
        let all_not_null: bool = link.get(row, "all_not_null")?;
        let default_order: bool = link.get(row, "default_order")?;
        Ok(IndexRow {
            name: link.get(row, "name")?,
            unique: link.get(row, "is_unique")?,
            primary: link.get(row, "is_primary")?,
            valid: link.get(row, "valid")?,
            has_expressions: link.get(row, "has_expressions")?,
            predicate: link.get(row, "predicate")?,
            definition: link.get(row, "definition")?,
            constraint: constraint.zip(kind),
            deferrable: link.get(row, "is_deferrable")?,
            initially_deferred: link.get(row, "initially_deferred")?,
            columns: link.get::<Option<Vec<String>>>(row, "columns")?.unwrap_or_default(),
            descending: link.get::<Option<Vec<bool>>>(row, "descending")?.unwrap_or_default(),
            orders_rows: method == "btree" && all_not_null && default_order,
            method,
        })
    }

    /// A key constraint is a key; any other index is an index, and a key as well when it can cut
    /// the table as well as one.
    fn add_to(self, table: &mut Table, correlation: Option<f32>) {
        let constraint_kind = self.constraint.as_ref().map(|(_, kind)| kind.as_str());
        let is_key = matches!(constraint_kind, Some("p" | "u"));
        let whole = self.unique && self.valid && self.predicate.is_none() && !self.has_expressions;
        let cuts = whole && self.orders_rows;
        if is_key || cuts {
            let constraint = self.constraint.as_ref().map(|(name, _)| name);
            table.keys.push(Key {
                name: constraint.unwrap_or(&self.name).clone(),
                columns: self.columns.clone(),
                primary: self.primary,
                deferrable: self.deferrable,
                initially_deferred: self.initially_deferred,
                not_null: cuts,
                correlation,
            });
        }
        // The index of an exclusion constraint is listed with the constraints.
        if self.constraint.is_some() {
            return;
        }
        let columns = if self.has_expressions {
            Vec::new()
        } else {
            let parts = self.columns.into_iter().zip(self.descending);
            parts.map(|(name, descending)| IndexColumn { name, descending, prefix: None }).collect()
        };
        table.indexes.push(Index {
            name: self.name,
            unique: self.unique,
            method: self.method,
            columns,
            predicate: self.predicate,
            definition: self.definition,
        });
    }
}

fn foreign_key_of(link: &Link, row: &PgRow) -> Result<ForeignKey, Fault> {
    let action = |column| Ok::<_, Fault>(action_word(&link.get::<String>(row, column)?).to_owned());
    let schema = link.get::<Option<String>>(row, "to_schema")?.unwrap_or_default();
    let name = link.get::<Option<String>>(row, "to_name")?.unwrap_or_default();
    Ok(ForeignKey {
        name: link.get(row, "name")?,
        columns: link.get::<Option<Vec<String>>>(row, "columns")?.unwrap_or_default(),
        to_table: ObjectName::new(schema, name),
        to_columns: link.get::<Option<Vec<String>>>(row, "to_columns")?.unwrap_or_default(),
        on_update: action("on_update")?,
        on_delete: action("on_delete")?,
        deferrable: link.get(row, "is_deferrable")?,
        initially_deferred: link.get(row, "initially_deferred")?,
        validated: link.get(row, "validated")?,
        match_full: link.get::<String>(row, "match_kind")? == "f",
    })
}

fn action_word(code: &str) -> &'static str {
    match code {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}

/// The sequence, and whether its position must be asked for.
fn sequence_of(link: &Link, row: &PgRow) -> Result<(Sequence, bool), Fault> {
    let schema: String = link.get(row, "schema")?;
    let name = ObjectName::new(schema, link.get::<String>(row, "name")?);
    if !link.get::<bool>(row, "readable")? {
        return Err(Fault::new(
            FaultKind::Privilege,
            link.side,
            format!("the position of sequence {name} may not be read"),
        )
        .with_code("42501")
        .with_hint("Grant SELECT on the sequence and USAGE on its schema to this user."));
    }
    let owner_schema: Option<String> = link.get(row, "table_schema")?;
    let owner_name: Option<String> = link.get(row, "table_name")?;
    let column: Option<String> = link.get(row, "column_name")?;
    let owner = owner_schema.zip(owner_name).zip(column);
    let last_value: Option<i64> = link.get(row, "last_value")?;
    let sequence = Sequence {
        name,
        owner: owner.map(|((schema, table), column)| (ObjectName::new(schema, table), column)),
        last_value: last_value.unwrap_or(1),
        is_called: last_value.is_some(),
    };
    Ok((sequence, last_value.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_estimated_as_the_planner_does() {
        let now = TableEstimate { rows: 0, bytes: 81_920, pages: 10 };
        assert_eq!(rows_estimate(&now, (500.0, 5), 100), 1000);
        assert_eq!(rows_estimate(&now, (-1.0, 0), 100), 819, "never analysed");
        assert_eq!(rows_estimate(&TableEstimate::default(), (0.0, 0), 28), 0);
    }
}

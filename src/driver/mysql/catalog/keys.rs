//! Keys, indexes and foreign keys of the selected tables.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Clustered;
use super::{Reading, Tables};
use crate::core::catalog::{ForeignKey, Index, IndexColumn, Key, OtherObject, Table};
use crate::core::fault::Fault;
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::{qualified, quote};
use crate::driver::mysql::connect::{number, text, word};
use crate::driver::mysql::types::expression;

/// First MySQL with indexes on expressions.
const FUNCTIONAL_SINCE: u32 = 80_013;

/// Fills keys, indexes and foreign keys.
pub(super) async fn read(
    reading: &mut Reading<'_>,
    tables: &mut Tables,
    clustered: &Clustered,
) -> Result<(), Fault> {
    indexes(reading, tables, clustered).await?;
    foreign_keys(reading, tables).await
}

/// One index as its parts come in.
#[derive(Default)]
struct Found {
    unique: bool,
    /// `BTREE`, `HASH`, `FULLTEXT`, `SPATIAL`, ...
    method: String,
    nullable: bool,
    parts: Vec<Part>,
}

struct Part {
    /// `None`: an expression.
    column: Option<String>,
    expression: Option<String>,
    descending: bool,
    prefix: Option<u32>,
}

impl Found {
    /// Whole plain columns: then a unique index is a key.
    fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| part.column.is_some() && part.prefix.is_none())
    }

    fn into_key(self, name: String) -> Key {
        Key {
            primary: name == "PRIMARY",
            columns: self.parts.into_iter().filter_map(|part| part.column).collect(),
            name,
            deferrable: false,
            initially_deferred: false,
            not_null: !self.nullable,
            correlation: None,
        }
    }

    fn into_index(self, name: String, table: &ObjectName) -> Index {
        let definition = self.definition(&name, table);
        let whole = self.parts.iter().all(|part| part.column.is_some());
        let columns = self.parts.into_iter().filter_map(|part| {
            let (descending, prefix) = (part.descending, part.prefix);
            part.column.map(|name| IndexColumn { name, descending, prefix })
        });
        Index {
            name,
            unique: self.unique,
            method: self.method.to_ascii_lowercase(),
            columns: if whole { columns.collect() } else { Vec::new() },
            predicate: None,
            definition,
        }
    }

    fn definition(&self, name: &str, table: &ObjectName) -> String {
        let kind = match (self.method.as_str(), self.unique) {
            ("FULLTEXT", _) => "FULLTEXT ",
            ("SPATIAL", _) => "SPATIAL ",
            (_, true) => "UNIQUE ",
            (_, false) => "",
        };
        let parts: Vec<String> = self.parts.iter().map(Part::spelled).collect();
        format!(
            "CREATE {kind}INDEX {} ON {} ({})",
            quote(Dialect::Mysql, name),
            qualified(Dialect::Mysql, table),
            parts.join(", ")
        )
    }
}

impl Part {
    fn spelled(&self) -> String {
        let what = match (&self.column, &self.expression) {
            (Some(column), _) => quote(Dialect::Mysql, column),
            (None, text) => format!("({})", text.as_deref().unwrap_or_default()),
        };
        let prefix = self.prefix.map(|length| format!("({length})")).unwrap_or_default();
        format!("{what}{prefix}{}", if self.descending { " DESC" } else { "" })
    }
}

async fn indexes(
    reading: &mut Reading<'_>,
    tables: &mut Tables,
    clustered: &Clustered,
) -> Result<(), Fault> {
    let functional = reading.session.flavour.mysql_since(FUNCTIONAL_SINCE);
    let rows = reading
        .session
        .rows(&format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, \
             SUB_PART, NULLABLE, INDEX_TYPE, {} FROM information_schema.STATISTICS \
             WHERE TABLE_SCHEMA {} ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
            if functional { "EXPRESSION" } else { "NULL" },
            reading.scope
        ))
        .await?;
    let mut all: BTreeMap<ObjectName, BTreeMap<String, Found>> = BTreeMap::new();
    for row in &rows {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        if !tables.contains_key(&name) {
            continue;
        }
        let found = all.entry(name).or_default().entry(word(row, 2)).or_default();
        found.unique = word(row, 3) == "0";
        found.method = word(row, 8).to_ascii_uppercase();
        found.nullable |= word(row, 7) == "YES";
        // Fulltext and spatial indexes have lengths of their own making.
        let plain = !matches!(found.method.as_str(), "FULLTEXT" | "SPATIAL" | "RTREE");
        found.parts.push(Part {
            column: text(row, 4),
            expression: text(row, 9).map(|written| expression(&written)),
            descending: word(row, 5) == "D",
            prefix: number(row, 6).filter(|_| plain),
        });
    }
    for (name, indexes) in all {
        let Some(table) = tables.get_mut(&name) else { continue };
        for (index, found) in indexes {
            if found.unique && found.is_plain() {
                table.keys.push(found.into_key(index));
            } else {
                table.indexes.push(found.into_index(index, &name));
            }
        }
        // The primary key first; among the others those that can name every row, the one that
        // orders the rows on disk before all.
        let order = clustered.get(&name);
        let orders = |key: &Key| {
            order.is_some_and(|columns| {
                columns.len() == key.columns.len()
                    && key.columns.iter().all(|column| columns.contains(column))
            })
        };
        table.keys.sort_by_key(|key| (!key.primary, !key.not_null, !orders(key)));
    }
    Ok(())
}

async fn foreign_keys(reading: &mut Reading<'_>, tables: &mut Tables) -> Result<(), Fault> {
    let actions = actions(reading).await?;
    let rows = reading
        .session
        .rows(&format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, \
             REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME \
             FROM information_schema.KEY_COLUMN_USAGE \
             WHERE TABLE_SCHEMA {} AND REFERENCED_TABLE_NAME IS NOT NULL \
             ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
            reading.scope
        ))
        .await?;
    for row in &rows {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        let Some(table) = tables.get_mut(&name) else { continue };
        let constraint = word(row, 2);
        if table.foreign_keys.last().is_none_or(|key| key.name != constraint) {
            let found = actions.get(&(name, constraint.clone()));
            let (on_update, on_delete) = found.cloned().unwrap_or_default();
            table.foreign_keys.push(ForeignKey {
                name: constraint,
                columns: Vec::new(),
                to_table: ObjectName::new(word(row, 4), word(row, 5)),
                to_columns: Vec::new(),
                on_update,
                on_delete,
                deferrable: false,
                initially_deferred: false,
                validated: true,
                match_full: false,
            });
        }
        let key = table.foreign_keys.last_mut().expect("pushed above");
        key.columns.push(word(row, 3));
        key.to_columns.push(word(row, 6));
    }
    Ok(())
}

/// (on update, on delete) by table and constraint.
type Actions = BTreeMap<(ObjectName, String), (String, String)>;

async fn actions(reading: &mut Reading<'_>) -> Result<Actions, Fault> {
    let rows = reading
        .session
        .rows(&format!(
            "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE \
             FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {}",
            reading.scope
        ))
        .await?;
    let keyed = rows.iter().map(|row| {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        ((name, word(row, 2)), (word(row, 3), word(row, 4)))
    });
    Ok(keyed.collect())
}

/// Tables that foreign keys need and that were not read at all: known by name.
pub(super) fn referenced_outside(tables: &Tables, others: &[OtherObject]) -> Vec<OtherObject> {
    let known: BTreeSet<&ObjectName> = others.iter().map(|other| &other.name).collect();
    let referred = tables.values().flat_map(|t: &Table| &t.foreign_keys).map(|key| &key.to_table);
    let outside: BTreeSet<&ObjectName> =
        referred.filter(|name| !tables.contains_key(*name) && !known.contains(name)).collect();
    let named = |name: &ObjectName| OtherObject {
        kind: "TABLE".to_owned(),
        name: name.clone(),
        definition: None,
    };
    outside.into_iter().map(named).collect()
}

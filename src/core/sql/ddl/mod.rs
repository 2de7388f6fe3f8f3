//! Tables of one engine in the other's SQL, from the neutral catalogue and the type rules.
//!
//! What cannot be written with certainty is not written: it comes back as [`Untranslated`] with
//! its source text and a reason, for the checklist.
//!
//! * **To PostgreSQL**: bare tables first; keys, indexes, checks and foreign keys after the rows.
//!   `INTEGER PRIMARY KEY` becomes an identity column (by default, so that copied numbers are
//!   taken) whose sequence goes on after the largest number. A check that means something else than
//!   thought then fails its own step and no row.
//!   From MySQL also: a trigger where a column had ON UPDATE CURRENT_TIMESTAMP, checks for what the
//!   types no longer say (unsigned, labels), and comments.
//! * **To SQLite**: keys, checks and foreign keys are part of CREATE TABLE, because SQLite cannot
//!   add them later. A primary key of one integer column becomes the rowid. A partitioned table
//!   becomes a view over its partitions, which are tables of their own.
//! * **To MySQL**: see [`mysql`]. A partitioned table becomes a view over its partitions there too.
//! * **Views** whose query is known in every part are made; the others are listed.
//!
//! Names are always quoted, cut to what the target can hold with a suffix that lasts, and made
//! different where they collide ([`super::names`]).

mod mysql;
mod mysql_references;
mod postgres;
mod postgres_extra;
mod sqlite;
#[cfg(test)]
mod tests;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{
    Column, DdlItem, ForeignKey, Key, LogicalType, OtherObject, Section, Sequence, Table, TableKind,
};
use super::super::mapping::{ColumnFit, Ends, MapRules, fit_table};
use super::super::name::{Dialect, ObjectName};
use super::expression::{Scope, known_columns};
use super::names::Names;
use super::{column_list, qualified, quote};

/// What is to be written.
#[derive(Clone, Copy)]
pub struct DdlRequest<'a> {
    pub from: Dialect,
    pub to: Dialect,
    /// The servers, where flavour and version matter.
    pub ends: Ends,
    /// The tables of the job.
    pub tables: &'a [&'a Table],
    pub others: &'a [OtherObject],
    pub sequences: &'a [Sequence],
    pub rules: &'a MapRules,
    /// How a table is called on the target.
    pub name: &'a dyn Fn(&ObjectName) -> ObjectName,
    /// New names of columns of a table, where there are some.
    pub renamed: &'a dyn Fn(&ObjectName) -> BTreeMap<String, String>,
}

/// Statements, and what has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    /// In an order that respects `depends_on`. Names are the target's.
    pub items: Vec<DdlItem>,
    pub untranslated: Vec<Untranslated>,
}

/// An object, or a part of one, that somebody has to write by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untranslated {
    pub kind: String,
    /// On the source.
    pub name: ObjectName,
    pub reason: String,
    pub source_text: Option<String>,
}

/// The job's tables in the target's SQL. Equal engines recreate their own statements instead.
#[must_use]
pub fn items_for(request: &DdlRequest<'_>) -> Translation {
    let mut writer = Writer::new(request);
    writer.schemas();
    match request.to {
        Dialect::Postgres => postgres::write(&mut writer),
        Dialect::Sqlite => sqlite::write(&mut writer),
        Dialect::Mysql => mysql::write(&mut writer),
    }
    writer.others();
    writer.made
}

/// Names of a table's columns on the target, in order; equal to the source's wherever they can be.
#[must_use]
pub fn column_names(
    to: Dialect,
    columns: &[Column],
    rules: &MapRules,
    renamed: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut names = Names::new(to);
    let fold = |name: &str| match rules.switches().folds() {
        true => name.to_lowercase(),
        false => name.to_owned(),
    };
    // Names that were asked for are given first: the others make room.
    let asked: BTreeMap<&String, String> =
        renamed.iter().map(|(from, to)| (from, names.give(to, from))).collect();
    let given = |column: &Column| match asked.get(&column.name) {
        Some(name) => name.clone(),
        None => names.give(&fold(&column.name), &column.name),
    };
    columns.iter().map(given).collect()
}

/// A table with everything about it that depends on the target.
struct Planned<'a> {
    table: &'a Table,
    target: ObjectName,
    /// Of all columns, in order.
    names: Vec<String>,
    fits: Vec<ColumnFit>,
    /// Columns that the target's table does not have.
    left_out: BTreeSet<usize>,
}

impl Planned<'_> {
    fn qualified(&self, dialect: Dialect) -> String {
        qualified(dialect, &self.target)
    }

    /// Position of a column; SQLite's names match whatever their case.
    fn position(&self, name: &str) -> Option<usize> {
        let columns = &self.table.columns;
        columns
            .iter()
            .position(|c| c.name == name)
            .or_else(|| columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)))
    }

    /// `"a", "b"` on the target; `None` when a column is not one of the table's.
    fn list(&self, dialect: Dialect, columns: &[String]) -> Option<String> {
        let names: Option<Vec<&str>> = columns
            .iter()
            .map(|name| self.position(name).map(|at| self.names[at].as_str()))
            .collect();
        Some(column_list(dialect, names?))
    }

    fn primary_key(&self) -> Option<&Key> {
        self.table.keys.iter().find(|key| key.primary)
    }

    /// The one integer column of the primary key.
    fn integer_key(&self) -> Option<usize> {
        let [only] = self.primary_key()?.columns.as_slice() else { return None };
        let at = self.position(only)?;
        let column = &self.table.columns[at];
        // Nobody counts to 2^63, so numbered ones fit whatever their type could hold.
        let whole = match column.logical {
            LogicalType::Int { unsigned: false, .. } => true,
            LogicalType::Int { bits, .. } => bits < 64 || is_numbered(column),
            _ => false,
        };
        (whole && column.generated.is_none()).then_some(at)
    }
}

/// Is `column` numbered by its engine?
fn is_numbered(column: &Column) -> bool {
    let nextval = |text: &String| text.trim_start().to_ascii_lowercase().starts_with("nextval(");
    column.identity.is_some() || column.default.as_ref().is_some_and(nextval)
}

struct Writer<'a> {
    request: &'a DdlRequest<'a>,
    planned: Vec<Planned<'a>>,
    /// Tables, indexes, keys and sequences share one namespace on both engines.
    relations: Names,
    made: Translation,
    table_ids: BTreeMap<ObjectName, u32>,
    schema_ids: BTreeMap<String, u32>,
    /// Types and sequences made for the table that is being written.
    before_table: Vec<u32>,
    /// Of a table's keys, by the target's name and columns of the source.
    key_ids: BTreeMap<(ObjectName, Vec<String>), u32>,
}

impl<'a> Writer<'a> {
    fn new(request: &'a DdlRequest<'a>) -> Writer<'a> {
        let mut relations = Names::new(request.to);
        let planned: Vec<Planned<'a>> = request
            .tables
            .iter()
            .map(|table| Planned {
                table,
                target: (request.name)(&table.name),
                names: column_names(
                    request.to,
                    &table.columns,
                    request.rules,
                    &(request.renamed)(&table.name),
                ),
                fits: fit_table(request.ends, table, request.rules),
                left_out: BTreeSet::new(),
            })
            .collect();
        for table in &planned {
            relations.give(&table.target.name, &table.table.name.to_string());
        }
        Writer {
            request,
            planned,
            relations,
            made: Translation::default(),
            table_ids: BTreeMap::new(),
            schema_ids: BTreeMap::new(),
            before_table: Vec::new(),
            key_ids: BTreeMap::new(),
        }
    }

    fn push(&mut self, kind: &str, table: &ObjectName, name: &str, statement: String) -> u32 {
        let id = u32::try_from(self.made.items.len() + 1).expect("fewer than 4 G objects");
        let section = match kind {
            "TABLE" | "TYPE" | "SEQUENCE" => Section::PreData,
            _ => Section::PostData,
        };
        self.made.items.push(DdlItem {
            id,
            kind: kind.to_owned(),
            name: ObjectName::new(table.schema.as_str(), name),
            section,
            statements: vec![statement],
            table: Some(table.clone()),
            depends_on: self.table_ids.get(table).copied().into_iter().collect(),
        });
        id
    }

    fn refuse(
        &mut self,
        kind: &str,
        name: ObjectName,
        reason: impl Into<String>,
        source_text: Option<String>,
    ) {
        self.made.untranslated.push(Untranslated {
            kind: kind.to_owned(),
            name,
            reason: reason.into(),
            source_text,
        });
    }

    /// `table.part` on the source, for the checklist.
    fn part(&self, at: usize, part: &str) -> ObjectName {
        let table = &self.planned[at].table.name;
        ObjectName::new(table.schema.as_str(), format!("{}.{part}", table.name))
    }

    /// The job's table that a foreign key refers to, with the columns it refers to.
    fn parent_of(&self, key: &ForeignKey) -> Result<(usize, Vec<String>), String> {
        let parent = self
            .planned
            .iter()
            .position(|p| p.table.name == key.to_table)
            .ok_or_else(|| format!("{} is not part of the job", key.to_table))?;
        let planned = &self.planned[parent];
        if planned.table.kind != TableKind::Plain {
            return Err(format!("{} is no plain table on the target", key.to_table));
        }
        let columns = match key.to_columns.as_slice() {
            [] => planned.primary_key().map(|k| k.columns.clone()).unwrap_or_default(),
            named => named.to_vec(),
        };
        if columns.len() != key.columns.len() {
            return Err(format!("{} has no primary key to refer to", key.to_table));
        }
        Ok((parent, columns))
    }

    /// Does a key or unique index make `columns` of the table unique?
    fn is_unique(&self, at: usize, columns: &[String]) -> bool {
        let mut wanted: Vec<String> = columns.iter().map(|c| c.to_lowercase()).collect();
        wanted.sort();
        let same = |names: Vec<String>| {
            let mut names: Vec<String> = names.iter().map(|c| c.to_lowercase()).collect();
            names.sort();
            names == wanted
        };
        let table = self.planned[at].table;
        table.keys.iter().any(|key| same(key.columns.clone()))
            || table.indexes.iter().any(|index| {
                index.unique
                    && index.predicate.is_none()
                    && !index.columns.is_empty()
                    && same(index.columns.iter().map(|c| c.name.clone()).collect())
            })
    }

    /// Schemas and databases that tables are to lie in, in front of everything.
    fn schemas(&mut self) {
        let wanted: BTreeSet<String> =
            self.planned.iter().map(|p| p.target.schema.clone()).collect();
        for schema in wanted {
            let name = quote(self.request.to, &schema);
            let statement = match self.request.to {
                Dialect::Sqlite => continue,
                Dialect::Postgres if schema == "public" => continue,
                Dialect::Postgres => format!("CREATE SCHEMA IF NOT EXISTS {name}"),
                Dialect::Mysql => format!(
                    "CREATE DATABASE IF NOT EXISTS {name} DEFAULT CHARACTER SET utf8mb4 \
                     COLLATE {}",
                    self.mysql_collation()
                ),
            };
            let owner = ObjectName::new(schema.as_str(), schema.as_str());
            let id = self.push("SCHEMA", &owner, &schema, statement);
            let item = &mut self.made.items[id as usize - 1];
            item.name = ObjectName::new("", schema.as_str());
            item.section = Section::PreData;
            item.table = None;
            item.depends_on.clear();
            self.schema_ids.insert(schema, id);
        }
    }

    fn schema_id(&self, schema: &str) -> Option<u32> {
        self.schema_ids.get(schema).copied()
    }

    /// A foreign key needs both tables and the key it refers to.
    fn depend_on_key(&mut self, id: u32, parent: usize, columns: &[String]) {
        let target = self.planned[parent].target.clone();
        let needed = [
            self.table_ids.get(&target).copied(),
            self.key_ids.get(&(target, folded(columns))).copied(),
        ];
        let item = &mut self.made.items[id as usize - 1];
        item.depends_on.extend(needed.into_iter().flatten());
    }

    /// A partitioned table reads as one; its rows are in the partitions.
    fn union_view(&mut self, at: usize) {
        let to = self.request.to;
        let parent = self.planned[at].table;
        let target = self.planned[at].target.clone();
        let names = &self.planned[at].names;
        let columns = names.iter().map(|n| quote(to, n)).collect::<Vec<_>>().join(", ");
        let leaves: Vec<usize> = (0..self.planned.len())
            .filter(|leaf| self.planned[*leaf].table.parents.contains(&parent.name))
            .collect();
        let reason = "made as a view over its partitions, which are tables of their own";
        if leaves.is_empty() {
            self.refuse("TABLE", parent.name.clone(), "it has no partition in the job", None);
            return;
        }
        let selects: Vec<String> = leaves
            .iter()
            .map(|leaf| format!("SELECT {columns} FROM {}", self.planned[*leaf].qualified(to)))
            .collect();
        let statement =
            format!("CREATE VIEW {} AS\n{}", qualified(to, &target), selects.join("\nUNION ALL "));
        let ids: Vec<u32> = leaves
            .iter()
            .filter_map(|leaf| self.table_ids.get(&self.planned[*leaf].target).copied())
            .collect();
        let id = self.push("VIEW", &target, &target.name, statement);
        let item = &mut self.made.items[id as usize - 1];
        item.table = None;
        item.section = Section::PostData;
        item.depends_on = ids;
        self.table_ids.insert(target, id);
        self.refuse("TABLE", parent.name.clone(), reason, None);
    }

    /// Sequences that number nothing the target could number have nobody to count for them.
    fn free_sequences(&mut self, counted: &[ObjectName], reason: &str) {
        for sequence in self.request.sequences {
            if !counted.contains(&sequence.name) {
                let text = Some(format!("stands at {}", sequence.last_value));
                self.refuse("SEQUENCE", sequence.name.clone(), reason, text);
            }
        }
    }

    /// What the catalogue holds besides tables.
    fn others(&mut self) {
        let views = self.views();
        for (other, why) in self.request.others.iter().zip(views) {
            let reason = match (other.kind.to_uppercase().as_str(), why) {
                // Tables here are the ones that were not selected.
                ("TABLE" | "SCHEMA", _) => continue,
                ("VIEW", None) => continue,
                ("VIEW", Some(why)) => why,
                ("MATERIALIZED VIEW", _) => "the target keeps no results of queries".to_owned(),
                (
                    "TRIGGER" | "FUNCTION" | "PROCEDURE" | "AGGREGATE" | "RULE" | "EVENT"
                    | "PACKAGE" | "PACKAGE BODY",
                    _,
                ) => "code is not translated".to_owned(),
                _ => "the target has nothing like it".to_owned(),
            };
            self.refuse(&other.kind, other.name.clone(), reason, other.definition.clone());
        }
    }

    /// The columns of a table, for its checks and generated columns.
    fn scope(&self, at: usize) -> Scope<'a> {
        let planned = &self.planned[at];
        let (from, to) = (self.request.from, self.request.to);
        let there = planned.names.iter().map(String::as_str);
        let there = there.zip(planned.fits.iter().map(|fit| &fit.logical));
        Scope::of_columns(from, to, known_columns(from, to, &planned.table.columns, there))
    }

    /// The clauses after `REFERENCES ...`.
    fn actions(key: &ForeignKey) -> String {
        let mut text = String::new();
        for (event, action) in [("UPDATE", &key.on_update), ("DELETE", &key.on_delete)] {
            if !action.is_empty() && !action.eq_ignore_ascii_case("NO ACTION") {
                text.push_str(&format!(" ON {event} {}", action.to_uppercase()));
            }
        }
        if key.deferrable {
            text.push_str(" DEFERRABLE");
            if key.initially_deferred {
                text.push_str(" INITIALLY DEFERRED");
            }
        }
        text
    }

    /// The job's sequence that numbers a column: its own, or the one its default names.
    fn position_of(&self, at: usize, column: &str) -> Option<&Sequence> {
        let table = self.planned[at].table;
        let mut sequences = self.request.sequences.iter();
        let owned = sequences
            .find(|s| s.owner.as_ref().is_some_and(|(t, c)| *t == table.name && c == column));
        owned.or_else(|| {
            let default = table.column(column)?.default.as_ref()?;
            let named = self.request.sequences.iter().filter(|s| {
                let texts = [&s.name.schema, &s.name.name]
                    .map(|part| [part.clone(), quote(Dialect::Postgres, part)]);
                let [schemas, names] = &texts;
                names.iter().any(|name| {
                    default.contains(&format!("'{name}'"))
                        || schemas
                            .iter()
                            .any(|schema| default.contains(&format!("'{schema}.{name}'")))
                })
            });
            named.take(1).next()
        })
    }

    /// Comments have no place in SQLite and are not read from it; they are listed once a table.
    fn list_comments(&mut self, at: usize) {
        let table = self.planned[at].table;
        let columns = table.columns.iter().filter_map(|c| {
            let text = c.comment.as_ref()?;
            Some(format!("{}: {text}", c.name))
        });
        let all: Vec<String> = table.comment.iter().cloned().chain(columns).collect();
        if !all.is_empty() {
            let text = Some(all.join("\n"));
            self.refuse("COMMENT", table.name.clone(), "the target keeps no comments", text);
        }
    }
}

fn folded(columns: &[String]) -> Vec<String> {
    let mut folded: Vec<String> = columns.iter().map(|c| c.to_lowercase()).collect();
    folded.sort();
    folded
}

/// As people write it, for the checklist.
fn foreign_key_text(key: &ForeignKey) -> String {
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){}",
        key.columns.join(", "),
        key.to_table,
        key.to_columns.join(", "),
        Writer::actions(key)
    )
}

//! MySQL's definitions for another server of MySQL or MariaDB: tables cut into what must be there
//! before their rows and what is better made after them, everything under the target's names and
//! in words the target knows.
//!
//! Views, routines, triggers and events lose their DEFINER and belong to whoever runs the job: the
//! account may be another one there, or none. Events come disabled: two servers must not do the
//! same thing at the same hour.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{DdlItem, Section};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::ObjectClass;
use super::super::sql::{
    ColumnChange, Flavour, MysqlTable, adapt_table, checked_foreign_key, mentions,
    mysql_database_renamed, quote,
};
use super::build::PlanInput;
use super::naming::Naming;
use super::shape::Shapes;
use super::{Finding, Severity, storage};

/// Changes shown in one finding; the rest is counted.
const CHANGES_SHOWN: usize = 8;

/// `sql_mode` words that both servers know.
const MODES: [&str; 20] = [
    "REAL_AS_FLOAT",
    "PIPES_AS_CONCAT",
    "ANSI_QUOTES",
    "IGNORE_SPACE",
    "ONLY_FULL_GROUP_BY",
    "NO_UNSIGNED_SUBTRACTION",
    "NO_DIR_IN_CREATE",
    "ANSI",
    "NO_AUTO_VALUE_ON_ZERO",
    "NO_BACKSLASH_ESCAPES",
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ALLOW_INVALID_DATES",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "TRADITIONAL",
    "HIGH_NOT_PRECEDENCE",
    "NO_ENGINE_SUBSTITUTION",
    "PAD_CHAR_TO_FULL_LENGTH",
];

/// Items under the source's names, so that the selection finds them; their statements are the
/// target's already.
#[derive(Debug, Default)]
pub struct Prepared {
    pub items: Vec<DdlItem>,
    pub findings: Vec<Finding>,
    /// Items that are not made, and why; of those, what somebody has to write.
    pub left_out: BTreeMap<u32, String>,
    pub by_hand: BTreeSet<u32>,
}

/// Makes the source's items ready.
#[must_use]
pub fn prepare(input: &PlanInput<'_>, shapes: &Shapes, naming: &Naming) -> Prepared {
    let (from, to) = (&input.source.server, &input.target.server);
    let flavour = match to.mariadb {
        true => Flavour::MariaDb(to.version_num),
        false => Flavour::Mysql,
    };
    let checks = input.spec.shaping.objects.takes(ObjectClass::Check);
    let mut preparing = Preparing {
        shapes,
        checks,
        made: Prepared::default(),
        naming,
        flavour,
        crosses: from.mariadb != to.mariadb,
        items: Vec::new(),
        tables: BTreeMap::new(),
        indexes: BTreeMap::new(),
        foreign_keys: Vec::new(),
        changes: Vec::new(),
        definers: 0,
        events: 0,
    };
    for kind in ["SCHEMA", "SEQUENCE", "TABLE"] {
        input.items.iter().filter(|i| i.kind == kind).for_each(|item| preparing.add(item));
    }
    preparing.constrain();
    let routines = ["FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY"];
    for kind in routines {
        input.items.iter().filter(|i| i.kind == kind).for_each(|item| preparing.add(item));
    }
    preparing.views(input.items);
    for kind in ["TRIGGER", "EVENT"] {
        input.items.iter().filter(|i| i.kind == kind).for_each(|item| preparing.add(item));
    }
    let told = preparing.findings();
    let mut made = std::mem::take(&mut preparing.made);
    made.items = preparing.items;
    made.findings.extend(told);
    made
}

/// The items with the names they have on the target.
#[must_use]
pub fn renamed(items: &[DdlItem], naming: &Naming) -> Vec<DdlItem> {
    let rename = |item: &DdlItem| {
        let name = match item.kind.as_str() {
            "SCHEMA" => ObjectName::new("", naming.schema(&item.name.name)),
            "INDEX" | "FK CONSTRAINT" => {
                let table = item.table.as_ref().map(|table| naming.of(table).schema);
                let schema = table.unwrap_or_else(|| naming.schema(&item.name.schema));
                ObjectName::new(schema, item.name.name.as_str())
            }
            _ => naming.of(&item.name),
        };
        DdlItem { name, table: item.table.as_ref().map(|t| naming.of(t)), ..item.clone() }
    };
    items.iter().map(rename).collect()
}

struct Preparing<'a> {
    shapes: &'a Shapes,
    /// Checks come along.
    checks: bool,
    made: Prepared,
    naming: &'a Naming,
    flavour: Flavour,
    /// From MySQL to MariaDB or back.
    crosses: bool,
    items: Vec<DdlItem>,
    /// Item of each table, by its name on the source.
    tables: BTreeMap<ObjectName, u32>,
    /// Items of each table's indexes.
    indexes: BTreeMap<ObjectName, Vec<u32>>,
    /// For when every table is known: (table, key, statement, table it refers to on the target).
    foreign_keys: Vec<(ObjectName, String, String, Option<ObjectName>)>,
    /// What was changed, with the table.
    changes: Vec<String>,
    definers: usize,
    events: usize,
}

impl Preparing<'_> {
    fn push(&mut self, item: DdlItem) -> u32 {
        let id = u32::try_from(self.items.len()).expect("fewer than 2^32 items") + 1;
        self.items.push(DdlItem { id, ..item });
        id
    }

    fn add(&mut self, item: &DdlItem) {
        match item.kind.as_str() {
            "SCHEMA" => self.database(item),
            "TABLE" => self.table(item),
            "SEQUENCE" => {
                let statements = item.statements.iter().map(|s| self.sequence(item, s)).collect();
                self.push(DdlItem { statements, ..item.clone() });
            }
            _ => {
                let depends_on = item.table.iter().filter_map(|t| self.tables.get(t)).copied();
                let depends_on = depends_on.collect();
                let statements = self.program(item);
                let section = Section::PostData;
                let id = self.push(DdlItem { statements, depends_on, section, ..item.clone() });
                self.refuse_program(id, item);
            }
        }
    }

    /// Code and views that speak of a table whose name or columns are others here: left out, for
    /// somebody to write.
    fn refuse_program(&mut self, id: u32, item: &DdlItem) {
        for (table, shape) in self.shapes.iter() {
            let says = |name: &str| item.statements.iter().any(|text| mentions(text, &[name]));
            if item.table.as_ref() != Some(table) && !says(&table.name) {
                continue;
            }
            let new = self.naming.of(table);
            let changed = shape.left_out.iter().chain(shape.renamed.keys());
            let why = match changed.into_iter().find(|column| says(column)) {
                _ if new.name != table.name => {
                    format!("it speaks of {table}, which is {new} on the target")
                }
                Some(column) => {
                    format!("it names {table}.{column}, which is not there by that name")
                }
                None => continue,
            };
            self.made.left_out.insert(id, why);
            self.made.by_hand.insert(id);
            return;
        }
    }

    /// Columns as they are wanted; false when the table's own text cannot follow.
    fn shape(&mut self, source: &ObjectName, table: &mut MysqlTable) {
        let shapes = self.shapes;
        let change_of = |name: &ObjectName| {
            let shape = shapes.get(name)?;
            Some(ColumnChange { left_out: &shape.left_out, renamed: &shape.renamed })
        };
        let mut lost = table.follow_parents(&source.schema, &change_of);
        if let Some(change) = change_of(source) {
            match table.shape(change) {
                Ok(parts) => lost.extend(parts),
                Err(why) => self.made.findings.push(
                    Finding::new(Severity::Block, "definitions", format!("{source}: {why}"))
                        .with_hint(
                            "Write the table's statement by hand (ddl), or copy the column.",
                        ),
                ),
            }
        }
        if !self.checks {
            table.without_checks();
        }
        for part in lost {
            // Listed like an item that is left out; it has no statement of its own any more.
            let id = self.push(DdlItem {
                id: 0,
                kind: part.kind.to_uppercase(),
                name: ObjectName::new(source.schema.as_str(), part.name),
                section: Section::PostData,
                statements: vec![part.text],
                table: Some(source.clone()),
                depends_on: Vec::new(),
            });
            self.made.left_out.insert(id, "it names a column that is left out".to_owned());
        }
    }

    fn database(&mut self, item: &DdlItem) {
        let name = self.naming.schema(&item.name.name);
        let statements = item.statements.iter().map(|text| {
            let rest = text.find(" CHARACTER SET ").map_or("", |at| &text[at..]);
            let rest = match rest.rsplit_once(" COLLATE ") {
                Some((before, collation)) => {
                    let other = self
                        .crosses
                        .then(|| super::super::sql::collation_on(self.flavour, collation))
                        .flatten();
                    let collation = other.unwrap_or_else(|| collation.to_owned());
                    format!("{before} COLLATE {collation}")
                }
                None => rest.to_owned(),
            };
            format!("CREATE DATABASE IF NOT EXISTS {}{rest}", quote(Dialect::Mysql, &name))
        });
        let statements = statements.collect();
        self.push(DdlItem { statements, ..item.clone() });
    }

    fn sequence(&self, item: &DdlItem, statement: &str) -> String {
        let to = self.naming.schema(&item.name.schema);
        let text = mysql_database_renamed(statement, &item.name.schema, &to);
        let plain = format!("CREATE SEQUENCE {}", quote(Dialect::Mysql, &item.name.name));
        let full = format!(
            "CREATE SEQUENCE {}.{}",
            quote(Dialect::Mysql, &to),
            quote(Dialect::Mysql, &item.name.name)
        );
        match text.strip_prefix(&plain) {
            Some(rest) => format!("{full}{rest}"),
            None => text,
        }
    }

    fn table(&mut self, item: &DdlItem) {
        let source = &item.name;
        let target = self.naming.of(source);
        let read = item.statements.first().and_then(|text| MysqlTable::read(text));
        let Some(mut table) = read else {
            // No statement of ours: it runs in its database as it is.
            let statements = self.program(item);
            let id = self.push(DdlItem { statements, ..item.clone() });
            self.tables.insert(source.clone(), id);
            return;
        };
        if self.crosses {
            let changes = adapt_table(&mut table, self.flavour);
            self.changes.extend(changes.into_iter().map(|change| format!("{source}: {change}")));
        }
        let shape = self.shapes.get(source);
        if shape.is_some_and(|shape| shape.wanted.storage.as_deref() == Some("")) {
            table.without_storage();
        }
        self.shape(source, &mut table);
        let naming = self.naming;
        let made = table.statements(&target, &source.schema, &|name| naming.of(name));
        let mut statements = vec![made.create];
        if let Some(hand) = shape.and_then(|shape| shape.hand.as_ref()) {
            statements = hand.text.statements(Dialect::Mysql, &target);
        }
        if let Some(shape) = shape {
            storage::mysql(&mut statements, &target, &shape.wanted);
        }
        let by_hand = shape.and_then(|shape| shape.wanted.ddl.clone()).unwrap_or_default();
        let id = self.push(DdlItem { statements, ..item.clone() });
        self.tables.insert(source.clone(), id);
        for index in made.indexes {
            if mentions(&by_hand, &[index.name.as_str()]) {
                continue;
            }
            let id = self.push(DdlItem {
                id: 0,
                kind: "INDEX".to_owned(),
                name: ObjectName::new(source.schema.as_str(), index.name),
                section: Section::PostData,
                statements: vec![index.statement],
                table: Some(source.clone()),
                depends_on: vec![id],
            });
            self.indexes.entry(source.clone()).or_default().push(id);
        }
        for key in made.foreign_keys {
            if mentions(&by_hand, &[key.name.as_str()]) {
                continue;
            }
            self.foreign_keys.push((source.clone(), key.name, key.statement, key.to_table));
        }
    }

    /// Foreign keys, after the indexes of both their tables.
    fn constrain(&mut self) {
        let by_target: BTreeMap<ObjectName, ObjectName> =
            self.tables.keys().map(|name| (self.naming.of(name), name.clone())).collect();
        for (table, name, statement, parent) in std::mem::take(&mut self.foreign_keys) {
            let parent = parent.and_then(|name| by_target.get(&name).cloned());
            let both = [Some(&table), parent.as_ref()];
            let tables = both.iter().flatten().filter_map(|t| self.tables.get(*t));
            let indexes = both.iter().flatten().filter_map(|t| self.indexes.get(*t)).flatten();
            let mut depends_on: Vec<u32> = tables.chain(indexes).copied().collect();
            depends_on.sort_unstable();
            depends_on.dedup();
            self.push(DdlItem {
                id: 0,
                kind: "FK CONSTRAINT".to_owned(),
                name: ObjectName::new(table.schema.as_str(), name),
                section: Section::PostData,
                statements: checked_foreign_key(&statement),
                table: Some(table),
                depends_on,
            });
        }
    }

    /// Views, each after those it reads from.
    fn views(&mut self, items: &[DdlItem]) {
        let mut known = self.tables.clone();
        let made = self.items.iter().filter(|i| i.kind == "FUNCTION" || i.kind == "SEQUENCE");
        known.extend(made.map(|i| (i.name.clone(), i.id)));
        let mut left: Vec<&DdlItem> = items.iter().filter(|i| i.kind == "VIEW").collect();
        let read: BTreeMap<&ObjectName, Vec<ObjectName>> = left
            .iter()
            .map(|view| (&view.name, view.statements.last().map_or(vec![], |s| mentioned(s))))
            .collect();
        while !left.is_empty() {
            let waits = |view: &&DdlItem| {
                let others = read[&view.name].iter().filter(|n| **n != view.name);
                others.into_iter().any(|n| left.iter().any(|v| v.name == *n))
            };
            let (later, now): (Vec<&DdlItem>, Vec<&DdlItem>) =
                left.iter().copied().partition(|view| waits(view));
            // What reads in a circle is broken at the source as well: taken as it comes.
            let (now, later) = if now.is_empty() { (later, Vec::new()) } else { (now, later) };
            for view in now {
                let mut depends_on: Vec<u32> =
                    read[&view.name].iter().filter_map(|n| known.get(n)).copied().collect();
                depends_on.sort_unstable();
                depends_on.dedup();
                let statements = self.program(view);
                let section = Section::PostData;
                let id = self.push(DdlItem { statements, depends_on, section, ..view.clone() });
                self.refuse_program(id, view);
                known.insert(view.name.clone(), id);
            }
            left = later;
        }
    }

    /// The statements of a view, routine, trigger or event in its database on the target.
    fn program(&mut self, item: &DdlItem) -> Vec<String> {
        let (from, to) = (&item.name.schema, self.naming.schema(&item.name.schema));
        let mut statements = vec![format!("USE {}", quote(Dialect::Mysql, &to))];
        for text in &item.statements {
            if let Some(mode) = text.strip_prefix("SET sql_mode = ") {
                let mode = if self.crosses { modes(mode) } else { mode.to_owned() };
                statements.push(format!("SET sql_mode = {mode}"));
                continue;
            }
            let text = mysql_database_renamed(text, from, &to);
            let (text, had_definer) = without_definer(&text);
            self.definers += usize::from(had_definer);
            let text = match item.kind.as_str() {
                "EVENT" if text.starts_with("CREATE") => {
                    self.events += 1;
                    disabled(&text)
                }
                _ => text,
            };
            statements.push(text);
        }
        statements
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.changes.is_empty() {
            let to = if self.flavour == Flavour::Mysql { "MySQL" } else { "MariaDB" };
            let shown: Vec<&str> =
                self.changes.iter().take(CHANGES_SHOWN).map(String::as_str).collect();
            let more = match self.changes.len().saturating_sub(CHANGES_SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let what = format!("{} definitions are changed for {to}", self.changes.len());
            findings.push(
                Finding::new(Severity::Warn, "definitions", what)
                    .with_detail(format!("{}{more}.", shown.join("; "))),
            );
        }
        if self.definers > 0 {
            let what = format!("{} objects will belong to the target's user", self.definers);
            findings.push(Finding::new(Severity::Ok, "definitions", what).with_detail(
                "Their DEFINER is left out, because the account may not be there; SQL SECURITY \
                 stays.",
            ));
        }
        if self.events > 0 {
            let what = format!("{} events are created disabled", self.events);
            findings.push(
                Finding::new(Severity::Ok, "definitions", what)
                    .with_hint("ALTER EVENT ... ENABLE on the target when the source stops."),
            );
        }
        findings
    }
}

/// The words of a quoted `sql_mode` that the other kind of server knows.
fn modes(quoted: &str) -> String {
    let words = quoted.trim_matches('\'').split(',').filter(|word| MODES.contains(word));
    format!("'{}'", words.collect::<Vec<_>>().join(","))
}

/// Takes DEFINER=`user`@`host` (or a role) out of the head of a statement.
fn without_definer(text: &str) -> (String, bool) {
    let Some(at) = text.find("DEFINER=`") else { return (text.to_owned(), false) };
    // Only in front: a body may hold anything.
    if text[..at].contains(['\'', '(', ';', '\n']) || text[..at].contains(" AS ") {
        return (text.to_owned(), false);
    }
    let mut rest = &text[at + "DEFINER=".len()..];
    for _ in 0..2 {
        rest = rest.strip_prefix('@').unwrap_or(rest);
        let Some(inner) = rest.strip_prefix('`') else { break };
        let mut chars = inner.char_indices().peekable();
        let mut end = inner.len();
        while let Some((i, c)) = chars.next() {
            match (c, chars.peek()) {
                ('`', Some((_, '`'))) => {
                    chars.next();
                }
                ('`', _) => {
                    end = i + 1;
                    break;
                }
                _ => {}
            }
        }
        rest = &inner[end..];
        if !rest.starts_with('@') {
            break;
        }
    }
    (format!("{}{}", &text[..at], rest.trim_start()), true)
}

/// An event as SHOW CREATE EVENT prints it, disabled.
fn disabled(text: &str) -> String {
    for state in ["ENABLE", "DISABLE ON SLAVE", "DISABLE ON REPLICA"] {
        let on = format!("PRESERVE {state}");
        if let Some(at) = text.find(&on) {
            return format!("{}PRESERVE DISABLE{}", &text[..at], &text[at + on.len()..]);
        }
    }
    text.to_owned()
}

/// Names of two quoted parts in a statement: `crm`.`orders`.
fn mentioned(text: &str) -> Vec<ObjectName> {
    let mut names = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.chars().peekable();
    let mut linked = false;
    while let Some(c) = rest.next() {
        if c == '`' {
            let mut part = String::new();
            while let Some(c) = rest.next() {
                match c {
                    '`' if rest.peek() == Some(&'`') => {
                        part.push('`');
                        rest.next();
                    }
                    '`' => break,
                    c => part.push(c),
                }
            }
            if !linked {
                parts.clear();
            }
            parts.push(part);
            if let [schema, name] = parts.as_slice() {
                names.push(ObjectName::new(schema.as_str(), name.as_str()));
            }
            linked = rest.peek() == Some(&'.');
            if linked {
                rest.next();
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;

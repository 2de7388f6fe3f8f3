//! What is wanted of single tables, resolved against the source: which columns travel, what they
//! are called, which rows.
//!
//! Columns that stay behind are taken out of the catalogue before anything else looks at it, with
//! the keys, indexes and checks that name them, so that types, definitions and limits of the target
//! are those of the table that is really made. Chunks are still cut by the source's own keys: a
//! column need not travel to say which rows to read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, Column, ForeignKey, Table, TableEstimate};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::{JobSpec, ObjectClass, TableShape};
use super::super::sql::{check_lone, mentions};
use super::build::row_key;
use super::hand::HandTable;
use super::{Change, ChecklistEntry, Fate, Finding, RowChoice, Severity};

/// The wishes of a job for its tables, with the names the source has.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    tables: BTreeMap<ObjectName, Shape>,
    /// What cannot be followed.
    pub findings: Vec<Finding>,
}

/// What is wanted of one table.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub wanted: TableShape,
    /// Columns that stay behind, in the source's spelling.
    pub left_out: BTreeSet<String>,
    /// New names by the source's spelling.
    pub renamed: BTreeMap<String, String>,
    /// What is read instead, by the source's spelling.
    pub expressions: BTreeMap<String, String>,
    /// Columns whose hash chooses a sample: of the source's table, whichever travel.
    pub sample_by: Vec<String>,
    /// The table as its hand-written statement makes it.
    pub hand: Option<HandTable>,
}

impl Shapes {
    #[must_use]
    pub fn of(spec: &JobSpec, source: &Catalog, selected: &[&Table]) -> Shapes {
        let mut shapes = Shapes::default();
        if spec.shaping.tables.is_empty() {
            return shapes;
        }
        shapes.findings.extend(about_entries(spec, selected));
        for table in selected {
            let wanted = spec.shaping.of(&table.name);
            if wanted.is_idle() {
                continue;
            }
            let mut resolving = Resolving { spec, table, findings: Vec::new() };
            let shape = resolving.shape(wanted);
            shapes.findings.append(&mut resolving.findings);
            shapes.tables.insert(table.name.clone(), shape);
        }
        shapes.findings.extend(idle_columns(spec, source, selected));
        shapes
    }

    #[must_use]
    pub fn get(&self, table: &ObjectName) -> Option<&Shape> {
        self.tables.get(table)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ObjectName, &Shape)> {
        self.tables.iter()
    }

    /// New names of a table's columns.
    #[must_use]
    pub fn renamed(&self, table: &ObjectName) -> BTreeMap<String, String> {
        self.get(table).map(|shape| shape.renamed.clone()).unwrap_or_default()
    }

    /// Which rows of a table are copied.
    #[must_use]
    pub fn rows(&self, table: &ObjectName) -> RowChoice {
        let Some(shape) = self.get(table) else { return RowChoice::default() };
        RowChoice {
            filter: shape.wanted.filter.as_deref().map(|text| text.trim().to_owned()),
            sample: shape.wanted.sample,
            sample_by: shape.sample_by.clone(),
        }
    }

    /// The source's table with the size its sample will have, for cutting.
    #[must_use]
    pub fn sized<'a>(&self, table: &'a Table) -> Cow<'a, Table> {
        match self.get(&table.name).and_then(|shape| shape.wanted.sample) {
            None => Cow::Borrowed(table),
            Some(percent) => {
                let estimate = sampled(table.estimate, percent);
                Cow::Owned(Table { estimate, ..table.clone() })
            }
        }
    }

    /// The catalogue as far as it travels, and what stays behind with columns.
    #[must_use]
    pub fn trimmed<'a>(
        &self,
        spec: &JobSpec,
        source: &'a Catalog,
    ) -> (Cow<'a, Catalog>, Vec<ChecklistEntry>) {
        let objects = &spec.shaping.objects;
        let equal = spec.source.dialect == spec.target.dialect;
        // Between equal engines definitions are the source's text: items are left out there.
        let classes = ObjectClass::ALL.iter().any(|class| !objects.takes(*class)) && !equal;
        if self.tables.is_empty() && !classes {
            return (Cow::Borrowed(source), Vec::new());
        }
        let mut stay = Vec::new();
        let mut made = source.clone();
        for table in &mut made.tables {
            if classes {
                without_classes(spec, table);
            }
            if let Some(shape) = self.get(&table.name) {
                trim(table, shape, &mut stay);
            }
        }
        self.trim_references(source, &mut made, &mut stay);
        if classes {
            made.others.retain(|other| class_of(&other.kind).is_none_or(|c| objects.takes(c)));
        }
        // Between equal engines the items tell.
        let stay = if equal { Vec::new() } else { stay };
        (Cow::Owned(made), stay)
    }

    /// Foreign keys to columns that stay behind.
    fn trim_references(
        &self,
        source: &Catalog,
        made: &mut Catalog,
        stay: &mut Vec<ChecklistEntry>,
    ) {
        for table in &mut made.tables {
            let name = table.name.clone();
            table.foreign_keys.retain(|key| {
                let keeps = self.keeps_parent(source, key);
                if !keeps {
                    let why = format!("{} has no such column on the target", key.to_table);
                    stay.push(stays("foreign key", &name, &key.name, why));
                }
                keeps
            });
        }
    }

    fn keeps_parent(&self, source: &Catalog, key: &ForeignKey) -> bool {
        let Some(shape) = self.get(&key.to_table) else { return true };
        let parent = || source.tables.iter().find(|t| t.name == key.to_table);
        let columns = match key.to_columns.as_slice() {
            [] => parent().and_then(|t| t.keys.iter().find(|k| k.primary)).map(|k| &*k.columns),
            named => Some(named),
        };
        !columns.unwrap_or_default().iter().any(|column| shape.leaves(column))
    }
}

impl Shape {
    /// Does this column stay behind?
    #[must_use]
    pub fn leaves(&self, column: &str) -> bool {
        self.left_out.contains(column)
            || self.left_out.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

/// A share of an estimate; what was not empty stays so.
fn sampled(estimate: TableEstimate, percent: u8) -> TableEstimate {
    let share = |whole: u64| match u128::from(whole) * u128::from(percent) / 100 {
        0 if whole > 0 => 1,
        part => u64::try_from(part).unwrap_or(whole),
    };
    TableEstimate { rows: share(estimate.rows), bytes: share(estimate.bytes), ..estimate }
}

/// The class of a kind in pg_dump's words; `None`: what comes with tables, or is needed by others.
#[must_use]
pub fn class_of(kind: &str) -> Option<ObjectClass> {
    Some(match kind.to_uppercase().as_str() {
        "VIEW" => ObjectClass::View,
        "MATERIALIZED VIEW" | "MATERIALIZED VIEW DATA" => ObjectClass::MaterializedView,
        "INDEX" | "INDEX ATTACH" | "STATISTICS" => ObjectClass::Index,
        "FK CONSTRAINT" | "FK CHECK" | "FOREIGN KEY" => ObjectClass::ForeignKey,
        "CHECK CONSTRAINT" | "CHECK" => ObjectClass::Check,
        "TRIGGER" | "EVENT TRIGGER" | "RULE" => ObjectClass::Trigger,
        "FUNCTION"
        | "PROCEDURE"
        | "AGGREGATE"
        | "OPERATOR"
        | "OPERATOR CLASS"
        | "OPERATOR FAMILY"
        | "PACKAGE"
        | "PACKAGE BODY"
        | "CAST"
        | "TRANSFORM"
        | "PROCEDURAL LANGUAGE" => ObjectClass::Routine,
        "SEQUENCE" | "SEQUENCE OWNED BY" => ObjectClass::Sequence,
        "EVENT" => ObjectClass::Event,
        "POLICY" | "ROW SECURITY" => ObjectClass::Policy,
        "ACL" | "ACL LANGUAGE" | "DEFAULT ACL" | "LARGE OBJECT ACL" => ObjectClass::Grant,
        "COMMENT" | "LARGE OBJECT COMMENT" => ObjectClass::Comment,
        "EXTENSION" => ObjectClass::Extension,
        "LARGE OBJECT" => ObjectClass::LargeObject,
        _ => return None,
    })
}

fn without_classes(spec: &JobSpec, table: &mut Table) {
    let objects = &spec.shaping.objects;
    if !objects.takes(ObjectClass::Index) {
        table.indexes.clear();
    }
    if !objects.takes(ObjectClass::ForeignKey) {
        table.foreign_keys.clear();
    }
    if !objects.takes(ObjectClass::Check) {
        table.checks.clear();
    }
    if !objects.takes(ObjectClass::Comment) {
        table.comment = None;
        table.columns.iter_mut().for_each(|column| column.comment = None);
    }
}

pub(super) fn stays(
    kind: &str,
    table: &ObjectName,
    part: &str,
    why: impl Into<String>,
) -> ChecklistEntry {
    ChecklistEntry {
        kind: kind.to_owned(),
        name: ObjectName::new(table.schema.as_str(), format!("{}.{part}", table.name)),
        fate: Fate::Skipped,
        reason: Some(why.into()),
        source_text: None,
    }
}

/// Takes columns out of a table, with what names them.
fn trim(table: &mut Table, shape: &Shape, stay: &mut Vec<ChecklistEntry>) {
    if let Some(percent) = shape.wanted.sample {
        table.estimate = sampled(table.estimate, percent);
    }
    if shape.left_out.is_empty() {
        return;
    }
    let name = table.name.clone();
    let gone: Vec<&str> = shape.left_out.iter().map(String::as_str).collect();
    let why = "it names a column that is left out";
    let mut list = |kind: &str, part: &str| stay.push(stays(kind, &name, part, why));
    table.columns.retain(|column| !shape.leaves(&column.name));
    let named = |columns: &[String]| columns.iter().any(|column| shape.leaves(column));
    table.keys.retain(|key| {
        let keeps = !named(&key.columns);
        if !keeps {
            list(if key.primary { "primary key" } else { "key" }, &key.name);
        }
        keeps
    });
    table.indexes.retain(|index| {
        let texts = [Some(&index.definition), index.predicate.as_ref()];
        let plain = index.columns.iter().any(|column| shape.leaves(&column.name));
        // An expression of an index is known by its text alone.
        let spoken = (index.columns.is_empty() || index.predicate.is_some())
            && texts.into_iter().flatten().any(|text| mentions(text, &gone));
        if plain || spoken {
            list("index", &index.name);
        }
        !plain && !spoken
    });
    table.foreign_keys.retain(|key| {
        let keeps = !named(&key.columns);
        if !keeps {
            list("foreign key", &key.name);
        }
        keeps
    });
    table.checks.retain(|check| {
        let keeps = !mentions(&check.expression, &gone);
        if !keeps {
            list("check", &check.name);
        }
        keeps
    });
}

/// About entries that match nothing, contradict each other, or speak of one table and match more.
fn about_entries(spec: &JobSpec, selected: &[&Table]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names: Vec<&ObjectName> = selected.iter().map(|t| &t.name).collect();
    let page = || Change::Page { page: "options".to_owned() };
    for shape in &spec.shaping.tables {
        let count = names.iter().filter(|name| shape.matches(name)).count();
        if count == 0 {
            let message = format!("[[table]] {} matches no table of the job", shape.table);
            findings.push(
                block(message)
                    .with_detail("Nothing was touched. What was wanted of it would be lost.")
                    .with_hint(
                        "Check the spelling: * and ? are wildcards, schema.table names one table, \
                         and the table must be selected.",
                    )
                    .with_way("go back to the options", page()),
            );
        }
        let single = [("rename", shape.rename.is_some()), ("ddl", shape.ddl.is_some())];
        for (key, _) in single.iter().filter(|(_, given)| *given) {
            if !shape.is_plain() || count > 1 {
                let message = format!(
                    "[[table]] {}: {key} is for one table, and this matches {count}",
                    shape.table
                );
                findings.push(block(message).with_hint("Name the table as schema.table."));
            }
        }
    }
    findings.extend(spec.shaping.contradictions(&names).into_iter().map(|text| {
        block(text).with_hint("Name the table as schema.table in one of them, or take one out.")
    }));
    findings
}

/// Columns that patterns name and no table has: in a pattern some tables may lack a column.
fn idle_columns(spec: &JobSpec, source: &Catalog, selected: &[&Table]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for shape in spec.shaping.tables.iter().filter(|shape| !shape.is_plain()) {
        let matched: Vec<&&Table> = selected.iter().filter(|t| shape.matches(&t.name)).collect();
        let known = |name: &&String| {
            matched.iter().any(|table| resolve(source.server.dialect, table, name).is_some())
        };
        let absent: Vec<&str> =
            named_columns(shape).filter(|name| !known(name)).map(String::as_str).collect();
        if let (false, [_, ..]) = (absent.is_empty(), matched.as_slice()) {
            let what = absent.join(", ");
            let message =
                format!("[[table]] {}: no table of these has a column {what}", shape.table);
            findings.push(block(message).with_hint("Check the spelling; case counts."));
        }
    }
    findings
}

fn named_columns(shape: &TableShape) -> impl Iterator<Item = &String> {
    let lists = shape.columns.iter().chain(&shape.leave_out);
    lists.chain(shape.expressions.keys()).chain(shape.column_names.keys())
}

/// The column as the source spells it. PostgreSQL's names differ by case, the others' do not.
fn resolve<'t>(dialect: Dialect, table: &'t Table, name: &str) -> Option<&'t Column> {
    let folded = || {
        let alike = |c: &&Column| c.name.to_lowercase() == name.to_lowercase();
        table.columns.iter().find(alike).filter(|_| dialect != Dialect::Postgres)
    };
    table.column(name).or_else(folded)
}

fn block(message: impl Into<String>) -> Finding {
    Finding::new(Severity::Block, "tables", message)
}

struct Resolving<'a> {
    spec: &'a JobSpec,
    table: &'a Table,
    findings: Vec<Finding>,
}

impl Resolving<'_> {
    fn shape(&mut self, wanted: TableShape) -> Shape {
        let mut shape = Shape { wanted, ..Shape::default() };
        let name = &self.table.name;
        self.unknown_columns();
        shape.left_out = self.left_out(&shape.wanted);
        if shape.wanted.sample.is_some() {
            let key = row_key(self.table);
            let all = || self.table.stored_columns().map(|column| column.name.clone()).collect();
            shape.sample_by = if key.is_empty() { all() } else { key };
        }
        if shape.left_out.len() == self.table.columns.len() && !self.table.columns.is_empty() {
            let message = format!("{name}: no column is left to copy");
            self.findings.push(block(message).with_hint("Name columns it has."));
        }
        shape.renamed = self.resolved(&shape.wanted.column_names);
        shape.renamed.retain(|from, to| from != to);
        shape.expressions = self.resolved(&shape.wanted.expressions);
        self.texts(&shape);
        self.written_elsewhere(&shape);
        if let Some(text) = shape.wanted.ddl.clone() {
            self.hand(&text, &mut shape);
        }
        shape.expressions.values_mut().for_each(|text| *text = text.trim().to_owned());
        shape
    }

    fn spelled(&self, name: &str) -> Option<&Column> {
        resolve(self.spec.source.dialect, self.table, name)
    }

    fn resolved(&self, map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let known = |(name, text): (&String, &String)| {
            Some((self.spelled(name)?.name.clone(), text.clone()))
        };
        map.iter().filter_map(known).collect()
    }

    /// Columns that an entry for this one table names and it does not have.
    fn unknown_columns(&mut self) {
        let table = &self.table.name;
        let entries = self.spec.shaping.tables.iter();
        let own = entries.filter(|shape| shape.is_plain() && shape.matches(table));
        let unknown = |name: &&String| self.spelled(name).is_none();
        let mut absent: Vec<&str> =
            own.flat_map(named_columns).filter(unknown).map(String::as_str).collect();
        absent.dedup();
        if !absent.is_empty() {
            let message = format!("{table} has no column {}", absent.join(", "));
            let known: Vec<&str> =
                self.table.columns.iter().map(|c| c.name.as_str()).take(40).collect();
            let finding = block(message)
                .with_detail(format!("It has {}.", known.join(", ")))
                .with_hint("Check the spelling; case counts.");
            self.findings.push(finding);
        }
    }

    fn left_out(&self, wanted: &TableShape) -> BTreeSet<String> {
        let listed = |list: &[String]| -> BTreeSet<String> {
            let found = list.iter().filter_map(|name| self.spelled(name));
            found.map(|column| column.name.clone()).collect()
        };
        if wanted.columns.is_empty() {
            return listed(&wanted.leave_out);
        }
        let taken = listed(&wanted.columns);
        let others = self.table.columns.iter().filter(|c| !taken.contains(&c.name));
        others.map(|column| column.name.clone()).collect()
    }

    /// SQL of the operator's that would not stay where it is put.
    fn texts(&mut self, shape: &Shape) {
        let from = self.spec.source.dialect;
        let filter = shape.wanted.filter.iter().map(|text| ("where".to_owned(), text));
        let expressions = shape.expressions.iter().map(|(c, text)| (format!("{c} = ..."), text));
        let mut found = Vec::new();
        for (place, text) in filter.chain(expressions) {
            if let Err(why) = check_lone(from, text) {
                let message = format!("{}: {place}: {}", self.table.name, why.what);
                let hint = "One expression in the source's own SQL is wanted.";
                found.push(block(message).with_detail(text.clone()).with_hint(hint));
            }
        }
        self.findings.append(&mut found);
    }

    /// Wishes for columns that do not travel or compute themselves, and names given twice.
    fn written_elsewhere(&mut self, shape: &Shape) {
        let name = &self.table.name;
        let mut found = Vec::new();
        for (column, what) in shape
            .expressions
            .keys()
            .map(|c| (c, "an expression"))
            .chain(shape.renamed.keys().map(|c| (c, "a new name")))
        {
            if shape.leaves(column) {
                let message = format!("{name}.{column} is left out and has {what}");
                found.push(block(message).with_hint("Take one of the two wishes out."));
            }
        }
        for column in shape.expressions.keys() {
            if self.table.column(column).is_some_and(|c| c.generated.is_some()) {
                let message = format!("{name}.{column} is generated: nothing is read for it");
                found.push(block(message).with_hint("Take its expression out."));
            }
        }
        let folds = self.spec.target.dialect != Dialect::Postgres;
        let same = |a: &str, b: &str| a == b || (folds && a.eq_ignore_ascii_case(b));
        for (column, new) in &shape.renamed {
            let other = self
                .table
                .columns
                .iter()
                .find(|c| c.name != *column && !shape.leaves(&c.name) && same(&c.name, new));
            let twin = shape.renamed.iter().any(|(c, n)| c < column && same(n, new));
            if other.is_some() || twin {
                let message = format!("{name}.{column} cannot be {new}: a column has that name");
                found.push(block(message).with_hint("Choose a name that is free."));
            }
        }
        self.findings.append(&mut found);
    }

    /// The statement by hand: columns it lacks stay behind.
    fn hand(&mut self, text: &str, shape: &mut Shape) {
        let to = self.spec.target.dialect;
        let name = &self.table.name;
        let hand = match HandTable::read(text, to) {
            Ok(hand) => hand,
            Err(why) => {
                let message = format!("{name}: the statement by hand cannot be read: {why}");
                self.findings.push(block(message).with_hint(
                    "Begin with CREATE TABLE name (columns); other statements may follow it.",
                ));
                return;
            }
        };
        let target_name =
            |column: &Column| shape.renamed.get(&column.name).unwrap_or(&column.name).clone();
        let lacks: Vec<String> = self
            .table
            .stored_columns()
            .filter(|c| !shape.leaves(&c.name) && hand.column(&target_name(c)).is_none())
            .map(|c| c.name.clone())
            .collect();
        let fed = |new: &Column| {
            let mut own = self.table.stored_columns().filter(|c| !shape.leaves(&c.name));
            own.any(|c| hand.is_named(&target_name(c), &new.name))
        };
        let unfed: Vec<String> = hand
            .table
            .columns
            .iter()
            .filter(|new| new.not_null && new.default.is_none() && new.identity.is_none())
            .filter(|new| new.generated.is_none() && !fed(new))
            .map(|new| new.name.clone())
            .collect();
        if !lacks.is_empty() {
            let message =
                format!("{name}: the statement by hand has no column {}", lacks.join(", "));
            self.findings.push(
                Finding::new(Severity::Warn, "tables", message)
                    .with_detail("Their values are not copied."),
            );
        }
        if !unfed.is_empty() {
            let what = unfed.join(", ");
            let message =
                format!("{name}: the statement by hand has {what}, which the source does not have");
            self.findings.push(
                block(message).with_detail("Without a value, no row fits.").with_hint(
                    "Let the column be NULL, give it a DEFAULT, or name it as the source does.",
                ),
            );
        }
        shape.left_out.extend(lacks);
        shape.hand = Some(hand);
    }
}

#[cfg(test)]
mod tests;

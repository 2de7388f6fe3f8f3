//! Definitions between equal engines of tables that are shaped: PostgreSQL's and SQLite's own text,
//! made to fit another name, fewer columns or other column names. (MySQL's: `mysql_items`.)
//!
//! * **Table names** are changed in the text, where they can mean nothing else; owned sequences,
//!   and names of indexes and keys that are taken on the target, go with them.
//! * **Columns** are left to the engine. The table is made as the source has it, and then its columns
//!   are dropped and renamed in the same transaction. A statement that comes later finds the
//!   source's column names: it runs between a rename back and a rename forth, in one transaction,
//!   so that indexes, keys, triggers and views follow as the engine itself follows them.
//! * What names a column that is left out is left out and listed. What cannot be followed (a view of a
//!   table under another name) is left out, and the checklist has its text.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{DdlItem, Section, Sequence, Table};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::ObjectClass;
use super::super::sql::{
    Renames, literal, mentions, postgres_renamed, qualified, quote, sqlite_renamed,
};
use super::build::PlanInput;
use super::naming::Naming;
use super::select::table_of;
use super::shape::{Shape, Shapes, class_of};
use super::{ChecklistEntry, Fate, Finding, Severity};

/// Items made to fit.
#[derive(Debug, Default)]
pub struct Dressed {
    pub items: Vec<DdlItem>,
    /// Items that are not made, and why.
    pub left_out: BTreeMap<u32, String>,
    /// Of those, what somebody has to write.
    pub by_hand: BTreeSet<u32>,
    /// Tables (on the target) that an item locks for itself while it runs.
    pub touched: BTreeMap<u32, Vec<ObjectName>>,
    pub findings: Vec<Finding>,
}

/// The source's items as the shapes want them, under the target's names.
#[must_use]
pub fn dress(
    input: &PlanInput<'_>,
    original: &[Table],
    shapes: &Shapes,
    naming: &Naming,
    items: &[DdlItem],
) -> Dressed {
    let tables: BTreeMap<&ObjectName, &Table> = original.iter().map(|t| (&t.name, t)).collect();
    let mut dresser = Dresser {
        input,
        shapes,
        naming,
        renames: Renames::new(),
        parts: items.iter().filter_map(|i| Some((i.id, table_of(i)?.clone()))).collect(),
        tables,
        made: Dressed::default(),
    };
    dresser.collect_renames();
    for item in items {
        dresser.item(item);
    }
    dresser.made.findings.extend(dresser.forbidden());
    dresser.schemas(items);
    dresser.positions(items);
    dresser.made
}

struct Dresser<'a> {
    input: &'a PlanInput<'a>,
    shapes: &'a Shapes,
    naming: &'a Naming,
    /// Relations under other names: tables, their sequences, indexes whose names are taken.
    renames: Renames,
    /// The table each item is part of.
    parts: BTreeMap<u32, ObjectName>,
    /// As the source has them.
    tables: BTreeMap<&'a ObjectName, &'a Table>,
    made: Dressed,
}

/// Kinds that are no part of a table and read it.
fn reads(kind: &str) -> bool {
    matches!(
        kind,
        "VIEW"
            | "MATERIALIZED VIEW"
            | "FUNCTION"
            | "PROCEDURE"
            | "RULE"
            | "POLICY"
            | "TRIGGER"
            | "AGGREGATE"
            | "EVENT TRIGGER"
    )
}

impl Dresser<'_> {
    fn dialect(&self) -> Dialect {
        self.input.spec.target.dialect
    }

    fn collect_renames(&mut self) {
        for (source, _) in self.shapes.iter() {
            let target = self.naming.of(source);
            if target == *source {
                continue;
            }
            self.renames.insert(source.clone(), target.clone());
            let owned = |s: &&Sequence| s.owner.as_ref().is_some_and(|(table, _)| table == source);
            for sequence in self.input.source.sequences.iter().filter(owned) {
                let name = following(&sequence.name.name, &source.name, &target.name);
                let new = ObjectName::new(target.schema.as_str(), name);
                self.renames.insert(sequence.name.clone(), new);
            }
            self.rename_indexes(source, &target);
        }
    }

    /// Indexes and keys share the schema's names with everything else there.
    fn rename_indexes(&mut self, source: &ObjectName, target: &ObjectName) {
        let Some(table) = self.tables.get(source) else { return };
        let names = |table: &Table| -> Vec<String> {
            let keys = table.keys.iter().map(|key| key.name.clone());
            keys.chain(table.indexes.iter().map(|index| index.name.clone())).collect()
        };
        let there = self.input.target.tables.iter().filter(|t| t.name.schema == target.schema);
        let taken: BTreeSet<String> = there.flat_map(names).collect();
        for name in names(table).into_iter().filter(|name| !name.is_empty()) {
            let wanted = match taken.contains(&name) {
                true => following(&name, &source.name, &target.name),
                false => name.clone(),
            };
            if wanted != name || source.schema != target.schema {
                let old = ObjectName::new(source.schema.as_str(), name);
                self.renames.insert(old, ObjectName::new(target.schema.as_str(), wanted));
            }
        }
    }

    /// Tables that an item is part of or depends on.
    fn near<'i>(&'i self, item: &'i DdlItem) -> BTreeSet<&'i ObjectName> {
        let direct = table_of(item).into_iter();
        let near = direct.chain(item.depends_on.iter().filter_map(|id| self.parts.get(id)));
        let near: BTreeSet<&ObjectName> = near.collect();
        if self.dialect() != Dialect::Sqlite {
            return near;
        }
        // SQLite keeps no dependencies: whatever the text names.
        let named = self.shapes.iter().map(|(name, _)| name).filter(|name| {
            item.statements.iter().any(|text| mentions(text, &[name.name.as_str()]))
        });
        near.into_iter().chain(named).collect()
    }

    fn item(&mut self, item: &DdlItem) {
        let near: Vec<(ObjectName, Shape)> = self
            .near(item)
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.shapes.get(name)?.clone())))
            .collect();
        let own = matches!(item.kind.as_str(), "TABLE" | "FOREIGN TABLE");
        let own_shape = near.iter().find(|(name, _)| own && *name == item.name).cloned();
        if let Some(why) = self.refusal(item, &near, own_shape.is_some()) {
            if reads(&item.kind) {
                self.made.by_hand.insert(item.id);
            }
            self.made.left_out.insert(item.id, why);
        }
        let mut dressed = DdlItem {
            name: self.renames.get(&item.name).cloned().unwrap_or_else(|| item.name.clone()),
            table: item.table.as_ref().map(|table| self.naming.of(table)),
            ..item.clone()
        };
        match self.renamed_statements(item) {
            Ok(statements) => dressed.statements = statements,
            Err(why) if !self.made.left_out.contains_key(&item.id) => {
                if own_shape.is_some() {
                    let message = format!("{} cannot get another name: {why}", item.name);
                    self.made.findings.push(by_hand(message));
                }
                self.made.by_hand.insert(item.id);
                self.made.left_out.insert(item.id, why);
            }
            Err(_) => {}
        }
        let others: Vec<&(ObjectName, Shape)> =
            near.iter().filter(|(name, _)| !(own && *name == item.name)).collect();
        self.wrap(&mut dressed, &others);
        if let Some((source, shape)) = own_shape {
            self.own_table(&mut dressed, &source, &shape);
        }
        self.made.items.push(dressed);
    }

    /// Why an item near shaped tables is not made.
    fn refusal(
        &self,
        item: &DdlItem,
        near: &[(ObjectName, Shape)],
        is_own: bool,
    ) -> Option<String> {
        for (table, shape) in near {
            let other_name = self.renames.get(table);
            if let (Some(new), true) = (other_name, reads(&item.kind)) {
                let part = matches!(item.kind.as_str(), "TRIGGER" | "POLICY");
                let sqlite = self.dialect() == Dialect::Sqlite;
                if !part || sqlite {
                    return Some(format!("it reads {table}, which is {new} on the target"));
                }
            }
            if is_own {
                continue;
            }
            let gone: Vec<&str> = shape.left_out.iter().map(String::as_str).collect();
            if let Some(text) = item.statements.iter().find(|text| mentions(text, &gone)) {
                let column = gone.iter().find(|name| mentions(text, &[name])).copied();
                let column = column.unwrap_or_default();
                return Some(format!("it names {table}.{column}, which is left out"));
            }
            if shape.hand.as_ref().is_some_and(|hand| is_in_hand(item, hand)) {
                return Some(format!("the statement by hand of {table} has it"));
            }
        }
        None
    }

    fn renamed_statements(&self, item: &DdlItem) -> Result<Vec<String>, String> {
        if self.renames.is_empty() {
            return Ok(item.statements.clone());
        }
        let statements = item.statements.iter();
        match self.dialect() {
            Dialect::Postgres => {
                let renamed: Result<Vec<String>, String> =
                    statements.map(|text| postgres_renamed(text, &self.renames)).collect();
                let bare = self.bare_name(item);
                Ok(renamed?.into_iter().map(|text| with_bare(&text, &bare)).collect())
            }
            Dialect::Sqlite => {
                let plain: BTreeMap<String, String> = self
                    .renames
                    .iter()
                    .map(|(old, new)| (old.name.clone(), new.name.clone()))
                    .collect();
                let named = statements.map(|text| sqlite_renamed(text, &plain));
                let named = named.collect::<Result<Vec<String>, String>>()?;
                let bare = self.bare_name(item);
                Ok(named.into_iter().map(|text| with_bare(&text, &bare)).collect())
            }
            Dialect::Mysql => Ok(item.statements.clone()),
        }
    }

    /// The name an index or key is made by, when it gets another.
    fn bare_name(&self, item: &DdlItem) -> Option<(String, String)> {
        let kinds = ["INDEX", "CONSTRAINT"];
        let new = self.renames.get(&item.name).filter(|new| new.name != item.name.name)?;
        kinds.contains(&item.kind.as_str()).then(|| (item.name.name.clone(), new.name.clone()))
    }

    /// Columns under the source's names while the item runs.
    fn wrap(&mut self, item: &mut DdlItem, near: &[&(ObjectName, Shape)]) {
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        let mut touched = Vec::new();
        for (source, shape) in near.iter().filter(|(_, shape)| !shape.renamed.is_empty()) {
            let target = self.naming.of(source);
            for (old, new) in &shape.renamed {
                before.push(self.rename_column(&target, new, old));
                behind.insert(0, self.rename_column(&target, old, new));
            }
            touched.push(target);
        }
        if !touched.is_empty() && !item.statements.is_empty() {
            let inner = std::mem::take(&mut item.statements);
            item.statements = before.into_iter().chain(inner).chain(behind).collect();
            self.made.touched.insert(item.id, touched);
        }
    }

    fn rename_column(&self, table: &ObjectName, from: &str, to: &str) -> String {
        let dialect = self.dialect();
        let (from, to) = (quote(dialect, from), quote(dialect, to));
        format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", qualified(dialect, table))
    }

    /// The table itself: made as it was, then changed; or as somebody wrote it.
    fn own_table(&mut self, item: &mut DdlItem, source: &ObjectName, shape: &Shape) {
        let dialect = self.dialect();
        let target = self.naming.of(source);
        let table = qualified(dialect, &target);
        if let Some(hand) = &shape.hand {
            item.statements = hand.text.statements(dialect, &target);
        } else {
            let alter = |text: String| format!("ALTER TABLE {table} {text}");
            for column in &shape.left_out {
                item.statements.push(alter(format!("DROP COLUMN {}", quote(dialect, column))));
            }
            for (old, new) in &shape.renamed {
                item.statements.push(self.rename_column(&target, old, new));
            }
        }
        if dialect == Dialect::Postgres {
            super::storage::postgres(&mut item.statements, &target, &shape.wanted);
        }
    }

    /// What cannot be done to the source's own text, table by table.
    fn forbidden(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, shape) in self.shapes.iter().filter(|(_, shape)| shape.hand.is_none()) {
            let Some(table) = self.tables.get(name) else { continue };
            let family = !table.parents.is_empty()
                || self.tables.values().any(|other| other.parents.contains(name));
            if family && !shape.renamed.is_empty() {
                findings.push(by_hand(format!(
                    "{name}: columns of a table with partitions or heirs keep their names"
                )));
            }
            let gone: Vec<&str> = shape.left_out.iter().map(String::as_str).collect();
            if gone.is_empty() {
                continue;
            }
            if !table.parents.is_empty() && !table.is_partition {
                findings.push(by_hand(format!("{name}: an heir keeps its parent's columns")));
            }
            let generated = table.columns.iter().filter(|c| !shape.leaves(&c.name));
            let uses = |text: &String| mentions(text, &gone);
            for column in generated {
                if column.generated.as_ref().is_some_and(|g| uses(&g.expression)) {
                    findings.push(by_hand(format!(
                        "{name}.{} is computed from a column that is left out",
                        column.name
                    )));
                }
            }
            findings.extend(self.inline_parts(table, shape));
        }
        findings
    }

    /// SQLite cannot drop a column that the table's own text still names.
    fn inline_parts(&self, table: &Table, shape: &Shape) -> Option<Finding> {
        if self.dialect() != Dialect::Sqlite {
            return None;
        }
        let gone: Vec<&str> = shape.left_out.iter().map(String::as_str).collect();
        let named = |columns: &[String]| columns.iter().any(|column| shape.leaves(column));
        let keys = table.keys.iter().any(|key| named(&key.columns));
        let foreign = table.foreign_keys.iter().any(|key| named(&key.columns));
        let checks = table.checks.iter().any(|check| mentions(&check.expression, &gone));
        let what = match (keys, foreign, checks) {
            (true, ..) => "a key",
            (_, true, _) => "a foreign key",
            (_, _, true) => "a check",
            _ => return None,
        };
        let message =
            format!("{}: {what} in its CREATE TABLE names a column that is left out", table.name);
        Some(by_hand(message))
    }

    /// Schemas that only a new name speaks of.
    fn schemas(&mut self, items: &[DdlItem]) {
        if self.dialect() != Dialect::Postgres {
            return;
        }
        let wanted: BTreeSet<String> = self
            .shapes
            .iter()
            .map(|(name, _)| self.naming.of(name))
            .map(|name| name.schema)
            .collect();
        let made: BTreeSet<&str> =
            items.iter().filter(|i| i.kind == "SCHEMA").map(|i| i.name.name.as_str()).collect();
        for schema in wanted {
            if made.contains(schema.as_str()) || self.input.target.schemas.contains(&schema) {
                continue;
            }
            let id = self.next_id();
            let statement = format!("CREATE SCHEMA {}", quote(Dialect::Postgres, &schema));
            self.made.items.insert(
                0,
                DdlItem {
                    id,
                    kind: "SCHEMA".to_owned(),
                    name: ObjectName::new("", schema.as_str()),
                    section: Section::PreData,
                    statements: vec![statement],
                    table: None,
                    depends_on: Vec::new(),
                },
            );
        }
    }

    fn next_id(&self) -> u32 {
        self.made.items.iter().map(|item| item.id).fold(0, std::cmp::max) + 1
    }

    /// Sequences under another name go on where the source's stood, or behind the largest number.
    fn positions(&mut self, items: &[DdlItem]) {
        if self.dialect() != Dialect::Postgres {
            return;
        }
        let mut made = Vec::new();
        for sequence in &self.input.source.sequences {
            let new = self.renames.get(&sequence.name);
            let (Some(new), Some((source, column))) = (new, &sequence.owner) else { continue };
            let renamed = self.shapes.renamed(source);
            let column = renamed.get(column).unwrap_or(column);
            let item = items.iter().find(|i| i.kind == "TABLE" && i.name == *source);
            let skipped = self.shapes.get(source).is_some_and(|shape| shape.leaves(column));
            let Some(item) = item.filter(|_| !skipped) else { continue };
            let target = self.naming.of(source);
            let name = literal(Dialect::Postgres, &qualified(Dialect::Postgres, new));
            let column = quote(Dialect::Postgres, column);
            made.push(DdlItem {
                id: 0,
                kind: "SEQUENCE SET".to_owned(),
                name: new.clone(),
                section: Section::PostData,
                statements: vec![format!(
                    "SELECT pg_catalog.setval({name}, GREATEST({}, MAX({column})::bigint), {} OR \
                     COUNT({column}) > 0) FROM {}",
                    sequence.last_value,
                    sequence.is_called,
                    qualified(Dialect::Postgres, &target)
                )],
                table: Some(target),
                depends_on: vec![item.id],
            });
        }
        for item in made {
            let id = self.next_id();
            self.made.items.push(DdlItem { id, ..item });
        }
    }
}

/// `orders_id_seq` of `orders` as `new` has it: `new_id_seq`.
fn following(name: &str, old: &str, new: &str) -> String {
    match name.strip_prefix(old) {
        Some(rest) => format!("{new}{rest}"),
        None => format!("{new}_{name}"),
    }
}

/// `CREATE INDEX old`, `ADD CONSTRAINT old`: the one place where such a name stands alone.
fn with_bare(text: &str, names: &Option<(String, String)>) -> String {
    let Some((old, new)) = names else { return text.to_owned() };
    let new = quote(Dialect::Postgres, new);
    let spelled = [quote(Dialect::Postgres, old), old.clone()];
    let places = ["INDEX ", "CONSTRAINT ", "INDEX IF NOT EXISTS "];
    for place in places {
        for old in &spelled {
            let found = text.find(&format!("{place}{old} "));
            if let Some(at) = found {
                let at = at + place.len();
                return format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
            }
        }
    }
    text.to_owned()
}

/// A primary key or default that the statement by hand has already.
fn is_in_hand(item: &DdlItem, hand: &super::hand::HandTable) -> bool {
    let says = |word: &str| item.statements.iter().any(|text| mentions(text, &[word]));
    match item.kind.as_str() {
        "CONSTRAINT" => hand.text.has_primary_key && says("primary"),
        "DEFAULT" | "SEQUENCE" => {
            let fed = hand.table.columns.iter().filter(|c| c.default.is_some());
            let alters = item.statements.iter().any(|text| text.starts_with("ALTER TABLE"));
            alters && fed.into_iter().any(|column| says(&column.name))
        }
        "INDEX" => {
            let more = hand.text.following();
            more.iter().any(|text| mentions(text, &[item.name.name.as_str()]))
        }
        _ => false,
    }
}

fn by_hand(message: String) -> Finding {
    Finding::new(Severity::Block, "definitions", message)
        .with_detail(
            "Definitions are the source's own text, and that cannot be changed safely here.",
        )
        .with_hint(
            "Write the table's statement by hand (ddl, --ddl TABLE=FILE), create the table \
             yourself and copy with --data-only, or leave this wish out.",
        )
}

/// What kinds are left out, and what needs them.
#[must_use]
pub fn unwanted(input: &PlanInput<'_>, items: &[DdlItem]) -> (BTreeMap<u32, String>, Vec<Finding>) {
    let objects = &input.spec.shaping.objects;
    let mut out: BTreeMap<u32, String> = BTreeMap::new();
    if ObjectClass::ALL.iter().all(|class| objects.takes(*class)) {
        return (out, Vec::new());
    }
    let told = |class: ObjectClass| format!("{} objects are left out", class.word());
    let by_id: BTreeMap<u32, &DdlItem> = items.iter().map(|i| (i.id, i)).collect();
    for item in items {
        match class_of(&item.kind).filter(|class| !objects.takes(*class)) {
            Some(class) => out.insert(item.id, told(class)),
            None => None,
        };
    }
    if !objects.only.is_empty() {
        // Tables and the kinds that are named bring what they need, unless that was left out.
        let mut needed: BTreeSet<u32> = BTreeSet::new();
        let mut queue: Vec<u32> =
            items.iter().filter(|i| !out.contains_key(&i.id)).map(|i| i.id).collect();
        while let Some(id) = queue.pop() {
            let Some(item) = by_id.get(&id).filter(|_| needed.insert(id)) else { continue };
            queue.extend(&item.depends_on);
        }
        let asked = |id: &u32| {
            let class = by_id.get(id).and_then(|item| class_of(&item.kind));
            class.is_some_and(|class| objects.leave_out.contains(&class))
        };
        out.retain(|id, _| !needed.contains(id) || asked(id));
    }
    let findings = spread(items, &mut out);
    (out, findings)
}

/// What depends on something left out is left out, and a table that does is named.
pub fn spread(items: &[DdlItem], out: &mut BTreeMap<u32, String>) -> Vec<Finding> {
    let names: BTreeMap<u32, String> =
        items.iter().map(|i| (i.id, format!("{} {}", i.kind.to_lowercase(), i.name))).collect();
    loop {
        let more: Vec<(u32, String)> = items
            .iter()
            .filter(|item| !out.contains_key(&item.id) && !waits_only(item))
            .filter_map(|item| {
                let missing = item.depends_on.iter().find(|id| out.contains_key(id))?;
                let needed = names.get(missing)?;
                Some((item.id, format!("it needs {needed}, which is left out")))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        out.extend(more);
    }
    let tables = items.iter().filter(|item| item.kind == "TABLE" && out.contains_key(&item.id));
    tables
        .map(|item| {
            let why = &out[&item.id];
            Finding::new(Severity::Block, "tables", format!("{} cannot be made: {why}", item.name))
                .with_hint("Let that kind come along, or leave the table out with --exclude.")
        })
        .collect()
}

/// Privileges and comments wait for every part of their table and need only the table.
fn waits_only(item: &DdlItem) -> bool {
    matches!(item.kind.as_str(), "ACL" | "DEFAULT ACL") && item.table.is_some()
}

/// Checks of PostgreSQL stand in CREATE TABLE: they are taken out again; SQLite's cannot be.
pub fn without_inline(
    input: &PlanInput<'_>,
    original: &[Table],
    naming: &Naming,
    items: &mut [DdlItem],
) -> Vec<Finding> {
    let spec = input.spec;
    let objects = &spec.shaping.objects;
    let dialect = spec.target.dialect;
    let no_checks = !objects.takes(ObjectClass::Check);
    let no_keys = !objects.takes(ObjectClass::ForeignKey);
    let mut findings = Vec::new();
    for table in original {
        let target = naming.of(&table.name);
        let item = items.iter_mut().find(|i| i.kind == "TABLE" && i.name == target);
        let Some(item) = item else { continue };
        let (checks, keys) = (!table.checks.is_empty(), !table.foreign_keys.is_empty());
        match dialect {
            Dialect::Postgres if no_checks && table.parents.is_empty() => {
                let name = qualified(dialect, &target);
                item.statements.extend(table.checks.iter().map(|check| {
                    let check = quote(dialect, &check.name);
                    format!("ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}")
                }));
            }
            Dialect::Sqlite
                if no_checks && checks || no_keys && keys && dialect == Dialect::Sqlite =>
            {
                findings.push(by_hand(format!(
                    "{}: checks and foreign keys of SQLite are part of CREATE TABLE",
                    table.name
                )));
            }
            _ => {}
        }
    }
    findings
}

/// An entry for the checklist of an item that is not made.
#[must_use]
pub fn left_out_entry(item: &DdlItem, why: &str, by_hand: bool) -> ChecklistEntry {
    ChecklistEntry {
        kind: item.kind.to_lowercase(),
        name: item.name.clone(),
        fate: if by_hand { Fate::NeedsHands } else { Fate::Skipped },
        reason: Some(why.to_owned()),
        source_text: by_hand.then(|| item.statements.join(";\n")),
    }
}

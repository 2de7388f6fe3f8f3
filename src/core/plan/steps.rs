//! DDL items and tables become the work graph.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, DdlItem, Section, Table, TableKind};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::LoadOrder;
use super::super::sql::qualified;
use super::mysql_steps::{go_together, together, unchecked};
use super::order::load_order;
use super::select::{table_of, with_partitions};
use super::{Existing, IN_PLAN_ORDER, LockMode, Step, StepId, StepKind, TableIndex, TablePlan};

/// Objects made by one transaction before the rows: round trips matter with thousands of tables,
/// and a failure still names its statement.
const ITEMS_PER_STEP: usize = 64;

/// Tables whose statistics are gathered by one transaction.
const TABLES_PER_ANALYSE: usize = 100;

/// What the graph is made of.
pub struct StepInput<'a> {
    pub source: &'a Catalog,
    pub target_dialect: Dialect,
    pub tables: &'a [TablePlan],
    /// Target names to drop before anything is created.
    pub replaced: &'a [ObjectName],
    /// Items to run, in an order that respects `depends_on`.
    pub items: Vec<&'a DdlItem>,
    /// Sequences to set, by their names on the source.
    pub sequences: Vec<ObjectName>,
    pub large_objects: bool,
    pub load: bool,
    /// How a table of the source is called on the target.
    pub name: &'a dyn Fn(&ObjectName) -> ObjectName,
    /// Tables (on the target) that an item has for itself while it runs.
    pub touched: &'a BTreeMap<u32, Vec<ObjectName>>,
    pub order: LoadOrder,
}

/// The steps in an order in which every step waits for earlier ones only.
#[must_use]
pub fn build_steps(input: &StepInput<'_>) -> Vec<Step> {
    let mut builder = Builder::new(input);
    builder.replace();
    builder.pre_data();
    builder.truncate();
    if input.load {
        builder.loads();
    }
    builder.post_data();
    builder.endings();
    builder.after_everything();
    builder.steps
}

/// How an item is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Create,
    Index,
    Constraint,
    /// Part of a table, made after its rows.
    AfterRows,
    Refresh,
    Comment,
    Privilege,
    /// Would fire on, or react to, our own statements.
    Last,
}

fn role_of(item: &DdlItem) -> Role {
    match item.kind.as_str() {
        "INDEX" | "CONSTRAINT" | "INDEX ATTACH" => Role::Index,
        "FK CONSTRAINT" | "CHECK CONSTRAINT" => Role::Constraint,
        "MATERIALIZED VIEW DATA" => Role::Refresh,
        "COMMENT" | "SECURITY LABEL" => Role::Comment,
        "ACL" | "DEFAULT ACL" => Role::Privilege,
        "EVENT TRIGGER"
        | "EVENT"
        | "PUBLICATION"
        | "PUBLICATION TABLE"
        | "PUBLICATION TABLES IN SCHEMA"
        | "LARGE OBJECT ACL"
        | "LARGE OBJECT COMMENT" => Role::Last,
        _ if item.section == Section::PreData => Role::Create,
        _ => Role::AfterRows,
    }
}

struct Builder<'a> {
    input: &'a StepInput<'a>,
    steps: Vec<Step>,
    /// The step that makes an item.
    made_by: BTreeMap<u32, StepId>,
    /// Item ids of tables, to find the loads that an item's dependencies mean.
    table_items: BTreeMap<u32, &'a ObjectName>,
    /// Several where an ancestor spreads the rows of its leaves.
    by_target: BTreeMap<&'a ObjectName, Vec<TableIndex>>,
    /// Leaves whose rows are written to an ancestor: their own place, and the ancestor.
    routed: BTreeMap<ObjectName, (TableIndex, &'a ObjectName)>,
    loads: Vec<Option<StepId>>,
    /// Steps that attach an index of a partition to its parent's, by the tables below it.
    attaches: BTreeMap<TableIndex, Vec<StepId>>,
    /// Last step of the chain that creates what rows need.
    chain: Option<StepId>,
    /// All rows are there.
    barrier: Option<StepId>,
}

impl<'a> Builder<'a> {
    fn new(input: &'a StepInput<'a>) -> Builder<'a> {
        let mut by_target: BTreeMap<_, Vec<TableIndex>> = BTreeMap::new();
        let mut routed = BTreeMap::new();
        let equal = input.source.server.dialect == input.target_dialect;
        for (table, i) in input.tables.iter().zip(0..) {
            by_target.entry(&table.target).or_default().push(TableIndex(i));
            let own = (input.name)(&table.source);
            if equal && own != table.target {
                routed.insert(own, (TableIndex(i), &table.target));
            }
        }
        let table_items =
            input.items.iter().filter(|i| i.kind == "TABLE").map(|i| (i.id, &i.name)).collect();
        Builder {
            input,
            steps: Vec::new(),
            made_by: BTreeMap::new(),
            table_items,
            by_target,
            routed,
            loads: vec![None; input.tables.len()],
            attaches: BTreeMap::new(),
            chain: None,
            barrier: None,
        }
    }

    fn push(&mut self, step: Step) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).expect("fewer than 2^32 steps"));
        self.steps.push(step);
        id
    }

    fn of_role(&self, wanted: &[Role]) -> Vec<&'a DdlItem> {
        self.input.items.iter().copied().filter(|i| wanted.contains(&role_of(i))).collect()
    }

    fn replace(&mut self) {
        if self.input.replaced.is_empty() {
            return;
        }
        let dialect = self.input.target_dialect;
        let names: Vec<String> =
            self.input.replaced.iter().map(|n| qualified(dialect, n)).collect();
        let statements = match dialect {
            // One statement: tables that refer to each other go together, and anything else that
            // needs them stops the step instead of vanishing with it.
            Dialect::Postgres => vec![format!("DROP TABLE IF EXISTS {}", names.join(", "))],
            // It drops one after the other; a table outside that refers to them blocks the plan.
            Dialect::Mysql => unchecked([format!("DROP TABLE IF EXISTS {}", names.join(", "))]),
            Dialect::Sqlite => names.iter().map(|n| format!("DROP TABLE IF EXISTS {n}")).collect(),
        };
        let title = format!("drop {} tables to be replaced", names.len());
        self.chain =
            Some(self.push(Step { statements, ..step(StepKind::Ddl, Section::PreData, title) }));
    }

    fn pre_data(&mut self) {
        let items = self.of_role(&[Role::Create]);
        for group in grouped(&items) {
            let id = self.push(Step {
                waits_for: self.chain.into_iter().collect(),
                statements: group.iter().flat_map(|i| i.statements.iter().cloned()).collect(),
                ..step(StepKind::Ddl, Section::PreData, group_title("create", group))
            });
            self.made_by.extend(group.iter().map(|i| (i.id, id)));
            self.chain = Some(id);
        }
    }

    fn truncate(&mut self) {
        let dialect = self.input.target_dialect;
        let names: Vec<String> = self
            .input
            .tables
            .iter()
            .filter(|t| t.existing == Existing::Truncated)
            .map(|t| qualified(dialect, &t.target))
            .collect();
        if names.is_empty() {
            return;
        }
        let statements = match dialect {
            Dialect::Postgres => vec![format!("TRUNCATE TABLE ONLY {}", names.join(", ONLY "))],
            Dialect::Mysql => unchecked(names.iter().map(|n| format!("TRUNCATE TABLE {n}"))),
            Dialect::Sqlite => names.iter().map(|n| format!("DELETE FROM {n}")).collect(),
        };
        let title = format!("empty {} tables", names.len());
        self.chain = Some(self.push(Step {
            waits_for: self.chain.into_iter().collect(),
            statements,
            ..step(StepKind::Truncate, Section::PreData, title)
        }));
    }

    fn loads(&mut self) {
        for place in load_order(self.input.source, self.input.tables) {
            let table = &self.input.tables[place.table];
            if table.chunks.is_empty() {
                continue;
            }
            let before = place.after.iter().filter_map(|parent| self.loads[*parent]);
            let number = u32::try_from(place.table).expect("fewer than 2^32 tables");
            let id = self.push(Step {
                table: Some(TableIndex(number)),
                waits_for: self.chain.into_iter().chain(before).collect(),
                weight: load_weight(self.input.order, table),
                ..step(StepKind::Load, Section::Data, format!("load {}", table.source))
            });
            self.loads[place.table] = Some(id);
        }
    }

    /// A step that waits for every load, made when first asked for: without it each of thousands
    /// of steps would list thousands of loads.
    fn all_rows(&mut self) -> Option<StepId> {
        let loads: Vec<StepId> = self.loads.iter().flatten().copied().collect();
        if loads.is_empty() {
            return self.chain;
        }
        if self.barrier.is_none() {
            self.barrier = Some(self.push(Step {
                waits_for: loads,
                ..step(StepKind::Ddl, Section::PostData, "all rows are in".to_owned())
            }));
        }
        self.barrier
    }

    fn post_data(&mut self) {
        let items = self.of_role(&[
            Role::Index,
            Role::Constraint,
            Role::AfterRows,
            Role::Refresh,
            Role::Privilege,
        ]);
        let mysql = self.input.target_dialect == Dialect::Mysql;
        for run in items.chunk_by(|a, b| mysql && go_together(a, b)) {
            self.post_items(run);
        }
        let comments = self.of_role(&[Role::Comment]);
        let alone = |item: &DdlItem| !self.input.touched.contains_key(&item.id);
        let runs = comments.chunk_by(|a, b| alone(a) && alone(b));
        for group in runs.flat_map(|run| run.chunks(ITEMS_PER_STEP)) {
            let waits_for = group.iter().flat_map(|i| self.waits_of(i)).collect::<BTreeSet<_>>();
            self.push(Step {
                waits_for: waits_for.into_iter().collect(),
                statements: group.iter().flat_map(|i| i.statements.iter().cloned()).collect(),
                locks: group
                    .first()
                    .map(|i| self.locks_of(i, Role::Comment, &[]))
                    .unwrap_or_default(),
                optional: true,
                ..step(StepKind::Ddl, Section::PostData, group_title("comment on", group))
            });
        }
    }

    /// One item; of MySQL several indexes of one table.
    fn post_items(&mut self, items: &[&'a DdlItem]) {
        let [item, more @ ..] = items else { return };
        let role = role_of(item);
        let mut waits_for: BTreeSet<StepId> = self.waits_of(item).into_iter().collect();
        if role == Role::Refresh {
            waits_for.extend(self.all_rows());
        }
        let family = table_of(item).map(|t| self.family(t)).unwrap_or_default();
        let kind = match role {
            Role::Index => StepKind::Index,
            Role::Constraint => StepKind::Constraint,
            Role::Refresh => StepKind::Refresh,
            Role::Create | Role::AfterRows | Role::Comment | Role::Privilege | Role::Last => {
                StepKind::Ddl
            }
        };
        let weight = family.iter().map(|t| self.input.tables[t.0 as usize].estimate.bytes).sum();
        let id = self.push(Step {
            table: family.first().copied(),
            waits_for: waits_for.into_iter().collect(),
            statements: together(items),
            locks: self.locks_of(item, role, &family),
            weight,
            // Rows without a parent are as they were at the source: worth a word, not a failure.
            optional: role == Role::Privilege || item.kind == "FK CHECK",
            ..step(kind, Section::PostData, indexes_title(item, more))
        });
        if item.kind == "INDEX ATTACH" {
            for table in family {
                self.attaches.entry(table).or_default().push(id);
            }
        }
        self.made_by.extend(items.iter().map(|item| (item.id, id)));
    }

    /// What must be there before `item`: the steps of its dependencies and the rows of the tables
    /// among them.
    fn waits_of(&self, item: &DdlItem) -> Vec<StepId> {
        let mut waits: BTreeSet<StepId> = self.chain.into_iter().collect();
        for dependency in &item.depends_on {
            waits.extend(self.made_by.get(dependency));
            if let Some(table) = self.table_items.get(dependency) {
                waits.extend(self.loads_of(table));
                if item.kind == "FK CONSTRAINT" {
                    waits.extend(self.attached_in(table));
                }
            }
        }
        for table in table_of(item).into_iter().chain(self.touched_by(item)) {
            waits.extend(self.loads_of(table));
        }
        waits.into_iter().collect()
    }

    /// A key of a partitioned table is one only when those of all its partitions are attached, and
    /// nothing may refer to it before.
    fn attached_in(&self, table: &ObjectName) -> impl Iterator<Item = StepId> {
        let tree = self.tree_of(table);
        tree.into_iter().filter_map(|t| self.attaches.get(&t)).flatten().copied()
    }

    fn touched_by(&self, item: &DdlItem) -> &'a [ObjectName] {
        self.input.touched.get(&item.id).map_or(&[], Vec::as_slice)
    }

    fn loads_of(&self, table: &ObjectName) -> Vec<StepId> {
        self.family(table).iter().filter_map(|t| self.loads[t.0 as usize]).collect()
    }

    /// The plan's tables that hold the rows of `table`: itself or its partitions; of a leaf whose
    /// rows an ancestor spreads, also every other leaf of that ancestor.
    fn family(&self, table: &ObjectName) -> Vec<TableIndex> {
        if let Some((own, through)) = self.routed.get(table) {
            let others = self.by_target.get(through).into_iter().flatten();
            return [*own].into_iter().chain(others.copied().filter(|i| i != own)).collect();
        }
        if let Some(indexes) = self.by_target.get(table) {
            return indexes.clone();
        }
        let source = self.input.source;
        let Some(parent) = self.source_of(table) else {
            return Vec::new();
        };
        let mut family = BTreeSet::new();
        for leaf in with_partitions(source, parent) {
            let own = (self.input.name)(&leaf.name);
            let through = self.routed.get(&own).map_or(&own, |(_, through)| *through);
            family.extend(self.by_target.get(through).into_iter().flatten().copied());
        }
        family.into_iter().collect()
    }

    /// The source's table by the name it has on the target.
    fn source_of(&self, table: &ObjectName) -> Option<&'a Table> {
        self.input.source.tables.iter().find(|t| (self.input.name)(&t.name) == *table)
    }

    /// The plan's tables of the whole partition tree that `table` is part of.
    fn tree_of(&self, table: &ObjectName) -> Vec<TableIndex> {
        let mut root = table.clone();
        while let Some(parent) =
            self.source_of(&root).filter(|t| t.is_partition).and_then(|t| t.parents.first())
        {
            root = (self.input.name)(parent);
        }
        self.family(&root)
    }

    fn locks_of(
        &self,
        item: &DdlItem,
        role: Role,
        family: &[TableIndex],
    ) -> Vec<(TableIndex, LockMode)> {
        if !self.touched_by(item).is_empty() {
            let near = self.touched_by(item).iter().chain(table_of(item));
            let all: BTreeSet<TableIndex> = near.flat_map(|t| self.family(t)).collect();
            return all.into_iter().map(|t| (t, LockMode::Exclusive)).collect();
        }
        // Two changes of one table wait for each other on MySQL.
        let shares = self.input.target_dialect != Dialect::Mysql;
        let mode = match role {
            Role::Index if item.kind == "INDEX" && shares => LockMode::Shared,
            Role::Privilege | Role::Comment | Role::Refresh => return Vec::new(),
            Role::Index | Role::Constraint | Role::AfterRows | Role::Create | Role::Last => {
                LockMode::Exclusive
            }
        };
        let mut tables: BTreeSet<TableIndex> = family.iter().copied().collect();
        if item.kind == "INDEX ATTACH" {
            // One at a time in a partition tree: each looks whether its siblings are attached, to
            // call the parent's index whole.
            tables.extend(table_of(item).map(|t| self.tree_of(t)).unwrap_or_default());
        }
        if role == Role::Constraint {
            for dependency in &item.depends_on {
                if let Some(table) = self.table_items.get(dependency) {
                    tables.extend(self.family(table));
                }
            }
        }
        tables.into_iter().map(|t| (t, mode)).collect()
    }

    fn endings(&mut self) {
        if self.input.large_objects {
            let waits_for = self.chain.into_iter().collect();
            self.push(Step {
                waits_for,
                ..step(StepKind::LargeObjects, Section::Data, "copy large objects".to_owned())
            });
        }
        if !self.input.load {
            return;
        }
        if !self.input.sequences.is_empty() {
            let waits_for = self.all_rows().into_iter().collect();
            let title = format!("set {} sequences", self.input.sequences.len());
            // For this kind the list holds names, not statements: positions are read at the end.
            let statements = self.input.sequences.iter().map(ToString::to_string).collect();
            self.push(Step {
                waits_for,
                statements,
                ..step(StepKind::Sequence, Section::PostData, title)
            });
        }
        self.analyse();
    }

    fn analyse(&mut self) {
        let dialect = self.input.target_dialect;
        let loaded: Vec<(usize, &TablePlan)> = self
            .input
            .tables
            .iter()
            .enumerate()
            .filter(|(i, _)| self.loads[*i].is_some())
            .collect();
        for group in loaded.chunks(TABLES_PER_ANALYSE) {
            let names: Vec<String> =
                group.iter().map(|(_, t)| qualified(dialect, &t.target)).collect();
            let statements = match dialect {
                Dialect::Postgres => vec![format!("ANALYZE {}", names.join(", "))],
                Dialect::Mysql => vec![format!("ANALYZE TABLE {}", names.join(", "))],
                Dialect::Sqlite => names.iter().map(|n| format!("ANALYZE {n}")).collect(),
            };
            let waits_for = group.iter().filter_map(|(i, _)| self.loads[*i]).collect();
            let title = match group {
                [(_, only)] => format!("analyse {}", only.target),
                _ => format!("analyse {} tables", group.len()),
            };
            self.push(Step {
                waits_for,
                statements,
                weight: group.iter().map(|(_, t)| t.estimate.bytes).sum(),
                optional: true,
                ..step(StepKind::Analyse, Section::PostData, title)
            });
        }
    }

    fn after_everything(&mut self) {
        let last = self.of_role(&[Role::Last]);
        if last.is_empty() {
            return;
        }
        let before: Vec<StepId> = (0..self.steps.len()).map(|i| StepId(i as u32)).collect();
        let gate = self.push(Step {
            waits_for: before,
            ..step(StepKind::Ddl, Section::PostData, "everything else is made".to_owned())
        });
        // One after the other, in the source's order: a publication comes before its tables.
        let mut before = gate;
        for item in last {
            before = self.push(Step {
                waits_for: vec![before],
                statements: item.statements.clone(),
                optional: item.kind.starts_with("LARGE OBJECT"),
                ..step(StepKind::Ddl, Section::PostData, item_title(item))
            });
        }
    }
}

/// What a load weighs among the others: the largest table goes first, unless tables are taken in
/// the order of the plan.
pub(super) fn load_weight(order: LoadOrder, table: &TablePlan) -> u64 {
    match order {
        LoadOrder::Largest => table.estimate.bytes,
        LoadOrder::Smallest | LoadOrder::Listed => IN_PLAN_ORDER,
    }
}

pub(super) fn step(kind: StepKind, section: Section, title: String) -> Step {
    Step {
        kind,
        section,
        title,
        table: None,
        waits_for: Vec::new(),
        statements: Vec::new(),
        locks: Vec::new(),
        weight: 0,
        optional: false,
    }
}

fn indexes_title(item: &DdlItem, more: &[&DdlItem]) -> String {
    match (more.len(), &item.table) {
        (0, _) | (_, None) => item_title(item),
        (count, Some(table)) => format!("create {} indexes on {table}", count + 1),
    }
}

/// Neighbours that share a transaction. An item of several statements has one of its own: what it
/// sets for the transaction (a tablespace) is not for its neighbours.
fn grouped<'a>(items: &'a [&'a DdlItem]) -> impl Iterator<Item = &'a [&'a DdlItem]> {
    items
        .chunk_by(|a, b| a.statements.len() == 1 && b.statements.len() == 1)
        .flat_map(|run| run.chunks(ITEMS_PER_STEP))
}

/// `create index crm.ix_orders`; indexes and constraints name their table as well.
fn item_title(item: &DdlItem) -> String {
    let kind = item.kind.to_lowercase();
    let name = match item.name.schema.as_str() {
        "" => item.name.name.clone(),
        _ => item.name.to_string(),
    };
    match kind.as_str() {
        "materialized view data" => format!("refresh {name}"),
        "index attach" => format!("attach index {name}"),
        "acl" => format!("grant on {name}"),
        _ => format!("create {kind} {name}"),
    }
}

fn group_title(verb: &str, group: &[&DdlItem]) -> String {
    match group {
        [only] if verb == "create" => item_title(only),
        [first, .., last] => {
            format!("{verb} {} objects, {} to {}", group.len(), first.name.name, last.name.name)
        }
        _ => format!("{verb} {} objects", group.len()),
    }
}

/// Kinds that hold no rows of their own for the copy.
#[must_use]
pub fn holds_rows(kind: &TableKind) -> bool {
    match kind {
        TableKind::Plain => true,
        TableKind::Partitioned | TableKind::Foreign | TableKind::Virtual => false,
    }
}

#[cfg(test)]
mod tests;

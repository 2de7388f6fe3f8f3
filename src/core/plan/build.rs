//! Puts the plan together: tables, their paths and chunks, the steps, the findings.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, Column, DdlItem, Table};
use super::super::chunk::{BoundsRequest, KeyValues};
use super::super::mapping::{Ends, Fit};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::{AccessMethod, Content, JobSpec, LoadOrder, ObjectClass, TableExists};
use super::columns::plan_columns;
use super::cut::{bounds_request, choose_cut, cut_table};
use super::dress::{Dressed, dress, left_out_entry, spread, unwanted, without_inline};
use super::existing::{Fates, TargetView, settle_existing};
use super::findings;
use super::mysql_items;
use super::naming::{Naming, about_names};
use super::select::{ItemChoice, choose_items, selected_tables};
use super::shape::{Shape, Shapes};
use super::shaped::about_shapes;
use super::steps::{StepInput, build_steps, holds_rows};
use super::storage::about_storage;
use super::translate::{created, translated_items};
use super::{
    ChecklistEntry, ColumnPlan, CopyFormat, DataPath, Existing, Fate, Finding, MigrationPlan,
    Severity, TablePlan,
};

/// All that the plan is made of; read by the engine beforehand.
#[derive(Clone, Debug)]
pub struct PlanInput<'a> {
    pub spec: &'a JobSpec,
    pub source: &'a Catalog,
    pub target: &'a Catalog,
    /// The source's own DDL when both engines are equal.
    pub preamble: &'a [String],
    pub items: &'a [DdlItem],
    /// Target tables that hold rows.
    pub nonempty: &'a [ObjectName],
    /// Sampled bounds by source table.
    pub bounds: &'a BTreeMap<ObjectName, Vec<KeyValues>>,
    /// SQLite to SQLite: the source can be attached and still be one snapshot.
    pub attachable: bool,
}

/// What must be sampled before the plan can be built.
#[must_use]
pub fn bounds_needed(spec: &JobSpec, source: &Catalog) -> Vec<BoundsRequest> {
    if spec.content == Content::SchemaOnly {
        return Vec::new();
    }
    let selected = selected_tables(&spec.selection, source);
    let shapes = Shapes::of(spec, source, &selected);
    selected
        .into_iter()
        .filter(|t| holds_rows(&t.kind))
        .map(|t| shapes.sized(t))
        .filter_map(|t| bounds_request(&t, &choose_cut(&source.server, &t, spec.chunk_bytes)))
        .collect()
}

/// Names the tables of a job will have on the target.
#[must_use]
pub fn target_names(spec: &JobSpec, source: &Catalog) -> Vec<ObjectName> {
    let selected = selected_tables(&spec.selection, source);
    let naming = Naming::new(spec, &selected);
    selected.iter().map(|t| naming.of(&t.name)).collect()
}

/// Spec and two catalogues to a plan. Never fails: what cannot be done is a BLOCK finding.
#[must_use]
pub fn build_plan(input: &PlanInput<'_>) -> MigrationPlan {
    let spec = input.spec;
    let whole = input.source;
    let shapes = Shapes::of(spec, whole, &selected_tables(&spec.selection, whole));
    let (trimmed, mut checklist) = shapes.trimmed(spec, whole);
    let input = &PlanInput { source: &trimmed, ..input.clone() };
    let selected = selected_tables(&spec.selection, input.source);
    let naming = Naming::new(spec, &selected);
    let namer = |name: &ObjectName| naming.of(name);
    let ends = Ends::of(&input.source.server, &input.target.server);
    let same_engine = spec.source.dialect == spec.target.dialect;
    let mut made = made_items(input, whole, ends, &shapes, &naming, &mut checklist);
    let told = std::mem::take(&mut made.findings);
    let (items, choice) = (&*made.items, &made.choice);

    let target = TargetView::new(input.target, input.nonempty);
    let names: Vec<(&Table, ObjectName)> = selected.iter().map(|t| (*t, namer(&t.name))).collect();
    let mut findings = findings::about_ends(input, &selected);
    findings.extend(told);
    findings.extend(shapes.findings.iter().cloned());
    findings.extend(about_storage(spec, &shapes));
    findings.extend(about_names(spec, input.source, &selected));
    findings.extend(findings::about_rules(spec, ends, &selected));
    let fates = settle_existing(spec, &target, &names, items, &shapes, &mut findings);

    let homeless = match same_engine {
        true => Vec::new(),
        false => without_home(spec, &names, items, &fates.existing),
    };
    findings.extend(findings::about_homeless(&homeless));
    let mut tables: Vec<TablePlan> = names
        .iter()
        .filter(|(t, name)| holds_rows(&t.kind) && !fates.skipped.contains(name))
        .filter(|(_, name)| !homeless.contains(name))
        .map(|(t, name)| TablePlan {
            target: routed(spec, t, &selected, &fates).map_or_else(|| name.clone(), |t| namer(&t)),
            ..plan_table(input, whole, &shapes, (*t, name), &fates.existing)
        })
        .collect();
    in_order(spec, &mut tables);
    let kept: Vec<&DdlItem> = items
        .iter()
        .filter(|i| spec.content != Content::DataOnly && choice.taken.contains(&i.id))
        .filter(|i| !fates.omitted_items.contains(&i.id) && !is_unsafe(i))
        .filter(|i| !made.left_out.contains_key(&i.id))
        .collect();
    findings.extend(findings::about_tables(spec, &tables, &selected));
    findings.extend(about_shapes(spec, &shapes, &tables, whole));
    list_items(items, &kept, &made, same_engine, &mut checklist);
    let load = spec.content != Content::SchemaOnly;
    let everything = spec.selection.is_everything();
    let large = spec.shaping.objects.takes(ObjectClass::LargeObject);
    let steps = build_steps(&StepInput {
        source: input.source,
        target_dialect: spec.target.dialect,
        tables: &tables,
        replaced: &fates.replaced,
        sequences: sequences_of(input, &kept, &names, &naming),
        items: kept,
        large_objects: load && everything && same_engine && large && input.source.large_objects > 0,
        load,
        name: &namer,
        touched: &made.touched,
        order: spec.shaping.order,
    });
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    MigrationPlan {
        source_dialect: spec.source.dialect,
        target_dialect: spec.target.dialect,
        ddl_preamble: input.preamble.to_vec(),
        tables,
        steps,
        findings,
        checklist,
    }
}

/// Tables in the order in which they are to be loaded, where the largest does not come first.
pub(super) fn in_order(spec: &JobSpec, tables: &mut [TablePlan]) {
    match spec.shaping.order {
        LoadOrder::Largest => {}
        LoadOrder::Smallest => tables.sort_by_key(|table| table.estimate.bytes),
        LoadOrder::Listed => {
            let entries = &spec.shaping.tables;
            tables.sort_by_key(|table| {
                let at = entries.iter().position(|shape| shape.matches(&table.source));
                at.unwrap_or(entries.len())
            });
        }
    }
}

/// The items of the job, in the target's words and under its names.
fn made_items<'a>(
    input: &PlanInput<'a>,
    whole: &Catalog,
    ends: Ends,
    shapes: &Shapes,
    naming: &Naming,
    checklist: &mut Vec<ChecklistEntry>,
) -> OwnItems<'a> {
    let selected = selected_tables(&input.spec.selection, input.source);
    let mut made = if input.spec.source.dialect == input.spec.target.dialect {
        own_items(input, whole, shapes, &selected, naming)
    } else {
        let (spec, source) = (input.spec, input.source);
        let namer = |name: &ObjectName| naming.of(name);
        OwnItems::all(translated_items(spec, ends, source, &selected, shapes, &namer, checklist))
    };
    made.leave_out(input);
    made.findings.extend(misnamed(shapes, naming));
    made
}

/// Statements by hand that make another table than the plan writes to.
fn misnamed(shapes: &Shapes, naming: &Naming) -> Vec<Finding> {
    let wrong = shapes.iter().filter_map(|(source, shape)| {
        let (target, hand) = (naming.of(source), shape.hand.as_ref()?);
        (!hand.makes(&target)).then(|| {
            let message = format!(
                "the statement by hand of {source} makes {}, and its rows go to {target}",
                hand.table.name
            );
            Finding::new(Severity::Block, "tables", message).with_hint(
                "Use that name in the statement, or give the table the other with rename.",
            )
        })
    });
    wrong.collect()
}

/// The items under the target's names, and which of them come along.
struct OwnItems<'a> {
    items: Cow<'a, [DdlItem]>,
    choice: ItemChoice,
    findings: Vec<Finding>,
    /// Items that are not made though they were chosen, with the reason.
    left_out: BTreeMap<u32, String>,
    by_hand: BTreeSet<u32>,
    touched: BTreeMap<u32, Vec<ObjectName>>,
}

impl<'a> OwnItems<'a> {
    fn of(items: Cow<'a, [DdlItem]>, choice: ItemChoice) -> OwnItems<'a> {
        OwnItems {
            items,
            choice,
            findings: Vec::new(),
            left_out: BTreeMap::new(),
            by_hand: BTreeSet::new(),
            touched: BTreeMap::new(),
        }
    }

    /// Written for the other engine: all of them.
    fn all(items: Vec<DdlItem>) -> OwnItems<'static> {
        let taken = items.iter().map(|i| i.id).collect();
        OwnItems::of(Cow::Owned(items), ItemChoice { taken, ..ItemChoice::default() })
    }

    /// Kinds that are not wanted, and what needs something that is left out.
    fn leave_out(&mut self, input: &PlanInput<'_>) {
        let (unwanted, found) = unwanted(input, &self.items);
        self.findings.extend(found);
        for (id, why) in unwanted {
            self.left_out.entry(id).or_insert(why);
        }
        if !self.left_out.is_empty() {
            self.findings.extend(spread(&self.items, &mut self.left_out));
        }
    }

    fn dressed(mut self, dressed: Dressed) -> OwnItems<'a> {
        let added: Vec<u32> = dressed.items.iter().map(|i| i.id).collect();
        let known: BTreeSet<u32> = self.items.iter().map(|i| i.id).collect();
        self.choice.taken.extend(added.into_iter().filter(|id| !known.contains(id)));
        self.findings.extend(dressed.findings);
        OwnItems {
            items: Cow::Owned(dressed.items),
            left_out: dressed.left_out,
            by_hand: dressed.by_hand,
            touched: dressed.touched,
            ..self
        }
    }
}

/// Between equal engines: PostgreSQL and SQLite say it in their own words, MySQL's words depend on
/// which of its kinds the target is.
fn own_items<'a>(
    input: &PlanInput<'a>,
    whole: &Catalog,
    shapes: &Shapes,
    selected: &[&Table],
    naming: &Naming,
) -> OwnItems<'a> {
    let selection = &input.spec.selection;
    if input.spec.source.dialect != Dialect::Mysql {
        let choice = choose_items(selection, input.source, selected, input.items);
        let made = OwnItems::of(Cow::Borrowed(input.items), choice);
        let all = ObjectClass::ALL.iter().all(|class| input.spec.shaping.objects.takes(*class));
        if shapes.iter().next().is_none() && all {
            return made;
        }
        let mut dressed = dress(input, &whole.tables, shapes, naming, input.items);
        let taken: Vec<Table> = whole
            .tables
            .iter()
            .filter(|table| selected.iter().any(|t| t.name == table.name))
            .cloned()
            .collect();
        let found = without_inline(input, &taken, naming, &mut dressed.items);
        dressed.findings.extend(found);
        return made.dressed(dressed);
    }
    let prepared = mysql_items::prepare(input, shapes, naming);
    let choice = choose_items(selection, input.source, selected, &prepared.items);
    let items = Cow::Owned(mysql_items::renamed(&prepared.items, naming));
    OwnItems {
        findings: prepared.findings,
        left_out: prepared.left_out,
        by_hand: prepared.by_hand,
        ..OwnItems::of(items, choice)
    }
}

/// The ancestor through which the rows of `table` are written, where the target must find the leaf
/// of each row by itself. Not for a leaf that is selected without its ancestor: it is a table of
/// its own on the target. Not for leaves that are emptied first: that names each by itself.
fn routed(spec: &JobSpec, table: &Table, selected: &[&Table], fates: &Fates) -> Option<ObjectName> {
    let through = table.load_through.as_ref()?;
    let equal =
        (spec.source.dialect, spec.target.dialect) == (Dialect::Postgres, Dialect::Postgres);
    let emptied = fates.existing.get(&table.name) == Some(&Existing::Truncated);
    let there = selected.iter().any(|t| t.name == *through);
    (equal && there && !emptied).then(|| through.clone())
}

/// Tables that nothing creates on the other engine and that are not there: listed, not loaded.
fn without_home(
    spec: &JobSpec,
    names: &[(&Table, ObjectName)],
    items: &[DdlItem],
    existing: &BTreeMap<ObjectName, Existing>,
) -> Vec<ObjectName> {
    let made: BTreeSet<&ObjectName> =
        items.iter().filter(|i| i.kind == "TABLE").map(|i| &i.name).collect();
    let homeless = |name: &&ObjectName| !made.contains(name) && !existing.contains_key(name);
    match spec.content {
        // Without definitions every table must be there, and a finding of its own says so.
        Content::DataOnly => Vec::new(),
        Content::All | Content::SchemaOnly => {
            let loaded = names.iter().filter(|(t, _)| holds_rows(&t.kind));
            loaded.map(|(_, name)| name).filter(homeless).cloned().collect()
        }
    }
}

fn plan_table(
    input: &PlanInput<'_>,
    whole: &Catalog,
    shapes: &Shapes,
    (table, target): (&Table, &ObjectName),
    existing: &BTreeMap<ObjectName, Existing>,
) -> TablePlan {
    let spec = input.spec;
    let shape = shapes.get(&table.name);
    let existing = existing.get(target).copied().unwrap_or(Existing::Created);
    let there = match existing {
        Existing::Created => shape.and_then(|shape| shape.hand.as_ref()).map(|hand| &hand.table),
        Existing::Append | Existing::Truncated => {
            input.target.tables.iter().find(|t| t.name == *target)
        }
    };
    let ends = Ends::of(&input.source.server, &input.target.server);
    let columns = plan_columns(spec, ends, table, there, shape);
    // Cut by the source's own keys: a column need not travel to say which rows to read.
    let find = |_| whole.tables.iter().find(|t| t.name == table.name);
    let own = shape.and_then(find).unwrap_or(table);
    let own = &*shapes.sized(own);
    let cut = choose_cut(&input.source.server, own, spec.chunk_bytes);
    let bounds = input.bounds.get(&table.name).map_or(&[][..], Vec::as_slice);
    let chunks = match spec.content {
        Content::SchemaOnly => Vec::new(),
        Content::All | Content::DataOnly => cut_table(own, &cut, bounds),
    };
    let (path, path_reason) = choose_path(input, table, &columns, there);
    TablePlan {
        source: table.name.clone(),
        target: target.clone(),
        columns,
        path,
        path_reason,
        method: cut.method,
        chunks,
        estimate: table.estimate,
        target_unlogged: there.map_or(table.unlogged, |t| t.unlogged)
            && spec.target.dialect == Dialect::Postgres,
        existing,
        overrides_identity: table.stored_columns().any(|c| c.identity.is_some()),
        key: told_key(table, shape),
        rows: shapes.rows(&table.name),
    }
}

/// The columns that name a row, as long as their values travel as they are.
pub(super) fn told_key(table: &Table, shape: Option<&Shape>) -> Vec<String> {
    let key = row_key(table);
    let changed = |name: &String| shape.is_some_and(|s| s.expressions.contains_key(name));
    if key.iter().any(changed) { Vec::new() } else { key }
}

/// The columns that name a row of `table`.
pub(super) fn row_key(table: &Table) -> Vec<String> {
    let unique = || table.keys.iter().find(|key| key.not_null);
    let key = table.keys.iter().find(|key| key.primary && key.not_null).or_else(unique);
    key.map(|key| key.columns.clone()).unwrap_or_default()
}

/// Direct wherever both ends speak the same form; the reason is shown with the plan.
fn choose_path(
    input: &PlanInput<'_>,
    table: &Table,
    columns: &[ColumnPlan],
    there: Option<&Table>,
) -> (DataPath, String) {
    let spec = input.spec;
    if spec.access == AccessMethod::Conventional {
        return (DataPath::Conventional, "asked for".to_owned());
    }
    match (spec.source.dialect, spec.target.dialect) {
        (Dialect::Postgres, Dialect::Postgres) => {
            let odd = |c: &&Column| {
                let plan = columns.iter().find(|plan| plan.name == c.name);
                let name = plan.map_or(&c.name, |plan| &plan.target_name);
                let other = there.map(|t| t.column(name).map(|o| o.declared.as_str()));
                !c.binary_portable || other.is_some_and(|o| o != Some(c.declared.as_str()))
            };
            match table.stored_columns().find(odd) {
                None => (
                    DataPath::DirectCopy(CopyFormat::Binary),
                    "equal engines, every type is the same in binary".to_owned(),
                ),
                Some(column) => (
                    DataPath::DirectCopy(CopyFormat::Text),
                    format!("{} {} has no portable binary form", column.name, column.declared),
                ),
            }
        }
        (Dialect::Sqlite, Dialect::Sqlite) if input.attachable => {
            (DataPath::DirectAttach, "equal engines, one connection reads and writes".to_owned())
        }
        (Dialect::Sqlite, Dialect::Sqlite) => (
            DataPath::Conventional,
            "the source is in WAL mode: its snapshot belongs to a connection of its own".to_owned(),
        ),
        _ => (DataPath::Conventional, "different engines".to_owned()),
    }
}

/// Sequences whose position is carried over: those created here or owned by a table of the job.
fn sequences_of(
    input: &PlanInput<'_>,
    kept: &[&DdlItem],
    names: &[(&Table, ObjectName)],
    naming: &Naming,
) -> Vec<ObjectName> {
    if input.spec.source.dialect != input.spec.target.dialect {
        return Vec::new();
    }
    let created: BTreeSet<&ObjectName> =
        kept.iter().filter(|i| i.kind == "SEQUENCE").map(|i| &i.name).collect();
    let tables: BTreeSet<&ObjectName> = names.iter().map(|(t, _)| &t.name).collect();
    input
        .source
        .sequences
        .iter()
        .filter(|s| {
            created.contains(&s.name) || s.owner.as_ref().is_some_and(|(t, _)| tables.contains(t))
        })
        // Under another name the position stays that of the definition and of the rows.
        .filter(|s| naming.of(&s.name) == s.name)
        .map(|s| s.name.clone())
        .collect()
}

/// Objects that carry secrets or would act on the outside world by being created.
fn is_unsafe(item: &DdlItem) -> bool {
    matches!(item.kind.as_str(), "USER MAPPING" | "SUBSCRIPTION" | "SUBSCRIPTION TABLE")
}

fn list_items(
    items: &[DdlItem],
    kept: &[&DdlItem],
    made: &OwnItems<'_>,
    same_engine: bool,
    checklist: &mut Vec<ChecklistEntry>,
) {
    let kept: BTreeSet<u32> = kept.iter().map(|i| i.id).collect();
    for item in items {
        let quiet = matches!(item.kind.as_str(), "ACL" | "COMMENT" | "TABLE ATTACH" | "DEFAULT");
        if let Some(why) = made.left_out.get(&item.id) {
            let chosen = made.choice.taken.contains(&item.id);
            if chosen && (!quiet || made.by_hand.contains(&item.id)) {
                let by_hand = made.by_hand.contains(&item.id);
                checklist.push(left_out_entry(item, why, by_hand));
            }
            continue;
        }
        if !same_engine {
            checklist.push(created(item));
            continue;
        }
        if quiet {
            continue;
        }
        let (fate, reason) = if kept.contains(&item.id) {
            (Fate::Created, None)
        } else if is_unsafe(item) {
            let why = "it may hold a password, or would start replication by itself";
            (Fate::NeedsHands, Some(why.to_owned()))
        } else if let Some(missing) = made.choice.refused.get(&item.id) {
            (Fate::Skipped, Some(format!("needs {missing}, which is not selected")))
        } else if made.choice.taken.contains(&item.id) {
            (Fate::Skipped, Some("already on the target, or not asked for".to_owned()))
        } else {
            continue;
        };
        checklist.push(ChecklistEntry {
            kind: item.kind.to_lowercase(),
            name: item.name.clone(),
            fate,
            reason,
            source_text: None,
        });
    }
}

/// Does any column need consent or cannot travel at all?
#[must_use]
pub fn worst_fit(table: &TablePlan) -> Fit {
    table.columns.iter().map(|c| c.fit).fold(Fit::Exact, |a, b| if b > a { b } else { a })
}

/// The policy a job really follows: loading rows alone needs the tables, so `stop` then only
/// refuses tables that hold rows. `own` is what was said of the one table.
#[must_use]
pub fn policy(spec: &JobSpec, own: Option<TableExists>, finding_free: bool) -> TableExists {
    match (spec.content, own.unwrap_or(spec.table_exists), finding_free) {
        (Content::DataOnly, TableExists::Stop, true) => TableExists::Append,
        (_, asked, _) => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::{Section, TableKind};
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_leaf_written_through_its_ancestor_waits_for_all_its_rows() {
        let mut source = fixture::catalog(&["s.p", "s.x", "s.y"]);
        source.tables[0].kind = TableKind::Partitioned;
        for leaf in &mut source.tables[1..] {
            leaf.parents = vec![ObjectName::new("s", "p")];
            leaf.load_through = Some(ObjectName::new("s", "p"));
            (leaf.estimate.bytes, leaf.estimate.pages) = (1 << 40, 1 << 27);
        }
        let item = |id, kind: &str, name, table: Option<&str>, section| DdlItem {
            id,
            kind: kind.to_owned(),
            name: ObjectName::new("s", name),
            section,
            statements: Vec::new(),
            table: table.map(|t| ObjectName::new("s", t)),
            depends_on: Vec::new(),
        };
        let items = [
            item(1, "TABLE", "p", None, Section::PreData),
            item(2, "TABLE", "x", None, Section::PreData),
            item(3, "TABLE", "y", None, Section::PreData),
            item(4, "INDEX", "x_ix", Some("x"), Section::PostData),
            item(5, "FK CONSTRAINT", "p_fk", Some("p"), Section::PostData),
        ];
        let plan = build_plan(&PlanInput {
            spec: &fixture::spec(Dialect::Postgres, Dialect::Postgres),
            source: &source,
            target: &fixture::catalog(&[]),
            preamble: &[],
            items: &items,
            nonempty: &[],
            bounds: &BTreeMap::new(),
            attachable: false,
        });
        assert_eq!(plan.tables.len(), 2);
        assert!(plan.findings.iter().all(|f| f.topic != "names"), "{:?}", plan.findings);
        for table in &plan.tables {
            assert_eq!(table.target, ObjectName::new("s", "p"));
            assert!(!table.method.is_positional(), "{:?}", table.method);
        }
        let at = |title: &str| plan.steps.iter().position(|s| s.title == title).expect("a step");
        for title in ["create index s.x_ix", "create fk constraint s.p_fk"] {
            let waits: Vec<usize> =
                plan.steps[at(title)].waits_for.iter().map(|s| s.0 as usize).collect();
            for load in ["load s.x", "load s.y"] {
                assert!(waits.contains(&at(load)), "{title} waits for {load}");
            }
        }
    }
}

//! The plan of a verification: the same tables, names and columns as a copy, and nothing written.
//!
//! Both sides are read in ranges of a key, so a table is cut only by keys that both engines sort
//! alike: integers anywhere; dates, decimals and UUIDs between servers that have them as types;
//! equal types within one engine, text only where it is compared byte by byte. Everything else is
//! one chunk. Positions (ctid, rowid) mean nothing on the other side and never cut.
//!
//! What is missing on the target is a difference and no reason to stop.

use super::super::catalog::{Catalog, Column, Identity, LogicalType, Section, Table, TableKind};
use super::super::chunk::{BoundsRequest, ChunkMethod, ChunkRange, PlannedChunk, parts_of};
use super::super::mapping::{Ends, Transform};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::JobSpec;
use super::build::{PlanInput, in_order, told_key};
use super::columns::plan_columns;
use super::cut::{Cut, bounds_request, cut_table};
use super::findings;
use super::naming::Naming;
use super::order::load_order;
use super::select::selected_tables;
use super::shape::{Shape, Shapes};
use super::steps::{load_weight, step};
use super::{
    ColumnPlan, CopyFormat, DataPath, Existing, Finding, MigrationPlan, Severity, Step, StepId,
    StepKind, TableIndex, TablePlan,
};

/// Findings of this topic are differences: the job ends as one that differs.
pub const DIFFERS: &str = "differs";

/// Names in one finding.
const NAMES_SHOWN: usize = 6;

/// What must be sampled on the source before [`build_verification`].
#[must_use]
pub fn verification_bounds(
    spec: &JobSpec,
    source: &Catalog,
    target: &Catalog,
) -> Vec<BoundsRequest> {
    let shapes = Shapes::of(spec, source, &selected_tables(&spec.selection, source));
    let (trimmed, _) = shapes.trimmed(spec, source);
    let source = &*trimmed;
    let pairs = Pairs::of(spec, source, target, &shapes);
    let requests = pairs
        .0
        .iter()
        .filter_map(|pair| bounds_request(pair.table, &pair.cut(spec, source, spec.chunk_bytes)));
    requests.collect()
}

/// Spec and two catalogues to a plan that compares. Never fails.
#[must_use]
pub fn build_verification(input: &PlanInput<'_>) -> MigrationPlan {
    let spec = input.spec;
    let shapes = Shapes::of(spec, input.source, &selected_tables(&spec.selection, input.source));
    let (trimmed, _) = shapes.trimmed(spec, input.source);
    let input = &PlanInput { source: &trimmed, ..input.clone() };
    let pairs = Pairs::of(spec, input.source, input.target, &shapes);
    let selected: Vec<&Table> = pairs.0.iter().map(|pair| pair.table).collect();
    let mut findings = findings::about_ends(input, &selected);
    findings.extend(findings::secured(&selected));
    findings.extend(shapes.findings.iter().cloned());
    let mut tables: Vec<TablePlan> = pairs.0.iter().map(|pair| pair.plan(input, &shapes)).collect();
    in_order(spec, &mut tables);
    findings.extend(compared_in_part(&shapes, &tables));
    findings.extend(missing_tables(&tables));
    for pair in &pairs.0 {
        findings.extend(pair.missing_columns(spec));
    }
    findings.extend(without_key(spec, &tables));
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let mut steps = Vec::new();
    for (table, number) in tables.iter().zip(0..) {
        steps.push(Step {
            table: Some(TableIndex(number)),
            weight: load_weight(spec.shaping.order, table),
            ..step(StepKind::Load, Section::Data, format!("compare {}", table.source))
        });
    }
    if spec.repair {
        mend_steps(input.source, &tables, &mut steps);
    }
    MigrationPlan {
        source_dialect: spec.source.dialect,
        target_dialect: spec.target.dialect,
        ddl_preamble: Vec::new(),
        tables,
        steps,
        findings,
        checklist: Vec::new(),
    }
}

/// Rows are added and changed parents first and removed children first, after everything was
/// compared. A table that cannot be mended keeps those waiting that refer to it.
fn mend_steps(source: &Catalog, tables: &[TablePlan], steps: &mut Vec<Step>) {
    let loads: Vec<StepId> = (0..).map(StepId).take(steps.len()).collect();
    if loads.is_empty() {
        return;
    }
    let next = |steps: &Vec<Step>| StepId(u32::try_from(steps.len()).expect("far fewer than 2^32"));
    let barrier = next(steps);
    steps.push(Step {
        waits_for: loads,
        ..step(StepKind::Mend, Section::PostData, "all tables are compared".to_owned())
    });
    let order = load_order(source, tables);
    let mut rows: Vec<Option<StepId>> = vec![None; tables.len()];
    for place in &order {
        rows[place.table] = Some(next(steps));
        let parents = place.after.iter().filter_map(|parent| rows[*parent]);
        let waits_for = std::iter::once(barrier).chain(parents).collect();
        let title = format!("copy what differs in {} again", tables[place.table].source);
        steps.push(mend_step(place.table, title, MEND_ROWS, waits_for));
    }
    let mut extra: Vec<Option<StepId>> = vec![None; tables.len()];
    for place in order.iter().rev() {
        let children = order.iter().filter(|other| other.after.contains(&place.table));
        let waits_for =
            rows[place.table].into_iter().chain(children.filter_map(|c| extra[c.table])).collect();
        extra[place.table] = Some(next(steps));
        let title = format!("remove rows only {} has", tables[place.table].target);
        steps.push(mend_step(place.table, title, MEND_EXTRA, waits_for));
    }
}

/// What the statements of a [`StepKind::Mend`] step say it does.
pub const MEND_ROWS: &str = "rows";
/// As [`MEND_ROWS`]: rows that only the target has are deleted, and the result is compared.
pub const MEND_EXTRA: &str = "extra";

fn mend_step(table: usize, title: String, what: &str, waits_for: Vec<StepId>) -> Step {
    let number = u32::try_from(table).expect("fewer than 2^32 tables");
    Step {
        table: Some(TableIndex(number)),
        statements: vec![what.to_owned()],
        waits_for,
        ..step(StepKind::Mend, Section::PostData, title)
    }
}

/// A source table and what stands for it on the target.
struct Pair<'a> {
    table: &'a Table,
    name: ObjectName,
    there: Option<&'a Table>,
    ends: Ends,
    shape: Option<&'a Shape>,
}

struct Pairs<'a>(Vec<Pair<'a>>);

impl<'a> Pairs<'a> {
    fn of(
        spec: &JobSpec,
        source: &'a Catalog,
        target: &'a Catalog,
        shapes: &'a Shapes,
    ) -> Pairs<'a> {
        let selected = selected_tables(&spec.selection, source);
        let naming = Naming::new(spec, &selected);
        let ends = Ends::of(&source.server, &target.server);
        let compared = selected.iter().filter(|table| is_compared(table, &selected));
        let pair = |table: &&'a Table| {
            let name = naming.of(&table.name);
            let there = target.tables.iter().find(|t| t.name == name);
            Pair { table, name, there, ends, shape: shapes.get(&table.name) }
        };
        Pairs(compared.map(pair).collect())
    }
}

/// Leaves whose rows may lie in other leaves on the target are compared through their ancestor, as
/// one; other tables by themselves. Rows that live elsewhere are not compared.
fn is_compared(table: &Table, selected: &[&Table]) -> bool {
    let selected_here = |name: &ObjectName| selected.iter().any(|t| t.name == *name);
    match table.kind {
        TableKind::Plain => !table.load_through.as_ref().is_some_and(selected_here),
        TableKind::Partitioned => {
            selected.iter().any(|t| t.load_through.as_ref() == Some(&table.name))
        }
        TableKind::Foreign | TableKind::Virtual => false,
    }
}

impl Pair<'_> {
    fn plan(&self, input: &PlanInput<'_>, shapes: &Shapes) -> TablePlan {
        let spec = input.spec;
        let table = self.table;
        let cut = self.cut(spec, input.source, spec.chunk_bytes);
        let bounds = input.bounds.get(&table.name).map_or(&[][..], Vec::as_slice);
        let mut columns = plan_columns(spec, self.ends, table, self.there, self.shape);
        columns.retain(|c| self.there.is_none_or(|t| t.column(&c.target_name).is_some()));
        let key = told_key(table, self.shape);
        let named = |name: &String| columns.iter().any(|c| c.name == *name);
        let key = if key.iter().all(named) { key } else { Vec::new() };
        // Hashes of whole tables say nothing about rows and values that were chosen.
        let (path, how) = match server_text_is_canonical(input, &columns) && self.shape.is_none() {
            true => (DataPath::DirectCopy(CopyFormat::Text), "hashed in the servers"),
            false => (DataPath::Conventional, "both sides stream through here"),
        };
        TablePlan {
            source: table.name.clone(),
            target: self.name.clone(),
            columns,
            path,
            path_reason: format!("{how}; {}", cut.reason),
            chunks: cut_table(table, &cut, bounds).into_iter().map(by_key).collect(),
            method: cut.method,
            estimate: table.estimate,
            target_unlogged: false,
            existing: match self.there {
                Some(_) => Existing::Append,
                // Nothing creates it here: it is not there.
                None => Existing::Created,
            },
            overrides_identity: table.stored_columns().any(|c| c.identity.is_some()),
            key,
            rows: shapes.rows(&table.name),
        }
    }

    fn cut(&self, spec: &JobSpec, source: &Catalog, chunk_bytes: u64) -> Cut {
        let table = self.table;
        let parts = parts_of(table.estimate.bytes, chunk_bytes);
        let whole = |reason| Cut {
            method: ChunkMethod::Whole,
            sample: ChunkMethod::Whole,
            parts: 1,
            reason,
        };
        if table.estimate.bytes <= chunk_bytes.saturating_add(chunk_bytes / 2) {
            return whole("smaller than a chunk");
        }
        let Some(there) = self.there else { return whole("not on the target") };
        let columns = plan_columns(spec, self.ends, table, Some(there), self.shape);
        // Where a key is read through an expression, its ranges are not those of the target.
        let moved = |name: &str| self.shape.is_some_and(|s| s.expressions.contains_key(name));
        let target_of = |name: &str| {
            let column = columns.iter().find(|c| c.name == name)?;
            there.column(&column.target_name)
        };
        let alias = table.columns.iter().find(|c| c.identity == Some(Identity::Auto));
        if let (Dialect::Sqlite, false, Some(column)) =
            (source.server.dialect, table.without_rowid, alias)
            && target_of(&column.name).is_some_and(|other| sorts_alike(spec, column, other))
            && self.is_target_key(&[column.name.as_str()], &target_of)
            && !moved(&column.name)
        {
            let method = ChunkMethod::Key { columns: vec![column.name.clone()] };
            return Cut { method, sample: ChunkMethod::Rowid, parts, reason: "integer key" };
        }
        let usable = |columns: &[String]| {
            let alike = |name: &String| match (table.column(name), target_of(name)) {
                (Some(here), Some(other)) => !moved(name) && sorts_alike(spec, here, other),
                _ => false,
            };
            let names: Vec<&str> = columns.iter().map(String::as_str).collect();
            columns.iter().all(alike) && self.is_target_key(&names, &target_of)
        };
        let keys = table.keys.iter().filter(|k| k.not_null && !k.columns.is_empty());
        match keys.clone().find(|k| usable(&k.columns)) {
            Some(key) => {
                let method = ChunkMethod::Key { columns: key.columns.clone() };
                Cut { sample: method.clone(), method, parts, reason: "key both sides sort alike" }
            }
            None => whole("no key that both sides sort alike"),
        }
    }

    /// Without an index of the same columns every chunk would read the target's whole table.
    fn is_target_key<'t>(
        &self,
        names: &[&str],
        target_of: &impl Fn(&str) -> Option<&'t Column>,
    ) -> bool {
        let wanted: Option<Vec<&str>> =
            names.iter().map(|n| target_of(n).map(|c| c.name.as_str())).collect();
        let Some(wanted) = wanted else { return false };
        self.there.is_some_and(|t| t.keys.iter().any(|k| k.not_null && k.columns == wanted))
    }

    fn missing_columns(&self, spec: &JobSpec) -> Option<Finding> {
        let there = self.there?;
        let absent: Vec<String> =
            plan_columns(spec, self.ends, self.table, Some(there), self.shape)
                .into_iter()
                .filter(|c| there.column(&c.target_name).is_none())
                .map(|c| c.target_name)
                .collect();
        if absent.is_empty() {
            return None;
        }
        let what = format!("{} on the target has no column {}", self.name, absent.join(", "));
        Some(
            Finding::new(Severity::Warn, DIFFERS, what)
                .with_detail("The columns that both sides have are compared."),
        )
    }
}

/// Do both servers print every column alike, so that they may hash their own text? Then the path
/// is the direct one: no row travels unless something differs.
fn server_text_is_canonical(input: &PlanInput<'_>, columns: &[ColumnPlan]) -> bool {
    let (here, there) = (&input.source.server, &input.target.server);
    let alike = |column: &ColumnPlan| {
        column.source_declared == column.target_declared
            && column.transform == Transform::default()
            && !matches!(column.source_logical, LogicalType::Other(_))
    };
    (here.dialect, there.dialect) == (Dialect::Postgres, Dialect::Postgres)
        && here.encoding == there.encoding
        && [here, there].iter().all(|s| s.version_num >= PG_FLOATS_EXACT)
        && !columns.is_empty()
        && columns.iter().all(alike)
}

/// First PostgreSQL that prints floats shortest and exact.
const PG_FLOATS_EXACT: u32 = 120_000;

/// Rowids that were sampled are values of the key here: the other side knows no rowid.
fn by_key(chunk: PlannedChunk) -> PlannedChunk {
    let range = match chunk.range {
        ChunkRange::Rowid { from, until } => {
            let text = |bound: Option<i64>| bound.map(|value| vec![value.to_string()]);
            ChunkRange::Key { from: text(from), until: text(until) }
        }
        other => other,
    };
    PlannedChunk { range, ..chunk }
}

/// Do both engines put values of these columns into one order, and read each other's bounds?
fn sorts_alike(spec: &JobSpec, here: &Column, there: &Column) -> bool {
    use LogicalType as T;
    let (from, to) = (spec.source.dialect, spec.target.dialect);
    let integers = |a: &T, b: &T| matches!((a, b), (T::Int { .. }, T::Int { .. }));
    if from == to {
        let bytes_compared = |c: &Column| match from {
            Dialect::Sqlite => c.collation.is_none(),
            Dialect::Postgres => {
                matches!(c.collation.as_deref(), Some("C" | "POSIX" | "ucs_basic"))
            }
            Dialect::Mysql => c.collation.as_deref().is_some_and(|name| name.ends_with("_bin")),
        };
        return match (&here.logical, &there.logical) {
            (a, b) if integers(a, b) => true,
            _ if from == Dialect::Sqlite => {
                here.declared == there.declared && bytes_compared(here) && bytes_compared(there)
            }
            (T::Text { .. }, _) | (_, T::Text { .. }) => {
                here.declared == there.declared && bytes_compared(here) && bytes_compared(there)
            }
            (T::Other(_) | T::Enum | T::Set | T::Any | T::Float { .. }, _) => false,
            _ => here.declared == there.declared,
        };
    }
    match (&here.logical, &there.logical) {
        (a, b) if integers(a, b) => true,
        _ if from == Dialect::Sqlite || to == Dialect::Sqlite => false,
        (T::Date, T::Date) | (T::Uuid, T::Uuid) => true,
        (T::Decimal { scale: Some(_), .. }, T::Decimal { scale: Some(_), .. }) => true,
        _ => false,
    }
}

/// What of shaped tables is compared.
fn compared_in_part(shapes: &Shapes, tables: &[TablePlan]) -> Option<Finding> {
    let told = tables.iter().filter_map(|table| {
        let shape = shapes.get(&table.source)?;
        let mut parts = Vec::new();
        if table.rows.filter.is_some() {
            parts.push("the rows of its filter".to_owned());
        }
        if let Some(percent) = table.rows.sample {
            parts.push(format!("a sample of {percent} %"));
        }
        if !shape.expressions.is_empty() {
            parts.push("expressions as the source has them now".to_owned());
        }
        if !shape.left_out.is_empty() {
            parts.push(format!(
                "without {}",
                shape.left_out.iter().cloned().collect::<Vec<_>>().join(", ")
            ));
        }
        (!parts.is_empty()).then(|| format!("{}: {}", table.source, parts.join(", ")))
    });
    let told: Vec<String> = told.collect();
    let what = match told.len() {
        0 => return None,
        1 => "a table is compared in part".to_owned(),
        n => format!("{n} tables are compared in part"),
    };
    Some(
        Finding::new(Severity::Ok, "tables", what).with_detail(told.join("; ")).with_hint(
            "Rows of the target that the filter or sample does not hold are told as extra.",
        ),
    )
}

fn missing_tables(tables: &[TablePlan]) -> Option<Finding> {
    let absent: Vec<&ObjectName> =
        tables.iter().filter(|t| t.existing == Existing::Created).map(|t| &t.target).collect();
    let names = shown(&absent)?;
    Some(
        Finding::new(Severity::Warn, DIFFERS, format!("not on the target: {names}"))
            .with_detail("Their rows are counted as missing."),
    )
}

fn without_key(spec: &JobSpec, tables: &[TablePlan]) -> Option<Finding> {
    let bare: Vec<&ObjectName> =
        tables.iter().filter(|t| t.key.is_empty()).map(|t| &t.source).collect();
    let names = shown(&bare)?;
    let message = format!("{names}: no key that names a row");
    let detail = "Rows are compared as a whole and counted; a row that differs is told as one that \
                  is missing and one that is extra.";
    let finding = Finding::new(Severity::Warn, "keys", message).with_detail(detail);
    Some(if spec.repair {
        finding.with_hint(
            "They cannot be repaired. Copy such a table again: tidegate copy --table NAME \
             --if-exists truncate.",
        )
    } else {
        finding
    })
}

fn shown(names: &[&ObjectName]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let first: Vec<String> = names.iter().take(NAMES_SHOWN).map(ToString::to_string).collect();
    Some(match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{}, {more} more", first.join(", ")),
    })
}

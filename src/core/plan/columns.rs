//! Names and columns on the target.

use super::super::catalog::{Column, Table};
use super::super::mapping::{self, Fit};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::JobSpec;
use super::ColumnPlan;

/// How a source table is called on the target. Equal engines keep names; SQLite's one schema
/// becomes `public`; several schemas in one SQLite file put their name in front.
pub fn target_name(
    spec: &JobSpec,
    selected: &[&Table],
) -> impl Fn(&ObjectName) -> ObjectName + use<> {
    let (source, target) = (spec.source.dialect, spec.target.dialect);
    let mut schemas: Vec<&str> = selected.iter().map(|t| t.name.schema.as_str()).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let several = schemas.len() > 1;
    move |name| match (source, target) {
        (Dialect::Sqlite, Dialect::Postgres) => ObjectName::new("public", name.name.as_str()),
        (from, Dialect::Sqlite) if from != Dialect::Sqlite => {
            let flat = if several && name.schema != "public" {
                format!("{}_{}", name.schema, name.name)
            } else {
                name.name.clone()
            };
            ObjectName::new("main", flat)
        }
        _ => name.clone(),
    }
}

/// The columns that are copied; for a target table that exists, with the types it really has.
#[must_use]
pub fn plan_columns(spec: &JobSpec, table: &Table, there: Option<&Table>) -> Vec<ColumnPlan> {
    let same = spec.source.dialect == spec.target.dialect;
    table.stored_columns().map(|c| plan_column(spec, c, there, same)).collect()
}

fn plan_column(spec: &JobSpec, column: &Column, there: Option<&Table>, same: bool) -> ColumnPlan {
    let mut plan = ColumnPlan {
        name: column.name.clone(),
        target_name: column.name.clone(),
        source_declared: column.declared.clone(),
        source_logical: column.logical.clone(),
        target_declared: column.declared.clone(),
        target_logical: column.logical.clone(),
        fit: Fit::Exact,
        reason: String::new(),
    };
    if !same {
        let fit = mapping::fit(spec.source.dialect, column);
        plan.target_declared = fit.declared;
        plan.target_logical = fit.logical;
        plan.fit = fit.fit;
        plan.reason = fit.reason.to_owned();
    }
    if let Some(other) = there.and_then(|t| t.column(&column.name))
        && other.declared != plan.target_declared
    {
        plan.reason = format!("the table is there with {}", other.declared);
        plan.target_declared = other.declared.clone();
        plan.target_logical = other.logical.clone();
    }
    plan
}

//! Names and columns on the target.

use super::super::catalog::{Column, Table};
use super::super::mapping::{self, Fit, FitRequest, Transform};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::JobSpec;
use super::super::sql::{column_names, fit_name};
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
        (Dialect::Sqlite, Dialect::Postgres) => {
            ObjectName::new("public", fit_name(Dialect::Postgres, &name.name))
        }
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
    let names = match same {
        true => table.columns.iter().map(|c| c.name.clone()).collect(),
        false => column_names(spec.target.dialect, &table.columns),
    };
    let named = table.columns.iter().zip(names).filter(|(c, _)| c.generated.is_none());
    named.map(|(column, name)| plan_column(spec, table, column, name, there)).collect()
}

fn plan_column(
    spec: &JobSpec,
    table: &Table,
    column: &Column,
    target_name: String,
    there: Option<&Table>,
) -> ColumnPlan {
    let mut plan = ColumnPlan {
        name: column.name.clone(),
        target_name,
        source_declared: column.declared.clone(),
        source_logical: column.logical.clone(),
        target_declared: column.declared.clone(),
        target_logical: column.logical.clone(),
        fit: Fit::Exact,
        reason: String::new(),
        transform: Transform::default(),
        rule: None,
    };
    if spec.source.dialect != spec.target.dialect {
        let fit = mapping::fit(&FitRequest {
            from: spec.source.dialect,
            to: spec.target.dialect,
            table: &table.name,
            column,
            rules: &spec.rules,
        });
        plan.target_declared = fit.declared;
        plan.target_logical = fit.logical;
        plan.fit = fit.fit;
        plan.reason = fit.reason.into_owned();
        plan.transform = fit.transform;
        plan.rule = fit.rule;
    }
    if let Some(other) = there.and_then(|t| t.column(&plan.target_name))
        && other.declared != plan.target_declared
    {
        plan.reason = format!("the table is there with {}", other.declared);
        plan.target_declared = other.declared.clone();
        plan.target_logical = other.logical.clone();
    }
    plan
}

//! Columns on the target: names, types, verdicts.

use std::collections::BTreeMap;

use super::super::catalog::{Column, Table};
use super::super::mapping::{self, ColumnFit, Ends, Fit};
use super::super::name::Dialect;
use super::super::spec::JobSpec;
use super::super::sql::column_names;
use super::ColumnPlan;
use super::shape::Shape;

/// The columns that are copied; for a target table that exists, with the types it really has.
#[must_use]
pub fn plan_columns(
    spec: &JobSpec,
    ends: Ends,
    table: &Table,
    there: Option<&Table>,
    shape: Option<&Shape>,
) -> Vec<ColumnPlan> {
    let names = target_columns(spec, table, shape);
    let fits = mapping::fit_table(ends, table, &spec.rules);
    table
        .columns
        .iter()
        .zip(names)
        .zip(fits)
        .filter(|((column, _), _)| column.generated.is_none())
        .map(|((column, name), fit)| {
            let expression = shape.and_then(|shape| shape.expressions.get(&column.name)).cloned();
            ColumnPlan { expression, ..plan_column(ends, column, name, fit, there) }
        })
        .collect()
}

/// What the columns of a table are called on the target.
#[must_use]
pub fn target_columns(spec: &JobSpec, table: &Table, shape: Option<&Shape>) -> Vec<String> {
    let none = BTreeMap::new();
    let renamed = shape.map_or(&none, |shape| &shape.renamed);
    if spec.source.dialect != spec.target.dialect {
        return column_names(spec.target.dialect, &table.columns, &spec.rules, renamed);
    }
    let name = |column: &Column| renamed.get(&column.name).unwrap_or(&column.name).clone();
    table.columns.iter().map(name).collect()
}

fn plan_column(
    ends: Ends,
    column: &Column,
    target_name: String,
    fit: ColumnFit,
    there: Option<&Table>,
) -> ColumnPlan {
    // Between equal engines every column says the same, and says it by being exact.
    let untouched = ends.are_equal() && fit.rule.is_none() && fit.fit == Fit::Exact;
    let mut plan = ColumnPlan {
        name: column.name.clone(),
        target_name,
        source_declared: column.declared.clone(),
        source_logical: column.logical.clone(),
        target_declared: fit.declared,
        target_logical: fit.logical,
        fit: fit.fit,
        reason: if untouched { String::new() } else { fit.reason.into_owned() },
        transform: fit.transform,
        rule: fit.rule,
        expression: None,
    };
    // Names of the two that are not PostgreSQL match whatever their case.
    let folds = ends.to.dialect != Dialect::Postgres;
    let alike = |c: &&Column| folds && c.name.eq_ignore_ascii_case(&plan.target_name);
    let same_name =
        |t: &&Table| t.column(&plan.target_name).or_else(|| t.columns.iter().find(alike)).cloned();
    if let Some(other) = there.as_ref().and_then(same_name) {
        found_there(ends, &other, &mut plan);
    }
    plan
}

/// The table is there: its type counts, and what was thought of another says nothing about it.
fn found_there(ends: Ends, other: &Column, plan: &mut ColumnPlan) {
    if other.declared == plan.target_declared {
        return;
    }
    plan.reason = format!("the table is there with {}", other.declared);
    if other.logical != plan.target_logical && !ends.are_equal() {
        let verdict = mapping::convert(&plan.source_logical, &other.logical, &plan.transform);
        (plan.fit, plan.reason) = match verdict {
            Ok((fit, why)) => {
                let worse =
                    if plan.fit == Fit::Unsupported || fit > plan.fit { fit } else { plan.fit };
                (worse, format!("{}: {why}", plan.reason))
            }
            Err(why) => (Fit::Unsupported, format!("{}: {why}", plan.reason)),
        };
    }
    plan.target_declared = other.declared.clone();
    plan.target_logical = other.logical.clone();
}

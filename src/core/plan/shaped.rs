//! What the plan says about shaped tables: what is copied, and what follows from it.

use std::collections::BTreeSet;

use super::super::catalog::Catalog;
use super::super::name::ObjectName;
use super::super::spec::{Content, JobSpec};
use super::shape::Shapes;
use super::{Finding, Severity, TablePlan};

/// Tables named in one finding.
const SHOWN: usize = 6;

/// About filters, samples, expressions and columns.
#[must_use]
pub fn about_shapes(
    spec: &JobSpec,
    shapes: &Shapes,
    tables: &[TablePlan],
    source: &Catalog,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if spec.content != Content::SchemaOnly {
        findings.extend(about_rows(tables));
        findings.extend(about_parents(tables, source));
    }
    let gone: Vec<String> = shapes
        .iter()
        .filter_map(|(name, shape)| {
            let table = source.tables.iter().find(|table| table.name == *name)?;
            let key = table.keys.iter().find(|key| key.primary)?;
            let lost = key.columns.iter().find(|column| shape.leaves(column))?;
            Some(format!("{name} ({lost})"))
        })
        .collect();
    let without: Vec<String> = shapes
        .iter()
        .filter(|(_, shape)| !shape.left_out.is_empty())
        .map(|(name, shape)| {
            format!("{name}: {}", list(&shape.left_out.iter().cloned().collect::<Vec<_>>()))
        })
        .collect();
    if !without.is_empty() {
        let message = match without.len() {
            1 => "columns of a table are left out".to_owned(),
            n => format!("columns of {n} tables are left out"),
        };
        findings
            .push(Finding::new(Severity::Ok, "tables", message).with_detail(without.join("; ")));
    }
    if !gone.is_empty() {
        let message = format!("a primary key is left out with its column: {}", list(&gone));
        findings.push(
            Finding::new(Severity::Warn, "keys", message)
                .with_detail("The target's table has no primary key."),
        );
    }
    let keyed: Vec<String> = shapes
        .iter()
        .filter_map(|(name, shape)| {
            let table = source.tables.iter().find(|table| table.name == *name)?;
            let changed = |column: &&String| shape.expressions.contains_key(*column);
            let column = table.keys.iter().flat_map(|key| &key.columns).find(changed)?;
            Some(format!("{name}.{column}"))
        })
        .collect();
    if !keyed.is_empty() {
        let message = format!("a key is read through an expression: {}", list(&keyed));
        findings.push(Finding::new(Severity::Warn, "keys", message).with_detail(
            "Two rows that become one key are refused there, and foreign keys may find nothing.",
        ));
    }
    findings
}

fn about_rows(tables: &[TablePlan]) -> Vec<Finding> {
    let part: Vec<String> = tables
        .iter()
        .filter(|table| !table.rows.is_whole())
        .map(|table| match (&table.rows.filter, table.rows.sample) {
            (Some(_), Some(percent)) => format!("{} (filter, {percent} %)", table.source),
            (None, Some(percent)) => format!("{} ({percent} %)", table.source),
            _ => format!("{} (filter)", table.source),
        })
        .collect();
    if part.is_empty() {
        return Vec::new();
    }
    let message = format!("only some rows are copied: {}", list(&part));
    vec![Finding::new(Severity::Ok, "tables", message).with_detail(
        "A verification compares the same rows. Estimates do not know what a filter leaves.",
    )]
}

/// Rows that stay behind may be referred to by rows that come.
fn about_parents(tables: &[TablePlan], source: &Catalog) -> Vec<Finding> {
    let names = |part: bool| -> BTreeSet<&ObjectName> {
        tables.iter().filter(|t| !part || !t.rows.is_whole()).map(|t| &t.source).collect()
    };
    let (all, part) = (names(false), names(true));
    let pairs: Vec<String> = source
        .tables
        .iter()
        .filter(|child| all.contains(&child.name))
        .flat_map(|child| child.foreign_keys.iter().map(move |key| (child, key)))
        .filter(|(child, key)| key.to_table != child.name && part.contains(&key.to_table))
        .map(|(child, key)| format!("{} to {}", child.name, key.to_table))
        .collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let message = format!("foreign keys to tables of which only some rows come: {}", list(&pairs));
    vec![
        Finding::new(Severity::Warn, "keys", message)
            .with_detail("A row whose parent stays behind makes such a key fail.")
            .with_hint("Filter the child alike, or leave foreign keys out (leave_out)."),
    ]
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, {more} more"),
    }
}

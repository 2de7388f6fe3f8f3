//! Rejected rows as a console shows them.

use crate::core::job::{RejectGroup, RejectRow};
use crate::core::plan::TablePlan;
use crate::protocol::{RejectGroupView, RejectView};

#[must_use]
pub fn reject_group_view(group: &RejectGroup) -> RejectGroupView {
    RejectGroupView {
        cause: group.cause.clone(),
        rows: group.rows,
        tables: group.tables,
        gone: group.gone,
        last_ms: group.last_at.0,
    }
}

/// `chunk`: its number within its table.
#[must_use]
pub fn reject_view(row: &RejectRow, plan: &TablePlan, chunk: u32) -> RejectView {
    let pairs = |values: &Vec<String>| {
        plan.key.iter().cloned().zip(values.iter().cloned()).collect::<Vec<_>>()
    };
    RejectView {
        id: row.id,
        table: row.table.0,
        table_name: plan.source.to_string(),
        chunk,
        key: row.key.as_ref().map(pairs),
        column: row.column.clone(),
        code: row.code.clone(),
        message: row.message.clone(),
        detail: row.detail.clone(),
        cause: row.cause.clone(),
        gone: row.gone,
        in_retry: row.in_retry,
        row: row.row.as_ref().map(|text| String::from_utf8_lossy(text).into_owned()),
        row_bytes: row.row_bytes,
        at_ms: row.at.0,
    }
}

/// `id = 5, lang = 'de'`; what is said of a row without a name.
#[must_use]
pub fn key_text(row: &RejectView) -> String {
    match &row.key {
        None => "no key".to_owned(),
        Some(pairs) => {
            let shown: Vec<String> = pairs.iter().map(|(k, v)| format!("{k} = {v}")).collect();
            shown.join(", ")
        }
    }
}

//! What a draft wants of single tables, as the wizard's lists show and change it.

use super::Draft;
use crate::core::name::ObjectName;
use crate::core::spec::{TableExists, TableShape};

/// Does it name more than one table?
#[must_use]
pub fn is_pattern(table: &str) -> bool {
    table.contains(['*', '?'])
}

/// The name of a table from `schema.table`.
#[must_use]
pub fn object_name(full: &str) -> ObjectName {
    let (schema, name) = full.split_once('.').unwrap_or(("", full));
    ObjectName::new(schema, name)
}

/// The entry of exactly this table or pattern.
#[must_use]
pub fn entry<'d>(draft: &'d Draft, table: &str) -> Option<&'d TableShape> {
    draft.shaping().tables.iter().find(|shape| shape.table == table)
}

/// Changes the entry of a table or pattern; one that wants nothing afterwards is taken out.
pub fn change(draft: &mut Draft, table: &str, how: impl FnOnce(&mut TableShape)) {
    let tables = &mut draft.shaping_mut().tables;
    let same = |shape: &TableShape| {
        // `orders` alone means the table of that name, and would win over a later entry.
        shape.table == table
            || !shape.table.contains('.') && table.rsplit('.').next() == Some(&*shape.table)
    };
    let at = tables.iter().position(|shape| shape.table == table);
    let at = at.or_else(|| tables.iter().position(same)).unwrap_or_else(|| {
        tables.push(TableShape::of(table));
        tables.len() - 1
    });
    how(&mut tables[at]);
    if tables[at].is_idle() {
        tables.remove(at);
    }
}

/// The policy's word, as a job file has it.
#[must_use]
pub fn exists_word(policy: TableExists) -> &'static str {
    match policy {
        TableExists::Stop => "stop",
        TableExists::Skip => "skip",
        TableExists::Append => "append",
        TableExists::Truncate => "truncate",
        TableExists::Replace => "replace",
    }
}

/// Policies in the order of the choices.
pub const POLICIES: [TableExists; 5] = [
    TableExists::Stop,
    TableExists::Skip,
    TableExists::Append,
    TableExists::Truncate,
    TableExists::Replace,
];

/// What is wanted besides a filter, a name and a statement: `10% of the rows, 2 columns left out`.
#[must_use]
pub fn summary(shape: &TableShape) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = shape.sample {
        parts.push(format!("{percent}% of the rows"));
    }
    if let Some(policy) = shape.if_exists {
        parts.push(format!("if it exists: {}", exists_word(policy)));
    }
    match shape.columns.len() {
        0 => {}
        n => parts.push(format!("only {}", crate::console::figures::counted(n as u64, "column"))),
    }
    let mut many = |n: usize, one: &str, tail: &str| {
        if n > 0 {
            parts.push(format!("{}{tail}", crate::console::figures::counted(n as u64, one)));
        }
    };
    many(shape.leave_out.len(), "column", " left out");
    many(shape.expressions.len(), "expression", "");
    many(shape.column_names.len(), "column", " renamed");
    if let Some(space) = &shape.tablespace {
        parts.push(match space.is_empty() {
            true => "no tablespace".to_owned(),
            false => format!("tablespace {space}"),
        });
    }
    if let Some(storage) = &shape.storage {
        parts.push(match storage.is_empty() {
            true => "no storage options".to_owned(),
            false => format!("storage {storage}"),
        });
    }
    parts.join(", ")
}

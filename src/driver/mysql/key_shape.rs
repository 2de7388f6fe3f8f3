//! The key that cuts a table: its columns' types and the index that orders them.

use super::connect::{Session, text, word};
use super::types::quoted;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::ObjectName;
use crate::core::sql::KeyColumn;

/// What the server knows of a key now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyShape {
    /// (name, type as declared), in key order.
    pub columns: Vec<(String, String)>,
    /// The first unique index that begins with these columns, the primary key before all.
    pub index: Option<String>,
}

impl KeyShape {
    /// # Errors
    /// `ObjectMissing` when a column is gone; as the server says.
    pub(super) async fn read(
        session: &mut Session,
        table: &ObjectName,
        columns: &[String],
    ) -> Result<KeyShape, Fault> {
        let place = format!(
            "TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            quoted(&table.schema),
            quoted(&table.name)
        );
        let rows = session
            .rows(&format!(
                "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE {place}"
            ))
            .await?;
        let typed = columns.iter().map(|name| {
            let row = rows.iter().find(|row| word(row, 0).eq_ignore_ascii_case(name));
            row.map(|row| (name.clone(), word(row, 1))).ok_or_else(|| {
                let what = format!("{table} has no column {name} any more");
                Fault::new(FaultKind::ObjectMissing, session.side, what)
            })
        });
        let columns_typed: Vec<(String, String)> = typed.collect::<Result<_, Fault>>()?;
        let rows = session
            .rows(&format!(
                "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS \
                 WHERE {place} AND NON_UNIQUE = 0 \
                 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
            ))
            .await?;
        let mut indexes: Vec<(String, Vec<String>)> = Vec::new();
        for row in &rows {
            let name = word(row, 0);
            if indexes.last().is_none_or(|(last, _)| *last != name) {
                indexes.push((name, Vec::new()));
            }
            let whole = text(row, 2).is_none();
            let column = if whole { word(row, 1) } else { String::new() };
            indexes.last_mut().expect("pushed above").1.push(column);
        }
        let begins = |parts: &[String]| {
            parts.len() >= columns.len()
                && parts.iter().zip(columns).all(|(part, name)| part.eq_ignore_ascii_case(name))
        };
        let index = indexes.into_iter().find(|(_, parts)| begins(parts)).map(|(name, _)| name);
        Ok(KeyShape { columns: columns_typed, index })
    }

    pub(super) fn key(&self) -> Vec<KeyColumn<'_>> {
        self.columns.iter().map(|(name, declared)| KeyColumn { name, declared }).collect()
    }
}

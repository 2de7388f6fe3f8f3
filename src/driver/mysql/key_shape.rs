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
    /// How many columns from the first the index keeps in one direction.
    pub one_way: usize,
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
                "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, COLLATION \
                 FROM information_schema.STATISTICS WHERE {place} AND NON_UNIQUE = 0 \
                 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
            ))
            .await?;
        let mut indexes: Vec<(String, Vec<(String, bool)>)> = Vec::new();
        for row in &rows {
            let name = word(row, 0);
            if indexes.last().is_none_or(|(last, _)| *last != name) {
                indexes.push((name, Vec::new()));
            }
            let whole = text(row, 2).is_none();
            let column = if whole { word(row, 1) } else { String::new() };
            let part = (column, word(row, 3) == "D");
            indexes.last_mut().expect("pushed above").1.push(part);
        }
        let begins = |parts: &[(String, bool)]| {
            let same =
                |((part, _), name): (&(String, bool), &String)| part.eq_ignore_ascii_case(name);
            parts.len() >= columns.len() && parts.iter().zip(columns).all(same)
        };
        let (index, parts) = match indexes.into_iter().find(|(_, parts)| begins(parts)) {
            Some((name, parts)) => (Some(name), parts),
            None => (None, Vec::new()),
        };
        let one_way = parts.iter().take(columns.len()).take_while(|p| p.1 == parts[0].1).count();
        let one_way = if parts.is_empty() { columns.len() } else { one_way };
        Ok(KeyShape { columns: columns_typed, index, one_way })
    }

    pub(super) fn key(&self) -> Vec<KeyColumn<'_>> {
        self.columns.iter().map(|(name, declared)| KeyColumn { name, declared }).collect()
    }
}

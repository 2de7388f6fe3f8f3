//! Rejected rows: causes, and under each the rows that share it.

use std::collections::BTreeSet;

use super::list::List;
use crate::protocol::{RejectGroupView, RejectView};

/// Rows that are asked for; more are counted and not listed.
pub const REJECTS_LISTED_MAX: u64 = 1_000;

#[derive(Clone, Debug, Default)]
pub struct RejectsScreen {
    pub loaded: bool,
    pub total: u64,
    pub groups: Vec<RejectGroupView>,
    pub rows: Vec<RejectView>,
    /// Causes whose rows are not shown.
    pub folded: BTreeSet<String>,
    pub filter: String,
    pub list: List,
    pub due_ms: u64,
}

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectItem {
    Group(usize),
    Row(usize),
}

impl RejectsScreen {
    /// The lines of the list, folded causes closed.
    #[must_use]
    pub fn items(&self) -> Vec<RejectItem> {
        let wanted = self.filter.to_lowercase();
        let fits = |row: &RejectView| {
            let column = row.column.as_deref().unwrap_or_default();
            let text = format!("{} {column} {} {}", row.table_name, row.message, key_text(row));
            wanted.is_empty() || text.to_lowercase().contains(&wanted)
        };
        let mut items = Vec::new();
        for (g, group) in self.groups.iter().enumerate() {
            let belongs =
                |row: &RejectView| row.cause == group.cause && row.gone == group.gone && fits(row);
            let rows = (0..self.rows.len()).filter(|i| belongs(&self.rows[*i]));
            let rows: Vec<RejectItem> = rows.map(RejectItem::Row).collect();
            if rows.is_empty() && !wanted.is_empty() {
                continue;
            }
            items.push(RejectItem::Group(g));
            if !self.folded.contains(&group.cause) {
                items.extend(rows);
            }
        }
        items
    }

    #[must_use]
    pub fn selected(&self) -> Option<RejectItem> {
        self.items().get(self.list.cursor).copied()
    }

    /// The row that the detail pane speaks of: of a cause its first one.
    #[must_use]
    pub fn detail(&self) -> Option<&RejectView> {
        match self.selected()? {
            RejectItem::Row(i) => self.rows.get(i),
            RejectItem::Group(g) => {
                let group = &self.groups[g];
                self.rows.iter().find(|row| row.cause == group.cause && row.gone == group.gone)
            }
        }
    }
}

/// `id = 5, lang = 'de'`; what is said of a row without a name.
#[must_use]
pub fn key_text(row: &RejectView) -> String {
    let Some(pairs) = &row.key else { return "no key".to_owned() };
    pairs.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

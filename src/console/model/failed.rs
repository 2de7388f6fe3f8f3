//! Failed chunks and steps, grouped by cause: 400 failed chunks usually have two causes.

use std::collections::BTreeSet;

use super::list::List;
use crate::protocol::{ChunkView, StepView};

/// Chunks that are asked for; more are counted and not listed.
pub const FAILED_LISTED_MAX: u32 = 2_000;

#[derive(Clone, Debug, Default)]
pub struct FailedScreen {
    pub loaded: bool,
    pub total: u32,
    pub chunks: Vec<ChunkView>,
    pub steps: Vec<StepView>,
    pub groups: Vec<Group>,
    /// Keys of folded groups.
    pub folded: BTreeSet<String>,
    pub by_table: bool,
    pub filter: String,
    pub list: List,
    pub due_ms: u64,
}

/// Failures with one cause (or of one table).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub title: String,
    /// Positions in `chunks`, and in `steps`.
    pub chunks: Vec<usize>,
    pub steps: Vec<usize>,
    pub rows: u64,
    pub tables: usize,
    pub last_ms: i64,
}

/// A line of the list by what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailedPlace {
    Group(String),
    Chunk(u32),
    Step(u32),
}

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedItem {
    Group(usize),
    Chunk(usize),
    Step(usize),
}

impl FailedScreen {
    /// Sorts the failures into groups.
    pub fn group(&mut self) {
        self.groups.clear();
        let wanted = self.filter.to_lowercase();
        for (i, chunk) in self.chunks.iter().enumerate() {
            let message = chunk.error_message.as_deref().unwrap_or_default();
            let text = format!("{} {message}", chunk.table_name).to_lowercase();
            if !wanted.is_empty() && !text.contains(&wanted) {
                continue;
            }
            let title = if self.by_table {
                chunk.table_name.clone()
            } else {
                cause(chunk.error_code.as_deref(), message)
            };
            let group = group_of(&mut self.groups, title);
            group.chunks.push(i);
            group.rows += chunk.rows;
            let at = chunk.started_ms.unwrap_or(0);
            group.last_ms = if at > group.last_ms { at } else { group.last_ms };
        }
        for (i, step) in self.steps.iter().enumerate() {
            let message = step.error_message.as_deref().unwrap_or_default();
            let text = format!("{} {message}", step.title).to_lowercase();
            if wanted.is_empty() || text.contains(&wanted) {
                let title = if self.by_table { "steps".to_owned() } else { cause(None, message) };
                group_of(&mut self.groups, title).steps.push(i);
            }
        }
        for group in &mut self.groups {
            let names: BTreeSet<u32> = group.chunks.iter().map(|i| self.chunks[*i].table).collect();
            group.tables = names.len();
        }
        self.groups.sort_by_key(|g| std::cmp::Reverse(g.chunks.len() + g.steps.len()));
    }

    /// The lines of the list, folded groups closed.
    #[must_use]
    pub fn items(&self) -> Vec<FailedItem> {
        let mut items = Vec::new();
        for (g, group) in self.groups.iter().enumerate() {
            items.push(FailedItem::Group(g));
            if !self.folded.contains(&group.title) {
                items.extend(group.chunks.iter().map(|i| FailedItem::Chunk(*i)));
                items.extend(group.steps.iter().map(|i| FailedItem::Step(*i)));
            }
        }
        items
    }

    #[must_use]
    pub fn selected(&self) -> Option<FailedItem> {
        self.items().get(self.list.cursor).copied()
    }

    /// What the cursor sits on, in words that survive a new list.
    #[must_use]
    pub fn place(&self) -> Option<FailedPlace> {
        Some(match self.selected()? {
            FailedItem::Group(g) => FailedPlace::Group(self.groups[g].title.clone()),
            FailedItem::Chunk(i) => FailedPlace::Chunk(self.chunks[i].id),
            FailedItem::Step(i) => FailedPlace::Step(self.steps[i].id),
        })
    }

    /// Puts the cursor back on it, where it is still there.
    pub fn return_to(&mut self, place: Option<FailedPlace>) {
        let is_it = |item: &FailedItem| match (&place, item) {
            (Some(FailedPlace::Group(title)), FailedItem::Group(g)) => {
                self.groups[*g].title == *title
            }
            (Some(FailedPlace::Chunk(id)), FailedItem::Chunk(i)) => self.chunks[*i].id == *id,
            (Some(FailedPlace::Step(id)), FailedItem::Step(i)) => self.steps[*i].id == *id,
            _ => false,
        };
        if let Some(row) = self.items().iter().position(is_it) {
            self.list.cursor = row;
        }
    }

    /// The failure that the detail pane speaks of: of a group its first one.
    #[must_use]
    pub fn detail(&self) -> Option<FailedItem> {
        match self.selected()? {
            FailedItem::Group(g) => {
                let group = &self.groups[g];
                let chunk = group.chunks.first().map(|i| FailedItem::Chunk(*i));
                chunk.or_else(|| group.steps.first().map(|i| FailedItem::Step(*i)))
            }
            item => Some(item),
        }
    }
}

fn group_of(groups: &mut Vec<Group>, title: String) -> &mut Group {
    let at = groups.iter().position(|g| g.title == title).unwrap_or_else(|| {
        groups.push(Group { title, ..Group::default() });
        groups.len() - 1
    });
    &mut groups[at]
}

/// Does the text end in a word after which a name follows?
fn names_next(text: &str) -> bool {
    let last = text.trim_end().rsplit(' ').next().unwrap_or_default();
    matches!(last, "key" | "column" | "constraint" | "index" | "table" | "relation" | "type")
}

/// Code and message with what differs from row to row left out: quoted values, numbers and what
/// stands in brackets.
pub fn cause(code: Option<&str>, message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut out = String::with_capacity(line.len());
    let mut depth = 0_u32;
    let mut quote = None;
    let mut last_digit = false;
    for c in line.chars() {
        if let Some(end) = quote {
            if c == end {
                quote = None;
            }
            continue;
        }
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            // `key 'uq'` names what is broken; other quoted text is a value.
            '\'' if names_next(&out) => out.push(c),
            '\'' if !out.ends_with(char::is_alphanumeric) => {
                quote = Some(c);
                out.push('…');
            }
            c if c.is_ascii_digit() => {
                if !last_digit {
                    out.push('n');
                }
            }
            c => out.push(c),
        }
        last_digit = c.is_ascii_digit();
    }
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ").replace('…', "..");
    match code {
        Some(code) => format!("{code} {words}"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cause_is_one_group_whatever_the_values() {
        let a = "duplicate key value violates unique constraint \"uq\" (Key (id)=(17) exists)";
        let b = "duplicate key value violates unique constraint \"uq\" (Key (id)=(4,5) exists)";
        assert_eq!(cause(Some("23505"), a), cause(Some("23505"), b));
        assert_ne!(cause(Some("23505"), a), cause(Some("23502"), a));
        assert_eq!(cause(None, "row 12: bad 'it'\nmore"), "row n: bad ..");
        assert_eq!(cause(None, "Duplicate 'a@b' for key 'uq'"), "Duplicate .. for key 'uq'");
        let c = cause(None, "unique constraint \"uq_email\"");
        assert_ne!(c, cause(None, "unique constraint \"uq_name\""));
    }
}

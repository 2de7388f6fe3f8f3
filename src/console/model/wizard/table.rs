//! Options of one table: a page within Pick and Options. It shows what is wanted of the table by
//! every entry that matches it, and changes the entry of the table itself.

use std::collections::BTreeMap;

use super::form::{Control, Form, Outcome};
use super::pick::Columns;
use super::shape::{POLICIES, object_name};
use super::sheet::{Cell, Row, Sheet};
use super::{Draft, shape};
use crate::console::field::Field;
use crate::core::spec::TableShape;
use crate::protocol::survey::SurveyColumn;

/// Every control of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    Filter,
    Sample,
    IfExists,
    Name,
    Tablespace,
    TablespaceName,
    Storage,
    StorageText,
    Ddl,
    /// Comes along?
    Column(usize),
    /// Its name on the target.
    ColumnName(usize),
    Done,
}

#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    /// The table, while the page is open.
    pub table: Option<String>,
    pub form: Form<Id>,
    /// As read, then names that only the draft knows.
    pub columns: Vec<SurveyColumn>,
    /// What the survey said besides, or why there are no columns.
    pub notes: Vec<String>,
    pub loading: bool,
    /// `view`, when it is no table.
    pub kind: String,
    pub obstacle: Option<String>,
    pub top: usize,
    pub problems: BTreeMap<Id, String>,
    shape: TableShape,
}

/// The three states of what may be said, taken away, or left as it is.
fn three(value: &Option<String>) -> usize {
    match value.as_deref() {
        None => 0,
        Some("") => 1,
        Some(_) => 2,
    }
}

fn choice(options: &[&str], at: usize) -> Control {
    Control::Choice { options: options.iter().map(|o| (*o).to_owned()).collect(), at }
}

impl TableOptions {
    #[must_use]
    pub fn open(table: &str, draft: &Draft, known: Option<&Columns>) -> TableOptions {
        let mut page = TableOptions {
            table: Some(table.to_owned()),
            loading: known.is_none_or(|columns| *columns == Columns::Asked),
            ..TableOptions::default()
        };
        page.columns_are(known.unwrap_or(&Columns::Asked), draft);
        page
    }

    /// Columns have come, or will not.
    pub fn columns_are(&mut self, known: &Columns, draft: &Draft) {
        match known {
            Columns::Asked => self.loading = true,
            Columns::Here { columns, notes } => {
                self.loading = false;
                self.columns.clone_from(columns);
                self.notes.clone_from(notes);
            }
            Columns::Failed { what, hint } => {
                self.loading = false;
                self.notes = vec![what.clone()];
                self.notes.extend(hint.clone());
            }
        }
        self.renew(draft);
    }

    /// Shows the draft anew; the focus stays.
    pub fn renew(&mut self, draft: &Draft) {
        let Some(table) = self.table.clone() else { return };
        self.shape = match shape::is_pattern(&table) {
            true => shape::entry(draft, &table).cloned().unwrap_or_default(),
            false => draft.shape(&object_name(&table)),
        };
        self.name_unknown_columns();
        let focused = self.form.focused();
        self.form = self.make_form();
        self.show_dependents();
        if let Some(id) = focused {
            self.form.focus_on(id);
        }
    }

    /// Columns that only the draft knows stay in sight: a misspelled name must be found again.
    fn name_unknown_columns(&mut self) {
        let shape = &self.shape;
        let named = shape.columns.iter().chain(&shape.leave_out);
        let named = named.chain(shape.expressions.keys()).chain(shape.column_names.keys());
        for name in named {
            if !self.columns.iter().any(|column| column.name == *name) {
                self.columns.push(SurveyColumn { name: name.clone(), ..SurveyColumn::default() });
            }
        }
    }

    fn make_form(&self) -> Form<Id> {
        let shape = &self.shape;
        let text = |value: &str| Control::Text(Field::new(value));
        let policy = shape.if_exists.and_then(|p| POLICIES.iter().position(|q| *q == p));
        let sample = shape.sample.map(|percent| percent.to_string()).unwrap_or_default();
        let three_words = ["as there", "none"];
        let space = [three_words[0], three_words[1], "in"];
        let storage = [three_words[0], three_words[1], "with"];
        let policies = ["as the job", "stop", "skip", "append", "truncate [T]", "replace [T]"];
        let mut items = vec![
            (Id::Filter, Control::Button),
            (Id::Sample, text(&sample)),
            (Id::IfExists, choice(&policies, policy.map_or(0, |at| at + 1))),
            (Id::Name, text(shape.rename.as_deref().unwrap_or_default())),
            (Id::Tablespace, choice(&space, three(&shape.tablespace))),
            (Id::TablespaceName, text(shape.tablespace.as_deref().unwrap_or_default())),
            (Id::Storage, choice(&storage, three(&shape.storage))),
            (Id::StorageText, text(shape.storage.as_deref().unwrap_or_default())),
            (Id::Ddl, Control::Button),
        ];
        for (at, column) in self.columns.iter().enumerate() {
            let name = shape.column_names.get(&column.name).map_or("", String::as_str);
            items.push((Id::Column(at), Control::Tick(self.comes(&column.name))));
            items.push((Id::ColumnName(at), text(name)));
        }
        items.push((Id::Done, Control::Button));
        Form::new(items)
    }

    fn show_dependents(&mut self) {
        for (choice, field) in
            [(Id::Tablespace, Id::TablespaceName), (Id::Storage, Id::StorageText)]
        {
            let named = self.form.chosen(choice) == 2;
            self.form.show(field, named);
        }
    }

    fn comes(&self, column: &str) -> bool {
        match self.shape.columns.is_empty() {
            true => !self.shape.leave_out.iter().any(|name| name == column),
            false => self.shape.columns.iter().any(|name| name == column),
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.table.is_some()
    }

    #[must_use]
    pub fn in_text(&self) -> bool {
        self.form.in_text()
    }

    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problems.values().next().map(String::as_str)
    }

    /// The column with the focus.
    #[must_use]
    pub fn column(&self) -> Option<&SurveyColumn> {
        match self.form.focused()? {
            Id::Column(at) | Id::ColumnName(at) => self.columns.get(at),
            _ => None,
        }
    }

    /// Up and Down in the list of columns go by lines, and Tab by controls.
    pub fn go_line(&mut self, forward: bool) -> bool {
        let step = |at: usize| if forward { Some(at + 1) } else { at.checked_sub(1) };
        let (to, at) = match self.form.focused() {
            Some(Id::Column(at)) => (step(at).map(Id::Column), at),
            Some(Id::ColumnName(at)) => (step(at).map(Id::ColumnName), at),
            // Back into the list by its first control, not by the last name.
            Some(Id::Done) if !forward && !self.columns.is_empty() => {
                self.form.focus_on(Id::Column(self.columns.len() - 1));
                return true;
            }
            _ => return false,
        };
        match to {
            Some(id) if self.form.get(id).is_some() => self.form.focus_on(id),
            _ if forward => self.form.focus_on(Id::Done),
            _ => {
                self.form.focus_on(Id::Column(at));
                self.form.go(false);
            }
        }
        true
    }

    /// Takes what a control says over into the draft.
    pub fn apply(&mut self, outcome: Outcome<Id>, draft: &mut Draft) {
        let Outcome::Changed(id) = outcome else { return };
        match self.take(id, draft) {
            Ok(()) => _ = self.problems.remove(&id),
            Err(problem) => _ = self.problems.insert(id, problem),
        }
        if let Some(table) = &self.table
            && !shape::is_pattern(table)
        {
            self.shape = draft.shape(&object_name(table));
        }
        self.show_dependents();
    }

    fn take(&self, id: Id, draft: &mut Draft) -> Result<(), String> {
        let Some(table) = &self.table else { return Ok(()) };
        let typed = self.form.text(id).trim();
        let given = (!typed.is_empty()).then(|| typed.to_owned());
        let three = |choice: Id, field: Id| match self.form.chosen(choice) {
            0 => None,
            1 => Some(String::new()),
            _ => Some(self.form.text(field).trim().to_owned()),
        };
        match id {
            Id::Sample => {
                let percent = sample(typed)?;
                shape::change(draft, table, |shape| shape.sample = percent);
            }
            Id::IfExists => {
                let at = self.form.chosen(id).checked_sub(1);
                shape::change(draft, table, |s| s.if_exists = at.map(|at| POLICIES[at]));
            }
            Id::Name if shape::is_pattern(table) && given.is_some() => {
                return Err("a pattern stands for many tables: they cannot have one name".into());
            }
            Id::Name => shape::change(draft, table, |shape| shape.rename = given),
            Id::Tablespace | Id::TablespaceName => {
                let space = three(Id::Tablespace, Id::TablespaceName);
                shape::change(draft, table, |shape| shape.tablespace = space);
            }
            Id::Storage | Id::StorageText => {
                let storage = three(Id::Storage, Id::StorageText);
                shape::change(draft, table, |shape| shape.storage = storage);
            }
            Id::Column(_) => {
                let out = self.left_out();
                if out.len() == self.columns.len() {
                    return Err("no column is left; leave the whole table out instead".to_owned());
                }
                shape::change(draft, table, |shape| {
                    shape.columns = Vec::new();
                    shape.leave_out = out;
                });
            }
            Id::ColumnName(at) => {
                let Some(column) = self.columns.get(at) else { return Ok(()) };
                let name = column.name.clone();
                shape::change(draft, table, |shape| match given.filter(|given| *given != name) {
                    Some(given) => _ = shape.column_names.insert(name, given),
                    None => _ = shape.column_names.remove(&name),
                });
            }
            Id::Filter | Id::Ddl | Id::Done => {}
        }
        Ok(())
    }

    fn left_out(&self) -> Vec<String> {
        let columns = self.columns.iter().enumerate();
        let out = columns.filter(|(at, _)| !self.form.ticked(Id::Column(*at)));
        out.map(|(_, column)| column.name.clone()).collect()
    }

    /// The expression of a column, when it has one.
    #[must_use]
    pub fn expression(&self, column: &str) -> Option<&str> {
        self.shape.expressions.get(column).map(String::as_str)
    }

    #[must_use]
    pub fn sheet(&self, width: u16) -> Sheet<Id> {
        Sheet::lay(&self.rows(width), &self.form, width)
    }

    fn rows(&self, width: u16) -> Vec<Row<Id>> {
        let line = |label: &str, cells| Row::Line { label: label.to_owned(), cells };
        let mut rows = Vec::new();
        if let Some(obstacle) = &self.obstacle {
            rows.push(Row::Text(obstacle.clone()));
            let text = "It stays out: tidegate copies rows of tables only.";
            rows.push(Row::Text(text.to_owned()));
            rows.push(Row::Blank);
        }
        let entry = |id, label: &str, text: String| Row::Act { id, label: label.to_owned(), text };
        let one_line = |text: &str| text.lines().collect::<Vec<_>>().join(" ");
        let filter = self.shape.filter.as_deref().map(one_line);
        let filter = filter.unwrap_or_else(|| "every row; Enter writes a condition".to_owned());
        rows.push(entry(Id::Filter, "Where", filter));
        let percent = Cell::field("", Id::Sample, 3, "all", "percent of the rows, by their key");
        rows.push(line("Sample", vec![percent]));
        rows.push(line("Exists", vec![Cell::plain(Id::IfExists)]));
        let name = object_name(self.table.as_deref().unwrap_or_default()).name;
        rows.push(line("Name", vec![Cell::field("", Id::Name, 30, &name, "on the target")]));
        let space = Cell::field("", Id::TablespaceName, 20, "", "");
        rows.push(line("Space", vec![Cell::plain(Id::Tablespace), space]));
        let storage = Cell::field("", Id::StorageText, 30, "", "");
        rows.push(line("Storage", vec![Cell::plain(Id::Storage), storage]));
        let ddl = match &self.shape.ddl {
            Some(ddl) => format!(
                "changed by hand, {}",
                crate::console::figures::counted(ddl.lines().count() as u64, "line")
            ),
            None => "as the plan writes it; Enter edits it".to_owned(),
        };
        rows.push(entry(Id::Ddl, "DDL", ddl));
        rows.push(Row::Blank);
        self.column_rows(width, &mut rows);
        rows
    }

    fn column_rows(&self, width: u16, rows: &mut Vec<Row<Id>>) {
        let count = match self.loading {
            true => "Columns, being read ...".to_owned(),
            false => format!("Columns {}", self.columns.len()),
        };
        let note = "Space in, out  Enter expression  Tab its name";
        rows.push(Row::Title { text: count, note: note.to_owned() });
        rows.extend(self.notes.iter().cloned().map(Row::Text));
        let narrow = width < 60;
        for (at, column) in self.columns.iter().enumerate() {
            let mark = match column.fit.as_str() {
                "lossy" => " !",
                "unsupported" => " !!",
                _ => "",
            };
            let types = match (self.expression(&column.name), column.source_type.is_empty()) {
                (Some(text), _) => format!("= {}", text.lines().collect::<Vec<_>>().join(" ")),
                (None, true) if self.loading => String::new(),
                (None, true) => "the source has no such column".to_owned(),
                (None, false) => format!("{} -> {}{mark}", column.source_type, column.target_type),
            };
            let name = match column.key {
                true => format!("{} (key)", column.name),
                false => column.name.clone(),
            };
            let columns = match narrow {
                true => vec![(name, 16), (types, 0)],
                false => vec![(name, 22), (types, 0)],
            };
            rows.push(Row::Entry { id: Id::Column(at), columns });
            let renamed = self.shape.column_names.contains_key(&column.name);
            let focused = self.form.focused() == Some(Id::ColumnName(at));
            if renamed || focused || self.form.focused() == Some(Id::Column(at)) {
                let empty = column.name.clone();
                rows.push(Row::Line {
                    label: "   named".to_owned(),
                    cells: vec![Cell::field("", Id::ColumnName(at), 24, &empty, "")],
                });
            }
        }
    }
}

/// A percentage: empty means every row.
fn sample(text: &str) -> Result<Option<u8>, String> {
    let bare = text.trim_end_matches('%').trim();
    if bare.is_empty() {
        return Ok(None);
    }
    let number = bare.parse::<u8>().ok().filter(|percent| (1..=99).contains(percent));
    number.map(Some).ok_or_else(|| format!("{text:?}: a sample is 1 to 99 percent"))
}

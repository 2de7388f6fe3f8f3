//! Options of one table: a page within Pick and Options.

use super::{ask, editor, options};
use crate::console::commands::{Do, Place};
use crate::console::keymap::Key;
use crate::console::model::Model;
use crate::console::model::wizard::editor::Subject;
use crate::console::model::wizard::pick::Columns;
use crate::console::model::wizard::table::Id;
use crate::console::model::wizard::{Outcome, TableOptions, What, panes, shape};
use crate::console::msg::Cmd;
use crate::protocol::survey::SurveyRequest;

#[must_use]
pub fn is_open(model: &Model) -> bool {
    model.wizard.as_ref().is_some_and(|wizard| wizard.table.is_open())
}

/// Opens the options of a table or of a pattern of tables.
pub fn open(model: &mut Model, full: &str) -> Vec<Cmd> {
    let place = model.place();
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    let known = wizard.pick.columns.get(full);
    let mut page = TableOptions::open(full, &wizard.draft, known);
    if let Some(leaf) = wizard.pick.tree.find(full).and_then(|at| wizard.pick.tree.leaf(at)) {
        page.kind.clone_from(&leaf.table.kind);
        page.obstacle.clone_from(&leaf.table.obstacle);
    }
    let asks = page.loading && !shape::is_pattern(full);
    page.loading &= asks;
    wizard.table = page;
    model.dirty = true;
    refit(model);
    if asks { read_columns(model, place, full) } else { Vec::new() }
}

/// Asks for the columns of a table, as they will be under the draft.
pub fn read_columns(model: &mut Model, by: Place, full: &str) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let known = wizard.pick.columns.get(full);
    if known.is_some_and(|columns| !matches!(columns, Columns::Failed { .. })) {
        return Vec::new();
    }
    wizard.pick.keep_columns(full.to_owned(), Columns::Asked);
    let request = SurveyRequest::Columns { draft: wizard.survey_draft(), table: full.to_owned() };
    ask(model, by, What::Columns { table: full.to_owned() }, request)
}

/// Columns have come: to whatever shows them.
pub fn columns_have_come(model: &mut Model, full: &str, columns: Columns) {
    let Some(wizard) = &mut model.wizard else { return };
    let wizard = &mut **wizard;
    if wizard.table.table.as_deref() == Some(full) {
        wizard.table.columns_are(&columns, &wizard.draft);
    }
    editor::columns_have_come(&mut wizard.editor, full, &columns);
    wizard.pick.keep_columns(full.to_owned(), columns);
    refit(model);
}

/// Closes the page; what it changed is in the draft already.
pub fn close(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    if let Some(problem) = wizard.table.problem().map(ToOwned::to_owned) {
        model.say(format!("{problem}: it was not taken over"));
    }
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    wizard.table = TableOptions::default();
    model.dirty = true;
    options::renew(model);
    Vec::new()
}

pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    let page = &mut model.wizard.as_mut()?.table;
    if !page.in_text() {
        return None;
    }
    if matches!(key, Key::Up | Key::Down) && page.go_line(key == Key::Down) {
        refit(model);
        return Some(Vec::new());
    }
    let outcome = page.form.type_key(key)?;
    Some(done(model, outcome))
}

pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    let outcome = model.wizard.as_mut()?.table.form.paste(text)?;
    Some(done(model, outcome))
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let page = &mut wizard.table;
    let Some(table) = page.table.clone() else { return Vec::new() };
    if does == Do::Open
        && let Some(Id::Column(_)) = page.form.focused()
        && let Some(column) = page.column().map(|column| column.name.clone())
    {
        return editor::open(model, Subject::Expression { table, column });
    }
    if matches!(does, Do::Up | Do::Down) && page.go_line(does == Do::Down) {
        refit(model);
        return Vec::new();
    }
    if matches!(does, Do::PageDown | Do::PageUp) {
        let lines = height(model);
        for _ in 0..lines {
            perform(model, if does == Do::PageDown { Do::Down } else { Do::Up });
        }
        return Vec::new();
    }
    match page.form.perform(does) {
        Some(outcome) => done(model, outcome),
        None => {
            model.say("not used in the options of a table; Esc goes back");
            Vec::new()
        }
    }
}

fn done(model: &mut Model, outcome: Outcome<Id>) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    wizard.table.apply(outcome, &mut wizard.draft);
    let problem = wizard.table.problem().map(ToOwned::to_owned);
    let table = wizard.table.table.clone().unwrap_or_default();
    match (outcome, problem) {
        (Outcome::Pressed(Id::Filter), _) => return editor::open(model, Subject::Filter { table }),
        (Outcome::Pressed(Id::Ddl), _) => return editor::open(model, Subject::Ddl { table }),
        (Outcome::Pressed(Id::Done), _) => return close(model),
        (Outcome::Changed(_), Some(problem)) => model.say(problem),
        (Outcome::Changed(Id::IfExists), None) if deletes(model) => {
            model.say("[T] deletes rows on the target; the start asks for its name");
        }
        (Outcome::Changed(Id::Column(at)), None) => told_column(model, at),
        _ => {}
    }
    refit(model);
    Vec::new()
}

fn deletes(model: &Model) -> bool {
    model.wizard.as_ref().is_some_and(|wizard| wizard.table.form.chosen(Id::IfExists) >= 4)
}

fn told_column(model: &mut Model, at: usize) {
    let Some(wizard) = &model.wizard else { return };
    let Some(column) = wizard.table.columns.get(at) else { return };
    let out = !wizard.table.form.ticked(Id::Column(at));
    let text = match (out, column.key, column.not_null) {
        (true, true, _) => {
            format!("{} is left out, and names a row: see the preflight", column.name)
        }
        (true, false, _) => format!("{} is left out", column.name),
        (false, ..) => format!("{} comes along", column.name),
    };
    model.say(text);
}

/// Lines of the page in view.
fn height(model: &Model) -> usize {
    usize::from(panes::sheet(model.columns, model.rows).height)
}

pub fn refit(model: &mut Model) {
    let (width, height) = (model.columns, height(model));
    let Some(wizard) = &mut model.wizard else { return };
    let page = &mut wizard.table;
    if !page.is_open() {
        return;
    }
    let sheet = page.sheet(width);
    let line = page.form.focused().and_then(|id| sheet.line_of(id)).unwrap_or(page.top);
    page.top = sheet.scrolled(page.top, line, height);
}

//! Page 3: how it is copied.

use super::{editor, next_page, prev_page, table};
use crate::console::commands::Do;
use crate::console::keymap::Key;
use crate::console::model::Model;
use crate::console::model::wizard::editor::Subject;
use crate::console::model::wizard::options::{Id, Section, Target};
use crate::console::model::wizard::{Asked, Outcome, Wizard, panes, shape};
use crate::console::msg::Cmd;
use crate::protocol::survey::SurveyNews;

/// The page is opened.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    renew(model);
    Vec::new()
}

/// Shows the draft as it is now.
pub fn renew(model: &mut Model) {
    if let Some(wizard) = &mut model.wizard {
        let wizard = &mut **wizard;
        if wizard.options.seen != Some(wizard.draft.changes()) {
            wizard.options.renew(&wizard.draft);
        }
    }
    refit(model);
}

/// A key that goes into a field of the page; `None`: it is no such key.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    if table::is_open(model) {
        return table::press(model, key);
    }
    let options = &mut model.wizard.as_mut()?.options;
    if !options.in_text() {
        return None;
    }
    if let (Some(Id::New(section)), Key::Enter) = (options.form.focused(), key) {
        return Some(added(model, section));
    }
    let outcome = options.form.type_key(key)?;
    Some(done(model, outcome))
}

/// A paste; `None`: no field is open.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    if table::is_open(model) {
        return table::paste(model, text);
    }
    let outcome = model.wizard.as_mut()?.options.form.paste(text)?;
    Some(done(model, outcome))
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if table::is_open(model) {
        return table::perform(model, does);
    }
    match does {
        Do::Add => return add(model),
        Do::Remove => return remove(model),
        Do::PageDown | Do::HalfDown => return jump(model, true),
        Do::PageUp | Do::HalfUp => return jump(model, false),
        _ => {}
    }
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    match wizard.options.form.perform(does) {
        Some(outcome) => done(model, outcome),
        None => {
            model.say("not used here; Tab and the arrows go to a field, PgDn to the lists");
            Vec::new()
        }
    }
}

/// To the next section.
fn jump(model: &mut Model, forward: bool) -> Vec<Cmd> {
    let width = panes::sheet(model.columns, model.rows).width;
    if let Some(wizard) = &mut model.wizard {
        let options = &mut wizard.options;
        let sheet = options.sheet(width);
        let line = options.form.focused().and_then(|id| sheet.line_of(id)).unwrap_or(0);
        match sheet.section(line, forward) {
            Some(id) => options.form.focus_on(id),
            None => options.form.focus_on(Id::Next),
        }
    }
    refit(model);
    Vec::new()
}

fn done(model: &mut Model, outcome: Outcome<Id>) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    let options = &mut wizard.options;
    options.apply(outcome, &mut wizard.draft);
    let deletes = options.form.chosen(Id::IfExists) >= 3;
    let own = match outcome {
        Outcome::Changed(id) => options.problems.get(&id).cloned(),
        _ => None,
    };
    match outcome {
        Outcome::Pressed(Id::Back) => return prev_page(model),
        Outcome::Pressed(Id::Next) => return next_page(model),
        Outcome::Pressed(Id::Entry(..)) => return edit(model),
        Outcome::Pressed(Id::Empty(_)) => return add(model),
        Outcome::Changed(_) if own.is_some() => model.say(own.unwrap_or_default()),
        Outcome::Changed(Id::IfExists) if deletes => {
            model.say("[T] deletes rows on the target; the start asks for its name");
        }
        Outcome::Changed(_) => model.status.text.clear(),
        _ => {}
    }
    // The line to add with goes when the focus leaves it.
    if let Some(wizard) = &mut model.wizard {
        let form = &mut wizard.options.form;
        for section in Section::ALL {
            if form.focused() != Some(Id::New(section)) && form.text(Id::New(section)).is_empty() {
                form.show(Id::New(section), false);
            }
        }
    }
    refit(model);
    Vec::new()
}

/// Enter on a line of a list.
fn edit(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let Some(entry) = wizard.options.entry().cloned() else { return Vec::new() };
    match entry.target {
        Target::Schema(from) => {
            let to = wizard.draft.keys().remap_schemas.get(&from).cloned().unwrap_or_default();
            edit_remap(model, &format!("{from} -> {to}"))
        }
        Target::TableName(table) => {
            let name = shape::entry(&wizard.draft, &table).and_then(|shape| shape.rename.clone());
            edit_remap(model, &format!("{table} -> {}", name.unwrap_or_default()))
        }
        Target::Rule(_) | Target::Switch(_) | Target::Rules => editor::open(model, Subject::Rules),
        Target::Filter(table) => editor::open(model, Subject::Filter { table }),
        Target::Ddl(table) => editor::open(model, Subject::Ddl { table }),
        Target::Table(table) => table::open(model, &table),
    }
}

fn edit_remap(model: &mut Model, text: &str) -> Vec<Cmd> {
    ask_line(model, Section::Remaps, text);
    Vec::new()
}

/// Opens the line to add with.
fn ask_line(model: &mut Model, section: Section, text: &str) {
    if let Some(wizard) = &mut model.wizard {
        let form = &mut wizard.options.form;
        form.show(Id::New(section), true);
        form.set_text(Id::New(section), text);
        form.focus_on(Id::New(section));
    }
    refit(model);
    model.status.text.clear();
    model.dirty = true;
}

fn add(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    let Some(section) = wizard.options.section() else {
        model.say("+ adds to a list; PgDn goes to the lists");
        return Vec::new();
    };
    if wizard.options.put_back(section, &mut wizard.draft) {
        model.say("put back");
        refit(model);
        return Vec::new();
    }
    ask_line(model, section, "");
    Vec::new()
}

fn remove(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    if wizard.options.section().is_none() {
        model.say("- takes out of a list; the cursor is in none");
        return Vec::new();
    }
    match wizard.options.remove(&mut wizard.draft) {
        Some(what) => {
            wizard.pick.forget_columns();
            model.say(format!("taken out: {what}; + puts it back"));
        }
        None => model.say("there is nothing to take out here"),
    }
    refit(model);
    Vec::new()
}

/// Enter in the line to add with.
fn added(model: &mut Model, section: Section) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let text = wizard.options.form.text(Id::New(section)).trim().to_owned();
    if text.is_empty() {
        close_line(model, section);
        return Vec::new();
    }
    let result = match section {
        Section::Remaps => remap(wizard, &text).map(|()| None),
        Section::Filters | Section::Tables | Section::Ddl => known_table(wizard, &text).map(Some),
    };
    let table = match result {
        Ok(table) => table,
        Err(problem) => {
            model.say(problem);
            return Vec::new();
        }
    };
    close_line(model, section);
    match (section, table) {
        (Section::Filters, Some(table)) => editor::open(model, Subject::Filter { table }),
        (Section::Ddl, Some(table)) => editor::open(model, Subject::Ddl { table }),
        (Section::Tables, Some(table)) => table::open(model, &table),
        _ => Vec::new(),
    }
}

fn close_line(model: &mut Model, section: Section) {
    if let Some(wizard) = &mut model.wizard {
        let wizard = &mut **wizard;
        wizard.options.form.set_text(Id::New(section), "");
        wizard.options.renew(&wizard.draft);
    }
    refit(model);
}

/// `crm -> crm_new` for a schema, `crm.orders -> orders_new` for a table.
fn remap(wizard: &mut Wizard, text: &str) -> Result<(), String> {
    let how = "FROM -> TO: crm -> crm_new for a schema, crm.orders -> orders_new for a table";
    let (from, to) = text.split_once("->").ok_or(how)?;
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() || to.is_empty() {
        return Err(how.to_owned());
    }
    wizard.pick.forget_columns();
    if !from.contains('.') {
        let known = wizard.pick.tree.branches.iter().any(|branch| branch.name == from);
        if !known && !wizard.pick.tree.branches.is_empty() {
            return Err(format!("the source has no schema {from:?}"));
        }
        wizard.draft.keys_mut().remap_schemas.insert(from.to_owned(), to.to_owned());
        return Ok(());
    }
    let table = known_table(wizard, from)?;
    if shape::is_pattern(&table) {
        return Err("a pattern stands for many tables: they cannot have one name".to_owned());
    }
    shape::change(&mut wizard.draft, &table, |shape| shape.rename = Some(to.to_owned()));
    Ok(())
}

/// The full name of a table that was read; a name alone will do when there is one of it.
fn known_table(wizard: &Wizard, text: &str) -> Result<String, String> {
    let tree = &wizard.pick.tree;
    if shape::is_pattern(text) || tree.branches.is_empty() || tree.find(text).is_some() {
        return Ok(text.to_owned());
    }
    let leaves = tree.branches.iter().flat_map(|branch| &branch.leaves);
    let named: Vec<&str> =
        leaves.filter(|l| l.table.name == text).map(|leaf| leaf.full.as_str()).collect();
    match named[..] {
        [one] => Ok(one.to_owned()),
        [] => Err(format!("the source has no table {text:?}; patterns with * are allowed")),
        [first, second, ..] => Err(format!("{text} may be {first} or {second}: name its schema")),
    }
}

/// What the survey says of something this page asked: the columns of a table.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    super::pick::news(model, asked, news)
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    let area = panes::sheet(model.columns, model.rows);
    if let Some(wizard) = &mut model.wizard {
        let options = &mut wizard.options;
        let sheet = options.sheet(area.width);
        let line = options.form.focused().and_then(|id| sheet.line_of(id)).unwrap_or(options.top);
        options.top = sheet.scrolled(options.top, line, usize::from(area.height));
    }
}

/// Esc: what it closes within the page; `None`: it goes back a page.
pub fn back(model: &mut Model) -> Option<Vec<Cmd>> {
    if table::is_open(model) {
        return Some(table::close(model));
    }
    let focused = model.wizard.as_ref()?.options.form.focused()?;
    let Id::New(section) = focused else { return None };
    close_line(model, section);
    Some(Vec::new())
}

#[must_use]
pub fn filter_of(wizard: &Wizard) -> &str {
    let _ = wizard;
    ""
}

pub fn set_filter(model: &mut Model, text: &str) {
    let _ = (model, text);
}

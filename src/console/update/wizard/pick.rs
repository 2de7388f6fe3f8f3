//! Page 2: schemas and tables. Every pick is written into the draft at once.

use super::{ask, cancel, next_page, prev_page, table};
use crate::console::commands::{Do, Place};
use crate::console::figures;
use crate::console::keymap::Key;
use crate::console::layout::WIDE;
use crate::console::model::Model;
use crate::console::model::wizard::pick::{
    COLUMNS_REST_MS, Changed, Columns, Counting, How, Parts, PickId, Reading, Thing, Tree, Tri,
};
use crate::console::model::wizard::{Asked, End, Outcome, What, Wizard};
use crate::console::msg::Cmd;
use crate::console::update::{list::movement, prompt};
use crate::protocol::survey::{SurveyAnswer, SurveyNews, SurveyRequest};

fn height(model: &Model) -> usize {
    usize::from(Parts::of(model.columns, model.rows, model.zoomed).list.height)
}

/// The page is opened: the tables are read when these ends were not read yet.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let ends = (wizard.end(End::Source), wizard.end(End::Target));
    let known = matches!(wizard.pick.reading, Reading::Here | Reading::Asked { .. });
    if known && wizard.pick.ends.as_ref() == Some(&ends) {
        // A way out of a finding may have changed what is selected.
        let wizard = &mut **wizard;
        wizard.pick.tree.pick_as(&wizard.draft.keys().selection);
        refit(model);
        return Vec::new();
    }
    read(model)
}

fn read(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let (source, target) = (wizard.end(End::Source), wizard.end(End::Target));
    let pick = &mut wizard.pick;
    if pick.ends.as_ref().is_some_and(|(before, _)| *before != source) {
        pick.tree = Tree::default();
    }
    pick.ends = Some((source.clone(), target.clone()));
    pick.reading = Reading::Asked { progress: String::new() };
    pick.columns.clear();
    ask(model, Place::Pick, What::Tables, SurveyRequest::Tables { source, target })
}

/// A key that goes into a field of the page; `None`: it is no such key.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    table::is_open(model).then(|| table::press(model, key))?
}

/// A paste; `None`: no field is open.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    table::is_open(model).then(|| table::paste(model, text))?
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if table::is_open(model) {
        return table::perform(model, does);
    }
    if let Some(cmds) = buttons(model, does) {
        return cmds;
    }
    let height = height(model);
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    if let Some(to) = movement(does) {
        wizard.pick.tree.go(to, height);
        return Vec::new();
    }
    let failed = matches!(wizard.pick.reading, Reading::Failed { .. } | Reading::Not);
    if does == Do::Open && failed {
        return read(model);
    }
    let tree = &mut wizard.pick.tree;
    match does {
        Do::Left => tree.left(),
        Do::Right => tree.right(height),
        Do::UnfoldAll => {
            let text = if tree.unfold_all() { "all unfolded" } else { "all folded" };
            model.say(text);
        }
        Do::Tick => tick(model),
        Do::MarkAll => tick_all(model, How::All),
        Do::MarkNone => tick_all(model, How::None),
        Do::Invert => tick_all(model, How::Invert),
        Do::Open if matches!(tree.at, Some(Thing::Schema(_))) => tree.fold_other(),
        Do::Open | Do::TableOptions => return open_table(model),
        Do::CountExact => return count(model),
        Do::Filter => return prompt::open_filter(model),
        _ => {}
    }
    refit(model);
    Vec::new()
}

/// Tab goes from the tree to the buttons and round.
fn buttons(model: &mut Model, does: Do) -> Option<Vec<Cmd>> {
    let form = &mut model.wizard.as_mut()?.pick.form;
    let in_tree = form.focused() == Some(PickId::Tree);
    match does {
        Do::NextPane => form.go(true),
        Do::PrevPane => form.go(false),
        Do::Left | Do::Right if !in_tree => form.go(does == Do::Right),
        Do::Open | Do::Tick if !in_tree => {
            return match form.perform(does)? {
                Outcome::Pressed(PickId::Back) => Some(prev_page(model)),
                Outcome::Pressed(PickId::Next) => Some(next_page(model)),
                _ => Some(Vec::new()),
            };
        }
        Do::Down | Do::Up if !in_tree => form.focus_on(PickId::Tree),
        _ => return None,
    }
    Some(Vec::new())
}

fn open_table(model: &mut Model) -> Vec<Cmd> {
    let leaf = model.wizard.as_ref().and_then(|wizard| wizard.pick.tree.selected());
    match leaf.map(|leaf| leaf.full.clone()) {
        Some(full) => table::open(model, &full),
        None => {
            model.say("options are a table's own; the cursor is not on one");
            Vec::new()
        }
    }
}

// --- picking -------------------------------------------------------------------------------------

fn tick(model: &mut Model) {
    let Some(wizard) = &mut model.wizard else { return };
    let tree = &mut wizard.pick.tree;
    let Some(at) = tree.at else { return };
    let changed = tree.tick();
    let filtered = tree.is_filtered();
    let text = match at {
        Thing::Table(b, l) => {
            tree.leaf((b, l)).map(|leaf| match (&leaf.table.obstacle, changed.picked) {
                (Some(obstacle), true) => format!("{} cannot be copied: {obstacle}", leaf.full),
                (_, true) => format!("{} is picked", leaf.full),
                (_, false) => format!("{} is left out", leaf.full),
            })
        }
        Thing::Schema(_) if filtered => Some(shown_text(changed)),
        Thing::Schema(b) => tree.branches.get(b).map(|branch| {
            let tables = figures::counted(branch.leaves.len() as u64, "table");
            match branch.tri() {
                _ if branch.leaves.is_empty() => format!("{} holds no table", branch.name),
                Tri::All => format!(
                    "{} is picked whole, {tables}; one that appears there later comes along",
                    branch.name
                ),
                Tri::Some | Tri::None => format!("{} is left out, {tables}", branch.name),
            }
        }),
    };
    if let Some(text) = text {
        model.say(text);
    }
    write(model);
}

fn tick_all(model: &mut Model, how: How) {
    let Some(wizard) = &mut model.wizard else { return };
    let changed = wizard.pick.tree.tick_all(how);
    let going = wizard.pick.tree.going().tables;
    let text = match how {
        How::Invert => format!("inverted what is shown; {} picked now", tables(going)),
        How::All if changed.hidden == 0 => {
            "everything is picked; schemas and tables that appear later come along".to_owned()
        }
        How::All | How::None => shown_text(Changed { picked: how == How::All, ..changed }),
    };
    model.say(text);
    write(model);
}

fn tables(n: u32) -> String {
    figures::counted(u64::from(n), "table")
}

/// `8 shown tables picked, 56 hidden ones unchanged`.
fn shown_text(changed: Changed) -> String {
    let verb = if changed.picked { "picked" } else { "left out" };
    let shown = figures::counted(u64::from(changed.tables), "shown table");
    match changed.hidden {
        0 => format!("{shown} {verb}"),
        n => format!("{shown} {verb}, {} hidden ones unchanged", figures::grouped(u64::from(n))),
    }
}

/// Puts the picks into the draft as patterns.
fn write(model: &mut Model) {
    let Some(wizard) = &mut model.wizard else { return };
    let kept = wizard.draft.keys().selection.exclude.clone();
    let written = wizard.pick.tree.written(&kept);
    if written.selected != wizard.draft.keys().selection {
        wizard.draft.keys_mut().selection = written.selected;
    }
    if let Some(first) = written.bent.first() {
        let text = format!(
            "{first} goes with another table: their names differ by case or by a * alone, which \
             a job file cannot tell apart"
        );
        model.say(text);
    }
}

// --- what is read --------------------------------------------------------------------------------

fn count(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    if wizard.pick.counting.is_some() {
        model.say("counting already; Esc stops it");
        return Vec::new();
    }
    let names = wizard.pick.tree.going_names();
    if names.is_empty() {
        model.say("nothing is picked, so there is nothing to count");
        return Vec::new();
    }
    let total = u32::try_from(names.len()).unwrap_or(u32::MAX);
    wizard.pick.counting = Some(Counting { since_ms: now, done: 0, total });
    let source = wizard.end(End::Source);
    model.say(format!("counting the rows of {} in the background; Esc stops it", tables(total)));
    ask(model, Place::Pick, What::Count, SurveyRequest::Count { source, tables: names })
}

/// Esc: what it closes within the page; `None`: it goes back a page.
pub fn back(model: &mut Model) -> Option<Vec<Cmd>> {
    if table::is_open(model) {
        return Some(table::close(model));
    }
    let wizard = model.wizard.as_mut()?;
    if !wizard.pick.in_tree() {
        wizard.pick.form.focus_on(PickId::Tree);
        return Some(Vec::new());
    }
    let counting = wizard.pick.counting.take()?;
    let text = format!("stopped after {} of {} tables", counting.done, counting.total);
    model.say(text);
    Some(cancel(model, Place::Pick, &What::Count))
}

/// What the survey says of something this page asked.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    match &asked.what {
        What::Columns { table } => {
            let columns = match news {
                SurveyNews::Answer { answer: SurveyAnswer::Columns { columns, notes } } => {
                    Columns::Here { columns, notes }
                }
                SurveyNews::Failed { what, hint } => Columns::Failed { what, hint },
                _ => return Vec::new(),
            };
            table::columns_have_come(model, table, columns);
        }
        What::Count => counted(model, news),
        _ => tables_news(model, news),
    }
    Vec::new()
}

fn tables_news(model: &mut Model, news: SurveyNews) {
    let Some(wizard) = &mut model.wizard else { return };
    let wizard = &mut **wizard;
    let pick = &mut wizard.pick;
    match news {
        SurveyNews::Progress { text } => pick.reading = Reading::Asked { progress: text },
        SurveyNews::Answer { answer: SurveyAnswer::Tables { schemas } } => {
            let mut tree = Tree::new(schemas);
            tree.like(&pick.tree);
            tree.set_filter(&pick.filter);
            tree.pick_as(&wizard.draft.keys().selection);
            pick.tree = tree;
            pick.reading = Reading::Here;
        }
        SurveyNews::Failed { what, hint } => {
            pick.reading = Reading::Failed { what, hint };
            pick.ends = None;
        }
        _ => {}
    }
    refit(model);
}

fn counted(model: &mut Model, news: SurveyNews) {
    let Some(wizard) = &mut model.wizard else { return };
    let pick = &mut wizard.pick;
    match news {
        SurveyNews::Counted { table, rows } => {
            pick.tree.counted(&table, rows);
            if let Some(counting) = &mut pick.counting {
                counting.done += 1;
            }
        }
        SurveyNews::Answer { answer: SurveyAnswer::Counted { tables: n } } => {
            pick.counting = None;
            model.say(format!("{} counted exactly", tables(n)));
        }
        SurveyNews::Answer { .. } => pick.counting = None,
        SurveyNews::Failed { what, hint } => {
            pick.counting = None;
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            model.say(format!("the count stopped: {what}{hint}"));
        }
        SurveyNews::Progress { .. } => {}
    }
}

/// Columns are read when the cursor has rested on a table, where there is room to show them.
pub fn due(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let wide = model.columns >= WIDE;
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let pick = &mut wizard.pick;
    let Some(full) = pick.tree.selected().map(|leaf| &leaf.full).filter(|_| wide) else {
        pick.rest = None;
        return Vec::new();
    };
    match &pick.rest {
        Some((at, since)) if at == full => {
            if now < since + COLUMNS_REST_MS || pick.columns.contains_key(full) {
                return Vec::new();
            }
            let full = full.clone();
            table::read_columns(model, Place::Pick, &full)
        }
        _ => {
            pick.rest = Some((full.clone(), now));
            Vec::new()
        }
    }
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    let height = height(model);
    if let Some(wizard) = &mut model.wizard {
        wizard.pick.tree.fit(height);
    }
    table::refit(model);
}

#[must_use]
pub fn filter_of(wizard: &Wizard) -> &str {
    if wizard.table.is_open() { "" } else { &wizard.pick.filter }
}

pub fn set_filter(model: &mut Model, text: &str) {
    if let Some(wizard) = &mut model.wizard
        && !wizard.table.is_open()
    {
        text.clone_into(&mut wizard.pick.filter);
        wizard.pick.tree.set_filter(text);
    }
    refit(model);
}

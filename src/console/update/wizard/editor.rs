//! A text of SQL, or rules, in the editor. Nothing of the draft changes until it is saved.

use super::{ask, cancel, preflight, table};
use crate::console::commands::{Do, Place};
use crate::console::keymap::Key;
use crate::console::model::wizard::editor::{BUTTONS, Check, Editor, Focus, Subject, quoted};
use crate::console::model::wizard::pick::Columns;
use crate::console::model::wizard::{Asked, Draft, End, What, shape};
use crate::console::model::{Model, Move};
use crate::console::msg::Cmd;
use crate::console::update::question;
use crate::core::mapping::MapRules;
use crate::protocol::survey::{CheckView, SurveyAnswer, SurveyNews, SurveyRequest};

/// Opens the text of something; the page below is where it closes to.
pub fn open(model: &mut Model, subject: Subject) -> Vec<Cmd> {
    let back = model.place();
    let now = model.now.mono_ms;
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let text = text_of(&wizard.draft, &subject);
    let has_text = text.is_some();
    let text = text.unwrap_or_default();
    let mut editor = Editor::new(subject, &text, back);
    if has_text {
        editor.check = Check::Due { at_ms: now };
    }
    let full = editor.subject.table().unwrap_or_default().to_owned();
    if let Some(Columns::Here { columns, .. }) = wizard.pick.columns.get(&full) {
        editor.columns = Some(columns.clone());
    }
    let one_table = !full.is_empty() && !shape::is_pattern(&full);
    let reads = editor.columns.is_none() && editor.subject.is_source_sql() && one_table;
    let asks_ddl = matches!(editor.subject, Subject::Ddl { .. }) && !has_text && one_table;
    editor.loading = asks_ddl;
    wizard.editor = editor;
    let mut cmds = super::go_to(model, Place::Editor);
    if reads {
        cmds.extend(table::read_columns(model, Place::Editor, &full));
    }
    if asks_ddl && let Some(wizard) = &model.wizard {
        let request = SurveyRequest::Ddl { draft: wizard.survey_draft(), table: full.clone() };
        cmds.extend(ask(model, Place::Editor, What::Ddl { table: full }, request));
    }
    cmds
}

fn text_of(draft: &Draft, subject: &Subject) -> Option<String> {
    let wanted = |table: &str| match shape::is_pattern(table) {
        true => shape::entry(draft, table).cloned().unwrap_or_default(),
        false => draft.shape(&shape::object_name(table)),
    };
    match subject {
        Subject::Filter { table } => wanted(table).filter,
        Subject::Expression { table, column } => wanted(table).expressions.get(column).cloned(),
        Subject::Ddl { table } => wanted(table).ddl,
        Subject::Rules => Some(draft.rules().to_owned()).filter(|text| !text.is_empty()),
        Subject::Conform => None,
    }
}

/// The page is opened.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    refit(model);
    Vec::new()
}

/// Columns of the table have come.
pub fn columns_have_come(editor: &mut Editor, full: &str, columns: &Columns) {
    if editor.subject.table() == Some(full)
        && let Columns::Here { columns, .. } = columns
    {
        editor.columns = Some(columns.clone());
    }
}

/// A key; every letter is a letter. `None`: it means what it means everywhere.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    match key {
        Key::Ctrl('x') => return Some(save(model)),
        Key::Esc => return Some(leave(model)),
        _ => {}
    }
    let height = height(model);
    let editor = &mut model.wizard.as_mut()?.editor;
    if matches!(key, Key::Tab | Key::BackTab) {
        editor.tab(key == Key::Tab);
        return Some(Vec::new());
    }
    let cmds = match editor.focus {
        Focus::Text => {
            if editor.loading {
                return Some(Vec::new());
            }
            let before = editor.text();
            if !editor.key(key, height) {
                return None;
            }
            if editor.text() != before { changed(model) } else { Vec::new() }
        }
        Focus::Columns => press_columns(model, key)?,
        Focus::Button(at) => return press_button(model, at, key),
    };
    refit(model);
    Some(cmds)
}

/// The text changed: an older check is out of date, and a new one is due when typing stops.
fn changed(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let cmds = match check_what(model) {
        Some(what) => cancel(model, Place::Editor, &what),
        None => Vec::new(),
    };
    if let Some(wizard) = &mut model.wizard {
        wizard.editor.typed(now);
    }
    cmds
}

fn press_columns(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    let mark = quote_mark(model);
    let editor = &mut model.wizard.as_mut()?.editor;
    let len = editor.found().len();
    match key {
        Key::Up | Key::Left => editor.list.go(Move::By(-1), len, 1),
        Key::Down | Key::Right => editor.list.go(Move::By(1), len, 1),
        Key::Enter => {
            let at = editor.list.cursor;
            let name = editor.found().get(at).map(|column| quoted(&column.name, mark))?;
            editor.insert_name(&name);
            editor.focus = Focus::Text;
            editor.find.set("");
            editor.list.go(Move::First, len, 1);
            return Some(changed(model));
        }
        key => {
            if !editor.find.key(key) {
                return None;
            }
            editor.list.go(Move::First, len, 1);
        }
    }
    Some(Vec::new())
}

/// How the source quotes names.
fn quote_mark(model: &Model) -> char {
    let wizard = model.wizard.as_ref();
    let url = wizard.and_then(|wizard| wizard.draft.keys().from.clone()).unwrap_or_default();
    let named = model.connections.iter().find(|known| known.name == url);
    let url = named.map_or(url, |known| known.url.clone());
    if ["mysql:", "mariadb:"].iter().any(|scheme| url.starts_with(scheme)) { '`' } else { '"' }
}

fn press_button(model: &mut Model, at: usize, key: Key) -> Option<Vec<Cmd>> {
    let editor = &mut model.wizard.as_mut()?.editor;
    match key {
        Key::Left => editor.focus = Focus::Button((at + BUTTONS.len() - 1) % BUTTONS.len()),
        Key::Right => editor.focus = Focus::Button((at + 1) % BUTTONS.len()),
        Key::Up => editor.focus = Focus::Text,
        Key::Enter | Key::Char(' ') => {
            return Some(match at {
                0 => save(model),
                1 => check_now(model),
                2 => outside(model),
                _ => leave(model),
            });
        }
        Key::Char(_) => model.say("a button has the keys: Tab goes back to the text"),
        _ => return None,
    }
    Some(Vec::new())
}

/// Actions of the table, from the palette or help.
pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    match does {
        Do::SaveText => save(model),
        Do::CheckText => check_now(model),
        Do::OutsideEditor => outside(model),
        _ => Vec::new(),
    }
}

/// What means something else in the editor than elsewhere; `None`: the same.
pub fn before(model: &mut Model, does: Do) -> Option<Vec<Cmd>> {
    matches!(does, Do::Back | Do::Close).then(|| leave(model))
}

/// A paste; `None`: no field is open.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    let editor = &mut model.wizard.as_mut()?.editor;
    let cmds = match editor.focus {
        Focus::Columns => {
            editor.find.paste(text);
            Vec::new()
        }
        Focus::Text if !editor.loading => {
            let lost = editor.paste(text);
            if lost > 0 {
                model.say(format!("the text is full: {lost} characters were not pasted"));
            }
            changed(model)
        }
        Focus::Text | Focus::Button(_) => return None,
    };
    refit(model);
    Some(cmds)
}

fn outside(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &model.wizard else { return Vec::new() };
    vec![Cmd::OutsideEditor { text: wizard.editor.text() }]
}

/// The operator's own editor left this text.
pub fn edited(model: &mut Model, text: &str) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    wizard.editor.replace(text);
    wizard.editor.focus = Focus::Text;
    refit(model);
    changed(model)
}

// --- saving and leaving --------------------------------------------------------------------------

fn save(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    let editor = &wizard.editor;
    if editor.loading {
        model.say("the statement is still on its way; Esc goes back");
        return Vec::new();
    }
    let text = editor.saved_text();
    if editor.subject == Subject::Rules
        && let Err(problem) = MapRules::from_job_file(&text)
    {
        model.say(format!("not saved: {problem}"));
        return Vec::new();
    }
    if editor.subject == Subject::Conform {
        let mut cmds = close(model);
        cmds.extend(preflight::statements_read(model, &text));
        return cmds;
    }
    let phrase = editor.subject.phrase();
    let refused = matches!(&editor.check, Check::Done(check) if !check.valid);
    let said = match (text.is_empty(), editor.changed(), refused) {
        (true, true, _) => format!("the {phrase} is gone"),
        (_, false, _) => format!("the {phrase} is as it was"),
        (_, _, true) => format!("{phrase} saved, though the database refuses it as it is"),
        _ => format!("{phrase} saved"),
    };
    if editor.changed() {
        let given = Some(text.clone()).filter(|text| !text.is_empty());
        match editor.subject.clone() {
            Subject::Filter { table } => {
                shape::change(&mut wizard.draft, &table, |shape| shape.filter = given);
            }
            Subject::Ddl { table } => {
                shape::change(&mut wizard.draft, &table, |shape| shape.ddl = given);
            }
            Subject::Expression { table, column } => {
                shape::change(&mut wizard.draft, &table, |shape| match given {
                    Some(text) => _ = shape.expressions.insert(column, text),
                    None => _ = shape.expressions.remove(&column),
                });
            }
            Subject::Rules => {
                wizard.draft.set_rules(&text);
                wizard.pick.forget_columns();
            }
            Subject::Conform => {}
        }
    }
    let cmds = close(model);
    model.say(said);
    cmds
}

/// Esc: asks when something would be lost.
fn leave(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let editor = &mut wizard.editor;
    if editor.focus != Focus::Text && editor.changed() {
        editor.focus = Focus::Text;
        return Vec::new();
    }
    if editor.changed() && !editor.loading {
        let phrase = editor.subject.phrase();
        return question::drop_text(model, &phrase);
    }
    close(model)
}

/// Back to the page the editor was opened from.
pub fn close(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let wizard = &mut **wizard;
    let back = wizard.editor.back;
    let table = wizard.editor.subject.table().unwrap_or_default().to_owned();
    let mut cmds = Vec::new();
    let under_way = [check_what(model), Some(What::Ddl { table })];
    for what in under_way.into_iter().flatten() {
        cmds.extend(cancel(model, Place::Editor, &what));
    }
    if let Some(wizard) = &mut model.wizard {
        let wizard = &mut **wizard;
        wizard.editor = Editor::default();
        wizard.table.renew(&wizard.draft);
    }
    cmds.extend(super::go_to(model, back));
    cmds
}

// --- the check -----------------------------------------------------------------------------------

fn check_what(model: &Model) -> Option<What> {
    Some(match model.wizard.as_ref()?.editor.subject.clone() {
        Subject::Filter { table } => What::CheckFilter { table },
        Subject::Expression { table, column } => What::CheckExpression { table, column },
        Subject::Ddl { table } => What::CheckDdl { table },
        Subject::Rules | Subject::Conform => return None,
    })
}

/// Checks when typing has stopped for a second.
pub fn due(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let due = model.wizard.as_ref().and_then(|wizard| wizard.editor.due_ms());
    if due.is_some_and(|at| now >= at) { check_now(model) } else { Vec::new() }
}

fn check_now(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let text = wizard.editor.saved_text();
    let draft = wizard.survey_draft();
    let source = wizard.end(End::Source);
    if text.is_empty() {
        wizard.editor.check = Check::None;
        return Vec::new();
    }
    let subject = wizard.editor.subject.clone();
    if subject.table().is_some_and(shape::is_pattern) {
        let note = "a pattern of tables: the preflight looks at each of them".to_owned();
        let lines = vec![("note".to_owned(), note)];
        wizard.editor.check = Check::Done(CheckView { valid: true, lines, ..CheckView::default() });
        return Vec::new();
    }
    let request = match subject {
        Subject::Filter { table } => SurveyRequest::CheckFilter { source, table, filter: text },
        Subject::Expression { table, column } => {
            SurveyRequest::CheckExpression { source, table, column, expression: text }
        }
        Subject::Ddl { table } => SurveyRequest::CheckDdl { draft, table, ddl: text },
        Subject::Rules => {
            wizard.editor.check = Check::Done(check_rules(&text));
            model.dirty = true;
            return Vec::new();
        }
        Subject::Conform => {
            let note = "nothing is tried; they run when you save and agree".to_owned();
            let lines = vec![("note".to_owned(), note)];
            let check = CheckView { valid: true, lines, ..CheckView::default() };
            wizard.editor.check = Check::Done(check);
            model.dirty = true;
            return Vec::new();
        }
    };
    wizard.editor.check = Check::Asked;
    model.dirty = true;
    match check_what(model) {
        Some(what) => ask(model, Place::Editor, what, request),
        None => Vec::new(),
    }
}

/// Rules are read here: no database is needed to know whether they are lawful.
fn check_rules(text: &str) -> CheckView {
    match MapRules::from_job_file(text) {
        Ok(_) => CheckView {
            valid: true,
            lines: vec![(
                "ok".to_owned(),
                "lawful; the preflight shows what they change".to_owned(),
            )],
            ..CheckView::default()
        },
        Err(problem) => {
            let line = problem.strip_prefix("line ").and_then(|rest| {
                rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
            });
            let lines = vec![("error".to_owned(), problem)];
            CheckView { valid: false, lines, line, column: None }
        }
    }
}

/// What the survey says of something this page asked.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    if let What::Columns { table } = &asked.what {
        let columns = match news {
            SurveyNews::Answer { answer: SurveyAnswer::Columns { columns, notes } } => {
                Columns::Here { columns, notes }
            }
            SurveyNews::Failed { what, hint } => Columns::Failed { what, hint },
            _ => return Vec::new(),
        };
        table::columns_have_come(model, table, columns);
        return Vec::new();
    }
    let is_check = check_what(model).as_ref() == Some(&asked.what);
    let Some(wizard) = &mut model.wizard else { return Vec::new() };
    let editor = &mut wizard.editor;
    let is_ddl = matches!((&asked.what, &editor.subject),
        (What::Ddl { table }, Subject::Ddl { table: open }) if table == open);
    match news {
        SurveyNews::Answer { answer: SurveyAnswer::Ddl { text } } if is_ddl => {
            editor.begin(&text);
            editor.loading = false;
        }
        SurveyNews::Failed { what, hint } if is_ddl => {
            editor.loading = false;
            editor.check = Check::Failed { what, hint };
        }
        SurveyNews::Answer { answer: SurveyAnswer::Check(check) } if is_check => {
            editor.check = Check::Done(check);
        }
        SurveyNews::Failed { what, hint } if is_check => {
            editor.check = Check::Failed { what, hint };
        }
        _ => {}
    }
    refit(model);
    Vec::new()
}

/// Lines of the text in view.
fn height(model: &Model) -> usize {
    let panes = model.wizard.as_ref().map(|w| w.editor_panes(model.columns, model.rows));
    usize::from(panes.unwrap_or_default().text.height)
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    if let Some(wizard) = &mut model.wizard {
        let area = wizard.editor_panes(model.columns, model.rows).text;
        // Line numbers stand left of the text.
        wizard.editor.fit(usize::from(area.width.saturating_sub(6)), usize::from(area.height));
    }
}

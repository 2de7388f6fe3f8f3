//! A text of SQL, as a picture: the text, what the database makes of it, columns to put in.

use ratatui::layout::{Position, Rect};

use super::{header, options};
use crate::console::model::Model;
use crate::console::model::wizard::Wizard;
use crate::console::model::wizard::editor::{BUTTONS, Check, Editor, Focus, Subject};
use crate::console::model::wizard::panes::EditorPanes;
use crate::console::shown::{Shown, wrapped};
use crate::console::view::pen::Pen;
use crate::console::view::{draw_keys, place_cursor};
use crate::protocol::survey::CheckView;

/// Columns of the line numbers.
const NUMBER_COLUMNS: u16 = 5;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    let editor = &wizard.editor;
    let panes = wizard.editor_panes(model.columns, model.rows);
    header(model, wizard, pen, Some(&format!("> {}", editor.subject.phrase())));
    if let Some(area) = panes.left {
        options::beside(wizard, pen, area);
        let below = area.bottom();
        pen.bar(area.right(), area.y, below);
    }
    title(editor, pen, &panes);
    text(editor, pen, panes.text);
    check(editor, pen, panes.check);
    if let Some(area) = panes.columns {
        columns(editor, pen, area);
    }
    foot(model, editor, pen);
}

/// `-- WHERE  crm.orders ------------------- line 2, column 18 --`
fn title(editor: &Editor, pen: &mut Pen<'_>, panes: &EditorPanes) {
    let (row, column) = editor.cursor();
    let name = match &editor.subject {
        Subject::Expression { table, column } => format!("{column} of {table}"),
        other => other.table().unwrap_or("in TOML").to_owned(),
    };
    let narrow = panes.title.width < 60;
    let at = match narrow {
        true => format!("{}:{}", row + 1, column + 1),
        false => format!("line {}, column {}", row + 1, column + 1),
    };
    let text = format!("{}  {name}", editor.subject.word());
    pen.rule(panes.title, text, at, editor.focus == Focus::Text);
}

fn text(editor: &Editor, pen: &mut Pen<'_>, area: Rect) {
    let plain = pen.look.plain();
    if editor.loading {
        let text = "the statement is being made as the plan would write it ...";
        pen.put((area.x + 1, area.y), area.width.saturating_sub(1), text, plain);
        return;
    }
    let room = area.width.saturating_sub(NUMBER_COLUMNS + 1);
    let mark = marked(editor);
    for row in 0..usize::from(area.height) {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        let at = editor.top + row;
        pen.right((area.x, y), NUMBER_COLUMNS, (at + 1).to_string(), plain);
        let Some(line) = editor.lines().get(at) else { continue };
        let from: String = line.chars().skip(editor.left).collect();
        let x = area.x + NUMBER_COLUMNS + 1;
        if editor.left > 0 && !line.is_empty() {
            pen.put((x - 1, y), 1, "<", plain);
        }
        pen.put((x, y), room, from, plain);
        if let Some((bad, column)) = mark
            && bad == at
        {
            point_at(editor, pen, (x, y, room), line, column);
        }
    }
    if editor.focus == Focus::Text {
        let (row, _) = editor.cursor();
        let y = area.y + u16::try_from(row.saturating_sub(editor.top)).unwrap_or(0);
        let width = Shown::from(editor.before_cursor()).width();
        let x = area.x + NUMBER_COLUMNS + 1 + u16::try_from(width).unwrap_or(0);
        pen.cursor = Some(Position { x: x.clamp(0, area.right().saturating_sub(1)), y });
    }
}

/// Where the trouble is: line, and character in it, from 0.
fn marked(editor: &Editor) -> Option<(usize, Option<usize>)> {
    let Check::Done(check) = &editor.check else { return None };
    let line = check.line?.checked_sub(1)?;
    let column = check.column.and_then(|column| column.checked_sub(1));
    Some((usize::try_from(line).ok()?, column.and_then(|column| usize::try_from(column).ok())))
}

fn point_at(
    editor: &Editor,
    pen: &mut Pen<'_>,
    (x, y, room): (u16, u16, u16),
    line: &str,
    column: Option<usize>,
) {
    pen.put((x.saturating_sub(1), y), 1, "!", pen.look.bold());
    let Some(column) = column.filter(|column| *column >= editor.left) else { return };
    let before: String = line.chars().take(column).skip(editor.left).collect();
    let at = u16::try_from(Shown::from(before).width()).unwrap_or(u16::MAX);
    if at < room {
        pen.restyle(Rect::new(x + at, y, 1, 1), pen.look.alarm());
    }
}

fn check(editor: &Editor, pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let what = match (&editor.subject, area.width < 60) {
        (Subject::Filter { .. }, false) => "Check  (EXPLAIN and a row estimate, changes nothing)",
        (Subject::Expression { .. }, false) => "Check  (type and values, changes nothing)",
        (Subject::Ddl { .. }, false) => "Check  (tried on the target, leaves nothing behind)",
        (Subject::Rules, false) => "Check  (read here, asks no database)",
        (Subject::Conform, false) => "Ctrl-X keeps them and asks whether to run them",
        (_, true) => "Check",
    };
    pen.rule(area, what, "", false);
    let lines = check_lines(editor);
    let mut y = area.y + 1;
    for (label, text) in lines {
        let bold = label == "error";
        let style = if bold { pen.look.bold() } else { pen.look.plain() };
        let x = area.x + if area.width < 60 { 7 } else { 11 };
        let room = area.right().saturating_sub(x);
        if y < area.bottom() {
            pen.put((area.x + 1, y), x - area.x - 1, label, style);
        }
        for line in wrapped(&text, usize::from(room)) {
            if y >= area.bottom() {
                // What has no room is not lost without a word.
                pen.put((area.right().saturating_sub(2), area.bottom() - 1), 2, " >", style);
                return;
            }
            pen.put((x, y), room, line, style);
            y += 1;
        }
    }
}

fn check_lines(editor: &Editor) -> Vec<(String, String)> {
    let one = |label: &str, text: String| vec![(label.to_owned(), text)];
    match &editor.check {
        Check::None if editor.loading => Vec::new(),
        Check::None => one("", "nothing to check yet".to_owned()),
        Check::Due { .. } => one("...", "checked when typing stops".to_owned()),
        Check::Asked => one("...", "being checked".to_owned()),
        Check::Failed { what, hint } => {
            let mut lines = one("error", what.clone());
            lines.extend(hint.iter().map(|hint| ("hint".to_owned(), hint.clone())));
            lines
        }
        Check::Done(CheckView { valid, lines, line, column }) => {
            let mut lines = lines.clone();
            if let (false, Some(line)) = (valid, line) {
                let column = column.map(|column| format!(", column {column}")).unwrap_or_default();
                lines.push(("where".to_owned(), format!("line {line}{column}")));
            }
            lines
        }
    }
}

fn columns(editor: &Editor, pen: &mut Pen<'_>, area: Rect) {
    let focused = editor.focus == Focus::Columns;
    let title = match area.width {
        0..60 => "Columns  (Tab)",
        _ => "Columns  (Tab here, type to find, Enter puts the name into the text)",
    };
    pen.rule(area, title, "", focused);
    let plain = pen.look.plain();
    let mut top = area.y + 1;
    if focused {
        let x = pen.put((area.x + 1, top), 6, "find: ", plain);
        pen.put((x, top), area.right().saturating_sub(x), editor.find.text(), plain);
        place_cursor(pen, x, top, &editor.find.before_cursor());
        top += 1;
    }
    if editor.columns.is_none() {
        pen.put((area.x + 1, top), area.width.saturating_sub(1), "not read yet", plain);
        return;
    }
    let found = editor.found();
    let at = editor.list.cursor;
    // They flow like words; what is before the chosen one gives way when there is no room.
    let (mut x, mut y) = (area.x + 1, top);
    for (i, column) in found.iter().enumerate().skip(at.saturating_sub(3)) {
        let text = format!("{} {}", column.name, column.source_type);
        let width = u16::try_from(Shown::from(text.as_str()).width()).unwrap_or(u16::MAX);
        if x > area.x + 1 && width > area.right().saturating_sub(x) {
            (x, y) = (area.x + 1, y + 1);
        }
        if y >= area.bottom() {
            return;
        }
        let end = pen.put((x, y), area.right().saturating_sub(x), text, plain);
        if focused && i == at {
            pen.restyle(Rect::new(x, y, end.saturating_sub(x), 1), pen.look.cursor());
        }
        x = end + 3;
    }
    if found.is_empty() {
        pen.put((area.x + 1, y), area.width.saturating_sub(1), "no column of that name", plain);
    }
}

/// Status line, and the buttons in the key line.
fn foot(model: &Model, editor: &Editor, pen: &mut Pen<'_>) {
    let (columns, rows) = (pen.columns(), pen.rows());
    let standing = "the editor works on a copy: nothing changes until you save";
    let said = if model.status_is_fresh() { model.status.text.as_str() } else { standing };
    pen.put((1, rows.saturating_sub(2)), columns.saturating_sub(1), said, pen.look.plain());
    let row = rows.saturating_sub(1);
    if model.overlay.is_some() || model.frozen {
        return draw_keys(model, pen, row);
    }
    let bar = pen.look.bar();
    // In a narrow window the buttons are words alone.
    let text = |label: &str| match columns {
        0..56 => label.to_owned(),
        _ => format!("[ {label} ]"),
    };
    let wide = |label: &str| u16::try_from(text(label).len() + 2).unwrap_or(0);
    let wanted: u16 = BUTTONS.iter().map(|label| wide(label)).sum();
    let left = columns.saturating_sub(wanted + 1);
    let keys = match left {
        0..12 => "",
        12..32 => "^X save",
        _ => "Ctrl-X save, close   Esc cancel",
    };
    pen.put((1, row), left.saturating_sub(1), keys, bar);
    pen.restyle(Rect::new(0, row, columns, 1), bar);
    let mut x = left + 2;
    for (at, label) in BUTTONS.iter().enumerate() {
        let width = wide(label) - 2;
        let here = editor.focus == Focus::Button(at);
        if here {
            // The bar is reversed: what has the focus is not.
            pen.clear(Rect::new(x, row, width, 1));
        }
        let style = if here { pen.look.bold() } else { bar };
        pen.put((x, row), columns.saturating_sub(x), text(label), style);
        x += width + 2;
    }
}

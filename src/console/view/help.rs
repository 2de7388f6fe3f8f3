//! The action table as a list to search; in a wide window in two columns.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{draw_keys, header, piece, place_cursor};
use crate::console::commands::Action;
use crate::console::keymap::Keymap;
use crate::console::layout;
use crate::console::model::{Help, Model};
use crate::console::update::{help_actions, help_matches};

/// Lines of a chosen action's text.
const TEXT_LINES: u16 = 3;

pub fn draw(model: &Model, help: &Help, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let found = help_matches(help, &model.keymap, model.read_only);
    let total = help_actions(help, model.read_only).count();
    head(model, help, pen);
    let typed = help.field.text().trim();
    let title = match typed {
        "" => format!("{total} actions"),
        _ => format!("{} of {total} actions match \"{typed}\"", found.len()),
    };
    pen.rule(Rect::new(0, 1, w, 1), title, "", true);
    let lines = layout::help_lines(h);
    let tables = if w >= layout::WIDE { 2 } else { 1 };
    let top = help.list.top.clamp(0, found.len());
    for number in 0..tables {
        let columns = Columns::of(w, number, tables);
        columns.heads(pen);
        let from = top + usize::from(number) * lines;
        for (row, action) in found.iter().skip(from).take(lines).enumerate() {
            let y = 3 + u16::try_from(row).unwrap_or(0);
            let chosen = from + row == help.list.cursor;
            columns.line(pen, y, action, &model.keymap, chosen);
        }
    }
    if found.is_empty() {
        let elsewhere = if help.all { "" } else { "; Tab looks on all screens" };
        pen.put((3, 3), w - 3, format!("no action is described by that{elsewhere}"), plain(pen));
    }
    if layout::help_has_detail(h) {
        detail(model, pen, h, found.get(help.list.cursor).copied());
    }
    draw_keys(model, pen, h - 1);
}

fn plain(pen: &Pen<'_>) -> ratatui::style::Style {
    pen.look.plain()
}

/// `Help   Run screen                     type to search: pa_`
fn head(model: &Model, help: &Help, pen: &mut Pen<'_>) {
    let w = pen.columns();
    let place =
        if help.all { "all screens".to_owned() } else { format!("{} screen", help.place.word()) };
    let mut pieces = vec![piece("Help", 0), piece(place, 1)];
    if model.read_only {
        pieces.push(piece("[RO]", 0));
    }
    header(pen, pieces);
    let bar = pen.look.bar();
    let label = "type to search: ";
    let wide = u16::try_from(label.len()).unwrap_or(0);
    let room = if w >= 60 { 30 } else { 12 };
    let x = w.saturating_sub(wide + room);
    // A window without room for the label still shows what is typed.
    let x = if w >= 48 { pen.put((x, 0), wide, label, bar) } else { w.saturating_sub(room) };
    pen.put((x, 0), room, help.field.text(), bar);
    pen.restyle(Rect::new(0, 0, w, 1), bar);
    place_cursor(pen, x, 0, &help.field.before_cursor());
}

/// Where the columns of one table stand.
struct Columns {
    left: u16,
    title: u16,
    /// Without room there is no such column.
    shell: u16,
    right: u16,
}

/// From the left edge of a table.
const KEY_AT: u16 = 3;
const TITLE_AT: u16 = 15;
const SAFETY: u16 = 7;

impl Columns {
    fn of(w: u16, number: u16, tables: u16) -> Columns {
        let width = w / tables;
        let title = 28;
        let shell = width.saturating_sub(TITLE_AT + title + SAFETY + 2);
        let (title, shell) = if shell < 12 {
            (width.saturating_sub(TITLE_AT + SAFETY + 1), 0)
        } else {
            (title, shell)
        };
        Columns { left: number * width, title, shell, right: (number + 1) * width }
    }

    fn heads(&self, pen: &mut Pen<'_>) {
        let style = plain(pen);
        pen.put((self.left + KEY_AT, 2), 11, "key", style);
        pen.put((self.left + TITLE_AT, 2), self.title, "action", style);
        pen.put((self.shell_at(), 2), self.shell, "in a shell", style);
        pen.put((self.right.saturating_sub(SAFETY), 2), SAFETY, "safety", style);
    }

    fn shell_at(&self) -> u16 {
        self.left + TITLE_AT + self.title + 1
    }

    fn line(&self, pen: &mut Pen<'_>, y: u16, action: &Action, keymap: &Keymap, chosen: bool) {
        let style = if chosen { pen.look.bold() } else { plain(pen) };
        if chosen {
            pen.put((self.left + 1, y), 1, ">", style);
        }
        let keys = keymap.shown(action);
        let keys = match keys.as_str() {
            "" => format!(":{}", action.verb_before_value()),
            _ => keys,
        };
        pen.put((self.left + KEY_AT, y), 11, keys, style);
        pen.put((self.left + TITLE_AT, y), self.title, action.title, style);
        pen.put((self.shell_at(), y), self.shell, in_a_shell(action), style);
        let safety = match action.tier.word() {
            "" => "-",
            word => word,
        };
        pen.put((self.right.saturating_sub(SAFETY), y), SAFETY, safety, style);
        if chosen {
            let width = TITLE_AT + self.title - 2;
            pen.restyle(Rect::new(self.left + 2, y, width, 1), pen.look.cursor());
        }
    }
}

fn in_a_shell(action: &Action) -> String {
    match (action.shell.is_empty(), action.verb.is_empty()) {
        (false, _) => format!("tidegate {}", action.shell),
        (true, false) => format!(":{}", action.verb),
        (true, true) => "-".to_owned(),
    }
}

/// The chosen action in full, and where this list comes from.
fn detail(model: &Model, pen: &mut Pen<'_>, h: u16, action: Option<&Action>) {
    let w = pen.columns();
    let area = Rect::new(0, h - 10, w, 5);
    let style = plain(pen);
    if let Some(action) = action {
        let name = match model.keymap.shown(action) {
            keys if keys.is_empty() => format!(":{}", action.verb),
            keys => keys,
        };
        pen.rule(area, format!("{name}   {}", action.title), action.id, false);
        let mut text = model.keymap.fill(action.help);
        if !action.states.is_empty() {
            text.push_str(&format!(" States: {}.", action.states));
        }
        super::table::text_lines(pen, Rect::new(0, area.y + 1, w, TEXT_LINES), &text);
        let mut twins = Vec::new();
        if !action.verb.is_empty() {
            twins.push(format!(":{}", action.verb));
        }
        if !action.shell.is_empty() {
            twins.push(format!("tidegate {}", action.shell));
        }
        pen.put((1, area.y + 4), w - 1, twins.join("     "), style);
    }
    pen.rule(Rect::new(0, h - 5, w, 1), "About this list", "", false);
    let own = match (model.keymap.changes(), model.keymap.file.as_str()) {
        (_, "") => String::new(),
        (1, file) => format!(", with your changes in it ({file}, 1 change)"),
        (n, file) => format!(", with your changes in it ({file}, {n} changes)"),
    };
    let text = format!("It is printed from the table the program reads its keys from{own}.");
    super::table::text_lines(pen, Rect::new(0, h - 4, w, 2), &text);
    let text = "safety: \"undo\" one key takes it back, \"asks\" y, \"types\" a name.";
    pen.put((1, h - 2), w - 1, text, style);
}

//! The action table as a list to search.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{draw_keys, header, piece, place_cursor};
use crate::console::commands::{ACTIONS, Action};
use crate::console::layout;
use crate::console::model::{Help, Model};
use crate::console::update::{help_height, help_matches};

pub fn draw(model: &Model, help: &Help, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let all = if help.all { "all screens" } else { help.place.word() };
    header(pen, vec![piece("Help", 0), piece(format!("for: {all}"), 1)]);
    let x = pen.put((1, 1), 20, "type to search: ", pen.look.plain());
    pen.put((x, 1), w.saturating_sub(x), help.field.text(), pen.look.bold());
    place_cursor(pen, x, 1, &help.field.before_cursor());
    let found = help_matches(help);
    let total = ACTIONS.iter().filter(|a| help.all || a.at(help.place)).count();
    let title = format!("{} of {total} actions", found.len());
    pen.rule(Rect::new(0, 2, w, 1), title, "", true);
    let wide = w >= layout::WIDE;
    let columns = Columns::of(w, wide);
    let plain = pen.look.plain();
    pen.put((3, 3), 11, "key", plain);
    pen.put((15, 3), columns.title, "action", plain);
    pen.put((columns.shell_at, 3), columns.shell, "in a shell", plain);
    pen.put((w.saturating_sub(7), 3), 7, "safety", plain);
    let lines = help_height(h);
    let top = help.list.top.clamp(0, found.len());
    let end = (top + lines).clamp(0, found.len());
    for (row, action) in found[top..end].iter().enumerate() {
        let y = 4 + u16::try_from(row).unwrap_or(0);
        action_line(pen, y, action, &columns, top + row == help.list.cursor);
    }
    if h >= 24 {
        detail(pen, h, found.get(help.list.cursor).copied());
    }
    draw_keys(model, pen, h - 1);
}

struct Columns {
    title: u16,
    shell_at: u16,
    shell: u16,
}

impl Columns {
    fn of(w: u16, wide: bool) -> Columns {
        let title = if wide { 40 } else { 28 };
        let shell_at = 15 + title + 1;
        Columns { title, shell_at, shell: w.saturating_sub(shell_at + 8) }
    }
}

fn action_line(pen: &mut Pen<'_>, y: u16, action: &Action, c: &Columns, selected: bool) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    if selected {
        pen.put((1, y), 1, ">", style);
    }
    pen.put((3, y), 11, keys_of(action), style);
    pen.put((15, y), c.title, action.title, style);
    let shell = match (action.shell.is_empty(), action.verb.is_empty()) {
        (false, _) => format!("tidegate {}", action.shell),
        (true, false) => format!(":{}", action.verb),
        (true, true) => "-".to_owned(),
    };
    pen.put((c.shell_at, y), c.shell, shell, style);
    let w = pen.columns();
    pen.put((w.saturating_sub(7), y), 7, action.tier.word(), style);
    if selected {
        pen.restyle(Rect::new(2, y, 12 + c.title, 1), pen.look.cursor());
    }
}

/// `0-9` in place of ten digits.
fn keys_of(action: &Action) -> String {
    match action.keys {
        [] => String::new(),
        [first, .., last] if action.keys.len() > 3 => format!("{first}-{last}"),
        keys => keys.join(" "),
    }
}

fn detail(pen: &mut Pen<'_>, h: u16, action: Option<&Action>) {
    let w = pen.columns();
    let area = Rect::new(0, h - 9, w, 8);
    let plain = pen.look.plain();
    if let Some(action) = action {
        let title = match action.keys.first() {
            Some(key) => format!("{key}   {}", action.title),
            None => format!(":{}   {}", action.verb, action.title),
        };
        pen.rule(area, title, action.id, false);
        let body = Rect::new(0, area.y + 1, w, 4);
        super::table::text_lines(pen, body, action.help);
    }
    pen.rule(Rect::new(0, h - 4, w, 1), "About this list", "", false);
    let text = "It is printed from the table the program reads its keys from.";
    pen.put((1, h - 3), w - 1, text, plain);
    let text = "safety: \"undo\" one key takes it back, \"asks\" y, \"types\" a name.";
    pen.put((1, h - 2), w - 1, text, plain);
}

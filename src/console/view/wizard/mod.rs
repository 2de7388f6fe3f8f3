//! The wizard's frame: where we are, the page, what just happened, keys and buttons.

mod connect;
mod editor;
pub mod form;
mod options;
mod pick;
mod preflight;
mod sheet;
mod table;

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{draw_keys, keys_text, prompt_line};
use crate::console::commands::Place;
use crate::console::model::Model;
use crate::console::model::wizard::{Form, Wizard};
use crate::console::shown::Shown;

/// Names of the pages in the header.
const STEPS: [(Place, &str); 4] = [
    (Place::Connect, "1 Connect"),
    (Place::Pick, "2 Pick"),
    (Place::Options, "3 Options"),
    (Place::Preflight, "4 Preflight"),
];

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    match model.place() {
        Place::Pick => pick::draw(model, wizard, pen),
        Place::Options => options::draw(model, wizard, pen),
        Place::Preflight => preflight::draw(model, wizard, pen),
        Place::Editor => editor::draw(model, wizard, pen),
        _ => connect::draw(model, wizard, pen),
    }
}

/// `new job   1 Connect > 2 Pick > 3 Options > 4 Preflight        draft crm-nov`, reversed, with
/// the open page in bold; `inside` stands for the pages where something lies over one.
pub fn header(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>, inside: Option<&str>) {
    let bar = pen.look.bar();
    let columns = pen.columns();
    let line = Rect::new(0, 0, columns, 1);
    pen.restyle(line, bar);
    let name = format!("draft {}", wizard.draft.name);
    let wanted = u16::try_from(Shown::from(name.as_str()).width()).unwrap_or(0);
    let place = model.place();
    let narrow = columns < 60;
    let mut x = pen.put((1, 0), 12, if narrow { "new" } else { "new job" }, bar) + 2;
    match inside {
        Some(text) => {
            x = pen.put((x, 0), columns.saturating_sub(x + wanted + 2), text, bar);
        }
        None if narrow => {
            let at = STEPS.iter().find(|(page, _)| *page == place).map_or("", |(_, step)| step);
            x = pen.put((x, 0), 14, format!("{at} of 4"), bar);
        }
        None => {
            x += 1;
            for (i, (page, step)) in STEPS.iter().enumerate() {
                let style = if *page == place { pen.look.bold() } else { bar };
                if i > 0 {
                    x = pen.put((x, 0), 3, " > ", bar);
                }
                x = pen.put((x, 0), 14, *step, style);
            }
        }
    }
    let room = columns.saturating_sub(x + 2);
    let width = if wanted < room { wanted } else { room };
    pen.put((columns.saturating_sub(width + 1), 0), width, name, bar);
    pen.restyle(line, bar);
}

/// The rows between title and status line.
#[must_use]
pub fn body(pen: &Pen<'_>) -> Rect {
    Rect::new(0, 2, pen.columns(), pen.rows().saturating_sub(4))
}

/// Status line and, below it, the keys of the page with its buttons on the right.
pub fn bottom<Id: Copy + PartialEq>(
    model: &Model,
    pen: &mut Pen<'_>,
    form: &Form<Id>,
    buttons: &[(Id, &str)],
    standing: &str,
) {
    let (columns, rows) = (pen.columns(), pen.rows());
    let status = rows.saturating_sub(2);
    if !prompt_line(model, pen, status) {
        let text = if model.status_is_fresh() { model.status.text.as_str() } else { standing };
        pen.put((1, status), columns - 1, text, pen.look.plain());
    }
    let row = rows.saturating_sub(1);
    if model.overlay.is_some() || model.frozen {
        return draw_keys(model, pen, row);
    }
    let width = |label: &str| u16::try_from(label.len() + 6).unwrap_or(0);
    let wanted: u16 = buttons.iter().map(|(_, label)| width(label)).sum();
    let left = columns.saturating_sub(wanted + 1);
    let in_table = model.wizard.as_ref().is_some_and(|wizard| wizard.table.is_open());
    let keys = if model.in_text_field() {
        field_keys(left).to_owned()
    } else if in_table {
        match left {
            0..40 => "Space Enter Tab Esc".to_owned(),
            _ => "Space choose   Enter open   Tab field   Esc back".to_owned(),
        }
    } else {
        keys_text(model, usize::from(left), columns < 60)
    };
    pen.restyle(Rect::new(0, row, columns, 1), pen.look.bar());
    pen.put((1, row), left.saturating_sub(1), keys, pen.look.bar());
    pen.restyle(Rect::new(0, row, columns, 1), pen.look.bar());
    let mut x = left;
    for (id, label) in buttons {
        let bar = pen.look.bar();
        pen.put((x, row), 2, "  ", bar);
        let end = form::button(pen, form, *id, (x + 2, row), label);
        if form.focused() != Some(*id) {
            pen.restyle(Rect::new(x + 2, row, end - x - 2, 1), bar);
        }
        x = end;
    }
}

/// Letters are letters now: what the other keys do.
fn field_keys(room: u16) -> &'static str {
    const LINES: [&str; 4] = [
        "letters go into the field   Tab next field   Ctrl-U empty   Ctrl-X next page   Esc back",
        "Tab next field   Ctrl-X next page   Esc back",
        "Tab field  Ctrl-X next  Esc back",
        "Tab  Esc",
    ];
    let room = usize::from(room);
    LINES.into_iter().find(|line| line.len() + 2 <= room).unwrap_or("Tab")
}

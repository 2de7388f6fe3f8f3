//! A long form, as much of it as is in view.

use ratatui::layout::Rect;

use super::form;
use crate::console::model::wizard::sheet::{Piece, Placed, Sheet};
use crate::console::model::wizard::{Control, Form};
use crate::console::view::pen::Pen;

/// Draws the lines from `top`. `live`: the focus is here.
pub fn draw<Id: Copy + PartialEq>(
    pen: &mut Pen<'_>,
    area: Rect,
    form: &Form<Id>,
    sheet: &Sheet<Id>,
    (top, live): (usize, bool),
) {
    let bottom = top + usize::from(area.height);
    for placed in sheet.placed.iter().filter(|p| (top..bottom).contains(&p.line)) {
        let row = u16::try_from(placed.line - top).unwrap_or(0);
        piece(pen, area, form, placed, (area.y + row, live));
    }
    for placed in sheet.placed.iter().filter(|p| (top..bottom).contains(&p.line)) {
        // A line of a list shows the focus as a whole.
        if let Piece::Entry { id } = placed.piece
            && live
            && form.focused() == Some(id)
        {
            let y = area.y + u16::try_from(placed.line - top).unwrap_or(0);
            let line = Rect::new(area.x, y, area.width, 1);
            pen.put((area.x, y), 1, ">", pen.look.bold());
            pen.restyle(line, pen.look.cursor());
        }
    }
}

fn piece<Id: Copy + PartialEq>(
    pen: &mut Pen<'_>,
    area: Rect,
    form: &Form<Id>,
    placed: &Placed<Id>,
    (y, live): (u16, bool),
) {
    let x = area.x + placed.x;
    let room = area.right().saturating_sub(x);
    let width_in = |width: u16| if width < room { width } else { room };
    let plain = pen.look.plain();
    let before = pen.cursor;
    match &placed.piece {
        Piece::Title { text, note } => {
            pen.rule(Rect::new(area.x, y, area.width, 1), text, note, false);
        }
        Piece::Text { text, width } => _ = pen.put((x, y), width_in(*width), text, plain),
        Piece::Field { id, width, empty } => {
            let width = width_in(width + 4);
            if form.is_shown(*id) {
                form::control(pen, form, *id, (x, y), width);
                if form.text(*id).is_empty() && form.focused() != Some(*id) {
                    pen.put((x + 2, y), width.saturating_sub(4), empty, plain);
                }
            }
        }
        Piece::Tick { id, text } => {
            let end = form::control(pen, form, *id, (x, y), room);
            pen.put((end + 1, y), area.right().saturating_sub(end + 1), text, plain);
        }
        Piece::Radio { id, at, text } => {
            let chosen = matches!(
                form.get(*id).map(|item| &item.control),
                Some(Control::Choice { at: chosen, .. }) if chosen == at
            );
            let mark = if chosen { "(*)" } else { "( )" };
            let end = pen.put((x, y), room, format!("{mark} {text}"), plain);
            if chosen && live && form.focused() == Some(*id) {
                pen.restyle(Rect::new(x, y, end.saturating_sub(x), 1), pen.look.cursor());
            }
        }
        Piece::Button { id } => {
            if live && form.focused() == Some(*id) {
                pen.restyle(Rect::new(x, y, room, 1), pen.look.cursor());
            }
        }
        Piece::Entry { .. } => {}
    }
    if !live {
        pen.cursor = before;
    }
}

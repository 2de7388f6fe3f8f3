//! Controls of a form, drawn where a page wants them. The one with the focus is marked, and a text
//! field has the terminal's cursor.

use ratatui::layout::{Position, Rect};

use crate::console::model::wizard::{Control, Form};
use crate::console::shown::Shown;
use crate::console::view::pen::Pen;

/// Draws a control in at most `width` columns; gives the column behind it. Nothing is drawn of one
/// that is hidden.
pub fn control<Id: Copy + PartialEq>(
    pen: &mut Pen<'_>,
    form: &Form<Id>,
    id: Id,
    (x, y): (u16, u16),
    width: u16,
) -> u16 {
    let Some(item) = form.get(id).filter(|item| !item.hidden) else {
        return x;
    };
    let focused = form.focused() == Some(id);
    let end = match &item.control {
        Control::Text(field) => {
            return text(pen, (x, y), width, field.text(), &field.before_cursor(), focused);
        }
        Control::Secret(password) => {
            let dots = "*".repeat(password.dots());
            return text(pen, (x, y), width, &dots, &dots, focused);
        }
        Control::Choice { options, at } => {
            let option = options.get(*at).map_or("", String::as_str);
            let room = width.saturating_sub(6);
            let end = pen.put((x, y), 2, "[ ", pen.look.plain());
            let end = pen.put((end, y), room, option, pen.look.plain());
            pen.put((end, y), 4, " v ]", pen.look.plain())
        }
        Control::Tick(on) => {
            pen.put((x, y), width, if *on { "[x]" } else { "[ ]" }, pen.look.plain())
        }
        Control::Button => x,
    };
    if focused {
        pen.restyle(Rect::new(x, y, end.saturating_sub(x), 1), pen.look.cursor());
    }
    end
}

/// `(*) copy   ( ) verify`: every option of a choice, in one line; gives the column behind.
pub fn radio<Id: Copy + PartialEq>(
    pen: &mut Pen<'_>,
    form: &Form<Id>,
    id: Id,
    (x, y): (u16, u16),
    options: std::ops::Range<usize>,
) -> u16 {
    let Some(item) = form.get(id).filter(|item| !item.hidden) else {
        return x;
    };
    let Control::Choice { options: texts, at } = &item.control else {
        return x;
    };
    let focused = form.focused() == Some(id);
    let mut end = x;
    for (i, option) in texts.iter().enumerate().take(options.end).skip(options.start) {
        let from = if i == options.start { end } else { end + 3 };
        let mark = if i == *at { "(*) " } else { "( ) " };
        let after = pen.put((from, y), 4, mark, pen.look.plain());
        end = pen.put((after, y), u16::MAX, option, pen.look.plain());
        if focused && i == *at {
            pen.restyle(Rect::new(from, y, end.saturating_sub(from), 1), pen.look.cursor());
        }
    }
    end
}

/// `[ Next > ]`
pub fn button<Id: Copy + PartialEq>(
    pen: &mut Pen<'_>,
    form: &Form<Id>,
    id: Id,
    at: (u16, u16),
    label: &str,
) -> u16 {
    let style = pen.look.bold();
    let end = pen.put(at, u16::MAX, format!("[ {label} ]"), style);
    if form.focused() == Some(id) {
        pen.restyle(Rect::new(at.0, at.1, end - at.0, 1), pen.look.cursor());
    }
    end
}

/// `[ text        ]`; the end of a long text is in view, where the cursor is.
fn text(
    pen: &mut Pen<'_>,
    (x, y): (u16, u16),
    width: u16,
    text: &str,
    before: &str,
    focused: bool,
) -> u16 {
    let inner = width.saturating_sub(4);
    let end = x + width;
    pen.put((x, y), 1, "[", pen.look.plain());
    pen.put((end.saturating_sub(1), y), 1, "]", pen.look.plain());
    let room = usize::from(inner);
    let at = Shown::from(before).width();
    if !focused || at < room {
        pen.put((x + 2, y), inner, text, pen.look.plain());
    } else {
        // The cursor is behind the field's end: the text is shown from further on.
        let mut rest = text;
        let mut skipped = 0;
        while at - skipped >= room && !rest.is_empty() {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            skipped += Shown::from(&rest[..first]).width();
            rest = &rest[first..];
        }
        pen.put((x + 2, y), inner, rest, pen.look.plain());
        let shown = u16::try_from(at - skipped).unwrap_or(0);
        pen.cursor = Some(Position { x: x + 2 + shown, y });
        return end;
    }
    if focused {
        let shown = u16::try_from(at).unwrap_or(0);
        pen.cursor = Some(Position { x: x + 2 + shown, y });
        pen.put((x, y), 1, "[", pen.look.bold());
        pen.put((end.saturating_sub(1), y), 1, "]", pen.look.bold());
    }
    end
}

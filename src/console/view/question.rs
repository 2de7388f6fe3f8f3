//! A question over the lower half of its screen.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{draw_keys, place_cursor};
use crate::console::field::Field;
use crate::console::model::{Model, Question};

pub fn draw(model: &Model, question: &Question, pen: &mut Pen<'_>) {
    if question.field.is_none() {
        return one_line(model, question, pen);
    }
    let (w, h) = (pen.columns(), pen.rows());
    let reason_rows = if question.reason.is_some() { 3 } else { 0 };
    let text_rows = u16::try_from(question.lines.len()).unwrap_or(6);
    let height = 10 + text_rows + reason_rows;
    // In a low window the frame of blank lines goes first.
    let tight = height + 2 > h;
    let height = if tight { 6 + text_rows + reason_rows } else { height };
    let top = h.saturating_sub(height + 2);
    let area = Rect::new(0, top, w, h - 1 - top);
    pen.clear(area);
    let mut y = top;
    double_rule(pen, y);
    y += 1;
    pen.put((3, y), w - 3, &question.title, pen.look.bold());
    y += if tight { 1 } else { 2 };
    for line in &question.lines {
        pen.put((3, y), w - 4, line, pen.look.plain());
        y += 1;
    }
    y += u16::from(!tight);
    if let Some(reason) = &question.reason {
        pen.put((3, y), w - 3, "Reason, kept in the history:", pen.look.plain());
        field(pen, y + 1, w.saturating_sub(8), reason, question.in_reason);
        y += 3;
    }
    let name = question.name.as_deref().unwrap_or_default();
    let x = pen.put((3, y), w - 3, "To go on, type the name of the target:   ", pen.look.plain());
    pen.put((x, y), w.saturating_sub(x), name, pen.look.bold());
    y += 1;
    if let Some(name_field) = &question.field {
        field(pen, y, 30, name_field, !question.in_reason);
    }
    y += if tight { 1 } else { 2 };
    let hint = if question.remark.is_empty() {
        "Enter works only when the name matches.         Esc = no, change nothing"
    } else {
        &question.remark
    };
    pen.put((3, y), w - 3, hint, pen.look.plain());
    y += 1;
    if y < h - 1 {
        double_rule(pen, y);
    }
    draw_keys(model, pen, h - 1);
}

/// `Re-run 5 chunks on my:crm@db7? y = yes, n or Esc = no`
fn one_line(model: &Model, question: &Question, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let rows = u16::try_from(question.lines.len()).unwrap_or(0) + 2;
    let top = h.saturating_sub(rows + 1);
    pen.clear(Rect::new(0, top, w, rows));
    double_rule(pen, top);
    let title = format!("{}   y = yes   n = no", question.title);
    let title = if question.remark.is_empty() {
        title
    } else {
        format!("{}   {}", question.title, question.remark)
    };
    pen.put((1, top + 1), w - 1, title, pen.look.bold());
    for (i, line) in question.lines.iter().enumerate() {
        let y = top + 2 + u16::try_from(i).unwrap_or(0);
        pen.put((1, y), w - 1, line, pen.look.plain());
    }
    draw_keys(model, pen, h - 1);
}

fn field(pen: &mut Pen<'_>, y: u16, width: u16, field: &Field, active: bool) {
    let width = width.clamp(8, pen.columns().saturating_sub(8));
    pen.put((3, y), 1, "[", pen.look.plain());
    pen.put((5, y), width - 2, field.text(), pen.look.bold());
    pen.put((4 + width, y), 1, "]", pen.look.plain());
    if active {
        place_cursor(pen, 5, y, &field.before_cursor());
    }
}

fn double_rule(pen: &mut Pen<'_>, y: u16) {
    for x in 0..pen.columns() {
        pen.raw((x, y), "=", pen.look.plain());
    }
}

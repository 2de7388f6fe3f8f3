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
    if 7 + text_rows + reason_rows > h.saturating_sub(1) || w < 60 {
        return tiny(model, question, pen);
    }
    // In a low window the blank lines go first.
    let tight = 12 + text_rows + reason_rows > h;
    let height = if tight { 7 } else { 10 } + text_rows + reason_rows;
    let top = h.saturating_sub(height + 1);
    pen.clear(Rect::new(0, top, w, h - 1 - top));
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
        field(pen, (3, y + 1), w.saturating_sub(8), reason, question.in_reason);
        y += 3;
    }
    let name = question.name.as_deref().unwrap_or_default();
    let x = pen.put((3, y), w - 3, "To go on, type the name of the target:   ", pen.look.plain());
    pen.put((x, y), w.saturating_sub(x), name, pen.look.bold());
    y += 1;
    if let Some(name_field) = &question.field {
        field(pen, (3, y), 30, name_field, !question.in_reason);
    }
    y += if tight { 1 } else { 2 };
    let hint = if question.remark.is_empty() {
        "Enter works only when the name matches.         Esc = no, change nothing"
    } else {
        &question.remark
    };
    pen.put((3, y), w - 3, hint, pen.look.plain());
    double_rule(pen, y + 1);
    draw_keys(model, pen, h - 1);
}

/// A small window: what, the gravest line, the fields.
fn tiny(model: &Model, question: &Question, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let rows = if question.reason.is_some() { 6 } else { 5 };
    let top = h.saturating_sub(rows + 1);
    pen.clear(Rect::new(0, top, w, h - top));
    double_rule(pen, top);
    pen.put((1, top + 1), w - 1, &question.title, pen.look.bold());
    if let Some(line) = question.lines.first() {
        pen.put((1, top + 2), w - 1, line, pen.look.plain());
    }
    let mut y = top + 3;
    if let Some(reason) = &question.reason {
        let x = pen.put((1, y), 10, "reason ", pen.look.plain());
        field(pen, (x, y), w.saturating_sub(x + 3), reason, question.in_reason);
        y += 1;
    }
    let name = question.name.as_deref().unwrap_or_default();
    let x = pen.put((1, y), w / 2, format!("type {name} "), pen.look.bold());
    if let Some(name_field) = &question.field {
        field(pen, (x, y), w.saturating_sub(x + 3), name_field, !question.in_reason);
    }
    let hint =
        if question.remark.is_empty() { "Esc = no, change nothing" } else { &question.remark };
    pen.put((1, y + 1), w - 1, hint, pen.look.plain());
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

fn field(pen: &mut Pen<'_>, (x, y): (u16, u16), width: u16, field: &Field, active: bool) {
    let width = width.clamp(8, 200);
    pen.put((x, y), 1, "[", pen.look.plain());
    pen.put((x + 2, y), width - 2, field.text(), pen.look.bold());
    pen.put((x + 1 + width, y), 1, "]", pen.look.plain());
    if active {
        place_cursor(pen, x + 2, y, &field.before_cursor());
    }
}

fn double_rule(pen: &mut Pen<'_>, y: u16) {
    for x in 0..pen.columns() {
        pen.raw((x, y), "=", pen.look.plain());
    }
}

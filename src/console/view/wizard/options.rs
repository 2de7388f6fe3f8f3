//! Page 3 as a picture; the editor draws it at its left.

use ratatui::layout::Rect;

use super::{bottom, header, sheet, table};
use crate::console::model::Model;
use crate::console::model::wizard::options::Id;
use crate::console::model::wizard::{Wizard, panes};
use crate::console::view::pen::Pen;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    if wizard.table.is_open() {
        return table::draw(model, wizard, pen);
    }
    header(model, wizard, pen, None);
    let area = panes::sheet(model.columns, model.rows);
    let options = &wizard.options;
    let sheet = options.sheet(area.width);
    let more = more(&sheet.lines, options.top, area.height);
    let title = Rect::new(0, 1, pen.columns(), 1);
    pen.rule(title, "3 of 4  Options", format!("{more}Tab field  PgDn section"), false);
    sheet::draw(pen, area, &options.form, &sheet, (options.top, true));
    let standing = standing(wizard);
    let buttons = [(Id::Back, "< Back"), (Id::Next, "Next >")];
    bottom(model, pen, &options.form, &buttons, &standing);
}

/// Beside the editor: to be read, without focus.
pub fn beside(wizard: &Wizard, pen: &mut Pen<'_>, area: Rect) {
    let title = Rect::new(area.x, area.y, area.width, 1);
    pen.rule(title, "Options", "", false);
    let body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    let options = &wizard.options;
    let laid = options.sheet(body.width);
    let line = options.form.focused().and_then(|id| laid.line_of(id)).unwrap_or(0);
    let top = laid.scrolled(options.top, line, usize::from(body.height));
    sheet::draw(pen, body, &options.form, &laid, (top, false));
    if let Some(row) = line.checked_sub(top)
        && row < usize::from(body.height)
    {
        let y = body.y + u16::try_from(row).unwrap_or(0);
        pen.put((body.x, y), 1, ">", pen.look.bold());
    }
}

/// `lines 3-20 of 44  `, when not all is in view.
pub fn more(lines: &usize, top: usize, height: u16) -> String {
    let height = usize::from(height);
    if *lines <= height {
        return String::new();
    }
    let end = (top + height).clamp(0, *lines);
    format!("lines {}-{end} of {lines}  ", top + 1)
}

fn standing(wizard: &Wizard) -> String {
    let options = &wizard.options;
    if let Some(problem) = options.problem() {
        return format!("! {problem}: it was not taken over");
    }
    if options.form.chosen(Id::IfExists) >= 3 {
        return "[T] deletes rows on the target. The start asks you to type its name.".to_owned();
    }
    match options.entry() {
        Some(_) => "Enter edits, - takes out, + adds; the draft is saved as you go".to_owned(),
        None => "every value is saved as you type; an empty field means the default".to_owned(),
    }
}

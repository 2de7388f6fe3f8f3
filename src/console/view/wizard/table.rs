//! Options of one table, as a picture.

use ratatui::layout::Rect;

use super::options::more;
use super::{bottom, header, sheet};
use crate::console::model::Model;
use crate::console::model::wizard::table::Id;
use crate::console::model::wizard::{Wizard, panes};
use crate::console::view::pen::Pen;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    let page = &wizard.table;
    let table = page.table.as_deref().unwrap_or_default();
    header(model, wizard, pen, Some(&format!("> options of {table}")));
    let area = panes::sheet(model.columns, model.rows);
    let laid = page.sheet(area.width);
    let kind = match page.kind.as_str() {
        "" => "Options of this table".to_owned(),
        kind => format!("Options of this {kind}"),
    };
    let title = Rect::new(0, 1, pen.columns(), 1);
    let note = format!("{}Tab field  Esc back", more(&laid.lines, page.top, area.height));
    pen.rule(title, kind, note, false);
    sheet::draw(pen, area, &page.form, &laid, (page.top, true));
    bottom(model, pen, &page.form, &[(Id::Done, "Done")], &standing(wizard));
}

fn standing(wizard: &Wizard) -> String {
    let page = &wizard.table;
    if let Some(problem) = page.problem() {
        return format!("! {problem}: it was not taken over");
    }
    match page.column() {
        Some(column) if !column.reason.is_empty() => {
            format!("{}: {}", column.name, column.reason)
        }
        Some(column) => format!("{}: Space in or out, Enter an expression", column.name),
        None => "filters and expressions are the source's SQL, DDL and storage the target's".into(),
    }
}

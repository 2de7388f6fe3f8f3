//! Rejected rows by cause, with key, column and error.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::table::text_lines;
use super::{footer, job_header};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model, REJECTS_LISTED_MAX, RejectItem, reject_key_text};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::FAILED);
    let rejected = figures::grouped(job.job().progress.rows_rejected);
    job_header(model, job, pen, &format!("  Rejected rows {rejected}"));
    list(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        if area.x > 0 {
            pen.bar(area.x - 1, area.top(), area.bottom());
        }
        detail(model, job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn list(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.rejects;
    let note = if screen.filter.is_empty() {
        "/ filter".to_owned()
    } else {
        format!("/{}", screen.filter)
    };
    let mut title = "Grouped by cause".to_owned();
    if screen.total > REJECTS_LISTED_MAX {
        let listed = figures::grouped(REJECTS_LISTED_MAX);
        title.push_str(&format!(", the first {listed}; the files have all"));
    }
    pen.rule(area, title, note, !model.zoomed);
    heads(pen, area);
    let items = screen.items();
    let lines = usize::from(area.height.saturating_sub(2));
    let end = (screen.list.top + lines).clamp(0, items.len());
    for (row, item) in items[screen.list.top.clamp(0, end)..end].iter().enumerate() {
        let y = area.y + 2 + u16::try_from(row).unwrap_or(0);
        let line = Rect::new(area.x, y, area.width, 1);
        let selected = screen.list.top + row == screen.list.cursor;
        item_line(model, job, pen, line, *item, selected);
    }
    if items.is_empty() {
        let text = if !screen.loaded {
            "..."
        } else if screen.filter.is_empty() {
            "no row is rejected"
        } else {
            "no rejected row holds that; Esc clears the filter"
        };
        pen.put((area.x + 3, area.y + 2), area.width - 3, text, pen.look.plain());
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    pen.put((area.x + 3, y), 20, "cause", plain);
    let x = area.right().saturating_sub(24);
    pen.right((x, y), 8, "rows", plain);
    pen.right((x + 8, y), 8, "tables", plain);
    pen.right((x + 16, y), 7, "last", plain);
}

fn item_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    item: RejectItem,
    selected: bool,
) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y) = (line.x, line.y);
    if selected {
        pen.put((x, y), 1, ">", style);
    }
    match item {
        RejectItem::Group(g) => group_line(model, job, pen, line, g, selected),
        RejectItem::Row(i) => {
            let row = &job.rejects.rows[i];
            let width = line.width.saturating_sub(7) / 2;
            let name = format!("{}  {}", row.table_name, reject_key_text(row));
            pen.put((x + 5, y), width, name, style);
            let from = x + 6 + width;
            let waits = if row.in_retry { "waits to be read again  " } else { "" };
            let column = row.column.as_ref().map(|c| format!("{c}: ")).unwrap_or_default();
            let room = line.right().saturating_sub(from + 1);
            pen.put((from, y), room, format!("{waits}{column}{}", row.message), style);
            if selected {
                pen.restyle(Rect::new(x + 2, y, width + 3, 1), pen.look.cursor());
            }
        }
    }
}

fn group_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    g: usize,
    selected: bool,
) {
    let group = &job.rejects.groups[g];
    let (x, y) = (line.x, line.y);
    let bold = pen.look.bold();
    let fold = if job.rejects.folded.contains(&group.cause) { ">" } else { "v" };
    pen.put((x + 1, y), 1, fold, bold);
    let width = line.width.saturating_sub(28);
    pen.put((x + 3, y), width, &group.cause, bold);
    let at = line.right().saturating_sub(24);
    pen.right((at, y), 8, figures::grouped(group.rows), bold);
    pen.right((at + 8, y), 8, figures::grouped(u64::from(group.tables)), bold);
    let last = figures::clock_minutes(group.last_ms, model.now.utc_offset_s);
    pen.right((at + 16, y), 7, last, bold);
    if selected {
        pen.restyle(Rect::new(x + 2, y, width + 1, 1), pen.look.cursor());
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    let Some(row) = job.rejects.detail() else {
        pen.rule(area, "Row", "", false);
        return;
    };
    let title = format!("{} #{}", row.table_name, row.chunk);
    let hint = if area.x > 0 { "" } else { "Enter the row itself  y copy" };
    pen.rule(area, title, hint, false);
    let text = crate::console::update::reject_text(row, model.now.utc_offset_s);
    let folder = job.job().state_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = format!(
        "{text}\nThe other rows of its chunk are on the target. Mend the row at the source or the \
         table on the target, then R reads it again.\nFiles: {folder}/rejects"
    );
    text_lines(pen, body, &whole);
}

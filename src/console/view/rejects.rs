//! Rejected rows by cause, with key, column and error.

use ratatui::layout::Rect;

use super::listing::{self, Listing, body, divide, note, nothing};
use super::pen::Pen;
use super::table::text_lines;
use super::{footer, job_header};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model, REJECTS_LISTED_MAX, RejectItem, reject_key_text};
use crate::protocol::RejectView;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Rejects);
    let rejected = figures::grouped(job.job().progress.rows_rejected);
    job_header(model, job, pen, &format!("  Rejected rows {rejected}"));
    list(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        detail(model, job, pen, area);
    }
    divide(pen, &parts);
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn list(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.rejects;
    let mut title = "Grouped by cause".to_owned();
    if screen.total > REJECTS_LISTED_MAX {
        let listed = figures::grouped(REJECTS_LISTED_MAX);
        title.push_str(&format!(", the first {listed}; the files have all"));
    }
    pen.rule(area, title, note(&screen.filter, "/ filter"), !model.zoomed);
    heads(pen, area);
    let items = screen.items();
    let listing = Listing::new(area, 2, screen.list, items.len());
    listing.draw(pen, |pen, line, at, selected| {
        item_line(model, job, pen, line, items[at], selected);
    });
    if items.is_empty() {
        let unmatched = "no rejected row holds that; Esc clears the filter";
        listing.say(pen, nothing(screen.loaded, &screen.filter, "no row is rejected", unmatched));
    }
}

/// Columns right of the cause. In a small window only the first.
fn figure_columns(area: Rect) -> &'static [(&'static str, u16)] {
    if area.width >= 60 { &[("rows", 8), ("tables", 8), ("last", 7)] } else { &[("rows", 8)] }
}

fn taken(columns: &[(&str, u16)]) -> u16 {
    columns.iter().map(|(_, width)| width).sum::<u16>() + 1
}

fn heads(pen: &mut Pen<'_>, area: Rect) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    pen.put((area.x + 3, y), 20, "cause", plain);
    let columns = figure_columns(area);
    let mut x = area.right().saturating_sub(taken(columns));
    for (head, width) in columns {
        pen.right((x, y), *width, *head, plain);
        x += width;
    }
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
    if selected {
        pen.put((line.x, line.y), 1, ">", style);
    }
    match item {
        RejectItem::Group(g) => group_line(model, job, pen, line, g, selected),
        RejectItem::Row(i) => row_text(pen, line, &job.rejects.rows[i], selected),
    }
}

/// A row by its key, with the column and the error.
pub fn row_text(pen: &mut Pen<'_>, line: Rect, row: &RejectView, selected: bool) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y) = (line.x, line.y);
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
    let columns = figure_columns(line);
    let width = line.width.saturating_sub(taken(columns) + 3);
    pen.put((x + 3, y), width, &group.cause, bold);
    let cells = [
        figures::grouped(group.rows),
        figures::grouped(u64::from(group.tables)),
        figures::clock_minutes(group.last_ms, model.now.utc_offset_s),
    ];
    let mut at = line.right().saturating_sub(taken(columns));
    for ((_, width), text) in columns.iter().zip(cells) {
        pen.right((at, y), *width, text, bold);
        at += width;
    }
    if selected {
        pen.restyle(Rect::new(x + 2, y, width + 1, 1), pen.look.cursor());
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let Some(row) = job.rejects.detail() else {
        pen.rule(area, "Row", "", false);
        return;
    };
    let beside = area.x > 0;
    let title = format!("{} #{}", row.table_name, row.chunk);
    let hint = if beside { "" } else { "Enter the row itself  y copy" };
    let text = crate::console::update::reject_text(row, model.now.utc_offset_s);
    let folder = job.job().state_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let ways = if beside && area.height >= 16 { 9 } else { 0 };
    let top = Rect::new(area.x, area.y, area.width, area.height - ways);
    pen.rule(top, title, hint, false);
    if ways == 0 {
        let whole = format!(
            "{text}\nThe other rows of its chunk are on the target. Mend the row at the source or \
             the table on the target, then R reads it again.\nFiles: {folder}/rejects"
        );
        text_lines(pen, body(top), &whole);
        return;
    }
    let whole = format!("{text}\nThe other rows of its chunk are on the target.");
    text_lines(pen, body(top), &whole);
    let area = Rect::new(area.x, top.bottom(), area.width, ways);
    pen.rule(area, "What you can do", "", false);
    let ways = [
        "1  mend the row at the source, or the".to_owned(),
        "   table on the target".to_owned(),
        "   then R reads the rows again".to_owned(),
        "2  leave them aside: the job ends as".to_owned(),
        "   COMPLETED with rejected rows".to_owned(),
        "Enter shows the row; the files are in".to_owned(),
        format!("{folder}/rejects"),
    ];
    listing::lines(pen, body(area), &ways);
}

//! Failed chunks and steps, grouped by cause.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::table::{short_range, text_lines};
use super::{footer, job_header};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, FAILED_LISTED_MAX, FailedItem, Model};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::FAILED);
    let p = &job.job().progress;
    let total =
        p.chunks_done + p.chunks_running + p.chunks_left + p.chunks_failed + p.chunks_skipped;
    let screen = format!(
        "  Failed chunks {} of {}",
        figures::grouped(u64::from(p.chunks_failed)),
        figures::grouped(u64::from(total))
    );
    job_header(model, job, pen, &screen);
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
    let screen = &job.failed;
    let marked = job.marked.len() + job.marked_steps.len();
    let sort = if screen.by_table { "S by cause" } else { "S by table" };
    let note = if screen.filter.is_empty() {
        format!("{marked} marked  {sort}  / filter")
    } else {
        format!("{marked} marked  /{}", screen.filter)
    };
    let mut title = format!("Grouped by {}", if screen.by_table { "table" } else { "cause" });
    if screen.total > FAILED_LISTED_MAX {
        let listed = figures::grouped(u64::from(FAILED_LISTED_MAX));
        title.push_str(&format!(", the first {listed}; R on the run screen means all"));
    }
    pen.rule(area, title, note, !model.zoomed);
    heads(pen, area, screen.by_table);
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
            "nothing has failed"
        } else {
            "no failure holds that; Esc clears the filter"
        };
        pen.put((area.x + 3, area.y + 2), area.width - 3, text, pen.look.plain());
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect, by_table: bool) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    let what = if by_table { "table" } else { "cause" };
    pen.put((area.x + 3, y), 20, what, plain);
    let x = area.right().saturating_sub(32);
    pen.right((x, y), 8, "failed", plain);
    pen.right((x + 8, y), 8, "rows", plain);
    pen.right((x + 16, y), 8, "tables", plain);
    pen.right((x + 24, y), 7, "last", plain);
}

fn item_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    item: FailedItem,
    selected: bool,
) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y) = (line.x, line.y);
    if selected {
        pen.put((x, y), 1, ">", style);
    }
    match item {
        FailedItem::Group(g) => group_line(model, job, pen, line, g, selected),
        FailedItem::Chunk(i) => {
            let chunk = &job.failed.chunks[i];
            let box_text = if job.marked.contains(&chunk.id) { "[x]" } else { "[ ]" };
            pen.put((x + 3, y), 3, box_text, style);
            let name = format!("{} #{}", chunk.table_name, chunk.number);
            let width = line.width.saturating_sub(7) / 3;
            pen.put((x + 7, y), width, name, style);
            let from = x + 8 + width;
            let tries = format!("try {}", chunk.attempts);
            let room = line.right().saturating_sub(from + 9);
            pen.put((from, y), room, short_range(&chunk.range), style);
            pen.right((line.right() - 9, y), 8, tries, style);
            if selected {
                pen.restyle(Rect::new(x + 2, y, width + 5, 1), pen.look.cursor());
            }
        }
        FailedItem::Step(i) => {
            let step = &job.failed.steps[i];
            let box_text = if job.marked_steps.contains(&step.id) { "[x]" } else { "[ ]" };
            pen.put((x + 3, y), 3, box_text, style);
            pen.put((x + 7, y), line.width.saturating_sub(17), &step.title, style);
            pen.right((line.right() - 9, y), 8, format!("try {}", step.attempts), style);
            if selected {
                pen.restyle(Rect::new(x + 2, y, line.width / 2, 1), pen.look.cursor());
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
    let group = &job.failed.groups[g];
    let (x, y) = (line.x, line.y);
    let bold = pen.look.bold();
    let fold = if job.failed.folded.contains(&group.title) { ">" } else { "v" };
    pen.put((x + 1, y), 1, fold, bold);
    let width = line.width.saturating_sub(36);
    pen.put((x + 3, y), width, &group.title, bold);
    let at = line.right().saturating_sub(32);
    let count = group.chunks.len() + group.steps.len();
    pen.right((at, y), 8, figures::grouped(count as u64), bold);
    if !group.chunks.is_empty() {
        let rows = if group.rows > 0 {
            format!("~{}", figures::count(group.rows))
        } else {
            "-".to_owned()
        };
        pen.right((at + 8, y), 8, rows, bold);
        pen.right((at + 16, y), 8, figures::grouped(group.tables as u64), bold);
    }
    if group.last_ms > 0 {
        let last = figures::clock_minutes(group.last_ms, model.now.utc_offset_s);
        pen.right((at + 24, y), 7, last, bold);
    }
    if selected {
        pen.restyle(Rect::new(x + 2, y, width + 1, 1), pen.look.cursor());
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    let (title, text) = match job.failed.detail() {
        Some(FailedItem::Chunk(i)) => {
            let chunk = &job.failed.chunks[i];
            let message = chunk.error_message.as_deref().unwrap_or("no message was kept");
            let code = chunk.error_code.as_deref().map_or(String::new(), |c| format!("{c}  "));
            let at = chunk.started_ms.map_or(String::new(), |at| {
                format!(
                    "\n\nattempt {} began {}",
                    chunk.attempts,
                    figures::clock(at, model.now.utc_offset_s)
                )
            });
            let whole = "\nThe other rows of this chunk are not on the target either: \
                         one chunk is one transaction.";
            (
                format!("{code}{} #{}", chunk.table_name, chunk.number),
                format!("{message}{at}{whole}"),
            )
        }
        Some(FailedItem::Step(i)) => {
            let step = &job.failed.steps[i];
            let message = step.error_message.as_deref().unwrap_or("no message was kept");
            let statement = step.statement.as_deref().unwrap_or_default();
            (step.title.clone(), format!("{message}\n\n{statement}"))
        }
        Some(FailedItem::Group(_)) | None => {
            pen.rule(area, "Cause", "", false);
            return;
        }
    };
    pen.rule(area, title, if area.x > 0 { "" } else { "Enter full text  y copy" }, false);
    text_lines(pen, body, &text);
}

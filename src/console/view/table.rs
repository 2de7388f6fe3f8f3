//! One table: its chunk map, its chunks, and the error of the one under the cursor.

use ratatui::layout::Rect;

use super::bars::{Map, mark_of_number};
use super::pen::Pen;
use super::{footer, job_header, panes};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};
use crate::console::shown;
use crate::console::theme::Mark;
use crate::protocol::{ChunkView, TableView};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::TABLE);
    let unknown = TableView::default();
    let table = job.shot.tables.get(job.table.table as usize).unwrap_or(&unknown);
    job_header(model, job, pen, &format!(" > {}", table.name));
    if parts.info.height > 0 {
        sums(job, table, pen, parts.info.y);
        map(job, table, pen, parts.info);
    }
    chunks(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        detail(model, job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn sums(job: &Attached, table: &TableView, pen: &mut Pen<'_>, y: u16) {
    let about = if table.estimated { "~" } else { "" };
    let mut text = format!(
        "rows {}/{about}{}   size {}/{about}{}   {}   failed {}",
        figures::count(table.rows_done),
        figures::count(table.rows_total),
        figures::bytes(table.bytes_done),
        figures::bytes(table.bytes_total),
        table.method,
        table.chunks_failed,
    );
    if table.chunks_skipped > 0 {
        text.push_str(&format!("   skipped {}", table.chunks_skipped));
    }
    if table.rows_rejected > 0 {
        let rejected = figures::grouped(table.rows_rejected);
        text.push_str(&format!("   rejected {rejected}"));
    }
    if let Some(target) = &table.target_name {
        text.push_str(&format!("   -> {target}"));
    }
    text.push_str(&format!("   {}", table.path));
    if !job.marked.is_empty() {
        text = format!("{} marked   {text}", job.marked.len());
    }
    pen.put((1, y), pen.columns() - 1, text, pen.look.plain());
}

fn map(job: &Attached, table: &TableView, pen: &mut Pen<'_>, info: Rect) {
    let area = Rect::new(0, info.y + 1, info.width, info.height - 1);
    let cells = Rect::new(1, area.y + 1, area.width - 2, area.height - 1);
    let map =
        Map { runs: &job.table.map, cells: usize::from(cells.width) * usize::from(cells.height) };
    let each = match map.per_cell() {
        1 => "one cell each".to_owned(),
        n => format!("{n} chunks a cell"),
    };
    let chunks = figures::counted(u64::from(table.chunks_total), "chunk");
    pen.rule(area, format!("Chunk map, {chunks}, {each}"), "h l to move", false);
    let cursor = job.table.selected().map(|c| (c.number as usize).saturating_sub(1));
    panes::draw_cells(pen, &map, cells, cursor);
}

fn chunks(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.table;
    let view = match screen.state {
        None => "all",
        Some(0) => "left",
        Some(1) => "at work",
        Some(2) => "done",
        Some(3) => "failed",
        Some(_) => "skipped",
    };
    let title = match screen.state {
        None => "Chunks".to_owned(),
        Some(_) => format!("Chunks {view}: {}", figures::grouped(u64::from(screen.total))),
    };
    pen.rule(area, title, format!("t {view}  / go to"), !model.zoomed);
    let wide = area.width >= layout::WIDE;
    heads(pen, area, wide);
    let lines = usize::from(area.height.saturating_sub(2));
    let total = screen.total as usize;
    let end = (screen.list.top + lines).clamp(0, total);
    for (row, position) in (screen.list.top..end).enumerate() {
        let y = area.y + 2 + u16::try_from(row).unwrap_or(0);
        match screen.chunk(position) {
            Some(chunk) => {
                let line = Rect::new(area.x, y, area.width, 1);
                let selected = position == screen.list.cursor;
                chunk_line(model, job, pen, line, chunk, selected, wide);
            }
            None => {
                pen.put((6, y), area.width, "...", pen.look.plain());
            }
        }
    }
    if total == 0 {
        let text = if screen.loaded { "no chunk is like that; t shows others" } else { "..." };
        pen.put((6, area.y + 2), area.width, text, pen.look.plain());
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect, wide: bool) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    pen.right((1, y), 6, "#", plain);
    pen.put((9, y), 12, "state", plain);
    pen.right((26, y), 9, "rows", plain);
    pen.right((35, y), 5, "try", plain);
    pen.right((40, y), 8, "time", plain);
    let mut x = 50;
    if wide {
        pen.right((48, y), 10, "MB/s", plain);
        pen.put((60, y), 9, "started", plain);
        x = 70;
    }
    if wide {
        pen.put((x, y), 7, "worker", plain);
        x += 8;
    }
    pen.put((x, y), 20, "range", plain);
}

fn chunk_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    chunk: &ChunkView,
    selected: bool,
    wide: bool,
) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let y = line.y;
    let mark = if job.marked.contains(&chunk.id) { "*" } else { " " };
    pen.put((0, y), 1, mark, pen.look.bold());
    if selected {
        pen.put((1, y), 1, ">", style);
    }
    pen.right((1, y), 6, chunk.number.to_string(), style);
    let waits = chunk.state == 0 && chunk.attempts > 0;
    pen.glyph((9, y), if waits { Mark::Again } else { mark_of_number(chunk.state) });
    pen.put((11, y), 16, state_word(chunk), style);
    let dash = || "-".to_owned();
    let rows = match chunk.state {
        1 | 2 => figures::grouped(chunk.rows),
        3 => "0".to_owned(),
        _ => dash(),
    };
    pen.right((26, y), 9, rows, style);
    pen.right((35, y), 5, chunk.attempts.to_string(), style);
    let took = chunk.elapsed_ms.map_or_else(dash, figures::short_time);
    pen.right((40, y), 8, took, style);
    let mut x = 50;
    if wide {
        let speed = match (chunk.state, chunk.elapsed_ms) {
            (2, Some(ms)) if ms > 0 => figures::count(chunk.bytes * 1000 / ms),
            _ => dash(),
        };
        pen.right((48, y), 10, speed, style);
        let offset = model.now.utc_offset_s;
        let at = chunk.started_ms.map_or_else(dash, |at| figures::clock(at, offset));
        pen.put((60, y), 9, at, style);
        x = 70;
    }
    if wide {
        let worker = chunk.worker.map_or_else(dash, |w| format!("w{w:02}"));
        pen.put((x, y), 6, worker, style);
        x += 8;
    }
    pen.put((x, y), line.width.saturating_sub(x), short_range(&chunk.range), style);
    if selected {
        pen.restyle(Rect::new(2, y, 24, 1), pen.look.cursor());
    }
}

/// `id 4,000,001 to <4,050,001`: the same in fewer letters.
pub fn short_range(range: &str) -> String {
    range.replacen(" from ", " ", 1).replacen(" to before ", " to <", 1)
}

fn state_word(chunk: &ChunkView) -> &'static str {
    match chunk.state {
        0 if chunk.attempts > 0 => "waits for retry",
        0 => "unassigned",
        1 => "assigned",
        2 => "processed",
        3 => "error",
        _ => "skipped",
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let Some(chunk) = job.table.selected() else {
        pen.rule(area, "Chunk", "", false);
        return;
    };
    let Some(message) = &chunk.error_message else {
        pen.rule(area, format!("Chunk {}", chunk.number), "", false);
        let text = format!("{}   {}", state_word(chunk), chunk.range);
        pen.put((1, area.y + 1), area.width - 1, text, pen.look.plain());
        return;
    };
    let at = chunk
        .started_ms
        .map_or(String::new(), |at| format!(", {}", figures::clock(at, model.now.utc_offset_s)));
    let title = format!("Error of chunk {}, attempt {}{at}", chunk.number, chunk.attempts);
    pen.rule(area, title, "Enter full text  y copy", false);
    let text = match &chunk.error_code {
        Some(code) => format!("{code}: {message}"),
        None => message.clone(),
    };
    text_lines(pen, Rect::new(area.x, area.y + 1, area.width, area.height - 1), &text);
}

/// Wrapped text; when it does not fit, the last line says so.
pub fn text_lines(pen: &mut Pen<'_>, area: Rect, text: &str) {
    let lines = shown::wrapped(text.trim_end(), usize::from(area.width.saturating_sub(2)));
    let room = usize::from(area.height);
    for (row, line) in lines.iter().take(room).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        if row + 1 == room && lines.len() > room {
            let more = format!("... {} more lines: Enter", lines.len() - row);
            pen.put((area.x + 1, y), area.width - 1, more, pen.look.plain());
        } else {
            pen.put((area.x + 1, y), area.width - 1, line, pen.look.plain());
        }
    }
}

//! One table: its chunk map, its chunks, and the error of the one under the cursor.

use ratatui::layout::Rect;

use super::bars::{Map, mark_of_number};
use super::listing::{self, Listing, body};
use super::pen::Pen;
use super::{footer, job_header, panes};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};
use crate::console::shown;
use crate::console::theme::Mark;
use crate::console::update::view_word;
use crate::protocol::{ChunkView, TableView};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Table);
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

/// `rows 4.0M/~4.4M   size 10.0 GB/~11.0 GB   key id   failed 5   attempts 3`; what does not fit is
/// left out from the end.
fn sums(job: &Attached, table: &TableView, pen: &mut Pen<'_>, y: u16) {
    let about = if table.estimated { "~" } else { "" };
    let mut parts = Vec::new();
    if !job.marked.is_empty() {
        parts.push(format!("{} marked", job.marked.len()));
    }
    parts.push(format!(
        "rows {}/{about}{}",
        figures::count(table.rows_done),
        figures::count(table.rows_total)
    ));
    let (done, all) = (figures::bytes(table.bytes_done), figures::bytes(table.bytes_total));
    parts.push(format!("size {done}/{about}{all}"));
    parts.push(table.method.clone());
    parts.push(format!("failed {}", table.chunks_failed));
    if table.chunks_skipped > 0 {
        parts.push(format!("skipped {}", table.chunks_skipped));
    }
    if table.rows_rejected > 0 {
        parts.push(format!("rejected {}", figures::grouped(table.rows_rejected)));
    }
    let attempts = job.table.selected().map_or(0, |chunk| chunk.attempts);
    if attempts > 0 {
        parts.push(format!("attempts {attempts}"));
    }
    if let Some(target) = &table.target_name {
        parts.push(format!("-> {target}"));
    }
    parts.push(table.path.clone());
    let gap = if pen.columns() >= layout::WIDE { "    " } else { "   " };
    let room = usize::from(pen.columns().saturating_sub(1));
    while parts.len() > 1 && shown::Shown::from(parts.join(gap)).width() > room {
        parts.pop();
    }
    pen.put((1, y), pen.columns() - 1, parts.join(gap), pen.look.plain());
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
    let view = view_word(screen.state);
    let title = match screen.state {
        None => "Chunks".to_owned(),
        Some(_) => format!("Chunks {view}: {}", figures::grouped(u64::from(screen.total))),
    };
    pen.rule(area, title, format!("t {view}  / go to"), !model.zoomed);
    let columns = Columns::of(area.width);
    heads(pen, area, &columns);
    let listing = Listing::new(area, 2, screen.list, screen.total as usize);
    listing.draw(pen, |pen, line, at, selected| match screen.chunk(at) {
        Some(chunk) => chunk_line(model, job, pen, line, chunk, selected),
        None => {
            pen.put((6, line.y), line.width, "...", pen.look.plain());
        }
    });
    if screen.total == 0 {
        let none = "no chunk is like that; t shows others";
        listing.say(pen, if screen.loaded { none } else { "..." });
    }
}

/// Where the columns stand; 0: not there. Figures end at their column.
struct Columns {
    number: u16,
    mark: u16,
    state: u16,
    rows: u16,
    tries: u16,
    time: u16,
    speed: u16,
    started: u16,
    worker: u16,
    range: u16,
}

impl Columns {
    fn of(width: u16) -> Columns {
        let (speed, started) = (0, 0);
        let (number, mark, state) = (6, 8, 10);
        match width {
            layout::WIDE.. => Columns {
                number: 7,
                mark: 9,
                state: 11,
                rows: 36,
                tries: 41,
                time: 49,
                speed: 57,
                started: 59,
                worker: 69,
                range: 77,
            },
            60.. => {
                let worker = if width >= 90 { width - 7 } else { 0 };
                let (rows, tries, time, range) = (34, 39, 47, 49);
                Columns { number, mark, state, rows, tries, time, speed, started, worker, range }
            }
            _ => {
                let (rows, tries, time, worker, range) = (0, 0, 0, 0, 27);
                Columns { number, mark, state, rows, tries, time, speed, started, worker, range }
            }
        }
    }

    fn range_width(&self, width: u16) -> u16 {
        let end = if self.worker > self.range { self.worker - 1 } else { width };
        end.saturating_sub(self.range)
    }
}

/// A figure that ends before column `end`, when that column is there.
fn figure(pen: &mut Pen<'_>, end: u16, y: u16, text: &str, style: ratatui::style::Style) {
    if end > 0 {
        let width = if end < 10 { end } else { 10 };
        pen.right((end - width, y), width, text, style);
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect, c: &Columns) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    for (end, head) in
        [(c.number, "#"), (c.rows, "rows"), (c.tries, "try"), (c.time, "time"), (c.speed, "MB/s")]
    {
        figure(pen, end, y, head, plain);
    }
    for (from, head) in
        [(c.mark, "state"), (c.started, "started"), (c.worker, "worker"), (c.range, "key range")]
    {
        if from > 0 {
            pen.put((from, y), 9, head, plain);
        }
    }
}

fn chunk_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    chunk: &ChunkView,
    selected: bool,
) {
    let c = Columns::of(line.width);
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let y = line.y;
    let mark = if job.marked.contains(&chunk.id) { "*" } else { " " };
    pen.put((0, y), 1, mark, pen.look.bold());
    if selected {
        pen.put((1, y), 1, ">", style);
    }
    let dash = || "-".to_owned();
    let rows = match chunk.state {
        1 | 2 => figures::grouped(chunk.rows),
        3 => "0".to_owned(),
        _ => dash(),
    };
    let speed = match (chunk.state, chunk.elapsed_ms) {
        (2, Some(ms)) if ms > 0 => figures::megabytes(chunk.bytes.saturating_mul(1_000) / ms),
        _ => dash(),
    };
    for (end, text) in [
        (c.number, chunk.number.to_string()),
        (c.rows, rows),
        (c.tries, chunk.attempts.to_string()),
        (c.time, chunk.elapsed_ms.map_or_else(dash, figures::short_time)),
        (c.speed, speed),
    ] {
        figure(pen, end, y, &text, style);
    }
    let waits = chunk.state == 0 && chunk.attempts > 0;
    pen.glyph((c.mark, y), if waits { Mark::Again } else { mark_of_number(chunk.state) });
    pen.put((c.state, y), 16, state_word(chunk), style);
    if c.started > 0 {
        let offset = model.now.utc_offset_s;
        let at = chunk.started_ms.map_or_else(dash, |at| figures::clock(at, offset));
        pen.put((c.started, y), 9, at, style);
    }
    if c.worker > 0 {
        let worker = chunk.worker.map_or_else(dash, |w| format!("w{w:02}"));
        pen.put((c.worker, y), 6, worker, style);
    }
    pen.put((c.range, y), c.range_width(line.width), short_range(&chunk.range), style);
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
        3 => "processed, error",
        _ => "skipped",
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let Some(chunk) = job.table.selected() else {
        pen.rule(area, "Chunk", "", false);
        return;
    };
    let at = |at: i64| figures::clock(at, model.now.utc_offset_s);
    let began = chunk.started_ms.map_or(String::new(), |ms| format!(", {}", at(ms)));
    if chunk.error_message.is_none() {
        pen.rule(area, format!("Chunk {}", chunk.number), "", false);
        let text = format!("{}   {}{began}", state_word(chunk), chunk.range);
        listing::lines(pen, body(area), &[text]);
        return;
    }
    // A chunk that went well in the end keeps what its earlier attempt ran into.
    let what = if chunk.state == 4 { "Reason of chunk" } else { "Error of chunk" };
    let title = format!("{what} {}, attempt {}{began}", chunk.number, chunk.attempts);
    pen.rule(area, title, "Enter full text  y copy", false);
    let (message, why, fix) = error_parts(chunk);
    let code = chunk.error_code.as_deref().map_or(String::new(), |code| format!("{code}: "));
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines = shown::wrapped(&format!("{code}{}", message.trim_end()), width);
    if area.width < layout::WIDE {
        lines.extend(why.iter().flat_map(|why| shown::wrapped(why, width)));
        lines.extend(fix.iter().flat_map(|fix| shown::wrapped(&format!("Fix: {fix}"), width)));
    } else {
        lines.extend(labelled("range", &chunk.range, width));
        if let Some(worker) = chunk.worker {
            lines.extend(labelled("worker", &format!("w{worker:02}{began}"), width));
        }
        lines.extend(why.iter().flat_map(|why| labelled("why", why, width)));
        lines.extend(fix.iter().flat_map(|fix| {
            labelled("fix", &format!("{}; then R", fix.trim_end_matches('.')), width)
        }));
    }
    cut_lines(pen, body(area), &lines);
}

/// `why         the source treats ...`, with the further lines below the text.
fn labelled(label: &str, text: &str, width: usize) -> Vec<String> {
    const LABEL: usize = 12;
    let lines = shown::wrapped(text, width.saturating_sub(LABEL));
    let name = |at: usize| if at == 0 { label } else { "" };
    lines.iter().enumerate().map(|(at, line)| format!("{:<LABEL$}{line}", name(at))).collect()
}

/// Message, detail and hint of a chunk's error.
pub fn error_parts(chunk: &ChunkView) -> (&str, Option<&str>, Option<&str>) {
    let whole = chunk.error_message.as_deref().unwrap_or("no message was kept");
    let (why, fix) = (chunk.error_detail.as_deref(), chunk.error_hint.as_deref());
    let mut message = whole;
    for part in [fix, why].into_iter().flatten() {
        message = message.trim_end().strip_suffix(part.trim_end()).unwrap_or(message);
    }
    (message.trim_end(), why, fix)
}

/// Wrapped text; when it does not fit, the last line says so.
pub fn text_lines(pen: &mut Pen<'_>, area: Rect, text: &str) {
    let lines = shown::wrapped(text.trim_end(), usize::from(area.width.saturating_sub(2)));
    cut_lines(pen, area, &lines);
}

fn cut_lines(pen: &mut Pen<'_>, area: Rect, all: &[String]) {
    let room = usize::from(area.height);
    if all.len() <= room || room == 0 {
        listing::lines(pen, area, all);
        return;
    }
    let mut cut = all[..room - 1].to_vec();
    cut.push(format!("... {} more lines: Enter", all.len() - room + 1));
    listing::lines(pen, area, &cut);
}

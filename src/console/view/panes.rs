//! The run screen's other panes: log, workers, chunk map.

use ratatui::layout::Rect;

use super::bars::Map;
use super::listing;
use super::pen::Pen;
use crate::console::figures;
use crate::console::model::{Attached, LowerPane, Model};
use crate::console::shown;
use crate::protocol::{LogLine, WorkerView};

/// `14:31:15 ana (pts/3) threads 12 -> 16`.
pub fn log_text(line: &LogLine, utc_offset_s: i32) -> String {
    let at = figures::clock(line.at_ms, utc_offset_s);
    let mark = match line.level.as_str() {
        "error" => "! ",
        _ => "",
    };
    if line.by.is_empty() || line.by == "engine" {
        format!("{at} {mark}{}", line.text)
    } else {
        format!("{at} {mark}{} {}", line.by, line.text)
    }
}

pub fn log(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect, focused: bool) {
    let back = job.run.lower_top;
    let note = match (back, area.width >= 110) {
        (0, true) => "L all".to_owned(),
        (0, false) => "w workers  c chunk map  L all".to_owned(),
        (n, _) => format!("{n} lines back, G newest"),
    };
    pen.rule(area, "Log", note, focused);
    let lines = usize::from(area.height.saturating_sub(1));
    let all = &job.shot.log;
    let end = all.len().saturating_sub(back);
    let from = end.saturating_sub(lines);
    for (row, line) in all[from..end].iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let text = log_text(line, model.now.utc_offset_s);
        let style = if line.level == "error" { pen.look.bold() } else { pen.look.plain() };
        pen.put((area.x + 1, y), area.width - 1, text, style);
    }
}

/// The full-width list of workers.
pub fn workers(job: &Attached, pen: &mut Pen<'_>, area: Rect, focused: bool) {
    let t = &job.job().threads;
    let title = if t.draining > 0 {
        format!(
            "Workers {}: {} stay, {} finish their chunk and leave",
            job.shot.workers.len(),
            t.run.saturating_sub(t.draining),
            t.draining
        )
    } else {
        format!("Workers {} of {}", t.run, t.want)
    };
    pen.rule(area, title, "w log  z bigger", focused);
    let lines = usize::from(area.height.saturating_sub(1));
    for (row, worker) in shown_workers(job, lines).iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        worker_line(pen, area, y, worker);
    }
}

fn shown_workers(job: &Attached, lines: usize) -> &[WorkerView] {
    let all = &job.shot.workers;
    let scrolled = if job.run.lower == LowerPane::Workers { job.run.lower_top } else { 0 };
    let from = scrolled.clamp(0, all.len().saturating_sub(lines));
    let end = (from + lines).clamp(0, all.len());
    &all[from..end]
}

/// ` w01 stay   crm.orders #1003   read    88k/105k rows   9.4 MB/s   0:13`
fn worker_line(pen: &mut Pen<'_>, area: Rect, y: u16, worker: &WorkerView) {
    let plain = pen.look.plain();
    let x = area.x + 1;
    pen.put((x, y), 4, format!("w{:02}", worker.number), plain);
    pen.put((x + 4, y), 11, &worker.role, plain);
    let work = area.width.saturating_sub(58).clamp(18, 60);
    let at = if worker.role == "connecting" { x + 15 } else { x + 10 };
    pen.put((at, y), work, &worker.work, plain);
    let at = x + 11 + work;
    let style = if worker.waits_for.is_some() { pen.look.bold() } else { plain };
    pen.put((at, y), 9, &worker.activity, style);
    let at = at + 10;
    if let Some(waits) = &worker.waits_for {
        pen.put((at, y), 26, waits, plain);
    } else if !worker.work.is_empty() {
        let rows = if worker.rows_expected > 0 {
            format!("{}/{} rows", figures::count(worker.rows), figures::count(worker.rows_expected))
        } else {
            format!("{} rows", figures::count(worker.rows))
        };
        pen.right((at, y), 16, rows, plain);
        let speed = match worker.bytes_per_s {
            0 => "-".to_owned(),
            n => figures::rate(n),
        };
        pen.right((at + 16, y), 11, speed, plain);
    }
    if !worker.work.is_empty() || worker.role == "connecting" {
        pen.right((area.right() - 8, y), 7, figures::short_time(worker.held_ms), plain);
    }
}

/// The right pane of a wide window: workers, then what holds the job.
pub fn right(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let t = &job.job().threads;
    pen.rule(area, format!("Workers {} of {}, M = MB/s", t.run, t.want), "", false);
    let held = held_lines(job, usize::from(area.width.saturating_sub(2)));
    let most = if area.height >= 24 { 6 } else { 3 };
    let held_rows = u16::try_from(held.len().clamp(2, most)).unwrap_or(2) + 1;
    let held_rows = if held_rows < area.height { held_rows } else { 0 };
    let workers =
        Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1 + held_rows));
    short_workers(job, pen, workers);
    if held_rows > 0 {
        let held_area = Rect::new(area.x, workers.bottom(), area.width, held_rows);
        pen.rule(held_area, "Held back by", "", false);
        listing::lines(pen, listing::body(held_area), &held);
    }
}

/// Every reason, whole, then the workers that wait for something.
fn held_lines(job: &Attached, width: usize) -> Vec<String> {
    let view = job.job();
    let mut lines: Vec<String> =
        view.held_by.iter().flat_map(|reason| shown::wrapped(reason, width)).collect();
    if lines.is_empty() {
        lines.push(match view.state.as_str() {
            "EXECUTING" => format!("nothing; {}", busy_with(&job.shot.workers)),
            _ => "nothing".to_owned(),
        });
    }
    for worker in &job.shot.workers {
        if let Some(waits) = &worker.waits_for {
            lines.push(format!("{:02} waits for {waits}", worker.number));
        }
    }
    lines
}

/// Where the workers stand now: most of them stand before the slower side.
fn busy_with(workers: &[WorkerView]) -> String {
    let doing =
        |words: &[&str]| workers.iter().filter(|w| words.contains(&w.activity.as_str())).count();
    let (read, write) = (doing(&["read"]), doing(&["write", "commit"]));
    match (read, write) {
        (0, 0) => "no thread reads or writes now".to_owned(),
        (read, write) => format!("{read} read, {write} write now"),
    }
}

/// The narrow list of workers, from the one scrolled to.
pub fn short_workers(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    for (row, worker) in shown_workers(job, usize::from(area.height)).iter().enumerate() {
        short_worker(pen, area, area.y + u16::try_from(row).unwrap_or(0), worker);
    }
}

/// ` 01 orders #1003     read   9.4M 0:13`
fn short_worker(pen: &mut Pen<'_>, area: Rect, y: u16, worker: &WorkerView) {
    let plain = pen.look.plain();
    let x = area.x + 1;
    pen.put((x, y), 3, format!("{:02}", worker.number), plain);
    // The schema is the same for most: the table's own name tells more.
    let work = match worker.work.split_once('.') {
        Some((schema, rest)) if !schema.contains(' ') => rest,
        _ => &worker.work,
    };
    if work.is_empty() {
        pen.put((x + 3, y), 17, &worker.role, plain);
    } else {
        pen.put((x + 3, y), 17, work, plain);
    }
    let style = if worker.waits_for.is_some() { pen.look.bold() } else { plain };
    pen.put((x + 21, y), 6, &worker.activity, style);
    if !worker.work.is_empty() {
        pen.right((x + 27, y), 5, figures::rate_short(worker.bytes_per_s), plain);
    }
    pen.right((x + 32, y), 6, figures::short_time(worker.held_ms), plain);
}

/// The chunk map of the table under the cursor.
pub fn map(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect, focused: bool) {
    let number = job.run.order.get(job.run.list.cursor).copied();
    let table = number.and_then(|n| job.shot.tables.get(n as usize));
    let Some(table) = table else {
        pen.rule(area, "Chunk map", "", focused);
        return;
    };
    let empty = Vec::new();
    let runs = match &job.run.map {
        Some((n, runs)) if Some(*n) == number => runs,
        _ => &empty,
    };
    let width = usize::from(area.width.saturating_sub(2));
    let lines = usize::from(area.height.saturating_sub(1));
    let map = Map { runs, cells: width * lines };
    let scale = match map.per_cell() {
        1 => String::new(),
        n => format!(", {n} chunks a cell"),
    };
    let chunks = figures::counted(u64::from(table.chunks_total), "chunk");
    let title = format!("Chunk map of {}, {chunks}{scale}", table.name);
    pen.rule(area, title, if model.zoomed { "c log" } else { "Enter the chunks" }, focused);
    draw_cells(
        pen,
        &map,
        Rect::new(
            area.x + 1,
            area.y + 1,
            area.width.saturating_sub(2),
            area.height.saturating_sub(1),
        ),
        None,
    );
}

/// Cells of a map from its beginning; the cell of `cursor` (a chunk's position) is reversed.
pub fn draw_cells(pen: &mut Pen<'_>, map: &Map<'_>, area: Rect, cursor: Option<usize>) {
    let width = usize::from(if area.width == 0 { 1 } else { area.width });
    let take = width * usize::from(area.height);
    let at = cursor.map(|c| c / map.per_cell());
    for (i, mark) in map.marks(0, take).into_iter().enumerate() {
        let x = area.x + u16::try_from(i % width).unwrap_or(0);
        let y = area.y + u16::try_from(i / width).unwrap_or(0);
        pen.glyph((x, y), mark);
        if at == Some(i) {
            pen.restyle(Rect::new(x, y, 1, 1), pen.look.cursor());
        }
    }
}

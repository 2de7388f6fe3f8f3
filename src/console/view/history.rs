//! Every run of the job, and who did what.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, job_header};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};
use crate::console::update::history_lines;
use crate::protocol::RunView;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::HISTORY);
    job_header(model, job, pen, "  History");
    // A window without room for both shows who did what.
    let events_area = match parts.detail {
        Some(area) => {
            runs(model, job, pen, parts.list);
            area
        }
        None => parts.list,
    };
    events(model, job, pen, events_area);
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn runs(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let all = &job.history.runs;
    pen.rule(area, format!("Runs {}", all.len()), "newest first", false);
    let y = area.y + 1;
    let plain = pen.look.plain();
    pen.put((3, y), 18, "when", plain);
    pen.put((22, y), 9, "by", plain);
    pen.put((32, y), 13, "ended as", plain);
    for (i, head) in ["rows", "size", "time", "fail", "skip"].iter().enumerate() {
        let x = 45 + u16::try_from(i).unwrap_or(0) * 7;
        pen.right((x, y), 7, *head, plain);
    }
    let lines = usize::from(area.height.saturating_sub(2));
    for (row, run) in all.iter().rev().take(lines).enumerate() {
        run_line(model, pen, area.y + 2 + u16::try_from(row).unwrap_or(0), run);
    }
    if all.is_empty() {
        pen.put((3, area.y + 2), area.width, "no run yet", plain);
    }
}

fn run_line(model: &Model, pen: &mut Pen<'_>, y: u16, run: &RunView) {
    let offset = model.now.utc_offset_s;
    let plain = pen.look.plain();
    let from = figures::day_clock(run.started_ms, offset);
    let to = run.ended_ms.map_or(String::new(), |at| figures::clock_minutes(at, offset));
    pen.put((3, y), 18, format!("{from}-{to}"), plain);
    pen.put((22, y), 9, &run.by, plain);
    let ended = if run.ended_ms.is_none() { "now" } else { &run.end_state };
    pen.put((32, y), 13, ended, plain);
    let end = run.ended_ms.unwrap_or(model.now.wall_ms);
    let took = u64::try_from(end.saturating_sub(run.started_ms)).unwrap_or(0);
    let cells = [
        figures::count(run.rows),
        figures::bytes(run.bytes).replace(' ', ""),
        figures::elapsed(took).replace(" min", "m"),
        figures::grouped(u64::from(run.failed)),
        figures::grouped(u64::from(run.skipped)),
    ];
    for (i, text) in cells.into_iter().enumerate() {
        pen.right((45 + u16::try_from(i).unwrap_or(0) * 7, y), 7, text, plain);
    }
}

fn events(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.history;
    let shown = history_lines(screen);
    let note = if screen.search.is_empty() {
        "/ filter  y copy".to_owned()
    } else {
        format!("/{}  {} shown", screen.search, shown.len())
    };
    pen.rule(area, "Who did what", note, !model.zoomed);
    let lines = usize::from(area.height.saturating_sub(1));
    let top = screen.list.top.clamp(0, shown.len());
    let end = (top + lines).clamp(0, shown.len());
    for (row, i) in shown[top..end].iter().enumerate() {
        let event = &screen.events[*i];
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let selected = top + row == screen.list.cursor;
        let style = if selected { pen.look.bold() } else { pen.look.plain() };
        if selected {
            pen.put((0, y), 1, ">", style);
        }
        pen.put((1, y), 8, figures::clock(event.at_ms, model.now.utc_offset_s), style);
        pen.put((11, y), 14, &event.by, style);
        pen.put((26, y), area.width.saturating_sub(26), &event.text, style);
        if selected {
            pen.restyle(Rect::new(1, y, 24, 1), pen.look.cursor());
        }
    }
    if shown.is_empty() {
        pen.put((1, area.y + 1), area.width, "nothing yet", pen.look.plain());
    }
}

//! Every run of the job, and who did what in the one under the cursor.

use ratatui::layout::Rect;

use super::listing::{self, Listing, divide, note};
use super::pen::Pen;
use super::{footer, job_header};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, HistoryPane, Model};
use crate::protocol::RunView;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::History);
    job_header(model, job, pen, "  History");
    let on_runs = job.history.pane == HistoryPane::Runs;
    // A window without room for both shows the one that keys move in.
    if parts.detail.is_some() || on_runs {
        runs(model, job, pen, parts.list);
    }
    if let Some(area) = parts.detail.or((!on_runs).then_some(parts.list)) {
        events(model, job, pen, area);
    }
    divide(pen, &parts);
    if let Some(area) = parts.foot {
        totals(model, job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

/// Head, width, of the columns behind who and what; right-aligned.
const FIGURES: [(&str, u16); 5] = [("rows", 6), ("size", 7), ("time", 8), ("fail", 6), ("skip", 6)];

/// Column and width of the state, and of the figures that fit behind it.
fn columns(area: Rect) -> (u16, usize) {
    let mut taken = 44;
    let fits = |(_, width): &&(&str, u16)| {
        taken += width;
        taken <= area.width
    };
    (31, FIGURES.iter().take_while(fits).count())
}

fn runs(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.history;
    let focused = screen.pane == HistoryPane::Runs && !model.zoomed;
    let title = format!("Runs {}, newest first", screen.runs.len());
    pen.rule(area, title, if focused { "Enter events" } else { "Tab runs" }, focused);
    let plain = pen.look.plain();
    let y = area.y + 1;
    let (state, figures) = columns(area);
    pen.put((3, y), 16, "when", plain);
    pen.put((21, y), 9, "by", plain);
    pen.put((state, y), 12, "state", plain);
    let mut x = state + 13;
    for (head, width) in &FIGURES[..figures] {
        pen.right((x, y), *width, *head, plain);
        x += width;
    }
    let listing = Listing::new(area, 2, screen.runs_list, screen.runs.len());
    listing.draw(pen, |pen, line, at, selected| {
        run_line(model, job, pen, line, at, selected);
    });
    if screen.runs.is_empty() {
        listing.say(pen, "no run yet");
    }
}

fn run_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    at: usize,
    selected: bool,
) {
    let run = &job.history.runs[at];
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let y = line.y;
    if selected {
        pen.put((1, y), 1, ">", style);
    }
    pen.put((3, y), 17, when(model, run), style);
    pen.put((21, y), 9, &run.by, style);
    let (state, fit) = columns(line);
    pen.put((state, y), 12, state_of(job, at), style);
    let cells = [
        figures::count(run.rows),
        figures::bytes(run.bytes).replace(' ', ""),
        figures::elapsed(took_ms(model, run)).replace(" min", "m"),
        figures::grouped(u64::from(run.failed)),
        figures::grouped(u64::from(run.skipped)),
    ];
    let mut x = state + 13;
    for ((_, width), text) in FIGURES[..fit].iter().zip(cells) {
        pen.right((x, y), *width, text, style);
        x += width;
    }
    if selected {
        pen.restyle(Rect::new(2, y, 18, 1), pen.look.cursor());
    }
}

/// `Fri 13:19-`, `Fri 11:02-11:40`.
fn when(model: &Model, run: &RunView) -> String {
    let offset = model.now.utc_offset_s;
    let to = run.ended_ms.map_or(String::new(), |at| figures::clock_minutes(at, offset));
    format!("{}-{to}", figures::day_clock(run.started_ms, offset))
}

/// A run without an end goes on when it is the newest one, else it died.
fn state_of(job: &Attached, at: usize) -> String {
    let run = &job.history.runs[at];
    match (run.ended_ms, at) {
        (Some(_), _) => run.end_state.clone(),
        (None, 0) => job.state_word(),
        (None, _) => "NOT RUNNING".to_owned(),
    }
}

fn took_ms(model: &Model, run: &RunView) -> u64 {
    let end = run.ended_ms.unwrap_or(model.now.wall_ms);
    u64::try_from(end.saturating_sub(run.started_ms)).unwrap_or(0)
}

fn events(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.history;
    let shown = screen.shown();
    let title = match (screen.search.is_empty(), screen.run()) {
        (true, Some(run)) => format!("Who did what, {}", when(model, run)),
        (true, None) => "Who did what".to_owned(),
        (false, _) => format!("Who did what, all runs: {}", shown.len()),
    };
    let focused = screen.pane == HistoryPane::Events;
    pen.rule(area, title, note(&screen.search, "/ filter  y copy"), focused && !model.zoomed);
    let listing = Listing::new(area, 1, screen.list, shown.len());
    let by = if area.width < 60 { 6 } else { 14 };
    listing.draw(pen, |pen, line, at, selected| {
        let event = &screen.events[shown[at]];
        let selected = selected && focused;
        let style = if selected { pen.look.bold() } else { pen.look.plain() };
        let (x, y) = (line.x, line.y);
        if selected {
            pen.put((x, y), 1, ">", style);
        }
        pen.put((x + 1, y), 8, figures::clock(event.at_ms, model.now.utc_offset_s), style);
        // Without room the terminal goes, not the name.
        let (who, _tty) = event.by.split_once(" (").unwrap_or((&event.by, ""));
        let who = if area.width < 60 { who } else { &event.by };
        pen.put((x + 11, y), by, who, style);
        let from = x + 12 + by;
        pen.put((from, y), line.right().saturating_sub(from), &event.text, style);
        if selected {
            pen.restyle(Rect::new(x + 1, y, 10 + by, 1), pen.look.cursor());
        }
    });
    if shown.is_empty() {
        listing
            .say(pen, if screen.search.is_empty() { "nothing yet" } else { "no event holds that" });
    }
}

/// `296M rows   298 GB   69 MB/s average`.
fn totals(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    pen.rule(area, "Totals of this run", "", false);
    let Some(run) = job.history.run() else {
        return;
    };
    let seconds = took_ms(model, run) / 1_000;
    let mean = run.bytes.checked_div(seconds).unwrap_or(0);
    let text = format!(
        "{} rows   {}   {} average   {}   {} failed   {} skipped   by {}   {}",
        figures::count(run.rows),
        figures::bytes(run.bytes),
        figures::rate(mean),
        figures::counted(u64::from(run.chunks), "chunk"),
        figures::grouped(u64::from(run.failed)),
        figures::grouped(u64::from(run.skipped)),
        run.by,
        state_of(job, job.history.runs_list.cursor),
    );
    listing::lines(pen, listing::body(area), &[text]);
}

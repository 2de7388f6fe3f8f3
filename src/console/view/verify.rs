//! What a verification found: a verdict for every table, and the differing rows of one.

use ratatui::layout::Rect;

use super::listing::{self, Listing, body, divide};
use super::panes;
use super::pen::Pen;
use super::run;
use super::{bars, footer, job_header};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};
use crate::console::update::{difference_text, verified_tables};
use crate::protocol::{ComparedView, TableView};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Verify);
    job_header(model, job, pen, "  Verify");
    if parts.info.height > 0 {
        run::threads(job, pen, parts.info.y);
        run::chunks_total(model, job, pen, parts.info.y + 1);
        result(job, pen, parts.info.y + 2);
    }
    tables(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        rows(job, pen, area);
    }
    divide(pen, &parts);
    if let Some(area) = parts.side {
        side(job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

/// `result  3,634 equal  6 differ  972 to check  rows compared 371M`.
fn result(job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let found = job.job().compared.clone().unwrap_or_default();
    let p = &job.job().progress;
    let left = figures::grouped(u64::from(p.chunks_left + p.chunks_running));
    let shape = match found.shape {
        0 => String::new(),
        n => format!("  {n} in the tables' shape"),
    };
    let count = |n: u32| figures::grouped(u64::from(n));
    let gap = if pen.columns() >= layout::WIDE { "    " } else { "   " };
    let text = format!(
        "{} equal{gap}{} differ{gap}{left} to check{gap}rows compared {}{shape}",
        count(found.chunks_equal),
        count(found.chunks_differ),
        figures::count(found.source_rows)
    );
    let style = if found.differs { pen.look.bold() } else { pen.look.plain() };
    pen.put((1, y), 8, "result", pen.look.plain());
    let x = if pen.columns() >= layout::WIDE { 10 } else { 9 };
    pen.put((x, y), pen.columns().saturating_sub(x), text, style);
}

/// UX's marks: `=` equal, `x` differs, `?` not yet, `>` being checked, `-` left out.
fn mark(table: &TableView, found: &ComparedView) -> &'static str {
    match (found.differs, table.state.as_str()) {
        (true, _) => "x",
        (false, "done") => "=",
        (false, "running") => ">",
        (false, "skipped") => "-",
        (false, "failed") => "!",
        (false, _) => "?",
    }
}

/// Heads and widths right of the bar, the most telling first.
const FIGURES: [(&str, u16); 6] =
    [("checked", 10), ("equal", 6), ("differ", 7), ("only src", 9), ("only tgt", 9), ("values", 7)];
const BAR_CELLS: u16 = 8;

/// Width of the name, whether there is a bar, and how many figures fit.
fn columns(width: u16) -> (u16, bool, usize) {
    let all: u16 = FIGURES.iter().map(|(_, width)| width).sum();
    let bar = BAR_CELLS + 3;
    if width > all + 5 + bar + 12 {
        // Names get what the figures leave.
        return (width - all - 6 - bar, true, FIGURES.len());
    }
    let mut fit = FIGURES.len();
    let taken = |fit: usize| FIGURES[..fit].iter().map(|(_, width)| width).sum::<u16>();
    while fit > 1 && taken(fit) + 5 + 14 + bar > width {
        fit -= 1;
    }
    let with_bar = fit >= 3;
    let used = taken(fit) + if with_bar { bar } else { 0 };
    (width.saturating_sub(used + 6), with_bar, fit)
}

fn tables(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let shown = verified_tables(job);
    let marks = "= equal  x differs  > checking  ? not yet  ! failed";
    let note = if area.width < pen.columns() { "differing first" } else { marks };
    pen.rule(area, format!("Tables {}", figures::grouped(shown.len() as u64)), note, !model.zoomed);
    let plain = pen.look.plain();
    let (name, bar, fit) = columns(area.width);
    let y = area.y + 1;
    pen.put((5, y), name, "table", plain);
    let first = 5 + name + if bar { BAR_CELLS + 3 } else { 0 };
    let mut x = first;
    for (head, width) in &FIGURES[..fit] {
        pen.right((x, y), *width, *head, plain);
        x += width;
    }
    let listing = Listing::new(area, 2, job.verify.list, shown.len()).counting_more(model);
    listing.draw(pen, |pen, line, at, selected| {
        let table = shown[at];
        let found = table.compared.clone().unwrap_or_default();
        let y = line.y;
        let style = if selected || found.differs { pen.look.bold() } else { plain };
        if selected {
            pen.put((1, y), 1, ">", style);
        }
        let mark_style = if found.differs { pen.look.cursor() } else { style };
        pen.put((3, y), 1, mark(table, &found), mark_style);
        pen.put((5, y), name.saturating_sub(1), &table.name, style);
        if selected {
            pen.restyle(Rect::new(4, y, name, 1), pen.look.cursor());
        }
        if bar {
            bars::table(pen, (5 + name, y), BAR_CELLS, table);
        }
        let mut x = first;
        for ((_, width), text) in FIGURES[..fit].iter().zip(cells(table, &found)) {
            pen.right((x, y), *width, text, style);
            x += width;
        }
    });
    if shown.is_empty() {
        listing.say(pen, "the plan is being made");
    }
}

fn cells(table: &TableView, found: &ComparedView) -> [String; 6] {
    let least = |count: u64| {
        let sign = if found.at_least && count > 0 { "+" } else { "" };
        format!("{}{sign}", figures::count(count))
    };
    let checked = match table.state.as_str() {
        "skipped" => "skip".to_owned(),
        _ => format!("{}/{}", table.chunks_done, table.chunks_total),
    };
    [
        checked,
        figures::count(u64::from(found.chunks_equal)),
        figures::count(u64::from(found.chunks_differ)),
        least(found.missing),
        least(found.extra),
        least(found.different),
    ]
}

fn rows(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.verify;
    let table = screen.table.and_then(|number| job.shot.tables.get(number as usize));
    let name = table.map_or("", |table| table.name.as_str());
    let note = if screen.with_values { "source | target" } else { "V values  Enter all" };
    pen.rule(area, format!("Differing rows of {name}"), note, false);
    let found = table.and_then(|table| table.compared.clone()).unwrap_or_default();
    let body = body(area);
    let mut lines = Vec::new();
    if found.source_rows + found.target_rows > 0 {
        lines.push(format!(
            "rows       source {}   target {}",
            figures::grouped(found.source_rows),
            figures::grouped(found.target_rows)
        ));
    }
    lines.extend(screen.rows.iter().take(usize::from(body.height)).map(difference_text));
    if screen.rows.is_empty() {
        let state = table.map_or("", |table| table.state.as_str());
        let text = match (found.differs, state) {
            (true, _) => "its rows are not named: see the plan, or the chunk's log line",
            (false, "done") => "none: both sides are equal",
            (false, _) => "none so far",
        };
        lines.push(text.to_owned());
    }
    let room = usize::from(body.height);
    if lines.len() > room && room > 0 {
        lines.truncate(room - 1);
        lines.push(format!("... more: Enter shows all {}", screen.rows.len()));
    }
    listing::lines(pen, body, &lines);
}

/// What the marks mean, who checks what, and which ways there are.
fn side(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let part = |y: u16, rows: u16| Rect::new(area.x, y, area.width, rows);
    let ways = if area.height >= 20 { 6 } else { 0 };
    let marks = part(area.y, 3);
    pen.rule(marks, "What a mark means", "", false);
    let text = ["=  equal    x  differs    ?  not yet", ">  being checked    -  left out"];
    listing::lines(pen, body(marks), &text.map(ToOwned::to_owned));
    let workers = part(marks.bottom(), area.height.saturating_sub(3 + ways));
    pen.rule(workers, format!("Workers {}", job.job().threads.run), "", false);
    panes::short_workers(job, pen, body(workers));
    if ways > 0 {
        let area = part(workers.bottom(), ways);
        pen.rule(area, "What you can do", "", false);
        let text = [
            "V        read both values of the rows",
            "R        check this table again",
            "W        write the list to a file",
            "tidegate verify JOB --repair  puts the",
            "target right (asks)",
        ];
        listing::lines(pen, body(area), &text.map(ToOwned::to_owned));
    }
}

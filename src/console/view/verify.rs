//! What a verification found: a verdict for every table, and the differing rows of one.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, job_header};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};
use crate::console::update::{difference_text, verified_tables};
use crate::protocol::{ComparedView, TableView};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::VERIFY);
    job_header(model, job, pen, "  Verify");
    if parts.info.height > 0 {
        result(job, pen, parts.info.y);
    }
    tables(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        rows(job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

/// `result  3,634 equal  6 differ  972 to check  rows compared 371M`.
fn result(job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let found = job.job().compared.clone().unwrap_or_default();
    let p = &job.job().progress;
    let left = p.chunks_left + p.chunks_running;
    let shape = match found.shape {
        0 => String::new(),
        n => format!("  {n} in the tables' shape"),
    };
    let text = format!(
        "result  {} equal  {} differ  {left} to check  rows compared {}{shape}",
        found.chunks_equal,
        found.chunks_differ,
        figures::count(found.source_rows)
    );
    let style = if found.differs { pen.look.bold() } else { pen.look.plain() };
    pen.put((1, y), pen.columns().saturating_sub(1), text, style);
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

fn tables(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let shown = verified_tables(job);
    let note = "= equal  x differs  > checking  ? not yet  ! failed";
    pen.rule(area, format!("Tables {}", shown.len()), note, !model.zoomed);
    let plain = pen.look.plain();
    let y = area.y + 1;
    let right = area.width.saturating_sub(1);
    let heads = ["checked", "equal", "differ", "only src", "only tgt", "values"];
    let x_of = |at: usize| right.saturating_sub(9 * (6 - u16::try_from(at).unwrap_or(0)));
    pen.put((4, y), 20, "table", plain);
    for (at, head) in heads.iter().enumerate() {
        pen.right((x_of(at), y), 9, *head, plain);
    }
    let list = &job.verify.list;
    let lines = usize::from(area.height.saturating_sub(2));
    let top = list.top.clamp(0, shown.len());
    let end = (top + lines).clamp(0, shown.len());
    for (row, table) in shown[top..end].iter().enumerate() {
        let y = area.y + 2 + u16::try_from(row).unwrap_or(0);
        let selected = top + row == list.cursor;
        let found = table.compared.clone().unwrap_or_default();
        let style = if selected || found.differs { pen.look.bold() } else { plain };
        if selected {
            pen.put((0, y), 1, ">", style);
        }
        pen.put((2, y), 1, mark(table, &found), style);
        let room = x_of(0).saturating_sub(5);
        pen.put((4, y), room, &table.name, style);
        let least = |count: u64| {
            let sign = if found.at_least && count > 0 { "+" } else { "" };
            format!("{}{sign}", figures::count(count))
        };
        let cells = [
            format!("{}/{}", table.chunks_done, table.chunks_total),
            found.chunks_equal.to_string(),
            found.chunks_differ.to_string(),
            least(found.missing),
            least(found.extra),
            least(found.different),
        ];
        for (at, text) in cells.into_iter().enumerate() {
            pen.right((x_of(at), y), 9, text, style);
        }
        if selected {
            pen.restyle(Rect::new(2, y, room + 2, 1), pen.look.cursor());
        }
    }
    if shown.is_empty() {
        pen.put((4, area.y + 2), area.width, "the plan is being made", plain);
    }
}

fn rows(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.verify;
    let table = screen.table.and_then(|number| job.shot.tables.get(number as usize));
    let name = table.map_or("", |table| table.name.as_str());
    let note = if screen.with_values { "source | target" } else { "V values  Enter all" };
    pen.rule(area, format!("Differing rows of {name}"), note, false);
    let lines = usize::from(area.height.saturating_sub(1));
    for (row, difference) in screen.rows.iter().take(lines).enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let text = difference_text(difference);
        pen.put((1, y), area.width.saturating_sub(1), text, pen.look.plain());
    }
    if screen.rows.is_empty() {
        let found = table.and_then(|table| table.compared.clone()).unwrap_or_default();
        let state = table.map_or("", |table| table.state.as_str());
        let text = match (found.differs, state) {
            (true, _) => "its rows are not named: see the plan, or the chunk's log line",
            (false, "done") => "none: both sides are equal",
            (false, _) => "none so far",
        };
        pen.put((1, area.y + 1), area.width.saturating_sub(1), text, pen.look.plain());
    }
}

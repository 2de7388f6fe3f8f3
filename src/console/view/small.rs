//! Small windows: nothing is refused, down to one line.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{bars, draw_keys, failures, label, prompt_line, run as wide_run};
use crate::console::figures;
use crate::console::layout::SMALL_FIXED_ROWS;
use crate::console::model::{Model, Overlay};

/// `crm-nov EXECUTING 63% fail 7`.
pub fn one_line(model: &Model, pen: &mut Pen<'_>) {
    let text = match &model.job {
        Some(job) => {
            let p = &job.job().progress;
            let fail = match failures(job) {
                0 => String::new(),
                n => format!(" fail {}", figures::grouped(n)),
            };
            format!("{} {} {}%{fail}", job.name, job.state_word(), p.percent)
        }
        None => format!("{} jobs", model.jobs.rows.len()),
    };
    let text = match &model.overlay {
        Some(Overlay::Question(_)) => "a question is open: make the window larger, Esc = no",
        Some(_) => "make the window larger, or Esc",
        None if model.status_is_fresh() => &model.status.text,
        None => &text,
    };
    pen.put((0, 0), pen.columns(), text, pen.look.plain());
}

/// 40 to 59 columns: one list, no panes.
pub fn run(model: &Model, pen: &mut Pen<'_>) {
    let Some(job) = &model.job else {
        return;
    };
    let w = pen.columns();
    let plain = pen.look.plain();
    let p = &job.job().progress;
    let eta = wide_run::eta(model, job);
    let eta = if eta.is_empty() { String::new() } else { format!(" ETA {eta}") };
    let read_only = if model.read_only { " [RO]" } else { "" };
    let head = format!("{} {}{read_only} {}%{eta}", job.name, job.state_word(), p.percent);
    pen.put((1, 0), w - 1, head, pen.look.bar());
    pen.restyle(Rect::new(0, 0, w, 1), pen.look.bar());

    let t = &job.job().threads;
    let (want, agreed) = job.threads_want();
    let mark = if agreed { "" } else { "?" };
    let (limit, _) = job.rate_limit();
    let limit = limit.map_or("no limit".to_owned(), |l| format!("limit {}", figures::rate(l)));
    let line = format!(
        "threads {}/{want}{mark} of {}   {} {limit}",
        t.run,
        t.max,
        figures::rate(job.job().rate.bytes_per_s)
    );
    pen.put((1, 1), w - 1, line, plain);
    bars::total(pen, (1, 2), w - 4, p);
    let sums = format!(
        "fail {}  skip {}",
        figures::grouped(failures(job)),
        figures::grouped(u64::from(p.chunks_skipped))
    );
    let end = pen.put((1, 3), w / 2, sums, plain);
    let target = match label(job) {
        Some(label) => format!("{} [{label}]", job.job().target),
        None => job.job().target.clone(),
    };
    pen.right((end + 1, 3), w - end - 2, target, plain);
    tables(model, pen);
    last_lines(model, pen);
}

fn tables(model: &Model, pen: &mut Pen<'_>) {
    let Some(job) = &model.job else {
        return;
    };
    let lines = usize::from(pen.rows().saturating_sub(SMALL_FIXED_ROWS));
    let list = job.run.list;
    let end = (list.top + lines).clamp(0, job.run.order.len());
    let w = pen.columns();
    for (row, number) in job.run.order[list.top.clamp(0, end)..end].iter().enumerate() {
        let Some(table) = job.shot.tables.get(*number as usize) else { continue };
        let y = 4 + u16::try_from(row).unwrap_or(0);
        let selected = list.top + row == list.cursor;
        let style = if selected { pen.look.bold() } else { pen.look.plain() };
        pen.glyph((1, y), wide_run::table_mark(table));
        pen.put((3, y), w - 23, &table.name, style);
        if selected {
            pen.restyle(Rect::new(3, y, w - 23, 1), pen.look.cursor());
        }
        pen.right((w - 19, y), 5, format!("{}%", bars::percent_of(table)), style);
        let done = table.chunks_done + table.chunks_failed + table.chunks_skipped;
        pen.right((w - 14, y), 10, format!("{done}/{}", table.chunks_total), style);
        let failed = table.chunks_failed;
        let text = if failed > 0 { format!("{failed}!") } else { "0".to_owned() };
        pen.right((w - 4, y), 3, text, style);
    }
}

/// The newest log line or what was said, and the keys.
fn last_lines(model: &Model, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let Some(job) = &model.job else {
        return;
    };
    if let Some(line) = job.shot.log.last() {
        let text = super::panes::log_text(line, model.now.utc_offset_s);
        pen.put((1, h - 3), w - 1, text, pen.look.plain());
    }
    if !prompt_line(model, pen, h - 2) {
        if model.status_is_fresh() {
            pen.put((1, h - 2), w - 1, &model.status.text, pen.look.plain());
        } else if let Some(line) = super::standing_lines(model).first() {
            line.draw(pen, h - 2, w);
        }
    }
    draw_keys(model, pen, h - 1);
}

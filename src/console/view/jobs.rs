//! The jobs list.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, header, piece};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{JobRow, JobsSort, Model};

pub fn draw(model: &Model, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::JOBS);
    let answering = model.jobs.rows.iter().filter(|r| r.alive).count();
    let mut pieces = vec![piece("tidegate", 0)];
    if model.read_only {
        pieces.push(piece("[RO]", 0));
    }
    pieces.push(piece(format!("jobs on {}", model.host), 3));
    pieces.push(piece(
        match answering {
            1 => "1 engine answering".to_owned(),
            n => format!("{n} engines answering"),
        },
        2,
    ));
    pieces.push(piece(model.user.clone(), 4));
    header(pen, pieces);
    list(model, pen, parts.list);
    if let Some(area) = parts.detail
        && let Some(row) = model.jobs.selected()
    {
        detail(model, pen, area, row);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn list(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let screen = &model.jobs;
    let shown = screen.shown();
    let sort = match screen.sort {
        JobsSort::Newest => "newest first",
        JobsSort::Name => "by name",
        JobsSort::State => "by state",
    };
    let note = if screen.filter.is_empty() {
        "/ filter  S sort".to_owned()
    } else {
        format!("/{}  {} shown", screen.filter, shown.len())
    };
    pen.rule(area, format!("Jobs {}, {sort}", screen.rows.len()), note, !model.zoomed);
    heads(pen, area);
    let lines = usize::from(area.height.saturating_sub(2));
    let end = (screen.list.top + lines).clamp(0, shown.len());
    for (row, i) in shown[screen.list.top.clamp(0, end)..end].iter().enumerate() {
        let y = area.y + 2 + u16::try_from(row).unwrap_or(0);
        let line = Rect::new(area.x, y, area.width, 1);
        let selected = screen.list.top + row == screen.list.cursor;
        job_line(model, pen, line, &screen.rows[*i], selected);
    }
    if shown.is_empty() {
        let text = match (&screen.problem, screen.loaded, screen.rows.is_empty()) {
            (Some(problem), _, _) => problem.clone(),
            (None, false, _) => "...".to_owned(),
            (None, true, true) => "no jobs yet:  tidegate copy --from URL --to URL".to_owned(),
            (None, true, false) => "no job holds that; Esc clears the filter".to_owned(),
        };
        pen.put((3, area.y + 3), area.width - 3, text, pen.look.plain());
    }
}

/// Columns behind the name: kind, ends, done, speed, fail, age; as many as fit.
fn wide(area: Rect) -> bool {
    area.width >= layout::WIDE
}

fn heads(pen: &mut Pen<'_>, area: Rect) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    pen.put((3, y), 13, "state", plain);
    pen.put((17, y), 12, "job", plain);
    let right = if wide(area) { 46 } else { 17 };
    let ends = area.width.saturating_sub(right);
    pen.put((31, y), 30, "source -> target", plain);
    pen.right((ends, y), 6, "done", plain);
    if wide(area) {
        pen.right((ends + 6, y), 11, "speed", plain);
        pen.right((ends + 17, y), 7, "fail", plain);
        pen.right((ends + 24, y), 7, "skip", plain);
        pen.right((ends + 31, y), 14, "age", plain);
    } else {
        pen.right((ends + 6, y), 5, "fail", plain);
        pen.right((ends + 11, y), 6, "age", plain);
    }
}

fn job_line(model: &Model, pen: &mut Pen<'_>, line: Rect, row: &JobRow, selected: bool) {
    let v = &row.view;
    let y = line.y;
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let needs = needs_you(row);
    let (cursor, mark) = (if selected { ">" } else { " " }, if needs { "!" } else { " " });
    pen.put((0, y), 3, format!("{mark}{cursor} "), pen.look.bold());
    let lost = v.state == "NOT RUNNING" || row.trouble.is_some();
    let state = if row.trouble.is_some() { "UNREADABLE" } else { &v.state };
    let state_style = if lost {
        pen.look.alarm()
    } else if matches!(v.state.as_str(), "EXECUTING" | "COMPLETING") {
        pen.look.bold()
    } else {
        style
    };
    pen.put((3, y), 13, state, state_style);
    pen.put((17, y), 13, &v.name, style);
    if selected {
        pen.restyle(Rect::new(16, y, 14, 1), pen.look.cursor());
    }
    let right = if wide(line) { 46 } else { 17 };
    let ends = line.width.saturating_sub(right);
    let room = ends.saturating_sub(31);
    if let Some(trouble) = &row.trouble {
        pen.put((31, y), line.width.saturating_sub(31), trouble, style);
        return;
    }
    let label = match &v.target_label {
        Some(label) => format!(" [{label}]"),
        None if v.production => " [PROD]".to_owned(),
        None => String::new(),
    };
    // The label is what must not be cut.
    let kept = u16::try_from(label.chars().count()).unwrap_or(0);
    let text = format!("{} -> {}", v.source, v.target);
    let end = pen.put((31, y), room.saturating_sub(kept), text, style);
    pen.put((end, y), kept, label, pen.look.bold());
    let p = &v.progress;
    let known = v.state != "DEFINING";
    let dash = |text: String| if known { text } else { "-".to_owned() };
    pen.right((ends, y), 6, dash(format!("{}%", p.percent)), style);
    let failed = dash(figures::grouped(u64::from(p.chunks_failed) + u64::from(p.steps_failed)));
    let age = if v.started_ms > 0 {
        let ms = model.now.wall_ms.saturating_sub(v.started_ms);
        figures::elapsed(u64::try_from(ms).unwrap_or(0)).replace("<1 min", "0h00m")
    } else {
        "-".to_owned()
    };
    if wide(line) {
        let speed = match v.rate.bytes_per_s {
            0 => "-".to_owned(),
            n => figures::rate(n),
        };
        pen.right((ends + 6, y), 11, speed, style);
        pen.right((ends + 17, y), 7, failed, style);
        let skipped = dash(figures::grouped(u64::from(p.chunks_skipped)));
        pen.right((ends + 24, y), 7, skipped, style);
        pen.right((ends + 31, y), 14, age, style);
    } else {
        pen.right((ends + 6, y), 5, failed, style);
        pen.right((ends + 11, y), 6, age, style);
    }
}

/// Someone has to act: the engine is lost, or chunks have failed and nothing goes on by itself.
fn needs_you(row: &JobRow) -> bool {
    let v = &row.view;
    let failed = v.progress.chunks_failed + v.progress.steps_failed > 0;
    row.trouble.is_some()
        || v.state == "NOT RUNNING"
        || (v.state == "COMPLETED" && failed)
        || (v.state == "IDLING" && !v.alerts.is_empty())
}

fn detail(model: &Model, pen: &mut Pen<'_>, area: Rect, row: &JobRow) {
    let v = &row.view;
    pen.rule(area, &v.name, "", false);
    let plain = pen.look.plain();
    let w = area.width - 1;
    let mut lines: Vec<String> = Vec::new();
    if let Some(trouble) = &row.trouble {
        lines.push(format!("! {trouble}"));
    } else if v.state == "NOT RUNNING" {
        lines.push("! Its engine stopped without a word.".to_owned());
        lines.push(
            "  Nothing finished is lost. Enter attaches, r restarts it; chunks in work".to_owned(),
        );
        lines.push(
            "  are compared with the target and copied again only when they are not there."
                .to_owned(),
        );
    } else if !v.held_by.is_empty() {
        lines.push(format!("held by   {}", v.held_by.join("; ")));
    }
    let p = &v.progress;
    let count = |n: u32| figures::grouped(u64::from(n));
    lines.push(format!(
        "chunks    {} done  {} running  {} left  {} failed  {} skipped",
        count(p.chunks_done),
        count(p.chunks_running),
        count(p.chunks_left),
        count(p.chunks_failed),
        count(p.chunks_skipped)
    ));
    if v.started_ms > 0 {
        let at = figures::day_clock(v.started_ms, model.now.utc_offset_s);
        lines.push(format!("started   {at}   ran {}", figures::elapsed(v.elapsed_ms)));
    }
    lines.push(format!("state     {}", v.state_path));
    lines.push(format!("log       {}", v.log_path));
    for (i, line) in lines.iter().take(usize::from(area.height.saturating_sub(1))).enumerate() {
        let y = area.y + 1 + u16::try_from(i).unwrap_or(0);
        pen.put((1, y), w, line, plain);
    }
}

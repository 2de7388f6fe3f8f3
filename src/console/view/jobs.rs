//! The jobs list, the job under the cursor, and the first job that needs somebody.

use ratatui::layout::Rect;

use super::listing::{self, Listing, note};
use super::pen::Pen;
use super::{footer, header, piece};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{JobRow, JobsSort, Model};

pub fn draw(model: &Model, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Jobs);
    header(pen, head(model, pen));
    list(model, pen, parts.list);
    if let Some(area) = parts.detail {
        panes(model, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn head(model: &Model, pen: &Pen<'_>) -> Vec<super::Piece> {
    let rows = &model.jobs.rows;
    let answering = rows.iter().filter(|r| r.alive).count() as u64;
    let lost = rows.iter().filter(|r| r.view.state == "NOT RUNNING").count();
    let mut pieces = vec![piece("tidegate", 0)];
    if model.read_only {
        pieces.push(piece("[RO]", 0).styled(pen.look.bold()));
    }
    pieces.push(piece(format!("jobs on {}", model.host), 3));
    let mut engines = format!("{} answering", figures::counted(answering, "engine"));
    if lost > 0 {
        engines.push_str(&format!(", {lost} lost"));
    }
    pieces.push(piece(engines, 2));
    pieces.push(piece(model.user.clone(), 4).at_right());
    pieces.push(piece("? help", 5));
    pieces
}

fn list(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let screen = &model.jobs;
    let shown = screen.shown();
    let sort = match screen.sort {
        JobsSort::Newest => "newest first",
        JobsSort::Name => "by name",
        JobsSort::State => "by state",
    };
    let keys = note(&screen.filter, "/ filter  S sort");
    let keys = if screen.filter.is_empty() { keys } else { format!("{keys}  {}", shown.len()) };
    pen.rule(area, format!("Jobs {}, {sort}", screen.rows.len()), keys, !model.zoomed);
    let columns = Columns::of(area.width);
    columns.heads(pen, area.y + 1);
    let listing = Listing::new(area, 2, screen.list, shown.len());
    listing.draw(pen, |pen, line, at, selected| {
        job_line(model, pen, line, &columns, &screen.rows[shown[at]], selected);
    });
    if shown.is_empty() {
        let text = match (&screen.problem, screen.loaded, screen.rows.is_empty()) {
            (Some(problem), _, _) => problem.as_str(),
            (None, false, _) => "...",
            (None, true, true) => "no jobs yet: n makes one, or  tidegate copy --from URL --to URL",
            (None, true, false) => "no job holds that; Esc clears the filter",
        };
        listing.say(pen, text);
    }
}

/// Where the columns stand; those of width 0 are not there.
struct Columns {
    kind: u16,
    ends: u16,
    ends_width: u16,
    /// Head, width; right-aligned from `right` on.
    figures: &'static [(&'static str, u16)],
    right: u16,
}

const STATE: u16 = 3;
const NAME: u16 = 17;

impl Columns {
    fn of(width: u16) -> Columns {
        let figures: &'static [(&'static str, u16)] = match width {
            layout::WIDE.. => &[
                ("done", 6),
                ("speed", 9),
                ("ends", 8),
                ("fail", 7),
                ("skip", 5),
                ("by", 6),
                ("age", 7),
            ],
            80.. => &[("done", 6), ("left", 7), ("fail", 6)],
            _ => &[("done", 5), ("fail", 6)],
        };
        let taken: u16 = figures.iter().map(|(_, width)| width).sum();
        let right = width.saturating_sub(taken + 1);
        let kind = if width >= 80 { 30 } else { 0 };
        let ends = if kind > 0 { 38 } else { 31 };
        let ends_width = right.saturating_sub(ends);
        let ends_width = if width < 60 { 0 } else { ends_width };
        Columns { kind, ends, ends_width, figures, right }
    }

    fn name_width(&self) -> u16 {
        match (self.kind, self.ends_width) {
            (0, 0) => self.right.saturating_sub(NAME),
            (0, _) => self.ends - NAME - 1,
            (kind, _) => kind - NAME - 1,
        }
    }

    fn heads(&self, pen: &mut Pen<'_>, y: u16) {
        let plain = pen.look.plain();
        pen.put((STATE, y), 13, "state", plain);
        pen.put((NAME, y), self.name_width(), "job", plain);
        if self.kind > 0 {
            pen.put((self.kind, y), 8, "kind", plain);
        }
        pen.put((self.ends, y), self.ends_width, "source -> target", plain);
        let mut x = self.right;
        for (head, width) in self.figures {
            pen.right((x, y), *width, *head, plain);
            x += width;
        }
    }
}

fn job_line(
    model: &Model,
    pen: &mut Pen<'_>,
    line: Rect,
    columns: &Columns,
    row: &JobRow,
    selected: bool,
) {
    let v = &row.view;
    let y = line.y;
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    // Somebody has to act; the cursor is told by its reversed name as well.
    let mark = match (needs_you(row), selected) {
        (true, true) => "!>",
        (true, false) => " !",
        (false, true) => " >",
        (false, false) => "  ",
    };
    pen.put((0, y), 2, mark, pen.look.bold());
    let lost = v.state == "NOT RUNNING" || row.trouble.is_some();
    let state = if row.trouble.is_some() { "UNREADABLE" } else { &v.state };
    let state_style = if lost {
        pen.look.alarm()
    } else if matches!(v.state.as_str(), "EXECUTING" | "COMPLETING") {
        pen.look.bold()
    } else {
        style
    };
    pen.put((STATE, y), 13, state, state_style);
    let name_width = columns.name_width();
    pen.put((NAME, y), name_width, &v.name, style);
    if selected {
        pen.restyle(Rect::new(NAME - 1, y, name_width + 1, 1), pen.look.cursor());
    }
    if let Some(trouble) = &row.trouble {
        pen.put((31, y), line.width.saturating_sub(31), trouble, style);
        return;
    }
    if columns.kind > 0 {
        pen.put((columns.kind, y), 7, &v.kind, style);
    }
    ends(pen, (columns.ends, y), columns.ends_width, row, selected);
    let mut x = columns.right;
    for (head, width) in columns.figures {
        let text = figure(model, row, head);
        if *head == "by" {
            pen.put((x + 2, y), width - 2, text, style);
        } else {
            pen.right((x + 1, y), width - 1, text, style);
        }
        x += width;
    }
}

/// `pg:crm@db1 -> my:crm@db7 [PROD]`: the label is what must not be cut.
fn ends(pen: &mut Pen<'_>, (x, y): (u16, u16), width: u16, row: &JobRow, selected: bool) {
    let v = &row.view;
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let label = match &v.target_label {
        Some(label) if !label.is_empty() => format!(" [{label}]"),
        _ if v.production => " [PROD]".to_owned(),
        _ => String::new(),
    };
    let kept = u16::try_from(super::Shown::from(label.as_str()).width()).unwrap_or(0);
    let kept = if kept < width { kept } else { width };
    let between = if v.kind == "verify" { "=" } else { "->" };
    let text = format!("{} {between} {}", v.source, v.target);
    let end = pen.put((x, y), width - kept, text, style);
    pen.put((end, y), kept, label, pen.look.bold());
}

fn figure(model: &Model, row: &JobRow, head: &str) -> String {
    let v = &row.view;
    let p = &v.progress;
    let dash = || "-".to_owned();
    let planned = v.state != "DEFINING";
    let count = |n: u32| if planned { figures::grouped(u64::from(n)) } else { dash() };
    match head {
        "done" if planned => format!("{}%", p.percent),
        "speed" => match model.jobs.speed(row) {
            Some(speed) if speed > 0 => figures::rate(speed),
            _ => dash(),
        },
        "left" => left_ms(model, row).map_or_else(dash, |ms| match ms / 60_000 {
            0 => "<1m".to_owned(),
            minutes @ 1..=90 => format!("~{minutes}m"),
            minutes => format!("~{}h", (minutes + 30) / 60),
        }),
        "ends" => ends_at(model, row),
        "fail" => count(p.chunks_failed + p.steps_failed),
        "skip" => count(p.chunks_skipped),
        "by" if !row.by.is_empty() => row.by.clone(),
        "age" if v.started_ms > 0 => {
            let ms = model.now.wall_ms.saturating_sub(v.started_ms);
            figures::elapsed(u64::try_from(ms).unwrap_or(0)).replace("<1 min", "0h00m")
        }
        _ => dash(),
    }
}

/// From what is left and the speed of the last minute, of a job at work.
fn left_ms(model: &Model, row: &JobRow) -> Option<u64> {
    let v = &row.view;
    if v.state != "EXECUTING" || !row.alive {
        return None;
    }
    if let Some((_, late)) = v.progress.eta_ms {
        return Some(late);
    }
    let left = v.progress.bytes_total.saturating_sub(v.progress.bytes_done);
    let speed = model.jobs.speed(row).filter(|speed| *speed > 0)?;
    Some(left.saturating_mul(1_000) / speed)
}

fn ends_at(model: &Model, row: &JobRow) -> String {
    let at = |ms: i64| figures::clock_minutes(ms, model.now.utc_offset_s);
    if row.view.state == "COMPLETED" && row.view.now_ms > 0 {
        return at(row.view.now_ms);
    }
    let Some(ms) = left_ms(model, row) else {
        return "-".to_owned();
    };
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    format!("~{}", at(model.now.wall_ms.saturating_add(ms)))
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

/// The job under the cursor, and below it the first one that needs somebody.
fn panes(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let needy = model.jobs.shown().into_iter().map(|i| &model.jobs.rows[i]).find(|r| needs_you(r));
    let rows = if needy.is_some() && area.height >= 8 { 4 + area.height / 8 } else { 0 };
    let top = Rect::new(area.x, area.y, area.width, area.height - rows);
    if let Some(row) = model.jobs.selected() {
        pen.rule(top, &row.view.name, "", false);
        listing::lines(pen, listing::body(top), &about(model, row, top.width >= layout::WIDE));
    }
    if let (Some(row), true) = (needy, rows > 0) {
        let area = Rect::new(area.x, top.bottom(), area.width, rows);
        pen.rule(area, format!("{} needs you", row.view.name), "", false);
        listing::lines(pen, listing::body(area), &wanted(model, row));
    }
}

fn about(model: &Model, row: &JobRow, wide: bool) -> Vec<String> {
    let v = &row.view;
    if let Some(trouble) = &row.trouble {
        return vec![format!("! {trouble}")];
    }
    if row.draft {
        return vec![
            "a draft of the wizard: no job yet, no database was changed".to_owned(),
            "Enter opens it where it was left; :discard throws it away".to_owned(),
            format!("job file {}", v.state_path),
        ];
    }
    let name = |word: &str| if wide { format!("{word:<10}") } else { format!("{word:<8}") };
    let held = if v.held_by.is_empty() { "nothing" } else { &v.held_by.join("; ") };
    let rate = match v.rate.limit_bytes_per_s {
        Some(limit) => format!("Rate limit {}.", figures::rate(limit)),
        None => "No rate limit.".to_owned(),
    };
    let asked = figures::counted(u64::from(v.threads.want), "thread");
    let mut lines = vec![format!(
        "{} {held}. {asked} asked for, {} at most. {rate}",
        name("held by"),
        v.threads.max
    )];
    let p = &v.progress;
    let count = |n: u32| figures::grouped(u64::from(n));
    let tables = figures::grouped(u64::from(row.tables));
    let chunks = format!(
        "{} done  {} running  {} left  {} failed  {} skipped",
        count(p.chunks_done),
        count(p.chunks_running),
        count(p.chunks_left),
        count(p.chunks_failed),
        count(p.chunks_skipped)
    );
    if wide {
        let (done, all) = (figures::bytes(p.bytes_done), figures::bytes(p.bytes_total));
        let rows = figures::count(p.rows_done);
        lines.push(format!("{} {}%  {rows} rows  {done}/~{all}", name("total"), p.percent));
        lines.push(format!("{} {tables}", name("tables")));
        lines.push(format!("{} {chunks}", name("chunks")));
    } else {
        lines.push(format!("{} {tables:<6} chunks {chunks}", name("tables")));
    }
    if v.started_ms > 0 {
        let at = figures::day_clock(v.started_ms, model.now.utc_offset_s);
        let by = if row.by.is_empty() { String::new() } else { format!(" by {}", row.by) };
        let started = format!("{at}{by}");
        let ends = match ends_at(model, row).as_str() {
            "-" => String::new(),
            at if v.state == "COMPLETED" => format!("  ended {at}"),
            at => format!("  ends about {}", at.trim_start_matches('~')),
        };
        lines.push(format!("{} {started:<22}{ends}", name("started")));
    }
    let size = match row.state_bytes {
        0 => String::new(),
        n => format!(" {}", figures::bytes(n)),
    };
    if wide {
        lines.push(format!("{} {}{size}      log {}", name("state"), v.state_path, v.log_path));
    } else {
        lines.push(format!("{} {}{size}", name("state"), v.state_path));
        lines.push(format!("{} {}", name("log"), v.log_path));
    }
    lines
}

/// What happened, what is safe, which key helps.
fn wanted(model: &Model, row: &JobRow) -> Vec<String> {
    let v = &row.view;
    if let Some(trouble) = &row.trouble {
        let safe = "  The file is left as it is; nothing runs for this job.";
        return vec![format!("! {trouble}"), safe.to_owned()];
    }
    let p = &v.progress;
    if v.state == "NOT RUNNING" {
        let at = match v.now_ms {
            0 => String::new(),
            at => format!(" at {}", figures::clock_minutes(at, model.now.utc_offset_s)),
        };
        let process = match row.engine_pid {
            0 => String::new(),
            pid => format!(" (process {pid} is gone)"),
        };
        let mut lines = vec![format!("! Its engine stopped without a word{at}{process}.")];
        if let Some(last) = &row.last_line {
            lines.push(format!("  Last log line: {last}"));
        }
        let redo = match p.chunks_running {
            0 => String::new(),
            n => format!(
                "; {} in work {} checked",
                figures::counted(u64::from(n), "chunk"),
                if n == 1 { "is" } else { "are" }
            ),
        };
        lines.push(format!("  Nothing finished is lost. r restarts it{redo}."));
        return lines;
    }
    if v.state == "COMPLETED" {
        let failed = figures::grouped(u64::from(p.chunks_failed + p.steps_failed));
        return vec![
            format!("! It is complete, but {failed} chunks or steps have failed."),
            "  What was finished is on the target. f lists the failures with their causes."
                .to_owned(),
        ];
    }
    let alerts = v.alerts.iter();
    alerts.flat_map(|a| [format!("! {}", a.what), format!("  {} {}", a.safe, a.next)]).collect()
}

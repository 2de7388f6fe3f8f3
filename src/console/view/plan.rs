//! The plan of a job that is not started: findings, tables, checklist, and the button.

use ratatui::layout::Rect;

use super::listing::{Listing, body, divide, note};
use super::pen::Pen;
use super::table::text_lines;
use super::{findings, footer, job_header, panes};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model, PlanLine};
use crate::console::update::plan_lines;
use crate::protocol::PlanView;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Plan);
    job_header(model, job, pen, "  Plan");
    let Some(plan) = &job.plan.plan else {
        waiting(model, job, pen, parts.list);
        footer(model, pen, parts.alert, parts.status, parts.keys);
        return;
    };
    if parts.info.height > 0 {
        pen.put((1, parts.info.y), pen.columns() - 1, sums(job, plan), pen.look.plain());
    }
    list(model, job, plan, pen, parts.list);
    if let Some(area) = parts.detail {
        detail(job, plan, pen, area);
    }
    divide(pen, &parts);
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

/// Before the plan is there: what the engine says it is doing.
fn waiting(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    pen.rule(area, "Plan", "", true);
    let text = "the engine is looking at both databases; nothing is written before you start ...";
    pen.put((1, area.y + 2), area.width - 1, text, pen.look.plain());
    let lines = usize::from(area.height.saturating_sub(5));
    let from = job.shot.log.len().saturating_sub(lines);
    for (row, line) in job.shot.log[from..].iter().enumerate() {
        let y = area.y + 4 + u16::try_from(row).unwrap_or(0);
        let text = panes::log_text(line, model.now.utc_offset_s);
        pen.put((1, y), area.width - 1, text, pen.look.plain());
    }
}

fn sums(job: &Attached, plan: &PlanView) -> String {
    let rows: u64 = plan.tables.iter().map(|t| t.rows).sum();
    let bytes: u64 = plan.tables.iter().map(|t| t.bytes).sum();
    let chunks: u64 = plan.tables.iter().map(|t| u64::from(t.chunks)).sum();
    let view = job.job();
    format!(
        "{}   ~{} rows   ~{}   {}   {}   {} -> {}",
        figures::counted(plan.tables.len() as u64, "table"),
        figures::count(rows),
        figures::bytes(bytes),
        figures::counted(chunks, "chunk"),
        figures::counted(u64::from(plan.steps), "step"),
        view.source,
        view.target,
    )
}

fn list(model: &Model, job: &Attached, plan: &PlanView, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.plan;
    let title = match screen.page {
        0 => format!("Findings: {}", findings::sums(&plan.findings)),
        1 => format!("Tables {}", figures::grouped(plan.tables.len() as u64)),
        _ => format!("Objects {}", figures::grouped(plan.checklist.len() as u64)),
    };
    let next = match screen.page {
        0 => "Tab tables",
        1 => "Tab objects",
        _ => "Tab findings",
    };
    let keys = note(&screen.filter, &format!("{next}  / filter"));
    pen.rule(area, title, keys, !model.zoomed);
    let items = plan_lines(screen);
    let listing = Listing::new(area, 1, screen.list, items.len());
    listing.draw(pen, |pen, line, at, selected| {
        plan_line(job, plan, pen, line, items[at], selected);
    });
    if items.is_empty() {
        listing.say(pen, "nothing here holds that");
    }
}

fn plan_line(
    job: &Attached,
    plan: &PlanView,
    pen: &mut Pen<'_>,
    line: Rect,
    item: PlanLine,
    selected: bool,
) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y, w) = (line.x, line.y, line.width);
    if let PlanLine::Finding(i) = item {
        return findings::line(pen, line, &plan.findings[i], selected);
    }
    if selected {
        pen.put((x + 1, y), 1, ">", style);
    }
    let marked = match item {
        PlanLine::Start | PlanLine::Finding(_) => {
            let blocks = job.job().blocks;
            let text = match (blocks, plan.blocked) {
                (0, false) => "Enter or s starts; nothing was written so far".to_owned(),
                (1 | 0, _) => "1 finding blocks the start".to_owned(),
                (n, _) => format!("{n} findings block the start"),
            };
            let end = pen.put((x + 3, y), w, "[ Start ]", pen.look.bold());
            pen.put((end + 2, y), w.saturating_sub(15), text, style);
            9
        }
        PlanLine::Table(i) => {
            let table = &plan.tables[i];
            let name = w.saturating_sub(54).clamp(16, 60);
            pen.put((x + 3, y), name, &table.source, style);
            let at = x + 4 + name;
            pen.right((at, y), 7, format!("~{}", figures::count(table.rows)), style);
            pen.right((at + 7, y), 10, format!("~{}", figures::bytes(table.bytes)), style);
            let chunks = figures::counted(u64::from(table.chunks), "chunk");
            pen.right((at + 17, y), 14, chunks, style);
            let rest = line.right().saturating_sub(at + 33);
            pen.put((at + 33, y), rest, format!("{}  {}", table.fit, table.path), style);
            name
        }
        PlanLine::Check(i) => {
            let check = &plan.checklist[i];
            pen.put((x + 3, y), 12, &check.fate, style);
            pen.put((x + 16, y), 18, &check.kind, style);
            pen.put((x + 35, y), w.saturating_sub(35), &check.name, style);
            31
        }
    };
    if selected {
        pen.restyle(Rect::new(x + 2, y, marked + 2, 1), pen.look.cursor());
    }
}

fn detail(job: &Attached, plan: &PlanView, pen: &mut Pen<'_>, area: Rect) {
    let item = plan_lines(&job.plan).get(job.plan.list.cursor).copied();
    let (title, text) = match item {
        Some(PlanLine::Finding(i)) => {
            let f = &plan.findings[i];
            (findings::title(f), findings::text(f, "Ways out, in the wizard (N new like this):"))
        }
        Some(PlanLine::Table(i)) => {
            let t = &plan.tables[i];
            let mut text = format!(
                "-> {}   {} by {}\n{}: {}",
                t.target,
                figures::counted(u64::from(t.chunks), "chunk"),
                t.method,
                t.path,
                t.path_reason
            );
            if !t.verdicts.is_empty() {
                text.push_str(&format!("\ncolumns: {}", t.verdicts));
            }
            for column in &t.columns {
                text.push('\n');
                text.push_str(&column.line());
            }
            (t.source.clone(), text)
        }
        Some(PlanLine::Check(i)) => {
            let c = &plan.checklist[i];
            let reason = c.reason.clone().unwrap_or_default();
            let source = c.source_text.clone().unwrap_or_default();
            (format!("{} {}", c.kind, c.name), format!("{}  {reason}\n{source}", c.fate))
        }
        Some(PlanLine::Start) | None => {
            let threads = &job.job().threads;
            let text = format!(
                "{} threads of at most {}; + - and digits set them now or while it runs.\n\
                 You may leave at any time: the job does not need this console.",
                threads.want, threads.max
            );
            ("What happens at the start".to_owned(), text)
        }
    };
    let has_more = !matches!(item, Some(PlanLine::Start) | None) && area.x == 0;
    pen.rule(area, title, if has_more { "Enter full text  y copy" } else { "" }, false);
    text_lines(pen, body(area), &text);
}

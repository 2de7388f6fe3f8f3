//! Page 4 as a picture: the findings, the chosen one with its ways out, the estimate.

use ratatui::layout::Rect;

use super::{bottom, header};
use crate::config::FileKind;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::wizard::{Line, Preflight, Spot, Wizard};
use crate::console::shown;
use crate::console::update::{draft_estimate, draft_refusal};
use crate::console::view::pen::Pen;
use crate::protocol::FindingView;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    header(model, wizard, pen, None);
    let page = &wizard.preflight;
    let parts = layout::preflight(model);
    let width = parts.detail.filter(|d| d.y == 1).map_or(pen.columns(), |d| d.x - 1);
    let on_list = page.form.focused() == Some(Spot::List);
    pen.rule(Rect::new(0, 1, width, 1), "4 of 4  Preflight report", note(page), on_list);
    if page.plan.is_some() {
        list(page, pen, parts.list);
    } else {
        waiting(page, pen, parts.list);
    }
    if let Some(area) = parts.detail {
        if area.y == 1 {
            pen.bar(area.x - 1, 1, area.bottom());
        }
        detail(page, pen, area);
    }
    if let Some(area) = parts.estimate {
        pen.rule(area, "Estimate", "", false);
        let text = draft_estimate(page);
        pen.put((1, area.y + 1), area.width - 1, text, pen.look.plain());
    }
    let start = match wizard.draft.keys().kind {
        Some(FileKind::Script) => "Script",
        _ => "Start",
    };
    let standing = match draft_refusal(model) {
        Some(reason) => format!("{start} waits: {reason}"),
        None => format!("nothing blocks; {start} asks first"),
    };
    bottom(model, pen, &page.form, &[(Spot::Back, "< Back"), (Spot::Start, start)], &standing);
}

/// `23 ok   3 warnings   1 blocks the start`
fn note(page: &Preflight) -> String {
    let [blocks, warns, oks] = page.counts();
    let blocking = if blocks == 1 { "blocks" } else { "block" };
    let warnings = if warns == 1 { "warning" } else { "warnings" };
    match (&page.plan, page.progress.is_empty()) {
        (None, true) => String::new(),
        (None, false) => "being made".to_owned(),
        (Some(_), true) => format!("{oks} ok   {warns} {warnings}   {blocks} {blocking} the start"),
        (Some(_), false) => "being made again".to_owned(),
    }
}

/// No report yet, or none at all.
fn waiting(page: &Preflight, pen: &mut Pen<'_>, area: Rect) {
    let text = match (&page.failed, page.progress.is_empty()) {
        (Some((what, hint)), _) => {
            let hint = hint.clone().unwrap_or_default();
            format!("! {what}\n\n{hint}\nNothing was changed. R checks again, Enter shows all.")
        }
        (None, false) => format!("{} ...", page.progress),
        (None, true) => "R makes the report".to_owned(),
    };
    let width = usize::from(area.width.saturating_sub(4));
    let lines = shown::wrapped(&text, width);
    for (i, line) in (0u16..).zip(lines.iter().take(usize::from(area.height))) {
        pen.put((2, area.y + i), area.width - 2, line, pen.look.plain());
    }
}

fn list(page: &Preflight, pen: &mut Pen<'_>, area: Rect) {
    let lines = page.lines();
    let height = usize::from(area.height);
    let top = page.list.top.clamp(0, lines.len());
    let end = (top + height).clamp(top, lines.len());
    for (i, line) in lines[top..end].iter().enumerate() {
        let y = area.y + u16::try_from(i).unwrap_or(0);
        let selected = top + i == page.list.cursor;
        draw_line(page, pen, *line, Rect::new(area.x, y, area.width, 1), selected);
    }
    if lines.is_empty() {
        pen.put((3, area.y), area.width, "nothing was found", pen.look.plain());
    }
}

fn draw_line(page: &Preflight, pen: &mut Pen<'_>, line: Line, area: Rect, selected: bool) {
    let (y, w) = (area.y, area.width);
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    if selected {
        pen.put((1, y), 1, ">", style);
    }
    let finding = match line {
        Line::Finding(i) => page.plan.as_ref().and_then(|plan| plan.findings.get(i)),
        Line::More(n) => {
            pen.put((3, y), w - 3, format!("ok    {n} more, press a to show all"), style);
            None
        }
    };
    let Some(finding) = finding else {
        return;
    };
    let severity = if finding.severity == "BLOCK" { pen.look.alarm() } else { style };
    pen.put((3, y), 5, &finding.severity, severity);
    let narrow = w < 60;
    let (topic, message) = if narrow { (8, 18) } else { (11, 21) };
    pen.put((9, y), topic, &finding.topic, style);
    pen.put((message, y), w.saturating_sub(message), &finding.message, style);
    if selected {
        pen.restyle(Rect::new(2, y, message - 3, 1), pen.look.cursor());
    }
}

fn detail(page: &Preflight, pen: &mut Pen<'_>, area: Rect) {
    let Some(finding) = page.selected() else {
        return pen.rule(area, "", "", false);
    };
    let title = format!("{} {}", finding.severity, finding.topic);
    pen.rule(area, title, "Enter all of it", false);
    let width = usize::from(area.width.saturating_sub(2));
    let room = usize::from(area.height.saturating_sub(1));
    let ways = ways(finding, width);
    let mut text = shown::wrapped(&body(finding), width);
    // The ways out are what one comes for: the text makes room for them.
    let kept = room.saturating_sub(ways.len());
    if text.len() > kept {
        text.truncate(kept);
        if let Some(last) = text.last_mut() {
            last.push_str(" >");
        }
    }
    for (i, line) in (1u16..).zip(text.iter().chain(&ways).take(room)) {
        pen.put((area.x + 1, area.y + i), area.width - 1, line, pen.look.plain());
    }
}

fn body(finding: &FindingView) -> String {
    let parts = [Some(&finding.message), finding.detail.as_ref(), finding.hint.as_ref()];
    let texts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    texts.join("\n")
}

fn ways(finding: &FindingView, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, way) in (1..).zip(&finding.ways) {
        let indent = |(i, text): (usize, String)| match i {
            0 => format!("  {number}  {text}"),
            _ => format!("     {text}"),
        };
        let wrapped = shown::wrapped(&way.title, width.saturating_sub(5));
        lines.extend(wrapped.into_iter().enumerate().map(indent));
    }
    lines
}

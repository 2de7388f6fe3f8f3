//! Page 4: the report, its ways out, and the start.

mod start;
mod ways;

pub use start::{begin, refusal, start, started};
pub use ways::{decided_conform, renamed, statements_read};

use super::{ask, next_page, prev_page};
use crate::console::commands::{Do, Place};
use crate::console::figures;
use crate::console::keymap::Key;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::wizard::{Asked, Line, Outcome, Preflight, Spot, What};
use crate::console::msg::Cmd;
use crate::console::update::list::movement;
use crate::console::update::{copying, reader};
use crate::protocol::survey::{SurveyAnswer, SurveyNews, SurveyRequest};
use crate::protocol::{FindingView, WayView};

fn page(model: &mut Model) -> Option<&mut Preflight> {
    model.wizard.as_mut().map(|wizard| &mut wizard.preflight)
}

/// The page is opened: a draft that changed since the last report is looked at again.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    wizard.preflight.form.focus_on(Spot::List);
    if wizard.preflight.of == wizard.draft.to_text() && wizard.preflight.failed.is_none() {
        return Vec::new();
    }
    check(model)
}

/// Makes the report again.
pub fn check(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let draft = wizard.survey_draft();
    wizard.preflight.of.clone_from(&draft.job_file);
    wizard.preflight.failed = None;
    "connecting to both sides".clone_into(&mut wizard.preflight.progress);
    model.dirty = true;
    ask(model, Place::Preflight, What::Preflight, SurveyRequest::Preflight { draft })
}

pub fn perform(model: &mut Model, does: Do, key: Option<Key>) -> Vec<Cmd> {
    let height = height(model);
    let Some(page) = page(model) else {
        return Vec::new();
    };
    if page.form.focused() == Some(Spot::List)
        && let Some(to) = movement(does)
    {
        let lines = page.lines().len();
        page.list.go(to, lines, height);
        return Vec::new();
    }
    match does {
        Do::Way => return way(model, key),
        Do::PreflightAgain => return check(model),
        Do::MarkAll => {
            page.all = !page.all;
            refit(model);
            return Vec::new();
        }
        Do::Open if page.form.focused() == Some(Spot::List) => return open(model),
        _ => {}
    }
    match page.form.perform(does) {
        Some(Outcome::Pressed(Spot::Back)) => prev_page(model),
        Some(Outcome::Pressed(Spot::Start)) => next_page(model),
        Some(_) | None => Vec::new(),
    }
}

fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    if let Some((what, hint)) = &page.failed {
        let text = format!("{what}\n\n{}", hint.clone().unwrap_or_default());
        return reader::open(model, "No report".to_owned(), text);
    }
    match page.selected() {
        Some(finding) => {
            let title = format!("{} {}", finding.severity, finding.topic);
            let text = finding_text(finding);
            reader::open(model, title, text)
        }
        None => {
            page.all = true;
            refit(model);
            Vec::new()
        }
    }
}

/// A number was pressed.
fn way(model: &mut Model, key: Option<Key>) -> Vec<Cmd> {
    let ways: Vec<WayView> =
        page(model).and_then(|p| p.selected()).map(|f| f.ways.clone()).unwrap_or_default();
    let number = match key {
        Some(Key::Char(c)) => c.to_digit(10).unwrap_or(0) as usize,
        _ => 0,
    };
    match number.checked_sub(1).and_then(|at| ways.get(at)) {
        Some(way) => ways::take(model, way),
        None => {
            model.say(match ways.len() {
                0 => "this finding has no numbered way out; its text says what to do".to_owned(),
                1 => "this finding has one way out: press 1".to_owned(),
                n => format!("this finding has ways 1 to {n}"),
            });
            Vec::new()
        }
    }
}

/// What the survey says.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    match asked.what {
        What::Preflight => report(model, news),
        What::Conform => ways::conformed(model, news),
        What::Ddl { .. } => start::scripted(model, news),
        _ => Vec::new(),
    }
}

fn report(model: &mut Model, news: SurveyNews) -> Vec<Cmd> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    match news {
        SurveyNews::Progress { text } => page.progress = text,
        SurveyNews::Answer { answer: SurveyAnswer::Preflight { plan } } => page.renew(plan),
        SurveyNews::Failed { what, hint } => {
            page.progress.clear();
            page.plan = None;
            page.failed = Some((what, hint));
        }
        SurveyNews::Answer { .. } | SurveyNews::Counted { .. } => page.progress.clear(),
    }
    refit(model);
    Vec::new()
}

fn height(model: &Model) -> usize {
    usize::from(layout::preflight(model).list.height)
}

/// After the window or the list changed.
pub fn refit(model: &mut Model) {
    let height = height(model);
    if let Some(page) = page(model) {
        let lines = page.lines().len();
        page.list.fit(lines, height);
    }
}

// --- handing out ----------------------------------------------------------------------------------

/// `y`, `Y`, `W`.
pub fn hand_out(model: &mut Model, does: Do) -> Vec<Cmd> {
    let Some(wizard) = &model.wizard else {
        return Vec::new();
    };
    let page = &wizard.preflight;
    let text = match (does, page.selected()) {
        (Do::Copy, Some(finding)) => finding_text(finding),
        _ if page.plan.is_none() => String::new(),
        _ => report_text(&wizard.draft.name, page),
    };
    if text.is_empty() {
        model.say("there is no report yet");
        return Vec::new();
    }
    match does {
        Do::Write => {
            let name = format!("preflight-{}", wizard.draft.name);
            vec![Cmd::Write { name, text }]
        }
        _ => copying::send(text),
    }
}

/// A finding in full, with its ways out.
#[must_use]
pub fn finding_text(finding: &FindingView) -> String {
    let mut text = copying::finding_text(finding);
    for (i, way) in (1..).zip(&finding.ways) {
        text.push_str(&format!("\n  {i}  {}", way.title));
    }
    text
}

fn report_text(name: &str, page: &Preflight) -> String {
    let [blocks, warns, oks] = page.counts();
    let mut text =
        format!("Preflight report of {name}: {blocks} block, {warns} warn, {oks} ok\n\n");
    let findings = page.plan.iter().flat_map(|plan| &plan.findings);
    let all: Vec<&FindingView> = findings.collect();
    for line in (Preflight { all: true, ..page.clone() }).lines() {
        if let Line::Finding(i) = line {
            text.push_str(&finding_text(all[i]));
            text.push_str("\n\n");
        }
    }
    text.push_str(&estimate(page));
    text.push('\n');
    text
}

/// How much there is to copy, as the statistics say.
#[must_use]
pub fn estimate(page: &Preflight) -> String {
    let Some(plan) = &page.plan else {
        return String::new();
    };
    let rows: u64 = plan.tables.iter().fold(0, |sum, t| sum.saturating_add(t.rows));
    let bytes: u64 = plan.tables.iter().fold(0, |sum, t| sum.saturating_add(t.bytes));
    let chunks: u64 = plan.tables.iter().map(|t| u64::from(t.chunks)).sum();
    format!(
        "~{} rows, ~{} in {}, {}. How long it takes is known when it runs.",
        figures::count(rows),
        figures::bytes(bytes),
        figures::counted(plan.tables.len() as u64, "table"),
        figures::counted(chunks, "chunk"),
    )
}

//! The plan of a job that has not been started.

use super::{list, prompt, question, reader};
use crate::console::commands::{Do, Place};
use crate::console::model::{List, Model, PlanLine, PlanScreen};
use crate::console::msg::Cmd;

/// Findings, tables, checklist.
const PAGES: u8 = 3;

/// The lines of the page, filtered.
#[must_use]
pub fn lines(screen: &PlanScreen) -> Vec<PlanLine> {
    let Some(plan) = &screen.plan else {
        return Vec::new();
    };
    let wanted = screen.filter.to_lowercase();
    let fits = |texts: &[&str]| {
        wanted.is_empty() || texts.iter().any(|t| t.to_lowercase().contains(&wanted))
    };
    match screen.page {
        0 => {
            let findings = (0..plan.findings.len()).filter(|i| {
                let f = &plan.findings[*i];
                fits(&[&f.severity, &f.topic, &f.message])
            });
            std::iter::once(PlanLine::Start).chain(findings.map(PlanLine::Finding)).collect()
        }
        1 => (0..plan.tables.len())
            .filter(|i| fits(&[&plan.tables[*i].source, &plan.tables[*i].target]))
            .map(PlanLine::Table)
            .collect(),
        _ => (0..plan.checklist.len())
            .filter(|i| {
                let c = &plan.checklist[*i];
                fits(&[&c.kind, &c.name, &c.fate])
            })
            .map(PlanLine::Check)
            .collect(),
    }
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Plan, does) {
        return Vec::new();
    }
    match does {
        Do::NextPane | Do::Right => turn(model, 1),
        Do::PrevPane | Do::Left => turn(model, PAGES - 1),
        Do::Filter => return prompt::open_filter(model),
        Do::Open => {
            let line = model
                .job
                .as_ref()
                .and_then(|job| lines(&job.plan).get(job.plan.list.cursor).copied());
            return match line {
                Some(PlanLine::Start) => question::start(model),
                Some(line) => reader::open_plan_line(model, line),
                None => Vec::new(),
            };
        }
        _ => {}
    }
    Vec::new()
}

fn turn(model: &mut Model, by: u8) {
    if let Some(job) = &mut model.job {
        job.plan.page = (job.plan.page + by) % PAGES;
        job.plan.list = List::default();
        job.plan.filter.clear();
    }
    list::refit(model, Place::Plan);
}

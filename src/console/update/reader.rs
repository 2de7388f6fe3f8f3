//! A text in full: an error, a finding, trouble with its four parts.

use super::{copying, keys, movement_of_key, prompt};
use crate::console::commands::{Do, Place};
use crate::console::figures;
use crate::console::keymap::Key;
use crate::console::model::{FailedItem, List, Model, Overlay, PlanLine, Reader};
use crate::console::msg::Cmd;
use crate::console::shown;
use crate::protocol::LogLine;

pub(super) fn open(model: &mut Model, title: String, text: String) -> Vec<Cmd> {
    model.overlay = Some(Overlay::Reader(Reader { title, text, top: 0 }));
    Vec::new()
}

/// What happened, what is safe, what happens next, which keys there are.
pub fn open_alerts(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    for alert in &job.job().alerts {
        let since = figures::clock(alert.since_ms, model.now.utc_offset_s);
        parts.push(format!(
            "! {}\n  since {since}\n\nSafe  {}\n\nNext  {}\n\nKeys  {}",
            alert.what,
            alert.safe,
            alert.next,
            alert.keys.join("     ")
        ));
    }
    let title = match parts.len() {
        0 => return Vec::new(),
        1 => "Trouble".to_owned(),
        n => format!("Trouble, {n} things"),
    };
    open(model, title, parts.join("\n\n\n"))
}

/// The engine's process lives and does not answer.
pub fn open_silence(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
    let text = format!(
        "! No word from the engine\n  the last one came at {at}; {}\n\nSafe  Finished chunks are \
         on the target and recorded. A chunk that was in work is on the target wholly or not at \
         all.\n\nNext  It is asked again every 10 s; the numbers move again when it answers. \
         When its process ends, the next engine goes on where it was.\n\nKeys  L log     :doctor \
         host, files and locks     :stop now     q leave",
        job.process_text()
    );
    open(model, "Trouble".to_owned(), text)
}

pub fn open_chunk(model: &mut Model) -> Vec<Cmd> {
    let Some(chunk) = model.job.as_ref().and_then(|job| job.table.selected()).cloned() else {
        return Vec::new();
    };
    let title = format!("{} #{}", chunk.table_name, chunk.number);
    let text = copying::chunk_text(&chunk, model.now.utc_offset_s);
    open(model, title, text)
}

/// On a group Enter folds; on a failure it shows the whole text.
pub fn open_failure(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    match job.failed.selected() {
        Some(FailedItem::Group(g)) => {
            let title = job.failed.groups[g].title.clone();
            if !job.failed.folded.remove(&title) {
                job.failed.folded.insert(title);
            }
            super::list::refit(model, Place::Failed);
            Vec::new()
        }
        Some(FailedItem::Chunk(i)) => {
            let chunk = job.failed.chunks[i].clone();
            let title = format!("{} #{}", chunk.table_name, chunk.number);
            let text = copying::chunk_text(&chunk, model.now.utc_offset_s);
            open(model, title, text)
        }
        Some(FailedItem::Step(i)) => {
            let step = job.failed.steps[i].clone();
            open(model, step.title.clone(), copying::step_text(&step))
        }
        None => Vec::new(),
    }
}

/// The differing rows of a verification's table, all that are held.
pub fn open_differences(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let text = super::verify::rows_text(job);
    if text.is_empty() {
        model.say("no differing rows are named for this table");
        return Vec::new();
    }
    open(model, "Differing rows".to_owned(), text)
}

pub fn open_log_line(model: &mut Model) -> Vec<Cmd> {
    let line = model.job.as_ref().and_then(|job| job.log.lines.get(job.log.list.cursor));
    open_line(model, line.cloned())
}

/// What was done, of the history.
pub fn open_event(model: &mut Model) -> Vec<Cmd> {
    let event = model.job.as_ref().and_then(|job| {
        let at = *job.history.shown().get(job.history.list.cursor)?;
        job.history.events.get(at).cloned()
    });
    open_line(model, event)
}

fn open_line(model: &mut Model, line: Option<LogLine>) -> Vec<Cmd> {
    let Some(line) = line else {
        return Vec::new();
    };
    let at = figures::clock(line.at_ms, model.now.utc_offset_s);
    open(model, format!("Log line of {at}"), format!("by     {}\n\n{}", line.by, line.text))
}

pub fn open_plan_line(model: &mut Model, line: PlanLine) -> Vec<Cmd> {
    let Some(plan) = model.job.as_ref().and_then(|job| job.plan.plan.as_ref()) else {
        return Vec::new();
    };
    match line {
        PlanLine::Start => Vec::new(),
        PlanLine::Finding(i) => {
            let text = copying::finding_text(&plan.findings[i]);
            let title = format!("{} {}", plan.findings[i].severity, plan.findings[i].topic);
            open(model, title, text)
        }
        PlanLine::Table(i) => {
            let text = copying::plan_table_text(&plan.tables[i]);
            let title = plan.tables[i].source.clone();
            open(model, title, text)
        }
        PlanLine::Check(i) => {
            let text = copying::check_text(&plan.checklist[i]);
            let title = format!("{} {}", plan.checklist[i].kind, plan.checklist[i].name);
            open(model, title, text)
        }
    }
}

/// Lines of text in view: the window without header, title, status and key line.
#[must_use]
pub fn height(rows: u16) -> usize {
    usize::from(rows.saturating_sub(5).clamp(1, u16::MAX))
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    let (columns, rows) = (model.columns, model.rows);
    let Some(Overlay::Reader(reader)) = &mut model.overlay else {
        return Vec::new();
    };
    let lines = shown::wrapped(&reader.text, usize::from(columns.saturating_sub(2))).len();
    let page = height(rows);
    let key = match key {
        Key::Char('j') => Key::Down,
        Key::Char('k') => Key::Up,
        Key::Char(' ') | Key::Ctrl('d') => Key::PageDown,
        Key::Ctrl('u') => Key::PageUp,
        other => other,
    };
    if let Some(to) = movement_of_key(key) {
        let mut list = List { cursor: reader.top, top: 0 };
        list.go(to, lines.saturating_sub(page) + 1, page);
        reader.top = list.cursor;
        return Vec::new();
    }
    match key {
        Key::Esc | Key::Enter | Key::Char('q') => {
            prompt::drop_overlay(model);
            Vec::new()
        }
        Key::Char('g') | Key::Home => {
            reader.top = 0;
            Vec::new()
        }
        Key::Char('y' | 'Y') => {
            let text = reader.text.clone();
            copying::send(text)
        }
        Key::Char('Q') => vec![Cmd::Leave],
        Key::Char('r') => {
            model.overlay = None;
            keys::perform(model, Do::Resume, None)
        }
        Key::Char('p') => {
            model.overlay = None;
            keys::perform(model, Do::Pause, None)
        }
        Key::Char('f') => {
            model.overlay = None;
            keys::perform(model, Do::Failed, None)
        }
        other => {
            model.say(format!("{other} is not used in a text; Esc closes it, y copies it"));
            Vec::new()
        }
    }
}

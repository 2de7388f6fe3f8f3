//! One-line prompts in the status line: a filter, a number of threads, a chunk to go to.

use super::{list, log, run, steer, wizard};
use crate::console::commands::Place;
use crate::console::field::Field;
use crate::console::keymap::Key;
use crate::console::model::{Model, Move, Overlay, Prompt, PromptKind};
use crate::console::msg::Cmd;

pub fn open(model: &mut Model, kind: PromptKind, text: &str) -> Vec<Cmd> {
    let before =
        if kind == PromptKind::Filter { filter_of(model).to_owned() } else { String::new() };
    model.overlay = Some(Overlay::Prompt(Prompt { kind, field: Field::new(text), before }));
    model.status.text.clear();
    model.dirty = true;
    Vec::new()
}

pub fn open_filter(model: &mut Model) -> Vec<Cmd> {
    let text = filter_of(model).to_owned();
    open(model, PromptKind::Filter, &text)
}

/// Closes whatever box is open; a filter goes back to what it was.
pub fn drop_overlay(model: &mut Model) {
    if let Some(Overlay::Prompt(prompt)) = model.overlay.take()
        && prompt.kind == PromptKind::Filter
    {
        set_filter(model, &prompt.before);
    }
    model.dirty = true;
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else {
        return Vec::new();
    };
    match key {
        Key::Esc => {
            let kind = prompt.kind;
            drop_overlay(model);
            if kind == PromptKind::Threads {
                model.say("dropped; threads are as before");
            }
            return Vec::new();
        }
        Key::Enter => return enter(model),
        Key::Backspace if prompt.field.text().is_empty() => {
            drop_overlay(model);
            return Vec::new();
        }
        Key::Char(c)
            if matches!(prompt.kind, PromptKind::Threads | PromptKind::GoTo)
                && !c.is_ascii_digit() =>
        {
            model.say("a number; Enter sets it, Esc drops it");
            return Vec::new();
        }
        key => {
            prompt.field.key(key);
        }
    }
    model.status.text.clear();
    changed(model);
    Vec::new()
}

fn enter(model: &mut Model) -> Vec<Cmd> {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else {
        return Vec::new();
    };
    let text = prompt.field.text().trim().to_owned();
    match prompt.kind {
        PromptKind::Filter => {
            set_filter(model, prompt.field.text());
            if model.place() == Place::Log && !text.is_empty() {
                log::search(model, false);
            }
            Vec::new()
        }
        PromptKind::Rename => wizard::renamed(model, &text),
        PromptKind::Threads if text.is_empty() => Vec::new(),
        PromptKind::Threads => {
            // More digits than fit mean more than any maximum.
            let value = text.parse::<i64>().unwrap_or(i64::MAX / 2);
            steer::wish_threads(model, value, 0)
        }
        PromptKind::GoTo => {
            go_to(model, text.parse::<usize>().unwrap_or(1));
            Vec::new()
        }
    }
}

fn go_to(model: &mut Model, number: usize) {
    if let Some(job) = &mut model.job {
        let len = job.table.total as usize;
        job.table.list.cursor = number.saturating_sub(1).clamp(0, len.saturating_sub(1));
        job.table.list.top = job.table.list.cursor;
        job.table.list.go(Move::By(0), len, 1);
    }
    list::refit(model, Place::Table);
}

/// A filter works while it is typed.
pub fn changed(model: &mut Model) {
    if let Some(Overlay::Prompt(prompt)) = &model.overlay
        && prompt.kind == PromptKind::Filter
    {
        let text = prompt.field.text().to_owned();
        set_filter(model, &text);
    }
}

/// The filter or search of the present screen.
#[must_use]
pub fn filter_of(model: &Model) -> &str {
    let place = model.place();
    if place.is_wizard() {
        return wizard::filter_of(model);
    }
    let Some(job) = &model.job else {
        return &model.jobs.filter;
    };
    match place {
        Place::Jobs => &model.jobs.filter,
        Place::Run => &job.run.filter,
        Place::Failed => &job.failed.filter,
        Place::Rejects => &job.rejects.filter,
        Place::Plan => &job.plan.filter,
        Place::Log => &job.log.search,
        Place::History => &job.history.search,
        _ => "",
    }
}

pub fn set_filter(model: &mut Model, text: &str) {
    let text = text.to_owned();
    let place = model.place();
    if place.is_wizard() {
        return wizard::set_filter(model, &text);
    }
    if place == Place::Jobs {
        model.jobs.filter = text;
        list::refit(model, place);
        return;
    }
    let Some(job) = &mut model.job else {
        return;
    };
    match place {
        Place::Run => {
            job.run.filter = text;
            run::arrange(model);
        }
        Place::Rejects => {
            job.rejects.filter = text;
        }
        Place::Failed => {
            job.failed.filter = text;
            job.failed.group();
        }
        Place::Plan => {
            job.plan.filter = text;
        }
        Place::Log => job.log.search = text,
        Place::History => {
            job.history.search = text;
        }
        _ => {}
    }
    list::refit(model, place);
}

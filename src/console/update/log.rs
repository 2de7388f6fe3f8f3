//! The log in full.

use super::{go, list, prompt, reader, refresh};
use crate::console::commands::{Do, Place};
use crate::console::model::{LogScreen, Model};
use crate::console::msg::Cmd;

/// Keeps the cursor on the newest line, where it follows that.
pub fn follow(model: &mut Model) {
    if let Some(job) = &mut model.job
        && job.log.follows
    {
        job.log.list.cursor = job.log.lines.len().saturating_sub(1);
    }
    list::refit(model, Place::Log);
}

pub fn open(model: &mut Model) -> Vec<Cmd> {
    if let Some(job) = &mut model.job
        && job.log.lines.is_empty()
    {
        job.log.lines = job.shot.log.clone();
    }
    go(model, Place::Log);
    let up = model.job.as_ref().is_some_and(|j| j.is_up());
    if up { vec![refresh::log()] } else { Vec::new() }
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Log, does) {
        if let Some(job) = &mut model.job {
            job.log.follows = job.log.list.cursor + 1 >= job.log.lines.len();
        }
        return Vec::new();
    }
    match does {
        Do::Filter => return prompt::open_filter(model),
        Do::NextMatch => search(model, true),
        Do::PrevMatch => search(model, false),
        Do::Open => return reader::open_log_line(model),
        _ => {}
    }
    Vec::new()
}

/// Goes to the next or previous line that holds what was searched for.
pub fn search(model: &mut Model, forward: bool) {
    let found = model.job.as_mut().map(|job| {
        let found = next_match(&job.log, forward);
        if let Some(at) = found {
            job.log.list.cursor = at;
            job.log.follows = false;
        }
        (found.is_some(), job.log.search.clone())
    });
    list::refit(model, Place::Log);
    if let Some((false, search)) = found {
        let none = if search.is_empty() {
            "nothing is searched for; / begins".to_owned()
        } else {
            format!("no other line holds {search:?}")
        };
        model.say(none);
    }
}

fn next_match(log: &LogScreen, forward: bool) -> Option<usize> {
    let wanted = log.search.to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let holds = |i: &usize| {
        let line = &log.lines[*i];
        line.text.to_lowercase().contains(&wanted) || line.by.to_lowercase().contains(&wanted)
    };
    let (len, at) = (log.lines.len(), log.list.cursor);
    if forward {
        (at + 1..len).chain(0..at).find(holds)
    } else {
        (0..at).rev().chain((at + 1..len).rev()).find(holds)
    }
}

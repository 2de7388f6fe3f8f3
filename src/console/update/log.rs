//! The log in full.

use super::{go, movement, prompt, reader, refresh};
use crate::console::commands::{Do, Place};
use crate::console::layout;
use crate::console::model::{LogScreen, Model, Move};
use crate::console::msg::Cmd;

/// Title.
const HEADS: u16 = 1;

fn height(model: &Model) -> usize {
    layout::list(model, layout::LOG).lines(HEADS)
}

pub fn refit(model: &mut Model) {
    let height = height(model);
    if let Some(job) = &mut model.job {
        let len = job.log.lines.len();
        if job.log.follows {
            job.log.list.cursor = len.saturating_sub(1);
        }
        job.log.list.fit(len, height);
    }
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
    if let Some(to) = movement(does) {
        let height = height(model);
        if let Some(job) = &mut model.job {
            let len = job.log.lines.len();
            job.log.list.go(to, len, height);
            job.log.follows = job.log.list.cursor + 1 >= len;
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
    let height = height(model);
    let found = model.job.as_mut().map(|job| {
        let found = next_match(&job.log, forward);
        if let Some(at) = found {
            job.log.list.cursor = at;
            job.log.follows = false;
            job.log.list.go(Move::By(0), job.log.lines.len(), height);
        }
        (found.is_some(), job.log.search.clone())
    });
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

//! Runs and events of a job.

use super::{go, movement, prompt};
use crate::console::commands::{Do, Place};
use crate::console::layout;
use crate::console::model::{HistoryScreen, Model};
use crate::console::msg::Cmd;

/// Title.
const HEADS: u16 = 1;

fn height(model: &Model) -> usize {
    let parts = layout::list(model, layout::HISTORY);
    usize::from(parts.detail.map_or(parts.list.height, |d| d.height).saturating_sub(HEADS))
}

/// Positions of the events that the search lets through.
#[must_use]
pub fn shown(screen: &HistoryScreen) -> Vec<usize> {
    let wanted = screen.search.to_lowercase();
    (0..screen.events.len())
        .filter(|i| {
            let event = &screen.events[*i];
            wanted.is_empty()
                || event.text.to_lowercase().contains(&wanted)
                || event.by.to_lowercase().contains(&wanted)
        })
        .collect()
}

pub fn refit(model: &mut Model) {
    let height = height(model);
    if let Some(job) = &mut model.job {
        let len = shown(&job.history).len();
        job.history.list.fit(len, height);
    }
}

pub fn open(model: &mut Model) -> Vec<Cmd> {
    if let Some(job) = &mut model.job {
        job.history.loaded = false;
    }
    go(model, Place::History)
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if let Some(to) = movement(does) {
        let height = height(model);
        if let Some(job) = &mut model.job {
            let len = shown(&job.history).len();
            job.history.list.go(to, len, height);
        }
        return Vec::new();
    }
    match does {
        Do::Filter => return prompt::open_filter(model),
        Do::NextMatch | Do::PrevMatch => model.say("/ filters the events; Esc shows all again"),
        _ => {}
    }
    Vec::new()
}

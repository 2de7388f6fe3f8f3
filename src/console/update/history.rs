//! Runs of a job, and what was done in the one under the cursor.

use super::{go, list, prompt, reader};
use crate::console::commands::{Do, Place};
use crate::console::layout;
use crate::console::model::{HistoryPane, List, Model};
use crate::console::msg::Cmd;

/// Lines of a pane. A window without room for both shows the one that keys move in.
#[must_use]
pub fn height(model: &Model, pane: HistoryPane) -> usize {
    let parts = layout::of(model, Place::History);
    let (area, heads) = match (pane, parts.detail) {
        (HistoryPane::Runs, _) => (parts.list, 2),
        (HistoryPane::Events, Some(area)) => (area, 1),
        (HistoryPane::Events, None) => (parts.list, 1),
    };
    usize::from(area.height.saturating_sub(heads))
}

/// Brings both cursors into view.
pub fn refit(model: &mut Model) {
    let heights = [HistoryPane::Runs, HistoryPane::Events].map(|pane| height(model, pane));
    if let Some(job) = &mut model.job {
        let screen = &mut job.history;
        screen.runs_list.fit(screen.runs.len(), heights[0]);
        let len = screen.shown().len();
        screen.list.fit(len, heights[1]);
    }
}

pub fn open(model: &mut Model) -> Vec<Cmd> {
    if let Some(job) = &mut model.job {
        job.history.loaded = false;
        job.history.pane = HistoryPane::Runs;
    }
    go(model, Place::History)
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    let pane = model.job.as_ref().map_or(HistoryPane::Runs, |job| job.history.pane);
    if list::moved(model, Place::History, does) {
        if pane == HistoryPane::Runs
            && let Some(job) = &mut model.job
        {
            job.history.list = List::default();
        }
        return Vec::new();
    }
    match (does, pane) {
        (Do::Open, HistoryPane::Events) => return reader::open_event(model),
        (Do::Open | Do::NextPane | Do::PrevPane, _) => {
            if let Some(job) = &mut model.job {
                job.history.pane = match pane {
                    HistoryPane::Runs => HistoryPane::Events,
                    HistoryPane::Events => HistoryPane::Runs,
                };
            }
            refit(model);
        }
        (Do::Filter, _) => {
            if let Some(job) = &mut model.job {
                job.history.pane = HistoryPane::Events;
            }
            return prompt::open_filter(model);
        }
        (Do::NextMatch | Do::PrevMatch, _) => {
            model.say("/ filters the events of all runs; Esc shows one run again");
        }
        _ => {}
    }
    Vec::new()
}

//! The one way to move in the list of any screen, and to keep its cursor in view.

use crate::console::commands::{Do, Place};
use crate::console::layout;
use crate::console::model::{HistoryPane, List, Model, Move};

/// Lines that a place's list has now.
fn len(model: &Model, place: Place) -> usize {
    if place == Place::Jobs {
        return model.jobs.shown().len();
    }
    let Some(job) = &model.job else {
        return 0;
    };
    match place {
        Place::Run => job.run.order.len(),
        Place::Plan => super::plan::lines(&job.plan).len(),
        Place::Table => job.table.total as usize,
        Place::Failed => job.failed.items().len(),
        Place::Rejects => job.rejects.items().len(),
        Place::Log => job.log.lines.len(),
        Place::Verify => super::verify::shown(job).len(),
        Place::History => match job.history.pane {
            HistoryPane::Runs => job.history.runs.len(),
            HistoryPane::Events => job.history.shown().len(),
        },
        _ => 0,
    }
}

/// Lines of it that are in view.
#[must_use]
pub fn height(model: &Model, place: Place) -> usize {
    let len = len(model, place);
    match (place, &model.job) {
        (Place::Run, Some(job)) => layout::run_lines(model, job.run.lower, job.run.pane, len),
        (Place::History, Some(job)) => super::history::height(model, job.history.pane),
        _ => layout::list_lines(model, place, len),
    }
}

fn list_mut(model: &mut Model, place: Place) -> Option<&mut List> {
    if place == Place::Jobs {
        return Some(&mut model.jobs.list);
    }
    let job = model.job.as_mut()?;
    Some(match place {
        Place::Run => &mut job.run.list,
        Place::Plan => &mut job.plan.list,
        Place::Table => &mut job.table.list,
        Place::Failed => &mut job.failed.list,
        Place::Rejects => &mut job.rejects.list,
        Place::Log => &mut job.log.list,
        Place::Verify => &mut job.verify.list,
        Place::History => match job.history.pane {
            HistoryPane::Runs => &mut job.history.runs_list,
            HistoryPane::Events => &mut job.history.list,
        },
        _ => return None,
    })
}

/// Moves the cursor of a place's list.
pub fn go(model: &mut Model, place: Place, to: Move) {
    let (len, height) = (len(model, place), height(model, place));
    if let Some(list) = list_mut(model, place) {
        list.go(to, len, height);
    }
}

/// Brings the cursor of a place's list back into it and into view.
pub fn refit(model: &mut Model, place: Place) {
    let (len, height) = (len(model, place), height(model, place));
    if let Some(list) = list_mut(model, place) {
        list.fit(len, height);
    }
}

/// Moves the list of a place, when that is what the key means.
pub fn moved(model: &mut Model, place: Place, does: Do) -> bool {
    match movement(does) {
        Some(to) => {
            go(model, place, to);
            true
        }
        None => false,
    }
}

/// The way a key moves a cursor, for lists that have one column.
#[must_use]
pub fn movement(does: Do) -> Option<Move> {
    Some(match does {
        Do::Down => Move::By(1),
        Do::Up => Move::By(-1),
        Do::PageDown => Move::Pages(1),
        Do::PageUp => Move::Pages(-1),
        Do::HalfDown => Move::HalfPages(1),
        Do::HalfUp => Move::HalfPages(-1),
        Do::First => Move::First,
        Do::Last => Move::Last,
        _ => return None,
    })
}

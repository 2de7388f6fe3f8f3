//! Failed chunks and steps: folding, marking, choosing.

use super::{go, list, prompt, question, reader, steer};
use crate::console::commands::{Do, Place};
use crate::console::figures;
use crate::console::model::{FailedItem, List, Model, Move};
use crate::console::msg::Cmd;

pub fn open(model: &mut Model) -> Vec<Cmd> {
    if let Some(job) = &mut model.job {
        job.failed.due_ms = 0;
    }
    go(model, Place::Failed)
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Failed, does) {
        return Vec::new();
    }
    match does {
        Do::Left => fold(model, true),
        Do::Right => fold(model, false),
        Do::Open => return reader::open_failure(model),
        Do::Sort => {
            if let Some(job) = &mut model.job {
                job.failed.by_table = !job.failed.by_table;
                job.failed.list = List::default();
                job.failed.group();
            }
        }
        Do::Filter => return prompt::open_filter(model),
        Do::Mark => mark(model),
        Do::MarkAll => mark_all(model),
        Do::MarkNone => {
            if let Some(job) = &mut model.job {
                job.marked.clear();
                job.marked_steps.clear();
            }
            model.say("nothing is marked");
        }
        Do::Retry => {
            let (chunks, steps) = chosen(model);
            return steer::retry(model, chunks, steps, false);
        }
        Do::Skip => {
            let (chunks, steps) = chosen(model);
            if chunks.is_empty() && !steps.is_empty() {
                model.say("a step cannot be skipped; it may stay failed, the rest goes on");
                return Vec::new();
            }
            return question::skip(model, chunks);
        }
        Do::NextPane | Do::PrevPane => model.say("Enter shows the whole text"),
        _ => {}
    }
    Vec::new()
}

fn fold(model: &mut Model, close: bool) {
    if let Some(job) = &mut model.job {
        let screen = &mut job.failed;
        let group = match screen.selected() {
            Some(FailedItem::Group(g)) => Some(g),
            Some(FailedItem::Chunk(i)) => screen.groups.iter().position(|g| g.chunks.contains(&i)),
            Some(FailedItem::Step(i)) => screen.groups.iter().position(|g| g.steps.contains(&i)),
            None => None,
        };
        if let Some(group) = group {
            let title = screen.groups[group].title.clone();
            if close {
                screen.folded.insert(title);
                let row = screen.items().iter().position(|i| *i == FailedItem::Group(group));
                screen.list.cursor = row.unwrap_or(0);
            } else {
                screen.folded.remove(&title);
            }
        }
    }
    list::refit(model, Place::Failed);
}

fn mark(model: &mut Model) {
    let Some(job) = &mut model.job else {
        return;
    };
    match job.failed.selected() {
        Some(FailedItem::Chunk(i)) => {
            let id = job.failed.chunks[i].id;
            if !job.marked.remove(&id) {
                job.marked.insert(id);
            }
        }
        Some(FailedItem::Step(i)) => {
            let id = job.failed.steps[i].id;
            if !job.marked_steps.remove(&id) {
                job.marked_steps.insert(id);
            }
        }
        // A group: none or some becomes all, all becomes none.
        Some(FailedItem::Group(g)) => {
            let group = &job.failed.groups[g];
            let chunks: Vec<u32> = group.chunks.iter().map(|i| job.failed.chunks[*i].id).collect();
            let steps: Vec<u32> = group.steps.iter().map(|i| job.failed.steps[*i].id).collect();
            let all = chunks.iter().all(|id| job.marked.contains(id))
                && steps.iter().all(|id| job.marked_steps.contains(id));
            if all {
                job.marked.retain(|id| !chunks.contains(id));
                job.marked_steps.retain(|id| !steps.contains(id));
            } else {
                job.marked.extend(chunks);
                job.marked_steps.extend(steps);
            }
        }
        None => return,
    }
    list::go(model, Place::Failed, Move::By(1));
}

fn mark_all(model: &mut Model) {
    let Some(job) = &mut model.job else {
        return;
    };
    for group in &job.failed.groups {
        job.marked.extend(group.chunks.iter().map(|i| job.failed.chunks[*i].id));
        job.marked_steps.extend(group.steps.iter().map(|i| job.failed.steps[*i].id));
    }
    let count = job.marked.len() + job.marked_steps.len();
    model.say(format!("{} marked; R runs them again", figures::grouped(count as u64)));
}

/// What `R` and `X` mean: everything marked, else the line under the cursor (a group: all of it).
pub fn chosen(model: &Model) -> (Vec<u32>, Vec<u32>) {
    let Some(job) = &model.job else {
        return (Vec::new(), Vec::new());
    };
    if !job.marked.is_empty() || !job.marked_steps.is_empty() {
        let chunks = job.marked.iter().copied().collect();
        return (chunks, job.marked_steps.iter().copied().collect());
    }
    let screen = &job.failed;
    match screen.selected() {
        Some(FailedItem::Chunk(i)) => (vec![screen.chunks[i].id], Vec::new()),
        Some(FailedItem::Step(i)) => (Vec::new(), vec![screen.steps[i].id]),
        Some(FailedItem::Group(g)) => {
            let group = &screen.groups[g];
            let chunks = group.chunks.iter().map(|i| screen.chunks[*i].id).collect();
            (chunks, group.steps.iter().map(|i| screen.steps[*i].id).collect())
        }
        None => (Vec::new(), Vec::new()),
    }
}

/// Only what is marked, for screens that show no failures of their own.
pub fn chosen_marked(model: &Model) -> (Vec<u32>, Vec<u32>) {
    let Some(job) = &model.job else {
        return (Vec::new(), Vec::new());
    };
    (job.marked.iter().copied().collect(), job.marked_steps.iter().copied().collect())
}
